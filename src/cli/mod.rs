//! The command line of `docent`: arguments become one validated config, a command runs on it, and
//! what came of it becomes an exit code.

mod advice;
mod agents;
mod args;
mod audit;
mod diff;
mod eval;
mod exit;
mod fresh;
mod index_file;
mod info;
mod list;
mod manual;
mod mcp;
mod output;
mod query;
mod questions;
mod replace;
mod serve;
mod show;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use docent::program::{complain, message, note};
use docent::query_log::{QueryLog, QueryLogError};
use docent::terminal::{printable_error, printable_line};

use args::Command;
use exit::Exit;

/// Runs the program.
pub fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let exit = run(args::parse(&words)).unwrap_or_else(|error| {
        let exit = Exit::of_error(&error);
        if exit != Exit::Found {
            complain(format_args!("error: {}", printable_error(error.as_ref())));
        }
        if exit == Exit::Error
            && let Some(hint) = advice::for_failed_command(&words)
        {
            complain(hint);
        }
        exit
    });
    if exit != Exit::Found
        && let Some(hint) = advice::for_single_word(&words)
    {
        message(hint);
    }
    exit.into()
}

fn run(command: Command) -> Result<Exit> {
    match command {
        Command::Query(config) => query::run(&config),
        Command::Show(config) => show::run(&config),
        Command::List(args) => list::run(&args),
        Command::Info(config) => info::run(&config),
        Command::Eval(args) => eval::run(args),
        Command::Questions(args) => questions::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Mcp(args) => mcp::run(&args),
        Command::Agents(args) => agents::run(&args),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
        Command::Version => manual::version(),
    }
}

/// Reads a query log, and tells of the lines that are left out.
fn read_log(path: &Path) -> Result<QueryLog, QueryLogError> {
    let log = QueryLog::read(path)?;
    for known in &log.notes {
        let line = format!("{}: {known}", path.display());
        note(printable_line(&line));
    }
    Ok(log)
}
