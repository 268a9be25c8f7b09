//! Notes ("admonitions"), tabs and what is folded away.

use super::Writer;
use super::inline::Inline;
use crate::corpus::parse::rendered::html::names::heading_level;
use crate::corpus::parse::rendered::html::tree::{NodeId, Tree};

/// A note: its title, if an element of it is that, and else the word for its kind.
pub(super) struct Note {
    title: Option<NodeId>,
    kind: String,
}

/// What `id` is, if it is a note.
pub(super) fn note(tree: &Tree, id: NodeId) -> Option<Note> {
    let is_note = tree.classes(id).any(|class| {
        matches!(
            class,
            "admonition"
                | "theme-admonition"
                | "custom-block"
                | "markdown-alert"
                | "admonitionblock"
                | "starlight-aside"
                | "blockquote-tag"
                | "book-hint"
                | "callout"
                | "alert"
        )
    });
    let is_doxygen =
        || tree.name(id) == "dl" && tree.has_class(id, "section") && kind(tree, id).is_some();
    let is_rust_book = || tree.name(id) == "div" && tree.attribute(id, "class") == Some("warning");
    if tree.name(id) == "details" || !is_note && !is_doxygen() && !is_rust_book() {
        return None;
    }
    let kind = kind(tree, id).unwrap_or("note");
    let mut word = kind[..1].to_ascii_uppercase();
    word.push_str(&kind[1..]);
    Some(Note {
        title: title(tree, id),
        kind: word,
    })
}

const KINDS: [&str; 21] = [
    "note",
    "tip",
    "hint",
    "important",
    "warning",
    "caution",
    "danger",
    "info",
    "attention",
    "error",
    "success",
    "question",
    "failure",
    "bug",
    "example",
    "quote",
    "abstract",
    "todo",
    "deprecated",
    "remark",
    "see",
];

fn kind(tree: &Tree, id: NodeId) -> Option<&'static str> {
    tree.classes(id).find_map(|class| {
        let word = class.rsplit('-').next().unwrap_or(class);
        KINDS.into_iter().find(|kind| *kind == word)
    })
}

/// How far into a note its title is looked for.
const NEAR: usize = 24;

fn title(tree: &Tree, id: NodeId) -> Option<NodeId> {
    let is_title = |&node: &NodeId| {
        tree.name(node) == "dt" && tree.name(id) == "dl"
            || tree.classes(node).any(|class| {
                matches!(
                    class,
                    "admonition-title"
                        | "custom-block-title"
                        | "markdown-alert-title"
                        | "alert-heading"
                        | "starlight-aside__title"
                        | "blockquote-tag-title"
                        | "callout-title"
                        | "icon"
                ) || class.starts_with("admonitionHeading")
            })
    };
    tree.descendants(id).take(NEAR).find(is_title)
}

impl Writer<'_> {
    /// Writes a note as a quotation that begins with its title in bold.
    pub(super) fn note(&mut self, id: NodeId, note: &Note) {
        let tree = self.tree;
        self.end_block();
        self.in_level(None, "> ", |writer| {
            let title = note
                .title
                .map(|title| Inline::label(tree, title))
                .unwrap_or_default();
            if title.is_empty() {
                writer.push(&format!("**{}**", note.kind), tree.line(id));
                writer.end_block();
            } else {
                writer.bold(&title);
            }
            // Asciidoctor makes it of a table: its icon, and its content.
            let is_content =
                |tree: &Tree, node| tree.name(node) == "td" && tree.has_class(node, "content");
            let content = Some(id).filter(|&id| tree.has_class(id, "admonitionblock"));
            let content = content
                .and_then(|id| tree.find(id, is_content))
                .unwrap_or(id);
            let outer = std::mem::replace(&mut writer.skipped, note.title);
            if tree.name(id) == "dl" {
                for child in tree.children(id).filter(|&child| Some(child) != note.title) {
                    writer.flow(child);
                }
            } else {
                writer.flow(content);
            }
            writer.skipped = outer;
        });
        self.end_block();
    }

    /// The line that stays when `details` are folded: bold, unless it is a heading or a block itself.
    pub(super) fn summary(&mut self, id: NodeId) {
        let tree = self.tree;
        let has_heading = |node: NodeId| heading_level(tree.name(node)).is_some();
        if tree
            .descendants(id)
            .any(|node| has_heading(node) || tree.name(node) == "pre")
        {
            return self.flow(id);
        }
        let text = Inline::label(tree, id);
        self.bold(&text);
    }

    pub(super) fn is_tab_list(&self, id: NodeId) -> bool {
        let tree = self.tree;
        tree.attribute(id, "role") == Some("tablist")
            || tree.classes(id).any(|class| {
                matches!(class, "tabbed-labels" | "tablist" | "nav-tabs")
                    || class == "tabs" && tree.has_class(tree.parent(id), "vp-code-group")
            })
    }

    /// Keeps the labels of tabs for what they show.
    pub(super) fn tab_list(&mut self, id: NodeId) {
        let tree = self.tree;
        let mut labels = Vec::new();
        let mut next = id + 1;
        while next < tree.end(id) {
            let is_label = match tree.name(next) {
                "label" | "button" | "a" => true,
                "li" => tree
                    .find(next, |tree, node| {
                        matches!(tree.name(node), "label" | "button" | "a")
                    })
                    .is_none(),
                _ => false,
            };
            if is_label && !tree.is_blank(next) {
                labels.push(Inline::label(tree, next));
                next = tree.end(next);
            } else {
                next += 1;
            }
        }
        labels.reverse();
        self.tab_labels.append(&mut labels);
    }

    /// Whether `id` is the label of the tab whose content comes next.
    pub(super) fn is_tab_label(&self, id: NodeId) -> bool {
        let tree = self.tree;
        tree.name(id) == "label"
            && (tree.has_class(id, "sd-tab-label") || tree.has_class(tree.parent(id), "tabbed-set"))
    }

    pub(super) fn tab_panel(&mut self, id: NodeId) {
        self.end_block();
        if let Some(label) = self.tab_labels.pop() {
            self.bold(&label);
        }
        self.flow(id);
    }
}
