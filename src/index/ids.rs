//! Numbers of sections and chunks.

use std::ops::Range;

/// Number of a section in an index: from 0, in the order of paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SectionId(pub u32);

/// Number of a chunk in an index: from 0, in the order of sections and of lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkId(pub u32);

impl SectionId {
    /// As a position in an array with an element for each section.
    pub fn position(self) -> usize {
        self.0 as usize
    }
}

impl ChunkId {
    /// As a position in an array with an element for each chunk.
    pub fn position(self) -> usize {
        self.0 as usize
    }

    /// The chunks with these numbers.
    pub fn all(numbers: Range<u32>) -> impl DoubleEndedIterator<Item = Self> + Clone {
        numbers.map(Self)
    }
}
