//! The place of an index file while it is built: claimed at the start, filled at once at the end.
//!
//! A build of `docent.idx` works on `.docent.idx.partial` in the same folder: it holds a lock on
//! that file from the start, writes it at the end, syncs it, and renames it over the index. So
//!
//! - `docent.idx` is always a whole index: the old one until the rename, and for good if the build
//!   fails or is killed;
//! - a second build of the same file finds the lock taken, and a place that cannot be written to is
//!   found before anything is embedded;
//! - the lock is the operating system's and ends with the process. What a killed build leaves
//!   behind is one file, which the next build removes: nothing piles up;
//! - a file that is not an index is never replaced, and what is written is a file that this build
//!   made: nobody else owns it, and it has no other name;
//! - a link at the place stays: the file that it leads to is replaced. An index of the same owner hands its
//!   permissions on.
//!
//! Only who holds the lock renames or removes the file. Who waited for the lock may hold it on a
//! file that has been renamed since, which is the index now: so after locking, the name must still
//! lead to the locked file.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use same_file::Handle;

use super::error::IndexError;
use super::format::MAGIC;

/// A claimed place: no other build writes there until this value is dropped.
#[derive(Debug)]
pub struct IndexSlot {
    path: PathBuf,
    partial: PathBuf,
    /// Open at `partial` and locked.
    file: File,
    is_renamed: bool,
}

impl IndexSlot {
    /// Claims the index file `path` for a build.
    ///
    /// # Errors
    ///
    /// [`IndexError::Busy`] if another build has it, [`IndexError::Occupied`] if the file there is not
    /// an index, [`IndexError::Write`] if nothing can be written there.
    pub fn claim(path: &Path) -> Result<Self, IndexError> {
        Self::lock(path, File::try_lock)
    }

    /// As [`IndexSlot::claim`], after any other build of `path` has ended.
    pub fn wait_for(path: &Path) -> Result<Self, IndexError> {
        Self::lock(path, |file| file.lock().map_err(TryLockError::Error))
    }

    fn lock(
        path: &Path,
        lock: impl Fn(&File) -> Result<(), TryLockError>,
    ) -> Result<Self, IndexError> {
        let failed = |source| IndexError::Write {
            path: path.to_owned(),
            source,
        };
        let place = Self::place(path);
        let partial = partial_path(&place).map_err(failed)?;
        if is_foreign(&place).map_err(failed)? {
            let path = path.to_owned();
            return Err(IndexError::Occupied { path });
        }
        loop {
            let (file, is_own) = open_partial(&partial).map_err(failed)?;
            match lock(&file) {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(IndexError::Busy {
                        path: path.to_owned(),
                        lock: partial,
                    });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            if !is_at(&file, &partial).map_err(failed)? {
                continue;
            }
            if !is_own {
                // What a killed build left. Whoever laid it there might have another name for it.
                fs::remove_file(&partial).map_err(failed)?;
                continue;
            }
            return Ok(Self {
                path: place,
                partial,
                file,
                is_renamed: false,
            });
        }
    }

    /// Where the index file `path` lies: where it leads to if it is a link.
    pub fn place(path: &Path) -> PathBuf {
        let target = path.is_symlink().then(|| fs::canonicalize(path).ok());
        target.flatten().unwrap_or_else(|| path.to_owned())
    }

    /// Name of the file beside the index file `path`, no link, that a build of it works on; `None` if `path` has
    /// no name.
    pub fn partial_name(path: &Path) -> Option<OsString> {
        let mut partial = OsString::from(".");
        partial.push(path.file_name()?);
        partial.push(".partial");
        Some(partial)
    }

    /// The file that the build works on; there until the index is written or the build given up.
    pub fn partial(&self) -> &Path {
        &self.partial
    }

    /// The index file that will be written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it will be in.
    pub fn folder(&self) -> &Path {
        folder_of(&self.path)
    }

    /// Puts what `write` produces in the place of the index.
    ///
    /// The file's modification time becomes `as_of`: what changed later is not in it.
    pub(super) fn fill(
        mut self,
        as_of: SystemTime,
        write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> Result<(), IndexError> {
        self.try_fill(as_of, write)
            .map_err(|source| IndexError::Write {
                path: self.path.clone(),
                source,
            })
    }

    fn try_fill(
        &mut self,
        as_of: SystemTime,
        write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
    ) -> io::Result<()> {
        let mut buffered = BufWriter::new(&self.file);
        write(&mut buffered)?;
        buffered.flush()?;
        drop(buffered);
        self.file.set_modified(as_of)?;
        #[cfg(unix)]
        self.keep_permissions()?;
        self.file.sync_all()?;
        fs::rename(&self.partial, &self.path)?;
        self.is_renamed = true;
        // The rename itself lasts only when the folder is on disk as well. Where a folder cannot be
        // opened or synced, the index is there all the same.
        #[cfg(unix)]
        let _ = File::open(folder_of(&self.path)).and_then(|folder| folder.sync_all());
        Ok(())
    }
}

#[cfg(unix)]
impl IndexSlot {
    /// Gives the file the permissions of the one that it replaces. Those of another owner's are not taken over: they
    /// may let others write.
    fn keep_permissions(&self) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt;
        match fs::metadata(&self.path) {
            Ok(old) if old.uid() == self.file.metadata()?.uid() => {
                self.file.set_permissions(old.permissions())
            }
            _ => Ok(()),
        }
    }
}

impl Drop for IndexSlot {
    fn drop(&mut self) {
        if !self.is_renamed {
            // If that fails the file stays, which does no harm.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// The name that a build of `path` works under. An error if `path` can be no index file.
fn partial_path(path: &Path) -> io::Result<PathBuf> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(metadata) if !metadata.is_file() => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        _ => {}
    }
    let name = IndexSlot::partial_name(path).ok_or(io::ErrorKind::IsADirectory)?;
    Ok(path.with_file_name(name))
}

/// The folder that the file `path` lies in.
pub(crate) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Whether there is something at `path` that is not an index of any version. An empty file is nothing.
fn is_foreign(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    match File::open(path) {
        Ok(file) => file.take(MAGIC.len() as u64).read_to_end(&mut start)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    // A file that was cut off after a few bytes was one.
    Ok(!MAGIC.starts_with(&start))
}

/// Makes the file, and says so, or opens the one that is there: another build's, or what one left.
fn open_partial(partial: &Path) -> io::Result<(File, bool)> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.clone().create_new(true).open(partial) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            refuse_link(partial)?;
            match options.open(partial) {
                // It has gone since.
                Err(error) if error.kind() == io::ErrorKind::NotFound => open_partial(partial),
                opened => Ok((opened?, false)),
            }
        }
        made => Ok((made?, true)),
    }
}

