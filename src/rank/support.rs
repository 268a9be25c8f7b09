//! Support: a section gains by good sections that say similar things.
//!
//! Sections about one matter answer the same questions (the cluster hypothesis, Jardine and van
//! Rijsbergen, 1971), so a section whose neighbours score well is likelier to be an answer than its
//! own score says (Diaz, "Regularizing Ad Hoc Retrieval Scores", 2005).

use super::fusion::keep_first;
use crate::simd::Simd;

/// Neighbours that are counted. Where there are fewer, the missing ones give nothing.
const NEIGHBOURS: usize = 8;

/// For each candidate the mean over its nearest `NEIGHBOURS` of cosine times score, both at least 0.
///
/// `centroids` are unit vectors, `scores` are shifted to mean 0, in the same order.
/// O(candidates^2 x dim).
pub fn support(simd: Simd, centroids: &[Vec<f32>], scores: &[f32]) -> Vec<f32> {
    let mut neighbours = vec![Vec::with_capacity(centroids.len()); centroids.len()];
    for (i, a) in centroids.iter().enumerate() {
        for (j, b) in centroids.iter().enumerate().take(i) {
            let cosine = simd.dot(a, b).max(0.0);
            neighbours[i].push((cosine, j));
            neighbours[j].push((cosine, i));
        }
    }
    let share = |&(cosine, j): &(f32, usize)| cosine * scores[j].max(0.0);
    let mean = |mut neighbours: Vec<(f32, usize)>| {
        keep_first(&mut neighbours, NEIGHBOURS, |a, b| {
            b.0.total_cmp(&a.0).then(a.1.cmp(&b.1))
        });
        neighbours
            .iter()
            .map(share)
            .fold(0.0, |sum, share| sum + share)
            / NEIGHBOURS as f32
    };
    neighbours.into_iter().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_share_what_they_have_above_the_mean() {
        let centroids = [vec![1.0, 0.0], vec![0.6, 0.8], vec![0.0, 1.0]];
        let found = support(Simd::SCALAR, &centroids, &[2.0, 1.0, -3.0]);
        for (found, expected) in found.iter().zip([0.6 / 8.0, 1.2 / 8.0, 0.8 / 8.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} for {expected}");
        }
    }

    #[test]
    fn only_the_nearest_count() {
        // Eight neighbours without a score are nearer than the ninth, which has one.
        let mut centroids = vec![vec![1.0, 0.0]; 9];
        centroids.push(vec![0.8, 0.6]);
        let mut scores = [0.0; 10];
        scores[9] = 5.0;
        assert_eq!(support(Simd::SCALAR, &centroids, &scores)[0], 0.0);
        scores[1] = 4.0;
        assert_eq!(support(Simd::SCALAR, &centroids, &scores)[0], 0.5);
    }
}
