//! An encoder that counts words: what a test of the library needs of a model, at next to no cost.

use docent::analysis;
use docent::calibration::Calibration;
use docent::encoder::{Embedding, Encoder, EncoderError, ModelId, TokenVectors};
use xxhash_rust::xxh3::xxh3_64;

/// Values of a sentence vector.
pub const DIM: usize = 32;
/// Values of a token vector: not as many, so that nobody takes one for the other.
pub const TOKEN_DIM: usize = 20;
/// Numbers of tokens.
const VOCABULARY: u64 = 10_000;

/// Each word has a direction, by its hash; a text points to where its words do together.
///
/// Every word is a token. Only as many are read as the model can, the first ones.
#[derive(Clone)]
pub struct Toy {
    model: ModelId,
    has_tokens: bool,
    calibration: Calibration,
}

impl Toy {
    /// With token vectors, uncalibrated, of 256 tokens.
    pub fn new() -> Self {
        Self {
            model: ModelId {
                name: "toy".to_owned(),
                dim: DIM as u32,
                max_tokens: 256,
                digest: "0".to_owned(),
            },
            has_tokens: true,
            calibration: Calibration::uncalibrated(),
        }
    }

    pub fn without_token_vectors() -> Self {
        Self {
            has_tokens: false,
            ..Self::new()
        }
    }

    pub fn calibrated(calibration: Calibration) -> Self {
        Self {
            calibration,
            ..Self::new()
        }
    }

    /// One that reads this many tokens, `[CLS]` and `[SEP]` included.
    pub fn of_max_tokens(max_tokens: u32) -> Self {
        let mut toy = Self::new();
        toy.model.max_tokens = max_tokens;
        toy
    }

    /// The hashes of the words that are read.
    fn hashes(&self, text: &str) -> Vec<u64> {
        analysis::words(text)
            .take(self.model.readable_tokens())
            .map(|word| xxh3_64(word.to_lowercase().as_bytes()))
            .collect()
    }
}

/// The direction of a word: the signs are bits of its hash, from the one numbered `first` on.
fn signs(hash: u64, first: usize, dim: usize) -> impl Iterator<Item = f32> {
    (first..first + dim).map(move |bit| if hash >> bit & 1 == 1 { 1.0 } else { -1.0 })
}

impl Encoder for Toy {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn calibration(&self) -> Calibration {
        self.calibration.clone()
    }

    fn count_tokens(&self, text: &str) -> usize {
        analysis::words(text).count()
    }

    fn makes_token_vectors(&self) -> bool {
        self.has_tokens
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        let hashes = self.hashes(text).into_iter();
        hashes.map(|hash| (hash % VOCABULARY) as u32).collect()
    }

    fn encode_query(&self, text: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        let hashes = self.hashes(text);
        let mut sentence = vec![0.0f32; DIM];
        for &hash in &hashes {
            for (sum, sign) in sentence.iter_mut().zip(signs(hash, 0, DIM)) {
                *sum += sign;
            }
        }
        let length = sentence.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length == 0.0 {
            // Without words, or with words that cancel each other out.
            sentence[0] = 1.0;
        } else {
            sentence.iter_mut().for_each(|x| *x /= length);
        }
        let rows = hashes.iter().flat_map(|&hash| {
            signs(hash, DIM, TOKEN_DIM).map(|sign| sign / (TOKEN_DIM as f32).sqrt())
        });
        let tokens = (with_tokens && self.has_tokens).then(|| TokenVectors {
            dim: TOKEN_DIM,
            ids: self.tokenize(text),
            vectors: rows.collect(),
        });
        Ok(Embedding {
            sentence,
            length: hashes.len(),
            tokens,
        })
    }
}
