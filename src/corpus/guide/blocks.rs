//! A guide file as lines of text with the files that they mention.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::parse::{expects_file, is_file, linked_file, names_file, without_anchor};
use crate::corpus::lines::Lines;

/// A piece of a guide file that can hold hints.
#[derive(Debug)]
pub(super) enum Block {
    Heading(Line),
    Paragraph(Vec<Line>),
    Item(Vec<Line>),
    Table {
        header: Vec<Line>,
        rows: Vec<Vec<Line>>,
        /// Its bytes in the text.
        span: Range<usize>,
    },
}

/// A source line, or a table cell, without markup.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) text: String,
    /// The line's number, counted from 1.
    pub(super) number: u32,
    /// Whether all of it, but for a colon, is bold.
    pub(super) is_bold: bool,
    /// Files named in it, by position.
    pub(super) mentions: Vec<Mention>,
    /// The parts of `text` that come from code spans and links, in order. Neither arrows nor bare
    /// words are looked for in them.
    opaque: Vec<Range<usize>>,
}

/// A file named in a line.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    /// Offset in the line's text.
    pub(super) at: usize,
    /// The path as it is written, without an anchor; of a link, percent-decoded.
    pub(super) path: String,
    /// The text of a link, if it is not the path itself.
    pub(super) label: Option<String>,
}

impl Line {
    /// Several lines as one, numbered as the first.
    pub(super) fn join(lines: &[Self]) -> Self {
        let mut joined = Self {
            number: lines.first().map_or(1, |line| line.number),
            is_bold: lines.iter().all(|line| line.is_bold),
            ..Self::default()
        };
        for line in lines {
            if !joined.text.is_empty() {
                joined.text.push(' ');
            }
            let shift = joined.text.len();
            joined.text.push_str(&line.text);
            joined
                .mentions
                .extend(line.mentions.iter().cloned().map(|mut mention| {
                    mention.at += shift;
                    mention
                }));
            let shifted = line
                .opaque
                .iter()
                .map(|range| range.start + shift..range.end + shift);
            joined.opaque.extend(shifted);
        }
        joined
    }

    /// The arrow that separates the phrase from the targets: the last one before the first file
    /// that follows an arrow.
    pub(super) fn arrow(&self) -> Option<Range<usize>> {
        let arrows: Vec<Range<usize>> = ["->", "=>", "→", "⇒"]
            .iter()
            .flat_map(|arrow| self.text.match_indices(arrow))
            .map(|(at, arrow)| at..at + arrow.len())
            .filter(|range| !self.is_opaque(range))
            .collect();
        let first_arrow = arrows.iter().map(|range| range.end).min()?;
        let first_target = self
            .mentions
            .iter()
            .find(|mention| mention.at >= first_arrow)?
            .at;
        arrows
            .into_iter()
            .filter(|range| range.end <= first_target)
            .max_by_key(|range| range.end)
    }

    fn is_opaque(&self, range: &Range<usize>) -> bool {
        let next = self
            .opaque
            .partition_point(|opaque| opaque.end <= range.start);
        self.opaque
            .get(next)
            .is_some_and(|opaque| opaque.start < range.end)
    }

    /// Adds the files that are named by bare words.
    fn find_bare_mentions(&mut self) {
        let mut bare = Vec::new();
        for word in self.text.split_whitespace() {
            let path = word.trim_matches([',', ';', ':', '(', ')', '<', '>', '.', '"', '\'', '|']);
            let at = path.as_ptr() as usize - self.text.as_ptr() as usize;
            if names_file(path) && !self.is_opaque(&(at..at + path.len())) {
                bare.push(Mention {
                    at,
                    path: without_anchor(path).to_owned(),
                    label: None,
                });
            }
        }
        self.mentions.extend(bare);
        self.mentions.sort_by_key(|mention| mention.at);
    }
}

/// Reads the blocks of `text` in order. Code blocks and raw HTML say nothing.
pub(super) fn read(text: &str) -> Vec<Block> {
    let mut reader = Reader::new(text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range);
    }
    reader.flush();
    reader.blocks
}

struct Reader {
    numbers: Lines,
    blocks: Vec<Block>,
    /// Lines of the block that is being read.
    lines: Vec<Line>,
    line: Line,
    /// Whether the line has text that is not bold.
    has_plain: bool,
    strong_depth: usize,
    item_depth: usize,
    /// Inside a code block or front matter.
    is_ignored: bool,
    /// The destination of the open link, and where its text begins in the line.
    link: Option<(String, usize)>,
}

