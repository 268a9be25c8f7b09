//! Whether proposed questions are good ones.

use std::collections::HashMap;
use std::fmt;

use rayon::prelude::*;
use serde::Serialize;

use super::standing::{Rival, Standing};
use crate::Result;
use crate::corpus::KnownQuestion;
use crate::search::{HintUse, Searcher};

/// How many times likelier another section must be to count as a rival, and it must be one that would be given
/// as the answer. A question whose section is merely hard to find is what questions are for.
const RIVAL_ODDS: f32 = 20.0;

/// What is wrong with a proposed question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Objection {
    /// It has no word.
    Empty,
    /// It names no section.
    NoSection,
    /// It names something that is not a section of the index.
    UnknownSection {
        /// What it names.
        path: String,
    },
    /// The guide, or an earlier line, has the question already.
    Duplicate {
        /// File and line.
        place: String,
    },
    /// Another section answers it clearly better.
    Rival(Rival),
}

impl fmt::Display for Objection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no question"),
            Self::NoSection => f.write_str("it names no section"),
            Self::UnknownSection { path } => write!(f, "{path} is not a section of the index"),
            Self::Duplicate { place } => write!(f, "the question is there already: {place}"),
            Self::Rival(rival) => {
                let Rival {
                    path,
                    line_start,
                    line_end,
                    odds,
                    ..
                } = rival;
                write!(f, "{path}:{line_start}-{line_end} seems to answer it, ")?;
                match odds {
                    Some(odds) => write!(f, "{odds:.0} times likelier than what is named"),
                    None => f.write_str("and what is named is not among the first twenty"),
                }
            }
        }
    }
}

/// Proposed questions, sorted out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Review {
    /// The good ones, in order.
    pub good: Vec<KnownQuestion>,
    /// The others, in order, each with what is wrong.
    pub bad: Vec<(KnownQuestion, Objection)>,
}

/// Looks at `proposed`, in order, one search each on all cores: every one must name sections of the index and
/// be new. Unless `keep_rivals`, none may be one that another section answers clearly better: what a question
/// says of the wrong section is found there ever after.
pub fn review(
    searcher: &Searcher,
    proposed: Vec<KnownQuestion>,
    keep_rivals: bool,
) -> Result<Review> {
    let known = searcher.index().guide()?.questions;
    let mut places: HashMap<String, String> = HashMap::new();
    let place = |known: &KnownQuestion| format!("{}:{}", known.source.file, known.source.line);
    for known in &known {
        places.insert(known.question.to_lowercase(), place(known));
    }
    let mut objections = Vec::with_capacity(proposed.len());
    for proposed in &proposed {
        let words = proposed.question.to_lowercase();
        objections.push(match places.get(&words) {
            Some(place) => Some(Objection::Duplicate {
                place: place.clone(),
            }),
            None => {
                places.insert(words, place(proposed));
                check_form(searcher, proposed)?
            }
        });
    }
    let judged = proposed.into_par_iter().zip(objections);
    let judged: Vec<_> = judged
        .map(|(proposed, objection)| {
            let objection = match objection {
                None if !keep_rivals => rival(searcher, &proposed)?,
                objection => objection,
            };
            Ok((proposed, objection))
        })
        .collect::<Result<_>>()?;
    let mut review = Review::default();
    for (proposed, objection) in judged {
        match objection {
            None => review.good.push(proposed),
            Some(objection) => review.bad.push((proposed, objection)),
        }
    }
    Ok(review)
}

fn check_form(searcher: &Searcher, proposed: &KnownQuestion) -> Result<Option<Objection>> {
    if crate::analysis::words(&proposed.question).next().is_none() {
        return Ok(Some(Objection::Empty));
    }
    if proposed.targets.is_empty() {
        return Ok(Some(Objection::NoSection));
    }
    for path in &proposed.targets {
        if searcher.index().find_section(path)?.is_none() {
            return Ok(Some(Objection::UnknownSection { path: path.clone() }));
        }
    }
    Ok(None)
}

fn rival(searcher: &Searcher, proposed: &KnownQuestion) -> Result<Option<Objection>> {
    let (question, targets) = (&proposed.question, &proposed.targets);
    let standing = Standing::of(searcher, question, targets, HintUse::Unrepeated)?;
    let is_clear =
        |rival: &Rival| rival.is_confident && rival.odds.is_none_or(|odds| odds >= RIVAL_ODDS);
    Ok(standing.rival.filter(is_clear).map(Objection::Rival))
}
