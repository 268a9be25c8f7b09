//! The page that readers of a site see first, `index.md`: its list of pages is a guide, and what else it says is
//! a text like others.

use std::collections::BTreeSet;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::Guide;
use crate::corpus::lines::Lines;
use crate::corpus::parse::Rendition;
use crate::corpus::walk::file_name;

/// A page with fewer words besides its hints, headings not counted, only introduces the list of pages.
const LEAST_WORDS: usize = 40;

/// Whether a file with this name is a page of a site. An `INDEX.md` in capitals is written for who looks for pages.
pub(super) fn is_landing_name(path: &str) -> bool {
    let name = file_name(path);
    matches!(name, "index.md" | "index.markdown")
}

/// The page `text` without the blocks in which hints of its `guide` stand and headings that then have nothing below them, if it still says
/// something.
pub(super) fn besides_hints(text: &str, guide: &Guide) -> Option<Rendition> {
    let lines = Lines::new(text);
    let hints = hint_lines(guide);
    let mut blocks = blocks(text, &lines);
    let mut routes: Vec<bool> = blocks
        .iter()
        .map(|block| hints.range(block.lines.clone()).next().is_some())
        .collect();
    for above in (1..routes.len()).rev() {
        // What a list is for: `**Users ask:**`.
        routes[above - 1] |= routes[above] && blocks[above - 1].introduces;
    }
    let mut routes = routes.into_iter();
    blocks.retain(|_| !routes.next().unwrap_or_default());
    drop_empty_headings(&mut blocks);
    let words: usize = blocks.iter().map(|block| block.words).sum();
    (words >= LEAST_WORDS).then(|| rendition(text, &blocks))
}

/// A block at the top level of a page.
struct Block {
    /// Its lines, counted from 1.
    lines: Range<u32>,
    /// 1 to 6, of a heading.
    level: Option<u8>,
    /// Whether it is one line that ends in a colon.
    introduces: bool,
    /// The words of what is no heading and no code.
    words: usize,
}

fn hint_lines(guide: &Guide) -> BTreeSet<u32> {
    let guidelines = guide.guidelines.iter().map(|hint| hint.source.line);
    let rows = guide.descriptors.iter().map(|hint| hint.source.line);
    let questions = guide.questions.iter().map(|hint| hint.source.line);
    let patterns = guide.patterns.iter().map(|hint| hint.source.line);
    let all = guidelines.chain(rows).chain(questions).chain(patterns);
    all.collect()
}

fn blocks(text: &str, lines: &Lines) -> Vec<Block> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let mut blocks = Vec::new();
    let mut depth = 0usize;
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    blocks.push(block(text, lines, &tag, range));
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    blocks
}

fn block(text: &str, lines: &Lines, tag: &Tag<'_>, range: Range<usize>) -> Block {
    let source = text[range.clone()].trim_end();
    let last = range.start + source.len().saturating_sub(1);
    let says = !matches!(
        tag,
        Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::MetadataBlock(_) | Tag::HtmlBlock
    );
    Block {
        lines: lines.number(range.start)..lines.number(last) + 1,
        level: match tag {
            Tag::Heading { level, .. } => Some(*level as u8),
            _ => None,
        },
        introduces: says && !source.contains('\n') && source.trim_end_matches('*').ends_with(':'),
        words: if says {
            source.split_whitespace().count()
        } else {
            0
        },
    }
}

/// Headings below which nothing stands but headings of theirs without anything.
fn drop_empty_headings(blocks: &mut Vec<Block>) {
    // From the end: the level of the last heading that was kept, or text.
    let mut kept: Vec<Block> = Vec::new();
    for block in blocks.drain(..).rev() {
        let is_empty = |level: u8| {
            let next = kept.last().map(|below| below.level);
            next.is_none_or(|below| below.is_some_and(|below| below <= level))
        };
        if !block.level.is_some_and(is_empty) {
            kept.push(block);
        }
    }
    kept.reverse();
    *blocks = kept;
}

fn rendition(text: &str, blocks: &[Block]) -> Rendition {
    let mut made = Rendition::default();
    let lines: Vec<&str> = text.lines().collect();
    for block in blocks {
        made.end_block();
        for number in block.lines.clone() {
            let line = lines.get(number as usize - 1).copied().unwrap_or_default();
            made.push_line(line, number);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::guide::parse_guide;

    fn lines(text: &str) -> Option<Vec<(String, u32)>> {
        let made = besides_hints(text, &parse_guide("index.md", text))?;
        let lines = made.numbered_lines().into_iter();
        Some(
            lines
                .map(|(line, number)| (line.to_owned(), number))
                .collect(),
        )
    }

    #[test]
    fn what_a_page_says_besides_its_hints_is_a_text() {
        let prose = "word ".repeat(LEAST_WORDS);
        let prose = prose.trim_end();
        let text = format!(
            "---\ntitle: Tea\n---\n# Tea\n\n## Pages\n\n| Page | File |\n|---|---|\n| Pots | `pots.md` |\n\n\
             ## System requirements\n\n{prose}\n\n```\nfree -m\n```\n\n### Quick\n\n**Users ask:**\n\n- Warm -> `pots.md`\n"
        );
        let expected: Vec<(String, u32)> = [
            ("---", 1),
            ("title: Tea", 2),
            ("---", 3),
            ("", 3),
            ("# Tea", 4),
            ("", 4),
            ("## System requirements", 12),
            ("", 12),
            (prose, 14),
            ("", 14),
            ("```", 16),
            ("free -m", 17),
            ("```", 18),
        ]
        .map(|(line, number)| (line.to_owned(), number))
        .to_vec();
        assert_eq!(lines(&text), Some(expected));
    }

    #[test]
    fn a_page_that_only_routes_is_no_text() {
        let table = "| Page | File |\n|---|---|\n| Pots | `pots.md` |\n";
        let words = "word ".repeat(LEAST_WORDS - 1);
        assert_eq!(lines(&format!("# Tea\n\n{words}\n\n{table}")), None);
        assert!(lines(&format!("# Tea\n\n{words} word\n\n{table}")).is_some());
        assert_eq!(lines(""), None);
    }

    #[test]
    fn only_a_page_of_a_site_is_one() {
        assert!(is_landing_name("a/index.md") && is_landing_name("index.markdown"));
        assert!(!is_landing_name("INDEX.md") && !is_landing_name("SUMMARY.md"));
    }
}
