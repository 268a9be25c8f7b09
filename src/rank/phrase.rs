//! Phrases: neighbouring terms of the question that are near each other in a section too.
//!
//! BM25 counts terms wherever they stand; `access token` in the question means the two together.
//! The sequential dependence model (Metzler and Croft, "A Markov Random Field Model for Term
//! Dependencies", 2005) without counts: a pair that a section has is worth the idf of its
//! commoner term.

use super::bm25::idf;
use crate::index::IndexError;

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
    /// By a term's lowest byte, whether a pair can begin and whether one can end with it. Looking there
    /// first rules out nearly all places of a sequence without comparing any pair.
    roles: [Roles; 256],
}

/// The places that a term has in pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Roles {
    begin: bool,
    end: bool,
}

impl Pairs {
    /// The pairs of the first 256 of `terms`, in the question's order. `numbered` gives the number of a term and
    /// how many of the `num_chunks` chunks have it.
    pub fn new(
        num_chunks: usize,
        numbered: impl Fn(&str) -> Result<Option<(u32, usize)>, IndexError>,
        terms: &[String],
    ) -> Result<Self, IndexError> {
        let mut numbers = Vec::new();
        for term in terms.iter().take(MAX_TERMS) {
            let found = numbered(term)?;
            numbers.push(found.map(|(number, df)| (number, idf(num_chunks, df))));
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
        let mut roles = [Roles::default(); 256];
        for (first, second, _) in &pairs {
            roles[usize::from(*first as u8)].begin = true;
            roles[usize::from(*second as u8)].end = true;
        }
        Self { pairs, roles }
    }

    fn roles(&self, term: u32) -> Roles {
        self.roles[usize::from(term as u8)]
    }

    /// The weights of the pairs that at least one of `sequences` has, added.
    pub fn score<'a>(&self, sequences: impl IntoIterator<Item = &'a [u32]>) -> f32 {
        let mut found = vec![false; self.pairs.len()];
        for sequence in sequences {
            for (at, &term) in sequence.iter().enumerate() {
                if !self.roles(term).begin {
                    continue;
                }
                let next = &sequence[at + 1..sequence.len().min(at + 1 + REACH)];
                if !next.iter().any(|&term| self.roles(term).end) {
                    continue;
                }
                for (pair, found) in self.pairs.iter().zip(&mut found) {
                    *found |= pair.0 == term && next.contains(&pair.1);
                }
            }
        }
        let weights = self.pairs.iter().zip(found);
        let found = weights.filter(|&(_, found)| found);
        found.fold(0.0, |sum, (pair, _)| sum + pair.2)
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
        // 263 has the lowest byte of 7.
        assert_eq!(score(&[&[263, 71], &[7, 327]]), 0.0);
    }
}
