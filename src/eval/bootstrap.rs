//! How sure a figure is: bootstrap intervals and a paired randomization test.
//!
//! Seeded, so the same results always give the same intervals.

use oorandom::Rand64;

use super::metrics;

const SEED: u128 = 0x0d0c_e27e_5eed;
/// Resamples of an interval.
const RESAMPLES: usize = 2_000;
/// Random sign flips of a test.
const FLIPS: usize = 10_000;

/// A 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// 95 % percentile bootstrap interval of the mean of `values` (Efron and Tibshirani, *An
/// Introduction to the Bootstrap*, 1993, ch. 13); `None` if there are none. O(2,000 n).
///
/// Of several groups: of the mean of their means, each resampled on its own.
pub fn mean_interval(groups: &[Vec<f64>]) -> Option<Interval> {
    interval(groups, |values, random| {
        let sum: f64 = (0..values.len()).map(|_| draw(random, values)).sum();
        (!values.is_empty()).then(|| sum / values.len() as f64)
    })
}

/// As [`mean_interval`], of [`metrics::auroc`]: positives and negatives of a group are resampled on their
/// own; `None` if no group has both. O(2,000 n log n).
pub fn auroc_interval(groups: &[(Vec<f64>, Vec<f64>)]) -> Option<Interval> {
    interval(groups, |(positives, negatives), random| {
        let (positives, negatives) = (resample(positives, random), resample(negatives, random));
        metrics::auroc(&positives, &negatives)
    })
}

/// As [`mean_interval`], of [`metrics::calibration_error`]. O(2,000 n).
pub fn calibration_interval(pairs: &[(f64, bool)]) -> Option<Interval> {
    interval(&[pairs], |pairs, random| {
        metrics::calibration_error(&resample(pairs, random))
    })
}

/// The interval of the mean over the groups of what `statistic` makes of a group's resample.
fn interval<G>(
    groups: &[G],
    statistic: impl Fn(&G, &mut Rand64) -> Option<f64>,
) -> Option<Interval> {
    let mut random = Rand64::new(SEED);
    percentiles((0..RESAMPLES).filter_map(|_| {
        let found = groups
            .iter()
            .filter_map(|group| statistic(group, &mut random));
        metrics::mean(&found.collect::<Vec<_>>())
    }))
}

fn resample<T: Copy>(values: &[T], random: &mut Rand64) -> Vec<T> {
    values.iter().map(|_| draw(random, values)).collect()
}

/// Two-sided p-value of the paired randomization test: the probability that `differences`, each
/// with a random sign, have a mean at least as far from 0 as they have (Smucker, Allan and
/// Carterette, *A comparison of statistical significance tests for information retrieval
/// evaluation*, CIKM 2007). 1 if there are none. O(10,000 n).
pub fn randomization_test(differences: &[f64]) -> f64 {
    // A difference of 0 has no sign to flip.
    let differences: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    let observed = differences.iter().sum::<f64>().abs();
    // Sums of the same terms in another order of rounding are equal.
    let tolerance = 1e-12 * differences.len() as f64;
    let mut random = Rand64::new(SEED);
    let extreme = (0..FLIPS)
        .filter(|_| {
            let mut signs = 0;
            let sum: f64 = differences
                .iter()
                .enumerate()
                .map(|(i, d)| {
                    if i % 64 == 0 {
                        signs = random.rand_u64();
                    }
                    if signs >> (i % 64) & 1 == 0 { *d } else { -d }
                })
                .sum();
            sum.abs() >= observed - tolerance
        })
        .count();
    (extreme + 1) as f64 / (FLIPS + 1) as f64
}

fn draw<T: Copy>(random: &mut Rand64, values: &[T]) -> T {
    values[random.rand_range(0..values.len() as u64) as usize]
}

/// The 2.5th and 97.5th percentile.
fn percentiles(samples: impl Iterator<Item = f64>) -> Option<Interval> {
    let mut samples: Vec<f64> = samples.collect();
    samples.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let i = (share * samples.len() as f64) as usize;
        samples.get(i.min(samples.len().saturating_sub(1))).copied()
    };
    Some(Interval {
        low: at(0.025)?,
        high: at(0.975)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_an_interval_of_one_point() {
        let interval = mean_interval(&[vec![0.5; 20]]).unwrap();
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
        assert_eq!(mean_interval(&[vec![]]), None);
        let perfect = vec![(1.0, true); 20];
        let interval = calibration_interval(&perfect).unwrap();
        assert_eq!((interval.low, interval.high), (0.0, 0.0));
    }

    #[test]
    fn groups_count_the_same_whatever_their_size() {
        let groups = [vec![1.0; 100], vec![0.0; 4], vec![]];
        let interval = mean_interval(&groups).unwrap();
        assert_eq!((interval.low, interval.high), (0.5, 0.5));
        // The small group decides how wide it is: two of four, give or take one.
        let groups = [vec![1.0; 100], vec![0.0, 1.0, 0.0, 1.0]];
        let interval = mean_interval(&groups).unwrap();
        assert_eq!((interval.low, interval.high), (0.5, 1.0));
    }

    #[test]
    fn interval_agrees_with_the_normal_approximation() {
        let values: Vec<f64> = (0..400).map(|i| f64::from(i % 4 == 0)).collect();
        let interval = mean_interval(std::slice::from_ref(&values)).unwrap();
        let half_width = 1.96 * (0.25f64 * 0.75 / 400.0).sqrt();
        assert!(
            (interval.low - (0.25 - half_width)).abs() < 0.006,
            "{interval:?}"
        );
        assert!(
            (interval.high - (0.25 + half_width)).abs() < 0.006,
            "{interval:?}"
        );
        assert_eq!(mean_interval(&[values]), Some(interval));
    }

    #[test]
    fn auroc_interval_holds_the_value_and_needs_both_groups() {
        let positives: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0 + 0.3).collect();
        let negatives: Vec<f64> = (0..50).map(|i| f64::from(i) / 50.0).collect();
        let value = metrics::auroc(&positives, &negatives).unwrap();
        let interval = auroc_interval(&[(positives.clone(), negatives)]).unwrap();
        assert!(interval.low < value && value < interval.high);
        assert!(interval.high - interval.low < 0.3);
        assert_eq!(auroc_interval(&[(positives, vec![])]), None);
    }

    #[test]
    fn randomization_test_against_the_exact_distribution() {
        // Of the 2^5 sign patterns of five equal differences, two are as extreme as observed.
        assert!((randomization_test(&[1.0; 5]) - 2.0 / 32.0).abs() < 0.01);
        // |1 + 2 - 1| >= 2 for 6 of the 8 patterns of 1, 2, 1.
        assert!((randomization_test(&[1.0, 2.0, -1.0]) - 6.0 / 8.0).abs() < 0.02);
        assert_eq!(randomization_test(&[]), 1.0);
        assert_eq!(randomization_test(&[0.0, 0.0]), 1.0);
        assert!(randomization_test(&[0.1; 80]) < 0.001);
    }
}
