//! A document as what chunking needs: headings, and lines of text without markup.
//!
//! A [`Unit`] is what stands on one source line (a line of a paragraph, a table row, a line of
//! code) after links, emphasis and tags are gone. Units know where they begin in the source and
//! how strong the border before them is, so that a passage can be cut at the best place.
//!
//! Nothing here knows a file format: a parser of one (`parse/`) makes a [`Document`], and the
//! chunker reads it.

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Document {
    /// The title that the document gives itself apart from its text, in front matter for example.
    pub(super) title: Option<String>,
    /// The same for a description.
    pub(super) description: Option<String>,
    /// In source order, each beginning after the one before it.
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
    /// May be empty.
    pub(super) text: String,
    /// Offset of its line.
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
    /// Not blank.
    pub(super) text: String,
    /// Offset in the source: the beginning of its line.
    pub(super) start: usize,
    pub(super) border: Border,
    /// Index of the line that must be known to read this one, such as a table's header row.
    pub(super) context: Option<usize>,
    /// Whether this unit is that line itself.
    pub(super) is_context: bool,
    /// Offsets in `text` and in the source where they correspond, ascending.
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
}
