//! A search: one question against one store of chunks, an opened index above all.

mod candidates;
mod condition;
mod feedback;
mod file;
mod followed;
mod guide;
mod reader;
mod scope;
mod store;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Instant;

use crate::Result;
use crate::analysis;
use crate::answer::{Answer, Hit, Timings, Verdict};
use crate::calibration::{ARMS, Arms, Calibration, Confidence, Curves};
use crate::encoder::{self, ContractError, Embedding, Encoder, EncoderError};
use crate::index::{Index, IndexError, SectionId};
use crate::rank::fusion;
use crate::rank::hints::{HintMatch, HintQuery, Hints};
use crate::rank::spelling::{self, Correction};

use candidates::{Candidate, Candidates, Question};
use file::FileStore;
use guide::{GuidePassages, Said};

pub use crate::rank::hints::HintUse;
pub use condition::{Condition, ConditionError};
pub use followed::{FollowedIndex, Tell};
pub use reader::{IndexReader, Reload};
pub use scope::{Scope, ScopeError};
pub use store::{Evidence, NamedSection, PER_ARM, Request, Store};

/// How far above the best score a hint lifts its last section, and the distance between its
/// sections: they must come out in the author's order.
const LIFT_STEP: f32 = 0.05;

/// Most bytes of a question that are searched for: many times what a model reads. What is longer is no question but
/// text that was pasted, and all work on words grows with them.
const MOST_BYTES: usize = 1 << 15;

