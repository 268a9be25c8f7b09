//! What became of a question.

use serde::Serialize;

use super::set::QuestionSet;
use crate::eval::EvalError;
use crate::eval::run::{self, QuestionRun};
use crate::eval::targets::{ANSWER, Question};
use crate::index::Index;
use crate::search::Searcher;

/// Places that count as found at a glance.
const FIRST_PLACES: usize = 3;

/// What became of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// A step was lost, whatever was won besides.
    Lost,
    /// A step was won, and none lost.
    Won,
    /// An answer has another first section, the best relevant section has another rank, or a question to
    /// which neither verdict is right has another one.
    Moved,
    /// None of these.
    Same,
}

/// What can be won and lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// A relevant section in the first place.
    FirstPlace,
    /// A relevant section in the first three places.
    FirstThree,
    /// The right verdict: answered, or refused where no section answers.
    Verdict,
}

/// A question before and after the change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionDiff {
    /// Where it comes from: [`super::Source::name`].
    pub source: String,
    /// Its id there.
    pub id: String,
    /// What is asked.
    pub question: String,
    /// Sections that answer, by falling grade. Empty where none does.
    pub relevant: Vec<String>,
    /// What became of it.
    pub change: Change,
    /// What was won.
    pub won: Vec<Step>,
    /// What was lost.
    pub lost: Vec<Step>,
    /// The answer before.
    pub before: Side,
    /// The answer after.
    pub after: Side,
}

/// The answer to a question on one side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Side {
    /// The first section, answered or refused; `None` if nothing was found.
    pub first: Option<String>,
    /// Rank of the best relevant section, from 1; `None` if none was found.
    pub rank: Option<usize>,
    /// Whether it is refused at the default threshold; `None` if the model is not calibrated.
    pub refused: Option<bool>,
    /// Confidence of the answer; `None` if the model is not calibrated.
    pub confidence: Option<f32>,
    /// Sections that the question names, of any grade, and that the index lacks.
    pub missing: Vec<String>,
}

impl QuestionDiff {
    /// Whether it names a section that one of the indexes lacks.
    pub fn is_missing_sections(&self) -> bool {
        !self.before.missing.is_empty() || !self.after.missing.is_empty()
    }
}

/// A question with both answers.
pub(super) struct Pair {
    source: String,
    question: Question,
    pub before: QuestionRun,
    pub after: QuestionRun,
    missing: [Vec<String>; 2],
}

pub(super) fn ask(
    set: &QuestionSet,
    question: &Question,
    [before, after]: [&Searcher; 2],
) -> Result<Pair, EvalError> {
    let ask = |searcher| run::ask(question, ANSWER, searcher, set.system);
    Ok(Pair {
        source: set.name.clone(),
        question: question.clone(),
        before: ask(before)?,
        after: ask(after)?,
        missing: [
            missing(question, before.index())?,
            missing(question, after.index())?,
        ],
    })
}

fn missing(question: &Question, index: &Index) -> Result<Vec<String>, EvalError> {
    let mut missing = Vec::new();
    for path in question.relevant.keys() {
        if index.find_section(path)?.is_none() {
            missing.push(path.clone());
        }
    }
    Ok(missing)
}

pub(super) fn diff(pair: &Pair) -> QuestionDiff {
    let [missing_before, missing_after] = &pair.missing;
    let before = side(&pair.before, missing_before);
    let after = side(&pair.after, missing_after);
    let answerable = pair.question.is_answerable(ANSWER);
    let won = gained(&before, &after, answerable);
    let lost = gained(&after, &before, answerable);
    let answers = pair.before.answers(ANSWER).into_iter();
    QuestionDiff {
        source: pair.source.clone(),
        id: pair.question.id.clone(),
        question: pair.question.text.clone(),
        relevant: answers.map(str::to_owned).collect(),
        change: change(&won, &lost, &before, &after),
        won,
        lost,
        before,
        after,
    }
}

fn side(run: &QuestionRun, missing: &[String]) -> Side {
    let answers = run.answers(ANSWER);
    let mut paths = run.ranking.iter().map(|section| section.path.as_str());
    Side {
        first: run.ranking.first().map(|section| section.path.clone()),
        rank: paths
            .position(|path| answers.contains(&path))
            .map(|i| i + 1),
        refused: run.outcome.sureness.map(|sureness| sureness.is_refused),
        confidence: run.outcome.sureness.map(|sureness| sureness.confidence),
        missing: missing.to_vec(),
    }
}

