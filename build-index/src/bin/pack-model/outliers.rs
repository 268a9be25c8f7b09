//! Channels of a linear layer's input that are several times as large as the others, and factors that
//! bring them nearer.
//!
//! A row is quantized by its extremes. The rotation spreads a large value over its group, and all others
//! lose precision. So the values of an outlier channel are divided by a factor and its weights multiplied
//! by it (Xiao et al., 2023, SmoothQuant).
//!
//! Which channels are outliers, gain and bias of the norm before them do not tell: in
//! all-MiniLM-L6-v2 the largest have ordinary ones, since it is the normalized value that is large. So
//! the model is run, in fp32, over random tokens of its vocabulary: no text is needed.
//! With these factors the mean cosines of that model to fp32 are .9994 and .9991 (sentences, tokens of
//! `tests/data/reference`), with those of gain and bias .9988 and .9987, with none .9987 and .9985.
//!
//! All arithmetic is docent's own, whose bits do not depend on the machine, so neither do the factors.

use anyhow::Result;
use docent::encoder::kernels::{self, Head, KEY_PAD, Norm, SCORE_ROWS};
use docent::encoder::pack::Architecture;
use docent::encoder::tokenizer::{CLS, SEP};
use docent::simd::Simd;

use crate::source::{Description, Original};

/// Random inputs.
const INPUTS: usize = 8;
/// Tokens of each, if the model reads as many.
const INPUT_TOKENS: usize = 64;
/// A channel is an outlier if its largest value exceeds the median of all channels' as many times.
const OUTLIER: f32 = 2.0;

/// What the inputs of a layer's matrices are divided by, a factor for each channel.
pub struct Factors {
    pub qkv: Vec<f32>,
    pub up: Vec<f32>,
}

/// The factors of each layer.
pub fn factors(
    original: &Original<'_>,
    description: &Description,
    max_tokens: usize,
) -> Result<Vec<Factors>> {
    let model = Model {
        original,
        architecture: description.architecture,
        simd: Simd::best(),
        length: max_tokens.min(INPUT_TOKENS),
    };
    let mut hidden = model.embed(description)?;
    let mut all = Vec::new();
    for layer in 0..description.architecture.layers {
        let part = |part: &str| format!("encoder.layer.{layer}.{part}");
        let qkv = model.factors(&hidden);
        let attention = model.attend(&hidden, &part("attention.self"))?;
        let attention = model.linear(&attention, &part("attention.output.dense"))?;
        model.add_norm(&mut hidden, &attention, &part("attention.output.LayerNorm"))?;
        let up = model.factors(&hidden);
        let mut inner = model.linear(&hidden, &part("intermediate.dense"))?;
        kernels::gelu(model.simd, &mut inner);
        let inner = model.linear(&inner, &part("output.dense"))?;
        model.add_norm(&mut hidden, &inner, &part("output.LayerNorm"))?;
        all.push(Factors { qkv, up });
    }
    Ok(all)
}

/// The original model, run in fp32 over [`INPUTS`] random inputs of `length` tokens.
struct Model<'a> {
    original: &'a Original<'a>,
    architecture: Architecture,
    simd: Simd,
    length: usize,
}

