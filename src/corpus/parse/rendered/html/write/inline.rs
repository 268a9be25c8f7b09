//! What stands in a paragraph: text, code, links, images.

use super::escape::{self, Place};
use crate::corpus::parse::rendered::html::names::is_block;
use crate::corpus::parse::rendered::html::noise::{is_formula, is_noise, is_way_back};
use crate::corpus::parse::rendered::html::tree::{Kind, NodeId, Tree, normalized};

/// A paragraph in the making. Its lines are those of the file.
#[derive(Debug, Default)]
pub(super) struct Inline {
    /// Markdown, but for marks of blocks at the beginning of lines.
    text: String,
    /// The line of the file for each line of `text`.
    lines: Vec<u32>,
    blank: Blank,
    is_in_cell: bool,
    is_in_link: bool,
    /// Whether links are text only.
    is_plain: bool,
    /// Where the last code span ends.
    code_end: usize,
}

/// The blank space that the next word is written after.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Blank {
    #[default]
    None,
    Space,
    Line,
}

impl Inline {
    /// For a cell of a table.
    pub(super) fn cell() -> Self {
        Self {
            is_in_cell: true,
            ..Self::default()
        }
    }

    /// What is in `id`, without links: for headings and labels.
    pub(super) fn label(tree: &Tree, id: NodeId) -> Self {
        let mut label = Self {
            is_plain: true,
            ..Self::default()
        };
        label.push_children(tree, id);
        label
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Its lines, each with that of the file.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, u32)> {
        self.text.lines().zip(self.lines.iter().copied())
    }

    /// All of it on one line.
    pub(super) fn one_line(&self) -> String {
        self.text.replace('\n', " ")
    }

    /// The line of the file on which it begins.
    pub(super) fn first_line(&self) -> Option<u32> {
        self.lines.first().copied()
    }

    fn separate(&mut self, blank: Blank) {
        self.blank = self.blank.max(blank);
    }

    /// Writes the blank space that is due before a word.
    fn begin_word(&mut self, line: u32) {
        let blank = std::mem::take(&mut self.blank);
        if self.text.is_empty() {
            self.lines.push(line);
            return;
        }
        match blank {
            Blank::None => {}
            Blank::Space => self.text.push(' '),
            Blank::Line => {
                self.text.push('\n');
                self.lines.push(line);
            }
        }
    }

    /// Adds text that begins on `line`; `step` is 0 if its line breaks are none of the file.
    fn push_text(&mut self, text: &str, mut line: u32, step: u32) {
        let mut rest = text;
        loop {
            let word = rest.trim_start();
            let blank = &rest[..rest.len() - word.len()];
            if !blank.is_empty() {
                let breaks = blank.bytes().filter(|&byte| byte == b'\n').count();
                line += step * u32::try_from(breaks).unwrap_or(0);
                self.separate(if breaks > 0 {
                    Blank::Line
                } else {
                    Blank::Space
                });
            }
            if word.is_empty() {
                return;
            }
            let length = word.find(char::is_whitespace).unwrap_or(word.len());
            self.begin_word(line);
            rest = &word[length..];
            let place = Place {
                is_in_link: self.is_in_link,
                is_in_cell: self.is_in_cell,
                is_before_blank: !rest.is_empty(),
            };
            escape::push_word(&mut self.text, &word[..length], place);
        }
    }

    /// Adds generated text, which is markup already.
    fn push_markup(&mut self, markup: &str, line: u32) {
        self.begin_word(line);
        self.text.push_str(markup);
    }

    /// Adds a code span.
    pub(super) fn push_code(&mut self, code: &str, line: u32) {
        let content = normalized(code);
        if code.starts_with(char::is_whitespace) {
            self.separate(Blank::Space);
        }
        if content.is_empty() {
            return;
        }
        if self.code_end == self.text.len() {
            // Two code spans side by side would be read as one.
            self.separate(Blank::Space);
        }
        self.begin_word(line);
        let span = escape::code_span(&content, self.is_in_cell);
        self.text.push_str(&span);
        self.code_end = self.text.len();
        if code.ends_with(char::is_whitespace) {
            self.separate(Blank::Space);
        }
    }

    /// Adds what is in `id`, and `id` itself.
    pub(super) fn push_node(&mut self, tree: &Tree, id: NodeId) {
        if let Kind::Text { is_flat, .. } = tree.nodes[id].kind {
            let text = tree.text(id).unwrap_or_default();
            return self.push_text(text, tree.line(id), u32::from(!is_flat));
        }
        if is_noise(tree, id) {
            return;
        }
        let line = tree.line(id);
        match tree.name(id) {
            "br" => self.separate(Blank::Line),
            "img" => self.push_image(tree, id),
            "a" => self.push_link(tree, id),
            "sup" | "sub" => self.push_raised(tree, id),
            "code" | "tt" | "samp" | "pre" => {
                let code = code_text(tree, id);
                self.push_code(&code, line);
            }
            "math" => self.push_code(&tex(tree, id), line),
            "script" if is_formula(tree, id) => self.push_code(&tree.plain_text(id), line),
            "q" => {
                self.push_markup("\"", line);
                self.push_children(tree, id);
                self.text.push('"');
            }
            // A term's kind, which a colon stands before on the page.
            "span" if tree.has_class(id, "classifier") => {
                self.separate(Blank::Space);
                self.push_markup(":", line);
                self.separate(Blank::Space);
                self.push_children(tree, id);
            }
            _ if tree.has_class(id, "math") || tree.has_class(id, "arithmatex") => {
                self.push_code(&tex(tree, id), line);
            }
            name if is_block(name) => {
                self.separate(Blank::Line);
                self.push_children(tree, id);
                self.separate(Blank::Line);
            }
            _ => self.push_children(tree, id),
        }
    }

