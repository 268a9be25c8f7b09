//! What is installed: which program, which indexes, what is said of them.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use docent::agents::{self, About, Caller, Place, Server, Setup};
use docent::index::Index;
use docent::terminal::printable_line;

use super::SetupError;
use crate::cli::exit::CliError;
use crate::cli::index_file::{index_of_environment, nearest_index};

#[derive(Args)]
pub struct SetupArgs {
    /// The index; NAME=FILE, and repeat for several [env: DOCENT_INDEX] [default: docent.idx in the project or a
    /// parent folder]
    #[arg(long, value_name = "FILE")]
    index: Vec<String>,
    /// What the docs are called [default: as their guide's first heading says]
    #[arg(long)]
    title: Option<String>,
}

/// An index file.
pub struct Located {
    /// Its absolute path.
    pub path: PathBuf,
    /// Whether it was named, so that whoever works in the project does not find it by itself.
    is_named: bool,
}

impl Located {
    /// The path, if a command must name it.
    pub fn named_path(&self) -> Option<&Path> {
        self.is_named.then_some(self.path.as_path())
    }
}

impl SetupArgs {
    /// Opens the indexes, and says what there is to install in `place`.
    pub fn setup(&self, place: &Place) -> Result<Setup> {
        let mut indexes: Vec<(Option<&str>, Located)> = Vec::new();
        for named in &self.index {
            let (name, file) = match named.split_once('=').filter(|(name, _)| is_name(name)) {
                Some((name, file)) => (Some(name), file),
                None => (None, named.as_str()),
            };
            indexes.push((name, locate(Some(Path::new(file)), None)?));
        }
        if indexes.is_empty() {
            indexes.push((None, locate(None, Some(place.root()))?));
        }
        let mut docs = Vec::new();
        let mut callers = Vec::new();
        let mut written = Vec::new();
        for (name, located) in &indexes {
            docs.push(About::of(
                &Index::open(&located.path)?,
                self.title.as_deref(),
            )?);
            let is_found = !located.is_named && matches!(place, Place::Project(_));
            callers.push(caller((!is_found).then_some(located.path.as_path()))?);
            let path = writable(&located.path)?;
            written.push(name.map_or(path.clone(), |name| format!("{name}={path}")));
        }
        let (program, _) = program()?;
        Ok(Setup {
            server: Server::new(writable(&program)?, written),
            line: agents::line(&docs, &callers),
            skill: agents::stub(&docs, &callers),
        })
    }
}

/// The index: as named, else by the environment, else the nearest from `folder`, or the working folder, upwards.
pub fn locate(named: Option<&Path>, folder: Option<&Path>) -> Result<Located, CliError> {
    let working_folder = || env::current_dir().map_err(CliError::WorkingFolder);
    let (path, is_named) = match named.map(Path::to_owned).or_else(index_of_environment) {
        Some(path) => (path, true),
        None => {
            let folder = folder.map_or_else(working_folder, |folder| Ok(folder.to_owned()))?;
            (nearest_index(&folder)?, false)
        }
    };
    // The file itself may be a link that is turned at each build.
    let whole = path.parent().and_then(|folder| {
        let folder = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        Some(fs::canonicalize(folder).ok()?.join(path.file_name()?))
    });
    Ok(Located {
        path: whole.unwrap_or(path),
        is_named,
    })
}

/// How a shell calls this program for the index at `index`.
pub fn caller(index: Option<&Path>) -> Result<Caller> {
    let (program, is_in_path) = program()?;
    Ok(Caller {
        program: if is_in_path {
            "docent".to_owned()
        } else {
            shell_word(&writable(&program)?)
        },
        index: index
            .map(|index| Ok::<_, SetupError>(shell_word(&writable(index)?)))
            .transpose()?,
    })
}

/// The running program, and whether it is the `docent` of `PATH`: that path stays when an update moves the program.
fn program() -> Result<(PathBuf, bool)> {
    let running = env::current_exe().context("cannot tell where docent is")?;
    let name = format!("docent{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH").unwrap_or_default();
    let first = env::split_paths(&folders)
        .map(|folder| folder.join(&name))
        .find(|path| path.is_file());
    let same = |path: &PathBuf| -> io::Result<bool> { same_file::is_same_file(path, &running) };
    let in_path = first.filter(|path| path.is_absolute() && same(path).unwrap_or(false));
    Ok(match in_path {
        Some(path) => (path, true),
        None => (running, false),
    })
}

/// A path as it can stand in JSON, TOML and Markdown. Clients put variables in the place of `${NAME}`.
fn writable(path: &Path) -> Result<String, SetupError> {
    let shown = path.display().to_string();
    let printable = printable_line(&shown);
    match path.to_str() {
        Some(path) if printable == path && !path.contains('`') && !path.contains("${") => {
            Ok(path.to_owned())
        }
        _ => Err(SetupError::Unwritable {
            path: printable.into_owned(),
        }),
    }
}

/// `text` as one word of a shell.
fn shell_word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,".contains(c);
    match text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(shell_word("/a/docent.idx"), "/a/docent.idx");
        assert_eq!(shell_word("/a b/it's $HOME"), r"'/a b/it'\''s $HOME'");
    }

    #[test]
    fn paths_that_are_no_plain_line_are_refused() {
        assert_eq!(writable(Path::new("/a b/ü.idx")).unwrap(), "/a b/ü.idx");
        for path in ["/a\nb", "/a`b", "/a\u{202e}b", "/${HOME}/b"] {
            assert!(writable(Path::new(path)).is_err(), "{path:?}");
        }
    }
}
