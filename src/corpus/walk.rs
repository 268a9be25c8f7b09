//! Which files of a folder are documentation, and their text.

use std::fs::{self, DirEntry, File, FileType};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::parse::Format;
use super::{SkipReason, Skipped};

/// Largest file that is read, in bytes: 4 MiB.
///
/// Hand-written documentation stays far below (a 1,000-page book is about 2 MB of text); what is
/// larger is generated or data, would dominate the index and its build time, and is reported.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// How often a file that changes while it is read is read again.
const READ_ATTEMPTS: usize = 3;

/// Whether files with the name of `path` are documentation.
pub(crate) fn is_documentation(path: &str) -> bool {
    Format::known(path).is_some()
}

/// The documentation files of a folder and what was left out while looking for them.
#[derive(Default)]
pub(super) struct Listing {
    /// Sorted by `path`.
    pub(super) files: Vec<FoundFile>,
    /// In no particular order.
    pub(super) skipped: Vec<Skipped>,
}

/// A documentation file that may turn out to be none when it is read.
pub(crate) struct FoundFile {
    /// Relative to the root, `/`-separated.
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
}

/// Begins the text of some files; it is not part of what is read.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// The documentation files under `root`, sorted by path; `None` if there are more than `most`
/// entries in its folders.
pub(crate) fn list_files(root: &Path, most: usize) -> io::Result<Option<Vec<FoundFile>>> {
    Ok(walk(root, most)?.map(|listing| listing.files))
}

/// Lists the documentation files under `root`, without reading them.
pub(super) fn list(root: &Path) -> io::Result<Listing> {
    Ok(walk(root, usize::MAX)?.unwrap_or_default())
}

fn walk(root: &Path, most: usize) -> io::Result<Option<Listing>> {
    let mut walker = Walker {
        root: fs::canonicalize(root)?,
        listing: Listing::default(),
        pending: Vec::new(),
        // One more than allowed, so that an entry over the limit uses it up.
        entries_left: most.saturating_add(1),
    };
    walker.enter(&walker.root.clone(), "")?;
    while let Some((folder, path)) = walker.pending.pop() {
        if let Err(error) = walker.enter(&folder, &path) {
            walker.skip(path, unreadable(&error));
        }
    }
    walker.listing.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((walker.entries_left > 0).then_some(walker.listing))
}

struct Walker {
    /// Canonical, so that canonical link targets can be compared with it.
    root: PathBuf,
    listing: Listing,
    /// Folders still to be entered, with their path relative to the root.
    pending: Vec<(PathBuf, String)>,
    /// How many more entries are looked at.
    entries_left: usize,
}

impl Walker {
    fn enter(&mut self, folder: &Path, path: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)?.take(self.entries_left) {
            self.entries_left -= 1;
            self.visit(&entry?, path)?;
        }
        Ok(())
    }

    fn visit(&mut self, entry: &DirEntry, parent: &str) -> io::Result<()> {
        let raw_name = entry.file_name();
        let path = match (parent, raw_name.to_string_lossy()) {
            ("", name) => name.into_owned(),
            (parent, name) => format!("{parent}/{name}"),
        };
        let file_type = entry.file_type()?;
        if file_type.is_file() && !is_documentation(&path) {
            return Ok(());
        }
        if raw_name.to_str().is_none() {
            self.skip(path, SkipReason::NameNotUtf8);
        } else if raw_name.as_encoded_bytes().starts_with(b".") {
            self.skip(path, SkipReason::Hidden);
        } else if file_type.is_symlink() {
            self.visit_link(entry.path(), path);
        } else {
            self.take(file_type, entry.path(), path);
        }
        Ok(())
    }

    fn take(&mut self, file_type: FileType, absolute: PathBuf, path: String) {
        if file_type.is_dir() {
            self.pending.push((absolute, path));
        } else if file_type.is_file() {
            self.listing.files.push(FoundFile { path, absolute });
        } else if is_documentation(&path) {
            self.skip(path, SkipReason::NotAFile);
        }
    }

    /// A link to a file of the folder is read like the file; a link to a folder is never entered,
    /// since its files have a path of their own, which also makes the walk finite.
    fn visit_link(&mut self, link: PathBuf, path: String) {
        let target = match fs::canonicalize(&link) {
            Ok(target) => target,
            Err(error) if is_documentation(&path) => return self.skip(path, unreadable(&error)),
            Err(_) => return,
        };
        let is_folder = target.is_dir();
        if !is_folder && !is_documentation(&path) {
            return;
        }
        if !target.starts_with(&self.root) {
            self.skip(path, SkipReason::LinkLeavesRoot);
        } else if !is_folder {
            match fs::metadata(&target) {
                Ok(metadata) => self.take(metadata.file_type(), target, path),
                Err(error) => self.skip(path, unreadable(&error)),
            }
        } else if link.starts_with(&target) {
            self.skip(path, SkipReason::LinkLoop);
        } else {
            self.skip(path, SkipReason::LinkedFolder);
        }
    }

    fn skip(&mut self, path: String, reason: SkipReason) {
        self.listing.skipped.push(Skipped { path, reason });
    }
}

/// Reads one file as UTF-8 text without its byte order mark.
///
/// A file that is being written is read again, a few times: half of an old text and half of a new
/// one is no document.
pub(crate) fn read_text(path: &Path) -> Result<String, SkipReason> {
    for _ in 0..READ_ATTEMPTS {
        if let Some(bytes) = read_stable(path)? {
            return decode(bytes);
        }
    }
    Err(SkipReason::Changing)
}

/// The bytes of a file; `None` if it changed while it was read.
fn read_stable(path: &Path) -> Result<Option<Vec<u8>>, SkipReason> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let state = |file: &File| -> io::Result<_> {
        let metadata = file.metadata()?;
        Ok((metadata.len(), metadata.modified().ok()))
    };
    let before = state(&file).map_err(|error| unreadable(&error))?;
    let (size, _) = before;
    let mut bytes = Vec::new();
    // The size is only what it was just now, so reading has its own limit.
    if size <= MAX_FILE_BYTES {
        let mut limited = file.by_ref().take(MAX_FILE_BYTES + 1);
        limited
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
    }
    let bytes_read = bytes.len() as u64;
    if size.max(bytes_read) > MAX_FILE_BYTES {
        return Err(SkipReason::TooLarge {
            bytes: size.max(bytes_read),
        });
    }
    let after = state(&file).map_err(|error| unreadable(&error))?;
    Ok((before == after).then_some(bytes))
}

fn decode(bytes: Vec<u8>) -> Result<String, SkipReason> {
    if bytes.contains(&0) {
        return Err(SkipReason::Binary);
    }
    let mut text = String::from_utf8(bytes).map_err(|error| SkipReason::NotUtf8 {
        offset: error.utf8_error().valid_up_to(),
    })?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    if text.trim().is_empty() {
        return Err(SkipReason::Empty);
    }
    Ok(text)
}

fn unreadable(error: &io::Error) -> SkipReason {
    SkipReason::Unreadable {
        message: error.to_string(),
    }
}
