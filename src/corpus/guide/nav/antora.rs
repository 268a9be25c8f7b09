//! Navigation files of Antora (<https://docs.antora.org/antora/latest/navigation/files-and-lists/>).

use super::{MAX_DEPTH, Page, Pages};
use crate::corpus::guide::Guide;
use crate::corpus::guide::parse::resolve;

/// Whether a file with this path is one: `nav.adoc` or `nav-top.adoc` in a module's folder.
pub(super) fn is_name(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or_default();
    let is_in_module = parts.nth(1) == Some("modules");
    let stem = name.strip_suffix(".adoc");
    is_in_module && stem.is_some_and(|stem| stem == "nav" || stem.starts_with("nav-"))
}

/// Reads the list `file`. Lines that are neither items nor titles say nothing.
pub(super) fn read(file: &str, text: &str) -> Guide {
    let mut pages = Pages::new(file);
    let mut caption = "";
    // The titles of the items that the next one may stand below.
    let mut above: Vec<&str> = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        if let Some(title) = line
            .strip_prefix('.')
            .filter(|title| !title.starts_with('.'))
        {
            caption = title;
            above.clear();
            continue;
        }
        let stars = line.bytes().take_while(|&byte| byte == b'*').count();
        let Some(item) = line[stars..].strip_prefix(' ').filter(|_| stars > 0) else {
            continue;
        };
        above.truncate((stars - 1).min(MAX_DEPTH));
        let (title, path) = titled(item.trim());
        if let Some(path) = path.and_then(|path| page_path(file, path)) {
            let place: Vec<&str> = std::iter::once(caption)
                .chain(above.iter().copied())
                .collect();
            pages.add(Page {
                target: path,
                title,
                place: &place,
                line: number,
                ..Page::default()
            });
        }
        above.push(title);
    }
    pages.guide
}

/// The title of an item and the page that it names: `xref:pots.adoc[Pots]`.
fn titled(item: &str) -> (&str, Option<&str>) {
    let link = item
        .strip_prefix("xref:")
        .and_then(|rest| rest.split_once('['));
    match link {
        Some((path, label)) => (label.split(']').next().unwrap_or_default(), Some(path)),
        None => (item, None),
    }
}

/// The file of a page, which another module may have (`module:page.adoc`); a page of another component is none.
fn page_path(file: &str, path: &str) -> Option<String> {
    let path = path.split('#').next().unwrap_or(path);
    let relative = match path.split_once(':') {
        Some((_, page)) if page.contains(':') => return None,
        Some((module, page)) => format!("../{module}/pages/{page}"),
        None => format!("pages/{path}"),
    };
    path.ends_with(".adoc").then(|| resolve(file, &relative))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::guide::nav::tests::rows;

    #[test]
    fn titles_and_places_come_from_items() {
        let text = "// comment\n.Tea\n* xref:index.adoc[]\n* Pots\n** xref:iron.adoc#care[*Iron* pots]\n\
                    ** xref:cups:thin.adoc[Thin cups]\n*** xref:deep.adoc[Deep]\n* xref:2.0@shop:ROOT:buy.adoc[Buy]\n\
                    * https://tea.example[Web]\n";
        assert_eq!(
            rows(&read("docs/modules/ROOT/nav.adoc", text)),
            [
                "3 docs/modules/ROOT/pages/index.adoc |  | Tea",
                "5 docs/modules/ROOT/pages/iron.adoc | *Iron* pots | Tea > Pots",
                "6 docs/modules/cups/pages/thin.adoc | Thin cups | Tea > Pots",
                "7 docs/modules/ROOT/pages/deep.adoc | Deep | Tea > Pots > Thin cups",
            ]
        );
    }
}
