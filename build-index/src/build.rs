//! One build, from the folder to the file.

use std::cell::OnceCell;
use std::mem::{self, Discriminant};
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use docent::builder::{Build, LATE_INTERACTION_LIMIT};
use docent::corpus::{
    Corpus, Guess, GuideProblem, GuideWarning, NotRead, Skipped, Source, check_guide,
};
use docent::encoder::Encoder;
use docent::index::{Index, IndexSlot};
#[cfg(feature = "milvus")]
use docent::milvus;
use docent::program::{complain, message};
use docent::stale;
use docent::terminal::{printable_line, printable_text};

use crate::cli::Args;
use crate::interrupt::Unfinished;
use crate::progress::Progress;
use crate::summary::{ReadFrom, Summary, Timings};

/// Of what is told line by line, such as skipped files or warnings of a kind, so many lines.
const LISTED: usize = 20;

/// The option that prints everything.
const BY_JSON: &str = "--json";

/// What came of a build.
pub enum Outcome {
    /// The index is written.
    Built(Box<Summary>),
    /// `--strict`, and the docs' guide contradicts the docs.
    Refused,
}

/// Builds the index that `args` ask for, once or again and again.
pub struct Builder<'a> {
    args: &'a Args,
    /// Opened only when there is something to embed and the output can be written.
    encoder: OnceCell<Arc<dyn Encoder>>,
}

impl<'a> Builder<'a> {
    pub fn new(args: &'a Args) -> Self {
        Self {
            args,
            encoder: OnceCell::new(),
        }
    }

    /// Builds; with the vectors of the old index where it has them, if `update`.
    pub fn build(&self, update: bool) -> Result<Outcome> {
        let args = self.args;
        let started = Instant::now();
        let corpus = Corpus::read_all(&args.docs, &args.corpus_options())?;
        let warnings = check_guide(&corpus);
        let read = started.elapsed();
        report_skips(&corpus.skipped);
        report_guesses(&corpus.guesses);
        note_unread_pdf(&corpus.not_read);
        report_warnings(args, &warnings);
        if args.strict && !warnings.is_empty() {
            complain(format_args!(
                "error: {} problems in the docs' guide, nothing built\n\
                 hint: mend them, or build without --strict",
                warnings.len()
            ));
            return Ok(Outcome::Refused);
        }
        let slot = IndexSlot::claim(&args.output)?;
        let unfinished = Unfinished::new(&slot);
        let encoder = self.encoder()?;
        let read_from = ReadFrom {
            skipped: corpus.skipped.clone(),
            guesses: corpus.guesses.clone(),
            not_read: corpus.not_read.clone(),
        };
        let old = update.then(|| Index::open(&args.output));
        let progress = Progress::new();
        let report = |done, all| progress.embedded(done, all);
        let mut build = Build::new(corpus, encoder, &args.build_options());
        build.place_in(&slot);
        build.report_to(&report);
        note_missing_token_vectors(&build);
        match &old {
            None => {}
            Some(Err(error)) => note_all_new(error),
            Some(Ok(index)) => build
                .reuse(index)
                .unwrap_or_else(|reason| note_all_new(&reason)),
        }
        let built = build.finish();
        progress.finish();
        let built = built?;
        let write_start = Instant::now();
        let bytes = unfinished.end(|| built.write(slot))?;
        let timings = Timings {
            read,
            build: built.timings,
            write: write_start.elapsed(),
        };
        #[cfg(feature = "milvus")]
        self.publish()?;
        let summary = Summary::new(&args.output, bytes, &built, read_from, &warnings, &timings);
        Ok(Outcome::Built(Box::new(summary)))
    }

    /// Puts what the index holds into the store, if one is named.
    #[cfg(feature = "milvus")]
    fn publish(&self) -> docent::Result<()> {
        let Some(url) = &self.args.store else {
            return Ok(());
        };
        let index = Index::open(&self.args.output)?;
        let progress = Progress::new();
        let published = milvus::publish(&index, url, &|done, all| progress.published(done, all))?;
        progress.finish();
        message(format_args!(
            "{url} has version {}: {} of {} chunks were new, {} sections were removed",
            published.version, published.written, published.chunks, published.removed
        ));
        Ok(())
    }

    fn encoder(&self) -> docent::Result<&dyn Encoder> {
        if let Some(encoder) = self.encoder.get() {
            return Ok(&**encoder);
        }
        let model = self.args.model()?;
        let encoder = docent::encoder::open(model.as_deref())?;
        Ok(&**self.encoder.get_or_init(|| encoder))
    }
}

fn note_missing_token_vectors(build: &Build<'_>) {
    if build.is_too_large_for_late_interaction() {
        message(format_args!(
            "note: no token vectors are stored: {} chunks are more than {LATE_INTERACTION_LIMIT}\n\
             hint: --late-interaction always stores them, about 10 kB a chunk",
            build.num_chunks()
        ));
    }
}

fn note_all_new(reason: &dyn std::error::Error) {
    // The hint of an error is for those who need the old index.
    let reason = reason.to_string();
    let reason = reason.split("\nhint: ").next().unwrap_or_default();
    message(format_args!(
        "note: everything is embedded anew: {}",
        printable_text(reason)
    ));
}

fn report_skips(skipped: &[Skipped]) {
    let lines = skipped
        .iter()
        .map(|skipped| format!("{}: {}", skipped.path, skipped.reason));
    report_some("skipped", message, lines, BY_JSON);
}

fn report_guesses(guesses: &[Guess]) {
    let lines = guesses
        .iter()
        .map(|guess| format!("{}: {}", guess.path, guess.encoding));
    report_some("note", message, lines, BY_JSON);
}

/// PDF is counted like any other kind that is no documentation, where the program that reads it is missing.
fn note_unread_pdf(not_read: &NotRead) {
    let mut kinds = not_read.kinds.iter();
    if kinds.any(|kind| kind.extension.as_deref() == Some("pdf")) {
        message("note: to read PDF, install docent-pdf beside this program");
    }
}

/// The first of `lines` and the number of the others, with what lists them all.
fn report_some(
    kind: &str,
    tell: fn(String),
    mut lines: impl ExactSizeIterator<Item = String>,
    listed_by: &str,
) {
    for line in lines.by_ref().take(LISTED) {
        tell(format!("{kind}: {}", printable_line(&line)));
    }
    let rest = lines.len();
    if rest > 0 {
        tell(format!("{kind}: {rest} more, all listed by {listed_by}"));
    }
}

/// Each warning with the file as it is found from here, so that an editor can open it; of each kind the first few.
fn report_warnings(args: &Args, warnings: &[GuideWarning]) {
    let (severity, tell, listed_by): (_, fn(String), _) = match args.strict {
        true => ("error", complain, "--json without --strict"),
        false => ("warning", message, BY_JSON),
    };
    let mut kinds: Vec<(Discriminant<GuideProblem>, Vec<&GuideWarning>)> = Vec::new();
    for warning in warnings {
        let kind = mem::discriminant(&warning.problem);
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, others)) => others.push(warning),
            None => kinds.push((kind, vec![warning])),
        }
    }
    for (_, warnings) in kinds {
        let lines = warnings.iter().map(|warning| {
            let Source { file, line } = &warning.source;
            let found = stale::file_of(&args.docs, file).unwrap_or_else(|| file.into());
            format!("{}:{line}: {}", found.display(), warning.problem)
        });
        report_some(severity, tell, lines, listed_by);
    }
}
