//! A section as its headings, each with what stands right under it.

use super::Section;
use super::document::{Border, Node, Unit};
use super::fences::fenced;
use super::lines::Lines;

/// A heading of a section with the text under it, up to the next heading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutlineEntry {
    /// 1 to 6; 0 for what stands before the first heading.
    pub level: u8,
    /// The heading without markup; empty before the first one.
    pub heading: String,
    /// Its line, counted from 1.
    pub line: u32,
    /// The first sentence of prose under it.
    pub lead: Option<Lead>,
    /// Words under it, code and tables included.
    pub words: usize,
}

/// The first sentence under a heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lead {
    /// The sentence without markup.
    pub text: String,
    /// The line on which it begins, counted from 1.
    pub line: u32,
}

impl Section {
    /// What is written in sentences, with its lines, counted from 1: neither headings, tables and code, nor
    /// where links lead.
    pub fn prose(&self) -> Vec<(u32, &str)> {
        let lines = Lines::new(&self.text);
        let fenced = self.fenced();
        let units = self.document.nodes.iter().filter_map(|node| match node {
            Node::Unit(unit) if unit.context.is_none() => {
                Some((lines.number(unit.start), unit.text.as_str()))
            }
            _ => None,
        });
        units
            .filter(|(line, _)| !is_fenced(&fenced, *line))
            .collect()
    }

    /// For each line, whether it stands between the code fences of Markdown.
    pub(super) fn fenced(&self) -> Vec<bool> {
        match self.syntax.is_markdown() {
            true => fenced(&self.text),
            false => Vec::new(),
        }
    }

    /// Its headings in order. The first entry is what stands before any heading, also if that is nothing.
    pub fn outline(&self) -> Vec<OutlineEntry> {
        let lines = Lines::new(&self.text);
        let fenced = self.fenced();
        let mut entries = vec![OutlineEntry {
            line: 1,
            ..OutlineEntry::default()
        }];
        let nodes = &self.document.nodes;
        for (i, node) in nodes.iter().enumerate() {
            match node {
                Node::Heading(heading) => entries.push(OutlineEntry {
                    level: heading.level,
                    heading: heading.text.clone(),
                    line: lines.number(heading.start),
                    ..OutlineEntry::default()
                }),
                Node::Unit(unit) => {
                    let Some(entry) = entries.last_mut() else {
                        continue;
                    };
                    entry.words += unit.text.split_whitespace().count();
                    let line = lines.number(unit.start);
                    if entry.lead.is_none() && is_prose(unit) && !is_fenced(&fenced, line) {
                        entry.lead = Some(Lead {
                            text: first_sentence(&nodes[i..]),
                            line,
                        });
                    }
                }
            }
        }
        entries
    }
}

fn is_fenced(fenced: &[bool], line: u32) -> bool {
    fenced.get((line as usize).saturating_sub(1)) == Some(&true)
}

/// Whether a unit begins a text for readers: neither code nor a table's row, nor a directive of a site
/// generator.
fn is_prose(unit: &Unit) -> bool {
    let text = unit.text.trim_start();
    unit.context.is_none()
        && unit.border != Border::Line
        && text.starts_with(char::is_alphabetic)
        && !is_template(text)
}

/// Whether a line has markup of a site generator.
fn is_template(text: &str) -> bool {
    ["{{", "{%", ":::", "](", "=\""]
        .iter()
        .any(|mark| text.contains(mark))
}

/// The first sentence of the paragraph that `nodes` begin with.
fn first_sentence(nodes: &[Node]) -> String {
    let mut text = String::new();
    for (i, node) in nodes.iter().enumerate() {
        let Node::Unit(unit) = node else { break };
        let continues = unit.context.is_none()
            && matches!(unit.border, Border::Line | Border::Sentence)
            && !is_template(&unit.text);
        if i > 0 && !continues {
            break;
        }
        if i > 0 {
            text.push(' ');
        }
        text.push_str(unit.text.trim());
        if let Some(end) = sentence_end(&text) {
            text.truncate(end);
            break;
        }
    }
    text
}

/// Where the first sentence of `text` ends, its mark included, if something follows or the mark is its end.
fn sentence_end(text: &str) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| {
        let end = at + c.len_utf8();
        let is_mark = match c {
            '.' | '!' | '?' => text[end..].chars().next().is_none_or(char::is_whitespace),
            '。' | '！' | '？' => true,
            _ => false,
        };
        (is_mark && !is_abbreviation(&text[..at])).then_some(end)
    })
}

/// Whether the word before a full stop is one that ends in it within a sentence.
fn is_abbreviation(before: &str) -> bool {
    let word = before.rsplit([' ', '(']).next().unwrap_or_default();
    matches!(word, "e.g" | "i.e" | "etc" | "vs" | "cf" | "approx")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(path: &str, text: &str) -> Vec<OutlineEntry> {
        Section::from_text(path.to_owned(), text.to_owned()).outline()
    }

    #[test]
    fn headings_have_their_line_and_first_sentence() {
        let text = "---\ntitle: T\n---\nBefore all.\n\n# *One* way\n\n```sh\nrun it\n```\n\n- It is e.g. a\n  \
                    list. More.\n\n## Two\n\n| a | b |\n|---|---|\n| c | d |\n\n{{< note >}}\n\n### Three\n";
        let found: Vec<_> = outline("a.md", text)
            .into_iter()
            .map(|entry| {
                let lead = entry.lead.map(|lead| (lead.text, lead.line));
                (entry.level, entry.heading, entry.line, lead)
            })
            .collect();
        let lead = |text: &str, line| Some((text.to_owned(), line));
        assert_eq!(
            found,
            [
                (0, String::new(), 1, lead("Before all.", 4)),
                (1, "One way".to_owned(), 6, lead("It is e.g. a list.", 12)),
                (2, "Two".to_owned(), 15, None),
                (3, "Three".to_owned(), 23, None),
            ]
        );
    }

    #[test]
    fn a_section_without_headings_has_one_entry() {
        let found = outline("a.txt", "Warm the cup! Then pour.");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].level, found[0].words), (0, 5));
        assert_eq!(found[0].lead.as_ref().unwrap().text, "Warm the cup!");
        assert_eq!(outline("a.md", "# H").len(), 2);
    }
}
