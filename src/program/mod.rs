//! What docent's programs have in common: what they say besides their output, their version, man pages and
//! completions (feature `program`).

pub mod pages;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use anstream::ColorChoice;
use clap::Args;
use clap_complete::Shell;

/// Version, commit and target: `0.1.0 (a120d40 2026-11-30, x86_64-unknown-linux-gnu)`; without the commit where the
/// program was compiled from sources that are no clone.
pub const LONG_VERSION: &str = env!("DOCENT_LONG_VERSION");

/// Day of that commit, `2026-11-30`; empty without one.
const DATE: &str = env!("DOCENT_DATE");

static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// The options that every command has.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalArgs {
    /// When to use colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = clap::ColorChoice::Auto)]
    color: clap::ColorChoice,
    /// Say nothing on stderr but errors: no notes, no progress
    #[arg(short, long, global = true)]
    quiet: bool,
}

impl GlobalArgs {
    /// Does what they say from now on, but for colours: see [`set_color`].
    pub fn apply(self) {
        IS_QUIET.store(self.quiet, Ordering::Relaxed);
    }
}

/// Uses colours from now on as `--color` among `args` says. It is looked for before arguments are parsed, since
/// errors of parsing and help have colours, too; whether its value is one is left to that.
pub fn set_color(args: &[OsString]) {
    let mut args = args.iter().filter_map(|arg| arg.to_str());
    while let Some(arg) = args.next().filter(|arg| *arg != "--") {
        let value = match arg.strip_prefix("--color") {
            Some("") => args.next(),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        match value {
            Some("always") => ColorChoice::Always.write_global(),
            Some("never") => ColorChoice::Never.write_global(),
            _ => {}
        }
    }
}

/// Says what must be heard: an error, or why a program fails. A closed stderr is nobody to tell.
pub fn complain(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Says something to the person at the terminal, unless `--quiet` was given.
pub fn message(text: impl Display) {
    if !is_quiet() {
        complain(text);
    }
}

/// Says something that is no failure, as [`message`] does.
pub fn note(text: impl Display) {
    message(format_args!("note: {text}"));
}

/// Whether nothing is said but errors.
pub fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// An argument that is a number, 1 or more.
///
/// # Errors
///
/// Says what is wanted.
pub fn at_least_one(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| "give a number, 1 or more".to_owned())
}

/// Writes what makes `shell` complete the arguments of a program.
///
/// # Errors
///
/// Those of `out`.
pub fn write_completions(
    mut program: clap::Command,
    shell: Shell,
    out: &mut impl Write,
) -> io::Result<()> {
    let name = program.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut program, name, &mut script);
    out.write_all(&script)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_1_or_more() {
        assert_eq!(at_least_one("3").map(NonZeroUsize::get), Ok(3));
        for text in ["0", "-1", "x", "", "99999999999999999999999"] {
            assert_eq!(
                at_least_one(text),
                Err("give a number, 1 or more".to_owned()),
                "{text}"
            );
        }
    }
}
