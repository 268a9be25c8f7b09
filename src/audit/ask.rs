//! Asks probes, and counts what comes first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

use super::docs::Docs;
use super::finding::{Confusion, Findability};
use super::probes::{Probe, ProbeKind};
use crate::Result;
use crate::index::SectionId;
use crate::search::{HintUse, SearchOptions, Searcher};

/// Sections of an answer that are looked at.
const DEPTH: usize = 3;

/// Called with the number of questions that were asked and of all.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// All probes with their answers.
pub(super) struct Asked {
    pub probes: Vec<Probe>,
    /// The first sections that each probe found, best first.
    found: Vec<Vec<SectionId>>,
}

impl Asked {
    /// Asks `probes`, in parallel, each text once: a section's own words without the guide, a hint's words
    /// with it.
    pub fn new(searcher: &Searcher, probes: Vec<Probe>, progress: Progress<'_>) -> Result<Self> {
        let mut numbers: HashMap<(&str, bool), usize> = HashMap::new();
        let mut questions: Vec<(&str, bool)> = Vec::new();
        for probe in &probes {
            numbers.entry(question(probe)).or_insert_with(|| {
                questions.push(question(probe));
                questions.len() - 1
            });
        }
        let done = AtomicUsize::new(0);
        let ask = |(text, with_hints): &(&str, bool)| -> Result<Vec<SectionId>> {
            let options = SearchOptions {
                k: DEPTH,
                hints: match with_hints {
                    true => HintUse::All,
                    false => HintUse::None,
                },
                ..SearchOptions::default()
            };
            let answer = searcher.search(text, &options)?;
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, questions.len());
            Ok(answer.hits.iter().map(|hit| hit.section_id).collect())
        };
        let answers = questions.par_iter().map(ask);
        let answers: Vec<Vec<SectionId>> = answers.collect::<Result<_>>()?;
        let found = probes
            .iter()
            .map(|probe| answers[numbers[&question(probe)]].clone());
        let found = found.collect();
        Ok(Self { found, probes })
    }

    /// Each probe with the section that came first, if one did.
    pub fn firsts(&self) -> impl Iterator<Item = (&Probe, Option<SectionId>)> {
        let firsts = self.found.iter().map(|found| found.first().copied());
        self.probes.iter().zip(firsts)
    }

    /// The probes of `asked` for which `found` came first.
    pub fn taken(&self, asked: SectionId, found: SectionId) -> impl Iterator<Item = &Probe> {
        let firsts = self.firsts();
        let taken = firsts.filter(move |(p, first)| p.section == asked && *first == Some(found));
        taken.map(|(probe, _)| probe)
    }

    /// How well each section is found, in their order.
    pub fn findability(&self, docs: &Docs<'_>) -> Vec<Findability> {
        let mut all: Vec<Findability> = docs
            .sections
            .iter()
            .map(|section| Findability {
                path: section.path.clone(),
                title: section.title.clone(),
                asked: 0,
                first: 0,
                in_three: 0,
                taken: 0,
            })
            .collect();
        for (probe, found) in self.probes.iter().zip(&self.found) {
            let rank = found.iter().position(|section| *section == probe.section);
            let own = &mut all[probe.section.position()];
            own.asked += 1;
            own.first += u32::from(rank == Some(0));
            own.in_three += u32::from(rank.is_some());
            if let Some(first) = found.first().filter(|first| **first != probe.section) {
                all[first.position()].taken += 1;
            }
        }
        all
    }

    /// For how many probes of the first section of a pair the second came first.
    pub fn confusions(&self) -> BTreeMap<(SectionId, SectionId), u32> {
        let mut counts = BTreeMap::new();
        for (probe, first) in self.firsts() {
            if let Some(first) = first.filter(|first| *first != probe.section) {
                *counts.entry((probe.section, first)).or_default() += 1;
            }
        }
        counts
    }
}

/// What is asked, and whether hints take part.
fn question(probe: &Probe) -> (&str, bool) {
    (&probe.text, probe.kind == ProbeKind::Hint)
}

/// `counts` by paths, most often first.
pub(super) fn named(
    docs: &Docs<'_>,
    counts: &BTreeMap<(SectionId, SectionId), u32>,
) -> Vec<Confusion> {
    let named = counts.iter().map(|(&(asked, found), &count)| Confusion {
        asked: docs.section(asked).path.clone(),
        found: docs.section(found).path.clone(),
        count,
    });
    let mut named: Vec<Confusion> = named.collect();
    named.sort_by_key(|confusion| Reverse(confusion.count));
    named
}
