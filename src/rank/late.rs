//! Late interaction: MaxSim over stored token vectors (Khattab and Zaharia, "ColBERT", 2020,
//! equation 3), with query tokens weighted by the square root of their idf.
//!
//! A stored token vector is 2 bits a dimension, the levels -3, -1, 1, 3 of a Gaussian's two-bit
//! quantizer (Max, 1960: thresholds at 0 and .98 of the standard deviation), numbered from 0. Four
//! dimensions share a byte. On the development corpora this ranks like the fp32 vectors at a
//! sixteenth of the size.
//!
//! Products are taken with the numbers `l`, which need no more than a shift and a mask, and made up
//! for: a level is `2 l - 3`, so `sum(q (2 l - 3)) = 2 sum(q l) - 3 sum(q)`.

use std::ops::Range;

use aligned_vec::{AVec, ConstAlign};

use crate::encoder::TokenVectors;
use crate::encoder::kernels::{BLOCK, KernelError, Kernels, Matrix, Quantized, Scale};
use crate::index::{PER_BYTE, TokenRows, packed_len};

/// Bytes in a word.
const PER_WORD: usize = 4;
/// The byte of a question's value 0.
const ZERO: i32 = 63;
/// Where the outer level begins, in standard deviations of the vector's values.
const THRESHOLD: f32 = 0.9816;

/// Appends the packed form of the rows of `vectors` (`n x dim`) to `codes`.
pub fn pack_rows(vectors: &[f32], dim: usize, codes: &mut Vec<i8>) {
    for row in vectors.chunks_exact(dim) {
        let deviation = (row.iter().map(|v| v * v).sum::<f32>() / dim as f32).sqrt();
        let outer = THRESHOLD * deviation;
        codes.extend(row.chunks(PER_BYTE).map(|values| {
            let byte = values.iter().enumerate().fold(0u8, |byte, (i, &v)| {
                let level = u8::from(v >= 0.0) << 1 | u8::from((v.abs() >= outer) == (v >= 0.0));
                byte | level << (2 * i)
            });
            byte as i8
        }));
    }
}

/// A question's token vectors, quantized to 7 bits and weighted.
pub struct QueryTokens {
    kernels: Kernels,
    dim: usize,
    /// `weights.len() x dim` codes, in the order of [`unpack`].
    bytes: Vec<u8>,
    scales: Vec<Scale>,
    /// `-3/2 sum(q)`: what a product with half a token's levels has besides the one with their numbers.
    offsets: Vec<f32>,
    /// Weights; they sum to 1 unless all are 0.
    weights: Vec<f32>,
}

