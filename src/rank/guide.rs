//! The guide's arm: which of the authors' routing hints says what the question says.
//!
//! A hint speaks only if it matches strongly and more strongly than any hint that points
//! elsewhere; otherwise it stays silent, since a weak match is noise. What it does is bounded: its
//! sections take the first places, in the author's order, and the others keep theirs among
//! themselves.

use std::collections::HashSet;

use super::analysis;
use crate::corpus::Guide;
use crate::index::{MatrixRef, dot};

/// Weakest match that speaks.
const THRESHOLD: f32 = 0.62;
/// By how much a match must exceed that of the best hint with another first section.
const MARGIN: f32 = 0.04;
/// Share of word overlap in the match; the rest is the cosine of the sentence vectors.
const OVERLAP_SHARE: f32 = 0.5;
/// Word overlap from which a question counts as one that repeats the hint.
const REPEATED: f32 = 0.5;

/// Which of the authors' routing hints may move sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Hints {
    /// All.
    #[default]
    All,
    /// Those that the question does not repeat: it has less than half of their joint words in
    /// common with the hint. Shows what hints are worth to questions that their authors did not
    /// think of.
    Unrepeated,
    /// None.
    None,
}

/// A guideline or usage example that matches a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Fired {
    /// What the author wrote: `How do I: Add pagination`, or an example's question.
    pub phrase: String,
    /// What it points to, in the author's order.
    pub targets: Vec<String>,
    /// Those targets that an answer may name; at least one.
    pub sections: Vec<u32>,
    /// How strongly it matches, from the threshold to 1.
    pub strength: f32,
}

/// A guideline or example as the text that questions are compared with.
struct Hint<'a> {
    text: String,
    words: &'a str,
    targets: &'a [String],
    row: usize,
}

/// The texts of the guide's hints in the order of their vectors: guidelines, then examples.
/// (Descriptors are not hints: their words count in the sections' BM25.)
pub fn texts(guide: &Guide) -> Vec<String> {
    let guidelines = guide.guidelines.iter().map(|g| phrase(&g.group, &g.phrase));
    let examples = guide.examples.iter().map(|e| e.question.clone());
    guidelines.chain(examples).collect()
}

fn phrase(group: &str, phrase: &str) -> String {
    match (group.is_empty(), phrase.is_empty()) {
        (true, _) => phrase.to_owned(),
        (_, true) => group.to_owned(),
        _ => format!("{group}: {phrase}"),
    }
}

/// The hint that speaks to a question, if one does. `vectors` are the rows of [`texts`]; `sections`
/// gives those of a hint's targets that an answer may name: a hint without any neither speaks nor
/// silences another.
///
/// O(hints x dim).
///
/// # Errors
///
/// Those of `sections`.
pub fn fire<E>(
    guide: &Guide,
    vectors: MatrixRef<'_>,
    question: &str,
    question_vector: &[f32],
    allowed: Hints,
    sections: impl Fn(&[String]) -> Result<Vec<u32>, E>,
) -> Result<Option<Fired>, E> {
    let mut best: Option<Fired> = None;
    for (strength, hint) in matches(guide, vectors, question, question_vector, allowed) {
        let too_weak = match &best {
            None => strength < THRESHOLD,
            Some(best) => best.strength - strength >= MARGIN,
        };
        if too_weak {
            break;
        }
        let sections = sections(hint.targets)?;
        match &best {
            _ if sections.is_empty() => {}
            None => {
                best = Some(Fired {
                    phrase: hint.text,
                    targets: hint.targets.to_vec(),
                    sections,
                    strength,
                });
            }
            Some(best) if best.sections[0] != sections[0] => return Ok(None),
            Some(_) => {}
        }
    }
    Ok(best)
}

/// The allowed hints with how strongly they match, strongest first.
fn matches<'a>(
    guide: &'a Guide,
    vectors: MatrixRef<'_>,
    question: &str,
    question_vector: &[f32],
    allowed: Hints,
) -> Vec<(f32, Hint<'a>)> {
    if allowed == Hints::None {
        return Vec::new();
    }
    let asked = content_terms(question);
    let is_repeated = |hint: &Hint<'_>| {
        [hint.words, &hint.text]
            .iter()
            .any(|w| overlap(&asked, w) >= REPEATED)
    };
    let mut matches: Vec<(f32, Hint<'_>)> = hints(guide)
        .filter(|hint| allowed == Hints::All || !is_repeated(hint))
        .map(|hint| {
            let cosine = vectors
                .row(hint.row)
                .map_or(0.0, |row| dot(row, question_vector));
            let said = [hint.words, &hint.text];
            let strength = said.map(|words| strength(&asked, words, cosine));
            (strength[0].max(strength[1]), hint)
        })
        .collect();
    matches.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    matches
}

fn hints(guide: &Guide) -> impl Iterator<Item = Hint<'_>> {
    let examples_from = guide.guidelines.len();
    let guidelines = guide.guidelines.iter().enumerate().map(|(row, g)| Hint {
        text: phrase(&g.group, &g.phrase),
        words: &g.phrase,
        targets: &g.targets,
        row,
    });
    let examples = guide.examples.iter().enumerate().map(move |(i, e)| Hint {
        text: e.question.clone(),
        words: &e.question,
        targets: &e.targets,
        row: examples_from + i,
    });
    examples.chain(guidelines)
}

/// Word overlap and cosine, mixed; 1 for the same words.
fn strength(asked: &HashSet<String>, words: &str, cosine: f32) -> f32 {
    match overlap(asked, words) {
        1.0 => 1.0,
        overlap => OVERLAP_SHARE * overlap + (1.0 - OVERLAP_SHARE) * cosine,
    }
}

/// Jaccard's index of the content terms; 0 if there are none.
fn overlap(asked: &HashSet<String>, words: &str) -> f32 {
    let said = content_terms(words);
    let shared = asked.intersection(&said).count() as f32;
    shared / (asked.union(&said).count() as f32).max(1.0)
}

fn content_terms(text: &str) -> HashSet<String> {
    analysis::terms(text).into_iter().collect()
}
