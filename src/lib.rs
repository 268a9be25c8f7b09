//! docent points a question at the sections of a documentation folder that answer it: offline, in
//! milliseconds, guided by what the docs' authors wrote in their own `INDEX.md`, and it says so when no
//! section answers.
//!
//! A *section* is one file of the folder, a *chunk* a passage of it. A build reads the folder once,
//! turns every chunk into vectors with an embedding model that is compiled in, and writes one *index*
//! file. A search maps that file, embeds the question and ranks sections. What an `INDEX.md`, the
//! *guide*, says of a section is a *hint*: a phrase such as "Add pagination" that names sections, a
//! table that describes them, an example question.
//!
//! ```
//! use std::sync::Arc;
//!
//! use docent::{BuildOptions, BuiltinEncoder, Corpus, Index, SearchOptions, Searcher};
//!
//! # let folder = tempfile::tempdir()?;
//! # let docs = folder.path().join("docs");
//! # std::fs::create_dir(&docs)?;
//! # std::fs::write(docs.join("boiler.md"), "# Boiler\n\n## Descaling\n\nUse citric acid each month.\n")?;
//! # std::fs::write(docs.join("grinder.md"), "# Grinder\n\nBurrs wear out after a year.\n")?;
//! # let file = folder.path().join("docent.idx");
//! // Build: once, and again when the docs have changed.
//! let encoder = Arc::new(BuiltinEncoder::bundled()?);
//! let corpus = Corpus::read(&docs)?;
//! docent::build(corpus, &*encoder, &BuildOptions::default(), &file)?;
//!
//! // Open: a searcher can be held, cloned, and asked from any thread.
//! let searcher = Searcher::new(Arc::new(Index::open(&file)?), encoder)?;
//!
//! // Ask.
//! let answer = searcher.search("How do I descale the boiler?", &SearchOptions::default())?;
//! let best = &answer.shown()[0];
//! let chunk = searcher.index().chunk(best.chunks[0].id)?;
//! assert_eq!(best.section.path, "boiler.md");
//! assert_eq!(chunk.heading_path, ["Boiler", "Descaling"]);
//! assert!(answer.confidence > answer.min_confidence);
//!
//! // Nothing of it is in these docs.
//! let answer = searcher.search("Which visa does a sailor need?", &SearchOptions::default())?;
//! assert!(answer.shown().is_empty());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to go from here
//!
//! | to | see |
//! |---|---|
//! | follow an index that builds replace, in a server | [`IndexReader`] |
//! | ask some sections only, or for more of them | [`SearchOptions`], [`search::Scope`] |
//! | give an answer to a program or a language model | [`answer::json`], [`answer::context`] |
//! | tell whether the docs have changed since | [`stale`] |
//! | bring a model of one's own | [`Encoder`] |
//! | update an index, follow its progress | [`builder::Build`] |
//! | read the index file in another program | [`mod@index`], the specification of the format |
#![cfg_attr(
    feature = "eval",
    doc = "| measure how well questions find their sections | [`eval`] |\n\
           | see what a change of the docs made of answers | [`eval::diff`] |"
)]
#![cfg_attr(
    feature = "audit",
    doc = "| find what in the docs keeps sections from being found | [`mod@audit`] |"
)]
#![cfg_attr(feature = "serve", doc = "| be a tool of an agent | [`mcp`] |")]
#![cfg_attr(
    feature = "serve",
    doc = "| answer over HTTP, with a page to search on | [`serve`] |"
)]
#![cfg_attr(
    feature = "cli",
    doc = "| put docent into the configuration of agents' programs | [`agents`] |"
)]
//!
//! `examples/` has two whole programs: one that answers from standard input, one with an encoder of its
//! own.
//!
//! # Features
//!
//! | feature | on by default | what for |
//! |---|---|---|
//! | `fastembed` | yes | any other embedding model, through ONNX Runtime found at run time |
//! | `eval` | yes | `docent::eval` |
//! | `audit` | yes | `docent::audit` |
//! | `serve` | yes | `docent::mcp`, `docent::serve` |
//! | `milvus` | no | `docent::milvus`, and `--store` of the programs: chunks in Milvus instead of the file |
//! | `program` | yes | what docent's programs have in common: `docent::program` |
//! | `cli` | yes | the program `docent` |
//!
//! With `default-features = false` what remains is the library with the model that is compiled in.

#[cfg(any(feature = "cli", feature = "serve"))]
pub mod about;
#[cfg(feature = "cli")]
pub mod agents;
#[doc(hidden)]
pub mod analysis;
pub mod answer;
#[cfg(feature = "audit")]
pub mod audit;
pub mod builder;
pub mod calibration;
pub mod corpus;
pub mod encoder;
mod error;
#[cfg(feature = "eval")]
pub mod eval;
pub mod index;
mod map;
#[cfg(feature = "serve")]
pub mod mcp;
#[cfg(feature = "milvus")]
pub mod milvus;
#[cfg(feature = "program")]
pub mod program;
pub mod query_log;
pub mod questions;
#[doc(hidden)]
pub mod rank;
pub mod search;
#[cfg(feature = "serve")]
pub mod serve;
#[doc(hidden)]
pub mod simd;
pub mod stale;
#[doc(hidden)]
pub mod terminal;

pub use answer::{Answer, Hit, Verdict};
pub use builder::{BuildOptions, build};
pub use corpus::Corpus;
pub use encoder::{BuiltinEncoder, Encoder};
pub use error::{Error, Result};
pub use index::Index;
pub use search::{IndexReader, SearchOptions, Searcher};

/// XXH3-128 of a text, little-endian: the chance that two of a billion different texts share one is
/// below 10^-20.
fn content_hash(text: &str) -> [u8; 16] {
    xxhash_rust::xxh3::xxh3_128(text.as_bytes()).to_le_bytes()
}