impl Model<'_> {
    /// The embeddings of the inputs' tokens.
    fn embed(&self, description: &Description) -> Result<Vec<f32>> {
        let Architecture {
            hidden, vocabulary, ..
        } = self.architecture;
        let get = |name: &str, rows: usize| {
            let name = format!("embeddings.{name}_embeddings.weight");
            self.original.get(&name, &[rows, hidden])
        };
        let words = get("word", vocabulary)?;
        let positions = get("position", description.positions)?;
        let segments = get("token_type", description.segments)?;
        let mut state = 0;
        let mut rows = Vec::new();
        for token in 0..INPUTS * self.length {
            let position = token % self.length;
            let id = match position {
                0 => CLS as usize,
                last if last + 1 == self.length => SEP as usize,
                _ => random(&mut state) as usize % vocabulary,
            };
            let row = |rows: &'_ [f32], row: usize| rows[row * hidden..][..hidden].to_vec();
            let parts = [
                row(&words, id),
                row(&positions, position),
                row(&segments, 0),
            ];
            rows.extend((0..hidden).map(|i| parts[0][i] + parts[1][i] + parts[2][i]));
        }
        let zeros = vec![0.0; rows.len()];
        self.add_norm(&mut rows, &zeros, "embeddings.LayerNorm")?;
        Ok(rows)
    }

    /// `W x + b` of every row.
    fn linear(&self, rows: &[f32], name: &str) -> Result<Vec<f32>> {
        let inputs = rows.len() / (INPUTS * self.length);
        let channels = match name {
            name if name.ends_with("intermediate.dense") => self.architecture.feed_forward,
            _ => self.architecture.hidden,
        };
        let weights = format!("{name}.weight");
        let weights = self.original.get(&weights, &[channels, inputs])?;
        let bias = self.original.get(&format!("{name}.bias"), &[channels])?;
        let mut out = vec![0.0; rows.len() / inputs * channels];
        for (channel, weights) in weights.chunks_exact(inputs).enumerate() {
            let out = out.iter_mut().skip(channel).step_by(channels);
            for (row, out) in rows.chunks_exact(inputs).zip(out) {
                *out = self.simd.dot(row, weights) + bias[channel];
            }
        }
        Ok(out)
    }

    fn add_norm(&self, x: &mut [f32], y: &[f32], name: &str) -> Result<()> {
        let hidden = self.architecture.hidden;
        let gain = self.original.get(&format!("{name}.weight"), &[hidden])?;
        let bias = self.original.get(&format!("{name}.bias"), &[hidden])?;
        let norm = Norm {
            gain: &gain,
            bias: &bias,
        };
        for (x, y) in x.chunks_exact_mut(hidden).zip(y.chunks_exact(hidden)) {
            kernels::add_norm(self.simd, x, y, &norm);
        }
        Ok(())
    }

    /// Attention of every input to itself, all heads.
    fn attend(&self, rows: &[f32], name: &str) -> Result<Vec<f32>> {
        let (hidden, dim) = (self.architecture.hidden, self.architecture.head_dim());
        let part = |part: &str| self.linear(rows, &format!("{name}.{part}"));
        let (queries, keys, values) = (part("query")?, part("key")?, part("value")?);
        let padded = self.length.next_multiple_of(KEY_PAD);
        let mut scores = vec![0.0; SCORE_ROWS * padded];
        let mut out = vec![0.0; rows.len()];
        for start in (0..rows.len()).step_by(self.length * hidden) {
            for head in (0..hidden).step_by(dim) {
                let (mut key_blocks, mut value_rows) =
                    (vec![0.0; padded * dim], vec![0.0; padded * dim]);
                for position in 0..self.length {
                    let at = start + position * hidden + head;
                    let block = position / KEY_PAD * KEY_PAD * dim + position % KEY_PAD;
                    for i in 0..dim {
                        key_blocks[block + i * KEY_PAD] = keys[at + i];
                    }
                    value_rows[position * dim..][..dim].copy_from_slice(&values[at..][..dim]);
                }
                let rows = Head {
                    dim,
                    queries: self.length,
                    query: &queries[start + head..],
                    query_stride: hidden,
                    keys: &key_blocks,
                    values: &value_rows,
                    length: self.length,
                    out_stride: hidden,
                };
                kernels::attention(self.simd, rows, &mut out[start + head..], &mut scores);
            }
        }
        Ok(out)
    }

    /// For an outlier the root of how many times its largest value is that of the median channel, so
    /// that input and weights bear it in equal shares; 1 for others.
    fn factors(&self, rows: &[f32]) -> Vec<f32> {
        let mut largest = vec![0.0f32; self.architecture.hidden];
        for row in rows.chunks_exact(largest.len()) {
            for (largest, value) in largest.iter_mut().zip(row) {
                *largest = largest.max(value.abs());
            }
        }
        let mut sorted = largest.clone();
        sorted.sort_by(f32::total_cmp);
        let median = sorted[sorted.len() / 2];
        let ratios = largest.iter().map(|largest| largest / median);
        let factor = |ratio: f32| match ratio.is_finite() && ratio > OUTLIER {
            true => ratio.sqrt(),
            false => 1.0,
        };
        ratios.map(factor).collect()
    }
}

/// The next of a stream of numbers (SplitMix64; Steele et al., 2014), its upper half.
fn random(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 32) as u32
}
