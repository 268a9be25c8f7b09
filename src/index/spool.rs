//! Arrays that a build does not hold in memory: written, as they grow, to a file without a name in
//! the index's folder, and mapped when they are complete.
//!
//! The file is gone when the build ends or is killed. Written pages are the operating system's to
//! keep or to put away, so memory does not bound how much there is.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::ops::{Deref, Range};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::{Pod, cast_slice, cast_slice_mut};

use super::error::IndexError;
use crate::map::{Mmap, map_unnamed};

/// Numbers, in memory or in a mapped file.
#[derive(Clone)]
pub struct Array<T>(Store<T>);

#[derive(Clone)]
enum Store<T> {
    Memory(Vec<T>),
    Mapped(Arc<Mmap>),
}

impl<T: Pod> Deref for Array<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.0 {
            Store::Memory(numbers) => numbers,
            Store::Mapped(map) => cast_slice(map),
        }
    }
}

impl<T> From<Vec<T>> for Array<T> {
    fn from(numbers: Vec<T>) -> Self {
        Self(Store::Memory(numbers))
    }
}

impl<T: Pod + PartialEq> PartialEq for Array<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: Pod + fmt::Debug> fmt::Debug for Array<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// An [`Array`] that grows.
pub(crate) struct Spool<T> {
    folder: PathBuf,
    file: BufWriter<File>,
    length: usize,
    numbers: PhantomData<T>,
}

impl<T: Pod> Spool<T> {
    /// An empty one, in a file in `folder`.
    ///
    /// # Errors
    ///
    /// [`IndexError::Spool`] if there can be no file, as for all methods if it cannot be used.
    pub fn create_in(folder: &Path) -> Result<Self, IndexError> {
        let failed = |source| spool_error(folder, source);
        Ok(Self {
            folder: folder.to_owned(),
            file: BufWriter::new(tempfile::tempfile_in(folder).map_err(failed)?),
            length: 0,
            numbers: PhantomData,
        })
    }

    /// Number of elements so far.
    pub fn len(&self) -> usize {
        self.length
    }

    pub fn extend_from_slice(&mut self, numbers: &[T]) -> Result<(), IndexError> {
        let written = self.file.write_all(cast_slice(numbers));
        written.map_err(|source| spool_error(&self.folder, source))?;
        self.length += numbers.len();
        Ok(())
    }

    /// Adds the elements of `range` once more.
    pub fn extend_from_within(&mut self, range: Range<usize>) -> Result<(), IndexError> {
        let mut numbers = vec![T::zeroed(); range.len()];
        let read = self.read(range.start, &mut numbers);
        read.map_err(|source| spool_error(&self.folder, source))?;
        self.extend_from_slice(&numbers)
    }

    fn read(&mut self, start: usize, numbers: &mut [T]) -> io::Result<()> {
        let start = start * size_of::<T>();
        // Seeking writes what is buffered.
        self.file.seek(SeekFrom::Start(start as u64))?;
        self.file.get_mut().read_exact(cast_slice_mut(numbers))?;
        self.file.seek(SeekFrom::End(0))?;
        Ok(())
    }

    /// All elements.
    pub fn finish(self) -> Result<Array<T>, IndexError> {
        if self.length == 0 {
            return Ok(Vec::new().into());
        }
        let file = self.file.into_inner().map_err(io::Error::from);
        let map = file.and_then(|file| map_unnamed(&file));
        let map = map.map_err(|source| spool_error(&self.folder, source))?;
        Ok(Array(Store::Mapped(Arc::new(map))))
    }
}

fn spool_error(folder: &Path, source: io::Error) -> IndexError {
    let folder = folder.to_owned();
    IndexError::Spool { folder, source }
}

#[cfg(test)]
impl<T: Pod> Array<T> {
    /// The numbers in memory; copied there if they are in a file.
    pub fn to_mut(&mut self) -> &mut Vec<T> {
        if let Store::Mapped(map) = &self.0 {
            self.0 = Store::Memory(cast_slice(map).to_vec());
        }
        match &mut self.0 {
            Store::Memory(numbers) => numbers,
            Store::Mapped(_) => unreachable!("copied to memory above"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_in_order_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::<f32>::create_in(folder.path()).unwrap();
        let numbers: Vec<f32> = (0..10_000u16).map(f32::from).collect();
        spool.extend_from_slice(&numbers[..9_000]).unwrap();
        spool.extend_from_within(8_998..9_000).unwrap();
        spool.extend_from_slice(&numbers[9_000..]).unwrap();
        spool.extend_from_within(0..1).unwrap();
        assert_eq!(spool.len(), 10_003);
        let mut array = spool.finish().unwrap();
        let expected = [
            &numbers[..9_000],
            &[8_998.0, 8_999.0],
            &numbers[9_000..],
            &[0.0],
        ]
        .concat();
        assert!(*array == expected);
        // Nothing of it is seen in the folder.
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let copy = array.clone();
        array.to_mut()[0] = 7.0;
        assert_eq!((array[0], copy[0]), (7.0, 0.0));
    }

    #[test]
    fn nothing_is_an_empty_array() {
        let spool = Spool::<i8>::create_in(&std::env::temp_dir()).unwrap();
        assert!(spool.finish().unwrap().is_empty());
    }

    #[test]
    fn a_folder_that_is_not_there_is_told() {
        let error = Spool::<i8>::create_in(Path::new("no/such/folder"))
            .err()
            .unwrap();
        let message = error.to_string();
        assert!(
            message.starts_with("cannot write a temporary file in no/such/folder: "),
            "{message}"
        );
        assert!(
            message.contains("\nhint: create the folder first"),
            "{message}"
        );
    }
}
