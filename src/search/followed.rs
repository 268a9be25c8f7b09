//! An index that is followed, and its owner told where that fails.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{IndexReader, Reload, Searcher};
use crate::encoder::Encoder;
use crate::terminal::printable_error;
use crate::{Error, Result};

/// Where something to tell the owner of a server goes.
pub type Tell = Arc<dyn Fn(&str) + Send + Sync>;

/// An [`IndexReader`] that tells of each replacement that cannot be used, once.
pub struct FollowedIndex {
    reader: IndexReader,
    /// The last replacement that could not be used.
    told: Mutex<Option<Arc<Error>>>,
    tell: Tell,
}

impl FollowedIndex {
    /// Opens the index at `path`, which `encoder` made.
    ///
    /// # Errors
    ///
    /// As [`IndexReader::open`].
    pub fn open(path: &Path, encoder: Arc<dyn Encoder>, tell: Tell) -> Result<Self> {
        Ok(Self {
            reader: IndexReader::open(path, encoder)?,
            told: Mutex::default(),
            tell,
        })
    }

    /// The current searcher: [`IndexReader::searcher`].
    pub fn searcher(&self) -> Searcher {
        self.reader.searcher()
    }

    /// Serves another file that is at the path from now on, if it is sound: [`IndexReader::reload`].
    pub fn reload(&self) {
        let reload = self.reader.reload();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let Reload::Refused(reason) = reload else {
            *told = None;
            return;
        };
        if !told.as_ref().is_some_and(|told| Arc::ptr_eq(told, &reason)) {
            let why = printable_error(&*reason);
            (self.tell)(&format!("note: the old index is served: {why}"));
            *told = Some(reason);
        }
    }
}
