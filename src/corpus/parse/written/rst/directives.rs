//! Explicit markup: directives, targets, footnotes, definitions and comments.

use std::ops::Range;

use super::kinds::{Kind, kind};
use super::{MAX_DEPTH, Place, Reader, field};
use crate::corpus::document::Border;
use crate::corpus::parse::written::passage::{Edit, Passage};
use crate::corpus::parse::written::source_lines::SourceLine;

/// A directive, as line numbers.
pub(super) struct Directive {
    /// The lines with arguments; the first one is without the name of the directive.
    pub(super) argument: Range<usize>,
    pub(super) options: Range<usize>,
    pub(super) content: Range<usize>,
}

impl<'a> Reader<'a> {
    /// What begins with two dots on line `at`.
    pub(super) fn explicit(&mut self, at: usize, end: usize, place: Place) -> usize {
        let line = self.lines[at];
        let behind = self.indented(at + 1, end, line.indent);
        let rest = line.after(2);
        if rest.is_blank()
            && self.lines[at + 1..end]
                .first()
                .is_none_or(SourceLine::is_blank)
        {
            return at + 1;
        }
        if let Some(target) = rest.text.strip_prefix('_') {
            return self.target(at, behind, target);
        }
        if rest.text.starts_with('[') && rest.text.contains(']') {
            self.begin_block(place);
            self.lines[at] = rest;
            self.with_first_line(at..behind, place);
            return behind;
        }
        if let Some((name, length)) = name(rest.text).filter(|_| !rest.text.starts_with('|')) {
            self.lines[at] = rest.after(length);
            if place.depth < MAX_DEPTH {
                self.directive(name, rest.start, at..behind, place);
                return behind;
            }
            return at + 1;
        }
        behind
    }

    /// A target before a title names it, if it leads nowhere else.
    fn target(&mut self, at: usize, behind: usize, target: &str) -> usize {
        let continued = self.lines[at + 1..behind].iter();
        let count = continued.take_while(|line| !line.is_blank()).count();
        let name = target.strip_suffix(':').filter(|_| count == 0);
        let name = name.map(|name| id(name.trim_matches('`')));
        if let Some(name) = name.filter(|name| !name.is_empty()) {
            self.label = Some(name);
        }
        at + 1 + count
    }

    /// Reads lines of which the first one stands where the others begin.
    fn with_first_line(&mut self, range: Range<usize>, place: Place) {
        let mut rest = self.lines[range.clone()].iter().skip(1);
        if let Some(next) = rest.find(|line| !line.is_blank()) {
            self.lines[range.start].indent = next.indent;
        }
        match place.depth < MAX_DEPTH {
            true => self.nested(range, place),
            false => {
                let lines = self.plain(range.start..range.start + 1);
                self.nodes.paragraph(lines);
            }
        }
    }

    fn directive(&mut self, name: &str, name_at: usize, range: Range<usize>, place: Place) {
        let parts = self.parts(range);

        match kind(name) {
            Kind::Nothing => {}
            Kind::Meta => self.meta(parts.argument.start..parts.content.end),
            Kind::Title => {
                let title = self.lines[parts.argument.start].text;
                self.nodes.document.title = Some(title.to_owned()).filter(|it| !it.is_empty());
            }
            Kind::Code => self.code_block(name, &parts, place),
            Kind::Content => match place.is_top && name == "only" {
                true => self.body_at_top(parts.content),
                false => self.nested(parts.content, place),
            },
            Kind::Labelled(label) => self.labelled(label, name_at, &parts, place),
            Kind::Object => {
                self.begin_block(place);
                self.nodes.strengthen(if place.depth == 0 {
                    Border::Block
                } else {
                    Border::Item
                });
                for at in parts.argument {
                    let line = self.lines[at];
                    let backslashes = line.text.match_indices('\\');
                    let edits = backslashes.map(|(at, _)| Edit::drop(at..at + 1)).collect();
                    self.nodes
                        .paragraph(Passage::new(line.text, line.start).lines(edits));
                }
                self.nested(parts.content, place);
            }
            Kind::Figure => {
                self.begin_block(place);
                self.option_text("alt", &parts);
                self.nested(parts.content, place);
            }
            Kind::Caption => {
                self.begin_block(place);
                self.option_text("caption", &parts);
            }
            Kind::Contents => self.toctree(&parts, place),
            Kind::ListTable => self.list_table(&parts, place),
            Kind::CsvTable => self.csv_table(&parts, place),
            Kind::Other => {
                self.argument(&parts, place);
                self.nested(parts.content, place);
            }
        }
    }

    /// The argument ends at the first option or blank line, the options at the first blank line.
    fn parts(&self, range: Range<usize>) -> Directive {
        let lines = &self.lines[range.clone()];
        let is_option = |line: &SourceLine<'_>| field(line.text).is_some();
        let count = |from: usize, is: &dyn Fn(&SourceLine<'_>) -> bool| {
            from + lines[from..].iter().take_while(|line| is(line)).count()
        };
        let argument = match lines.first() {
            Some(first) if first.is_blank() => {
                count(1, &|line| !line.is_blank() && !is_option(line))
            }
            _ => count(0, &|line| !line.is_blank() && !is_option(line)),
        };
        let has_options = lines.get(argument).is_some_and(is_option);
        let options = match has_options {
            true => count(argument, &|line| !line.is_blank()),
            false => argument,
        };
        let at = |line: usize| range.start + line;
        Directive {
            argument: range.start..at(argument),
            options: at(argument)..at(options),
            content: at(options)..range.end,
        }
    }

    /// The line on which an option stands, without its name.
    pub(super) fn option(&self, name: &str, parts: &Directive) -> Option<SourceLine<'a>> {
        let lines = self.lines[parts.options.clone()].iter();
        let mut values = lines.filter_map(|line| {
            let length = field(line.text)?;
            let is_named = line.text[1..length - 1].eq_ignore_ascii_case(name);
            is_named.then(|| line.after(length))
        });
        values.next()
    }

    pub(super) fn option_text(&mut self, name: &str, parts: &Directive) {
        if let Some(line) = self.option(name, parts) {
            self.nodes
                .paragraph(Passage::new(line.text, line.start).lines(Vec::new()));
        }
    }

    /// The argument as a paragraph, to which the content belongs.
    pub(super) fn argument(&mut self, parts: &Directive, place: Place) {
        let lines = self.plain(parts.argument.clone());
        if !lines.is_empty() {
            self.begin_block(place);
            self.nodes.paragraph(lines);
        }
    }

    fn body_at_top(&mut self, content: Range<usize>) {
        let first = self.lines[content.clone()]
            .iter()
            .find(|line| !line.is_blank());
        let place = Place {
            indent: first.map_or(0, |line| line.indent),
            depth: 0,
            is_top: true,
        };
        self.body(content, place);
    }
}

/// The name of the directive that `text` begins with, and how long it is with its colons.
fn name(text: &str) -> Option<(&str, usize)> {
    let (name, rest) = text.split_once("::")?;
    let bare = name.strip_suffix(' ').unwrap_or(name);
    let is_name = |c: char| c.is_alphanumeric() || "-_+.:".contains(c);
    let is_directive =
        !bare.is_empty() && bare.chars().all(is_name) && (rest.is_empty() || rest.starts_with(' '));
    is_directive.then_some((bare, name.len() + 2))
}

/// The name of a target as the HTML of docutils and Sphinx has it: in lower case, with a hyphen for all
/// that is neither letter nor digit.
fn id(name: &str) -> String {
    let lower = name.to_lowercase();
    let words = lower
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-");
    id.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
        .to_owned()
}
