//! Writes an index file, whole or not at all.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytemuck::cast_slice;

use super::error::{Corruption, Damage, IndexError};
use super::format::{ChunkNumbers, Header, padding, part_checksum};
use super::lexical::{CHUNK_PARTS, GUIDE_PARTS, SECTION_PARTS};
use super::matrix::MatrixRef;
use super::part::Part;
use super::parts::IndexParts;
use super::records::{RecordTable, encode_bounded};
use super::slot::IndexSlot;
use super::tokens::{CHUNK_TOKEN_PARTS, GUIDE_TOKEN_PARTS};
use crate::encoder::is_unit;
use crate::simd::Simd;

impl IndexParts {
    /// Writes the index file `path`, replacing what is there, and returns its length in bytes:
    /// [`IndexSlot::claim`] and [`IndexParts::write_to`].
    pub fn write(&self, path: &Path) -> Result<u64, IndexError> {
        self.write_to(IndexSlot::claim(path)?, SystemTime::now())
    }

    /// Writes the index file that `slot` stands for, and returns its length in bytes.
    ///
    /// The place always holds a whole index: the old one until the last moment, and for good if
    /// anything goes wrong. The same parts give the same bytes. Parts that contradict each other
    /// are refused before anything is written. The file's modification time becomes `as_of`, the
    /// moment at which reading the docs began: what changed later is not in it.
    pub fn write_to(&self, slot: IndexSlot, as_of: SystemTime) -> Result<u64, IndexError> {
        let (encoded, header) = self.encode(slot.path())?;
        slot.fill(as_of, |file| encoded.write(&header, file))?;
        Ok(header.file_length)
    }

    /// The bytes of the index file that these parts make: see [`Index::from_bytes`](super::Index::from_bytes).
    pub fn to_bytes(&self) -> Result<Vec<u8>, IndexError> {
        let (encoded, header) = self.encode(Path::new(""))?;
        let mut bytes = Vec::with_capacity(header.file_length as usize);
        let written = encoded.write(&header, &mut bytes);
        written.map_err(|source| IndexError::Write {
            path: PathBuf::new(),
            source,
        })?;
        Ok(bytes)
    }

    fn encode(&self, path: &Path) -> Result<(Encoded<'_>, Header), IndexError> {
        let invalid = |corruption| IndexError::InvalidParts { corruption };
        self.check(path).map_err(invalid)?;
        let encoded = Encoded::new(self).map_err(invalid)?;
        let header = Header::lay_out(Part::ALL.map(|part| {
            let bytes = encoded.bytes(part);
            (bytes.len() as u64, part_checksum(bytes))
        }));
        Ok((encoded, header))
    }

    /// Everything that a reader will check, and what it takes for granted.
    fn check(&self, path: &Path) -> Result<(), Corruption> {
        let equal = |part: Part, expected, found| {
            Damage::unless_equal(expected, found).map_err(|damage| damage.of(part))
        };
        let (s, n) = (self.sections.len(), self.chunks.len());
        equal(Part::Meta, s, self.meta.counts.sections as usize)?;
        equal(Part::Meta, n, self.meta.counts.chunks as usize)?;
        let dim = self.meta.model.dim as usize;
        let guide_rows = self.guide.num_passages();
        check_unit_rows(self.vectors.view(), Part::Vectors, n, dim)?;
        let guide_vectors = self.guide_vectors.view();
        check_unit_rows(guide_vectors, Part::GuideVectors, guide_rows, dim)?;
        self.check_tiling()?;
        if let Some(tokens) = &self.token_vectors {
            tokens.view(CHUNK_TOKEN_PARTS).check_shape(n)?;
            tokens.view(CHUNK_TOKEN_PARTS).verify()?;
        }
        self.check_guide_tokens(guide_rows)?;
        let lexical = [
            (&self.sections_lexical, SECTION_PARTS, s),
            (&self.chunks_lexical, CHUNK_PARTS, n),
            (&self.guide_lexical, GUIDE_PARTS, guide_rows),
        ];
        for (index, parts, docs) in lexical {
            index.view(parts, path).check_shape(docs)?;
            index.view(parts, path).verify()?;
        }
        self.sequences.view().check_shape(n)?;
        self.sequences.view().verify()?;
        self.meta.check_graph(self.graph.is_some())?;
        if let Some(graph) = &self.graph {
            graph.view().check_shape(n)?;
            graph.view().verify()?;
        }
        Ok(())
    }

