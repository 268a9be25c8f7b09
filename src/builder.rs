//! The build: a corpus and an encoder in, the parts of an index out.
//!
//! Deterministic: the same corpus, model and options give the same parts on any number of threads.

use std::time::{Duration, Instant};

use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::Result;
use crate::corpus::{Chunk, ChunkOptions, Corpus, Section, chunk_section};
use crate::encoder::{Embedding, Encoder};
use crate::index::{
    ChunkRecord, Chunking, Counts, GraphOptions, IndexParts, Matrix, Meta, SearchPath,
    SectionRecord, TokenTable,
};
use crate::rank::bm25::LexicalBuilder;
use crate::rank::{guide, late, phrase, spelling};

/// Passages embedded between two reports of progress.
const BATCH: usize = 128;
/// Weights of one occurrence of a term in a field, by what is indexed.
const SECTION_TITLE: f32 = 3.0;
const CHUNK_TITLE: f32 = 1.0;
const HEADING: f32 = 2.0;
const DESCRIPTOR: f32 = 2.0;
const BODY: f32 = 1.0;

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BuildOptions {
    /// How sections are cut.
    pub chunking: ChunkOptions,
    /// How the graph is built.
    pub graph: GraphOptions,
    /// Whether token vectors are stored for late interaction: 96 bytes a token of a 384-dimensional
    /// model, about 10 kB a chunk.
    pub late_interaction: bool,
}

impl Default for BuildOptions {
    /// Default chunking, M 16, ef_construction 200, late interaction.
    fn default() -> Self {
        Self {
            chunking: ChunkOptions::default(),
            graph: GraphOptions {
                m: 16,
                ef_construction: 200,
            },
            late_interaction: true,
        }
    }
}

/// Duration of each stage of a build.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildTimings {
    /// Cutting sections into chunks.
    pub chunk: Duration,
    /// Embedding chunks and guide.
    pub embed: Duration,
    /// Building the graph.
    pub graph: Duration,
}

/// Builds the parts of an index.
///
/// `progress` is called with the number of chunks embedded so far and of all chunks. Errors are
/// the encoder's, and invalid graph options.
pub fn build(
    corpus: &Corpus,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    progress: &dyn Fn(usize, usize),
) -> Result<(IndexParts, BuildTimings)> {
    let start = Instant::now();
    let chunks = chunk_all(corpus, encoder, &options.chunking);
    let chunked = Instant::now();
    let mut vectors = Vectors::new(encoder, options.late_interaction);
    embed_chunks(&chunks, encoder, &mut vectors, progress)?;
    let guide_vectors = embed_guide(corpus, encoder)?;
    let embedded = Instant::now();

    let mut parts = assemble(corpus, chunks, vectors, guide_vectors, encoder, options);
    parts.add_graph()?;
    let timings = BuildTimings {
        chunk: chunked - start,
        embed: embedded - chunked,
        graph: embedded.elapsed(),
    };
    Ok((parts, timings))
}

/// The chunks of each section.
fn chunk_all(corpus: &Corpus, encoder: &dyn Encoder, options: &ChunkOptions) -> Vec<Vec<Chunk>> {
    let limit = (encoder.model().max_tokens as usize).saturating_sub(2);
    let options = ChunkOptions {
        max_tokens: options.max_tokens.min(limit),
        ..*options
    };
    let count = |text: &str| encoder.count_tokens(text);
    corpus
        .sections
        .par_iter()
        .map(|section| chunk_section(section, &options, &count))
        .collect()
}

/// Vectors of the chunks so far.
struct Vectors {
    sentences: Matrix,
    tokens: Option<TokenTable>,
    /// Tokens of each chunk.
    lengths: Vec<u32>,
}

impl Vectors {
    fn new(encoder: &dyn Encoder, late_interaction: bool) -> Self {
        let dim = encoder.model().dim as usize;
        Self {
            sentences: Matrix {
                dim,
                data: Vec::new(),
            },
            tokens: late_interaction.then(|| TokenTable {
                dim: late::packed_len(dim) as u32,
                offsets: vec![0],
                frequencies: Vec::new(),
                codes: Vec::new(),
            }),
            lengths: Vec::new(),
        }
    }

    fn push(&mut self, embedding: Embedding) {
        self.sentences.data.extend_from_slice(&embedding.sentence);
        let Some(table) = &mut self.tokens else {
            return;
        };
        // A model without token vectors leaves the table unused.
        let Some(tokens) = embedding.tokens else {
            self.tokens = None;
            return;
        };
        late::pack_rows(&tokens.vectors, self.sentences.dim, &mut table.codes);
        table
            .offsets
            .push((table.codes.len() / table.dim as usize) as u64);
        let mut ids = tokens.ids;
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let id = id as usize;
            if table.frequencies.len() <= id {
                table.frequencies.resize(id + 1, 0);
            }
            table.frequencies[id] += 1;
        }
    }
}

fn embed_chunks(
    chunks: &[Vec<Chunk>],
    encoder: &dyn Encoder,
    vectors: &mut Vectors,
    progress: &dyn Fn(usize, usize),
) -> Result<()> {
    let texts: Vec<&str> = chunks
        .iter()
        .flatten()
        .map(|c| c.embed_text.as_str())
        .collect();
    let with_tokens = vectors.tokens.is_some();
    progress(0, texts.len());
    for batch in texts.chunks(BATCH) {
        for embedding in encoder.encode_passages(batch, with_tokens)? {
            vectors.push(embedding);
        }
        vectors.lengths.par_extend(
            batch
                .par_iter()
                .map(|text| encoder.count_tokens(text) as u32),
        );
        progress(vectors.lengths.len(), texts.len());
    }
    Ok(())
}

