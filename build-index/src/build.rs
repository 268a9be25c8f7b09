//! One build, from the folder to the file.

use std::time::{Instant, SystemTime};

use anyhow::Result;
use docent::builder::{Build, Built, LATE_INTERACTION_LIMIT};
use docent::corpus::{Corpus, GuideWarning, Skipped, check_guide};
use docent::encoder::Encoder;
use docent::index::{Index, IndexError, Output};
use docent::stale;
use docent::terminal::{printable_line, printable_text};

use crate::cli::Args;
use crate::message;
use crate::progress::Progress;
use crate::summary::{Summary, Timings};

/// Skipped files that are listed one by one.
const LISTED_SKIPS: usize = 20;

/// What came of a build.
pub enum Outcome {
    /// The index is written.
    Built(Box<Summary>),
    /// `--strict`, and the docs' guide contradicts the docs.
    Refused,
}

/// Builds the index that `args` ask for. `encoder` is opened only when there is something to embed
/// and the output can be written.
pub fn build(args: &Args, update: bool, encoder: &mut Option<Box<dyn Encoder>>) -> Result<Outcome> {
    let (started, as_of) = (Instant::now(), SystemTime::now());
    let corpus = Corpus::read(&args.docs)?;
    let warnings = check_guide(&corpus);
    let read = started.elapsed();
    report_skips(&corpus.skipped);
    report_warnings(args, &warnings);
    if args.strict && !warnings.is_empty() {
        message(format_args!(
            "error: {} problems in the docs' guide, nothing built\n\
             hint: mend them, or build without --strict",
            warnings.len()
        ));
        return Ok(Outcome::Refused);
    }
    let output = Output::claim(&args.output)?;
    let encoder = match encoder {
        Some(encoder) => encoder,
        None => encoder
            .insert(docent::encoder::open(args.model.as_deref()).map_err(docent::Error::from)?),
    };
    let skipped = corpus.skipped.clone();
    let old = update.then(|| Index::open(&args.output));
    let mut built = embed(args, corpus, &**encoder, old, &output)?;
    built.parts.meta.docs = stale::docs_path(&args.docs, &args.output);
    let write_start = Instant::now();
    let bytes = built.parts.write_to(output, as_of)?;
    let timings = Timings {
        read,
        build: built.timings,
        write: write_start.elapsed(),
    };
    Ok(Outcome::Built(Box::new(Summary::new(
        &args.output,
        bytes,
        &built,
        &skipped,
        &warnings,
        &timings,
    ))))
}

/// Chunks and embeds `corpus`; `old` is the index to take vectors from, if one was asked for.
fn embed(
    args: &Args,
    corpus: Corpus,
    encoder: &dyn Encoder,
    old: Option<Result<Index, IndexError>>,
    output: &Output,
) -> Result<Built> {
    let mut build = Build::new(corpus, encoder, &args.build_options());
    build.spool_in(output.folder());
    if build.is_too_large_for_late_interaction() {
        message(format_args!(
            "note: no token vectors are stored: {} chunks are more than {LATE_INTERACTION_LIMIT}\n\
             hint: --late-interaction always stores them, about 10 kB a chunk",
            build.num_chunks()
        ));
    }
    match &old {
        None => {}
        Some(Err(error)) => note_all_new(error),
        Some(Ok(index)) => build
            .reuse(index)
            .unwrap_or_else(|reason| note_all_new(&reason)),
    }
    let progress = Progress::new();
    let built = build.finish(&|done, all| progress.embedded(done, all));
    progress.finish();
    Ok(built?)
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
    for skipped in skipped.iter().take(LISTED_SKIPS) {
        let line = format!("{}: {}", skipped.path, skipped.reason);
        message(format_args!("skipped: {}", printable_line(&line)));
    }
    let rest = skipped.len().saturating_sub(LISTED_SKIPS);
    if rest > 0 {
        message(format_args!("skipped: {rest} more, all listed by --json"));
    }
}

/// Each warning with the file as it is found from here, so that an editor can open it.
fn report_warnings(args: &Args, warnings: &[GuideWarning]) {
    let severity = if args.strict { "error" } else { "warning" };
    for warning in warnings {
        let file = args.docs.join(&warning.source.file);
        let line = format!(
            "{}:{}: {}",
            file.display(),
            warning.source.line,
            warning.problem
        );
        message(format_args!("{severity}: {}", printable_line(&line)));
    }
}
