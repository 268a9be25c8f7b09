//! Questions of the query log that no section answers.

use rayon::prelude::*;

use super::docs::Docs;
use super::draft::{Draft, count, list, place, quoted};
use super::finding::{Place, Rule, Severity};
use crate::Result;
use crate::answer::{Answer, Verdict};
use crate::query_log::{LogEntry, LoggedQuestion, QueryLog};
use crate::questions::nearest_section;
use crate::search::{SearchOptions, Searcher};

/// Cosine from which two questions ask the same.
const SAME_QUESTION: f32 = 0.7;

/// A question that was not answered and is not now, with all times that it was asked.
struct Open {
    question: String,
    days: Vec<String>,
    vector: Vec<f32>,
    /// The nearest section with the line of its best passage, if one is near.
    nearest: Option<Place>,
}

/// What is said instead of findings if the model cannot tell an answer from none.
pub(super) fn note(searcher: &Searcher, log: &QueryLog) -> Option<String> {
    let is_uncalibrated = searcher.calibration().confidence.is_none();
    let questions = not_answered(log).len();
    (is_uncalibrated && questions > 0).then(|| {
        format!(
            "{} of the log that had no answer {} not looked at (rule unanswered): this model has no \
             calibration, so it cannot be told what has one by now",
            count(questions, "question"),
            if questions == 1 { "is" } else { "are" },
        )
    })
}

/// A finding for each group of questions that ask the same. None with a model that is not calibrated, of which
/// [`note`] tells.
pub(super) fn findings(docs: &Docs<'_>, searcher: &Searcher, log: &QueryLog) -> Result<Vec<Draft>> {
    if searcher.calibration().confidence.is_none() {
        return Ok(Vec::new());
    }
    let asked = not_answered(log);
    let open = asked.into_par_iter().map(|asked| open(searcher, asked));
    let open: Vec<Option<Open>> = open.collect::<Result<_>>()?;
    let groups = clusters(open.into_iter().flatten().collect(), docs.index.simd());
    Ok(groups.iter().map(|group| draft(docs, group)).collect())
}

/// The questions that were not answered, each with the times that it was not.
fn not_answered(log: &QueryLog) -> Vec<LoggedQuestion<'_>> {
    log.questions(LogEntry::is_unanswered)
}

/// `None` if the question is answered now.
fn open(searcher: &Searcher, asked: LoggedQuestion<'_>) -> Result<Option<Open>> {
    let question = asked.question;
    let answer = searcher.search(&question, &SearchOptions::default())?;
    if answer.verdict == Verdict::Answered {
        return Ok(None);
    }
    let embedding = crate::encoder::encode_query(&**searcher.encoder(), &question, false)?;
    Ok(Some(Open {
        nearest: nearest(searcher, &answer)?,
        vector: embedding.sentence,
        question,
        days: asked
            .entries
            .iter()
            .map(|entry| entry.date().to_owned())
            .collect(),
    }))
}

fn nearest(searcher: &Searcher, answer: &Answer) -> Result<Option<Place>> {
    let Some(hit) = nearest_section(answer) else {
        return Ok(None);
    };
    let line = match hit.chunks.first() {
        Some(best) => searcher.index().chunk(best.id)?.line_start,
        None => 1,
    };
    Ok(Some(place(&hit.section.path, line)))
}

/// Questions in groups: the most frequent one, then all that are like it, and so on.
fn clusters(mut open: Vec<Open>, simd: crate::simd::Simd) -> Vec<Vec<Open>> {
    open.sort_by(|a, b| {
        b.days
            .len()
            .cmp(&a.days.len())
            .then_with(|| a.question.cmp(&b.question))
    });
    let mut groups: Vec<Vec<Open>> = Vec::new();
    for question in open {
        let is_same =
            |group: &&mut Vec<Open>| simd.dot(&group[0].vector, &question.vector) >= SAME_QUESTION;
        match groups.iter_mut().find(is_same) {
            Some(group) => group.push(question),
            None => groups.push(vec![question]),
        }
    }
    groups
}

fn draft(docs: &Docs<'_>, group: &[Open]) -> Draft {
    let first = &group[0];
    let mut days: Vec<&str> = group
        .iter()
        .flat_map(|open| &open.days)
        .map(String::as_str)
        .collect();
    days.sort_unstable();
    let (from, to) = (days[0], days[days.len() - 1]);
    let span = match from == to {
        true => format!("on {from}"),
        false => format!("from {from} to {to}"),
    };
    let others: Vec<String> = group[1..]
        .iter()
        .map(|open| quoted(&open.question))
        .collect();
    let likewise = match others.is_empty() {
        true => String::new(),
        false => format!("; likewise {}", list(&others, 3)),
    };
    let times = match days.len() {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    };
    let forms = match group.len() {
        1 => String::new(),
        n => format!(" in {n} forms"),
    };
    let message = format!(
        "{} was asked {times} {span}{forms}, and no section answers it{likewise}",
        quoted(&first.question),
    );
    let question = first.question.replace('|', "/");
    let (at, remedy) = match &first.nearest {
        Some(nearest) => (
            nearest.clone(),
            format!(
                "if {} answers it, add a row to QUESTIONS.md: `| {question} | \\`{}\\` | log | {to} |`; \
                 if not, write what is missing there",
                nearest.file, nearest.file
            )
            .replace("\\`", "`"),
        ),
        None => (
            place(docs.front(), 1),
            "no section is near it: write one, or say here that the docs do not cover it".to_owned(),
        ),
    };
    Draft::new(
        Rule::Unanswered,
        Severity::Warning,
        at,
        &[&first.question.to_lowercase()],
    )
    .says(message, remedy)
    .weighing(days.len() as f64)
}