/// An opened index with the encoder that its vectors were made with, ready to be asked.
///
/// It owns both, can be held for as long as one likes, cloned cheaply and asked from any number of
/// threads at once. What can be prepared for all questions is prepared when it is made.
#[derive(Clone)]
pub struct Searcher {
    store: Arc<dyn Store>,
    /// The store's catalogue.
    index: Arc<Index>,
    encoder: Arc<dyn Encoder>,
    hints: Arc<Hints>,
    guide: Arc<GuidePassages>,
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
        Self::over(Arc::new(FileStore(index)), encoder)
    }

    /// A searcher over what `store` holds; an error if `encoder` is not the model of its vectors.
    pub fn over(store: Arc<dyn Store>, encoder: Arc<dyn Encoder>) -> Result<Self, IndexError> {
        let index = Arc::clone(store.catalogue());
        index.check_model(encoder.model())?;
        let guide = index.guide()?;
        let hints = Arc::new(Hints::new(&guide));
        let guide = Arc::new(GuidePassages::new(&index, &guide)?);
        Ok(Self {
            guide,
            calibration: encoder.calibration(),
            store,
            index,
            encoder,
            hints,
        })
    }

    /// The index that is searched; of another store, its catalogue.
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

    /// Answers a question. A question without any word gets no hits; of a very long one the first 32 KiB are
    /// searched for.
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
        let (text, corrections) = self.correct(beginning(question))?;
        let embedding = self.embed(&text, options)?;
        let question = Question::new(&*self.store, &text, &embedding)?;
        let embedded = Instant::now();
        let hint = self.matching_hint(&text, &embedding, options)?;
        let hinted = hint.as_ref().map_or(&[][..], |hint| &hint.sections);
        let said = self.said(&text, &question, options)?;
        let evidence = self.evidence(&question, options, hinted, &said)?;
        let candidates = candidates::score(evidence, &question, &self.calibration, &said)?;
        let gathered = Instant::now();
        answer.index = Arc::clone(&candidates.index);
        answer.hits = self.rank(&question, candidates, hint, options)?;
        answer.corrections = corrections;
        answer.absent = self.absent(&text)?;
        self.judge(&mut answer);
        answer.timings = Timings {
            embed: embedded - start,
            candidates: gathered - embedded,
            rank: gathered.elapsed(),
        };
        Ok(answer)
    }

    /// The candidates by all arms, those that `hinted` names and those that the guide suggests.
    fn evidence(
        &self,
        question: &Question,
        options: &SearchOptions,
        hinted: &[SectionId],
        said: &Said,
    ) -> Result<Evidence> {
        let scope = options.scope.as_ref();
        let suggested = said.suggested();
        let suggested = suggested.filter(|&id| scope.is_none_or(|scope| scope.has_section(id)));
        let wanted: Vec<SectionId> = hinted.iter().copied().chain(suggested).collect();
        self.store.evidence(&Request {
            terms: &question.terms,
            vector: &question.vector,
            exact: options.exact,
            scope,
            wanted: &wanted,
        })
    }

    fn empty_answer(&self, question: &str, options: &SearchOptions) -> Answer {
        let threshold = self.calibration.threshold();
        let mut answer = Answer {
            question: question.to_owned(),
            verdict: Verdict::NothingFound,
            confidence: None,
            min_confidence: threshold.map(|threshold| options.min_confidence.unwrap_or(threshold)),
            corrections: Vec::new(),
            absent: Vec::new(),
            hits: Vec::new(),
            index: Arc::clone(&self.index),
            timings: Timings::default(),
        };
        self.judge(&mut answer);
        answer
    }

    /// The question with words that nobody knows read as words of the corpus.
    fn correct(&self, question: &str) -> Result<(String, Vec<Correction>), IndexError> {
        // A damaged index is found where its postings are scored.
        let has = |term: &String| matches!(self.store.chunk_term(term), Ok(Some(_)));
        // The corpus has the stem, or the model knows the word whole.
        let is_familiar = |word: &str| {
            analysis::terms(word).iter().all(has) || self.encoder.count_tokens(word) == 1
        };
        spelling::correct(question, || self.index.vocabulary(), is_familiar)
    }

    /// The words of `text` that the corpus has nowhere, its guide included, each once. Function words and
    /// contractions are no such words.
    fn absent(&self, text: &str) -> Result<Vec<String>, IndexError> {
        let guide = self.index.guide_lexical();
        absent_from(text, |term| {
            Ok(self.sections_have(term)? || guide.numbered(term)?.is_some())
        })
    }

    /// The words of `question` that no section has, whatever the guide says, each once; not those that are
    /// read as another word.
    #[cfg(feature = "audit")]
    pub(crate) fn absent_from_sections(&self, question: &str) -> Result<Vec<String>, IndexError> {
        let (text, _) = self.correct(question)?;
        absent_from(&text, |term| self.sections_have(term))
    }

    fn sections_have(&self, term: &str) -> Result<bool, IndexError> {
        Ok(self.store.chunk_term(term)?.is_some() || self.store.has_section_term(term)?)
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

    /// What the guide's passages say of sections.
    fn said(
        &self,
        text: &str,
        question: &Question,
        options: &SearchOptions,
    ) -> Result<Said, IndexError> {
        let repeated = match options.hints {
            HintUse::None => return Ok(Said::default()),
            HintUse::Unrepeated => self.hints.repeated(text),
            HintUse::All => BTreeSet::new(),
        };
        self.guide.score(&self.index, question, &repeated)
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
        mut candidates: Candidates,
        hint: Option<HintMatch>,
        options: &SearchOptions,
    ) -> Result<Vec<Hit>, IndexError> {
        let curves = self.curves(options.ranking, question);
        let sections = &mut candidates.sections;
        let mut scores = score(sections, options.ranking, curves);
        let mut shares = Vec::new();
        if let Some(curves) = curves {
            feedback::add_feedback(&candidates.index, question, sections, &scores);
            scores = score(sections, options.ranking, Some(curves));
            feedback::add_support(&candidates.index, sections, &scores);
            (scores, shares) = self.last_look(&candidates, options.ranking, curves, question);
        }
        if let Some(hint) = &hint {
            lift(&hint.sections, &candidates.sections, &mut scores);
        }
        let best = fusion::descending(&scores).into_iter().take(options.k);
        best.map(|i| {
            let mut hit = self.hit(question, &candidates, i, hint.as_ref())?;
            hit.score = scores[i];
            hit.shares = shares.get(i).copied().unwrap_or_default();
            Ok(hit)
        })
        .collect()
    }

    /// What arms are worth, if `ranking` adds them, as far as the guide is not concerned.
    fn curves(&self, ranking: Ranking, question: &Question) -> Option<&Curves> {
        let fusion = &self.calibration.fusion;
        match ranking {
            Ranking::Full if question.has_max_sim() => Some(&fusion.with_max_sim),
            Ranking::Full | Ranking::WithoutLateInteraction => Some(&fusion.without_max_sim),
            Ranking::Dense | Ranking::LateInteraction | Ranking::Bm25 | Ranking::Rrf => None,
        }
    }

    /// The scores once feedback and support are known, and what each arm adds to them: by curves of their own
    /// where there is late interaction and the guide names candidates.
    fn last_look(
        &self,
        candidates: &Candidates,
        ranking: Ranking,
        curves: &Curves,
        question: &Question,
    ) -> (Vec<f32>, Vec<Arms>) {
        let fusion = &self.calibration.fusion;
        let arms: Vec<Arms> = candidates.sections.iter().map(|c| c.arms).collect();
        let look = |curves| fusion::fuse_with_shares(&arms, curves);
        if ranking != Ranking::Full || !question.has_max_sim() {
            return look(curves);
        }
        let with_guide = fusion.with_guide.as_ref();
        let with_guide = with_guide.filter(|_| candidates.has_guide());
        let (mut scores, mut shares) = look(with_guide.unwrap_or(curves));
        let share = candidates.question_share().powi(4);
        if let Some(with_questions) = fusion.with_questions.as_ref().filter(|_| share > 0.0) {
            let (other_scores, other_shares) = look(with_questions);
            let mix = |to: &mut f32, other: f32| *to += share * (other - *to);
            for (score, other) in scores.iter_mut().zip(other_scores) {
                mix(score, other);
            }
            for (to, other) in shares.iter_mut().zip(other_shares) {
                for arm in ARMS {
                    mix((arm.of_mut)(to), (arm.of)(&other));
                }
            }
        }
        (scores, shares)
    }

    fn hit(
        &self,
        question: &Question,
        candidates: &Candidates,
        i: usize,
        hint: Option<&HintMatch>,
    ) -> Result<Hit, IndexError> {
        let candidate = &candidates.sections[i];
        let hint = hint.filter(|hint| hint.sections.contains(&candidate.section));
        let mut signals = candidates.signals(question, candidate);
        signals.hint = hint.map_or(0.0, |hint| hint.strength);
        Ok(Hit {
            section_id: candidate.section,
            section: candidates.index.section(candidate.in_evidence)?,
            score: 0.0,
            hint: hint.cloned(),
            arms: candidate.arms,
            shares: Arms::default(),
            signals,
            chunks: candidate.best_chunks(),
        })
    }

    /// Sets confidence and verdict by the hits.
    fn judge(&self, answer: &mut Answer) {
        let first = answer.hits.first();
        let of = |confidence: Confidence| first.map_or(0.0, |hit| confidence.of(&hit.signals));
        answer.confidence = self.calibration.confidence.map(of);
        answer.verdict = match (first, answer.confidence.zip(answer.min_confidence)) {
            (None, _) => Verdict::NothingFound,
            (Some(_), None) => Verdict::Uncalibrated,
            (Some(_), Some((confidence, least))) if confidence >= least => Verdict::Answered,
            _ => Verdict::NothingConfident,
        };
    }
}

