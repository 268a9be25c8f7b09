//! The inline markup of AsciiDoc: what of a passage readers do not see.

use std::collections::HashMap;
use std::ops::Range;

use crate::corpus::parse::written::passage::{Ahead, Edit, Passage, Plain};

/// The lines of `passage` as readers see them.
pub(super) fn plain(passage: &Passage) -> Vec<Plain> {
    let mut scanner = Scanner {
        text: &passage.text,
        ahead: Ahead::new(&passage.text),
        edits: Vec::new(),
        closing: HashMap::new(),
        last_close: 0,
    };
    scanner.scan(&passage.literal);
    passage.lines(scanner.edits)
}

/// Finds markup in one pass; marks that close something are found ahead, and passed when their turn comes.
struct Scanner<'a> {
    text: &'a str,
    ahead: Ahead<'a>,
    edits: Vec<Edit>,
    /// Where marks begin that close what was opened, and how long they are.
    closing: HashMap<usize, usize>,
    /// The bracket that closes the last link or note.
    last_close: usize,
}

/// Marks of formatted text, each with its doubled form, which may stand within a word.
const MARKS: [(u8, &str, &str); 6] = [
    (b'*', "*", "**"),
    (b'_', "_", "__"),
    (b'`', "`", "``"),
    (b'#', "#", "##"),
    (b'^', "^", "^^"),
    (b'~', "~", "~~"),
];

/// Macros whose text stands in brackets behind a target that readers do not see if there is a text.
const LINKS: [&str; 9] = [
    "link:", "xref:", "mailto:", "https://", "http://", "ftp://", "irc://", "file://", "image:",
];

/// Macros whose brackets hold what readers see, and what stands before the bracket nothing.
const TEXTS: [&str; 8] = [
    "kbd:",
    "btn:",
    "pass:",
    "stem:",
    "latexmath:",
    "asciimath:",
    "indexterm2:",
    "menu:",
];

/// Macros of which readers see no text.
const INVISIBLE: [&str; 3] = ["icon:", "anchor:", "indexterm:"];

