//! The arithmetic of the encoder: integer matrix products (`tile`), attention's products, and
//! plain loops over rows of floats (`float`, `lanes`), each a kernel of [`crate::simd`].
//!
//! Integer sums are exact and every float operation has the same order and rounding everywhere, so
//! **all instruction sets give the same bits**.
//!
//! # Weights
//!
//! A [`Matrix`] of `N` output channels by `K` inputs is stored in blocks of 64 channels,
//! `[N/64][K/4][64][4]`: what a tile reads is one sequential stream, 256 bytes a step.
//!
//! # Activations
//!
//! The bytes of a quantized row are at most 127: signed and unsigned instructions read the same
//! number, and two products with weights fit into the 16 bits of AVX2's `vpmaddubsw`. With eight bits
//! AVX2 needs a fourth instruction for 32 products beside its three, which made its products a
//! quarter slower; the mean cosine to fp32 was .9997 with eight bits and is .9994 with seven.
//!
//! # Rotation
//!
//! A row is quantized by its extremes, so a few large values would cost all others their
//! precision. Inputs are therefore rotated before they are quantized, which spreads every value
//! over a group, and weights are rotated when they are packed, which undoes it (Ashkboos et al.,
//! 2024, QuaRot): `(H x) . (H w) / n = x . w` for the Hadamard matrix `H` of size `n`. [`rotate`]
//! is the definition.

#![allow(unsafe_code)]

mod float;
mod lanes;
#[cfg(test)]
mod tests;
mod tile;

use crate::simd::Simd;

/// Evaluates `$body` with the constant `$R` equal to `$count`, which is in 1..=6.
macro_rules! by_rows {
    ($count:expr, $R:ident => $body:expr) => {
        by_rows!($count, $R => $body, 1 2 3 4 5)
    };
    ($count:expr, $R:ident => $body:expr, $($rows:literal)*) => {
        match $count {
            $($rows => { const $R: usize = $rows; $body })*
            _ => { const $R: usize = 6; $body }
        }
    };
}
use by_rows;

/// Output channels in a block of weights.
pub const BLOCK: usize = 64;
/// How many values an attention head may have.
pub const HEAD_DIMS: [usize; 2] = [32, 64];
/// Keys come in blocks of this many, the last one padded.
pub const KEY_PAD: usize = 32;
/// Most query rows that one attention step takes: the scratch needs this many rows of scores.
pub const SCORE_ROWS: usize = 6;

/// Size of the Hadamard matrix for rows of `width`: the largest power of two that
/// divides `width / 16`, at most 1024.
pub fn rotation_size(width: usize) -> usize {
    1 << (width / 16).trailing_zeros().min(10)
}

/// Multiplies `row` by Hadamard matrices (Sylvester's order, entries 1 and -1): value `16 i + lane`
/// of a group of `16 * rotation_size` consecutive values by row `i`, each lane for itself, so that
/// vectors of 16 need no shuffles. Doing it twice multiplies by [`rotation_size`].
#[inline(always)]
pub fn rotate(row: &mut [f32]) {
    let size = 16 * rotation_size(row.len());
    for group in row.chunks_exact_mut(size) {
        let mut part = 16;
        // Two steps of the transform at once halve the passes over memory.
        while 4 * part <= size {
            for block in group.chunks_exact_mut(4 * part) {
                let (ab, cd) = block.split_at_mut(2 * part);
                let ((a, b), (c, d)) = (ab.split_at_mut(part), cd.split_at_mut(part));
                for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
                    let (ab, cd) = ((*a + *b, *a - *b), (*c + *d, *c - *d));
                    (*a, *b) = (ab.0 + cd.0, ab.1 + cd.1);
                    (*c, *d) = (ab.0 - cd.0, ab.1 - cd.1);
                }
            }
            part *= 4;
        }
        if part < size {
            let (a, b) = group.split_at_mut(part);
            for (a, b) in a.iter_mut().zip(b) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
    }
}

/// Weights of a linear layer, used where they lie: `y = W x + b`.
#[derive(Debug, Clone, Copy)]
pub struct Matrix<'a> {
    /// `[N/64][K/4][64][4]`, each in -127..=127.
    pub weights: &'a [i8],
    /// `N` scales: the real weight is the stored one times its channel's scale.
    pub scales: &'a [f32],
    /// `N` biases.
    pub bias: &'a [f32],
    /// `N` sums of a channel's stored weights.
    pub sums: &'a [i32],
    /// `K`, a multiple of 8.
    pub inputs: usize,
}

