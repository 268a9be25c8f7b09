//! The regression gate: an evaluation against an earlier one.

use std::path::Path;

use super::EvalError;
use super::measure::Measure;
use super::summary::{Report, Summary};

/// A figure that is worse than in the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// Name of the target or average.
    pub target: String,
    /// What fell.
    pub measure: Measure,
    /// Its value in the baseline.
    pub before: f64,
    /// Its value now; `None` if it is no longer measured.
    pub now: Option<f64>,
}

/// Reads a report that was written as JSON.
///
/// # Errors
///
/// [`EvalError::ReadBaseline`] or [`EvalError::Baseline`].
pub fn read(path: &Path) -> Result<Report, EvalError> {
    let text = std::fs::read_to_string(path).map_err(|source| EvalError::ReadBaseline {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| EvalError::Baseline {
        path: path.to_owned(),
        source,
    })
}

/// The figures of `now` that are worse than those of `before` by more than `max_drop`, in the
/// order of the baseline. Targets are matched by name.
///
/// # Errors
///
/// [`EvalError::TargetNotEvaluated`] if `now` lacks a target of `before`, and
/// [`EvalError::OtherModel`] or [`EvalError::OtherQuestions`] if the figures are of something else.
pub fn drops(before: &Report, now: &Report, max_drop: f64) -> Result<Vec<Drop>, EvalError> {
    if before.model != now.model {
        return Err(EvalError::OtherModel {
            before: before.model.clone(),
            now: now.model.clone(),
        });
    }
    let mut drops = Vec::new();
    for (before, now) in [
        (&before.targets, &now.targets),
        (&before.averages, &now.averages),
    ] {
        for summary in before {
            let same = now.iter().find(|other| other.name == summary.name);
            let same = same.ok_or_else(|| EvalError::TargetNotEvaluated {
                target: summary.name.clone(),
            })?;
            check_questions(summary, same)?;
            drops.extend(drops_of(summary, same, max_drop));
        }
    }
    Ok(drops)
}

fn check_questions(before: &Summary, now: &Summary) -> Result<(), EvalError> {
    if before.questions_hash == now.questions_hash {
        return Ok(());
    }
    Err(EvalError::OtherQuestions {
        target: before.name.clone(),
    })
}

fn drops_of(before: &Summary, now: &Summary, max_drop: f64) -> Vec<Drop> {
    // A difference that only rounding makes larger than `max_drop` is none.
    let limit = max_drop + 1e-9;
    let drop = |(&measure, figure): (&Measure, &super::Figure)| {
        let current = now.figures.get(&measure).map(|figure| figure.value);
        let is_worse = match (current, measure.larger_is_better()) {
            (None, _) => true,
            (Some(value), true) => figure.value - value > limit,
            (Some(value), false) => value - figure.value > limit,
        };
        is_worse.then(|| Drop {
            target: before.name.clone(),
            measure,
            before: figure.value,
            now: current,
        })
    };
    before.figures.iter().filter_map(drop).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::summary::{Figure, Latency, Percentiles};

    fn report(name: &str, figures: &[(Measure, f64)]) -> Report {
        let zero = Percentiles {
            p50: 0.0,
            p95: 0.0,
            p99: 0.0,
        };
        let figure = |&(measure, value): &(Measure, f64)| {
            let (low, high) = (value - 0.1, value + 0.1);
            (measure, Figure { value, low, high })
        };
        let summary = Summary {
            name: name.to_owned(),
            notes: Vec::new(),
            index: None,
            answerable: 10,
            unanswerable: 0,
            questions_hash: "q".to_owned(),
            figures: figures.iter().map(figure).collect(),
            reliability: Vec::new(),
            success_curve: Vec::new(),
            by_kind: Default::default(),
            latency: Latency {
                embed_ms: zero,
                candidates_ms: zero,
                rank_ms: zero,
                after_embed_ms: zero,
                total_ms: zero,
            },
            ablations: Vec::new(),
            misses: Vec::new(),
        };
        Report {
            version: "1".to_owned(),
            model: "m".to_owned(),
            threshold: Some(0.25),
            targets: vec![summary],
            averages: Vec::new(),
        }
    }

    fn measures(before: &[(Measure, f64)], now: &[(Measure, f64)], max: f64) -> Vec<Measure> {
        let drops = drops(&report("a", before), &report("a", now), max).unwrap();
        drops.into_iter().map(|drop| drop.measure).collect()
    }

    #[test]
    fn only_more_than_the_limit_is_a_drop() {
        let before = [(Measure::SuccessAt1, 0.8), (Measure::Mrr, 0.9)];
        let now = [(Measure::SuccessAt1, 0.7), (Measure::Mrr, 0.95)];
        assert_eq!(measures(&before, &now, 0.1), []);
        assert_eq!(measures(&before, &now, 0.09), [Measure::SuccessAt1]);
    }

    #[test]
    fn more_refused_answerable_questions_are_a_drop() {
        let before = [
            (Measure::RefusedAnswerable, 0.0),
            (Measure::RefusedNoAnswer, 0.5),
        ];
        let now = [
            (Measure::RefusedAnswerable, 0.2),
            (Measure::RefusedNoAnswer, 0.7),
        ];
        assert_eq!(measures(&before, &now, 0.0), [Measure::RefusedAnswerable]);
        assert_eq!(measures(&now, &before, 0.0), [Measure::RefusedNoAnswer]);
    }

    #[test]
    fn what_is_no_longer_measured_is_a_drop_or_an_error() {
        let before = [(Measure::Mrr, 0.8)];
        assert_eq!(measures(&before, &[], 1.0), [Measure::Mrr]);
        assert!(matches!(
            drops(&report("a", &before), &report("b", &before), 0.0),
            Err(EvalError::TargetNotEvaluated { target }) if target == "a"
        ));
    }

    #[test]
    fn other_questions_and_another_model_are_errors() {
        let before = report("a", &[(Measure::Mrr, 0.8)]);
        let mut now = before.clone();
        now.targets[0].questions_hash = "r".to_owned();
        assert!(matches!(
            drops(&before, &now, 1.0),
            Err(EvalError::OtherQuestions { target }) if target == "a"
        ));
        let mut now = before.clone();
        now.model = "n".to_owned();
        assert!(matches!(
            drops(&before, &now, 1.0),
            Err(EvalError::OtherModel { before, now }) if before == "m" && now == "n"
        ));
    }

    #[test]
    fn a_baseline_that_is_not_there_is_no_question_file() {
        let error = read(Path::new("no-such-baseline.json")).unwrap_err();
        assert!(matches!(error, EvalError::ReadBaseline { .. }));
        assert!(error.to_string().ends_with("`docent eval --format json`"));
    }

    #[test]
    fn reports_survive_json() {
        let before = report(
            "a",
            &[(Measure::NdcgAt10, 0.5), (Measure::NoAnswerAuroc, 0.75)],
        );
        let json = serde_json::to_string(&before).unwrap();
        assert!(json.contains("\"ndcg@10\":{\"value\":0.5"), "{json}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        std::fs::write(&path, json).unwrap();
        assert_eq!(read(&path).unwrap(), before);
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(read(&path), Err(EvalError::Baseline { .. })));
    }
}
