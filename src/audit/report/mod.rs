//! Reports of an audit: one page for people, SARIF for code review and editors.

mod confusions;
mod findings;
mod html;
mod parts;
mod plot;
mod rules;
mod sarif;
mod sections;

pub use html::html;
pub use sarif::sarif;
