//! Calibration: the numbers of the ranking that belong to an embedding model.
//!
//! How much a cosine is worth beside a word, from which likeness on a hint speaks, and how sure an
//! answer is, are fitted to one model's scores: another model's cosines lie elsewhere. So an encoder
//! brings its own calibration ([`crate::encoder::Encoder::calibration`]): a pack has it in its
//! manifest, models through fastembed are looked up in a table. A model without one is
//! [*uncalibrated*](Calibration::UNCALIBRATED): sections are ranked, but how sure an answer is cannot
//! be told, so nothing is refused, and the answer says so.

use serde::{Deserialize, Serialize};

/// Defines [`Arms`]: a line for each arm, with whether its scores are standardized before they are added.
macro_rules! arms {
    ($($(#[doc = $doc:literal])+ $name:ident: $standardized:literal,)+) => {
        /// One number for each scoring arm: a section's score, or the arm's weight.
        ///
        /// Of scores the larger is the more relevant; their scales differ by arm.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Arms {
            $($(#[doc = $doc])+ pub $name: f32,)+
        }

        /// All arms, in the order of [`Arms`]' fields.
        pub const ARMS: &[Arm] = &[$(Arm {
            name: stringify!($name),
            of: |arms| arms.$name,
            is_standardized: $standardized,
        }),+];
    };
}

/// A scoring arm.
#[derive(Debug, Clone, Copy)]
pub struct Arm {
    /// Name of its field in [`Arms`].
    pub name: &'static str,
    /// Its number.
    pub of: fn(&Arms) -> f32,
    /// Whether its scores are shifted to mean 0 and scaled to deviation 1 over the candidates.
    ///
    /// Two are added as they are: phrases, since most sections have none and one that is there is
    /// worth its idf however many others have it; support, since it is made of fused scores.
    pub is_standardized: bool,
}

arms! {
    /// Cosine of the question and the nearest chunk.
    dense: true,
    /// Mean cosine over all chunks of the section.
    dense_mean: true,
    /// BM25 of the best chunk.
    bm25_chunk: true,
    /// BM25 of the whole section.
    bm25_section: true,
    /// Late interaction (MaxSim) with the best chunk.
    max_sim: true,
    /// Cosine of the best chunk and the question moved towards the first answers.
    feedback: true,
    /// Neighbouring terms of the question that are near each other in the section.
    phrase: false,
    /// What similar sections with good scores add.
    support: false,
}

/// All numbers of the ranking that belong to a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// How arms are added.
    pub fusion: Fusion,
    /// When a hint speaks.
    pub hints: HintMatching,
    /// How sure an answer is; `None` if that is not known.
    pub confidence: Option<Confidence>,
}

/// Weights of arms.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// With token vectors.
    pub with_max_sim: Arms,
    /// Without them.
    pub without_max_sim: Arms,
    /// Weight of late interaction in a chunk's score, where cosine and BM25 have 1.
    pub chunk_max_sim: f32,
}

/// How alike a question and a hint must be: likeness is 1 for the same words, else a mixture of
/// word overlap (Jaccard's index) and cosine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HintMatching {
    /// Least likeness that speaks.
    pub threshold: f32,
    /// By how much a match must exceed that of the best hint with another first section.
    pub margin: f32,
    /// Share of word overlap in the likeness; the rest is the cosine of the sentence vectors.
    pub overlap_share: f32,
}

/// How sure an answer is: a probability, from signals that do not depend on the other candidates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confidence {
    /// Where there is late interaction, which is the similarity then.
    pub with_max_sim: Logistic,
    /// Where there is none: the similarity is the largest cosine.
    pub without_max_sim: Logistic,
    /// Below this confidence docent says that no section answers.
    pub threshold: f32,
}

/// A logistic function of what is known of a section:
/// `1 / (1 + e^-x)`, `x = similarity * s + words * ln(1 + bm25) + bias + hint * h`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// Weight of the similarity `s`.
    pub similarity: f32,
    /// Weight of the words that question and best chunk share.
    pub words: f32,
    /// Weight of the likeness `h` of the hint that moved the section, 0 without one.
    pub hint: f32,
    /// What is added.
    pub bias: f32,
}

impl Calibration {
    /// For a model of which nothing is known: arms are standardized, so weights that serve other
    /// models serve it, but its cosines mean nothing by themselves. Hints are matched by words alone.
    pub const UNCALIBRATED: Self = Self {
        fusion: Fusion {
            with_max_sim: Arms {
                dense: 0.4,
                dense_mean: 0.3,
                bm25_chunk: 0.55,
                bm25_section: 0.4,
                max_sim: 1.2,
                feedback: 1.3,
                phrase: 0.2,
                support: 0.55,
            },
            without_max_sim: Arms {
                dense: 0.8,
                dense_mean: 0.4,
                bm25_chunk: 0.6,
                bm25_section: 0.3,
                max_sim: 0.0,
                feedback: 0.7,
                phrase: 0.15,
                support: 0.5,
            },
            chunk_max_sim: 2.0,
        },
        hints: HintMatching {
            threshold: 0.62,
            margin: 0.04,
            overlap_share: 1.0,
        },
        confidence: None,
    };

    /// Confidence below which nothing is an answer; `None` if confidence is not known.
    pub fn threshold(&self) -> Option<f32> {
        self.confidence.map(|confidence| confidence.threshold)
    }
}
