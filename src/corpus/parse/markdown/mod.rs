//! Markdown, and MDX, which is Markdown with JavaScript modules and JSX components in it.
//!
//! Front matter and what generators add ([`Outside`]) are blanked. Then a first pass finds markup of other languages
//! ([`Survey`]), which is blanked; a second one turns what is left into headings and units ([`Builder`]).

mod containers;
mod front_matter;
mod tags;

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::corpus::document::{Border, Document, Heading, Node, Unit};
use crate::corpus::lines::Lines;
use crate::corpus::parse::scrub;
use containers::Outside;
pub(super) use front_matter::FrontMatter;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// As GitHub reads it.
    Markdown,
    Mdx,
}

/// Parses `source` in time proportional to its length.
pub(super) fn parse(source: &str, dialect: Dialect) -> Document {
    let Some((range, front)) = FrontMatter::find(source) else {
        return parse_body(source, dialect);
    };
    let body = scrub::blank(source, std::slice::from_ref(&range));
    Document {
        title: front.title.clone(),
        description: front.description.clone(),
        fields: front.fields(),
        ..parse_body(&body, dialect)
    }
}

/// Parses a document without front matter.
fn parse_body(source: &str, dialect: Dialect) -> Document {
    let outside = Outside::of(source, dialect);
    let mut document = parse_outside(&outside.text, dialect);
    outside.restore(&mut document);
    document
}

/// Parses a document without what generators of sites add to Markdown.
fn parse_outside(source: &str, dialect: Dialect) -> Document {
    let survey = Survey::of(source, dialect);
    if survey.blanks.is_empty() {
        return Builder::new(source, dialect, &survey.html).build(source);
    }
    let scrubbed = scrub::blank(source, &survey.blanks);
    Builder::new(source, dialect, &survey.html).build(&scrubbed)
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_GFM
}

/// A first pass over a document: what in it is markup of another language.
struct Survey {
    /// The HTML blocks, in order.
    html: Vec<Range<usize>>,
    /// What to blank before the document is parsed for its text, in order.
    blanks: Vec<Range<usize>>,
}

impl Survey {
    fn of(source: &str, dialect: Dialect) -> Self {
        let (mut html, mut code, mut modules) = (Vec::new(), Vec::new(), Vec::new());
        let mut depth = 0usize;
        for (event, range) in Parser::new_ext(source, options()).into_offset_iter() {
            match event {
                Event::Start(tag) => {
                    match tag {
                        Tag::HtmlBlock => html.push(range),
                        // MDX has no indented code: it is the content of indented components.
                        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => {
                            code.push(range);
                        }
                        Tag::Paragraph if depth == 0 && is_module_code(&source[range.clone()]) => {
                            modules.push(range);
                        }
                        _ => {}
                    }
                    depth += 1;
                }
                Event::End(_) => depth -= 1,
                _ => {}
            }
        }
        let blanks = if dialect == Dialect::Mdx {
            let mut opaque = code;
            opaque.extend(modules.iter().cloned());
            opaque.sort_by_key(|range| range.start);
            let everything = 0..source.len();
            let mut blanks = scrub::markup(source, std::slice::from_ref(&everything), &opaque);
            blanks.extend(modules);
            blanks.sort_by_key(|range| range.start);
            blanks
        } else {
            scrub::markup(source, &html, &[])
        };
        Self { html, blanks }
    }
}

/// An MDX paragraph that begins like this is JavaScript.
fn is_module_code(paragraph: &str) -> bool {
    paragraph.starts_with("import ") || paragraph.starts_with("export ")
}

/// The second pass over a document: turns events into nodes.
struct Builder<'a> {
    dialect: Dialect,
    /// The HTML blocks that the first pass found. A heading in one is none of the document, except
    /// in MDX, where components hold ordinary content.
    html: &'a [Range<usize>],
    lines: Lines,
    document: Document,
    /// The text of the unit or heading that is being read, and its [`Unit::runs`].
    text: String,
    runs: Vec<(usize, usize)>,
    /// The id of the heading that is being read.
    id: Option<String>,
    /// The border before the next unit.
    border: Border,
    context: Option<usize>,
    /// How many block quotations, lists and items are open.
    containers: usize,
    list_depth: usize,
    mode: Mode,
    /// Whether a table cell is open that has no text yet, after one that has: the separator is
    /// written only before text, so that empty cells leave no trace.
    is_cell_open: bool,
    /// The source offset up to which text is in a node already. It makes each node begin after the
    /// one before it.
    taken: usize,
}

