//! Vectors that an old index already has.

use std::collections::HashMap;

use crate::encoder::ModelId;
use crate::index::{ChunkId, Index, IndexError};
use crate::rank::hints;

/// Why nothing of an old index can be taken over.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReuseRefused {
    /// It is damaged.
    #[error("the old index cannot be trusted: {0}")]
    Damaged(#[from] IndexError),
    /// Its vectors are another model's.
    #[error("the old index was built with model {0}")]
    OtherModel(String),
    /// It was built by another version of docent, whose vectors may differ in the last bits.
    #[error("the old index was built by docent {0}")]
    OtherVersion(String),
    /// It has no token vectors, and the new one shall.
    #[error("the old index has no token vectors")]
    NoTokenVectors,
}

/// An old index of the same model, and where in it each text's vectors are.
pub(super) struct Previous<'a> {
    index: &'a Index,
    /// Hash of the embedded text to a chunk that has it.
    chunks: HashMap<[u8; 16], ChunkId>,
    /// Text of a guideline or example to its row.
    guide: HashMap<String, usize>,
}

impl<'a> Previous<'a> {
    /// Verifies all of `index` and finds out what is where: O(file length).
    pub(super) fn new(
        index: &'a Index,
        model: &ModelId,
        with_tokens: bool,
    ) -> Result<Self, ReuseRefused> {
        let meta = index.meta();
        if meta.model != *model {
            return Err(ReuseRefused::OtherModel(meta.model.name.clone()));
        }
        if meta.docent_version != env!("CARGO_PKG_VERSION") {
            return Err(ReuseRefused::OtherVersion(meta.docent_version.clone()));
        }
        if with_tokens && !index.has_token_vectors() {
            return Err(ReuseRefused::NoTokenVectors);
        }
        // A damaged vector must not live on in a new file with a good checksum.
        index.verify()?;
        let hashes = index.chunk_hashes().iter().copied();
        let texts = hints::texts(&index.guide()?);
        Ok(Self {
            index,
            chunks: hashes.zip((0..).map(ChunkId)).collect(),
            guide: texts.into_iter().zip(0..).collect(),
        })
    }

    /// The index, and a chunk of it whose embedded text has this hash.
    pub(super) fn chunk(&self, hash: &[u8; 16]) -> Option<(&'a Index, ChunkId)> {
        self.chunks.get(hash).map(|&chunk| (self.index, chunk))
    }

    /// The vector of a guideline or example of this text.
    pub(super) fn guide_vector(&self, text: &str) -> Option<&'a [f32]> {
        self.index.guide_vectors().row(*self.guide.get(text)?)
    }
}
