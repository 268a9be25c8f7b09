//! Chunks and vectors become the parts of an index.

use crate::analysis::ANALYZER;
use crate::corpus::{Chunk, Descriptor};
use crate::index::{
    BuiltGraph, ChunkRecord, Chunking, Counts, IndexParts, InvertedIndex, Meta, SectionRecord,
    TermSequences,
};
use crate::rank::bm25::LexicalBuilder;
use crate::rank::spelling;

use super::vectors::Vectors;
use super::{Build, ChunkedSection};

/// Weights of one occurrence of a term in a field, by what is indexed.
const SECTION_TITLE: f32 = 3.0;
const CHUNK_TITLE: f32 = 1.0;
const HEADING: f32 = 2.0;
const DESCRIPTOR: f32 = 2.0;
const BODY: f32 = 1.0;

impl Build<'_> {
    /// All parts of the index.
    pub(super) fn assemble(
        self,
        vectors: Vectors,
        guide: Vectors,
        graph: BuiltGraph,
    ) -> IndexParts {
        let (sections_lexical, ((chunks_lexical, sequences), vocabulary)) = rayon::join(
            || self.sections_lexical(),
            || {
                rayon::join(
                    || self.chunks_lexical(),
                    || spelling::vocabulary(self.texts()),
                )
            },
        );

        let guide_lexical = self.guide_lexical();
        let mut chunks = Vec::with_capacity(vectors.lengths.len());
        let mut sections = Vec::with_capacity(self.sections.len());
        for chunked in self.sections {
            let first = chunks.len();
            for chunk in chunked.chunks {
                let at = chunks.len();
                chunks.push(ChunkRecord {
                    section: sections.len() as u32,
                    line_start: chunk.line_start,
                    line_end: chunk.line_end,
                    file_lines: chunk.file_lines,
                    tokens: vectors.lengths[at],
                    heading_path: chunk.heading_path,
                    anchor: chunk.anchor,
                    text: chunk.text,
                    embed_text_hash: vectors.hashes[at],
                });
            }
            sections.push(SectionRecord {
                path: chunked.path,
                title: chunked.title,
                description: chunked.description,
                fields: chunked.fields,
                chunks: first as u32..chunks.len() as u32,
                syntax: chunked.syntax,
                lines: chunked.lines,
                bytes: chunked.bytes,
                content_hash: chunked.content_hash,
            });
        }
        let chunking = self.options.chunking;
        IndexParts {
            meta: Meta {
                model: self.encoder.model().clone(),
                docent_version: env!("CARGO_PKG_VERSION").to_owned(),
                analyzer: ANALYZER.to_owned(),
                corpus_fingerprint: self.corpus_fingerprint,
                docs: self.docs,
                corpus: self.corpus_options,
                guide_files: self.guide_files,
                chunking: Chunking {
                    max_tokens: chunking.max_tokens as u32,
                    min_tokens: chunking.min_tokens as u32,
                },
                graph: self.options.graph,
                counts: Counts {
                    sections: sections.len() as u32,
                    chunks: chunks.len() as u32,
                    tokens: vectors.lengths.iter().map(|&n| u64::from(n)).sum(),
                },
                search: graph.search,
                ann_recall_at_10: graph.ann_recall_at_10,
            },
            sections,
            chunks,
            guide: self.guide,
            guide_vectors: guide.sentences,
            guide_token_vectors: guide.tokens.filter(|tokens| tokens.dim > 0),
            guide_lexical,
            vectors: vectors.sentences,
            token_vectors: vectors.tokens,
            sections_lexical,
            chunks_lexical,
            sequences,
            vocabulary: vocabulary.join("\n"),
            graph: graph.graph,
        }
    }

    fn guide_lexical(&self) -> InvertedIndex {
        let mut lexical = LexicalBuilder::default();
        for passage in self.guide.passages() {
            lexical.add([(&*passage.text, BODY)]);
        }
        lexical.finish().0
    }

    fn sections_lexical(&self) -> InvertedIndex {
        let mut lexical = LexicalBuilder::default();
        for chunked in &self.sections {
            lexical.add(section_fields(&self.guide.descriptors, chunked));
        }
        lexical.finish().0
    }

    fn chunks_lexical(&self) -> (InvertedIndex, TermSequences) {
        let mut lexical = LexicalBuilder::default();
        for chunked in &self.sections {
            for chunk in &chunked.chunks {
                let title = std::iter::once((chunked.title.as_str(), CHUNK_TITLE));
                lexical.add_with_text(
                    title.chain(heading_fields(&chunked.title, chunk)),
                    (&chunk.text, BODY),
                );
            }
        }
        lexical.finish()
    }
}

/// The section's fields: its title, what the guide says of it, its headings and text.
fn section_fields<'a>(
    descriptors: &'a [Descriptor],
    chunked: &'a ChunkedSection,
) -> impl Iterator<Item = (&'a str, f32)> {
    let described = descriptors
        .iter()
        .filter(|d| d.target == chunked.path)
        .flat_map(|d| {
            [
                (d.title.as_str(), DESCRIPTOR),
                (d.covers.as_str(), DESCRIPTOR),
            ]
        });
    let description = chunked
        .description
        .as_deref()
        .map(|text| (text, DESCRIPTOR));
    let bodies = chunked.chunks.iter().flat_map(|chunk| {
        heading_fields(&chunked.title, chunk).chain([(chunk.text.as_str(), BODY)])
    });
    std::iter::once((chunked.title.as_str(), SECTION_TITLE))
        .chain(description)
        .chain(described)
        .chain(bodies)
}

/// Headings but the title.
fn heading_fields<'a>(title: &'a str, chunk: &'a Chunk) -> impl Iterator<Item = (&'a str, f32)> {
    let headings = chunk.heading_path.iter().filter(move |h| *h != title);
    headings.map(|heading| (heading.as_str(), HEADING))
}
