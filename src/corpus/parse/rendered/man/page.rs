//! The page as Markdown while it is made: sections, paragraphs, items of lists, code.

use std::mem;

use super::escape::{Span, plain};
use super::inline;
use super::table::Table;
use super::title;
use crate::corpus::parse::rendered::markup::{self, Line};
use crate::corpus::parse::rendition::{NoContent, Rendition};

/// What the next line of text is.
#[derive(Default, PartialEq)]
enum Sink {
    #[default]
    Body,
    Heading(u8),
    /// What an item of a list begins with, on a line of its own.
    Tag,
    /// One more tag of the same item.
    NextTag,
}

/// A line of so many bytes takes no more text.
const FULL_LINE: usize = 72;

/// Lists within each other beyond this stand beside each other.
const MAX_LISTS: usize = 8;

#[derive(Default)]
pub(super) struct Page {
    out: Rendition,
    /// How far the text of the item that is open, if one is, stands to the right, for each list that is open.
    widths: Vec<usize>,
    /// What the next line begins with instead of spaces, where it begins an item.
    marker: Option<String>,
    sink: Sink,
    /// The line that is not out yet, since the next one may belong to it.
    line: Vec<Span>,
    line_at: u32,
    has_line: bool,
    is_glued: bool,
    is_verbatim: bool,
    is_synopsis: bool,
    code: Vec<Line>,
    sections: usize,
    /// The text of the first section: names and what they are.
    name: String,
    /// The name and section that the page is filed under, and where it says so.
    filed: Option<(String, String, u32)>,
}

impl Page {
    pub(super) fn new() -> Self {
        Self {
            widths: vec![0],
            ..Self::default()
        }
    }

    pub(super) fn file_under(&mut self, name: &str, section: &str, at: u32) {
        self.filed = Some((name.to_owned(), section.to_owned(), at));
    }

    pub(super) fn is_synopsis(&self) -> bool {
        self.is_synopsis
    }

    /// Whether no text has come yet.
    pub(super) fn is_empty(&self) -> bool {
        self.out.text.is_empty() && !self.has_line && self.code.is_empty()
    }

    /// A line of text, which goes on where the one before ends if it `is_glued`.
    pub(super) fn text(&mut self, spans: Vec<Span>, at: u32, is_glued: bool) {
        if self.has_line && (self.is_glued || is_glued) {
            self.line.extend(spans);
        } else if self.has_line && self.goes_on(&spans) {
            self.line.push(Span::roman(" "));
            self.line.extend(spans);
        } else {
            self.flush();
            self.line = spans;
            self.line_at = at;
            self.has_line = true;
        }
        self.is_glued = false;
    }

    /// Whether text goes on in the line before it: macros that style one word stand on lines of their own, which
    /// nobody would read so. A sentence ends its line.
    fn goes_on(&self, spans: &[Span]) -> bool {
        let is_filled = self.sink == Sink::Body && !self.is_verbatim && !self.is_synopsis;
        let line = plain(&self.line);
        is_filled
            && line.len() < FULL_LINE
            && !line.ends_with(['.', ':', '?', '!'])
            && !plain(spans).starts_with([' ', '\t'])
    }

    /// The next text goes on where the last line ends.
    pub(super) fn glue_next(&mut self) {
        self.is_glued = self.has_line;
    }

    /// The last line has ended.
    pub(super) fn flush(&mut self) {
        if !mem::take(&mut self.has_line) {
            return;
        }
        let spans = mem::take(&mut self.line);
        match mem::take(&mut self.sink) {
            Sink::Heading(level) => self.push_heading(level, &spans),
            Sink::Tag if !self.is_synopsis => self.item(&spans, self.line_at),
            Sink::NextTag if !self.is_synopsis => self.push_tag(&spans),
            _ if self.is_verbatim => self.code.push((plain(&spans), self.line_at)),
            _ if self.is_synopsis => self.push_synopsis(&plain(&spans)),
            _ => self.push_body(&spans),
        }
    }

