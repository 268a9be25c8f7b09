//! Files that are edited together: all edits are made in memory first, then each file is replaced as a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use docent::agents::{AgentsError, Change, Left, Place};

use crate::cli::replace::replace;

/// What keeps a file from being read or written.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The file cannot be edited. No file was touched.
    #[error("{}: {source}", path.display())]
    Edit {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: AgentsError,
    },
    /// The file cannot be read. No file was touched.
    #[error("cannot read {}: {source}\nhint: no file was changed", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A link that leads out of the project might lead to anything. No file was touched.
    #[error(
        "{} is a link that leads out of the project, or nowhere\n\
         hint: no file was changed; replace the link, or edit what it leads to by hand (docent agents show)",
        path.display()
    )]
    LeadsOut {
        /// The link, or a file in a folder that is one.
        path: PathBuf,
    },
    /// A file could not be written after others were.
    #[error("cannot write {}: {source}\nhint: {}", path.display(), if *written == 0 {
        "no file was changed".to_owned()
    } else {
        format!("{written} files were changed before it; `docent agents uninstall` takes that back")
    })]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
        /// How many were written before.
        written: usize,
    },
}

/// Files under edit.
pub struct Files {
    /// The folder that emptied folders are removed up to, and that links of a project may not leave.
    root: PathBuf,
    is_project: bool,
    files: Vec<Edited>,
}

/// A file under edit.
pub struct Edited {
    /// The path as the client names it.
    pub path: PathBuf,
    /// The path without links.
    real: PathBuf,
    before: Option<String>,
    now: Option<String>,
    /// Why something in it was left.
    pub left: Option<Left>,
}

impl Files {
    /// No file yet, of this place.
    pub fn of(place: &Place) -> Result<Self, FilesError> {
        let path = place.root();
        let root = fs::canonicalize(path).map_err(|source| FilesError::Read {
            path: path.clone(),
            source,
        })?;
        Ok(Self {
            root,
            is_project: matches!(place, Place::Project(_)),
            files: Vec::new(),
        })
    }

    /// The file at `path`, as edited so far. Two paths to one file are one.
    pub fn file(&mut self, path: &Path) -> Result<&mut Edited, FilesError> {
        let real = self.real(path)?;
        if let Some(at) = self.files.iter().position(|file| file.real == real) {
            return Ok(&mut self.files[at]);
        }
        let before = match fs::read_to_string(&real) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(FilesError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        self.files.push(Edited {
            path: path.to_owned(),
            real,
            now: before.clone(),
            before,
            left: None,
        });
        let last = self.files.len() - 1;
        Ok(&mut self.files[last])
    }

    /// All files that were looked at, in order.
    pub fn all(&self) -> &[Edited] {
        &self.files
    }

    /// Writes what was edited.
    pub fn write(&self) -> Result<(), FilesError> {
        // What is deleted goes last: whatever happens before, nothing is lost.
        let (kept, gone): (Vec<_>, Vec<_>) = self
            .files
            .iter()
            .filter(|file| file.is_changed())
            .partition(|file| file.now.is_some());
        for (written, file) in kept.into_iter().chain(gone).enumerate() {
            let failed = |source| FilesError::Write {
                path: file.path.clone(),
                source,
                written,
            };
            match &file.now {
                Some(text) => {
                    let folder = file.real.parent().unwrap_or(&self.root);
                    fs::create_dir_all(folder)
                        .and_then(|()| replace(&file.real, text.as_bytes()))
                        .map_err(failed)?;
                }
                None => {
                    fs::remove_file(&file.real).map_err(failed)?;
                    self.remove_empty_folders(&file.real);
                }
            }
        }
        Ok(())
    }

    /// Where `path` leads. Folders on the way, and the file, may be missing.
    pub fn real(&self, path: &Path) -> Result<PathBuf, FilesError> {
        let is_there = |path: &&Path| path.symlink_metadata().is_ok();
        let leads_out = || FilesError::LeadsOut {
            path: path.to_owned(),
        };
        let there = path.ancestors().find(is_there).unwrap_or(&self.root);
        let rest = path.strip_prefix(there).unwrap_or(path);
        let there = fs::canonicalize(there).map_err(|_| leads_out())?;
        if self.is_project && !there.starts_with(&self.root) {
            return Err(leads_out());
        }
        Ok(if rest.as_os_str().is_empty() {
            there
        } else {
            there.join(rest)
        })
    }

    fn remove_empty_folders(&self, file: &Path) {
        for folder in file.ancestors().skip(1) {
            let is_inside = folder.starts_with(&self.root) && folder != self.root;
            // A folder that is not empty is not removed, which ends it.
            if !is_inside || fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }
}

impl Edited {
    /// The text, as edited so far; `None` if there is no file.
    pub fn text(&self) -> Option<&str> {
        self.now.as_deref()
    }

    /// Takes a change over.
    pub fn apply(&mut self, change: Result<Change, AgentsError>) -> Result<(), FilesError> {
        match change.map_err(|source| FilesError::Edit {
            path: self.path.clone(),
            source,
        })? {
            Change::Nothing => {}
            Change::Text(text) => self.now = Some(text),
            Change::NoFile => self.now = None,
            Change::Left(left) => self.left = Some(left),
        }
        Ok(())
    }

    /// Whether it will be written or removed.
    pub fn is_changed(&self) -> bool {
        self.now != self.before
    }
}
