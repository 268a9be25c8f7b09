//! Token vectors in two bits a dimension: how they are packed and unpacked. `FORMAT.md` specifies the
//! bytes.
//!
//! A value becomes one of the levels -3, -1, 1, 3 of a Gaussian's two-bit quantizer (Max, 1960:
//! thresholds at 0 and .9816 of the standard deviation), numbered from 0. Four dimensions share a
//! byte. On the development corpora this ranks like the fp32 vectors at a sixteenth of the size.

use crate::encoder::kernels::BLOCK;
use crate::simd::{Kernel, Simd, Vectors};

/// Dimensions in a byte.
pub const PER_BYTE: usize = 4;
/// Bytes in a word, of which a row is a whole number.
pub const WORD: usize = 4;
/// Where the outer levels begin, in standard deviations of the vector's values.
const THRESHOLD: f32 = 0.9816;

/// Bytes of a stored token vector of `dim` dimensions.
pub fn packed_len(dim: usize) -> usize {
    dim.div_ceil(PER_BYTE * WORD) * WORD
}

/// Appends the packed form of the rows of `vectors` (`n x dim`) to `codes`.
pub fn pack_rows(vectors: &[f32], dim: usize, codes: &mut Vec<u8>) {
    for row in vectors.chunks_exact(dim) {
        let end = codes.len() + packed_len(dim);
        let deviation = (row.iter().map(|v| v * v).sum::<f32>() / dim as f32).sqrt();
        let outer = THRESHOLD * deviation;
        codes.extend(row.chunks(PER_BYTE).map(|values| {
            values.iter().enumerate().fold(0, |byte, (i, &v)| {
                let level = u8::from(v >= 0.0) << 1 | u8::from((v.abs() >= outer) == (v >= 0.0));
                byte | level << (2 * i)
            })
        }));
        codes.resize(end, 0);
    }
}

/// Consecutive packed token vectors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<'a> {
    pub rows: &'a [[u8; WORD]],
    pub tokens: usize,
}

/// Unpacks up to [`BLOCK`] token vectors, those of `runs` one after the other, so that all that is
/// done with them is done with vectors of tokens.
///
/// `weights` is `[K/4][BLOCK]`, four numbers of levels in a word, as the encoder's matrix products
/// read the weights of a layer ([`crate::encoder::kernels::Matrix`]). Four packed bytes of every token
/// are taken at a time: a weight is the first level of each of the four bytes, the next one their
/// second levels. What they are multiplied with comes in the order of [`for_each_in_order`]. To each
/// token's `sums` the sum of its levels' numbers is added, to its `inner` the number of levels -1 and 1.
pub(crate) fn unpack(
    simd: Simd,
    runs: &[Run<'_>],
    weights: &mut [[u32; BLOCK]],
    sums: &mut [u32; BLOCK],
    inner: &mut [u32; BLOCK],
) {
    simd.run(Unpack {
        runs,
        weights,
        sums,
        inner,
    });
}

/// Calls `visit` with the values of a row in the order of [`unpack`]; 0 for dimensions that the row
/// does not have.
pub(crate) fn for_each_in_order(row: &[f32], mut visit: impl FnMut(f32)) {
    for values in row.chunks(PER_BYTE * WORD) {
        for i in 0..PER_BYTE {
            for j in 0..WORD {
                visit(values.get(PER_BYTE * j + i).copied().unwrap_or(0.0));
            }
        }
    }
}

/// See [`unpack`].
struct Unpack<'a> {
    runs: &'a [Run<'a>],
    weights: &'a mut [[u32; BLOCK]],
    sums: &'a mut [u32; BLOCK],
    inner: &'a mut [u32; BLOCK],
}

/// The lower bit of each of 16 levels.
const LOW_BITS: u32 = 0x5555_5555;
/// One level of each byte.
const LEVEL: u32 = 0x0303_0303;

impl Kernel for Unpack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        let mut packed = [0; BLOCK];
        let words = self.weights.len() / PER_BYTE;
        for (word, weights) in self.weights.chunks_mut(PER_BYTE).enumerate() {
            let mut rest = &mut packed[..];
            for run in self.runs {
                let (packed, after) = rest.split_at_mut(run.tokens);
                for (packed, row) in packed.iter_mut().zip(run.rows.chunks_exact(words)) {
                    *packed = u32::from_le_bytes(row[word]);
                }
                rest = after;
            }
            let moments = self.sums.iter_mut().zip(&mut *self.inner);
            for (packed, (sum, inner)) in packed.iter().zip(moments) {
                let (low, high) = (packed & LOW_BITS, packed >> 1 & LOW_BITS);
                *sum += low.count_ones() + 2 * high.count_ones();
                *inner += (low ^ high).count_ones();
            }
            for (i, weights) in weights.iter_mut().enumerate() {
                for (weight, packed) in weights.iter_mut().zip(packed) {
                    *weight = (packed >> (2 * i) & LEVEL).to_le();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_whole_words() {
        assert_eq!([0, 1, 16, 17, 384].map(packed_len), [0, 4, 4, 8, 96]);
    }

    #[test]
    fn packing_keeps_sign_and_magnitude_class() {
        let mut codes = Vec::new();
        pack_rows(&[-0.9, -0.1, 0.1, 0.9], 4, &mut codes);
        assert_eq!(codes, [0b11_10_01_00, 0, 0, 0]);
        // The example of `FORMAT.md`.
        codes.clear();
        pack_rows(&[0.1, -0.9, 0.9, -0.1], 4, &mut codes);
        assert_eq!(codes, [0b01_11_00_10, 0, 0, 0]);
    }

    /// Two rows of 20 dimensions: the second word has four levels and padding.
    #[test]
    fn unpacking_gives_the_levels_in_the_stated_order_on_every_instruction_set() {
        let rows: Vec<f32> = (0..40).map(|i| (i as f32 * 1.7).sin()).collect();
        let mut codes = Vec::new();
        pack_rows(&rows, 20, &mut codes);
        let level = |token: usize, d: usize| {
            let byte = codes[token * 8 + d / 4];
            u32::from(byte >> (2 * (d % 4)) & 3)
        };
        for simd in Simd::available() {
            let mut weights = vec![[9; BLOCK]; 8];
            let (mut sums, mut inner) = ([0; BLOCK], [0; BLOCK]);
            let run = Run {
                rows: codes.as_chunks().0,
                tokens: 2,
            };
            unpack(simd, &[run], &mut weights, &mut sums, &mut inner);
            for token in 0..2 {
                let mut order = Vec::new();
                let dims: Vec<f32> = (0..32).map(|d| d as f32).collect();
                for_each_in_order(&dims, |d| order.push(d as usize));
                let unpacked: Vec<u32> = weights
                    .iter()
                    .flat_map(|weights| weights[token].to_le_bytes())
                    .map(u32::from)
                    .collect();
                let expected: Vec<u32> = order.iter().map(|&d| level(token, d)).collect();
                assert_eq!(unpacked, expected, "{}", simd.name());
                assert_eq!(sums[token], expected.iter().sum::<u32>());
                let is_inner = |level: &&u32| [1, 2].contains(*level);
                assert_eq!(
                    inner[token] as usize,
                    expected.iter().filter(is_inner).count()
                );
            }
        }
    }
}
