//! Late interaction: MaxSim over stored token vectors (Khattab and Zaharia, "ColBERT", 2020,
//! equation 3), with query tokens weighted by the square root of their idf.
//!
//! A stored token vector is 2 bits a dimension, the levels -3, -1, 1, 3 of a Gaussian's two-bit
//! quantizer (Max, 1960: thresholds at 0 and .98 of the standard deviation). Four dimensions share
//! a byte. On the development corpora this ranks like the fp32 vectors at a sixteenth of the size.

use crate::encoder::TokenVectors;
use crate::index::TokenRows;

/// Dimensions in a byte.
const PER_BYTE: usize = 4;
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

/// A question's token vectors, quantized to 8 bits and weighted.
#[derive(Debug)]
pub struct QueryTokens {
    dim: usize,
    /// `weights.len() x dim` codes.
    codes: Vec<i8>,
    /// What turns a code product into a cosine, but for the document's norm.
    scales: Vec<f32>,
    /// Weights; they sum to 1 unless there are none.
    weights: Vec<f32>,
}

impl QueryTokens {
    /// Weighs each token with the square root of the idf that `idf` gives for its id.
    pub fn new(tokens: &TokenVectors, dim: usize, idf: impl Fn(u32) -> f32) -> Self {
        let mut codes = Vec::with_capacity(tokens.vectors.len());
        let mut scales = Vec::with_capacity(tokens.ids.len());
        for row in tokens.vectors.chunks_exact(dim) {
            let peak = row
                .iter()
                .fold(f32::MIN_POSITIVE, |peak, v| peak.max(v.abs()));
            codes.extend(row.iter().map(|v| (v * 127.0 / peak).round() as i8));
            scales.push(peak / 127.0);
        }
        let mut weights: Vec<f32> = tokens.ids.iter().map(|&id| idf(id).sqrt()).collect();
        let sum: f32 = weights.iter().sum();
        if sum > 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
        Self {
            dim,
            codes,
            scales,
            weights,
        }
    }

    /// The weighted mean over query tokens of the best cosine with a token of the chunk: at most 1;
    /// 0 if either side has no tokens. O(query tokens x chunk tokens x dim).
    pub fn max_sim(&self, chunk: &TokenRows<'_>) -> f32 {
        if chunk.codes.is_empty() {
            return 0.0;
        }
        let mut best = vec![f32::NEG_INFINITY; self.weights.len()];
        let mut row = vec![0i8; chunk.dim * PER_BYTE];
        for packed in chunk.codes.chunks_exact(chunk.dim) {
            for (values, &byte) in row.as_chunks_mut::<PER_BYTE>().0.iter_mut().zip(packed) {
                *values = LEVELS[byte as u8 as usize];
            }
            let row = &row[..self.dim];
            let norm = (dot_i8(row, row) as f32).sqrt();
            for (best, query) in best.iter_mut().zip(self.codes.chunks_exact(self.dim)) {
                *best = best.max(dot_i8(query, row) as f32 / norm);
            }
        }
        best.iter()
            .zip(&self.scales)
            .zip(&self.weights)
            .map(|((best, scale), weight)| best * scale * weight)
            .sum()
    }
}

fn dot_i8(a: &[i8], b: &[i8]) -> i32 {
    a.iter()
        .zip(b)
        .map(|(&a, &b)| i32::from(i16::from(a) * i16::from(b)))
        .sum()
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
        let tokens = TokenVectors {
            ids: vec![7, 8],
            vectors: vec![1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.5, 0.5],
        };
        let query = QueryTokens::new(&tokens, 4, |id| if id == 7 { 9.0 } else { 1.0 });
        let mut codes = Vec::new();
        pack_rows(&[0.5, 0.5, 0.5, 0.5, 0.5, -0.5, 0.5, -0.5], 4, &mut codes);
        let rows = TokenRows {
            dim: 1,
            codes: &codes,
        };
        // Token 7 (weight 3/4): cosine 1/2 with either row. Token 8 (1/4): 1 with the first.
        assert!((query.max_sim(&rows) - (0.75 * 0.5 + 0.25)).abs() < 1e-3);
    }
}
