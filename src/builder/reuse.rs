//! Vectors that an old index already has.

use std::collections::HashMap;

use crate::content_hash;
use crate::encoder::ModelId;
use crate::index::{ChunkId, Index, IndexError, TokenRows};

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
    /// Hash of the text of a passage of the guide to its row.
    guide: HashMap<[u8; 16], usize>,
}

/// A text of an old index.
#[derive(Clone, Copy)]
pub(super) enum OldText<'a> {
    /// A chunk.
    Chunk(&'a Index, ChunkId),
    /// A passage of the guide.
    Guide(&'a Index, usize),
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
        let guide = index.guide()?;
        let said = guide.passages().map(|passage| content_hash(&passage.text));
        Ok(Self {
            index,
            chunks: hashes.zip((0..).map(ChunkId)).collect(),
            guide: said.zip(0..).collect(),
        })
    }

    /// The chunk whose embedded text has this hash.
    pub(super) fn chunk(&self, hash: &[u8; 16]) -> Option<OldText<'a>> {
        let chunk = self.chunks.get(hash);
        chunk.map(|&chunk| OldText::Chunk(self.index, chunk))
    }

    /// The passage of the guide whose text has this hash.
    pub(super) fn guide(&self, hash: &[u8; 16]) -> Option<OldText<'a>> {
        let row = self.guide.get(hash);
        row.map(|&row| OldText::Guide(self.index, row))
    }
}

impl<'a> OldText<'a> {
    pub(super) fn sentence(self) -> &'a [f32] {
        let row = match self {
            Self::Chunk(index, chunk) => index.vectors().row(chunk.position()),
            Self::Guide(index, row) => index.guide_vectors().row(row),
        };
        row.unwrap_or_default()
    }

    pub(super) fn tokens(self) -> Result<Option<TokenRows<'a>>, IndexError> {
        match self {
            Self::Chunk(index, chunk) => index.token_vectors(chunk),
            Self::Guide(index, row) => index.guide_token_vectors(row),
        }
    }

    /// Tokens of the text; 0 of a passage of the guide, which nobody asks for.
    pub(super) fn length(self) -> Result<u32, IndexError> {
        match self {
            Self::Chunk(index, chunk) => Ok(index.chunk(chunk)?.tokens),
            Self::Guide(..) => Ok(0),
        }
    }
}
