//! A corpus: a documentation folder or several, their sections and their guide.
//!
//! A *section* is one documentation file, the unit that a guideline names and a query returns.
//! A *chunk* is a passage of a section, the unit that is embedded.
//! The *guide* is what the folder's *guide files*, each an `INDEX.md` or a `QUESTIONS.md`, say about its
//! sections.

mod check;
mod chunk;
mod config;
mod document;
pub(crate) mod fences;
mod fields;
mod guide;
mod include;
mod join;
pub(crate) mod lines;
mod links;
mod not_read;
mod options;
mod outline;
mod parse;
mod section;
mod tree;
mod walk;

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

pub use check::{GuideProblem, GuideWarning, check_guide, check_guide_of};
pub use chunk::{ChunkOptions, chunk_section};
pub use config::{Config, ConfigError};
pub use fields::Field;
pub(crate) use guide::is_list_of_pages;
pub use guide::{
    Descriptor, Guide, GuidePassage, Guideline, KnownQuestion, Pattern, QuestionsError, Source,
    merge_questions, parse_guide,
};
pub use join::is_corpus_name;
pub use links::{Anchors, Link, Named, linked_path, links};
pub use not_read::{Kind, LeftOut, NotRead};
pub use options::CorpusOptions;
pub use outline::{Lead, OutlineEntry};
pub use parse::{NoContent, Syntax};
pub use section::Section;
pub(crate) use section::is_rendered;
#[cfg(feature = "cli")]
pub(crate) use walk::BYTE_ORDER_MARK;
pub(crate) use walk::is_documentation;
pub(crate) use walk::{FileText, FoundFile, is_gzip, is_read};
pub use walk::{GuessedEncoding, MAX_FILE_BYTES};

use options::{GuideNames, Selection};
use walk::is_pdf;

/// Folders read into memory: sections sorted by path, its guide, what was skipped.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// The folders: one, or several with different names; none, if its documents are not files.
    pub folders: Vec<Folder>,
    /// How they were read, beside what their own `docent.toml` says.
    pub options: CorpusOptions,
    /// When reading it began: what changed later is not in it.
    pub as_of: SystemTime,
    /// Sections sorted by `path` (byte order). A guide file is no section, but an `index.md` that says more than where
    /// to look is both.
    pub sections: Vec<Section>,
    /// The files that the guide was read from, sorted by `path`.
    pub guide_files: Vec<GuideFile>,
    /// What the guide files say: guidelines, descriptors, questions.
    pub guide: Guide,
    /// Files and folders left out, each with its reason, sorted by path.
    pub skipped: Vec<Skipped>,
    /// Files that were read in an encoding that is a guess, sorted by path.
    pub guesses: Vec<Guess>,
    /// What is no documentation or left out on purpose, counted.
    pub not_read: NotRead,
}

/// A file that was read in an encoding that nothing in it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// Path relative to the corpus root.
    pub path: String,
    /// What it is taken to be.
    pub encoding: GuessedEncoding,
}

/// A documentation folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// What the paths of its sections begin with, followed by `/`; empty if it is the only one.
    pub name: String,
    /// The folder, as given.
    pub path: PathBuf,
}

/// An `INDEX.md`, `QUESTIONS.md` (or `.markdown`) or a list of pages such as `SUMMARY.md` (any case) with at least one guideline, table row or
/// question that points to a documentation file. One without any is an ordinary section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideFile {
    /// Path relative to the corpus root, `/`-separated on every platform.
    pub path: String,
    /// The file's whole text, as read.
    pub text: String,
    /// Length of the file in bytes, as it lies there.
    pub bytes: u64,
}

/// A passage of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Headings from the outermost (the level-1 heading too, even where it is the title) down to
    /// the one that the passage stands under; may be empty.
    pub heading_path: Vec<String>,
    /// The first line, counted from 1.
    pub line_start: u32,
    /// The last line, which belongs to the passage.
    pub line_end: u32,
    /// The lines of the file that these lines come from, the last one included: the same ones, where
    /// the section's text is that of its file; 0 for both where the file has pages and no lines.
    pub file_lines: (u32, u32),
    /// What a link to it names after `#`: the heading above it, where the document says it, or in a file with pages
    /// that on which it begins, `page=12` (RFC 8118).
    pub anchor: Option<String>,
    /// The passage as it is shown: the lines `line_start..=line_end` of the section's text without
    /// trailing blank space. Of a line that is longer than a chunk, only the part in this chunk.
    pub text: String,
    /// What is embedded: title and heading path, then the passage without markup noise.
    pub embed_text: String,
}

