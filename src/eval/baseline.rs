//! The regression gate: an evaluation against an earlier one.

use std::path::Path;

use super::EvalError;
use super::summary::{Measure, Report, Summary};

/// A figure that is worse than in the baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Drop {
    /// Name of the target or pool.
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
/// [`EvalError::Read`] or [`EvalError::Baseline`].
pub fn read(path: &Path) -> Result<Report, EvalError> {
    let text = std::fs::read_to_string(path).map_err(|source| EvalError::Read {
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
/// [`EvalError::TargetNotEvaluated`] if `now` lacks a target of `before`.
pub fn drops(before: &Report, now: &Report, max_drop: f64) -> Result<Vec<Drop>, EvalError> {
    let mut drops = Vec::new();
    for (before, now) in [
        (&before.targets, &now.targets),
        (&before.pooled, &now.pooled),
    ] {
        for summary in before {
            let same = now.iter().find(|other| other.name == summary.name);
            let same = same.ok_or_else(|| EvalError::TargetNotEvaluated {
                target: summary.name.clone(),
            })?;
            drops.extend(drops_of(summary, same, max_drop));
        }
    }
    Ok(drops)
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
