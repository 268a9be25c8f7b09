//! The guide: what the guide files of a corpus say of its sections.
//!
//! `parse` reads a guide file, `landing` what a page says besides its hints, `nav` a list of pages, `questions` the tables of questions in it and writes them, `blocks` is
//! Markdown as lines and cells with the files that they mention.

mod blocks;
mod landing;
mod nav;
mod parse;
mod questions;

use std::borrow::Cow;
use std::ops::Range;

use super::parse::Rendition;
use super::walk::file_name;
pub(super) use nav::{read_toctrees, settle};
pub use parse::parse_guide;
pub(super) use parse::resolve;
pub use questions::{QuestionsError, merge_questions};

/// Whether a file with this name is a guide file if it says something of sections: `INDEX.md`,
/// `QUESTIONS.md`, or either with `.markdown`, or a list of pages such as `SUMMARY.md`, in any case.
pub(super) fn is_guide_name(path: &str) -> bool {
    let name = file_name(path);
    let names = [
        "index.md",
        "index.markdown",
        "questions.md",
        "questions.markdown",
    ];
    is_list_of_pages(path) || names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// Whether a file with this name lists pages for readers of the docs, and was not written to route questions.
pub(crate) fn is_list_of_pages(path: &str) -> bool {
    nav::reader(path).is_some()
}

/// Whether a file with this name holds all pages of the docs once more, for language models.
pub(super) fn is_all_pages_name(path: &str) -> bool {
    let name = file_name(path);
    name.eq_ignore_ascii_case("llms-full.txt")
}

/// What the guide file `file` (its path relative to the corpus root) says. Never fails: what has none of the
/// forms of hints says nothing.
pub(super) fn read_guide(file: &str, text: &str) -> Guide {
    nav::reader(file).unwrap_or(parse_guide)(file, text)
}

/// What the guide file `file`, which says `guide`, says besides, if it is a page that readers of the docs see.
pub(super) fn text_besides(file: &str, text: &str, guide: &Guide) -> Option<Rendition> {
    let is_landing = landing::is_landing_name(file);
    is_landing
        .then(|| landing::besides_hints(text, guide))
        .flatten()
}

/// Everything that the guide files of a corpus say about its sections.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Guide {
    /// Routing hints in file order.
    pub guidelines: Vec<Guideline>,
    /// Table rows that describe a section, in file order.
    pub descriptors: Vec<Descriptor>,
    /// Known questions in file order.
    pub questions: Vec<KnownQuestion>,
    /// Targets written as globs (`env-*.md`), in file order. They name a family of files rather
    /// than an answer, so they are kept apart from the targets of the entry that they stand in.
    pub patterns: Vec<Pattern>,
}

/// Something that the guide says of sections, as a text that is searched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuidePassage<'a> {
    /// `How do I: Add pagination`, a known question, or title and text of a table's row.
    pub text: Cow<'a, str>,
    /// Paths of the sections that it names, in the author's order.
    pub targets: &'a [String],
}

impl Guide {
    /// All that the guide says of sections: guidelines, then questions, then descriptors. An index has
    /// vectors and terms of each, in this order.
    pub fn passages(&self) -> impl Iterator<Item = GuidePassage<'_>> {
        let guidelines = self.guidelines.iter().map(|guideline| GuidePassage {
            text: joined(&guideline.group, &guideline.phrase),
            targets: &guideline.targets,
        });
        let questions = self.questions.iter().map(|known| GuidePassage {
            text: Cow::Borrowed(&known.question),
            targets: &known.targets,
        });
        let descriptors = self.descriptors.iter().map(|descriptor| GuidePassage {
            text: joined(&descriptor.title, &descriptor.covers),
            targets: std::slice::from_ref(&descriptor.target),
        });
        guidelines.chain(questions).chain(descriptors)
    }

    /// Number of [`Guide::passages`].
    pub fn num_passages(&self) -> usize {
        self.guidelines.len() + self.questions.len() + self.descriptors.len()
    }

    /// Which of [`Guide::passages`] are questions.
    pub fn question_rows(&self) -> Range<usize> {
        let first = self.guidelines.len();
        first..first + self.questions.len()
    }
}

impl Guide {
    pub(super) fn append(&mut self, other: Self) {
        self.guidelines.extend(other.guidelines);
        self.descriptors.extend(other.descriptors);
        self.questions.extend(other.questions);
        self.patterns.extend(other.patterns);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.guidelines.is_empty() && self.descriptors.is_empty() && self.questions.is_empty()
    }
}

/// Both texts with a colon between them; one of them if the other is empty.
fn joined<'a>(title: &'a str, text: &'a str) -> Cow<'a, str> {
    match (title.is_empty(), text.is_empty()) {
        (true, _) => Cow::Borrowed(text),
        (_, true) => Cow::Borrowed(title),
        _ => Cow::Owned(format!("{title}: {text}")),
    }
}

/// A glob in a guide file, e.g. `then relevant env-*.md`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Pattern {
    /// The glob relative to the corpus root; `*` stands for any characters but `/`, `**` for any
    /// folders.
    pub glob: String,
    /// Where it stands.
    pub source: Source,
}

/// Where in a guide file something was said.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// The guide file, relative to the corpus root.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
}

/// A hint that routes: `Add pagination` under `"How do I..."` points to `build-pagination.md`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Guideline {
    /// The group's heading without quotes and trailing dots, e.g. `How do I`; may be empty.
    pub group: String,
    /// The phrase, e.g. `Add pagination`.
    pub phrase: String,
    /// Paths relative to the corpus root, in the author's order. A guide file that routes to those
    /// of sub-folders has guide files here. A path that would leave the root keeps its leading
    /// `../` and so names no section.
    pub targets: Vec<String>,
    /// Where it stands.
    pub source: Source,
}

/// What a table of a guide file says of a section.
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

/// A question with the sections that answer it: a usage example, or a row of a table of questions.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KnownQuestion {
    /// The question, without quotes, on one line.
    pub question: String,
    /// Section paths relative to the corpus root, in order; none, if the row names none.
    pub targets: Vec<String>,
    /// Where the question comes from (`log`, a name, a link), as the table says; may be empty.
    pub origin: String,
    /// When it was asked or written, as the table says; may be empty.
    pub date: String,
    /// Where it stands.
    pub source: Source,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guide_names_are_recognized_in_any_case() {
        assert!(is_guide_name("INDEX.md") && is_guide_name("a/b/Index.MARKDOWN"));
        assert!(is_guide_name("Questions.md") && is_guide_name("a/QUESTIONS.markdown"));
        assert!(!is_guide_name("a/README.md") && !is_guide_name("index.txt"));
        assert!(!is_guide_name("my-index.md") && !is_guide_name("faq/questions.txt"));
    }
}
