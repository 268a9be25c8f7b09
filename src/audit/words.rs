//! Words of readers that the docs do not use.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::docs::Docs;
use super::draft::{Draft, count, list, place, quoted};
use super::finding::{Place, Rule, Severity};
use super::readers::Asked;
use crate::Result;
use crate::encoder::{self, Embedding};
use crate::index::ChunkId;
use crate::search::Searcher;

/// Words of the docs, most frequent first, among which the nearest are looked for.
const VOCABULARY: usize = 4_000;
/// Words that are embedded together.
const BATCH: usize = 64;
/// Nearest words that are named, and the cosine from which they are.
const NEAREST: usize = 3;
const NEAR: f32 = 0.45;
/// Letters of the shortest word that is a reader's.
const SHORTEST: usize = 3;
/// Questions from which a word is more than a note.
const OFTEN: usize = 3;

/// A word that the sections do not have, with the questions that have it.
#[derive(Default)]
struct Missing {
    questions: Vec<String>,
    /// Questions that did not find what they should.
    failed: usize,
    place: Option<Place>,
}

/// A finding for each word that is worth one: it kept a question from its answer, or is asked for often,
/// and the docs have a word near it.
pub(super) fn findings(
    docs: &Docs<'_>,
    searcher: &Searcher,
    questions: &[Asked],
) -> Result<Vec<Draft>> {
    let missing = missing(searcher, questions)?;
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let words: Vec<&str> = missing.keys().map(String::as_str).collect();
    let nearest = nearest_words(searcher, &words)?;
    let drafts = missing.iter().zip(nearest);
    let drafts = drafts.map(|((word, missing), near)| draft(docs, word, missing, &near));
    drafts.filter_map(Result::transpose).collect()
}

/// The words of `questions` that the sections do not have, each with its questions.
fn missing(searcher: &Searcher, questions: &[Asked]) -> Result<BTreeMap<String, Missing>> {
    let absent = questions
        .par_iter()
        .map(|asked| searcher.absent_from_sections(&asked.question));
    let absent: Vec<Vec<String>> = absent.collect::<Result<_, _>>()?;
    let mut missing: BTreeMap<String, Missing> = BTreeMap::new();
    for (asked, words) in questions.iter().zip(absent) {
        let words: BTreeSet<String> = words.iter().map(|word| word.to_lowercase()).collect();
        for word in words.into_iter().filter(|word| is_word(word)) {
            let known = missing.entry(word).or_default();
            known.questions.push(asked.question.clone());
            known.failed += usize::from(asked.failed);
            known.place = known.place.take().or_else(|| asked.place.clone());
        }
    }
    Ok(missing)
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
        let best = near.into_iter().take(NEAREST);
        best.map(|(text, cosine)| (text.to_owned(), cosine))
            .collect()
    });
    Ok(nearest.collect())
}

fn draft(
    docs: &Docs<'_>,
    word: &str,
    missing: &Missing,
    near: &[(String, f32)],
) -> Result<Option<Draft>> {
    let asked = missing.questions.len();
    let is_worth = missing.failed > 0 || asked >= OFTEN;
    let (true, Some((nearest, _))) = (is_worth, near.first()) else {
        return Ok(None);
    };
    let Some(at) = place_of(docs, nearest)? else {
        return Ok(None);
    };
    let severity = match asked >= OFTEN {
        true => Severity::Warning,
        false => Severity::Note,
    };
    let words: Vec<String> = near.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let failed = match missing.failed {
        0 => String::new(),
        n => format!(", {n} of them without finding the answer first"),
    };
    let message = format!(
        "readers say \"{word}\" ({}{failed}), the sections never; nearest in meaning they have {}: {}",
        count(asked, "question"),
        list(&words, NEAREST),
        quoted(&missing.questions[0]),
    );
    let remedy = format!(
        "if \"{word}\" means \"{nearest}\", say it there once, as in \"{nearest} ({word})\"; else add a hint \
         with the word to {}",
        docs.guide_file()
    );
    let related = missing.place.iter().cloned();
    let draft = Draft::new(Rule::MissingWord, severity, at, &[word])
        .says(message, remedy)
        .related(related)
        .weighing((asked + missing.failed) as f64);
    Ok(Some(draft))
}

/// The passage that says `word` most.
fn place_of(docs: &Docs<'_>, word: &str) -> Result<Option<Place>> {
    let terms = crate::analysis::terms(word);
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
