//! Reports of an evaluation, one file a format.

mod html;
mod plot;
mod scores;
mod table;
mod trec;

pub use html::html;
pub use scores::write_scores;
pub(super) use table::align;
pub use table::{misses, text};
pub use trec::write_run;