/// Stands between the cells of a row.
const CELL_SEPARATOR: &str = " | ";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Prose,
    Heading,
    Code,
}

impl<'a> Builder<'a> {
    fn new(source: &str, dialect: Dialect, html: &'a [Range<usize>]) -> Self {
        Self {
            dialect,
            html,
            lines: Lines::new(source),
            document: Document::default(),
            text: String::new(),
            runs: Vec::new(),
            id: None,
            border: Border::Block,
            context: None,
            containers: 0,
            list_depth: 0,
            mode: Mode::Prose,
            is_cell_open: false,
            taken: 0,
        }
    }

    fn build(mut self, scrubbed: &str) -> Document {
        for (event, range) in Parser::new_ext(scrubbed, options()).into_offset_iter() {
            match event {
                Event::Start(tag) => self.start(&tag, range),
                Event::End(tag) => self.end(tag, range),
                Event::Text(text) if self.mode == Mode::Code => self.code_lines(&text, range),
                Event::Text(text) => self.push(&text, range.start),
                Event::Code(text) => {
                    let ticks = scrubbed[range.clone()]
                        .bytes()
                        .take_while(|&b| b == b'`')
                        .count();
                    self.push(&text, range.start + ticks);
                }
                // What is left of an HTML block after its tags were blanked is text.
                Event::Html(text) => self.code_lines(&text, range),
                Event::SoftBreak | Event::HardBreak if self.mode == Mode::Heading => {
                    self.push(" ", range.start);
                }
                Event::SoftBreak | Event::HardBreak => self.end_line(),
                Event::InlineHtml(_) => self.push(" ", range.start),
                _ => {}
            }
        }
        self.flush();
        self.document
    }

    fn start(&mut self, tag: &Tag, range: Range<usize>) {
        match tag {
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } => return,
            Tag::Image { .. } => return,
            Tag::TableCell => {
                self.is_cell_open = !self.text.is_empty();
                return;
            }
            _ => self.flush(),
        }
        self.strengthen(match tag {
            Tag::TableRow => Border::Line,
            _ if self.containers == 0 && self.is_introduced() => Border::Item,
            _ if self.containers == 0 => Border::Block,
            Tag::Item if self.list_depth == 1 => Border::Item,
            _ => Border::Paragraph,
        });
        match tag {
            Tag::BlockQuote(_) | Tag::Item => self.containers += 1,
            Tag::List(_) => {
                self.containers += 1;
                self.list_depth += 1;
            }
            Tag::CodeBlock(kind) => {
                self.mode = Mode::Code;
                self.open_code(kind, range.start);
            }
            Tag::Heading { id, .. } if self.is_structure(range.start) => {
                self.mode = Mode::Heading;
                self.id = id.as_ref().map(|id| id.to_string());
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd, range: Range<usize>) {
        match tag {
            TagEnd::Heading(level) => return self.end_heading(level, range),
            TagEnd::TableHead => {
                let header = self.text.trim().to_owned();
                self.open_context(header);
                return;
            }
            TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Link
            | TagEnd::Image
            | TagEnd::TableCell => return,
            _ => self.flush(),
        }
        match tag {
            TagEnd::BlockQuote(_) | TagEnd::Item => self.containers -= 1,
            TagEnd::List(_) => {
                self.containers -= 1;
                self.list_depth -= 1;
            }
            TagEnd::CodeBlock | TagEnd::Table => {
                self.mode = Mode::Prose;
                self.context = None;
            }
            _ => {}
        }
    }

    fn end_heading(&mut self, level: HeadingLevel, range: Range<usize>) {
        if self.mode != Mode::Heading {
            return self.flush();
        }
        self.mode = Mode::Prose;
        self.runs.clear();
        let text = self.text.split_whitespace().collect::<Vec<_>>().join(" ");
        self.text.clear();
        let start = self.node_start(range.start);
        self.document.nodes.push(Node::Heading(Heading {
            level: level as u8,
            text,
            id: self.id.take(),
            start,
        }));
        self.border = Border::Block;
    }

    /// Whether the last line leads over to what follows: `For example:`.
    fn is_introduced(&self) -> bool {
        matches!(self.document.nodes.last(), Some(Node::Unit(unit)) if unit.text.ends_with(':'))
    }

    /// Whether a heading at `offset` is one of the document, not of a quotation, list or HTML.
    fn is_structure(&self, offset: usize) -> bool {
        let next = self.html.partition_point(|block| block.end <= offset);
        let is_in_html = self
            .html
            .get(next)
            .is_some_and(|block| block.start <= offset);
        self.containers == 0 && (self.dialect == Dialect::Mdx || !is_in_html)
    }

    /// The language of a fenced block, e.g. `go`, is the context of its lines.
    fn open_code(&mut self, kind: &CodeBlockKind, offset: usize) {
        let info = match kind {
            CodeBlockKind::Fenced(info) => info,
            CodeBlockKind::Indented => return,
        };
        let language = info.split([' ', '\t', ',', '{']).next().unwrap_or_default();
        if !language.is_empty() {
            self.push(language, offset);
            self.open_context(language.to_owned());
        }
    }

    /// Ends the unit that is being read and makes it the context of the following ones.
    fn open_context(&mut self, text: String) {
        let units_before = self.document.nodes.len();
        self.context = Some(self.document.contexts.len());
        self.flush();
        match self.document.nodes.get_mut(units_before) {
            Some(Node::Unit(unit)) => {
                unit.is_context = true;
                self.document.contexts.push(text);
            }
            _ => self.context = None,
        }
    }

    /// Verbatim lines, one unit each. A line may come in several events: with CRLF, its end is
    /// one of its own.
    fn code_lines(&mut self, text: &str, range: Range<usize>) {
        let is_verbatim = text.len() == range.len();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let offset = range.start + if is_verbatim { at } else { 0 };
            at += line.len();
            let content = line.trim_end_matches(['\n', '\r']);
            self.push(content, offset);
            if line.ends_with('\n') {
                let is_blank = self.text.trim().is_empty();
                self.flush();
                if is_blank {
                    self.strengthen(Border::Paragraph);
                }
            }
        }
    }

