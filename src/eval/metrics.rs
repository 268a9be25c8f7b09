//! Metrics of one ranking, as pure functions.
//!
//! A ranking is given as `grades`: the grade of each returned section, best rank first, 0 for a
//! section that nobody judged relevant. What the ranking should have returned is `judged`: the
//! positive grades of all judged sections, in any order, returned or not. A section is *relevant*
//! from `min_grade` on. The mean of a metric over questions is the figure that reports show.

/// Whether one of the first `k` sections is relevant. O(k).
pub fn success_at(grades: &[u8], min_grade: u8, k: usize) -> bool {
    grades.iter().take(k).any(|&grade| grade >= min_grade)
}

/// Part of all relevant sections that is among the first `k`; `None` if none is relevant.
pub fn recall_at(grades: &[u8], judged: &[u8], min_grade: u8, k: usize) -> Option<f64> {
    let count = |grades: &[u8]| grades.iter().filter(|&&grade| grade >= min_grade).count();
    let relevant = count(judged);
    let found = count(&grades[..k.min(grades.len())]);
    (relevant > 0).then(|| found as f64 / relevant as f64)
}

/// 1 / rank of the first relevant section, ranks from 1; 0 if none was returned.
pub fn reciprocal_rank(grades: &[u8], min_grade: u8) -> f64 {
    let first = grades.iter().position(|&grade| grade >= min_grade);
    first.map_or(0.0, |i| 1.0 / (i + 1) as f64)
}

/// Normalized discounted cumulative gain of the first `k` sections: gain `2^grade - 1`, discount
/// `log2(rank + 1)`, divided by that of the best order of all judged sections (Burges et al.,
/// *Learning to rank using gradient descent*, ICML 2005); `None` if no grade is positive.
pub fn ndcg_at(grades: &[u8], judged: &[u8], k: usize) -> Option<f64> {
    let mut ideal = judged.to_vec();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    let ideal = dcg_at(&ideal, k);
    (ideal > 0.0).then(|| dcg_at(grades, k) / ideal)
}

fn dcg_at(grades: &[u8], k: usize) -> f64 {
    let gains = grades
        .iter()
        .take(k)
        .map(|&grade| f64::from(grade).exp2() - 1.0);
    // The sum of no floats is -0.0, which reports would show.
    gains
        .enumerate()
        .fold(0.0, |sum, (i, gain)| sum + gain / ((i + 2) as f64).log2())
}

/// Area under the receiver operating characteristic: the probability that a random one of
/// `positives` scores above a random one of `negatives`, a tie counting half (the Mann-Whitney U
/// statistic over the number of pairs); `None` if either is empty. O(n log n).
pub fn auroc(positives: &[f64], negatives: &[f64]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let mut negatives = negatives.to_vec();
    negatives.sort_unstable_by(f64::total_cmp);
    let wins: f64 = positives
        .iter()
        .map(|positive| {
            let below = negatives.partition_point(|negative| negative < positive);
            let not_above = negatives.partition_point(|negative| negative <= positive);
            (below + not_above) as f64 / 2.0
        })
        .sum();
    Some(wins / (positives.len() * negatives.len()) as f64)
}

/// The mean; `None` of nothing.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Bins of confidence, of equal width.
pub const BINS: usize = 10;

/// Questions whose confidence lies in one bin.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bin {
    /// How many.
    pub questions: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// The part of them whose first section answers.
    pub answered: f64,
}

/// `(confidence, whether the first section answers)` in [`BINS`] bins by confidence, those with a question.
pub fn reliability(pairs: &[(f64, bool)]) -> Vec<Bin> {
    let bin = |confidence: f64| ((confidence * BINS as f64) as usize).min(BINS - 1);
    let bins = (0..BINS).filter_map(|i| {
        let own = pairs.iter().filter(|(confidence, _)| bin(*confidence) == i);
        let (confidences, answers): (Vec<f64>, Vec<f64>) = own
            .map(|&(confidence, answers)| (confidence, f64::from(answers)))
            .unzip();
        Some(Bin {
            questions: confidences.len(),
            confidence: mean(&confidences)?,
            answered: mean(&answers)?,
        })
    });
    bins.collect()
}

