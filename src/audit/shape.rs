//! Rules on how sections are written: headings that say nothing alone, lines that are too long.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::ask::Asked;
use super::docs::{Docs, DocsSection};
use super::draft::{Draft, place, quoted, terms};
use super::finding::{Place, Rule, Severity};
use super::probes::ProbeKind;
use crate::corpus::plain_heading;
use crate::encoder::Encoder;

/// Most terms of a heading that may say nothing.
const FEW_TERMS: usize = 2;
/// Fewest sections with the same heading, and in how many of all sections one of them.
const MANY_SECTIONS: usize = 4;
const MANY_SHARE: usize = 25;
/// A line of more tokens for each of its words is a key or a program's output, which nobody would break.
const TOKENS_A_WORD: usize = 3;
/// Fewest words under a heading that is to be found.
const WORDS: usize = 60;
/// Fewest sections that have the same title.
const SAME_TITLE: usize = 3;
/// One in so many of the places of a heading must be missed in its own words: one that mostly finds its
/// section says enough.
const MISSED_SHARE: usize = 2;

/// A finding for each heading that stands in many sections and does not find them, and for each title that
/// several sections have, unless all that are missed for it are in `told`.
pub(super) fn bare_headings(docs: &Docs<'_>, asked: &Asked, told: &HashSet<Place>) -> Vec<Draft> {
    let missed = missed_places(asked);
    let mut headings: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    let mut titles: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for section in &docs.sections {
        let title = plain_heading(&section.title).to_lowercase();
        let at = place(&section.path, section.title_line());
        titles.entry(title).or_default().push(at);
        for entry in section.outline.iter().filter(|entry| entry.level > 1) {
            let heading = plain_heading(&entry.heading).to_lowercase();
            if (1..=FEW_TERMS).contains(&terms(&heading).len()) && entry.words >= WORDS {
                headings
                    .entry(heading)
                    .or_default()
                    .push(place(&section.path, entry.line));
            }
        }
    }
    let least = MANY_SECTIONS.max(docs.sections.len() / MANY_SHARE);
    let headings = headings.iter().filter_map(|(heading, places)| {
        let files: HashSet<&String> = places.iter().map(|place| &place.file).collect();
        let (places, misses) = missed_first(places, &missed);
        let is_bare = files.len() >= least && misses * MISSED_SHARE >= places.len();
        is_bare.then(|| bare(heading, files.len(), misses, places))
    });
    let titles = titles.iter().filter_map(|(title, places)| {
        let (places, misses) = missed_first(places, &missed);
        let is_new = places[..misses].iter().any(|place| !told.contains(place));
        (places.len() >= SAME_TITLE && is_new).then(|| same_title(title, misses, places))
    });
    headings.chain(titles).collect()
}

/// `places`, those that are `missed` first, and how many those are.
fn missed_first(places: &[Place], missed: &HashSet<Place>) -> (Vec<Place>, usize) {
    let (mut first, rest): (Vec<Place>, Vec<Place>) = places
        .iter()
        .cloned()
        .partition(|place| missed.contains(place));
    let misses = first.len();
    first.extend(rest);
    (first, misses)
}

fn bare(heading: &str, sections: usize, misses: usize, places: Vec<Place>) -> Draft {
    let message = format!(
        "{} stands over {} texts in {sections} sections; asked with its section's title, another section comes \
         first for {misses} of them",
        quoted(heading),
        places.len(),
    );
    let remedy =
        format!("say of what, as in \"{heading} of SUBJECT\", here and in the places that follow");
    draft(places, &[heading], misses).says(message, remedy)
}

fn same_title(title: &str, misses: usize, places: Vec<Place>) -> Draft {
    let found = match places.len() - misses {
        0 => "none".to_owned(),
        1 => "only one".to_owned(),
        n => format!("only {n}"),
    };
    let message = format!(
        "{} sections have the title {}, so a question in its words finds {found} of them first",
        places.len(),
        quoted(title)
    );
    let remedy = "say in each title what its path says and the title does not".to_owned();
    draft(places, &["title", title], misses).says(message, remedy)
}

/// A note at the first of `places`, of which there is one at least.
fn draft(places: Vec<Place>, about: &[&str], misses: usize) -> Draft {
    let mut places = places.into_iter();
    let first = places.next().unwrap_or_else(|| place("", 1));
    Draft::new(Rule::BareHeading, Severity::Note, first, about)
        .related(places)
        .weighing(misses as f64)
}

/// Where titles and headings stand whose probes found another section.
fn missed_places(asked: &Asked) -> HashSet<Place> {
    let is_asked = |kind| matches!(kind, ProbeKind::Title | ProbeKind::Heading);
    let headings = asked.firsts().filter(|(probe, _)| is_asked(probe.kind));
    let missed = headings.filter(|(probe, first)| *first != Some(probe.section));
    missed.map(|(probe, _)| probe.place.clone()).collect()
}

/// A finding for each section with lines that are cut over several passages.
pub(super) fn long_lines(docs: &Docs<'_>, encoder: &dyn Encoder) -> Vec<Draft> {
    let most = docs.index.meta().chunking.max_tokens;
    let sections = docs.sections.iter().filter_map(|section| {
        let lines = cut_lines(section, encoder, most as usize);
        let &(longest, tokens, parts) = lines.iter().max_by_key(|(_, tokens, _)| *tokens)?;
        let others = match lines.len() {
            1 => String::new(),
            2 => "; so is another line of this section".to_owned(),
            n => format!("; so are {} other lines of this section", n - 1),
        };
        let message = format!(
            "this line of {tokens} tokens is cut over {parts} passages, which have at most {most} with title \
             and headings{others}"
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

/// The lines of more than `most` tokens that neighbouring chunks share and that somebody wrote, each with its tokens and the number of those chunks.
fn cut_lines(
    section: &DocsSection<'_>,
    encoder: &dyn Encoder,
    most: usize,
) -> Vec<(u32, usize, usize)> {
    let mut parts: HashMap<u32, usize> = HashMap::new();
    for pair in section.chunks.windows(2) {
        if pair[0].line_end == pair[1].line_start {
            *parts.entry(pair[1].line_start).or_insert(1) += 1;
        }
    }
    let texts: Vec<&str> = section.text().lines().collect();
    let lines = parts.into_iter().filter_map(|(line, parts)| {
        let source = texts.get((line as usize).checked_sub(1)?)?;
        let text = without_tags(source);
        let words = text.split_whitespace().count();
        let tokens = encoder.count_tokens(&text);
        // Where tags are a third of it or more, a generator wrote it.
        let is_written = words * TOKENS_A_WORD >= tokens && text.len() * 3 >= source.len() * 2;
        (is_written && tokens > most).then_some((line, tokens, parts))
    });
    let mut lines: Vec<(u32, usize, usize)> = lines.collect();
    lines.sort_unstable();
    lines
}

/// What is not between `<` and `>`, as it is embedded.
fn without_tags(text: &str) -> String {
    let mut depth = 0u32;
    let mut is_text = |c: char| {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(|c| is_text(*c)).collect()
}
