//! Chunks in Milvus, a distributed vector engine, where one index file is too large or has too many writers.
//!
//! A store at `milvus://host:port/database/collection` is three collections:
//!
//! | collection | a row is | fields |
//! |---|---|---|
//! | `collection` | a chunk | `id`, `section`, `ordinal`, `added`, `vector`, `bm25`, `codes`, `passage` |
//! | `collection_sections` | a section that has terms | `id`, `added`, `bm25` |
//! | `collection_catalogue` | a piece of a version of the catalogue | `id`, `version`, `part`, `data`, `vector` |
//!
//! A section's key is a hash of all that is stored of it, and a chunk's id is the key with the chunk's place: a row
//! with an id is never changed, so writing it again is harmless, and a build that was interrupted goes on by asking
//! which ids are there. `bm25` is a sparse vector, for each term what its occurrences weigh in the document
//! ([`crate::rank::bm25::document_weight`]); its dimensions are hashes of terms. `codes` are the packed token
//! vectors, `passage` the chunk's text, numbers and term sequence, both in Base64, since Milvus has no type for
//! bytes.
//!
//! # Versions
//!
//! ```text
//! publish:  rows that are new, `added` = version + 1 ──► pieces of the catalogue ──► its head ──► what is gone is removed
//! query:    head ──► pieces ──► catalogue in memory; every search is limited to `added` <= version
//! ```
//!
//! The head is written last, so a version is there whole or not at all, and the old one answers until then. Rows of
//! sections that the catalogue does not name, since they are not removed yet, are left out by the reader.
//! Of an older version, rows are removed before its catalogue, so that whoever comes after a killed build knows what is
//! to be removed. One build at a time may write into a store: another one that has published in the meantime is
//! an error.
//!
//! # A question
//!
//! Two round trips, each of requests that run at the same time: cosine over chunks, BM25 over chunks and BM25 over
//! sections name candidates; then the rows of the candidate sections come, whole. They become an index in memory,
//! on which ranking and answers work as on a file.
//!
//! # Limits
//!
//! A build makes the index file first and publishes it, so it needs the file's place and a build's memory; publishing
//! needs 8 bytes more for each posting of the chunks. The catalogue, of which a reader holds all, has every section's
//! record and every term: about 200 bytes a section. The weights of `bm25` depend on the mean length of documents;
//! an update that changes it writes all rows anew, though it embeds only what changed. A server without sparse
//! vectors (Milvus before 2.4) is refused. There are neither TLS nor passwords yet.

mod catalogue;
mod client;
mod error;
mod evidence;
mod publish;
mod row;
mod schema;
mod store;
mod url;

pub use error::StoreError;
pub use publish::{Published, publish};
pub use store::MilvusStore;
pub use url::StoreUrl;
