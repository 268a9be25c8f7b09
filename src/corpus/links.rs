//! Links of a section, and what links to it can end in.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use pulldown_cmark::{Event, LinkType, Options, Parser, Tag};

use super::Section;
use super::lines::Lines;

/// A link in Markdown, not one to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// As it is written.
    pub destination: String,
    /// The line on which it begins, counted from 1.
    pub line: u32,
}

/// The links of a Markdown text, in order. Raw HTML is not looked at.
pub fn links(text: &str) -> Vec<Link> {
    let lines = Lines::new(text);
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_GFM;
    let events = Parser::new_ext(text, options).into_offset_iter();
    events
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::Link {
                link_type,
                dest_url,
                ..
            }) if !matches!(link_type, LinkType::Autolink | LinkType::Email) => Some(Link {
                destination: dest_url.into_string(),
                line: lines.number(range.start),
            }),
            _ => None,
        })
        .collect()
}

/// What the anchors of links to a section may be: its headings, the terms that it defines, and the names
/// that its markup gives.
///
/// Site generators make an anchor of a heading each in its own way (`a--b`, `a-b`, `a_b`), so letters and
/// digits alone are compared.
#[derive(Debug, Clone, Default)]
pub struct Anchors(BTreeMap<String, Named>);

/// What an anchor names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// A heading, a defined term or a name in the markup, as it is written.
    pub text: String,
    /// Its line, counted from 1.
    pub line: u32,
}

/// Attributes of components and tags that become anchors.
const ATTRIBUTES: [&str; 4] = ["id=", "name=", "title=", "label="];
/// What stands before an anchor that a heading is given.
const GIVEN: [&str; 4] = ["{#", "{: #", "{ #", "[#"];

impl Anchors {
    /// Those of `section`.
    pub fn of(section: &Section) -> Self {
        let mut anchors = Self::default();
        for entry in section.outline() {
            anchors.add(&entry.heading, entry.line);
        }
        let lines: Vec<&str> = section.text().lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let number = i as u32 + 1;
            // Headings in components and quotations, too.
            let text = line.trim_start_matches(['>', ' ', '\t', '-', '*']);
            if text.starts_with('#') {
                anchors.add_heading(text.trim_start_matches('#'), number);
            }
            let next = lines.get(i + 1).map_or("", |next| next.trim_start());
            let after = lines.get(i + 2).map_or("", |after| after.trim_start());
            if next.starts_with(": ") || next.is_empty() && after.starts_with(": ") {
                anchors.add_heading(text, number);
            }
            for attribute in ATTRIBUTES {
                for rest in line.split(attribute).skip(1) {
                    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
                    let value = quote.and_then(|quote| rest[1..].split(quote).next());
                    anchors.add(value.unwrap_or_default(), number);
                }
            }
            for mark in GIVEN {
                for rest in line.split(mark).skip(1) {
                    let mut name =
                        rest.split(|c: char| c.is_whitespace() || matches!(c, '}' | ']'));
                    anchors.add(name.next().unwrap_or_default(), number);
                }
            }
        }
        anchors
    }

    fn add(&mut self, text: &str, line: u32) {
        let letters = letters(text);
        if !letters.is_empty() {
            let text = text.trim().to_owned();
            self.0.entry(letters).or_insert(Named { text, line });
        }
    }

    /// A heading as it is written, with markup that generators read in different ways.
    fn add_heading(&mut self, heading: &str, line: u32) {
        let named = heading.split("{#").next().unwrap_or(heading);
        for text in [&without_tags(named), &without_links(heading), heading] {
            self.add(text, line);
        }
    }

    /// Whether a link may end in `#anchor`.
    pub fn has(&self, anchor: &str) -> bool {
        let decoded = percent_decode_str(anchor).decode_utf8_lossy();
        let anchor = letters(&decoded);
        // Of headings of the same text, all but the first have a number behind.
        let numbered = anchor.trim_end_matches(|c: char| c.is_ascii_digit());
        self.0.contains_key(&anchor) || self.0.contains_key(numbered)
    }

    /// What is named most like `anchor`: it has the longest beginning in common, at least half.
    pub fn nearest(&self, anchor: &str) -> Option<&Named> {
        let anchor = letters(anchor);
        let shared = |name: &str| {
            let same = name.chars().zip(anchor.chars()).take_while(|(a, b)| a == b);
            same.count()
        };
        let nearest = self.0.iter().max_by_key(|(name, _)| shared(name))?;
        (shared(nearest.0) * 2 >= anchor.chars().count()).then_some(nearest.1)
    }
}

/// Letters and digits in lower case.
fn letters(text: &str) -> String {
    let kept = text.chars().filter(|c| c.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

/// `[a](b) c` becomes `a c`.
fn without_links(text: &str) -> String {
    let mut parts = text.split("](");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    out
}

/// What is not between `<` and `>`.
fn without_tags(text: &str) -> String {
    let mut parts = text.split('<');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once('>').map_or(part, |(_, rest)| rest));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_their_line_and_images_are_none() {
        let text = "---\na: '[x](y)'\n---\n[a](b.md#c) ![i](i.png)\n\n| t |\n|---|\n| [d][e] |\n\n\
                    `[no](code)` <https://auto.example>\n\n[e]: ../f.md\n";
        let found: Vec<_> = links(text)
            .into_iter()
            .map(|l| (l.destination, l.line))
            .collect();
        assert_eq!(found, [("b.md#c".to_owned(), 4), ("../f.md".to_owned(), 8)]);
    }

    #[test]
    fn anchors_are_headings_in_any_generators_way_and_explicit_names() {
        let text = "# One & *two*\n\n## `--three`\n\n## Again\n\n## Again\n\n### A <a name=\"x-y\"></a> b {#custom}\n\n\
                    <div id='Four'/>\n\n`a.term`\n: Its meaning.\n\n    # In a [component](c.md)\n";
        let section = Section::from_text("a.md".to_owned(), text.to_owned());
        let anchors = Anchors::of(&section);
        for good in [
            "one--two",
            "one-two",
            "one_two",
            "--three",
            "three",
            "again",
            "again-1",
            "again_1",
            "x-y",
            "custom",
            "four",
            "in-a-component",
            "a-b",
            "aterm",
            "One%20two",
        ] {
            assert!(anchors.has(good), "{good}");
        }
        for bad in ["two", "five", "again-x"] {
            assert!(!anchors.has(bad), "{bad}");
        }
        assert_eq!(anchors.nearest("again-and").unwrap().line, 5);
        assert_eq!(anchors.nearest("zzz"), None);
    }
}