    /// The next line of text is a heading.
    pub(super) fn heading(&mut self, level: u8) {
        self.break_line();
        self.is_verbatim = false;
        self.push_code();
        self.widths = vec![0];
        self.marker = None;
        self.sink = Sink::Heading(level);
    }

    fn push_heading(&mut self, level: u8, spans: &[Span]) {
        let text = plain(spans);
        let text = markup::one_line(&text);
        if level == 2 {
            self.sections += 1;
            self.is_synopsis = text.eq_ignore_ascii_case("synopsis");
        }
        if !text.is_empty() {
            self.out.end_block();
            let line = format!("{} {}", "#".repeat(level.into()), markup::heading(&text));
            self.out.push_line(&line, self.line_at);
            self.out.end_block();
        }
    }

    fn push_synopsis(&mut self, text: &str) {
        let text = text.trim();
        match self.code.last_mut() {
            Some((line, _)) if !line.is_empty() => {
                line.push(' ');
                line.push_str(text);
            }
            Some((line, at)) if line.is_empty() => (*line, *at) = (text.to_owned(), self.line_at),
            _ => self.code.push((text.to_owned(), self.line_at)),
        }
    }

    fn push_body(&mut self, spans: &[Span]) {
        let line = inline::markdown(spans);
        if self.sections == 1 {
            self.name.push_str(&plain(spans));
            self.name.push(' ');
        }
        let line = line.trim();
        if let Some(item) = line.strip_prefix(['•', '·']) {
            self.bullet("- ");
            self.push_line(&markup::at_line_start(item.trim_start()));
            return;
        }
        let is_first = self.out.text.ends_with("\n\n");
        if let Some((number, item)) = inline::numbered(line).filter(|_| is_first) {
            self.bullet(&format!("{number} "));
            self.push_line(&markup::at_line_start(item.trim_start()));
            return;
        }
        self.push_line(&markup::at_line_start(line));
    }

    fn push_line(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        let indent = self.indent();
        let before = match self.marker.take() {
            Some(marker) => format!(
                "{}{marker}",
                &indent[..indent.len().saturating_sub(marker.len())]
            ),
            None => indent,
        };
        self.out.push_line(&format!("{before}{line}"), self.line_at);
    }

    fn indent(&self) -> String {
        " ".repeat(self.widths.iter().take(MAX_LISTS).sum())
    }

    /// A line ends, but its paragraph does not.
    pub(super) fn break_line(&mut self) {
        self.is_glued = false;
        self.flush();
        if self.is_synopsis
            && !self.is_verbatim
            && self.code.last().is_some_and(|(line, _)| !line.is_empty())
        {
            self.code.push((String::new(), self.line_at));
        }
    }

    /// Space between two paragraphs.
    pub(super) fn gap(&mut self) {
        self.break_line();
        if self.is_verbatim {
            self.code.push((String::new(), self.line_at));
        } else if !self.is_synopsis && self.marker.is_none() {
            self.out.end_block();
        }
    }

    /// A paragraph begins, which is in no item of the innermost list.
    pub(super) fn paragraph(&mut self) {
        self.gap();
        if !self.is_verbatim
            && let Some(width) = self.widths.last_mut()
        {
            *width = 0;
            self.marker = None;
        }
    }

    pub(super) fn set_verbatim(&mut self, is_verbatim: bool) {
        self.break_line();
        if self.is_verbatim && !is_verbatim && !self.is_synopsis {
            self.push_code();
        }
        self.is_verbatim = is_verbatim;
    }

    fn push_code(&mut self) {
        let code = mem::take(&mut self.code);
        if code.iter().all(|(line, _)| line.trim().is_empty()) {
            return;
        }
        if self.marker.take().is_some()
            && let Some(width) = self.widths.last_mut()
        {
            *width = 0;
        }
        let indent = self.indent();
        markup::push_code(&mut self.out, &indent, "", &code);
    }

