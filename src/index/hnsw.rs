//! Builds the graph: hnsw_rs inserts the vectors, `freeze` takes the lists out of it.
//!
//! The only file that knows hnsw_rs. Its dump and its search are not used. Vectors go in one
//! after the other, because its parallel insertion gives another graph each time.

use std::collections::{BTreeSet, HashSet};

use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use super::error::IndexError;
use super::flat::{self, Neighbour, dot};
use super::graph::{Graph, MAX_LAYER, VisitedPool};
use super::parts::{GraphOptions, IndexParts, MatrixRef, SearchPath};

/// Number of vectors from which a query searches the graph: below, flat search is as fast.
pub const FLAT_LIMIT: usize = 5_000;
/// Candidates that a graph search keeps, unless more results are asked for.
pub(super) const EF_SEARCH: usize = 100;
/// Vectors on which the build measures recall.
const RECALL_SAMPLE: usize = 200;
/// Results per vector on which the build measures recall.
const RECALL_AT: usize = 10;

/// Cosine distance of unit vectors. Unlike hnsw_rs's own it neither asserts nor goes negative
/// when a product is rounded over 1, and a zero vector is near nothing.
struct UnitCosine;

impl Distance<f32> for UnitCosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - dot(a, b)).max(0.0)
    }
}

impl IndexParts {
    /// Builds the graph over `vectors` with the options in `meta`, measures its recall and
    /// chooses the search path. Fewer than 2 vectors get no graph.
    ///
    /// Takes O(n log n) time on one thread and about three times the memory of the vectors.
    pub fn add_graph(&mut self) -> Result<(), IndexError> {
        let vectors = self.vectors.view();
        self.graph = build(vectors, self.meta.graph)?;
        self.meta.ann_recall_at_10 = self.graph.as_ref().and_then(|graph| recall(graph, vectors));
        self.meta.search = if self.graph.is_some() && vectors.num_rows() >= FLAT_LIMIT {
            SearchPath::Hnsw
        } else {
            SearchPath::Flat
        };
        Ok(())
    }
}

/// The graph over `vectors`; `None` for fewer than 2. The same input gives the same graph.
pub(super) fn build(
    vectors: MatrixRef<'_>,
    options: GraphOptions,
) -> Result<Option<Graph>, IndexError> {
    let m = in_range("M", options.m, 256)?;
    let ef_construction = in_range("ef_construction", options.ef_construction, 1_024)?;
    let n = vectors.num_rows();
    if n < 2 {
        return Ok(None);
    }
    let hnsw = Hnsw::new(m, n, MAX_LAYER as usize + 1, ef_construction, UnitCosine);
    for (id, row) in vectors.rows().enumerate() {
        hnsw.insert((row, id));
    }
    let mut lists = Lists::take_out_of(&hnsw, n);
    drop(hnsw);
    lists.connect(vectors, 4 * m);
    Ok(Some(lists.flatten()))
}

fn in_range(name: &'static str, value: u32, max: usize) -> Result<usize, IndexError> {
    let (value, min) = (value as usize, 2);
    if (min..=max).contains(&value) {
        Ok(value)
    } else {
        Err(IndexError::InvalidParameter {
            name,
            value,
            min,
            max,
        })
    }
}

/// Neighbour lists while they can still grow.
struct Lists {
    entry: u32,
    /// `lists[id][layer]`, as many layers as the vector is in; ids ascending.
    lists: Vec<Vec<Vec<u32>>>,
}

impl Lists {
    fn take_out_of(hnsw: &Hnsw<'_, f32, UnitCosine>, n: usize) -> Lists {
        let points = hnsw.get_point_indexation();
        let top = usize::from(hnsw.get_max_level_observed());
        let mut entry = 0;
        let mut lists = vec![Vec::new(); n];
        for layer in 0..=top {
            for (i, point) in points.get_layer_iterator(layer).enumerate() {
                let id = point.get_origin_id();
                // hnsw_rs starts its searches at the first vector that reached the top layer.
                if layer == top && i == 0 {
                    entry = id as u32;
                }
                // Lists above a vector's own layer are left over from its insertion, and a link
                // in layer l to a vector that is not in layer l leads nowhere.
                let neighbourhood = point.get_neighborhood_id();
                lists[id] = neighbourhood
                    .iter()
                    .enumerate()
                    .take(layer + 1)
                    .map(|(l, list)| {
                        let links = list.iter().filter(|link| usize::from(link.p_id.0) >= l);
                        let ids = links
                            .map(|link| link.d_id as u32)
                            .filter(|&to| to != id as u32);
                        ids.collect::<BTreeSet<u32>>().into_iter().collect()
                    })
                    .collect();
            }
        }
        Lists { entry, lists }
    }