fn embed_guide(corpus: &Corpus, encoder: &dyn Encoder) -> Result<Matrix> {
    let texts = guide::texts(&corpus.guide);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let dim = encoder.model().dim as usize;
    let embeddings = encoder.encode_passages(&texts, false)?;
    let data = embeddings.into_iter().flat_map(|e| e.sentence).collect();
    Ok(Matrix { dim, data })
}

fn assemble(
    corpus: &Corpus,
    chunks: Vec<Vec<Chunk>>,
    vectors: Vectors,
    guide_vectors: Matrix,
    encoder: &dyn Encoder,
    options: &BuildOptions,
) -> IndexParts {
    let mut sections_lexical = LexicalBuilder::default();
    let mut chunks_lexical = LexicalBuilder::default();
    for (section, chunks) in corpus.sections.iter().zip(&chunks) {
        sections_lexical.add(section_fields(corpus, section, chunks));
        for chunk in chunks {
            chunks_lexical.add(chunk_fields(section, chunk));
        }
    }
    let chunks_lexical = chunks_lexical.finish();
    let texts: Vec<&str> = chunks.iter().flatten().map(|c| c.text.as_str()).collect();
    let sequences = phrase::sequences(&chunks_lexical, &texts);
    let vocabulary = spelling::vocabulary(chunks.iter().flatten().map(|c| c.embed_text.as_str()));

    let mut records = Vec::with_capacity(vectors.lengths.len());
    let mut sections = Vec::with_capacity(corpus.sections.len());
    for (section, chunks) in corpus.sections.iter().zip(chunks) {
        let first = records.len();
        for chunk in chunks {
            let tokens = vectors.lengths[records.len()];
            records.push(chunk_record(sections.len() as u32, chunk, tokens));
        }
        sections.push(section_record(section, first as u32..records.len() as u32));
    }
    let tokens = vectors.lengths.iter().map(|&n| u64::from(n)).sum();
    IndexParts {
        meta: Meta {
            model: encoder.model().clone(),
            corpus_fingerprint: corpus.fingerprint(),
            chunking: Chunking {
                max_tokens: options.chunking.max_tokens as u32,
                min_tokens: options.chunking.min_tokens as u32,
                overlap: options.chunking.overlap_lines,
            },
            graph: options.graph,
            counts: Counts {
                sections: sections.len() as u32,
                chunks: records.len() as u32,
                tokens,
            },
            search: SearchPath::Flat,
            ann_recall_at_10: None,
        },
        sections,
        chunks: records,
        guide: corpus.guide.clone(),
        guide_vectors,
        vectors: vectors.sentences,
        token_vectors: vectors.tokens,
        sections_lexical: sections_lexical.finish(),
        chunks_lexical,
        sequences,
        vocabulary: vocabulary.join("\n"),
        graph: None,
    }
}

/// The section's fields: its title, what the index files say of it, its headings and text.
fn section_fields<'a>(
    corpus: &'a Corpus,
    section: &'a Section,
    chunks: &'a [Chunk],
) -> impl Iterator<Item = (&'a str, f32)> {
    let descriptors = corpus.guide.descriptors.iter();
    let described = descriptors
        .filter(|d| d.target == section.path)
        .flat_map(|d| {
            [
                (d.title.as_str(), DESCRIPTOR),
                (d.covers.as_str(), DESCRIPTOR),
            ]
        });
    let description = section
        .description
        .as_deref()
        .map(|text| (text, DESCRIPTOR));
    std::iter::once((section.title.as_str(), SECTION_TITLE))
        .chain(description)
        .chain(described)
        .chain(chunks.iter().flat_map(|chunk| body_fields(section, chunk)))
}

fn chunk_fields<'a>(
    section: &'a Section,
    chunk: &'a Chunk,
) -> impl Iterator<Item = (&'a str, f32)> {
    std::iter::once((section.title.as_str(), CHUNK_TITLE)).chain(body_fields(section, chunk))
}

/// Headings but the title, and text.
fn body_fields<'a>(section: &'a Section, chunk: &'a Chunk) -> impl Iterator<Item = (&'a str, f32)> {
    let headings = chunk.heading_path.iter().filter(|h| **h != section.title);
    let headings = headings.map(|heading| (heading.as_str(), HEADING));
    headings.chain(std::iter::once((chunk.text.as_str(), BODY)))
}

fn chunk_record(section: u32, chunk: Chunk, tokens: u32) -> ChunkRecord {
    ChunkRecord {
        section,
        line_start: chunk.line_start,
        line_end: chunk.line_end,
        tokens,
        heading_path: chunk.heading_path,
        embed_text_hash: xxh3_64(chunk.embed_text.as_bytes()),
        text: chunk.text,
    }
}

fn section_record(section: &Section, chunks: std::ops::Range<u32>) -> SectionRecord {
    SectionRecord {
        path: section.path.clone(),
        title: section.title.clone(),
        description: section.description.clone(),
        chunks,
        lines: section.text.lines().count() as u32,
        bytes: section.text.len() as u64,
        content_hash: xxh3_128(section.text.as_bytes()).to_le_bytes(),
    }
}