impl QueryTokens {
    /// Weighs each token with the square root of the idf that `idf` gives for its id. `dim` must be a
    /// multiple of 16: blocks are unpacked four bytes at a time.
    ///
    /// # Errors
    ///
    /// If `DOCENT_KERNEL` asks for kernels that this machine does not have.
    pub fn new(
        tokens: &TokenVectors,
        dim: usize,
        idf: impl Fn(u32) -> f32,
    ) -> Result<Self, KernelError> {
        let mut query = Self {
            kernels: Kernels::detect()?,
            dim,
            bytes: Vec::with_capacity(tokens.vectors.len()),
            scales: Vec::with_capacity(tokens.ids.len()),
            offsets: Vec::with_capacity(tokens.ids.len()),
            weights: Vec::with_capacity(tokens.ids.len()),
        };
        for (row, &id) in tokens.vectors.chunks_exact(dim).zip(&tokens.ids) {
            query.push(row, idf(id).sqrt());
        }
        let sum: f32 = query.weights.iter().sum();
        if sum > 0.0 {
            query.weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Ok(query)
    }

    fn push(&mut self, row: &[f32], weight: f32) {
        let start = self.bytes.len();
        let scale = quantize(row, &mut self.bytes);
        let codes = self.bytes[start..].iter().map(|&u| i32::from(u) - ZERO);
        self.offsets
            .push(-1.5 * scale.step * codes.sum::<i32>() as f32);
        self.scales.push(scale);
        self.weights.push(weight);
    }

    /// For each chunk the weighted mean over query tokens of the best cosine with a token of the
    /// chunk: at most 1; 0 for a chunk without tokens.
    ///
    /// O(query tokens x chunk tokens x dim) on the encoder's integer kernels, which read the
    /// chunks' tokens as the weights of a linear layer, [`BLOCK`] at a time.
    pub fn max_sims(&self, chunks: &[TokenRows<'_>]) -> Vec<f32> {
        let queries = self.weights.len();
        let mut best = vec![f32::NEG_INFINITY; chunks.len() * queries];
        let mut block = Block::new(self.dim);
        let mut products = vec![0.0; queries * BLOCK];
        for (chunk, rows) in chunks.iter().enumerate() {
            let mut rows = rows.codes;
            while let Some(rest) = block.take(rows, chunk) {
                self.finish(&mut block, &mut products, &mut best);
                rows = rest;
            }
        }
        self.finish(&mut block, &mut products, &mut best);
        let weigh = |best: &[f32]| {
            let pairs = best.iter().zip(&self.weights);
            pairs
                .map(|(best, weight)| best.max(-1.0) * weight)
                .sum::<f32>()
        };
        let empty = |i: usize| chunks[i].codes.is_empty();
        let scores = best.chunks_exact(queries).enumerate();
        scores
            .map(|(i, best)| if empty(i) { 0.0 } else { weigh(best) })
            .collect()
    }

    /// Scores the block's tokens, raises the best cosines of the chunks that they belong to, and
    /// empties the block. `products` is scratch.
    fn finish(&self, block: &mut Block<'_>, products: &mut [f32], best: &mut [f32]) {
        let queries = self.weights.len();
        let input = Quantized {
            bytes: &self.bytes,
            scales: &self.scales,
        };
        block.unpack();
        self.kernels.matmul(input, &block.matrix(), products);
        let products = Products {
            rows: products,
            offsets: &self.offsets,
            scales: &block.scales,
        };
        let mut start = 0;
        for run in block.runs.drain(..) {
            let best = &mut best[run.chunk * queries..][..queries];
            raise(best, products, start..start + run.tokens);
            start += run.tokens;
        }
        block.tokens = 0;
    }
}

/// Appends the values of `row` to `bytes`, in 127 levels around [`ZERO`], in the order of [`unpack`].
/// (The encoder's own quantization rotates its rows, to fit its rotated weights.)
fn quantize(row: &[f32], bytes: &mut Vec<u8>) -> Scale {
    let peak = row
        .iter()
        .fold(f32::MIN_POSITIVE, |peak, v| peak.max(v.abs()));
    let step = peak / ZERO as f32;
    let byte = |v: f32| ((v / step).round() as i32 + ZERO) as u8;
    for values in row.as_chunks::<{ PER_BYTE * PER_WORD }>().0 {
        for i in 0..PER_BYTE {
            bytes.extend((0..PER_WORD).map(|j| byte(values[PER_BYTE * j + i])));
        }
    }
    Scale { step, zero: ZERO }
}

/// Consecutive token vectors of a chunk, packed.
struct Run<'a> {
    words: &'a [[i8; PER_WORD]],
    tokens: usize,
    chunk: usize,
}

/// Up to [`BLOCK`] token vectors of chunks, and what [`Block::unpack`] makes of them: the weights of a
/// linear layer, a token a channel.
struct Block<'a> {
    runs: Vec<Run<'a>>,
    /// Tokens of all runs.
    tokens: usize,
    /// `[dim/4][BLOCK]`, four numbers of levels in a word: the kernels' `[K/4][64][4]`, aligned as
    /// they like it.
    weights: AVec<[u32; BLOCK], ConstAlign<64>>,
    /// Sum of a token's numbers of levels.
    sums: [i32; BLOCK],
    /// 2 over the norm of the levels: what makes a product with a unit vector a cosine.
    scales: [f32; BLOCK],
}

