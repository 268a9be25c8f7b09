//! Formats beside Markdown that people read as they are written: their readers make a
//! [`Document`](crate::corpus::document::Document) of a text as it stands.
//!
//! What readers share: the lines of a source ([`source_lines`]), inline markup taken out of lines that belong
//! together ([`passage`]), and the document that grows ([`nodes`]).

pub(super) mod asciidoc;
#[cfg(test)]
mod checks;
mod nodes;
mod passage;
pub(super) mod rst;
mod source_lines;
