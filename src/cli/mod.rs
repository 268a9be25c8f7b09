//! The command line.

pub mod eval;