impl<'a> Block<'a> {
    fn new(dim: usize) -> Self {
        Self {
            runs: Vec::new(),
            tokens: 0,
            weights: AVec::from_iter(64, std::iter::repeat_n([0; BLOCK], packed_len(dim))),
            sums: [0; BLOCK],
            scales: [0.0; BLOCK],
        }
    }

    /// Takes the first of `rows`, packed token vectors of `chunk`, that there is room for; gives the
    /// others if the block is full.
    fn take(&mut self, rows: &'a [i8], chunk: usize) -> Option<&'a [i8]> {
        let row = self.weights.len();
        let tokens = (rows.len() / row).min(BLOCK - self.tokens);
        let (rows, rest) = rows.split_at(tokens * row);
        let words = rows.as_chunks().0;
        self.runs.push(Run {
            words,
            tokens,
            chunk,
        });
        self.tokens += tokens;
        (self.tokens == BLOCK).then_some(rest)
    }

    fn unpack(&mut self) {
        let (mut sums, mut inner) = ([0; BLOCK], [0; BLOCK]);
        unpack(&self.runs, &mut self.weights, &mut sums, &mut inner);
        let dim = (PER_BYTE * self.weights.len()) as i32;
        for c in 0..BLOCK {
            self.sums[c] = sums[c] as i32;
            let squares = 9 * dim - 8 * inner[c] as i32;
            self.scales[c] = 2.0 / (squares as f32).sqrt();
        }
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix {
            weights: bytemuck::cast_slice(&self.weights),
            scales: &self.scales,
            bias: &[0.0; BLOCK],
            sums: &self.sums,
            inputs: PER_BYTE * self.weights.len(),
        }
    }
}

/// Four packed bytes of every token at a time, so that all that is done with them is done with
/// vectors of tokens: a weight is the first level of each of the four bytes, the next one their
/// second levels. The question's bytes come in that order.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn unpack(
    runs: &[Run<'_>],
    weights: &mut [[u32; BLOCK]],
    sums: &mut [u32; BLOCK],
    inner: &mut [u32; BLOCK],
) {
    let mut packed = [0; BLOCK];
    let words = weights.len() / PER_WORD;
    for (word, weights) in weights.chunks_mut(PER_WORD).enumerate() {
        let mut rest = &mut packed[..];
        for run in runs {
            let (packed, after) = rest.split_at_mut(run.tokens);
            for (packed, row) in packed.iter_mut().zip(run.words.chunks_exact(words)) {
                *packed = u32::from_le_bytes(row[word].map(|byte| byte as u8));
            }
            rest = after;
        }
        let moments = sums.iter_mut().zip(&mut *inner);
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

/// A block's products: with row `r`'s offset times its scale a product is a cosine.
#[derive(Clone, Copy)]
struct Products<'a> {
    /// Rows of [`BLOCK`], one a query token.
    rows: &'a [f32],
    offsets: &'a [f32],
    scales: &'a [f32; BLOCK],
}

/// Raises each query token's best cosine to that of the block's tokens in `range`.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn raise(best: &mut [f32], products: Products<'_>, range: Range<usize>) {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let (groups, rest) = products.scales[range.clone()].as_chunks::<16>();
    let rows = products.rows.chunks_exact(BLOCK).zip(products.offsets);
    for (best, (row, offset)) in best.iter_mut().zip(rows) {
        let (row_groups, row_rest) = row[range.clone()].as_chunks::<16>();
        let mut lanes = [*best; 16];
        for (products, scales) in row_groups.iter().zip(groups) {
            for (lane, (product, scale)) in lanes.iter_mut().zip(products.iter().zip(scales)) {
                *lane = larger(*lane, product + offset * scale);
            }
        }
        for (lane, (product, scale)) in lanes.iter_mut().zip(row_rest.iter().zip(rest)) {
            *lane = larger(*lane, product + offset * scale);
        }
        *best = lanes.into_iter().fold(*best, larger);
    }
}

/// The lower bit of each of 16 levels.
const LOW_BITS: u32 = 0x5555_5555;
/// One level of each byte.
const LEVEL: u32 = 0x0303_0303;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_sign_and_magnitude_class() {
        let mut codes = Vec::new();
        pack_rows(&[-0.9, -0.1, 0.1, 0.9], 4, &mut codes);
        assert_eq!(codes, [0b11_10_01_00u8 as i8]);
    }

