//! The frozen HNSW graph: flat arrays of codes and neighbour lists, searched where they lie.
//!
//! ```text
//! build: build (seed) -> construct (rounds) -> connect (links, copies) -> Graph -> writer
//! query: map -> GraphRef -> greedy descent -> beam on int8 -> best of it again in f32 (here)
//! ```
//!
//! Every vector has a list of links in layer 0; few have lists in layers 1, 2, ... as well. A
//! search walks greedily from the entry point down to layer 1 and then keeps the `ef` best of
//! what it meets in layer 0: algorithms 2 and 5 of Malkov and Yashunin, "Efficient and robust
//! approximate nearest neighbor search using Hierarchical Navigable Small World graphs" (2016).
//!
//! The walk compares int8 codes (`codes.rs`). The best of what it found are compared again by
//! their `f32` rows, so similarities are the encoder's own, and what the rounding confused is put
//! right. The `f32` rows cost four times the bytes of the codes, of which a query touches a few
//! dozen rows; half-precision rows would save a third of the bytes of a vector, but then exact
//! search would no longer give the encoder's bits.

use super::beam::{Beam, Space};
use super::codes::{Codes, CodesQuery, CodesRef, quantized_query};
use super::layer::{BadLink, Layer, MAX_LAYER, NO_LINK, flood};
use crate::index::chunk_set::ChunkSet;
use crate::index::error::{Corruption, Damage};
use crate::index::flat::{self, Neighbour};
use crate::index::matrix::MatrixRef;
use crate::index::part::Part;
use crate::index::records::{check_ids, check_offsets};
use crate::simd::Simd;

/// Candidates that a graph search keeps, unless more results are asked for.
pub const EF_SEARCH: usize = 100;

/// A frozen graph over vectors, in the arrays of the index file (see `FORMAT.md`).
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The vectors in eight bits a dimension.
    pub(in crate::index) codes: Codes,
    /// Most links of a vector in a layer above 0; twice as many in layer 0.
    pub(in crate::index) m: usize,
    /// Where every search starts: a vector of the top layer.
    pub(in crate::index) entry: u32,
    /// Layer 0 links of vector `i` are in `links[i * 2 * m..][..2 * m]`: ids, strictly ascending,
    /// then [`NO_LINK`].
    pub(in crate::index) links: Vec<u32>,
    /// Upper lists of vector `i`, from layer 1, are `upper_first[i]..upper_first[i + 1]`.
    pub(in crate::index) upper_first: Vec<u32>,
    /// Upper list `j` is in `upper_links[j * m..][..m]`, as in layer 0.
    pub(in crate::index) upper_links: Vec<u32>,
}

impl Graph {
    pub(in crate::index) fn view(&self) -> GraphRef<'_> {
        GraphRef {
            codes: self.codes.view(),
            m: self.m,
            entry: self.entry,
            links: &self.links,
            upper_first: &self.upper_first,
            upper_links: &self.upper_links,
        }
    }

    /// Number of links in all layers.
    pub fn num_links(&self) -> usize {
        let links = self.links.iter().chain(&self.upper_links);
        links.filter(|&&link| link != NO_LINK).count()
    }
}

/// A frozen graph in the file. Nothing in it is trusted: ids and offsets are checked on use.
#[derive(Debug, Clone, Copy)]
pub struct GraphRef<'a> {
    pub codes: CodesRef<'a>,
    pub m: usize,
    pub entry: u32,
    pub links: &'a [u32],
    pub upper_first: &'a [u32],
    pub upper_links: &'a [u32],
}

/// What a search of a graph is for.
#[derive(Debug, Clone, Copy)]
pub struct GraphQuery<'a> {
    /// A unit vector.
    pub vector: &'a [f32],
    /// Results.
    pub k: usize,
    /// Candidates that the beam keeps; `k` if that is more.
    pub ef: usize,
    /// Where the results must be from.
    pub within: Option<&'a ChunkSet>,
}

impl<'a> GraphRef<'a> {
    /// Checks in O(1) that the graph is one over `n` vectors and has a sound entry point.
    pub fn check_shape(&self, n: usize) -> Result<(), Corruption> {
        let equal = |part: Part, expected: usize, found| {
            Damage::unless_equal(expected, found).map_err(|damage| damage.of(part))
        };
        let codes = n.saturating_mul(self.codes.stride);
        equal(Part::VectorCodes, codes, self.codes.codes.len())?;
        equal(Part::VectorScales, n, self.codes.num_rows())?;
        let base = n.saturating_mul(2).saturating_mul(self.m);
        equal(Part::GraphLinks, base, self.links.len())?;
        equal(Part::GraphUpperFirst, n + 1, self.upper_first.len())?;
        let lists = self.upper_first.last().map_or(0, |&lists| lists as usize);
        let upper = lists.saturating_mul(self.m);
        equal(Part::GraphUpperLinks, upper, self.upper_links.len())?;
        self.top_layer().map(|_| ())
    }

    /// The entry point's highest layer.
    fn top_layer(&self) -> Result<u32, Corruption> {
        let limit = self.codes.num_rows() as u64;
        let value = u64::from(self.entry);
        let (first, end) = self
            .upper_lists(self.entry)
            .ok_or(Damage::OutOfRange { value, limit }.of(Part::Shape))?;
        let top = end.saturating_sub(first);
        if top > MAX_LAYER {
            let (value, limit) = (u64::from(top), u64::from(MAX_LAYER));
            return Err(Damage::OutOfRange { value, limit }.of(Part::GraphUpperFirst));
        }
        Ok(top)
    }

