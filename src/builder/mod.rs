//! The build: a corpus and an encoder in, the parts of an index out.
//!
//! ```text
//! Corpus ─► Build::new ─► (Build::reuse: an old index) ─► Build::finish ─► Built::write
//!           chunks                 vectors by hash         embed the rest, graph   the file
//! ```
//!
//! [`build`] does all of it.
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
mod docs;
mod reuse;
mod vectors;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use rayon::prelude::*;

use crate::Result;
use crate::content_hash;
use crate::corpus::{
    Chunk, ChunkOptions, Corpus, CorpusOptions, Field, Folder, Guide, Section, Syntax,
    chunk_section,
};
use crate::encoder::{Encoder, pack};
use crate::index::{
    BuiltGraph, DocsFolder, FileRecord, GraphOptions, Index, IndexError, IndexParts, IndexSlot,
};

use reuse::Previous;
pub use reuse::ReuseRefused;
use vectors::{Vectors, VectorsSpool};

/// Most chunks for which [`LateInteraction::Auto`] stores token vectors.
///
/// They are about 10 kB a chunk, so 200 MB at this limit: above, they would be most of the index
/// by far, and no longer fit into the page cache of an ordinary machine beside its other work.
pub const LATE_INTERACTION_LIMIT: usize = 20_000;

/// How an index is built.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
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

impl BuildOptions {
    /// Whether a build with these options and the bundled model would make an index like this one.
    pub(crate) fn make(&self, index: &Index) -> bool {
        let meta = index.meta();
        let bundled = pack::bundled();
        bundled.is_ok_and(|pack| pack.model_id() == meta.model)
            && meta.graph == self.graph
            && index.has_token_vectors() == self.late_interaction.stores(index.num_chunks())
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
    /// When reading the docs began: what changed later is not in the index.
    as_of: SystemTime,
}

impl Built {
    /// Writes the index into `slot`, and returns its length in bytes: [`IndexParts::write_to`].
    pub fn write(&self, slot: IndexSlot) -> Result<u64, IndexError> {
        self.parts.write_to(slot, self.as_of)
    }
}

/// A build whose sections are cut into chunks, and which has not begun to embed them.
pub struct Build<'a> {
    encoder: &'a dyn Encoder,
    options: BuildOptions,
    corpus_fingerprint: String,
    /// How the documentation folders were read.
    corpus_options: CorpusOptions,
    /// The documentation folders.
    folders: Vec<Folder>,
    as_of: SystemTime,
    guide: Guide,
    guide_files: Vec<FileRecord>,
    sections: Vec<ChunkedSection>,
    /// Whether token vectors are stored.
    with_tokens: bool,
    previous: Option<Previous<'a>>,
    /// Where vectors are kept until they are written.
    spool_folder: PathBuf,
    /// The documentation folders from the folder of the index.
    docs: Vec<DocsFolder>,
    /// Called with the number of chunks that have vectors and of all chunks.
    progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
    chunk_time: Duration,
}

/// What is kept of a section, and its chunks. They hold what is needed of its text, which is dropped.
struct ChunkedSection {
    path: String,
    title: String,
    description: Option<String>,
    fields: Vec<Field>,
    syntax: Syntax,
    lines: u32,
    bytes: u64,
    content_hash: [u8; 16],
    chunks: Vec<Chunk>,
}

/// Builds the index of `corpus` and writes it to `path`, replacing what is there.
///
/// # Errors
///
/// As [`IndexSlot::claim`], [`Build::finish`] and [`IndexParts::write_to`]; the old index stays then.
pub fn build(
    corpus: Corpus,
    encoder: &dyn Encoder,
    options: &BuildOptions,
    path: &Path,
) -> Result<Built> {
    let slot = IndexSlot::claim(path)?;
    let mut build = Build::new(corpus, encoder, options);
    build.place_in(&slot);
    let built = build.finish()?;
    built.write(slot)?;
    Ok(built)
}

