//! The one error type of the library: each layer's typed error, with its remedy in the message.

use crate::corpus::CorpusError;
use crate::encoder::EncoderError;
use crate::index::IndexError;
use crate::search::ScopeError;

/// What the library's fallible functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Anything that can go wrong in the library, by layer.
///
/// Messages carry the facts (path, expected, found) and end in a `hint:` line where the user can
/// do something about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The documentation folder could not be read as a corpus.
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    /// The embedding model could not be loaded or run.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// The index file could not be written, opened or trusted.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// A search was limited to what is not there.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// A store could not be reached, or not be trusted.
    #[cfg(feature = "milvus")]
    #[error(transparent)]
    Store(#[from] crate::milvus::StoreError),
}
