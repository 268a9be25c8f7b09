//! Lists of pages as guides: what the authors of a site say of its pages where they put them in order. Each page is a
//! descriptor, with its title there, its place in the tree, and what is said of it.
//!
//! | | |
//! |---|---|
//! | `SUMMARY.md`, `_sidebar.md`, `llms.txt` | mdBook, GitBook, docsify, <https://llmstxt.org> (`lists`) |
//! | `mkdocs.yml` | MkDocs (`mkdocs`) |
//! | `sidebars.js`, `.ts`, `.json` | Docusaurus, where they are plain data (`docusaurus`) |
//! | `modules/*/nav*.adoc` | Antora (`antora`) |
//! | toctrees | Sphinx, in pages which are sections besides (`sphinx`) |

mod antora;
mod docusaurus;
mod lists;
mod mkdocs;
mod sphinx;

use super::{Descriptor, Guide, Source};
use crate::corpus::walk::{file_name, is_documentation};
pub(in crate::corpus) use sphinx::read_toctrees;

/// Between the parts of a place in the tree.
const BELOW: &str = " > ";

/// Levels of a tree below each other that are looked at.
const MAX_DEPTH: usize = 64;

/// What reads a list of pages: its path and its text.
pub(super) type Reader = fn(&str, &str) -> Guide;

/// What reads the list of pages with this path, if it is called like one.
pub(super) fn reader(path: &str) -> Option<Reader> {
    let name = file_name(path);
    let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
    if is(&["summary.md", "_sidebar.md", LLMS]) {
        Some(lists::read)
    } else if is(&["mkdocs.yml", "mkdocs.yaml"]) {
        Some(mkdocs::read)
    } else if docusaurus::is_name(path) {
        Some(docusaurus::read)
    } else if antora::is_name(path) {
        Some(antora::read)
    } else {
        None
    }
}

/// A list of pages for language models, which names them by their addresses.
const LLMS: &str = "llms.txt";

/// What the lists of pages say, as it is read.
struct Pages<'a> {
    /// The list's path.
    file: &'a str,
    guide: Guide,
}

/// A page in a list.
#[derive(Default)]
struct Page<'a> {
    /// Its path, or how one begins that [`settle`] completes.
    target: String,
    /// May be empty.
    title: &'a str,
    /// What is said of it; may be empty.
    said: &'a str,
    /// What it stands below, the outermost first; parts may be empty.
    place: &'a [&'a str],
    line: u32,
}

impl<'a> Pages<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            guide: Guide::default(),
        }
    }

    /// Adds a page, unless the list says nothing of it.
    fn add(&mut self, page: Page<'_>) {
        let place = page.place.iter().map(|part| part.trim());
        let place: Vec<&str> = place.filter(|part| !part.is_empty()).collect();
        let place = place.join(BELOW);
        let title = page.title.trim();
        let covers = [page.said.trim(), &place];
        let covers = covers.into_iter().filter(|text| !text.is_empty());
        let covers = covers.collect::<Vec<_>>().join("; ");
        if title.is_empty() && covers.is_empty() {
            return;
        }
        self.guide.descriptors.push(Descriptor {
            target: page.target,
            title: title.to_owned(),
            covers,
            group: page
                .place
                .first()
                .map_or("", |first| first.trim())
                .to_owned(),
            source: Source {
                file: self.file.to_owned(),
                line: page.line,
            },
        });
    }
}

/// The endings that a path without one may have, the likeliest first.
const ENDINGS: [&str; 12] = [
    ".md",
    ".mdx",
    ".rst",
    ".html",
    ".adoc",
    ".ipynb",
    ".txt",
    "/index.md",
    "/index.mdx",
    "/index.rst",
    "/index.html",
    "/README.md",
];

/// Finds the section that each page is which a list names without the ending of its file, or, in `llms.txt`, by
/// its address: then the path without as many of its first folders as it takes. What is not found of an address stays as it
/// is; a page without an ending says nothing then.
pub(in crate::corpus) fn settle(guide: &mut Guide, is_section: impl Fn(&str) -> bool) {
    guide.descriptors.retain_mut(|row| {
        let name = file_name(&row.source.file);
        let is_address = name.eq_ignore_ascii_case(LLMS);
        let is_settled = is_section(&row.target) || (!is_address && is_documentation(&row.target));
        if is_settled {
            return true;
        }
        let found = match is_address {
            true => nearest(&row.target, &is_section),
            false => completed(&row.target, &is_section),
        };
        match found {
            Some(found) => row.target = found,
            None => return is_address,
        }
        true
    });
}

fn nearest(path: &str, is_section: &impl Fn(&str) -> bool) -> Option<String> {
    let stem = [".html", ".htm", ".md"]
        .iter()
        .find_map(|end| path.strip_suffix(end));
    let mut rest = stem.unwrap_or(path);
    loop {
        if let Some(found) = completed(rest, is_section) {
            return Some(found);
        }
        (_, rest) = rest.split_once('/')?;
    }
}

fn completed(path: &str, is_section: &impl Fn(&str) -> bool) -> Option<String> {
    let mut found = ENDINGS.iter().map(|end| format!("{path}{end}"));
    found.find(|path| is_section(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a list says, line by line.
    pub(super) fn rows(guide: &Guide) -> Vec<String> {
        let row = |row: &Descriptor| {
            let Descriptor {
                target,
                title,
                covers,
                ..
            } = row;
            format!("{} {target} | {title} | {covers}", row.source.line)
        };
        guide.descriptors.iter().map(row).collect()
    }

    #[test]
    fn names_tell_who_reads_a_list() {
        for path in [
            "SUMMARY.md",
            "d/_sidebar.md",
            "llms.txt",
            "mkdocs.yml",
            "web/sidebars.ts",
            "web/versioned_sidebars/version-1.0-sidebars.json",
            "docs/modules/ROOT/nav.adoc",
            "modules/a/nav-top.adoc",
        ] {
            assert!(reader(path).is_some(), "{path}");
        }
        for path in [
            "INDEX.md",
            "nav.adoc",
            "navigation.md",
            "sidebars.md",
            "modules/a/navy.adoc",
        ] {
            assert!(reader(path).is_none(), "{path}");
        }
    }

    #[test]
    fn addresses_and_pages_without_endings_are_found_among_the_sections() {
        let sections = ["guide/a/index.md", "b.md", "d.md", "c/e.rst"];
        let settled = |file: &str, targets: &[&str]| -> Vec<String> {
            let mut pages = Pages::new(file);
            for target in targets {
                pages.add(Page {
                    target: (*target).to_owned(),
                    title: "x",
                    ..Page::default()
                });
            }
            settle(&mut pages.guide, |path| sections.contains(&path));
            let rows = pages.guide.descriptors.into_iter();
            rows.map(|row| row.target).collect()
        };
        assert_eq!(
            settled(
                "d/llms.txt",
                &["en/docs/guide/a", "docs/b.html", "c", "d.md"]
            ),
            ["guide/a/index.md", "b.md", "c", "d.md"]
        );
        // Neither does another folder's page take the place of one that is missing.
        assert_eq!(
            settled("sidebars.js", &["c/e", "x/d", "gone.md", "guide/a"]),
            ["c/e.rst", "gone.md", "guide/a/index.md"]
        );
    }
}
