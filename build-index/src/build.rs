//! One build, from the folder to the file.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use docent::builder::{Build, LATE_INTERACTION_LIMIT};
use docent::corpus::{
    Corpus, CorpusError, Guess, GuideWarning, NotRead, Skipped, Source, check_guide,
};
use docent::encoder::Encoder;
use docent::index::{Index, IndexSlot};
use docent::stale;
use docent::terminal::{printable_line, printable_text};

use crate::cli::Args;
use crate::message;
use crate::progress::Progress;
use crate::summary::{ReadFrom, Summary, Timings};

/// Files of a kind that are listed one by one: skipped ones, and those whose encoding is a guess.
const LISTED_FILES: usize = 20;

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
        let corpus = read(args)?;
        let warnings = check_guide(&corpus);
        let read = started.elapsed();
        report_skips(&corpus.skipped);
        report_guesses(&corpus.guesses);
        note_unread_pdf(&corpus.not_read);
        report_warnings(args, &warnings);
        if args.strict && !warnings.is_empty() {
            message(format_args!(
                "error: {} problems in the docs' guide, nothing built\n\
                 hint: mend them, or build without --strict",
                warnings.len()
            ));
            return Ok(Outcome::Refused);
        }
        let slot = IndexSlot::claim(&args.output)?;
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
        let bytes = built.write(slot)?;
        let timings = Timings {
            read,
            build: built.timings,
            write: write_start.elapsed(),
        };
        let summary = Summary::new(&args.output, bytes, &built, read_from, &warnings, &timings);
        Ok(Outcome::Built(Box::new(summary)))
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

/// The corpus of the documentation folders.
fn read(args: &Args) -> Result<Corpus, CorpusError> {
    let options = args.corpus_options();
    let mut corpora = Vec::new();
    for folder in &args.docs {
        let corpus = Corpus::read_with(&folder.path, &options)?;
        if folder.name.is_empty() {
            return Ok(corpus);
        }
        corpora.push((folder.name.clone(), corpus));
    }
    Ok(Corpus::join(corpora))
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
    report_some("skipped", lines);
}

fn report_guesses(guesses: &[Guess]) {
    let lines = guesses
        .iter()
        .map(|guess| format!("{}: {}", guess.path, guess.encoding));
    report_some("note", lines);
}

/// PDF is counted like any other kind that is no documentation, where the program that reads it is missing.
fn note_unread_pdf(not_read: &NotRead) {
    let mut kinds = not_read.kinds.iter();
    if kinds.any(|kind| kind.extension.as_deref() == Some("pdf")) {
        message("note: to read PDF, install docent-pdf beside this program");
    }
}

/// The first of `lines` and the number of the others.
fn report_some(kind: &str, mut lines: impl ExactSizeIterator<Item = String>) {
    for line in lines.by_ref().take(LISTED_FILES) {
        message(format_args!("{kind}: {}", printable_line(&line)));
    }
    let rest = lines.len();
    if rest > 0 {
        message(format_args!("{kind}: {rest} more, all listed by --json"));
    }
}

/// Each warning with the file as it is found from here, so that an editor can open it.
fn report_warnings(args: &Args, warnings: &[GuideWarning]) {
    let severity = if args.strict { "error" } else { "warning" };
    for warning in warnings {
        let Source { file, line } = &warning.source;
        let found = stale::file_of(&args.docs, file).unwrap_or_else(|| file.into());
        let line = format!("{}:{line}: {}", found.display(), warning.problem);
        message(format_args!("{severity}: {}", printable_line(&line)));
    }
}
