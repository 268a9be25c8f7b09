//! A corpus: one documentation folder, its sections and the routing hints of its `INDEX.md`.
//!
//! A *section* is one documentation file, the unit that a guideline names and a query returns.
//! A *chunk* is a passage of a section, the unit that is embedded.

use std::path::{Path, PathBuf};

/// A folder read into memory: sections sorted by path, the guide of its index files, the skips.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The folder, as given.
    pub root: PathBuf,
    /// Sections sorted by `path` (byte order). Index files are not sections.
    pub sections: Vec<Section>,
    /// What the index files say: guidelines, descriptors, usage examples.
    pub guide: Guide,
    /// Files and folders left out, each with its reason, sorted by path.
    pub skipped: Vec<Skipped>,
}

/// One documentation file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Path relative to the corpus root, `/`-separated on every platform.
    pub path: String,
    /// Front matter `title`, else the first level-1 heading, else the file stem.
    pub title: String,
    /// Front matter `description`, if any.
    pub description: Option<String>,
    /// The file's whole text, as read (UTF-8; CRLF kept so that line numbers hold).
    pub text: String,
}

/// A passage of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Headings from the outermost down to the one that the passage stands under; may be empty.
    pub heading_path: Vec<String>,
    /// First line, 1-based.
    pub line_start: u32,
    /// Last line, 1-based, inclusive.
    pub line_end: u32,
    /// The passage as it is shown: the section's source lines `line_start..=line_end`.
    pub text: String,
    /// What is embedded: title and heading path, then the passage without markup noise.
    pub embed_text: String,
}

/// A file or folder that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Path relative to the corpus root.
    pub path: String,
    /// Why.
    pub reason: SkipReason,
}

/// Everything that the index files of a corpus say about its sections.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Guide {
    /// Routing hints in file order.
    pub guidelines: Vec<Guideline>,
    /// Table rows that describe a section, in file order.
    pub descriptors: Vec<Descriptor>,
    /// Usage examples in file order.
    pub examples: Vec<Example>,
}

/// Where in an index file something was said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The index file, relative to the corpus root.
    pub file: String,
    /// 1-based line.
    pub line: u32,
}

/// A routing hint: `Add pagination` under `"How do I..."` points to `build-pagination.md`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Guideline {
    /// The group's heading without quotes and trailing dots, e.g. `How do I`; may be empty.
    pub group: String,
    /// The phrase, e.g. `Add pagination`.
    pub phrase: String,
    /// Section paths relative to the corpus root, in the author's order.
    pub targets: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// What an index table says of a section.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Descriptor {
    /// Section path relative to the corpus root.
    pub target: String,
    /// The row's title cell; may be empty.
    pub title: String,
    /// The row's description cell(s).
    pub covers: String,
    /// The heading that the table stands under; may be empty.
    pub group: String,
    /// Where it stands.
    pub source: Source,
}

/// A usage example: a question and the sections that its author would retrieve.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Example {
    /// The question, without quotes.
    pub question: String,
    /// Section paths relative to the corpus root, in order.
    pub targets: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// Why a file was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its name starts with a dot.
    Hidden,
}

/// What can go wrong when a folder is read as a corpus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The folder does not exist or cannot be read.
    #[error("cannot read documentation folder {}: {source}\nhint: name a folder of .md files", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl Corpus {
    /// Reads the folder `root`.
    pub fn read(root: &Path) -> Result<Self, CorpusError> {
        Err(CorpusError::Unreadable {
            path: root.to_owned(),
            source: std::io::ErrorKind::NotFound.into(),
        })
    }
}
