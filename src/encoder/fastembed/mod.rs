//! Any other embedding model: ONNX files, run by fastembed on ONNX Runtime.
//!
//! Compiled with the `fastembed` feature. ONNX Runtime itself is a shared library that is looked
//! for when a model is opened, so the build needs nothing of it: `ORT_DYLIB_PATH` names the file,
//! else the system's loader is asked. Opening all-MiniLM-L6-v2 so takes 230 to 310 ms (ONNX Runtime
//! 1.32, 2 cores of an AMD Zen 4).
//!
//! These models give no token vectors ([`Embedding::tokens`] is always `None`), so late
//! interaction is off with them: ranking goes by sentence vectors, BM25 and hints.
//!
//! # Example
//!
//! ```no_run
//! use docent::encoder::{Encoder, fastembed::FastembedEncoder};
//!
//! # fn main() -> Result<(), docent::encoder::EncoderError> {
//! let encoder = FastembedEncoder::open("BAAI/bge-small-en-v1.5")?;
//! let question = encoder.encode_query("How do I add pagination?", false)?;
//! assert_eq!(question.sentence.len(), 384);
//! # Ok(())
//! # }
//! ```

mod catalog;
mod error;
mod family;
mod folder;
mod runtime;

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ::fastembed::{
    EmbeddingModel, InitOptionsUserDefined, ModelInfo, TextEmbedding, TextInitOptions,
};
use sha2::{Digest, Sha256};
use tokenizers::Tokenizer;

use super::{Embedding, Encoder, EncoderError, ModelId, pack};
use crate::calibration::Calibration;
pub use error::FastembedError;
use error::{chain, panic_message};
use family::Prefixes;
use folder::ModelFolder;

/// How far from 1 the length of a sentence vector may be.
const UNIT_TOLERANCE: f32 = 1e-3;

/// An ONNX embedding model, ready to run.
///
/// Texts are embedded one by one, each with all of rayon's current number of threads: int8 models
/// scale their activations by the range of the whole batch, so any other batching would make a
/// vector depend on its neighbours. Calls from several threads take turns.
pub struct FastembedEncoder {
    id: ModelId,
    calibration: Calibration,
    prefixes: Prefixes,
    session: Mutex<TextEmbedding>,
    /// The model's tokenizer without its limit, for counting.
    counter: Tokenizer,
}

impl FastembedEncoder {
    /// Opens the model that `spec` names: a folder if there is one at this path, else a model of
    /// fastembed's catalogue.
    ///
    /// A folder needs an ONNX file (`model.onnx`, `onnx/model.onnx`, or the same with
    /// `model_optimized`, `model_quantized` or `model_int8`) and `tokenizer.json`. The limit on
    /// tokens, pooling and prefixes come from the usual small files where they exist
    /// (`config.json`, `tokenizer_config.json`, `special_tokens_map.json`,
    /// `sentence_bert_config.json`, `1_Pooling/config.json`, `config_sentence_transformers.json`);
    /// without them they are those of the model's family, or 512 tokens, the mean and none.
    ///
    /// A name is fastembed's short one (`BGESmallENV15Q`), the repository that it fetches
    /// (`Xenova/bge-small-en-v1.5`, meaning the plain model where it also holds a quantized one)
    /// or the one that the authors published (`BAAI/bge-small-en-v1.5`). The model is fetched if
    /// it is not in the cache: `HF_HOME`, else `FASTEMBED_CACHE_DIR`, else `.fastembed_cache` in
    /// the working folder.
    ///
    /// The identity ([`ModelId`]) has the folder's or the short name; its digest is the SHA-256 of
    /// the ONNX file, followed by its external weights if it has any. `max_tokens` is what is left
    /// for a passage after the model's prefix.
    ///
    /// Reads the weights twice (once to hash them) and runs the model once.
    ///
    /// # Errors
    ///
    /// [`EncoderError::Fastembed`]: an unknown name or incomplete folder, no usable ONNX Runtime,
    /// a model that cannot be fetched, or files that do not make a model. They are looked for in
    /// this order.
    pub fn open(spec: &str) -> Result<Self, EncoderError> {
        let path = Path::new(spec);
        let encoder = if path.is_dir() {
            Self::open_folder(path)
        } else if is_path(spec) {
            Err(FastembedError::FolderMissing {
                folder: path.to_owned(),
            })
        } else {
            Self::open_named(&catalog::find(spec)?)
        };
        Ok(encoder?)
    }

