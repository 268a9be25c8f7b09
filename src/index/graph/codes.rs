//! Vectors in eight bits a dimension: what a graph is built over and searched on.
//!
//! A vector `v` is stored as codes `c` and one scale `s` with `v[i] ~ s * c[i]`, the largest
//! component at code 127 or -127. The error of a component is at most `s / 2`. A quarter of the
//! memory of `f32` is read, and a dot product is exact and fast in integers; the order of the
//! nearest is settled with the `f32` rows (see `frozen.rs`). The sums are exact integers, so every
//! instruction set gives the same, and a build the same bytes on every machine.
#![allow(unsafe_code)]

use rayon::prelude::*;

use crate::index::flat::Neighbour;
use crate::index::matrix::MatrixRef;
use crate::simd::{Kernel, Simd, Vectors, prefetch};

/// Rows are padded with zeros to a multiple of this many codes: a cache line, and no instruction set
/// has a remainder to take care of.
const ROW_ALIGNMENT: usize = 64;
/// Rows that are multiplied at a time, so that their loads wait together.
const TILE: usize = 4;

/// Largest code; -128 is not used, so that a code and its negative are both codes.
const MAX_CODE: f32 = 127.0;

/// Quantized vectors, in the arrays of the index file.
#[derive(Debug, Clone, PartialEq)]
pub struct Codes {
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
pub fn stride(dim: usize) -> usize {
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
pub struct CodesQuery<'a> {
    pub codes: &'a [i8],
    pub scale: f32,
}

/// The codes of a question's vector.
pub fn quantized_query(vector: &[f32]) -> (Vec<i8>, f32) {
    let mut codes = vec![0; stride(vector.len())];
    let scale = quantize(vector, &mut codes);
    (codes, scale)
}

/// Quantized vectors, borrowed.
#[derive(Debug, Clone, Copy)]
pub struct CodesRef<'a> {
    pub stride: usize,
    pub codes: &'a [i8],
    pub scales: &'a [f32],
}

impl<'a> CodesRef<'a> {
    /// Number of vectors.
    pub fn num_rows(&self) -> usize {
        self.scales.len()
    }

    /// Row `id` to compare others with; `id` is below [`CodesRef::num_rows`].
    pub fn query(&self, id: u32) -> CodesQuery<'a> {
        CodesQuery {
            codes: self.row(id),
            scale: self.scales[id as usize],
        }
    }

    /// The codes of row `id`, which is below [`CodesRef::num_rows`].
    pub fn row(&self, id: u32) -> &'a [i8] {
        &self.codes[id as usize * self.stride..][..self.stride]
    }

    /// Asks for row `id`, which is below [`CodesRef::num_rows`], before it is needed.
    #[inline(always)]
    pub fn prefetch(&self, id: u32) {
        prefetch(self.row(id));
        prefetch(&self.scales[id as usize..][..1]);
    }

    /// The similarities of `query` to the rows `ids`, all of which must be rows, in their order.
    pub fn similarities<'s>(
        &'s self,
        simd: Simd,
        query: CodesQuery<'s>,
        ids: &'s [u32],
        dots: &'s mut Vec<i32>,
    ) -> impl Iterator<Item = Neighbour> + use<'s> {
        dots.resize(ids.len(), 0);
        dot_rows(simd, query.codes, self.codes, ids, dots);
        ids.iter().zip(&*dots).map(move |(&id, &dot)| Neighbour {
            id,
            similarity: dot as f32 * (query.scale * self.scales[id as usize]),
        })
    }
}

/// The dot products of `query` with the rows `ids` of `rows`, which are as long as it.
///
/// # Panics
///
/// If the query's length is no multiple of [`ROW_ALIGNMENT`], an id is not one of a row, or `dots` is
/// not as long as `ids`.
fn dot_rows(simd: Simd, query: &[i8], rows: &[i8], ids: &[u32], dots: &mut [i32]) {
    let length = query.len();
    assert!(length > 0 && length.is_multiple_of(ROW_ALIGNMENT) && dots.len() == ids.len());
    let count = rows.len() / length;
    assert!(ids.iter().all(|&id| (id as usize) < count));
    debug_assert!(!query.contains(&i8::MIN));
    simd.run(DotRows {
        query: query.as_ptr(),
        length,
        rows: rows.as_ptr(),
        ids,
        dots,
    });
}

