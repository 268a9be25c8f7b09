//! What can go wrong with an index file, with the remedy in the message.

use std::io;
use std::path::PathBuf;

use super::options::GraphOptions;
use super::part::Part;
use crate::encoder::ModelId;
use crate::simd::KernelError;

/// What can go wrong with an index file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// There is no file at `path`.
    #[error("no index file at {}\nhint: build it with `build-index DOCS -o {}`", path.display(), path.display())]
    NotFound {
        /// Where the index was looked for.
        path: PathBuf,
    },
    /// The operating system refuses to read the file.
    #[error("cannot read index file {}: {source}\nhint: check that it is a file that you may read", path.display())]
    Read {
        /// The index file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file does not start with the index file's magic bytes.
    #[error("{} is not a docent index file\nhint: name a file that build-index wrote", path.display())]
    NotAnIndex {
        /// The file.
        path: PathBuf,
    },
    /// The file has a format version that this program no longer reads.
    #[error(
        "index file {} has format version {found}, this docent reads version {supported}\n\
         hint: rebuild it with build-index", path.display()
    )]
    OlderVersion {
        /// The index file.
        path: PathBuf,
        /// Its format version.
        found: u8,
        /// The version that this program reads.
        supported: u8,
    },
    /// The file has a format version that this program does not know yet.
    #[error(
        "index file {} has format version {found}, this docent reads version {supported}\n\
         hint: update docent, or rebuild the index with this version's build-index", path.display()
    )]
    NewerVersion {
        /// The index file.
        path: PathBuf,
        /// Its format version.
        found: u8,
        /// The version that this program reads.
        supported: u8,
    },
    /// The terms in the file were made in another way than a question's are.
    #[error(
        "index file {} has terms of the analyzer {found}, this docent's is {supported}\n\
         hint: rebuild it with build-index", path.display()
    )]
    OtherAnalyzer {
        /// The index file.
        path: PathBuf,
        /// Its analyzer.
        found: String,
        /// The analyzer of this program.
        supported: &'static str,
    },
    /// The file is shorter than its header says.
    #[error(
        "index file {} is cut off: {found} of {expected} bytes\n\
         hint: copy it again or rebuild it with build-index", path.display()
    )]
    Truncated {
        /// The index file.
        path: PathBuf,
        /// Its length by its header, in bytes; at least the header's own.
        expected: u64,
        /// Its length, in bytes.
        found: u64,
    },
    /// The content of the file contradicts itself.
    #[error("index file {} is corrupt: {corruption}\nhint: rebuild it with build-index", path.display())]
    Corrupt {
        /// The index file.
        path: PathBuf,
        /// Which part, and what is wrong with it.
        corruption: Corruption,
    },
    /// The index was built with another model than the one that embeds the question.
    #[error(
        "the index was built with model {} ({}), the encoder is {} ({})\n\
         hint: query with the index's model (--model), or rebuild the index with this one",
        index.name, index.short_digest(), encoder.name, encoder.short_digest()
    )]
    WrongModel {
        /// The index's model.
        index: Box<ModelId>,
        /// The encoder's model.
        encoder: Box<ModelId>,
    },
    /// A query vector has another dimension than the index's vectors.
    #[error(
        "the query vector has {found} dimensions, the index's vectors have {expected}\n\
         hint: embed the question with the model that the index was built with"
    )]
    WrongDimension {
        /// Dimension of the index's vectors.
        expected: usize,
        /// Dimension of the query vector.
        found: usize,
    },
    /// A build option is out of range.
    #[error("{name} is {value}, allowed are {min} to {max}\nhint: leave {name} at its default")]
    InvalidParameter {
        /// The option.
        name: &'static str,
        /// Its value.
        value: usize,
        /// Smallest allowed value.
        min: usize,
        /// Largest allowed value.
        max: usize,
    },
    /// Queries would be answered on a graph that finds too few of the nearest chunks.
    #[error(
        "the graph finds {recall:.3} of the nearest chunks, at least {floor:.2} are wanted; nothing was written\n\
         hint: raise --m (now {}) or --ef-construction (now {})",
        options.m, options.ef_construction
    )]
    LowRecall {
        /// Its measured `ann_recall@10`.
        recall: f32,
        /// The least that is accepted: [`super::RECALL_FLOOR`].
        floor: f32,
        /// What it was built with.
        options: GraphOptions,
    },
    /// The kernel that was asked for is not there.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The parts given to the writer contradict each other; nothing was written.
    #[error(
        "refusing to write an inconsistent index: {corruption}\n\
         hint: this is a bug in docent or in an encoder, please report it"
    )]
    InvalidParts {
        /// Which part, and what is wrong with it.
        corruption: Corruption,
    },
    /// Another build of the same file is under way.
    #[error(
        "another build is writing {}\nhint: wait until it has ended; it holds a lock on {}",
        path.display(), lock.display()
    )]
    Busy {
        /// The index file.
        path: PathBuf,
        /// The file that the other build has locked.
        lock: PathBuf,
    },
    /// The place holds a file that is not an index; nothing was written.
    #[error(
        "{} is there, and it is not a docent index\n\
         hint: name another place with -o, or remove that file first", path.display()
    )]
    Occupied {
        /// The file.
        path: PathBuf,
    },
    /// What a build does not hold in memory could not be written.
    #[error("cannot write a temporary file in {}: {source}\nhint: {}", folder.display(), write_remedy(source))]
    Spool {
        /// Where it was to be: the index file's folder.
        folder: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file could not be written; what was at `path` before is still there, unchanged.
    #[error("cannot write index file {}: {source}\nhint: {}", path.display(), write_remedy(source))]
    Write {
        /// The index file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}

/// A part of an index file and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {damage}")]
pub struct Corruption {
    /// The part, by its name in `FORMAT.md`.
    pub part: &'static str,
    /// What is wrong.
    pub damage: Damage,
}

/// What is wrong with a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The stored checksum is not that of the bytes.
    #[error("checksum is {got:016x}, expected {expected:016x}")]
    Checksum {
        /// As stored.
        expected: u64,
        /// As computed from the bytes.
        got: u64,
    },
    /// A length, count or position contradicts another part.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// As another part implies.
        expected: u64,
        /// As found.
        found: u64,
    },
    /// An id or offset points outside of what it refers to.
    #[error("{value} is over the limit of {limit}")]
    OutOfRange {
        /// The id or offset.
        value: u64,
        /// The number of things that it may refer to.
        limit: u64,
    },
    /// Entries that must ascend do not.
    #[error("entry {entry} is out of order")]
    Order {
        /// The first entry that is not larger than the one before.
        entry: u64,
    },
    /// A record or string is not of its type.
    #[error("record {record} cannot be decoded")]
    Undecodable {
        /// The record's number within its part.
        record: u64,
    },
    /// A row that must be a unit vector is not.
    #[error("row {row} is not a finite vector of length 1")]
    NotUnit {
        /// The row.
        row: u64,
    },
    /// A vector cannot be reached in the graph.
    #[error("chunk {chunk} cannot be reached from the entry point")]
    Unreachable {
        /// The chunk.
        chunk: u64,
    },
}

impl Damage {
    /// This damage, found in `part`.
    pub(super) fn of(self, part: Part) -> Corruption {
        Corruption {
            part: part.name(),
            damage: self,
        }
    }

    /// This damage, found in the header.
    pub(super) fn of_header(self) -> Corruption {
        Corruption {
            part: "header",
            damage: self,
        }
    }

    /// Err([`Damage::Mismatch`]) unless the two are equal.
    pub(super) fn unless_equal(expected: usize, found: usize) -> Result<(), Damage> {
        if expected == found {
            Ok(())
        } else {
            Err(Damage::Mismatch {
                expected: expected as u64,
                found: found as u64,
            })
        }
    }
}

fn write_remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "name a place that you may write to with -o"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space there, or name another place with -o"
        }
        io::ErrorKind::IsADirectory => "name a file in it with -o",
        io::ErrorKind::FileTooLarge => "raise the limit on file sizes (ulimit -f)",
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
            "create the folder first, or name another place with -o"
        }
        _ => "name another place with -o",
    }
}
