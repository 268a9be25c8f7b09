//! Second looks: what a first ranking of the candidates says about each of them.

use super::candidates::{Candidate, Question};
use crate::index::{ChunkId, Index};
use crate::rank::{fusion, support};

/// Sections whose best chunks the question is moved towards, and how far.
const FEEDBACK_SECTIONS: usize = 2;
const FEEDBACK_SHARE: f32 = 0.6;
/// Sections, the best, that support each other.
const SUPPORTING: usize = 64;

/// Pseudo-relevance feedback (Rocchio, 1971, on vectors): the question is moved towards the best
/// chunks of the best sections by `scores`, and all chunks are compared with it again.
pub(super) fn add_feedback(
    index: &Index,
    question: &Question,
    candidates: &mut [Candidate],
    scores: &[f32],
) {
    let vectors = index.vectors();
    let best = fusion::descending(scores)
        .into_iter()
        .take(FEEDBACK_SECTIONS);
    let best: Vec<ChunkId> = best.filter_map(|i| candidates[i].best_chunk()).collect();
    let share = FEEDBACK_SHARE / best.len().max(1) as f32;
    let mut moved: Vec<f32> = question
        .vector
        .iter()
        .map(|v| v * (1.0 - FEEDBACK_SHARE))
        .collect();
    for row in best.iter().filter_map(|&id| vectors.row(id.position())) {
        for (moved, value) in moved.iter_mut().zip(row) {
            *moved += share * value;
        }
    }
    for candidate in candidates {
        let cosines = candidate
            .rows(vectors)
            .map(|row| index.simd().dot(row, &moved));
        candidate.arms.feedback = cosines.fold(f32::NEG_INFINITY, f32::max);
    }
}

/// The best sections by `scores` support each other ([`support`]); a section stands where the mean
/// of its chunks points.
pub(super) fn add_support(index: &Index, candidates: &mut [Candidate], scores: &[f32]) {
    let mean = scores.iter().sum::<f32>() / scores.len().max(1) as f32;
    let mut best = fusion::descending(scores);
    best.truncate(SUPPORTING);
    let centroids: Vec<Vec<f32>> = best
        .iter()
        .map(|&i| centroid(index, &candidates[i]))
        .collect();
    let above: Vec<f32> = best.iter().map(|&i| scores[i] - mean).collect();
    for (&i, support) in best
        .iter()
        .zip(support::support(index.simd(), &centroids, &above))
    {
        candidates[i].arms.support = support;
    }
}

/// The mean of a section's sentence vectors, as a unit vector.
fn centroid(index: &Index, candidate: &Candidate) -> Vec<f32> {
    let vectors = index.vectors();
    let mut sum = vec![0.0; vectors.dim];
    for row in candidate.rows(vectors) {
        for (sum, value) in sum.iter_mut().zip(row) {
            *sum += value;
        }
    }
    let norm = index.simd().dot(&sum, &sum).sqrt().max(f32::MIN_POSITIVE);
    sum.iter_mut().for_each(|value| *value /= norm);
    sum
}
