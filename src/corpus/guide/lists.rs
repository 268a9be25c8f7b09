//! Lists of pages as guides: `SUMMARY.md` of mdBook and GitBook, `_sidebar.md` of docsify, and `llms.txt`
//! (<https://llmstxt.org>).
//!
//! ```text
//! ## Building                                   <- a place in the tree
//! - [Streams](build/streams.md): What they keep  <- descriptor: title, what is said of it, its place
//!   - [Example](build/example.md)               <- its place is `Building > Streams`
//! ```

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::parse::{linked_file, resolve};
use super::{Descriptor, Guide, Source};
use crate::corpus::lines::Lines;

/// Between the parts of a place in the tree.
const BELOW: &str = " > ";

/// Whether a file with this name is a list of pages, if it lists some.
pub(super) fn is_list_name(name: &str) -> bool {
    ["summary.md", "_sidebar.md", "llms.txt"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// Reads the list `file` (relative to the corpus root). Never fails: what has no links says nothing.
pub(super) fn parse_list(file: &str, text: &str) -> Guide {
    let mut reader = Reader {
        file,
        lines: Lines::new(text),
        guide: Guide::default(),
        heading: String::new(),
        items: Vec::new(),
        is_heading: false,
        in_link: false,
    };
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range.start);
    }
    reader.guide
}

/// An item of a list that is being read.
#[derive(Default)]
struct Item {
    /// The text of its link; of an item without one, all of its text.
    label: String,
    /// The page that it links to, and the line of the link.
    page: Option<(String, u32)>,
    /// What follows the link.
    said: String,
    /// Whether its own text is over: an item of a list in it begins.
    is_over: bool,
}

struct Reader<'a> {
    file: &'a str,
    lines: Lines,
    guide: Guide,
    heading: String,
    /// The open items, the outermost first.
    items: Vec<Item>,
    is_heading: bool,
    in_link: bool,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, offset: usize) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                self.is_heading = true;
                self.heading.clear();
            }
            Event::End(TagEnd::Heading(_)) => self.is_heading = false,
            Event::Start(Tag::List(_)) => self.end_item(),
            Event::Start(Tag::Item) => self.items.push(Item::default()),
            Event::End(TagEnd::Item) => {
                self.end_item();
                self.items.pop();
            }
            Event::Start(Tag::Link { dest_url, .. }) => self.link(&dest_url, offset),
            Event::End(TagEnd::Link) => self.in_link = false,
            Event::Text(text) | Event::Code(text) => self.text(&text),
            Event::SoftBreak | Event::HardBreak => self.text(" "),
            _ => {}
        }
    }

    fn link(&mut self, destination: &str, offset: usize) {
        let line = self.lines.number(offset);
        let Some(item) = self.items.last_mut() else {
            return;
        };
        if item.page.is_some() || item.is_over {
            return;
        }
        if let Some(path) = page(destination) {
            item.label.clear();
            item.page = Some((path, line));
            self.in_link = true;
        }
    }

    fn text(&mut self, text: &str) {
        if self.is_heading {
            return self.heading.push_str(text);
        }
        let in_link = self.in_link;
        match self.items.last_mut() {
            Some(item) if item.is_over => {}
            Some(item) if item.page.is_none() || in_link => item.label.push_str(text),
            Some(item) => item.said.push_str(text),
            None => {}
        }
    }

    /// The innermost item's own text is over.
    fn end_item(&mut self) {
        let Some((item, above)) = self.items.split_last_mut() else {
            return;
        };
        if std::mem::replace(&mut item.is_over, true) {
            return;
        }
        let Some((path, line)) = &item.page else {
            return;
        };
        let place = std::iter::once(self.heading.as_str());
        let place = place.chain(above.iter().map(|item| item.label.as_str()));
        let place: Vec<&str> = place
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let said = item
            .said
            .trim_start_matches([':', '-', '–', '—', ' '])
            .trim();
        let mut covers: Vec<&str> = Vec::new();
        covers.extend(Some(said).filter(|said| !said.is_empty()));
        let place = place.join(BELOW);
        covers.extend(Some(place.as_str()).filter(|place| !place.is_empty()));
        self.guide.descriptors.push(Descriptor {
            target: resolve(self.file, path),
            title: item.label.trim().to_owned(),
            covers: covers.join("; "),
            group: self.heading.trim().to_owned(),
            source: Source {
                file: self.file.to_owned(),
                line: *line,
            },
        });
    }
}

