//! The rows of candidate sections as an index in memory.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use super::client::Sparse;
use super::row::{StoredChunk, chunk_id};
use super::store::MilvusStore;
use crate::Result;
use crate::corpus::Guide;
use crate::index::{
    ChunkId, Index, IndexParts, InvertedIndex, Matrix, SectionId, SectionRecord, TermSequences,
    TokenTable, packed_len,
};
use crate::search::{Evidence, NamedSection};

/// A candidate section: its number in the catalogue, and the places of its chunks that an arm named.
pub type Named = (SectionId, BTreeSet<u32>);

/// The weights of a query's terms: number and weight, in the terms' byte order.
pub type QueryWeights = [(u32, f32)];

/// The sum over the terms of a query of what they weigh in it and in the document.
pub fn score(query: &QueryWeights, document: &Sparse) -> f32 {
    let terms = query.iter();
    let weights = terms.filter_map(|(number, weight)| Some(weight * document.get(number)?));
    weights.sum()
}

/// Puts `rows`, the chunks of the sections `named`, in the order of an index.
///
/// `None` if rows are missing: they were removed since the catalogue was read.
pub fn assemble(
    store: &MilvusStore,
    named: Vec<Named>,
    rows: Vec<StoredChunk>,
    section_bm25: Vec<f32>,
    query: &QueryWeights,
) -> Result<Option<Evidence>> {
    let catalogue = &store.catalogue.index;
    let mut rows: HashMap<String, StoredChunk> =
        rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let dim = catalogue.vectors().dim;
    let token_dim = catalogue.token_dim();
    let (mut vectors, mut codes, mut token_rows) = (Vec::new(), Vec::new(), vec![0]);
    let (mut terms, mut term_ends) = (Vec::new(), vec![0]);
    let (mut chunks, mut sections) = (Vec::new(), Vec::new());
    let (mut chunk_bm25, mut named_sections) = (Vec::new(), Vec::new());
    for (number, (section, places)) in (0..).zip(named) {
        let first = chunks.len() as u32;
        let key = &store.catalogue.statistics.keys[section.position()];
        for place in 0..store.catalogue.statistics.chunks[section.position()] {
            let id = chunk_id(key, place);
            let Some(row) = rows.remove(&id) else {
                return Ok(None);
            };
            let damaged = || store.client.damaged(format!("row {id} cannot be read"));
            let (record, sequence) = row.record(number).ok_or_else(damaged)?;
            if row.vector.len() != dim {
                return Err(damaged().into());
            }
            chunks.push(record);
            vectors.extend_from_slice(&row.vector);
            codes.extend_from_slice(&row.codes);
            token_rows.push(token_dim.map_or(0, |dim| codes.len() / packed_len(dim)) as u64);
            terms.extend(sequence);
            term_ends.push(terms.len() as u64);
            chunk_bm25.push(score(query, &row.terms));
        }
        sections.push(SectionRecord {
            chunks: first..chunks.len() as u32,
            ..catalogue.section(section)?
        });
        named_sections.push(NamedSection {
            section,
            in_evidence: SectionId(number),
            chunks: places
                .into_iter()
                .map(|place| ChunkId(first + place))
                .collect(),
        });
    }
    let mut meta = catalogue.meta().clone();
    meta.counts.sections = sections.len() as u32;
    meta.counts.chunks = chunks.len() as u32;
    let parts = IndexParts {
        meta,
        sections_lexical: InvertedIndex::without_terms(vec![0.0; sections.len()]),
        sections,
        guide: Guide::default(),
        guide_vectors: Matrix {
            dim,
            data: Vec::new().into(),
        },
        guide_token_vectors: None,
        guide_lexical: InvertedIndex::without_terms(Vec::new()),
        vectors: Matrix {
            dim,
            data: vectors.into(),
        },
        token_vectors: token_dim.map(|dim| TokenTable {
            dim: dim as u32,
            offsets: token_rows,
            frequencies: Vec::new(),
            codes: codes.into(),
        }),
        chunks_lexical: InvertedIndex::without_terms(vec![0.0; chunks.len()]),
        chunks,
        sequences: TermSequences {
            offsets: term_ends,
            terms,
        },
        vocabulary: String::new(),
        graph: None,
    };
    let name = store.url.to_string();
    let index = Index::from_bytes(&parts.to_bytes()?, Path::new(&name))?;
    Ok(Some(Evidence {
        index: Arc::new(index),
        sections: named_sections,
        chunk_bm25,
        section_bm25,
    }))
}
