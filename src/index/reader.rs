//! Opens an index file and reads it where it lies.

use std::path::Path;

use rayon::prelude::*;

use super::chunk_set::ChunkSet;
use super::error::{Corruption, Damage, IndexError};
use super::file::{FileState, IndexFile};
use super::flat::{self, Neighbour};
use super::format::{ChunkNumbers, decode_record};
use super::graph::{self, BeamPool, CodesRef, EF_SEARCH, GraphQuery, GraphRef};
use super::ids::{ChunkId, SectionId};
use super::lexical::{CHUNK_PARTS, GUIDE_PARTS, LexicalParts, Postings, SECTION_PARTS};
use super::matrix::MatrixRef;
use super::meta::{Meta, SectionRecord};
use super::options::SearchPath;
use super::part::Part;
use super::records::Records;
use super::sequences::SequencesRef;
use super::tokens::{CHUNK_TOKEN_PARTS, GUIDE_TOKEN_PARTS, TokenRows, TokenTableRef};
use crate::analysis::ANALYZER;
use crate::corpus::Guide;
use crate::encoder::ModelId;
use crate::simd::Simd;

/// Longest file, in bytes, that is verified whole when it is opened.
pub const VERIFIED_WHOLE: u64 = 16 << 20;
/// Vectors that one step of a walk compares, roughly: the links that were not visited yet.
const COMPARED_A_STEP: usize = 16;
/// Longest part, in bytes, that is verified when a longer file is opened.
const VERIFIED_PART: usize = 64 << 10;

/// An open index file.
///
/// Opening costs no time in proportion to the number of chunks, except for the checksums of a
/// file of at most [`VERIFIED_WHOLE`] bytes. What was not verified is checked where it is used,
/// so a damaged file gives an error and never a panic. Can be shared between threads.
#[derive(Debug)]
pub struct Index {
    file: IndexFile,
    meta: Meta,
    shape: [u32; 3],
    simd: Simd,
    beams: BeamPool,
}

/// A passage of a section, borrowed from the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkRef<'a> {
    /// Its section.
    pub section: SectionId,
    /// First line of the section's text, 1-based.
    pub line_start: u32,
    /// Last line of it, inclusive.
    pub line_end: u32,
    /// First and last line of the file, 1-based, inclusive; 0 if it has pages and no lines.
    pub file_lines: (u32, u32),
    /// Tokens of the embedded text.
    pub tokens: u32,
    /// Headings from the outermost down.
    pub heading_path: Vec<&'a str>,
    /// What a link to the last of them names after `#`, where the document says it, or to the page, if it has pages.
    pub anchor: Option<&'a str>,
    /// The passage as it is shown.
    pub text: &'a str,
    /// Hash of the embedded text.
    pub embed_text_hash: [u8; 16],
}

impl ChunkRef<'_> {
    /// First and last line of the file where they are not those of the section's text, and the file has lines.
    pub fn other_file_lines(&self) -> Option<(u32, u32)> {
        let is_other = self.file_lines != (self.line_start, self.line_end);
        (is_other && !self.has_page()).then_some(self.file_lines)
    }

    /// Whether its file has pages and no lines: the anchor is then that of a page.
    pub fn has_page(&self) -> bool {
        self.file_lines == (0, 0)
    }
}

impl Index {
    /// Opens the index file `path`.
    ///
    /// Checks magic, version, header, length, part table, analyzer and the parts' lengths against each
    /// other, and the checksums of everything in a file of at most [`VERIFIED_WHOLE`] bytes, of
    /// the small parts of a longer one ([`Index::verify`] checks all).
    pub fn open(path: &Path) -> Result<Index, IndexError> {
        Self::of(IndexFile::open(path)?)
    }

    /// Opens an index that is no file: `bytes` as a file would have them, which are copied. Errors call it `name`.
    pub fn from_bytes(bytes: &[u8], name: &Path) -> Result<Index, IndexError> {
        Self::of(IndexFile::of_bytes(bytes, name)?)
    }

    fn of(file: IndexFile) -> Result<Index, IndexError> {
        for part in Part::ALL {
            if file.length() <= VERIFIED_WHOLE || file.bytes(part).len() <= VERIFIED_PART {
                file.locate(file.verify_checksum(part))?;
            }
        }
        let (meta, shape) = file.locate(read_meta(&file))?;
        if meta.analyzer != ANALYZER {
            return Err(IndexError::OtherAnalyzer {
                path: file.path().to_owned(),
                found: meta.analyzer,
                supported: ANALYZER,
            });
        }
        let index = Index {
            file,
            meta,
            shape,
            simd: Simd::detect()?,
            beams: BeamPool::default(),
        };
        index.locate(index.check_shape())?;
        Ok(index)
    }

