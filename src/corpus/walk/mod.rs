//! Which files of a folder are documentation, and their text.

mod encoding;
mod ignored;
mod names;
mod pdf;
mod read;

use std::collections::BTreeMap;
use std::fs::{self, DirEntry, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::config::Config;
use super::not_read::{Kind, LeftOut, NotRead};
use super::options::Selection;
use super::{NoContent, SkipReason, Skipped};
#[cfg(feature = "cli")]
pub(crate) use encoding::BYTE_ORDER_MARK;
pub use encoding::GuessedEncoding;
use ignored::Ignored;
pub(in crate::corpus) use names::is_pdf;
use names::kind;
pub(in crate::corpus) use names::{file_name, plain_name};
pub(crate) use names::{is_documentation, is_gzip, is_read};
pub(crate) use read::FileText;
use read::unreadable;

/// Largest file that is read, in bytes, unpacked where it is compressed: 4 MiB.
///
/// Hand-written documentation stays far below (a 1,000-page book is about 2 MB of text); what is
/// larger is generated or data, would dominate the index and its build time, and is reported.
pub const MAX_FILE_BYTES: u64 = 4 << 20;

/// Largest PDF that is read, in bytes: 64 MiB. Most of such a file is pictures; its text has the limit of any other.
const MAX_PDF_BYTES: u64 = 64 << 20;

/// What leaves files out by their path, as it is told.
const BY_GLOBS: &str = "include and exclude";

/// Whether there is a program that reads PDF.
pub(in crate::corpus) fn reads_pdf() -> bool {
    pdf::program().is_some()
}

/// The documentation files of a folder and what was left out while looking for them.
#[derive(Default)]
pub(super) struct Listing {
    /// Sorted by `path`.
    pub(super) files: Vec<FoundFile>,
    /// In no particular order.
    pub(super) skipped: Vec<Skipped>,
    pub(super) not_read: NotRead,
}

/// A documentation file that may turn out to be none when it is read.
pub(crate) struct FoundFile {
    /// Relative to the root, `/`-separated.
    pub(crate) path: String,
    pub(crate) absolute: PathBuf,
}

/// Lists the documentation files under `root` that are selected, without reading them; `None` if there
/// are more than `most` entries in its folders.
pub(super) fn list(root: &Path, selection: &Selection, most: usize) -> io::Result<Option<Listing>> {
    let root = fs::canonicalize(root)?;
    let ignored = match selection.ignore_files {
        true => Ignored::above(&root),
        false => Ignored::default(),
    };
    let mut walker = Walker {
        root,
        selection,
        listing: Listing::default(),
        kinds: BTreeMap::new(),
        left_out: BTreeMap::new(),
        pending: Vec::new(),
        // One more than allowed, so that an entry over the limit uses it up.
        entries_left: most.saturating_add(1),
    };
    walker.enter(Folder {
        absolute: walker.root.clone(),
        path: String::new(),
        is_included: false,
        ignored: Rc::new(ignored),
    })?;
    while let Some(folder) = walker.pending.pop() {
        let path = folder.path.clone();
        if let Err(error) = walker.enter(folder) {
            walker.skip(path, unreadable(&error));
        }
    }
    Ok((walker.entries_left > 0).then(|| walker.finish()))
}

struct Walker<'a> {
    /// Canonical, so that canonical link targets can be compared with it.
    root: PathBuf,
    selection: &'a Selection,
    listing: Listing,
    /// Files that are no documentation, by [`kind`].
    kinds: BTreeMap<Option<String>, usize>,
    /// Files and folders, by what left them out.
    left_out: BTreeMap<&'static str, (usize, usize)>,
    /// Still to be entered.
    pending: Vec<Folder>,
    /// How many more entries are looked at.
    entries_left: usize,
}

/// A folder that is entered.
struct Folder {
    absolute: PathBuf,
    /// Relative to the root.
    path: String,
    /// Whether a glob includes all that lies in it.
    is_included: bool,
    /// What holds in the folder that it lies in.
    ignored: Rc<Ignored>,
}

impl Folder {
    fn path_of(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        }
    }
}

/// Whether a folder holds what Sphinx made the pages beside it of: all of them once more. Such a site has an
/// inventory of what its pages define.
fn is_copy_of_sources(folder: &Path) -> bool {
    folder.ends_with("_sources") && folder.with_file_name("objects.inv").is_file()
}

