//! What readers ask: the guide's questions, a file of questions, the query log.

use rayon::prelude::*;

use super::docs::Docs;
use super::draft::place;
use super::finding::Place;
use crate::Result;
use crate::answer::Verdict;
use crate::eval::Question;
use crate::query_log::QueryLog;
use crate::search::{HintUse, SearchOptions, Searcher};

/// What is known of readers, besides the guide of the docs.
#[derive(Debug, Clone, Default)]
pub struct Readers {
    /// Questions with the sections that answer them.
    pub questions: Vec<Question>,
    /// What was asked.
    pub log: QueryLog,
}

/// A question of a reader.
pub(super) struct Asked {
    pub question: String,
    /// Whether it did not find what it should.
    pub failed: bool,
    /// Where it stands in the docs, if it does.
    pub place: Option<Place>,
}

/// The grade from which a section answers a question of a file.
const ANSWERS: u8 = 2;

/// All questions of readers, each asked once more, without the hints that it repeats.
pub(super) fn asked(docs: &Docs<'_>, searcher: &Searcher, readers: &Readers) -> Result<Vec<Asked>> {
    let of_guide = docs.guide.questions.iter().map(|known| {
        let at = place(&known.source.file, known.source.line);
        (known.question.as_str(), known.targets.clone(), Some(at))
    });
    let of_file = readers.questions.iter().map(|question| {
        let answers = question
            .relevant
            .iter()
            .filter(|(_, grade)| **grade >= ANSWERS);
        (
            question.text.as_str(),
            answers.map(|(path, _)| path.clone()).collect(),
            None,
        )
    });
    let judged: Vec<(&str, Vec<String>, Option<Place>)> = of_guide.chain(of_file).collect();
    let options = SearchOptions {
        hints: HintUse::Unrepeated,
        ..SearchOptions::default()
    };
    let ask = |(question, answers, place): (&str, Vec<String>, Option<Place>)| -> Result<Asked> {
        let answer = searcher.search(question, &options)?;
        let first = answer.hits.first().map(|hit| &hit.section.path);
        let is_first = first.is_some_and(|first| answers.contains(first));
        let is_refused = matches!(
            answer.verdict,
            Verdict::NothingConfident | Verdict::NothingFound
        );
        Ok(Asked {
            question: question.to_owned(),
            failed: !answers.is_empty() && (!is_first || is_refused),
            place,
        })
    };
    let mut all: Vec<Asked> = judged.into_par_iter().map(ask).collect::<Result<_>>()?;
    all.extend(readers.log.entries.iter().map(|entry| Asked {
        question: entry.question.clone(),
        failed: entry.is_unanswered(),
        place: None,
    }));
    Ok(all)
}