/// A file or folder that was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Path relative to the corpus root.
    pub path: String,
    /// Why it was not read.
    pub reason: SkipReason,
}

/// A heading without Markdown's marks, so that both ways of writing it down are equal.
pub fn plain_heading(heading: &str) -> String {
    let text = heading.replace(['`', '*', '\\'], "");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Why a file or folder was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SkipReason {
    /// Its name starts with a dot.
    Hidden,
    /// Its name is not UTF-8, so no guideline could name it.
    NameNotUtf8,
    /// A symbolic link to something outside the corpus root.
    LinkLeavesRoot,
    /// A symbolic link to a folder that contains the link.
    LinkLoop,
    /// A symbolic link to another folder of the corpus, whose files are read under their own path.
    LinkedFolder,
    /// It is larger than is read: [`MAX_FILE_BYTES`], or 64 MiB of a PDF.
    TooLarge {
        /// Its size in bytes.
        bytes: u64,
        /// The most that is read.
        limit: u64,
    },
    /// What it unpacks to, or its text in a PDF, is larger than is read.
    UnpacksTooLarge {
        /// The most that is read, in bytes.
        limit: u64,
    },
    /// It is called `.gz` and cannot be unpacked.
    NotGzip {
        /// What the unpacker says.
        message: String,
    },
    /// It contains NUL bytes, or many control characters, and is no text in any encoding.
    Binary,
    /// It has no bytes, or nothing but blank space.
    Empty,
    /// It has nothing to be found.
    NoContent(NoContent),
    /// `docent-pdf`, the program that reads PDF, failed on it, or took too long.
    ReaderFailed {
        /// How it failed.
        message: String,
    },
    /// It changed each time that it was read.
    Changing,
    /// Neither a regular file nor a folder.
    NotAFile,
    /// The operating system refused to read it.
    Unreadable {
        /// The operating system's words.
        message: String,
    },
}

impl std::fmt::Display for SkipReason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Hidden => f.write_str("hidden"),
            Self::NameNotUtf8 => f.write_str("its name is not UTF-8"),
            Self::LinkLeavesRoot => f.write_str("symbolic link out of the documentation folder"),
            Self::LinkLoop => f.write_str("symbolic link to a folder that contains it"),
            Self::LinkedFolder => {
                f.write_str("symbolic link to a folder that is read under its own path")
            }
            Self::TooLarge { bytes, limit } => {
                write!(f, "{bytes} bytes, more than the limit of {limit}")
            }
            Self::UnpacksTooLarge { limit } => {
                write!(f, "unpacked it is larger than the limit of {limit} bytes")
            }
            Self::NotGzip { message } => write!(f, "not a whole gzip file: {message}"),
            Self::Binary => f.write_str("binary"),
            Self::Empty => f.write_str("empty"),
            Self::NoContent(why) => why.fmt(f),
            Self::ReaderFailed { message } => write!(f, "docent-pdf cannot read it: {message}"),
            Self::Changing => f.write_str("it changed while it was read"),
            Self::NotAFile => f.write_str("neither a regular file nor a folder"),
            Self::Unreadable { message } => write!(f, "cannot be read: {message}"),
        }
    }
}

/// What can go wrong when a folder is read as a corpus.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorpusError {
    /// The folder does not exist or cannot be read.
    #[error("cannot read documentation folder {}: {source}\nhint: name a folder of documentation", path.display())]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The operating system's answer.
        source: std::io::Error,
    },
    /// The folder was read, but nothing in it can be a section.
    #[error(
        "no documentation in {} ({skipped} files or folders skipped{}{})\n\
         hint: name a folder with files in a format that is read: Markdown, HTML, AsciiDoc, reStructuredText, text, ...",
        path.display(),
        first_skip.as_ref().map(|s| format!(", first {}: {}", s.path, s.reason)).unwrap_or_default(),
        if **not_read == NotRead::default() { String::new() } else { format!("; {not_read}") }
    )]
    NoDocumentation {
        /// The folder.
        path: PathBuf,
        /// How many files and folders were left out.
        skipped: usize,
        /// The first of them by path.
        first_skip: Option<Skipped>,
        /// What else there was.
        not_read: Box<NotRead>,
    },
    /// Its `docent.toml` or a pattern is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// What a readable file of the folder turned out to be.
struct Parsed {
    section: Option<Section>,
    guide_file: Option<GuideFile>,
    /// What it says of sections.
    guide: Guide,
}