impl Walker<'_> {
    fn enter(&mut self, mut folder: Folder) -> io::Result<()> {
        let entries = fs::read_dir(&folder.absolute)?;
        if self.selection.ignore_files {
            let unread = Rc::make_mut(&mut folder.ignored).enter(&folder.absolute);
            for (name, reason) in unread {
                self.skip(folder.path_of(name), reason);
            }
        }
        for entry in entries.take(self.entries_left) {
            self.entries_left -= 1;
            self.visit(&entry?, &folder)?;
        }
        Ok(())
    }

    fn visit(&mut self, entry: &DirEntry, folder: &Folder) -> io::Result<()> {
        let raw_name = entry.file_name();
        let path = folder.path_of(&raw_name.to_string_lossy());
        let file_type = entry.file_type()?;
        let is_hidden = raw_name.as_encoded_bytes().starts_with(b".");
        let is_other_file = file_type.is_file() && !is_read(&path);
        if is_other_file && (is_hidden || path == Config::NAME) {
            return Ok(());
        }
        if let Some(by) = self.left_out_by(entry, &path, file_type, folder) {
            let (files, folders) = self.left_out.entry(by).or_default();
            *folders += usize::from(file_type.is_dir());
            *files += usize::from(!file_type.is_dir() && is_read(&path));
        } else if is_other_file {
            *self.kinds.entry(kind(&path)).or_default() += 1;
        } else if raw_name.to_str().is_none() {
            self.skip(path, SkipReason::NameNotUtf8);
        } else if is_hidden {
            self.skip(path, SkipReason::Hidden);
        } else if file_type.is_symlink() {
            self.visit_link(entry.path(), path);
        } else if file_type.is_dir() && is_copy_of_sources(&entry.path()) {
            self.skip(path, SkipReason::NoContent(NoContent::Lists));
        } else if file_type.is_dir() {
            self.pending.push(Folder {
                absolute: entry.path(),
                is_included: folder.is_included || self.selection.includes(&path, true),
                path,
                ignored: Rc::clone(&folder.ignored),
            });
        } else {
            self.take(file_type, entry.path(), path);
        }
        Ok(())
    }

    /// What leaves out an entry of `folder`, if anything does. A link is one to a file, wherever it leads.
    fn left_out_by(
        &self,
        entry: &DirEntry,
        path: &str,
        file_type: FileType,
        folder: &Folder,
    ) -> Option<&'static str> {
        let is_folder = file_type.is_dir();
        if let Some(name) = folder.ignored.by(&entry.path(), is_folder) {
            return Some(name);
        }
        let is_included =
            || is_folder || folder.is_included || self.selection.includes(path, false);
        (self.selection.excludes(path, is_folder) || !is_included()).then_some(BY_GLOBS)
    }

    fn take(&mut self, file_type: FileType, absolute: PathBuf, path: String) {
        if file_type.is_file() {
            self.listing.files.push(FoundFile { path, absolute });
        } else if is_read(&path) {
            self.skip(path, SkipReason::NotAFile);
        }
    }

    /// A link to a file of the folder is read like the file; a link to a folder is never entered,
    /// since its files have a path of their own, which also makes the walk finite.
    fn visit_link(&mut self, link: PathBuf, path: String) {
        let target = match fs::canonicalize(&link) {
            Ok(target) => target,
            Err(error) if is_read(&path) => return self.skip(path, unreadable(&error)),
            Err(_) => return,
        };
        let is_folder = target.is_dir();
        if !is_folder && !is_read(&path) {
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

    fn finish(mut self) -> Listing {
        self.listing.files.sort_by(|a, b| a.path.cmp(&b.path));
        let kinds = self.kinds.into_iter();
        let mut kinds: Vec<Kind> = kinds
            .map(|(extension, files)| Kind { extension, files })
            .collect();
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.files));
        let left_out = self.left_out.into_iter();
        let left_out = left_out
            .filter(|(_, (files, folders))| files + folders > 0)
            .map(|(by, (files, folders))| LeftOut { by, files, folders });
        self.listing.not_read = NotRead {
            kinds,
            left_out: left_out.collect(),
        };
        self.listing
    }
}
