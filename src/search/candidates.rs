//! Candidates: the sections worth ranking, and their scores by arm.
//!
//! Each retrieving arm (dense, BM25 over chunks, BM25 over sections) names its best, and so do hints and the
//! guide; the sections of all of them come out of the store and are scored by every arm. Late interaction,
//! which costs most, looks at the best chunks only.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::guide::{GuideScores, Said};
use super::store::{Evidence, Store};
use crate::analysis;
use crate::answer::ChunkHit;
use crate::calibration::{Arms, Calibration};
use crate::encoder::Embedding;
use crate::index::{ChunkId, Index, IndexError, MatrixRef, SectionId};
use crate::rank::confidence::{self, Signals};
use crate::rank::fusion;
use crate::rank::max_sim::{QueryTokens, TokenMatches, token_idf};
use crate::rank::phrase::Pairs;

/// Chunks of one section that are looked at: of a longer one, the first and those that an arm named.
const CHUNKS_PER_SECTION: u32 = 1_000;
/// Chunks that late interaction looks at.
const MAX_SIM_CHUNKS: usize = 80;
/// Chunks that a hit shows.
const BEST_CHUNKS: usize = 8;

/// A question as the arms see it.
pub(super) struct Question {
    /// Its lexical terms.
    pub terms: Vec<String>,
    pub vector: Vec<f32>,
    tokens: Option<QueryTokens>,
    pairs: Pairs,
}

impl Question {
    pub fn new(store: &dyn Store, text: &str, embedding: &Embedding) -> Result<Self, IndexError> {
        let index = store.catalogue();
        let tokens = embedding
            .tokens
            .as_ref()
            .filter(|tokens| !tokens.ids.is_empty());
        let (num_chunks, frequencies) = (store.num_chunks(), index.token_frequencies());
        let idf = token_idf(num_chunks, frequencies);
        let tokens = tokens.map(|tokens| QueryTokens::new(index.simd(), tokens, idf));
        let terms = analysis::terms(text);
        Ok(Self {
            pairs: Pairs::new(num_chunks, |term| store.chunk_term(term), &terms)?,
            terms,
            vector: embedding.sentence.clone(),
            tokens,
        })
    }

    /// The question's tokens, for late interaction.
    pub fn tokens(&self) -> Option<&QueryTokens> {
        self.tokens.as_ref()
    }

    /// Whether late interaction takes part.
    pub fn has_max_sim(&self) -> bool {
        self.tokens.is_some()
    }
}

/// The candidates of a question.
pub(super) struct Candidates {
    /// The index that their chunks are of.
    pub index: Arc<Index>,
    /// By number.
    pub sections: Vec<Candidate>,
    /// What late interaction found in the chunks that it looked at.
    tokens: Option<TokenMatches>,
}

/// A section with its scores by arm.
pub(super) struct Candidate {
    /// Its number in the catalogue.
    pub section: SectionId,
    /// Its number in the index of the candidates.
    pub in_evidence: SectionId,
    pub arms: Arms,
    /// What the guide's guidelines and tables say of it.
    routed: Option<GuideScores>,
    /// What the guide's questions say of it.
    known: Option<GuideScores>,
    chunks: Vec<ScoredChunk>,
}

/// A chunk with its scores by arm.
#[derive(Debug, Clone, Copy)]
struct ScoredChunk {
    id: ChunkId,
    dense: f32,
    bm25: f32,
    max_sim: Option<f32>,
    /// Its number among the chunks that late interaction looked at.
    row: Option<usize>,
    /// How much the arms together make of it.
    fused: f32,
}

impl Candidates {
    /// Whether a guideline or a table of the guide names one of them.
    pub fn has_guide(&self) -> bool {
        self.sections
            .iter()
            .any(|candidate| candidate.routed.is_some())
    }

    /// The share of those that a question of the guide names.
    pub fn question_share(&self) -> f32 {
        let named = self.sections.iter().filter(|c| c.known.is_some()).count();
        named as f32 / self.sections.len().max(1) as f32
    }

