//! Means over the questions before and after, with how sure their differences are.

use serde::Serialize;

use super::question::Pair;
use crate::eval::bootstrap::{self, Interval};
use crate::eval::measure::Measure;
use crate::eval::metrics;
use crate::eval::summary::SIGNIFICANT;

/// What is compared.
const MEASURES: [Measure; 5] = [
    Measure::SuccessAt1,
    Measure::SuccessAt3,
    Measure::NdcgAt10,
    Measure::RefusedAnswerable,
    Measure::RefusedNoAnswer,
];

/// A mean before and after, over the same questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasureDiff {
    /// What is measured.
    pub measure: Measure,
    /// Over how many questions.
    pub questions: usize,
    /// The mean before.
    pub before: f64,
    /// The mean after.
    pub after: f64,
    /// The mean of the questions' differences, after less before.
    pub difference: f64,
    /// Lower end of its 95 % bootstrap interval.
    pub low: f64,
    /// Upper end of it.
    pub high: f64,
    /// Two-sided p-value of the paired randomization test, not corrected for the number of measures.
    pub p: f64,
}

impl MeasureDiff {
    /// Whether chance is an unlikely reason of the difference.
    pub fn is_significant(&self) -> bool {
        self.p < SIGNIFICANT
    }

    /// Whether it fell, or rose where less is better.
    pub fn is_worse(&self) -> bool {
        match self.measure.larger_is_better() {
            true => self.difference < 0.0,
            false => self.difference > 0.0,
        }
    }
}

/// The measures that are defined on the questions.
pub(super) fn diffs(pairs: &[Pair]) -> Vec<MeasureDiff> {
    let diff = |measure: Measure| {
        let share = |pair: &Pair| {
            let before = measure.of(&pair.before.outcome)?;
            Some((before, measure.of(&pair.after.outcome)?))
        };
        diff(measure, &pairs.iter().filter_map(share).collect::<Vec<_>>())
    };
    MEASURES.into_iter().filter_map(diff).collect()
}

/// Of the questions' shares before and after; `None` if there are none.
fn diff(measure: Measure, shares: &[(f64, f64)]) -> Option<MeasureDiff> {
    let (before, after): (Vec<f64>, Vec<f64>) = shares.iter().copied().unzip();
    let differences: Vec<f64> = shares
        .iter()
        .map(|(before, after)| after - before)
        .collect();
    let Interval { low, high } = bootstrap::mean_interval(std::slice::from_ref(&differences))?;
    Some(MeasureDiff {
        measure,
        questions: shares.len(),
        before: metrics::mean(&before)?,
        after: metrics::mean(&after)?,
        difference: metrics::mean(&differences)?,
        low,
        high,
        p: bootstrap::randomization_test(&differences),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_paired_by_question() {
        // Six of eight questions fall: of 2^6 patterns of signs, two are as extreme.
        let mut shares = vec![(1.0, 0.0); 6];
        shares.extend([(1.0, 1.0), (0.0, 0.0)]);
        let found = diff(Measure::SuccessAt1, &shares).unwrap();
        assert_eq!(
            (found.questions, found.before, found.after),
            (8, 0.875, 0.125)
        );
        assert_eq!(found.difference, -0.75);
        assert!((found.p - 2.0 / 64.0).abs() < 0.01, "{}", found.p);
        assert!(found.low <= -0.75 && -0.75 <= found.high && found.high < 0.0);
        assert!(found.is_significant() && found.is_worse());
        let more_refused: Vec<_> = shares.iter().map(|&(a, b)| (b, a)).collect();
        let found = diff(Measure::RefusedAnswerable, &more_refused).unwrap();
        assert!(found.is_significant() && found.is_worse());
        let found = diff(Measure::SuccessAt1, &more_refused).unwrap();
        assert!(found.is_significant() && !found.is_worse());
    }

    #[test]
    fn no_difference_is_no_loss() {
        let found = diff(Measure::NdcgAt10, &[(0.5, 0.5), (1.0, 1.0)]).unwrap();
        assert_eq!(
            (found.difference, found.low, found.high, found.p),
            (0.0, 0.0, 0.0, 1.0)
        );
        assert!(!found.is_worse());
        assert_eq!(diff(Measure::NdcgAt10, &[]), None);
    }
}
