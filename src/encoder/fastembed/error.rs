//! What can go wrong between docent, fastembed and ONNX Runtime.

use std::path::PathBuf;

/// Why a model could not be found, loaded or run through fastembed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FastembedError {
    /// The loader found no ONNX Runtime library.
    #[error(
        "no ONNX Runtime library: cannot load `{}` ({reason})\n\
         hint: install ONNX Runtime 1.{min} or later and set ORT_DYLIB_PATH to its library \
         (the Python package `onnxruntime` has it in `onnxruntime/capi/`)",
        path.display(), min = ort::MINOR_VERSION
    )]
    RuntimeMissing {
        /// `ORT_DYLIB_PATH`, or the platform's name of the library.
        path: PathBuf,
        /// The loader's message.
        reason: String,
    },
    /// A library was loaded, but it is no ONNX Runtime or too old a one.
    #[error(
        "the ONNX Runtime library `{}` cannot be used: {reason}\n\
         hint: set ORT_DYLIB_PATH to a library of ONNX Runtime 1.{min} or later",
        path.display(), min = ort::MINOR_VERSION
    )]
    RuntimeUnusable {
        /// `ORT_DYLIB_PATH`, or the platform's name of the library.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The name is not in fastembed's catalogue.
    #[error(
        "unknown model `{name}`\n\
         hint: {}, or a folder with `model.onnx` and `tokenizer.json`",
        suggestion(close, known)
    )]
    UnknownModel {
        /// The name that was asked for.
        name: String,
        /// Names of the catalogue that look like it, nearest first; may be empty.
        close: Vec<String>,
        /// Every short name of the catalogue, sorted.
        known: Vec<String>,
    },
    /// A path was given where no folder is.
    #[error(
        "no model folder at `{}`\n\
         hint: give a folder with `model.onnx` and `tokenizer.json`",
        folder.display()
    )]
    FolderMissing {
        /// The path that was asked for.
        folder: PathBuf,
    },
    /// The folder is there, but a file that the model needs is not in it.
    #[error(
        "the model folder `{}` has no {what}\n\
         hint: put the file there; a model needs an ONNX file and `tokenizer.json`",
        folder.display()
    )]
    FolderLacks {
        /// The folder.
        folder: PathBuf,
        /// The file or files, any one of which would do.
        what: String,
    },
    /// A file of the model could not be read.
    #[error(
        "cannot read `{}`: {source}\n\
         hint: check the file and its permissions, or download the model again",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file of the model folder does not say what such a file must say.
    #[error(
        "`{}` is not usable: {reason}\n\
         hint: replace the file with the one that belongs to the model",
        path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A named model is not in the download cache and could not be fetched.
    #[error(
        "the model `{name}` ({repository}) is not in the cache `{}` and cannot be fetched: \
         {} missing ({reason})\n\
         hint: go online once, or set FASTEMBED_CACHE_DIR to a cache that has it, or put these \
         files of {repository} into a folder named like it, and give that folder as the model",
        cache.display(), missing.join(", ")
    )]
    NotCached {
        /// The model's short name.
        name: String,
        /// The repository that fastembed fetches it from.
        repository: String,
        /// Where fastembed keeps models.
        cache: PathBuf,
        /// Files of the repository that are missing.
        missing: Vec<String>,
        /// Why they could not be fetched.
        reason: String,
    },
    /// ONNX Runtime or the tokenizer refused the model's files.
    #[error(
        "cannot load the model `{name}`: {reason}\n\
         hint: check that the files are complete and belong together, or download them again"
    )]
    Load {
        /// The model's name.
        name: String,
        /// The library's message.
        reason: String,
    },
    /// The model failed on an input.
    #[error(
        "the model `{name}` failed: {reason}\n\
         hint: check that it is a text embedding model, or use another one"
    )]
    Run {
        /// The model's name.
        name: String,
        /// The library's message.
        reason: String,
    },
}

fn suggestion(close: &[String], known: &[String]) -> String {
    if close.is_empty() {
        format!("give one of {}", known.join(", "))
    } else {
        format!(
            "did you mean {}? Else give another of fastembed's text models",
            close.join(", ")
        )
    }
}

/// An error's message followed by those of its causes.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    message
}

/// The text of a caught panic.
pub(super) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    payload
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| payload.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
        .to_owned()
}
