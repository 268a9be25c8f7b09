//! `--format context`: the text of the answer for a language model, within a budget of tokens.
//!
//! First every section gets its best chunks, in order of rank, as far as they fit; then, in order
//! of rank, every section that fits whole is given whole. So a budget too small for all sections
//! still shows the passage that answers in each of them.

use std::collections::BTreeSet;
use std::io::Write;

use anyhow::Result;
use docent::encoder::Encoder;
use docent::index::{ChunkRef, Index, SectionRecord};
use docent::search::Hit;
use docent::terminal::printable_line;

use super::{Reply, heading_line};
use crate::cli::exit::CliError;
use crate::cli::passage;

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
        }
        Ok(())
    };
    for (excerpt, hit) in excerpts.iter_mut().zip(reply.hits) {
        for chunk in &hit.chunks {
            grow(excerpt, &[chunk.id])?;
        }
    }
    for excerpt in &mut excerpts {
        let whole: Vec<u32> = excerpt.section.chunks.clone().collect();
        grow(excerpt, &whole)?;
    }
    let text: String = excerpts
        .iter()
        .map(|excerpt| excerpt.text.as_str())
        .collect();
    if text.is_empty() && !reply.hits.is_empty() {
        return Err(CliError::BudgetTooSmall { budget }.into());
    }
    out.write_all(text.as_bytes())?;
    Ok(())
}

/// What is given of a section.
struct Excerpt<'a> {
    section: &'a SectionRecord,
    chunks: BTreeSet<u32>,
    text: String,
    tokens: usize,
}

impl<'a> Excerpt<'a> {
    /// Nothing yet.
    fn of(hit: &'a Hit) -> Self {
        Self {
            section: &hit.section,
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
            text.push_str(&render(self.section, &run));
        }
        Ok(Self {
            section: self.section,
            tokens: encoder.count_tokens(&text),
            chunks,
            text,
        })
    }
}

/// Neighbouring chunks as one element that says where they stand.
fn render(section: &SectionRecord, chunks: &[ChunkRef<'_>]) -> String {
    let (Some(first), Some(last)) = (chunks.first(), chunks.last()) else {
        return String::new();
    };
    format!(
        "<section file=\"{}\" lines=\"{}-{}\" heading=\"{}\">\n{}</section>\n",
        attribute(&section.path),
        first.line_start,
        last.line_end,
        attribute(&heading_line(section, &first.heading_path)),
        passage::text(chunks)
    )
}

/// `text` between double quotes.
fn attribute(text: &str) -> String {
    printable_line(text).replace('"', "'")
}
