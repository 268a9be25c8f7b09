//! Late interaction: MaxSim over stored token vectors (Khattab and Zaharia, "ColBERT", 2020,
//! equation 3), with query tokens weighted by the square root of their idf.
//!
//! Stored vectors have two bits a dimension ([`crate::index::pack_rows`]): the levels -3, -1, 1, 3,
//! numbered from 0. Products are taken with the numbers `l`, which need no more than a shift and a
//! mask, and made up for: a level is `2 l - 3`, so `sum(q (2 l - 3)) = 2 sum(q l) - 3 sum(q)`.

use std::ops::Range;

use aligned_vec::{AVec, ConstAlign};

use crate::encoder::TokenVectors;
use crate::encoder::kernels::{self, BLOCK, Matrix, Quantized, Scale};
use crate::index::{PER_BYTE, Run, TokenRows, WORD, for_each_in_order, packed_len, unpack};
use crate::rank::bm25;
use crate::simd::{Kernel, Simd, Vectors};

/// The byte of a question's value 0.
const ZERO: i32 = 63;

/// A question's token vectors, quantized to 7 bits and weighted.
#[derive(Debug)]
pub struct QueryTokens {
    simd: Simd,
    /// Dimension of a token vector.
    dim: usize,
    /// Codes of each token, as many as a stored row has levels, in the order of [`unpack`].
    bytes: Vec<u8>,
    scales: Vec<Scale>,
    /// `-3/2 sum(q)`: what a product with half a token's levels has besides the one with their numbers.
    offsets: Vec<f32>,
    /// Weights; they sum to 1 unless all are 0.
    weights: Vec<f32>,
}

/// How well each token of a question is matched in each of some chunks.
#[derive(Debug)]
pub struct TokenMatches {
    queries: usize,
    /// A row for each chunk, a column for each token.
    best: Vec<f32>,
    /// The largest of each column.
    everywhere: Vec<f32>,
}

impl TokenMatches {
    /// The tokens' best cosines with the chunk of this number.
    pub fn of(&self, chunk: usize) -> &[f32] {
        &self.best[chunk * self.queries..][..self.queries]
    }

    /// The tokens' best cosines with any of the chunks, at least -1.
    pub fn everywhere(&self) -> &[f32] {
        &self.everywhere
    }
}

impl QueryTokens {
    /// Weighs the tokens as [`token_weights`] does.
    pub fn new(simd: Simd, tokens: &TokenVectors, idf: impl Fn(u32) -> f32) -> Self {
        let dim = tokens.dim;
        let mut query = Self {
            simd,
            dim,
            bytes: Vec::with_capacity(tokens.vectors.len()),
            scales: Vec::with_capacity(tokens.ids.len()),
            offsets: Vec::with_capacity(tokens.ids.len()),
            weights: token_weights(&tokens.ids, idf),
        };
        let rows = tokens.vectors.chunks_exact(dim);
        rows.for_each(|row| query.push(row));
        query
    }

    fn push(&mut self, row: &[f32]) {
        let start = self.bytes.len();
        let scale = quantize(row, &mut self.bytes);
        let codes = self.bytes[start..].iter().map(|&u| i32::from(u) - ZERO);
        self.offsets
            .push(-1.5 * scale.step * codes.sum::<i32>() as f32);
        self.scales.push(scale);
    }

