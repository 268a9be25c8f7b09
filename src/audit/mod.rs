//! The audit: what in the docs keeps their sections from being found.

mod finding;
mod report;

pub use finding::{About, Audit, Confusion, Findability, Finding, Place, Rule, Severity};
pub use report::{html, sarif};
