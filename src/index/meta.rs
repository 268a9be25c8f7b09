//! What an index says of itself and of its sections.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::error::{Corruption, Damage};
use super::ids::ChunkId;
use super::options::{GraphOptions, SearchPath};
use super::part::Part;
use crate::corpus::{CorpusOptions, Field, Syntax};
use crate::encoder::ModelId;

/// Identity, options and figures of a build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The model that made all vectors.
    pub model: ModelId,
    /// Version of docent that built it.
    pub docent_version: String,
    /// By which analysis texts became terms: [`crate::analysis::ANALYZER`].
    pub analyzer: String,
    /// Hash of the corpus's content, lower-case hex.
    pub corpus_fingerprint: String,
    /// Where the docs lie; see [`crate::stale`]. None, if they are no files.
    pub docs: Vec<DocsFolder>,
    /// How the docs were read, beside what their own `docent.toml` says.
    pub corpus: CorpusOptions,
    /// The guide files of the corpus, sorted by path.
    pub guide_files: Vec<FileRecord>,
    /// How sections were cut into chunks.
    pub chunking: Chunking,
    /// How the graph was built.
    pub graph: GraphOptions,
    /// What the index holds.
    pub counts: Counts,
    /// How a query finds its nearest chunks.
    pub search: SearchPath,
    /// Part of the 10 exact nearest chunks that the graph search finds, on a sample of the chunks
    /// themselves; `None` without a graph.
    pub ann_recall_at_10: Option<f32>,
}

impl Meta {
    /// Checks that what queries walk on is there.
    pub(super) fn check_graph(&self, has_graph: bool) -> Result<(), Corruption> {
        let (expected, found) = (1, u64::from(has_graph));
        match self.search {
            SearchPath::Hnsw if !has_graph => {
                Err(Damage::Mismatch { expected, found }.of(Part::GraphUpperFirst))
            }
            _ => Ok(()),
        }
    }
}

/// A documentation folder of the corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocsFolder {
    /// What the paths of its sections begin with, followed by `/`; empty if it is the only one.
    pub name: String,
    /// Path from the index's folder to it, `/`-separated; `None` if there is none.
    pub path: Option<String>,
}

/// A file of the corpus, as far as it takes to see that it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path relative to the corpus root, `/`-separated.
    pub path: String,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Hash of its text, unpacked and decoded, without a byte order mark.
    pub content_hash: [u8; 16],
}

/// How sections were cut into chunks; all in tokens of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunking {
    /// Longest chunk.
    pub max_tokens: u32,
    /// Shorter neighbours under one heading are joined.
    pub min_tokens: u32,
}

/// What an index holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Documentation files.
    pub sections: u32,
    /// Chunks, which is also the number of vectors.
    pub chunks: u32,
    /// Tokens of all chunks.
    pub tokens: u64,
}

/// One documentation file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SectionRecord {
    /// Path relative to the corpus root, `/`-separated.
    pub path: String,
    /// Its title.
    pub title: String,
    /// What it says of itself, if anything.
    pub description: Option<String>,
    /// All that its front matter says, in the order of names.
    pub fields: Vec<Field>,
    /// Numbers of its chunks.
    pub chunks: Range<u32>,
    /// What its text is written in.
    pub syntax: Syntax,
    /// Number of lines of its text.
    pub lines: u32,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Hash of its text, unpacked and decoded, without a byte order mark.
    pub content_hash: [u8; 16],
}

impl SectionRecord {
    /// Its chunks, in the order of lines.
    pub fn chunk_ids(&self) -> impl DoubleEndedIterator<Item = ChunkId> + Clone {
        ChunkId::all(self.chunks.clone())
    }
}
