//! Vectors in eight bits a dimension: what a graph is built over and searched on.
//!
//! A vector `v` is stored as codes `c` and one scale `s` with `v[i] ~ s * c[i]`, the largest
//! component at code 127 or -127. The error of a component is at most `s / 2`. A quarter of the
//! memory of `f32` is read, and a dot product is exact and fast in integers; the order of the
//! nearest is settled with the `f32` rows (see `graph.rs`).

use rayon::prelude::*;

use super::flat::Neighbour;
use super::kernels::{DotKernel, ROW_ALIGNMENT};
use super::parts::MatrixRef;
use crate::encoder::kernels::prefetch;

/// Largest code; -128 is not used, so that a code and its negative are both codes.
const MAX_CODE: f32 = 127.0;

/// Quantized vectors, in the arrays of the index file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Codes {
    /// Codes of a row: the dimension, padded with zeros to [`ROW_ALIGNMENT`].
    stride: usize,
    /// Rows one after the other.
    pub codes: Vec<i8>,
    /// One a row, at least 0.
    pub scales: Vec<f32>,
}

impl Codes {
    /// Quantizes all rows of `vectors`.
    pub fn of(vectors: MatrixRef<'_>) -> Self {
        let stride = stride(vectors.dim);
        let rows = vectors.num_rows();
        let mut codes = vec![0; rows * stride];
        let mut scales = vec![0.0; rows];
        codes
            .par_chunks_mut(stride)
            .zip(&mut scales)
            .zip(vectors.data.par_chunks_exact(vectors.dim.max(1)))
            .for_each(|((codes, scale), row)| *scale = quantize(row, codes));
        Self {
            stride,
            codes,
            scales,
        }
    }

    pub fn view(&self) -> CodesRef<'_> {
        CodesRef {
            stride: self.stride,
            codes: &self.codes,
            scales: &self.scales,
        }
    }
}

/// Codes of a row of `dim` values.
pub(super) fn stride(dim: usize) -> usize {
    dim.next_multiple_of(ROW_ALIGNMENT).max(ROW_ALIGNMENT)
}

/// Writes the codes of `row` to the front of `codes` and returns their scale.
fn quantize(row: &[f32], codes: &mut [i8]) -> f32 {
    let largest = row.iter().fold(0.0f32, |largest, v| largest.max(v.abs()));
    if largest == 0.0 {
        return 0.0;
    }
    for (code, value) in codes.iter_mut().zip(row) {
        *code = (value / largest * MAX_CODE).round() as i8;
    }
    largest / MAX_CODE
}

/// A vector to compare others with.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodesQuery<'a> {
    pub codes: &'a [i8],
    pub scale: f32,
}

/// The codes of a question's vector.
pub(super) fn quantized_query(vector: &[f32]) -> (Vec<i8>, f32) {
    let mut codes = vec![0; stride(vector.len())];
    let scale = quantize(vector, &mut codes);
    (codes, scale)
}

/// Quantized vectors, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct CodesRef<'a> {
    pub stride: usize,
    pub codes: &'a [i8],
    pub scales: &'a [f32],
}

impl<'a> CodesRef<'a> {
    /// Number of vectors.
    pub fn num_rows(&self) -> usize {
        self.scales.len()
    }

    /// Row `id`, which must be one.
    pub fn query(&self, id: u32) -> CodesQuery<'a> {
        CodesQuery {
            codes: self.row(id),
            scale: self.scales[id as usize],
        }
    }

    /// The codes of row `id`, which must be one.
    pub fn row(&self, id: u32) -> &'a [i8] {
        &self.codes[id as usize * self.stride..][..self.stride]
    }

    /// Asks for row `id`, which must be one, before it is needed.
    #[inline(always)]
    pub fn prefetch(&self, id: u32) {
        prefetch(self.row(id));
        prefetch(&self.scales[id as usize..][..1]);
    }

    /// The similarities of `query` to the rows `ids`, all of which must be rows, in their order.
    pub fn similarities<'s>(
        &'s self,
        kernel: DotKernel,
        query: CodesQuery<'s>,
        ids: &'s [u32],
        dots: &'s mut Vec<i32>,
    ) -> impl Iterator<Item = Neighbour> + use<'s> {
        dots.resize(ids.len(), 0);
        kernel.dots(query.codes, self.codes, ids, dots);
        ids.iter().zip(&*dots).map(move |(&id, &dot)| Neighbour {
            id,
            similarity: dot as f32 * (query.scale * self.scales[id as usize]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_padded_and_the_extremes_are_at_127() {
        let data = [0.5, -1.0, 0.25, 0.0, 0.0, 0.0, 3.0, 1.5, -3.0];
        let codes = Codes::of(MatrixRef {
            dim: 3,
            data: &data,
        });
        assert_eq!(codes.codes.len(), 3 * 64);
        assert_eq!(codes.codes[..4], [64, -127, 32, 0]);
        assert_eq!(codes.codes[64..128], [0; 64]);
        assert_eq!(codes.codes[128..132], [127, 64, -127, 0]);
        assert_eq!(codes.scales, [1.0 / 127.0, 0.0, 3.0 / 127.0]);
    }

    #[test]
    fn similarities_are_those_of_the_vectors_within_the_rounding() {
        let data: Vec<f32> = (0..40 * 50)
            .map(|i| (i * 7919 % 1009) as f32 - 504.0)
            .collect();
        let vectors = MatrixRef {
            dim: 50,
            data: &data,
        };
        let codes = Codes::of(vectors);
        let ids: Vec<u32> = (0..40).collect();
        let mut dots = Vec::new();
        let kernel = DotKernel::detect().unwrap();
        let query = codes.view().query(3);
        for near in codes.view().similarities(kernel, query, &ids, &mut dots) {
            let row = vectors.row(near.id as usize).unwrap();
            let exact: f32 = vectors
                .row(3)
                .unwrap()
                .iter()
                .zip(row)
                .map(|(a, b)| a * b)
                .sum();
            // 50 components, each off by at most half a step of 504 / 127 on either side.
            let bound = 50.0 * 504.0 * (504.0 / 127.0) * 1.01;
            assert!((near.similarity - exact).abs() <= bound);
        }
    }
}
