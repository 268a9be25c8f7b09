//! ONNX Runtime, found before anything touches it.
//!
//! Every other entry into `ort` loads the library on first use and panics when it is not there
//! (`ort::setup_api`); [`ort::init_from`] returns the failure instead, and what it has loaded is
//! what the rest of `ort` then uses. So [`environment`] comes before any fastembed constructor.

use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::error::Error as _;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ort::LoadDynamicError;
use ort::environment::Environment;

use super::error::{FastembedError, chain, panic_message};

/// The process's ONNX Runtime environment, made on the first call.
///
/// The library is the one at `ORT_DYLIB_PATH` if that is set (a relative path is first tried
/// beside the executable, as `ort` does), else the one that the system's loader finds under its
/// usual name. Telemetry, which some platforms' official libraries send by default, is off.
pub(super) fn environment() -> Result<Environment, FastembedError> {
    // ONNX Runtime allows one environment a process, so it is kept for good.
    static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);
    let mut slot = ENVIRONMENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(environment) = &*slot {
        return Ok(environment.clone());
    }
    let environment = load(&library_path())?;
    *slot = Some(environment.clone());
    Ok(environment)
}

fn library_path() -> PathBuf {
    match std::env::var_os("ORT_DYLIB_PATH") {
        Some(path) if !path.is_empty() => path.into(),
        _ => format!("{DLL_PREFIX}onnxruntime{DLL_SUFFIX}").into(),
    }
}

fn load(path: &Path) -> Result<Environment, FastembedError> {
    // `ort` asserts that the library's `OrtGetApiBase` and `GetApi` return no null pointer: a
    // library that only poses as ONNX Runtime must be an error too.
    catch_unwind(|| init(path)).unwrap_or_else(|payload| {
        Err(FastembedError::RuntimeUnusable {
            path: path.to_owned(),
            reason: panic_message(&*payload),
        })
    })
}

fn init(path: &Path) -> Result<Environment, FastembedError> {
    let unusable = |reason| FastembedError::RuntimeUnusable {
        path: path.to_owned(),
        reason,
    };
    ort::init_from(path)
        .map_err(|error| match &error {
            LoadDynamicError::Dlopen { error, .. } => FastembedError::RuntimeMissing {
                path: path.to_owned(),
                reason: error.source().map_or_else(|| chain(error), chain),
            },
            other => unusable(other.to_string()),
        })?
        .with_name("docent")
        .with_telemetry(false)
        .build()
        .map_err(|error| unusable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_error(path: &Path) -> FastembedError {
        load(path).expect_err("no such library can be loaded")
    }

    #[test]
    fn a_missing_library_is_an_error_with_advice() {
        let error = load_error(Path::new("/nonexistent/libonnxruntime.so"));
        let FastembedError::RuntimeMissing { path, reason } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(path, Path::new("/nonexistent/libonnxruntime.so"));
        assert!(!reason.is_empty());
        let message = error.to_string();
        let hint = message.lines().last().unwrap();
        assert!(
            hint.starts_with("hint: install ONNX Runtime 1.24 or later"),
            "{hint}"
        );
        assert!(hint.contains("ORT_DYLIB_PATH"), "{hint}");
    }

    #[test]
    fn a_file_that_is_no_library_is_an_error() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "not a library").unwrap();
        let error = load_error(file.path());
        assert!(
            matches!(error, FastembedError::RuntimeMissing { .. }),
            "{error:?}"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn another_library_is_an_error() {
        let error = load_error(Path::new("libc.so.6"));
        let FastembedError::RuntimeUnusable { reason, .. } = &error else {
            panic!("{error:?}");
        };
        assert!(reason.contains("OrtGetApiBase"), "{reason}");
    }
}
