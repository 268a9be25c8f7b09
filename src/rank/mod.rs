//! Ranking: from candidate chunks to ordered sections.
//!
//! Each arm scores the candidate sections on a scale of its own; [`fusion`] standardizes and adds
//! them; [`support`] lets similar sections speak for each other; [`hints`] lifts what the authors
//! point to; [`confidence`] says whether the best is good enough to be an answer.

pub mod bm25;
pub mod confidence;
pub mod fusion;
pub mod hints;
pub mod max_sim;
pub mod phrase;
pub mod spelling;
pub mod support;
