//! Lines of text that belong together, such as a paragraph, whose inline markup is taken out.
//!
//! Inline markup may reach over line ends, so it is found in all lines of a passage at once; what is
//! left is given back line by line, each piece with where it stands in the source.

use std::ops::Range;

/// Lines joined by `\n`, with where each piece of them comes from.
#[derive(Debug, Default)]
pub(super) struct Passage {
    pub(super) text: String,
    /// Where each piece of `text` comes from, ascending.
    origins: Vec<Origin>,
    /// What in `text` is no markup whatever it looks like, ascending.
    pub(super) literal: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Origin {
    /// Where the piece begins in the text, and in the source.
    text_at: usize,
    source_at: usize,
    /// Whether it stands in the source as it is.
    is_verbatim: bool,
}

/// A part of a passage that readers see as `with`, mostly as nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) with: String,
}

/// A line without markup: the text and the runs of a unit.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    pub(super) text: String,
    pub(super) runs: Vec<(usize, usize)>,
}

impl Edit {
    pub(super) fn drop(range: Range<usize>) -> Self {
        Self {
            range,
            with: String::new(),
        }
    }

    pub(super) fn replace(range: Range<usize>, with: &str) -> Self {
        Self {
            range,
            with: with.to_owned(),
        }
    }
}

impl Passage {
    pub(super) fn new(line: &str, offset: usize) -> Self {
        let mut passage = Self::default();
        passage.push(line, offset);
        passage
    }

    /// Begins a new line, unless nothing is there yet.
    pub(super) fn end_line(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Adds what stands at `offset` of the source.
    pub(super) fn push(&mut self, text: &str, offset: usize) {
        self.push_piece(text, offset, true);
    }

    /// Adds what readers see in place of what stands at `offset` of the source.
    pub(super) fn push_instead(&mut self, text: &str, offset: usize) {
        self.push_piece(text, offset, false);
    }

    fn push_piece(&mut self, text: &str, source_at: usize, is_verbatim: bool) {
        if !text.is_empty() {
            self.origins.push(Origin {
                text_at: self.text.len(),
                source_at,
                is_verbatim,
            });
            self.text.push_str(text);
        }
    }

    /// Takes the last `count` bytes away, which are ASCII.
    pub(super) fn truncate_by(&mut self, count: usize) {
        self.text.truncate(self.text.len().saturating_sub(count));
    }

    /// The lines of the passage after `edits`; of edits that overlap the first one counts. Lines of
    /// which nothing is left are left out.
    pub(super) fn lines(&self, mut edits: Vec<Edit>) -> Vec<Plain> {
        edits.sort_by_key(|edit| edit.range.start);
        let mut out = Writer {
            passage: self,
            next_origin: 0,
            lines: Vec::new(),
            line: Plain::default(),
        };
        let mut at = 0;
        for edit in edits.into_iter().filter(|edit| !edit.range.is_empty()) {
            if edit.range.start < at {
                continue;
            }
            out.copy(at..edit.range.start);
            out.replace(&edit);
            at = edit.range.end;
        }
        out.copy(at..self.text.len());
        out.end_line();
        out.lines
    }
}

struct Writer<'a> {
    passage: &'a Passage,
    /// The first origin behind what is written already.
    next_origin: usize,
    lines: Vec<Plain>,
    line: Plain,
}

impl Writer<'_> {
    fn copy(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let source = self.source(at);
            let origins = &self.passage.origins;
            let piece_end = origins
                .get(self.next_origin)
                .map_or(range.end, |next| next.text_at.min(range.end));
            let piece = &self.passage.text[at..piece_end];
            match piece.find('\n') {
                Some(length) => {
                    self.line.push(&piece[..length], source);
                    self.end_line();
                    at += length + 1;
                }
                None => {
                    self.line.push(piece, source);
                    at = piece_end;
                }
            }
        }
    }

    fn replace(&mut self, edit: &Edit) {
        let source = self.source(edit.range.start);
        self.line.push(&edit.with, source);
        let dropped = &self.passage.text[edit.range.clone()];
        if dropped.contains('\n') {
            self.end_line();
        }
    }

    /// Where the byte at `at` stands in the source; `at` never descends from call to call.
    fn source(&mut self, at: usize) -> usize {
        let origins = &self.passage.origins;
        while origins
            .get(self.next_origin)
            .is_some_and(|origin| origin.text_at <= at)
        {
            self.next_origin += 1;
        }
        let last = self.next_origin.checked_sub(1);
        last.and_then(|last| origins.get(last))
            .map_or(0, |origin| match origin.is_verbatim {
                true => origin.source_at + (at - origin.text_at),
                false => origin.source_at,
            })
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        line.text.truncate(line.text.trim_end().len());
        line.runs.retain(|&(at, _)| at < line.text.len());
        if !line.text.is_empty() {
            self.lines.push(line);
        }
    }
}

