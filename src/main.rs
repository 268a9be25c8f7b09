//! The query binary `docent`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
enum Command {
    Eval(cli::eval::EvalArgs),
}

fn main() -> ExitCode {
    let Command::Eval(args) = Command::parse();
    cli::eval::run(args).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(2)
    })
}
