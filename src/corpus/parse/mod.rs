//! Files become [`Document`]s: a module for each format, and the choice between them.
//!
//! Parsers know nothing of chunks, and the chunker nothing of formats: both know the document.

mod front_matter;
mod markdown;
mod plain;
mod scrub;

use super::document::Document;
use markdown::Dialect;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Markdown,
    Mdx,
    PlainText,
}

impl Format {
    /// The format of documentation files with this extension, in any case; `None` if files with it
    /// are no documentation.
    pub(super) fn with_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Some(Self::Markdown),
            "mdx" => Some(Self::Mdx),
            "txt" => Some(Self::PlainText),
            _ => None,
        }
    }

    /// The format by the extension of `path`; a file with an unknown one is plain text.
    pub(super) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.rsplit_once('.')
            .and_then(|(_, extension)| Self::with_extension(extension))
            .unwrap_or(Self::PlainText)
    }
}

/// Parses `text` in time proportional to its length. It never fails: what is no markup is text.
pub(super) fn parse(text: &str, format: Format) -> Document {
    let mut document = match format {
        Format::Markdown => markdown::parse(text, Dialect::Markdown),
        Format::Mdx => markdown::parse(text, Dialect::Mdx),
        Format::PlainText => plain::parse(text),
    };
    document.shrink_to_fit();
    document
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
    fn the_extension_tells_the_format() {
        for (path, format) in [
            ("a.md", Format::Markdown),
            ("d.mdx/a.MarkDown", Format::Markdown),
            ("a.b.MDX", Format::Mdx),
            ("a.txt", Format::PlainText),
            ("a.html", Format::PlainText),
            ("d.md/a", Format::PlainText),
            ("md", Format::PlainText),
        ] {
            assert_eq!(Format::of(path), format, "{path}");
        }
        assert_eq!(Format::with_extension("html"), None);
    }

    #[test]
    fn each_format_has_its_parser() {
        let source = "# *a* {/* b */} c";
        for (format, expected) in [
            (Format::Markdown, "h1 a {/* b */} c"),
            (Format::Mdx, "h1 a c"),
            (Format::PlainText, "Block # *a* {/* b */} c"),
        ] {
            assert_eq!(outline(&parse(source, format)), [expected]);
        }
    }
}
