//! A search: one question against one opened index.

mod candidates;
mod feedback;
mod scope;

use std::time::{Duration, Instant};

use crate::Result;
use crate::corpus::Guide;
use crate::encoder::Encoder;
use crate::index::{Index, IndexError, SectionRecord};
use crate::rank::analysis;
use crate::rank::confidence::{self, Signals};
use crate::rank::fusion::{self, ArmScores};
use crate::rank::guide::{self, Fired, Hints};
use crate::rank::spelling::{self, Correction};

use candidates::{Candidate, Question};

pub use scope::{Scope, ScopeError};

/// How far above the best score a hint lifts its last section, and the distance between its
/// sections: they must come out in the author's order.
const LIFT_STEP: f32 = 0.05;

/// An opened index with the encoder that its vectors were made with.
#[derive(Clone)]
pub struct Searcher<'a> {
    index: &'a Index,
    encoder: &'a dyn Encoder,
    guide: Guide,
    scope: Option<Scope>,
}

/// Which scores order the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ranking {
    /// All arms that the index has.
    #[default]
    Full,
    /// All but late interaction.
    WithoutLate,
    /// Cosine of the sentence vectors.
    Dense,
    /// BM25 over whole sections.
    Bm25,
    /// Reciprocal rank fusion of the two.
    Rrf,
}

/// What a search is asked to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SearchOptions {
    /// Most hits.
    pub k: usize,
    /// Which of the authors' routing hints may move sections.
    pub hints: Hints,
    /// Whether every vector is looked at, whatever the index's search path.
    pub exact: bool,
    /// Which scores order the sections.
    pub ranking: Ranking,
}

impl Default for SearchOptions {
    /// 4 hits, all hints, the index's own search path, all arms.
    fn default() -> Self {
        Self {
            k: 4,
            hints: Hints::All,
            exact: false,
            ranking: Ranking::Full,
        }
    }
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Words of the question that were read as words of the corpus.
    pub corrections: Vec<Correction>,
    /// Confidence that the first hit answers the question; 0 without hits.
    pub confidence: f32,
    /// Sections by falling score; at most `k`.
    pub hits: Vec<Hit>,
    /// Where the time went.
    pub timings: Timings,
}

/// A section in an answer.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Number of the section in the index.
    pub section_id: u32,
    /// The section.
    pub section: SectionRecord,
    /// Fused score after lifts: larger is more relevant, comparable within one answer only.
    pub score: f32,
    /// Confidence that this section answers the question.
    pub confidence: f32,
    /// The routing hint that moved it.
    pub hint: Option<Fired>,
    /// The section's scores by arm.
    pub arms: ArmScores,
    /// What its confidence was computed from.
    pub signals: Signals,
    /// Its best chunks, best first.
    pub chunks: Vec<ChunkHit>,
}

/// A chunk of a hit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChunkHit {
    /// Number of the chunk in the index.
    pub id: u32,
    /// Its share in the section's score: comparable within one answer only.
    pub score: f32,
}

/// Duration of each stage of a search.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// Embedding the question, spelling included.
    pub embed: Duration,
    /// Finding candidates.
    pub candidates: Duration,
    /// Scoring and ordering them.
    pub rank: Duration,
}

impl Timings {
    /// Duration of the whole search.
    pub fn total(&self) -> Duration {
        self.embed + self.candidates + self.rank
    }
}

impl<'a> Searcher<'a> {
    /// A searcher over `index`; an error if `encoder` is not the model of its vectors.
    pub fn new(index: &'a Index, encoder: &'a dyn Encoder) -> Result<Self, IndexError> {
        index.check_model(encoder.model())?;
        let guide = index.guide()?;
        Ok(Self {
            index,
            encoder,
            guide,
            scope: None,
        })
    }

    /// Limits all searches to the sections of `scope`, which is one of the same index.
    pub fn within(mut self, scope: Scope) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Answers a question. A question without any word gets no hits.
    pub fn search(&self, question: &str, options: &SearchOptions) -> Result<Answer> {
        let start = Instant::now();
        if analysis::words(question).next().is_none() {
            return Ok(Answer::empty());
        }
        let (text, corrections) = spelling::correct(
            question,
            || self.index.vocabulary(),
            |word| self.is_familiar(word),
        );
        let late = options.ranking == Ranking::Full && self.index.has_token_vectors();
        let embedding = self.encoder.encode_query(&text, late)?;
        let question = Question::new(self.index, &text, &embedding)?;
        let embedded = Instant::now();
        let fired = guide::fire(
            &self.guide,
            self.index.guide_vectors(),
            &text,
            &embedding.sentence,
            options.hints,
            |targets| self.allowed_sections(targets),
        )?;
        let hinted = fired.as_ref().map_or(&[][..], |fired| &fired.sections);
        let scope = self.scope.as_ref();
        let candidates = candidates::gather(self.index, &question, options.exact, scope, hinted)?;
        let gathered = Instant::now();
        let hits = self.rank(&question, candidates, fired, options)?;
        Ok(Answer {
            corrections,
            confidence: hits.first().map_or(0.0, |hit| hit.confidence),
            hits,
            timings: Timings {
                embed: embedded - start,
                candidates: gathered - embedded,
                rank: gathered.elapsed(),
            },
        })
    }

