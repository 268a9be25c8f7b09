//! The build: a corpus and an encoder in, the parts of an index out.
//!
//! ```text
//! Corpus ─► Build::new ─► (Build::reuse: an old index) ─► Build::finish ─► IndexParts
//!           chunks                 vectors by hash         embed the rest, graph
//! ```
//!
//! Deterministic: the same corpus, model and options give the same parts on any number of threads,
//! and whether vectors were taken from an old index or computed. (The second holds for the built-in
//! encoder, whose vectors do not depend on what else is in a batch, and for fastembed's as docent
//! runs it, one text at a time.)
//!
//! # Memory
//!
//! Vectors, most of an index, go to a file without a name as they are made. Everything else is held
//! until it is written; of text, a chunk's passage and what is embedded of it, which goes once the
//! vocabulary is counted; the sections' own text goes as they are cut. `ARCHITECTURE.md` has the
//! figures.

mod assemble;
mod reuse;
mod vectors;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::Result;
use crate::content_hash;
use crate::corpus::{Chunk, ChunkOptions, Corpus, Guide, Section, chunk_section};
use crate::encoder::Encoder;
use crate::index::{FileRecord, GraphOptions, Index, IndexParts};

use reuse::Previous;
pub use reuse::ReuseRefused;
use vectors::VectorsSpool;

/// Most chunks for which [`LateInteraction::Auto`] stores token vectors.
///
/// They are about 10 kB a chunk, so 200 MB at this limit: above, they would be most of the index
/// by far, and no longer fit into the page cache of an ordinary machine beside its other work.
pub const LATE_INTERACTION_LIMIT: usize = 20_000;

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BuildOptions {
    /// How sections are cut.
    pub chunking: ChunkOptions,
    /// How the graph is built.
    pub graph: GraphOptions,
    /// Whether token vectors are stored for late interaction.
    pub late_interaction: LateInteraction,
}

/// Whether token vectors are stored for late interaction: 96 bytes a token of a 384-dimensional
/// model, about 10 kB a chunk. Never with a model that makes none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LateInteraction {
    /// If there are at most [`LATE_INTERACTION_LIMIT`] chunks.
    Auto,
    /// Whatever the size.
    Always,
    /// Not at all.
    Never,
}

impl LateInteraction {
    /// Whether token vectors of this many chunks are stored, if the model makes them.
    pub fn stores(self, chunks: usize) -> bool {
        match self {
            Self::Auto => chunks <= LATE_INTERACTION_LIMIT,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

impl Default for BuildOptions {
    /// Default chunking, M 16, ef_construction 200, late interaction up to its limit.
    fn default() -> Self {
        Self {
            chunking: ChunkOptions::default(),
            graph: GraphOptions {
                m: 16,
                ef_construction: 200,
            },
            late_interaction: LateInteraction::Auto,
        }
    }
}

/// Duration of each stage of a build.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildTimings {
    /// Cutting sections into chunks.
    pub chunk: Duration,
    /// Embedding chunks and guide, or taking their vectors from an old index.
    pub embed: Duration,
    /// The inverted indexes and the vocabulary.
    pub lexical: Duration,
    /// Building the graph.
    pub graph: Duration,
}

/// What a build made.
#[derive(Debug)]
pub struct Built {
    /// The parts of the index.
    pub parts: IndexParts,
    /// Chunks whose vectors are from the old index.
    pub reused: usize,
    /// Where the time went.
    pub timings: BuildTimings,
}

/// A build whose sections are cut into chunks, and which has not begun to embed them.
pub struct Build<'a> {
    encoder: &'a dyn Encoder,
    options: BuildOptions,
    corpus_fingerprint: String,
    guide: Guide,
    guide_files: Vec<FileRecord>,
    sections: Vec<ChunkedSection>,
    /// Whether token vectors are stored.
    with_tokens: bool,
    previous: Option<Previous<'a>>,
    /// Where vectors are kept until they are written.
    spool_folder: PathBuf,
    chunk_time: Duration,
}

/// What is kept of a section, and its chunks. They hold what is needed of its text, which is dropped.
struct ChunkedSection {
    path: String,
    title: String,
    description: Option<String>,
    lines: u32,
    bytes: u64,
    content_hash: [u8; 16],
    chunks: Vec<Chunk>,
}

/// Builds the parts of an index: [`Build::new`], then [`Build::finish`].
pub fn build(
    corpus: Corpus,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    progress: &dyn Fn(usize, usize),
) -> Result<Built> {
    Build::new(corpus, encoder, options).finish(progress)
}

impl<'a> Build<'a> {
    /// Cuts the sections of `corpus` into chunks, in parallel.
    pub fn new(corpus: Corpus, encoder: &'a dyn Encoder, options: &BuildOptions) -> Self {
        let start = Instant::now();
        let corpus_fingerprint = corpus.fingerprint();
        let guide_files = corpus.guide_files.into_iter().map(|file| FileRecord {
            path: file.path,
            bytes: file.text.len() as u64,
            content_hash: content_hash(&file.text),
        });
        let guide_files = guide_files.collect();
        let mut options = *options;
        // What the model does not read is not embedded.
        let limit = (encoder.model().max_tokens as usize).saturating_sub(2);
        options.chunking.max_tokens = options.chunking.max_tokens.min(limit);
        let sections = chunk_all(corpus.sections, encoder, &options.chunking);
        let chunks: usize = sections.iter().map(|section| section.chunks.len()).sum();
        let with_tokens = encoder.makes_token_vectors() && options.late_interaction.stores(chunks);
        Self {
            encoder,
            options,
            corpus_fingerprint,
            guide: corpus.guide,
            guide_files,
            sections,
            with_tokens,
            previous: None,
            spool_folder: std::env::temp_dir(),
            chunk_time: start.elapsed(),
        }
    }