impl Matrix<'_> {
    /// `N`, the number of output channels.
    pub fn channels(&self) -> usize {
        self.scales.len()
    }
}

/// Gain and bias of a LayerNorm.
#[derive(Debug, Clone, Copy)]
pub struct Norm<'a> {
    /// One factor a value.
    pub gain: &'a [f32],
    /// One addend a value.
    pub bias: &'a [f32],
}

impl Norm<'_> {
    /// BERT's `layer_norm_eps`.
    const EPSILON: f32 = 1e-12;
}

/// How a row of bytes stands for real numbers: `x = step * (u - zero)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Scale {
    /// Real distance between neighbouring bytes.
    pub step: f32,
    /// The byte that stands for 0.
    pub zero: i32,
}

/// Quantized rows: `scales.len()` rows of equal width.
#[derive(Debug, Clone, Copy)]
pub struct Quantized<'a> {
    /// Row-major bytes, at most 127: so signed and unsigned are the same, and two products by weights
    /// fit into 16 bits.
    pub bytes: &'a [u8],
    /// One scale for each row.
    pub scales: &'a [Scale],
}

/// One attention head of one sequence, for some of its query rows.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// Values of a query, a key, a value and a result: one of [`HEAD_DIMS`].
    pub dim: usize,
    /// Number of query rows.
    pub queries: usize,
    /// Query `r` is the `dim` values from `r * query_stride`.
    pub query: &'a [f32],
    /// Distance between queries.
    pub query_stride: usize,
    /// Keys, each block transposed: `[padded/32][dim values][32 keys]`, `padded` being `length`
    /// rounded up to [`KEY_PAD`].
    pub keys: &'a [f32],
    /// Values: `[padded][dim]`.
    pub values: &'a [f32],
    /// Number of keys.
    pub length: usize,
    /// Distance between results.
    pub out_stride: usize,
}

/// `out[r][n] = W x[r] + b`: `rows x N`, row-major. Integer sums are exact.
///
/// # Panics
///
/// If a length does not fit the others, as all functions here.
pub fn matmul(simd: Simd, input: Quantized<'_>, matrix: &Matrix<'_>, out: &mut [f32]) {
    let (rows, k, n) = (input.scales.len(), matrix.inputs, matrix.channels());
    assert!(k % 8 == 0 && k < 1 << 16 && n % BLOCK == 0);
    assert!(input.bytes.len() == rows * k && out.len() == rows * n);
    assert!(matrix.weights.len() == n * k);
    assert!(matrix.bias.len() == n && matrix.sums.len() == n);
    simd.run(tile::Matmul { input, matrix, out });
}

/// Rotates one row in place ([`rotate`]), then quantizes it to 128 levels between its extremes and
/// 0.
pub fn quantize(simd: Simd, row: &mut [f32], bytes: &mut [u8]) -> Scale {
    assert!(row.len() == bytes.len() && row.len().is_multiple_of(16));
    simd.run(float::Quantize { row, bytes })
}

/// `x = LayerNorm(x + y)` for one row.
pub fn add_norm(simd: Simd, x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    assert!(x.len() == y.len() && x.len().is_multiple_of(16));
    assert!(norm.gain.len() == x.len() && norm.bias.len() == x.len());
    simd.run(float::AddNorm { x, y, norm });
}

/// GELU of every value, within 1e-6 of `x / 2 * (1 + erf(x / sqrt 2))`.
pub fn gelu(simd: Simd, values: &mut [f32]) {
    assert!(values.len().is_multiple_of(16));
    simd.run(float::Gelu(values));
}

/// `softmax(q K^T / sqrt dim) V` for every query row of `head`; `scores` is scratch of
/// [`SCORE_ROWS`] rows as long as the padded keys.
pub fn attention(simd: Simd, head: Head<'_>, out: &mut [f32], scores: &mut [f32]) {
    let padded = head.length.next_multiple_of(KEY_PAD);
    let reach = |stride: usize| head.queries.saturating_sub(1) * stride + head.dim;
    assert!(head.length > 0 && HEAD_DIMS.contains(&head.dim));
    assert!(head.keys.len() == head.dim * padded && head.values.len() == head.dim * padded);
    assert!(head.query.len() >= reach(head.query_stride));
    assert!(out.len() >= reach(head.out_stride) && scores.len() >= SCORE_ROWS * padded);
    match head.dim {
        32 => simd.run(float::Attention::<32> { head, out, scores }),
        _ => simd.run(float::Attention::<64> { head, out, scores }),
    }
}
