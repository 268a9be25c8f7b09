//! Misses: questions whose first section does not answer, with what came instead and why.

use serde::{Deserialize, Serialize};

use super::run::{QuestionRun, RankedSection, TargetRun};
use crate::calibration::ARMS;

/// A question whose first section does not answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Miss {
    /// Id of the question.
    pub id: String,
    /// What was asked.
    pub question: String,
    /// Kind of question.
    pub kind: Option<String>,
    /// Sections that answer.
    pub expected: Vec<String>,
    /// Rank of the first of them, from 1; absent if none was found.
    pub rank: Option<usize>,
    /// What came first; absent if nothing was found.
    pub got: Option<String>,
    /// Why, as far as the scores tell.
    pub reason: String,
}

/// The misses of a run, in the order of the questions.
pub fn of(run: &TargetRun) -> Vec<Miss> {
    let misses = run.questions.iter().filter(|question| question.is_miss());
    misses
        .map(|question| miss(question, run.min_grade))
        .collect()
}

fn miss(run: &QuestionRun, min_grade: u8) -> Miss {
    let expected = run.answers(min_grade);
    let found = run
        .ranking
        .iter()
        .position(|section| expected.contains(&section.path.as_str()));
    let first = run.ranking.first();
    Miss {
        id: run.question.id.clone(),
        question: run.question.text.clone(),
        kind: run.question.kind.clone(),
        rank: found.map(|i| i + 1),
        got: first.map(|section| section.path.clone()),
        reason: match (first, found) {
            (None, _) => "nothing was found".to_owned(),
            (Some(_), None) => "no arm named an answering section".to_owned(),
            (Some(first), Some(i)) => reason(first, &run.ranking[i]),
        },
        expected: expected.into_iter().map(str::to_owned).collect(),
    }
}

/// The hint that lifted the first section, or the arms in which it leads.
fn reason(first: &RankedSection, answer: &RankedSection) -> String {
    if let Some(hint) = &first.hint {
        return format!("lifted by the hint `{hint}`");
    }
    let leads: Vec<String> = ARMS
        .iter()
        .map(|arm| (arm.name, (arm.of)(&first.arms), (arm.of)(&answer.arms)))
        .filter(|(_, first, answer)| first > answer)
        .map(|(arm, first, answer)| format!("{arm} {first:.2} > {answer:.2}"))
        .collect();
    if leads.is_empty() {
        return "ahead in the fused score only".to_owned();
    }
    format!("ahead in {}", leads.join(", "))
}
