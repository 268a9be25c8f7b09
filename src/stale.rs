//! Whether the docs on disk are newer than an index.
//!
//! An index records where its docs lie, relative to its own folder, how they were read, and length and
//! hash of each file; its modification time is the moment at which the build began to read. Files are
//! looked for as a build does now, with the globs that are recorded, and the `docent.toml` and ignore files
//! that are there. A file that has the recorded length and was last touched before that moment is taken as
//! unchanged; of any other the content's hash decides. Touched means modified, or on Unix also renamed or given other
//! attributes (`ctime`), so that an older file put in the place of a newer one is seen.
//!
//! Clocks tick: a file may be written after the build began and yet carry the same time, or an
//! earlier one on file systems that round. Files touched up to two seconds before that moment are
//! therefore hashed as well (git's "racy" entries).
//!
//! What is not seen: a change that keeps a file's length, on a file system whose clock is late by
//! more than that, or from before the index file itself was copied.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::builder::BuildOptions;
use crate::content_hash;
use crate::corpus::{
    CorpusOptions, Folder, FoundFile, MAX_FILE_BYTES, has_content, is_gzip, is_read, is_rendered,
    list_files,
};
use crate::index::{FileRecord, Index, IndexError};
use crate::terminal::printable_line;

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

/// What is known of an index and its docs. Displayed, it says what is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    index: PathBuf,
    docs: Vec<Folder>,
    /// Files of the docs when the index was built.
    files: usize,
    /// What the build was told of the files to read.
    options: CorpusOptions,
    /// Whether the index is stale, and a build with no other options would make such a one.
    is_default_build: bool,
    staleness: Option<Staleness>,
}

impl Freshness {
    /// Compares the docs on disk with `index`.
    ///
    /// # Errors
    ///
    /// As [`check`].
    pub fn check(index: &Index, effort: Effort) -> Result<Self, IndexError> {
        let staleness = check(index, effort)?;
        let is_stale = staleness.is_some_and(Staleness::is_stale);
        Ok(Self {
            index: index.path().to_owned(),
            docs: docs_of(index),
            files: num_files(index)?,
            options: index.meta().corpus.clone(),
            is_default_build: is_stale && BuildOptions::default().make(index),
            staleness,
        })
    }

    /// Whether the docs are newer than the index; `None` if that cannot be told.
    pub fn is_stale(&self) -> Option<bool> {
        self.staleness.map(Staleness::is_stale)
    }

    /// The documentation folders, as they can be opened from the working folder, those that are there.
    pub fn existing_docs(&self) -> impl Iterator<Item = &Folder> {
        self.docs.iter().filter(|folder| folder.path.is_dir())
    }
}

impl fmt::Display for Freshness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let index = shown(&self.index);
        let docs = printed(&self.docs);
        match (self.staleness, &self.docs[..]) {
            (None, []) => write!(
                f,
                "cannot tell whether {index} is stale: it does not say where its docs are"
            ),
            (None, _) => write!(
                f,
                "cannot tell whether {index} is stale: its docs are not in {}",
                docs.join(" and ")
            ),
            (Some(staleness), folders) => {
                let repeat = if self.is_default_build {
                    ""
                } else {
                    "\nhint: repeat the options that it was built with (--model, --m, \
                     --ef-construction, --late-interaction)"
                };
                write!(
                    f,
                    "{} in {} since {index} was built\n\
                     hint: build-index {} -o {} --update{}{repeat}",
                    staleness.describe(self.files),
                    docs.join(" and "),
                    arguments(folders).join(" "),
                    shell_word(&index),
                    globs(&self.options)
                )
            }
        }
    }
}

