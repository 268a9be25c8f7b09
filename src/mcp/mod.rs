//! The Model Context Protocol: the docs as two tools that an agent's program calls.
//!
//! `search_docs` answers questions, `read_docs` gives the text at a location; what they give is what
//! [`crate::answer::context`] makes. [`Docs`] holds the indexes and does the work, [`arguments`] reads what a
//! model wrote, `texts.rs` tells it when to call, [`Server`] speaks the protocol with the official SDK, and
//! [`stdio`] runs it on standard input and output.
//!
//! What is known of clients shapes it. Some give the model only structured content, some only text, some
//! both: so there is one text block and nothing else. Some demand optional parameters or cannot read types
//! that may be null: so all are plain strings. Models invent names of parameters: so what is likely is taken
//! and what is unknown is named in the answer.

pub mod arguments;
mod docs;
mod server;
pub mod stdio;
mod texts;

pub use docs::{Docs, DocsError, DocsOptions, NamedIndex};
pub use server::Server;
