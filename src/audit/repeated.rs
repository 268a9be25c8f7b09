//! Passages that stand nearly word for word in several sections.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rayon::prelude::*;

use super::docs::{Docs, DocsSection};
use super::draft::{Draft, count, list, place, quoted};
use super::finding::{Place, Rule, Severity};
use crate::analysis;
use crate::index::{ChunkId, IndexError};

/// Words from which a passage is looked at: shorter ones that stand twice are notes and warnings for the most
/// part, which are meant to.
const LEAST_WORDS: usize = 60;
/// Words that are compared together.
const SHINGLE: usize = 5;
/// Jaccard's index of shingles from which passages are the same.
const SAME: f32 = 0.8;
/// Nearest passages that are compared, and the cosine from which they are.
const NEIGHBOURS: usize = 16;
const NEAR: f32 = 0.8;
/// Words that stand twice from which it is more than a note.
const MANY_WORDS: usize = 150;

/// The prose of a chunk with what it is compared by.
struct Passage {
    text: String,
    words: usize,
    shingles: HashSet<u64>,
}

/// A finding for each group of sections that have passages in common.
pub(super) fn findings(docs: &Docs<'_>) -> Result<Vec<Draft>, IndexError> {
    let passages = passages(docs);
    let groups = groups(docs, &passages)?;
    // Sections that share several passages are one finding.
    let mut by_sections: BTreeMap<BTreeSet<usize>, Vec<Vec<usize>>> = BTreeMap::new();
    for group in groups {
        let sections = group.iter().map(|&chunk| section_of(docs, chunk));
        let sections: BTreeSet<usize> = sections.collect();
        if sections.len() > 1 {
            by_sections.entry(sections).or_default().push(group);
        }
    }
    let drafts = by_sections.iter();
    let drafts = drafts.map(|(sections, groups)| draft(docs, &passages, sections, groups));
    Ok(drafts.collect())
}

/// The prose of all chunks of the index. Code and tables are often the same for a reason.
fn passages(docs: &Docs<'_>) -> Vec<Passage> {
    let of_section = |section: &DocsSection<'_>| -> Vec<Passage> {
        let prose = section.parsed.prose();
        let chunks = section.chunks.iter().map(|chunk| {
            let lines = chunk.line_start..=chunk.line_end;
            let lines = prose.iter().filter(|(line, _)| lines.contains(line));
            let text: Vec<&str> = lines.map(|(_, text)| *text).collect();
            Passage::new(text.join(" "))
        });
        chunks.collect()
    };
    let sections = docs.sections.par_iter().flat_map_iter(of_section);
    sections.collect()
}

