//! Ignore files: what `.gitignore`, `.ignore` and `.docentignore` leave out.
//!
//! As with ripgrep, a pattern of a deeper folder counts more than one of a folder above, and any of
//! `.docentignore` more than any of `.ignore`, and that more than any of `.gitignore`, which counts in a
//! git repository only. Folders above the docs count as far as the repository reaches. What only this
//! machine's git is told (`.git/info/exclude`, `core.excludesFile`) does not count: the same docs shall
//! give the same index everywhere.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::read::unreadable;
use crate::corpus::SkipReason;

/// The names of ignore files, from the one that counts most.
const NAMES: [&str; 3] = [".docentignore", ".ignore", GITIGNORE];
const GITIGNORE: &str = ".gitignore";

/// Largest ignore file that is read, in bytes: patterns become a program that takes far more.
const MAX_BYTES: u64 = 256 << 10;

/// The ignore files that hold in a folder: its own and those above it.
#[derive(Clone, Default)]
pub(super) struct Ignored {
    /// For each of [`NAMES`], from the uppermost folder down.
    matchers: [Vec<Arc<Gitignore>>; NAMES.len()],
    in_repository: bool,
}

/// An ignore file that does not count, and why.
pub(super) type Unread = (&'static str, SkipReason);

impl Ignored {
    /// What holds in the folder `root` by the folders above it, as far as its repository reaches.
    pub(super) fn above(root: &Path) -> Self {
        let folders: Vec<&Path> = root.ancestors().collect();
        let is_repository = |folder: &&Path| folder.join(".git").exists();
        let repository = folders.iter().position(is_repository).unwrap_or_default();
        let mut ignored = Self::default();
        for folder in folders[..=repository].iter().skip(1).rev() {
            // Those that cannot be read are none of the docs' files.
            ignored.enter(folder);
        }
        ignored
    }

    /// Adds what `folder` says, which lies in the folder so far; returns what could not be read.
    pub(super) fn enter(&mut self, folder: &Path) -> Vec<Unread> {
        if folder.join(".git").exists() {
            self.in_repository = true;
            // An outer repository says nothing of the files of an inner one.
            for (name, matchers) in NAMES.iter().zip(&mut self.matchers) {
                if *name == GITIGNORE {
                    matchers.clear();
                }
            }
        }
        let mut unread = Vec::new();
        for (name, matchers) in NAMES.into_iter().zip(&mut self.matchers) {
            if name == GITIGNORE && !self.in_repository {
                continue;
            }
            match load(folder, name) {
                Ok(matcher) => matchers.extend(matcher.map(Arc::new)),
                Err(reason) => unread.push((name, reason)),
            }
        }
        unread
    }

    /// The name of the ignore file that leaves out `path`, an absolute one.
    pub(super) fn by(&self, path: &Path, is_folder: bool) -> Option<&'static str> {
        for (name, matchers) in NAMES.into_iter().zip(&self.matchers) {
            for matcher in matchers.iter().rev() {
                match matcher.matched(path, is_folder) {
                    Match::None => {}
                    Match::Ignore(_) => return Some(name),
                    Match::Whitelist(_) => return None,
                }
            }
        }
        None
    }
}

/// The patterns of an ignore file; `None` if there is none. A link is not followed, as git does not: it
/// may lead to anything. A line that is no pattern counts for nothing, as with git.
fn load(folder: &Path, name: &str) -> Result<Option<Gitignore>, SkipReason> {
    let path = folder.join(name);
    let is_file = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_file());
    if !is_file {
        return Ok(None);
    }
    let patterns = read(&path).map_err(|error| unreadable(&error))?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in patterns.lines() {
        let _ = builder.add_line(None, line);
    }
    let matcher = builder.build().map_err(|error| SkipReason::Unreadable {
        message: error.to_string(),
    })?;
    Ok((!matcher.is_empty()).then_some(matcher))
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("an ignore file of more than {MAX_BYTES} bytes");
        return Err(io::Error::other(message));
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
