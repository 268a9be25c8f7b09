//! Candidates: the sections worth ranking, and their scores by arm.
//!
//! Each retrieving arm (dense, BM25 over chunks, BM25 over sections) names its best, and so does a
//! routing hint; the sections of all of them are scored by every arm. Late interaction, the dearest,
//! looks at the best chunks only.

use std::collections::{BTreeMap, BTreeSet};

use super::{ChunkHit, Scope};
use crate::Result;
use crate::encoder::{Embedding, EncoderError};
use crate::index::{Index, MatrixRef, dot};
use crate::rank::fusion::{self, ArmScores};
use crate::rank::late::QueryTokens;
use crate::rank::phrase::Pairs;
use crate::rank::{analysis, bm25};

/// What each retrieving arm names.
const PER_ARM: usize = 100;
/// Chunks of one section that are looked at: of a longer one, the first and those that an arm named.
const CHUNKS_PER_SECTION: u32 = 1_000;
/// Chunks that late interaction looks at.
const LATE_CHUNKS: usize = 80;
/// Chunks that a hit shows.
const BEST_CHUNKS: usize = 3;

/// A question as the arms see it.
pub(super) struct Question {
    /// Its lexical terms.
    pub terms: Vec<String>,
    pub vector: Vec<f32>,
    late: Option<QueryTokens>,
    pairs: Pairs,
}

impl Question {
    pub fn new(index: &Index, text: &str, embedding: &Embedding) -> Result<Self> {
        let frequencies = index.token_frequencies();
        let tokens = embedding
            .tokens
            .as_ref()
            .filter(|tokens| !tokens.ids.is_empty());
        let late = tokens.map(|tokens| {
            QueryTokens::new(tokens, embedding.sentence.len(), |id| {
                let df = frequencies.get(id as usize).copied().unwrap_or(0);
                bm25::idf(index.num_chunks(), df as usize)
            })
        });
        let late = late.transpose().map_err(EncoderError::from)?;
        let terms = analysis::terms(text);
        Ok(Self {
            pairs: Pairs::new(&index.chunks_lexical(), &terms)?,
            terms,
            vector: embedding.sentence.clone(),
            late,
        })
    }

    /// Whether late interaction takes part.
    pub fn has_late(&self) -> bool {
        self.late.is_some()
    }
}

/// A section with its scores by arm.
pub(super) struct Candidate {
    pub section: u32,
    pub arms: ArmScores,
    chunks: Vec<ScoredChunk>,
}

/// A chunk with its scores by arm.
#[derive(Debug, Clone, Copy)]
struct ScoredChunk {
    id: u32,
    dense: f32,
    bm25: f32,
    late: Option<f32>,
    /// How much the arms together make of it.
    fused: f32,
}

impl Candidate {
    /// The best chunk's number.
    pub fn best_chunk(&self) -> Option<u32> {
        let best = self
            .chunks
            .iter()
            .max_by(|a, b| a.fused.total_cmp(&b.fused).then(b.id.cmp(&a.id)));
        best.map(|chunk| chunk.id)
    }

    /// Sentence vectors of its chunks.
    pub fn rows<'a>(&'a self, vectors: MatrixRef<'a>) -> impl Iterator<Item = &'a [f32]> {
        let ids = self.chunks.iter().map(|chunk| chunk.id as usize);
        ids.filter_map(move |id| vectors.row(id))
    }

    /// The best chunks, best first.
    pub fn best_chunks(&self) -> Vec<ChunkHit> {
        let mut chunks = self.chunks.clone();
        chunks.sort_by(|a, b| b.fused.total_cmp(&a.fused).then(a.id.cmp(&b.id)));
        chunks.truncate(BEST_CHUNKS);
        chunks
            .iter()
            .map(|c| ChunkHit {
                id: c.id,
                score: c.fused,
            })
            .collect()
    }
}

/// BM25 of all sections and of all chunks; 0 for those that an answer may not name.
struct Bm25 {
    sections: Vec<f32>,
    chunks: Vec<f32>,
}

impl Bm25 {
    fn new(index: &Index, question: &Question, scope: Option<&Scope>) -> Result<Self> {
        let mut sections = bm25::scores(&index.sections_lexical(), &question.terms)?;
        let mut chunks = bm25::scores(&index.chunks_lexical(), &question.terms)?;
        if let Some(scope) = scope {
            zero_unless(&mut sections, |id| scope.has_section(id));
            zero_unless(&mut chunks, |id| scope.chunks().contains(id));
        }
        Ok(Self { sections, chunks })
    }
}

