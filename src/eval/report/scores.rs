//! Every candidate's scores, so that weights can be fitted and systems compared by any program.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use crate::answer::Signals;
use crate::calibration::Arms;
use crate::eval::run::{RankedSection, TargetRun};

/// A question and its candidates.
#[derive(Serialize)]
struct Line<'a> {
    target: &'a str,
    question: &'a str,
    min_grade: u8,
    relevant: &'a BTreeMap<String, u8>,
    /// The signals of the first hit when the relevant sections are withheld.
    withheld: Option<Signals>,
    candidates: Vec<Candidate<'a>>,
}

/// A section that was ranked: its fused score after lifts, whether a hint moved it, its scores by arm, and
/// what is known of how sure an answer it would be.
#[derive(Serialize)]
struct Candidate<'a> {
    section: &'a str,
    score: f32,
    hinted: bool,
    arms: &'a Arms,
    signals: &'a Signals,
}

/// Writes a line of JSON for each question of each target, its candidates best first. A question that no
/// section answers has an empty `relevant`.
pub fn write_scores(runs: &[TargetRun], out: &mut dyn Write) -> io::Result<()> {
    for run in runs {
        for question in &run.questions {
            let line = Line {
                target: &run.name,
                question: &question.question.id,
                min_grade: run.min_grade,
                relevant: &question.question.relevant,
                withheld: question.outcome.withheld.map(|sureness| sureness.signals),
                candidates: question.ranking.iter().map(candidate).collect(),
            };
            serde_json::to_writer(&mut *out, &line)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

fn candidate(section: &RankedSection) -> Candidate<'_> {
    Candidate {
        section: &section.path,
        score: section.score,
        hinted: section.hint.is_some(),
        arms: &section.arms,
        signals: &section.signals,
    }
}