    /// A line of code by itself.
    pub(super) fn push_code_line(&mut self, line: String, at: u32) {
        self.break_line();
        self.code.push((line, at));
        if !self.is_synopsis && !self.is_verbatim {
            self.push_code();
        }
    }

    /// Whether an item of the innermost list is open.
    pub(super) fn is_in_item(&self) -> bool {
        self.widths.last().is_some_and(|&width| width > 0)
    }

    /// The next line of text is what an item begins with.
    pub(super) fn begin_tag(&mut self) {
        self.break_line();
        self.sink = Sink::Tag;
    }

    pub(super) fn begin_next_tag(&mut self) {
        self.break_line();
        self.sink = if self.is_in_item() {
            Sink::NextTag
        } else {
            Sink::Tag
        };
    }

    /// An item whose tag is known: a mark or number of its own, or text on a line by itself.
    pub(super) fn item(&mut self, tag: &[Span], at: u32) {
        let text = plain(tag);
        let text = text.trim();
        let number = text.strip_suffix(['.', ')']).unwrap_or_default();
        if matches!(
            text,
            "" | "•" | "·" | "*" | "-" | "–" | "—" | "o" | "+" | "○" | "□"
        ) {
            self.bullet("- ");
        } else if (1..=4).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            self.bullet(&format!("{text} "));
        } else {
            self.bullet("- ");
            self.line_at = at;
            self.push_tag(tag);
        }
    }

    fn push_tag(&mut self, tag: &[Span]) {
        if self.is_synopsis {
            return self.push_synopsis(&plain(tag));
        }
        let line = inline::tag(tag);
        if !line.is_empty() {
            // The spaces keep what follows on a line of its own.
            self.push_line(&format!("{line}  "));
        }
    }

    /// The next line begins an item after `marker`.
    fn bullet(&mut self, marker: &str) {
        self.break_line();
        if self.is_synopsis {
            return;
        }
        self.push_code();
        if !self.is_in_item() {
            self.out.end_block();
        }
        if let Some(width) = self.widths.last_mut() {
            *width = marker.len();
        }
        self.marker = Some(marker.to_owned());
        if self.widths.len() > MAX_LISTS {
            // Such an item begins where the list around it has its text.
            self.out.end_block();
            self.marker = None;
        }
    }

    /// What follows is within what came before.
    pub(super) fn begin_inner(&mut self) {
        self.break_line();
        self.widths.push(0);
    }

    pub(super) fn end_inner(&mut self) {
        self.break_line();
        if !self.is_verbatim {
            self.push_unless_synopsis();
        }
        if self.widths.len() > 1 {
            self.widths.pop();
        }
        self.marker = None;
    }

    fn push_unless_synopsis(&mut self) {
        if !self.is_synopsis {
            self.push_code();
            self.out.end_block();
        }
    }

    pub(super) fn table(&mut self, table: &Table) {
        self.break_line();
        self.push_code();
        let indent = self.indent();
        table.push(&mut self.out, &indent);
    }

    pub(super) fn finish(mut self) -> Result<Rendition, NoContent> {
        self.break_line();
        self.push_code();
        if self.out.text.trim().is_empty() {
            return Err(NoContent::Empty);
        }
        let name = markup::one_line(&self.name);
        let (names, description) = title::names_and_description(&name);
        let Some((filed, section, at)) = self.filed else {
            return Ok(self.out);
        };
        let filed = title::name_as_written(names, &filed);
        let title = match section.is_empty() {
            true => filed.to_owned(),
            false => format!("{filed}({section})"),
        };
        let mut page = Rendition::default();
        page.push_line(&format!("# {}", markup::heading(&title)), at);
        page.end_block();
        page.text.push_str(&self.out.text);
        page.file_lines
            .extend(self.out.file_lines.iter().map(|&line| line.max(at)));
        page.title = Some(title);
        page.description = Some(description.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(page)
    }
}
