//! The text of an answer for a language model, within a budget of tokens.
//!
//! First every section gets its best chunks, in order of rank, as far as they fit; then the chunks
//! with the rest of a code block or table that was cut are added to them; then, in order of rank,
//! every section that fits whole is given whole. So a budget too small for all sections
//! still shows the passage that answers in each of them. The best passage of all is always there:
//! a budget too small for it is an error. Best chunks that did not fit are named in a note, since
//! worse ones may stand in their place.

use std::collections::BTreeSet;

use super::{Answer, Hit, Note, blocks, heading_line, passage};
use crate::encoder::Encoder;
use crate::index::{ChunkId, ChunkRef, Index, IndexError, SectionRecord};
use crate::terminal::printable_line;

/// The passages of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// An element for each run of neighbouring chunks, safe to print.
    pub text: String,
    /// Best passages that did not fit.
    pub left_out: Option<Note>,
}

/// Why there is no context.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContextError {
    /// The best passage of the answer is over the budget.
    #[error(
        "the best passage, {passage}, has {tokens} tokens, more than the budget of {budget}\n\
         hint: raise --budget to {tokens} or more"
    )]
    BudgetTooSmall {
        /// Path and lines.
        passage: String,
        /// Its tokens as it is printed.
        tokens: usize,
        /// The budget.
        budget: usize,
    },
    /// A chunk cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The passages of `answer`; their tokens, as `encoder` counts them, are at most `budget` in all.
///
/// # Errors
///
/// [`ContextError::BudgetTooSmall`] if not even the best passage fits.
pub fn pack(
    answer: &Answer,
    index: &Index,
    encoder: &dyn Encoder,
    budget: usize,
) -> Result<Context, ContextError> {
    let mut packer = Packer {
        index,
        encoder,
        left: budget,
    };
    let mut excerpts: Vec<Excerpt<'_>> = answer.shown().iter().map(Excerpt::of).collect();
    for excerpt in &mut excerpts {
        for chunk in &excerpt.hit.chunks {
            let fits = packer.grow(excerpt, [chunk.id])?;
            // Nothing has been given yet: this is the best chunk of all.
            if !fits && packer.left == budget {
                return Err(packer.too_small(excerpt, chunk.id));
            }
        }
    }
    for excerpt in &mut excerpts {
        for run in blocks::runs(index, &excerpt.hit.section)? {
            if excerpt
                .hit
                .chunks
                .iter()
                .any(|chunk| run.contains(&chunk.id.0))
            {
                packer.grow(excerpt, ChunkId::all(run))?;
            }
        }
    }
    for excerpt in &mut excerpts {
        packer.grow(excerpt, excerpt.hit.section.chunk_ids())?;
    }
    let left_out = left_out(&excerpts, index, budget)?;
    let text = excerpts.iter().map(|excerpt| excerpt.text.as_str());
    let text = text.collect();
    Ok(Context { text, left_out })
}

/// What is left of a budget.
struct Packer<'a> {
    index: &'a Index,
    encoder: &'a dyn Encoder,
    left: usize,
}

impl Packer<'_> {
    /// Adds chunks to an excerpt if they fit, and says whether they do.
    fn grow<'a>(
        &mut self,
        excerpt: &mut Excerpt<'a>,
        chunks: impl IntoIterator<Item = ChunkId>,
    ) -> Result<bool, IndexError> {
        let grown = excerpt.with(chunks, self.index, self.encoder)?;
        let more = grown.tokens.saturating_sub(excerpt.tokens);
        let fits = more <= self.left;
        if fits {
            self.left -= more;
            *excerpt = grown;
        }
        Ok(fits)
    }

    /// The error that the chunk `best`, of a section of which nothing is given, does not fit.
    fn too_small(&self, excerpt: &Excerpt<'_>, best: ChunkId) -> ContextError {
        let error = || {
            Ok(ContextError::BudgetTooSmall {
                passage: place(&excerpt.hit.section, &self.index.chunk(best)?),
                tokens: excerpt.with([best], self.index, self.encoder)?.tokens,
                budget: self.left,
            })
        };
        error().unwrap_or_else(|error: IndexError| error.into())
    }
}

/// Names the best chunks that did not fit.
fn left_out(
    excerpts: &[Excerpt<'_>],
    index: &Index,
    budget: usize,
) -> Result<Option<Note>, IndexError> {
    let mut passages = Vec::new();
    for excerpt in excerpts {
        for chunk in &excerpt.hit.chunks {
            if !excerpt.chunks.contains(&chunk.id) {
                passages.push(place(&excerpt.hit.section, &index.chunk(chunk.id)?));
            }
        }
    }
    Ok((!passages.is_empty()).then_some(Note::LeftOut { passages, budget }))
}

/// `path:first-last`.
fn place(section: &SectionRecord, chunk: &ChunkRef<'_>) -> String {
    let path = printable_line(&section.path);
    format!("{path}:{}-{}", chunk.line_start, chunk.line_end)
}

/// What is given of a section.
struct Excerpt<'a> {
    hit: &'a Hit,
    chunks: BTreeSet<ChunkId>,
    text: String,
    tokens: usize,
}

impl<'a> Excerpt<'a> {
    /// Nothing yet.
    fn of(hit: &'a Hit) -> Self {
        Self {
            hit,
            chunks: BTreeSet::new(),
            text: String::new(),
            tokens: 0,
        }
    }

    /// This excerpt and `more` chunks.
    fn with(
        &self,
        more: impl IntoIterator<Item = ChunkId>,
        index: &Index,
        encoder: &dyn Encoder,
    ) -> Result<Self, IndexError> {
        let mut chunks = self.chunks.clone();
        chunks.extend(more);
        let ids: Vec<ChunkId> = chunks.iter().copied().collect();
        let mut text = String::new();
        for run in ids.chunk_by(|a, b| a.0 + 1 == b.0) {
            let run: Vec<ChunkRef<'_>> = run
                .iter()
                .map(|&id| index.chunk(id))
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
        let section = &self.hit.section;
        format!(
            "<section file=\"{}\" lines=\"{}-{}\" heading=\"{}\">\n\
             {}</section>\n",
            attribute(&section.path),
            first.line_start,
            last.line_end,
            attribute(&heading_line(section, &first.heading_path)),
            passage::text(chunks)
        )
    }
}

/// `text` between double quotes.
fn attribute(text: &str) -> String {
    printable_line(text).replace('"', "'")
}
