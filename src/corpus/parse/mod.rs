//! Files become [`Document`]s: a module for each format, and the choice between them.
//!
//! A file that people read as it is written ([`markdown`], [`plain`], [`written`]) is parsed as it stands. Of one that
//! nobody reads so, such as HTML ([`rendered`]), its reader makes a [`Rendition`], Markdown that is parsed in its place.
//!
//! Parsers know nothing of chunks, and the chunker nothing of formats: both know the document.

mod markdown;
mod plain;
mod rendered;
mod rendition;
mod scrub;
mod written;

use super::document::Document;
use super::walk::{file_name, plain_name, reads_pdf};
use markdown::{Dialect, FrontMatter};
use rendered::{html, man, notebook, openapi, pdf};
pub use rendition::NoContent;
pub(super) use rendition::Rendition;
use written::{asciidoc, rst};

/// What a section's text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Syntax {
    /// As GitHub reads it; also what docent makes of files in other formats.
    Markdown,
    /// Markdown with JavaScript modules and components in it.
    Mdx,
    /// No markup.
    PlainText,
    /// AsciiDoc.
    AsciiDoc,
    /// reStructuredText.
    ReStructuredText,
}

impl Syntax {
    /// Whether it is Markdown in some dialect.
    pub fn is_markdown(self) -> bool {
        matches!(self, Self::Markdown | Self::Mdx)
    }
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// As it is written.
    Written(Syntax),
    /// A page of a site.
    Html,
    /// A notebook of Jupyter.
    Notebook,
    /// A manual page in the language of roff.
    Man,
    /// A description of an HTTP interface.
    OpenApi,
    /// PDF, where there is a program that reads it: see `src/corpus/walk/pdf.rs`.
    Pdf,
}

impl Format {
    /// The format of a file of documentation by its name; `None` if files of this name are none.
    pub(super) fn known(path: &str) -> Option<Self> {
        let name = file_name(path);
        let (stem, extension) = name.rsplit_once('.')?;
        if stem.is_empty() {
            return None;
        }
        match extension.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Written(Syntax::Markdown)),
            "mdx" => Some(Self::Written(Syntax::Mdx)),
            "txt" => Some(Self::Written(Syntax::PlainText)),
            "adoc" | "asciidoc" => Some(Self::Written(Syntax::AsciiDoc)),
            "rst" | "rest" => Some(Self::Written(Syntax::ReStructuredText)),
            "html" | "htm" | "xhtml" => Some(Self::Html),
            "ipynb" => Some(Self::Notebook),
            "pdf" if reads_pdf() => Some(Self::Pdf),
            "json" | "yaml" | "yml" if names_openapi(stem) => Some(Self::OpenApi),
            extension if is_manual(stem, extension) => Some(Self::Man),
            _ => None,
        }
    }

    /// The format by the name of a file, which may be compressed; one with an unknown name is plain text.
    pub(super) fn of(path: &str) -> Self {
        Self::known(plain_name(path)).unwrap_or(Self::Written(Syntax::PlainText))
    }

    /// Whether the text of a section is made of such a file, and not the file's own.
    pub(super) fn is_rendered(self) -> bool {
        !matches!(self, Self::Written(_))
    }

    /// What docent makes of a file with this text; `None` if it is read as it is written.
    pub(super) fn render(self, text: &str) -> Option<Result<Rendition, NoContent>> {
        match self {
            Self::Written(_) => None,
            Self::Html => Some(html::render(text)),
            Self::Notebook => Some(notebook::render(text)),
            Self::Man => Some(man::render(text)),
            Self::OpenApi => Some(openapi::render(text)),
            Self::Pdf => Some(pdf::render(text)),
        }
    }

    /// What the text of a section is written in that was a file of this format.
    pub(super) fn syntax(self) -> Syntax {
        match self {
            Self::Written(syntax) => syntax,
            _ => Syntax::Markdown,
        }
    }
}

