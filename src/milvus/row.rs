//! Rows of chunks and sections: made of an index, and read back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::client::{NotThere, Row, Sparse};
use super::error::StoreError;
use super::schema::{LONGEST_TEXT, SCHEMA};
use super::url::StoreUrl;
use crate::analysis::ANALYZER;
use crate::index::{
    ChunkId, ChunkRecord, Index, IndexError, Postings, SectionRecord, decode_record, encode_record,
};
use crate::rank::bm25;

/// A hash of all that is stored of a section.
pub type Key = [u8; 16];

/// The dimension of sparse vectors that stands for `term`, its number in term sequences too. Never 0, which
/// stands for no term.
pub fn term_number(term: &str) -> u32 {
    (xxh3_64(term.as_bytes()) % u64::from(u32::MAX - 1)) as u32 + 1
}

/// What a document without terms has, since Milvus takes no sparse vector without a value.
fn no_term() -> Sparse {
    Sparse::from([(0, f32::MIN_POSITIVE)])
}

/// For each document of `postings` its terms with their weights.
pub struct Documents {
    /// Those of document `i` are `starts[i]..starts[i + 1]`.
    starts: Vec<usize>,
    numbers: Vec<u32>,
    weights: Vec<f32>,
}

impl Documents {
    /// Turns `postings` around. O(postings), 8 bytes each.
    pub fn new(postings: &Postings<'_>) -> Result<Self, IndexError> {
        let lengths = postings.doc_lengths();
        let mean = bm25::mean_length(lengths);
        let mut starts = vec![0; lengths.len() + 1];
        for term in postings.terms() {
            let (_, (ids, _)) = term?;
            ids.iter().for_each(|&id| starts[id as usize + 1] += 1);
        }
        for i in 0..lengths.len() {
            starts[i + 1] += starts[i];
        }
        let all = starts[lengths.len()];
        let (mut numbers, mut weights) = (vec![0; all], vec![0.0; all]);
        let mut next = starts.clone();
        for term in postings.terms() {
            let (term, (ids, freqs)) = term?;
            let number = term_number(term);
            for (&id, &freq) in ids.iter().zip(freqs) {
                let at = &mut next[id as usize];
                numbers[*at] = number;
                weights[*at] = bm25::document_weight(freq, lengths[id as usize], mean);
                *at += 1;
            }
        }
        Ok(Self {
            starts,
            numbers,
            weights,
        })
    }

    /// The terms of a document with their weights.
    pub fn get(&self, document: usize) -> Sparse {
        let span = self.starts[document]..self.starts[document + 1];
        let numbers = self.numbers[span.clone()].iter().copied();
        numbers.zip(self.weights[span].iter().copied()).collect()
    }
}

/// What is stored of a chunk beside its vectors.
#[derive(Serialize, Deserialize)]
struct Passage<'a> {
    /// First and last line of the section's text, first and last line of the file, tokens.
    numbers: [u32; 5],
    #[serde(borrow)]
    heading_path: Vec<&'a str>,
    anchor: Option<&'a str>,
    text: &'a str,
    embed_text_hash: [u8; 16],
    /// Its terms in order: see [`term_number`].
    terms: Vec<u32>,
}

/// The rows of a section: its key, its terms, and its chunks without ids.
pub struct SectionRows {
    pub key: Key,
    terms: Sparse,
    chunks: Vec<ChunkRow>,
}

struct ChunkRow {
    vector: Vec<f32>,
    terms: Sparse,
    codes: String,
    passage: String,
}

/// What rows are made of.
pub struct Source<'a> {
    pub index: &'a Index,
    pub url: &'a StoreUrl,
    /// Of chunks, and of sections.
    pub chunks: Documents,
    pub sections: Documents,
    /// The numbers of the chunks' terms.
    pub numbers: Vec<u32>,
}

impl<'a> Source<'a> {
    pub fn new(index: &'a Index, url: &'a StoreUrl) -> Result<Self, IndexError> {
        let terms = index.chunks_lexical();
        let numbers = terms.terms().map(|term| Ok(term_number(term?.0)));
        Ok(Self {
            index,
            url,
            chunks: Documents::new(&terms)?,
            sections: Documents::new(&index.sections_lexical())?,
            numbers: numbers.collect::<Result<_, IndexError>>()?,
        })
    }

    /// The rows of section `number`, whose record is `section`.
    pub fn rows(&self, number: usize, section: &SectionRecord) -> crate::Result<SectionRows> {
        let chunks = section.chunk_ids().map(|id| self.chunk(id, section));
        let chunks = chunks.collect::<crate::Result<Vec<_>>>()?;
        let terms = self.sections.get(number);
        let mut hash = Xxh3::new();
        let mut add = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        add(&SCHEMA.to_le_bytes());
        add(ANALYZER.as_bytes());
        let model = &self.index.meta().model;
        add(&encode_record(model).unwrap_or_default());
        add(section.path.as_bytes());
        add(&sparse_bytes(&terms));
        for chunk in &chunks {
            add(bytemuck::cast_slice(&chunk.vector));
            add(&sparse_bytes(&chunk.terms));
            add(chunk.codes.as_bytes());
            add(chunk.passage.as_bytes());
        }
        Ok(SectionRows {
            key: hash.digest128().to_le_bytes(),
            terms,
            chunks,
        })
    }

