//! The query binary `docent`: asks an index, prints sections.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
