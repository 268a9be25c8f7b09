//! What an index holds, as owned values: the input of the writer.

use super::graph::Graph;
use super::lexical::InvertedIndex;
use super::matrix::Matrix;
use super::meta::{Meta, SectionRecord};
use super::sequences::TermSequences;
use super::tokens::TokenTable;
use crate::corpus::Guide;

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
    /// A unit row for each passage of the guide; see [`Guide::passages`].
    pub guide_vectors: Matrix,
    /// Their token vectors, if those of the chunks are stored.
    pub guide_token_vectors: Option<TokenTable>,
    /// Their terms.
    pub guide_lexical: InvertedIndex,
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
    /// The graph over `vectors`; see [`super::BuiltGraph`].
    pub graph: Option<Graph>,
}

/// A passage of a section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRecord {
    /// Number of its section.
    pub section: u32,
    /// First line of the section's text, 1-based.
    pub line_start: u32,
    /// Last line of it, inclusive.
    pub line_end: u32,
    /// First and last line of the file, 1-based, inclusive.
    pub file_lines: (u32, u32),
    /// Tokens of the embedded text.
    pub tokens: u32,
    /// Headings from the outermost down.
    pub heading_path: Vec<String>,
    /// What a link to the last of them names after `#`, where the document says it.
    pub anchor: Option<String>,
    /// The passage as it is shown.
    pub text: String,
    /// Hash of the embedded text.
    pub embed_text_hash: [u8; 16],
}
