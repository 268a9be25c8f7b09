//! Lists, and lists of terms.

use super::headings::heading_line;
use super::notes;
use super::{Inline, Writer};
use crate::corpus::parse::rendered::html::names::heading_level;
use crate::corpus::parse::rendered::html::noise::is_noise;
use crate::corpus::parse::rendered::html::tree::{NodeId, Tree};

/// Markdown has no greater numbers of items.
const MAX_NUMBER: u32 = 999_999_999;

impl Writer<'_> {
    pub(super) fn list(&mut self, id: NodeId) {
        let tree = self.tree;
        let is_heading = |node: NodeId| heading_level(tree.name(node)).is_some();
        if tree.descendants(id).any(is_heading) {
            // What has headings is a part of the page, as javadoc's members are.
            return tree
                .children(id)
                .filter(|&child| tree.is_element(child))
                .for_each(|child| self.block(child));
        }
        let is_tight = is_tight(tree, id);
        let mut number = (tree.name(id) == "ol").then(|| number(tree, id, "start").unwrap_or(1));
        let is_in_item = matches!(tree.name(tree.parent(id)), "li" | "ul" | "ol");
        if is_tight && is_in_item && number.is_none_or(|number| number == 1) {
            self.ended = None;
        }
        let mut is_first = true;
        for child in tree.children(id).filter(|&child| !tree.is_blank(child)) {
            if is_noise(tree, child) {
                continue;
            }
            if matches!(tree.name(child), "ul" | "ol") {
                self.in_level(None, "  ", |writer| writer.list(child));
                continue;
            }
            number = number.map(|number| self::number(tree, child, "value").unwrap_or(number));
            if is_tight && !is_first {
                self.ended = None;
            }
            is_first = false;
            self.item(child, number);
            number = number.map(|number| (number + 1).min(MAX_NUMBER));
        }
        self.end_block();
    }

    fn item(&mut self, id: NodeId, number: Option<u32>) {
        let marker = number.map_or_else(|| "- ".to_owned(), |number| format!("{number}. "));
        let rest = " ".repeat(marker.len());
        let task = match task(self.tree, id) {
            Some(true) => "[x] ",
            Some(false) => "[ ] ",
            None => "",
        };
        self.in_level(Some(format!("{marker}{task}")), &rest, |writer| {
            if writer.tree.is_element(id) {
                writer.flow(id);
            } else {
                let mut inline = Inline::default();
                inline.push_node(writer.tree, id);
                writer.paragraph(&inline);
            }
        });
    }

    /// Terms are bold. One with an id, such as a function's signature in Sphinx, is what people search for and
    /// link to: it is a heading one level below the current one, so that it has passages of its own.
    pub(super) fn definitions(&mut self, id: NodeId) {
        let tree = self.tree;
        if let Some(note) = notes::note(tree, id) {
            return self.note(id, &note);
        }
        let level = self.heading_level;
        for child in tree.children(id) {
            match tree.name(child) {
                "div" if !is_noise(tree, child) => self.definitions(child),
                "dt" if !is_noise(tree, child) => self.term(child, level),
                "dt" => {}
                _ if tree.is_element(child) => self.block(child),
                _ => {}
            }
        }
        self.heading_level = level;
        self.end_block();
    }

    fn term(&mut self, id: NodeId, level: u8) {
        let tree = self.tree;
        if self.skipped == Some(id) {
            return;
        }
        let own_id = || {
            let inner = tree.children(id).find_map(|child| tree.filled(child, "id"));
            tree.filled(id, "id").or(inner)
        };
        let Some(anchor) = own_id().filter(|_| self.levels.is_empty()) else {
            if tree.nodes[id + 1..tree.end(id)]
                .iter()
                .any(|node| node.has_block)
            {
                return self.flow(id);
            }
            return self.bold(&Inline::label(tree, id));
        };
        let text = Inline::label(tree, id);
        let Some(line) = text.first_line() else {
            return;
        };
        let text = if tree.has_class(id, "sig") {
            let mut code = Inline::default();
            code.push_code(&signature(tree, id), line);
            code
        } else {
            text
        };
        self.heading_level = (level + 1).clamp(2, 6);
        self.end_block();
        let heading = heading_line(self.heading_level, &text.one_line(), Some(anchor));
        self.push(&heading, line);
        self.end_block();
    }
}

/// The text of a signature, without links to its source.
fn signature(tree: &Tree, id: NodeId) -> String {
    let mut out = String::new();
    let mut next = id + 1;
    while next < tree.end(id) {
        if is_noise(tree, next) {
            next = tree.end(next);
            continue;
        }
        out.push_str(tree.text(next).unwrap_or_default());
        next += 1;
    }
    out
}

/// Whether the items are lines, not paragraphs.
fn is_tight(tree: &Tree, list: NodeId) -> bool {
    let is_paragraph = |item: NodeId| tree.children(item).any(|child| tree.name(child) == "p");
    !tree.children(list).any(is_paragraph)
}

fn number(tree: &Tree, id: NodeId, attribute: &str) -> Option<u32> {
    let number = tree.filled(id, attribute)?.parse().ok()?;
    (number <= MAX_NUMBER).then_some(number)
}

/// Whether an item has a box to tick at its beginning, and whether that is ticked.
fn task(tree: &Tree, item: NodeId) -> Option<bool> {
    let first = tree.descendants(item).take(6).find(|&node| {
        tree.name(node) == "input" && tree.attribute(node, "type") == Some("checkbox")
    })?;
    Some(tree.attribute(first, "checked").is_some())
}
