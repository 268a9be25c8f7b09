//! Which token vectors belong to which chunk.

use super::error::{Corruption, Damage};
use super::part::Part;
use super::records::{check_offsets, span};
use super::spool::Array;
use super::token_codes::packed_len;

/// Quantized token vectors of all chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenTable {
    /// Dimension of a token vector; a row of codes has [`packed_len`] bytes.
    pub dim: u32,
    /// Rows of chunk `i` are `offsets[i]..offsets[i + 1]`; chunks + 1 entries.
    pub offsets: Vec<u64>,
    /// Entry `t` is the number of chunks with the model's token id `t`; ids past the end have none.
    pub frequencies: Vec<u32>,
    /// Rows of codes, one after the other.
    pub codes: Array<u8>,
}

impl TokenTable {
    pub(super) fn view(&self, parts: [Part; 2]) -> TokenTableRef<'_> {
        TokenTableRef {
            dim: self.dim,
            offsets: &self.offsets,
            codes: &self.codes,
            parts,
        }
    }
}

/// The token vectors of one chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenRows<'a> {
    /// Dimension of a token vector.
    pub dim: usize,
    /// Rows of [`packed_len`] bytes, one after the other.
    pub codes: &'a [u8],
}

/// A token table in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenTableRef<'a> {
    pub dim: u32,
    pub offsets: &'a [u64],
    pub codes: &'a [u8],
    /// The parts that it lies in: offsets, codes.
    pub parts: [Part; 2],
}

/// Those of the chunks.
pub(super) const CHUNK_TOKEN_PARTS: [Part; 2] = [Part::TokenOffsets, Part::TokenCodes];
/// Those of the guide's passages.
pub(super) const GUIDE_TOKEN_PARTS: [Part; 2] = [Part::GuideTokenOffsets, Part::GuideTokenCodes];

impl<'a> TokenTableRef<'a> {
    /// Checks in O(1) that the lengths fit `texts` texts.
    pub fn check_shape(&self, texts: usize) -> Result<(), Corruption> {
        Damage::unless_equal(texts + 1, self.offsets.len())
            .map_err(|damage| damage.of(self.parts[0]))?;
        if self.dim == 0 || !self.codes.len().is_multiple_of(self.row_len()) {
            let (value, limit) = (self.codes.len() as u64, u64::from(self.dim));
            return Err(Damage::OutOfRange { value, limit }.of(self.parts[1]));
        }
        let end = self.offsets.last().map_or(0, |&end| end as usize);
        Damage::unless_equal(self.num_rows(), end).map_err(|damage| damage.of(self.parts[0]))
    }

    /// The rows of one text.
    pub fn get(&self, text: usize) -> Result<TokenRows<'a>, Corruption> {
        let rows = span(self.offsets, text, self.num_rows());
        let rows = rows.map_err(|damage| damage.of(self.parts[0]))?;
        let row = self.row_len();
        Ok(TokenRows {
            dim: self.dim as usize,
            codes: &self.codes[rows.start * row..rows.end * row],
        })
    }

    /// Checks in O(texts) that the offsets cover all rows.
    pub fn verify(&self) -> Result<(), Corruption> {
        check_offsets(self.offsets, self.num_rows() as u64)
            .map_err(|damage| damage.of(self.parts[0]))
    }

    /// Bytes of a row.
    fn row_len(&self) -> usize {
        packed_len(self.dim as usize)
    }

    fn num_rows(&self) -> usize {
        self.codes.len() / self.row_len()
    }
}
