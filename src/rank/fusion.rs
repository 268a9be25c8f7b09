//! Fusion: a weighted sum of standardized arm scores, and reciprocal rank fusion to compare with.

use std::cmp::Ordering;

/// The scores of one candidate section, by arm. Larger is more relevant; scales differ by arm.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct ArmScores {
    /// Cosine of the question and the nearest chunk.
    pub dense: f32,
    /// Mean cosine over all chunks of the section.
    pub dense_mean: f32,
    /// BM25 of the best chunk.
    pub bm25_chunk: f32,
    /// BM25 of the whole section.
    pub bm25_section: f32,
    /// Late interaction with the best chunk.
    pub late: f32,
    /// Cosine of the best chunk and the question moved towards the first answers.
    pub feedback: f32,
    /// Neighbouring terms of the question that are near each other in the section.
    pub phrase: f32,
    /// What similar sections with good scores add.
    pub support: f32,
}

/// Number of arms.
pub const ARMS: usize = 8;
/// Number of arms that are standardized, the first ones.
const STANDARDIZED: usize = 6;

impl ArmScores {
    /// The scores in the order of the fields.
    pub fn to_array(self) -> [f32; ARMS] {
        [
            self.dense,
            self.dense_mean,
            self.bm25_chunk,
            self.bm25_section,
            self.late,
            self.feedback,
            self.phrase,
            self.support,
        ]
    }
}

/// Weights of the arms, in the order of [`ArmScores`]' fields.
pub type Weights = [f32; ARMS];

/// With stored token vectors.
pub const WITH_LATE: Weights = [0.4, 0.3, 0.55, 0.4, 1.2, 1.3, 0.2, 0.55];
/// Without them.
pub const WITHOUT_LATE: Weights = [0.8, 0.4, 0.6, 0.3, 0.0, 0.7, 0.15, 0.5];
/// The dense arm alone.
pub const DENSE: Weights = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
/// BM25 over whole sections alone.
pub const BM25: Weights = [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];

/// For each candidate the weighted sum of its standardized scores.
///
/// An arm's scores are standardized over the candidates (mean 0, deviation 1); an arm that says
/// the same of all candidates says nothing. Two arms are added as they are: phrases, since most
/// sections have none and one that is there is worth its idf however many others have it; support,
/// since it is made of fused scores.
pub fn fuse(candidates: &[ArmScores], weights: &Weights) -> Vec<f32> {
    let mut fused = vec![0.0; candidates.len()];
    for (arm, &weight) in weights.iter().enumerate() {
        if weight == 0.0 {
            continue;
        }
        let mut scores: Vec<f32> = candidates.iter().map(|c| c.to_array()[arm]).collect();
        if arm < STANDARDIZED {
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
    fn fusion_adds_weighted_arms() {
        let candidate = |dense, late| ArmScores {
            dense,
            late,
            ..ArmScores::default()
        };
        let fused = fuse(&[candidate(1.0, 0.0), candidate(0.0, 1.0)], &WITH_LATE);
        let expected = [WITH_LATE[0] - WITH_LATE[4], WITH_LATE[4] - WITH_LATE[0]];
        assert_eq!(fused, expected);
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
