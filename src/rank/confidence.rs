//! Confidence: the probability that the best section answers the question.
//!
//! Standardized scores compare candidates and cannot say whether any is good. Confidence is a
//! logistic function of signals that can: how near the best passage is, how much of the question's
//! words one passage says, and whether a hint speaks. The function belongs to a model:
//! [`crate::calibration::Confidence`].

use crate::calibration::{Confidence, Logistic};

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
        let words = signals.bm25.max(0.0).ln_1p();
        let x = self.similarity * similarity + self.words * words + self.bias;
        let x = x + self.hint * signals.hint;
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
                hint: 2.0,
                bias: -3.0,
            },
            without_max_sim: Logistic {
                similarity: 6.0,
                words: 1.0,
                hint: 2.0,
                bias: -5.0,
            },
            threshold: 0.2,
        };
        let signals = Signals {
            dense: 0.5,
            max_sim: Some(0.25),
            bm25: 6.389_056,
            hint: 0.0,
        };
        // ln(1 + bm25) = 2; x = 1 + 1 - 3 = -1.
        assert!((confidence.of(&signals) - 0.268_941_4).abs() < 1e-6);
        let hinted = Signals {
            hint: 0.5,
            ..signals
        };
        // x = -1 + 1.
        assert!((confidence.of(&hinted) - 0.5).abs() < 1e-6);
        // x = -3 + 2 * .75, which makes .18: the hint's strength is more.
        let author = Signals {
            max_sim: Some(0.0),
            bm25: 0.0,
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
}