/// The path of the page that a link leads to: a file of the docs, or what a site's address has behind its host.
fn page(destination: &str) -> Option<String> {
    match destination.split_once("://") {
        None => linked_file(destination),
        Some(("http" | "https", rest)) => {
            let (_, path) = rest.split_once('/')?;
            let path = path.find(['#', '?']).map_or(path, |end| &path[..end]);
            Some(path.trim_end_matches('/').to_owned()).filter(|path| !path.is_empty())
        }
        Some(_) => None,
    }
}

/// Finds the section that each page of an `llms.txt` is, where it names pages by their addresses: the path
/// without as many of its first folders as it takes, and with an ending of documentation. `find` gives the first
/// of such paths that is a section. What is not found stays as it is.
pub(in crate::corpus) fn settle(guide: &mut Guide, is_section: impl Fn(&str) -> bool) {
    for descriptor in &mut guide.descriptors {
        let name = descriptor
            .source
            .file
            .rsplit('/')
            .next()
            .unwrap_or_default();
        if !name.eq_ignore_ascii_case("llms.txt") || is_section(&descriptor.target) {
            continue;
        }
        if let Some(found) = nearest(&descriptor.target, &is_section) {
            descriptor.target = found;
        }
    }
}

fn nearest(path: &str, is_section: &impl Fn(&str) -> bool) -> Option<String> {
    let stem = [".html", ".htm", ".md"]
        .iter()
        .find_map(|end| path.strip_suffix(end));
    let mut rest = stem.unwrap_or(path);
    loop {
        let endings = [
            ".md",
            ".mdx",
            ".html",
            "/index.md",
            "/index.mdx",
            "/index.html",
            "/README.md",
        ];
        let found = endings.iter().map(|end| format!("{rest}{end}"));
        if let Some(found) = found.into_iter().find(|path| is_section(path)) {
            return Some(found);
        }
        (_, rest) = rest.split_once('/')?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(file: &str, text: &str) -> Vec<String> {
        let guide = parse_list(file, text);
        let row = |row: &Descriptor| {
            let Descriptor {
                target,
                title,
                covers,
                ..
            } = row;
            format!(
                "{}:{} {target} | {title} | {covers}",
                row.source.file, row.source.line
            )
        };
        guide.descriptors.iter().map(row).collect()
    }

    #[test]
    fn a_summary_has_titles_and_places() {
        let text = "# Summary\n\n[Preface](preface.md)\n\n## Concepts\n\n* [Overview](over\\_view.md)\n  \
                    * [`js` streams](a/s.md#top)\n    * [Draft]()\n    * Advanced\n      - [Deep](a/d%20e.md)\n* \
                    [Web](https://example.org/x)\n";
        assert_eq!(
            rows("SUMMARY.md", text),
            [
                "SUMMARY.md:7 over_view.md | Overview | Concepts",
                "SUMMARY.md:8 a/s.md | js streams | Concepts > Overview",
                "SUMMARY.md:11 a/d e.md | Deep | Concepts > Overview > js streams > Advanced",
                "SUMMARY.md:12 x | Web | Concepts",
            ]
        );
    }

    #[test]
    fn an_llms_txt_says_what_pages_are_about() {
        let text = "# Tea\n\n> All of tea.\n\n## Docs\n\n- [Pots](https://tea.example/docs/pots.html): How to warm\n  \
                    them\n- [Cups](/cups.md) — for drinking\n";
        assert_eq!(
            rows("d/llms.txt", text),
            [
                "d/llms.txt:7 d/docs/pots.html | Pots | How to warm them; Docs",
                "d/llms.txt:9 cups.md | Cups | for drinking; Docs",
            ]
        );
    }

    #[test]
    fn addresses_are_found_among_the_sections() {
        let text = "- [a](https://t.example/en/docs/guide/a)\n- [b](https://t.example/docs/b.html)\n\
                    - [c](https://t.example/c)\n- [d](d.md)\n";
        let mut guide = parse_list("llms.txt", text);
        let sections = ["guide/a/index.md", "b.md", "d.md"];
        settle(&mut guide, |path| sections.contains(&path));
        let targets: Vec<_> = guide.descriptors.iter().map(|row| &*row.target).collect();
        assert_eq!(targets, ["guide/a/index.md", "b.md", "c", "d.md"]);
    }
}