/// Expected calibration error (Naeini, Cooper and Hauskrecht, 2015): the mean over the questions of how far
/// their bin's mean confidence is from the part of it that is answered; `None` without questions.
pub fn calibration_error(pairs: &[(f64, bool)]) -> Option<f64> {
    let gap = |bin: &Bin| bin.questions as f64 * (bin.confidence - bin.answered).abs();
    let sum: f64 = reliability(pairs).iter().map(gap).sum();
    (!pairs.is_empty()).then(|| sum / pairs.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: Option<f64>, b: f64) {
        assert!(a.is_some_and(|a| (a - b).abs() < 1e-12), "{a:?} is not {b}");
    }

    #[test]
    fn success_needs_the_grade_within_k() {
        assert!(!success_at(&[1, 0, 2], 2, 1));
        assert!(!success_at(&[1, 0, 2], 2, 2));
        assert!(success_at(&[1, 0, 2], 2, 3));
        assert!(success_at(&[1, 0, 2], 1, 1));
        assert!(!success_at(&[], 1, 10));
    }

    #[test]
    fn recall_counts_relevant_sections_that_were_not_returned() {
        close(recall_at(&[2, 1, 2, 0, 2], &[2, 2, 2, 2, 1], 2, 4), 0.5);
        close(recall_at(&[2, 1], &[2, 1], 2, 4), 1.0);
        close(recall_at(&[2, 1], &[2, 1, 1], 1, 4), 2.0 / 3.0);
        assert_eq!(recall_at(&[1], &[1], 2, 4), None);
    }

    #[test]
    fn reciprocal_rank_is_of_the_first_relevant() {
        assert_eq!(reciprocal_rank(&[1, 0, 2, 2], 2), 1.0 / 3.0);
        assert_eq!(reciprocal_rank(&[1, 0, 2, 2], 1), 1.0);
        assert_eq!(reciprocal_rank(&[1, 0], 2), 0.0);
    }

    #[test]
    fn ndcg_by_hand() {
        // Returned 1, 0, 2; judged 2, 2, 1. Gains 1, 0, 3; ideal 3, 3, 1.
        let dcg = 1.0 + 3.0 / 2.0;
        let ideal = 3.0 + 3.0 / 3f64.log2() + 1.0 / 2.0;
        close(ndcg_at(&[1, 0, 2], &[2, 2, 1], 10), dcg / ideal);
        // Only two ranks count on both sides.
        let ideal = 3.0 + 3.0 / 3f64.log2();
        close(ndcg_at(&[1, 0, 2], &[2, 2, 1], 2), 1.0 / ideal);
    }

    #[test]
    fn ndcg_of_the_best_order_is_one_and_of_nothing_is_zero() {
        close(ndcg_at(&[4, 2, 1], &[1, 4, 2], 10), 1.0);
        close(ndcg_at(&[], &[1], 10), 0.0);
        assert!(ndcg_at(&[], &[1], 10).is_some_and(f64::is_sign_positive));
        assert_eq!(ndcg_at(&[0], &[], 10), None);
    }

    #[test]
    fn auroc_by_hand() {
        // Pairs: .9>.5, .9>.1, .5=.5 (half), .5>.1.
        close(auroc(&[0.9, 0.5], &[0.5, 0.1]), 3.5 / 4.0);
        close(auroc(&[0.1], &[0.2, 0.3]), 0.0);
        assert_eq!(auroc(&[], &[0.2]), None);
        assert_eq!(auroc(&[0.2], &[]), None);
    }

    #[test]
    fn calibration_error_by_hand() {
        // Bins .2 to .3: mean .25, half answered; .9 to 1: mean .95, all answered, 1 among them.
        let pairs = [(0.2, true), (0.3 - 1e-9, false), (0.9, true), (1.0, true)];
        let bins = reliability(&pairs);
        assert_eq!(bins.len(), 2);
        assert_eq!((bins[0].questions, bins[0].answered), (2, 0.5));
        assert_eq!((bins[1].questions, bins[1].answered), (2, 1.0));
        let error = calibration_error(&pairs).unwrap();
        assert!((error - (0.25 + 0.05) / 2.0).abs() < 1e-6, "{error}");
        assert_eq!(calibration_error(&[]), None);
    }

    proptest::proptest! {
        #[test]
        fn auroc_is_the_mean_over_pairs(
            positives in proptest::collection::vec(0u8..6, 1..20),
            negatives in proptest::collection::vec(0u8..6, 1..20),
        ) {
            let pair = |p: u8, n: u8| match p.cmp(&n) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            let wins: f64 = positives.iter().flat_map(|&p| negatives.iter().map(move |&n| pair(p, n))).sum();
            let expected = wins / (positives.len() * negatives.len()) as f64;
            let floats = |v: &[u8]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
            close(auroc(&floats(&positives), &floats(&negatives)), expected);
        }

        #[test]
        fn ndcg_is_at_most_one(grades in proptest::collection::vec(0u8..5, 0..15), k in 1usize..12) {
            if let Some(ndcg) = ndcg_at(&grades, &grades, k) {
                proptest::prop_assert!((0.0..=1.0 + 1e-12).contains(&ndcg));
            }
        }
    }
}
