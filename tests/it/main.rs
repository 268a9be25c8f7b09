//! Integration tests, one module a theme.

#[cfg(feature = "fastembed")]
mod fastembed;
