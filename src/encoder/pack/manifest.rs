//! What a pack says of itself.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{FileDigest, LAYOUT, PackError, WEIGHTS_FILE, sha256};
use crate::calibration::Calibration;
use crate::encoder::kernels::{BLOCK, HEAD_DIMS};
use crate::encoder::tokenizer::{SEP, Tokenizer};

/// Transformer layers beyond this are no model of this family.
const MOST_LAYERS: usize = 64;
/// A row's sums of products fit into 32 bits below this.
const WIDTH_LIMIT: usize = 1 << 16;
/// The longest input; no model of this family has position embeddings for more.
const MOST_TOKENS: usize = 1 << 13;

/// What the encoder reads of a pack's manifest; `pack-model` writes more for people.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Manifest {
    /// Model id, e.g. `all-MiniLM-L6-v2-int8`.
    pub model: String,
    /// [`LAYOUT`].
    pub layout: String,
    /// The model's measures.
    pub architecture: Architecture,
    /// Longest input in tokens, with `[CLS]`, a prefix and `[SEP]`; as many positions are stored.
    pub max_tokens: usize,
    /// How token vectors become a sentence vector.
    pub pooling: Pooling,
    /// Stands before a question, as words of its own.
    #[serde(default)]
    pub query_prefix: String,
    /// Stands before a passage, as words of its own.
    #[serde(default)]
    pub passage_prefix: String,
    /// The numbers of the ranking that were fitted to the model; absent if none were.
    pub calibration: Option<Calibration>,
    /// Files of the pack.
    pub files: Vec<FileDigest>,
}

/// The measures of a BERT (Devlin et al., 2019).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Architecture {
    /// Transformer layers.
    pub layers: usize,
    /// Length of a token vector: a multiple of [`BLOCK`].
    pub hidden: usize,
    /// Values inside the feed-forward layer: a multiple of [`BLOCK`].
    pub feed_forward: usize,
    /// Attention heads; each has one of [`HEAD_DIMS`] values.
    pub heads: usize,
    /// Entries of the vocabulary.
    pub vocabulary: usize,
}

/// How token vectors become a sentence vector, which is then scaled to unit length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pooling {
    /// The mean of all, those of `[CLS]`, the prefix and `[SEP]` included.
    Mean,
    /// The one of `[CLS]`.
    Cls,
}

impl Manifest {
    /// Reads a manifest and checks its measures, so that sizes made of them fit into memory.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, PackError> {
        /// Of another layout nothing else need be as it is here.
        #[derive(Deserialize)]
        struct Layout {
            layout: String,
        }
        let malformed = |source| PackError::Manifest { source };
        let Layout { layout: found } = serde_json::from_slice(bytes).map_err(malformed)?;
        if found != LAYOUT {
            return Err(PackError::Layout { found });
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(malformed)?;
        manifest.architecture.check()?;
        within("max_tokens", manifest.max_tokens, 1, MOST_TOKENS)?;
        Ok(manifest)
    }

    /// The model's calibration.
    pub fn calibration(&self) -> Calibration {
        self.calibration
            .clone()
            .unwrap_or_else(Calibration::uncalibrated)
    }

    /// SHA-256 of the weights' file; empty if the manifest does not name it.
    pub fn weights_digest(&self) -> &str {
        let weights = self.files.iter().find(|file| file.name == WEIGHTS_FILE);
        weights.map_or("", |file| &file.sha256)
    }

    /// SHA-256 of everything that a vector depends on besides its text: the digest of the weights and
    /// what the manifest says of their use. Packs that differ in it make vectors that must not be
    /// compared, also if the weights are the same.
    pub fn digest(&self) -> String {
        let Architecture {
            layers,
            hidden,
            feed_forward,
            heads,
            vocabulary,
        } = self.architecture;
        let parts = json!([
            self.layout,
            self.weights_digest(),
            [layers, hidden, feed_forward, heads, vocabulary],
            self.max_tokens,
            self.pooling,
            self.query_prefix,
            self.passage_prefix,
        ]);
        sha256(parts.to_string().as_bytes())
    }
}

impl Architecture {
    /// Values of an attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden / self.heads
    }

    /// Slots of the vocabulary's hash table: at most half of them are taken.
    pub fn vocabulary_slots(&self) -> usize {
        (2 * self.vocabulary).next_power_of_two()
    }

    /// Whether the kernels can run a model of these measures.
    ///
    /// # Errors
    ///
    /// [`PackError::Architecture`] names the measure and what it may be.
    pub fn check(&self) -> Result<(), PackError> {
        within("layers", self.layers, 1, MOST_LAYERS)?;
        for (what, width) in [("hidden", self.hidden), ("feed_forward", self.feed_forward)] {
            within(what, width, BLOCK, WIDTH_LIMIT - 1)?;
            if !width.is_multiple_of(BLOCK) {
                return Err(refused(what, width, format!("a multiple of {BLOCK}")));
            }
        }
        let fits = |&dim: &usize| self.heads.checked_mul(dim) == Some(self.hidden);
        if !HEAD_DIMS.iter().any(fits) {
            let allowed = HEAD_DIMS.map(|dim| format!("{}", self.hidden / dim));
            let allowed = format!("{} for a width of {}", allowed.join(" or "), self.hidden);
            return Err(refused("heads", self.heads, allowed));
        }
        let special = SEP as usize + 1;
        within(
            "vocabulary",
            self.vocabulary,
            special,
            Tokenizer::MOST_ENTRIES,
        )
    }
}

/// The error unless `least <= found <= most`.
fn within(what: &'static str, found: usize, least: usize, most: usize) -> Result<(), PackError> {
    if (least..=most).contains(&found) {
        return Ok(());
    }
    Err(refused(what, found, format!("{least} to {most}")))
}

pub(super) fn refused(what: &'static str, found: usize, allowed: String) -> PackError {
    PackError::Architecture {
        what,
        found,
        allowed,
    }
}
