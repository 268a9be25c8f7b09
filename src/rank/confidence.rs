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
pub const DEFAULT_THRESHOLD: f32 = 0.35;

/// The probability, 0 to 1, that a section with these signals answers the question.
///
/// The similarity's terms were set on the development questions so that the threshold refuses
/// about one answerable question in 25; a question about something else entirely falls well below.
pub fn confidence(signals: &Signals) -> f32 {
    let similarity = match signals.late {
        Some(late) => 14.0 * late - 5.2,
        None => 9.0 * signals.dense - 2.9,
    };
    let x = similarity + signals.coverage + 3.0 * signals.hint;
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_by_hand() {
        let signals = Signals {
            dense: 0.5,
            late: Some(0.5),
            coverage: 0.5,
            hint: 0.0,
        };
        // x = 7 - 5.2 + 0.5 = 2.3
        assert!((confidence(&signals) - 0.908_877).abs() < 1e-5);
        let without_late = Signals {
            late: None,
            ..signals
        };
        // x = 4.5 - 2.9 + 0.5 = 2.1
        assert!((confidence(&without_late) - 0.890_903).abs() < 1e-5);
    }

    #[test]
    fn a_hint_makes_an_answer_surer() {
        let silent = Signals {
            late: Some(0.3),
            ..Signals::default()
        };
        let spoken = Signals {
            hint: 1.0,
            ..silent
        };
        assert!(confidence(&silent) < DEFAULT_THRESHOLD && confidence(&spoken) > DEFAULT_THRESHOLD);
    }
}
