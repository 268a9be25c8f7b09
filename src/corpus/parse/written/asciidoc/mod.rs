//! AsciiDoc, by the language documentation of the Eclipse AsciiDoc project and, where that leaves it open,
//! by what Asciidoctor does.
//!
//! A document is read in one pass over its lines. What is included stands in the source already (`src/corpus/include/`), and no condition is decided: lines
//! that still include are left out, what stands under a condition is kept. What is no markup is text.

mod attributes;
mod blocks;
mod inline;
mod lists;
mod syntax;
mod table;

use super::nodes::Nodes;
use super::passage::{Passage, Plain};
use super::source_lines::{SourceLine, source_lines};
use crate::corpus::document::Document;
use attributes::{Attributes, BlockAttributes};
use syntax::Kind;

/// Parses `source` in time proportional to its length. It never fails.
pub(in crate::corpus) fn parse(source: &str) -> Document {
    let mut reader = Reader {
        source,
        lines: source_lines(source),
        at: 0,
        nodes: Nodes::new(source),
        attributes: Attributes::new(source),
        open: Vec::new(),
        lists: Vec::new(),
        is_attached: false,
        is_term: false,
        is_after_blank: true,
        block: BlockAttributes::default(),
    };
    reader.header();
    while reader.at < reader.lines.len() {
        reader.block();
    }
    reader.finish()
}

/// How deep blocks and lists are followed; what is deeper counts as that deep.
const MAX_DEPTH: usize = 32;

/// A block that holds other blocks.
struct Open<'a> {
    delimiter: &'a str,
    /// The lists around it.
    lists: Vec<&'a str>,
}

struct Reader<'a> {
    source: &'a str,
    lines: Vec<SourceLine<'a>>,
    /// The line to be read next.
    at: usize,
    nodes: Nodes,
    attributes: Attributes,
    open: Vec<Open<'a>>,
    /// The markers of the lists that are open within the innermost block.
    lists: Vec<&'a str>,
    /// Whether the next block belongs to the list item before it.
    is_attached: bool,
    /// Whether the last item of a list is a term whose text is yet to come.
    is_term: bool,
    is_after_blank: bool,
    /// What lines before the next block say of it.
    block: BlockAttributes,
}

