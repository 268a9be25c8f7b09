//! `nav` of `mkdocs.yml` (<https://www.mkdocs.org/user-guide/configuration/#nav>).

use std::rc::Rc;

use super::{MAX_DEPTH, Page, Pages};
use crate::corpus::guide::Guide;
use crate::corpus::guide::parse::{linked_file, resolve};
use crate::corpus::tree::{self, Tree};

/// Reads the list `file`. What is no YAML, or has no `nav`, says nothing.
pub(super) fn read(file: &str, text: &str) -> Guide {
    let mut pages = Pages::new(file);
    if let Ok(config) = tree::of_yaml(text)
        && let Some(nav) = config.get("nav")
    {
        let folder = config.text_of("docs_dir").unwrap_or("docs");
        add(&mut pages, folder, nav, &mut Vec::new());
    }
    pages.guide
}

fn add<'t>(pages: &mut Pages<'_>, folder: &str, list: &'t Tree, place: &mut Vec<&'t str>) {
    for item in list.items() {
        match item.text() {
            Some(path) => add_page(pages, folder, path, "", item.line, place),
            None => {
                for (title, value) in item.entries() {
                    add_titled(pages, folder, title, value, place);
                }
            }
        }
    }
}

fn add_titled<'t>(
    pages: &mut Pages<'_>,
    folder: &str,
    title: &'t str,
    value: &'t Rc<Tree>,
    place: &mut Vec<&'t str>,
) {
    if let Some(path) = value.text() {
        add_page(pages, folder, path, title, value.line, place);
    } else if place.len() < MAX_DEPTH {
        place.push(title);
        add(pages, folder, value, place);
        place.pop();
    }
}

fn add_page(
    pages: &mut Pages<'_>,
    folder: &str,
    path: &str,
    title: &str,
    line: u32,
    place: &[&str],
) {
    let Some(path) = linked_file(path) else {
        return;
    };
    pages.add(Page {
        target: resolve(pages.file, &format!("{folder}/{path}")),
        title,
        place,
        line,
        ..Page::default()
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::guide::nav::tests::rows;

    #[test]
    fn titles_and_places_come_from_nav() {
        let text = "site_name: Tea\nmarkdown_extensions:\n  - pymdownx.emoji:\n      emoji_index: !!python/name:material.emoji\n\
                    nav:\n  - Home: index.md\n  - Guide:\n      - guide/pots.md\n      - Cups: 'guide/cups.md'\n  \
                    - Web: https://tea.example/\n";
        assert_eq!(
            rows(&read("web/mkdocs.yml", text)),
            [
                "6 web/docs/index.md | Home | ",
                "8 web/docs/guide/pots.md |  | Guide",
                "9 web/docs/guide/cups.md | Cups | Guide",
            ]
        );
        let other = "docs_dir: .\nnav: [a.md, {B: b.md}]\n";
        assert_eq!(rows(&read("mkdocs.yml", other)), ["2 b.md | B | "]);
        for nothing in ["", "nav: {{", "site_name: x\n", "nav: a.md"] {
            assert!(read("mkdocs.yml", nothing).is_empty(), "{nothing}");
        }
    }
}
