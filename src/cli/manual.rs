//! `docent completions`, `docent man`, `docent version`: the program about itself.

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use clap_complete::Shell;
use docent::program::pages::pages;
use docent::program::{LONG_VERSION, write_completions};
use docent::terminal::printable_line;

use super::args::definition;
use super::exit::Exit;
use super::replace::replace;

const COMPLETIONS_HELP: &str = "\
Examples:
  docent completions bash > ~/.local/share/bash-completion/completions/docent
  docent completions zsh > ~/.zfunc/_docent     # with fpath+=(~/.zfunc) before compinit in ~/.zshrc
  docent completions fish > ~/.config/fish/completions/docent.fish
  docent completions powershell >> $PROFILE
  docent completions elvish >> ~/.config/elvish/rc.elv

The same of the program build-index: build-index --completions SHELL.";

/// Print what makes a shell complete docent's commands and options
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

const MAN_HELP: &str = "\
Examples:
  docent man | man -l -
  docent man ~/.local/share/man/man1 && man docent-query

The page of the program build-index: build-index --man.";

/// Print the man page, or write it and those of all commands into a folder
#[derive(Debug, Args)]
#[command(after_help = MAN_HELP)]
pub struct ManArgs {
    /// Folder for docent.1, docent-query.1 and so on, in place of those that are there
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Prints the completions.
pub fn completions(args: &CompletionsArgs) -> Result<Exit> {
    write_completions(definition(), args.shell, &mut io::stdout().lock())?;
    Ok(Exit::Found)
}

/// Prints the first page, or writes all and says which.
pub fn man(args: &ManArgs) -> Result<Exit> {
    let pages = pages(definition())?;
    let mut out = io::stdout().lock();
    let Some(folder) = &args.folder else {
        for page in pages.iter().take(1) {
            out.write_all(page.text.as_bytes())?;
        }
        return Ok(Exit::Found);
    };
    if !folder.is_dir() {
        bail!("no folder {}\nhint: make it", folder.display());
    }
    for page in pages {
        let path = folder.join(&page.name);
        let shown = path.display().to_string();
        replace(&path, page.text.as_bytes()).with_context(|| format!("cannot write {shown}"))?;
        writeln!(out, "{}", printable_line(&shown))?;
    }
    Ok(Exit::Found)
}

/// Prints what `--version` prints.
pub fn version() -> Result<Exit> {
    writeln!(io::stdout(), "docent {LONG_VERSION}")?;
    Ok(Exit::Found)
}
