//! Whether the docs on disk are newer than an index.
//!
//! An index records where its docs lie, relative to its own folder, and length and hash of each
//! file; its modification time is the moment at which the build began to read. A file that has the
//! recorded length and was last touched before that moment is taken as unchanged; of any other the
//! content's hash decides. Touched means modified, or on Unix also renamed or given other
//! attributes (`ctime`), so that an older file put in the place of a newer one is seen.
//!
//! Clocks tick: a file may be written after the build began and yet carry the same time, or an
//! earlier one on file systems that round. Files touched up to two seconds before that moment are
//! therefore hashed as well (git's "racy" entries).
//!
//! What is not seen: a change that keeps a file's length, on a file system whose clock is late by
//! more than that, or from before the index file itself was copied.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::content_hash;
use crate::corpus::{BYTE_ORDER_MARK, FoundFile, list_files, read_text};
use crate::index::{FileRecord, Index, IndexError, folder_of};

/// The coarsest time stamps of file systems in use (FAT's).
const TICK: Duration = Duration::from_secs(2);

/// How far the docs have gone from the index, in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Staleness {
    /// Files of the index with other content, or that can no longer be read as documentation.
    pub changed: usize,
    /// Documentation files that the index does not have.
    pub added: usize,
    /// Files of the index that are gone.
    pub removed: usize,
}

impl Staleness {
    /// Whether there is any difference.
    pub fn is_stale(self) -> bool {
        self != Self::default()
    }
}

/// How much work a check may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Most entries of folders that are looked at.
    entries: usize,
    /// Most bytes of files that are hashed.
    bytes: u64,
}

impl Effort {
    /// A few milliseconds at most: 2,000 entries of folders, 4 MiB of files to hash. Beyond, the
    /// check gives up.
    pub const BRIEF: Self = Self {
        entries: 2_000,
        bytes: 4 << 20,
    };
    /// Whatever it takes.
    pub const FULL: Self = Self {
        entries: usize::MAX,
        bytes: u64::MAX,
    };
}

/// The path from the folder of the index file `index` to the folder `docs`, `/`-separated, to be
/// recorded in the index. Both folders must exist.
///
/// `None` if there is no such path (another drive) or it is not UTF-8.
pub fn docs_path(docs: &Path, index: &Path) -> Option<String> {
    let docs = fs::canonicalize(docs).ok()?;
    let folder = fs::canonicalize(folder_of(index)).ok()?;
    let common = docs
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    if common == 0 {
        return None;
    }
    let up = folder.components().skip(common).map(|_| Some(".."));
    let down = docs
        .components()
        .skip(common)
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
    let path: Option<Vec<&str>> = up.chain(down).collect();
    let path = path?.join("/");
    Some(if path.is_empty() {
        ".".to_owned()
    } else {
        path
    })
}

/// The folder of the docs of `index`, if it is recorded; it need not be there.
pub fn docs_of(index: &Index) -> Option<PathBuf> {
    let docs = index.meta().docs.as_deref()?;
    // The path is from the file itself to the docs, not from a link to the file.
    let path = index.path();
    let file = path
        .is_symlink()
        .then(|| fs::canonicalize(path).ok())
        .flatten();
    Some(file.as_deref().unwrap_or(path).with_file_name(docs))
}

/// Compares the docs on disk with `index`. `None` if the docs are not there, cannot be listed, or
/// would take more than `effort`.
///
/// O(files), plus O(bytes) of the files that were touched since the build began.
pub fn check(index: &Index, effort: Effort) -> Result<Option<Staleness>, IndexError> {
    let files = index.num_sections() + index.meta().index_files.len();
    let Some(docs) = docs_of(index).filter(|_| files <= effort.entries) else {
        return Ok(None);
    };
    let as_of = fs::metadata(index.path()).and_then(|metadata| metadata.modified());
    let (Ok(as_of), Ok(Some(found))) = (as_of, list_files(&docs, effort.entries)) else {
        return Ok(None);
    };
    let mut check = Check {
        recorded: recorded(index)?,
        settled: as_of.checked_sub(TICK).unwrap_or(SystemTime::UNIX_EPOCH),
        bytes_left: effort.bytes,
        staleness: Staleness::default(),
    };
    for file in &found {
        if check.look_at(file).is_none() {
            return Ok(None);
        }
    }
    // A folder with none of the files is another folder.
    if check.recorded.len() == files {
        return Ok(None);
    }
    check.staleness.removed = check.recorded.len();
    Ok(Some(check.staleness))
}

/// The files of the index by path.
fn recorded(index: &Index) -> Result<HashMap<String, FileRecord>, IndexError> {
    let mut files = HashMap::new();
    for file in &index.meta().index_files {
        files.insert(file.path.clone(), file.clone());
    }
    for i in 0..index.num_sections() {
        let section = index.section(i)?;
        let file = FileRecord {
            path: section.path,
            bytes: section.bytes,
            content_hash: section.content_hash,
        };
        files.insert(file.path.clone(), file);
    }
    Ok(files)
}

struct Check {
    /// Files of the index that have not been found yet.
    recorded: HashMap<String, FileRecord>,
    /// What was touched before this moment is as it was read.
    settled: SystemTime,
    bytes_left: u64,
    staleness: Staleness,
}

impl Check {
    /// Counts `file` if it differs; `None` if that would take too many bytes.
    fn look_at(&mut self, file: &FoundFile) -> Option<()> {
        let recorded = self.recorded.remove(&file.path);
        let metadata = fs::metadata(&file.absolute);
        let (size, touched) = match &metadata {
            Ok(metadata) => (metadata.len(), touched(metadata)),
            Err(_) => (0, None),
        };
        let Some(recorded) = recorded else {
            self.spend(size)?;
            self.staleness.added += usize::from(read_text(&file.absolute).is_ok());
            return Some(());
        };
        let same_size = size == recorded.bytes;
        if same_size && touched.is_some_and(|touched| touched < self.settled) {
            return Some(());
        }
        // The recorded length is that of the text, without a byte order mark.
        let may_be_same = same_size || size == recorded.bytes + BYTE_ORDER_MARK.len_utf8() as u64;
        let is_same = may_be_same && {
            self.spend(size)?;
            read_text(&file.absolute).is_ok_and(|text| content_hash(&text) == recorded.content_hash)
        };
        self.staleness.changed += usize::from(!is_same);
        Some(())
    }

    fn spend(&mut self, bytes: u64) -> Option<()> {
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        Some(())
    }
}

/// When the file was last modified, renamed or given other attributes.
fn touched(metadata: &Metadata) -> Option<SystemTime> {
    let modified = metadata.modified().ok()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let since_epoch = Duration::new(
            metadata.ctime().try_into().ok()?,
            metadata.ctime_nsec().try_into().ok()?,
        );
        Some(modified.max(SystemTime::UNIX_EPOCH + since_epoch))
    }
    #[cfg(not(unix))]
    Some(modified)
}