    /// Chunks that end before, at and after a block's end, against the definition.
    #[test]
    fn blocks_change_nothing() {
        const DIM: usize = 48;
        let value = |i: usize| (i as f32 * 0.7).sin() + (i as f32 * 0.13).cos();
        let tokens = TokenVectors {
            ids: vec![1, 2, 3],
            vectors: (0..3 * DIM).map(|i| 0.1 * value(i)).collect(),
        };
        let query = QueryTokens::new(&tokens, DIM, |id| id as f32).unwrap();
        let chunks: Vec<Vec<i8>> = [1, 63, 64, 0, 65, 17, 130]
            .into_iter()
            .enumerate()
            .map(|(chunk, length)| {
                let vectors: Vec<f32> = (0..length * DIM).map(|i| value(i + 99 * chunk)).collect();
                let mut codes = Vec::new();
                pack_rows(&vectors, DIM, &mut codes);
                codes
            })
            .collect();
        let rows: Vec<TokenRows<'_>> = chunks
            .iter()
            .map(|codes| TokenRows {
                dim: DIM / 4,
                codes,
            })
            .collect();
        for (chunk, found) in chunks.iter().zip(query.max_sims(&rows)) {
            let expected = expected(&tokens, chunk, DIM);
            assert!((found - expected).abs() < 2e-3, "{found} for {expected}");
        }
    }

    /// MaxSim in `f32`, with the square roots of the ids as weights.
    fn expected(tokens: &TokenVectors, codes: &[i8], dim: usize) -> f32 {
        let levels = |code: &i8| {
            let code = *code as u8;
            (0..4).map(move |i| 2.0 * f32::from(code >> (2 * i) & 3) - 3.0)
        };
        let (mut sum, mut weights) = (0.0, 0.0);
        for (row, &id) in tokens.vectors.chunks(dim).zip(&tokens.ids) {
            let cosines = codes.chunks(dim / 4).map(|codes| {
                let levels: Vec<f32> = codes.iter().flat_map(levels).collect();
                let norm = levels.iter().map(|l| l * l).sum::<f32>().sqrt();
                row.iter().zip(levels).map(|(v, l)| v * l).sum::<f32>() / norm
            });
            let weight = (id as f32).sqrt();
            sum += weight * cosines.fold(f32::NEG_INFINITY, f32::max).max(-1.0);
            weights += weight;
        }
        if codes.is_empty() { 0.0 } else { sum / weights }
    }

    #[test]
    fn max_sim_is_the_weighted_mean_of_best_cosines() {
        let mut vectors = [0.0; 32];
        vectors[0] = 1.0;
        vectors[16..].fill(0.25);
        let tokens = TokenVectors {
            ids: vec![7, 8],
            vectors: vectors.to_vec(),
        };
        let idf = |id| if id == 7 { 9.0 } else { 1.0 };
        let query = QueryTokens::new(&tokens, 16, idf).unwrap();
        let alternating: Vec<f32> = (0..16)
            .map(|i| if i % 2 == 0 { 0.25 } else { -0.25 })
            .collect();
        let mut codes = Vec::new();
        pack_rows(&[0.25; 16], 16, &mut codes);
        pack_rows(&alternating, 16, &mut codes);
        let rows = |codes| TokenRows { dim: 4, codes };
        let scores = query.max_sims(&[rows(&codes), rows(&[]), rows(&codes[4..])]);
        // Token 7 (weight 3/4) has cosine 1/4 with either row, token 8 (1/4) has 1 with the first
        // and 0 with the second.
        for (found, expected) in scores.iter().zip([0.75 * 0.25 + 0.25, 0.0, 0.75 * 0.25]) {
            assert!((found - expected).abs() < 5e-3, "{found} for {expected}");
        }
    }
}
