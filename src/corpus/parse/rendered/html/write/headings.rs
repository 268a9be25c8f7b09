//! Headings, with what a link to them names.

use super::{Inline, Writer, escape};
use crate::corpus::parse::rendered::html::names::heading_level;
use crate::corpus::parse::rendered::html::tree::{NodeId, Tree};

impl Writer<'_> {
    pub(super) fn heading(&mut self, id: NodeId, level: u8) {
        let text = Inline::label(self.tree, id);
        let Some(line) = text.first_line() else {
            return;
        };
        let anchor = self.anchor.take();
        if !self.levels.is_empty() {
            // In a list or a quotation it divides nothing of the page.
            return self.bold(&text);
        }
        self.heading_level = level;
        let anchor = own_id(self.tree, id).map(str::to_owned).or(anchor);
        self.end_block();
        self.push(
            &heading_line(level, &text.one_line(), anchor.as_deref()),
            line,
        );
        self.end_block();
    }
}

/// A heading, with its id if Markdown can say it.
pub(super) fn heading_line(level: u8, text: &str, id: Option<&str>) -> String {
    let marks = "#".repeat(level.clamp(1, 6).into());
    let id = id.filter(|id| !id.contains(|char: char| char.is_whitespace() || "{}".contains(char)));
    match (id, text.strip_suffix('}')) {
        (Some(id), _) => format!("{marks} {text} {{#{id}}}"),
        // Else it would be read as attributes of the heading.
        (None, Some(before)) => format!("{marks} {before}&#125;"),
        (None, None) if escape::end_mark(text) => {
            format!("{marks} {}\\#", &text[..text.len() - 1])
        }
        (None, None) => format!("{marks} {text}"),
    }
}

/// What a link to the heading names: its own id, that of an anchor in it, that which the mark in it links to,
/// or that of the part of the page which it begins.
fn own_id(tree: &Tree, id: NodeId) -> Option<&str> {
    let named = |node: NodeId| {
        tree.filled(node, "id")
            .or_else(|| tree.filled(node, "name"))
    };
    let anchors = || {
        tree.descendants(id)
            .filter(|&node| matches!(tree.name(node), "a" | "span"))
    };
    tree.filled(id, "id")
        .or_else(|| anchors().find_map(named))
        .or_else(|| {
            anchors()
                .filter_map(|node| tree.filled(node, "href"))
                .find_map(|href| href.strip_prefix('#').filter(|id| !id.is_empty()))
        })
        .or_else(|| part_id(tree, id))
}

/// How many nodes may stand before the heading of a part.
const NEAR: usize = 24;

fn part_id(tree: &Tree, heading: NodeId) -> Option<&str> {
    let is_part = |&of: &NodeId| {
        matches!(
            tree.name(of),
            "section" | "div" | "article" | "header" | "hgroup" | "summary" | "details"
        )
    };
    tree.ancestors(heading)
        .take(6)
        .take_while(is_part)
        .take_while(|&of| {
            heading - of <= NEAR
                && (of + 1..heading).all(|node| heading_level(tree.name(node)).is_none())
        })
        .filter(|&of| tree.name(of) == "section" || tree.has_class(of, "section"))
        .find_map(|of| tree.filled(of, "id"))
        .filter(|id| *id != "main-content")
}
