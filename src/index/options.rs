//! How a graph is built and searched.

use serde::{Deserialize, Serialize};

/// Parameters of HNSW, as in Malkov and Yashunin's paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphOptions {
    /// Links of a new vector in each layer; layer 0 keeps up to twice as many. 2 to 256.
    pub m: u32,
    /// Candidates that the insertion of a vector looks at. 2 to 1,024.
    pub ef_construction: u32,
}

/// How a query finds its nearest chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SearchPath {
    /// Exactly, by looking at every vector.
    Flat,
    /// Approximately, on the graph.
    Hnsw,
}
