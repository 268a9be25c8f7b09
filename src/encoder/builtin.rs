//! The built-in encoder: BERT models in eight bits, in pure Rust; one of them is compiled in.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::forward::forward;
use super::pack::{self, Pack, Pooling};
use super::{Embedding, Encoder, EncoderError, ModelId, TokenVectors};
use crate::calibration::Calibration;
use crate::simd::Simd;

/// Rows of a unit of work: short texts share one so that weights are read once for many.
const UNIT_ROWS: usize = 256;
/// Fewest rows that are worth a second thread; below, the thread pool is not even started.
const MIN_PARALLEL_ROWS: usize = 64;
/// Groups per thread when one unit is shared out, so that an idle thread finds work.
const GROUPS_PER_THREAD: usize = 2;

/// A packed BERT (Devlin et al., 2019) quantized to eight bits: any that `pack-model` takes. The bundled
/// one is all-MiniLM-L6-v2 (Reimers and Gurevych, 2019; Wang et al., 2020), whose vectors have 384
/// values.
///
/// A model's prefix takes part in the encoding of a text, and in its mean. It is not counted, and has
/// no token vectors. The same text gives the same bits whatever else is in the batch and
/// however many threads run, and on every instruction set.
#[derive(Debug)]
pub struct BuiltinEncoder {
    model: ModelId,
    pack: Pack,
    simd: Simd,
}

impl BuiltinEncoder {
    /// The model that is compiled in. Nothing is copied or unpacked: well under a millisecond.
    ///
    /// # Errors
    ///
    /// [`EncoderError::Kernel`] if `DOCENT_KERNEL` names a path that is not there.
    pub fn bundled() -> Result<Self, EncoderError> {
        Ok(Self::new(pack::bundled()?, Simd::detect()?))
    }

    /// The pack in `folder`, memory-mapped and verified.
    ///
    /// # Errors
    ///
    /// [`EncoderError::Pack`] if it is missing, damaged or of another layout;
    /// [`EncoderError::Kernel`] as for [`bundled`](Self::bundled).
    pub fn load(folder: &Path) -> Result<Self, EncoderError> {
        Ok(Self::new(pack::load(folder)?, Simd::detect()?))
    }

    /// The same model with another instruction set than the detected one.
    pub fn with_simd(self, simd: Simd) -> Self {
        Self { simd, ..self }
    }

    /// Vocabulary ids of `text` with `[CLS]` and `[SEP]`, without a prefix, cut at what the model
    /// reads.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        self.input(&[], text)
    }

    fn new(pack: Pack, simd: Simd) -> Self {
        let model = pack.model_id();
        Self { model, pack, simd }
    }

    /// `[CLS]`, `prefix`, `text` as far as it is read, `[SEP]`.
    fn input(&self, prefix: &[u32], text: &str) -> Vec<u32> {
        let readable = self.pack.readable_tokens();
        self.pack.weights.tokenizer.encode(prefix, text, readable)
    }

    /// Embeds one text after `prefix`.
    fn encode_one(&self, prefix: &[u32], text: &str, with_tokens: bool) -> Embedding {
        let ids = self.input(prefix, text);
        let groups = groups(ids.len() >= MIN_PARALLEL_ROWS);
        let mut embeddings = self.encode_unit(&[&ids], prefix, groups, with_tokens);
        embeddings.remove(0)
    }

    /// Embeds the sequences of one unit, which all have the prefix; the result is in their order.
    fn encode_unit(
        &self,
        unit: &[&[u32]],
        prefix: &[u32],
        groups: usize,
        with_tokens: bool,
    ) -> Vec<Embedding> {
        let rows = forward(&self.pack.weights, self.simd, unit, groups);
        let mut rows = &rows[..];
        unit.iter()
            .map(|ids| {
                let (own, rest) = rows.split_at(ids.len() * self.dim());
                rows = rest;
                self.embedding(ids, own, prefix.len(), with_tokens)
            })
            .collect()
    }

    /// The embedding of a sequence, whose last layer has these rows; `prefix` tokens stand before the
    /// text's.
    fn embedding(&self, ids: &[u32], rows: &[f32], prefix: usize, with_tokens: bool) -> Embedding {
        let dim = self.dim();
        let mut sentence = match self.pack.manifest.pooling {
            Pooling::Mean => sum(rows, dim),
            Pooling::Cls => rows[..dim].to_vec(),
        };
        normalize(&mut sentence);
        let own = 1 + prefix..ids.len() - 1;
        let tokens = with_tokens.then(|| {
            let mut vectors = rows[own.start * dim..own.end * dim].to_vec();
            vectors.chunks_exact_mut(dim).for_each(normalize);
            TokenVectors {
                dim,
                ids: ids[own.clone()].to_vec(),
                vectors,
            }
        });
        Embedding {
            sentence,
            length: own.len(),
            tokens,
        }
    }

    /// Values of a vector.
    fn dim(&self) -> usize {
        self.pack.weights.architecture.hidden
    }
}

