//! Links of a section, and what links to it can end in.

use std::collections::HashSet;

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

/// What the anchors of links to a section may be: its headings, and the names that its markup gives.
///
/// Site generators make an anchor of a heading each in its own way (`a--b`, `a-b`, `a_b`), so letters and
/// digits alone are compared.
#[derive(Debug, Clone)]
pub struct Anchors(HashSet<String>);

impl Anchors {
    /// Those of `section`.
    pub fn of(section: &Section) -> Self {
        let mut names: HashSet<String> = HashSet::new();
        for entry in section.outline() {
            names.insert(letters(&entry.heading));
        }
        // Headings in components and quotations, as they are written.
        for line in section.text().lines() {
            let line = line.trim_start_matches(['>', ' ', '\t', '-', '*']);
            if line.starts_with('#') {
                let heading = line.trim_start_matches('#');
                names.insert(letters(heading));
                names.insert(letters(&without_links(heading)));
                let heading = heading.split("{#").next().unwrap_or(heading);
                names.insert(letters(&without_tags(heading)));
            }
        }
        for mark in ["id=", "name=", "title=", "label="] {
            let quoted = section.text().split(mark).skip(1).filter_map(|rest| {
                let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                rest[1..].split(quote).next()
            });
            names.extend(quoted.map(letters));
        }
        for mark in ["{#", "{: #", "{ #", "[#"] {
            let named = section.text().split(mark).skip(1).filter_map(|rest| {
                rest.split(|c: char| c.is_whitespace() || matches!(c, '}' | ']'))
                    .next()
            });
            names.extend(named.map(letters));
        }
        names.remove("");
        Self(names)
    }

    /// Whether a link may end in `#anchor`.
    pub fn has(&self, anchor: &str) -> bool {
        let decoded = percent_decode_str(anchor).decode_utf8_lossy();
        let anchor = letters(&decoded);
        // Of headings of the same text, all but the first have a number behind.
        let numbered = anchor.trim_end_matches(|c: char| c.is_ascii_digit());
        self.0.contains(&anchor) || self.0.contains(numbered)
    }

    /// The anchor that is most like `anchor`: it has the longest beginning in common, at least half.
    pub fn nearest(&self, anchor: &str) -> Option<&str> {
        let anchor = letters(anchor);
        let shared = |name: &&String| {
            let same = name.chars().zip(anchor.chars()).take_while(|(a, b)| a == b);
            same.count()
        };
        let nearest = self.0.iter().max_by_key(|name| (shared(name), *name))?;
        (shared(&nearest) * 2 >= anchor.chars().count()).then_some(nearest)
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
                    <div id='Four'/>\n\n    # In a [component](c.md)\n";
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
            "One%20two",
        ] {
            assert!(anchors.has(good), "{good}");
        }
        for bad in ["two", "five", "again-x"] {
            assert!(!anchors.has(bad), "{bad}");
        }
        assert_eq!(anchors.nearest("again-and"), Some("again"));
        assert_eq!(anchors.nearest("zzz"), None);
    }
}