/// The first [`MOST_BYTES`] of `question`, up to the last word that is there as a whole.
fn beginning(question: &str) -> &str {
    let cut = &question[..question.floor_char_boundary(MOST_BYTES)];
    match cut.rfind(char::is_whitespace) {
        Some(end) if cut.len() < question.len() => &cut[..end],
        _ => cut,
    }
}

/// The words of `text` of which no term `is_there`, each once.
fn absent_from(
    text: &str,
    is_there: impl Fn(&str) -> Result<bool, IndexError>,
) -> Result<Vec<String>, IndexError> {
    let mut absent: Vec<String> = Vec::new();
    let mut seen = HashSet::new();
    let whole = text
        .split_whitespace()
        .filter(|token| !token.contains(['\'', '\u{2019}']));
    for word in whole.flat_map(analysis::words) {
        if !seen.insert(word) {
            continue;
        }
        let terms = analysis::terms(word);
        let found = terms.iter().map(|term| is_there(term));
        let found = found.collect::<Result<Vec<bool>, _>>()?;
        let is_absent = !found.is_empty() && found.iter().all(|found| !found);
        if is_absent {
            absent.push(word.to_owned());
        }
    }
    Ok(absent)
}

/// The score of each candidate: the sum by `curves`, or what a simpler ranking makes of it.
fn score(candidates: &[Candidate], ranking: Ranking, curves: Option<&Curves>) -> Vec<f32> {
    let arms: Vec<Arms> = candidates.iter().map(|c| c.arms).collect();
    let scores = |of: fn(&Arms) -> f32| arms.iter().map(of).collect();
    match (ranking, curves) {
        (_, Some(curves)) => fusion::fuse(&arms, curves),
        (Ranking::LateInteraction, _) => scores(|arms| arms.max_sim),
        (Ranking::Bm25, _) => scores(|arms| arms.bm25_section),
        (Ranking::Rrf, _) => fusion::reciprocal_rank_fusion(&[
            scores(|arms| arms.dense),
            scores(|arms| arms.bm25_section),
        ]),
        _ => scores(|arms| arms.dense),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_that_is_too_long_ends_with_a_whole_word() {
        assert_eq!(beginning("how to pour"), "how to pour");
        let whole = "é".repeat(MOST_BYTES / 2);
        assert_eq!(beginning(&whole), whole);
        assert_eq!(beginning(&format!("{whole}é")), whole);
        assert_eq!(beginning(&format!("x{whole}")).len(), MOST_BYTES - 1);
        let words = "word ".repeat(MOST_BYTES);
        assert_eq!(beginning(&words), "word ".repeat(MOST_BYTES / 5).trim_end());
    }
}
