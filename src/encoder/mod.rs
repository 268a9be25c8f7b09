//! Encoders: text in, unit-length vectors out.

mod builtin;
#[cfg(feature = "fastembed")]
pub mod fastembed;
mod forward;
pub mod kernels;
pub mod pack;
pub mod tokenizer;

pub use builtin::BuiltinEncoder;

use std::path::Path;

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
    /// Number of the text's tokens, without `[CLS]` and `[SEP]`.
    pub length: usize,
    /// The token vectors, if asked for and if the model makes them.
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

    /// Whether passages and questions can have token vectors.
    fn makes_token_vectors(&self) -> bool;

    /// Vocabulary ids of the tokens of `text` that the model reads, without `[CLS]` and `[SEP]`:
    /// those of its [`TokenVectors`], for the price of tokenizing.
    fn tokenize(&self, text: &str) -> Vec<u32>;

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
    /// A model of fastembed or its ONNX Runtime could not be found, loaded or run.
    #[cfg(feature = "fastembed")]
    #[error(transparent)]
    Fastembed(#[from] fastembed::FastembedError),
    /// Another model than the built-in ones was asked for, in a build that cannot run it.
    #[error(
        "the model `{model}` needs fastembed, which this build does not have\n\
         hint: use the built-in model, or rebuild with the default features (`--features fastembed`)"
    )]
    NoFastembed {
        /// The model as the caller named it.
        model: String,
    },
}

/// Opens the model that a user asked for: `None` is the bundled one, a folder with a
/// `manifest.json` another pack of the built-in encoder, anything else fastembed's.
///
/// # Errors
///
/// Those of the encoder that was chosen; see [`open_fastembed`].
pub fn open(model: Option<&str>) -> Result<Box<dyn Encoder>, EncoderError> {
    match model {
        None => Ok(Box::new(BuiltinEncoder::bundled()?)),
        Some(model) if Path::new(model).join("manifest.json").is_file() => {
            Ok(Box::new(BuiltinEncoder::load(Path::new(model))?))
        }
        Some(model) => open_fastembed(model),
    }
}

/// Opens a model that docent runs through fastembed: a name of fastembed's catalogue or a folder
/// with an ONNX model (see `fastembed::FastembedEncoder::open`).
///
/// # Errors
///
/// [`EncoderError::NoFastembed`] in a build without the `fastembed` feature; otherwise what
/// `FastembedEncoder::open` returns.
pub fn open_fastembed(model: &str) -> Result<Box<dyn Encoder>, EncoderError> {
    #[cfg(feature = "fastembed")]
    return Ok(Box::new(fastembed::FastembedEncoder::open(model)?));
    #[cfg(not(feature = "fastembed"))]
    return Err(EncoderError::NoFastembed {
        model: model.to_owned(),
    });
}

#[cfg(all(test, not(feature = "fastembed")))]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_fastembed_says_so() {
        let error = open_fastembed("BAAI/bge-small-en-v1.5").err().unwrap();
        assert_eq!(
            error.to_string(),
            "the model `BAAI/bge-small-en-v1.5` needs fastembed, which this build does not have\n\
             hint: use the built-in model, or rebuild with the default features \
             (`--features fastembed`)"
        );
    }
}
