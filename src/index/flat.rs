//! Flat search: exact nearest vectors by looking at every one. The oracle of the graph search,
//! and as fast as it on small indexes.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::chunk_set::ChunkSet;
use super::matrix::MatrixRef;
use crate::simd::Simd;

/// Rows from which a search is spread over the threads; below, starting them costs more.
const PARALLEL_ROWS: usize = 20_000;
/// Rows that one thread takes at a time.
const BLOCK_ROWS: usize = 4_096;
/// Rows that stay in a thread's cache while many queries look at them.
const CACHED_ROWS: usize = 256;

/// A vector near a query. Ordered: the greater is the more similar; of equals, the lower id.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    /// Row of the vector: the chunk's id.
    pub id: u32,
    /// Dot product with the query, which is the cosine of unit vectors; larger is nearer.
    pub similarity: f32,
}

impl Ord for Neighbour {
    fn cmp(&self, other: &Self) -> Ordering {
        self.similarity
            .total_cmp(&other.similarity)
            .then(other.id.cmp(&self.id))
    }
}

impl PartialOrd for Neighbour {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Neighbour {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Neighbour {}

/// The `k` rows most similar to `query`, best first.
///
/// O(rows x dim) time, O(k) memory per thread. The result does not depend on the threads.
pub(super) fn search(
    simd: Simd,
    vectors: MatrixRef<'_>,
    query: &[f32],
    k: usize,
) -> Vec<Neighbour> {
    if vectors.num_rows() < PARALLEL_ROWS {
        return search_block(simd, vectors, 0, query, k);
    }
    let found = blocks(vectors, BLOCK_ROWS)
        .flat_map_iter(|(first, block)| search_block(simd, block, first, query, k));
    best(found.collect(), k)
}

/// [`search`] among the rows of `within` alone; ids that are no rows are left out.
pub(super) fn search_within(
    simd: Simd,
    vectors: MatrixRef<'_>,
    within: &ChunkSet,
    query: &[f32],
    k: usize,
) -> Vec<Neighbour> {
    let rows = vectors.num_rows();
    let blocks = within.ranges().par_iter().map(|range| {
        let (start, end) = (range.start as usize, (range.end as usize).min(rows));
        let data = vectors.data.get(start * vectors.dim..end * vectors.dim);
        let (dim, data) = (vectors.dim, data.unwrap_or_default());
        (start, MatrixRef { dim, data })
    });
    let found = blocks.flat_map_iter(|(first, block)| search_block(simd, block, first, query, k));
    best(found.collect(), k)
}

/// [`search`] for many queries, which reads each row once for all of them.
pub(super) fn search_many(
    simd: Simd,
    vectors: MatrixRef<'_>,
    queries: &[&[f32]],
    k: usize,
) -> Vec<Vec<Neighbour>> {
    let each = |(first, block)| -> Vec<Vec<Neighbour>> {
        let found = queries
            .iter()
            .map(|query| search_block(simd, block, first, query, k));
        found.collect()
    };
    let both = |mut all: Vec<Vec<Neighbour>>, more: Vec<Vec<Neighbour>>| {
        for (all, more) in all.iter_mut().zip(more) {
            all.extend(more);
            *all = best(std::mem::take(all), k);
        }
        all
    };
    let nothing = || vec![Vec::new(); queries.len()];
    blocks(vectors, CACHED_ROWS).map(each).reduce(nothing, both)
}

/// The vectors in blocks of `rows`, each with the id of its first row.
fn blocks(
    vectors: MatrixRef<'_>,
    rows: usize,
) -> impl ParallelIterator<Item = (usize, MatrixRef<'_>)> {
    let dim = vectors.dim;
    let blocks = vectors.data.par_chunks(rows * dim.max(1)).enumerate();
    blocks.map(move |(i, data)| (i * rows, MatrixRef { dim, data }))
}

/// The `k` greatest, greatest first.
pub(super) fn best(mut neighbours: Vec<Neighbour>, k: usize) -> Vec<Neighbour> {
    neighbours.sort_unstable_by_key(|&neighbour| Reverse(neighbour));
    neighbours.truncate(k);
    neighbours
}

/// Like [`search`], for rows whose ids start at `first`.
fn search_block(
    simd: Simd,
    block: MatrixRef<'_>,
    first: usize,
    query: &[f32],
    k: usize,
) -> Vec<Neighbour> {
    let mut nearest = BinaryHeap::with_capacity(k.min(block.num_rows()) + 1);
    for (id, row) in (first as u32..).zip(block.rows()) {
        push_bounded(
            &mut nearest,
            Neighbour {
                id,
                similarity: simd.dot(query, row),
            },
            k,
        );
    }
    into_best_first(nearest)
}

/// Keeps the `k` greatest of everything pushed.
fn push_bounded(nearest: &mut BinaryHeap<Reverse<Neighbour>>, neighbour: Neighbour, k: usize) {
    if nearest.len() < k {
        nearest.push(Reverse(neighbour));
    } else if let Some(mut worst) = nearest.peek_mut()
        && neighbour > worst.0
    {
        *worst = Reverse(neighbour);
    }
}

/// The heap's content, greatest first.
fn into_best_first(nearest: BinaryHeap<Reverse<Neighbour>>) -> Vec<Neighbour> {
    nearest
        .into_sorted_vec()
        .into_iter()
        .map(|Reverse(neighbour)| neighbour)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_first_and_ties_by_id() {
        let data = [0.0, 1.0, 1.0, 0.0, 0.6, 0.8, 1.0, 0.0, -1.0, 0.0];
        let vectors = MatrixRef {
            dim: 2,
            data: &data,
        };
        let ids = |k| -> Vec<u32> {
            search(Simd::SCALAR, vectors, &[1.0, 0.0], k)
                .iter()
                .map(|n| n.id)
                .collect()
        };
        assert_eq!(ids(9), [1, 3, 2, 0, 4]);
        assert_eq!(ids(2), [1, 3]);
        assert_eq!(ids(1), [1]);
        assert_eq!(ids(0), [0u32; 0]);
    }

    #[test]
    fn parallel_search_is_the_sorted_list_of_all() {
        let rows = PARALLEL_ROWS + 123;
        let data: Vec<f32> = (0..rows as u32 * 2)
            .map(|i| (i * 7919 % 1009) as f32)
            .collect();
        let vectors = MatrixRef {
            dim: 2,
            data: &data,
        };
        let mut all: Vec<Neighbour> = (0u32..)
            .zip(vectors.rows())
            .map(|(id, row)| Neighbour {
                id,
                similarity: row[0] - row[1],
            })
            .collect();
        all.sort_by_key(|&neighbour| Reverse(neighbour));
        all.truncate(50);
        assert_eq!(search(Simd::best(), vectors, &[1.0, -1.0], 50), all);
    }
}