    fn open_folder(path: &Path) -> Result<Self, FastembedError> {
        let folder = ModelFolder::read(path)?;
        let mut options = InitOptionsUserDefined::new().with_max_length(folder.max_tokens);
        options.environment = Some(runtime::environment()?);
        options.intra_threads = Some(rayon::current_num_threads());
        let session = build(|| TextEmbedding::try_new_from_user_defined(folder.model, options))
            .map_err(|reason| FastembedError::Load {
                name: folder.name.clone(),
                reason,
            })?;
        Self::new(folder.name, &folder.weights, folder.prefixes, session)
    }

    fn open_named(info: &ModelInfo<EmbeddingModel>) -> Result<Self, FastembedError> {
        let name = catalog::short_name(info);
        let cache = catalog::cache_dir();
        let mut options = TextInitOptions::new(info.model.clone()).with_cache_dir(cache.clone());
        options.environment = Some(runtime::environment()?);
        options.intra_threads = Some(rayon::current_num_threads());
        let session = build(|| TextEmbedding::try_new(options));
        // Only now: the constructor may have fetched the files.
        let weights = catalog::cached_weights(info, &cache);
        let session = session.map_err(|reason| match &weights {
            Ok(_) => FastembedError::Load {
                name: name.clone(),
                reason,
            },
            Err(missing) => FastembedError::NotCached {
                name: name.clone(),
                repository: info.model_code.clone(),
                cache: cache.clone(),
                missing: missing.clone(),
                reason,
            },
        })?;
        let weights = weights.map_err(|missing| FastembedError::Load {
            name: name.clone(),
            reason: format!("{} vanished from the cache", missing.join(", ")),
        })?;
        let prefixes = family::of(&info.model_code)
            .map(family::Family::prefixes)
            .unwrap_or_default();
        Self::new(name, &weights, prefixes, session)
    }

    fn new(
        name: String,
        weights: &[PathBuf],
        prefixes: Prefixes,
        session: TextEmbedding,
    ) -> Result<Self, FastembedError> {
        // The tokenizer would use rayon, and a thread that waits for rayon may pick up another
        // task that wants the session this one holds.
        tokenizers::utils::parallelism::set_parallelism(false);
        let limit = session
            .tokenizer
            .get_truncation()
            .map_or(0, |truncation| truncation.max_length);
        let counter = counter(&name, &session.tokenizer)?;
        let max_tokens = limit.saturating_sub(count(&counter, &prefixes.passage));
        let mut encoder = Self {
            calibration: calibration(&name),
            id: ModelId {
                name,
                dim: 0,
                max_tokens: u32::try_from(max_tokens).unwrap_or(u32::MAX),
                digest: sha256(weights)?,
            },
            prefixes,
            session: Mutex::new(session),
            counter,
        };
        // The dimension is what the model gives, whatever its files say.
        let dim = encoder.sentence("dimension")?.len();
        encoder.id.dim = u32::try_from(dim).unwrap_or(u32::MAX);
        Ok(encoder)
    }

    /// The unit-length sentence vector of `input`.
    fn sentence(&self, input: &str) -> Result<Vec<f32>, FastembedError> {
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let vector = session
            .embed([input], None)
            .map_err(|error| self.failed(chain(&error)))?
            .pop()
            .ok_or_else(|| self.failed("it gave no vector".to_owned()))?;
        let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
        if length.is_nan() || (length - 1.0).abs() > UNIT_TOLERANCE {
            return Err(self.failed(format!("it gave a vector of length {length}")));
        }
        Ok(vector)
    }

    fn embed(&self, prefix: &str, text: &str) -> Result<Embedding, EncoderError> {
        let sentence = self
            .sentence(&format!("{prefix}{text}"))
            .map_err(EncoderError::from)?;
        Ok(Embedding {
            sentence,
            length: self.count_tokens(text),
            tokens: None,
        })
    }

    fn failed(&self, reason: String) -> FastembedError {
        FastembedError::Run {
            name: self.id.name.clone(),
            reason,
        }
    }
}

impl Encoder for FastembedEncoder {
    fn model(&self) -> &ModelId {
        &self.id
    }

    fn calibration(&self) -> Calibration {
        self.calibration.clone()
    }

    fn count_tokens(&self, text: &str) -> usize {
        count(&self.counter, text)
    }

