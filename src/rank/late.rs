//! Late interaction: MaxSim over stored token vectors (Khattab and Zaharia, "ColBERT", 2020,
//! equation 3), with query tokens weighted by the square root of their idf.
//!
//! A stored token vector is 2 bits a dimension, the levels -3, -1, 1, 3 of a Gaussian's two-bit
//! quantizer (Max, 1960: thresholds at 0 and .98 of the standard deviation). Four dimensions share
//! a byte. On the development corpora this ranks like the fp32 vectors at a sixteenth of the size.

use aligned_vec::{AVec, ConstAlign};

use crate::encoder::TokenVectors;
use crate::encoder::kernels::{BLOCK, KernelError, Kernels, Matrix, Quantized, Scale};
use crate::index::TokenRows;

/// Dimensions in a byte.
const PER_BYTE: usize = 4;
/// The byte of a question's value 0.
const ZERO: i32 = 127;
/// Where the outer level begins, in standard deviations of the vector's values.
const THRESHOLD: f32 = 0.9816;

/// Bytes of a stored token vector of `dim` dimensions.
pub fn packed_len(dim: usize) -> usize {
    dim.div_ceil(PER_BYTE)
}

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

/// A question's token vectors, quantized to 8 bits and weighted.
pub struct QueryTokens {
    kernels: Kernels,
    dim: usize,
    /// `weights.len() x dim` codes.
    bytes: Vec<u8>,
    scales: Vec<Scale>,
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
        let kernels = Kernels::detect()?;
        let mut bytes = Vec::with_capacity(tokens.vectors.len());
        let mut scales = Vec::with_capacity(tokens.ids.len());
        for row in tokens.vectors.chunks_exact(dim) {
            scales.push(quantize(row, &mut bytes));
        }
        let mut weights: Vec<f32> = tokens.ids.iter().map(|&id| idf(id).sqrt()).collect();
        let sum: f32 = weights.iter().sum();
        if sum > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Ok(Self {
            kernels,
            dim,
            bytes,
            scales,
            weights,
        })
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
        let mut cosines = vec![0.0; queries * BLOCK];
        for (chunk, rows) in chunks.iter().enumerate() {
            for packed in rows.codes.chunks_exact(packed_len(self.dim)) {
                block.tokens.push((packed.as_chunks().0, chunk));
                if block.tokens.len() == BLOCK {
                    self.finish(&mut block, &mut cosines, &mut best);
                }
            }
        }
        self.finish(&mut block, &mut cosines, &mut best);
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
    /// empties the block. `cosines` is scratch.
    fn finish(&self, block: &mut Block<'_>, cosines: &mut [f32], best: &mut [f32]) {
        let queries = self.weights.len();
        let input = Quantized {
            bytes: &self.bytes,
            scales: &self.scales,
        };
        block.unpack();
        self.kernels.matmul(input, &block.matrix(), cosines);
        let mut start = 0;
        for run in block.tokens.chunk_by(|a, b| a.1 == b.1) {
            let best = &mut best[run[0].1 * queries..][..queries];
            for (best, cosines) in best.iter_mut().zip(cosines.chunks_exact(BLOCK)) {
                let cosines = &cosines[start..start + run.len()];
                *best = cosines
                    .iter()
                    .fold(*best, |a, &b| if b > a { b } else { a });
            }
            start += run.len();
        }
        block.tokens.clear();
    }
}

/// Appends the values of `row` to `bytes`, in 255 levels around [`ZERO`]. (The encoder's own
/// quantization rotates its rows, to fit its rotated weights.)
fn quantize(row: &[f32], bytes: &mut Vec<u8>) -> Scale {
    let peak = row
        .iter()
        .fold(f32::MIN_POSITIVE, |peak, v| peak.max(v.abs()));
    let step = peak / ZERO as f32;
    bytes.extend(row.iter().map(|v| ((v / step).round() as i32 + ZERO) as u8));
    Scale { step, zero: ZERO }
}

/// Up to [`BLOCK`] token vectors of chunks, and what [`Block::unpack`] makes of them: the weights of a
/// linear layer, a token a channel.
struct Block<'a> {
    /// Packed, each with the number of its chunk.
    tokens: Vec<(&'a [[i8; 4]], usize)>,
    /// `[dim/4][BLOCK]`, four levels in a word: the kernels' `[K/4][64][4]`, aligned as they like it.
    weights: AVec<[u32; BLOCK], ConstAlign<64>>,
    /// Sum of a token's levels.
    sums: [i32; BLOCK],
    /// 1 over the norm of the levels: what makes a product with a unit vector a cosine.
    scales: [f32; BLOCK],
}

impl<'a> Block<'a> {
    fn new(dim: usize) -> Self {
        Self {
            tokens: Vec::with_capacity(BLOCK),
            weights: AVec::from_iter(64, std::iter::repeat_n([0; BLOCK], packed_len(dim))),
            sums: [0; BLOCK],
            scales: [0.0; BLOCK],
        }
    }

    fn unpack(&mut self) {
        let (mut sums, mut inner) = ([0; BLOCK], [0; BLOCK]);
        unpack(&self.tokens, &mut self.weights, &mut sums, &mut inner);
        let dim = (PER_BYTE * self.weights.len()) as i32;
        for c in 0..BLOCK {
            self.sums[c] = 2 * sums[c] as i32 - 3 * dim;
            let squares = 9 * dim - 8 * inner[c] as i32;
            self.scales[c] = 1.0 / (squares as f32).sqrt();
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
/// vectors of tokens.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn unpack(
    tokens: &[(&[[i8; 4]], usize)],
    weights: &mut [[u32; BLOCK]],
    sums: &mut [u32; BLOCK],
    inner: &mut [u32; BLOCK],
) {
    let mut packed = [0; BLOCK];
    for (word, weights) in weights.chunks_mut(4).enumerate() {
        for (packed, (token, _)) in packed.iter_mut().zip(tokens) {
            *packed = u32::from_le_bytes(token[word].map(|byte| byte as u8));
        }
        let moments = sums.iter_mut().zip(&mut *inner);
        for (packed, (sum, inner)) in packed.iter().zip(moments) {
            let (low, high) = (packed & LOW_BITS, packed >> 1 & LOW_BITS);
            *sum += low.count_ones() + 2 * high.count_ones();
            *inner += (low ^ high).count_ones();
        }
        for (i, weights) in weights.iter_mut().enumerate() {
            for (weight, packed) in weights.iter_mut().zip(packed) {
                *weight = levels((packed >> (8 * i)) as u8);
            }
        }
    }
}

/// The lower bit of each of 16 levels.
const LOW_BITS: u32 = 0x5555_5555;

/// The four levels of a packed byte as bytes of a word: 0, 1, 2, 3 become -3, -1, 1, 3.
#[inline(always)]
fn levels(packed: u8) -> u32 {
    let byte = u32::from(packed);
    let levels = (byte | byte << 6 | byte << 12 | byte << 18) & 0x0303_0303;
    // No byte carries: each is 2 l - 3 + 128, and the upper bit turns 128 into 0.
    let bytes = (2 * levels + 0x7d7d_7d7d) ^ 0x8080_8080;
    bytes.to_le()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_sign_and_magnitude_class() {
        let mut codes = Vec::new();
        pack_rows(&[-0.9, -0.1, 0.1, 0.9], 4, &mut codes);
        let levels = levels(codes[0] as u8).to_ne_bytes();
        assert_eq!(levels.map(|byte| byte as i8), [-3, -1, 1, 3]);
        assert_eq!(packed_len(5), 2);
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
