//! The frame of the index file: magic, version, part table, records. See `FORMAT.md`.
//!
//! The only file that knows bincode.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use super::error::{Corruption, Damage};
use super::part::Part;

#[cfg(target_endian = "big")]
compile_error!("the index file is little-endian and read in place: big-endian targets cannot");

/// The version that this program writes and reads.
pub const VERSION: u8 = 7;
/// The first bytes of every index file of any version; the version byte follows.
pub(super) const MAGIC: [u8; 7] = *b"\x89docent";
/// Parts start at multiples of this many bytes.
pub(super) const ALIGNMENT: u64 = 64;
/// Section, first and last line of its text, first and last line of the file, tokens of a chunk.
pub(super) type ChunkNumbers = [u32; 6];
/// Longest bincode record in bytes, for writing and for reading.
pub(super) const MAX_RECORD: usize = 64 << 20;

const CHECKSUM_AT: usize = 24;
const TABLE_AT: usize = 32;
const ENTRY_BYTES: usize = 32;
const TABLE_END: usize = TABLE_AT + Part::ALL.len() * ENTRY_BYTES;
/// Length of the header with its part table and padding: where the first part starts.
pub(super) const HEADER_BYTES: usize = TABLE_END.next_multiple_of(ALIGNMENT as usize);

/// Where a part lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    /// Start of the part: a multiple of [`ALIGNMENT`].
    pub offset: u64,
    /// Length without padding.
    pub length: u64,
    /// XXH3-64 of the part and its padding.
    pub checksum: u64,
}

impl Entry {
    /// End of the part's padding, which is where the next part starts.
    pub fn padded_end(&self) -> Option<u64> {
        self.offset
            .checked_add(self.length)?
            .checked_next_multiple_of(ALIGNMENT)
    }
}

/// The header's content after magic and version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Length of the file in bytes.
    pub file_length: u64,
    /// One entry for each of [`Part::ALL`].
    pub entries: Vec<Entry>,
}

/// Why a header is no header of this version.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    NotAnIndex,
    OlderVersion(u8),
    NewerVersion(u8),
    /// Shorter than a header.
    Truncated,
    Corrupt(Corruption),
}

impl Header {
    /// Lays out parts of the given (length, checksum), in the order of [`Part::ALL`].
    pub fn lay_out(parts: impl IntoIterator<Item = (u64, u64)>) -> Header {
        let mut end = HEADER_BYTES as u64;
        let entries = parts
            .into_iter()
            .map(|(length, checksum)| {
                let entry = Entry {
                    offset: end,
                    length,
                    checksum,
                };
                end = (end + length).next_multiple_of(ALIGNMENT);
                entry
            })
            .collect();
        Header {
            file_length: end,
            entries,
        }
    }

    /// The header's bytes, padded to where the first part starts.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend(MAGIC);
        bytes.push(VERSION);
        bytes.extend((self.entries.len() as u32).to_le_bytes());
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(self.file_length.to_le_bytes());
        bytes.extend(0u64.to_le_bytes());
        for (part, entry) in Part::ALL.iter().zip(&self.entries) {
            bytes.extend(part.kind().to_le_bytes());
            bytes.extend(0u32.to_le_bytes());
            bytes.extend(entry.offset.to_le_bytes());
            bytes.extend(entry.length.to_le_bytes());
            bytes.extend(entry.checksum.to_le_bytes());
        }
        bytes.resize(HEADER_BYTES, 0);
        let checksum = header_checksum(&bytes);
        bytes[CHECKSUM_AT..TABLE_AT].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads and checks the header at the start of `file`, the layout of the parts included.
    pub fn decode(file: &[u8]) -> Result<Header, HeaderError> {
        check_magic(file)?;
        let bytes = file.get(..HEADER_BYTES).ok_or(HeaderError::Truncated)?;
        let (expected, got) = (u64_at(bytes, CHECKSUM_AT), header_checksum(bytes));
        if expected != got {
            return Err(HeaderError::Corrupt(
                Damage::Checksum { expected, got }.of_header(),
            ));
        }
        let header = Header {
            file_length: u64_at(bytes, 16),
            entries: bytes[TABLE_AT..TABLE_END]
                .chunks_exact(ENTRY_BYTES)
                .map(|entry| Entry {
                    offset: u64_at(entry, 8),
                    length: u64_at(entry, 16),
                    checksum: u64_at(entry, 24),
                })
                .collect(),
        };
        header.check_layout(bytes).map_err(HeaderError::Corrupt)?;
        Ok(header)
    }