    /// The instruction set that searches of this index run on.
    pub fn simd(&self) -> Simd {
        self.simd
    }

    /// Identity, options and figures of the build.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// The file that is open.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What the system said of the file when it was opened: after a build has replaced it, that of the
    /// file at [`Index::path`] is another.
    pub fn file_state(&self) -> FileState {
        self.file.state()
    }

    /// A number that two indexes share only if they have the same content.
    pub fn content_id(&self) -> u64 {
        self.file.content_id()
    }

    /// Length of the file in bytes.
    pub fn file_length(&self) -> u64 {
        self.file.length()
    }

    /// Fails unless vectors of `model` can be compared with those of the index.
    pub fn check_model(&self, model: &ModelId) -> Result<(), IndexError> {
        if *model == self.meta.model {
            return Ok(());
        }
        let index = Box::new(self.meta.model.clone());
        Err(IndexError::WrongModel {
            index,
            encoder: Box::new(model.clone()),
        })
    }

    /// Number of sections.
    pub fn num_sections(&self) -> usize {
        self.meta.counts.sections as usize
    }

    /// Number of chunks.
    pub fn num_chunks(&self) -> usize {
        self.meta.counts.chunks as usize
    }

    /// All sections, in the order of their paths.
    pub fn sections(&self) -> impl Iterator<Item = SectionId> + use<> {
        (0..self.meta.counts.sections).map(SectionId)
    }

    /// A section. Decodes one record; its chunks' numbers are below [`Index::num_chunks`].
    pub fn section(&self, id: SectionId) -> Result<SectionRecord, IndexError> {
        let record = self
            .section_records()
            .get::<SectionRecord>(id.position())
            .and_then(|section| {
                let (value, limit) = (u64::from(section.chunks.end), self.num_chunks() as u64);
                if section.chunks.start > section.chunks.end || value > limit {
                    return Err(Damage::OutOfRange { value, limit }.of(Part::SectionRecords));
                }
                Ok(section)
            });
        self.locate(record)
    }

