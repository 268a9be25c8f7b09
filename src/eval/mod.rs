//! Evaluation: how well docent finds what people judged to be the answer.
//!
//! ```text
//! target (question file | BEIR folder) --+
//!                                        +--> run --> summary --> report (text, JSON, HTML)
//! documentation --> cache --> index -----+      +--> TREC run file, scores
//!
//! questions (files | guide) --+
//! index before, index after --+--> diff --> report (text, JSON, Markdown)
//! ```
//!
//! Figures are means over questions, at section level, each with a 95 % bootstrap interval.

pub mod baseline;
pub mod bootstrap;
mod cache;
pub mod diff;
mod error;
mod measure;
pub mod metrics;
mod misses;
pub mod report;
mod run;
mod summary;
mod targets;

pub use cache::IndexCache;
pub use error::EvalError;
pub use measure::Measure;
pub use misses::Miss;
pub use run::{
    CURVE, DEPTH, Outcome, QuestionRun, RankedSection, Sureness, System, TargetRun, run,
};
pub use summary::{
    Ablation, Difference, Figure, Figures, IndexSize, KindSummary, Latency, Percentiles, Report,
    SIGNIFICANT, Summary, summarize,
};
pub use targets::{GoldHeading, Question, Target};