    /// Whether the corpus has the stem of `word`, or the model knows it whole.
    fn is_familiar(&self, word: &str) -> bool {
        let postings = self.index.chunks_lexical();
        // A damaged index is found where its postings are scored.
        let has = |term: &String| matches!(postings.numbered(term), Ok(Some(_)));
        analysis::terms(word).iter().all(has) || self.encoder.count_tokens(word) == 1
    }

    /// Those sections of `paths` that an answer may name, each once.
    fn allowed_sections(&self, paths: &[String]) -> Result<Vec<u32>> {
        let mut sections = Vec::new();
        for path in paths {
            let found = self.index.find_section(path)?;
            let scope = self.scope.as_ref();
            let is_allowed = |section: &u32| scope.is_none_or(|scope| scope.has_section(*section));
            if let Some(section) = found.filter(is_allowed)
                && !sections.contains(&section)
            {
                sections.push(section);
            }
        }
        Ok(sections)
    }

    fn rank(
        &self,
        question: &Question,
        mut candidates: Vec<Candidate>,
        fired: Option<Fired>,
        options: &SearchOptions,
    ) -> Result<Vec<Hit>> {
        let mut scores = score(&candidates, question, options.ranking);
        if matches!(options.ranking, Ranking::Full | Ranking::WithoutLate) {
            feedback::add_feedback(self.index, question, &mut candidates, &scores);
            scores = score(&candidates, question, options.ranking);
            feedback::add_support(self.index, &mut candidates, &scores);
            scores = score(&candidates, question, options.ranking);
        }
        if let Some(fired) = &fired {
            lift(&fired.sections, &candidates, &mut scores);
        }
        fusion::descending(&scores)
            .into_iter()
            .take(options.k)
            .map(|i| {
                let candidate = &candidates[i];
                let hint = fired
                    .clone()
                    .filter(|fired| fired.sections.contains(&candidate.section));
                let signals = Signals {
                    dense: candidate.arms.dense,
                    late: question.has_late().then_some(candidate.arms.late),
                    bm25: candidate.arms.bm25_chunk,
                    hint: hint.as_ref().map_or(0.0, |fired| fired.strength),
                };
                Ok(Hit {
                    section_id: candidate.section,
                    section: self.index.section(candidate.section as usize)?,
                    score: scores[i],
                    confidence: confidence::confidence(&signals),
                    hint,
                    arms: candidate.arms,
                    signals,
                    chunks: candidate.best_chunks(),
                })
            })
            .collect()
    }
}

/// Lifts the sections `hinted` above the best score, in their order.
fn lift(hinted: &[u32], candidates: &[Candidate], scores: &mut [f32]) {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (candidate, score) in candidates.iter().zip(scores) {
        if let Some(order) = hinted.iter().position(|&s| s == candidate.section) {
            *score = score.max(best + LIFT_STEP * (hinted.len() - order) as f32);
        }
    }
}

/// The score of each candidate under a ranking.
fn score(candidates: &[Candidate], question: &Question, ranking: Ranking) -> Vec<f32> {
    let arms: Vec<ArmScores> = candidates.iter().map(|c| c.arms).collect();
    match ranking {
        Ranking::Full if question.has_late() => fusion::fuse(&arms, &fusion::WITH_LATE),
        Ranking::Full | Ranking::WithoutLate => fusion::fuse(&arms, &fusion::WITHOUT_LATE),
        Ranking::Dense => fusion::fuse(&arms, &fusion::DENSE),
        Ranking::Bm25 => fusion::fuse(&arms, &fusion::BM25),
        Ranking::Rrf => fusion::reciprocal_rank_fusion(&[
            arms.iter().map(|a| a.dense).collect(),
            arms.iter().map(|a| a.bm25_section).collect(),
        ]),
    }
}

impl Answer {
    fn empty() -> Self {
        Self {
            corrections: Vec::new(),
            confidence: 0.0,
            hits: Vec::new(),
            timings: Timings::default(),
        }
    }
}