    /// For each chunk the weighted mean over query tokens of the best cosine with a token of the
    /// chunk: at most 1; 0 for a chunk without tokens. Costs what [`QueryTokens::matches`] does.
    pub fn max_sims(&self, chunks: &[TokenRows<'_>]) -> Vec<f32> {
        let matches = self.matches(chunks);
        let scores = (0..chunks.len()).map(|chunk| self.weigh(matches.of(chunk)));
        scores.collect()
    }

    /// The weighted mean of the tokens' best cosines with a chunk.
    pub fn weigh(&self, best: &[f32]) -> f32 {
        let pairs = best.iter().zip(&self.weights);
        pairs.map(|(best, weight)| best * weight).sum()
    }

    /// Weights of the tokens; they sum to 1 unless all are 0.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// For each chunk and query token the best cosine with a token of the chunk, 0 for a chunk without
    /// tokens.
    ///
    /// O(query tokens x chunk tokens x dim) on the encoder's integer kernels, which read the
    /// chunks' tokens as the weights of a linear layer, [`BLOCK`] at a time.
    pub fn matches(&self, chunks: &[TokenRows<'_>]) -> TokenMatches {
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
        let mut everywhere = vec![-1.0; queries];
        for (best, rows) in best.chunks_exact_mut(queries).zip(chunks) {
            match rows.codes {
                [] => best.fill(0.0),
                _ => best.iter_mut().for_each(|best| *best = best.max(-1.0)),
            }
            for (all, own) in everywhere.iter_mut().zip(best) {
                *all = own.max(*all);
            }
        }
        TokenMatches {
            queries,
            best,
            everywhere,
        }
    }

    /// Scores the block's tokens, raises the best cosines of the chunks that they belong to, and
    /// empties the block. `products` is scratch.
    fn finish(&self, block: &mut Block<'_>, products: &mut [f32], best: &mut [f32]) {
        let queries = self.weights.len();
        let input = Quantized {
            bytes: &self.bytes,
            scales: &self.scales,
        };
        block.unpack(self.simd);
        kernels::matmul(self.simd, input, &block.matrix(), products);
        let mut start = 0;
        for (run, chunk) in block.runs.drain(..).zip(block.chunks.drain(..)) {
            self.simd.run(RaiseBest {
                best: &mut best[chunk * queries..][..queries],
                products,
                offsets: &self.offsets,
                scales: &block.scales,
                range: start..start + run.tokens,
            });
            start += run.tokens;
        }
        block.tokens = 0;
    }
}

/// The weights of a question's tokens: the square root of the idf that `idf` gives for each id; they sum to 1
/// unless all are 0.
pub fn token_weights(ids: &[u32], idf: impl Fn(u32) -> f32) -> Vec<f32> {
    let mut weights: Vec<f32> = ids.iter().map(|&id| idf(id).sqrt()).collect();
    let sum: f32 = weights.iter().sum();
    if sum > 0.0 {
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    weights
}

/// The idf of the model's tokens over `num_chunks` chunks, by their ids; `frequencies` is the number of chunks that
/// hold each.
pub fn token_idf(num_chunks: usize, frequencies: &[u32]) -> impl Fn(u32) -> f32 + use<'_> {
    move |id| {
        let df = frequencies.get(id as usize).copied().unwrap_or(0);
        bm25::idf(num_chunks, df as usize)
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
    for_each_in_order(row, |value| bytes.push(byte(value)));
    Scale { step, zero: ZERO }
}

/// Up to [`BLOCK`] token vectors of chunks, and what [`unpack`] makes of them: the weights of a linear
/// layer with a channel for each token.
struct Block<'a> {
    dim: usize,
    runs: Vec<Run<'a>>,
    /// The chunk of each run.
    chunks: Vec<usize>,
    /// Tokens of all runs.
    tokens: usize,
    /// Numbers of levels, aligned as the kernels like it.
    weights: AVec<[u32; BLOCK], ConstAlign<64>>,
    /// Sum of a token's numbers of levels.
    sums: [i32; BLOCK],
    /// 2 over the norm of the levels: what makes a product with a unit vector a cosine.
    scales: [f32; BLOCK],
}

impl<'a> Block<'a> {
    fn new(dim: usize) -> Self {
        Self {
            dim,
            runs: Vec::new(),
            chunks: Vec::new(),
            tokens: 0,
            weights: AVec::from_iter(64, std::iter::repeat_n([0; BLOCK], packed_len(dim))),
            sums: [0; BLOCK],
            scales: [0.0; BLOCK],
        }
    }

    /// Takes the first of `rows`, packed token vectors of `chunk`, that there is room for; gives the
    /// others if the block is full.
    fn take(&mut self, rows: &'a [u8], chunk: usize) -> Option<&'a [u8]> {
        let row = self.weights.len();
        let tokens = (rows.len() / row).min(BLOCK - self.tokens);
        let (rows, rest) = rows.split_at(tokens * row);
        let rows = rows.as_chunks::<WORD>().0;
        self.runs.push(Run { rows, tokens });
        self.chunks.push(chunk);
        self.tokens += tokens;
        (self.tokens == BLOCK).then_some(rest)
    }

    fn unpack(&mut self, simd: Simd) {
        let (mut sums, mut inner) = ([0; BLOCK], [0; BLOCK]);
        unpack(simd, &self.runs, &mut self.weights, &mut sums, &mut inner);
        for c in 0..BLOCK {
            self.sums[c] = sums[c] as i32;
            // What pads a row is level -3 and not inner.
            let squares = 9 * self.dim as i32 - 8 * inner[c] as i32;
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

/// Raises each query token's best cosine to that of the block's tokens in `range`. With its row's
/// offset times its column's scale a product is a cosine.
struct RaiseBest<'a> {
    best: &'a mut [f32],
    /// Rows of [`BLOCK`], one for each query token.
    products: &'a [f32],
    /// One for each row.
    offsets: &'a [f32],
    /// One for each column.
    scales: &'a [f32; BLOCK],
    range: Range<usize>,
}

impl Kernel for RaiseBest<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vectors>(self) {
        let larger = |a: f32, b: f32| if b > a { b } else { a };
        let (groups, rest) = self.scales[self.range.clone()].as_chunks::<16>();
        let rows = self.products.chunks_exact(BLOCK).zip(self.offsets);
        for (best, (row, offset)) in self.best.iter_mut().zip(rows) {
            let (row_groups, row_rest) = row[self.range.clone()].as_chunks::<16>();
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::pack_rows;

    /// Chunks that end before, at and after a block's end, against the definition.
    #[test]
    fn blocks_change_nothing() {
        for dim in [48, 16, 20, 5] {
            check_blocks(dim);
        }
    }

    fn check_blocks(dim: usize) {
        let value = |i: usize| (i as f32 * 0.7).sin() + (i as f32 * 0.13).cos();
        let tokens = TokenVectors {
            dim,
            ids: vec![1, 2, 3],
            vectors: (0..3 * dim).map(|i| 0.1 * value(i)).collect(),
        };
        let query = QueryTokens::new(Simd::detect().unwrap(), &tokens, |id| id as f32);
        let chunks: Vec<Vec<u8>> = [1, 63, 64, 0, 65, 17, 130]
            .into_iter()
            .enumerate()
            .map(|(chunk, length)| {
                let vectors: Vec<f32> = (0..length * dim).map(|i| value(i + 99 * chunk)).collect();
                let mut codes = Vec::new();
                pack_rows(&vectors, dim, &mut codes);
                codes
            })
            .collect();
        let rows: Vec<TokenRows<'_>> = chunks
            .iter()
            .map(|codes| TokenRows { dim, codes })
            .collect();
        for (chunk, found) in chunks.iter().zip(query.max_sims(&rows)) {
            let expected = expected(&tokens, chunk, dim);
            assert!((found - expected).abs() < 2e-3, "{found} for {expected}");
        }
    }

    /// MaxSim in `f32`, with the square roots of the ids as weights.
    fn expected(tokens: &TokenVectors, codes: &[u8], dim: usize) -> f32 {
        let levels = |code: &u8| {
            let code = *code;
            (0..4).map(move |i| 2.0 * f32::from(code >> (2 * i) & 3) - 3.0)
        };
        let (mut sum, mut weights) = (0.0, 0.0);
        for (row, &id) in tokens.vectors.chunks(dim).zip(&tokens.ids) {
            let cosines = codes.chunks(packed_len(dim)).map(|codes| {
                let levels: Vec<f32> = codes.iter().flat_map(levels).take(dim).collect();
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
            dim: 16,
            ids: vec![7, 8],
            vectors: vectors.to_vec(),
        };
        let idf = |id| if id == 7 { 9.0 } else { 1.0 };
        let query = QueryTokens::new(Simd::SCALAR, &tokens, idf);
        let alternating: Vec<f32> = (0..16)
            .map(|i| if i % 2 == 0 { 0.25 } else { -0.25 })
            .collect();
        let mut codes = Vec::new();
        pack_rows(&[0.25; 16], 16, &mut codes);
        pack_rows(&alternating, 16, &mut codes);
        let rows = |codes| TokenRows { dim: 16, codes };
        let scores = query.max_sims(&[rows(&codes), rows(&[]), rows(&codes[4..])]);
        let matches = query.matches(&[rows(&codes), rows(&[]), rows(&codes[4..])]);
        let expected = [[0.25, 1.0], [0.0, 0.0], [0.25, 0.0]];
        let found = [matches.of(0), matches.of(1), matches.of(2)];
        for (found, expected) in found.iter().copied().zip(&expected) {
            let near = |(a, b): (&f32, &f32)| (a - b).abs() < 5e-3;
            assert!(found.iter().zip(expected).all(near), "{found:?}");
        }
        let everywhere = matches.everywhere();
        assert!((everywhere[0] - 0.25).abs() < 5e-3 && (everywhere[1] - 1.0).abs() < 5e-3);
        // Token 7 (weight 3/4) has cosine 1/4 with either row, token 8 (1/4) has 1 with the first
        // and 0 with the second.
        for (found, expected) in scores.iter().zip([0.75 * 0.25 + 0.25, 0.0, 0.75 * 0.25]) {
            assert!((found - expected).abs() < 5e-3, "{found} for {expected}");
        }
    }
}
