//! Reports of an evaluation, one file a format.

mod html;
mod plot;
mod table;
mod trec;

pub use html::html;
pub use table::{misses, text};
pub use trec::write_run;