/// The steps that `to` has and `from` has not.
fn gained(from: &Side, to: &Side, answerable: Option<bool>) -> Vec<Step> {
    let has = |side: &Side, step: Step| match step {
        Step::FirstPlace => side.rank == Some(1),
        Step::FirstThree => side.rank.is_some_and(|rank| rank <= FIRST_PLACES),
        Step::Verdict => match (answerable, side.refused) {
            (Some(answerable), Some(refused)) => answerable != refused,
            _ => false,
        },
    };
    let steps = [Step::FirstPlace, Step::FirstThree, Step::Verdict];
    let gained = steps.into_iter();
    gained
        .filter(|&step| has(to, step) && !has(from, step))
        .collect()
}

fn change(won: &[Step], lost: &[Step], before: &Side, after: &Side) -> Change {
    // What comes first in an answer that is refused is shown to nobody.
    let shown = |side: &Side| {
        let first = side.first.clone();
        let shown = first.filter(|_| side.refused != Some(true));
        (shown, side.rank, side.refused)
    };
    match (lost, won) {
        ([_, ..], _) => Change::Lost,
        (_, [_, ..]) => Change::Won,
        _ if shown(before) != shown(after) => Change::Moved,
        _ => Change::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(rank: Option<usize>, refused: Option<bool>) -> Side {
        Side {
            first: Some("a.md".to_owned()),
            rank,
            refused,
            confidence: None,
            missing: Vec::new(),
        }
    }

    /// What was won, what was lost, and what that makes of the question.
    fn judged(
        before: (Option<usize>, bool),
        after: (Option<usize>, bool),
        answerable: Option<bool>,
    ) -> (Vec<Step>, Vec<Step>, Change) {
        let [before, after] = [before, after].map(|(rank, refused)| side(rank, Some(refused)));
        let won = gained(&before, &after, answerable);
        let lost = gained(&after, &before, answerable);
        let change = change(&won, &lost, &before, &after);
        (won, lost, change)
    }

    #[test]
    fn steps_up_are_won_and_steps_down_are_lost() {
        use Step::{FirstPlace, FirstThree, Verdict};
        let yes = Some(true);
        let cases = [
            ((Some(2), false), (Some(1), false), vec![FirstPlace], vec![]),
            ((None, false), (Some(3), false), vec![FirstThree], vec![]),
            (
                (Some(4), false),
                (Some(1), false),
                vec![FirstPlace, FirstThree],
                vec![],
            ),
            ((Some(1), true), (Some(1), false), vec![Verdict], vec![]),
            ((Some(9), false), (Some(4), false), vec![], vec![]),
            ((Some(2), false), (Some(3), false), vec![], vec![]),
        ];
        for (low, high, won, none) in cases {
            let change = |worse: &[Step], better: &[Step]| match (worse, better) {
                ([_, ..], _) => Change::Lost,
                (_, [_, ..]) => Change::Won,
                _ => Change::Moved,
            };
            let up = judged(low, high, yes);
            assert_eq!(up, (won.clone(), none.clone(), change(&none, &won)));
            assert_eq!(
                judged(high, low, yes),
                (none.clone(), won.clone(), change(&won, &none))
            );
        }
    }

    #[test]
    fn one_loss_outweighs_what_was_won() {
        let (won, lost, change) = judged((Some(5), false), (Some(1), true), Some(true));
        assert_eq!(won, [Step::FirstPlace, Step::FirstThree]);
        assert_eq!((lost, change), (vec![Step::Verdict], Change::Lost));
    }

    #[test]
    fn without_an_answer_refusal_is_right() {
        let refused = judged((None, false), (None, true), Some(false));
        assert_eq!(refused, (vec![Step::Verdict], vec![], Change::Won));
        let answered = judged((None, true), (None, false), Some(false));
        assert_eq!(answered, (vec![], vec![Step::Verdict], Change::Lost));
        // Sections only help: neither verdict is right.
        let helped = judged((None, true), (None, false), None);
        assert_eq!(helped, (vec![], vec![], Change::Moved));
    }

    #[test]
    fn another_first_section_is_a_move() {
        let before = side(Some(2), None);
        let after = Side {
            first: Some("b.md".to_owned()),
            ..before.clone()
        };
        assert_eq!(change(&[], &[], &before, &after), Change::Moved);
        assert_eq!(change(&[], &[], &before, &before), Change::Same);
        let refused = |side: &Side| Side {
            refused: Some(true),
            ..side.clone()
        };
        let [before, after] = [&before, &after].map(refused);
        assert_eq!(change(&[], &[], &before, &after), Change::Same);
    }
}
