//! What directives hold: code, notes, lists of pages, and tables that are written as lists.

use std::ops::Range;

use super::directives::Directive;
use super::{Place, Reader, field};
use crate::corpus::document::Border;
use crate::corpus::parse::written::passage::{Passage, Plain};

impl Reader<'_> {
    /// Without an argument the lines under the name are content: as they are, code.
    pub(super) fn code_block(&mut self, name: &str, parts: &Directive, place: Place) {
        self.begin_block(place);
        self.option_text("caption", parts);
        let first = self.lines[parts.argument.start];
        let names_language = matches!(name, "code-block" | "code" | "sourcecode");
        let language = match names_language && !first.is_blank() {
            true => Passage::new(first.text, first.start).lines(Vec::new()),
            false => Vec::new(),
        };
        let content = match names_language {
            true if parts.argument.len() == 1 => parts.content.clone(),
            true => parts.argument.start + 1..parts.content.end,
            false if parts.options.is_empty() => parts.argument.start..parts.content.end,
            false => parts.content.clone(),
        };
        self.code(content, language);
    }

    /// `Note: text`, where text stands behind the name; else the word on a line of its own.
    pub(super) fn labelled(
        &mut self,
        label: &'static str,
        name_at: usize,
        parts: &Directive,
        place: Place,
    ) {
        self.begin_block(place);
        let has_version = label.ends_with("version");
        let is_below = !has_version && self.lines[parts.argument.start].is_blank();
        let mut lines = match is_below {
            true => Vec::new(),
            false => self.plain(parts.argument.clone()),
        };
        let word = Plain {
            text: label.to_owned(),
            runs: vec![(0, name_at)],
        };
        let separator = if has_version { " " } else { ": " };
        match lines.is_empty() {
            true => lines.push(word),
            false => {
                let first = lines.remove(0);
                lines.insert(0, Plain::join(vec![word, first], separator));
            }
        }
        self.nodes.paragraph(lines);
        if is_below {
            self.nodes.strengthen(Border::Paragraph);
            self.nested(parts.argument.start + 1..parts.argument.end, place);
        }
        self.nested(parts.content.clone(), place);
    }

    /// The entries of a list of pages: their titles, or else their names.
    pub(super) fn toctree(&mut self, parts: &Directive, place: Place) {
        if self.option("hidden", parts).is_some() {
            return;
        }
        self.begin_block(place);
        self.option_text("caption", parts);
        for at in parts.argument.clone().chain(parts.content.clone()) {
            let line = self.lines[at];
            let title = line
                .text
                .split_once(" <")
                .map_or(line.text, |(title, _)| title);
            self.nodes
                .paragraph(Passage::new(title, line.start).lines(Vec::new()));
        }
    }

    pub(super) fn meta(&mut self, range: Range<usize>) {
        for line in &self.lines[range] {
            let Some(length) = field(line.text) else {
                continue;
            };
            let name = line.text[1..length - 1]
                .split(' ')
                .next()
                .unwrap_or_default();
            let text = line.after(length.min(line.text.len())).text;
            if name == "description" && !text.is_empty() {
                self.nodes.document.description = Some(text.to_owned());
            }
        }
    }

    /// A list of lists: the items of the inner ones are cells. Each line is a unit.
    pub(super) fn list_table(&mut self, parts: &Directive, place: Place) {
        self.argument(parts, place);
        self.begin_block(place);
        let headers = self
            .option("header-rows", parts)
            .and_then(|line| line.text.parse().ok());
        let mut header: Option<Vec<Plain>> = Some(Vec::new()).filter(|_| headers.unwrap_or(0) > 0);
        let mut rows = 0usize;
        for at in parts.content.clone() {
            let mut line = self.lines[at];
            let begins_row = line.text.starts_with("* -") || line.text == "*";
            rows += usize::from(begins_row);
            if begins_row && rows > headers.unwrap_or(0) {
                let cells = header.take();
                self.nodes.open_context(cells.unwrap_or_default());
                self.nodes.strengthen(Border::Sentence);
            }
            for marker in ["* ", "- "] {
                let is_marked = line.text.starts_with(marker) || line.text == marker.trim_end();
                line = if is_marked { line.after(1) } else { line };
            }
            self.lines[at] = line;
            let cells = self.plain(at..at + 1);
            match &mut header {
                Some(header) => header.extend(cells),
                None => cells.into_iter().for_each(|cell| self.nodes.unit(cell)),
            }
        }
        self.nodes.open_context(header.unwrap_or_default());
        self.nodes.close_context();
    }

    pub(super) fn csv_table(&mut self, parts: &Directive, place: Place) {
        self.argument(parts, place);
        self.begin_block(place);
        if let Some(header) = self.option("header", parts) {
            let header = self.csv_row(header);
            self.nodes.open_context(header.into_iter().collect());
        }
        for at in parts.content.clone() {
            if let Some(row) = self.csv_row(self.lines[at]) {
                self.nodes.unit(row);
            }
        }
        self.nodes.close_context();
    }
}