    fn chunk(&self, id: ChunkId, section: &SectionRecord) -> crate::Result<ChunkRow> {
        let index = self.index;
        let chunk = index.chunk(id)?;
        let codes = index.token_vectors(id)?.map_or(&[][..], |rows| rows.codes);
        let terms = index.term_sequence(id)?.iter();
        // A number that is no term's compares with none.
        let number = |&term: &u32| self.numbers.get(term as usize).copied().unwrap_or(0);
        let (start, end) = chunk.file_lines;
        let passage = Passage {
            numbers: [chunk.line_start, chunk.line_end, start, end, chunk.tokens],
            heading_path: chunk.heading_path,
            anchor: chunk.anchor,
            text: chunk.text,
            embed_text_hash: chunk.embed_text_hash,
            terms: terms.map(number).collect(),
        };
        let too_long = |what, bytes| StoreError::TooLong {
            url: self.url.to_string(),
            section: section.path.clone(),
            line: chunk.line_start,
            what,
            bytes,
            limit: LONGEST_TEXT,
        };
        let text = |what, bytes: &[u8]| {
            let text = STANDARD.encode(bytes);
            match text.len() <= LONGEST_TEXT {
                true => Ok(text),
                false => Err(too_long(what, text.len())),
            }
        };
        let mut terms = self.chunks.get(id.position());
        if terms.is_empty() {
            terms = no_term();
        }
        let vector = index.vectors().row(id.position());
        Ok(ChunkRow {
            vector: vector.unwrap_or_default().to_vec(),
            terms,
            codes: text("token vectors", codes)?,
            passage: text(
                "text and terms",
                &encode_record(&passage).unwrap_or_default(),
            )?,
        })
    }
}

fn sparse_bytes(vector: &Sparse) -> Vec<u8> {
    let pairs = vector.iter();
    let pairs = pairs.flat_map(|(number, weight)| [number.to_le_bytes(), weight.to_le_bytes()]);
    pairs.flatten().collect()
}

impl SectionRows {
    /// The number of its chunks.
    pub fn len(&self) -> usize {
        self.chunks.len()
    }

    /// The rows of its chunks, each with its id.
    pub fn chunks(&self, version: i64) -> impl Iterator<Item = (String, Value)> {
        self.chunks.iter().enumerate().map(move |(i, chunk)| {
            let id = chunk_id(&self.key, i as u32);
            let row = json!({
                "id": id,
                "section": hex::encode(self.key),
                "ordinal": i,
                "added": version,
                "vector": chunk.vector,
                "bm25": chunk.terms,
                "codes": chunk.codes,
                "passage": chunk.passage,
            });
            (id, row)
        })
    }

    /// The row of the section itself with its id; `None` if it has no terms.
    pub fn section(&self, version: i64) -> Option<(String, Value)> {
        let id = hex::encode(self.key);
        let row = || json!({ "id": id, "added": version, "bm25": self.terms });
        (!self.terms.is_empty()).then(|| (id.clone(), row()))
    }
}

/// The id of the chunk `ordinal` of a section.
pub fn chunk_id(key: &Key, ordinal: u32) -> String {
    format!("{}-{ordinal:08x}", hex::encode(key))
}

/// The section and the place of the chunk `id`.
pub fn parse_chunk_id(id: &str) -> Option<(Key, u32)> {
    let (key, ordinal) = id.split_once('-')?;
    Some((parse_key(key)?, u32::from_str_radix(ordinal, 16).ok()?))
}

/// The key that `text` writes.
pub fn parse_key(text: &str) -> Option<Key> {
    hex::decode(text).ok()?.try_into().ok()
}

/// A chunk as it comes back.
pub struct StoredChunk {
    pub id: String,
    pub vector: Vec<f32>,
    pub terms: Sparse,
    pub codes: Vec<u8>,
    passage: Vec<u8>,
}

impl StoredChunk {
    /// The fields that it is read from.
    pub const FIELDS: [&'static str; 5] = ["id", "vector", "bm25", "codes", "passage"];

    /// A row, whose fields are not looked into yet.
    pub fn read(row: &Row<'_>) -> Result<Self, NotThere> {
        let bytes = |field| {
            let text = row.text(field)?;
            STANDARD
                .decode(text)
                .map_err(|error| NotThere::of(field, &error))
        };
        Ok(Self {
            id: row.text("id")?.to_owned(),
            vector: row.vector("vector")?.to_vec(),
            terms: row.sparse("bm25")?.clone(),
            codes: bytes("codes")?,
            passage: bytes("passage")?,
        })
    }

    /// The chunk, as one of section `section`, and its terms in order; `None` if they cannot be read.
    pub fn record(&self, section: u32) -> Option<(ChunkRecord, Vec<u32>)> {
        let passage: Passage<'_> = decode_record(&self.passage)?;
        let [line_start, line_end, file_start, file_end, tokens] = passage.numbers;
        let headings = passage.heading_path.iter();
        let record = ChunkRecord {
            section,
            line_start,
            line_end,
            file_lines: (file_start, file_end),
            tokens,
            heading_path: headings.map(|&heading| heading.to_owned()).collect(),
            anchor: passage.anchor.map(str::to_owned),
            text: passage.text.to_owned(),
            embed_text_hash: passage.embed_text_hash,
        };
        Some((record, passage.terms))
    }
}