    /// A chunk. Decodes one record; the text is borrowed from the file.
    pub fn chunk(&self, id: ChunkId) -> Result<ChunkRef<'_>, IndexError> {
        self.locate(self.read_chunk(id.position()))
    }

    /// The chunks of a section, in order. Decodes a record each.
    pub fn chunks_of(&self, section: &SectionRecord) -> Result<Vec<ChunkRef<'_>>, IndexError> {
        section.chunk_ids().map(|id| self.chunk(id)).collect()
    }

    /// The section of a chunk: O(1), nothing is decoded.
    pub fn section_of(&self, id: ChunkId) -> Result<SectionId, IndexError> {
        let numbers = self.chunk_numbers(id.position());
        self.locate(numbers.map(|[section, ..]| SectionId(section)))
    }

    /// Hash of each chunk's embedded text.
    pub fn chunk_hashes(&self) -> &[[u8; 16]] {
        self.array(Part::ChunkHashes)
    }

    /// The chunks' sentence vectors: one unit row for each chunk.
    pub fn vectors(&self) -> MatrixRef<'_> {
        MatrixRef {
            dim: self.shape[0] as usize,
            data: self.array(Part::Vectors),
        }
    }

    /// What the corpus's guide files say. Decodes all of it.
    pub fn guide(&self) -> Result<Guide, IndexError> {
        self.locate(self.read_guide())
    }

    /// Unit rows, one for each of [`Guide::passages`].
    pub fn guide_vectors(&self) -> MatrixRef<'_> {
        MatrixRef {
            dim: self.shape[0] as usize,
            data: self.array(Part::GuideVectors),
        }
    }

    /// Token vectors of one of [`Guide::passages`]; `None` if the index holds none.
    pub fn guide_token_vectors(&self, row: usize) -> Result<Option<TokenRows<'_>>, IndexError> {
        let table = self.guide_token_table();
        self.locate(table.map(|table| table.get(row)).transpose())
    }

    pub(super) fn guide_token_dim(&self) -> Option<usize> {
        self.guide_token_table().map(|table| table.dim as usize)
    }

    /// Terms of [`Guide::passages`].
    pub fn guide_lexical(&self) -> Postings<'_> {
        self.lexical(GUIDE_PARTS)
    }

    /// Whether the index holds token vectors.
    pub fn has_token_vectors(&self) -> bool {
        self.token_table().is_some()
    }

    /// Dimension of the token vectors; `None` if the index holds none.
    pub fn token_dim(&self) -> Option<usize> {
        self.token_table().map(|table| table.dim as usize)
    }

    /// The token vectors of a chunk; `None` if the index holds none.
    pub fn token_vectors(&self, id: ChunkId) -> Result<Option<TokenRows<'_>>, IndexError> {
        let table = self.token_table();
        self.locate(table.map(|table| table.get(id.position())).transpose())
    }

    /// Number of chunks that hold each token id of the model; ids past the end are in none. Empty
    /// if the index holds no token vectors.
    pub fn token_frequencies(&self) -> &[u32] {
        self.array(Part::TokenFrequencies)
    }

    /// Words of the corpus in lower case, most frequent first. Looks at all of them.
    pub fn vocabulary(&self) -> Result<impl Iterator<Item = &str>, IndexError> {
        self.locate(self.read_vocabulary()).map(str::lines)
    }

    /// The inverted index over sections.
    pub fn sections_lexical(&self) -> Postings<'_> {
        self.lexical(SECTION_PARTS)
    }

    /// The inverted index over chunks.
    pub fn chunks_lexical(&self) -> Postings<'_> {
        self.lexical(CHUNK_PARTS)
    }

    /// The terms of a chunk in reading order, as numbers of [`Index::chunks_lexical`].
    pub fn term_sequence(&self, id: ChunkId) -> Result<&[u32], IndexError> {
        self.locate(self.sequences().get(id.position()))
    }

    /// The `k` chunks nearest to the unit vector `query`, best first, ties by id: on the path
    /// that the build chose (see [`SearchPath`]), or exactly if `exact`; of `within` alone, if
    /// that is given.
    ///
    /// A walk on the graph passes about `chunks / within` vectors for each that it may keep; where
    /// looking at all of `within` is cheaper, that is done, and is exact.
    pub fn nearest(
        &self,
        query: &[f32],
        k: usize,
        exact: bool,
        within: Option<&ChunkSet>,
    ) -> Result<Vec<Neighbour>, IndexError> {
        let on_graph = !exact && self.meta.search == SearchPath::Hnsw;
        match within {
            // Looking at all of `within` compares as many vectors; the walk takes one step for
            // each candidate that it keeps, times the share of all that it may not keep.
            Some(within)
                if !on_graph
                    || within.len().pow(2)
                        <= COMPARED_A_STEP * EF_SEARCH.max(k) * self.num_chunks() =>
            {
                self.check_dimension(query)?;
                Ok(flat::search_within(
                    self.simd,
                    self.vectors(),
                    within,
                    query,
                    k,
                ))
            }
            _ if on_graph => self.walk(query, k, EF_SEARCH, within),
            _ => self.nearest_exact(query, k),
        }
    }

    /// The `k` chunks nearest to `query`, exactly. O(chunks x dim).
    pub fn nearest_exact(&self, query: &[f32], k: usize) -> Result<Vec<Neighbour>, IndexError> {
        self.check_dimension(query)?;
        Ok(flat::search(self.simd, self.vectors(), query, k))
    }

    /// Approximately the `k` chunks nearest to `query`, keeping `ef` candidates (`k` if that is
    /// more). An index of fewer than 2 chunks has no graph and is searched exactly.
    pub fn nearest_on_graph(
        &self,
        query: &[f32],
        k: usize,
        ef: usize,
    ) -> Result<Vec<Neighbour>, IndexError> {
        self.walk(query, k, ef, None)
    }

    fn walk(
        &self,
        vector: &[f32],
        k: usize,
        ef: usize,
        within: Option<&ChunkSet>,
    ) -> Result<Vec<Neighbour>, IndexError> {
        self.check_dimension(vector)?;
        let Some(graph) = self.graph() else {
            return self.nearest_exact(vector, k);
        };
        let query = GraphQuery {
            vector,
            k,
            ef,
            within,
        };
        let search = |beam: &mut _| graph.search(self.vectors(), self.simd, query, beam);
        self.locate(self.beams.with(search))
    }

    /// Verifies the whole file: every checksum, offset, id and record. O(file length).
    pub fn verify(&self) -> Result<(), IndexError> {
        let checksums = Part::ALL
            .into_par_iter()
            .try_for_each(|part| self.file.verify_checksum(part));
        self.locate(checksums.and_then(|()| self.verify_content()))
    }

    fn verify_content(&self) -> Result<(), Corruption> {
        self.section_records().verify_offsets()?;
        let mut end = 0;
        for i in 0..self.num_sections() {
            let section: SectionRecord = self.section_records().get(i)?;
            Damage::unless_equal(end, section.chunks.start as usize)
                .map_err(|damage| damage.of(Part::SectionRecords))?;
            for chunk in section.chunks.clone() {
                let [found, ..] = self.chunk_numbers(chunk as usize)?;
                Damage::unless_equal(i, found as usize)
                    .map_err(|damage| damage.of(Part::ChunkNumbers))?;
            }
            end = section.chunks.end.max(section.chunks.start) as usize;
        }
        Damage::unless_equal(self.num_chunks(), end)
            .map_err(|damage| damage.of(Part::SectionRecords))?;
        self.chunk_records().verify_offsets()?;
        (0..self.num_chunks()).try_for_each(|i| self.read_chunk(i).map(|_| ()))?;
        self.read_guide()?;
        self.read_vocabulary()?;
        self.token_table().map_or(Ok(()), |table| table.verify())?;
        self.guide_token_table()
            .map_or(Ok(()), |table| table.verify())?;
        self.guide_lexical().verify()?;
        self.sections_lexical().verify()?;
        self.chunks_lexical().verify()?;
        self.sequences().verify()?;
        self.graph().map_or(Ok(()), |graph| graph.verify())
    }

    /// Checks in O(1) that the parts' lengths agree, so that each can be read as its type.
    fn check_shape(&self) -> Result<(), Corruption> {
        let (n, dim) = (self.num_chunks(), self.shape[0] as usize);
        let elements = |part: Part, expected: usize, size: usize| {
            let expected = expected.saturating_mul(size);
            Damage::unless_equal(expected, self.bytes(part).len()).map_err(|damage| damage.of(part))
        };
        Damage::unless_equal(self.meta.model.dim as usize, dim)
            .map_err(|damage| damage.of(Part::Shape))?;
        for part in Part::ALL {
            let (length, size) = (self.bytes(part).len(), part.element_size());
            elements(part, length / size, size)?;
        }
        elements(Part::Vectors, n.saturating_mul(dim), 4)?;
        elements(Part::ChunkNumbers, n, size_of::<ChunkNumbers>())?;
        elements(Part::ChunkHashes, n, 16)?;
        let guide_rows = self.guide_vectors().num_rows();
        elements(Part::GuideVectors, guide_rows * dim, 4)?;
        self.guide_lexical().check_shape(guide_rows)?;
        self.guide_token_table()
            .map_or(Ok(()), |table| table.check_shape(guide_rows))?;
        self.section_records().check_shape(self.num_sections())?;
        self.chunk_records().check_shape(n)?;
        self.sections_lexical().check_shape(self.num_sections())?;
        self.chunks_lexical().check_shape(n)?;
        self.sequences().check_shape(n)?;
        self.token_table()
            .map_or(Ok(()), |table| table.check_shape(n))?;
        let graph = self.graph();
        self.meta.check_graph(graph.is_some())?;
        graph.map_or(Ok(()), |graph| graph.check_shape(n))
    }

    fn read_chunk(&self, i: usize) -> Result<ChunkRef<'_>, Corruption> {
        let [section, line_start, line_end, file_start, file_end, tokens] =
            self.chunk_numbers(i)?;
        let (heading_path, anchor, text) = self.chunk_records().get(i)?;
        // As long as the numbers, which were found: see `check_shape`.
        let embed_text_hash = self.chunk_hashes()[i];
        Ok(ChunkRef {
            section: SectionId(section),
            line_start,
            line_end,
            file_lines: (file_start, file_end),
            tokens,
            heading_path,
            anchor,
            text,
            embed_text_hash,
        })
    }

    fn chunk_numbers(&self, i: usize) -> Result<ChunkNumbers, Corruption> {
        let out_of_range = |value: u64, limit: usize| {
            Damage::OutOfRange {
                value,
                limit: limit as u64,
            }
            .of(Part::ChunkNumbers)
        };
        let all: &[ChunkNumbers] = self.array(Part::ChunkNumbers);
        let numbers = *all
            .get(i)
            .ok_or_else(|| out_of_range(i as u64, all.len()))?;
        if numbers[0] as usize >= self.num_sections() {
            return Err(out_of_range(u64::from(numbers[0]), self.num_sections()));
        }
        Ok(numbers)
    }

    fn read_vocabulary(&self) -> Result<&str, Corruption> {
        let found = std::str::from_utf8(self.bytes(Part::Vocabulary));
        found.map_err(|_| Damage::Undecodable { record: 0 }.of(Part::Vocabulary))
    }

    fn read_guide(&self) -> Result<Guide, Corruption> {
        let guide: Guide = decode_record(self.bytes(Part::Guide))
            .ok_or(Damage::Undecodable { record: 0 }.of(Part::Guide))?;
        Damage::unless_equal(guide.num_passages(), self.guide_vectors().num_rows())
            .map_err(|damage| damage.of(Part::GuideVectors))?;
        Ok(guide)
    }

    fn section_records(&self) -> Records<'_> {
        self.records(Part::SectionOffsets, Part::SectionRecords)
    }

    fn chunk_records(&self) -> Records<'_> {
        self.records(Part::ChunkOffsets, Part::ChunkRecords)
    }

    fn records(&self, offsets_part: Part, blob_part: Part) -> Records<'_> {
        let (offsets, blob) = (self.array(offsets_part), self.bytes(blob_part));
        Records {
            offsets,
            blob,
            offsets_part,
            blob_part,
        }
    }

    fn token_table(&self) -> Option<TokenTableRef<'_>> {
        self.tokens_in(CHUNK_TOKEN_PARTS)
    }

    fn guide_token_table(&self) -> Option<TokenTableRef<'_>> {
        self.tokens_in(GUIDE_TOKEN_PARTS)
    }

    fn tokens_in(&self, parts: [Part; 2]) -> Option<TokenTableRef<'_>> {
        let offsets: &[u64] = self.array(parts[0]);
        (!offsets.is_empty()).then(|| TokenTableRef {
            dim: self.shape[1],
            offsets,
            codes: self.array(parts[1]),
            parts,
        })
    }

    fn lexical(&self, parts: LexicalParts) -> Postings<'_> {
        let [
            terms,
            term_offsets,
            posting_offsets,
            doc_ids,
            freqs,
            doc_lengths,
        ] = parts;
        Postings {
            term_bytes: self.bytes(terms),
            term_offsets: self.array(term_offsets),
            posting_offsets: self.array(posting_offsets),
            doc_ids: self.array(doc_ids),
            freqs: self.array(freqs),
            doc_lengths: self.array(doc_lengths),
            parts,
            path: self.path(),
        }
    }

    fn sequences(&self) -> SequencesRef<'_> {
        SequencesRef {
            offsets: self.array(Part::SequenceOffsets),
            terms: self.array(Part::SequenceTerms),
        }
    }

    fn graph(&self) -> Option<GraphRef<'_>> {
        let upper_first: &[u32] = self.array(Part::GraphUpperFirst);
        (!upper_first.is_empty()).then(|| GraphRef {
            codes: CodesRef {
                stride: graph::stride(self.shape[0] as usize),
                codes: self.array(Part::VectorCodes),
                scales: self.array(Part::VectorScales),
            },
            m: self.meta.graph.m as usize,
            entry: self.shape[2],
            links: self.array(Part::GraphLinks),
            upper_first,
            upper_links: self.array(Part::GraphUpperLinks),
        })
    }

    fn bytes(&self, part: Part) -> &[u8] {
        self.file.bytes(part)
    }

    /// A part as values of its type; `check_shape` finds lengths that are no multiple of theirs.
    fn array<T: bytemuck::AnyBitPattern>(&self, part: Part) -> &[T] {
        self.file.array(part)
    }

    fn check_dimension(&self, query: &[f32]) -> Result<(), IndexError> {
        let (expected, found) = (self.shape[0] as usize, query.len());
        if expected == found {
            Ok(())
        } else {
            Err(IndexError::WrongDimension { expected, found })
        }
    }

    fn locate<T>(&self, result: Result<T, Corruption>) -> Result<T, IndexError> {
        self.file.locate(result)
    }
}

/// `Meta`, and the three numbers of the part `Shape`.
fn read_meta(file: &IndexFile) -> Result<(Meta, [u32; 3]), Corruption> {
    let meta = decode_record(file.bytes(Part::Meta))
        .ok_or(Damage::Undecodable { record: 0 }.of(Part::Meta))?;
    let shape = <[u32; 3]>::try_from(file.array(Part::Shape))
        .map_err(|_| Damage::Undecodable { record: 0 }.of(Part::Shape))?;
    Ok((meta, shape))
}
