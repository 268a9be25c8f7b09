//! The offline indexer `build-index`: documentation folder in, one index file out.

mod build;
mod cli;
mod interrupt;
mod progress;
mod summary;
mod watch;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{CommandFactory, Parser};
use docent::corpus::Config;
use docent::program::pages::pages;
use docent::program::{complain, message, set_color, write_completions};
use docent::terminal::{printable_error, printable_json, printable_line};

use build::{Builder, Outcome};
use cli::Args;
use summary::Summary;

/// Exit code of a build that `--strict` refused.
const REFUSED: u8 = 1;
/// Exit code of any other failure.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    set_color(&words);
    let args = Args::parse_from(words);
    args.global.apply();
    run(&args).unwrap_or_else(|error| {
        if is_closed_pipe(&error) {
            return ExitCode::SUCCESS;
        }
        report(&error);
        ExitCode::from(FAILED)
    })
}

fn run(args: &Args) -> Result<ExitCode> {
    if let Some(shell) = args.completions {
        write_completions(Args::command(), shell, &mut io::stdout().lock())?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.man {
        for page in pages(Args::command())? {
            io::stdout().write_all(page.text.as_bytes())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(problem) = args.problem_of_names() {
        bail!(problem);
    }
    if args.init {
        let [folder] = &args.docs[..] else {
            bail!("--init writes into one documentation folder\nhint: name one of them");
        };
        let path = Config::init(&folder.path)?;
        message(format_args!(
            "wrote {}",
            printable_line(&path.display().to_string())
        ));
        return Ok(ExitCode::SUCCESS);
    }
    if args.watch {
        return watch::run(args).map(|()| ExitCode::SUCCESS);
    }
    ctrlc::set_handler(|| interrupt::exit()).context("cannot wait for Ctrl-C")?;
    match Builder::new(args).build(args.update)? {
        Outcome::Built(summary) => print(args.json, &summary)?,
        Outcome::Refused => return Ok(ExitCode::from(REFUSED)),
    }
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

fn report(error: &anyhow::Error) {
    complain(format_args!("error: {}", printable_error(error.as_ref())));
}

/// Whether the reader of stdout went away; the index is written by then.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
