//! The lines of a chunk that say most about a question.

use std::collections::HashSet;
use std::ops::Range;

use super::Answer;
use crate::analysis;
use crate::index::ChunkRef;

/// Most lines of an excerpt.
const MAX_LINES: usize = 4;

/// The terms of an answer's question, those of its corrected words too.
pub fn question_terms(answer: &Answer) -> HashSet<String> {
    let read_as = answer.corrections.iter().map(|c| c.read_as.as_str());
    std::iter::once(answer.question.as_str())
        .chain(read_as)
        .flat_map(analysis::terms)
        .collect()
}

/// How many of `terms` a text has.
pub(super) fn shared_terms(text: &str, terms: &HashSet<String>) -> usize {
    let of_text: HashSet<String> = analysis::terms(text).into_iter().collect();
    of_text.intersection(terms).count()
}

/// A line of an excerpt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u32,
    /// The line without indentation.
    pub text: &'a str,
}

/// The neighbouring lines that together say most of the question's terms, the first of several that say as
/// many; of a table with its header. Lines without a word that is seen, headings and front matter are left out,
/// as long as there is another.
pub fn excerpt<'a>(chunk: &ChunkRef<'a>, question_terms: &HashSet<String>) -> Vec<Line<'a>> {
    let numbered = chunk.text.lines().zip(chunk.line_start..);
    let with_words = numbered.filter(|(text, _)| text.contains(char::is_alphanumeric));
    let all: Vec<Line<'a>> = with_words
        .map(|(text, number)| Line {
            number,
            text: text.trim(),
        })
        .collect();
    let body = front_matter_end(chunk);
    let says = |line: &&Line<'a>| {
        line.number >= body && !is_heading(line.text) && says_something(line.text)
    };
    let mut lines: Vec<Line<'a>> = all.iter().filter(says).copied().collect();
    if lines.is_empty() {
        lines = all;
    }
    let best = best_window(&lines, question_terms);
    let header = table_header(&lines, best.start);
    let header = header.filter(|header| *header < best.start);
    let kept = header.into_iter().chain(best);
    kept.take(MAX_LINES).map(|i| lines[i]).collect()
}

