//! The vectors of chunks and guide: embedded, or taken from where the same text has them already.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rayon::prelude::*;

use crate::Result;
use crate::content_hash;
use crate::corpus::Guide;
use crate::encoder::{Embedding, Encoder};
use crate::index::{Index, Matrix, TokenTable};
use crate::rank::{guide, late};

use super::reuse::Previous;

/// New texts that are embedded between two reports of progress.
const BATCH: usize = 128;
/// Most chunks between two reports of progress.
const MAX_RUN: usize = 4_096;

/// Vectors of the chunks so far.
pub(super) struct Vectors {
    pub(super) sentences: Matrix,
    pub(super) tokens: Option<TokenTable>,
    /// Tokens of each chunk.
    pub(super) lengths: Vec<u32>,
}

/// Where a chunk's vectors come from.
#[derive(Clone, Copy)]
enum Source<'a> {
    /// A chunk of the old index.
    Old(&'a Index, u32),
    /// An earlier chunk of this build, with the same text.
    Earlier(u32),
    /// The encoder.
    New,
}

impl Vectors {
    /// Room for `chunks` chunks; with token vectors if `with_tokens`.
    pub(super) fn new(encoder: &dyn Encoder, chunks: usize, with_tokens: bool) -> Self {
        let dim = encoder.model().dim as usize;
        Self {
            sentences: Matrix {
                dim,
                data: Vec::with_capacity(chunks * dim),
            },
            tokens: with_tokens.then(|| TokenTable {
                dim: late::packed_len(dim) as u32,
                offsets: vec![0],
                frequencies: Vec::new(),
                codes: Vec::new(),
            }),
            lengths: Vec::with_capacity(chunks),
        }
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
        let sources = sources(texts, previous);
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
        let mut embeddings = encoder.encode_passages(&new, with_tokens)?.into_iter();
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
                Source::New => embeddings.next().into_iter().for_each(|new| self.push(new)),
                Source::Old(index, chunk) => self.push_old(index, chunk as usize, ids)?,
                Source::Earlier(chunk) => self.push_earlier(chunk as usize, ids),
            }
        }
        Ok(())
    }

    fn push(&mut self, embedding: Embedding) {
        self.sentences.data.extend_from_slice(&embedding.sentence);
        self.lengths.push(embedding.length as u32);
        if let Some((table, tokens)) = self.tokens.as_mut().zip(embedding.tokens) {
            late::pack_rows(&tokens.vectors, self.sentences.dim, &mut table.codes);
            end_chunk(table, tokens.ids);
        }
    }

    fn push_old(&mut self, index: &Index, chunk: usize, ids: Vec<u32>) -> Result<()> {
        let sentence = index.vectors().row(chunk).unwrap_or_default();
        self.sentences.data.extend_from_slice(sentence);
        self.lengths.push(index.chunk(chunk)?.tokens);
        if let Some(table) = &mut self.tokens {
            if let Some(rows) = index.token_vectors(chunk)? {
                table.codes.extend_from_slice(rows.codes);
            }
            end_chunk(table, ids);
        }
        Ok(())
    }

    fn push_earlier(&mut self, chunk: usize, ids: Vec<u32>) {
        let dim = self.sentences.dim;
        let row = chunk * dim..(chunk + 1) * dim;
        self.sentences.data.extend_from_within(row);
        self.lengths.push(self.lengths[chunk]);
        if let Some(table) = &mut self.tokens {
            let start = |chunk: usize| table.offsets[chunk] as usize * table.dim as usize;
            table
                .codes
                .extend_from_within(start(chunk)..start(chunk + 1));
            end_chunk(table, ids);
        }
    }
}

/// The codes of a chunk with these token ids are complete.
fn end_chunk(table: &mut TokenTable, mut ids: Vec<u32>) {
    let rows = table.codes.len() / table.dim as usize;
    table.offsets.push(rows as u64);
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        let id = id as usize;
        if table.frequencies.len() <= id {
            table.frequencies.resize(id + 1, 0);
        }
        table.frequencies[id] += 1;
    }
}

/// Where each text's vectors come from.
fn sources<'a>(texts: &[&str], previous: Option<&Previous<'a>>) -> Vec<Source<'a>> {
    let hashes: Vec<[u8; 16]> = texts.par_iter().map(|text| content_hash(text)).collect();
    let mut seen = HashMap::with_capacity(texts.len());
    let sources = hashes.into_iter().zip(0..).map(|(hash, chunk)| {
        if let Some((index, old)) = previous.and_then(|previous| previous.chunk(&hash)) {
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
    let texts = guide::texts(guide);
    let old = |text: &String| previous.and_then(|previous| previous.guide_vector(text));
    let new = texts.iter().filter(|text| old(text).is_none());
    let new: Vec<&str> = new.map(String::as_str).collect();
    let mut embeddings = encoder.encode_passages(&new, false)?.into_iter();
    let mut data = Vec::new();
    for text in &texts {
        match old(text) {
            Some(row) => data.extend_from_slice(row),
            None => data.extend(embeddings.next().into_iter().flat_map(|new| new.sentence)),
        }
    }
    let dim = encoder.model().dim as usize;
    Ok(Matrix { dim, data })
}