    /// The model's query prefix is added. `with_tokens` changes nothing: `tokens` is `None`.
    fn encode_query(&self, question: &str, _with_tokens: bool) -> Result<Embedding, EncoderError> {
        self.embed(&self.prefixes.query, question)
    }

    /// The model's passage prefix is added. `with_tokens` changes nothing: `tokens` is `None`.
    fn encode_passages(
        &self,
        passages: &[&str],
        _with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
        passages
            .iter()
            .map(|passage| self.embed(&self.prefixes.passage, passage))
            .collect()
    }
}

impl fmt::Debug for FastembedEncoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FastembedEncoder")
            .field("id", &self.id)
            .field("prefixes", &self.prefixes)
            .finish_non_exhaustive()
    }
}

/// fastembed's names of models whose scores are those of the bundled one, which is the same model in
/// fewer bits: what was fitted to it holds for them. Nothing was fitted to any other.
const LIKE_THE_BUNDLED: [&str; 2] = ["AllMiniLML6V2", "AllMiniLML6V2Q"];

/// The calibration of the model that fastembed calls `name`.
fn calibration(name: &str) -> Calibration {
    match pack::bundled_manifest() {
        Ok(manifest) if LIKE_THE_BUNDLED.contains(&name) => manifest.calibration(),
        _ => Calibration::uncalibrated(),
    }
}

/// Whether `spec` can only be meant as a path: no model's name begins so or has two slashes.
fn is_path(spec: &str) -> bool {
    spec.starts_with(['.', '/', '~', '\\'])
        || spec.ends_with('/')
        || spec.matches(['/', '\\']).count() > 1
}

/// Runs one of fastembed's constructors; an error is its message.
fn build(
    constructor: impl FnOnce() -> ::fastembed::Result<TextEmbedding>,
) -> Result<TextEmbedding, String> {
    // `tokenizers` subtracts the special tokens from the limit unchecked, and trusts its JSON
    // in other places too: a bad file must be an error.
    match catch_unwind(AssertUnwindSafe(constructor)) {
        Ok(session) => session.map_err(|error| chain(&error)),
        Err(payload) => Err(panic_message(&*payload)),
    }
}

fn counter(name: &str, tokenizer: &Tokenizer) -> Result<Tokenizer, FastembedError> {
    let mut counter = tokenizer.clone();
    counter.with_padding(None);
    counter
        .with_truncation(None)
        .map_err(|error| FastembedError::Load {
            name: name.to_owned(),
            reason: error.to_string(),
        })?;
    Ok(counter)
}

/// Tokens of `text` without special ones. A text that the tokenizer refuses, which embedding will
/// report, counts a token per character: never too few.
fn count(tokenizer: &Tokenizer, text: &str) -> usize {
    tokenizer
        .encode_fast(text, false)
        .map_or_else(|_| text.chars().count(), |encoding| encoding.len())
}

/// SHA-256 of the files' bytes one after another, in lower-case hex.
fn sha256(files: &[PathBuf]) -> Result<String, FastembedError> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    for path in files {
        let failed = |source| FastembedError::Read {
            path: path.clone(),
            source,
        };
        let mut file = File::open(path).map_err(failed)?;
        loop {
            let read = file.read(&mut buffer).map_err(failed)?;
            if read == 0 {
                break;
            }
            hasher.update(&buffer[..read]);
        }
    }
    Ok(hex::encode(hasher.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_names() {
        for path in ["./model", "/opt/model", "~/model", "..", "a/b/c", "models/"] {
            assert!(is_path(path), "{path}");
        }
        for name in ["BAAI/bge-small-en-v1.5", "BGESmallENV15", "zzz", ""] {
            assert!(!is_path(name), "{name}");
        }
    }

    #[test]
    fn the_digest_is_that_of_the_files_one_after_another() {
        let dir = tempfile::tempdir().unwrap();
        let files = [dir.path().join("a"), dir.path().join("b")];
        std::fs::write(&files[0], "a").unwrap();
        std::fs::write(&files[1], "bc").unwrap();
        // FIPS 180-2, appendix B.1: SHA-256("abc").
        assert_eq!(
            sha256(&files).unwrap(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        let missing = sha256(&[dir.path().join("c")]).unwrap_err();
        assert!(
            matches!(missing, FastembedError::Read { .. }),
            "{missing:?}"
        );
    }
}
