//! Pages that any generator of documentation made, as Markdown.
//!
//! A page is read as browsers read it (`build`, after the [HTML Living
//! Standard](https://html.spec.whatwg.org/multipage/parsing.html)), its content is found among navigation
//! (`root`, `noise`), and written as [GitHub Flavored Markdown](https://github.github.com/gfm/) (`write`).
//! The cost is proportional to the length of the page.

mod build;
mod kind;
mod names;
mod noise;
mod root;
mod tree;
mod write;

use crate::corpus::parse::rendition::{NoContent, Rendition};
use tree::{NodeId, Tree, normalized};

/// The offsets of a page are kept in 32 bits.
const MAX_BYTES: usize = 1 << 31;

/// Reads a page, which is text already.
pub(in crate::corpus) fn render(source: &str) -> Result<Rendition, NoContent> {
    if source.len() >= MAX_BYTES {
        return Err(NoContent::Malformed("a page of 2 GiB or more".to_owned()));
    }
    let tree = build::build(source);
    let root = root::content(&tree);
    if let Some(reason) = kind::no_content(&tree, root) {
        return Err(reason);
    }
    let heading = root::heading_before(&tree, root);
    let mut rendition = write::write(&tree, heading, root);
    if rendition.text.is_empty() {
        return Err(NoContent::Empty);
    }
    let has_heading = rendition.text.lines().any(|line| line.starts_with("# "));
    rendition.title = title(&tree).filter(|_| !has_heading);
    rendition.description = description(&tree);
    Ok(rendition)
}

/// The title of the page without that of its site. A heading of the first level says more.
fn title(tree: &Tree) -> Option<String> {
    let is_title = |tree: &Tree, id: NodeId| tree.name(id) == "title";
    let whole = normalized(&tree.plain_text(tree.find(0, is_title)?));
    const SEPARATORS: [&str; 7] = [" | ", " — ", " – ", " - ", " · ", " • ", " :: "];
    let end = SEPARATORS.iter().filter_map(|mark| whole.rfind(mark)).max();
    let title = whole[..end.unwrap_or(whole.len())].to_owned();
    (!title.is_empty()).then_some(title)
}

fn description(tree: &Tree) -> Option<String> {
    let stated = |key: &str, value: &str| {
        tree.descendants(0)
            .filter(|&id| tree.name(id) == "meta" && tree.attribute(id, key) == Some(value))
            .find_map(|id| tree.filled(id, "content"))
    };
    stated("name", "description")
        .or_else(|| stated("property", "og:description"))
        .map(normalized)
}

#[cfg(test)]
mod tests;