impl Plain {
    /// Adds what stands at `offset` of the source, without the blank space that a line begins with.
    pub(super) fn push(&mut self, text: &str, offset: usize) {
        let kept = match self.text.is_empty() {
            true => text.trim_start(),
            false => text,
        };
        if !kept.is_empty() {
            self.runs
                .push((self.text.len(), offset + text.len() - kept.len()));
            self.text.push_str(kept);
        }
    }

    /// Several lines as one, with `separator` between them.
    pub(super) fn join(lines: Vec<Self>, separator: &str) -> Self {
        let mut lines = lines.into_iter();
        let mut joined = lines.next().unwrap_or_default();
        for line in lines {
            joined.text.push_str(separator);
            let shift = joined.text.len();
            let runs = line.runs.into_iter();
            joined
                .runs
                .extend(runs.map(|(at, offset)| (at + shift, offset)));
            joined.text.push_str(&line.text);
        }
        joined
    }
}

/// Looks for strings ahead in a text, each part of which is searched once for each of them, as long as
/// searches begin further and further behind.
#[derive(Debug)]
pub(super) struct Ahead<'a> {
    text: &'a str,
    /// For each string where it was last looked for, and where the first one from there on is.
    known: Vec<(&'static str, usize, Option<usize>)>,
}

impl<'a> Ahead<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            known: Vec::new(),
        }
    }

    /// The first `needle` at `from` or behind it.
    pub(super) fn find(&mut self, needle: &'static str, from: usize) -> Option<usize> {
        self.find_where(needle, from, |_, _| true)
    }

    /// The first `needle` from `from` on for which `holds`, which must always be the same condition for
    /// one needle.
    pub(super) fn find_where(
        &mut self,
        needle: &'static str,
        from: usize,
        holds: impl Fn(&str, usize) -> bool,
    ) -> Option<usize> {
        let known = self.known.iter().position(|entry| entry.0 == needle);
        if let Some((_, since, found)) = known.map(|at| self.known[at]) {
            if from < since {
                // What was searched from a little further behind is known from there on.
                let bytes = self.text.as_bytes();
                let is_here = |&at: &usize| {
                    bytes[at..].starts_with(needle.as_bytes()) && holds(self.text, at)
                };
                return (from..since.min(bytes.len())).find(is_here).or(found);
            }
            if found.is_none_or(|found| found >= from) {
                return found;
            }
        }
        let found = self.search(needle, from, &holds);
        match known {
            Some(known) => self.known[known] = (needle, from, found),
            None => self.known.push((needle, from, found)),
        }
        found
    }

    /// The first `needle` from `from` on for which `holds`.
    fn search(
        &self,
        needle: &str,
        from: usize,
        holds: &impl Fn(&str, usize) -> bool,
    ) -> Option<usize> {
        let mut at = self.text.ceil_char_boundary(from);
        loop {
            let found = at + self.text.get(at..)?.find(needle)?;
            if holds(self.text, found) {
                return Some(found);
            }
            at = found + needle.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_where_their_pieces_stand() {
        let mut passage = Passage::new("a *b", 10);
        passage.end_line();
        passage.push("  c* d ", 20);
        let edits = vec![Edit::drop(8..9), Edit::drop(2..3), Edit::drop(8..11)];
        let lines = passage.lines(edits);
        let plain = |text: &str, runs: &[(usize, usize)]| Plain {
            text: text.to_owned(),
            runs: runs.to_vec(),
        };
        assert_eq!(
            lines,
            [
                plain("a b", &[(0, 10), (2, 13)]),
                plain("c d", &[(0, 22), (1, 24)])
            ]
        );
        let joined = Plain::join(lines, " | ");
        assert_eq!(
            joined,
            plain("a b | c d", &[(0, 10), (2, 13), (6, 22), (7, 24)])
        );
    }

    #[test]
    fn an_edit_over_a_line_end_ends_the_line() {
        let mut passage = Passage::new("a <b", 0);
        passage.end_line();
        passage.push("c> d", 5);
        let lines = passage.lines(vec![Edit::replace(2..7, "x")]);
        let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["a x", "d"]);
        assert_eq!(Passage::new(" \n ", 0).lines(Vec::new()), []);
    }

    #[test]
    fn looking_ahead_remembers() {
        let mut ahead = Ahead::new("a]b]");
        assert_eq!(ahead.find("]", 0), Some(1));
        assert_eq!(ahead.find("]", 1), Some(1));
        assert_eq!(ahead.find("]", 2), Some(3));
        assert_eq!(ahead.find("]", 4), None);
        assert_eq!(ahead.find("]", 2), Some(3));
        assert_eq!(ahead.find("]", 0), Some(1));
        assert_eq!(ahead.find("[", 0), None);
        assert_eq!(ahead.find("[", 9), None);
    }
}
