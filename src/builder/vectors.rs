//! The vectors of chunks and guide: embedded, or taken from where the same text has them already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use rayon::prelude::*;

use crate::Result;
use crate::content_hash;
use crate::corpus::Guide;
use crate::encoder::{self, ContractError, Embedding, Encoder, EncoderError};
use crate::index::{ChunkId, Index, IndexError, Matrix, Spool, TokenTable, pack_rows, packed_len};
use crate::rank::hints;

use super::reuse::Previous;

/// New texts that are embedded between two reports of progress.
const BATCH: usize = 128;
/// Most chunks between two reports of progress.
const MAX_RUN: usize = 4_096;

/// Vectors of all chunks.
pub(super) struct Vectors {
    pub(super) sentences: Matrix,
    pub(super) tokens: Option<TokenTable>,
    /// Tokens of each chunk.
    pub(super) lengths: Vec<u32>,
    /// Hash of each chunk's embedded text.
    pub(super) hashes: Vec<[u8; 16]>,
}

/// Vectors of the chunks so far.
pub(super) struct VectorsSpool {
    /// Length of a sentence vector.
    dim: usize,
    sentences: Spool<f32>,
    tokens: Option<TokenSpool>,
    lengths: Vec<u32>,
    hashes: Vec<[u8; 16]>,
}

/// Token vectors of the chunks so far; see [`TokenTable`].
struct TokenSpool {
    /// Dimension of the vectors; 0 until the first are there.
    dim: usize,
    offsets: Vec<u64>,
    frequencies: Vec<u32>,
    codes: Spool<u8>,
}

/// Where a chunk's vectors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// A chunk of the old index.
    Old(&'a Index, ChunkId),
    /// An earlier chunk of this build, with the same text.
    Earlier(u32),
    /// The encoder.
    New,
}

impl VectorsSpool {
    /// One in `folder`; with token vectors if `with_tokens`.
    pub(super) fn create_in(
        folder: &Path,
        encoder: &dyn Encoder,
        with_tokens: bool,
    ) -> Result<Self, IndexError> {
        let tokens = || TokenSpool::create_in(folder);
        Ok(Self {
            dim: encoder.model().dim as usize,
            sentences: Spool::create_in(folder)?,
            tokens: with_tokens.then(tokens).transpose()?,
            lengths: Vec::new(),
            hashes: Vec::new(),
        })
    }

    pub(super) fn finish(self) -> Result<Vectors, IndexError> {
        Ok(Vectors {
            sentences: Matrix {
                dim: self.dim,
                data: self.sentences.finish()?,
            },
            tokens: self.tokens.map(TokenSpool::finish).transpose()?,
            lengths: self.lengths,
            hashes: self.hashes,
        })
    }

    /// Adds the vectors of `texts` in their order; gives how many are from the old index. Each
    /// distinct text is embedded at most once.
    pub(super) fn fill(
        &mut self,
        texts: &[&str],
        encoder: &dyn Encoder,
        previous: Option<&Previous<'_>>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<usize> {
        self.hashes = texts.par_iter().map(|text| content_hash(text)).collect();
        let sources = sources(&self.hashes, previous);
        progress(0, texts.len());
        let mut done = 0;
        while done < texts.len() {
            let run = done..done + run_length(&sources[done..]);
            self.add_run(&texts[run.clone()], &sources[run.clone()], encoder)?;
            done = run.end;
            progress(done, texts.len());
        }
        let is_old = |source: &&Source<'_>| matches!(source, Source::Old(..));
        Ok(sources.iter().filter(is_old).count())
    }

