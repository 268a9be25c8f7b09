//! Token vectors of chunks, quantized, for late interaction. Their meaning is the ranking's.

use super::error::{Corruption, Damage};
use super::format::Part;
use super::records::{check_offsets, span};
use super::spool::Array;

/// Dimensions of a stored token vector in a byte: 2 bits each.
pub const PER_BYTE: usize = 4;

/// Bytes of a stored token vector of `dim` dimensions.
pub fn packed_len(dim: usize) -> usize {
    dim.div_ceil(PER_BYTE)
}

/// Quantized token vectors of all chunks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenTable {
    /// Bytes of a row: the [`packed_len`] of the model's dimension.
    pub dim: u32,
    /// Rows of chunk `i` are `offsets[i]..offsets[i + 1]`; chunks + 1 entries.
    pub offsets: Vec<u64>,
    /// Entry `t` is the number of chunks with the model's token id `t`; ids past the end have none.
    pub frequencies: Vec<u32>,
    /// Rows one after the other, `dim` codes each.
    pub codes: Array<i8>,
}

impl TokenTable {
    pub(super) fn view(&self) -> TokenTableRef<'_> {
        TokenTableRef {
            dim: self.dim,
            offsets: &self.offsets,
            codes: &self.codes,
        }
    }
}

/// The token vectors of one chunk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TokenRows<'a> {
    /// Bytes of a row.
    pub dim: usize,
    /// `rows x dim` codes, row-major.
    pub codes: &'a [i8],
}

/// A token table in the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokenTableRef<'a> {
    pub dim: u32,
    pub offsets: &'a [u64],
    pub codes: &'a [i8],
}

impl<'a> TokenTableRef<'a> {
    /// Checks in O(1) that the lengths fit `chunks` chunks and a model of `model_dim` dimensions.
    pub fn check_shape(&self, chunks: usize, model_dim: usize) -> Result<(), Corruption> {
        Damage::unless_equal(chunks + 1, self.offsets.len())
            .map_err(|damage| damage.of(Part::TokenOffsets))?;
        let dim = self.dim as usize;
        Damage::unless_equal(packed_len(model_dim), dim)
            .map_err(|damage| damage.of(Part::Shape))?;
        if dim == 0 || !self.codes.len().is_multiple_of(dim) {
            let (value, limit) = (self.codes.len() as u64, u64::from(self.dim));
            return Err(Damage::OutOfRange { value, limit }.of(Part::TokenCodes));
        }
        Ok(())
    }

    /// The rows of one chunk.
    pub fn get(&self, chunk: usize) -> Result<TokenRows<'a>, Corruption> {
        let rows = span(self.offsets, chunk, self.num_rows());
        let rows = rows.map_err(|damage| damage.of(Part::TokenOffsets))?;
        let dim = self.dim as usize;
        Ok(TokenRows {
            dim,
            codes: &self.codes[rows.start * dim..rows.end * dim],
        })
    }

    /// Checks in O(chunks) that the offsets cover all rows.
    pub fn verify(&self) -> Result<(), Corruption> {
        check_offsets(self.offsets, self.num_rows() as u64)
            .map_err(|damage| damage.of(Part::TokenOffsets))
    }

    fn num_rows(&self) -> usize {
        self.codes.len() / self.dim as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_whole_bytes() {
        assert_eq!([0, 1, 4, 5, 384].map(packed_len), [0, 1, 1, 2, 96]);
    }
}
