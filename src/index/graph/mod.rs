//! The HNSW graph: built once, frozen, searched where it lies in the file.
//!
//! ```text
//! build: build -> construct -> connect -> frozen::Graph -> writer
//! query: reader -> frozen::GraphRef -> beam over codes, layer by layer
//! ```

mod beam;
mod build;
mod codes;
mod connect;
mod construct;
mod frozen;
mod layer;

#[cfg(test)]
pub(super) use beam::Beam;
pub(super) use beam::BeamPool;
#[cfg(test)]
pub(super) use build::build;
pub use build::{BuiltGraph, FLAT_LIMIT, RECALL_FLOOR};
pub(super) use codes::{CodesRef, stride};
pub use frozen::Graph;
pub(super) use frozen::{EF_SEARCH, GraphQuery, GraphRef};
