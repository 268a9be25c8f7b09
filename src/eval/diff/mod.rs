//! What a change of the docs made of the answers: the same questions, asked of an index of the docs
//! before and of one after the change.
//!
//! ```text
//! question files | guide of the index after --> questions --+
//!                                                           +--> Diff --> text, Markdown, JSON
//! index before, index after --> searchers ------------------+
//! ```
//!
//! Both sides are asked alike, with default settings; differences of means are paired by question. A
//! section that a question names and an index lacks cannot be found there, and the diff names it.

mod markdown;
mod measures;
mod question;
mod sections;
mod set;
mod text;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use serde::Serialize;

use super::EvalError;
use crate::index::Index;
use crate::search::Searcher;
use crate::terminal::printable_json;

pub use markdown::markdown;
pub use measures::MeasureDiff;
pub use question::{Change, QuestionDiff, Side, Step};
pub use sections::{Rename, SectionsDiff};
pub use set::{QuestionSet, guide_questions};
pub use text::text;

/// Version of the JSON object's layout: raised when a key goes or changes its meaning.
pub const VERSION: u32 = 1;

/// What a change of the docs made of the answers. As JSON it is the object that `docent diff` documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// [`VERSION`].
    pub version: u32,
    /// Name of the model of both indexes.
    pub model: String,
    /// Confidence below which a question is refused; `None` if the model is not calibrated, so that
    /// nothing is.
    pub threshold: Option<f32>,
    /// The index before the change.
    pub before: IndexSide,
    /// The index after the change.
    pub after: IndexSide,
    /// Where the questions come from.
    pub sources: Vec<Source>,
    /// How many questions changed in which way.
    pub counts: Counts,
    /// Means over all questions; one that is not defined on them is absent.
    pub measures: Vec<MeasureDiff>,
    /// Every question, in the order of the sources.
    pub questions: Vec<QuestionDiff>,
    /// What happened to the sections.
    pub sections: SectionsDiff,
    /// Relevant sections that are not there to be found.
    pub missing: Missing,
    /// What else people should know.
    pub notes: Vec<String>,
}

/// One of the two indexes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexSide {
    /// Path of the file, as it was opened.
    pub index: String,
    /// Its sections.
    pub sections: usize,
    /// Its chunks.
    pub chunks: usize,
}

/// Where questions come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// Path of the question file, or `guide`.
    pub name: String,
    /// How many they are.
    pub questions: usize,
}

/// Questions by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// [`Change::Lost`].
    pub lost: usize,
    /// [`Change::Won`].
    pub won: usize,
    /// [`Change::Moved`].
    pub moved: usize,
    /// [`Change::Same`].
    pub same: usize,
}

/// Relevant sections that an index lacks, each once, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Missing {
    /// Those that are not in the index before the change.
    pub before: Vec<String>,
    /// Those that are not in the index after it.
    pub after: Vec<String>,
}

/// Fails unless both indexes were built with one model.
///
/// # Errors
///
/// [`EvalError::DifferentModels`].
pub fn check_models(before: &Index, after: &Index) -> Result<(), EvalError> {
    if before.meta().model == after.meta().model {
        return Ok(());
    }
    Err(EvalError::DifferentModels {
        before: before.path().to_owned(),
        before_model: Box::new(before.meta().model.clone()),
        after: after.path().to_owned(),
        after_model: Box::new(after.meta().model.clone()),
    })
}

/// Asks all questions of both.
///
/// # Errors
///
/// Those of [`check_models`] and of searches, and [`EvalError::InNeitherIndex`] for questions that are about
/// other docs.
pub fn compare(
    before: &Searcher,
    after: &Searcher,
    sets: &[QuestionSet],
) -> Result<Diff, EvalError> {
    let indexes = [before, after].map(|searcher| &**searcher.index());
    check_models(indexes[0], indexes[1])?;
    let mut pairs = Vec::new();
    for set in sets {
        set.check_sections(indexes)?;
        for question in &set.questions {
            pairs.push(question::ask(set, question, [before, after])?);
        }
    }
    let questions: Vec<QuestionDiff> = pairs.iter().map(question::diff).collect();
    Ok(Diff {
        version: VERSION,
        model: after.encoder().model().name.clone(),
        threshold: after.calibration().threshold(),
        before: IndexSide::of(indexes[0]),
        after: IndexSide::of(indexes[1]),
        sources: sets.iter().map(QuestionSet::source).collect(),
        counts: Counts::of(&questions),
        measures: measures::diffs(&pairs),
        sections: sections::diff(indexes[0], indexes[1])?,
        missing: Missing::of(&questions),
        notes: notes(before, after),
        questions,
    })
}

/// What besides the docs may be the reason of a difference, and what cannot be told.
fn notes(before: &Searcher, after: &Searcher) -> Vec<String> {
    let mut notes = Vec::new();
    let indexes = [before, after].map(|searcher| &**searcher.index());
    let [old, new] = indexes.map(|index| &index.meta().docent_version);
    if old != new {
        notes.push(format!(
            "built by docent {old} and {new}: not every difference comes from the docs"
        ));
    }
    let [old, new] = indexes.map(Index::has_token_vectors);
    if old != new {
        notes.push(
            "only one index has token vectors, which change the order: build both alike".to_owned(),
        );
    }
    if after.calibration().threshold().is_none() {
        notes.push("the model is not calibrated, so nothing is refused".to_owned());
    }
    notes
}

impl IndexSide {
    fn of(index: &Index) -> Self {
        Self {
            index: name(index.path()),
            sections: index.num_sections(),
            chunks: index.num_chunks(),
        }
    }
}

impl Counts {
    fn of(questions: &[QuestionDiff]) -> Self {
        let mut counts = Self::default();
        for question in questions {
            let count = match question.change {
                Change::Lost => &mut counts.lost,
                Change::Won => &mut counts.won,
                Change::Moved => &mut counts.moved,
                Change::Same => &mut counts.same,
            };
            *count += 1;
        }
        counts
    }

    fn total(self) -> usize {
        self.lost + self.won + self.moved + self.same
    }
}

impl Missing {
    fn of(questions: &[QuestionDiff]) -> Self {
        let collect = |side: fn(&QuestionDiff) -> &Side| {
            let paths: BTreeSet<&String> = questions
                .iter()
                .flat_map(|question| &side(question).missing)
                .collect();
            paths.into_iter().cloned().collect()
        };
        Self {
            before: collect(|question| &question.before),
            after: collect(|question| &question.after),
        }
    }
}

impl Diff {
    /// The questions of which this became.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &QuestionDiff> {
        let questions = self.questions.iter();
        questions.filter(move |question| question.change == change)
    }

    /// The measures that are worse by more than chance.
    pub fn significantly_worse(&self) -> impl Iterator<Item = &MeasureDiff> {
        let significant = self.measures.iter().filter(|diff| diff.is_significant());
        significant.filter(|diff| diff.is_worse())
    }

    /// The documented JSON object on one line, safe to print.
    ///
    /// # Errors
    ///
    /// None that its content can cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let object = serde_json::to_string(self)?;
        Ok(printable_json(&object).into_owned())
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
