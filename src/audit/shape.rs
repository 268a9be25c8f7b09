//! Rules on how sections are written: headings that say nothing alone, lines that are too long.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ask::Asked;
use super::docs::{Docs, DocsSection};
use super::draft::{Draft, place, quoted};
use super::finding::{Place, Rule, Severity};
use super::probes::{ProbeKind, num_terms};
use crate::corpus::plain_heading;
use crate::encoder::Encoder;
use crate::index::SectionId;

/// Most terms of a heading that may say nothing.
const FEW_TERMS: usize = 2;
/// Fewest sections with the same heading, and in how many of all sections one of them.
const MANY_SECTIONS: usize = 4;
const MANY_SHARE: usize = 25;
/// One in so many of the places of a heading must be missed in its own words.
const MISSED_SHARE: usize = 4;

/// A finding for each heading that stands in many sections and does not find them.
pub(super) fn bare_headings(docs: &Docs<'_>, asked: &Asked) -> Vec<Draft> {
    let missed = missed_headings(asked);
    let mut places: BTreeMap<String, Vec<(SectionId, Place)>> = BTreeMap::new();
    for (id, section) in docs.index.sections().zip(&docs.sections) {
        for entry in section.outline.iter().filter(|entry| entry.level > 1) {
            let heading = plain_heading(&entry.heading).to_lowercase();
            if (1..=FEW_TERMS).contains(&num_terms(&heading)) {
                places
                    .entry(heading)
                    .or_default()
                    .push((id, place(&section.path, entry.line)));
            }
        }
    }
    let least = MANY_SECTIONS.max(docs.sections.len() / MANY_SHARE);
    let mut drafts = Vec::new();
    for (heading, places) in places {
        let sections: HashSet<SectionId> = places.iter().map(|(id, _)| *id).collect();
        let misses = places
            .iter()
            .filter(|(_, place)| missed.contains(place))
            .count();
        if sections.len() >= least && misses * MISSED_SHARE >= places.len() {
            drafts.push(bare(&heading, sections.len(), misses, places));
        }
    }
    drafts
}

fn bare(heading: &str, sections: usize, misses: usize, places: Vec<(SectionId, Place)>) -> Draft {
    let message = format!(
        "{} stands {} times in {sections} sections; {} by the heading together with the headings above it",
        quoted(heading),
        places.len(),
        match misses {
            1 => "one of them is not found".to_owned(),
            n => format!("{n} of them are not found"),
        }
    );
    let remedy =
        "say in the heading of what, as in \"HEADING of SUBJECT\", first where it is not found"
            .to_owned();
    let mut places = places.into_iter().map(|(_, place)| place);
    let first = places.next().unwrap_or_else(|| place("", 1));
    Draft::new(Rule::BareHeading, Severity::Note, first, &[heading])
        .says(message, remedy)
        .related(places)
        .weighing(misses as f64)
}

/// Where headings stand whose probes found another section.
fn missed_headings(asked: &Asked) -> HashSet<Place> {
    let headings = asked
        .firsts()
        .filter(|(probe, _)| probe.kind == ProbeKind::Heading);
    let missed = headings.filter(|(probe, first)| *first != Some(probe.section));
    missed.map(|(probe, _)| probe.place.clone()).collect()
}

/// A finding for each section with lines that are cut over several passages.
pub(super) fn long_lines(docs: &Docs<'_>, encoder: &dyn Encoder) -> Vec<Draft> {
    let most = docs.index.meta().chunking.max_tokens;
    let sections = docs.sections.iter().filter_map(|section| {
        let lines = cut_lines(section, encoder);
        let &(longest, tokens, parts) = lines.iter().max_by_key(|(_, tokens, _)| *tokens)?;
        let others = match lines.len() {
            1 => String::new(),
            n => format!("; so are {} other lines of this section", n - 1),
        };
        let message = format!(
            "this line has {tokens} tokens, a passage at most {most}, so it is cut over {parts} passages \
             without a border of meaning{others}"
        );
        let remedy = "break it at a sentence, make a list of the table's cell, or give its parts headings";
        let related = lines.iter().map(|(line, ..)| *line).filter(|line| *line != longest);
        let related: Vec<Place> = related.map(|line| place(&section.path, line)).collect();
        Some(
            Draft::new(Rule::LongLine, Severity::Note, place(&section.path, longest), &[&section.path])
                .says(message, remedy.to_owned())
                .related(related)
                .weighing(tokens as f64),
        )
    });
    sections.collect()
}

/// The lines that neighbouring chunks share, each with its tokens and the number of those chunks.
fn cut_lines(section: &DocsSection<'_>, encoder: &dyn Encoder) -> Vec<(u32, usize, usize)> {
    let mut parts: HashMap<u32, usize> = HashMap::new();
    for pair in section.chunks.windows(2) {
        if pair[0].line_end == pair[1].line_start {
            *parts.entry(pair[1].line_start).or_insert(1) += 1;
        }
    }
    let mut lines: Vec<(u32, usize, usize)> = parts
        .into_iter()
        .map(|(line, parts)| {
            let text = section.text().lines().nth(line.saturating_sub(1) as usize);
            (line, encoder.count_tokens(text.unwrap_or_default()), parts)
        })
        .collect();
    lines.sort_unstable();
    lines
}
