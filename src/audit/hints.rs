//! Rules on the guide: hints that miss, hints that collide, sections that it does not name.

use std::collections::BTreeSet;

use super::docs::Docs;
use super::draft::{Draft, place, quoted, terms};
use super::finding::{Place, Rule, Severity};
use crate::corpus::{GuideProblem, GuideWarning, Source, check_guide_of};

/// Cosine from which two hints say the same.
const SAME_MEANING: f32 = 0.95;
/// More sections than these that the guide does not name are one finding.
const MOST_UNNAMED: usize = 10;

/// All findings of these rules.
pub(super) fn findings(docs: &Docs<'_>) -> Vec<Draft> {
    let sections: Vec<&str> = docs.sections.iter().map(|s| s.path.as_str()).collect();
    let guide_files: Vec<&str> = docs.guide_files.iter().map(String::as_str).collect();
    let warnings = check_guide_of(&sections, &guide_files, &docs.guide);
    let (unnamed, problems): (Vec<_>, Vec<_>) = warnings
        .into_iter()
        .partition(|warning| warning.problem == GuideProblem::UnnamedSection);
    let mut drafts: Vec<Draft> = problems.iter().map(problem).collect();
    drafts.extend(colliding(docs));
    drafts.extend(unnamed_sections(docs, &unnamed));
    drafts
}

fn at(source: &Source) -> Place {
    place(&source.file, source.line)
}

fn problem(warning: &GuideWarning) -> Draft {
    let message = warning.problem.to_string();
    let (severity, remedy) = remedy(&warning.problem);
    Draft::new(
        Rule::GuideProblem,
        severity,
        at(&warning.source),
        &[&warning.source.file, &message],
    )
    .says(message, remedy)
}

fn remedy(problem: &GuideProblem) -> (Severity, String) {
    let (severity, remedy) = match problem {
        GuideProblem::MissingTarget { .. } => (
            Severity::Error,
            "name the section by its path, or take the hint out",
        ),
        GuideProblem::DuplicatePhrase { first_line, .. } => {
            let remedy = format!(
                "join it with line {first_line}: one phrase with all its sections, best first"
            );
            return (Severity::Warning, remedy);
        }
        GuideProblem::DuplicateQuestion { first, .. } => {
            let remedy = format!(
                "take this row out, and name its sections in the row at {}, too",
                at(first)
            );
            return (Severity::Warning, remedy);
        }
        GuideProblem::NoTarget { .. } => (
            Severity::Warning,
            "name in its row the sections that answer it, or take the row out",
        ),
        GuideProblem::PatternMatchesNothing { .. } => {
            (Severity::Warning, "mend the pattern, or take it out")
        }
        GuideProblem::UnnamedSection => (Severity::Note, "name it in a table of the guide"),
    };
    (severity, remedy.to_owned())
}

fn unnamed_sections(docs: &Docs<'_>, unnamed: &[GuideWarning]) -> Vec<Draft> {
    let Some(guide) = docs.guide_file() else {
        return Vec::new();
    };
    let draft = |at: Place, about: &str, message| {
        let remedy =
            format!("add a row to a table of {guide}: `| TITLE | {about} | WHAT IT COVERS |`");
        Draft::new(Rule::UnnamedSection, Severity::Note, at, &[about]).says(message, remedy)
    };
    if unnamed.len() > MOST_UNNAMED {
        let message = format!(
            "{} of {} sections are named by no guideline and no table",
            unnamed.len(),
            docs.sections.len()
        );
        let places = unnamed.iter().map(|warning| at(&warning.source));
        return vec![draft(place(guide, 1), "`PATH`", message).related(places)];
    }
    let each = unnamed.iter().map(|warning| {
        let path = &warning.source.file;
        draft(
            at(&warning.source),
            &format!("`{path}`"),
            format!("{guide} does not name this section"),
        )
    });
    each.collect()
}

/// A hint as it is compared with others.
struct Hint<'a> {
    words: String,
    terms: BTreeSet<String>,
    target: &'a str,
    source: &'a Source,
    row: usize,
}

/// Pairs of guidelines and questions of nearly the same words that point to different sections.
fn colliding(docs: &Docs<'_>) -> Vec<Draft> {
    let hints = speaking(docs);
    let mut drafts = Vec::new();
    for (i, a) in hints.iter().enumerate() {
        for b in &hints[i + 1..] {
            if a.target != b.target
                && let Some(how) = alike(docs, a, b)
            {
                drafts.push(collision(a, b, how));
            }
        }
    }
    drafts
}

/// The guidelines and questions that point to a section, in the order of the guide's passages.
fn speaking<'a>(docs: &'a Docs<'_>) -> Vec<Hint<'a>> {
    let routes = super::routes(&docs.guide).enumerate();
    let hints = routes.filter_map(|(row, (passage, source))| {
        let mut targets = passage.targets.iter();
        let target = targets.find(|path| docs.find(path).is_some())?;
        Some(Hint {
            terms: terms(&passage.text),
            words: passage.text.into_owned(),
            target,
            source,
            row,
        })
    });
    hints.collect()
}

/// How alike two hints are, in words, if they are.
fn alike(docs: &Docs<'_>, a: &Hint<'_>, b: &Hint<'_>) -> Option<String> {
    if !a.terms.is_empty() && a.terms == b.terms {
        return Some("the same words".to_owned());
    }
    let vectors = docs.index.guide_vectors();
    let (x, y) = (vectors.row(a.row)?, vectors.row(b.row)?);
    let cosine = docs.index.simd().dot(x, y);
    (cosine >= SAME_MEANING).then(|| format!("nearly the same words (cosine {cosine:.2})"))
}

fn collision(a: &Hint<'_>, b: &Hint<'_>, how: String) -> Draft {
    let message = format!(
        "{} and {} ({}) are {how}, but point to {} and to {}: neither speaks to a question of these words",
        quoted(&a.words),
        quoted(&b.words),
        at(b.source),
        a.target,
        b.target
    );
    let remedy = format!(
        "make them one hint with both sections, the better first, or say in each what sets it apart: \
         `- {} -> {}, {}`",
        a.words, a.target, b.target
    );
    Draft::new(
        Rule::CollidingHints,
        Severity::Warning,
        at(a.source),
        &[&a.words, &b.words],
    )
    .says(message, remedy)
    .related([at(b.source)])
}