impl<'a> Build<'a> {
    /// Cuts the sections of `corpus` into chunks, in parallel.
    pub fn new(corpus: Corpus, encoder: &'a dyn Encoder, options: &BuildOptions) -> Self {
        let start = Instant::now();
        let corpus_fingerprint = corpus.fingerprint();
        let guide_files = corpus.guide_files.into_iter().map(|file| FileRecord {
            path: file.path,
            bytes: file.bytes,
            content_hash: content_hash(&file.text),
        });
        let guide_files = guide_files.collect();
        let mut options = *options;
        // What the model does not read is not embedded.
        let limit = encoder.model().readable_tokens();
        options.chunking.max_tokens = options.chunking.max_tokens.min(limit);
        let sections = chunk_all(corpus.sections, encoder, &options.chunking);
        let chunks: usize = sections.iter().map(|section| section.chunks.len()).sum();
        let with_tokens = encoder.makes_token_vectors() && options.late_interaction.stores(chunks);
        Self {
            encoder,
            options,
            corpus_fingerprint,
            corpus_options: corpus.options,
            folders: corpus.folders,
            as_of: corpus.as_of,
            guide: corpus.guide,
            guide_files,
            sections,
            with_tokens,
            previous: None,
            spool_folder: std::env::temp_dir(),
            docs: Vec::new(),
            progress: None,
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

    /// Says where the index will be. It records where the docs lie from there, so that it can be told
    /// when it is stale, and vectors are kept in its folder until they are written, in files without
    /// names; else in the platform's folder for temporary files, which may be one in memory.
    pub fn place_in(&mut self, slot: &IndexSlot) {
        self.spool_folder = slot.folder().to_owned();
        let folders = self.folders.iter().map(|folder| DocsFolder {
            name: folder.name.clone(),
            path: docs::path_between(&folder.path, slot.path()),
        });
        self.docs = folders.collect();
    }

    /// Calls `progress` with the number of chunks that have vectors and of all chunks.
    pub fn report_to(&mut self, progress: &'a (dyn Fn(usize, usize) + Sync)) {
        self.progress = Some(progress);
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
    /// # Errors
    ///
    /// The encoder's, invalid graph options, a graph that finds too little, and a folder that cannot be
    /// written to.
    pub fn finish(mut self) -> Result<Built> {
        let start = Instant::now();
        let mut vectors =
            VectorsSpool::create_in(&self.spool_folder, self.encoder, self.with_tokens)?;
        let texts: Vec<&str> = self.texts().collect();
        let progress = self.progress.unwrap_or(&|_, _| ());
        let old = |hash: &[u8; 16]| self.previous.as_ref()?.chunk(hash);
        let reused = vectors.fill(&texts, self.encoder, old, progress)?;
        let vectors = vectors.finish()?;
        let guide = self.embed_guide()?;
        self.previous = None;
        let embedded = Instant::now();
        let graph = BuiltGraph::new(vectors.sentences.view(), self.options.graph)?;
        let linked = Instant::now();
        let (chunk, as_of) = (self.chunk_time, self.as_of);
        let parts = self.assemble(vectors, guide, graph);
        Ok(Built {
            parts,
            reused,
            timings: BuildTimings {
                chunk,
                embed: embedded - start,
                graph: linked - embedded,
                lexical: linked.elapsed(),
            },
            as_of,
        })
    }

    /// Vectors of the guide's passages.
    fn embed_guide(&self) -> Result<Vectors> {
        let mut vectors =
            VectorsSpool::create_in(&self.spool_folder, self.encoder, self.with_tokens)?;
        let passages: Vec<_> = self.guide.passages().map(|said| said.text).collect();
        let texts: Vec<&str> = passages.iter().map(|text| &**text).collect();
        let old = |hash: &[u8; 16]| self.previous.as_ref()?.guide(hash);
        vectors.fill(&texts, self.encoder, old, &|_, _| ())?;
        Ok(vectors.finish()?)
    }

    /// What is embedded of each chunk, in the order of their numbers in the index.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
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
                fields,
                text,
                syntax,
                bytes,
                content_hash,
                ..
            } = section;
            ChunkedSection {
                path,
                title,
                description,
                fields,
                syntax,
                lines: text.lines().count() as u32,
                bytes,
                content_hash,
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
