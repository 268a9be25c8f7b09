//! The built-in encoder: all-MiniLM-L6-v2 in eight bits, in pure Rust, compiled in.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::forward::forward;
use super::pack::{self, HIDDEN, MAX_TOKENS, Manifest, Weights};
use super::{Embedding, Encoder, EncoderError, ModelId, TokenVectors};
use crate::calibration::Calibration;
use crate::simd::Simd;

/// Rows of a unit of work: short texts share one so that weights are read once for many.
const UNIT_ROWS: usize = 256;
/// Fewest rows that are worth a second thread; below, the thread pool is not even started.
const MIN_PARALLEL_ROWS: usize = 64;
/// Groups per thread when one unit is shared out, so that an idle thread finds work.
const GROUPS_PER_THREAD: usize = 2;

/// all-MiniLM-L6-v2 (Reimers and Gurevych, 2019; Wang et al., 2020), quantized to eight bits.
///
/// Vectors have 384 values. The same text gives the same bits whatever else is in the batch and
/// however many threads run, and on every instruction set.
#[derive(Debug)]
pub struct BuiltinEncoder {
    model: ModelId,
    calibration: Calibration,
    weights: Weights,
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

    /// Vocabulary ids of `text` with `[CLS]` and `[SEP]`, cut at 256.
    pub fn token_ids(&self, text: &str) -> Vec<u32> {
        self.weights.tokenizer.encode(text, MAX_TOKENS)
    }

    fn new((manifest, weights): (Manifest, Weights), simd: Simd) -> Self {
        Self {
            model: manifest.model_id(),
            calibration: manifest.calibration(),
            weights,
            simd,
        }
    }

    /// Embeds the sequences of one unit; the result is in their order.
    fn encode_unit(&self, unit: &[&[u32]], groups: usize, with_tokens: bool) -> Vec<Embedding> {
        let rows = forward(&self.weights, self.simd, unit, groups);
        let mut rows = &rows[..];
        unit.iter()
            .map(|ids| {
                let (own, rest) = rows.split_at(ids.len() * HIDDEN);
                rows = rest;
                embedding(ids, own, with_tokens)
            })
            .collect()
    }
}

impl Encoder for BuiltinEncoder {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn calibration(&self) -> Calibration {
        self.calibration
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.weights.tokenizer.tokens(text).count()
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        own_tokens(&self.token_ids(text)).to_vec()
    }

    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        let ids = self.token_ids(question);
        let groups = groups(ids.len() >= MIN_PARALLEL_ROWS);
        let mut embeddings = self.encode_unit(&[&ids], groups, with_tokens);
        Ok(embeddings.remove(0))
    }

    fn encode_passages(
        &self,
        passages: &[&str],
        with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
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
            let embedding = self.encode_query(only, with_tokens)?;
            return Ok(vec![embedding; passages.len()]);
        }
        let ids: Vec<Vec<u32>> = distinct
            .par_iter()
            .map(|text| self.token_ids(text))
            .collect();
        let mut longest_first: Vec<usize> = (0..ids.len()).collect();
        longest_first.sort_by_key(|&text| std::cmp::Reverse(ids[text].len()));
        let units = units(&longest_first, &ids);
        let groups = groups(units.len() == 1);
        let encode = |unit: &&[usize]| {
            let sequences: Vec<&[u32]> = unit.iter().map(|&text| &ids[text][..]).collect();
            let embeddings = self.encode_unit(&sequences, groups, with_tokens);
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

/// Mean over all rows, unit length; token vectors without `[CLS]` and `[SEP]`, unit length.
fn embedding(ids: &[u32], rows: &[f32], with_tokens: bool) -> Embedding {
    let mut sentence = vec![0.0; HIDDEN];
    for row in rows.chunks_exact(HIDDEN) {
        for (sum, value) in sentence.iter_mut().zip(row) {
            *sum += value;
        }
    }
    normalize(&mut sentence);
    let tokens = with_tokens.then(|| {
        let mut vectors = rows[HIDDEN..rows.len() - HIDDEN].to_vec();
        vectors.chunks_exact_mut(HIDDEN).for_each(normalize);
        TokenVectors {
            dim: HIDDEN,
            ids: own_tokens(ids).to_vec(),
            vectors,
        }
    });
    Embedding {
        sentence,
        length: own_tokens(ids).len(),
        tokens,
    }
}

/// `ids` without `[CLS]` and `[SEP]`.
fn own_tokens(ids: &[u32]) -> &[u32] {
    &ids[1..ids.len() - 1]
}

/// Scales `vector` to unit length.
fn normalize(vector: &mut [f32]) {
    let squares = vector.iter().map(|v| f64::from(*v) * f64::from(*v));
    let inverse = (1.0 / squares.sum::<f64>().sqrt()) as f32;
    vector.iter_mut().for_each(|value| *value *= inverse);
}