    fn push(&mut self, text: &str, source_offset: usize) {
        let mut offset = source_offset;
        for piece in text.split(scrub::BLANKED) {
            let is_first = self.text.is_empty() && matches!(self.mode, Mode::Prose | Mode::Heading);
            let kept = if is_first { piece.trim_start() } else { piece };
            if !kept.is_empty() {
                if std::mem::take(&mut self.is_cell_open) {
                    self.text.push_str(CELL_SEPARATOR);
                }
                self.runs
                    .push((self.text.len(), offset + piece.len() - kept.len()));
                self.text.push_str(kept);
            }
            offset += piece.len() + 1;
        }
    }

    fn end_line(&mut self) {
        let next = Border::after_line(self.text.trim_end());
        self.flush();
        self.strengthen(next);
    }

    /// The next border is at least this strong.
    fn strengthen(&mut self, border: Border) {
        self.border = self.border.min(border);
    }

    /// Ends the unit that is being read, if it has any text.
    fn flush(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        let runs = std::mem::take(&mut self.runs);
        self.is_cell_open = false;
        text.truncate(text.trim_end().len());
        let (Some(&(_, offset)), Some(&(last_at, last_offset))) = (runs.first(), runs.last())
        else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let start = self.node_start(offset);
        self.taken = self
            .taken
            .max(last_offset + text.len().saturating_sub(last_at));
        self.document.nodes.push(Node::Unit(Unit {
            text,
            start,
            border: self.border,
            context: self.context,
            is_context: false,
            runs,
        }));
        self.border = Border::Line;
    }

    /// The start of the line of `offset`, or `offset` itself where the node before has text on that
    /// line: Markdown also ends lines at a lone carriage return.
    fn node_start(&mut self, offset: usize) -> usize {
        let line_start = self.lines.start(offset);
        let start = if line_start < self.taken {
            offset
        } else {
            line_start
        };
        self.taken = self.taken.max(start + 1);
        start
    }
}

#[cfg(test)]
mod tests;
