//! Fusion: the sum of what standardized arm scores are worth, and reciprocal rank fusion to compare
//! with.

use std::cmp::Ordering;

use crate::calibration::{ARMS, Arms, Curve, Curves};

/// For each candidate the sum of what its scores are worth, [standardized](crate::calibration::Arm::is_standardized) if the
/// arm is; an arm that says the same of all candidates says nothing.
///
/// A generalized additive model (Hastie and Tibshirani, 1986): a score far above the others' may be
/// worth more, or less, than a straight line would give it. What the guide's arms add counts as far as the
/// sections' own scores leave it open which one answers.
pub fn fuse(candidates: &[Arms], curves: &Curves) -> Vec<f32> {
    fuse_with_shares(candidates, curves).0
}

/// What [`fuse`] makes of the candidates, and for each of them what each arm adds to that.
pub fn fuse_with_shares(candidates: &[Arms], curves: &Curves) -> (Vec<f32>, Vec<Arms>) {
    let mut shares = worth(candidates, curves);
    let mut fused: Vec<f32> = shares.iter().map(|worth| sum(worth, false)).collect();
    let open = openness(&fused);
    for (fused, share) in fused.iter_mut().zip(&mut shares) {
        *fused += open * sum(share, true);
        for arm in ARMS.iter().filter(|arm| arm.is_guide) {
            *(arm.of_mut)(share) *= open;
        }
    }
    (fused, shares)
}

/// What the arms of the guide, or all others, are worth together.
fn sum(worth: &Arms, is_guide: bool) -> f32 {
    let arms = ARMS.iter().filter(|arm| arm.is_guide == is_guide);
    arms.fold(0.0, |sum, arm| sum + (arm.of)(worth))
}

/// What each arm's score is worth by itself; 0 of an arm without a curve.
fn worth(candidates: &[Arms], curves: &Curves) -> Vec<Arms> {
    let mut worth = vec![Arms::default(); candidates.len()];
    for arm in ARMS {
        let curve = (arm.curve)(curves);
        if *curve == Curve::default() {
            continue;
        }
        let mut scores: Vec<f32> = candidates.iter().map(arm.of).collect();
        if arm.is_standardized {
            standardize(&mut scores);
        }
        for (worth, score) in worth.iter_mut().zip(scores) {
            *(arm.of_mut)(worth) = curve.at(score);
        }
    }
    worth
}

/// How open it is which candidate answers, from 1 down to 0 where the best has half of the probability or
/// more: a candidate's probability is the softmax of its score.
///
/// A guide's phrase that is near the question may name a section beside the one that answers. Where the
/// sections' own text decides, it must not decide against it.
fn openness(scores: &[f32]) -> f32 {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = scores.iter().map(|score| (score - best).exp()).sum();
    (1.0 - 2.0 / total.max(1.0)).max(0.0)
}

/// Shifts and scales to mean 0 and deviation 1; all 0 if the scores are (almost) equal.
pub fn standardize(scores: &mut [f32]) {
    let n = scores.len().max(1) as f32;
    let mean = scores.iter().sum::<f32>() / n;
    let deviation = (scores.iter().map(|s| (s - mean).powi(2)).sum::<f32>() / n).sqrt();
    let scale = if deviation > 1e-6 {
        1.0 / deviation
    } else {
        0.0
    };
    scores.iter_mut().for_each(|s| *s = (*s - mean) * scale);
}

/// Reciprocal rank fusion (Cormack, Clarke and Buettcher, 2009): the sum over score lists of
/// 1 / (60 + rank), ranks from 1, equal scores in the order of the candidates.
pub fn reciprocal_rank_fusion(lists: &[Vec<f32>]) -> Vec<f32> {
    let n = lists.first().map_or(0, Vec::len);
    let mut fused = vec![0.0; n];
    for scores in lists {
        for (rank, &i) in descending(scores).iter().enumerate() {
            fused[i] += 1.0 / (60.0 + (rank + 1) as f32);
        }
    }
    fused
}

/// Positions by falling score, equal scores by position.
pub fn descending(scores: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    order
}

