//! Where the content of a page is.

use super::noise::is_noise;
use super::tree::{NodeId, Tree};

/// An element by what is known of it; what is empty may be anything.
#[derive(Default)]
struct Shape {
    name: &'static str,
    id: &'static str,
    class: &'static str,
    role: &'static str,
}

const ANY: Shape = Shape {
    name: "",
    id: "",
    class: "",
    role: "",
};

const fn class(class: &'static str) -> Shape {
    Shape { class, ..ANY }
}

const fn id(id: &'static str) -> Shape {
    Shape { id, ..ANY }
}

/// What the themes of generators put content into, most telling first. The first that a page has counts.
const ROOTS: &[Shape] = &[
    // Material for MkDocs; Zensical.
    class("md-content__inner"),
    // Docusaurus.
    class("theme-doc-markdown"),
    // VitePress, and its home page.
    class("vp-doc"),
    // Starlight.
    class("sl-markdown-content"),
    // Sphinx: Furo, PyData and Book, Read the Docs, the built-in themes.
    id("furo-main-content"),
    class("bd-article"),
    class("rst-content"),
    Shape {
        name: "div",
        class: "body",
        role: "main",
        ..ANY
    },
    Shape {
        name: "div",
        class: "documentwrapper",
        ..ANY
    },
    // Antora.
    Shape {
        name: "article",
        class: "doc",
        ..ANY
    },
    // Hugo: Docsy, Book, Relearn.
    class("td-content"),
    Shape {
        name: "article",
        class: "book-article",
        ..ANY
    },
    // rustdoc, javadoc, Doxygen, TypeDoc, YARD.
    Shape {
        name: "section",
        id: "main-content",
        ..ANY
    },
    Shape {
        name: "div",
        class: "contents",
        ..ANY
    },
    class("col-content"),
    // GitBook, ReadMe, GitHub, Jekyll's Just the Docs.
    class("markdown-section"),
    class("rm-Markdown"),
    class("markdown-body"),
    class("main-content"),
    // mdBook and all pages that follow the standard.
    Shape {
        name: "main",
        ..ANY
    },
    Shape {
        role: "main",
        ..ANY
    },
    // Asciidoctor.
    Shape {
        name: "div",
        id: "content",
        ..ANY
    },
];

/// The element that holds the content.
pub(super) fn content(tree: &Tree) -> NodeId {
    let mut best = (ROOTS.len(), 0);
    let mut articles = Vec::new();
    for id in tree.descendants(0) {
        let name = tree.name(id);
        if !matches!(name, "div" | "main" | "article" | "section" | "td") {
            continue;
        }
        if name == "article" && articles.len() < 2 {
            articles.push(id);
        }
        let rank = ROOTS[..best.0].iter().position(|shape| {
            shape.is_shape_of(tree, id) && !is_noise(tree, id) && !tree.is_blank(id)
        });
        if let Some(rank) = rank {
            best = (rank, id);
        }
    }
    match (best, articles.as_slice()) {
        ((_, root), _) if root > 0 => whole(tree, root),
        (_, &[article]) if !tree.is_blank(article) => article,
        _ => densest(tree),
    }
}

/// Of a page with a root, the text that may lie outside of it before the root is not believed, in bytes.
const TORN: usize = 2_000;
/// A root that is believed holds at least one part in so many of the text.
const BELIEVED: usize = 4;

/// `root`, or what holds most of the page's text where that is several times more than the root has: the markup of
/// a page that ends what it did not begin ends its root too early.
fn whole(tree: &Tree, root: NodeId) -> NodeId {
    let length = |id: NodeId| -> usize {
        let texts = tree.descendants(id).filter_map(|node| tree.text(node));
        texts.map(|text| text.trim().len()).sum()
    };
    // Most pages are told by this alone, which looks at no attributes.
    let of_root = length(root);
    if length(0) < (of_root * BELIEVED).max(of_root + TORN) {
        return root;
    }
    let sums = text_sums(tree);
    let weight = |id: NodeId| sums[tree.end(id)] - sums[id];
    let outside = weight(0).saturating_sub(weight(root));
    match outside > TORN && weight(root) * BELIEVED < weight(0) {
        true => densest(tree),
        false => root,
    }
}

impl Shape {
    fn is_shape_of(&self, tree: &Tree, id: NodeId) -> bool {
        (self.name.is_empty() || tree.name(id) == self.name)
            && (self.id.is_empty() || tree.attribute(id, "id") == Some(self.id))
            && (self.role.is_empty() || tree.attribute(id, "role") == Some(self.role))
            && (self.class.is_empty() || tree.has_class(id, self.class))
    }
}

/// Of all text outside of links, an element must hold this many percent to stand for the one that it is in.
const MOST: usize = 75;

/// The innermost element that holds most of the text of readers, as it is judged where pages say nothing of
/// their parts: text in links is navigation.
fn densest(tree: &Tree) -> NodeId {
    let sums = text_sums(tree);
    let weight = |id: NodeId| sums[tree.end(id)] - sums[id];
    let mut root = tree
        .find(0, |tree, id| tree.name(id) == "body")
        .unwrap_or(0);
    loop {
        let is_most = |&child: &NodeId| {
            matches!(tree.name(child), "div" | "section" | "article" | "center")
                && weight(child) * 100 > weight(root) * MOST
        };
        match tree.children(root).find(is_most) {
            Some(child) if weight(child) > 0 => root = child,
            _ => return root,
        }
    }
}

/// For each node how many bytes of text outside of links and of noise are before it.
fn text_sums(tree: &Tree) -> Vec<usize> {
    let mut sums = Vec::with_capacity(tree.nodes.len() + 1);
    let (mut sum, mut left_out_until) = (0, 0);
    for id in 0..tree.nodes.len() {
        sums.push(sum);
        if id < left_out_until {
            continue;
        }
        match tree.text(id) {
            Some(text) => sum += text.trim().len(),
            None if tree.name(id) == "a" || is_beside(tree, id) => left_out_until = tree.end(id),
            None => {}
        }
    }
    sums.push(sum);
    sums
}

/// What no page has its content in.
fn is_beside(tree: &Tree, id: NodeId) -> bool {
    id > 0 && (is_noise(tree, id) || matches!(tree.name(id), "aside" | "head"))
}

/// The heading of the page, where a theme puts it before the content: Asciidoctor, Starlight, Doxygen.
pub(super) fn heading_before(tree: &Tree, root: NodeId) -> Option<NodeId> {
    let has_own = |id: NodeId| tree.name(id) == "h1" && !tree.is_blank(id);
    if tree.descendants(root).any(has_own) {
        return None;
    }
    let is_outside = |id: NodeId| !tree.ancestors(id).any(|of| is_site(tree, of));
    let is_title = |id: &NodeId| {
        has_own(*id)
            || tree.has_class(*id, "title") && tree.has_class(tree.parent(*id), "headertitle")
    };
    (1..root)
        .filter(is_title)
        .take(MAX_TITLES)
        .find(|&id| is_outside(id) && !is_noise(tree, id))
}

/// How many headings before the content may belong to the site.
const MAX_TITLES: usize = 8;

/// What belongs to the site, not to the page.
fn is_site(tree: &Tree, id: NodeId) -> bool {
    matches!(
        tree.name(id),
        "header" | "nav" | "aside" | "footer" | "head"
    ) || matches!(tree.attribute(id, "role"), Some("banner" | "navigation"))
        || tree.classes(id).any(|class| {
            class.contains("sidebar") || class.contains("navbar") || class == "masthead"
        })
}
