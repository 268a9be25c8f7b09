//! docent points a question at the documentation sections that answer it.
//!
//! Data flows one way: a [`corpus`] is read and cut into chunks, an [`encoder`] turns chunks into
//! vectors, the builder freezes them with an HNSW graph and an inverted index into one [`index`]
//! file, and a search gathers candidates from the file and ranks them.

pub mod analysis;
pub mod answer;
pub mod builder;
pub mod calibration;
pub mod corpus;
pub mod encoder;
mod error;
#[cfg(feature = "eval")]
pub mod eval;
pub mod index;
mod map;
pub mod rank;
pub mod search;
pub mod simd;
pub mod stale;
pub mod terminal;

pub use error::{Error, Result};

/// XXH3-128 of a text, little-endian: the chance that two of a billion different texts share one is
/// below 10^-20.
fn content_hash(text: &str) -> [u8; 16] {
    xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_le_bytes()
}
