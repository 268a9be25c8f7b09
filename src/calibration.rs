//! Calibration: the numbers of the ranking that belong to an embedding model.
//!
//! How much a cosine is worth beside a word, from which likeness on a hint speaks, and how sure an
//! answer is, are fitted to one model's scores: another model's cosines lie elsewhere. So an encoder
//! brings its own calibration ([`crate::encoder::Encoder::calibration`]): a pack has it in its
//! manifest, models through fastembed are looked up in a table. A model without one is
//! [*uncalibrated*](Calibration::uncalibrated): sections are ranked, but how sure an answer is cannot
//! be told, so nothing is refused, and the answer says so.

use serde::{Deserialize, Serialize};

/// Defines [`Arms`] and [`Curves`]: a line for each arm, with whether its scores are standardized
/// before they are added, and whether it is the guide's.
macro_rules! arms {
    ($($(#[doc = $doc:literal])+ $name:ident: $standardized:literal, $guide:literal;)+) => {
        /// A section's score by each scoring arm: the larger, the more relevant. Scales differ by arm.
        #[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Arms {
            $($(#[doc = $doc])+ pub $name: f32,)+
        }

        /// What each scoring arm's scores are worth; nothing, where an arm is left out.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Curves {
            $($(#[doc = $doc])+ pub $name: Curve,)+
        }

        /// All arms, in the order of [`Arms`]' fields.
        pub const ARMS: &[Arm] = &[$(Arm {
            name: stringify!($name),
            of: |arms| arms.$name,
            of_mut: |arms| &mut arms.$name,
            curve: |curves| &curves.$name,
            is_standardized: $standardized,
            is_guide: $guide,
        }),+];
    };
}

/// A scoring arm.
#[derive(Debug, Clone, Copy)]
pub struct Arm {
    /// Name of its field in [`Arms`].
    pub name: &'static str,
    /// Its score.
    pub of: fn(&Arms) -> f32,
    /// Where its score stands.
    pub of_mut: fn(&mut Arms) -> &mut f32,
    /// What its score is worth.
    pub curve: fn(&Curves) -> &Curve,
    /// Whether its scores are shifted to mean 0 and scaled to deviation 1 over the candidates.
    ///
    /// Two are added as they are: phrases, since most sections have none and one that is there is
    /// worth its idf however many others have it; support, since it is made of fused scores.
    pub is_standardized: bool,
    /// Whether it scores what the guide says of the section, not the section.
    pub is_guide: bool,
}

arms! {
    /// Cosine of the question and the nearest chunk.
    dense: true, false;
    /// Mean cosine over all chunks of the section.
    dense_mean: true, false;
    /// BM25 of the best chunk.
    bm25_chunk: true, false;
    /// BM25 of the whole section.
    bm25_section: true, false;
    /// Late interaction (MaxSim) with the best chunk.
    max_sim: true, false;
    /// Cosine of the best chunk and the question moved towards the first answers.
    feedback: true, false;
    /// Neighbouring terms of the question that are near each other in the section.
    phrase: false, false;
    /// What similar sections with good scores add.
    support: false, false;
    /// Cosine of the question and the nearest of the guide's guidelines and table rows that name the section.
    guide_dense: true, true;
    /// BM25 of the best of these passages.
    guide_bm25: true, true;
    /// Late interaction with the best of these passages.
    guide_max_sim: true, true;
    /// Cosine of the question and the nearest of the guide's questions that name the section.
    question_dense: true, true;
    /// BM25 of the best of these questions.
    question_bm25: true, true;
    /// Late interaction with the best of these questions.
    question_max_sim: true, true;
}

/// What an arm's score is worth in the fused score: in JSON a number, or a list of points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Curve {
    /// A straight line through 0 with this slope: the arm's weight.
    Line(f32),
    /// Straight between points, and beyond them as straight as between the last two.
    Points(Points),
}

/// Two or more `(score, worth)` by rising score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(f32, f32)>", into = "Vec<(f32, f32)>")]
pub struct Points(Vec<(f32, f32)>);

impl TryFrom<Vec<(f32, f32)>> for Points {
    type Error = &'static str;

    fn try_from(points: Vec<(f32, f32)>) -> Result<Self, Self::Error> {
        match points.is_sorted_by(|a, b| a.0 < b.0) && points.len() >= 2 {
            true => Ok(Self(points)),
            false => Err("a curve has two or more points by rising score"),
        }
    }
}

impl From<Points> for Vec<(f32, f32)> {
    fn from(points: Points) -> Self {
        points.0
    }
}

impl Default for Curve {
    /// Worth nothing.
    fn default() -> Self {
        Self::Line(0.0)
    }
}

impl Curve {
    /// What `score` is worth.
    pub fn at(&self, score: f32) -> f32 {
        match self {
            Self::Line(slope) => slope * score,
            Self::Points(Points(points)) => {
                let inner = &points[1..points.len() - 1];
                let start = inner.partition_point(|&(x, _)| x <= score);
                let ((x0, y0), (x1, y1)) = (points[start], points[start + 1]);
                y0 + (y1 - y0) * (score - x0) / (x1 - x0)
            }
        }
    }
}

/// All numbers of the ranking that belong to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// How arms are added.
    pub fusion: Fusion,
    /// When a hint speaks.
    pub hints: HintMatching,
    /// How sure an answer is; `None` if that is not known.
    pub confidence: Option<Confidence>,
}

/// What arms are worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// With token vectors.
    pub with_max_sim: Curves,
    /// With token vectors, where the guide names some of the candidates: what orders them once feedback
    /// and support are known. `None`: as without a guide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_guide: Option<Curves>,
    /// With token vectors, where the guide has questions for all of the candidates. Where it has them for
    /// some, the last look is between this and the one without, by the fourth power of their share: a few
    /// questions must not draw answers away from the sections that have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with_questions: Option<Curves>,
    /// Without token vectors.
    pub without_max_sim: Curves,
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

/// How sure an answer is: a probability, from what is known of its first section.
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

/// A logistic function of what is known of a section ([`crate::rank::confidence::Signals`]):
/// `1 / (1 + e^-x)`, where `x` is `bias` and the sum of the signals, each times its weight.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Logistic {
    /// Weight of the similarity.
    pub similarity: f32,
    /// Weight of `ln(1 + bm25)`: the words that question and best chunk share.
    pub words: f32,
    /// Weight of the cosine with what the guide says of the section.
    pub guide: f32,
    /// Weight of what other sections have and this one lacks.
    pub lack: f32,
    /// Weight of how well the question's rarest tokens are found anywhere.
    pub rarest: f32,
    /// What is added.
    pub bias: f32,
}

impl Calibration {
    /// For a model of which nothing is known: arms are standardized, so weights that serve other
    /// models serve it, but its cosines mean nothing by themselves. Hints are matched by words alone.
    pub fn uncalibrated() -> Self {
        let line = Curve::Line;
        Self {
            fusion: Fusion {
                with_max_sim: Curves {
                    dense: line(0.4),
                    dense_mean: line(0.3),
                    bm25_chunk: line(0.55),
                    bm25_section: line(0.4),
                    max_sim: line(1.2),
                    feedback: line(1.3),
                    phrase: line(0.2),
                    support: line(0.55),
                    guide_dense: line(0.3),
                    guide_bm25: line(0.3),
                    guide_max_sim: line(0.4),
                    question_dense: line(0.3),
                    question_bm25: line(0.3),
                    question_max_sim: line(0.4),
                },
                with_guide: None,
                with_questions: None,
                without_max_sim: Curves {
                    dense: line(0.8),
                    dense_mean: line(0.4),
                    bm25_chunk: line(0.6),
                    bm25_section: line(0.3),
                    max_sim: line(0.0),
                    feedback: line(0.7),
                    phrase: line(0.15),
                    support: line(0.5),
                    guide_dense: line(0.3),
                    guide_bm25: line(0.3),
                    guide_max_sim: line(0.0),
                    question_dense: line(0.3),
                    question_bm25: line(0.3),
                    question_max_sim: line(0.0),
                },
                chunk_max_sim: 2.0,
            },
            hints: HintMatching {
                threshold: 0.62,
                margin: 0.04,
                overlap_share: 1.0,
            },
            confidence: None,
        }
    }

    /// Confidence below which nothing is an answer; `None` if confidence is not known.
    pub fn threshold(&self) -> Option<f32> {
        self.confidence.map(|confidence| confidence.threshold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(json: &str) -> serde_json::Result<Curve> {
        serde_json::from_str(json)
    }

    #[test]
    fn a_curve_is_straight_between_its_points_and_beyond_them() {
        let curve = curve("[[-1, 0], [0, 0.5], [2, 1.5]]").unwrap();
        let worth = [-3.0, -1.0, -0.5, 0.0, 1.0, 2.0, 4.0].map(|score| curve.at(score));
        assert_eq!(worth, [-1.0, 0.0, 0.25, 0.5, 1.0, 1.5, 2.5]);
    }

    #[test]
    fn a_number_is_a_line_through_0() {
        assert_eq!(curve("0.5").unwrap().at(3.0), 1.5);
        assert_eq!(Curve::default().at(3.0), 0.0);
    }

    #[test]
    fn points_out_of_order_are_no_curve() {
        for wrong in [
            "[]",
            "[[0, 1]]",
            "[[0, 1], [0, 2]]",
            "[[1, 1], [0, 2]]",
            "\"1\"",
        ] {
            assert!(curve(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_arm_is_its_field() {
        let names: Vec<&str> = ARMS.iter().map(|arm| arm.name).collect();
        let json = serde_json::to_value(Arms::default()).unwrap();
        assert_eq!(names.len(), json.as_object().unwrap().len());
        for name in names {
            let one = serde_json::json!({ name: 1.0 });
            let arms: Arms = serde_json::from_value(one.clone()).unwrap();
            let curves: Curves = serde_json::from_value(one).unwrap();
            for arm in ARMS {
                let expected = f32::from(arm.name == name);
                assert_eq!((arm.of)(&arms), expected);
                assert_eq!((arm.curve)(&curves).at(1.0), expected);
            }
        }
    }
}
