//! reStructuredText, by the specification of docutils, with the directives and roles of Sphinx.
//!
//! Blocks are told by their indentation, so a reader of the lines calls itself for what is indented. That
//! is done to a fixed depth, and each line is looked at once for each depth. What is included stands in
//! the source already (`src/corpus/include/`). What is no markup is text.

mod contents;
mod directives;
mod inline;
mod kinds;
mod table;
mod titles;

use std::ops::Range;

use super::nodes::Nodes;
use super::passage::{Passage, Plain};
use super::source_lines::{SourceLine, source_lines};
use crate::corpus::document::{Border, Document, Node};
use inline::Substitutions;

/// Parses `source` in time proportional to its length. It never fails.
pub(in crate::corpus) fn parse(source: &str) -> Document {
    let lines = source_lines(source);
    let end = lines.len();
    let mut reader = Reader {
        source,
        substitutions: Substitutions::of(&lines),
        lines,
        nodes: Nodes::new(source),
        styles: Vec::new(),
        label: None,
        without_border: 0..0,
    };
    let place = Place {
        indent: 0,
        depth: 0,
        is_top: true,
    };
    reader.body(0..end, place);
    reader.nodes.document
}

/// How deep blocks in blocks are followed; what is deeper is text.
const MAX_DEPTH: usize = 32;

/// Where a block stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The column at which its blocks begin.
    indent: usize,
    /// How many blocks are around it.
    depth: usize,
    /// Whether sections may begin in it.
    is_top: bool,
}

struct Reader<'a> {
    source: &'a str,
    /// The lines; once an item is read, the first one is without its marker.
    lines: Vec<SourceLine<'a>>,
    nodes: Nodes,
    substitutions: Substitutions,
    /// What adorns titles, by level: the character, and whether it stands above the title too.
    styles: Vec<(u8, bool)>,
    /// The target that the next title has, as its HTML names it.
    label: Option<String>,
    /// Lines in which no simple table ends.
    without_border: Range<usize>,
}

impl<'a> Reader<'a> {
    fn body(&mut self, range: Range<usize>, place: Place) {
        let mut at = range.start;
        while at < range.end {
            at = self.element(at, range.end, place);
        }
    }

    /// Reads what begins on line `at`, and returns the line behind it.
    fn element(&mut self, at: usize, end: usize, place: Place) -> usize {
        let line = self.lines[at];
        if line.is_blank() {
            return at + 1;
        }
        if line.indent > place.indent && place.depth < MAX_DEPTH {
            let behind = self.indented(at, end, place.indent);
            self.nested(at..behind, place);
            return behind;
        }
        if line.text == ".." || line.text.starts_with(".. ") {
            return self.explicit(at, end, place);
        }
        if line.text.starts_with("__ ") {
            return at + 1;
        }
        if let Some(behind) = self.table(at, end, place) {
            return behind;
        }
        if let Some(length) = self.marker(at, end) {
            return self.item(at, end, length, place);
        }
        if let Some(behind) = self.title(at, end, place) {
            return behind;
        }
        if line.text.starts_with(">>> ") {
            return self.doctest(at, end, place);
        }
        if line.text.starts_with("| ") || line.text == "|" {
            self.begin_block(place);
            return self.line_block(at, end);
        }
        if let Some(length) = field(line.text) {
            return self.field(at, end, length, place);
        }
        self.text(at, end, place)
    }

    /// The first line behind `at` that is not blank and begins at the column `indent` or before it.
    fn indented(&self, at: usize, end: usize, indent: usize) -> usize {
        let lines = self.lines[at..end].iter();
        let count = lines
            .take_while(|line| line.is_blank() || line.indent > indent)
            .count();
        at + count
    }

    /// Reads lines that are indented within `place`.
    fn nested(&mut self, range: Range<usize>, place: Place) {
        let first = self.lines[range.clone()]
            .iter()
            .find(|line| !line.is_blank());
        let inner = Place {
            indent: first.map_or(0, |line| line.indent),
            depth: place.depth + 1,
            is_top: false,
        };
        self.body(range, inner);
    }

    fn begin_block(&mut self, place: Place) {
        self.nodes.begin_block(place.depth == 0);
        self.label = None;
    }

