//! The index file: everything that a query needs, in one versioned, checksummed file that is read
//! where it lies in a memory map.
//!
//! ```text
//! build:  BuiltGraph::new (graph) -> IndexParts -> write (writer, format)
//! query:  Index::open (file, reader) -> nearest (flat | graph), postings, chunk, section, guide
//! ```
//!
//! # File format
#![doc = include_str!("FORMAT.md")]

mod catalogue;
mod chunk_set;
mod error;
mod file;
mod flat;
mod format;
mod graph;
mod ids;
mod lexical;
mod lookup;
mod matrix;
mod meta;
mod options;
mod part;
mod parts;
mod reader;
mod records;
mod sequences;
mod slot;
mod spool;
mod token_codes;
mod tokens;
mod writer;

#[cfg(test)]
mod tests;

pub use error::{Corruption, Damage, IndexError};
pub use file::FileState;
pub use flat::Neighbour;
pub use format::VERSION;
pub use graph::{FLAT_LIMIT, RECALL_FLOOR};
pub use ids::{ChunkId, SectionId};
pub use matrix::MatrixRef;
pub use meta::{Chunking, Counts, DocsFolder, FileRecord, Meta, SectionRecord};
pub use options::{GraphOptions, SearchPath};
pub use reader::{ChunkRef, Index, VERIFIED_WHOLE};
pub use slot::IndexSlot;

// What the builder, the ranking and the benchmarks need besides.
#[doc(hidden)]
pub use chunk_set::ChunkSet;
#[cfg(feature = "milvus")]
pub(crate) use format::{decode_record, encode_record};
#[doc(hidden)]
pub use graph::{BuiltGraph, Graph};
#[doc(hidden)]
pub use lexical::{InvertedIndex, Postings, TermPostings};
#[doc(hidden)]
pub use matrix::Matrix;
#[doc(hidden)]
pub use parts::{ChunkRecord, IndexParts};
#[doc(hidden)]
pub use sequences::TermSequences;
pub(crate) use slot::folder_of;
#[doc(hidden)]
pub use spool::Array;
pub(crate) use spool::Spool;
pub(crate) use token_codes::{PER_BYTE, Run, WORD, for_each_in_order, unpack};
#[doc(hidden)]
pub use token_codes::{pack_rows, packed_len};
#[doc(hidden)]
pub use tokens::{TokenRows, TokenTable};