/// Whether a file of JSON or YAML with this name says that it describes an interface.
fn names_openapi(stem: &str) -> bool {
    let stem = stem.to_ascii_lowercase();
    stem.contains("openapi") || stem.contains("swagger")
}

/// Whether a file is a manual page by its name, such as `tar.1` or `perlre.3pm`. Programs have versions at their
/// ends too: `libfoo.so.1`, `foo-1.2`.
fn is_manual(stem: &str, extension: &str) -> bool {
    let mut chars = extension.chars();
    let is_section = chars.next().is_some_and(|c| matches!(c, '1'..='9'))
        && chars.clone().count() <= 6
        && chars.all(|c| c.is_ascii_lowercase());
    is_section && !stem.ends_with(".so") && !stem.ends_with(|c: char| c.is_ascii_digit())
}

/// Parses `text` in time proportional to its length. It never fails: what is no markup is text.
pub(super) fn parse(text: &str, syntax: Syntax) -> Document {
    let mut document = match syntax {
        Syntax::Markdown => markdown::parse(text, Dialect::Markdown),
        Syntax::Mdx => markdown::parse(text, Dialect::Mdx),
        Syntax::PlainText => plain::parse(text),
        Syntax::AsciiDoc => asciidoc::parse(text),
        Syntax::ReStructuredText => rst::parse(text),
    };
    document.shrink_to_fit();
    document
}

/// `text` of the file at `path` without its front matter, if it is Markdown and has some.
pub(super) fn without_front_matter<'a>(path: &str, text: &'a str) -> &'a str {
    match Format::of(path) {
        Format::Written(syntax) if syntax.is_markdown() => {
            FrontMatter::find(text).map_or(text, |(range, _)| &text[range.end..])
        }
        _ => text,
    }
}

/// One line a node: a heading with its level, a unit with the border before it.
#[cfg(test)]
fn outline(document: &Document) -> Vec<String> {
    use super::document::Node;
    let describe = |node: &Node| match node {
        Node::Heading(heading) => format!("h{} {}", heading.level, heading.text),
        Node::Unit(unit) => format!("{:?} {}", unit.border, unit.text),
    };
    document.nodes.iter().map(describe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_tells_the_format() {
        for (path, format) in [
            ("a.md", Some(Syntax::Markdown)),
            ("d.mdx/a.MarkDown", Some(Syntax::Markdown)),
            ("a.b.MDX", Some(Syntax::Mdx)),
            ("a.txt", Some(Syntax::PlainText)),
            ("a.png", None),
            ("data.json", None),
            ("libfoo.so.1", None),
            ("foo-1.2", None),
            ("d.md/a", None),
            ("md", None),
            (".md", None),
        ] {
            assert_eq!(Format::known(path), format.map(Format::Written), "{path}");
        }
        for (path, format) in [
            ("a.HTM", Format::Html),
            ("a.adoc", Format::Written(Syntax::AsciiDoc)),
            ("a.rst", Format::Written(Syntax::ReStructuredText)),
            ("a.ipynb", Format::Notebook),
            ("api/openapi.v3.yaml", Format::OpenApi),
            ("swagger.JSON", Format::OpenApi),
            ("tar.1", Format::Man),
            ("perlre.3pm", Format::Man),
        ] {
            assert_eq!(Format::known(path), Some(format), "{path}");
        }
        assert_eq!(Format::of("a.png"), Format::Written(Syntax::PlainText));
        assert_eq!(Format::of("a.md.gz"), Format::Written(Syntax::Markdown));
    }

    #[test]
    fn each_syntax_has_its_parser() {
        let source = "# *a* {/* b */} c";
        for (syntax, expected) in [
            (Syntax::Markdown, "h1 a {/* b */} c"),
            (Syntax::Mdx, "h1 a c"),
            (Syntax::PlainText, "Block # *a* {/* b */} c"),
        ] {
            assert_eq!(outline(&parse(source, syntax)), [expected]);
        }
    }
}
