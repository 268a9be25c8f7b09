//! Matrices of `f32`: vectors in rows.

use super::spool::Array;

/// A row-major matrix of `f32`.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Length of a row.
    pub dim: usize,
    /// The rows one after the other.
    pub data: Array<f32>,
}

impl Matrix {
    /// The matrix, borrowed.
    pub fn view(&self) -> MatrixRef<'_> {
        MatrixRef {
            dim: self.dim,
            data: &self.data,
        }
    }
}

/// A borrowed row-major matrix of `f32`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixRef<'a> {
    /// Length of a row.
    pub dim: usize,
    /// The rows one after the other.
    pub data: &'a [f32],
}

impl<'a> MatrixRef<'a> {
    /// Number of whole rows; 0 if rows have no length.
    pub fn num_rows(&self) -> usize {
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Row `i`, or `None` past the end.
    pub fn row(&self, i: usize) -> Option<&'a [f32]> {
        let start = i.checked_mul(self.dim)?;
        self.data.get(start..start.checked_add(self.dim)?)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        self.data.chunks_exact(self.dim.max(1))
    }
}
