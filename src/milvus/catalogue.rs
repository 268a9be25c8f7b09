//! The catalogue of a store: what no question changes, in versions.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::client::{Client, NotThere};
use super::error::StoreError;
use super::row::Key;
use super::schema::SCHEMA;
use super::url::StoreUrl;
use crate::index::{Index, IndexError, Postings, decode_record, encode_record};

/// Bytes of a piece of the catalogue, in one row: in Base64 less than the longest text.
const PIECE: usize = 48_000;
/// Pieces that one request asks for: with a head, less than the 4 MB that an answer may have.
const PIECES_AT_ONCE: usize = 40;
/// Most pieces of a catalogue: 4.8 GB.
const MOST_PIECES: usize = 100_000;
/// The number of the row that says that all pieces are there.
const HEAD: i64 = -1;

/// What ranking needs to know of chunks that are elsewhere.
#[derive(Debug, Serialize, Deserialize)]
pub struct Statistics {
    /// The key of each section.
    pub keys: Vec<Key>,
    /// The number of chunks of each section.
    pub chunks: Vec<u32>,
    /// In how many chunks terms are.
    pub chunk_terms: Terms,
    /// In how many sections terms are.
    pub section_terms: Terms,
}

/// Terms, ascending, each with the number of documents that have it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Terms {
    bytes: Vec<u8>,
    /// Term `i` ends at `ends[i]`.
    ends: Vec<u64>,
    frequencies: Vec<u32>,
}

impl Terms {
    /// Those of `postings`.
    pub fn of(postings: &Postings<'_>) -> Result<Self, IndexError> {
        let mut all = Self {
            bytes: Vec::new(),
            ends: Vec::with_capacity(postings.num_terms()),
            frequencies: Vec::with_capacity(postings.num_terms()),
        };
        for term in postings.terms() {
            let (term, (ids, _)) = term?;
            all.bytes.extend_from_slice(term.as_bytes());
            all.ends.push(all.bytes.len() as u64);
            all.frequencies.push(ids.len() as u32);
        }
        Ok(all)
    }

    /// In how many documents `term` is; `None` for none. O(log terms).
    pub fn frequency(&self, term: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.term(middle).cmp(term.as_bytes()) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Some(self.frequencies[middle] as usize),
            }
        }
        None
    }

    /// Term `i`. Offsets are in order and in the bytes: see [`Terms::is_sound`].
    fn term(&self, i: usize) -> &[u8] {
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.bytes[start as usize..self.ends[i] as usize]
    }

    fn is_sound(&self) -> bool {
        let end = self.ends.last().copied().unwrap_or(0);
        self.ends.is_sorted()
            && end <= self.bytes.len() as u64
            && self.ends.len() == self.frequencies.len()
    }
}

/// A catalogue in memory.
pub struct Catalogue {
    pub index: Index,
    pub statistics: Statistics,
}

/// What the row says that makes a version complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of what is stored.
    schema: u32,
    pieces: usize,
    /// Of all bytes.
    hash: String,
}

impl Head {
    /// That of a catalogue of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            schema: SCHEMA,
            pieces: bytes.len().div_ceil(PIECE),
            hash: format!("{:032x}", xxh3_128(bytes)),
        }
    }
}

impl Catalogue {
    /// The bytes of the catalogue of `index`, whose sections have `keys`. The same index gives the same bytes.
    pub fn encode(index: &Index, keys: Vec<Key>) -> Result<Vec<u8>, IndexError> {
        let chunks = index
            .sections()
            .map(|id| Ok(index.section(id)?.chunks.len() as u32));
        let statistics = Statistics {
            keys,
            chunks: chunks.collect::<Result<_, IndexError>>()?,
            chunk_terms: Terms::of(&index.chunks_lexical())?,
            section_terms: Terms::of(&index.sections_lexical())?,
        };
        // What is too long for a record is read as damage: a store of hundreds of millions of chunks.
        let statistics = encode_record(&statistics).unwrap_or_default();
        let mut bytes = (statistics.len() as u64).to_le_bytes().to_vec();
        bytes.extend(statistics);
        bytes.extend(index.without_chunks()?.to_bytes()?);
        Ok(bytes)
    }

