//! Links of a section, and what links to it can end in.

use std::collections::{BTreeMap, BTreeSet};

use percent_encoding::percent_decode_str;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, Options, Parser, Tag};

use super::lines::Lines;
use super::{Section, Syntax};
use crate::analysis;

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
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
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

/// `path` as a link in the file `from` means it: from its folder, or from the root of the docs if it begins
/// with `/`. `None` if it leads out of the docs.
pub fn linked_path(from: &str, path: &str) -> Option<String> {
    let folder = match from.rsplit_once('/') {
        Some((folder, _)) if !path.starts_with('/') => folder,
        _ => "",
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
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
        let code = code_lines(section);
        for (i, line) in lines.iter().enumerate() {
            if code.get(i) == Some(&true) {
                continue;
            }
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

    /// What is named most like `anchor`: it shares two thirds of its words with it, counted over both, or all
    /// but a few of its letters. `None` if nothing does, or several things equally well.
    pub fn nearest(&self, anchor: &str) -> Option<&Named> {
        let decoded = percent_decode_str(anchor).decode_utf8_lossy();
        let (anchor, words) = (letters(&decoded), terms(&decoded));
        let alike = self.0.iter().map(|(name, named)| {
            let likeness =
                shared_terms(&words, &terms(&named.text)).max(shared_ends(&anchor, name));
            (likeness, named)
        });
        let mut alike: Vec<(f64, &Named)> =
            alike.filter(|(likeness, _)| *likeness >= ALIKE).collect();
        alike.sort_by(|a, b| b.0.total_cmp(&a.0));
        let &(best, nearest) = alike.first()?;
        // One heading may be known by several names.
        let is_rival =
            |(likeness, named): &(f64, &Named)| *likeness == best && named.line != nearest.line;
        (!alike.iter().any(is_rival)).then_some(nearest)
    }
}

/// Likeness, of 0 to 1, from which one name may have been meant by another.
const ALIKE: f64 = 0.65;
/// Part of the letters that two names share at their ends if one is the other with a slip.
const SLIP: f64 = 0.85;

fn terms(text: &str) -> BTreeSet<String> {
    // Words of an anchor are joined by what is a part of a word elsewhere.
    analysis::terms(&text.replace('_', " "))
        .into_iter()
        .collect()
}

/// Dice's coefficient.
fn shared_terms(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    let shared = a.intersection(b).count() as f64;
    2.0 * shared / (a.len() + b.len()).max(1) as f64
}

/// The part of the longer name's letters that both have at their beginning or end, if it is nearly all.
fn shared_ends(a: &str, b: &str) -> f64 {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same =
        |pairs: &mut dyn Iterator<Item = (&char, &char)>| pairs.take_while(|(a, b)| a == b).count();
    let start = same(&mut a.iter().zip(&b));
    let end = same(&mut a[start..].iter().rev().zip(b[start..].iter().rev()));
    let part = (start + end) as f64 / a.len().max(b.len()).max(1) as f64;
    if part >= SLIP { part } else { 0.0 }
}

/// For each line of a Markdown text, whether it is code. What is indented in a component or an admonition is
/// none, although Markdown alone would say so.
fn code_lines(section: &Section) -> Vec<bool> {
    let text = section.text();
    let mut code = section.fenced();
    // MDX has no indented code.
    if section.syntax() == Syntax::Mdx {
        return code;
    }
    let rows: Vec<&str> = text.lines().collect();
    let lines = Lines::new(text);
    for (event, range) in Parser::new(text).into_offset_iter() {
        if !matches!(event, Event::Start(Tag::CodeBlock(CodeBlockKind::Indented))) {
            continue;
        }
        let first = lines.number(range.start) as usize - 1;
        if !is_content(&rows, first) {
            let last = lines.number(range.end.saturating_sub(1)) as usize;
            code.get_mut(first..last)
                .into_iter()
                .for_each(|code| code.fill(true));
        }
    }
    code
}

/// Whether the indented line at `at` stands in a component or an admonition: the nearest line before it with a
/// smaller indent opens one.
fn is_content(rows: &[&str], at: usize) -> bool {
    let indent = |row: &str| row.len() - row.trim_start().len();
    let own = rows.get(at).map_or(0, |row| indent(row));
    let before = rows[..at.min(rows.len())].iter().rev();
    let mut before = before.filter(|row| !row.trim().is_empty() && indent(row) < own);
    let opener = before.next().map_or("", |row| row.trim_start());
    let is_closed = opener.starts_with("</");
    !is_closed && OPENERS.iter().any(|mark| opener.starts_with(mark))
}

/// What components and admonitions, whose content is indented, begin with.
const OPENERS: [&str; 6] = ["<", "!!!", "???", "===", ":::", "{%"];

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
                    <div id='Four'/>\n\n`a.term`\n: Its meaning.\n\n<Card>\n\n    # In a [component](c.md)\n\n</Card>\n\n\
                    > ## In a quotation\n";
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
            "in-a-quotation",
            "a-b",
            "aterm",
            "One%20two",
        ] {
            assert!(anchors.has(good), "{good}");
        }
        for bad in ["two", "five", "again-x"] {
            assert!(!anchors.has(bad), "{bad}");
        }
    }

    #[test]
    fn code_has_no_anchors() {
        let text = "# A\n\n```sh\n# In a fence\necho id=\"name\"\n```\n\n- ~~~~\n  # In an item\n  ~~~\n  # Still\n  ~~~~\n\n\
                    Text.\n\n    # Indented\n\n<Tab>\n</Tab>\n\n    # After a component\n\n\
                    <Tab>\n```\n# In a component\n\n# After a blank line\n```\n</Tab>\n\n## B\n";
        for path in ["a.md", "a.mdx"] {
            let section = Section::from_text(path.to_owned(), text.to_owned());
            let anchors = Anchors::of(&section);
            let fenced = [
                "in-a-fence",
                "name",
                "in-an-item",
                "still",
                "in-a-component",
            ];
            for name in fenced {
                assert!(!anchors.has(name), "{path} {name}");
            }
            assert!(anchors.has("a") && anchors.has("b"), "{path}");
            // MDX has no indented code.
            for name in ["indented", "after-a-component"] {
                assert_eq!(anchors.has(name), path == "a.mdx", "{path} {name}");
            }
        }
    }

    #[test]
    fn the_nearest_anchor_is_really_like_it() {
        let text = "# Setup Guides\n\n## Getting logs from Claude Desktop\n\n## Installation\n\n## Use a key\n\n## Use the key\n";
        let section = Section::from_text("a.md".to_owned(), text.to_owned());
        let anchors = Anchors::of(&section);
        let nearest = |anchor: &str| anchors.nearest(anchor).map(|named| named.line);
        assert_eq!(nearest("getting-logs-from-claude-for-desktop"), Some(3));
        assert_eq!(nearest("instalation"), Some(5));
        // A beginning in common is no likeness, and two headings that are as like are none to choose from.
        assert_eq!(nearest("setup-gcp-easy"), None);
        assert_eq!(nearest("using-key"), None);
        assert_eq!(nearest("zzz"), None);
        assert_eq!(nearest(""), None);
    }
}
