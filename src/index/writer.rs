//! Writes an index file, whole or not at all.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;
use std::time::SystemTime;

use super::error::{Corruption, Damage, IndexError};
use super::format::{Header, Part, padding, part_checksum};
use super::lexical::{CHUNK_PARTS, InvertedIndex, SECTION_PARTS};
use super::output::Output;
use super::parts::{IndexParts, MatrixRef};
use super::records::{RecordTable, encode_bounded};

impl IndexParts {
    /// Writes the index file `path`, replacing what is there, and returns its length in bytes:
    /// [`Output::claim`] and [`IndexParts::write_to`].
    pub fn write(&self, path: &Path) -> Result<u64, IndexError> {
        self.write_to(Output::claim(path)?, SystemTime::now())
    }

    /// Writes the index file that `output` has claimed, and returns its length in bytes.
    ///
    /// The place always holds a whole index: the old one until the last moment, and for good if
    /// anything goes wrong. The same parts give the same bytes. Parts that contradict each other
    /// are refused before anything is written. The file's modification time becomes `as_of`, the
    /// moment at which reading the docs began: what changed later is not in it.
    pub fn write_to(&self, output: Output, as_of: SystemTime) -> Result<u64, IndexError> {
        let invalid = |corruption| IndexError::InvalidParts { corruption };
        self.check(output.path()).map_err(invalid)?;
        let parts = self.encode().map_err(invalid)?;
        let header = Header::lay_out(
            parts
                .iter()
                .map(|part| (part.len() as u64, part_checksum(part))),
        );
        output.fill(as_of, |file| {
            file.write_all(&header.encode())?;
            for part in &parts {
                file.write_all(part)?;
                file.write_all(padding(part.len()))?;
            }
            Ok(())
        })?;
        Ok(header.file_length)
    }

    /// The bytes of each of [`Part::ALL`], in order.
    fn encode(&self) -> Result<Vec<Cow<'_, [u8]>>, Corruption> {
        let sections = RecordTable::encode(self.sections.iter(), Part::SectionRecords)?;
        let texts = self
            .chunks
            .iter()
            .map(|chunk| (&chunk.heading_path, &chunk.text));
        let texts = RecordTable::encode(texts, Part::ChunkRecords)?;
        let numbers: Vec<[u32; 4]> = self
            .chunks
            .iter()
            .map(|chunk| {
                [
                    chunk.section,
                    chunk.line_start,
                    chunk.line_end,
                    chunk.tokens,
                ]
            })
            .collect();
        let hashes: Vec<[u8; 16]> = self
            .chunks
            .iter()
            .map(|chunk| chunk.embed_text_hash)
            .collect();

        let mut parts: Vec<Cow<'_, [u8]>> = vec![
            encode_bounded(&self.meta, Part::Meta)?.into(),
            owned(&self.shape()),
            owned(&sections.offsets),
            sections.blob.into(),
            owned(&numbers),
            owned(&hashes),
            owned(&texts.offsets),
            texts.blob.into(),
            encode_bounded(&self.guide, Part::Guide)?.into(),
            borrowed(&self.guide_vectors.data),
            borrowed(&self.vectors.data),
        ];
        match &self.token_vectors {
            Some(tokens) => parts.extend([
                borrowed(&tokens.offsets),
                borrowed(&tokens.frequencies),
                borrowed(&tokens.codes),
            ]),
            None => parts.extend([const { Cow::Borrowed(&[] as &[u8]) }; 3]),
        }
        parts.extend(lexical_parts(&self.sections_lexical));
        parts.extend(lexical_parts(&self.chunks_lexical));
        match &self.graph {
            Some(graph) => parts.extend([
                borrowed(&graph.codes.codes),
                borrowed(&graph.codes.scales),
                borrowed(&graph.links),
                borrowed(&graph.upper_first),
                borrowed(&graph.upper_links),
            ]),
            None => parts.extend([const { Cow::Borrowed(&[] as &[u8]) }; 5]),
        }
        parts.push(self.vocabulary.as_bytes().into());
        parts.extend([
            borrowed(&self.sequences.offsets),
            borrowed(&self.sequences.terms),
        ]);
        Ok(parts)
    }

    fn shape(&self) -> [u32; 3] {
        [
            self.vectors.dim as u32,
            self.token_vectors.as_ref().map_or(0, |tokens| tokens.dim),
            self.graph.as_ref().map_or(0, |graph| graph.entry),
        ]
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
        let guide_rows = self.guide.guidelines.len() + self.guide.examples.len();
        check_unit_rows(self.vectors.view(), Part::Vectors, n, dim)?;
        check_unit_rows(
            self.guide_vectors.view(),
            Part::GuideVectors,
            guide_rows,
            dim,
        )?;
        self.check_tiling()?;
        if let Some(tokens) = &self.token_vectors {
            tokens.view().check_shape(n, dim)?;
            tokens.view().verify()?;
        }
        let lexical = [
            (&self.sections_lexical, SECTION_PARTS, s),
            (&self.chunks_lexical, CHUNK_PARTS, n),
        ];
        for (index, parts, docs) in lexical {
            index.view(parts, path).check_shape(docs)?;
            index.view(parts, path).verify()?;
        }
        self.sequences.view().check_shape(n)?;
        self.sequences.view().verify()?;
        self.meta.search.check_graph(self.graph.is_some())?;
        if let Some(graph) = &self.graph {
            graph.view().check_shape(n)?;
            graph.view().verify()?;
        }
        Ok(())
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

fn lexical_parts(index: &InvertedIndex) -> [Cow<'_, [u8]>; 6] {
    [
        borrowed(&index.term_bytes),
        borrowed(&index.term_offsets),
        borrowed(&index.posting_offsets),
        borrowed(&index.doc_ids),
        borrowed(&index.freqs),
        borrowed(&index.doc_lengths),
    ]
}

fn borrowed<T: bytemuck::NoUninit>(values: &[T]) -> Cow<'_, [u8]> {
    Cow::Borrowed(bytemuck::cast_slice(values))
}

fn owned<T: bytemuck::NoUninit>(values: &[T]) -> Cow<'static, [u8]> {
    Cow::Owned(bytemuck::cast_slice(values).to_vec())
}

/// How far from 1 the length of a unit vector may be, squared.
const UNIT_TOLERANCE: f32 = 1e-3;

fn check_unit_rows(
    matrix: MatrixRef<'_>,
    part: Part,
    rows: usize,
    dim: usize,
) -> Result<(), Corruption> {
    Damage::unless_equal(dim, matrix.dim).map_err(|damage| damage.of(part))?;
    Damage::unless_equal(rows * dim, matrix.data.len()).map_err(|damage| damage.of(part))?;
    // A NaN must fail the comparison, too.
    let is_unit = |row: &[f32]| (super::flat::dot(row, row) - 1.0).abs() <= UNIT_TOLERANCE;
    match matrix.rows().position(|row| !is_unit(row)) {
        Some(row) => Err(Damage::NotUnit { row: row as u64 }.of(part)),
        None => Ok(()),
    }
}