    /// Number of chunks.
    pub fn num_chunks(&self) -> usize {
        self.sections.iter().map(|s| s.chunks.len()).sum()
    }

    /// Whether token vectors are left out only because there are more than
    /// [`LATE_INTERACTION_LIMIT`] chunks.
    pub fn is_too_large_for_late_interaction(&self) -> bool {
        self.options.late_interaction == LateInteraction::Auto
            && self.encoder.makes_token_vectors()
            && !self.with_tokens
    }

    /// Keeps the vectors in `folder` until they are written, in files without names; else in the
    /// platform's folder for temporary files, which may be one in memory.
    pub fn spool_in(&mut self, folder: &Path) {
        self.spool_folder = folder.to_owned();
    }

    /// Takes the vectors of texts that `index` has from there instead of computing them. The parts
    /// that come out are the same.
    ///
    /// Reads and verifies all of `index`. An error says why it is of no use; the build then embeds
    /// everything.
    pub fn reuse(&mut self, index: &'a Index) -> Result<(), ReuseRefused> {
        self.previous = Some(Previous::new(
            index,
            self.encoder.model(),
            self.with_tokens,
        )?);
        Ok(())
    }

    /// Embeds what has no vectors yet, and builds everything else.
    ///
    /// `progress` is called with the number of chunks that have vectors and of all chunks. Errors
    /// are the encoder's, invalid graph options, and a spool folder that cannot be written to.
    pub fn finish(mut self, progress: &dyn Fn(usize, usize)) -> Result<Built> {
        let start = Instant::now();
        let mut vectors =
            VectorsSpool::create_in(&self.spool_folder, self.encoder, self.with_tokens)?;
        let texts: Vec<&str> = self.texts().collect();
        let reused = vectors.fill(&texts, self.encoder, self.previous.as_ref(), progress)?;
        let guide_vectors = vectors::of_guide(&self.guide, self.encoder, self.previous.as_ref())?;
        let vectors = vectors.finish()?;
        self.previous = None;
        let embedded = Instant::now();
        let chunk = self.chunk_time;
        let mut parts = self.assemble(vectors, guide_vectors);
        let assembled = Instant::now();
        parts.add_graph()?;
        Ok(Built {
            parts,
            reused,
            timings: BuildTimings {
                chunk,
                embed: embedded - start,
                lexical: assembled - embedded,
                graph: assembled.elapsed(),
            },
        })
    }

    /// What is embedded of each chunk.
    fn texts(&self) -> impl Iterator<Item = &str> {
        let chunks = self.sections.iter().flat_map(|section| &section.chunks);
        chunks.map(|chunk| chunk.embed_text.as_str())
    }
}

fn chunk_all(
    sections: Vec<Section>,
    encoder: &dyn Encoder,
    options: &ChunkOptions,
) -> Vec<ChunkedSection> {
    let count = |text: &str| encoder.count_tokens(text);
    sections
        .into_par_iter()
        .map(|section| {
            let chunks = chunk_section(&section, options, &count);
            let Section {
                path,
                title,
                description,
                text,
                ..
            } = section;
            ChunkedSection {
                path,
                title,
                description,
                lines: text.lines().count() as u32,
                bytes: text.len() as u64,
                content_hash: content_hash(&text),
                chunks,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::BuiltinEncoder;

    #[test]
    fn token_vectors_are_left_out_above_the_limit_unless_asked_for() {
        let encoder = BuiltinEncoder::bundled().unwrap();
        let corpus = |sections: usize| {
            let section = |i| Section::from_text(format!("{i}.txt"), "Warm the cups.".to_owned());
            Corpus::from_documents((0..sections).map(section).collect())
        };
        let at_the_limit = corpus(LATE_INTERACTION_LIMIT);
        let above = corpus(LATE_INTERACTION_LIMIT + 1);
        for (corpus, late_interaction, with_tokens, is_too_large) in [
            (&at_the_limit, LateInteraction::Auto, true, false),
            (&at_the_limit, LateInteraction::Never, false, false),
            (&above, LateInteraction::Auto, false, true),
            (&above, LateInteraction::Always, true, false),
        ] {
            let options = BuildOptions {
                late_interaction,
                ..BuildOptions::default()
            };
            let build = Build::new(corpus.clone(), &encoder, &options);
            assert_eq!(build.num_chunks(), corpus.sections.len());
            assert_eq!(build.with_tokens, with_tokens, "{late_interaction:?}");
            assert_eq!(build.is_too_large_for_late_interaction(), is_too_large);
        }
    }
}
