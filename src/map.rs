//! Files as bytes, through a memory map.
#![allow(unsafe_code)]

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

pub(crate) use memmap2::Mmap;
use memmap2::MmapMut;

/// Maps a whole file read-only, and says what the system knows of the file that is mapped, which may
/// no longer be the one at `path`. Its start is page-aligned.
pub(crate) fn map_file(path: &Path) -> io::Result<(Mmap, Metadata)> {
    // Opening a named pipe would wait for a writer.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "not a regular file",
        ));
    }
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    // SAFETY: a map is sound as long as nobody changes or cuts the file while it is mapped.
    // docent never changes an index in place: the writer renames a new file over the old one, and
    // the map keeps the old one alive; packs of a model are written once. Another program that
    // overwrites a file in place is outside what a memory map can defend against; all reads are
    // bounds-checked all the same, and no value read is trusted to be the one checked before.
    let map = unsafe { Mmap::map(&file) }?;
    Ok((map, metadata))
}

/// Maps a file that has no name, and so no user but its opener, read-only.
pub(crate) fn map_unnamed(file: &File) -> io::Result<Mmap> {
    // SAFETY: nobody else can open the file; its only user gives it up with this call.
    unsafe { Mmap::map(file) }
}

/// A copy of `bytes` that no file has, read-only. Its start is page-aligned, as a map's.
pub(crate) fn map_copy(bytes: &[u8]) -> io::Result<Mmap> {
    let mut map = MmapMut::map_anon(bytes.len())?;
    map.copy_from_slice(bytes);
    map.make_read_only()
}
