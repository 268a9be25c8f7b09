//! A section: one documentation file, as text that can be shown and cut into chunks.

use super::document::Document;
use super::fields::Field;
use super::include::{self, Included};
use super::parse::{self, Format, NoContent, Rendition, Syntax};
use super::walk::{FileText, file_name};
use super::{SkipReason, Skipped};
use crate::content_hash;

/// One documentation file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Path relative to the corpus root, `/`-separated on every platform.
    pub path: String,
    /// The title that the file gives itself (front matter `title`), else the first level-1 heading, else
    /// the file stem.
    pub title: String,
    /// The description that it gives itself, if any.
    pub description: Option<String>,
    /// All that its front matter says, title and description included, in the order of names; bounded as
    /// `src/corpus/fields.rs` says.
    pub fields: Vec<Field>,
    /// The text that passages are parts of: see [`Section::text`].
    pub(crate) text: String,
    pub(crate) syntax: Syntax,
    origin: Origin,
    /// Length of the file in bytes, as it lies there: compressed, in its own encoding.
    pub(crate) bytes: u64,
    /// Hash of the file's text.
    pub(crate) content_hash: [u8; 16],
    /// What was parsed of `text`, kept so that cutting the section into chunks does not parse it
    /// again. Larger than the text, and so not to be kept longer than until then.
    pub(super) document: Document,
}

/// Where in the file the lines of a section's text come from, which is counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Origin {
    /// They are those of the file.
    SameLines,
    /// For each the line of the file.
    Lines(Vec<u32>),
    /// For each the page of the file, which has no lines.
    Pages(Vec<u32>),
}

impl Section {
    /// A section from the text of a file: its title and description are taken from the text.
    ///
    /// The format follows the name of the file: `.md`, `.markdown` and `.mdx` are Markdown, what is not known
    /// is plain text. A file in which there is nothing to be found is plain text, too.
    pub fn from_text(path: String, text: String) -> Self {
        let format = Format::of(&path);
        match format.render(&text) {
            Some(Ok(rendition)) => Self::rendered(path, &text, rendition),
            Some(Err(_)) => Self::written(path, text, Syntax::PlainText),
            None => Self::written(path, text, format.syntax()),
        }
    }