impl Default for Corpus {
    /// Nothing, as of now.
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            as_of: SystemTime::now(),
            sections: Vec::new(),
            guide_files: Vec::new(),
            guide: Guide::default(),
            skipped: Vec::new(),
            guesses: Vec::new(),
            not_read: NotRead::default(),
            options: CorpusOptions::default(),
        }
    }
}

impl Corpus {
    /// Reads the folder `root` as [`Corpus::read_with`], with nothing said but in its own `docent.toml`.
    pub fn read(root: &Path) -> Result<Self, CorpusError> {
        Self::read_with(root, &CorpusOptions::default())
    }

    /// Reads the documentation files (in the formats that MANUAL.md lists, also with `.gz` behind the name, and
    /// names such as `README`, any case) under `root`, but for those that `options`, the folder's [`Config`] or an
    /// ignore file leaves out.
    ///
    /// Files are read and parsed in parallel; the result depends only on the folder's content and on the
    /// ignore files of its git repository. Memory is a few times the size of the files. What cannot be
    /// read is in [`Corpus::skipped`]; files with another extension are not documentation, and are only
    /// counted, in [`Corpus::not_read`].
    ///
    /// # Errors
    ///
    /// [`CorpusError::Unreadable`] if `root` is not a readable folder, [`CorpusError::Config`] if its
    /// `docent.toml` or a pattern is wrong, [`CorpusError::NoDocumentation`] if no file in it is a section.
    pub fn read_with(root: &Path, options: &CorpusOptions) -> Result<Self, CorpusError> {
        let corpus = Self::read_folder(root, options)?;
        match corpus.sections.is_empty() {
            true => Err(corpus.no_documentation(root)),
            false => Ok(corpus),
        }
    }

    /// As [`Corpus::read_with`], of a folder that may have no section.
    fn read_folder(root: &Path, options: &CorpusOptions) -> Result<Self, CorpusError> {
        let as_of = SystemTime::now();
        let config = Config::read(root)?;
        let guides = GuideNames::new(&config)?;
        let listing = list(root, options, &config, usize::MAX)?.unwrap_or_default();
        let walk::Listing {
            files,
            mut skipped,
            not_read,
        } = listing;
        let canonical = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let included = |path: &str| read_included(&canonical, path);
        let read: Vec<Result<(Parsed, Option<Guess>), Skipped>> = files
            .into_par_iter()
            .map(|file| read_file(file, &guides, &included))
            .collect();

        let mut corpus = Self {
            folders: vec![Folder {
                name: String::new(),
                path: root.to_owned(),
            }],
            options: options.clone(),
            as_of,
            ..Self::default()
        };
        for result in read {
            match result {
                Ok((parsed, guess)) => {
                    corpus.guesses.extend(guess);
                    corpus.add(parsed, &config);
                }
                Err(skip) => skipped.push(skip),
            }
        }
        skipped.sort_by(|a, b| a.path.cmp(&b.path));
        corpus.skipped = skipped;
        corpus.not_read = not_read;
        let sections = &corpus.sections;
        guide::settle(&mut corpus.guide, |path| {
            sections
                .binary_search_by(|section| (*section.path).cmp(path))
                .is_ok()
        });
        Ok(corpus)
    }

    fn no_documentation(self, root: &Path) -> CorpusError {
        CorpusError::NoDocumentation {
            path: root.to_owned(),
            skipped: self.skipped.len(),
            first_skip: self.skipped.into_iter().next(),
            not_read: Box::new(self.not_read),
        }
    }

    fn add(&mut self, parsed: Parsed, config: &Config) {
        if let Some(mut section) = parsed.section {
            section.fields.retain(|field| config.keeps(&field.name));
            self.sections.push(section);
        }
        self.guide_files.extend(parsed.guide_file);
        self.guide.append(parsed.guide);
    }

    /// A corpus of documents that are not files, such as those of a test collection: no guide,
    /// no skips, no folder. Sorts by path. A path without a Markdown extension is plain text.
    pub fn from_documents(mut sections: Vec<Section>) -> Self {
        sections.sort_by(|a, b| a.path.cmp(&b.path));
        Self {
            sections,
            ..Self::default()
        }
    }

