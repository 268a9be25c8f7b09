//! The search of one layer of a graph: algorithm 2 of Malkov and Yashunin's paper, for the build
//! and for the query alike.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::{Mutex, PoisonError};

use super::codes::{CodesQuery, CodesRef};
use super::layer::{BadLink, Layer, NO_LINK};
use crate::index::chunk_set::ChunkSet;
use crate::index::flat::Neighbour;
use crate::index::ids::ChunkId;
use crate::simd::{Simd, prefetch};

/// A search's vectors, and what it compares them with.
#[derive(Debug, Clone, Copy)]
pub struct Space<'a> {
    pub codes: CodesRef<'a>,
    pub simd: Simd,
}

/// A vector of the beam, and whether its links were followed.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    near: Neighbour,
    followed: bool,
}

/// The scratch of a search, reused from search to search.
#[derive(Debug, Default)]
pub struct Beam {
    visited: Visited,
    /// Greatest first.
    candidates: Vec<Candidate>,
    fresh: Vec<u32>,
    dots: Vec<i32>,
}

impl Beam {
    /// Starts a search at `start`, which must be rows; nothing else is visited.
    pub fn start(&mut self, space: Space<'_>, query: CodesQuery<'_>, start: &[u32]) {
        self.visited.begin(space.codes.num_rows());
        self.candidates.clear();
        for &id in start {
            self.visited.insert(id);
        }
        for near in space
            .codes
            .similarities(space.simd, query, start, &mut self.dots)
        {
            insert(&mut self.candidates, near, usize::MAX);
        }
    }

    /// Starts again where the last walk ended, in another layer.
    pub fn restart(&mut self, space: Space<'_>) {
        self.visited.begin(space.codes.num_rows());
        for candidate in &mut self.candidates {
            self.visited.insert(candidate.near.id);
            candidate.followed = false;
        }
    }

    /// What was found, best first.
    pub fn found(&self) -> impl ExactSizeIterator<Item = Neighbour> {
        self.candidates.iter().map(|candidate| candidate.near)
    }

    /// Follows the links of the best vectors until none of the `width` best is left to follow.
    pub fn walk(
        &mut self,
        space: Space<'_>,
        layer: Layer<'_>,
        query: CodesQuery<'_>,
        width: usize,
    ) -> Result<(), BadLink> {
        self.candidates.truncate(width);
        let mut at = 0;
        while let Some(candidate) = self.candidates.get_mut(at) {
            let id = candidate.near.id;
            if std::mem::replace(&mut candidate.followed, true) {
                at += 1;
                continue;
            }
            self.gather(space, layer, id)?;
            let mut next = at + 1;
            let near = space
                .codes
                .similarities(space.simd, query, &self.fresh, &mut self.dots);
            for near in near {
                if let Some(place) = insert(&mut self.candidates, near, width) {
                    next = next.min(place);
                }
            }
            at = next;
            // The list that is followed next is on its way while this loop turns.
            if let Some(list) = self.candidates.get(at).and_then(|c| layer.list(c.near.id)) {
                prefetch(list);
            }
        }
        Ok(())
    }

    /// As [`Beam::walk`], but what is found is in `within`: all others are only passed through, and
    /// the walk goes on until `width` are found and nothing nearer is left to follow.
    pub fn walk_within(
        &mut self,
        space: Space<'_>,
        layer: Layer<'_>,
        query: CodesQuery<'_>,
        width: usize,
        within: &ChunkSet,
    ) -> Result<(), BadLink> {
        let mut to_follow: BinaryHeap<Neighbour> = self.found().collect();
        self.candidates
            .retain(|c| within.contains(ChunkId(c.near.id)));
        self.candidates.truncate(width);
        while let Some(best) = to_follow.pop() {
            let is_full = self.candidates.len() >= width;
            let worst = self.candidates.last().filter(|_| is_full).map(|c| c.near);
            if worst.is_some_and(|worst| best < worst) {
                break;
            }
            self.gather(space, layer, best.id)?;
            let near = space
                .codes
                .similarities(space.simd, query, &self.fresh, &mut self.dots);
            for near in near.filter(|near| worst.is_none_or(|worst| *near > worst)) {
                to_follow.push(near);
                if within.contains(ChunkId(near.id)) {
                    insert(&mut self.candidates, near, width);
                }
            }
        }
        Ok(())
    }

    /// Marks the links of `id` visited; those that were not yet are `fresh`.
    #[inline(always)]
    fn gather(&mut self, space: Space<'_>, layer: Layer<'_>, id: u32) -> Result<(), BadLink> {
        self.fresh.clear();
        for &link in layer.list(id).ok_or(BadLink(id))? {
            if link == NO_LINK {
                break;
            }
            if self.visited.insert(link).ok_or(BadLink(link))? {
                space.codes.prefetch(link);
                self.fresh.push(link);
            }
        }
        Ok(())
    }
}

/// Puts a vector in its place if it is among the `width` best. Returns the place.
#[inline(always)]
fn insert(candidates: &mut Vec<Candidate>, near: Neighbour, width: usize) -> Option<usize> {
    if candidates.len() >= width {
        if candidates.last().is_none_or(|last| near <= last.near) {
            return None;
        }
        candidates.pop();
    }
    let place =
        candidates.partition_point(|candidate| candidate.near.cmp(&near) == Ordering::Greater);
    let followed = false;
    candidates.insert(place, Candidate { near, followed });
    Some(place)
}

/// The set of visited vectors, reused from search to search without clearing.
#[derive(Debug, Default)]
struct Visited {
    /// Search number in which a vector was last visited.
    stamps: Vec<u16>,
    /// Number of the current search, from 1.
    search: u16,
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

    /// Marks a vector. True if it was not visited before; `None` if it is past the end.
    #[inline(always)]
    fn insert(&mut self, id: u32) -> Option<bool> {
        let stamp = self.stamps.get_mut(id as usize)?;
        Some(std::mem::replace(stamp, self.search) != self.search)
    }
}

/// Beams for as many searches as run at once.
#[derive(Debug, Default)]
pub struct BeamPool(Mutex<Vec<Beam>>);

impl BeamPool {
    /// Runs `search` with a beam of its own.
    pub fn with<T>(&self, search: impl FnOnce(&mut Beam) -> T) -> T {
        // A beam is whole at any time, so a panic elsewhere does not spoil the pool.
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut beam = lock().pop().unwrap_or_default();
        let result = search(&mut beam);
        lock().push(beam);
        result
    }
}
