//! Where more stands, in a line or two.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use super::clean;
use super::fence;
use super::lines::Lines;
use crate::answer::excerpt::{excerpt, shared_terms};
use crate::answer::heading_path;

/// Longest matched line, in characters.
const MAX_LINE: usize = 160;

/// A passage that is named and not given.
pub struct Pointer<'a> {
    lines: &'a Lines<'a>,
    first: u32,
    last: u32,
    headings: String,
    /// A line that says most of what was asked, with its number; `None` for what only follows.
    line: Option<(u32, String)>,
}

impl<'a> Pointer<'a> {
    /// The passages under the heading of `chunk`, with that chunk's best line.
    pub fn to(lines: &'a Lines<'a>, chunk: usize, terms: &HashSet<String>) -> Self {
        let of_chunk = excerpt(&lines.chunks[chunk], terms);
        // `max_by_key` gives the last of equal ones.
        let best = of_chunk
            .iter()
            .rev()
            .max_by_key(|line| shared_terms(line.text, terms));
        let line = best.map(|line| (line.number, shortened(&clean::line(line.text))));
        Self {
            line,
            ..Self::of(lines, chunk, lines.under_heading(chunk))
        }
    }

    /// What stands under the heading of `chunk` from there on, `chunk` being the first that is not given.
    pub fn following(lines: &'a Lines<'a>, chunk: usize) -> Self {
        Self::of(lines, chunk, chunk..lines.under_heading(chunk).end)
    }

    /// Some chunks under the heading of `chunk`.
    fn of(lines: &'a Lines<'a>, chunk: usize, run: Range<usize>) -> Self {
        let headings = &lines.chunks[chunk].heading_path;
        Self {
            lines,
            first: *lines.of_chunk(run.start).start(),
            last: *lines.of_chunk(run.end - 1).end(),
            headings: fence::headings(&heading_path(lines.section, headings)),
            line: None,
        }
    }

    /// `PATH:A-B  headings  (tokens)`, with the line below it, each ended.
    pub fn text(&self) -> String {
        let tokens: usize = (self.first..=self.last)
            .map(|number| self.lines.price(number))
            .sum();
        let location = fence::location(&self.lines.section.path, self.first, self.last);
        let follows = match self.line {
            Some(_) => "",
            None => ", follows",
        };
        let mut text = format!(
            "{location}  {}  ({tokens} tokens{follows})\n",
            self.headings
        );
        if let Some((number, line)) = &self.line {
            text.push_str(&format!("  {number}: {line}\n"));
        }
        text
    }
}

/// Drops pointers to what an earlier one points to.
pub fn distinct(pointers: &mut Vec<Pointer<'_>>) {
    let mut seen = BTreeSet::new();
    pointers.retain(|pointer| seen.insert((pointer.lines.section.path.clone(), pointer.first)));
}

/// The first words of `line`, as many as there is room for.
fn shortened(line: &str) -> String {
    if line.chars().count() <= MAX_LINE {
        return line.to_owned();
    }
    let kept: String = line.chars().take(MAX_LINE).collect();
    let words = kept.rsplit_once(' ').map_or(&*kept, |(words, _)| words);
    format!("{words} …")
}
