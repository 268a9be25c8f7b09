//! What an index holds, as owned values: the input of the writer.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::error::{Corruption, Damage};
use super::format::Part;
use super::graph::Graph;
use super::lexical::InvertedIndex;
use super::sequences::TermSequences;
use super::spool::Array;
use super::tokens::TokenTable;
use crate::corpus::Guide;
use crate::encoder::ModelId;

/// Everything that goes into an index file.
#[derive(Debug, Clone)]
pub struct IndexParts {
    /// Identity, options and figures of the build.
    pub meta: Meta,
    /// Sections sorted by path. Their chunk ranges tile `chunks`.
    pub sections: Vec<SectionRecord>,
    /// Chunks in the order of their sections.
    pub chunks: Vec<ChunkRecord>,
    /// What the corpus's index files say.
    pub guide: Guide,
    /// A unit row for each guideline, then each example.
    pub guide_vectors: Matrix,
    /// A unit row for each chunk: its sentence vector.
    pub vectors: Matrix,
    /// The chunks' token vectors, if stored.
    pub token_vectors: Option<TokenTable>,
    /// Terms of whole sections.
    pub sections_lexical: InvertedIndex,
    /// Terms of chunks.
    pub chunks_lexical: InvertedIndex,
    /// Terms of chunks in reading order, as numbers of `chunks_lexical`.
    pub sequences: TermSequences,
    /// Words of the corpus in lower case, most frequent first, a line each.
    pub vocabulary: String,
    /// The graph over `vectors`; see [`IndexParts::add_graph`].
    pub graph: Option<Graph>,
}

/// Identity, options and figures of a build.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    /// The model that made all vectors.
    pub model: ModelId,
    /// Version of docent that built it.
    pub docent_version: String,
    /// Hash of the corpus's content, lower-case hex.
    pub corpus_fingerprint: String,
    /// Path from the index file's folder to the docs, `/`-separated; see [`crate::stale`].
    pub docs: Option<String>,
    /// The index files of the corpus, sorted by path.
    pub index_files: Vec<FileRecord>,
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

/// A file of the corpus, as far as it takes to see that it has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path relative to the corpus root, `/`-separated.
    pub path: String,
    /// Length of its text in bytes, without a byte order mark.
    pub bytes: u64,
    /// Hash of its text.
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

/// Parameters of HNSW, as in Malkov and Yashunin's paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphOptions {
    /// Links of a new vector in each layer; layer 0 keeps up to twice as many. 2 to 256.
    pub m: u32,
    /// Candidates that the insertion of a vector looks at. 2 to 1,024.
    pub ef_construction: u32,
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

/// How a query finds its nearest chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SearchPath {
    /// Exactly, by looking at every vector.
    Flat,
    /// Approximately, on the graph.
    Hnsw,
}

impl SearchPath {
    /// Checks that what queries walk on is there.
    pub(super) fn check_graph(self, has_graph: bool) -> Result<(), Corruption> {
        match self {
            Self::Hnsw if !has_graph => Err(Damage::Mismatch {
                expected: 1,
                found: 0,
            }
            .of(Part::GraphUpperFirst)),
            _ => Ok(()),
        }
    }
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
    /// Ids of its chunks.
    pub chunks: Range<u32>,
    /// Number of lines of the file.
    pub lines: u32,
    /// Length of its text in bytes, without a byte order mark.
    pub bytes: u64,
    /// Hash of its text.
    pub content_hash: [u8; 16],
}

/// A passage of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRecord {
    /// Number of its section.
    pub section: u32,
    /// First line, 1-based.
    pub line_start: u32,
    /// Last line, 1-based, inclusive.
    pub line_end: u32,
    /// Tokens of the embedded text.
    pub tokens: u32,
    /// Headings from the outermost down.
    pub heading_path: Vec<String>,
    /// The passage as it is shown.
    pub text: String,
    /// Hash of the embedded text.
    pub embed_text_hash: [u8; 16],
}

/// A row-major matrix of `f32`.
#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    /// Length of a row.
    pub dim: usize,
    /// The rows one after the other.
    pub data: Array<f32>,
}

impl Matrix {
    /// The matrix, borrowed.
    pub fn view(&self) -> MatrixRef<'_> {
        MatrixRef {
            dim: self.dim,
            data: &self.data,
        }
    }
}

/// A borrowed row-major matrix of `f32`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixRef<'a> {
    /// Length of a row.
    pub dim: usize,
    /// The rows one after the other.
    pub data: &'a [f32],
}

impl<'a> MatrixRef<'a> {
    /// Number of whole rows; 0 if rows have no length.
    pub fn num_rows(&self) -> usize {
        self.data.len().checked_div(self.dim).unwrap_or(0)
    }

    /// Row `i`, or `None` past the end.
    pub fn row(&self, i: usize) -> Option<&'a [f32]> {
        let start = i.checked_mul(self.dim)?;
        self.data.get(start..start.checked_add(self.dim)?)
    }

    /// All rows in order.
    pub fn rows(&self) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        self.data.chunks_exact(self.dim.max(1))
    }
}
