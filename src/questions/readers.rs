//! What readers asked, section by section: in which words, and whether it was answered.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use rayon::prelude::*;

use crate::Result;
use crate::analysis;
use crate::answer::{Answer, Hit};
use crate::index::SectionId;
use crate::query_log::{LoggedQuestion, LoggedVerdict, QueryLog};
use crate::search::{SearchOptions, Searcher};

/// Different questions of a log that are looked at, those that were asked most.
const MOST_QUESTIONS: usize = 2_000;
/// Questions of each kind that are shown of a section, and the characters of each.
const SHOWN: usize = 5;
const CHARS: usize = 160;
/// Words that are shown of a section, and the letters of the shortest one.
const WORDS: usize = 12;
const SHORTEST: usize = 3;
/// Cosine of question and passage from which a section is near.
const NEAR: f32 = 0.4;

/// The first section of an answer, confident or not, if it is near to what was asked.
pub(crate) fn nearest_section(answer: &Answer) -> Option<&Hit> {
    answer.hits.first().filter(|hit| hit.signals.dense >= NEAR)
}

/// The questions of a log by the sections that they have to do with.
pub(super) type Readers = HashMap<SectionId, OfSection>;

/// Questions that have to do with a section, each with how often it was asked; most often first.
#[derive(Debug, Default)]
pub(super) struct OfSection {
    /// Those that the section answered.
    answered: Vec<(String, usize)>,
    /// Those that were not answered when they were asked last nor are now, and that it is nearest to.
    open: Vec<(String, usize)>,
}

/// Sorts the questions of `log` to sections. One that was answered when it was asked last belongs to the section that
/// answered; others, and those whose section is gone, are asked again: a search each, on all cores, for the
/// 2,000 that were asked most.
pub(super) fn readers(searcher: &Searcher, log: &QueryLog) -> Result<Readers> {
    let mut questions = log.questions(|_| true);
    questions.sort_by_key(|asked| Reverse(asked.entries.len()));
    questions.truncate(MOST_QUESTIONS);
    let sorted = questions
        .par_iter()
        .map(|asked| section_of(searcher, asked));
    let sorted: Vec<Option<(SectionId, bool)>> = sorted.collect::<Result<_>>()?;
    let mut readers = Readers::new();
    for (asked, sorted) in questions.into_iter().zip(sorted) {
        if let Some((section, is_answered)) = sorted {
            let of_section = readers.entry(section).or_default();
            let questions = match is_answered {
                true => &mut of_section.answered,
                false => &mut of_section.open,
            };
            questions.push((asked.question, asked.entries.len()));
        }
    }
    Ok(readers)
}

/// The section that a question has to do with, if one, and whether that answered it.
fn section_of(
    searcher: &Searcher,
    asked: &LoggedQuestion<'_>,
) -> Result<Option<(SectionId, bool)>> {
    let last = asked.entries.last();
    let answered = last.filter(|last| last.verdict == LoggedVerdict::Answered);
    if let Some(path) = answered.and_then(|last| last.section.as_deref())
        && let Some(section) = searcher.index().find_section(path)?
    {
        return Ok(Some((section, true)));
    }
    let answer = searcher.search(&asked.question, &SearchOptions::default())?;
    let shown = answer.shown().first().map(|hit| (hit.section_id, true));
    Ok(shown.or_else(|| nearest_section(&answer).map(|hit| (hit.section_id, false))))
}

impl OfSection {
    /// How often something was asked that the section does not answer.
    pub fn times_open(&self) -> usize {
        self.open.iter().map(|(_, times)| times).sum()
    }

    /// What a writer of questions should know of it: the questions but those that are `known`, and words of
    /// readers that are not in `text`, which is what the section and they say.
    pub fn in_words(&self, known: &[&str], text: &str) -> String {
        let known: BTreeSet<String> = known.iter().map(|known| known.to_lowercase()).collect();
        let is_new = |(question, _): &&(String, usize)| !known.contains(&question.to_lowercase());
        let mut out = String::new();
        for (lead, questions) in [
            ("Readers asked this and were led here:", &self.answered),
            (
                "Readers asked this, had no answer, and this section is the nearest:",
                &self.open,
            ),
        ] {
            for (number, (question, times)) in
                questions.iter().filter(is_new).take(SHOWN).enumerate()
            {
                if number == 0 {
                    let _ = writeln!(out, "{lead}");
                }
                let question: String = question.chars().take(CHARS).collect();
                let times = match times {
                    1 => String::new(),
                    n => format!(" ({n} times)"),
                };
                let _ = writeln!(out, "> {question}{times}");
            }
        }
        let words = self.missing_words(text);
        if !words.is_empty() {
            let _ = writeln!(
                out,
                "Words of theirs that the section does not have:\n> {}",
                words.join(", ")
            );
        }
        out
    }

    /// Words of the questions that `text` does not have in any form, most often asked first.
    fn missing_words(&self, text: &str) -> Vec<String> {
        let there: BTreeSet<String> = analysis::terms(text).into_iter().collect();
        let mut missing: BTreeMap<Vec<String>, (usize, String)> = BTreeMap::new();
        for (question, times) in self.answered.iter().chain(&self.open) {
            for word in analysis::words(question) {
                let terms = analysis::terms(word);
                let is_word =
                    word.chars().count() >= SHORTEST && word.chars().all(char::is_alphabetic);
                if is_word && !terms.is_empty() && !terms.iter().any(|term| there.contains(term)) {
                    let found = missing
                        .entry(terms)
                        .or_insert_with(|| (0, word.to_lowercase()));
                    found.0 += times;
                }
            }
        }
        let mut missing: Vec<(usize, String)> = missing.into_values().collect();
        missing.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        missing
            .into_iter()
            .take(WORDS)
            .map(|(_, word)| word)
            .collect()
    }
}
