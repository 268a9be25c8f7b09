//! Builds a graph in rounds, on all cores, with the same result for any number of them.
//!
//! HNSW's insertion is serial: each vector searches the graph that all before it left behind.
//! Here the vectors of one round all search the graph as it was before the round, in parallel;
//! then all new links are added, in parallel over the lists that take them:
//!
//! ```text
//! round   v1 v2 v3 ...      each: search the frozen graph, choose up to M neighbours
//!           |                                              (algorithms 1 and 4)
//! edges   (list, to) ...    both directions, sorted by list
//!           |
//! lists   l1 l2 l3 ...      each: add its edges; if it is full, choose the best (algorithm 4)
//! ```
//!
//! Nothing depends on the order in which threads finish, and no two threads write the same list.
//! A round is a small part of the graph ([`ROUND_SHARE`]), and the order of insertion is drawn by
//! hash: vectors of one round seldom are each other's nearest, although neighbours in a
//! documentation folder often are.

use rayon::prelude::*;

use super::beam::{Beam, BeamPool, Space};
use super::layer::{BadLink, Layer, MAX_LAYER, NO_LINK};
use crate::index::flat::Neighbour;

/// A round is one vector for this many in the graph, and at least [`LEAST_ROUND`].
const ROUND_SHARE: usize = 25;
const LEAST_ROUND: usize = 32;
/// Vectors of a round that a thread takes at a time.
const BATCH: usize = 16;
/// Lists that a thread takes at a time.
const BLOCK: usize = 256;

/// A graph that still grows.
pub struct Construction<'a> {
    space: Space<'a>,
    m: usize,
    ef_construction: usize,
    entry: u32,
    /// Upper lists of vector `i`, from layer 1, are `upper_first[i]..upper_first[i + 1]`.
    upper_first: Vec<u32>,
    /// Layer 0: one list for each vector.
    base: Lists,
    /// All other layers.
    upper: Lists,
}

/// The finished lists: best first in each, filled up with [`NO_LINK`].
pub struct Built {
    pub entry: u32,
    pub upper_first: Vec<u32>,
    /// `2 * m` a vector.
    pub links: Vec<u32>,
    /// `m` a list.
    pub upper_links: Vec<u32>,
}

/// A graph of few vectors to start with.
pub struct Seed {
    pub entry: u32,
    /// Each vector with its lists from layer 0 up.
    pub lists: Vec<(u32, Vec<Vec<u32>>)>,
}

/// A link that is to be added to a list.
#[derive(Debug, Clone, Copy)]
struct Edge {
    list: u32,
    to: Neighbour,
}

/// Links of one batch or round.
#[derive(Debug, Default)]
struct Edges {
    base: Vec<Edge>,
    upper: Vec<Edge>,
}

impl<'a> Construction<'a> {
    /// A graph over `space` in which the vectors of `seed` are linked. The layers of `rest`, which
    /// is to be inserted, are drawn by hash; all others are in layer 0 alone and without links.
    pub fn new(
        space: Space<'a>,
        m: usize,
        ef_construction: usize,
        seed: &Seed,
        rest: &[u32],
    ) -> Self {
        let n = space.codes.num_rows();
        let mut levels = vec![0; n];
        for &id in rest {
            levels[id as usize] = level(id, m);
        }
        for (id, lists) in &seed.lists {
            levels[*id as usize] = lists.len().saturating_sub(1) as u32;
        }
        let mut upper_first = vec![0];
        let mut lists = 0;
        upper_first.extend(levels.iter().map(|level| {
            lists += level;
            lists
        }));
        let mut construction = Self {
            space,
            m,
            ef_construction,
            entry: seed.entry,
            upper_first,
            base: Lists::new(n, 2 * m),
            upper: Lists::new(lists as usize, m),
        };
        construction.add_seed(seed);
        construction
    }

    fn add_seed(&mut self, seed: &Seed) {
        let mut edges = Edges::default();
        let mut dots = Vec::new();
        for (id, lists) in &seed.lists {
            let query = self.space.codes.query(*id);
            for (layer, links) in (0..).zip(lists) {
                let near = self
                    .space
                    .codes
                    .similarities(self.space.simd, query, links, &mut dots);
                for near in near {
                    self.edge(*id, layer, near, &mut edges);
                }
            }
        }
        self.add_edges(edges);
    }

