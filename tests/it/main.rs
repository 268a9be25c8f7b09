//! Integration tests: one binary, a module per theme.

mod corpus;
#[cfg(feature = "fastembed")]
mod fastembed;
