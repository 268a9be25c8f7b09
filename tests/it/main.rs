//! Integration tests, one module a theme.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod corpus;