    pub(super) fn push_children(&mut self, tree: &Tree, id: NodeId) {
        for child in tree.children(id) {
            self.push_node(tree, child);
        }
    }

    /// Adds what is in a cell of a table that has no rows to readers.
    pub(super) fn push_cell(&mut self, tree: &Tree, id: NodeId) {
        self.separate(Blank::Space);
        self.push_children(tree, id);
        self.separate(Blank::Space);
    }

    fn push_image(&mut self, tree: &Tree, id: NodeId) {
        if let Some(alt) = tree.filled(id, "alt") {
            self.push_text(&normalized(alt), tree.line(id), 0);
        }
    }

    fn push_link(&mut self, tree: &Tree, id: NodeId) {
        if is_footnote(tree, id) {
            let number = tree.plain_text(id);
            let number = number.trim_matches(['[', ']']);
            self.push_text(&format!("[{number}]"), tree.line(id), 0);
            return;
        }
        if self.is_in_link || self.is_plain || is_way_back(tree, id) {
            return self.push_children(tree, id);
        }
        let Some(target) = tree.attribute(id, "href").and_then(escape::destination) else {
            return self.push_children(tree, id);
        };
        // The link is written when its text is known not to be empty.
        let mut label = Self {
            is_in_link: true,
            is_in_cell: self.is_in_cell,
            code_end: usize::MAX,
            ..Self::default()
        };
        label.push_children(tree, id);
        let first = tree.children(id).next().and_then(|first| tree.text(first));
        if first.is_some_and(|text| text.starts_with(char::is_whitespace)) {
            self.separate(Blank::Space);
        }
        let Some(line) = label.first_line() else {
            return self.separate(label.blank);
        };
        self.begin_word(line);
        if self.text.ends_with('!') {
            // An image would begin here.
            self.text.insert(self.text.len() - 1, '\\');
        }
        self.text.push('[');
        self.text.push_str(&label.text);
        self.lines.extend(&label.lines[1..]);
        self.text.push_str("](");
        self.text.push_str(&target);
        self.text.push(')');
        self.separate(label.blank);
    }

    /// A raised number after a word is a power, not more digits of it.
    fn push_raised(&mut self, tree: &Tree, id: NodeId) {
        let is_power = tree.name(id) == "sup"
            && self.blank == Blank::None
            && self
                .text
                .ends_with(|char: char| char.is_ascii_alphanumeric() || char == ')')
            && tree.find(id, |tree, node| tree.name(node) == "a").is_none()
            && tree
                .plain_text(id)
                .starts_with(|char: char| char.is_ascii_alphanumeric() || char == '-');
        if is_power {
            self.text.push('^');
        }
        self.push_children(tree, id);
    }
}

/// Whether a link leads to a footnote of the page.
fn is_footnote(tree: &Tree, id: NodeId) -> bool {
    tree.attribute(id, "role") == Some("doc-noteref")
        || tree
            .classes(id)
            .any(|class| matches!(class, "footnote-ref" | "footnote-reference"))
        || tree.name(tree.parent(id)) == "sup"
            && tree
                .attribute(id, "href")
                .is_some_and(|href| href.starts_with("#fn") || href.starts_with("#user-content-fn"))
}

/// Text without what is noise in it, and nothing else changed.
fn code_text(tree: &Tree, id: NodeId) -> String {
    let mut out = String::new();
    let mut next = id + 1;
    while next < tree.end(id) {
        if is_noise(tree, next) {
            next = tree.end(next);
            continue;
        }
        match tree.text(next) {
            Some(text) => out.push_str(text),
            None if tree.name(next) == "br" => out.push(' '),
            None => {}
        }
        next += 1;
    }
    out
}

/// A formula as its author wrote it, where the page says that, without what marks it as one.
pub(super) fn tex(tree: &Tree, id: NodeId) -> String {
    let is_source = |tree: &Tree, node: NodeId| {
        tree.name(node) == "annotation"
            && tree
                .attribute(node, "encoding")
                .is_some_and(|encoding| encoding.contains("tex"))
    };
    let source = tree.find(id, is_source).unwrap_or(id);
    let text = tree.plain_text(source);
    let marks = [("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")];
    let inner = marks
        .iter()
        .find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    inner.unwrap_or(&text).trim().to_owned()
}