/// Keeps the `n` first of `items` in the order `compare`, in no particular order. O(items).
pub fn keep_first<T>(items: &mut Vec<T>, n: usize, compare: impl FnMut(&T, &T) -> Ordering) {
    if items.len() > n {
        items.select_nth_unstable_by(n, compare);
        items.truncate(n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standardized_scores_have_mean_0_and_deviation_1() {
        let mut scores = [1.0, 2.0, 3.0];
        standardize(&mut scores);
        let root = 1.5f32.sqrt();
        for (found, expected) in scores.iter().zip([-root, 0.0, root]) {
            assert!((found - expected).abs() < 1e-6);
        }
        let mut equal = [5.0, 5.0];
        standardize(&mut equal);
        assert_eq!(equal, [0.0, 0.0]);
    }

    #[test]
    fn fusion_adds_what_standardized_arms_are_worth_and_phrases_as_they_are() {
        let json = r#"{ "dense": 0.5, "max_sim": [[-1, 0], [0, 0], [2, 4]], "phrase": 3 }"#;
        let curves: Curves = serde_json::from_str(json).unwrap();
        let candidate = |dense, max_sim, phrase, support| Arms {
            dense,
            max_sim,
            phrase,
            support,
            ..Arms::default()
        };
        // Standardized, two different scores are 1 and -1; support is worth nothing.
        let first = candidate(0.7, 0.1, 0.25, 9.0);
        let fused = fuse(&[first, candidate(0.2, 0.4, 0.0, 0.0)], &curves);
        for (found, expected) in fused.iter().zip([0.5 + 0.0 + 0.75, -0.5 + 2.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
        let (_, shares) = fuse_with_shares(&[first, candidate(0.2, 0.4, 0.0, 0.0)], &curves);
        let of = |share: Arms| [share.dense, share.max_sim, share.phrase, share.support];
        let expected = [[0.5, 0.0, 0.75, 0.0], [-0.5, 2.0, 0.0, 0.0]];
        for (found, expected) in shares.into_iter().map(of).zip(expected) {
            let far = found.iter().zip(expected).map(|(a, b)| (a - b).abs());
            assert!(far.fold(0.0, f32::max) < 1e-6, "{found:?} for {expected:?}");
        }
    }

    #[test]
    fn the_guide_counts_as_far_as_the_sections_leave_it_open() {
        let json = r#"{ "phrase": 1, "guide_bm25": 1 }"#;
        let curves: Curves = serde_json::from_str(json).unwrap();
        let candidate = |phrase, guide_bm25| Arms {
            phrase,
            guide_bm25,
            ..Arms::default()
        };
        // Four alike: the best has a quarter, so it is open by half. Standardized, the guide's scores are
        // the root of 3 and three times minus its inverse.
        let alike = [(1.0, 8.0), (1.0, 2.0), (1.0, 2.0), (1.0, 2.0)];
        let fused = fuse(&alike.map(|(own, said)| candidate(own, said)), &curves);
        assert!((fused[0] - (1.0 + 0.5 * 3.0f32.sqrt())).abs() < 1e-5);
        assert!((fused[1] - (1.0 - 0.5 / 3.0f32.sqrt())).abs() < 1e-5);
        // The first has e of e + 1, more than half: the guide's preference for the other is not heard.
        let decided = fuse(&[candidate(1.0, 0.0), candidate(0.0, 9.0)], &curves);
        assert_eq!(decided, [1.0, 0.0]);
        assert_eq!(openness(&[3.0]), 0.0);
        assert_eq!(openness(&[]), 0.0);
        assert!((openness(&[2.0; 100]) - 0.98).abs() < 1e-6);
    }

    #[test]
    fn the_first_few_are_kept() {
        let kept = |n| {
            let mut items = vec![3, 1, 4, 1, 5];
            keep_first(&mut items, n, |a, b| b.cmp(a));
            items.sort();
            items
        };
        assert!(kept(0).is_empty());
        assert_eq!(kept(2), [4, 5]);
        assert_eq!(kept(5), [1, 1, 3, 4, 5]);
        assert_eq!(kept(6), [1, 1, 3, 4, 5]);
    }

    #[test]
    fn rrf_by_hand() {
        let fused = reciprocal_rank_fusion(&[vec![3.0, 1.0], vec![0.5, 0.6]]);
        let expected = 1.0 / 61.0 + 1.0 / 62.0;
        assert!(fused.iter().all(|f| (f - expected).abs() < 1e-7));
    }
}
