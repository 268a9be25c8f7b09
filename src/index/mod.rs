//! The index file.

/// What can go wrong with an index file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {}