impl Encoder for BuiltinEncoder {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn calibration(&self) -> Calibration {
        self.pack.manifest.calibration()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.pack.weights.tokenizer.tokens(text).count()
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        let tokens = self.pack.weights.tokenizer.tokens(text);
        tokens.take(self.pack.readable_tokens()).collect()
    }

    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        Ok(self.encode_one(&self.pack.query_prefix, question, with_tokens))
    }

    fn encode_passages(
        &self,
        passages: &[&str],
        with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
        let prefix = &self.pack.passage_prefix[..];
        let mut numbers = HashMap::new();
        let mut distinct = Vec::new();
        let which: Vec<usize> = passages
            .iter()
            .map(|&passage| {
                *numbers.entry(passage).or_insert_with(|| {
                    distinct.push(passage);
                    distinct.len() - 1
                })
            })
            .collect();
        if let [only] = distinct[..] {
            let embedding = self.encode_one(prefix, only, with_tokens);
            return Ok(vec![embedding; passages.len()]);
        }
        let ids: Vec<Vec<u32>> = distinct
            .par_iter()
            .map(|text| self.input(prefix, text))
            .collect();
        let mut longest_first: Vec<usize> = (0..ids.len()).collect();
        longest_first.sort_by_key(|&text| std::cmp::Reverse(ids[text].len()));
        let units = units(&longest_first, &ids);
        let groups = groups(units.len() == 1);
        let encode = |unit: &&[usize]| {
            let sequences: Vec<&[u32]> = unit.iter().map(|&text| &ids[text][..]).collect();
            let embeddings = self.encode_unit(&sequences, prefix, groups, with_tokens);
            unit.iter().copied().zip(embeddings).collect::<Vec<_>>()
        };
        let encoded: Vec<Vec<(usize, Embedding)>> =
            units.par_iter().with_max_len(1).map(encode).collect();
        let mut embeddings: Vec<_> = encoded.into_iter().flatten().collect();
        embeddings.sort_by_key(|(text, _)| *text);
        Ok(which
            .iter()
            .map(|&text| embeddings[text].1.clone())
            .collect())
    }
}

/// Tasks to share one unit's rows out to; the thread pool is not touched unless it is `worth_it`.
fn groups(worth_it: bool) -> usize {
    if !worth_it || rayon::current_num_threads() == 1 {
        return 1;
    }
    GROUPS_PER_THREAD * rayon::current_num_threads()
}

/// Cuts `texts`, sorted by length, into runs of at most [`UNIT_ROWS`] rows, or one text.
fn units<'a>(texts: &'a [usize], ids: &[Vec<u32>]) -> Vec<&'a [usize]> {
    let mut units = Vec::new();
    let (mut start, mut rows) = (0, 0);
    for (at, &text) in texts.iter().enumerate() {
        let length = ids[text].len();
        if rows + length > UNIT_ROWS && at > start {
            units.push(&texts[start..at]);
            (start, rows) = (at, 0);
        }
        rows += length;
    }
    if start < texts.len() {
        units.push(&texts[start..]);
    }
    units
}

/// Sum of rows of `width`, which has the direction of their mean.
fn sum(rows: &[f32], width: usize) -> Vec<f32> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks_exact(width) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    sums
}

/// Scales `vector` to unit length.
fn normalize(vector: &mut [f32]) {
    let squares = vector.iter().map(|v| f64::from(*v) * f64::from(*v));
    let inverse = (1.0 / squares.sum::<f64>().sqrt()) as f32;
    vector.iter_mut().for_each(|value| *value *= inverse);
}
