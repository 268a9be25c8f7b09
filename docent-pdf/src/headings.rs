//! Headings of a document that has no outline: lines in larger letters than those of its text.

use std::collections::BTreeMap;

use super::lines::Line;
use super::outline::Entry;

/// How much larger they are.
const LARGER: f64 = 1.15;
/// Longest heading, in bytes.
const MAX_TITLE: usize = 150;
/// Sizes of letters that make levels; what is smaller counts as the last.
const MAX_LEVELS: usize = 4;

/// What the outline of a document with these pages would be.
pub fn by_size(pages: &[Vec<Line>]) -> Vec<Entry> {
    let mut letters: BTreeMap<i64, usize> = BTreeMap::new();
    for line in pages.iter().flatten() {
        *letters.entry(size(line)).or_default() += line.text.len();
    }
    let text = letters.iter().max_by_key(|(_, count)| **count);
    let text = text.map_or(0.0, |(size, _)| *size as f64);
    let is_larger = |line: &Line| size(line) as f64 > text * LARGER;
    let mut found: Vec<(i64, Entry)> = Vec::new();
    for (page, lines) in pages.iter().enumerate() {
        // Lines of one heading stand under each other.
        let groups = lines.chunk_by(|line, next| {
            let step = next.y - line.y;
            size(line) == size(next) && (0.0..2.0 * line.size).contains(&step)
        });
        for group in groups.filter(|group| is_larger(&group[0])) {
            let title: Vec<&str> = group.iter().map(|line| line.text.as_str()).collect();
            let title = title.join(" ");
            let has_words = title.chars().filter(|c| c.is_alphabetic()).count() > 1;
            if has_words && title.len() <= MAX_TITLE {
                let entry = Entry {
                    level: 1,
                    title,
                    page,
                    y: None,
                };
                found.push((size(&group[0]), entry));
            }
        }
    }
    let mut sizes: Vec<i64> = found.iter().map(|(size, _)| *size).collect();
    sizes.sort_by_key(|size| std::cmp::Reverse(*size));
    sizes.dedup();
    let level = |size: i64| {
        let rank = sizes.iter().take(MAX_LEVELS - 1).position(|it| *it == size);
        rank.unwrap_or(MAX_LEVELS - 1) as u8 + 1
    };
    let entries = found.into_iter().map(|(size, entry)| Entry {
        level: level(size),
        ..entry
    });
    entries.collect()
}

/// The size of a line's letters, in halves of a point: of most of them, since single ones may be larger.
fn size(line: &Line) -> i64 {
    let mut sizes: Vec<f64> = line.glyphs.iter().map(|glyph| glyph.size).collect();
    sizes.sort_by(f64::total_cmp);
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(line.size);
    (median * 2.0).round() as i64
}