    /// Links every vector that cannot be reached from the entry point in layer 0, in the order of
    /// ids. hnsw_rs shortens full lists by their farthest link, which can cut a vector off, and
    /// most of all the copies of one passage.
    ///
    /// The link comes from the nearest reachable vector with less than `room` links.
    fn connect(&mut self, vectors: MatrixRef<'_>, room: usize) {
        let mut reached = vec![false; self.lists.len()];
        self.flood(self.entry, &mut reached);
        for id in 0..self.lists.len() as u32 {
            if !reached[id as usize] {
                let from = self.nearest_with_room(id, vectors, room, &reached);
                let list = &mut self.lists[from as usize][0];
                let at = list.partition_point(|&link| link < id);
                list.insert(at, id);
                self.flood(id, &mut reached);
            }
        }
    }

    fn flood(&self, from: u32, reached: &mut [bool]) {
        reached[from as usize] = true;
        let mut frontier = vec![from];
        while let Some(id) = frontier.pop() {
            for &link in &self.lists[id as usize][0] {
                if !std::mem::replace(&mut reached[link as usize], true) {
                    frontier.push(link);
                }
            }
        }
    }

    /// Fewest hops from `id`, then most similar to it; over all vectors if no hop leads there.
    fn nearest_with_room(
        &self,
        id: u32,
        vectors: MatrixRef<'_>,
        room: usize,
        reached: &[bool],
    ) -> u32 {
        let usable = |&to: &u32| reached[to as usize] && self.lists[to as usize][0].len() < room;
        let row = |id: u32| vectors.row(id as usize).unwrap_or_default();
        let similar = |to: u32| Neighbour {
            id: to,
            similarity: dot(row(id), row(to)),
        };
        let mut seen = HashSet::from([id]);
        let mut hop = vec![id];
        while !hop.is_empty() {
            let links = hop.iter().flat_map(|&at| &self.lists[at as usize][0]);
            hop = links.copied().filter(|&to| seen.insert(to)).collect();
            if let Some(best) = hop.iter().copied().filter(usable).map(similar).max() {
                return best.id;
            }
        }
        let all = (0..self.lists.len() as u32).filter(usable).map(similar);
        all.max().map_or(self.entry, |best| best.id)
    }

    fn flatten(self) -> Graph {
        let mut graph = Graph {
            entry: self.entry,
            offsets: vec![0],
            links: Vec::new(),
            upper_first: vec![0],
            upper_offsets: vec![0],
            upper_links: Vec::new(),
        };
        for layers in &self.lists {
            for (layer, list) in layers.iter().enumerate() {
                if layer == 0 {
                    graph.links.extend(list);
                    graph.offsets.push(graph.links.len() as u64);
                } else {
                    graph.upper_links.extend(list);
                    graph.upper_offsets.push(graph.upper_links.len() as u32);
                }
            }
            graph.upper_first.push(graph.upper_offsets.len() as u32 - 1);
        }
        graph
    }
}

/// Part of the exact nearest vectors that the graph search finds, for an evenly spaced sample of
/// the vectors, each without itself. `None` without a sample or with a damaged graph.
fn recall(graph: &Graph, vectors: MatrixRef<'_>) -> Option<f32> {
    let n = vectors.num_rows();
    let sample = RECALL_SAMPLE.min(n);
    let pool = VisitedPool::default();
    let counts: Vec<(usize, usize)> = (0..sample)
        .into_par_iter()
        .map(|i| {
            let id = i * n / sample;
            let query = vectors.row(id)?;
            let others = |found: Vec<Neighbour>| -> Vec<Neighbour> {
                let others = found.into_iter().filter(|found| found.id as usize != id);
                others.take(RECALL_AT).collect()
            };
            let exact = others(flat::search(vectors, query, RECALL_AT + 1));
            let search = |visited: &mut _| {
                graph
                    .view()
                    .search(vectors, query, RECALL_AT + 1, EF_SEARCH, visited)
            };
            let approximate = others(pool.with(search).ok()?);
            // As near as the last exact one counts: of equal passages any is as good.
            let last = exact.last()?.similarity;
            let found = approximate
                .iter()
                .filter(|found| found.similarity >= last)
                .count();
            Some((found, exact.len()))
        })
        .collect::<Option<_>>()?;
    let (found, wanted) = counts
        .iter()
        .fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    Some(found as f32 / wanted as f32)
}