    /// What can be known of the answer that `candidate` would be, but for hints.
    pub fn signals(&self, question: &Question, candidate: &Candidate) -> Signals {
        let mut signals = Signals {
            dense: candidate.arms.dense,
            bm25: candidate.arms.bm25_chunk,
            guide: candidate.routed.map_or(0.0, |said| said.itself),
            ..Signals::default()
        };
        if let (Some(query), Some(tokens)) = (&question.tokens, &self.tokens) {
            let everywhere = tokens.everywhere();
            let best = candidate.best().and_then(|chunk| chunk.row);
            signals.max_sim = Some(candidate.arms.max_sim);
            signals.rarest = confidence::rarest(query.weights(), everywhere);
            signals.lack = best.map_or(0.0, |row| {
                confidence::lack(query.weights(), everywhere, tokens.of(row))
            });
        }
        signals
    }
}

impl Candidate {
    /// The best chunk.
    pub fn best_chunk(&self) -> Option<ChunkId> {
        self.best().map(|chunk| chunk.id)
    }

    fn best(&self) -> Option<&ScoredChunk> {
        self.chunks
            .iter()
            .max_by(|a, b| a.fused.total_cmp(&b.fused).then(b.id.cmp(&a.id)))
    }

    /// Sentence vectors of its chunks.
    pub fn rows<'a>(&'a self, vectors: MatrixRef<'a>) -> impl Iterator<Item = &'a [f32]> {
        let ids = self.chunks.iter().map(|chunk| chunk.id);
        ids.filter_map(move |id| vectors.row(id.position()))
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

/// The candidate sections that `evidence` holds, by number, with all scores but those of
/// [`super::feedback`]; `said` is what the guide says of sections.
pub(super) fn score(
    evidence: Evidence,
    question: &Question,
    calibration: &Calibration,
    said: &Said,
) -> Result<Candidates, IndexError> {
    let index = &*evidence.index;
    let mut chunks = Vec::new();
    let mut candidates = Vec::with_capacity(evidence.sections.len());
    for named in evidence.sections {
        let first = chunks.len();
        for id in looked_at(index, named.in_evidence, named.chunks)? {
            let row = index.vectors().row(id.position());
            let bm25 = evidence.chunk_bm25.get(id.position());
            chunks.push(ScoredChunk {
                id,
                dense: row.map_or(0.0, |row| index.simd().dot(row, &question.vector)),
                bm25: bm25.copied().unwrap_or(0.0),
                max_sim: None,
                row: None,
                fused: 0.0,
            });
        }
        candidates.push((named.section, named.in_evidence, first..chunks.len()));
    }
    let weight = calibration.fusion.chunk_max_sim;
    let tokens = score_max_sim(index, question, weight, &mut chunks)?;
    let candidates = candidates
        .into_iter()
        .filter(|(.., range)| !range.is_empty());
    let mut sections = candidates
        .map(|(section, in_evidence, range)| {
            let mut candidate = candidate(section, in_evidence, &chunks[range]);
            let bm25_section = evidence.section_bm25.get(in_evidence.position());
            candidate.arms.bm25_section = bm25_section.copied().unwrap_or(0.0);
            candidate.arms.phrase = score_phrase(index, question, &candidate.chunks)?;
            candidate.routed = said.routes.get(&section).copied();
            candidate.known = said.questions.get(&section).copied();
            Ok(candidate)
        })
        .collect::<Result<Vec<_>, IndexError>>()?;
    add_guide(&mut sections);
    Ok(Candidates {
        index: evidence.index,
        sections,
        tokens,
    })
}

/// Adds the guide's arms.
fn add_guide(candidates: &mut [Candidate]) {
    let routed = or_mean(candidates.iter().map(|candidate| candidate.routed));
    let known = or_mean(candidates.iter().map(|candidate| candidate.known));
    for (candidate, (routed, known)) in candidates.iter_mut().zip(routed.into_iter().zip(known)) {
        let arms = &mut candidate.arms;
        [arms.guide_dense, arms.guide_bm25, arms.guide_max_sim] = routed;
        [
            arms.question_dense,
            arms.question_bm25,
            arms.question_max_sim,
        ] = known;
    }
}

/// The three scores of each section. One of which nothing is said gets the mean of the others, which neither
/// helps nor harms it.
fn or_mean(said: impl Iterator<Item = Option<GuideScores>> + Clone) -> Vec<[f32; 3]> {
    let scores = |said: GuideScores| [said.dense, said.bm25, said.max_sim];
    let named: Vec<[f32; 3]> = said.clone().flatten().map(scores).collect();
    let count = named.len().max(1) as f32;
    let mean = [0, 1, 2].map(|arm| named.iter().map(|scores| scores[arm]).sum::<f32>() / count);
    said.map(|said| said.map_or(mean, scores)).collect()
}

/// The chunks of a section that are scored: its first, and those that were named.
fn looked_at(
    index: &Index,
    section: SectionId,
    named: BTreeSet<ChunkId>,
) -> Result<impl Iterator<Item = ChunkId>, IndexError> {
    let range = index.section(section)?.chunks;
    let most = range.start.saturating_add(CHUNKS_PER_SECTION);
    let end = range.end.min(most);
    let later = named.into_iter().filter(move |id| id.0 >= end);
    Ok(ChunkId::all(range.start..end).chain(later))
}

/// Fuses the chunks' scores, with late interaction for the best of them; the others count as the
/// worst that late interaction saw.
fn score_max_sim(
    index: &Index,
    question: &Question,
    weight: f32,
    chunks: &mut [ScoredChunk],
) -> Result<Option<TokenMatches>, IndexError> {
    let mut dense: Vec<f32> = chunks.iter().map(|c| c.dense).collect();
    let mut lexical: Vec<f32> = chunks.iter().map(|c| c.bm25).collect();
    fusion::standardize(&mut dense);
    fusion::standardize(&mut lexical);
    for (chunk, (dense, lexical)) in chunks.iter_mut().zip(dense.iter().zip(&lexical)) {
        chunk.fused = dense + lexical;
    }
    let Some(query) = &question.tokens else {
        return Ok(None);
    };
    let mut best: Vec<usize> = (0..chunks.len()).collect();
    fusion::keep_first(&mut best, MAX_SIM_CHUNKS, |&a, &b| {
        let by_score = chunks[b].fused.total_cmp(&chunks[a].fused);
        by_score.then(a.cmp(&b))
    });
    let mut chosen = Vec::new();
    let mut rows = Vec::new();
    for i in best {
        if let Some(tokens) = index.token_vectors(chunks[i].id)? {
            chosen.push(i);
            rows.push(tokens);
        }
    }
    let matches = query.matches(&rows);
    for (row, i) in chosen.into_iter().enumerate() {
        chunks[i].max_sim = Some(query.weigh(matches.of(row)));
        chunks[i].row = Some(row);
    }
    let worst = chunks
        .iter()
        .filter_map(|c| c.max_sim)
        .fold(f32::INFINITY, f32::min);
    let worst = if worst.is_finite() { worst } else { 0.0 };
    let mut scores: Vec<f32> = chunks.iter().map(|c| c.max_sim.unwrap_or(worst)).collect();
    for (chunk, &max_sim) in chunks.iter_mut().zip(&scores) {
        chunk.max_sim = Some(max_sim);
    }
    fusion::standardize(&mut scores);
    for (chunk, max_sim) in chunks.iter_mut().zip(scores) {
        chunk.fused += weight * max_sim;
    }
    Ok(Some(matches))
}

fn score_phrase(
    index: &Index,
    question: &Question,
    chunks: &[ScoredChunk],
) -> Result<f32, IndexError> {
    let sequences = chunks.iter().map(|c| index.term_sequence(c.id));
    let sequences: Vec<&[u32]> = sequences.collect::<Result<_, _>>()?;
    Ok(question.pairs.score(sequences))
}

/// A section with what its chunks' scores say of it.
fn candidate(section: SectionId, in_evidence: SectionId, chunks: &[ScoredChunk]) -> Candidate {
    let best =
        |score: fn(&ScoredChunk) -> f32| chunks.iter().map(score).fold(f32::NEG_INFINITY, f32::max);
    Candidate {
        section,
        in_evidence,
        arms: Arms {
            dense: best(|c| c.dense),
            dense_mean: chunks.iter().map(|c| c.dense).sum::<f32>() / chunks.len() as f32,
            bm25_chunk: best(|c| c.bm25),
            max_sim: best(|c| c.max_sim.unwrap_or(0.0)),
            ..Arms::default()
        },
        routed: None,
        known: None,
        chunks: chunks.to_vec(),
    }
}