    fn add_run(
        &mut self,
        texts: &[&str],
        sources: &[Source<'_>],
        encoder: &dyn Encoder,
    ) -> Result<()> {
        let with_tokens = self.tokens.is_some();
        let pairs = || texts.iter().copied().zip(sources);
        let new = pairs().filter(|(_, source)| matches!(source, Source::New));
        let new: Vec<&str> = new.map(|(text, _)| text).collect();
        let mut embeddings = encoder::encode_passages(encoder, &new, with_tokens)?.into_iter();
        // The frequencies of tokens need the ids of the texts that are not embedded, too.
        let ids = texts
            .par_iter()
            .zip(sources)
            .map(|(text, source)| match source {
                Source::Old(..) | Source::Earlier(_) if with_tokens => encoder.tokenize(text),
                _ => Vec::new(),
            });
        let ids: Vec<Vec<u32>> = ids.collect();
        for (source, ids) in sources.iter().zip(ids) {
            match *source {
                Source::New => {
                    if let Some(new) = embeddings.next() {
                        self.push(new, encoder)?;
                    }
                }
                Source::Old(index, chunk) => self.push_old(index, chunk, ids)?,
                Source::Earlier(chunk) => self.push_earlier(chunk as usize, ids)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, embedding: Embedding, encoder: &dyn Encoder) -> Result<()> {
        self.sentences.extend_from_slice(&embedding.sentence)?;
        self.lengths.push(embedding.length as u32);
        if let Some((table, tokens)) = self.tokens.as_mut().zip(embedding.tokens) {
            table
                .set_dim(tokens.dim)
                .map_err(|breach| EncoderError::contract(encoder, breach))?;
            let mut codes = Vec::with_capacity(tokens.ids.len() * packed_len(tokens.dim));
            pack_rows(&tokens.vectors, tokens.dim, &mut codes);
            table.codes.extend_from_slice(&codes)?;
            table.end_chunk(tokens.ids);
        }
        Ok(())
    }

    fn push_old(&mut self, index: &Index, chunk: ChunkId, ids: Vec<u32>) -> Result<(), IndexError> {
        let sentence = index.vectors().row(chunk.position()).unwrap_or_default();
        self.sentences.extend_from_slice(sentence)?;
        self.lengths.push(index.chunk(chunk)?.tokens);
        if let Some(table) = &mut self.tokens {
            if let Some(rows) = index.token_vectors(chunk)? {
                table.dim = rows.dim;
                table.codes.extend_from_slice(rows.codes)?;
            }
            table.end_chunk(ids);
        }
        Ok(())
    }

    fn push_earlier(&mut self, chunk: usize, ids: Vec<u32>) -> Result<(), IndexError> {
        let row = chunk * self.dim..(chunk + 1) * self.dim;
        self.sentences.extend_from_within(row)?;
        self.lengths.push(self.lengths[chunk]);
        if let Some(table) = &mut self.tokens {
            let start = |chunk: usize| table.offsets[chunk] as usize * table.row_len();
            let rows = start(chunk)..start(chunk + 1);
            table.codes.extend_from_within(rows)?;
            table.end_chunk(ids);
        }
        Ok(())
    }
}

impl TokenSpool {
    fn create_in(folder: &Path) -> Result<Self, IndexError> {
        Ok(Self {
            dim: 0,
            offsets: vec![0],
            frequencies: Vec::new(),
            codes: Spool::create_in(folder)?,
        })
    }

    /// Bytes of a row of codes.
    fn row_len(&self) -> usize {
        packed_len(self.dim)
    }

    /// All token vectors must have the dimension of the first.
    fn set_dim(&mut self, found: usize) -> Result<(), ContractError> {
        let expected = if self.dim == 0 { found } else { self.dim };
        if expected != found {
            return Err(ContractError::TokenDimension { expected, found });
        }
        self.dim = found;
        Ok(())
    }

    /// The codes of a chunk with these token ids are complete.
    fn end_chunk(&mut self, mut ids: Vec<u32>) {
        let rows = self.codes.len() / self.row_len();
        self.offsets.push(rows as u64);
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let id = id as usize;
            if self.frequencies.len() <= id {
                self.frequencies.resize(id + 1, 0);
            }
            self.frequencies[id] += 1;
        }
    }

    fn finish(self) -> Result<TokenTable, IndexError> {
        Ok(TokenTable {
            dim: self.dim as u32,
            offsets: self.offsets,
            frequencies: self.frequencies,
            codes: self.codes.finish()?,
        })
    }
}

/// Where each text's vectors come from.
fn sources<'a>(hashes: &[[u8; 16]], previous: Option<&Previous<'a>>) -> Vec<Source<'a>> {
    let mut seen = HashMap::with_capacity(hashes.len());
    let sources = hashes.iter().zip(0..).map(|(hash, chunk)| {
        if let Some((index, old)) = previous.and_then(|previous| previous.chunk(hash)) {
            return Source::Old(index, old);
        }
        match seen.entry(hash) {
            Entry::Occupied(first) => Source::Earlier(*first.get()),
            Entry::Vacant(entry) => {
                entry.insert(chunk);
                Source::New
            }
        }
    });
    sources.collect()
}

/// How many of the next chunks are done at once: up to [`BATCH`] new texts.
fn run_length(sources: &[Source<'_>]) -> usize {
    let mut new = 0;
    let end = sources.iter().take(MAX_RUN).position(|source| {
        new += usize::from(matches!(source, Source::New));
        new > BATCH
    });
    end.unwrap_or(sources.len().min(MAX_RUN))
}

/// A row for each guideline and example.
pub(super) fn of_guide(
    guide: &Guide,
    encoder: &dyn Encoder,
    previous: Option<&Previous<'_>>,
) -> Result<Matrix> {
    let texts = hints::texts(guide);
    let old = |text: &String| previous.and_then(|previous| previous.guide_vector(text));
    let new = texts.iter().filter(|text| old(text).is_none());
    let new: Vec<&str> = new.map(String::as_str).collect();
    let mut embeddings = encoder::encode_passages(encoder, &new, false)?.into_iter();
    let mut data = Vec::new();
    for text in &texts {
        match old(text) {
            Some(row) => data.extend_from_slice(row),
            None => data.extend(embeddings.next().into_iter().flat_map(|new| new.sentence)),
        }
    }
    let dim = encoder.model().dim as usize;
    let data = data.into();
    Ok(Matrix { dim, data })
}
