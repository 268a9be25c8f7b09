//! Late interaction: MaxSim over stored token vectors (Khattab and Zaharia, "ColBERT", 2020,
//! equation 3), with query tokens weighted by the square root of their idf.
//!
//! A stored token vector is 2 bits a dimension, the levels -3, -1, 1, 3 of a Gaussian's two-bit
//! quantizer (Max, 1960: thresholds at 0 and .98 of the standard deviation). Four dimensions share
//! a byte. On the development corpora this ranks like the fp32 vectors at a sixteenth of the size.

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

/// The four values of a packed byte: level 0, 1, 2, 3 is -3, -1, 1, 3.
const LEVELS: [[i8; PER_BYTE]; 256] = levels();

const fn levels() -> [[i8; PER_BYTE]; 256] {
    let mut table = [[0; PER_BYTE]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut i = 0;
        while i < PER_BYTE {
            table[byte][i] = 2 * ((byte >> (2 * i)) & 3) as i8 - 3;
            i += 1;
        }
        byte += 1;
    }
    table
}

/// Sum and sum of squares of the four values of a packed byte.
const MOMENTS: [(i32, i32); 256] = moments();

const fn moments() -> [(i32, i32); 256] {
    let mut table = [(0, 0); 256];
    let mut byte = 0;
    while byte < 256 {
        let mut i = 0;
        while i < PER_BYTE {
            let value = LEVELS[byte][i] as i32;
            table[byte].0 += value;
            table[byte].1 += value * value;
            i += 1;
        }
        byte += 1;
    }
    table
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
    /// Weighs each token with the square root of the idf that `idf` gives for its id.
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
        for (chunk, rows) in chunks.iter().enumerate() {
            for packed in rows.codes.chunks_exact(rows.dim) {
                block.push(packed, chunk);
                if block.owners.len() == BLOCK {
                    self.finish(&mut block, &mut best);
                }
            }
        }
        self.finish(&mut block, &mut best);
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
    /// empties the block.
    fn finish(&self, block: &mut Block, best: &mut [f32]) {
        let queries = self.weights.len();
        let input = Quantized {
            bytes: &self.bytes,
            scales: &self.scales,
        };
        let mut cosines = vec![0.0; queries * BLOCK];
        self.kernels.matmul(input, &block.matrix(), &mut cosines);
        for (query, cosines) in cosines.chunks_exact(BLOCK).enumerate() {
            for (&chunk, &cosine) in block.owners.iter().zip(cosines) {
                let best = &mut best[chunk * queries + query];
                *best = best.max(cosine);
            }
        }
        block.owners.clear();
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

/// Up to [`BLOCK`] token vectors of chunks in the layout of a linear layer's weights:
/// `[dim/4][BLOCK][4]`, a token a channel.
struct Block {
    dim: usize,
    weights: Vec<i8>,
    sums: Vec<i32>,
    /// 1 over the norm of the codes: what makes a product with a unit vector a cosine.
    scales: Vec<f32>,
    bias: Vec<f32>,
    /// The chunk of each token.
    owners: Vec<usize>,
}

impl Block {
    fn new(dim: usize) -> Self {
        Self {
            dim,
            weights: vec![0; dim * BLOCK],
            sums: vec![0; BLOCK],
            scales: vec![0.0; BLOCK],
            bias: vec![0.0; BLOCK],
            owners: Vec::with_capacity(BLOCK),
        }
    }

    /// Adds a token vector of `dim / 4` packed bytes.
    fn push(&mut self, packed: &[i8], chunk: usize) {
        let channel = self.owners.len();
        let (mut sum, mut squares) = (0, 0);
        let groups = self.weights.as_chunks_mut::<PER_BYTE>().0;
        for (group, &byte) in groups.chunks_exact_mut(BLOCK).zip(packed) {
            let byte = usize::from(byte as u8);
            group[channel] = LEVELS[byte];
            sum += MOMENTS[byte].0;
            squares += MOMENTS[byte].1;
        }
        self.sums[channel] = sum;
        self.scales[channel] = 1.0 / (squares.max(1) as f32).sqrt();
        self.owners.push(chunk);
    }

    fn matrix(&self) -> Matrix<'_> {
        Matrix {
            weights: &self.weights,
            scales: &self.scales,
            bias: &self.bias,
            sums: &self.sums,
            inputs: self.dim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_sign_and_magnitude_class() {
        let mut codes = Vec::new();
        pack_rows(&[-0.9, -0.1, 0.1, 0.9], 4, &mut codes);
        assert_eq!(LEVELS[codes[0] as u8 as usize], [-3, -1, 1, 3]);
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