    /// The lines of `range` as one passage without inline markup.
    fn plain(&mut self, range: Range<usize>) -> Vec<Plain> {
        let mut passage = Passage::default();
        for line in &self.lines[range] {
            passage.end_line();
            passage.push(line.text, line.start);
        }
        inline::plain(&passage, &mut self.substitutions)
    }

    /// How long the marker of a list item is, with the blank space after it.
    fn marker(&self, at: usize, end: usize) -> Option<usize> {
        let line = self.lines[at];
        let length = line.text.find(' ').unwrap_or(line.text.len());
        let marker = &line.text[..length];
        let is_bullet = matches!(marker, "-" | "*" | "+" | "•" | "‣" | "⁃");
        let content = line.after(length);
        let next = self.lines[at + 1..end].first();
        // A line that only begins like an item, such as one with initials, is text.
        let is_followed = || {
            next.is_none_or(|next| {
                next.is_blank() || next.indent >= content.indent || is_enumerator(next.text)
            })
        };
        let is_item = is_bullet || is_enumerator(line.text) && is_followed();
        is_item.then_some(line.text.len() - content.text.len())
    }

    /// A list item whose marker is `length` bytes long.
    fn item(&mut self, at: usize, end: usize, length: usize, place: Place) -> usize {
        let line = self.lines[at];
        let behind = self.indented(at + 1, end, line.indent);
        self.begin_item(at, place);
        self.lines[at] = line.after(length);
        self.content(at..behind, place)
    }

    /// What an item holds; of one that lies too deep its first line. Gives the line that follows.
    fn content(&mut self, lines: Range<usize>, place: Place) -> usize {
        let (at, behind) = (lines.start, lines.end);
        if place.depth < MAX_DEPTH {
            self.nested(at..behind, place);
            return behind;
        }
        let lines = self.plain(at..at + 1);
        self.nodes.paragraph(lines);
        at + 1
    }

    /// The border before an item. It follows one if the line before is indented, or was an item, which
    /// begins further right now that its marker is gone.
    fn begin_item(&mut self, at: usize, place: Place) {
        let before = self.lines[..at].iter().rev().find(|line| !line.is_blank());
        let follows_item = before.is_some_and(|line| line.indent > self.lines[at].indent);
        match place.depth == 0 && follows_item {
            true => self.nodes.strengthen(Border::Item),
            false => self.begin_block(place),
        }
        self.label = None;
    }

    /// `:name: text`. Fields at the beginning of a document are about it, and no text.
    fn field(&mut self, at: usize, end: usize, length: usize, place: Place) -> usize {
        let line = self.lines[at];
        let behind = self.indented(at + 1, end, line.indent);
        let nodes = &self.nodes.document.nodes;
        let is_info = place.depth == 0
            && nodes.len() <= 2
            && nodes.iter().all(|node| matches!(node, Node::Heading(_)));
        if is_info {
            return behind;
        }
        self.begin_item(at, place);
        self.lines[at] = line.after(1);
        let next = self.lines[at + 1..behind]
            .iter()
            .find(|next| !next.is_blank());
        let is_paragraph = self.lines[at].text.len() + 1 > length
            && self.lines[at + 1..behind]
                .first()
                .is_some_and(|next| !next.is_blank());
        if is_paragraph {
            self.lines[at].indent = next.map_or(0, |next| next.indent);
        }
        self.content(at..behind, place)
    }

    /// Python as it is typed, up to a blank line.
    fn doctest(&mut self, at: usize, end: usize, place: Place) -> usize {
        let lines = self.lines[at..end].iter();
        let behind = at + lines.take_while(|line| !line.is_blank()).count();
        self.begin_block(place);
        self.code(at..behind, Vec::new());
        behind
    }

    fn line_block(&mut self, at: usize, end: usize) -> usize {
        let first = self.lines[at].indent;
        let mut behind = at;
        while behind < end {
            let line = self.lines[behind];
            let is_part = line.text.starts_with("| ") || line.text == "|" || line.indent > first;
            if line.is_blank() || !is_part {
                break;
            }
            if line.text.starts_with('|') {
                self.lines[behind] = line.after(1);
            }
            behind += 1;
        }
        let lines = self.plain(at..behind);
        self.nodes.paragraph(lines);
        behind
    }

