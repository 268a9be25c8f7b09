//! An index file as its parts: the mapped bytes, and what the header says of them.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::error::{Corruption, Damage, IndexError};
use super::format::{HEADER_BYTES, Header, HeaderError, VERSION, stored_checksum};
use super::part::Part;
use crate::map::{Mmap, map_copy, map_file};

/// A mapped file with a sane header: every part lies within it.
#[derive(Debug)]
pub(super) struct IndexFile {
    path: PathBuf,
    map: Mmap,
    header: Header,
    state: FileState,
}

/// What tells one file at a path from another that a build has put in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileState {
    /// Device and number of the file; zeros where the platform does not tell.
    file: (u64, u64),
    /// Length in bytes.
    length: u64,
    /// Time of the last modification.
    modified: Option<SystemTime>,
}

impl FileState {
    /// That of the file which is at `path` now.
    pub fn at(path: &Path) -> io::Result<Self> {
        Ok(Self::of(&std::fs::metadata(path)?))
    }

    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let file = {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        };
        #[cfg(not(unix))]
        let file = (0, 0);
        Self {
            file,
            length: metadata.len(),
            modified: metadata.modified().ok(),
        }
    }

    /// When the file was last modified; of an index, when its build began to read the docs.
    pub fn modified(&self) -> Option<SystemTime> {
        self.modified
    }
}

impl IndexFile {
    /// Maps the file `path` and checks magic, version, header, part table and length. What the
    /// parts hold is not looked at.
    pub fn open(path: &Path) -> Result<IndexFile, IndexError> {
        let (map, metadata) = map(path)?;
        Self::of(map, path, FileState::of(&metadata))
    }

    /// The same of `bytes` as a file would have them, which errors call `name`. Copies them.
    pub fn of_bytes(bytes: &[u8], name: &Path) -> Result<IndexFile, IndexError> {
        let map = map_copy(bytes).map_err(|source| IndexError::Read {
            path: name.to_owned(),
            source,
        })?;
        let state = FileState {
            file: (0, 0),
            length: bytes.len() as u64,
            modified: None,
        };
        Self::of(map, name, state)
    }

    fn of(map: Mmap, path: &Path, state: FileState) -> Result<IndexFile, IndexError> {
        let header = Header::decode(&map).map_err(|error| header_error(error, path, &map))?;
        let path = path.to_owned();
        let (expected, found) = (header.file_length, map.len() as u64);
        if found < expected {
            return Err(IndexError::Truncated {
                path,
                expected,
                found,
            });
        }
        if found > expected {
            let corruption = Damage::Mismatch { expected, found }.of_header();
            return Err(IndexError::Corrupt { path, corruption });
        }
        Ok(IndexFile {
            path,
            map,
            header,
            state,
        })
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the system said of the file when it was opened.
    pub fn state(&self) -> FileState {
        self.state
    }

    /// The header's checksum, which covers those of all parts: equal for equal content.
    pub fn content_id(&self) -> u64 {
        stored_checksum(&self.map)
    }

    /// Its length in bytes.
    pub fn length(&self) -> u64 {
        self.header.file_length
    }

    /// The bytes of a part, without padding.
    pub fn bytes(&self, part: Part) -> &[u8] {
        let entry = &self.header.entries[part as usize];
        &self.map[entry.offset as usize..(entry.offset + entry.length) as usize]
    }

    /// A part as values of its type, for which its start is aligned; empty if its length is not a
    /// multiple of theirs.
    pub fn array<T: bytemuck::AnyBitPattern>(&self, part: Part) -> &[T] {
        debug_assert_eq!(size_of::<T>(), part.element_size(), "{part}");
        bytemuck::try_cast_slice(self.bytes(part)).unwrap_or_default()
    }

    /// Checks the part and its padding against its checksum. O(length of the part).
    pub fn verify_checksum(&self, part: Part) -> Result<(), Corruption> {
        let entry = &self.header.entries[part as usize];
        let end = entry.padded_end();
        let end = end.map_or(self.map.len(), |end| end as usize);
        let got = xxhash_rust::xxh3::xxh3_64(&self.map[entry.offset as usize..end]);
        let expected = entry.checksum;
        if got == expected {
            Ok(())
        } else {
            Err(Damage::Checksum { expected, got }.of(part))
        }
    }

    /// `result` as one that names the file.
    pub fn locate<T>(&self, result: Result<T, Corruption>) -> Result<T, IndexError> {
        result.map_err(|corruption| IndexError::Corrupt {
            path: self.path.clone(),
            corruption,
        })
    }
}

fn map(path: &Path) -> Result<(Mmap, Metadata), IndexError> {
    map_file(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => IndexError::NotFound {
            path: path.to_owned(),
        },
        _ => IndexError::Read {
            path: path.to_owned(),
            source,
        },
    })
}

fn header_error(error: HeaderError, path: &Path, file: &[u8]) -> IndexError {
    let (path, supported) = (path.to_owned(), VERSION);
    match error {
        HeaderError::NotAnIndex => IndexError::NotAnIndex { path },
        HeaderError::OlderVersion(found) => IndexError::OlderVersion {
            path,
            found,
            supported,
        },
        HeaderError::NewerVersion(found) => IndexError::NewerVersion {
            path,
            found,
            supported,
        },
        HeaderError::Truncated => {
            let (expected, found) = (HEADER_BYTES as u64, file.len() as u64);
            IndexError::Truncated {
                path,
                expected,
                found,
            }
        }
        HeaderError::Corrupt(corruption) => IndexError::Corrupt { path, corruption },
    }
}
