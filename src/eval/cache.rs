//! Indexes that evaluations build, kept for the next one.

use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_128;

use super::EvalError;
use crate::builder::{Build, BuildOptions};
use crate::corpus::Corpus;
use crate::encoder::Encoder;
use crate::index::{Index, IndexSlot};

/// A folder of indexes, each named by what it was built from (corpus, model, build options) and by
/// the program that built it, to the byte: another program may cut or weigh texts in another way.
///
/// Nothing is ever removed from the folder; whoever wants the room empties it.
#[derive(Debug, Clone)]
pub struct IndexCache {
    folder: PathBuf,
    /// Hash of the running program's file.
    program: u128,
}

impl IndexCache {
    /// A cache in `folder`, which is made when the first index is built. Reads the program's file.
    ///
    /// # Errors
    ///
    /// [`EvalError::Program`] if that cannot be read.
    pub fn new(folder: PathBuf) -> Result<Self, EvalError> {
        let program = std::env::current_exe().and_then(std::fs::read);
        let program = xxh3_128(&program.map_err(EvalError::Program)?);
        Ok(Self { folder, program })
    }

    /// Where the index of `corpus` is or will be.
    pub fn path(&self, corpus: &Corpus, encoder: &dyn Encoder, options: &BuildOptions) -> PathBuf {
        let key = format!(
            "{} {:?} {options:?} {:032x}",
            corpus.fingerprint(),
            encoder.model(),
            self.program,
        );
        let key = xxh3_128(key.as_bytes());
        self.folder.join(format!("{key:032x}.idx"))
    }

    /// The index of `corpus`, built if it is not there or cannot be trusted.
    ///
    /// # Errors
    ///
    /// What the build returns, and [`EvalError::Write`] if the folder cannot be made.
    pub fn index(
        &self,
        corpus: &Corpus,
        encoder: &dyn Encoder,
        options: &BuildOptions,
    ) -> Result<Index, EvalError> {
        let path = self.path(corpus, encoder, options);
        if let Ok(index) = Index::open(&path) {
            return Ok(index);
        }
        make_folder(&self.folder)?;
        // Another evaluation may be building it: then it is there after the wait.
        let slot = IndexSlot::wait_for(&path)?;
        if let Ok(index) = Index::open(&path) {
            return Ok(index);
        }
        let mut build = Build::new(corpus.clone(), encoder, options);
        build.place_in(&slot);
        build.finish()?.write(slot)?;
        Ok(Index::open(&path)?)
    }
}

fn make_folder(folder: &Path) -> Result<(), EvalError> {
    std::fs::create_dir_all(folder).map_err(|source| EvalError::Write {
        path: folder.to_owned(),
        source,
    })
}
