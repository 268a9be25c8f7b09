//! Formats that nobody reads as they are written: their readers make a
//! [`Rendition`](crate::corpus::parse::rendition::Rendition) of a file.
//!
//! What readers share: text written as Markdown ([`markup`]), and JSON and YAML with their lines ([`tree`]).

pub(super) mod html;
pub(super) mod man;
mod markup;
pub(super) mod notebook;
pub(super) mod openapi;
pub(super) mod pdf;
