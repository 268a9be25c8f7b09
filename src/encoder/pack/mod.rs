//! The packed model: weights and vocabulary in the layout that the kernels read.
//!
//! A pack is a folder with `model.safetensors` and `manifest.json`. The manifest has the model's
//! measures and how it is used: the longest input, pooling and prefixes. The safetensors file starts
//! its data at a multiple of 64 bytes and every tensor's size is a multiple of 64, so that each is
//! aligned and used where it lies. `pack-model` writes packs; the one in `models/` is compiled in.
//!
//! A model has `L` layers, is `H` values wide and `F` inside the feed-forward layer, has `V` entries
//! in its vocabulary and reads `T` tokens:
//!
//! | tensor | type, shape | |
//! |---|---|---|
//! | `words`, `words.scales` | i8 \[V, H\], f32 | word embeddings, one scale for each row |
//! | `positions` | f32 \[T, H\] | position embeddings, the segment embedding added |
//! | `norm` | f32 \[2, H\] | gain and bias, as all norms |
//! | `layers.I.M.weights` | i8 \[N/64, K/4, 64, 4\] | `M` is `qkv`, `context`, `up`, `down` |
//! | `layers.I.M.scales`, `.bias`, `.sums` | f32, f32, i32 \[N\] | see [`Matrix`]; rows of weights are rotated ([`super::kernels::rotate`]) and divided by the rotation's size |
//! | `layers.I.qkv.shrink`, `layers.I.up.shrink` | f32 \[H\] | factors on the input before it is quantized |
//! | `layers.I.context.norm`, `layers.I.down.norm` | f32 \[2, H\] | norms after the residuals |
//! | `vocabulary.bytes`, `.offsets`, `.slots` | u8, u32, u16 | see [`Tokenizer`]; `[UNK]`, `[CLS]` and `[SEP]` are 100, 101 and 102 |
//!
//! [`Matrix`]: super::kernels::Matrix
//! [`Tokenizer`]: super::tokenizer::Tokenizer

mod manifest;
mod weights;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::ModelId;
use crate::map::map_file;
use manifest::refused;

pub use manifest::{Architecture, Manifest, Pooling};
pub use weights::{Layer, Weights, padded};

/// Names this layout in the manifest; another layout gets another name.
pub const LAYOUT: &str = "docent-bert-1";
/// The weights' file name.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";

/// Fewest tokens of a text that a model must read: the shortest chunk has as many.
const LEAST_READABLE: usize = 16;

/// The bundled pack's folder in the repository, followed by `$file`.
macro_rules! bundled_file {
    ($file:literal) => {
        concat!("models/all-MiniLM-L6-v2", $file)
    };
}

/// The folder, from the repository's root, of the pack that is compiled in.
pub const BUNDLED_FOLDER: &str = bundled_file!("");

/// A file's name and SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileDigest {
    /// Name in its folder.
    pub name: String,
    /// Lower-case hex.
    pub sha256: String,
}

/// What can go wrong with a pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file of the pack could not be read.
    #[error("cannot read {}: {source}\nhint: --model takes a folder that pack-model wrote", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is not one.
    #[error(
        "{MANIFEST_FILE} is not a model manifest: {source}\nhint: write the folder again with pack-model"
    )]
    Manifest {
        /// Why.
        source: serde_json::Error,
    },
    /// The manifest names another layout than this program reads.
    #[error(
        "the model is packed as `{found}`, this program reads `{LAYOUT}`\n\
         hint: write the folder again with this version's pack-model"
    )]
    Layout {
        /// The manifest's layout.
        found: String,
    },
    /// The weights are not the ones that the manifest names.
    #[error(
        "{WEIGHTS_FILE} has the SHA-256 {found}, its manifest says {expected}\n\
         hint: the file is damaged; write the folder again with pack-model"
    )]
    Checksum {
        /// The manifest's digest; empty if it names none.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The weights' file is not safetensors.
    #[error(
        "{WEIGHTS_FILE} cannot be parsed: {source}\nhint: write the folder again with pack-model"
    )]
    Container {
        /// Why.
        source: safetensors::SafeTensorError,
    },
    /// The model has a measure that this program cannot run, or leaves no room for a text.
    #[error(
        "{MANIFEST_FILE}: {what} is {found}, must be {allowed}\n\
         hint: docent runs BERT models with blocks of 64 values and heads of 32 or 64"
    )]
    Architecture {
        /// The measure.
        what: &'static str,
        /// Its value.
        found: usize,
        /// What it may be.
        allowed: String,
    },
    /// A tensor has another size than the model needs, or is not aligned.
    #[error(
        "{WEIGHTS_FILE}: tensor `{tensor}` has {found} bytes, {expected} are needed\n\
         hint: write the folder again with pack-model"
    )]
    Tensor {
        /// Its name.
        tensor: String,
        /// Bytes needed.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
}

