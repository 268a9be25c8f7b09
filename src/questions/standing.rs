//! Where the sections that a question names stand if their own entry says nothing.

use serde::Serialize;

use crate::Result;
use crate::answer::Hit;
use crate::search::{HintUse, SearchOptions, Searcher};

/// Hits among which the sections are looked for.
const LOOKED_AT: usize = 20;

/// Where the best of the sections that a question names stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standing {
    /// Its place, from 1; `None`, if it is not among the first twenty.
    pub rank: Option<usize>,
    /// The first section, if it is none of those that are named.
    pub rival: Option<Rival>,
}

/// A section that comes first instead of those that a question names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rival {
    /// The section.
    pub path: String,
    /// The first line of its best passage.
    pub line_start: u32,
    /// The last line of its best passage.
    pub line_end: u32,
    /// How many times likelier it is to answer, by its score, than the best section that is named; `None`, if
    /// that is not among the first twenty.
    ///
    /// Scores are logarithms of likelihoods: the curves of a calibration are fitted so that the softmax of the
    /// scores is the chance of a section to be the one that answers.
    pub odds: Option<f32>,
    /// Whether it would be given as the answer.
    pub is_confident: bool,
}

impl Standing {
    /// Asks `question`; of the hints, those that it repeats say nothing if `hints` is
    /// [`HintUse::Unrepeated`].
    pub fn of(
        searcher: &Searcher,
        question: &str,
        targets: &[String],
        hints: HintUse,
    ) -> Result<Self> {
        let options = SearchOptions {
            k: LOOKED_AT,
            hints,
            ..SearchOptions::default()
        };
        let answer = searcher.search(question, &options)?;
        let is_named = |hit: &Hit| targets.contains(&hit.section.path);
        let place = answer.hits.iter().position(is_named);
        let first = answer.hits.first().filter(|first| !is_named(first));
        let rival = |first: &Hit| -> Result<Rival> {
            let best = first
                .chunks
                .first()
                .map(|best| searcher.index().chunk(best.id));
            let best = best.transpose()?;
            Ok(Rival {
                path: first.section.path.clone(),
                line_start: best.as_ref().map_or(1, |best| best.line_start),
                line_end: best.as_ref().map_or(1, |best| best.line_end),
                odds: place.map(|place| (first.score - answer.hits[place].score).exp()),
                is_confident: !answer.shown().is_empty(),
            })
        };
        Ok(Self {
            rank: place.map(|place| place + 1),
            rival: first.map(rival).transpose()?,
        })
    }

    /// Whether the sections that are named come first.
    pub fn is_first(&self) -> bool {
        self.rank == Some(1)
    }
}