/// Whether `path` still leads to `file`.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    refuse_link(path)?;
    match Handle::from_path(path) {
        Ok(handle) => Ok(handle == Handle::from_file(file.try_clone()?)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// An error if anything but a file is at `path`: a link may have been laid to have the file that it
/// points to overwritten.
fn refuse_link(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is in the way", path.display()),
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &[u8] = b"\x89docent: an old index";

    fn names_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn folder_with_index() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("docent.idx");
        fs::write(&path, OLD).unwrap();
        (folder, path)
    }

    #[test]
    fn an_interrupted_write_leaves_the_old_file_and_nothing_else() {
        let (folder, path) = folder_with_index();
        let slot = IndexSlot::claim(&path).unwrap();
        let error = slot.fill(SystemTime::now(), |file| {
            file.write_all(&[7; 100_000])?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(
            matches!(error, Err(IndexError::Write { source, .. }) if source.kind() == io::ErrorKind::StorageFull)
        );
        assert_eq!(fs::read(&path).unwrap(), OLD);
        assert_eq!(names_in(folder.path()), ["docent.idx"]);
    }

    #[test]
    fn a_complete_write_replaces_the_old_file_and_what_a_killed_build_left() {
        let (folder, path) = folder_with_index();
        fs::write(folder.path().join(".docent.idx.partial"), "half an index").unwrap();
        let as_of = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
        let slot = IndexSlot::claim(&path).unwrap();
        slot.fill(as_of, |file| file.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), as_of);
        assert_eq!(names_in(folder.path()), ["docent.idx"]);
    }

    #[test]
    fn a_claimed_place_is_busy_until_it_is_dropped() {
        let (folder, path) = folder_with_index();
        let first = IndexSlot::claim(&path).unwrap();
        let error = IndexSlot::claim(&path).unwrap_err();
        let lock = folder.path().join(".docent.idx.partial");
        assert_eq!(
            error.to_string(),
            format!(
                "another build is writing {}\nhint: wait until it has ended; it holds a lock on {}",
                path.display(),
                lock.display()
            )
        );
        IndexSlot::claim(&folder.path().join("other.idx")).unwrap();
        drop(first);
        IndexSlot::claim(&path).unwrap();
        assert_eq!(names_in(folder.path()), ["docent.idx"]);
    }

    #[test]
    fn builds_that_wait_for_each_other_all_succeed() {
        let (folder, path) = folder_with_index();
        std::thread::scope(|scope| {
            for number in 0..8u8 {
                let path = &path;
                scope.spawn(move || {
                    for _ in 0..20 {
                        let slot = IndexSlot::wait_for(path).unwrap();
                        let content = [&MAGIC[..], &[number; 10_000]].concat();
                        let write = |file: &mut BufWriter<&File>| file.write_all(&content);
                        slot.fill(SystemTime::now(), write).unwrap();
                        let read = fs::read(path).unwrap();
                        assert_eq!(read.len(), content.len());
                        assert!(read[MAGIC.len()..].iter().all(|byte| *byte == read[7]));
                    }
                });
            }
        });
        assert_eq!(names_in(folder.path()), ["docent.idx"]);
    }

    #[test]
    fn a_file_that_is_no_index_is_not_replaced() {
        let (folder, path) = folder_with_index();
        for (content, is_replaced) in [
            (&b"# A document\n"[..], false),
            (b"\x89docens", false),
            (b"\x89PNG", false),
            (b"", true),
            (b"\x89doc", true),
            (OLD, true),
        ] {
            fs::write(&path, content).unwrap();
            match IndexSlot::claim(&path) {
                Ok(_) => assert!(is_replaced, "{content:?}"),
                Err(error) => {
                    assert!(matches!(error, IndexError::Occupied { .. }), "{error}");
                    assert!(!is_replaced, "{content:?}");
                    assert_eq!(fs::read(&path).unwrap(), content);
                }
            }
            assert_eq!(names_in(folder.path()), ["docent.idx"]);
        }
    }

    /// What lies at the partial file's name may have another name, or let others write to it.
    #[cfg(unix)]
    #[test]
    fn what_was_left_is_not_written_to_but_made_anew() {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let (folder, path) = folder_with_index();
        let victim = folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        fs::set_permissions(&victim, fs::Permissions::from_mode(0o666)).unwrap();
        fs::hard_link(&victim, folder.path().join(".docent.idx.partial")).unwrap();
        let slot = IndexSlot::claim(&path).unwrap();
        slot.fill(SystemTime::now(), |file| file.write_all(b"new"))
            .unwrap();
        assert_eq!(fs::read(&victim).unwrap(), b"precious");
        let written = fs::metadata(&path).unwrap();
        assert_eq!((written.nlink(), written.mode() & 0o002), (1, 0));
        assert_eq!(names_in(folder.path()), ["docent.idx", "victim"]);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_kept_and_a_link_at_the_place_stays() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, path) = folder_with_index();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        let link = folder.path().join("sub/link.idx");
        std::os::unix::fs::symlink("../docent.idx", &link).unwrap();
        let slot = IndexSlot::claim(&link).unwrap();
        assert_eq!(
            slot.partial().file_name(),
            Some(".docent.idx.partial".as_ref())
        );
        assert!(matches!(
            IndexSlot::claim(&path),
            Err(IndexError::Busy { .. })
        ));
        slot.fill(SystemTime::now(), |file| file.write_all(b"new"))
            .unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&path).unwrap(), b"new");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(names_in(folder.path()), ["docent.idx", "sub"]);
        assert_eq!(names_in(&folder.path().join("sub")), ["link.idx"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let (folder, path) = folder_with_index();
        let victim = folder.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        std::os::unix::fs::symlink(&victim, folder.path().join(".docent.idx.partial")).unwrap();
        let error = IndexSlot::claim(&path).unwrap_err().to_string();
        assert!(
            error.contains(".docent.idx.partial is in the way"),
            "{error}"
        );
        assert_eq!(fs::read(&victim).unwrap(), b"precious");

        fs::remove_file(&victim).unwrap();
        let error = IndexSlot::claim(&path).unwrap_err().to_string();
        assert!(error.contains("is in the way"), "{error}");
        assert!(!victim.exists(), "made by opening the link");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_cannot_be_synced_has_the_index_all_the_same() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, path) = folder_with_index();
        let slot = IndexSlot::claim(&path).unwrap();
        let access = |mode| fs::set_permissions(folder.path(), fs::Permissions::from_mode(mode));
        access(0o300).unwrap();
        let filled = slot.fill(SystemTime::now(), |file| file.write_all(b"new"));
        access(0o700).unwrap();
        filled.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
    }
}
