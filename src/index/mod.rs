//! The index file: everything that a query needs, in one versioned, checksummed file that is read
//! where it lies in a memory map.
//!
//! ```text
//! build:  IndexParts -> add_graph (hnsw) -> write (writer, format)
//! query:  Index::open (file, reader) -> nearest (flat | graph), postings, chunk, section, guide
//! ```
//!
//! # File format
#![doc = include_str!("FORMAT.md")]

mod beam;
mod codes;
mod connect;
mod construct;
mod error;
mod file;
mod flat;
mod format;
mod graph;
mod hnsw;
mod kernels;
mod lexical;
mod output;
mod parts;
mod reader;
mod records;
mod sequences;
mod spool;
mod tokens;
mod within;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{Corruption, Damage, IndexError};
pub use flat::{Neighbour, dot};
pub use format::VERSION;
pub use graph::Graph;
pub use hnsw::{FLAT_LIMIT, RECALL_FLOOR};
pub use lexical::{InvertedIndex, Postings, TermPostings};
pub use output::Output;
pub(crate) use output::folder_of;
pub use parts::{
    ChunkRecord, Chunking, Counts, FileRecord, GraphOptions, IndexParts, Matrix, MatrixRef, Meta,
    SearchPath, SectionRecord,
};
pub use reader::{ChunkRef, Index, VERIFIED_WHOLE};
pub use sequences::TermSequences;
pub use spool::Array;
pub(crate) use spool::Spool;
pub use tokens::{PER_BYTE, TokenRows, TokenTable, packed_len};
pub use within::ChunkSet;
