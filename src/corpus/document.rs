//! A document as what chunking needs: headings, and lines of text without markup.
//!
//! A [`Unit`] is what stands on one source line (a line of a paragraph, a table row, a line of
//! code) after links, emphasis and tags are gone. Units know where they begin in the source and
//! how strong the border before them is, so that a passage can be cut at the best place.
//!
//! Nothing here knows a file format: a parser of one (`parse/`) makes a [`Document`], and the
//! chunker reads it.

use super::fields::Field;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// The title that the document gives itself outside of its text, for example in front matter.
    pub(super) title: Option<String>,
    /// The description that it gives itself there.
    pub(super) description: Option<String>,
    /// All that it says of itself there, in the order of names.
    pub(super) fields: Vec<Field>,
    /// The headings and units in source order; each begins after the one before it.
    pub(super) nodes: Vec<Node>,
    /// What [`Unit::context`] points to: table header rows and languages of code blocks.
    pub(super) contexts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Heading(Heading),
    Unit(Unit),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    /// 1 to 6.
    pub(super) level: u8,
    /// The heading without markup, on one line; may be empty.
    pub(super) text: String,
    /// What a link to it names after `#`, where the document says it.
    pub(super) id: Option<String>,
    /// The offset at which its line begins in the source.
    pub(super) start: usize,
}

/// The border before a unit, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Border {
    /// A block at the top level: paragraph, list, table, code block, quotation.
    Block,
    /// An item of a top-level list; a block after a line that ends in a colon, which it explains.
    Item,
    /// A paragraph or nested item inside of a block; a blank line in code.
    Paragraph,
    /// A line after one that ends a sentence.
    Sentence,
    /// Any other line or row.
    Line,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    /// The line without markup; never blank.
    pub(super) text: String,
    /// The offset at which its line begins in the source, or at which the unit itself does, where
    /// another one stands before it on the line.
    pub(super) start: usize,
    pub(super) border: Border,
    /// Which of [`Document::contexts`] must be known to read this unit, such as the header row of
    /// its table.
    pub(super) context: Option<usize>,
    /// Whether this unit is that context itself.
    pub(super) is_context: bool,
    /// Offsets in `text` and those of the same characters in the source, ascending: a pair for each
    /// piece of text between markup, where it begins.
    pub(super) runs: Vec<(usize, usize)>,
}

impl Border {
    /// The border between two lines of one paragraph, by how the first one ends.
    pub(super) fn after_line(line: &str) -> Self {
        if line.ends_with(['.', '!', '?', ':', '。', '！', '？']) {
            Self::Sentence
        } else {
            Self::Line
        }
    }
}

impl Unit {
    /// The source offset of the byte at `at` of `text`, exact where text is verbatim.
    pub(super) fn source_offset(&self, at: usize) -> usize {
        let next = self.runs.partition_point(|&(text_at, _)| text_at <= at);
        let Some(&(text_at, source_at)) = next.checked_sub(1).and_then(|run| self.runs.get(run))
        else {
            return self.start;
        };
        let verbatim = source_at + (at - text_at);
        self.runs
            .get(next)
            .map_or(verbatim, |&(_, limit)| verbatim.min(limit))
    }
}

impl Document {
    /// The first level-1 heading that has text.
    pub(super) fn first_h1(&self) -> Option<&str> {
        self.nodes.iter().find_map(|node| match node {
            Node::Heading(heading) if heading.level == 1 && !heading.text.is_empty() => {
                Some(heading.text.as_str())
            }
            _ => None,
        })
    }

    /// Gives back the memory that growing took in advance: a document waits, with all others of
    /// its corpus, until it is cut into chunks.
    pub(super) fn shrink_to_fit(&mut self) {
        for node in &mut self.nodes {
            if let Node::Unit(unit) = node {
                unit.text.shrink_to_fit();
                unit.runs.shrink_to_fit();
            }
        }
        self.nodes.shrink_to_fit();
    }
}
