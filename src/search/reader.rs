//! Follows an index that builds replace: what a server holds.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::Searcher;
use crate::encoder::Encoder;
use crate::index::{FileState, Index};
use crate::{Error, Result};

/// Hands out searchers of the index at a path, always of the newest sound one.
///
/// ```text
/// build-index ──rename──► docent.idx ◄──stat── reload() ──► the current searcher
///                                                               │ searcher()
///                                            threads that ask ◄─┘ (each keeps what it got)
/// ```
///
/// A search that runs keeps its index, whose file stays mapped, until it has ended: nothing waits and
/// nothing fails when a build replaces the file. A replacement that cannot be used, damaged or built
/// with another model, is told and not served: the old index stays.
pub struct IndexReader {
    path: PathBuf,
    encoder: Arc<dyn Encoder>,
    current: RwLock<Searcher>,
    /// The last file that could not be used, and why; locked while the file is looked at, so that one
    /// thread opens a replacement.
    refused: Mutex<Option<Refused>>,
}

/// A file that cannot be used.
struct Refused {
    /// `None` if there was no file.
    state: Option<FileState>,
    reason: Arc<Error>,
}

/// What [`IndexReader::reload`] found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reload {
    /// The file is the one that is served.
    Unchanged,
    /// Another file was there, and is served now.
    Replaced,
    /// Another file is there, or none, that cannot be used: the old index is still served. Each such
    /// file is opened once, and told as often as it is asked for.
    Refused(Arc<Error>),
}

impl IndexReader {
    /// Opens the index at `path`, which `encoder` made.
    ///
    /// # Errors
    ///
    /// As [`Index::open`] and [`Searcher::new`].
    pub fn open(path: &Path, encoder: Arc<dyn Encoder>) -> Result<Self> {
        let searcher = open(path, &encoder)?;
        Ok(Self {
            path: path.to_owned(),
            encoder,
            current: RwLock::new(searcher),
            refused: Mutex::new(None),
        })
    }

    /// The current searcher, which goes on with its index whatever happens to the file. No system
    /// call.
    pub fn searcher(&self) -> Searcher {
        // A searcher is whole at any time, so a panic elsewhere does not spoil it.
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks whether another file is at the path, and serves it from now on if it is sound.
    ///
    /// One `stat` where nothing changed; searches are not held up in any case.
    pub fn reload(&self) -> Reload {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let state = FileState::at(&self.path).ok();
        if state == Some(self.searcher().index().file_state()) {
            *refused = None;
            return Reload::Unchanged;
        }
        if let Some(known) = refused.as_ref().filter(|known| known.state == state) {
            return Reload::Refused(Arc::clone(&known.reason));
        }
        match open(&self.path, &self.encoder) {
            Ok(searcher) => {
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = searcher;
                *refused = None;
                Reload::Replaced
            }
            Err(error) => {
                let reason = Arc::new(error);
                *refused = Some(Refused {
                    state,
                    reason: Arc::clone(&reason),
                });
                Reload::Refused(reason)
            }
        }
    }
}

fn open(path: &Path, encoder: &Arc<dyn Encoder>) -> Result<Searcher> {
    let index = Arc::new(Index::open(path)?);
    Ok(Searcher::new(index, Arc::clone(encoder))?)
}
