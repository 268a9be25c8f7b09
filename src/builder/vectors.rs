//! The vectors of chunks and guide: embedded, or taken from where the same text has them already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use rayon::prelude::*;

use crate::Result;
use crate::content_hash;
use crate::encoder::{self, ContractError, Embedding, Encoder, EncoderError};
use crate::index::{IndexError, Matrix, Spool, TokenTable, pack_rows, packed_len};

use super::reuse::OldText;

/// New texts that are embedded between two reports of progress.
const BATCH: usize = 128;
/// Most chunks between two reports of progress.
const MAX_RUN: usize = 4_096;

/// Vectors of all texts: chunks, or passages of the guide.
pub(super) struct Vectors {
    pub(super) sentences: Matrix,
    pub(super) tokens: Option<TokenTable>,
    /// Tokens of each text.
    pub(super) lengths: Vec<u32>,
    /// Hash of each text.
    pub(super) hashes: Vec<[u8; 16]>,
}

/// Vectors of the texts so far.
pub(super) struct VectorsSpool {
    /// Length of a sentence vector.
    dim: usize,
    sentences: Spool<f32>,
    tokens: Option<TokenSpool>,
    lengths: Vec<u32>,
    hashes: Vec<[u8; 16]>,
}

/// Token vectors of the texts so far; see [`TokenTable`].
struct TokenSpool {
    /// Dimension of the vectors; 0 until the first are there.
    dim: usize,
    offsets: Vec<u64>,
    frequencies: Vec<u32>,
    codes: Spool<u8>,
}

/// Where a text's vectors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// The old index.
    Old(OldText<'a>),
    /// An earlier text of this build, with the same content.
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

    /// Adds the vectors of `texts` in their order; gives how many are from the old index, where `old`
    /// finds texts by their hash. Each distinct text is embedded at most once.
    pub(super) fn fill<'a>(
        &mut self,
        texts: &[&str],
        encoder: &dyn Encoder,
        old: impl Fn(&[u8; 16]) -> Option<OldText<'a>>,
        progress: &dyn Fn(usize, usize),
    ) -> Result<usize> {
        self.hashes = texts.par_iter().map(|text| content_hash(text)).collect();
        let sources = sources(&self.hashes, old);
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
                Source::Old(text) => self.push_old(text, ids)?,
                Source::Earlier(text) => self.push_earlier(text as usize, ids)?,
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
            table.end_text(tokens.ids);
        }
        Ok(())
    }

    fn push_old(&mut self, text: OldText<'_>, ids: Vec<u32>) -> Result<(), IndexError> {
        self.sentences.extend_from_slice(text.sentence())?;
        self.lengths.push(text.length()?);
        if let Some(table) = &mut self.tokens {
            if let Some(rows) = text.tokens()? {
                table.dim = rows.dim;
                table.codes.extend_from_slice(rows.codes)?;
            }
            table.end_text(ids);
        }
        Ok(())
    }

    fn push_earlier(&mut self, text: usize, ids: Vec<u32>) -> Result<(), IndexError> {
        let row = text * self.dim..(text + 1) * self.dim;
        self.sentences.extend_from_within(row)?;
        self.lengths.push(self.lengths[text]);
        if let Some(table) = &mut self.tokens {
            let start = |text: usize| table.offsets[text] as usize * table.row_len();
            let rows = start(text)..start(text + 1);
            table.codes.extend_from_within(rows)?;
            table.end_text(ids);
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

    /// The codes of a text with these token ids are complete.
    fn end_text(&mut self, mut ids: Vec<u32>) {
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
fn sources<'a>(
    hashes: &[[u8; 16]],
    old: impl Fn(&[u8; 16]) -> Option<OldText<'a>>,
) -> Vec<Source<'a>> {
    let mut seen = HashMap::with_capacity(hashes.len());
    let sources = hashes.iter().zip(0..).map(|(hash, text)| {
        if let Some(old) = old(hash) {
            return Source::Old(old);
        }
        match seen.entry(hash) {
            Entry::Occupied(first) => Source::Earlier(*first.get()),
            Entry::Vacant(entry) => {
                entry.insert(text);
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
