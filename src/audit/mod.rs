//! The audit: what in the docs keeps their sections from being found.
//!
//! ```text
//! index ──► docs ──► probes ──► ask ──► found: never first, confused, overshadowing
//!           text,    own words          shape: bare headings
//!           outline
//!           ├──► links, hints, repeated, shape: long lines
//! readers ──┴──► words, unanswered                                  ──► findings, sorted
//! ```
//!
//! All of it is computed from an index and its encoder; the docs themselves are not read again.

mod ask;
mod baseline;
mod docs;
mod draft;
mod error;
mod finding;
mod found;
mod hints;
mod links;
mod probes;
mod readers;
mod repeated;
mod report;
mod shape;
mod unanswered;
mod words;

pub use ask::Progress;
pub use baseline::{Baseline, VERSION};
pub use error::AuditError;
pub use finding::{About, Audit, Confusion, Findability, Finding, Place, Rule, Severity};
pub use readers::Readers;
pub use report::{html, sarif};

use crate::corpus::{Guide, GuidePassage, Source};
use crate::search::Searcher;

/// Audits the docs of an index. `progress` is called as questions are asked.
///
/// Time is that of some 15 searches a section, in parallel; memory that of the sections' text.
///
/// # Errors
///
/// The encoder's, and what is found to be damaged in the index.
pub fn audit(
    searcher: &Searcher,
    readers: &Readers,
    progress: Progress<'_>,
) -> Result<Audit, AuditError> {
    let docs = docs::Docs::read(searcher.index())?;
    let asked = ask::Asked::new(searcher, probes::probes(&docs), progress)?;
    let sections = asked.findability(&docs);
    let confusions = asked.confusions();
    let counts = found::Counts {
        docs: &docs,
        asked: &asked,
        sections: &sections,
        confusions: &confusions,
    };
    let encoder = &**searcher.encoder();
    let mut drafts = links::findings(&docs);
    drafts.extend(hints::findings(&docs));
    drafts.extend(unanswered::findings(&docs, searcher, &readers.log)?);
    let of_sections = counts.findings();
    let told = of_sections.iter().map(|draft| draft.finding.place.clone());
    let told = told.collect();
    drafts.extend(of_sections);
    drafts.extend(repeated::findings(&docs)?);
    let questions = readers::asked(&docs, searcher, readers)?;
    drafts.extend(words::findings(&docs, searcher, &questions)?);
    drafts.extend(shape::bare_headings(&docs, &asked, &told));
    drafts.extend(shape::long_lines(&docs, encoder));
    let mut findings = draft::sorted(drafts);
    for finding in &mut findings {
        let related = finding.related.iter_mut();
        related
            .chain([&mut finding.place])
            .for_each(|place| docs.turn_to_file(place));
    }
    Ok(Audit {
        confusions: ask::named(&docs, &confusions),
        sections,
        findings,
        notes: unanswered::note(searcher, &readers.log)
            .into_iter()
            .collect(),
    })
}

/// The guide's passages that route, its guidelines and questions, with where they stand: the first of
/// [`Guide::passages`], in their order.
fn routes(guide: &Guide) -> impl Iterator<Item = (GuidePassage<'_>, &Source)> {
    let guidelines = guide.guidelines.iter().map(|guideline| &guideline.source);
    let questions = guide.questions.iter().map(|known| &known.source);
    guide.passages().zip(guidelines.chain(questions))
}