    /// Inserts the vectors `order`.
    pub fn extend(&mut self, mut order: &[u32], mut inserted: usize) -> Result<(), BadLink> {
        let beams = BeamPool::default();
        while !order.is_empty() {
            let size = (inserted / ROUND_SHARE).max(LEAST_ROUND).min(order.len());
            let (round, rest) = order.split_at(size);
            let edges = round
                .par_chunks(BATCH)
                .map(|batch| {
                    beams.with(|beam| {
                        let mut edges = Edges::default();
                        for &id in batch {
                            self.find_links(id, beam, &mut edges)?;
                        }
                        Ok(edges)
                    })
                })
                .try_reduce(Edges::default, |all, more| Ok(all.and(more)))?;
            self.add_edges(edges);
            // The first of those with the most layers, if they are more than all before.
            for &id in round {
                if self.level(id) > self.level(self.entry) {
                    self.entry = id;
                }
            }
            inserted += size;
            order = rest;
        }
        Ok(())
    }

    /// The edges between a new vector and its neighbours in the graph, in each of its layers.
    fn find_links(&self, id: u32, beam: &mut Beam, edges: &mut Edges) -> Result<(), BadLink> {
        let query = self.space.codes.query(id);
        let level = self.level(id);
        let mut selection = Selection::default();
        beam.start(self.space, query, &[self.entry]);
        for layer in (0..=self.level(self.entry)).rev() {
            beam.restart(self.space);
            let width = if layer > level {
                1
            } else {
                self.ef_construction
            };
            beam.walk(self.space, self.layer(layer), query, width)?;
            if layer > level {
                continue;
            }
            selection.select(self.space, beam.found(), self.m);
            for &near in &selection.chosen {
                self.edge(id, layer, near, edges);
                let back = Neighbour { id, ..near };
                self.edge(near.id, layer, back, edges);
            }
        }
        Ok(())
    }

    fn edge(&self, from: u32, layer: u32, to: Neighbour, edges: &mut Edges) {
        match layer.checked_sub(1) {
            None => edges.base.push(Edge { list: from, to }),
            Some(offset) => {
                let list = self.upper_first[from as usize] + offset;
                edges.upper.push(Edge { list, to });
            }
        }
    }

    fn add_edges(&mut self, edges: Edges) {
        self.base.add(self.space, edges.base);
        self.upper.add(self.space, edges.upper);
    }

    fn level(&self, id: u32) -> u32 {
        self.upper_first[id as usize + 1] - self.upper_first[id as usize]
    }

    fn layer(&self, layer: u32) -> Layer<'_> {
        match layer.checked_sub(1) {
            None => self.base.layer(None),
            Some(offset) => self.upper.layer(Some((&self.upper_first, offset))),
        }
    }

    /// The lists with their best links.
    pub fn finish(self) -> Built {
        Built {
            entry: self.entry,
            links: self.base.finish(self.space),
            upper_links: self.upper.finish(self.space),
            upper_first: self.upper_first,
        }
    }
}

impl Edges {
    fn and(mut self, mut more: Self) -> Self {
        self.base.append(&mut more.base);
        self.upper.append(&mut more.upper);
        self
    }
}

/// Lists of links with their similarities.
struct Lists {
    /// Links that a list keeps in the end.
    keep: usize,
    /// Links that a list has room for: choosing the best costs more than a longer search, so it
    /// is put off until there is no room left.
    room: usize,
    /// `room` a list, filled up with [`NO_LINK`].
    links: Vec<u32>,
    /// Similarity of each link to the list's vector.
    similarities: Vec<f32>,
}

impl Lists {
    fn new(count: usize, keep: usize) -> Self {
        let room = keep + keep / 2;
        Self {
            keep,
            room,
            links: vec![NO_LINK; count * room],
            similarities: vec![0.0; count * room],
        }
    }

    fn layer<'s>(&'s self, first: Option<(&'s [u32], u32)>) -> Layer<'s> {
        Layer {
            stride: self.room,
            links: &self.links,
            first,
        }
    }

    /// Adds edges, none of which is there yet.
    fn add(&mut self, space: Space<'_>, mut edges: Vec<Edge>) {
        edges.par_sort_unstable_by_key(|edge| (edge.list, edge.to.id));
        let (room, keep) = (self.room, self.keep);
        self.links
            .par_chunks_mut(BLOCK * room)
            .zip(self.similarities.par_chunks_mut(BLOCK * room))
            .enumerate()
            .for_each_init(
                Selection::default,
                |selection, (block, (links, similarities))| {
                    let first = (block * BLOCK) as u32;
                    let start = edges.partition_point(|edge| edge.list < first);
                    let end = edges.partition_point(|edge| edge.list < first + BLOCK as u32);
                    for new in edges[start..end].chunk_by(|a, b| a.list == b.list) {
                        let at = (new[0].list - first) as usize * room;
                        let list = List {
                            links: &mut links[at..][..room],
                            similarities: &mut similarities[at..][..room],
                        };
                        list.add(space, new, keep, selection);
                    }
                },
            );
    }

    /// The best links of each list, best first, `keep` a list.
    fn finish(mut self, space: Space<'_>) -> Vec<u32> {
        let (room, keep) = (self.room, self.keep);
        self.links
            .par_chunks_mut(room)
            .zip(self.similarities.par_chunks_mut(room))
            .for_each_init(Selection::default, |selection, (links, similarities)| {
                let list = List {
                    links,
                    similarities,
                };
                list.shrink(space, &[], keep, selection);
            });
        let lists = self.links.chunks_exact(room);
        lists.flat_map(|list| &list[..keep]).copied().collect()
    }
}

/// One list.
struct List<'l> {
    links: &'l mut [u32],
    similarities: &'l mut [f32],
}