/// The first of the windows of [`MAX_LINES`] lines, or fewer, that share most terms, without lines at its
/// ends that share none.
fn best_window(lines: &[Line<'_>], question_terms: &HashSet<String>) -> Range<usize> {
    let shared: Vec<HashSet<String>> = lines
        .iter()
        .map(|line| {
            let mut terms: HashSet<String> = analysis::terms(line.text).into_iter().collect();
            terms.retain(|term| question_terms.contains(term));
            terms
        })
        .collect();
    let of = |window: &Range<usize>| {
        let terms: HashSet<&String> = shared[window.clone()].iter().flatten().collect();
        terms.len()
    };
    let windows = (0..lines.len()).map(|start| start..(start + MAX_LINES).min(lines.len()));
    // `max_by_key` gives the last of equal ones.
    let best = windows.rev().max_by_key(of).unwrap_or(0..0);
    let sharing: Vec<usize> = best.clone().filter(|&i| !shared[i].is_empty()).collect();
    match (sharing.first(), sharing.last()) {
        (Some(&first), Some(&last)) => first..last + 1,
        _ => best.start..best.end.min(best.start + 1),
    }
}

/// The header of the table that line `i` is in.
fn table_header(lines: &[Line<'_>], i: usize) -> Option<usize> {
    let is_row = |line: &Line<'_>| line.text.starts_with('|');
    is_row(lines.get(i)?).then(|| {
        let above = lines[..i].iter().rev();
        i - above.take_while(|line| is_row(line)).count()
    })
}

/// The number of the first line after the front matter, that of the first line where there is none.
fn front_matter_end(chunk: &ChunkRef<'_>) -> u32 {
    match chunk.line_start {
        1 => 1 + front_matter_lines(chunk.text.lines()) as u32,
        later => later,
    }
}

/// How many of the first lines of a section are its front matter, fences included.
pub(super) fn front_matter_lines<'a>(mut lines: impl Iterator<Item = &'a str>) -> usize {
    let fence = match lines.next() {
        Some(fence @ ("---" | "+++" | ";;;")) => fence,
        Some("{") => "}",
        _ => return 0,
    };
    lines
        .position(|line| line == fence)
        .map_or(0, |end| end + 2)
}

fn is_heading(line: &str) -> bool {
    line.trim_start_matches('#').starts_with(' ') && line.starts_with('#')
}

/// Whether a reader sees a word of a line: not where it is images, tags, or where a link leads to.
fn says_something(line: &str) -> bool {
    // A footnote has a text.
    let is_reference = line.starts_with('[') && !line.starts_with("[^") && line.contains("]: ");
    let mut seen = line.to_owned();
    // Images in links leave links without a text.
    for (start, end) in [("![", ")"), ("[](", ")"), ("<", ">")] {
        without(&mut seen, start, end);
    }
    !is_reference && seen.contains(char::is_alphanumeric)
}

/// Takes out of `text` what begins with `start` and goes on to the next `end`.
fn without(text: &mut String, start: &str, end: &str) {
    let mut from = 0;
    while let Some(at) = text[from..].find(start).map(|at| from + at) {
        let Some(length) = text[at..].find(end) else {
            return;
        };
        text.replace_range(at..at + length + end.len(), "");
        from = at;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::SectionId;

    fn chunk(text: &str) -> ChunkRef<'_> {
        ChunkRef {
            section: SectionId(0),
            line_start: 10,
            line_end: 20,
            tokens: 0,
            file_lines: (1, 1),
            heading_path: Vec::new(),
            anchor: None,
            text,
            embed_text_hash: [0; 16],
        }
    }

    fn numbers(text: &str, question: &str) -> Vec<u32> {
        let terms = analysis::terms(question).into_iter().collect();
        let chunk = chunk(text);
        let lines = excerpt(&chunk, &terms);
        lines.iter().map(|line| line.number).collect()
    }

    #[test]
    fn neighbouring_lines_that_together_share_most() {
        let text =
            "a page\n\n```\nother\nother\nother\npages\n\nand tokens\nother\na page of tokens";
        // Two terms in lines 16 to 18, and again in 20: the first.
        assert_eq!(numbers(text, "page tokens"), [16, 18]);
        assert_eq!(
            numbers("one page\ntwo pages\nthree\ntokens", "page tokens"),
            [10, 11, 12, 13]
        );
        assert_eq!(numbers("text\none page\ntwo\nthree", "page tokens"), [11]);
    }

    #[test]
    fn without_shared_terms_it_is_the_first_line_that_says_something() {
        assert_eq!(numbers("```\n# Title\ntext\nmore", "page"), [12]);
        assert_eq!(numbers("# A page", "page"), [10]);
        assert_eq!(numbers("---\n", "page"), Vec::<u32>::new());
    }

    #[test]
    fn headings_badges_and_front_matter_say_nothing() {
        let text = "# Page\n[![page](a.svg)](page)\nOf it\n#page is no heading";
        assert_eq!(numbers(text, "page"), [13]);
        let mut first = chunk("---\ntitle: Page\n---\n\nA page.\n---\nAnother");
        first.line_start = 1;
        let terms = analysis::terms("page").into_iter().collect();
        let found = excerpt(&first, &terms);
        assert_eq!(
            found,
            [Line {
                number: 5,
                text: "A page."
            }]
        );
    }

    #[test]
    fn a_line_says_something_if_a_reader_sees_a_word_of_it() {
        for (line, says) in [
            ("[![a](b.svg)](c) [![d](e.svg)](f)", false),
            ("![page](page.png)", false),
            ("[page]: https://page.example", false),
            ("<img src=\"page.svg\"> <br>", false),
            ("<a href=\"page\"><img src=\"page.svg\"></a>", false),
            ("![page](page.png) It is round.", true),
            ("[Page](page.md) | [Other](other.md)", true),
            ("A [page]: here", true),
            ("[^1]: It is round.", true),
            ("if a < b", true),
            ("![not closed", true),
        ] {
            assert_eq!(says_something(line), says, "{line}");
        }
    }

    #[test]
    fn rows_of_a_table_come_with_its_header() {
        let table =
            "Of:\n| name | size |\n|---|---|\n| a | 1 |\n| b | 2 |\n| page | 3 |\n| c | 4 |";
        assert_eq!(numbers(table, "page"), [11, 15]);
        assert_eq!(numbers(table, "name of a page"), [11, 13, 14, 15]);
    }
}
