//! Which open elements a tag ends.

use super::{Builder, index};
use crate::corpus::parse::rendered::html::names::{
    ends_paragraph, heading_level, is_block, is_inline, is_table_part,
};
use crate::corpus::parse::rendered::html::tree::{Kind, NodeId};

impl Builder<'_> {
    /// Ends what a start tag `name` ends; `false` if the tag has no effect here.
    pub(super) fn make_room(&mut self, name: &'static str) -> bool {
        if matches!(name, "html" | "head" | "body") {
            if self.singletons.contains(&name) {
                return false;
            }
            self.singletons.push(name);
            self.close_if_open("head");
            return true;
        }
        if !matches!(
            name,
            "title" | "meta" | "link" | "script" | "style" | "base" | "noscript" | "template"
        ) {
            self.close_if_open("head");
        }
        if ends_paragraph(name) {
            self.end_scoped(|open| open == "p", is_cell_border);
        }
        match name {
            "li" => self.end_scoped(|open| open == "li", is_item_border),
            "dt" | "dd" => self.end_scoped(|open| matches!(open, "dt" | "dd"), is_item_border),
            "a" => self.end_scoped(|open| open == "a", |open| !is_inline(open)),
            _ if is_table_part(name) => return self.make_room_in_table(name),
            _ if heading_level(name)
                .and(heading_level(self.top_name()))
                .is_some() =>
            {
                self.pop()
            }
            _ => {}
        }
        true
    }

    fn make_room_in_table(&mut self, name: &'static str) -> bool {
        let position = |names: &[&str]| {
            let is_one = |&id: &NodeId| names.contains(&self.tree.name(id));
            self.open.iter().rposition(is_one)
        };
        let Some(table) = position(&["table"]) else {
            return false;
        };
        let group = position(&["tbody", "thead", "tfoot"]).filter(|&group| group > table);
        let row = position(&["tr"]).filter(|&row| row > table);
        match (name, row) {
            ("td" | "th", Some(row)) => self.close(row + 1),
            ("td" | "th", None) => {
                self.close(group.unwrap_or(table) + 1);
                let kind = Kind::Element {
                    name: "tr",
                    attributes: 0..0,
                };
                self.insert(kind, self.tag.line, true);
            }
            ("tr", _) => self.close(group.unwrap_or(table) + 1),
            _ => self.close(table + 1),
        }
        true
    }

    pub(super) fn end_tag(&mut self, name: &'static str) {
        if self.pictures > 0 {
            self.pictures -= usize::from(name == "svg");
        } else if self.too_deep > 0 {
            self.too_deep -= 1;
        } else if is_table_part(name) || name == "table" {
            let is_border = |open: &str| open == "table" && name != "table";
            self.end_scoped(|open| open == name, is_border);
        } else if heading_level(name).is_some() {
            self.end_scoped(|open| heading_level(open).is_some(), is_cell_border);
        } else if matches!(name, "html" | "body") {
            // What follows is content nevertheless.
        } else if name == "li" {
            self.end_scoped(
                |open| open == "li",
                |open| matches!(open, "ul" | "ol") || is_cell_border(open),
            );
        } else if is_inline(name) {
            self.end_scoped(|open| open == name, is_block);
        } else {
            self.end_scoped(|open| open == name, is_cell_border);
        }
    }

    /// Ends the innermost open element that `is_wanted`, and all in it, unless a border is found before.
    fn end_scoped(&mut self, is_wanted: impl Fn(&str) -> bool, is_border: impl Fn(&str) -> bool) {
        for at in (1..self.open.len()).rev() {
            let name = self.tree.name(self.open[at]);
            if is_wanted(name) {
                return self.close(at);
            }
            if is_border(name) {
                return;
            }
        }
    }

    fn close_if_open(&mut self, name: &str) {
        // The head is open at the beginning only, in the first places of the stack.
        if let Some(at) = self
            .open
            .iter()
            .take(3)
            .position(|&id| self.tree.name(id) == name)
        {
            self.close(at);
        }
    }

    pub(super) fn top_name(&self) -> &'static str {
        self.open.last().map_or("", |&id| self.tree.name(id))
    }

    /// Ends all open elements from place `from` of the stack on.
    pub(super) fn close(&mut self, from: usize) {
        while self.open.len() > from {
            self.pop();
        }
        self.too_deep = 0;
    }

    fn pop(&mut self) {
        if let Some(id) = self.open.pop() {
            self.tree.nodes[id].end = index(self.tree.nodes.len());
        }
    }
}

fn is_cell_border(name: &str) -> bool {
    matches!(
        name,
        "td" | "th" | "caption" | "table" | "button" | "object"
    )
}

/// What an open item is not looked for behind.
fn is_item_border(name: &str) -> bool {
    !is_inline(name) && !matches!(name, "address" | "div" | "p")
}
