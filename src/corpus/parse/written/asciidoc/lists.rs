//! Lists: bullets, numbers, callouts, and terms with their descriptions.

use super::{MAX_DEPTH, Reader, inline, syntax};
use crate::corpus::document::Border;
use crate::corpus::parse::written::passage::{Passage, Plain};

impl<'a> Reader<'a> {
    /// A list item with the lines that follow it, if one is next.
    pub(super) fn list_item(&mut self) -> bool {
        let line = self.line();
        if let Some((marker, length)) = syntax::list_marker(line.text) {
            let mut item = line.after(length);
            if marker.starts_with(['*', '-']) {
                let boxed = ["[ ] ", "[x] ", "[*] "]
                    .iter()
                    .find(|it| item.text.starts_with(**it));
                item = boxed.map_or(item, |it| item.after(it.len()));
            }
            self.begin_item(marker);
            let mut passage = Passage::default();
            self.attributes.expand(item.text, item.start, &mut passage);
            self.at += 1;
            self.rest_of_item(&mut passage);
            self.nodes.paragraph(inline::plain(&passage));
            return true;
        }
        let Some((length, marker, text)) = syntax::term(line.text) else {
            return false;
        };
        self.begin_item(marker);
        let term = self.plain_line(line.text[..length].trim_end(), line.start);
        let rest = line.after(text);
        self.at += 1;
        let mut passage = Passage::default();
        if !rest.is_blank() {
            self.attributes.expand(rest.text, rest.start, &mut passage);
            self.rest_of_item(&mut passage);
        }
        self.is_term = rest.is_blank();
        let mut lines = inline::plain(&passage).into_iter();
        let with_term = match lines.next() {
            Some(first) => vec![Plain::join(vec![Plain::join(term, " "), first], ": ")],
            None => term,
        };
        self.nodes
            .paragraph(with_term.into_iter().chain(lines).collect());
        if self.is_term {
            self.nodes.attach();
        }
        true
    }

    /// An item of the list that has `marker` begins, in the list that is open or in a new one.
    pub(super) fn begin_item(&mut self, marker: &'a str) {
        let is_new = match self.lists.iter().position(|open| *open == marker) {
            Some(depth) => {
                self.lists.truncate(depth + 1);
                false
            }
            None if self.lists.len() < MAX_DEPTH => {
                self.lists.push(marker);
                true
            }
            None => false,
        };
        let is_top = self.open.is_empty() && self.lists.len() == 1;
        match is_top {
            true if is_new => self.nodes.begin_block(true),
            true => self.nodes.strengthen(Border::Item),
            false => self.nodes.begin_block(false),
        }
        self.is_attached = false;
        self.is_term = false;
    }

    /// Adds the lines that go on with the text of a list item.
    pub(super) fn rest_of_item(&mut self, passage: &mut Passage) {
        self.lines_until(passage, |text| {
            text == "+" || syntax::list_marker(text).is_some() || syntax::term(text).is_some()
        });
    }
}