    /// XXH3-128 over the paths and texts of all sections and guide files, as 32 hex digits.
    ///
    /// Equal for equal content wherever the folder lies; not a cryptographic digest.
    pub fn fingerprint(&self) -> String {
        let mut hash = Xxh3::new();
        let mut field = |kind: u8, text: &str| {
            hash.update(&[kind]);
            hash.update(&(text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        };
        for section in &self.sections {
            field(b's', &section.path);
            field(b't', &section.title);
            field(b'b', &section.text);
        }
        for file in &self.guide_files {
            field(b'i', &file.path);
            field(b'b', &file.text);
        }
        format!("{:032x}", hash.digest128())
    }
}

/// The documentation files of the folder `root`, sorted by path; `None` if there are more than `most`
/// entries in its folders.
pub(crate) fn list_files(
    root: &Path,
    options: &CorpusOptions,
    most: usize,
) -> Result<Option<Vec<FoundFile>>, CorpusError> {
    let listing = list(root, options, &Config::read(root)?, most)?;
    Ok(listing.map(|listing| listing.files))
}

fn list(
    root: &Path,
    options: &CorpusOptions,
    config: &Config,
    most: usize,
) -> Result<Option<walk::Listing>, CorpusError> {
    let selection = Selection::new(options, config)?;
    walk::list(root, &selection, most).map_err(|source| CorpusError::Unreadable {
        path: root.to_owned(),
        source,
    })
}

/// `included` gives the text of other files of the docs.
fn read_file(
    file: FoundFile,
    guides: &GuideNames,
    included: &dyn Fn(&str) -> Option<String>,
) -> Result<(Parsed, Option<Guess>), Skipped> {
    match file.read() {
        Ok(read) => {
            let guess = read.guessed.map(|encoding| Guess {
                path: file.path.clone(),
                encoding,
            });
            Ok((parse_file(file.path, read, guides, included)?, guess))
        }
        Err(reason) => Err(Skipped {
            path: file.path,
            reason,
        }),
    }
}

/// The text of a file of the docs by its path from `root`, which is canonical. What is hidden, or outside of the
/// docs behind a symbolic link, is none of them, nor is a PDF, which is no text to be included.
fn read_included(root: &Path, path: &str) -> Option<String> {
    let file = fs::canonicalize(root.join(path)).ok()?;
    let inside = file.strip_prefix(root).ok()?;
    let is_hidden = |part: Component<'_>| part.as_os_str().as_encoded_bytes().starts_with(b".");
    if inside.components().any(is_hidden) || !file.is_file() || is_pdf(path) {
        return None;
    }
    let found = FoundFile {
        path: path.to_owned(),
        absolute: file,
    };
    found.read().ok().map(|read| read.text)
}

fn parse_file(
    path: String,
    file: FileText,
    guides: &GuideNames,
    included: &dyn Fn(&str) -> Option<String>,
) -> Result<Parsed, Skipped> {
    let lists = |path, why| Skipped {
        path,
        reason: SkipReason::NoContent(why),
    };
    if guide::is_all_pages_name(&path) {
        return Err(lists(path, NoContent::Lists));
    }
    if guides.has(&path) {
        let guide = guide::read_guide(&path, &file.text);
        if !guide.is_empty() {
            return Ok(parse_guide_file(path, file, guide));
        }
    }
    if is_mere_list(&path) {
        return Err(lists(path, NoContent::ListsNothing));
    }
    let section = Section::read(path, file, included)?;
    let toctrees = guides.are_usual().then(|| guide::read_toctrees(&section));
    Ok(Parsed {
        section: Some(section),
        guide: toctrees.unwrap_or_default(),
        guide_file: None,
    })
}

/// Whether a file with this path lists pages in a language that no documentation is written in.
fn is_mere_list(path: &str) -> bool {
    is_list_of_pages(path) && !is_documentation(path)
}

/// Whether a file with this text is a section or a guide file.
pub(crate) fn has_content(path: &str, text: &str) -> bool {
    match is_mere_list(path) {
        true => !guide::read_guide(path, text).is_empty(),
        false => section::has_content(path, text),
    }
}

fn parse_guide_file(path: String, file: FileText, guide: Guide) -> Parsed {
    let (text, bytes) = (file.text, file.file_bytes);
    let besides = guide::text_besides(&path, &text, &guide);
    Parsed {
        section: besides.map(|made| Section::rendered(path.clone(), &text, made).in_file(bytes)),
        guide,
        guide_file: Some(GuideFile { path, text, bytes }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_sorted_by_path() {
        let document = |path: &str| Section::from_text(path.to_owned(), "x".to_owned());
        let corpus = Corpus::from_documents(vec![document("b"), document("a")]);
        let paths: Vec<_> = corpus.sections.iter().map(|s| s.path.as_str()).collect();
        assert_eq!(paths, ["a", "b"]);
    }
}
