//! An index without its chunks: what a store that keeps the chunks elsewhere holds in memory.

use super::error::IndexError;
use super::lexical::{InvertedIndex, Postings};
use super::matrix::Matrix;
use super::meta::{Counts, Meta, SectionRecord};
use super::options::SearchPath;
use super::parts::IndexParts;
use super::reader::Index;
use super::sequences::TermSequences;
use super::token_codes::packed_len;
use super::tokens::TokenTable;

impl Index {
    /// The index with identity, sections, guide, vocabulary and token frequencies, but no chunk, no term of sections
    /// and no place of the docs. Copies what it holds.
    pub fn without_chunks(&self) -> Result<IndexParts, IndexError> {
        let mut sections = Vec::with_capacity(self.num_sections());
        for id in self.sections() {
            let section = self.section(id)?;
            sections.push(SectionRecord {
                chunks: 0..0,
                ..section
            });
        }
        let dim = self.vectors().dim;
        let guide = self.guide()?;
        let guide_rows = 0..guide.num_passages();
        let table = |dim: usize| -> Result<TokenTable, IndexError> {
            let mut table = empty_table(dim, Vec::new());
            let mut codes = Vec::new();
            for row in guide_rows {
                let found = self.guide_token_vectors(row)?;
                codes.extend_from_slice(found.map_or(&[], |rows| rows.codes));
                let rows = codes.len() / packed_len(dim);
                table.offsets.push(rows as u64);
            }
            table.codes = codes.into();
            Ok(table)
        };
        let guide_token_vectors = self.guide_token_dim().map(table).transpose()?;
        let frequencies = self.token_frequencies().to_vec();
        let words: Vec<&str> = self.vocabulary()?.collect();
        Ok(IndexParts {
            meta: Meta {
                docs: Vec::new(),
                counts: Counts {
                    chunks: 0,
                    tokens: 0,
                    ..self.meta().counts
                },
                search: SearchPath::Flat,
                ann_recall_at_10: None,
                ..self.meta().clone()
            },
            sections_lexical: InvertedIndex::without_terms(vec![0.0; sections.len()]),
            sections,
            chunks: Vec::new(),
            guide,
            guide_vectors: Matrix {
                dim,
                data: self.guide_vectors().data.to_vec().into(),
            },
            guide_token_vectors,
            guide_lexical: self.guide_lexical().as_written(),
            vectors: Matrix {
                dim,
                data: Vec::new().into(),
            },
            token_vectors: self.token_dim().map(|dim| empty_table(dim, frequencies)),
            chunks_lexical: InvertedIndex::without_terms(Vec::new()),
            sequences: TermSequences {
                offsets: vec![0],
                terms: Vec::new(),
            },
            vocabulary: words.join("\n"),
            graph: None,
        })
    }
}

fn empty_table(dim: usize, frequencies: Vec<u32>) -> TokenTable {
    TokenTable {
        dim: dim as u32,
        offsets: vec![0],
        frequencies,
        codes: Vec::new().into(),
    }
}

impl Postings<'_> {
    fn as_written(self) -> InvertedIndex {
        InvertedIndex {
            term_bytes: self.term_bytes.to_vec(),
            term_offsets: self.term_offsets.to_vec(),
            posting_offsets: self.posting_offsets.to_vec(),
            doc_ids: self.doc_ids.to_vec(),
            freqs: self.freqs.to_vec(),
            doc_lengths: self.doc_lengths.to_vec(),
        }
    }
}
