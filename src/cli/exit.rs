//! Exit codes, and what cannot be told by the library's errors.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use docent::Error;
use docent::answer::location::LocationError;
use docent::audit::AuditError;
use docent::eval::EvalError;
use docent::index::IndexError;
#[cfg(feature = "milvus")]
use docent::milvus::StoreError;
use docent::questions::TodoError;
use docent::serve::ServeError;

/// The exit codes, as `--help` lists them.
macro_rules! exit_codes {
    () => {
        "\
Exit codes:
  0  found, or the output was closed early
  1  nothing confident; eval: quality fell below the baseline; diff: what --fail-on
     names; audit --strict: something was found; agents: a file was left as it is
  2  usage or other error
  3  no index
  4  the index is corrupt
  5  the index is of an older or newer format
  6  the index was built with another model
  7  --fail-stale, and the docs are newer than the index, or that cannot be told; the output is
     as without it"
    };
}
pub(crate) use exit_codes;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what was asked.
    Found = 0,
    /// No section is a confident answer, quality fell below the baseline, a change of the docs lost what it
    /// was not to lose, `audit --strict` found something, or `agents` left a file that it should have edited.
    NothingConfident = 1,
    /// Usage, or an error without a code of its own.
    Error = 2,
    /// There is no index.
    IndexMissing = 3,
    /// The index is damaged or something else.
    IndexCorrupt = 4,
    /// The index has a format that this program does not read.
    IndexIncompatible = 5,
    /// The index was built with another model, or two that are compared with different ones.
    WrongModel = 6,
    /// The docs are newer than the index, or that cannot be told, which was said to be a failure.
    Stale = 7,
}

/// What goes wrong in the command line itself.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// No index was named, and none lies in the working folder or above it.
    #[error(
        "no {} in {} or a folder above it\n\
         hint: build one with `build-index DOCS`, or name one with --index or DOCENT_INDEX",
        super::index_file::INDEX_NAME, folder.display()
    )]
    NoIndex {
        /// Where the search began.
        folder: PathBuf,
    },
    /// The working folder has no name to search from.
    #[error("cannot tell the working folder: {0}\nhint: name the index with --index")]
    WorkingFolder(io::Error),
    /// The question could not be read.
    #[error(
        "cannot read standard input: {0}\nhint: give UTF-8 text, one question a line with --batch"
    )]
    Input(io::Error),
    /// Standard input had no question.
    #[error("the question on standard input is empty\nhint: write a question")]
    EmptyQuestion,
    /// The index does not say where its docs are, or they are not there.
    #[error(
        "cannot tell where the docs of the index are\n\
         hint: build the index again with build-index, from docs that stay where they are"
    )]
    NoDocs,
    /// Which of the corpora of an index something is for cannot be told.
    #[error(
        "the index has several corpora, and questions are kept beside one\n\
         hint: build an index of the one that they belong to, and name it with --index"
    )]
    SeveralDocs,
}

impl Exit {
    /// The exit code that an error means. A closed pipe is no error.
    pub fn of_error(error: &anyhow::Error) -> Self {
        let closed = |cause: &&(dyn std::error::Error + 'static)| {
            let io = cause.downcast_ref::<io::Error>();
            io.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        };
        if error.chain().any(|cause| closed(&cause)) {
            return Self::Found;
        }
        if let Some(CliError::NoIndex { .. }) = error.downcast_ref() {
            return Self::IndexMissing;
        }
        if let Some(EvalError::DifferentModels { .. }) = error.downcast_ref() {
            return Self::WrongModel;
        }
        #[cfg(feature = "milvus")]
        if let Some(Error::Store(error)) = error.downcast_ref() {
            return Self::of_store_error(error);
        }
        let of_location = error.downcast_ref().and_then(|error| match error {
            LocationError::Index(error) => Some(error),
            _ => None,
        });
        let of_eval = error.downcast_ref().and_then(|error| match error {
            EvalError::Docent(error) => Some(error),
            _ => None,
        });
        let of_audit = error.downcast_ref().and_then(|error| match error {
            AuditError::Docent(error) => Some(error),
            _ => None,
        });
        let of_todo = error.downcast_ref().and_then(|error| match error {
            TodoError::Docent(error) => Some(error),
            _ => None,
        });
        let of_serve = error.downcast_ref().and_then(|error| match error {
            ServeError::Docent(error) => Some(error),
            _ => None,
        });
        let of_library = error
            .downcast_ref()
            .or(of_eval)
            .or(of_audit)
            .or(of_todo)
            .or(of_serve)
            .and_then(|error| match error {
                Error::Index(error) => Some(error),
                _ => None,
            });
        error
            .downcast_ref()
            .or(of_library)
            .or(of_location)
            .map_or(Self::Error, Self::of_index_error)
    }

    #[cfg(feature = "milvus")]
    fn of_store_error(error: &StoreError) -> Self {
        match error {
            StoreError::Empty { .. } => Self::IndexMissing,
            StoreError::Foreign { .. } | StoreError::Damaged { .. } => Self::IndexCorrupt,
            StoreError::OtherSchema { .. } => Self::IndexIncompatible,
            _ => Self::Error,
        }
    }

    fn of_index_error(error: &IndexError) -> Self {
        match error {
            IndexError::NotFound { .. } => Self::IndexMissing,
            IndexError::NotAnIndex { .. }
            | IndexError::Truncated { .. }
            | IndexError::Corrupt { .. } => Self::IndexCorrupt,
            IndexError::OlderVersion { .. }
            | IndexError::NewerVersion { .. }
            | IndexError::OtherAnalyzer { .. } => Self::IndexIncompatible,
            IndexError::WrongModel { .. } | IndexError::WrongDimension { .. } => Self::WrongModel,
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_error_has_its_code_whatever_it_is_wrapped_in() {
        let missing = || IndexError::NotFound {
            path: PathBuf::from("docent.idx"),
        };
        let of_library = || Error::from(missing());
        let errors = [
            anyhow::Error::from(missing()),
            anyhow::Error::from(of_library()),
            anyhow::Error::from(EvalError::from(of_library())),
            anyhow::Error::from(AuditError::from(of_library())),
            anyhow::Error::from(TodoError::from(of_library())),
            anyhow::Error::from(ServeError::from(of_library())),
        ];
        for error in errors {
            assert_eq!(Exit::of_error(&error), Exit::IndexMissing, "{error:?}");
        }
        let other = EvalError::NoQuestions {
            path: PathBuf::new(),
        };
        assert_eq!(Exit::of_error(&other.into()), Exit::Error);
    }
}
