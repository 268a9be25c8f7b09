//! Confidence: the probability that the best section answers the question.
//!
//! Standardized scores compare candidates and cannot say whether any is good. Confidence is a
//! logistic function of signals that can: how near the best passage is, how much of the question's
//! words one passage says, whether what other sections have is missing there, whether the rarest of what
//! is asked is found anywhere, and what the guide says. The function belongs to a model:
//! [`crate::calibration::Confidence`].

use crate::calibration::{Confidence, Logistic};
use crate::rank::fusion;

/// Tokens of a question that count as its rarest.
const RAREST: usize = 3;

/// What confidence is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Signals {
    /// Largest cosine of the question and a chunk of the section.
    pub dense: f32,
    /// Largest late interaction with a chunk of the section; `None` without token vectors.
    pub max_sim: Option<f32>,
    /// Largest BM25 of a chunk of the section.
    pub bm25: f32,
    /// How strongly the hint that moved the section matches; 0 without one.
    pub hint: f32,
    /// Largest cosine of the question and a passage of the guide that names the section itself, and not its folder; 0
    /// without one.
    pub guide: f32,
    /// What the best chunk lacks most and another chunk has: see [`lack`].
    pub lack: f32,
    /// How well the question's rarest tokens are found: see [`rarest`].
    pub rarest: f32,
}

/// The largest share of a question that a token loses in a chunk for being matched better elsewhere:
/// its weight times the difference of its best cosines everywhere and in the chunk. All three have a value
/// for each token of the question; 0 for one without tokens.
pub fn lack(weights: &[f32], everywhere: &[f32], chunk: &[f32]) -> f32 {
    let tokens = weights.iter().zip(everywhere.iter().zip(chunk));
    let losses = tokens.map(|(weight, (everywhere, own))| weight * (everywhere - own));
    losses.fold(0.0, f32::max)
}

/// The least of the best cosines that the question's three tokens of most weight find anywhere; 0 for a
/// question without tokens.
pub fn rarest(weights: &[f32], everywhere: &[f32]) -> f32 {
    let tokens = fusion::descending(weights).into_iter().take(RAREST);
    let least = tokens.map(|token| everywhere[token]).reduce(f32::min);
    least.unwrap_or_default()
}

impl Confidence {
    /// The probability, 0 to 1, that a section with these signals answers the question.
    ///
    /// At least the strength of the hint that moved it: whoever asks in the author's own words gets the
    /// author's answer, whatever the words of the section are.
    pub fn of(&self, signals: &Signals) -> f32 {
        let fitted = match signals.max_sim {
            Some(max_sim) => self.with_max_sim.of(max_sim, signals),
            None => self.without_max_sim.of(signals.dense, signals),
        };
        fitted.max(signals.hint)
    }
}

impl Logistic {
    fn of(&self, similarity: f32, signals: &Signals) -> f32 {
        let x = self.bias
            + self.similarity * similarity
            + self.words * signals.bm25.max(0.0).ln_1p()
            + self.guide * signals.guide
            + self.lack * signals.lack
            + self.rarest * signals.rarest;
        1.0 / (1.0 + (-x).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_by_hand() {
        let confidence = Confidence {
            with_max_sim: Logistic {
                similarity: 4.0,
                words: 0.5,
                guide: 1.0,
                lack: -10.0,
                rarest: 2.0,
                bias: -3.0,
            },
            without_max_sim: Logistic {
                similarity: 6.0,
                words: 1.0,
                bias: -5.0,
                ..Logistic::default()
            },
            threshold: 0.2,
        };
        let signals = Signals {
            dense: 0.5,
            max_sim: Some(0.25),
            bm25: 6.389_056,
            ..Signals::default()
        };
        // ln(1 + bm25) = 2; x = 1 + 1 - 3 = -1.
        assert!((confidence.of(&signals) - 0.268_941_4).abs() < 1e-6);
        let others = Signals {
            guide: 0.5,
            lack: 0.1,
            rarest: 0.75,
            ..signals
        };
        // x = -1 + .5 - 1 + 1.5.
        assert!((confidence.of(&others) - 0.5).abs() < 1e-6);
        // Without its hint it has .27, as above.
        let author = Signals {
            hint: 0.75,
            ..signals
        };
        assert_eq!(confidence.of(&author), 0.75);
        let without = Signals {
            max_sim: None,
            ..signals
        };
        // x = 3 + 2 - 5.
        assert!((confidence.of(&without) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_chunk_lacks_what_is_elsewhere_by_the_tokens_weight() {
        let (weights, everywhere) = ([0.5, 0.3, 0.2], [0.75, 1.0, 0.5]);
        assert_eq!(lack(&weights, &everywhere, &[0.75, 0.5, 0.0]), 0.3 * 0.5);
        assert_eq!(lack(&weights, &everywhere, &everywhere), 0.0);
        assert_eq!(lack(&[], &[], &[]), 0.0);
    }

    #[test]
    fn the_rarest_tokens_are_the_three_heaviest() {
        let weights = [0.4, 0.05, 0.3, 0.25];
        assert_eq!(rarest(&weights, &[0.9, 0.1, 0.8, 0.7]), 0.7);
        assert_eq!(rarest(&[0.6, 0.4], &[0.5, 0.8]), 0.5);
        assert_eq!(rarest(&[], &[]), 0.0);
    }
}
