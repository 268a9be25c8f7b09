//! Fusion: a weighted sum of standardized arm scores, and reciprocal rank fusion to compare with.

use std::cmp::Ordering;

#[cfg(doc)]
use crate::calibration::Arm;
use crate::calibration::{ARMS, Arms};

/// The dense arm alone.
pub const DENSE: Arms = Arms {
    dense: 1.0,
    ..NO_ARM
};
/// Late interaction alone.
pub const MAX_SIM: Arms = Arms {
    max_sim: 1.0,
    ..NO_ARM
};
/// BM25 over whole sections alone.
pub const BM25: Arms = Arms {
    bm25_section: 1.0,
    ..NO_ARM
};
const NO_ARM: Arms = Arms {
    dense: 0.0,
    dense_mean: 0.0,
    bm25_chunk: 0.0,
    bm25_section: 0.0,
    max_sim: 0.0,
    feedback: 0.0,
    phrase: 0.0,
    support: 0.0,
};

/// For each candidate the weighted sum of its scores, [standardized](Arm::is_standardized) if the arm
/// is; an arm that says the same of all candidates says nothing.
pub fn fuse(candidates: &[Arms], weights: &Arms) -> Vec<f32> {
    let mut fused = vec![0.0; candidates.len()];
    for arm in ARMS {
        let weight = (arm.of)(weights);
        if weight == 0.0 {
            continue;
        }
        let mut scores: Vec<f32> = candidates.iter().map(arm.of).collect();
        if arm.is_standardized {
            standardize(&mut scores);
        }
        for (fused, score) in fused.iter_mut().zip(scores) {
            *fused += weight * score;
        }
    }
    fused
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
    fn fusion_adds_standardized_arms_and_phrases_as_they_are() {
        let candidate = |dense, max_sim, phrase| Arms {
            dense,
            max_sim,
            phrase,
            ..NO_ARM
        };
        let weights = candidate(0.5, 2.0, 3.0);
        // Standardized, two different scores are 1 and -1; support has no weight.
        let first = Arms {
            support: 9.0,
            ..candidate(0.7, 0.1, 0.25)
        };
        let fused = fuse(&[first, candidate(0.2, 0.4, 0.0)], &weights);
        for (found, expected) in fused.iter().zip([0.5 - 2.0 + 0.75, -0.5 + 2.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }

    #[test]
    fn every_arm_is_its_field() {
        let names: Vec<&str> = ARMS.iter().map(|arm| arm.name).collect();
        let json = serde_json::to_value(Arms::default()).unwrap();
        assert_eq!(names.len(), json.as_object().unwrap().len());
        for name in names {
            let one = serde_json::json!({ name: 1.0 });
            let arms: Arms = serde_json::from_value(one).unwrap();
            let numbers = ARMS.iter().map(|arm| (arm.name, (arm.of)(&arms)));
            assert!(
                numbers.eq(ARMS
                    .iter()
                    .map(|arm| (arm.name, f32::from(arm.name == name))))
            );
        }
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
