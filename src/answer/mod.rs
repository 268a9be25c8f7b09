//! The answer to a question, and what every interface shows of it.
//!
//! [`crate::search`] makes an [`Answer`]; the modules here turn it into what is given out: [`json`] the
//! documented object, [`context`] the passages for a language model within a budget of tokens,
//! [`location`] what a passage's place is called and how it is found again, [`excerpt`] the lines of a passage that say most about a question, [`Note`] what else a person
//! should know. They return values and print nothing.

mod blocks;
pub mod context;
pub mod excerpt;
pub mod json;
pub mod location;
pub mod marks;
mod note;
pub mod passage;

use std::sync::Arc;
use std::time::Duration;

use crate::calibration::Arms;
use crate::encoder::Encoder;
use crate::index::{ChunkId, Index, SectionId, SectionRecord};

pub use crate::rank::confidence::Signals;
pub use crate::rank::hints::HintMatch;
pub use crate::rank::spelling::Correction;
pub use note::Note;

/// The answer to a question.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// The question as it was asked.
    pub question: String,
    /// Whether there is an answer.
    pub verdict: Verdict,
    /// Confidence that the first hit answers the question, 0 without hits; `None` if the model is not
    /// calibrated.
    pub confidence: Option<f32>,
    /// Confidence below which nothing counts as an answer; `None` if the model is not calibrated.
    pub min_confidence: Option<f32>,
    /// Words of the question that were read as words of the corpus.
    pub corrections: Vec<Correction>,
    /// Words of the question that the docs and their guide have nowhere, nor a near spelling of them, as
    /// they were asked. Function words are never among them.
    pub absent: Vec<String>,
    /// Sections by falling score, as many as were asked for, whatever the verdict: see
    /// [`Answer::shown`].
    pub hits: Vec<Hit>,
    /// The index that the chunks of the hits are numbered in: the one that was asked, or what another store gave
    /// for this question, with the sections of the hits whole.
    pub index: Arc<Index>,
    /// Where the time went.
    pub timings: Timings,
}

/// Whether there is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Verdict {
    /// The first hit is likely to answer the question.
    Answered,
    /// The best section is not likely to: these docs have no answer.
    NothingConfident,
    /// No section has anything to do with the question.
    NothingFound,
    /// How sure the answer is cannot be told: the model is not calibrated.
    Uncalibrated,
}

/// A section in an answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Hit {
    /// Its number in the index that was asked; of another store, in its catalogue.
    pub section_id: SectionId,
    /// The section, with the numbers of its chunks in [`Answer::index`].
    pub section: SectionRecord,
    /// Fused score after lifts: larger is more relevant, comparable within one answer only.
    pub score: f32,
    /// The hint that moved it.
    pub hint: Option<HintMatch>,
    /// The section's scores by arm.
    pub arms: Arms,
    /// What each arm added to the score, before a hint lifted it; 0 where the ranking adds no arms.
    pub shares: Arms,
    /// What the answer's confidence is computed from, if this hit is the first.
    pub signals: Signals,
    /// Its best chunks, best first.
    pub chunks: Vec<ChunkHit>,
}

/// A chunk of a hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChunkHit {
    /// Number of the chunk in [`Answer::index`].
    pub id: ChunkId,
    /// Its share in the section's score: comparable within one answer only.
    pub score: f32,
}

/// Duration of each stage of a search.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Embedding the question, spelling included.
    pub embed: Duration,
    /// Finding candidates.
    pub candidates: Duration,
    /// Scoring and ordering them.
    pub rank: Duration,
}

impl Hit {
    /// Most chunks of a hit that are listed.
    const LISTED_CHUNKS: usize = 3;

    /// The best chunks, those that lists of hits name; an answer for a language model uses others too.
    pub fn listed_chunks(&self) -> &[ChunkHit] {
        &self.chunks[..self.chunks.len().min(Self::LISTED_CHUNKS)]
    }
}

impl Timings {
    /// Duration of the whole search.
    pub fn total(&self) -> Duration {
        self.embed + self.candidates + self.rank
    }
}

impl Answer {
    /// The hits that are given to who asked: none of an answer that is not confident.
    pub fn shown(&self) -> &[Hit] {
        match self.verdict {
            Verdict::Answered | Verdict::Uncalibrated => &self.hits,
            Verdict::NothingConfident | Verdict::NothingFound => &[],
        }
    }

    /// Whether the first hit is less likely than not to answer, though likelier than what is refused.
    pub fn is_weak(&self) -> bool {
        let is_unlikely = self.confidence.is_some_and(|confidence| confidence < 0.5);
        self.verdict == Verdict::Answered && is_unlikely
    }

    /// What to know of the answer besides its hits. `encoder` is the one that the question was asked
    /// with.
    pub fn notes(&self, encoder: &dyn Encoder) -> Vec<Note> {
        let mut notes: Vec<Note> = Note::question_cut(&self.question, encoder)
            .into_iter()
            .collect();
        notes.extend(self.corrections.iter().cloned().map(Note::Corrected));
        if !self.absent.is_empty() {
            notes.push(Note::Absent(self.absent.clone()));
        }
        notes.extend(match self.verdict {
            Verdict::Answered => None,
            Verdict::NothingFound => Some(Note::NothingFound),
            Verdict::NothingConfident => Some(Note::nothing_confident(self)),
            Verdict::Uncalibrated => Some(Note::Uncalibrated {
                model: encoder.model().name.clone(),
            }),
        });
        notes
    }
}

/// Headings from the outermost down, as one line; the section's title where there are none.
pub fn heading_line(section: &SectionRecord, headings: &[&str]) -> String {
    heading_path(section, headings).join(" > ")
}

/// Headings from the outermost down; the section's title alone where there are none.
fn heading_path<'a>(section: &'a SectionRecord, headings: &[&'a str]) -> Vec<&'a str> {
    match headings {
        [] => vec![&section.title],
        _ => headings.to_vec(),
    }
}