    fn upper_lists(&self, id: u32) -> Option<(u32, u32)> {
        let &[first, end] = self.upper_first.get(id as usize..)?.first_chunk::<2>()?;
        Some((first, end))
    }

    /// The lists of `layer`.
    fn layer(&self, layer: u32) -> Layer<'a> {
        match layer.checked_sub(1) {
            None => Layer {
                stride: 2 * self.m,
                links: self.links,
                first: None,
            },
            Some(offset) => Layer {
                stride: self.m,
                links: self.upper_links,
                first: Some((self.upper_first, offset)),
            },
        }
    }

    /// Checks in O(links) that lists ascend within range and that every vector can be reached.
    pub fn verify(&self) -> Result<(), Corruption> {
        let n = self.codes.num_rows();
        let lists = self.upper_links.len().checked_div(self.m).unwrap_or(0);
        check_offsets(self.upper_first, lists as u64).map_err(|d| d.of(Part::GraphUpperFirst))?;
        let top = self.top_layer()?;
        for id in 0..n as u32 {
            let (first, end) = self.upper_lists(id).unwrap_or_default();
            if end - first > top {
                let (value, limit) = (u64::from(end - first), u64::from(top));
                return Err(Damage::OutOfRange { value, limit }.of(Part::GraphUpperFirst));
            }
        }
        verify_lists(self.links, 2 * self.m, n).map_err(|d| d.of(Part::GraphLinks))?;
        verify_lists(self.upper_links, self.m, n).map_err(|d| d.of(Part::GraphUpperLinks))?;
        match reach(self.layer(0), self.entry, n)
            .iter()
            .position(|reached| !reached)
        {
            Some(chunk) => Err(Damage::Unreachable {
                chunk: chunk as u64,
            }
            .of(Part::GraphLinks)),
            None => Ok(()),
        }
    }

    /// Approximately the rows of `vectors` most similar to the query, best first.
    ///
    /// More candidates find better neighbours and take longer: expected O(ef x M x log n) dot
    /// products in int8, and O(k) in `f32`.
    pub fn search(
        &self,
        vectors: MatrixRef<'_>,
        simd: Simd,
        query: GraphQuery<'_>,
        beam: &mut Beam,
    ) -> Result<Vec<Neighbour>, Corruption> {
        let space = Space {
            codes: self.codes,
            simd,
        };
        let (codes, scale) = quantized_query(query.vector);
        let quantized = CodesQuery {
            codes: &codes,
            scale,
        };
        let width = query.ef.max(query.k).max(1);
        let top = self.top_layer()?;
        beam.start(space, quantized, &[self.entry]);
        for layer in (0..=top).rev() {
            let part = if layer == 0 {
                Part::GraphLinks
            } else {
                Part::GraphUpperLinks
            };
            let bad_link = |BadLink(id): BadLink| {
                let (value, limit) = (u64::from(id), self.codes.num_rows() as u64);
                Damage::OutOfRange { value, limit }.of(part)
            };
            beam.restart(space);
            let lists = self.layer(layer);
            match query.within {
                Some(within) if layer == 0 => {
                    beam.walk_within(space, lists, quantized, width, within)
                }
                _ if layer == 0 => beam.walk(space, lists, quantized, width),
                _ => beam.walk(space, lists, quantized, 1),
            }
            .map_err(bad_link)?;
        }
        Ok(rescore(simd, beam.found(), vectors, query))
    }
}

/// The `k` best of the candidates, compared by their `f32` rows.
///
/// The first `k` and half as many again are: codes err by less than a hundredth of a cosine, so what is
/// farther down by them can be among the first `k` only where it is as good as equal to the last.
fn rescore(
    simd: Simd,
    found: impl Iterator<Item = Neighbour>,
    vectors: MatrixRef<'_>,
    query: GraphQuery<'_>,
) -> Vec<Neighbour> {
    let exact = |near: Neighbour| {
        let row = vectors.row(near.id as usize)?;
        Some(Neighbour {
            id: near.id,
            similarity: simd.dot(query.vector, row),
        })
    };
    let rescored = query.k + query.k / 2 + RESCORED_MORE;
    flat::best(found.take(rescored).filter_map(exact).collect(), query.k)
}

/// Candidates beyond one and a half times the results that are compared again.
const RESCORED_MORE: usize = 10;

/// Ids in each list must ascend below `n`, and nothing but [`NO_LINK`] follows them.
fn verify_lists(links: &[u32], stride: usize, n: usize) -> Result<(), Damage> {
    links.chunks(stride.max(1)).try_for_each(|list| {
        let length = list.partition_point(|&link| link != NO_LINK);
        let (ids, rest) = list.split_at(length);
        check_ids(ids, n)?;
        match rest.iter().find(|&&link| link != NO_LINK) {
            Some(&link) => Err(Damage::OutOfRange {
                value: u64::from(link),
                limit: n as u64,
            }),
            None => Ok(()),
        }
    })
}

/// Which of `n` vectors can be reached from `entry` in `layer`.
fn reach(layer: Layer<'_>, entry: u32, n: usize) -> Vec<bool> {
    let mut reached = vec![false; n];
    flood(layer, entry, &mut reached);
    reached
}
