//! The frozen HNSW graph: flat arrays of neighbour lists, searched where they lie.
//!
//! ```text
//! build: hnsw_rs -> freeze -> Graph -> writer            (hnsw.rs)
//! query: map -> GraphRef -> greedy descent -> ef search  (here)
//! ```
//!
//! Every vector has a list of links in layer 0; few have lists in layers 1, 2, ... as well. A
//! search walks greedily from the entry point down to layer 1 and then keeps the `ef` best of
//! what it meets in layer 0: algorithms 2 and 5 of Malkov and Yashunin, "Efficient and robust
//! approximate nearest neighbor search using Hierarchical Navigable Small World graphs" (2016).

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

use super::error::{Corruption, Damage};
use super::flat::{Neighbour, dot, into_best_first, push_bounded};
use super::format::Part;
use super::parts::MatrixRef;
use super::records::{check_ids, check_offsets, slice};

/// Highest layer that a graph may have.
pub(super) const MAX_LAYER: u32 = 15;

/// A frozen graph over vectors, in the arrays of the index file (see `FORMAT.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// Where every search starts: a vector of the top layer.
    pub(super) entry: u32,
    /// Layer 0 links of vector `i` are `links[offsets[i]..offsets[i + 1]]`.
    pub(super) offsets: Vec<u64>,
    /// Vector ids, strictly ascending within a list.
    pub(super) links: Vec<u32>,
    /// Upper lists of vector `i`, from layer 1, are `upper_first[i]..upper_first[i + 1]`.
    pub(super) upper_first: Vec<u32>,
    /// Upper list `j` is `upper_links[upper_offsets[j]..upper_offsets[j + 1]]`.
    pub(super) upper_offsets: Vec<u32>,
    /// Vector ids, strictly ascending within a list.
    pub(super) upper_links: Vec<u32>,
}

impl Graph {
    pub(super) fn view(&self) -> GraphRef<'_> {
        GraphRef {
            entry: self.entry,
            offsets: &self.offsets,
            links: &self.links,
            upper_first: &self.upper_first,
            upper_offsets: &self.upper_offsets,
            upper_links: &self.upper_links,
        }
    }

    /// Number of links in all layers.
    pub fn num_links(&self) -> usize {
        self.links.len() + self.upper_links.len()
    }
}

/// A frozen graph in the file. Nothing in it is trusted: ids and offsets are checked on use.
#[derive(Debug, Clone, Copy)]
pub(super) struct GraphRef<'a> {
    pub entry: u32,
    pub offsets: &'a [u64],
    pub links: &'a [u32],
    pub upper_first: &'a [u32],
    pub upper_offsets: &'a [u32],
    pub upper_links: &'a [u32],
}

impl<'a> GraphRef<'a> {
    /// Checks in O(1) that the graph is one over `n` vectors and has a sound entry point.
    pub fn check_shape(&self, n: usize) -> Result<(), Corruption> {
        let equal = |part: Part, expected, found| {
            Damage::unless_equal(expected, found).map_err(|damage| damage.of(part))
        };
        equal(Part::GraphOffsets, n + 1, self.offsets.len())?;
        equal(Part::GraphUpperFirst, n + 1, self.upper_first.len())?;
        let lists = self.upper_first.last().map_or(0, |&lists| lists as usize);
        equal(Part::GraphUpperOffsets, lists + 1, self.upper_offsets.len())?;
        self.top_layer().map(|_| ())
    }

    /// The entry point's highest layer.
    fn top_layer(&self) -> Result<u32, Corruption> {
        let limit = self.offsets.len() as u64;
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

    /// Links of vector `id` in layer 0.
    pub fn links(&self, id: u32) -> Result<&'a [u32], Corruption> {
        let list = self
            .offsets
            .get(id as usize..)
            .and_then(|rest| rest.first_chunk::<2>())
            .and_then(|&[start, end]| slice(self.links, start, end));
        list.ok_or_else(|| self.bad_list(id, Part::GraphOffsets))
    }