impl<'a> Reader<'a> {
    fn line(&self) -> SourceLine<'a> {
        self.lines[self.at]
    }

    fn finish(mut self) -> Document {
        let of = |name: &'static str| {
            self.attributes
                .get(name)
                .map(str::trim)
                .filter(|it| !it.is_empty())
        };
        let title = of("doctitle").or_else(|| of("title")).map(str::to_owned);
        let description = of("description").map(str::to_owned);
        let document = &mut self.nodes.document;
        document.title = title;
        document.description = description;
        self.nodes.document
    }

    /// The title of the document, with its authors and revision under it, which are no text.
    fn header(&mut self) {
        while self.at < self.lines.len() && self.skip_unseen() {}
        let Some(title) = self.lines.get(self.at) else {
            return;
        };
        let is_underlined = self.underlined() == Some(1);
        let is_marked = title.indent == 0
            && syntax::section_title(title.text).is_some_and(|(level, _)| level == 1);
        if !is_marked && !is_underlined {
            return;
        }
        self.section_title();
        let mut about_lines = 0;
        while self.at < self.lines.len() {
            let line = self.line();
            if line.is_blank() {
                return;
            }
            if self.skip_unseen() {
                continue;
            }
            if about_lines < 2 && syntax::block_attributes(line.text).is_none() {
                about_lines += 1;
                self.at += 1;
            } else {
                return;
            }
        }
    }

    /// Passes a line, or a comment, of which readers see nothing, if one is next.
    fn skip_unseen(&mut self) -> bool {
        let line = self.line();
        let text = syntax::directive(line.text).unwrap_or(line.text);
        if line.is_blank() {
            self.is_after_blank = true;
            self.at += 1;
        } else if line.indent > 0 {
            return false;
        } else if let Some((name, value)) = syntax::attribute_entry(text) {
            self.attribute(name, value);
        } else if syntax::delimiter(text) == Some(Kind::Comment) {
            self.verbatim_lines(line.text, |_, _| {});
        } else if text.is_empty() || syntax::is_comment(text) {
            self.at += 1;
        } else {
            return false;
        }
        true
    }

    /// A value goes on in the next line where a backslash ends one.
    fn attribute(&mut self, name: &str, first: &str) {
        let mut value = String::new();
        let mut part = first;
        self.at += 1;
        while let Some(begun) = part.strip_suffix(" \\") {
            value.push_str(begun.trim_end().trim_end_matches(" +"));
            value.push(' ');
            part = self.lines.get(self.at).map_or("", |line| line.text);
            self.at += 1;
        }
        value.push_str(part);
        self.attributes.set(name, &value);
    }

    /// Reads what begins at the next line.
    fn block(&mut self) {
        if self.skip_unseen() {
            return;
        }
        if self.line().indent > 0 || !self.unindented() {
            if !self.list_item() {
                self.leave_lists();
                self.paragraph();
            }
            self.block = BlockAttributes::default();
        }
        self.is_after_blank = false;
    }

    /// Reads what only lines without blank space before them can be, if the next line is such.
    fn unindented(&mut self) -> bool {
        let line = self.line();
        let mut around = self.open.iter();
        if let Some(depth) = around.rposition(|open| open.delimiter == line.text) {
            self.close(depth);
        } else if line.text == "+" && !self.lists.is_empty() {
            self.is_attached = true;
            self.at += 1;
        } else if let Some(list) = syntax::block_attributes(line.text) {
            self.block.add(list, line.start + 1);
            self.at += 1;
        } else if let Some(title) = syntax::block_title(line.text) {
            self.leave_lists();
            self.begin_block();
            self.text_line(title, line.start + line.text.len() - title.len());
            self.nodes.attach();
            self.at += 1;
        } else if self.is_section_title() {
            self.section_title();
        } else if syntax::is_break(line.text) && self.is_after_blank {
            self.at += 1;
        } else if let Some(kind) = syntax::delimiter(line.text) {
            self.leave_lists();
            self.delimited(kind);
            self.block = BlockAttributes::default();
        } else {
            return false;
        }
        true
    }

    /// A list ends at a block behind a blank line, unless that is attached to an item.
    fn leave_lists(&mut self) {
        let is_literal = self.line().indent > 0;
        if self.is_after_blank && !self.is_attached && !self.is_term && !is_literal {
            self.lists.clear();
        }
    }

    /// The border before a block.
    fn begin_block(&mut self) {
        let is_inside = !self.lists.is_empty() || !self.open.is_empty();
        self.nodes.begin_block(!is_inside);
        self.is_attached = false;
        self.is_term = false;
    }

    fn close(&mut self, depth: usize) {
        self.lists = std::mem::take(&mut self.open[depth].lists);
        self.open.truncate(depth);
        self.block = BlockAttributes::default();
        self.is_after_blank = false;
        self.at += 1;
    }

    fn underlined(&self) -> Option<usize> {
        let (line, next) = (self.lines.get(self.at)?, self.lines.get(self.at + 1)?);
        let is_level = line.indent == 0 && next.indent == 0 && !line.is_blank();
        is_level
            .then(|| syntax::underlined_title(line.text, next.text))
            .flatten()
    }

    fn is_section_title(&self) -> bool {
        let is_discrete = matches!(self.block.style.as_str(), "discrete" | "float");
        let is_marked = syntax::section_title(self.line().text).is_some();
        let is_title = is_marked && self.line().indent == 0 || self.underlined().is_some();
        is_title && (is_discrete || self.open.is_empty())
    }

    fn section_title(&mut self) {
        let line = self.line();
        let marked = syntax::section_title(line.text).filter(|_| self.underlined().is_none());
        let (level, text) = match marked {
            Some((level, length)) => (level, line.after(length)),
            None => (self.underlined().unwrap_or(1), line),
        };
        self.at += if marked.is_some() { 1 } else { 2 };
        let marks = &line.text[..marked.map_or(0, |(_, length)| length)];
        let mut title = text.text;
        if !marks.is_empty() {
            let shorter = title
                .strip_suffix(marks)
                .filter(|title| title.ends_with([' ', '\t']));
            title = shorter.map_or(title, str::trim_end);
        }
        let anchor = |text: &str, open: usize, close: usize| {
            let id = text[open + 2..close]
                .split(',')
                .next()
                .unwrap_or_default()
                .trim();
            Some(id.to_owned()).filter(|id| !id.is_empty())
        };
        let mut id = self.block.id.take();
        if let (Some(open), Some(close)) = (title.find("[["), title.find("]]"))
            && open < close
            && (open == 0 || close + 2 == title.len())
        {
            id = anchor(title, open, close).or(id);
        }
        let lines = self.plain_line(title, text.start);
        self.nodes.heading(level, lines, id, line.start);
        self.lists.clear();
        self.is_attached = false;
        self.is_term = false;
        self.block = BlockAttributes::default();
    }

    /// Adds the lines of a paragraph, up to a blank one, to one that begins a block, or to an `end`.
    fn lines_until(&mut self, passage: &mut Passage, end: impl Fn(&str) -> bool) {
        while let Some(&line) = self.lines.get(self.at) {
            let begins_block = line.indent == 0
                && (syntax::block_attributes(line.text).is_some()
                    || syntax::delimiter(line.text).is_some());
            if line.is_blank() || begins_block || end(line.text) {
                return;
            }
            self.at += 1;
            let is_unseen = syntax::is_comment(line.text) && line.indent == 0;
            let text =
                syntax::directive(line.text).unwrap_or(if is_unseen { "" } else { line.text });
            if !text.is_empty() {
                let start = line.start + line.text.find(text).unwrap_or(0);
                passage.end_line();
                self.attributes.expand(text, start, passage);
            }
        }
    }

    fn paragraph(&mut self) {
        let line = self.line();
        let style = std::mem::take(&mut self.block.style);
        let is_text_of_term = self.is_term;
        self.begin_block();
        if let Some((text, at)) = syntax::block_macro(line.text, &["image"]) {
            let alternative = text.split(',').next().unwrap_or_default().trim_matches('"');
            let is_attribute = alternative.contains('=');
            if !is_attribute {
                self.text_line(alternative, line.start + at);
            }
            self.at += 1;
            return;
        }
        if syntax::block_macro(line.text, &["toc", "video", "audio"]).is_some() {
            self.at += 1;
            return;
        }
        let is_code = matches!(
            style.as_str(),
            "source" | "listing" | "literal" | "stem" | "latexmath"
        );
        if is_code || line.indent > 0 && !is_text_of_term && style.is_empty() {
            return self.literal_paragraph(&style);
        }
        let mut passage = Passage::default();
        let is_in_list = !self.lists.is_empty();
        let first = self.at;
        self.lines_until(&mut passage, |text| {
            is_in_list && (text == "+" || is_text_of_term && is_item(text))
        });
        if self.at == first {
            // A line that begins a block but was read as none is text.
            self.attributes.expand(line.text, line.start, &mut passage);
            self.at += 1;
        }
        if style == "comment" {
            return;
        }
        let end = std::mem::replace(&mut self.at, first);
        self.label(&style);
        self.at = end;
        self.attribution(&style);
        self.nodes.paragraph(inline::plain(&passage));
    }

    /// A line of text that stands at `offset`, without markup.
    fn plain_line(&mut self, text: &str, offset: usize) -> Vec<Plain> {
        let mut passage = Passage::default();
        self.attributes.expand(text, offset, &mut passage);
        inline::plain(&passage)
    }

    fn text_line(&mut self, text: &str, offset: usize) {
        let lines = self.plain_line(text, offset);
        self.nodes.paragraph(lines);
    }
}

fn is_item(text: &str) -> bool {
    syntax::list_marker(text).is_some() || syntax::term(text).is_some()
}

#[cfg(test)]
mod tests;
