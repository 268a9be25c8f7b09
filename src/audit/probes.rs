//! Probes: questions made of a section's own words.

use std::collections::{HashMap, HashSet};

use super::docs::{Docs, DocsSection};
use super::draft::terms;
use super::finding::Place;
use crate::index::SectionId;

/// Headings of a section that are asked, spread over all that it has.
const MOST_HEADINGS: usize = 30;
/// First sentences of a section that are asked.
const MOST_SENTENCES: usize = 8;
/// A heading with fewer terms is asked with the headings above it.
const ENOUGH_TERMS: usize = 3;
/// A sentence with fewer terms says too little to be asked.
const SENTENCE_TERMS: usize = 5;
/// Words under a heading from which its first sentence is asked.
const LARGE: usize = 80;
/// Most characters of a sentence that is asked.
const SENTENCE_CHARS: usize = 300;

/// A question made of what a section says, or what a hint says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Probe {
    /// The section that it should find.
    pub section: SectionId,
    pub kind: ProbeKind,
    pub text: String,
    /// Where the words stand.
    pub place: Place,
}

/// What a probe's words are in the docs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProbeKind {
    Title,
    Heading,
    Sentence,
    Hint,
}

/// The probes of all sections, in the order of sections; no section has the same words twice.
pub(super) fn probes(docs: &Docs<'_>) -> Vec<Probe> {
    let mut all = Vec::new();
    let common = common(docs);
    for (id, section) in docs.index.sections().zip(&docs.sections) {
        let mut of_section = own_words(id, section, &common);
        of_section.extend(hints(docs, id, section));
        let mut seen = HashSet::new();
        of_section.retain(|probe| seen.insert(probe.text.to_lowercase()));
        all.extend(of_section);
    }
    all
}

/// Headings and first sentences, in lower case, that several sections have: alone they ask for none of them.
type Common = HashSet<String>;

fn common(docs: &Docs<'_>) -> Common {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let mut common = Common::new();
    for (number, section) in docs.sections.iter().enumerate() {
        for entry in &section.outline {
            let lead = entry.lead.iter().map(|lead| &lead.text);
            for text in lead.chain([&entry.heading]) {
                let text = text.to_lowercase();
                if *seen.entry(text.clone()).or_insert(number) != number {
                    common.insert(text);
                }
            }
        }
    }
    common
}

fn own_words(id: SectionId, section: &DocsSection<'_>, common: &Common) -> Vec<Probe> {
    let probe = |kind, text: String, line| Probe {
        section: id,
        kind,
        text,
        place: Place {
            file: section.path.clone(),
            line,
        },
    };
    let title = probe(
        ProbeKind::Title,
        section.title.clone(),
        section.title_line(),
    );
    let mut probes: Vec<Probe> = (!terms(&title.text).is_empty())
        .then_some(title)
        .into_iter()
        .collect();
    let headings = headings(section, common).into_iter();
    let headings = headings
        .map(|(text, line)| probe(ProbeKind::Heading, text, line))
        .collect();
    probes.extend(spread(headings, MOST_HEADINGS));
    let sentences = sentences(section, common).into_iter();
    let sentences = sentences
        .map(|(text, line)| probe(ProbeKind::Sentence, text, line))
        .collect();
    probes.extend(spread(sentences, MOST_SENTENCES));
    probes
}

/// The headings with their lines; a short one with as many of those above it as make it clear, one that
/// other sections have too with the title.
fn headings(section: &DocsSection<'_>, common: &Common) -> Vec<(String, u32)> {
    let mut open: Vec<(u8, &str)> = vec![(0, &section.title)];
    let mut found = Vec::new();
    for entry in section.outline.iter().filter(|entry| entry.level > 0) {
        open.retain(|(level, _)| *level < entry.level);
        let is_title = entry.heading == section.title;
        if !terms(&entry.heading).is_empty() && !is_title {
            let mut text = entry.heading.clone();
            let mut above = open.iter().rev().map(|(_, above)| above);
            while terms(&text).len() < ENOUGH_TERMS
                && let Some(above) = above.next()
            {
                text = format!("{above}: {text}");
            }
            if above.next().is_some() && common.contains(&entry.heading.to_lowercase()) {
                text = format!("{}: {text}", section.title);
            }
            found.push((text, entry.line));
        }
        if !is_title && !entry.heading.is_empty() {
            open.push((entry.level, &entry.heading));
        }
    }
    found
}

/// The first sentence of all, and those under headings with much text, with their lines; none that other
/// sections have too.
fn sentences(section: &DocsSection<'_>, common: &Common) -> Vec<(String, u32)> {
    let mut is_first = true;
    let mut found = Vec::new();
    for entry in &section.outline {
        let Some(lead) = &entry.lead else { continue };
        let is_asked = std::mem::take(&mut is_first) || entry.words >= LARGE;
        let is_own = !common.contains(&lead.text.to_lowercase());
        if is_asked && is_own && terms(&lead.text).len() >= SENTENCE_TERMS {
            let text = lead.text.chars().take(SENTENCE_CHARS).collect();
            found.push((text, lead.line));
        }
    }
    found
}

/// The hints that point to the section first.
fn hints(docs: &Docs<'_>, id: SectionId, section: &DocsSection<'_>) -> Vec<Probe> {
    let pointing = super::routes(&docs.guide)
        .filter(|(passage, _)| passage.targets.first() == Some(&section.path));
    pointing
        .map(|(passage, source)| Probe {
            section: id,
            kind: ProbeKind::Hint,
            text: passage.text.into_owned(),
            place: Place {
                file: source.file.clone(),
                line: source.line,
            },
        })
        .collect()
}

/// At most `most` of `probes`, evenly spread.
fn spread(probes: Vec<Probe>, most: usize) -> impl Iterator<Item = Probe> {
    let all = probes.len().max(1);
    let kept = move |i: &usize| all <= most || i * most / all != (i + 1) * most / all;
    let numbered = probes.into_iter().enumerate();
    numbered
        .filter(move |(i, _)| kept(i))
        .map(|(_, probe)| probe)
}
