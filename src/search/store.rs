//! Where the candidates of a question come from: the one seam between searching and storing.
//!
//! Ranking needs an [`Index`] that holds the candidate sections, and what BM25 says of them. From an index file that
//! is the file itself ([`super::file`]); another store makes a small index in memory of what it fetched. So ranking,
//! answers and every output work on an `Index` and never ask the store.
//!
//! ```text
//! catalogue: guide, sections, statistics ──► question ──► Request ──► Store::evidence ──► Evidence ──► ranking, answer
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Scope;
use crate::Result;
use crate::index::{ChunkId, Index, IndexError, SectionId};

/// Chunks and sections that each retrieving arm names.
pub const PER_ARM: usize = 100;

/// A collection of chunks that can be asked for candidates.
pub trait Store: Send + Sync {
    /// What does not depend on a question: identity, guide, vocabulary, token frequencies, and the record of every
    /// section. Whether it holds the chunks too is the store's affair.
    fn catalogue(&self) -> &Arc<Index>;

    /// Number of chunks that are stored.
    fn num_chunks(&self) -> usize;

    /// A number that stands for `term` in the term sequences of [`Evidence::index`], and the number of chunks that
    /// have the term; `None` if none has it.
    fn chunk_term(&self, term: &str) -> Result<Option<(u32, usize)>, IndexError>;

    /// Whether any section has `term`, in its text or its names.
    fn has_section_term(&self, term: &str) -> Result<bool, IndexError>;

    /// The candidates of a question, with all that ranking and answers need of them.
    fn evidence(&self, request: &Request<'_>) -> Result<Evidence>;
}

/// A question as a store is asked it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Its lexical terms.
    pub terms: &'a [String],
    /// Its sentence vector, a unit vector.
    pub vector: &'a [f32],
    /// Whether all vectors are compared.
    pub exact: bool,
    /// The sections that may be named; `None`: all.
    pub scope: Option<&'a Scope>,
    /// Sections of the catalogue that are candidates whatever the arms say, all of them in `scope`.
    pub wanted: &'a [SectionId],
}

/// The candidates of a question.
#[derive(Debug)]
pub struct Evidence {
    /// Holds the candidate sections whole.
    pub index: Arc<Index>,
    /// The candidates, ascending in both numbers.
    pub sections: Vec<NamedSection>,
    /// BM25 of the chunks of `index`, by number; at least those of the candidates are right.
    pub chunk_bm25: Vec<f32>,
    /// BM25 of the sections of `index`, as `chunk_bm25`.
    pub section_bm25: Vec<f32>,
}

/// A section that is a candidate.
#[derive(Debug)]
pub struct NamedSection {
    /// Its number in the catalogue.
    pub section: SectionId,
    /// Its number in [`Evidence::index`].
    pub in_evidence: SectionId,
    /// Those of its chunks in [`Evidence::index`] that an arm named.
    pub chunks: BTreeSet<ChunkId>,
}
