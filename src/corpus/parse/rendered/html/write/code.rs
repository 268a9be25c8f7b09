//! Blocks of code.

use super::escape::longest_run;
use super::{Writer, inline};
use crate::corpus::parse::rendered::html::names::is_block;
use crate::corpus::parse::rendered::html::noise::is_noise;
use crate::corpus::parse::rendered::html::tree::{Kind, NodeId, Tree};

/// Whether `id` holds code line by line.
pub(super) fn is_code(tree: &Tree, id: NodeId) -> bool {
    matches!(tree.name(id), "pre" | "listing" | "xmp" | "plaintext")
        // Doxygen's code, javadoc's declarations.
        || tree.name(id) == "div"
            && tree.classes(id).any(|class| matches!(class, "fragment" | "member-signature" | "type-signature"))
}

impl Writer<'_> {
    pub(super) fn code(&mut self, id: NodeId) {
        let mut code = Code::default();
        code.push_children(self.tree, id);
        self.fenced(&language(self.tree, id), &code);
    }

    /// A declaration of Doxygen, whose parts are in the cells of a table.
    pub(super) fn declaration(&mut self, id: NodeId) {
        let mut code = Code::default();
        code.push_text(&self.tree.plain_text(id), self.tree.line(id), 0);
        self.fenced("", &code);
    }

    /// A formula that stands alone.
    pub(super) fn formula(&mut self, id: NodeId) {
        let mut code = Code::default();
        code.push_text(&inline::tex(self.tree, id), self.tree.line(id), 0);
        self.fenced("math", &code);
    }

    fn fenced(&mut self, language: &str, code: &Code) {
        let lines = || code.text.lines().zip(&code.lines);
        let is_blank = |line: &str| line.trim().is_empty();
        let Some(first) = lines().position(|(line, _)| !is_blank(line)) else {
            return;
        };
        let kept = 1 + lines()
            .enumerate()
            .filter(|(_, (line, _))| !is_blank(line))
            .fold(0, |_, (at, _)| at);
        let fence = "`".repeat(longest_run(&code.text, '`').max(2) + 1);
        let line = code.lines.get(first).copied().unwrap_or(1);
        self.push(&format!("{fence}{language}"), line);
        let mut last = line;
        for (text, &line) in lines().take(kept).skip(first) {
            self.push(text.trim_end(), line);
            last = line;
        }
        self.push(&fence, last);
        self.end_block();
    }
}

/// Lines of code, each with that of the file.
#[derive(Default)]
struct Code {
    text: String,
    lines: Vec<u32>,
}

impl Code {
    fn push_children(&mut self, tree: &Tree, id: NodeId) {
        let has_lines = tree.children(id).any(|child| is_block(tree.name(child)));
        for child in tree.children(id) {
            if has_lines && tree.text(child).is_some_and(|text| text.trim().is_empty()) {
                // Between elements for lines it is no line.
                continue;
            }
            if let Kind::Text { is_flat, .. } = tree.nodes[child].kind {
                let text = tree.text(child).unwrap_or_default();
                self.push_text(text, tree.line(child), u32::from(!is_flat));
            } else if tree.name(child) == "br" {
                self.push_text("\n", tree.line(child), 0);
            } else if !is_noise(tree, child) {
                self.push_children(tree, child);
                // Some highlighters put each line into an element of its own.
                if is_block(tree.name(child)) && !self.text.is_empty() && !self.text.ends_with('\n')
                {
                    self.text.push('\n');
                }
            }
        }
    }

    fn push_text(&mut self, text: &str, mut line: u32, step: u32) {
        for piece in text.split_inclusive('\n') {
            if self.text.is_empty() || self.text.ends_with('\n') {
                self.lines.push(line);
            }
            self.text.push_str(&piece.replace('\u{a0}', " "));
            if piece.ends_with('\n') {
                line += step;
            }
        }
    }
}

/// The language of a block of code, by the conventions of highlighters, or nothing.
fn language(tree: &Tree, id: NodeId) -> String {
    if tree
        .classes(id)
        .any(|class| matches!(class, "member-signature" | "type-signature"))
    {
        return "java".to_owned();
    }
    let inner = tree
        .descendants(id)
        .take(4)
        .find(|&inner| tree.name(inner) == "code");
    let around = tree.ancestors(id).take(5).take_while(|&of| {
        matches!(
            tree.name(of),
            "div" | "figure" | "td" | "tr" | "tbody" | "table" | "span"
        )
    });
    let found = inner
        .into_iter()
        .chain([id])
        .chain(around)
        .find_map(|node| language_of(tree, node))
        .unwrap_or_default();
    let is_plain = matches!(
        found,
        "text" | "none" | "default" | "plaintext" | "plain" | "txt" | "nohighlight"
    );
    let is_name = found.len() <= 40
        && found
            .chars()
            .all(|char| char.is_alphanumeric() || "+-#._".contains(char));
    if is_plain || !is_name {
        String::new()
    } else {
        found.to_owned()
    }
}

/// What one element says of the language.
fn language_of(tree: &Tree, id: NodeId) -> Option<&str> {
    let stated = tree
        .filled(id, "data-lang")
        .or_else(|| tree.filled(id, "data-language"));
    if stated.is_some() {
        return stated;
    }
    const PREFIXES: [&str; 4] = ["language-", "highlight-source-", "lang-", "highlight-"];
    let mut classes = tree.classes(id);
    while let Some(class) = classes.next() {
        if let Some(name) = PREFIXES
            .iter()
            .find_map(|prefix| class.strip_prefix(prefix))
        {
            return Some(name);
        }
        match class {
            "brush:" | "sourceCode" => {
                return classes.next().map(|name| name.trim_end_matches(';'));
            }
            "rust" => return Some("rust"),
            _ => {}
        }
        if let Some(name) = class.strip_prefix("brush:") {
            return Some(name.trim_end_matches(';'));
        }
    }
    None
}
