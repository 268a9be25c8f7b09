//! Phrases: neighbouring terms of the question that are near each other in a section too.
//!
//! BM25 counts terms wherever they stand; `access token` in the question means the two together.
//! The sequential dependence model (Metzler and Croft, "A Markov Random Field Model for Term
//! Dependencies", 2005) without counts: a pair that a section has is worth the idf of its
//! commoner term.

use super::bm25::idf;
use crate::index::{IndexError, Postings};

/// Farthest distance of the second term from the first, in terms.
const REACH: usize = 2;
/// Terms of a question that are looked at: as many as the model reads tokens. The cost grows with
/// their square.
const MAX_TERMS: usize = 256;

/// The pairs of neighbouring terms of a question, as far as the corpus has both terms.
#[derive(Debug)]
pub struct Pairs {
    /// First term, second term, weight: distinct, and the two terms differ.
    pairs: Vec<(u32, u32, f32)>,
    /// The first terms of the pairs, each once.
    firsts: Vec<u32>,
}

impl Pairs {
    /// The pairs of the first 256 of `terms`, in the question's order, weighted by `postings`.
    pub fn new(postings: &Postings<'_>, terms: &[String]) -> Result<Self, IndexError> {
        let mut numbers = Vec::new();
        for term in terms.iter().take(MAX_TERMS) {
            let found = postings.numbered(term)?;
            numbers.push(found.map(|(number, df)| (number, idf(postings.num_docs(), df))));
        }
        let mut pairs: Vec<(u32, u32, f32)> = Vec::new();
        for pair in numbers.windows(2) {
            let (Some((first, a)), Some((second, b))) = (pair[0], pair[1]) else {
                continue;
            };
            let is_new = !pairs.iter().any(|p| (p.0, p.1) == (first, second));
            if first != second && is_new {
                pairs.push((first, second, a.min(b)));
            }
        }
        Ok(Self::of(pairs))
    }

    fn of(pairs: Vec<(u32, u32, f32)>) -> Self {
        let mut firsts: Vec<u32> = pairs.iter().map(|pair| pair.0).collect();
        firsts.sort_unstable();
        firsts.dedup();
        Self { pairs, firsts }
    }

    /// The weights of the pairs that at least one of `sequences` has, added.
    pub fn score<'a>(&self, sequences: impl IntoIterator<Item = &'a [u32]>) -> f32 {
        let mut found = vec![false; self.pairs.len()];
        let mut differences = Vec::new();
        for sequence in sequences {
            compare(sequence, &self.firsts, &mut differences);
            let places = differences.iter().enumerate();
            for (at, _) in places.filter(|&(_, &difference)| difference == 0) {
                let next = &sequence[at + 1..sequence.len().min(at + 1 + REACH)];
                for (pair, found) in self.pairs.iter().zip(&mut found) {
                    *found |= pair.0 == sequence[at] && next.contains(&pair.1);
                }
            }
        }
        let weights = self.pairs.iter().zip(found);
        let found = weights.filter(|&(_, found)| found);
        found.fold(0.0, |sum, (pair, _)| sum + pair.2)
    }
}

/// Makes `differences[i]` 0 where `sequence[i]` is one of `terms`, something else where it is not:
/// one term after the other, since minimum and exclusive or of whole vectors are cheap.
#[multiversion::multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn compare(sequence: &[u32], terms: &[u32], differences: &mut Vec<u32>) {
    differences.clear();
    differences.resize(sequence.len(), u32::MAX);
    for &term in terms {
        for (difference, &member) in differences.iter_mut().zip(sequence) {
            *difference = (*difference).min(member ^ term);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_count_once_in_order_and_within_reach() {
        let pairs = Pairs::of(vec![(7, 71, 2.0), (71, 3, 0.5)]);
        let score = |sequences: &[&[u32]]| pairs.score(sequences.iter().copied());
        assert_eq!(score(&[]), 0.0);
        assert_eq!(score(&[&[7, 71]]), 2.0);
        assert_eq!(score(&[&[7, 9, 71, 7, 71]]), 2.0);
        assert_eq!(score(&[&[7, 9, 9, 71]]), 0.0);
        assert_eq!(score(&[&[71, 7]]), 0.0);
        assert_eq!(score(&[&[7], &[71]]), 0.0);
        assert_eq!(score(&[&[7, 71], &[71, 3]]), 2.5);
        assert_eq!(score(&[&[7, 71, 3]]), 2.5);
    }
}