/// Marks that stand for themselves where a backslash is before them, besides those of macros.
const ESCAPABLE: &[u8] = b"*_`#^~+<([{";

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Scanner<'_> {
    fn scan(&mut self, literal: &[Range<usize>]) {
        let mut literal = literal.iter().peekable();
        let mut at = 0;
        while at < self.text.len() {
            while literal.next_if(|range| range.end <= at).is_some() {}
            if let Some(range) = literal.next_if(|range| range.start <= at) {
                at = range.end;
            } else if let Some(length) = self.closing.remove(&at) {
                at += length;
            } else if self.text.as_bytes()[at] == b'\\' {
                at = self.escape(at);
            } else {
                at = self.construct(at).unwrap_or_else(|| self.next_char(at));
            }
        }
    }

    fn next_char(&self, at: usize) -> usize {
        at + self.text[at..].chars().next().map_or(1, char::len_utf8)
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn after(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// A backslash is seen unless it keeps markup from being read as such.
    fn escape(&mut self, at: usize) -> usize {
        let marked = at + 1;
        let Some(&next) = self.text.as_bytes().get(marked) else {
            return marked;
        };
        let (edits, last_close) = (self.edits.len(), self.last_close);
        let is_escape = self.construct(marked).is_some();
        self.last_close = last_close;
        for edit in self.edits.drain(edits..) {
            self.closing.remove(&edit.range.start);
        }
        if is_escape && (ESCAPABLE.contains(&next) || next.is_ascii_alphabetic()) {
            self.edits.push(Edit::drop(at..marked));
            let run = self.text[marked..]
                .bytes()
                .take_while(|&b| b == next)
                .count();
            return marked + run.max(1);
        }
        marked
    }

    /// Where to go on behind the opening of what begins at `at`, if it is markup.
    fn construct(&mut self, at: usize) -> Option<usize> {
        match self.text.as_bytes()[at] {
            b'+' => self.verbatim(at),
            b'<' => self.angle(at),
            b'(' => self.index_term(at),
            b'[' => self.bracket(at),
            byte if byte.is_ascii_alphabetic() => self.word(at),
            byte => self.formatted(at, byte),
        }
    }

    fn formatted(&mut self, at: usize, byte: u8) -> Option<usize> {
        let &(_, single, double) = MARKS.iter().find(|mark| mark.0 == byte)?;
        if self.text[at..].starts_with(double)
            && let Some(end) = self.ahead.find(double, at + 3)
        {
            return Some(self.pair(at, 2, end));
        }
        if matches!(byte, b'^' | b'~') {
            let end = self
                .ahead
                .find(single, at + 1)
                .filter(|&end| end > at + 1)?;
            let is_one_word = self.next_blank(at) > end;
            return is_one_word.then(|| self.pair(at, 1, end));
        }
        let opens = !self
            .before(at)
            .is_some_and(|c| is_word(c) || matches!(c, ';' | ':' | '}'))
            && self
                .after(at + 1)
                .is_some_and(|c| !c.is_whitespace() && c != char::from(byte));
        let end = opens.then(|| self.closer(single, at + 2)).flatten()?;
        Some(self.pair(at, 1, end))
    }

    /// The first mark behind `from` that may close text which was opened by one like it.
    fn closer(&mut self, mark: &'static str, from: usize) -> Option<usize> {
        let closes = |text: &str, at: usize| {
            let before = text[..at].chars().next_back();
            let after = text[at + mark.len()..].chars().next();
            before.is_some_and(|c| !c.is_whitespace()) && !after.is_some_and(is_word)
        };
        let from = (from..self.text.len()).find(|&at| self.text.is_char_boundary(at))?;
        self.ahead.find_where(mark, from, closes)
    }

    fn next_blank(&mut self, from: usize) -> usize {
        let ends = [" ", "\n", "\t"].map(|blank| self.ahead.find(blank, from));
        ends.into_iter().flatten().min().unwrap_or(self.text.len())
    }

    /// Drops marks of `length` bytes at `at` and at `end`.
    fn pair(&mut self, at: usize, length: usize, end: usize) -> usize {
        self.edits.push(Edit::drop(at..at + length));
        self.close(end, length, "");
        at + length
    }

    fn close(&mut self, end: usize, length: usize, with: &str) {
        self.edits.push(Edit::replace(end..end + length, with));
        self.closing.insert(end, length);
    }

    /// `+text+`, in which nothing is markup, and the hard line break ` +`.
    fn verbatim(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        for mark in ["+++", "++"] {
            if rest.starts_with(mark)
                && let Some(end) = self.ahead.find(mark, at + mark.len() + 1)
            {
                self.pair(at, mark.len(), end);
                return Some(end);
            }
        }
        let is_after_blank = self.before(at).is_some_and(char::is_whitespace);
        if is_after_blank && self.after(at + 1).is_none_or(|c| c == '\n') {
            self.edits.push(Edit::drop(at..at + 1));
            return Some(at + 1);
        }
        let opens = !self.before(at).is_some_and(is_word)
            && self
                .after(at + 1)
                .is_some_and(|c| !c.is_whitespace() && c != '+');
        let end = opens.then(|| self.closer("+", at + 2)).flatten()?;
        self.pair(at, 1, end);
        Some(end)
    }

    /// `<<id,text>>` and `<https://...>`.
    fn angle(&mut self, at: usize) -> Option<usize> {
        if self.text[at..].starts_with("<<") {
            let end = self.ahead.find(">>", at + 3)?;
            let comma = self.ahead.find(",", at + 2).filter(|&comma| comma < end);
            let text = comma.map_or(at + 2, |comma| comma + 1);
            self.edits.push(Edit::drop(at..text));
            self.close(end, 2, "");
            return Some(text);
        }
        let is_url = LINKS[3..7]
            .iter()
            .any(|scheme| self.text[at + 1..].starts_with(scheme));
        let end = is_url.then(|| self.ahead.find(">", at)).flatten()?;
        self.pair(at, 1, end);
        Some(end)
    }

    /// `((term))` is seen, `(((term)))` is not.
    fn index_term(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        if rest.starts_with("(((") {
            let end = self.ahead.find(")))", at)? + 3;
            self.edits.push(Edit::drop(at..end));
            return Some(end);
        }
        let end = rest
            .starts_with("((")
            .then(|| self.ahead.find("))", at))
            .flatten()?;
        Some(self.pair(at, 2, end))
    }

    /// `[[id]]`, `[[[reference]]]`, and the role before formatted text: `[.role]#text#`.
    fn bracket(&mut self, at: usize) -> Option<usize> {
        let rest = &self.text[at..];
        let begins_name = |c: char| c.is_alphabetic() || matches!(c, '_' | ':');
        if rest.starts_with("[[[") {
            let end = self.ahead.find("]]]", at)?;
            return Some(self.pair(at, 2, end + 1) + 1);
        }
        if let Some(inner) = rest.strip_prefix("[[") {
            let end = self.ahead.find("]]", at)? + 2;
            inner.starts_with(begins_name).then_some(())?;
            self.edits.push(Edit::drop(at..end));
            return Some(end);
        }
        let end = self.bracket_end(at)? + 1;
        let mark = self.text.as_bytes().get(end)?;
        if self.before(at).is_some_and(is_word) || end == at + 2 {
            return None;
        }
        let (&(_, single, double), from) = (
            MARKS[..4].iter().find(|candidate| candidate.0 == *mark)?,
            end + 2,
        );
        let doubled = self.text[end..].starts_with(double);
        let (length, close) = match doubled {
            true => (2, self.ahead.find(double, end + 3)?),
            false => (1, self.closer(single, from)?),
        };
        self.edits.push(Edit::drop(at..end));
        Some(self.pair(end, length, close))
    }

    /// A macro or an address, if one begins with the word at `at`.
    fn word(&mut self, at: usize) -> Option<usize> {
        if self.before(at).is_some_and(|c| is_word(c) || c == ':') {
            return None;
        }
        let rest = &self.text[at..];
        if rest.starts_with("footnote:") || rest.starts_with("footnoteref:") {
            return self.footnote(at);
        }
        let starts = |name: &&&str| rest.starts_with(**name);
        if let Some(name) = LINKS.iter().find(starts) {
            return self.link(at, name);
        }
        if let Some(name) = TEXTS.iter().find(starts) {
            return self.text_macro(at, name);
        }
        let name = INVISIBLE.iter().find(starts)?;
        let (_, end) = self.brackets(at + name.len())?;
        self.edits.push(Edit::drop(at..end + 1));
        Some(end + 1)
    }

    /// Where the brackets open and close that follow a target without blank space.
    fn brackets(&mut self, from: usize) -> Option<(usize, usize)> {
        let open = self.ahead.find("[", from)?;
        let is_target = self.next_blank(from) > open;
        let close = is_target.then(|| self.bracket_end(open)).flatten()?;
        // What stands in the brackets of a link holds no other one.
        (close > self.last_close).then_some((open, close))
    }

    /// The first `]` behind `from` that no backslash is before.
    fn bracket_end(&mut self, from: usize) -> Option<usize> {
        let is_bare = |text: &str, at: usize| !text[..at].ends_with('\\');
        self.ahead.find_where("]", from, is_bare)
    }

    /// A note at the foot of the page is seen in brackets where it is called.
    fn footnote(&mut self, at: usize) -> Option<usize> {
        let (open, close) = self.brackets(at)?;
        self.last_close = close;
        self.edits.push(Edit::replace(at..open + 1, " ("));
        self.close(close, 1, ")");
        Some(open + 1)
    }

    fn text_macro(&mut self, at: usize, name: &str) -> Option<usize> {
        let from = at + name.len();
        let (open, close) = match name {
            "menu:" => {
                let open = self.ahead.find("[", from)?;
                let close = self.bracket_end(open)?;
                let line_end = self.ahead.find("\n", from).unwrap_or(self.text.len());
                (open < line_end).then_some((open, close))?
            }
            _ => self.brackets(from)?,
        };
        if name == "menu:" {
            self.edits.push(Edit::drop(at..from));
            let has_items = close > open + 1;
            let separator = if has_items { " > " } else { "" };
            self.edits.push(Edit::replace(open..open + 1, separator));
        } else {
            self.edits.push(Edit::drop(at..open + 1));
        }
        self.edits.push(Edit::drop(close..close + 1));
        Some(close + 1)
    }

    fn link(&mut self, at: usize, name: &str) -> Option<usize> {
        let is_address = name.ends_with("//");
        let Some((open, close)) = self.brackets(at + name.len()) else {
            // An address without a text is text, in which nothing is markup.
            let end = self.next_blank(at);
            let bare = self.text[at..end].trim_end_matches(['*', '_', '`', '#', ')', '.', ',']);
            return is_address.then_some(at + bare.len().max(name.len()));
        };
        let (text, is_empty) = link_text(&self.text[open + 1..close], name == "image:");
        let text = open + 1 + text.start..open + 1 + text.end;
        if is_empty {
            let prefix = if is_address { 0 } else { name.len() };
            self.edits.push(Edit::drop(at..at + prefix));
            self.edits.push(Edit::drop(open..close + 1));
            return Some(close + 1);
        }
        self.last_close = close;
        self.edits.push(Edit::drop(at..text.start));
        self.close(text.end, close + 1 - text.end, "");
        Some(text.start)
    }
}

/// The text among what stands in the brackets of a link, and whether there is none. In a picture's it ends
/// at the first comma, in a link's where a named attribute follows.
fn link_text(content: &str, is_image: bool) -> (Range<usize>, bool) {
    let lead = content.len() - content.trim_start().len();
    if content[lead..].starts_with('"')
        && let Some(length) = content[lead + 1..].find('"')
    {
        return (lead + 1..lead + 1 + length, length == 0);
    }
    let names_attribute = |rest: &str| {
        let name = rest.trim_start();
        let length = name.find(|c: char| !c.is_alphanumeric()).unwrap_or(0);
        length > 0 && name[length..].starts_with('=')
    };
    let comma = content
        .match_indices(',')
        .find(|(at, _)| is_image || names_attribute(&content[at + 1..]));
    let mut text = &content[..comma.map_or(content.len(), |(at, _)| at)];
    if names_attribute(text) && (comma.is_some() || is_image) {
        text = "";
    }
    let text = text.trim_end().trim_end_matches('^');
    (0..text.len(), text.trim().is_empty())
}
