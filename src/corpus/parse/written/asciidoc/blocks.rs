//! Blocks between delimiters, and what the attributes before a block say that readers see.

use super::syntax::{self, Kind};
use super::{MAX_DEPTH, Open, Reader};
use crate::corpus::document::Border;
use crate::corpus::parse::scrub;
use crate::corpus::parse::written::passage::{Edit, Passage};
use crate::corpus::parse::written::source_lines::SourceLine;

impl<'a> Reader<'a> {
    pub(super) fn delimited(&mut self, kind: Kind) {
        let line = self.line();
        let style = std::mem::take(&mut self.block.style);
        self.begin_block();
        match kind {
            Kind::Table => self.table(),
            Kind::Fence => {
                let info = line.after(3);
                let language = info.text.split([',', ' ']).next().unwrap_or_default();
                self.code("```", vec![(info.start, language.to_owned())]);
            }
            Kind::Code => self.code(line.text, self.language(&style)),
            Kind::Compound if matches!(style.as_str(), "source" | "listing" | "literal") => {
                self.code(line.text, self.language(&style));
            }
            Kind::Quote if style == "verse" => self.verse(),
            Kind::Passthrough if matches!(style.as_str(), "stem" | "latexmath" | "asciimath") => {
                self.code(line.text, Vec::new());
            }
            Kind::Passthrough => self.passthrough(),
            Kind::Comment => self.verbatim_lines(line.text, |_, _| {}),
            Kind::Quote | Kind::Compound => {
                self.label(&style);
                self.attribution(&style);
                let lists = std::mem::take(&mut self.lists);
                if self.open.len() < MAX_DEPTH {
                    let delimiter = line.text;
                    self.open.push(Open { delimiter, lists });
                }
                self.at += 1;
            }
        }
    }

    /// `NOTE` and its like, as readers see it before what is one.
    pub(super) fn label(&mut self, style: &str) {
        if !matches!(style, "NOTE" | "TIP" | "IMPORTANT" | "WARNING" | "CAUTION") {
            return;
        }
        // The name stands in the line of attributes before, mostly the last one.
        let mut before = self.lines[..self.at].iter().rev().take(4);
        let found = before.find_map(|line| Some(line.start + line.text.find(style)?));
        if let Some(start) = found.and_then(|start| self.position(start)) {
            self.nodes
                .paragraph(Passage::new(style, start).lines(Vec::new()));
            self.nodes.attach();
        }
    }

    /// Who is quoted, and from where.
    pub(super) fn attribution(&mut self, style: &str) {
        if !matches!(style, "quote" | "verse") {
            return;
        }
        for (start, text) in std::mem::take(&mut self.block.positional) {
            if let Some(start) = self.position(start) {
                self.text_line(&text, start);
            }
        }
    }

    /// Where a word of the block's attributes is put that stands at `offset`: there, or at the delimiter
    /// that is next, where the title of the block stands between them.
    pub(super) fn position(&self, offset: usize) -> Option<usize> {
        if !self.nodes.is_passed(offset) {
            return Some(offset);
        }
        let line = self.line();
        let is_delimiter = syntax::delimiter(line.text).is_some();
        (is_delimiter && !self.nodes.is_passed(line.start)).then_some(line.start)
    }

    /// The language of a listing, where its block attributes name one.
    pub(super) fn language(&self, style: &str) -> Vec<(usize, String)> {
        let first = self.block.positional.first();
        let named = self
            .block
            .named
            .get("language")
            .map(|name| (0, name.clone()));
        match style {
            "source" | "" => first.cloned().or(named).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// A delimited block of code.
    pub(super) fn code(&mut self, delimiter: &'a str, language: Vec<(usize, String)>) {
        self.open_code(language);
        self.verbatim_lines(delimiter, |reader, line| reader.code_line(line));
        self.nodes.close_context();
    }

    pub(super) fn open_code(&mut self, language: Vec<(usize, String)>) {
        let placed = language.into_iter();
        let placed = placed.filter_map(|(start, name)| Some((self.position(start)?, name)));
        let lines = placed.flat_map(|(start, name)| {
            let mut passage = Passage::default();
            passage.push_instead(&name, start);
            passage.lines(Vec::new())
        });
        let lines = lines.collect();
        self.nodes.open_code(lines);
    }

    pub(super) fn code_line(&mut self, line: SourceLine<'a>) {
        let (text, start) = line.beyond_column(self.source, 0);
        let escaped = line
            .text
            .strip_prefix('\\')
            .filter(|rest| syntax::directive(rest).is_some());
        match escaped {
            Some(rest) => self.nodes.code_line(rest, line.start + 1),
            None => self.nodes.code_line(text, start),
        }
    }

    /// Gives each line of a block to `take` that its delimiter, the next line, or one of a block around it
    /// ends, and passes the block.
    pub(super) fn verbatim_lines(
        &mut self,
        delimiter: &str,
        take: impl Fn(&mut Self, SourceLine<'a>),
    ) {
        self.at += 1;
        while self.at < self.lines.len() {
            let line = self.line();
            if line.indent == 0 && line.text == delimiter {
                self.at += 1;
                return;
            }
            if line.indent == 0 && self.open.iter().any(|open| open.delimiter == line.text) {
                return;
            }
            if syntax::directive(line.text).is_none() {
                take(self, line);
            }
            self.at += 1;
        }
    }

    pub(super) fn verse(&mut self) {
        self.attribution("verse");
        self.verbatim_lines(self.line().text, |reader, line| {
            if line.is_blank() {
                return reader.nodes.strengthen(Border::Paragraph);
            }
            reader.text_line(line.text, line.start);
        });
    }

    /// HTML as it is: what stands between its tags is text.
    pub(super) fn passthrough(&mut self) {
        let first = self.at + 1;
        self.verbatim_lines(self.line().text, |_, _| {});
        let content = &self.lines[first.min(self.at)..self.at];
        let (Some(start), Some(end)) = (content.first(), content.last()) else {
            return;
        };
        let region = start.start..end.start + end.text.len();
        let tags = scrub::markup(self.source, std::slice::from_ref(&region), &[]);
        let edits = tags
            .into_iter()
            .map(|tag| Edit::drop(tag.start - region.start..tag.end - region.start));
        let passage = Passage::new(&self.source[region.clone()], region.start);
        let mut lines = passage.lines(edits.collect());
        // The line that ends the block is no part of it.
        lines.retain(|line| syntax::delimiter(&line.text) != Some(Kind::Passthrough));
        self.nodes.paragraph(lines);
    }

    /// Lines up to a blank one, as they are.
    pub(super) fn literal_paragraph(&mut self, style: &str) {
        self.open_code(self.language(style));
        while let Some(line) = self
            .lines
            .get(self.at)
            .copied()
            .filter(|line| !line.is_blank())
        {
            let ends = line.indent == 0 && line.text == "+" && !self.lists.is_empty();
            if ends || self.open.iter().any(|open| open.delimiter == line.text) {
                break;
            }
            if syntax::directive(line.text).is_none() {
                self.code_line(line);
            }
            self.at += 1;
        }
        self.nodes.close_context();
    }
}