    /// A paragraph, or a term with its definition.
    fn text(&mut self, at: usize, end: usize, place: Place) -> usize {
        let indent = self.lines[at].indent;
        let mut behind = at + 1;
        while behind < end && !self.lines[behind].is_blank() {
            if self.lines[behind].indent > indent && place.depth < MAX_DEPTH {
                break;
            }
            if self.lines[behind].indent < indent {
                break;
            }
            behind += 1;
        }
        let is_term = behind == at + 1
            && behind < end
            && self.lines[behind].indent > indent
            && !self.lines[behind].is_blank();
        let last = self.lines[behind - 1];
        let is_code_next = !is_term && last.text.ends_with("::");
        if is_code_next {
            self.lines[behind - 1].text = literal_lead(last.text);
        }
        match is_term {
            true => self.begin_item(at, place),
            false => self.begin_block(place),
        }
        let lines = self.plain(at..behind);
        self.nodes.paragraph(lines);
        if is_term {
            let definition_end = self.indented(behind, end, indent);
            self.nested(behind..definition_end, place);
            return definition_end;
        }
        if is_code_next {
            self.literal_block(behind, end, place)
        } else {
            behind
        }
    }

    /// The indented lines behind a paragraph that ends in `::`, or those that begin with the same mark.
    fn literal_block(&mut self, at: usize, end: usize, place: Place) -> usize {
        let lines = self.lines[at..end].iter();
        let first = at + lines.take_while(|line| line.is_blank()).count();
        let Some(line) = self.lines[first..end].first().copied() else {
            return end;
        };
        let behind = match line.text.chars().next() {
            _ if line.indent > place.indent => self.indented(first, end, place.indent),
            Some(mark) if mark.is_ascii_punctuation() && first > at => {
                let quoted = self.lines[first..end].iter();
                first
                    + quoted
                        .take_while(|line| line.text.starts_with(mark))
                        .count()
            }
            _ => return at,
        };
        self.nodes.begin_block(place.depth == 0);
        self.code(first..behind, Vec::new());
        behind
    }

    /// Lines as they are, without the blank space that all of them begin with.
    fn code(&mut self, range: Range<usize>, language: Vec<Plain>) {
        let lines = self.lines[range.clone()]
            .iter()
            .filter(|line| !line.is_blank());
        let indent = lines.map(|line| line.indent).min().unwrap_or(0);
        self.nodes.open_code(language);
        let is_blank = |at: &usize| self.lines[*at].is_blank();
        let first = range.clone().take_while(is_blank).count();
        for at in range.skip(first) {
            let (text, start) = self.lines[at].beyond_column(self.source, indent);
            self.nodes.code_line(text, start);
        }
        self.nodes.close_context();
    }
}

/// How long the name of a field is, with its colons.
fn field(text: &str) -> Option<usize> {
    let rest = text.strip_prefix(':')?;
    let mut ends = rest.match_indices(':').map(|(at, _)| at);
    let end = ends.find(|&at| rest[at + 1..].is_empty() || rest[at + 1..].starts_with(' '))?;
    let is_name = end > 0 && !rest.starts_with([' ', ':']) && !rest[..end].contains('`');
    is_name.then_some(end + 2)
}

/// Whether a line begins with `1.`, `(a)`, `iv)` or `#.`.
fn is_enumerator(text: &str) -> bool {
    let marker = text.split(' ').next().unwrap_or_default();
    let Some(inner) = marker.strip_suffix(['.', ')']) else {
        return false;
    };
    let inner = match marker.ends_with(')') {
        true => inner.strip_prefix('(').unwrap_or(inner),
        false => inner,
    };
    let all = |is: fn(&u8) -> bool| !inner.is_empty() && inner.bytes().all(|byte| is(&byte));
    inner == "#"
        || all(u8::is_ascii_digit)
        || inner.len() == 1 && all(u8::is_ascii_alphabetic)
        || all(|byte| b"ivxlcdm".contains(byte))
        || all(|byte| b"IVXLCDM".contains(byte))
}

/// What readers see of the end of a paragraph before a literal block: one colon behind text.
fn literal_lead(text: &str) -> &str {
    let lead = &text[..text.len() - 2];
    match lead.ends_with(char::is_whitespace) || lead.is_empty() {
        true => lead.trim_end(),
        false => &text[..text.len() - 1],
    }
}

#[cfg(test)]
mod tests;
