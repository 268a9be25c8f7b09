//! What a build did: for people, or as one JSON object.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use docent::builder::{BuildTimings, Built};
use docent::corpus::{Guess, GuideWarning, NotRead, Skipped};
use docent::encoder::ModelId;
use docent::index::{Graph, SearchPath};
use docent::terminal::printable_line;
use serde::Serialize;

/// The figures of a build. Serialized, it is the object of `--json`.
#[derive(Debug, Serialize)]
pub struct Summary {
    index: String,
    sections: u32,
    chunks: u32,
    /// Chunks whose vectors are from the old index.
    reused: usize,
    tokens: u64,
    late_interaction: bool,
    /// Files that are read for their hints and are not sections.
    guide_files: usize,
    guidelines: usize,
    descriptors: usize,
    questions: usize,
    bytes: u64,
    seconds: Seconds,
    model: ModelId,
    search: SearchPath,
    graph_links: Option<usize>,
    ann_recall_at_10: Option<f32>,
    skipped: Vec<SkippedFile>,
    /// Files that are no documentation, and what was left out on purpose: `not_read` and `left_out`.
    #[serde(flatten)]
    not_read: NotRead,
    /// Files whose encoding is a guess.
    guesses: Vec<GuessedFile>,
    warnings: Vec<Warning>,
}

/// What became of the files that are no sections, or doubtful ones.
#[derive(Debug)]
pub struct ReadFrom {
    /// Listed with their reasons.
    pub skipped: Vec<Skipped>,
    /// Read in an encoding that is a guess.
    pub guesses: Vec<Guess>,
    /// Only counted.
    pub not_read: NotRead,
}

/// Seconds of each stage.
#[derive(Debug, Serialize)]
struct Seconds {
    read: f64,
    chunk: f64,
    embed: f64,
    lexical: f64,
    graph: f64,
    write: f64,
}

impl Seconds {
    fn total(&self) -> f64 {
        self.read + self.chunk + self.embed + self.lexical + self.graph + self.write
    }
}

#[derive(Debug, Serialize)]
struct SkippedFile {
    path: String,
    reason: String,
}

#[derive(Debug, Serialize)]
struct GuessedFile {
    path: String,
    note: String,
}

#[derive(Debug, Serialize)]
struct Warning {
    file: String,
    line: u32,
    message: String,
}

/// Durations of all stages.
#[derive(Debug, Clone, Copy)]
pub struct Timings {
    /// Reading and checking the corpus.
    pub read: Duration,
    /// The stages between.
    pub build: BuildTimings,
    /// Writing the file.
    pub write: Duration,
}

impl Summary {
    /// The summary of a build into the file `index` of `bytes` bytes.
    pub fn new(
        index: &Path,
        bytes: u64,
        built: &Built,
        read_from: ReadFrom,
        warnings: &[GuideWarning],
        timings: &Timings,
    ) -> Self {
        let (meta, guide) = (&built.parts.meta, &built.parts.guide);
        Self {
            index: index.display().to_string(),
            sections: meta.counts.sections,
            chunks: meta.counts.chunks,
            reused: built.reused,
            tokens: meta.counts.tokens,
            late_interaction: built.parts.token_vectors.is_some(),
            guide_files: meta.guide_files.len(),
            guidelines: guide.guidelines.len(),
            descriptors: guide.descriptors.len(),
            questions: guide.questions.len(),
            bytes,
            seconds: Seconds {
                read: seconds(timings.read),
                chunk: seconds(timings.build.chunk),
                embed: seconds(timings.build.embed),
                lexical: seconds(timings.build.lexical),
                graph: seconds(timings.build.graph),
                write: seconds(timings.write),
            },
            model: meta.model.clone(),
            search: meta.search,
            graph_links: built.parts.graph.as_ref().map(Graph::num_links),
            ann_recall_at_10: meta.ann_recall_at_10,
            skipped: read_from.skipped.iter().map(SkippedFile::of).collect(),
            not_read: read_from.not_read,
            guesses: read_from.guesses.iter().map(GuessedFile::of).collect(),
            warnings: warnings.iter().map(Warning::of).collect(),
        }
    }

    /// The build in one line.
    pub fn line(&self) -> String {
        format!(
            "{}: {} sections, {} chunks, {} reused, {:.2} seconds",
            printable_line(&self.index),
            self.sections,
            self.chunks,
            self.reused,
            self.seconds.total()
        )
    }
}

/// Seconds to the microsecond.
fn seconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e6
}

impl SkippedFile {
    fn of(skipped: &Skipped) -> Self {
        Self {
            path: skipped.path.clone(),
            reason: skipped.reason.to_string(),
        }
    }
}

impl GuessedFile {
    fn of(guess: &Guess) -> Self {
        Self {
            path: guess.path.clone(),
            note: guess.encoding.to_string(),
        }
    }
}

impl Warning {
    fn of(warning: &GuideWarning) -> Self {
        Self {
            file: warning.source.file.clone(),
            line: warning.source.line,
            message: warning.problem.to_string(),
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Seconds {
            read,
            chunk,
            embed,
            lexical,
            graph,
            write,
        } = self.seconds;
        writeln!(f, "{}: {} bytes", printable_line(&self.index), self.bytes)?;
        writeln!(
            f,
            "  {} sections, {} chunks, {} tokens",
            self.sections, self.chunks, self.tokens
        )?;
        if self.reused > 0 {
            writeln!(f, "  {} chunks reused", self.reused)?;
        }
        writeln!(
            f,
            "  {} guide files, {} guidelines, {} descriptors, {} questions, {} warnings",
            self.guide_files,
            self.guidelines,
            self.descriptors,
            self.questions,
            self.warnings.len()
        )?;
        writeln!(f, "  {} skipped", self.skipped.len())?;
        if self.not_read != NotRead::default() {
            writeln!(f, "  {}", self.not_read)?;
        }
        writeln!(f, "  model {}", printable_line(&self.model.name))?;
        if let (Some(links), Some(recall)) = (self.graph_links, self.ann_recall_at_10) {
            // The writer refuses a graph with a chunk that cannot be reached.
            writeln!(
                f,
                "  graph of {links} links, all chunks reachable, ann_recall@10 {recall:.3}"
            )?;
        }
        writeln!(
            f,
            "  seconds: read {read:.2}, chunk {chunk:.2}, embed {embed:.2}, lexical {lexical:.2}, \
             graph {graph:.2}, write {write:.2}"
        )
    }
}