    /// As [`Section::from_text`], for a file of a folder: one in which there is nothing to be found is skipped, and
    /// text that is read as it is written has what it includes. `included` gives the text of other files of the folder.
    pub(super) fn read(
        path: String,
        file: FileText,
        included: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Skipped> {
        let FileText {
            text, file_bytes, ..
        } = file;
        let format = Format::of(&path);
        let skip = |path, why: NoContent| Skipped {
            path,
            reason: SkipReason::NoContent(why),
        };
        let section = match format.render(&text) {
            Some(Ok(rendition)) => Ok(Self::rendered(path, &text, rendition)),
            Some(Err(why)) => Err(skip(path, why)),
            None => Ok(Self::with_included(path, text, format.syntax(), included)),
        };
        section.map(|section| section.in_file(file_bytes))
    }

    /// The section in a file of so many bytes, as it lies there.
    pub(super) fn in_file(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    fn with_included(
        path: String,
        file: String,
        syntax: Syntax,
        included: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let expanded = include::expand(&path, &file, syntax, included);
        let Some(Included { text, file_lines }) = expanded else {
            return Self::written(path, file, syntax);
        };
        let (bytes, content_hash) = (file.len() as u64, content_hash(&file));
        let origin = Origin::Lines(file_lines);
        Self::new(path, text, syntax).with_file(bytes, content_hash, origin)
    }

    /// A section whose text is written in `syntax`, whatever the name of its file.
    pub(crate) fn written(path: String, text: String, syntax: Syntax) -> Self {
        let (bytes, content_hash) = (text.len() as u64, content_hash(&text));
        Self::new(path, text, syntax).with_file(bytes, content_hash, Origin::SameLines)
    }

    /// A section of what docent made of a file with the text `file`.
    pub(super) fn rendered(path: String, file: &str, rendition: Rendition) -> Self {
        let mut section = Self::new(path, rendition.text, Syntax::Markdown);
        if let Some(title) = rendition.title {
            section.title = title;
        }
        section.description = rendition.description.or(section.description);
        let origin = match rendition.has_pages {
            true => Origin::Pages(rendition.file_lines),
            false => Origin::Lines(rendition.file_lines),
        };
        section.with_file(file.len() as u64, content_hash(file), origin)
    }

    fn new(path: String, text: String, syntax: Syntax) -> Self {
        let mut document = parse::parse(&text, syntax);
        let title = document
            .title
            .take()
            .or_else(|| document.first_h1().map(str::to_owned))
            .unwrap_or_else(|| title_from_path(&path));
        Self {
            title,
            description: document.description.take(),
            fields: std::mem::take(&mut document.fields),
            path,
            text,
            syntax,
            origin: Origin::SameLines,
            bytes: 0,
            content_hash: [0; 16],
            document,
        }
    }

    fn with_file(self, bytes: u64, content_hash: [u8; 16], origin: Origin) -> Self {
        Self {
            bytes,
            content_hash,
            origin,
            ..self
        }
    }

    /// The text that passages are parts of (UTF-8; CRLF kept so that line numbers hold): the file's, as read, or
    /// the Markdown that docent made of it, where nobody reads the file itself. A section with another text is
    /// another section, to be made anew: chunks are cut as this one was parsed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What [`Section::text`] is written in.
    pub fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// The line of the file that a line of the text comes from, both counted from 1; 0 if the file has pages and
    /// no lines.
    pub fn file_line(&self, line: u32) -> u32 {
        match &self.origin {
            Origin::SameLines => line,
            Origin::Lines(lines) => nth(lines, line),
            Origin::Pages(_) => 0,
        }
    }

    /// The page of the file that a line of the text comes from, both counted from 1, if it has pages.
    pub fn page(&self, line: u32) -> Option<u32> {
        match &self.origin {
            Origin::Pages(pages) => Some(nth(pages, line)),
            _ => None,
        }
    }

    /// A section from a document that is not a file, such as one of a test collection: its title
    /// is the given one, also if it is empty, and it has no description. The format follows `path`, as in
    /// [`Section::from_text`].
    pub fn titled(path: String, title: String, text: String) -> Self {
        Self {
            title,
            description: None,
            ..Self::from_text(path, text)
        }
    }
}

/// What stands for a line, counted from 1, in a list of all lines; the last, for one beyond.
fn nth(places: &[u32], line: u32) -> u32 {
    let at = (line as usize)
        .saturating_sub(1)
        .min(places.len().saturating_sub(1));
    places.get(at).copied().unwrap_or(1)
}

/// Whether the text of a file with this path is made of it, and not the file's own.
pub(crate) fn is_rendered(path: &str) -> bool {
    Format::of(path).is_rendered()
}

/// Whether there is something to be found in a file with this text.
pub(super) fn has_content(path: &str, text: &str) -> bool {
    Format::of(path)
        .render(text)
        .is_none_or(|made| made.is_ok())
}

/// `guides/getting-started.md` is titled `getting started`.
fn title_from_path(path: &str) -> String {
    let name = file_name(path);
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    stem.replace(['-', '_'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_come_from_front_matter_then_heading_then_name() {
        let title =
            |path: &str, text: &str| Section::from_text(path.to_owned(), text.to_owned()).title;
        assert_eq!(title("a.md", "---\ntitle: F\n---\n# H\n"), "F");
        assert_eq!(title("a.md", "## No\n\nH *e*\n===\n"), "H e");
        assert_eq!(
            title("d/getting-started_now.md", "text"),
            "getting started now"
        );
        assert_eq!(title("d/notes.v2.txt", "# no heading"), "notes.v2");
        assert_eq!(title("doc-17", "text"), "doc 17");
    }

    #[test]
    fn a_given_title_counts_more_than_the_text() {
        let text = "---\ntitle: F\ndescription: D\n---\n# H\n";
        let section = Section::titled("a.md".to_owned(), String::new(), text.to_owned());
        assert_eq!((section.title.as_str(), section.description), ("", None));
    }
}