/// A model, opened.
#[derive(Debug)]
pub struct Pack {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Its weights and vocabulary.
    pub weights: Weights,
    /// Tokens of the manifest's `query_prefix`.
    pub query_prefix: Vec<u32>,
    /// Tokens of the manifest's `passage_prefix`.
    pub passage_prefix: Vec<u32>,
}

/// The bundled pack, aligned as the kernels like it.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static BUNDLED_WEIGHTS: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!(
    "../../../",
    bundled_file!("/model.safetensors")
)));
static BUNDLED_MANIFEST: &str = include_str!(concat!("../../../", bundled_file!("/manifest.json")));

/// The pack that is compiled in. Parses its header and manifest, nothing else.
///
/// # Errors
///
/// [`PackError`] only if the program was built from a damaged pack.
pub fn bundled() -> Result<Pack, PackError> {
    Pack::new(bundled_manifest()?, &BUNDLED_WEIGHTS.0)
}

/// The manifest of the pack that is compiled in.
///
/// # Errors
///
/// As [`bundled`].
pub fn bundled_manifest() -> Result<Manifest, PackError> {
    Manifest::parse(BUNDLED_MANIFEST.as_bytes())
}

/// Maps the pack in `folder` and verifies its checksum, about 20 ms. It stays mapped until the
/// process ends.
///
/// # Errors
///
/// [`PackError`] if a file cannot be read, is damaged or has another layout.
pub fn load(folder: &Path) -> Result<Pack, PackError> {
    let path = folder.join(MANIFEST_FILE);
    let manifest = std::fs::read(&path).map_err(|source| PackError::Read { path, source })?;
    let manifest = Manifest::parse(&manifest)?;
    let path = folder.join(WEIGHTS_FILE);
    let (map, _) = map_file(&path).map_err(|source| PackError::Read { path, source })?;
    let bytes: &'static [u8] = Box::leak(Box::new(map));
    let found = sha256(bytes);
    let expected = manifest.weights_digest();
    if found != expected {
        return Err(PackError::Checksum {
            expected: expected.to_owned(),
            found,
        });
    }
    Pack::new(manifest, bytes)
}

/// SHA-256 of `bytes`, lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

impl Pack {
    fn new(manifest: Manifest, weights: &'static [u8]) -> Result<Self, PackError> {
        let weights = Weights::parse(weights, &manifest)?;
        // No more than an input has, however long a hostile prefix is.
        let tokens = |prefix: &str| -> Vec<u32> {
            let tokens = weights.tokenizer.tokens(prefix);
            tokens.take(manifest.max_tokens).collect()
        };
        let pack = Self {
            query_prefix: tokens(&manifest.query_prefix),
            passage_prefix: tokens(&manifest.passage_prefix),
            manifest,
            weights,
        };
        let what = "max_tokens less the prefix, [CLS] and [SEP]";
        match pack.readable_tokens() {
            LEAST_READABLE.. => Ok(pack),
            found => Err(refused(what, found, format!("at least {LEAST_READABLE}"))),
        }
    }

    /// The model's identity. Its `max_tokens` is what the longer prefix leaves, so that questions and
    /// passages are cut at the same length and neither is longer than the model reads.
    pub fn model_id(&self) -> ModelId {
        ModelId {
            name: self.manifest.model.clone(),
            dim: self.manifest.architecture.hidden as u32,
            max_tokens: (self.manifest.max_tokens - self.longer_prefix()) as u32,
            digest: self.manifest.digest(),
        }
    }

    /// Tokens of a text that the model reads.
    pub fn readable_tokens(&self) -> usize {
        let special = 2 + self.longer_prefix();
        self.manifest.max_tokens.saturating_sub(special)
    }

    fn longer_prefix(&self) -> usize {
        self.query_prefix.len().max(self.passage_prefix.len())
    }
}
