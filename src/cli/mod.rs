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
mod output;
mod query;
mod questions;
mod replace;
mod show;

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use docent::terminal::printable_error;

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
        Command::Audit(args) => audit::run(&args),
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

/// Says something that is no failure.
fn note(text: impl Display) {
    message(format_args!("note: {text}"));
}

/// Says something to the person at the terminal. A closed stderr is nobody to tell.
fn message(text: impl Display) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
