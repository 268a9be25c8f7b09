//! Encoders: text in, unit-length vectors out.

mod builtin;
mod forward;
pub mod kernels;
pub mod pack;
pub mod tokenizer;

pub use builtin::BuiltinEncoder;

use crate::Result;

/// Which model made a vector. Two encoders with equal ids give comparable vectors.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelId {
    /// Human name, e.g. `all-MiniLM-L6-v2-int8`.
    pub name: String,
    /// Length of its sentence vectors.
    pub dim: u32,
    /// Longest input in tokens, `[CLS]` and `[SEP]` included; longer texts are cut.
    pub max_tokens: u32,
    /// SHA-256 of the weights, lower-case hex.
    pub digest: String,
}

/// What a text became.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Unit-length sentence vector: `dim` values, mean of the token vectors.
    pub sentence: Vec<f32>,
    /// The token vectors, if asked for.
    pub tokens: Option<TokenVectors>,
}

/// The last layer's vectors of a text's tokens, `[CLS]` and `[SEP]` dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    /// Vocabulary ids, one a token.
    pub ids: Vec<u32>,
    /// Unit-length rows, `ids.len() x dim`, row-major.
    pub vectors: Vec<f32>,
}

/// Turns questions and passages into vectors.
pub trait Encoder: Send + Sync {
    /// The model's identity, stored in every index and checked at query time.
    fn model(&self) -> &ModelId;

    /// Number of tokens of `text`, without `[CLS]` and `[SEP]`, not cut at the model's limit.
    fn count_tokens(&self, text: &str) -> usize;

    /// Embeds one question.
    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding>;

    /// Embeds passages; the result is in the order of `passages`.
    fn encode_passages(&self, passages: &[&str], with_tokens: bool) -> Result<Vec<Embedding>>;
}

/// What can go wrong with an embedding model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncoderError {
    /// The model pack of the built-in encoder is missing or damaged.
    #[error(transparent)]
    Pack(#[from] pack::PackError),
    /// The kernel that was asked for is not there.
    #[error(transparent)]
    Kernel(#[from] kernels::KernelError),
}