    /// Token vectors of the guide have the dimension of the chunks'.
    fn check_guide_tokens(&self, rows: usize) -> Result<(), Corruption> {
        self.guide_token_vectors.as_ref().map_or(Ok(()), |tokens| {
            let chunks_dim = self.token_vectors.as_ref().map_or(0, |tokens| tokens.dim);
            Damage::unless_equal(chunks_dim as usize, tokens.dim as usize)
                .map_err(|damage| damage.of(Part::GuideTokenCodes))?;
            tokens.view(GUIDE_TOKEN_PARTS).check_shape(rows)?;
            tokens.view(GUIDE_TOKEN_PARTS).verify()
        })
    }

    /// Sections must tile the chunks, and chunks must agree.
    fn check_tiling(&self) -> Result<(), Corruption> {
        let mut end = 0;
        for (i, section) in self.sections.iter().enumerate() {
            let chunks = section.chunks.start as usize..section.chunks.end as usize;
            Damage::unless_equal(end, chunks.start).map_err(|d| d.of(Part::SectionRecords))?;
            let (value, limit) = (chunks.end as u64, self.chunks.len() as u64);
            let members = self
                .chunks
                .get(chunks.clone())
                .ok_or(Damage::OutOfRange { value, limit }.of(Part::SectionRecords))?;
            for chunk in members {
                Damage::unless_equal(i, chunk.section as usize)
                    .map_err(|d| d.of(Part::ChunkNumbers))?;
            }
            end = chunks.end;
        }
        Damage::unless_equal(self.chunks.len(), end).map_err(|d| d.of(Part::SectionRecords))
    }
}

/// The parts with what is not held as the file has it.
struct Encoded<'a> {
    parts: &'a IndexParts,
    meta: Vec<u8>,
    shape: [u32; 3],
    guide: Vec<u8>,
    sections: RecordTable,
    texts: RecordTable,
    numbers: Vec<ChunkNumbers>,
    hashes: Vec<[u8; 16]>,
}

impl<'a> Encoded<'a> {
    fn new(parts: &'a IndexParts) -> Result<Self, Corruption> {
        let chunks = &parts.chunks;
        let texts = chunks
            .iter()
            .map(|chunk| (&chunk.heading_path, &chunk.anchor, &chunk.text));
        let numbers = chunks.iter().map(|chunk| {
            [
                chunk.section,
                chunk.line_start,
                chunk.line_end,
                chunk.file_lines.0,
                chunk.file_lines.1,
                chunk.tokens,
            ]
        });
        Ok(Self {
            parts,
            meta: encode_bounded(&parts.meta, Part::Meta)?,
            shape: [
                parts.vectors.dim as u32,
                parts.token_vectors.as_ref().map_or(0, |tokens| tokens.dim),
                parts.graph.as_ref().map_or(0, |graph| graph.entry),
            ],
            guide: encode_bounded(&parts.guide, Part::Guide)?,
            sections: RecordTable::encode(parts.sections.iter(), Part::SectionRecords)?,
            texts: RecordTable::encode(texts, Part::ChunkRecords)?,
            numbers: numbers.collect(),
            hashes: chunks.iter().map(|chunk| chunk.embed_text_hash).collect(),
        })
    }

    /// Writes the whole file.
    fn write(&self, header: &Header, file: &mut impl Write) -> io::Result<()> {
        file.write_all(&header.encode())?;
        for part in Part::ALL {
            let bytes = self.bytes(part);
            file.write_all(bytes)?;
            file.write_all(padding(bytes.len()))?;
        }
        Ok(())
    }

