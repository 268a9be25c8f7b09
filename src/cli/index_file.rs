//! Which index a command opens.

use std::path::{Path, PathBuf};

use clap::Args;
use docent::index::Index;
use docent::search::{Condition, ConditionError, Scope};
use docent::terminal::printable_line;

use super::exit::CliError;
use super::note;

/// Name of an index that nobody named.
pub const INDEX_NAME: &str = "docent.idx";

/// Which index to open, and how fresh it must be.
#[derive(Debug, Args)]
pub struct IndexArgs {
    #[command(flatten)]
    file: IndexFile,
    /// Exit with 7 if the docs are newer than the index, or if that cannot be told
    #[arg(long)]
    pub fail_stale: bool,
}

/// Which index to open.
#[derive(Debug, Args)]
pub struct IndexFile {
    /// The index [env: DOCENT_INDEX] [default: docent.idx here or in a parent folder]
    #[arg(long, value_name = "FILE")]
    index: Option<PathBuf>,
}

impl IndexArgs {
    /// The file: see [`IndexFile::locate`].
    pub fn locate(&self) -> Result<PathBuf, CliError> {
        self.file.locate()
    }
}

impl IndexFile {
    /// The file, as [`locate_index`] finds it.
    pub fn locate(&self) -> Result<PathBuf, CliError> {
        locate_index(self.index.clone())
    }
}

/// The file `named`, else that of [`index_of_environment`], else that of [`nearest_index`] to the working
/// folder.
pub fn locate_index(named: Option<PathBuf>) -> Result<PathBuf, CliError> {
    match named.or_else(index_of_environment) {
        Some(path) => Ok(path),
        None => {
            let path = nearest_index(&std::env::current_dir().map_err(CliError::WorkingFolder)?)?;
            note_other_owner(&path);
            Ok(path)
        }
    }
}

/// Says that an index which nobody named belongs to another user: in a folder that several may write to, anybody can
/// lay one for others to find. What it says is no secret, but may be a lie.
#[cfg(unix)]
fn note_other_owner(path: &Path) {
    use std::os::unix::fs::MetadataExt;
    let owner = |metadata: std::fs::Metadata| metadata.uid();
    let of_index = std::fs::metadata(path).map(owner);
    // Whose files this program makes, is who runs it.
    let user = || {
        tempfile::tempfile()
            .and_then(|file| file.metadata())
            .map(owner)
    };
    if let Ok(other) = of_index
        && other != 0
        && user().is_ok_and(|user| user != other)
    {
        let path = path.display().to_string();
        let path = printable_line(&path);
        note(format_args!(
            "{path} was found here, and belongs to another user\nhint: --index {path} says that it is meant"
        ));
    }
}

#[cfg(not(unix))]
fn note_other_owner(_: &Path) {}

/// The index that `DOCENT_INDEX` names, unless it is empty.
pub fn index_of_environment() -> Option<PathBuf> {
    let named = std::env::var_os("DOCENT_INDEX").filter(|name| !name.is_empty());
    named.map(PathBuf::from)
}

/// The nearest `docent.idx` from `folder` upwards.
pub fn nearest_index(folder: &Path) -> Result<PathBuf, CliError> {
    let nearest = folder
        .ancestors()
        .map(|folder| folder.join(INDEX_NAME))
        .find(|path| Path::is_file(path));
    nearest.ok_or_else(|| CliError::NoIndex {
        folder: folder.to_owned(),
    })
}

/// Which sections of it.
#[derive(Debug, Args)]
pub struct ScopeArgs {
    /// Only this section, folder or glob of sections; repeat for more
    #[arg(long = "in", value_name = "PATTERN")]
    within: Vec<String>,
    /// Only sections whose front matter says so: tags=howto, tags!=old, version>=2.1, date<2026-01-31, draft,
    /// !draft; repeat for more, which must all hold
    #[arg(long = "where", value_name = "CONDITION", value_parser = condition)]
    conditions: Vec<Condition>,
}

impl ScopeArgs {
    /// The sections of `index` that are meant; `None`: all.
    pub fn scope(&self, index: &Index) -> docent::Result<Option<Scope>> {
        if self.within.is_empty() && self.conditions.is_empty() {
            return Ok(None);
        }
        Scope::new(index, &self.within, &self.conditions).map(Some)
    }
}

/// A condition; an error is told as clap tells those of arguments, which it names itself.
fn condition(text: &str) -> Result<Condition, String> {
    let read: Result<Condition, ConditionError> = text.parse();
    read.map_err(|error| match error.to_string().split_once('\n') {
        Some((_, hint)) => format!("{}\n{hint}", error.problem),
        None => error.problem.to_owned(),
    })
}
