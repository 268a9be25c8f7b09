//! Which lines of which hits fit into a budget.

use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use super::excerpt::{self, Style};
use super::lines::Lines;
use super::pointer::{self, Pointer};
use crate::answer::excerpt::excerpt as best_lines;
use crate::answer::{Answer, Verdict, blocks};
use crate::index::{Index, IndexError};

/// How much a chunk's score counts beside its section's. Of 0.05, 0.1, 0.15, 0.2 and 0.3 it gave most gold
/// passages within 700 and 1,500 tokens over eight sets of docs together; they differ little.
const CHUNK_SHARE: f32 = 0.15;
/// Most pointers.
const POINTERS: usize = 4;
/// Most tokens that are kept for them, and their share of the budget.
const RESERVE: usize = 160;
const RESERVED: usize = 10;

/// Takes lines as long as there is something left of the budget.
pub struct Packer<'a> {
    answer: &'a Answer,
    index: &'a Index,
    /// The lines of each hit.
    sections: &'a [Lines<'a>],
    style: &'a Style<'a>,
    /// The lines that are given of each hit, and what they cost.
    chosen: Vec<(BTreeSet<u32>, usize)>,
    left: usize,
}

impl<'a> Packer<'a> {
    /// Nothing is chosen yet.
    pub fn new(
        answer: &'a Answer,
        index: &'a Index,
        sections: &'a [Lines<'a>],
        style: &'a Style<'a>,
        left: usize,
    ) -> Self {
        Self {
            answer,
            index,
            sections,
            style,
            chosen: vec![(BTreeSet::new(), 0); sections.len()],
            left,
        }
    }

    /// The passages and pointers, as text.
    pub fn pack(mut self, budget: usize) -> Result<String, IndexError> {
        let end = format!("{}\n", self.style.fence.as_str());
        if self.sections.is_empty() {
            return Ok(String::new());
        }
        let is_answer = !self.answer.shown().is_empty();
        let own = match self.answer.verdict {
            Verdict::NothingConfident => "nearest, no answer",
            _ => "more",
        };
        let more = self.style.fence.line(own) + "\n";
        let marks = self.sections[0].price_of(&end) + self.sections[0].price_of(&more);
        self.left = self.left.saturating_sub(marks);
        if is_answer {
            let reserve = RESERVE.min(budget / RESERVED).min(self.left / 2);
            self.left -= reserve;
            self.choose()?;
            self.left += reserve;
        }
        let pointers = self.pointers();
        let mut text: String = self
            .sections
            .iter()
            .zip(&self.chosen)
            .map(|(lines, (chosen, _))| excerpt::text(lines, chosen, self.style))
            .collect();
        if !pointers.is_empty() {
            text.push_str(&more);
            text.extend(pointers);
        }
        Ok(text + &end)
    }

    /// The first hit whole if it fits; then the best passages of all; then what stands around them.
    fn choose(&mut self) -> Result<(), IndexError> {
        self.take(0, self.sections[0].all());
        self.take_best();
        for i in 0..self.sections.len() {
            self.grow_to_blocks(i)?;
        }
        for i in 0..self.sections.len() {
            self.grow_under_headings(i);
        }
        for i in 0..self.sections.len() {
            if !self.chosen[i].0.is_empty() {
                self.take(i, self.sections[i].all());
            }
        }
        Ok(())
    }

    fn take_best(&mut self) {
        let hits = self.answer.shown();
        let mut best: Vec<(f32, usize, usize)> = Vec::new();
        for (i, hit) in hits.iter().enumerate() {
            let chunks = hit.chunks.iter().enumerate();
            best.extend(chunks.map(|(rank, c)| (hit.score + CHUNK_SHARE * c.score, i, rank)));
        }
        best.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        // The best passage of the best hit, whatever there is in others.
        best.sort_by_key(|&(_, i, rank)| (i, rank) != (0, 0));
        for (_, i, rank) in best {
            let Some(chunk) = self.chunk(i, rank) else {
                continue;
            };
            let fits = self.take(i, self.sections[i].of_chunk(chunk));
            // Of the best of all at least the lines that say most.
            if !fits && (i, rank) == (0, 0) {
                let lines = &self.sections[i];
                for line in best_lines(&lines.chunks[chunk], self.style.terms) {
                    self.take(i, line.number..=line.number);
                }
            }
        }
    }

    /// The place of a hit's chunk in its section.
    fn chunk(&self, hit: usize, rank: usize) -> Option<usize> {
        let hit = &self.answer.hits[hit];
        let id = hit.chunks.get(rank)?.id.0;
        id.checked_sub(hit.section.chunks.start).map(|i| i as usize)
    }

    /// Adds lines of a hit if they fit, and says whether they do.
    fn take(&mut self, i: usize, lines: RangeInclusive<u32>) -> bool {
        let (chosen, cost) = &self.chosen[i];
        let mut grown = chosen.clone();
        grown.extend(lines);
        if grown.len() == chosen.len() {
            return true;
        }
        let price = excerpt::price(&self.sections[i], &grown, self.style);
        let fits = price <= self.left + cost;
        if fits {
            self.left = self.left + cost - price;
            self.chosen[i] = (grown, price);
        }
        fits
    }

    /// The chunks of a hit that are given, at least in part.
    fn given_chunks(&self, i: usize) -> BTreeSet<usize> {
        let lines = &self.sections[i];
        let chosen = self.chosen[i].0.iter();
        chosen.map(|&number| lines.chunk_at(number)).collect()
    }

    /// Adds the rest of code blocks and tables that were cut.
    fn grow_to_blocks(&mut self, i: usize) -> Result<(), IndexError> {
        let given = self.given_chunks(i);
        if given.is_empty() {
            return Ok(());
        }
        let section = self.sections[i].section;
        for run in blocks::runs(self.index, section)? {
            let local = |id: u32| (id - section.chunks.start) as usize;
            let run = local(run.start)..local(run.end);
            if given.iter().any(|chunk| run.contains(chunk)) {
                self.take_chunks(i, run);
            }
        }
        Ok(())
    }

    /// Adds what stands under the same heading, after a passage before what is before it.
    fn grow_under_headings(&mut self, i: usize) {
        for chunk in self.given_chunks(i) {
            let run = self.sections[i].under_heading(chunk);
            if !self.take_chunks(i, run.clone()) {
                for next in chunk..run.end {
                    if !self.take_chunks(i, next..next + 1) {
                        break;
                    }
                }
            }
        }
    }

    fn take_chunks(&mut self, i: usize, chunks: Range<usize>) -> bool {
        let lines = &self.sections[i];
        if chunks.is_empty() {
            return true;
        }
        let first = *lines.of_chunk(chunks.start).start();
        let last = *lines.of_chunk(chunks.end - 1).end();
        self.take(i, first..=last)
    }

    /// Pointers as far as there is room for them: to the heading that follows the first passages, to hits of
    /// which nothing is given, to passages that are not.
    fn pointers(&mut self) -> Vec<String> {
        let mut found: Vec<Pointer<'_>> = self.following().into_iter().collect();
        let ranks = self.answer.hits.iter().map(|hit| hit.chunks.len()).max();
        for rank in 0..ranks.unwrap_or(0) {
            for i in 0..self.sections.len() {
                let Some(chunk) = self.chunk(i, rank) else {
                    continue;
                };
                // Its first passage stands for a hit; of those that are given in part, others do too.
                let is_first = rank == 0 || !self.chosen[i].0.is_empty();
                if is_first && !self.given_chunks(i).contains(&chunk) {
                    found.push(Pointer::to(&self.sections[i], chunk, self.style.terms));
                }
            }
        }
        pointer::distinct(&mut found);
        let texts = found.into_iter().map(|pointer| pointer.text());
        let texts: Vec<String> = texts.take(POINTERS).collect();
        let mut left = self.left;
        let price = |text: &str| self.sections[0].price_of(text);
        let fits = |text: &String| {
            let price = price(text);
            let fits = price <= left;
            left = left.saturating_sub(price);
            fits
        };
        texts.into_iter().filter(fits).collect()
    }

    /// What follows the first hit's last passage under another heading.
    fn following(&self) -> Option<Pointer<'_>> {
        let last = *self.chosen[0].0.last()?;
        let lines = &self.sections[0];
        let next = (0..lines.chunks.len()).find(|&chunk| *lines.of_chunk(chunk).start() > last)?;
        Some(Pointer::following(lines, next))
    }
}
