//! What is measured: the figures of quality, and a question's share in each.

use serde::{Deserialize, Serialize};

use super::run::{Outcome, Sureness};

/// A figure of quality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Measure {
    /// Part of the questions whose first section answers.
    #[serde(rename = "success@1")]
    SuccessAt1,
    /// Part of the questions with an answer among the first 3 sections.
    #[serde(rename = "success@3")]
    SuccessAt3,
    /// Mean part of the answering sections that are among the first 4.
    #[serde(rename = "recall@4")]
    RecallAt4,
    /// Mean reciprocal rank of the first answering section.
    #[serde(rename = "mrr")]
    Mrr,
    /// Mean normalized discounted cumulative gain of the first 10 sections.
    #[serde(rename = "ndcg@10")]
    NdcgAt10,
    /// Part of the questions with a gold heading under which the best chunk lies.
    #[serde(rename = "heading_accuracy")]
    HeadingAccuracy,
    /// Expected calibration error: how far confidence is from how often the first section answers.
    #[serde(rename = "calibration_error")]
    CalibrationError,
    /// Area under the curve of telling questions with an answer from those without by confidence.
    #[serde(rename = "no_answer_auroc")]
    NoAnswerAuroc,
    /// Part of the questions with an answer that are refused at the default threshold.
    #[serde(rename = "refused_answerable")]
    RefusedAnswerable,
    /// Part of the questions without an answer that are refused at the default threshold.
    #[serde(rename = "refused_no_answer")]
    RefusedNoAnswer,
    /// [`Self::NoAnswerAuroc`] of the questions with an answer against themselves with the relevant
    /// sections withheld.
    #[serde(rename = "withheld_auroc")]
    WithheldAuroc,
    /// Part of the questions with an answer that are refused when the relevant sections are
    /// withheld.
    #[serde(rename = "refused_withheld")]
    RefusedWithheld,
}

impl Measure {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::SuccessAt1,
        Self::SuccessAt3,
        Self::RecallAt4,
        Self::Mrr,
        Self::NdcgAt10,
        Self::HeadingAccuracy,
        Self::CalibrationError,
        Self::NoAnswerAuroc,
        Self::RefusedAnswerable,
        Self::RefusedNoAnswer,
        Self::WithheldAuroc,
        Self::RefusedWithheld,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::SuccessAt1 => "success@1",
            Self::SuccessAt3 => "success@3",
            Self::RecallAt4 => "recall@4",
            Self::Mrr => "MRR",
            Self::NdcgAt10 => "nDCG@10",
            Self::HeadingAccuracy => "heading acc.",
            Self::CalibrationError => "calibration err.",
            Self::NoAnswerAuroc => "no-answer AUROC",
            Self::RefusedAnswerable => "refused, answer",
            Self::RefusedNoAnswer => "refused, none",
            Self::WithheldAuroc => "withheld AUROC",
            Self::RefusedWithheld => "refused, withheld",
        }
    }

    /// Whether more is better.
    pub fn larger_is_better(self) -> bool {
        !matches!(self, Self::RefusedAnswerable | Self::CalibrationError)
    }

    /// The question's share in the mean; `None` if it has none. AUROC and calibration error
    /// are no means.
    pub(super) fn of(self, outcome: &Outcome) -> Option<f64> {
        let success = |k: usize| outcome.success_at.map(|s| f64::from(s[k - 1]));
        let is_refused = |sureness: Sureness| f64::from(sureness.is_refused);
        let refused = |answerable: bool| {
            let asked = outcome.sureness;
            asked
                .filter(|_| outcome.answerable == Some(answerable))
                .map(is_refused)
        };
        match self {
            Self::SuccessAt1 => success(1),
            Self::SuccessAt3 => success(3),
            Self::RecallAt4 => outcome.recall_at_4,
            Self::Mrr => outcome.reciprocal_rank,
            Self::NdcgAt10 => outcome.ndcg_at_10,
            Self::HeadingAccuracy => outcome.heading_found.map(f64::from),
            Self::NoAnswerAuroc | Self::WithheldAuroc | Self::CalibrationError => None,
            Self::RefusedAnswerable => refused(true),
            Self::RefusedNoAnswer => refused(false),
            Self::RefusedWithheld => outcome.withheld.map(is_refused),
        }
    }
}
