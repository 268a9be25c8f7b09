//! Encoders: text in, unit-length vectors out.

mod builtin;
mod contract;
#[cfg(feature = "fastembed")]
pub mod fastembed;
mod forward;
#[doc(hidden)]
pub mod kernels;
#[doc(hidden)]
pub mod pack;
#[doc(hidden)]
pub mod tokenizer;

pub use builtin::BuiltinEncoder;
pub use contract::ContractError;
pub(crate) use contract::is_unit;

use std::path::Path;
use std::sync::Arc;

use crate::calibration::Calibration;

/// Which model made a vector. Two encoders with equal ids give comparable vectors.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ModelId {
    /// Human name, e.g. `all-MiniLM-L6-v2-int8`.
    pub name: String,
    /// Length of its sentence vectors.
    pub dim: u32,
    /// Longest input in tokens, `[CLS]` and `[SEP]` included but no prefix that the model puts before
    /// a text; longer texts are cut.
    pub max_tokens: u32,
    /// SHA-256, lower-case hex, of what vectors depend on: the weights, and for the built-in encoder
    /// also what its manifest says of their use.
    pub digest: String,
}

impl ModelId {
    /// Tokens of a text that the model reads: `[CLS]` and `[SEP]` take two places.
    pub fn readable_tokens(&self) -> usize {
        (self.max_tokens as usize).saturating_sub(2)
    }

    /// The first characters of the digest: enough to tell two models apart by eye.
    pub(crate) fn short_digest(&self) -> &str {
        self.digest.get(..12).unwrap_or(&self.digest)
    }
}

/// What a text became.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// Unit-length sentence vector: `dim` values.
    pub sentence: Vec<f32>,
    /// Number of the text's tokens, without `[CLS]`, `[SEP]` and a prefix.
    pub length: usize,
    /// The token vectors, if asked for and if the model makes them.
    pub tokens: Option<TokenVectors>,
}

/// The last layer's vectors of a text's tokens; those of `[CLS]`, `[SEP]` and a prefix are dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenVectors {
    /// Length of a token's vector; not necessarily that of the sentence vector.
    pub dim: usize,
    /// Vocabulary ids, one for each token.
    pub ids: Vec<u32>,
    /// Unit-length rows, `ids.len() x dim`, row-major.
    pub vectors: Vec<f32>,
}

/// Turns questions and passages into vectors.
///
/// docent comes with [`BuiltinEncoder`]; any other model is an implementation of this trait. What it
/// promises is checked wherever its vectors enter docent: one embedding for each text, as many values as
/// [`ModelId::dim`] says, finite, of unit length. A breach is an [`EncoderError::Contract`].
///
/// An encoder of one's own, here one that counts words in 64 buckets:
///
/// ```
/// use docent::encoder::{Embedding, Encoder, EncoderError, ModelId};
///
/// struct WordCounts(ModelId);
///
/// impl Encoder for WordCounts {
///     fn model(&self) -> &ModelId {
///         &self.0
///     }
///
///     fn count_tokens(&self, text: &str) -> usize {
///         text.split_whitespace().count()
///     }
///
///     fn encode_query(&self, question: &str, _: bool) -> Result<Embedding, EncoderError> {
///         let mut sentence = vec![0.0f32; 64];
///         for word in question.split_whitespace() {
///             let hash = word.bytes().fold(0u8, |hash, byte| hash.wrapping_mul(31) ^ byte);
///             sentence[usize::from(hash % 64)] += 1.0;
///         }
///         let length = sentence.iter().map(|x| x * x).sum::<f32>().sqrt();
///         if length == 0.0 {
///             return Err(EncoderError::other("a text without words has no vector"));
///         }
///         sentence.iter_mut().for_each(|x| *x /= length);
///         let length = self.count_tokens(question);
///         Ok(Embedding { sentence, length, tokens: None })
///     }
/// }
///
/// let encoder = WordCounts(ModelId {
///     name: "word-counts".to_owned(),
///     dim: 64,
///     max_tokens: 256,
///     digest: "1".to_owned(),
/// });
/// let both = encoder.encode_passages(&["read the docs", "read them"], false)?;
/// assert_eq!(both[1].sentence.len(), 64);
/// # Ok::<(), EncoderError>(())
/// ```
pub trait Encoder: Send + Sync {
    /// The model's identity, stored in every index and checked at query time.
    fn model(&self) -> &ModelId;

