//! A [`Document`] that grows line by line, for the readers of formats that people read as they are
//! written.

use super::passage::Plain;
use crate::corpus::document::{Border, Document, Heading, Node, Unit};
use crate::corpus::lines::Lines;

pub(super) struct Nodes {
    pub(super) document: Document,
    lines: Lines,
    /// The border before the next unit.
    border: Border,
    /// Whether the next block belongs to the line before it.
    is_attached: bool,
    context: Option<usize>,
    /// The context of code in no known language, which is a blank one.
    blank_context: Option<usize>,
    /// The source offset behind the begin of the last text that is in a node already.
    taken: usize,
}

/// Stands between the cells of a row.
pub(super) const CELL_SEPARATOR: &str = " | ";

impl Nodes {
    pub(super) fn new(source: &str) -> Self {
        Self {
            document: Document::default(),
            lines: Lines::new(source),
            border: Border::Block,
            is_attached: false,
            context: None,
            blank_context: None,
            taken: 0,
        }
    }

    /// The next border is at least this strong.
    pub(super) fn strengthen(&mut self, border: Border) {
        self.border = self.border.min(border);
    }

    /// A block begins, at the top level or inside of another one.
    pub(super) fn begin_block(&mut self, is_top: bool) {
        if std::mem::take(&mut self.is_attached) {
            return;
        }
        self.strengthen(match is_top {
            true if self.is_introduced() => Border::Item,
            true => Border::Block,
            false => Border::Paragraph,
        });
    }

    /// What follows belongs to the line before: a title and what it is the title of.
    pub(super) fn attach(&mut self) {
        self.is_attached = true;
        self.border = match self.document.nodes.last() {
            Some(Node::Unit(unit)) if unit.border > Border::Block => Border::Paragraph,
            _ => Border::Item,
        };
    }

    /// Whether the last line leads over to what follows: `For example:`.
    fn is_introduced(&self) -> bool {
        matches!(self.document.nodes.last(), Some(Node::Unit(unit)) if unit.text.ends_with(':'))
    }

    /// Adds the lines of a paragraph, the first one with the border that is due.
    pub(super) fn paragraph(&mut self, lines: Vec<Plain>) {
        for line in lines {
            let next = Border::after_line(&line.text);
            self.unit(line);
            self.strengthen(next);
        }
    }

    /// Adds a line of code as it is.
    pub(super) fn code_line(&mut self, line: &str, offset: usize) {
        if line.trim().is_empty() {
            return self.strengthen(Border::Paragraph);
        }
        self.unit(Plain {
            text: line.trim_end().to_owned(),
            runs: vec![(0, offset)],
        });
    }

    /// Adds a line, unless it is blank.
    pub(super) fn unit(&mut self, line: Plain) {
        let (Some(&(_, offset)), Some(&(_, last_offset))) = (line.runs.first(), line.runs.last())
        else {
            return;
        };
        let start = self.node_start(offset);
        self.taken = self.taken.max(last_offset + 1);
        self.document.nodes.push(Node::Unit(Unit {
            text: line.text,
            start,
            border: self.border,
            context: self.context,
            is_context: false,
            runs: line.runs,
        }));
        self.border = Border::Line;
        self.is_attached = false;
    }

    pub(super) fn heading(
        &mut self,
        level: usize,
        lines: Vec<Plain>,
        id: Option<String>,
        at: usize,
    ) {
        let text = Plain::join(lines, " ").text;
        let start = self.node_start(at);
        self.document.nodes.push(Node::Heading(Heading {
            level: u8::try_from(level.clamp(1, 6)).unwrap_or(6),
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            id,
            start,
        }));
        self.border = Border::Block;
        self.is_attached = false;
    }

    /// Adds `lines`, together the context of what follows: one line, mostly.
    pub(super) fn open_context(&mut self, lines: Vec<Plain>) {
        if lines.is_empty() {
            return;
        }
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        let context = texts.join(CELL_SEPARATOR);
        self.context = Some(self.document.contexts.len());
        self.document.contexts.push(context);
        let first = self.document.nodes.len();
        for line in lines {
            self.unit(line);
        }
        if let Some(Node::Unit(unit)) = self.document.nodes.get_mut(first) {
            unit.is_context = true;
        }
    }

    /// Code begins, in the language that its markup names, or in none.
    pub(super) fn open_code(&mut self, language: Vec<Plain>) {
        if !language.is_empty() {
            return self.open_context(language);
        }
        let contexts = &mut self.document.contexts;
        let blank = *self.blank_context.get_or_insert_with(|| {
            contexts.push(String::new());
            contexts.len() - 1
        });
        self.context = Some(blank);
    }

    pub(super) fn close_context(&mut self) {
        self.context = None;
    }

    /// Whether a node before stands at `offset` or behind it.
    pub(super) fn is_passed(&self, offset: usize) -> bool {
        offset < self.taken
    }

    /// The start of the line of `offset`, or `offset` itself where a node before has text on that line.
    fn node_start(&mut self, offset: usize) -> usize {
        let line_start = self.lines.start(offset);
        let start = match line_start < self.taken {
            true => offset.max(self.taken),
            false => line_start,
        };
        self.taken = start + 1;
        start
    }
}
