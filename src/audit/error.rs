//! What can go wrong in an audit.

use std::io;
use std::path::PathBuf;

use crate::eval::EvalError;
use crate::index::IndexError;

/// What can go wrong in an audit.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// An earlier audit cannot be read.
    #[error(
        "cannot read the baseline {}: {source}\n\
         hint: write one with `docent audit --format json`", path.display()
    )]
    ReadBaseline {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The baseline is no audit.
    #[error(
        "{} is not the output of docent audit: {source}\n\
         hint: write one with `docent audit --format json`", path.display()
    )]
    Baseline {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        source: serde_json::Error,
    },
    /// The baseline is of another version.
    #[error(
        "{} is an audit of version {found}, not {expected}\n\
         hint: write a new one with `docent audit --format json`", path.display()
    )]
    BaselineVersion {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u64,
        /// The version that this program writes.
        expected: u64,
    },
    /// The file of questions cannot be read.
    #[error(transparent)]
    Questions(#[from] EvalError),
    /// Reading, building or searching failed.
    #[error(transparent)]
    Docent(#[from] crate::Error),
}

impl From<IndexError> for AuditError {
    fn from(error: IndexError) -> Self {
        Self::Docent(error.into())
    }
}
