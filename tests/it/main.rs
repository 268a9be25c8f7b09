//! Integration tests, one module a theme.

mod encoder_parity;