impl Reader {
    fn new(text: &str) -> Self {
        Self {
            numbers: Lines::new(text),
            blocks: Vec::new(),
            lines: Vec::new(),
            line: Line::default(),
            has_plain: false,
            strong_depth: 0,
            item_depth: 0,
            is_ignored: false,
            link: None,
        }
    }

    fn event(&mut self, event: Event, span: Range<usize>) {
        let offset = span.start;
        match event {
            Event::Start(Tag::Table(_)) => {
                self.flush();
                self.blocks.push(Block::Table {
                    header: Vec::new(),
                    rows: Vec::new(),
                    span,
                });
            }
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            _ if self.is_ignored => {}
            Event::Text(text) => self.push(&text, offset),
            Event::Code(text) => self.code(&text, offset),
            Event::SoftBreak | Event::HardBreak => self.end_line(),
            _ => {}
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Strong => self.strong_depth += 1,
            Tag::Link { dest_url, .. } => {
                self.link = Some((dest_url.into_string(), self.line.text.len()));
            }
            Tag::Item => {
                self.flush();
                self.item_depth += 1;
            }
            Tag::CodeBlock(_) | Tag::MetadataBlock(_) => {
                self.flush();
                self.is_ignored = true;
            }
            Tag::List(_) | Tag::Paragraph | Tag::Heading { .. } | Tag::HtmlBlock => self.flush(),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => self.strong_depth -= 1,
            TagEnd::Link => self.end_link(),
            TagEnd::Item => {
                self.flush();
                self.item_depth -= 1;
            }
            TagEnd::CodeBlock | TagEnd::MetadataBlock(_) => self.is_ignored = false,
            TagEnd::Heading(_) => {
                self.end_line();
                let line = Line::join(&std::mem::take(&mut self.lines));
                self.blocks.push(Block::Heading(line));
            }
            TagEnd::TableCell => self.end_cell(),
            TagEnd::TableHead | TagEnd::TableRow => {
                let cells = std::mem::take(&mut self.lines);
                if let Some(Block::Table { header, rows, .. }) = self.blocks.last_mut() {
                    match tag {
                        TagEnd::TableHead => *header = cells,
                        _ => rows.push(cells),
                    }
                }
            }
            TagEnd::Paragraph => self.flush(),
            _ => {}
        }
    }

    fn push(&mut self, text: &str, offset: usize) {
        if self.line.text.is_empty() {
            self.line.number = self.numbers.number(offset);
        }
        self.has_plain |= self.strong_depth == 0 && !text.trim_matches([' ', ':']).is_empty();
        self.line.text.push_str(text);
    }

    fn code(&mut self, text: &str, offset: usize) {
        let at = self.line.text.len();
        self.push(text, offset);
        if self.link.is_none() {
            self.line.opaque.push(at..self.line.text.len());
            if names_file(text) || is_file(text) && expects_file(&self.line.text[..at]) {
                self.line.mentions.push(Mention {
                    at,
                    path: without_anchor(text).to_owned(),
                    label: None,
                });
            }
        }
    }

    fn end_link(&mut self) {
        let Some((destination, start)) = self.link.take() else {
            return;
        };
        // A link may begin on an earlier line.
        let at = start.min(self.line.text.len());
        self.line.opaque.push(at..self.line.text.len());
        if let Some(path) = linked_file(&destination) {
            let text = self.line.text[at..].trim();
            let label = (text != path && !names_file(text)).then(|| text.to_owned());
            self.line.mentions.push(Mention { at, path, label });
        }
    }

    fn end_line(&mut self) {
        if !self.line.text.trim().is_empty() {
            self.end_cell();
        }
    }

    /// Ends a line that counts even if it is blank, as a table cell does.
    fn end_cell(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.is_bold = !std::mem::take(&mut self.has_plain);
        line.find_bare_mentions();
        self.lines.push(line);
    }

    fn flush(&mut self) {
        self.end_line();
        let lines = std::mem::take(&mut self.lines);
        if lines.is_empty() {
            return;
        }
        self.blocks.push(match self.item_depth {
            0 => Block::Paragraph(lines),
            _ => Block::Item(lines),
        });
    }
}
