//! Words of readers that the docs do not use.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::docs::Docs;
use super::draft::{Draft, list, place, quoted};
use super::finding::{Place, Rule, Severity};
use super::readers::Asked;
use crate::Result;
use crate::analysis;
use crate::encoder::{self, Embedding};
use crate::index::ChunkId;
use crate::search::Searcher;

/// Words of the docs, most frequent first, among which the nearest are looked for.
const VOCABULARY: usize = 4_000;
/// Words that are embedded together.
const BATCH: usize = 64;
/// Nearest words that are named, and the cosine from which they are.
const NEAREST: usize = 3;
const NEAR: f32 = 0.5;
/// Letters of the shortest word that is a reader's.
const SHORTEST: usize = 3;
/// Beginning that forms of one word have in common, in letters.
const SAME_WORD: usize = 4;
/// Questions from which a word is told, and from which it is more than a note.
const REPEATED: usize = 2;
const OFTEN: usize = 3;

/// A word that the sections do not have, in one of its forms, with the questions that have it.
#[derive(Default)]
struct Missing {
    word: String,
    /// Different ones.
    questions: BTreeSet<String>,
    /// Questions that did not find what they should.
    failed: BTreeSet<String>,
    place: Option<Place>,
}

impl Missing {
    /// Whether it stands in several questions, most of which did not find their answer.
    fn is_worth_telling(&self) -> bool {
        let asked = self.questions.len();
        asked >= REPEATED && self.failed.len() * 2 > asked
    }
}

/// A finding for each word that is worth one and that the docs have another word near to.
pub(super) fn findings(
    docs: &Docs<'_>,
    searcher: &Searcher,
    questions: &[Asked],
) -> Result<Vec<Draft>> {
    let missing = missing(searcher, questions)?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let words: Vec<&str> = missing
        .iter()
        .map(|missing| missing.word.as_str())
        .collect();
    let nearest = nearest_words(searcher, &words)?;
    let drafts = missing.iter().zip(nearest);
    let drafts = drafts.map(|(missing, near)| draft(docs, missing, &near));
    drafts.filter_map(Result::transpose).collect()
}

/// The words of `questions` that the sections do not have and that are worth telling; forms of one word are
/// one.
fn missing(searcher: &Searcher, questions: &[Asked]) -> Result<Vec<Missing>> {
    let absent = questions.par_iter();
    let absent = absent.map(|asked| searcher.absent_from_sections(&asked.question));
    let absent: Vec<Vec<String>> = absent.collect::<Result<_, _>>()?;
    let mut missing: BTreeMap<Vec<String>, Missing> = BTreeMap::new();
    for (asked, words) in questions.iter().zip(absent) {
        for word in words.iter().filter(|word| is_word(word)) {
            let known = missing.entry(analysis::terms(word)).or_default();
            if known.word.is_empty() {
                known.word = word.to_lowercase();
            }
            known.questions.insert(asked.question.clone());
            if asked.failed {
                known.failed.insert(asked.question.clone());
            }
            known.place = known.place.take().or_else(|| asked.place.clone());
        }
    }
    let told = missing.into_values().filter(Missing::is_worth_telling);
    Ok(told.collect())
}

fn is_word(word: &str) -> bool {
    word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic)
}

/// For each of `words` those of the docs that are nearest in meaning, nearest first.
fn nearest_words(searcher: &Searcher, words: &[&str]) -> Result<Vec<Vec<(String, f32)>>> {
    let vocabulary = searcher.index().vocabulary()?.take(VOCABULARY);
    let vocabulary: Vec<&str> = vocabulary.collect();
    let embed = |words: &[&str]| -> Result<Vec<Embedding>> {
        let batches = words.par_chunks(BATCH);
        let embedded =
            batches.map(|batch| encoder::encode_passages(&**searcher.encoder(), batch, false));
        let embedded: Vec<Vec<Embedding>> = embedded.collect::<Result<_, _>>()?;
        Ok(embedded.into_iter().flatten().collect())
    };
    let (known, asked) = (embed(&vocabulary)?, embed(words)?);
    let simd = searcher.index().simd();
    let nearest = asked.par_iter().map(|word| {
        let near = known.iter().zip(&vocabulary);
        let near = near.map(|(known, text)| (*text, simd.dot(&known.sentence, &word.sentence)));
        let mut near: Vec<(&str, f32)> = near.filter(|(_, cosine)| *cosine >= NEAR).collect();
        near.sort_by(|a, b| b.1.total_cmp(&a.1));
        // One form of each word.
        let mut seen = BTreeSet::new();
        near.retain(|(text, _)| seen.insert(analysis::terms(text)));
        let best = near.into_iter().take(NEAREST);
        best.map(|(text, cosine)| (text.to_owned(), cosine))
            .collect()
    });
    Ok(nearest.collect())
}

fn draft(docs: &Docs<'_>, missing: &Missing, near: &[(String, f32)]) -> Result<Option<Draft>> {
    let word = missing.word.as_str();
    let Some((nearest, _)) = near.first().filter(|(nearest, _)| !is_form(word, nearest)) else {
        return Ok(None);
    };
    let (Some(at), Some(question)) = (place_of(docs, nearest)?, missing.failed.first()) else {
        return Ok(None);
    };
    let (asked, failed) = (missing.questions.len(), missing.failed.len());
    let severity = match asked >= OFTEN {
        true => Severity::Warning,
        false => Severity::Note,
    };
    let words: Vec<String> = near.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let message = format!(
        "readers say \"{word}\" ({asked} questions, {failed} of them without finding the answer first), the \
         sections never; nearest in meaning they have {}: {}",
        list(&words, NEAREST),
        quoted(question),
    );
    let remedy = format!(
        "if \"{word}\" means \"{nearest}\", say it there once, as in \"{nearest} ({word})\"; else add a hint \
         with the word to {}",
        docs.guide_in_words()
    );
    let draft = Draft::new(Rule::MissingWord, severity, at, &[word])
        .says(message, remedy)
        .related(missing.place.iter().cloned())
        .weighing((asked + failed) as f64);
    Ok(Some(draft))
}

/// Whether two words begin alike, as forms of one word do.
fn is_form(a: &str, b: &str) -> bool {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
    same >= SAME_WORD.min(a.chars().count())
}

/// The passage that says `word` most.
fn place_of(docs: &Docs<'_>, word: &str) -> Result<Option<Place>> {
    let terms = analysis::terms(word);
    let Some(term) = terms.last() else {
        return Ok(None);
    };
    let Some((chunks, weights)) = docs.index.chunks_lexical().postings(term)? else {
        return Ok(None);
    };
    let best = chunks
        .iter()
        .zip(weights)
        .max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0)));
    let Some((&chunk, _)) = best else {
        return Ok(None);
    };
    let chunk = docs.index.chunk(ChunkId(chunk))?;
    Ok(Some(place(
        &docs.section(chunk.section).path,
        chunk.line_start,
    )))
}
