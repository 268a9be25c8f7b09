//! The offline indexer `build-index`: documentation folder in, one index file out.

mod cli;
mod progress;
mod summary;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use docent::corpus::{Corpus, GuideWarning, check_guide};
use docent::terminal::{printable_json, printable_line, printable_text};
use docent::{builder, encoder};

use cli::Args;
use progress::Progress;
use summary::{Summary, Timings};

/// Exit code of a build that `--strict` refused.
const REFUSED: u8 = 1;
/// Exit code of any other failure.
const FAILED: u8 = 2;
/// Skipped files that are listed one by one.
const LISTED_SKIPS: usize = 20;

fn main() -> ExitCode {
    let args = Args::parse();
    run(&args).unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        message(format_args!(
            "error: {}",
            printable_text(&error.to_string())
        ));
        ExitCode::from(FAILED)
    })
}

fn run(args: &Args) -> Result<ExitCode> {
    let start = Instant::now();
    let corpus = Corpus::read(&args.docs)?;
    let warnings = check_guide(&corpus);
    let read = start.elapsed();
    report_skips(&corpus);
    report_warnings(args, &warnings);
    if args.strict && !warnings.is_empty() {
        message(format_args!(
            "error: {} problems in the docs' index files, nothing built\n\
             hint: mend them, or build without --strict",
            warnings.len()
        ));
        return Ok(ExitCode::from(REFUSED));
    }
    let encoder = encoder::open(args.model.as_deref()).map_err(docent::Error::from)?;
    let progress = Progress::new();
    let built = builder::build(&corpus, &*encoder, &args.build_options(), &|done, all| {
        progress.embedded(done, all);
    });
    progress.finish();
    let (parts, build) = built?;
    let write_start = Instant::now();
    let bytes = parts.write(&args.output)?;
    let timings = Timings {
        read,
        build,
        write: write_start.elapsed(),
    };
    let summary = Summary::new(&args.output, bytes, &corpus, &warnings, parts, &timings);
    print(args.json, &summary)?;
    Ok(ExitCode::SUCCESS)
}

fn print(json: bool, summary: &Summary) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        writeln!(out, "{}", printable_json(&serde_json::to_string(summary)?))?;
    } else {
        write!(out, "{summary}")?;
    }
    Ok(out.flush()?)
}

fn report_skips(corpus: &Corpus) {
    for skipped in corpus.skipped.iter().take(LISTED_SKIPS) {
        let line = format!("{}: {}", skipped.path, skipped.reason);
        message(format_args!("skipped: {}", printable_line(&line)));
    }
    let rest = corpus.skipped.len().saturating_sub(LISTED_SKIPS);
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

/// Says something to the person at the terminal. A closed stderr is nobody to tell.
fn message(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether the reader of stdout went away; the index is written by then.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
