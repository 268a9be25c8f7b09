//! Lines become blocks: headings, paragraphs, code.

use std::collections::HashSet;

use serde::Serialize;

use super::lines::Line;
use super::outline::Entry;

/// A block of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// A heading and its level, from 1 on.
    Heading(u8, String),
    /// Lines of prose.
    Text(Vec<String>),
    /// Lines of code.
    Code(Vec<String>),
}

/// The words of a document, to tell `well-known` from `docu-mentation` at the end of a line.
pub struct Words(HashSet<String>);

impl Words {
    pub fn of(pages: &[Vec<Line>]) -> Self {
        let lines = pages.iter().flatten();
        let words = lines.flat_map(|line| line.text.split(is_between_words));
        Self(words.map(str::to_lowercase).collect())
    }

    /// Whether the two parts are one word that a line's end parts.
    fn joins(&self, first: &str, second: &str) -> bool {
        let first = first.rsplit(is_between_words).next().unwrap_or_default();
        let second = second.split(is_between_words).next().unwrap_or_default();
        let has = |word: String| self.0.contains(&word.to_lowercase());
        has(format!("{first}{second}")) || !has(format!("{first}-{second}"))
    }
}

fn is_between_words(c: char) -> bool {
    !c.is_alphanumeric() && c != '-'
}

/// The blocks of a page. `entries` are those of the document's outline that lead to it.
pub fn blocks(lines: &[Line], entries: &[Entry], words: &Words) -> Vec<Block> {
    let headings = place(lines, entries);
    let pitch = pitch(lines);
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut headings = headings.into_iter().peekable();
    while at < lines.len() || headings.peek().is_some() {
        if let Some(heading) = headings.next_if(|heading| heading.at <= at) {
            blocks.push(heading.block);
            at += heading.lines;
            continue;
        }
        let limit = headings.peek().map_or(lines.len(), |heading| heading.at);
        let is_code = is_code(lines, at);
        let mut end = at + 1;
        while end < limit && continues(&lines[end - 1], &lines[end], pitch, is_code) {
            end += 1;
        }
        blocks.push(match is_code {
            true => Block::Code(code(&lines[at..end], pitch)),
            false => Block::Text(prose(&lines[at..end], words)),
        });
        at = end;
    }
    blocks
}

struct Placed {
    /// The line before which it stands.
    at: usize,
    /// The lines that say the same, which it replaces.
    lines: usize,
    block: Block,
}

/// The places of headings: where a line says the same, else by the height that the outline tells.
fn place(lines: &[Line], entries: &[Entry]) -> Vec<Placed> {
    let mut from = 0;
    let mut placed = Vec::new();
    for entry in entries {
        let title = letters(&entry.title);
        let said = (from..lines.len()).find_map(|at| Some((at, says(&lines[at..], &title)?)));
        let (at, count) = said.unwrap_or_else(|| {
            let below = |line: &Line| entry.y.is_none_or(|y| line.turns == 0 && line.y > y);
            let at = lines[from..].iter().position(below);
            (at.map_or(lines.len(), |at| from + at), 0)
        });
        placed.push(Placed {
            at,
            lines: count,
            block: Block::Heading(entry.level, entry.title.clone()),
        });
        from = at + count;
    }
    placed
}

/// How many of the first lines say `title`, behind a number at most, and each of them a part of it.
fn says(lines: &[Line], title: &str) -> Option<usize> {
    let first = letters(&lines.first()?.text).len();
    let mut said = String::new();
    for (count, line) in lines.iter().take(3).enumerate() {
        said.push_str(&letters(&line.text));
        let before = said.strip_suffix(title).map(str::len);
        if before.is_some_and(|before| before <= 8 && before < first) {
            return Some(count + 1);
        }
    }
    None
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// The distance between lines of one paragraph: the most frequent one.
fn pitch(lines: &[Line]) -> f64 {
    let mut steps: Vec<f64> = lines
        .windows(2)
        .map(|pair| pair[1].y - pair[0].y)
        .filter(|step| (4.0..60.0).contains(step))
        .collect();
    steps.sort_by(f64::total_cmp);
    // Gaps between paragraphs are above it, and seldom more than half of all.
    steps.get(steps.len() / 3).copied().unwrap_or(12.0)
}

/// A line of which that cannot be told is what the one before it is.
fn is_code(lines: &[Line], at: usize) -> bool {
    let told = lines[..=at].iter().rev().find_map(|line| line.is_code);
    lines[at].is_code.or(told).unwrap_or(false)
}

/// Whether `next` belongs to the block in which `line` stands.
fn continues(line: &Line, next: &Line, pitch: f64, is_code: bool) -> bool {
    let step = next.y - line.y;
    let is_same_kind = next.is_code.is_none_or(|next| next == is_code);
    if line.turns != next.turns || !is_same_kind {
        return false;
    }
    if is_code {
        return (0.0..3.5 * pitch.max(line.size)).contains(&step);
    }
    let ends = line.text.ends_with(['.', '!', '?', ':', '。']);
    if step < 0.0 {
        // The next column.
        return !ends && next.text.starts_with(char::is_lowercase);
    }
    let is_indented = (next.x - line.x).abs() > 0.8 * line.size;
    let is_as_large = (next.size / line.size - 1.0).abs() < 0.15;
    step < 1.35 * pitch.max(line.size)
        && is_as_large
        && !(ends && is_indented)
        && !is_item(&next.text)
}

/// Whether a line begins an item of a list.
fn is_item(text: &str) -> bool {
    let Some((mark, _)) = text.split_once(' ') else {
        return false;
    };
    let number = mark.trim_start_matches('(').trim_end_matches(['.', ')']);
    let is_number =
        mark != number && number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    matches!(
        mark,
        "•" | "◦" | "▪" | "‣" | "∙" | "·" | "–" | "—" | "*" | "-" | "○" | "●" | "■"
    ) || is_number
}

fn code(lines: &[Line], pitch: f64) -> Vec<String> {
    let left = lines.iter().map(|line| line.x).fold(f64::MAX, f64::min);
    let mut text = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if at > 0 && line.y - lines[at - 1].y > 1.6 * pitch.max(line.size) {
            text.push(String::new());
        }
        text.push(line.code(left));
    }
    text
}

/// The lines of a paragraph, where no word goes over the end of one.
fn prose(lines: &[Line], words: &Words) -> Vec<String> {
    let mut text: Vec<String> = Vec::new();
    for line in lines {
        let mut line = line.text.as_str();
        if let Some(last) = text.last_mut()
            && let Some(begun) = last.strip_suffix(['-', '\u{2010}'])
            && begun.ends_with(char::is_lowercase)
            && line.starts_with(char::is_lowercase)
        {
            let (rest, next) = line.split_once(' ').unwrap_or((line, ""));
            if words.joins(begun, rest) {
                last.truncate(begun.len());
            }
            last.push_str(rest);
            line = next;
        }
        if !line.is_empty() {
            text.push(line.to_owned());
        }
    }
    text
}