    fn decode(bytes: &[u8], url: &StoreUrl) -> Result<Option<Self>, IndexError> {
        let split = || {
            let (length, rest) = bytes.split_first_chunk()?;
            let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
            let (statistics, index) = rest.split_at_checked(length)?;
            Some((decode_record::<Statistics>(statistics)?, index))
        };
        let Some((statistics, index)) = split() else {
            return Ok(None);
        };
        let index = Index::from_bytes(index, Path::new(&url.to_string()))?;
        let is_sound = statistics.keys.len() == index.num_sections()
            && statistics.chunks.len() == index.num_sections()
            && statistics.num_chunks() <= u64::from(u32::MAX)
            && statistics.chunk_terms.is_sound()
            && statistics.section_terms.is_sound();
        Ok(is_sound.then_some(Self { index, statistics }))
    }

    /// The complete versions in the store, ascending.
    pub fn heads(client: &Client, url: &StoreUrl) -> Result<BTreeMap<i64, Head>, StoreError> {
        let filters = vec![format!("part == {HEAD}")];
        let rows = client.query(&url.catalogue(), filters, &["version", "data"], |row| {
            let head = serde_json::from_str(row.text("data")?);
            let head = head.map_err(|error| NotThere::of("data", &error))?;
            Ok((row.number("version")?, head))
        })?;
        Ok(rows.into_iter().collect())
    }

    /// The catalogue of a version, whose head is `head`.
    pub fn read(client: &Client, url: &StoreUrl, version: i64, head: &Head) -> crate::Result<Self> {
        if head.schema != SCHEMA {
            return Err(StoreError::OtherSchema {
                url: url.to_string(),
                found: head.schema,
                supported: SCHEMA,
            }
            .into());
        }
        let damaged = || client.damaged(format!("version {version} of its catalogue is not whole"));
        if head.pieces > MOST_PIECES {
            return Err(damaged().into());
        }
        let filters = (0..head.pieces).step_by(PIECES_AT_ONCE).map(|first| {
            let end = first + PIECES_AT_ONCE;
            format!("version == {version} and part >= {first} and part < {end}")
        });
        let fields = ["part", "data"];
        let pieces = client.query(&url.catalogue(), filters.collect(), &fields, |row| {
            let data = STANDARD.decode(row.text("data")?);
            let data = data.map_err(|error| NotThere::of("data", &error))?;
            Ok((row.number("part")?, data))
        })?;
        let pieces: BTreeMap<i64, Vec<u8>> = pieces.into_iter().collect();
        let bytes = pieces.into_values().collect::<Vec<_>>().concat();
        if Head::of(&bytes) != *head {
            return Err(damaged().into());
        }
        Ok(Self::decode(&bytes, url)?.ok_or_else(damaged)?)
    }

    /// Stores the pieces of a catalogue, and then its head.
    pub fn write(
        client: &Client,
        url: &StoreUrl,
        version: i64,
        bytes: &[u8],
    ) -> Result<(), StoreError> {
        let row = |part: i64, data: String| {
            json!({
                "id": format!("{version}/{part}"),
                "version": version,
                "part": part,
                "data": data,
                "vector": [1.0, 0.0],
            })
        };
        let pieces: Vec<_> = (0..)
            .zip(bytes.chunks(PIECE))
            .map(|(part, piece)| row(part, STANDARD.encode(piece)))
            .collect();
        for some in pieces.chunks(PIECES_AT_ONCE) {
            client.upsert(&url.catalogue(), some.to_vec())?;
        }
        // What an earlier build with more pieces has left under this version.
        let beyond = format!("version == {version} and part >= {}", pieces.len());
        client.delete(&url.catalogue(), &beyond)?;
        client.flush(&[url.chunks(), url.sections(), url.catalogue()])?;
        let head = json!(Head::of(bytes)).to_string();
        client.upsert(&url.catalogue(), vec![row(HEAD, head)])?;
        client.flush(&[url.catalogue()])
    }

    /// Removes all versions before `version`.
    pub fn remove_before(client: &Client, url: &StoreUrl, version: i64) -> Result<(), StoreError> {
        client.delete(&url.catalogue(), &format!("version < {version}"))
    }
}

impl Statistics {
    /// Number of all chunks.
    pub fn num_chunks(&self) -> u64 {
        self.chunks.iter().map(|&count| u64::from(count)).sum()
    }
}