/// The candidate sections of a question, those that `hinted` names among them, by number, with all
/// scores but those of [`super::feedback`].
pub(super) fn gather(
    index: &Index,
    question: &Question,
    exact: bool,
    scope: Option<&Scope>,
    hinted: &[u32],
) -> Result<Vec<Candidate>> {
    let bm25 = Bm25::new(index, question, scope)?;
    let nearest = index.nearest(&question.vector, PER_ARM, exact, scope.map(Scope::chunks))?;
    let sections = best_ids(&bm25.sections);
    let sections = sections.into_iter().chain(hinted.iter().copied());
    let mut named: BTreeMap<u32, BTreeSet<u32>> = sections.map(|s| (s, BTreeSet::new())).collect();
    let nearest = nearest.into_iter().map(|neighbour| neighbour.id);
    for id in best_ids(&bm25.chunks).into_iter().chain(nearest) {
        let section = index.section_of(id as usize)?;
        named.entry(section).or_default().insert(id);
    }

    let vectors = index.vectors();
    let mut candidates = Vec::with_capacity(named.len());
    let mut chunks = Vec::new();
    for (section, named) in named {
        let range = index.section(section as usize)?.chunks;
        let end = range
            .end
            .min(range.start.saturating_add(CHUNKS_PER_SECTION));
        let first = chunks.len();
        let later = named.into_iter().filter(|&id| id >= end);
        chunks.extend((range.start..end).chain(later).map(|id| {
            ScoredChunk {
                id,
                dense: vectors
                    .row(id as usize)
                    .map_or(0.0, |row| dot(row, &question.vector)),
                bm25: bm25.chunks.get(id as usize).copied().unwrap_or(0.0),
                late: None,
                fused: 0.0,
            }
        }));
        let bm25_section = bm25.sections.get(section as usize).copied().unwrap_or(0.0);
        candidates.push((section, bm25_section, first..chunks.len()));
    }
    score_late(index, question, &mut chunks)?;
    candidates
        .into_iter()
        .filter(|(_, _, range)| !range.is_empty())
        .map(|(section, bm25_section, range)| {
            let chunks = &chunks[range];
            let mut candidate = candidate(section, bm25_section, chunks);
            candidate.arms.phrase = score_phrase(index, question, chunks)?;
            Ok(candidate)
        })
        .collect()
}

/// Takes their scores from the documents that an answer may not name.
fn zero_unless(scores: &mut [f32], is_allowed: impl Fn(u32) -> bool) {
    for (id, score) in (0..).zip(scores) {
        if *score > 0.0 && !is_allowed(id) {
            *score = 0.0;
        }
    }
}

/// The up to [`PER_ARM`] best documents with a score above 0.
fn best_ids(scores: &[f32]) -> Vec<u32> {
    let mut ids: Vec<u32> = (0..scores.len() as u32)
        .filter(|&i| scores[i as usize] > 0.0)
        .collect();
    fusion::keep_first(&mut ids, PER_ARM, |&a, &b| {
        scores[b as usize]
            .total_cmp(&scores[a as usize])
            .then(a.cmp(&b))
    });
    ids
}

/// Fuses the chunks' scores, with late interaction for the best of them; the others count as the
/// worst that late interaction saw.
fn score_late(index: &Index, question: &Question, chunks: &mut [ScoredChunk]) -> Result<()> {
    let mut dense: Vec<f32> = chunks.iter().map(|c| c.dense).collect();
    let mut lexical: Vec<f32> = chunks.iter().map(|c| c.bm25).collect();
    fusion::standardize(&mut dense);
    fusion::standardize(&mut lexical);
    for (chunk, (dense, lexical)) in chunks.iter_mut().zip(dense.iter().zip(&lexical)) {
        chunk.fused = dense + lexical;
    }
    let Some(late) = &question.late else {
        return Ok(());
    };
    let mut best: Vec<usize> = (0..chunks.len()).collect();
    fusion::keep_first(&mut best, LATE_CHUNKS, |&a, &b| {
        let by_score = chunks[b].fused.total_cmp(&chunks[a].fused);
        by_score.then(a.cmp(&b))
    });
    let mut chosen = Vec::new();
    let mut rows = Vec::new();
    for i in best {
        if let Some(tokens) = index.token_vectors(chunks[i].id as usize)? {
            chosen.push(i);
            rows.push(tokens);
        }
    }
    for (i, late) in chosen.into_iter().zip(late.max_sims(&rows)) {
        chunks[i].late = Some(late);
    }
    let worst = chunks
        .iter()
        .filter_map(|c| c.late)
        .fold(f32::INFINITY, f32::min);
    let worst = if worst.is_finite() { worst } else { 0.0 };
    let mut scores: Vec<f32> = chunks.iter().map(|c| c.late.unwrap_or(worst)).collect();
    for (chunk, &late) in chunks.iter_mut().zip(&scores) {
        chunk.late = Some(late);
    }
    fusion::standardize(&mut scores);
    for (chunk, late) in chunks.iter_mut().zip(scores) {
        chunk.fused += 2.0 * late;
    }
    Ok(())
}

fn score_phrase(index: &Index, question: &Question, chunks: &[ScoredChunk]) -> Result<f32> {
    let sequences = chunks.iter().map(|c| index.term_sequence(c.id as usize));
    let sequences: Vec<&[u32]> = sequences.collect::<Result<_, _>>()?;
    Ok(question.pairs.score(sequences))
}

fn candidate(section: u32, bm25_section: f32, chunks: &[ScoredChunk]) -> Candidate {
    let best =
        |score: fn(&ScoredChunk) -> f32| chunks.iter().map(score).fold(f32::NEG_INFINITY, f32::max);
    let late = |chunk: &ScoredChunk| chunk.late.unwrap_or(0.0);
    Candidate {
        section,
        arms: ArmScores {
            dense: best(|c| c.dense),
            dense_mean: chunks.iter().map(|c| c.dense).sum::<f32>() / chunks.len() as f32,
            bm25_chunk: best(|c| c.bm25),
            bm25_section,
            late: best(late),
            feedback: 0.0,
            phrase: 0.0,
            support: 0.0,
        },
        chunks: chunks.to_vec(),
    }
}
