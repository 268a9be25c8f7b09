//! Known questions as a part of the docs: what is needed to write them, whether new ones are good, and what
//! those that are there are worth.
//!
//! ```text
//! todo ─► (an agent or a person writes) ─► proposal ─► review ─► QUESTIONS.md ─► build-index ─► check
//! ```

mod check;
mod proposal;
mod readers;
mod review;
mod standing;
mod todo;

pub use check::{Checked, Worth, check};
pub use proposal::{Line, Problem, read_proposal};
pub use review::{Objection, Review, review};
pub use standing::{Rival, Standing};
pub use todo::{Todo, TodoError, TodoOptions, todo};

#[cfg(feature = "audit")]
pub(crate) use readers::nearest_section;
