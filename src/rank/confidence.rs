//! Confidence: the probability that the best section answers the question.
//!
//! Standardized scores compare candidates and cannot say whether any is good. Confidence is a
//! logistic function of signals that can: how close the best passage is, and how much of what the
//! question says, by rarity, the best section says too.

/// What confidence is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize)]
pub struct Signals {
    /// Largest cosine of the question and a chunk of the section.
    pub dense: f32,
    /// Largest late interaction with a chunk of the section; `None` without token vectors.
    pub late: Option<f32>,
    /// Part of the question's terms, weighted by idf, that the section contains: 0 to 1.
    pub coverage: f32,
    /// Strength of the routing hint that speaks for the section; 0 without one.
    pub hint: f32,
}

/// Below this confidence docent says that no section answers.
pub const DEFAULT_THRESHOLD: f32 = 0.25;

/// The probability, 0 to 1, that a section with these signals answers the question.
pub fn confidence(signals: &Signals) -> f32 {
    let similarity = match signals.late {
        Some(late) => 9.0 * (late - 0.5) + 3.0 * (signals.dense - 0.4),
        None => 7.0 * (signals.dense - 0.4),
    };
    let x = similarity + 2.5 * (signals.coverage - 0.5) + 3.0 * signals.hint;
    1.0 / (1.0 + (-x).exp())
}
