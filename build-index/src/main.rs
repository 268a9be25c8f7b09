//! The offline indexer `build-index`.

fn main() {}