impl Staleness {
    /// `2 of 28 files changed, 1 is new`.
    fn describe(self, files: usize) -> String {
        let Self {
            changed,
            added,
            removed,
        } = self;
        let part = |count: usize, words: String| (count > 0).then_some(words);
        let is = |count: usize| if count == 1 { "is" } else { "are" };
        let parts = [
            part(changed, format!("{changed} of {files} files changed")),
            part(added, format!("{added} {} new", is(added))),
            part(removed, format!("{removed} {} gone", is(removed))),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match &parts[..] {
            [] => "nothing changed".to_owned(),
            _ => parts.join(", "),
        }
    }
}

fn printed(folders: &[Folder]) -> Vec<String> {
    folders.iter().map(|folder| shown(&folder.path)).collect()
}

/// The folders as `build-index` takes them.
fn arguments(folders: &[Folder]) -> Vec<String> {
    let argument = |folder: &Folder| match &*folder.name {
        "" => shell_word(&shown(&folder.path)).into_owned(),
        name => {
            let argument = format!("{name}={}", folder.path.display());
            shell_word(&printable_line(&argument)).into_owned()
        }
    };
    folders.iter().map(argument).collect()
}

/// The options of `build-index` that say the same.
fn globs(options: &CorpusOptions) -> String {
    let said = |option, globs: &[String]| -> String {
        let words = globs
            .iter()
            .map(|glob| format!(" {option}={}", shell_word(&printable_line(glob))));
        words.collect()
    };
    said("--include", &options.include) + &said("--exclude", &options.exclude)
}

/// `text` as a shell reads it back: in quotes unless all of it is plain.
fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

fn shown(path: &Path) -> String {
    printable_line(&path.display().to_string()).into_owned()
}

/// Files of the docs when `index` was built. A guide file may be a section, too.
fn num_files(index: &Index) -> Result<usize, IndexError> {
    let mut files = index.num_sections();
    for file in &index.meta().guide_files {
        files += usize::from(index.find_section(&file.path)?.is_none());
    }
    Ok(files)
}

/// The folders of the docs of `index`, those whose place is recorded; they need not be there.
pub fn docs_of(index: &Index) -> Vec<Folder> {
    // The path is from the file itself to the docs, not from a link to the file.
    let path = index.path();
    let file = path
        .is_symlink()
        .then(|| fs::canonicalize(path).ok())
        .flatten();
    let file = file.as_deref().unwrap_or(path);
    let folders = index.meta().docs.iter();
    let folders = folders.filter_map(|folder| {
        Some(Folder {
            name: folder.name.clone(),
            path: file.with_file_name(folder.path.as_deref()?),
        })
    });
    folders.collect()
}

/// The file that a section or guide file of `folders` is, by its path in the index.
pub fn file_of(folders: &[Folder], path: &str) -> Option<PathBuf> {
    let in_folder = |folder: &Folder| {
        let inside = match &*folder.name {
            "" => path,
            name => path.strip_prefix(name)?.strip_prefix('/')?,
        };
        let parts = Path::new(inside).components();
        let mut parts = parts.filter(|part| !matches!(part, Component::Normal(_)));
        parts.next().is_none().then(|| folder.path.join(inside))
    };
    folders.iter().find_map(in_folder)
}

/// Compares the docs on disk with `index`. `None` if the docs are not there, cannot be listed, or
/// would take more than `effort`.
///
/// O(files), plus O(bytes) of the files that were touched since the build began.
pub fn check(index: &Index, effort: Effort) -> Result<Option<Staleness>, IndexError> {
    let files = num_files(index)?;
    let folders = docs_of(index);
    let is_known = !folders.is_empty() && folders.len() == index.meta().docs.len();
    if !is_known || files > effort.entries {
        return Ok(None);
    }
    // The time of the file that is open: the one at its path may be a newer build's.
    let as_of = index.file_state().modified();
    let found = list(&folders, &index.meta().corpus, effort.entries);
    let (Some(as_of), Some(found)) = (as_of, found) else {
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
    check.look_at_unlisted(&folders);
    // A folder with none of the files is another folder.
    if check.recorded.len() == files {
        return Ok(None);
    }
    check.staleness.removed = check.recorded.len();
    Ok(Some(check.staleness))
}

/// The files of all `folders` by their paths in the index; `None` if a folder cannot be listed, or has more than
/// `most` entries.
fn list(folders: &[Folder], options: &CorpusOptions, most: usize) -> Option<Vec<FoundFile>> {
    let mut all = Vec::new();
    for folder in folders {
        for mut file in list_files(&folder.path, options, most).ok()?? {
            if !folder.name.is_empty() {
                file.path = format!("{}/{}", folder.name, file.path);
            }
            all.push(file);
        }
    }
    Some(all)
}

/// The files of the index by path.
fn recorded(index: &Index) -> Result<HashMap<String, FileRecord>, IndexError> {
    let mut files = HashMap::new();
    for file in &index.meta().guide_files {
        files.insert(file.path.clone(), file.clone());
    }
    for id in index.sections() {
        let section = index.section(id)?;
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
    /// Looks at files of the index that the program that built it could read and this one cannot: PDF, without
    /// the program that reads it. They are not listed, but need not be gone; only their length tells of a change.
    fn look_at_unlisted(&mut self, folders: &[Folder]) {
        let paths = self.recorded.keys().filter(|path| !is_read(path)).cloned();
        for path in paths.collect::<Vec<_>>() {
            let file = file_of(folders, &path).and_then(|file| fs::metadata(file).ok());
            if let Some(file) = file.filter(Metadata::is_file) {
                let recorded = self.recorded.remove(&path);
                let is_same = recorded.is_some_and(|recorded| recorded.bytes == file.len());
                self.staleness.changed += usize::from(!is_same);
            }
        }
    }

    /// Counts `file` if it differs; `None` if that would take too many bytes.
    fn look_at(&mut self, file: &FoundFile) -> Option<()> {
        let recorded = self.recorded.remove(&file.path);
        let metadata = fs::metadata(&file.absolute);
        let (size, touched) = match &metadata {
            Ok(metadata) => (metadata.len(), touched(metadata)),
            Err(_) => (0, None),
        };
        let Some(recorded) = recorded else {
            // A page without content was left out by the build, which is not to be read to see it again.
            let is_old = touched.is_some_and(|touched| touched < self.settled);
            if !(is_old && is_rendered(&file.path)) {
                let text = self.read(file, size)?;
                let is_read = text.is_some_and(|text| has_content(&file.path, &text));
                self.staleness.added += usize::from(is_read);
            }
            return Some(());
        };
        let same_size = size == recorded.bytes;
        if same_size && touched.is_some_and(|touched| touched < self.settled) {
            return Some(());
        }
        // The same text may be packed more or less tightly.
        let may_be_same = same_size || is_gzip(&file.path);
        let is_same = may_be_same
            && self
                .read(file, size)?
                .is_some_and(|text| content_hash(&text) == recorded.content_hash);
        self.staleness.changed += usize::from(!is_same);
        Some(())
    }

    /// The text of a file of `size` bytes, if it can be read; `None` if that would take too many bytes.
    fn read(&mut self, file: &FoundFile, size: u64) -> Option<Option<String>> {
        self.spend(size)?;
        let text = file.read().ok().map(|read| read.text);
        if is_gzip(&file.path) {
            let unpacked = text
                .as_ref()
                .map_or(MAX_FILE_BYTES, |text| text.len() as u64);
            self.spend(unpacked)?;
        }
        Some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_not_take_them_as_one_word() {
        assert_eq!(shell_word("../my-docs/v1.2"), "../my-docs/v1.2");
        assert_eq!(shell_word("my docs"), "'my docs'");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
