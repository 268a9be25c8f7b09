//! A tree becomes Markdown.
//!
//! Emphasis is dropped: its marks beside letters have rules of their own, and nothing is found by it. Bold is
//! what this writer adds: terms, labels of tabs, titles of notes.

mod code;
mod escape;
mod headings;
mod inline;
mod lists;
mod notes;
mod tables;

use super::names::heading_level;
use super::noise::{is_formula, is_noise, is_tab_panel};
use super::tree::{NodeId, Tree};
use crate::corpus::parse::rendition::Rendition;
use inline::Inline;

/// How many lists and quotations are nested at most. The text of deeper ones is kept, without their marks,
/// so that a line is never much longer than its text.
const MAX_LEVELS: usize = 12;

/// The headings and text of `root`, after the heading that stands before it.
pub(super) fn write(tree: &Tree, heading: Option<NodeId>, root: NodeId) -> Rendition {
    let mut writer = Writer {
        tree,
        page: Rendition::default(),
        levels: Vec::new(),
        ended: None,
        heading_level: 0,
        anchor: None,
        tab_labels: Vec::new(),
        skipped: None,
    };
    if let Some(heading) = heading {
        writer.heading(heading, 1);
    }
    writer.flow(root);
    writer.page
}

struct Writer<'t> {
    tree: &'t Tree,
    page: Rendition,
    /// The items and quotations that are open.
    levels: Vec<Level>,
    /// Whether a blank line is due, and in how many levels.
    ended: Option<usize>,
    heading_level: u8,
    /// The id of an empty element right before what comes next.
    anchor: Option<String>,
    /// The labels of tabs whose content comes later, the next one last.
    tab_labels: Vec<Inline>,
    /// What was written in another place.
    skipped: Option<NodeId>,
}

/// What stands at the beginning of the lines of an item or a quotation.
struct Level {
    /// On its first line, until that is written.
    first: Option<String>,
    rest: String,
}

impl Writer<'_> {
    /// Adds a line of the innermost level.
    fn push(&mut self, text: &str, file_line: u32) {
        self.anchor = None;
        if let Some(depth) = self.ended.take() {
            self.push_blank_line(depth);
        }
        let mut line = String::new();
        for level in &mut self.levels {
            match level.first.take() {
                Some(first) => line.push_str(&first),
                None => line.push_str(&level.rest),
            }
        }
        if text.is_empty() {
            line.truncate(line.trim_end().len());
        }
        line.push_str(text);
        self.page.push_line(&line, file_line);
    }

    fn push_blank_line(&mut self, depth: usize) {
        let Some(&last) = self.page.file_lines.last() else {
            return;
        };
        let levels = self.levels.iter().take(depth);
        let prefix: String = levels.map(|level| level.rest.as_str()).collect();
        self.page.push_line(prefix.trim_end(), last);
    }

    /// The next line begins another block.
    fn end_block(&mut self) {
        self.ended = Some(self.levels.len());
    }

    /// Writes what `write` writes with marks before its lines.
    fn in_level(&mut self, first: Option<String>, rest: &str, write: impl FnOnce(&mut Self)) {
        if self.levels.len() >= MAX_LEVELS {
            self.end_block();
            write(self);
            return self.end_block();
        }
        self.levels.push(Level {
            first,
            rest: rest.to_owned(),
        });
        write(self);
        self.levels.pop();
    }

    /// Writes the content of `parent`: blocks, and what stands between them as paragraphs.
    fn flow(&mut self, parent: NodeId) {
        let tree = self.tree;
        let mut inline = Inline::default();
        for child in tree.children(parent) {
            if self.skipped == Some(child) {
                continue;
            }
            if tree.nodes[child].has_block {
                self.paragraph(&std::mem::take(&mut inline));
                self.block(child);
            } else if self.is_tab_label(child) {
                self.tab_labels.push(Inline::label(tree, child));
            } else {
                self.note_anchor(child);
                inline.push_node(tree, child);
            }
        }
        self.paragraph(&inline);
    }

    fn paragraph(&mut self, inline: &Inline) {
        if inline.is_empty() {
            return;
        }
        for (text, line) in inline.lines() {
            match escape::block_mark(text) {
                Some(at) => self.push(&format!("{}\\{}", &text[..at], &text[at..]), line),
                None => self.push(text, line),
            }
        }
        self.end_block();
    }

    /// A paragraph in bold on one line.
    fn bold(&mut self, inline: &Inline) {
        if let Some(line) = inline.first_line() {
            self.push(&format!("**{}**", inline.one_line()), line);
            self.end_block();
        }
    }

    fn block(&mut self, id: NodeId) {
        let tree = self.tree;
        if is_noise(tree, id) {
            return;
        }
        if let Some(level) = heading_level(tree.name(id)) {
            return self.heading(id, level);
        }
        if code::is_code(tree, id) {
            return self.code(id);
        }
        match tree.name(id) {
            "ul" | "ol" | "menu" | "dir" if !self.is_tab_list(id) => self.list(id),
            "dl" => self.definitions(id),
            "table" => self.table(id),
            "summary" => self.summary(id),
            _ if tree.has_attributes(id) => self.block_of_class(id),
            "blockquote" => self.in_level(None, "> ", |writer| writer.flow(id)),
            _ => self.flow(id),
        }
    }

    /// A block that its class may make a special one.
    fn block_of_class(&mut self, id: NodeId) {
        let tree = self.tree;
        if self.is_tab_list(id) {
            self.tab_list(id);
        } else if is_tab_panel(tree, id) {
            self.tab_panel(id);
        } else if let Some(note) = notes::note(tree, id) {
            self.note(id, &note);
        } else if tree.has_class(id, "math") && !tree.is_blank(id) {
            self.formula(id);
        } else if tree.has_class(id, "memproto") {
            self.declaration(id);
        } else if tree.name(id) == "blockquote" {
            self.in_level(None, "> ", |writer| writer.flow(id));
        } else {
            self.note_anchor(id);
            self.flow(id);
        }
    }

    /// Remembers the id of an element without text, which often stands for the heading after it.
    fn note_anchor(&mut self, id: NodeId) {
        let tree = self.tree;
        if !tree.has_attributes(id) || !tree.is_blank(id) || is_formula(tree, id) {
            return;
        }
        let anchor = tree.filled(id, "id").or_else(|| tree.filled(id, "name"));
        if let Some(anchor) = anchor {
            self.anchor = Some(anchor.to_owned());
        }
    }
}
