//! Builds the graph of an index and measures what it finds.
//!
//! hnsw_rs inserts the first [`SEED`] vectors, [`Construction`] the others in rounds, and
//! [`connect`] makes every vector reachable. This is the only file that knows hnsw_rs: the best-known
//! implementation of the paper in Rust starts the graph, and by it docent's own rounds are measured
//! (`benches/peers`). It cannot build all of it: its serial insertion uses one core, and its parallel
//! insertion gives another graph each time. Its dump and its search are not used.

use std::collections::BTreeSet;

use hnsw_rs::prelude::{Distance, Hnsw};
use rayon::prelude::*;

use super::beam::{BeamPool, Space};
use super::codes::Codes;
use super::connect::{Copies, connect};
use super::construct::{Construction, Seed, hash};
use super::frozen::{EF_SEARCH, Graph, GraphQuery};
use super::layer::{BadLink, MAX_LAYER};
use crate::index::error::{Damage, IndexError};
use crate::index::flat::{self, Neighbour};
use crate::index::matrix::MatrixRef;
use crate::index::options::{GraphOptions, SearchPath};
use crate::index::part::Part;
use crate::simd::Simd;

/// Number of vectors from which a query searches the graph: below, flat search is as fast.
pub const FLAT_LIMIT: usize = 5_000;
/// Part of the exact nearest that a graph must find for an index to be searched on it. Ranking
/// fuses what several arms find and bears a miss in twenty; at one in ten something is wrong with
/// the graph or the vectors.
pub const RECALL_FLOOR: f32 = 0.90;
/// Vectors that hnsw_rs inserts.
const SEED: usize = 500;
/// Vectors on which the build measures recall.
const RECALL_SAMPLE: usize = 200;
/// Results per vector on which the build measures recall.
const RECALL_AT: usize = 10;

/// Cosine distance of unit vectors. Unlike hnsw_rs's own it neither asserts nor goes negative
/// when a product is rounded over 1, and a zero vector is near nothing.
struct UnitCosine(Simd);

impl Distance<f32> for UnitCosine {
    fn eval(&self, a: &[f32], b: &[f32]) -> f32 {
        (1.0 - self.0.dot(a, b)).max(0.0)
    }
}

/// A graph with what was found out about it.
#[derive(Debug, Clone)]
pub struct BuiltGraph {
    /// The graph; `None` for fewer than 2 vectors.
    pub graph: Option<Graph>,
    /// How queries find their nearest chunks: on the graph from [`FLAT_LIMIT`] vectors on.
    pub search: SearchPath,
    /// Part of the 10 exact nearest that the graph search finds, on a sample of the vectors.
    pub ann_recall_at_10: Option<f32>,
}

impl BuiltGraph {
    /// Builds the graph over `vectors`, measures its recall and chooses the search path.
    ///
    /// Expected O(n log n) time, on all threads; in memory, a quarter of the vectors for their codes
    /// and 24 M bytes a vector for its links. The same vectors give the same graph.
    ///
    /// # Errors
    ///
    /// [`IndexError::InvalidParameter`] if `options` are out of range, and [`IndexError::LowRecall`]
    /// if queries would be answered on a graph that finds less than [`RECALL_FLOOR`] of the nearest
    /// chunks.
    pub fn new(vectors: MatrixRef<'_>, options: GraphOptions) -> Result<Self, IndexError> {
        let simd = Simd::detect()?;
        let graph = build(vectors, options, simd)?;
        let recall = graph
            .as_ref()
            .and_then(|graph| recall(graph, vectors, simd));
        let is_walked = graph.is_some() && vectors.num_rows() >= FLAT_LIMIT;
        match recall.filter(|_| is_walked) {
            Some(recall) if recall < RECALL_FLOOR => Err(IndexError::LowRecall {
                recall,
                floor: RECALL_FLOOR,
                options,
            }),
            _ => Ok(Self {
                graph,
                search: if is_walked {
                    SearchPath::Hnsw
                } else {
                    SearchPath::Flat
                },
                ann_recall_at_10: recall,
            }),
        }
    }
}