impl Passage {
    fn new(text: String) -> Self {
        let words: Vec<String> = analysis::words(&text).map(str::to_lowercase).collect();
        let shingles = match words.len() < LEAST_WORDS {
            true => HashSet::new(),
            false => words
                .windows(SHINGLE)
                .map(|words| xxhash_rust::xxh3::xxh3_64(words.join(" ").as_bytes()))
                .collect(),
        };
        Self {
            words: words.len(),
            text,
            shingles,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let (a, b) = (self.shingles.len(), other.shingles.len());
        // Of sets of very different sizes most is not shared.
        if a.min(b) == 0 || (a.min(b) as f32) < SAME * a.max(b) as f32 {
            return false;
        }
        let shared = self.shingles.intersection(&other.shingles).count();
        shared as f32 >= SAME * (a + b - shared) as f32
    }
}

fn section_of(docs: &Docs<'_>, chunk: usize) -> usize {
    let ends = docs.sections.iter().scan(0, |end, section| {
        *end += section.chunks.len();
        Some(*end)
    });
    ends.take_while(|end| *end <= chunk).count()
}

/// The chunks that are the same as others, in groups; each is the same as one of its group at least.
fn groups(docs: &Docs<'_>, passages: &[Passage]) -> Result<Vec<Vec<usize>>, IndexError> {
    let near = |chunk: usize| -> Result<Vec<(usize, usize)>, IndexError> {
        let Some(vector) = docs
            .index
            .vectors()
            .row(chunk)
            .filter(|_| !passages[chunk].shingles.is_empty())
        else {
            return Ok(Vec::new());
        };
        let found = docs.index.nearest(vector, NEIGHBOURS, false, None)?;
        let others = found
            .iter()
            .filter(|other| other.similarity >= NEAR)
            .map(|other| ChunkId(other.id).position())
            .filter(|&other| other != chunk && passages[chunk].is_same(&passages[other]));
        Ok(others.map(|other| (chunk, other)).collect())
    };
    let pairs = (0..passages.len()).into_par_iter().map(near);
    let pairs: Vec<Vec<(usize, usize)>> = pairs.collect::<Result<_, _>>()?;
    Ok(connected(passages.len(), pairs.into_iter().flatten()))
}

/// The groups of numbers below `n` that `pairs` connect, of at least two.
fn connected(n: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
    let mut parents: Vec<usize> = (0..n).collect();
    fn root(parents: &mut [usize], mut at: usize) -> usize {
        while parents[at] != at {
            parents[at] = parents[parents[at]];
            at = parents[at];
        }
        at
    }
    for (a, b) in pairs {
        let (a, b) = (root(&mut parents, a), root(&mut parents, b));
        let (low, high) = (a.min(b), a.max(b));
        parents[high] = low;
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..n {
        groups.entry(root(&mut parents, at)).or_default().push(at);
    }
    groups
        .into_values()
        .filter(|group| group.len() > 1)
        .collect()
}

fn draft(
    docs: &Docs<'_>,
    passages: &[Passage],
    sections: &BTreeSet<usize>,
    groups: &[Vec<usize>],
) -> Draft {
    let paths: Vec<String> = sections
        .iter()
        .map(|&s| docs.sections[s].path.clone())
        .collect();
    let words: usize = groups.iter().map(|group| passages[group[0]].words).sum();
    let place_of = |chunk: usize| -> Option<Place> {
        let section = section_of(docs, chunk);
        let before: usize = docs.sections[..section]
            .iter()
            .map(|s| s.chunks.len())
            .sum();
        let found = docs.sections[section].chunks.get(chunk - before)?;
        Some(place(&docs.sections[section].path, found.line_start))
    };
    let first = place_of(groups[0][0]).unwrap_or_else(|| place(&paths[0], 1));
    let severity = match words >= MANY_WORDS {
        true => Severity::Warning,
        false => Severity::Note,
    };
    let stands = if groups.len() == 1 { "stands" } else { "stand" };
    let message = format!(
        "{} ({words} words) {stands} nearly word for word in {} sections, {}: {}",
        count(groups.len(), "passage"),
        sections.len(),
        list(&paths, 3),
        quoted(&passages[groups[0][0]].text)
    );
    let remedy = match groups.len() * sections.len() > 4 || sections.len() > 2 {
        true => {
            "keep it in one section and link to that from the others; else which one is found is chance"
        }
        false => {
            "keep it in one of the two and link to that from the other; else which one is found is chance"
        }
    };
    let key: Vec<&str> = paths.iter().map(String::as_str).take(6).collect();
    let related = groups
        .iter()
        .flatten()
        .skip(1)
        .filter_map(|&chunk| place_of(chunk));
    Draft::new(Rule::Repeated, severity, first, &key)
        .says(message, remedy.to_owned())
        .related(related.take(50))
        .weighing((words * (sections.len() - 1)) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passages_of_nearly_the_same_words_are_the_same() {
        let words: Vec<String> = (0..60).map(|i| format!("w{i}")).collect();
        let passage = |words: &[String]| Passage::new(words.join(" "));
        let whole = passage(&words);
        assert!(whole.is_same(&passage(&words)));
        // One word in the middle is in 5 of 56 shingles: 51 of 61 are shared.
        let mut changed = words.clone();
        changed[30] = "other".to_owned();
        assert!(whole.is_same(&passage(&changed)));
        // Two words far from each other: 46 of 66.
        changed[10] = "more".to_owned();
        assert!(!whole.is_same(&passage(&changed)));
        assert!(!passage(&words[..59]).is_same(&passage(&words[..59])));
    }

    #[test]
    fn pairs_are_connected_to_groups() {
        let pairs = [(4, 1), (2, 4), (5, 6), (6, 5)];
        assert_eq!(connected(8, pairs.into_iter()), [vec![1, 2, 4], vec![5, 6]]);
    }
}
