//! Lists of pages in Markdown: `SUMMARY.md` of mdBook and GitBook, `_sidebar.md` of docsify, and `llms.txt`
//! (<https://llmstxt.org>).
//!
//! ```text
//! ## Building                                   <- a place in the tree
//! - [Streams](build/streams.md): What they keep  <- descriptor: title, what is said of it, its place
//!   - [Example](build/example.md)               <- its place is `Building > Streams`
//! ```

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{Page, Pages};
use crate::corpus::guide::Guide;
use crate::corpus::guide::parse::{linked_file, resolve};
use crate::corpus::lines::Lines;

/// Reads the list `file` (relative to the corpus root). Never fails: what has no links says nothing.
pub(super) fn read(file: &str, text: &str) -> Guide {
    let mut reader = Reader {
        lines: Lines::new(text),
        pages: Pages::new(file),
        heading: String::new(),
        items: Vec::new(),
        is_heading: false,
        in_link: false,
    };
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        reader.event(event, range.start);
    }
    reader.pages.guide
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
    lines: Lines,
    pages: Pages<'a>,
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
        let above = above.iter().map(|item| item.label.as_str());
        let place: Vec<&str> = std::iter::once(self.heading.as_str())
            .chain(above)
            .collect();
        self.pages.add(Page {
            target: resolve(self.pages.file, path),
            title: &item.label,
            said: item.said.trim_start_matches([':', '-', '–', '—', ' ']),
            place: &place,
            line: *line,
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

#[cfg(test)]
mod tests {
    use super::*;

    use crate::corpus::guide::nav::tests::rows;

    #[test]
    fn a_summary_has_titles_and_places() {
        let text = "# Summary\n\n[Preface](preface.md)\n\n## Concepts\n\n* [Overview](over\\_view.md)\n  \
                    * [`js` streams](a/s.md#top)\n    * [Draft]()\n    * Advanced\n      - [Deep](a/d%20e.md)\n* \
                    [Web](https://example.org/x)\n";
        assert_eq!(
            rows(&read("SUMMARY.md", text)),
            [
                "7 over_view.md | Overview | Concepts",
                "8 a/s.md | js streams | Concepts > Overview",
                "11 a/d e.md | Deep | Concepts > Overview > js streams > Advanced",
                "12 x | Web | Concepts",
            ]
        );
    }

    #[test]
    fn an_llms_txt_says_what_pages_are_about() {
        let text = "# Tea\n\n> All of tea.\n\n## Docs\n\n- [Pots](https://tea.example/docs/pots.html): How to warm\n  \
                    them\n- [Cups](/cups.md) — for drinking\n";
        assert_eq!(
            rows(&read("d/llms.txt", text)),
            [
                "7 d/docs/pots.html | Pots | How to warm them; Docs",
                "9 cups.md | Cups | for drinking; Docs",
            ]
        );
    }
}
