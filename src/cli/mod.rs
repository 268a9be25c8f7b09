//! The command line of `docent`: arguments become one validated config, a command runs on it, and
//! what came of it becomes an exit code.

mod agents;
mod args;
mod audit;
mod diff;
mod eval;
mod exit;
mod fresh;
mod info;
mod mcp;
mod output;
mod query;
mod questions;
mod replace;
mod serve;
mod show;

use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use docent::query_log::{QueryLog, QueryLogError};
use docent::terminal::{printable_error, printable_line};

use args::Command;
use exit::Exit;

/// Runs the program.
pub fn main() -> ExitCode {
    let result = match args::parse() {
        Command::Query(config) => query::run(&config),
        Command::Show(config) => show::run(&config),
        Command::Info(config) => info::run(&config),
        Command::Eval(args) => eval::run(args),
        Command::Questions(args) => questions::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Serve(args) => serve::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Mcp(args) => mcp::run(&args),
        Command::Agents(args) => agents::run(&args),
    };
    let exit = result.unwrap_or_else(|error| {
        let exit = Exit::of_error(&error);
        if exit != Exit::Found {
            message(format_args!("error: {}", printable_error(error.as_ref())));
        }
        exit
    });
    exit.into()
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

/// Says something that is no failure.
fn note(text: impl Display) {
    message(format_args!("note: {text}"));
}

/// Says something to the person at the terminal. A closed stderr is nobody to tell.
fn message(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
