//! `--format context`: the text of the answer for a language model, within a budget of tokens.
//!
//! First every section gets its best chunks, in order of rank, as far as they fit; then the chunks
//! with the rest of a code block or table that was cut are added to them; then, in order of rank,
//! every section that fits whole is given whole. So a budget too small for all sections
//! still shows the passage that answers in each of them. The best passage of all is always there:
//! a budget too small for it is an error. Best chunks that did not fit are named on stderr, since
//! worse ones may stand in their place.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use docent::encoder::Encoder;
use docent::index::{ChunkRef, Index, SectionRecord};
use docent::search::Hit;
use docent::terminal::printable_line;

use super::{Reply, blocks, heading_line};
use crate::cli::exit::CliError;
use crate::cli::{message, passage};

/// Most passages that are named where some are left out.
const NAMED_PASSAGES: usize = 3;

/// Writes the passages; their tokens, as `encoder` counts them, are at most `budget` in all.
pub fn write(
    out: &mut impl Write,
    reply: &Reply<'_>,
    encoder: &dyn Encoder,
    budget: usize,
) -> Result<()> {
    let mut excerpts: Vec<Excerpt<'_>> = reply.hits.iter().map(Excerpt::of).collect();
    let mut left = budget;
    let mut grow = |excerpt: &mut Excerpt<'_>, chunks: &[u32]| -> Result<()> {
        let grown = excerpt.with(chunks, reply.index, encoder)?;
        let more = grown.tokens.saturating_sub(excerpt.tokens);
        if more <= left {
            left -= more;
            *excerpt = grown;
        } else if left == budget {
            // Nothing has been given yet: this is the best chunk of all.
            return Err(CliError::BudgetTooSmall {
                passage: place(excerpt.section, &reply.index.chunk(chunks[0] as usize)?),
                tokens: more,
                budget,
            }
            .into());
        }
        Ok(())
    };
    for (excerpt, hit) in excerpts.iter_mut().zip(reply.hits) {
        for chunk in &hit.chunks {
            grow(excerpt, &[chunk.id])?;
        }
    }
    for (excerpt, hit) in excerpts.iter_mut().zip(reply.hits) {
        for run in blocks::runs(reply.index, excerpt.section)? {
            if hit.chunks.iter().any(|chunk| run.contains(&chunk.id)) {
                grow(excerpt, &Vec::from_iter(run))?;
            }
        }
    }
    for excerpt in &mut excerpts {
        let whole: Vec<u32> = excerpt.section.chunks.clone().collect();
        grow(excerpt, &whole)?;
    }
    note_left_out(&excerpts, reply, budget)?;
    for excerpt in &excerpts {
        out.write_all(excerpt.text.as_bytes())?;
    }
    Ok(())
}

/// Names the best chunks that did not fit.
fn note_left_out(excerpts: &[Excerpt<'_>], reply: &Reply<'_>, budget: usize) -> Result<()> {
    let mut left_out = Vec::new();
    for (excerpt, hit) in excerpts.iter().zip(reply.hits) {
        for chunk in &hit.chunks {
            if !excerpt.chunks.contains(&chunk.id) {
                left_out.push(place(&hit.section, &reply.index.chunk(chunk.id as usize)?));
            }
        }
    }
    let (named, more) = left_out.split_at(left_out.len().min(NAMED_PASSAGES));
    if !named.is_empty() {
        let more = match more.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        message(format_args!(
            "note: left out, over the budget of {budget} tokens: {}{more}\n\
             hint: raise --budget, or print a passage with `docent show PATH:A-B`",
            named.join(", ")
        ));
    }
    Ok(())
}

/// `path:first-last`.
fn place(section: &SectionRecord, chunk: &ChunkRef<'_>) -> String {
    let path = printable_line(&section.path);
    format!("{path}:{}-{}", chunk.line_start, chunk.line_end)
}

/// What is given of a section.
struct Excerpt<'a> {
    section: &'a SectionRecord,
    confidence: f32,
    chunks: BTreeSet<u32>,
    text: String,
    tokens: usize,
}

impl<'a> Excerpt<'a> {
    /// Nothing yet.
    fn of(hit: &'a Hit) -> Self {
        Self {
            section: &hit.section,
            confidence: hit.confidence,
            chunks: BTreeSet::new(),
            text: String::new(),
            tokens: 0,
        }
    }

    /// This excerpt and `more` chunks.
    fn with(&self, more: &[u32], index: &Index, encoder: &dyn Encoder) -> Result<Self> {
        let mut chunks = self.chunks.clone();
        chunks.extend(more);
        let ids: Vec<u32> = chunks.iter().copied().collect();
        let mut text = String::new();
        for run in ids.chunk_by(|a, b| a + 1 == *b) {
            let run: Vec<ChunkRef<'_>> = run
                .iter()
                .map(|&id| index.chunk(id as usize))
                .collect::<Result<_, _>>()?;
            text.push_str(&self.render(&run));
        }
        Ok(Self {
            tokens: encoder.count_tokens(&text),
            chunks,
            text,
            ..*self
        })
    }

    /// Neighbouring chunks as one element that says where they stand.
    fn render(&self, chunks: &[ChunkRef<'_>]) -> String {
        let (Some(first), Some(last)) = (chunks.first(), chunks.last()) else {
            return String::new();
        };
        format!(
            "<section file=\"{}\" lines=\"{}-{}\" heading=\"{}\" confidence=\"{:.2}\">\n\
             {}</section>\n",
            attribute(&self.section.path),
            first.line_start,
            last.line_end,
            attribute(&heading_line(self.section, &first.heading_path)),
            self.confidence,
            passage::text(chunks)
        )
    }
}

/// `text` between double quotes.
fn attribute(text: &str) -> String {
    printable_line(text).replace('"', "'")
}
