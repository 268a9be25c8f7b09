//! The lines of a chunk that say most about a question.

use std::collections::HashSet;

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

/// A line of an excerpt.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Its number in the file, from 1.
    pub number: u32,
    /// The line without indentation.
    pub text: &'a str,
}

/// The lines that share most terms with the question, in the order of the file; the first line
/// with a word if none shares any. Lines without a word are never chosen.
pub fn excerpt<'a>(chunk: &ChunkRef<'a>, question_terms: &HashSet<String>) -> Vec<Line<'a>> {
    let mut lines: Vec<(usize, Line<'a>)> = chunk
        .text
        .lines()
        .zip(chunk.line_start..)
        .filter(|(text, _)| text.contains(char::is_alphanumeric))
        .map(|(text, number)| {
            let text = text.trim();
            (shared(text, question_terms), Line { number, text })
        })
        .collect();
    lines.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    let sharing = lines.iter().filter(|(shared, _)| *shared > 0).count();
    lines.truncate(sharing.clamp(1, MAX_LINES));
    let mut lines: Vec<Line<'a>> = lines.into_iter().map(|(_, line)| line).collect();
    lines.sort_by_key(|line| line.number);
    lines
}

/// Number of different terms of the question in `text`.
fn shared(text: &str, question_terms: &HashSet<String>) -> usize {
    let terms: HashSet<String> = analysis::terms(text).into_iter().collect();
    terms.intersection(question_terms).count()
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
            heading_path: Vec::new(),
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
    fn the_lines_that_share_most_come_in_file_order() {
        let text =
            "tokens\n\n```\npages of tokens\nother\na page\na page\na page\ntokens of a page";
        assert_eq!(numbers(text, "page tokens"), [10, 13, 15, 18]);
    }

    #[test]
    fn without_shared_terms_it_is_the_first_line_with_a_word() {
        assert_eq!(numbers("```\n# Title\ntext", "page"), [11]);
        assert_eq!(numbers("---\n", "page"), Vec::<u32>::new());
    }
}
