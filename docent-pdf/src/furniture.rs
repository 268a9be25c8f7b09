//! What stands on a page and is no part of its text: running heads and feet, numbers of pages, lists of contents.

use std::collections::HashMap;

use super::lines::Line;

/// Lines at the top and at the bottom of a page that may be furniture.
const EDGE: usize = 2;
/// On as many pages a line stands in the same place that is furniture.
const REPEATED: usize = 3;

/// Takes it out of the pages of a document.
pub fn remove(pages: &mut [Vec<Line>]) {
    let mut found: HashMap<(String, i64), usize> = HashMap::new();
    for lines in &*pages {
        for at in edges(lines) {
            *found.entry(key(&lines[at])).or_default() += 1;
        }
    }
    for lines in pages {
        let edges = edges(lines);
        let mut at = 0;
        lines.retain(|line| {
            let is_edge = edges.contains(&at);
            at += 1;
            let is_repeated = || {
                found
                    .get(&key(line))
                    .is_some_and(|count| *count >= REPEATED)
            };
            let is_furniture = is_edge && (is_number(&line.text) || is_repeated());
            !is_furniture && !is_entry_of_contents(&line.text)
        });
    }
}

/// The lines nearest to the top and to the bottom.
fn edges(lines: &[Line]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by(|a, b| lines[*a].y.total_cmp(&lines[*b].y));
    let last = order.len().saturating_sub(EDGE).max(EDGE.min(order.len()));
    let mut edges = order[..EDGE.min(order.len())].to_vec();
    edges.extend(&order[last..]);
    edges
}

/// Equal for the same line on several pages, whose numbers differ.
fn key(line: &Line) -> (String, i64) {
    let text = line.text.chars().filter(|c| !c.is_numeric());
    // Points, to the nearest two.
    (text.collect(), (line.y / 2.0).round() as i64)
}

/// `12`, `- 12 -`, `xii`.
fn is_number(text: &str) -> bool {
    let number = text.trim_matches(|c: char| !c.is_alphanumeric());
    let is_roman = |text: &str| text.bytes().all(|byte| b"ivxlc".contains(&byte));
    (1..=6).contains(&number.len())
        && (number.bytes().all(|byte| byte.is_ascii_digit()) || is_roman(number))
}

/// `1.2 Brewing . . . . . . 17`.
fn is_entry_of_contents(text: &str) -> bool {
    let before = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let dots = before.trim_end_matches(['.', ' ', '\u{2026}']);
    let leader = &before[dots.len()..];
    leader.matches(['.', '\u{2026}']).count() >= 4
}
