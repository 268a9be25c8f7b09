//! How an answer is printed: one file per format.

mod blocks;
pub mod context;
mod excerpt;
pub mod json;
pub mod paths;
pub mod text;

use docent::index::{Index, SectionRecord};
use docent::search::{Answer, Hit};
use docent::terminal::printable_line;

use super::fresh::Freshness;

/// An answer with what is needed to print it.
pub struct Reply<'a> {
    /// The index that gave it.
    pub index: &'a Index,
    /// Whether it is that of the docs on disk.
    pub freshness: Freshness,
    /// The question as it was asked.
    pub question: &'a str,
    /// The whole answer.
    pub answer: &'a Answer,
    /// The hits to print: those of the answer if it is confident.
    pub hits: &'a [Hit],
}

/// Headings from the outermost down, as one line; the section's title where there are none.
fn heading_line(section: &SectionRecord, heading_path: &[&str]) -> String {
    let headings = match heading_path {
        [] => section.title.clone(),
        _ => heading_path.join(" > "),
    };
    printable_line(&headings).into_owned()
}