    /// Links of vector `id` in `layer` >= 1; none if it is not in that layer.
    fn upper_links(&self, id: u32, layer: u32) -> Result<&'a [u32], Corruption> {
        let bad = |part| self.bad_list(id, part);
        let (first, end) = self
            .upper_lists(id)
            .ok_or_else(|| bad(Part::GraphUpperFirst))?;
        let Some(list) = first.checked_add(layer - 1).filter(|list| *list < end) else {
            return Ok(&[]);
        };
        self.upper_offsets
            .get(list as usize..)
            .and_then(|rest| rest.first_chunk::<2>())
            .and_then(|&[start, end]| slice(self.upper_links, start.into(), end.into()))
            .ok_or_else(|| bad(Part::GraphUpperOffsets))
    }

    fn bad_list(&self, id: u32, part: Part) -> Corruption {
        Damage::OutOfRange {
            value: u64::from(id),
            limit: self.offsets.len() as u64,
        }
        .of(part)
    }

    /// Checks in O(links) that lists ascend within range and that every vector can be reached.
    pub fn verify(&self) -> Result<(), Corruption> {
        let n = self.offsets.len().saturating_sub(1);
        let links = self.links.len() as u64;
        let lists = self.upper_offsets.len().saturating_sub(1) as u64;
        let upper_links = self.upper_links.len() as u64;
        check_offsets(self.offsets, links).map_err(|d| d.of(Part::GraphOffsets))?;
        check_offsets(self.upper_first, lists).map_err(|d| d.of(Part::GraphUpperFirst))?;
        check_offsets(self.upper_offsets, upper_links)
            .map_err(|d| d.of(Part::GraphUpperOffsets))?;
        let top = self.top_layer()?;
        for id in 0..n as u32 {
            check_ids(self.links(id)?, n).map_err(|d| d.of(Part::GraphLinks))?;
            let (first, end) = self
                .upper_lists(id)
                .ok_or_else(|| self.bad_list(id, Part::GraphUpperFirst))?;
            if end - first > top {
                let (value, limit) = (u64::from(end - first), u64::from(top));
                return Err(Damage::OutOfRange { value, limit }.of(Part::GraphUpperFirst));
            }
            for layer in 1..=end - first {
                check_ids(self.upper_links(id, layer)?, n)
                    .map_err(|d| d.of(Part::GraphUpperLinks))?;
            }
        }
        self.verify_reach(n)
    }

    fn verify_reach(&self, n: usize) -> Result<(), Corruption> {
        let mut reached = vec![false; n];
        reached[self.entry as usize] = true;
        let mut frontier = vec![self.entry];
        while let Some(id) = frontier.pop() {
            for &link in self.links(id)? {
                if !std::mem::replace(&mut reached[link as usize], true) {
                    frontier.push(link);
                }
            }
        }
        match reached.iter().position(|reached| !reached) {
            Some(chunk) => Err(Damage::Unreachable {
                chunk: chunk as u64,
            }
            .of(Part::GraphLinks)),
            None => Ok(()),
        }
    }

    /// The approximately `k` rows most similar to `query`, best first.
    ///
    /// `ef` >= `k` candidates are kept: more find better neighbours and take longer. Expected
    /// O(ef x M x log n) dot products.
    pub fn search(
        &self,
        vectors: MatrixRef<'_>,
        query: &[f32],
        k: usize,
        ef: usize,
        visited: &mut Visited,
    ) -> Result<Vec<Neighbour>, Corruption> {
        let similarity = |id: u32| -> Result<Neighbour, Corruption> {
            let row = vectors.row(id as usize).ok_or_else(|| {
                let limit = vectors.num_rows() as u64;
                Damage::OutOfRange {
                    value: u64::from(id),
                    limit,
                }
                .of(Part::GraphLinks)
            })?;
            Ok(Neighbour {
                id,
                similarity: dot(query, row),
            })
        };
        let start = self.descend(&similarity)?;

        visited.begin(vectors.num_rows());
        visited.insert(start.id);
        let mut candidates = BinaryHeap::from([start]);
        let mut nearest = BinaryHeap::from([Reverse(start)]);
        let ef = ef.max(k).max(1);
        while let Some(candidate) = candidates.pop() {
            let worst = nearest.peek().map_or(candidate, |worst| worst.0);
            if nearest.len() >= ef && candidate < worst {
                break;
            }
            for &link in self.links(candidate.id)? {
                if visited.insert(link) {
                    let neighbour = similarity(link)?;
                    if push_bounded(&mut nearest, neighbour, ef) {
                        candidates.push(neighbour);
                    }
                }
            }
        }
        let mut found = into_best_first(nearest);
        found.truncate(k);
        Ok(found)
    }

    /// Greedy walk from the entry point through the layers above 0.
    fn descend(
        &self,
        similarity: &impl Fn(u32) -> Result<Neighbour, Corruption>,
    ) -> Result<Neighbour, Corruption> {
        let mut best = similarity(self.entry)?;
        for layer in (1..=self.top_layer()?).rev() {
            loop {
                let from = best;
                for &link in self.upper_links(from.id, layer)? {
                    best = best.max(similarity(link)?);
                }
                if best == from {
                    break;
                }
            }
        }
        Ok(best)
    }
}

/// The set of visited vectors, reused from search to search without clearing.
#[derive(Debug, Default)]
pub(super) struct Visited {
    /// Search number in which a vector was last visited.
    stamps: Vec<u32>,
    /// Number of the current search, from 1.
    search: u32,
}

impl Visited {
    /// Starts a new search over `n` vectors with nothing visited.
    fn begin(&mut self, n: usize) {
        match self.search.checked_add(1) {
            Some(search) if self.stamps.len() == n => self.search = search,
            // Zeroed pages from the system: a first search touches only what it visits.
            _ => {
                *self = Self {
                    stamps: vec![0; n],
                    search: 1,
                }
            }
        }
    }

    /// Marks a vector. True if it was not visited before; ids past the end count as new, the
    /// lookup of their row fails.
    fn insert(&mut self, id: u32) -> bool {
        match self.stamps.get_mut(id as usize) {
            Some(stamp) => std::mem::replace(stamp, self.search) != self.search,
            None => true,
        }
    }
}

/// Visited sets for as many searches as run at once.
#[derive(Debug, Default)]
pub(super) struct VisitedPool(Mutex<Vec<Visited>>);

impl VisitedPool {
    /// Runs `search` with a set of its own.
    pub fn with<T>(&self, search: impl FnOnce(&mut Visited) -> T) -> T {
        // A set is whole at any time, so a panic elsewhere does not spoil the pool.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut visited = lock().pop().unwrap_or_default();
        let result = search(&mut visited);
        lock().push(visited);
        result
    }
}