/// See [`dot_rows`], which checks lengths and ids.
struct DotRows<'a> {
    query: *const i8,
    length: usize,
    /// Row `i` starts `i * length` codes after this.
    rows: *const i8,
    ids: &'a [u32],
    dots: &'a mut [i32],
}

impl Kernel for DotRows<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        let (tiles, rest) = self.ids.as_chunks::<TILE>();
        let (dot_tiles, dot_rest) = self.dots.as_chunks_mut::<TILE>();
        // SAFETY: `dot_rows` checked that every id is a row.
        let row = |id: u32| unsafe { self.rows.add(id as usize * self.length) };
        for (&[a, b, c, d], dots) in tiles.iter().zip(dot_tiles) {
            let rows = [row(a), row(b), row(c), row(d)];
            // SAFETY: see `Kernel::run`, and the lengths that `dot_rows` checked.
            *dots = unsafe { V::dot_rows(self.query, rows, self.length) };
        }
        for (&id, dot) in rest.iter().zip(dot_rest) {
            // SAFETY: as above.
            [*dot] = unsafe { V::dot_rows(self.query, [row(id)], self.length) };
        }
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
        let simd = Simd::detect().unwrap();
        let query = codes.view().query(3);
        for near in codes.view().similarities(simd, query, &ids, &mut dots) {
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

    /// Codes from -127 to 127 (-128 in one of 64 if `with_min`), the extremes often.
    fn codes(count: usize, with_min: bool, seed: u64) -> Vec<i8> {
        let mut state = seed;
        let mut next = || {
            state = state
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 40) as u32
        };
        let code = |random: u32| match random % 64 {
            0 if with_min => i8::MIN,
            1..=9 => i8::MAX,
            10..=19 => -i8::MAX,
            _ => ((random >> 6) % 255) as i32 as i16 as i8,
        };
        (0..count)
            .map(|_| code(next()))
            .map(|code| if with_min { code } else { code.max(-i8::MAX) })
            .collect()
    }

    fn reference(query: &[i8], row: &[i8]) -> i32 {
        let pairs = query.iter().zip(row);
        pairs.map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
    }

    #[test]
    fn all_instruction_sets_are_exact_for_any_length_and_any_number_of_rows() {
        for blocks in 1..=24 {
            let length = blocks * ROW_ALIGNMENT;
            let query = codes(length, false, blocks as u64);
            let rows = codes(37 * length, true, 1_000 + blocks as u64);
            let expected: Vec<i32> = rows
                .chunks_exact(length)
                .map(|row| reference(&query, row))
                .collect();
            for simd in Simd::available() {
                for count in 0..=37 {
                    // All rows are met, in another order than they lie in.
                    let ids: Vec<u32> = (0..count).map(|i| (i * 15 + count) % 37).collect();
                    let mut dots = vec![0; ids.len()];
                    dot_rows(simd, &query, &rows, &ids, &mut dots);
                    let expected: Vec<i32> = ids.iter().map(|&id| expected[id as usize]).collect();
                    assert_eq!(dots, expected, "{}, {length} codes", simd.name());
                }
            }
        }
    }

    #[test]
    fn no_instruction_set_saturates() {
        for (query, row) in [(127, 127), (-127, 127), (127, -128), (-127, -128)] {
            let expected = i32::from(query) * i32::from(row) * 1_024;
            for simd in Simd::available() {
                let mut dots = [0; 1];
                dot_rows(simd, &[query; 1_024], &[row; 1_024], &[0], &mut dots);
                assert_eq!(dots, [expected], "{}", simd.name());
            }
        }
    }

    #[test]
    #[should_panic(expected = "assertion failed")]
    fn an_id_that_is_no_row_is_refused() {
        dot_rows(Simd::SCALAR, &[0; 64], &[0; 128], &[2], &mut [0]);
    }
}
