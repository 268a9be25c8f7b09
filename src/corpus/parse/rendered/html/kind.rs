//! Pages that are nothing to be found: those that only lead on, and those that only list others.

use super::noise::is_noise;
use super::tree::{NodeId, Tree, normalized};
use crate::corpus::parse::rendition::NoContent;

/// A page with more text than that, in bytes, is more than a way to another or a message.
const LITTLE: usize = 600;

/// Why there is nothing to be found on the page, as far as its parts tell.
pub(super) fn no_content(tree: &Tree, root: NodeId) -> Option<NoContent> {
    if leads_on(tree) {
        Some(NoContent::Redirects)
    } else if is_index(tree) || is_print_page(tree) || is_not_found(tree, root) {
        Some(NoContent::Lists)
    } else {
        None
    }
}

/// A page that a browser leaves at once.
fn leads_on(tree: &Tree) -> bool {
    let refreshes = || {
        tree.find(0, |tree, id| {
            let is_refresh = tree
                .attribute(id, "http-equiv")
                .is_some_and(|name| name.eq_ignore_ascii_case("refresh"));
            tree.name(id) == "meta"
                && is_refresh
                && tree
                    .attribute(id, "content")
                    .is_some_and(|content| content.to_ascii_lowercase().contains("url"))
        })
        .is_some()
    };
    let is_little = |limit| text_length(tree, limit) <= limit;
    is_little(LITTLE) && refreshes()
        || tree.scripts.open_another_page && is_little(LITTLE / 4) && links(tree) <= 1
}

/// The bytes of text on the page, counted until there are more than `limit`.
fn text_length(tree: &Tree, limit: usize) -> usize {
    let mut length = 0;
    let mut next = 0;
    while next < tree.nodes.len() && length <= limit {
        if next > 0 && is_noise(tree, next) {
            next = tree.end(next);
            continue;
        }
        length += tree.text(next).map_or(0, |text| text.trim().len());
        next += 1;
    }
    length
}

fn links(tree: &Tree) -> usize {
    tree.descendants(0)
        .filter(|&id| tree.name(id) == "a")
        .count()
}

/// Indexes of terms and of files, lists of all items, source code, and pages to search on.
fn is_index(tree: &Tree) -> bool {
    tree.descendants(0).any(|id| match tree.name(id) {
        "" | "span" | "a" | "code" | "p" | "li" | "td" | "tr" => false,
        "body" => tree.classes(id).any(is_list_page),
        // Sphinx: the index of terms and of modules, and the search.
        "table" => tree
            .classes(id)
            .any(|class| matches!(class, "indextable" | "genindextable" | "modindextable")),
        "div" => {
            tree.attribute(id, "id") == Some("search-results") && tree.is_blank(id)
                // Doxygen: lists of files, classes and members.
                || tree.classes(id).any(|class| matches!(class, "genindex-jumpbox" | "qindex" | "classindex"))
                || tree.has_class(id, "directory") && tree.has_class(tree.parent(id), "contents")
        }
        "h1" => {
            let text = || tree.plain_text(id);
            // rustdoc; Sphinx's pages of source code.
            text() == "List of all items" || text().starts_with("Source code for ")
        }
        // mdBook: the table of contents for readers without scripts.
        "ol" => tree.has_class(id, "chapter") && tree.has_class(tree.parent(id), "sidebar-iframe-inner"),
        _ => false,
    })
}

/// What javadoc, rustdoc and mdBook call the body of such pages.
fn is_list_page(class: &str) -> bool {
    matches!(
        class,
        "all-classes-index-page"
            | "all-packages-index-page"
            | "index-page"
            | "index-redirect-page"
            | "search-page"
            | "tree-page"
            | "package-tree-page"
            | "class-use-page"
            | "package-use-page"
            | "source-page"
            | "source"
            | "src"
            | "sidebar-iframe-inner"
    )
}

/// All pages of a book in one, which opens the printer's dialog.
fn is_print_page(tree: &Tree) -> bool {
    let has_breaks = || {
        tree.find(0, |tree, id| {
            tree.attribute(id, "style")
                .is_some_and(|style| style.contains("break-before"))
        })
        .is_some()
    };
    tree.scripts.print && has_breaks()
}

/// The page that a server shows in place of one that it does not have.
fn is_not_found(tree: &Tree, root: NodeId) -> bool {
    let is_message = |id: NodeId| {
        let text = normalized(&tree.plain_text(id)).to_ascii_lowercase();
        matches!(
            text.as_str(),
            "404"
                | "not found"
                | "page not found"
                | "404 not found"
                | "404 - not found"
                | "404: not found"
                | "404 - page not found"
                | "404 page not found"
                | "document not found (404)"
                | "page not found (404)"
        )
    };
    let is_title = |id: NodeId| {
        matches!(tree.name(id), "h1" | "p") && (tree.name(id) == "h1" || tree.has_class(id, "code"))
    };
    text_length(tree, LITTLE) <= LITTLE
        && tree
            .descendants(root)
            .any(|id| is_title(id) && is_message(id))
}