    /// The parts must be exactly those of this version, in order and without gaps.
    fn check_layout(&self, bytes: &[u8]) -> Result<(), Corruption> {
        // Eight bytes from a four-byte field: the reserved zero after it is checked along.
        let must_be = |expected: u64, found: u64| {
            if expected == found {
                Ok(())
            } else {
                Err(Damage::Mismatch { expected, found })
            }
        };
        must_be(Part::ALL.len() as u64, u64_at(bytes, 8)).map_err(Damage::of_header)?;
        let mut end = HEADER_BYTES as u64;
        for (i, (part, entry)) in Part::ALL.into_iter().zip(&self.entries).enumerate() {
            let kind = u64_at(bytes, TABLE_AT + i * ENTRY_BYTES);
            must_be(u64::from(part.kind()), kind).map_err(|damage| damage.of(part))?;
            must_be(end, entry.offset).map_err(|damage| damage.of(part))?;
            let limit = self.file_length;
            end = entry.padded_end().filter(|end| *end <= limit).ok_or(
                Damage::OutOfRange {
                    value: entry.length,
                    limit,
                }
                .of(part),
            )?;
        }
        must_be(end, self.file_length).map_err(Damage::of_header)
    }
}

/// The header's checksum in a file whose header was decoded; it covers those of all parts.
pub(super) fn stored_checksum(file: &[u8]) -> u64 {
    u64_at(file, CHECKSUM_AT)
}

fn check_magic(file: &[u8]) -> Result<(), HeaderError> {
    match file.split_at_checked(MAGIC.len()) {
        Some((magic, rest)) if magic == MAGIC => match rest.first() {
            Some(&VERSION) => Ok(()),
            Some(&found) if found < VERSION => Err(HeaderError::OlderVersion(found)),
            Some(&found) => Err(HeaderError::NewerVersion(found)),
            None => Err(HeaderError::Truncated),
        },
        None if !file.is_empty() && MAGIC.starts_with(file) => Err(HeaderError::Truncated),
        _ => Err(HeaderError::NotAnIndex),
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let bytes: [u8; 8] = std::array::from_fn(|i| bytes[at + i]);
    u64::from_le_bytes(bytes)
}

fn header_checksum(bytes: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(&bytes[..CHECKSUM_AT]);
    hash.update(&bytes[TABLE_AT..HEADER_BYTES]);
    hash.digest()
}

/// XXH3-64 of a part: its bytes and the zero bytes that pad it.
pub(super) fn part_checksum(part: &[u8]) -> u64 {
    let mut hash = Xxh3::new();
    hash.update(part);
    hash.update(padding(part.len()));
    hash.digest()
}

/// The zero bytes that pad a part of `length` bytes.
pub(super) fn padding(length: usize) -> &'static [u8] {
    const ZEROS: [u8; ALIGNMENT as usize] = [0; ALIGNMENT as usize];
    &ZEROS[..length.next_multiple_of(ZEROS.len()) - length]
}

type RecordConfig = Configuration<LittleEndian, Fixint, Limit<MAX_RECORD>>;

const RECORD: RecordConfig = bincode::config::standard()
    .with_fixed_int_encoding()
    .with_limit::<MAX_RECORD>();

/// One value as bytes; `None` if it is longer than [`MAX_RECORD`].
pub(crate) fn encode_record<T: Serialize>(value: &T) -> Option<Vec<u8>> {
    let bytes = bincode::serde::encode_to_vec(value, RECORD).ok()?;
    (bytes.len() <= MAX_RECORD).then_some(bytes)
}

/// The value that `bytes`, all of them, encode. Strings may be borrowed from `bytes`.
pub(crate) fn decode_record<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Option<T> {
    let (value, read) = bincode::serde::borrow_decode_from_slice(bytes, RECORD).ok()?;
    (read == bytes.len()).then_some(value)
}