impl List<'_> {
    fn add(mut self, space: Space<'_>, new: &[Edge], keep: usize, selection: &mut Selection) {
        let length = self.len();
        if length + new.len() > self.links.len() {
            self.shrink(space, new, keep, selection);
            return;
        }
        for (at, edge) in (length..).zip(new) {
            self.set(at, edge.to);
        }
    }

    /// Keeps the best of the links and of `new`, best first.
    fn shrink(mut self, space: Space<'_>, new: &[Edge], keep: usize, selection: &mut Selection) {
        let length = self.len();
        let links = self.links[..length].iter().zip(&*self.similarities);
        let links = links.map(|(&id, &similarity)| Neighbour { id, similarity });
        let mut all: Vec<Neighbour> = links.chain(new.iter().map(|edge| edge.to)).collect();
        all.sort_unstable_by(|a, b| b.cmp(a));
        if all.len() > keep {
            selection.select(space, all.into_iter(), keep);
            all = std::mem::take(&mut selection.chosen);
        }
        for (at, &near) in all.iter().enumerate() {
            self.set(at, near);
        }
        self.links[all.len()..].fill(NO_LINK);
    }

    fn len(&self) -> usize {
        let end = self.links.iter().position(|&link| link == NO_LINK);
        end.unwrap_or(self.links.len())
    }

    fn set(&mut self, at: usize, near: Neighbour) {
        self.links[at] = near.id;
        self.similarities[at] = near.similarity;
    }
}

/// Scratch of the choice of neighbours.
#[derive(Debug, Default)]
struct Selection {
    chosen: Vec<Neighbour>,
    ids: Vec<u32>,
    dots: Vec<i32>,
}

impl Selection {
    /// Algorithm 4: of `candidates`, best first, those that are nearer to the vector than to any
    /// chosen before them, up to `most`. So a list spreads over directions: one link leads to all
    /// that lies behind it.
    fn select(
        &mut self,
        space: Space<'_>,
        candidates: impl Iterator<Item = Neighbour>,
        most: usize,
    ) {
        self.chosen.clear();
        self.ids.clear();
        for near in candidates {
            if self.chosen.len() == most {
                break;
            }
            let query = space.codes.query(near.id);
            let dots = &mut self.dots;
            let is_new_direction = self.ids.chunks(COMPARED).all(|ids| {
                let mut between = space.codes.similarities(space.simd, query, ids, dots);
                between.all(|other| other.similarity < near.similarity)
            });
            if is_new_direction {
                self.chosen.push(near);
                self.ids.push(near.id);
            }
        }
    }
}

/// Chosen vectors that a candidate is compared with at a time: most are refused by the first.
const COMPARED: usize = 4;

/// The top layer of a vector: at least `l` with probability `m^-l`.
fn level(id: u32, m: usize) -> u32 {
    let mut digits = hash(id, 0);
    let mut level = 0;
    while level < MAX_LAYER && digits.is_multiple_of(m as u64) {
        digits /= m as u64;
        level += 1;
    }
    level
}

/// SplitMix64 of an id: numbers that are as good as random, and the same in every build.
pub fn hash(id: u32, salt: u32) -> u64 {
    let state = (u64::from(salt) << 32 | u64::from(id)) + 1;
    let mut z = state.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sixteenth_of_the_vectors_reaches_each_next_layer() {
        let levels: Vec<u32> = (0..65_536).map(|id| level(id, 16)).collect();
        let reach = |layer| levels.iter().filter(|&&level| level >= layer).count();
        // Binomial: within four standard deviations of n / 16 and n / 256.
        assert!(reach(1).abs_diff(4096) < 248, "{}", reach(1));
        assert!(reach(2).abs_diff(256) < 64, "{}", reach(2));
        assert!(levels.iter().all(|&level| level <= 6));
    }
}