/// The graph over `vectors`; `None` for fewer than 2. The same input gives the same graph.
pub fn build(
    vectors: MatrixRef<'_>,
    options: GraphOptions,
    simd: Simd,
) -> Result<Option<Graph>, IndexError> {
    let m = in_range("M", options.m, 256)?;
    let ef_construction = in_range("ef_construction", options.ef_construction, 1_024)?;
    if vectors.num_rows() < 2 {
        return Ok(None);
    }
    let codes = Codes::of(vectors);
    let space = Space {
        codes: codes.view(),
        simd,
    };
    let copies = Copies::of(space);
    let mut order = copies.originals.clone();
    order.sort_unstable_by_key(|&id| hash(id, 1));
    let (first, rest) = order.split_at(SEED.min(order.len()));
    let seed = seed(vectors, first, m, ef_construction, simd);
    let mut construction = Construction::new(space, m, ef_construction, &seed, rest);
    let built = construction
        .extend(rest, first.len())
        .map(|()| construction.finish())
        .and_then(|built| connect(space, m, built, &copies));
    let built = built.map_err(|BadLink(id)| {
        let (value, limit) = (u64::from(id), vectors.num_rows() as u64);
        let corruption = Damage::OutOfRange { value, limit }.of(Part::GraphLinks);
        IndexError::InvalidParts { corruption }
    })?;
    Ok(Some(Graph {
        entry: built.entry,
        links: built.links,
        upper_first: built.upper_first,
        upper_links: built.upper_links,
        m,
        codes,
    }))
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

/// hnsw_rs's graph of the vectors `ids`.
fn seed(vectors: MatrixRef<'_>, ids: &[u32], m: usize, ef_construction: usize, simd: Simd) -> Seed {
    let layers = MAX_LAYER as usize + 1;
    let hnsw = Hnsw::new(m, ids.len(), layers, ef_construction, UnitCosine(simd));
    for (at, &id) in ids.iter().enumerate() {
        hnsw.insert((vectors.row(id as usize).unwrap_or_default(), at));
    }
    let points = hnsw.get_point_indexation();
    let top = usize::from(hnsw.get_max_level_observed());
    let mut seed = Seed {
        entry: ids[0],
        lists: Vec::new(),
    };
    for layer in 0..=top {
        for (i, point) in points.get_layer_iterator(layer).enumerate() {
            let at = point.get_origin_id();
            // hnsw_rs starts its searches at the first vector that reached the top layer.
            if layer == top && i == 0 {
                seed.entry = ids[at];
            }
            // Lists above a vector's own layer are left over from its insertion, and a link in
            // layer l to a vector that is not in layer l leads nowhere.
            let lists = point.get_neighborhood_id();
            let lists = lists.iter().enumerate().take(layer + 1).map(|(l, list)| {
                let links = list.iter().filter(|link| usize::from(link.p_id.0) >= l);
                let to = links.map(|link| link.d_id).filter(|&to| to != at);
                let to: BTreeSet<u32> = to.map(|to| ids[to]).collect();
                to.into_iter().collect()
            });
            seed.lists.push((ids[at], lists.collect()));
        }
    }
    seed
}

/// Part of the exact nearest vectors that the graph search finds, for an evenly spaced sample of
/// the vectors, each without itself. `None` without a sample or with a damaged graph.
fn recall(graph: &Graph, vectors: MatrixRef<'_>, simd: Simd) -> Option<f32> {
    let n = vectors.num_rows();
    let sample = RECALL_SAMPLE.min(n);
    let ids: Vec<usize> = (0..sample).map(|i| i * n / sample).collect();
    let queries: Vec<&[f32]> = ids.iter().filter_map(|&id| vectors.row(id)).collect();
    let k = RECALL_AT + 1;
    let exact = flat::search_many(simd, vectors, &queries, k);
    let beams = BeamPool::default();
    let counts: Vec<(usize, usize)> = ids
        .par_iter()
        .zip(&queries)
        .zip(exact)
        .map(|((&id, vector), exact)| {
            let others = |found: Vec<Neighbour>| -> Vec<Neighbour> {
                let others = found.into_iter().filter(|found| found.id as usize != id);
                others.take(RECALL_AT).collect()
            };
            let exact = others(exact);
            let query = GraphQuery {
                vector,
                k,
                ef: EF_SEARCH,
                within: None,
            };
            let search = |beam: &mut _| graph.view().search(vectors, simd, query, beam);
            let approximate = others(beams.with(search).ok()?);
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