    /// The numbers of the ranking that were fitted to this model's scores; none unless it says so.
    fn calibration(&self) -> Calibration {
        Calibration::uncalibrated()
    }

    /// Number of tokens of `text`, without `[CLS]` and `[SEP]`, not cut at the model's limit.
    fn count_tokens(&self, text: &str) -> usize;

    /// Whether passages and questions can have token vectors, of whatever dimension.
    fn makes_token_vectors(&self) -> bool {
        false
    }

    /// Vocabulary ids of the tokens of `text` that the model reads, without `[CLS]` and `[SEP]`:
    /// those of its [`TokenVectors`], for the price of tokenizing. Asked only of encoders that make
    /// token vectors.
    fn tokenize(&self, _text: &str) -> Vec<u32> {
        Vec::new()
    }

    /// Embeds one question.
    ///
    /// # Errors
    ///
    /// The encoder's own; a foreign one wraps its errors with [`EncoderError::other`].
    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError>;

    /// Embeds passages; the result is in the order of `passages`. One after the other like questions,
    /// if the encoder knows nothing better.
    ///
    /// # Errors
    ///
    /// As [`Encoder::encode_query`].
    fn encode_passages(
        &self,
        passages: &[&str],
        with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
        let encode = |passage: &&str| self.encode_query(passage, with_tokens);
        passages.iter().map(encode).collect()
    }
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
    Kernel(#[from] crate::simd::KernelError),
    /// A model of fastembed or its ONNX Runtime could not be found, loaded or run.
    #[cfg(feature = "fastembed")]
    #[error(transparent)]
    Fastembed(#[from] fastembed::FastembedError),
    /// An encoder gave other vectors than it promises.
    #[error(
        "the encoder of {model} broke its contract: {breach}\n\
         hint: this is a bug of that encoder, please report it to its authors"
    )]
    Contract {
        /// Name of its model.
        model: String,
        /// What is wrong.
        breach: ContractError,
    },
    /// An encoder that is not docent's own failed.
    #[error("the encoder failed: {0}")]
    Other(Box<dyn std::error::Error + Send + Sync>),
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

impl EncoderError {
    /// The error of an encoder that is not docent's own; a message will do.
    pub fn other(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }

    /// What `encoder` owed and did not give.
    pub(crate) fn contract(encoder: &dyn Encoder, breach: ContractError) -> Self {
        let model = encoder.model().name.clone();
        Self::Contract { model, breach }
    }
}

/// Embeds `passages` and checks what comes out: the way into an index.
pub(crate) fn encode_passages(
    encoder: &dyn Encoder,
    passages: &[&str],
    with_tokens: bool,
) -> Result<Vec<Embedding>, EncoderError> {
    let embeddings = encoder.encode_passages(passages, with_tokens)?;
    check(encoder, &embeddings, passages.len(), with_tokens)?;
    Ok(embeddings)
}

/// Embeds a question and checks what comes out.
pub(crate) fn encode_query(
    encoder: &dyn Encoder,
    question: &str,
    with_tokens: bool,
) -> Result<Embedding, EncoderError> {
    let embedding = encoder.encode_query(question, with_tokens)?;
    check(encoder, std::slice::from_ref(&embedding), 1, with_tokens)?;
    Ok(embedding)
}

fn check(
    encoder: &dyn Encoder,
    embeddings: &[Embedding],
    texts: usize,
    with_tokens: bool,
) -> Result<(), EncoderError> {
    contract::check(embeddings, texts, encoder.model(), with_tokens)
        .map_err(|breach| EncoderError::contract(encoder, breach))
}

/// Opens the model that a user asked for: `None` is the bundled one, a folder with a
/// `manifest.json` another pack of the built-in encoder, anything else fastembed's.
///
/// # Errors
///
/// Those of the encoder that was chosen; see [`open_fastembed`].
pub fn open(model: Option<&str>) -> Result<Arc<dyn Encoder>, EncoderError> {
    match model {
        None => Ok(Arc::new(BuiltinEncoder::bundled()?)),
        Some(model) if Path::new(model).join("manifest.json").is_file() => {
            Ok(Arc::new(BuiltinEncoder::load(Path::new(model))?))
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
pub fn open_fastembed(model: &str) -> Result<Arc<dyn Encoder>, EncoderError> {
    #[cfg(feature = "fastembed")]
    return Ok(Arc::new(fastembed::FastembedEncoder::open(model)?));
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
