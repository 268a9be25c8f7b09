//! What stands in the content of a page and is none: navigation, marks beside headings, numbers beside code.

use super::names::is_invisible;
use super::tree::{NodeId, Tree};

/// Whether readers do not see `id`, or do not read it.
pub(super) fn is_noise(tree: &Tree, id: NodeId) -> bool {
    if !tree.is_element(id) {
        return false;
    }
    let name = tree.name(id);
    match name {
        "nav" | "button" | "select" | "textarea" | "dialog" | "rp" => return true,
        "input" | "label" => return true,
        "footer" => return !tree.ancestors(id).any(|of| tree.name(of) == "blockquote"),
        "header" => return !has_heading(tree, id),
        "script" => return !is_formula(tree, id),
        _ if is_invisible(name) => return true,
        _ => {}
    }
    if !tree.has_attributes(id) {
        return false;
    }
    let is_panel = is_tab_panel(tree, id);
    !is_panel && is_hidden(tree, id)
        || tree.filled(id, "role").is_some_and(is_noise_role)
        || is_way_back(tree, id) && !is_in_label(tree, id)
        || matches!(tree.attribute(id, "rel"), Some("prev" | "next" | "edit"))
        || tree.filled(id, "id").is_some_and(is_noise_id)
        || tree.classes(id).any(|class| is_noise_class(name, class))
        || tree.has_class(id, "contents") && is_local_contents(tree, id)
}

/// A script that MathJax shows as a formula.
pub(super) fn is_formula(tree: &Tree, id: NodeId) -> bool {
    let kind = tree.attribute(id, "type").unwrap_or_default();
    tree.name(id) == "script" && kind.starts_with("math/tex")
}

/// A part of a page that a tab shows. All but one may be hidden at first.
pub(super) fn is_tab_panel(tree: &Tree, id: NodeId) -> bool {
    let is_in_group =
        |class: &str| class.starts_with("language-") && tree.has_class(tree.parent(id), "blocks");
    tree.attribute(id, "role") == Some("tabpanel")
        || tree.classes(id).any(is_in_group)
        || tree.classes(id).any(|class| {
            matches!(
                class,
                "tabbed-block" | "tabpanel" | "tab-pane" | "sd-tab-content" | "sphinx-tabs-panel"
            )
        })
}

fn is_hidden(tree: &Tree, id: NodeId) -> bool {
    tree.attribute(id, "hidden").is_some()
        || tree.attribute(id, "aria-hidden") == Some("true")
        || tree.attribute(id, "style").is_some_and(|style| {
            let style: String = style.split_whitespace().collect();
            style.to_ascii_lowercase().contains("display:none")
        })
}

fn has_heading(tree: &Tree, id: NodeId) -> bool {
    tree.find(id, |tree, node| matches!(tree.name(node), "h1" | "h2"))
        .is_some()
}

/// A link from a footnote to where it is referred to.
pub(super) fn is_way_back(tree: &Tree, id: NodeId) -> bool {
    tree.attribute(id, "role") == Some("doc-backlink")
        || tree.classes(id).any(|class| {
            matches!(
                class,
                "footnote-backref" | "reversefootnote" | "fn-backref" | "data-footnote-backref"
            )
        })
}

/// Whether `id` is in the number of a footnote.
fn is_in_label(tree: &Tree, id: NodeId) -> bool {
    tree.ancestors(id)
        .take(2)
        .any(|of| tree.has_class(of, "label") || tree.has_class(of, "brackets"))
}

fn is_noise_role(role: &str) -> bool {
    matches!(
        role,
        "navigation" | "search" | "banner" | "contentinfo" | "toolbar" | "doc-toc"
    )
}

fn is_noise_id(id: &str) -> bool {
    matches!(
        id,
        "toc"
            | "table-of-contents"
            | "copy-path"
            | "toggle-all-docs"
            | "back-to-top"
            | "cookie-banner"
            | "searchbox"
            | "search-results-container"
            | "nav-path"
            | "MSearchSelectWindow"
    )
}

/// The table of contents of one page, as reStructuredText's directive `contents` makes it.
fn is_local_contents(tree: &Tree, id: NodeId) -> bool {
    tree.has_class(id, "topic") || tree.has_class(id, "local")
}

fn is_noise_class(name: &str, class: &str) -> bool {
    match class {
        // Marks beside headings that link to them.
        "headerlink"
        | "header-anchor"
        | "hash-link"
        | "heading-anchor"
        | "permalink"
        | "anchorjs-link"
        | "headeranchor-link"
        | "sl-anchor-link"
        | "heading-link"
        | "td-heading-self-link"
        | "header-link"
        | "heading-permalink" => true,
        "anchor" | "doc-anchor" | "src" | "srclink" | "source" if name == "a" => true,
        "rightside" => true,
        // VitePress names the language beside the code.
        "lang" if name == "span" => true,
        // Numbers of lines, and buttons beside code.
        "linenos"
        | "lineno"
        | "linenodiv"
        | "line-numbers-wrapper"
        | "line-numbers-rows"
        | "lnt"
        | "ln"
        | "gutter"
        | "rouge-gutter"
        | "copybtn"
        | "copy-button"
        | "copy"
        | "md-clipboard"
        | "clipboard"
        | "source-toolbox"
        | "twoslash-popup-container" => true,
        // Links to other pages and to the source of this one.
        "breadcrumb"
        | "breadcrumbs"
        | "wy-breadcrumbs"
        | "theme-doc-breadcrumbs"
        | "pagination-nav"
        | "pagination"
        | "pager"
        | "prev-next"
        | "prev-next-area"
        | "prev-next-footer"
        | "prev-next-bottom"
        | "nav-wrapper"
        | "nav-chapters"
        | "mobile-nav-chapters"
        | "rst-footer-buttons"
        | "rst-versions"
        | "edit-this-page"
        | "theme-edit-this-page"
        | "edit-page-link"
        | "edit-link"
        | "editlink"
        | "md-content__button"
        | "md-source-file"
        | "md-feedback"
        | "theme-doc-footer"
        | "page-footer"
        | "viewcode-link"
        | "viewcode-back"
        | "related-pages"
        | "article-footer"
        | "article-header-buttons"
        | "header-article"
        | "view-this-page"
        | "content-icon-container"
        | "sub-nav"
        | "top-nav" => true,
        // Tables of contents of this page.
        "toc"
        | "table-of-contents"
        | "theme-doc-toc-mobile"
        | "toc-drawer"
        | "on-this-page"
        | "toc-title"
        | "table-of-contents-title"
        | "VPDocAsideOutline" => true,
        // Texts for screen readers, which say what a control does.
        "sr-only" | "visually-hidden" | "screenreader-text" | "skip-link" | "skip-to-content"
        | "md-skip" => true,
        // Controls of rustdoc.
        "out-of-band"
        | "toggle-label"
        | "collapse-toggle"
        | "rustdoc-toolbar"
        | "rustdoc-breadcrumbs"
        | "notable-traits-tooltip" => true,
        // Lines that rustdoc and mdBook need to compile an example, and texts of controls.
        "boring" | "hideme" => true,
        "cookie-banner" | "cookie-consent" | "cookieconsent" | "md-consent" | "cc-window" => true,
        _ => false,
    }
}
