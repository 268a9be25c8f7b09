//! A page as a tree, which lies in an arena in document order: what an element contains are the nodes
//! from its own up to its `end`.

use std::ops::Range;

pub(super) type NodeId = usize;

/// The page; node 0 is its root, which no tag stands for.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) attributes: Vec<(&'static str, Range<u32>)>,
    /// Text and values of attributes, with entities decoded.
    pub(super) text: String,
    /// What scripts do that tells of what kind the page is.
    pub(super) scripts: Scripts,
}

#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Scripts {
    pub(super) open_another_page: bool,
    pub(super) print: bool,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) parent: u32,
    /// The first node after this one that is not in it.
    pub(super) end: u32,
    /// The line of the file on which it begins.
    pub(super) line: u32,
    /// Whether an element in it, or it itself, makes a paragraph of its own.
    pub(super) has_block: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// A name that this reader does not know is empty.
    Element {
        name: &'static str,
        attributes: Range<u32>,
    },
    Text {
        range: Range<u32>,
        /// Whether its line breaks are none of the file, such as `&#10;`: then all is on one line.
        is_flat: bool,
    },
}

impl Tree {
    /// The name of an element; empty for text.
    pub(super) fn name(&self, id: NodeId) -> &'static str {
        match self.nodes[id].kind {
            Kind::Element { name, .. } => name,
            Kind::Text { .. } => "",
        }
    }

    pub(super) fn is_element(&self, id: NodeId) -> bool {
        matches!(self.nodes[id].kind, Kind::Element { .. })
    }

    /// The decoded text of a text node.
    pub(super) fn text(&self, id: NodeId) -> Option<&str> {
        match &self.nodes[id].kind {
            Kind::Text { range, .. } => Some(&self.text[range.start as usize..range.end as usize]),
            Kind::Element { .. } => None,
        }
    }

    pub(super) fn line(&self, id: NodeId) -> u32 {
        self.nodes[id].line
    }

    pub(super) fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        let Kind::Element { attributes, .. } = &self.nodes[id].kind else {
            return None;
        };
        self.attributes[attributes.start as usize..attributes.end as usize]
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, range)| &self.text[range.start as usize..range.end as usize])
    }

    pub(super) fn has_attributes(&self, id: NodeId) -> bool {
        matches!(&self.nodes[id].kind, Kind::Element { attributes, .. } if !attributes.is_empty())
    }

    /// The value of an attribute, unless it is blank.
    pub(super) fn filled(&self, id: NodeId, name: &str) -> Option<&str> {
        self.attribute(id, name)
            .map(str::trim)
            .filter(|value| !value.is_empty())
    }

    pub(super) fn classes(&self, id: NodeId) -> impl Iterator<Item = &str> {
        self.attribute(id, "class")
            .unwrap_or_default()
            .split_ascii_whitespace()
    }

    pub(super) fn has_class(&self, id: NodeId, class: &str) -> bool {
        self.classes(id).any(|own| own == class)
    }

    pub(super) fn parent(&self, id: NodeId) -> NodeId {
        self.nodes[id].parent as usize
    }

    /// The elements that contain `id`, innermost first, without the root.
    pub(super) fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let parent = |id: NodeId| Some(self.parent(id)).filter(|&parent| parent > 0);
        std::iter::successors(parent(id), move |&id| parent(id))
    }

    pub(super) fn end(&self, id: NodeId) -> NodeId {
        self.nodes[id].end as usize
    }

    /// All nodes in `id`, in document order.
    pub(super) fn descendants(&self, id: NodeId) -> Range<NodeId> {
        id + 1..self.end(id)
    }

    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.end(id);
        let within = move |id: NodeId| Some(id).filter(|&id| id < end);
        std::iter::successors(within(id + 1), move |&child| within(self.end(child)))
    }

    /// The first element in `id` that `is_wanted`.
    pub(super) fn find(
        &self,
        id: NodeId,
        is_wanted: impl Fn(&Self, NodeId) -> bool,
    ) -> Option<NodeId> {
        self.descendants(id)
            .find(|&node| self.is_element(node) && is_wanted(self, node))
    }

    /// All text in `id` with one space for each run of blank space.
    pub(super) fn plain_text(&self, id: NodeId) -> String {
        let mut out = String::new();
        for text in self.descendants(id).filter_map(|node| self.text(node)) {
            push_normalized(&mut out, text);
        }
        out.truncate(out.trim_end().len());
        out
    }

    /// Whether `id` holds nothing but blank space.
    pub(super) fn is_blank(&self, id: NodeId) -> bool {
        let is_blank = |node| self.text(node).is_none_or(|text| text.trim().is_empty());
        (id..self.end(id)).all(is_blank)
    }
}

fn push_normalized(out: &mut String, text: &str) {
    for char in text.chars() {
        if !char.is_whitespace() {
            out.push(char);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
}

/// `text` with one space for each run of blank space, and none at its ends.
pub(super) fn normalized(text: &str) -> String {
    let mut out = String::new();
    push_normalized(&mut out, text.trim());
    out
}
