//! A search: one question against one opened index.

mod candidates;
mod feedback;
mod reader;
mod scope;

use std::sync::Arc;
use std::time::Instant;

use crate::Result;
use crate::analysis;
use crate::answer::{Answer, Hit, Timings, Verdict};
use crate::calibration::{Arms, Calibration};
use crate::encoder::{self, ContractError, Embedding, Encoder, EncoderError};
use crate::index::{Index, IndexError, SectionId};
use crate::rank::confidence::Signals;
use crate::rank::fusion;
use crate::rank::hints::{HintMatch, HintQuery, Hints};
use crate::rank::spelling::{self, Correction};

use candidates::{Candidate, Question};

pub use crate::rank::hints::HintUse;
pub use reader::{IndexReader, Reload};
pub use scope::{Scope, ScopeError};

/// How far above the best score a hint lifts its last section, and the distance between its
/// sections: they must come out in the author's order.
const LIFT_STEP: f32 = 0.05;

/// An opened index with the encoder that its vectors were made with, ready to be asked.
///
/// It owns both, can be held for as long as one likes, cloned cheaply and asked from any number of
/// threads at once. What can be prepared for all questions is prepared when it is made.
#[derive(Clone)]
pub struct Searcher {
    index: Arc<Index>,
    encoder: Arc<dyn Encoder>,
    hints: Arc<Hints>,
    calibration: Calibration,
}

/// Which scores order the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Ranking {
    /// All arms that the index has.
    #[default]
    Full,
    /// All but late interaction.
    WithoutLateInteraction,
    /// Cosine of the sentence vectors.
    Dense,
    /// Late interaction, on the chunks that cosine and BM25 find.
    LateInteraction,
    /// BM25 over whole sections.
    Bm25,
    /// Reciprocal rank fusion of the two.
    Rrf,
}

/// What a search is asked to do.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SearchOptions {
    /// Most hits.
    pub k: usize,
    /// The sections that an answer may name; `None`: all.
    pub scope: Option<Scope>,
    /// Confidence of the first hit below which there is no answer, 0 to 1; `None`: the calibration's
    /// threshold. Without effect where the model is not calibrated.
    pub min_confidence: Option<f32>,
    /// Which of the authors' hints may move sections.
    pub hints: HintUse,
    /// Whether every vector is looked at, whatever the index's search path.
    pub exact: bool,
    /// Which scores order the sections.
    pub ranking: Ranking,
}

impl Default for SearchOptions {
    /// 4 hits of all sections, all hints, the index's own search path, all arms.
    fn default() -> Self {
        Self {
            k: 4,
            scope: None,
            min_confidence: None,
            hints: HintUse::All,
            exact: false,
            ranking: Ranking::Full,
        }
    }
}

impl Searcher {
    /// A searcher over `index`; an error if `encoder` is not the model of its vectors.
    pub fn new(index: Arc<Index>, encoder: Arc<dyn Encoder>) -> Result<Self, IndexError> {
        index.check_model(encoder.model())?;
        let hints = Arc::new(Hints::new(&index.guide()?));
        Ok(Self {
            calibration: encoder.calibration(),
            index,
            encoder,
            hints,
        })
    }

    /// The index that is searched.
    pub fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// The encoder of questions.
    pub fn encoder(&self) -> &Arc<dyn Encoder> {
        &self.encoder
    }

    /// The numbers that belong to the encoder's model.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// Answers a question. A question without any word gets no hits.
    ///
    /// # Errors
    ///
    /// The encoder's, [`ScopeError::OtherIndex`] for a scope of another index, and what is found to
    /// be damaged in the index.
    pub fn search(&self, question: &str, options: &SearchOptions) -> Result<Answer> {
        if let Some(scope) = &options.scope {
            scope.check_index(&self.index)?;
        }
        let start = Instant::now();
        let mut answer = self.empty_answer(question, options);
        if analysis::words(question).next().is_none() {
            return Ok(answer);
        }
        let (text, corrections) = self.correct(question)?;
        let embedding = self.embed(&text, options)?;
        let question = Question::new(&self.index, &text, &embedding)?;
        let embedded = Instant::now();
        let hint = self.matching_hint(&text, &embedding, options)?;
        let hinted = hint.as_ref().map_or(&[][..], |hint| &hint.sections);
        let candidates =
            candidates::gather(&self.index, &question, &self.calibration, options, hinted)?;
        let gathered = Instant::now();
        answer.hits = self.rank(&question, candidates, hint, options)?;
        answer.corrections = corrections;
        answer.judge();
        answer.timings = Timings {
            embed: embedded - start,
            candidates: gathered - embedded,
            rank: gathered.elapsed(),
        };
        Ok(answer)
    }

    fn empty_answer(&self, question: &str, options: &SearchOptions) -> Answer {
        let threshold = self.calibration.threshold();
        let mut answer = Answer {
            question: question.to_owned(),
            verdict: Verdict::NothingFound,
            confidence: None,
            min_confidence: threshold.map(|threshold| options.min_confidence.unwrap_or(threshold)),
            corrections: Vec::new(),
            hits: Vec::new(),
            timings: Timings::default(),
        };
        answer.judge();
        answer
    }

    /// The question with words that nobody knows read as words of the corpus.
    fn correct(&self, question: &str) -> Result<(String, Vec<Correction>), IndexError> {
        let postings = self.index.chunks_lexical();
        // A damaged index is found where its postings are scored.
        let has = |term: &String| matches!(postings.numbered(term), Ok(Some(_)));
        // The corpus has the stem, or the model knows the word whole.
        let is_familiar = |word: &str| {
            analysis::terms(word).iter().all(has) || self.encoder.count_tokens(word) == 1
        };
        spelling::correct(question, || self.index.vocabulary(), is_familiar)
    }

