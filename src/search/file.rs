//! The index file as a store: what is asked for lies in the map.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Scope;
use super::store::{Evidence, NamedSection, PER_ARM, Request, Store};
use crate::Result;
use crate::index::{ChunkId, Index, IndexError, SectionId};
use crate::rank::{bm25, fusion};

/// An index file, which is its own catalogue and the evidence of every question.
pub(super) struct FileStore(pub Arc<Index>);

impl Store for FileStore {
    fn catalogue(&self) -> &Arc<Index> {
        &self.0
    }

    fn num_chunks(&self) -> usize {
        self.0.num_chunks()
    }

    fn chunk_term(&self, term: &str) -> Result<Option<(u32, usize)>, IndexError> {
        self.0.chunks_lexical().numbered(term)
    }

    fn has_section_term(&self, term: &str) -> Result<bool, IndexError> {
        Ok(self.0.sections_lexical().numbered(term)?.is_some())
    }

    /// O(chunks) for BM25, and what [`Index::nearest`] takes.
    fn evidence(&self, request: &Request<'_>) -> Result<Evidence> {
        let (index, scope) = (&self.0, request.scope);
        let mut section_bm25 = bm25::scores(&index.sections_lexical(), request.terms)?;
        let mut chunk_bm25 = bm25::scores(&index.chunks_lexical(), request.terms)?;
        if let Some(scope) = scope {
            zero_unless(&mut section_bm25, |id| scope.has_section(SectionId(id)));
            zero_unless(&mut chunk_bm25, |id| scope.chunks().contains(ChunkId(id)));
        }
        let within = scope.map(Scope::chunks);
        let nearest = index.nearest(request.vector, PER_ARM, request.exact, within)?;
        let nearest = nearest.iter().map(|near| ChunkId(near.id));
        let chunks = best_ids(&chunk_bm25).map(ChunkId).chain(nearest);
        let sections = best_ids(&section_bm25).map(SectionId);
        let sections = sections.chain(request.wanted.iter().copied());
        let named = named(index, sections, chunks)?;
        let sections = named.into_iter().map(|(section, chunks)| NamedSection {
            section,
            in_evidence: section,
            chunks,
        });
        Ok(Evidence {
            index: Arc::clone(index),
            sections: sections.collect(),
            chunk_bm25,
            section_bm25,
        })
    }
}

/// The sections that are named themselves or by a chunk, each with those chunks.
fn named(
    index: &Index,
    sections: impl Iterator<Item = SectionId>,
    chunks: impl Iterator<Item = ChunkId>,
) -> Result<BTreeMap<SectionId, BTreeSet<ChunkId>>, IndexError> {
    let mut named: BTreeMap<_, BTreeSet<_>> = sections.map(|id| (id, BTreeSet::new())).collect();
    for id in chunks {
        named.entry(index.section_of(id)?).or_default().insert(id);
    }
    Ok(named)
}

/// Takes their scores from the documents that an answer may not name.
fn zero_unless(scores: &mut [f32], is_allowed: impl Fn(u32) -> bool) {
    for (id, score) in (0..).zip(scores) {
        if *score > 0.0 && !is_allowed(id) {
            *score = 0.0;
        }
    }
}

/// The up to [`PER_ARM`] best documents with a score above 0.
fn best_ids(scores: &[f32]) -> impl Iterator<Item = u32> + use<> {
    let mut ids: Vec<u32> = (0..scores.len() as u32)
        .filter(|&i| scores[i as usize] > 0.0)
        .collect();
    fusion::keep_first(&mut ids, PER_ARM, |&a, &b| {
        scores[b as usize]
            .total_cmp(&scores[a as usize])
            .then(a.cmp(&b))
    });
    ids.into_iter()
}
