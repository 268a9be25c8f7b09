//! What a person should know of an answer besides its hits.

use std::fmt;

use super::Answer;
use crate::encoder::Encoder;
use crate::rank::spelling::Correction;
use crate::stale::Freshness;
use crate::terminal::printable_line;

/// Candidates that are named where none is confident.
const NAMED_CANDIDATES: usize = 3;
/// Words that the docs lack that are named.
const NAMED_WORDS: usize = 20;

/// Something to know of an answer or of the index that gave it. Displayed, it is a sentence or two,
/// with a `hint:` line where something can be done about it, safe to print.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Note {
    /// The model reads only the beginning of the question.
    QuestionCut {
        /// The question's tokens.
        tokens: usize,
        /// Tokens that the model reads.
        limit: usize,
    },
    /// A word was read as another one.
    Corrected(Correction),
    /// Words of the question that the docs have nowhere.
    Absent(Vec<String>),
    /// No section is a confident answer.
    NothingConfident {
        /// The best sections.
        best: Vec<String>,
        /// How confident the best is.
        confidence: f32,
        /// What it was below.
        min_confidence: f32,
    },
    /// Nothing was found.
    NothingFound,
    /// How sure the answer is cannot be told.
    Uncalibrated {
        /// The model that is not calibrated.
        model: String,
    },
    /// The docs are newer than the index, or it cannot be told whether they are.
    Stale(Freshness),
}

impl Note {
    pub(super) fn question_cut(question: &str, encoder: &dyn Encoder) -> Option<Self> {
        let limit = encoder.model().readable_tokens();
        // A token has at least one byte.
        if question.len() <= limit {
            return None;
        }
        let tokens = encoder.count_tokens(question);
        (tokens > limit).then_some(Self::QuestionCut { tokens, limit })
    }

    pub(super) fn nothing_confident(answer: &Answer) -> Self {
        let best = answer.hits.iter().take(NAMED_CANDIDATES);
        Self::NothingConfident {
            best: best.map(|hit| hit.section.path.clone()).collect(),
            confidence: answer.confidence.unwrap_or_default(),
            min_confidence: answer.min_confidence.unwrap_or_default(),
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::QuestionCut { tokens, limit } => write!(
                f,
                "the question has {tokens} tokens, the model reads the first {limit}"
            ),
            Self::Corrected(Correction { word, read_as }) => write!(
                f,
                "read \"{}\" as \"{}\"",
                printable_line(word),
                printable_line(read_as)
            ),
            Self::Absent(words) => {
                let named = words[..words.len().min(NAMED_WORDS)].join(", ");
                write!(f, "not in these docs: {}", printable_line(&named))?;
                match words.len().saturating_sub(NAMED_WORDS) {
                    0 => Ok(()),
                    others => write!(f, " and {others} more"),
                }
            }
            Self::NothingConfident {
                best,
                confidence,
                min_confidence,
            } => {
                let best: Vec<_> = best.iter().map(|path| printable_line(path)).collect();
                write!(
                    f,
                    "nothing confident ({confidence:.2}, below {min_confidence:.2}): best are {}\n\
                     hint: ask in the words of the docs, or see them all with --min-confidence 0",
                    best.join(", ")
                )
            }
            Self::NothingFound => f.write_str("nothing found\nhint: ask with more words"),
            Self::Uncalibrated { model } => write!(
                f,
                "the model {} is not calibrated: how sure an answer is cannot be told, and nothing \
                 is refused",
                printable_line(model)
            ),
            Self::Stale(freshness) => freshness.fmt(f),
        }
    }
}
