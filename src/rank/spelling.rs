//! Typo tolerance: a question's word that neither the corpus nor the model knows is read as the
//! corpus's nearest word.
//!
//! A misspelt rare word misses every exact match and falls into meaningless word pieces, so both
//! arms lose it. But a word that only this corpus lacks (`subnet`, `semver`) must not become another
//! one. So a word is left alone if the corpus has its stem, if the model's vocabulary has it whole
//! (it is a common word) or if it is an identifier; the nearest word must begin with the same letter
//! and lie within one edit, two from eight letters on (Damerau and Levenshtein's distance, with
//! transpositions of neighbours). One letter for another counts as two edits, since that is how
//! different words differ, but for a vowel instead of a vowel in a word that is not too short.

use crate::analysis;

/// Shorter words are not corrected: too many words lie one edit away.
const SHORTEST: usize = 4;
/// From this many letters on, two edits are allowed.
const TWO_EDITS_FROM: usize = 8;
/// From this many letters on, a vowel instead of a vowel is one edit.
const VOWELS_ALIKE_FROM: usize = 6;
/// Words of a question that are looked at: as many as the model reads of it, or more.
const MOST_WORDS: usize = 256;
/// Endings under which a word may be known though this form of it is not.
const ENDINGS: [&str; 7] = ["s", "es", "d", "ed", "ing", "er", "ers"];

/// A word read as another one.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    /// As it stands in the question.
    pub word: String,
    /// The corpus's word that was searched for.
    pub read_as: String,
}

/// The question with unknown words corrected, and what was corrected in order of appearance.
///
/// `vocabulary` lists the corpus's words, most frequent first: of two words equally near, the more
/// frequent one is taken. `is_familiar` says whether the model knows a lower-case word whole or the
/// corpus has its stem.
/// Words after the first 256 stay as they are. O(unknown words x vocabulary).
///
/// # Errors
///
/// Those of `vocabulary`.
pub fn correct<'a, V: Iterator<Item = &'a str>, E>(
    question: &str,
    vocabulary: impl Fn() -> Result<V, E>,
    is_familiar: impl Fn(&str) -> bool,
) -> Result<(String, Vec<Correction>), E> {
    let mut corrected = String::with_capacity(question.len());
    let mut corrections = Vec::new();
    let mut copied = 0;
    for word in analysis::words(question).take(MOST_WORDS) {
        if !is_candidate(word) || is_known(word, &is_familiar) {
            continue;
        }
        let Some(nearest) = nearest_word(&word.to_lowercase(), vocabulary()?) else {
            continue;
        };
        let start = word.as_ptr() as usize - question.as_ptr() as usize;
        corrected.push_str(&question[copied..start]);
        corrected.push_str(nearest);
        copied = start + word.len();
        corrections.push(Correction {
            word: word.to_owned(),
            read_as: nearest.to_owned(),
        });
    }
    corrected.push_str(&question[copied..]);
    Ok((corrected, corrections))
}

/// A plain word: ASCII letters, at most the first one upper-case, long enough.
fn is_candidate(word: &str) -> bool {
    word.len() >= SHORTEST
        && word.bytes().all(|b| b.is_ascii_alphabetic())
        && word.bytes().skip(1).all(|b| b.is_ascii_lowercase())
}

fn is_known(word: &str, is_familiar: &impl Fn(&str) -> bool) -> bool {
    let word = word.to_lowercase();
    is_familiar(&word)
        || ENDINGS
            .iter()
            .filter_map(|ending| word.strip_suffix(ending))
            .any(|stem| stem.len() >= 3 && is_familiar(stem))
}

/// The word itself if the vocabulary has it as it is: then nothing is to be corrected.
fn nearest_word<'a>(word: &str, vocabulary: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = if word.len() >= TWO_EDITS_FROM { 2 } else { 1 };
    let mut nearest = None;
    let mut distance = allowed + 1;
    for candidate in vocabulary {
        if candidate == word {
            return None;
        }
        if candidate.len().abs_diff(word.len()) >= distance
            || candidate.as_bytes().first() != word.as_bytes().first()
        {
            continue;
        }
        let edits = edit_distance(word.as_bytes(), candidate.as_bytes());
        if edits < distance {
            (nearest, distance) = (Some(candidate), edits);
        }
    }
    nearest
}

/// Optimal string alignment distance: insertions, deletions and transpositions of neighbours are one
/// edit, substitutions as [`substitution`] says.
fn edit_distance(a: &[u8], b: &[u8]) -> usize {
    let mut before_last = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substituted = last[j - 1] + substitution(a[i - 1], b[j - 1], a.len());
            row[j] = substituted.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

/// Edits that it takes to write letter `b` for `a` in a word of so many letters.
fn substitution(a: u8, b: u8, letters: usize) -> usize {
    let is_vowel = |letter: u8| b"aeiou".contains(&letter);
    match a == b {
        true => 0,
        false if letters >= VOWELS_ALIKE_FROM && is_vowel(a) && is_vowel(b) => 1,
        false => 2,
    }
}

/// The words of a corpus that [`correct`] may read a word as: ASCII words of at least four letters
/// in lower case, those inside identifiers too, most frequent first, then by spelling.
pub fn vocabulary<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut counts = std::collections::HashMap::<String, usize>::new();
    let words = texts.into_iter().flat_map(analysis::words);
    for word in words.flat_map(analysis::identifier_parts) {
        if word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_alphabetic()) {
            *counts.entry(word.to_ascii_lowercase()).or_default() += 1;
        }
    }
    let mut words: Vec<(String, usize)> = counts.into_iter().collect();
    words.sort_unstable_by(|(a, n), (b, m)| m.cmp(n).then_with(|| a.cmp(b)));
    words.into_iter().map(|(word, _)| word).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 5] = ["pagination", "token", "variable", "variables", "cursor"];

    fn fix(question: &str) -> String {
        let common = |word: &str| ["what", "does", "taken", "folder"].contains(&word);
        let words = || Ok::<_, std::convert::Infallible>(WORDS.into_iter());
        correct(question, words, common).unwrap().0
    }

    #[test]
    fn distances() {
        assert_eq!(edit_distance(b"tokne", b"token"), 1);
        assert_eq!(edit_distance(b"varibles", b"variables"), 1);
        assert_eq!(edit_distance(b"abc", b"xyz"), 6);
        assert_eq!(edit_distance(b"", b"ab"), 2);
        assert_eq!(edit_distance(b"curser", b"cursor"), 1);
        assert_eq!(edit_distance(b"subnet", b"subset"), 2);
        assert_eq!(edit_distance(b"slog", b"slug"), 2);
    }

    #[test]
    fn unknown_words_are_read_as_the_nearest() {
        assert_eq!(
            fix("What does the Tokne of pagnaton?"),
            "What does the token of pagination?"
        );
        assert_eq!(fix("curser, varibles"), "cursor, variables");
    }

    #[test]
    fn known_words_identifiers_and_distant_words_stay() {
        for question in [
            "taken folders",
            "toKne TOKNE t0kne",
            "kubernetes",
            "tokn\u{e9}",
            "tok",
        ] {
            assert_eq!(fix(question), question);
        }
    }

    #[test]
    fn the_vocabulary_is_sorted_by_frequency_then_spelling() {
        assert_eq!(
            vocabulary(["beta Alpha the", "beta x1yz last_login ExternalID"]),
            ["beta", "alpha", "external", "last", "login"]
        );
    }
}
