//! What the known questions of an index are worth.

use rayon::prelude::*;
use serde::Serialize;

use super::standing::{Rival, Standing};
use crate::Result;
use crate::corpus::KnownQuestion;
use crate::search::{HintUse, Searcher};

/// A known question, asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checked {
    /// The question, its sections, and where it stands.
    #[serde(flatten)]
    pub known: KnownQuestion,
    /// What its entry is worth.
    pub worth: Worth,
    /// The section that comes first instead of those that are named, without the entry if not with it.
    pub rival: Option<Rival>,
}

/// What a known question's entry is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Worth {
    /// Its section comes first without it, by what the docs and other hints say.
    AnsweredAnyway,
    /// Its section comes first with it alone.
    ByItsEntry,
    /// Another section comes first in spite of it.
    NotFound,
}

/// Asks each question of the index's guide, with and without what the guide says in nearly the same words. In
/// the guide's order. Costs two searches a question, on all cores.
pub fn check(searcher: &Searcher) -> Result<Vec<Checked>> {
    let questions = searcher.index().guide()?.questions;
    questions
        .into_par_iter()
        .map(|known| check_one(searcher, known))
        .collect()
}

fn check_one(searcher: &Searcher, known: KnownQuestion) -> Result<Checked> {
    let stand = |hints| Standing::of(searcher, &known.question, &known.targets, hints);
    let (with, without) = (stand(HintUse::All)?, stand(HintUse::Unrepeated)?);
    let worth = match (with.is_first(), without.is_first()) {
        (true, true) => Worth::AnsweredAnyway,
        (true, false) => Worth::ByItsEntry,
        (false, _) => Worth::NotFound,
    };
    Ok(Checked {
        known,
        worth,
        rival: with.rival.or(without.rival),
    })
}