    fn embed(&self, text: &str, options: &SearchOptions) -> Result<Embedding, EncoderError> {
        let token_dim = self
            .index
            .token_dim()
            .filter(|_| matches!(options.ranking, Ranking::Full | Ranking::LateInteraction));
        let embedding = encoder::encode_query(&*self.encoder, text, token_dim.is_some())?;
        let found = embedding.tokens.as_ref().map(|tokens| tokens.dim);
        match (token_dim, found) {
            (Some(expected), Some(found)) if expected != found => {
                let breach = ContractError::TokenDimension { expected, found };
                Err(EncoderError::contract(&*self.encoder, breach))
            }
            _ => Ok(embedding),
        }
    }

    fn matching_hint(
        &self,
        text: &str,
        embedding: &Embedding,
        options: &SearchOptions,
    ) -> Result<Option<HintMatch>, IndexError> {
        let query = HintQuery {
            text,
            vector: &embedding.sentence,
            allowed: options.hints,
        };
        let (index, matching) = (&self.index, &self.calibration.hints);
        self.hints.best_match(
            query,
            index.guide_vectors(),
            index.simd(),
            matching,
            |targets| self.allowed_sections(targets, options.scope.as_ref()),
        )
    }

    /// Those sections of `paths` that an answer may name, each once.
    fn allowed_sections(
        &self,
        paths: &[String],
        scope: Option<&Scope>,
    ) -> Result<Vec<SectionId>, IndexError> {
        let mut sections = Vec::new();
        for path in paths {
            let found = self.index.find_section(path)?;
            let is_allowed = |id: &SectionId| scope.is_none_or(|scope| scope.has_section(*id));
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
        hint: Option<HintMatch>,
        options: &SearchOptions,
    ) -> Result<Vec<Hit>, IndexError> {
        let mut scores = self.score(&candidates, question, options.ranking);
        if matches!(
            options.ranking,
            Ranking::Full | Ranking::WithoutLateInteraction
        ) {
            feedback::add_feedback(&self.index, question, &mut candidates, &scores);
            scores = self.score(&candidates, question, options.ranking);
            feedback::add_support(&self.index, &mut candidates, &scores);
            scores = self.score(&candidates, question, options.ranking);
        }
        if let Some(hint) = &hint {
            lift(&hint.sections, &candidates, &mut scores);
        }
        let best = fusion::descending(&scores).into_iter().take(options.k);
        best.map(|i| self.hit(question, &candidates[i], scores[i], hint.as_ref()))
            .collect()
    }

    fn hit(
        &self,
        question: &Question,
        candidate: &Candidate,
        score: f32,
        hint: Option<&HintMatch>,
    ) -> Result<Hit, IndexError> {
        let hint = hint.filter(|hint| hint.sections.contains(&candidate.section));
        let signals = Signals {
            dense: candidate.arms.dense,
            max_sim: question.has_max_sim().then_some(candidate.arms.max_sim),
            bm25: candidate.arms.bm25_chunk,
            hint: hint.map_or(0.0, |hint| hint.strength),
        };
        let confidence = self.calibration.confidence;
        Ok(Hit {
            section_id: candidate.section,
            section: self.index.section(candidate.section)?,
            score,
            confidence: confidence.map(|confidence| confidence.of(&signals)),
            hint: hint.cloned(),
            arms: candidate.arms,
            signals,
            chunks: candidate.best_chunks(),
        })
    }

    /// The score of each candidate under a ranking.
    fn score(&self, candidates: &[Candidate], question: &Question, ranking: Ranking) -> Vec<f32> {
        let arms: Vec<Arms> = candidates.iter().map(|c| c.arms).collect();
        let weights = &self.calibration.fusion;
        match ranking {
            Ranking::Full if question.has_max_sim() => fusion::fuse(&arms, &weights.with_max_sim),
            Ranking::Full | Ranking::WithoutLateInteraction => {
                fusion::fuse(&arms, &weights.without_max_sim)
            }
            Ranking::Dense => fusion::fuse(&arms, &fusion::DENSE),
            Ranking::LateInteraction => fusion::fuse(&arms, &fusion::MAX_SIM),
            Ranking::Bm25 => fusion::fuse(&arms, &fusion::BM25),
            Ranking::Rrf => fusion::reciprocal_rank_fusion(&[
                arms.iter().map(|a| a.dense).collect(),
                arms.iter().map(|a| a.bm25_section).collect(),
            ]),
        }
    }
}

impl Answer {
    /// Sets confidence and verdict by the hits.
    fn judge(&mut self) {
        let first = self.hits.first();
        let best = first.map_or(Some(0.0), |hit| hit.confidence);
        self.confidence = best.filter(|_| self.min_confidence.is_some());
        self.verdict = match (first, best.zip(self.min_confidence)) {
            (None, _) => Verdict::NothingFound,
            (Some(_), None) => Verdict::Uncalibrated,
            (Some(_), Some((best, least))) if best >= least => Verdict::Answered,
            _ => Verdict::NothingConfident,
        };
    }
}

/// Lifts the sections `hinted` above the best score, in their order.
fn lift(hinted: &[SectionId], candidates: &[Candidate], scores: &mut [f32]) {
    let best = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (candidate, score) in candidates.iter().zip(scores) {
        if let Some(order) = hinted.iter().position(|&s| s == candidate.section) {
            *score = score.max(best + LIFT_STEP * (hinted.len() - order) as f32);
        }
    }
}