    /// The bytes of a part, as `FORMAT.md` describes it; none of an optional part that is not there.
    fn bytes(&self, part: Part) -> &[u8] {
        let parts = self.parts;
        let (sections, chunks) = (&parts.sections_lexical, &parts.chunks_lexical);
        let (tokens, graph) = (parts.token_vectors.as_ref(), parts.graph.as_ref());
        let (guide, guide_tokens) = (&parts.guide_lexical, parts.guide_token_vectors.as_ref());
        match part {
            Part::Meta => &self.meta,
            Part::Shape => cast_slice(&self.shape),
            Part::SectionOffsets => cast_slice(&self.sections.offsets),
            Part::SectionRecords => &self.sections.blob,
            Part::ChunkNumbers => cast_slice(&self.numbers),
            Part::ChunkHashes => cast_slice(&self.hashes),
            Part::ChunkOffsets => cast_slice(&self.texts.offsets),
            Part::ChunkRecords => &self.texts.blob,
            Part::Guide => &self.guide,
            Part::GuideVectors => cast_slice(&parts.guide_vectors.data),
            Part::Vectors => cast_slice(&parts.vectors.data),
            Part::TokenOffsets => tokens.map_or(&[], |tokens| cast_slice(&tokens.offsets)),
            Part::TokenFrequencies => tokens.map_or(&[], |tokens| cast_slice(&tokens.frequencies)),
            Part::TokenCodes => tokens.map_or(&[], |tokens| cast_slice(&tokens.codes)),
            Part::SectionTerms => &sections.term_bytes,
            Part::SectionTermOffsets => cast_slice(&sections.term_offsets),
            Part::SectionPostingOffsets => cast_slice(&sections.posting_offsets),
            Part::SectionDocIds => cast_slice(&sections.doc_ids),
            Part::SectionFrequencies => cast_slice(&sections.freqs),
            Part::SectionDocLengths => cast_slice(&sections.doc_lengths),
            Part::ChunkTerms => &chunks.term_bytes,
            Part::ChunkTermOffsets => cast_slice(&chunks.term_offsets),
            Part::ChunkPostingOffsets => cast_slice(&chunks.posting_offsets),
            Part::ChunkDocIds => cast_slice(&chunks.doc_ids),
            Part::ChunkFrequencies => cast_slice(&chunks.freqs),
            Part::ChunkDocLengths => cast_slice(&chunks.doc_lengths),
            Part::VectorCodes => graph.map_or(&[], |graph| cast_slice(&graph.codes.codes)),
            Part::VectorScales => graph.map_or(&[], |graph| cast_slice(&graph.codes.scales)),
            Part::GraphLinks => graph.map_or(&[], |graph| cast_slice(&graph.links)),
            Part::GraphUpperFirst => graph.map_or(&[], |graph| cast_slice(&graph.upper_first)),
            Part::GraphUpperLinks => graph.map_or(&[], |graph| cast_slice(&graph.upper_links)),
            Part::Vocabulary => parts.vocabulary.as_bytes(),
            Part::SequenceOffsets => cast_slice(&parts.sequences.offsets),
            Part::SequenceTerms => cast_slice(&parts.sequences.terms),
            Part::GuideTokenOffsets => guide_tokens.map_or(&[], |t| cast_slice(&t.offsets)),
            Part::GuideTokenCodes => guide_tokens.map_or(&[], |t| cast_slice(&t.codes)),
            Part::GuideTerms => &guide.term_bytes,
            Part::GuideTermOffsets => cast_slice(&guide.term_offsets),
            Part::GuidePostingOffsets => cast_slice(&guide.posting_offsets),
            Part::GuideDocIds => cast_slice(&guide.doc_ids),
            Part::GuideFrequencies => cast_slice(&guide.freqs),
            Part::GuideDocLengths => cast_slice(&guide.doc_lengths),
        }
    }
}

fn check_unit_rows(
    matrix: MatrixRef<'_>,
    part: Part,
    rows: usize,
    dim: usize,
) -> Result<(), Corruption> {
    Damage::unless_equal(dim, matrix.dim).map_err(|damage| damage.of(part))?;
    Damage::unless_equal(rows * dim, matrix.data.len()).map_err(|damage| damage.of(part))?;
    let simd = Simd::best();
    match matrix.rows().position(|row| !is_unit(simd, row)) {
        Some(row) => Err(Damage::NotUnit { row: row as u64 }.of(part)),
        None => Ok(()),
    }
}
