//! The query binary `docent`.

fn main() {}
