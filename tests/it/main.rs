//! Integration tests, one module a theme.
#![allow(clippy::unwrap_used)]

mod encoder_parity;
