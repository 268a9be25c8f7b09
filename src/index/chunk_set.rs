//! Which chunks a search may find.

use std::ops::Range;

use super::ids::ChunkId;

/// A set of chunk ids, as ranges: a section's chunks are one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChunkSet {
    /// Ascending, none empty, none touching the next.
    ranges: Vec<Range<u32>>,
}

impl ChunkSet {
    /// The ids in any of `ranges`, which may be in any order and overlap.
    pub fn new(ranges: impl IntoIterator<Item = Range<u32>>) -> Self {
        let mut sorted: Vec<Range<u32>> = ranges.into_iter().filter(|r| !r.is_empty()).collect();
        sorted.sort_unstable_by_key(|range| range.start);
        let mut ranges: Vec<Range<u32>> = Vec::new();
        for range in sorted {
            match ranges.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => ranges.push(range),
            }
        }
        Self { ranges }
    }

    /// The ids below `n` that are not in the set.
    pub fn complement(&self, n: u32) -> Self {
        let starts = std::iter::once(0).chain(self.ranges.iter().map(|range| range.end));
        let ends = self.ranges.iter().map(|range| range.start);
        let gaps = starts.zip(ends.chain([n]));
        Self::new(gaps.map(|(start, end)| start..end.min(n)))
    }

    /// Whether `id` is in the set: O(log ranges).
    pub fn contains(&self, ChunkId(id): ChunkId) -> bool {
        let after = self.ranges.partition_point(|range| range.end <= id);
        self.ranges
            .get(after)
            .is_some_and(|range| range.start <= id)
    }

    /// Number of ids.
    pub fn len(&self) -> usize {
        self.ranges.iter().map(|range| range.len()).sum()
    }

    /// Whether no id is in the set.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The ranges, ascending and apart.
    pub fn ranges(&self) -> &[Range<u32>] {
        &self.ranges
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_in_any_order_are_one_set() {
        let set = ChunkSet::new([7..9, 0..2, 3..3, 8..12, 2..3]);
        assert_eq!(set.ranges(), [0..3, 7..12]);
        assert_eq!((set.len(), set.is_empty()), (8, false));
        let ids: Vec<u32> = (0..15).filter(|&id| set.contains(ChunkId(id))).collect();
        assert_eq!(ids, [0, 1, 2, 7, 8, 9, 10, 11]);
        assert!(ChunkSet::new([]).is_empty());
    }

    #[test]
    fn the_complement_is_everything_else() {
        for set in [
            ChunkSet::new([0..3, 7..12]),
            ChunkSet::new([2..4, 5..6]),
            ChunkSet::new([]),
        ] {
            for n in 0..15 {
                let complement = set.complement(n);
                let ids = (0..20).filter(|&id| complement.contains(ChunkId(id)));
                let expected = (0..n).filter(|&id| !set.contains(ChunkId(id)));
                assert!(ids.eq(expected), "{set:?} below {n}: {complement:?}");
            }
        }
    }
}
