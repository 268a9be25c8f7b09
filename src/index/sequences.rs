//! Term sequences: the terms of each chunk's text in order, for what counts on their neighbourhood.

use super::error::{Corruption, Damage};
use super::part::Part;
use super::records::{check_offsets, span};

/// The terms of all chunks in reading order, as numbers of the chunks' inverted index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermSequences {
    /// Chunk `i` has `terms[offsets[i]..offsets[i + 1]]`; chunks + 1 entries.
    pub offsets: Vec<u64>,
    /// Numbers of terms: 4 bytes a term.
    pub terms: Vec<u32>,
}

impl TermSequences {
    pub(super) fn view(&self) -> SequencesRef<'_> {
        SequencesRef {
            offsets: &self.offsets,
            terms: &self.terms,
        }
    }
}

/// Term sequences in the file. A term's number is not checked: it is compared, never an index.
#[derive(Debug, Clone, Copy)]
pub(super) struct SequencesRef<'a> {
    pub offsets: &'a [u64],
    pub terms: &'a [u32],
}

impl<'a> SequencesRef<'a> {
    /// Checks in O(1) that there is a sequence for each of `chunks` chunks.
    pub fn check_shape(&self, chunks: usize) -> Result<(), Corruption> {
        Damage::unless_equal(chunks + 1, self.offsets.len())
            .map_err(|damage| damage.of(Part::SequenceOffsets))
    }

    /// The sequence of one chunk.
    pub fn get(&self, chunk: usize) -> Result<&'a [u32], Corruption> {
        let span = span(self.offsets, chunk, self.terms.len());
        let span = span.map_err(|damage| damage.of(Part::SequenceOffsets))?;
        Ok(&self.terms[span])
    }

    /// Checks in O(chunks) that the offsets cover all terms.
    pub fn verify(&self) -> Result<(), Corruption> {
        check_offsets(self.offsets, self.terms.len() as u64)
            .map_err(|damage| damage.of(Part::SequenceOffsets))
    }
}
