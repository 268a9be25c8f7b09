//! Integration tests: one binary, a module per theme.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod corpus;
mod encoder_parity;
#[cfg(feature = "fastembed")]
mod fastembed;
