//! Runs a searcher over judged questions and keeps what reports need.

use std::collections::BTreeMap;

use super::EvalError;
use super::metrics;
use super::targets::{GoldHeading, Question, Target};
use crate::answer::{Answer, Hit, Signals, Timings, Verdict};
use crate::calibration::Arms;
use crate::corpus::plain_heading;
use crate::index::Index;
use crate::rank::hints::HintUse;
use crate::search::{Ranking, Scope, SearchOptions, Searcher};

/// Sections of a ranking that are kept, if the search gives as many.
pub const DEPTH: usize = 1_000;
/// Ranks of the curve of success@k, and the cut-off of nDCG.
pub const CURVE: usize = 10;

/// A way to rank: docent as it is, or without one of its parts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum System {
    /// Default settings.
    Full,
    /// Hints switched off.
    NoHints,
    /// Each hint left out for the questions that repeat it.
    UnrepeatedHints,
    /// Late interaction switched off.
    NoLateInteraction,
    /// Exact search of the nearest chunks.
    Exact,
    /// Cosine of sentence vectors alone.
    Dense,
    /// Late interaction alone.
    LateInteraction,
    /// BM25 alone.
    Bm25,
    /// Reciprocal rank fusion of dense and BM25.
    Rrf,
}

impl System {
    /// What the full system is compared with.
    pub const ABLATIONS: [Self; 8] = [
        Self::NoHints,
        Self::UnrepeatedHints,
        Self::NoLateInteraction,
        Self::Exact,
        Self::Dense,
        Self::LateInteraction,
        Self::Bm25,
        Self::Rrf,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NoHints => "no hints",
            Self::UnrepeatedHints => "unrepeated hints",
            Self::NoLateInteraction => "no late interaction",
            Self::Exact => "exact",
            Self::Dense => "dense",
            Self::LateInteraction => "late interaction",
            Self::Bm25 => "BM25",
            Self::Rrf => "RRF",
        }
    }

    /// The options of its searches, `k` hits each.
    pub fn options(self, k: usize) -> SearchOptions {
        let full = SearchOptions {
            k,
            ..SearchOptions::default()
        };
        let baseline = |ranking| SearchOptions {
            ranking,
            hints: HintUse::None,
            ..full.clone()
        };
        match self {
            Self::Full => full,
            Self::NoHints => baseline(Ranking::Full),
            Self::UnrepeatedHints => SearchOptions {
                hints: HintUse::Unrepeated,
                ..full
            },
            Self::NoLateInteraction => SearchOptions {
                ranking: Ranking::WithoutLateInteraction,
                ..full
            },
            Self::Exact => SearchOptions {
                exact: true,
                ..full
            },
            Self::Dense => baseline(Ranking::Dense),
            Self::LateInteraction => baseline(Ranking::LateInteraction),
            Self::Bm25 => baseline(Ranking::Bm25),
            Self::Rrf => baseline(Ranking::Rrf),
        }
    }
}

/// How one question went, in numbers. Metrics are `None` where they are not defined for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Kind of question.
    pub kind: Option<String>,
    /// As [`Question::is_answerable`].
    pub answerable: Option<bool>,
    /// Whether one of the first k sections answers, for k from 1 to [`CURVE`].
    pub success_at: Option<[bool; CURVE]>,
    /// Part of the answering sections among the first 4.
    pub recall_at_4: Option<f64>,
    /// 1 / rank of the first answering section.
    pub reciprocal_rank: Option<f64>,
    /// nDCG of the first 10 sections.
    pub ndcg_at_10: Option<f64>,
    /// Whether the best chunk of the first answering section lies under the gold heading.
    pub heading_found: Option<bool>,
    /// How sure the answer is; `None` if the model is not calibrated.
    pub sureness: Option<Sureness>,
    /// How sure the answer without the relevant sections is: a near miss. `None` for a question that
    /// has no answer, and where it was not asked for.
    pub withheld: Option<Sureness>,
}

/// How sure an answer is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sureness {
    /// Its confidence.
    pub confidence: f32,
    /// What that is computed from: the signals of the first hit.
    pub signals: Signals,
    /// Whether it is refused at the default threshold.
    pub is_refused: bool,
}

impl Sureness {
    fn of(answer: &Answer) -> Option<Self> {
        Some(Self {
            confidence: answer.confidence?,
            signals: answer
                .hits
                .first()
                .map_or(Signals::default(), |hit| hit.signals),
            is_refused: answer.verdict != Verdict::Answered,
        })
    }
}

/// A section of a ranking.
#[derive(Debug, Clone, PartialEq)]
pub struct RankedSection {
    /// Its path.
    pub path: String,
    /// Its score.
    pub score: f32,
    /// Its scores by arm.
    pub arms: Arms,
    /// What is known of how sure an answer it would be.
    pub signals: Signals,
    /// The hint that moved it.
    pub hint: Option<String>,
}

/// A system's answer to one question.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionRun {
    /// The question.
    pub question: Question,
    /// Up to [`DEPTH`] sections, best first.
    pub ranking: Vec<RankedSection>,
    /// How it went.
    pub outcome: Outcome,
}

/// All that was observed on one target.
#[derive(Debug, Clone)]
pub struct TargetRun {
    /// Name of the target.
    pub name: String,
    /// From this grade on a section counts as an answer.
    pub min_grade: u8,
    /// Whether the questions come from a question file.
    pub is_question_file: bool,
    /// What people should know of the target.
    pub notes: Vec<String>,
    /// Sections of the index.
    pub sections: usize,
    /// Chunks of the index.
    pub chunks: usize,
    /// Part of the 10 nearest chunks that the index's graph finds; see `Meta`.
    pub ann_recall_at_10: Option<f32>,
    /// The full system's answers.
    pub questions: Vec<QuestionRun>,
    /// Confidence below which a question counts as refused; `None` if the model is not calibrated.
    pub threshold: Option<f32>,
    /// Durations of searches with default settings, one a question.
    pub timings: Vec<Timings>,
    /// Outcomes of other systems on the same questions, in the same order.
    pub ablations: Vec<(System, Vec<Outcome>)>,
}

/// Searches every question of `target` in `searcher`: once to rank, once
/// with the relevant sections withheld, once more to take the time, and once for each of
/// `ablations`.
///
/// # Errors
///
/// What the search returns, and [`EvalError::OtherDocs`] if no relevant section is in the index.
pub fn run(
    target: &Target,
    searcher: &Searcher,
    ablations: &[System],
) -> Result<TargetRun, EvalError> {
    let index = &**searcher.index();
    let mut notes = target.notes.clone();
    if target.documents.is_none() {
        notes.extend(missing_sections(target, index)?);
        notes.extend(missing_headings(target, index)?);
        notes.extend(only_helped(target));
    }
    let mut questions = Vec::with_capacity(target.questions.len());
    for question in &target.questions {
        let mut asked = ask(question, target.min_grade, searcher, System::Full)?;
        asked.outcome.withheld = withheld(question, target.min_grade, searcher)?;
        questions.push(asked);
    }
    let timings = measure(target, searcher)?;
    let ablations = ablations
        .iter()
        .map(|&system| Ok((system, outcomes(target, searcher, system)?)))
        .collect::<Result<_, EvalError>>()?;
    Ok(TargetRun {
        name: target.name.clone(),
        min_grade: target.min_grade,
        is_question_file: target.documents.is_none(),
        notes,
        sections: index.num_sections(),
        chunks: index.num_chunks(),
        ann_recall_at_10: index.meta().ann_recall_at_10,
        questions,
        threshold: searcher.calibration().threshold(),
        timings,
        ablations,
    })
}

/// What `system` makes of one question; withheld is nothing.
pub(super) fn ask(
    question: &Question,
    min_grade: u8,
    searcher: &Searcher,
    system: System,
) -> Result<QuestionRun, EvalError> {
    let answer = searcher.search(&question.text, &system.options(DEPTH))?;
    Ok(QuestionRun {
        outcome: outcome(question, min_grade, &answer, searcher.index())?,
        ranking: answer.hits.into_iter().map(ranked_section).collect(),
        question: question.clone(),
    })
}

/// Notes sections that questions name and the index lacks; an error if it lacks all of them.
fn missing_sections(target: &Target, index: &Index) -> Result<Option<String>, EvalError> {
    let mut named: Vec<&String> = target
        .questions
        .iter()
        .flat_map(|q| q.relevant.keys())
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut missing = Vec::new();
    for path in &named {
        if index.find_section(path)?.is_none() {
            missing.push(path.as_str());
        }
    }
    match missing.first() {
        None => Ok(None),
        Some(first) if missing.len() == named.len() => Err(EvalError::OtherDocs {
            path: target.path.clone(),
            section: (*first).to_owned(),
        }),
        Some(_) => Ok(Some(format!(
            "relevant sections that are not in the index and cannot be found: {}",
            missing.join(", ")
        ))),
    }
}

/// Notes questions whose gold heading no chunk lies under: their label cannot be met.
fn missing_headings(target: &Target, index: &Index) -> Result<Option<String>, EvalError> {
    let mut missing = Vec::new();
    for question in &target.questions {
        if let Some(heading) = &question.heading
            && !exists(heading, index)?
        {
            missing.push(question.id.as_str());
        }
    }
    Ok((!missing.is_empty()).then(|| {
        format!(
            "no chunk lies under the gold heading of {}",
            missing.join(", ")
        )
    }))
}

/// Notes questions that no section answers, though some help.
fn only_helped(target: &Target) -> Option<String> {
    let answerable = |question: &Question| question.is_answerable(target.min_grade);
    let helped = target.questions.iter().filter(|q| answerable(q).is_none());
    let ids: Vec<&str> = helped.map(|question| question.id.as_str()).collect();
    (!ids.is_empty()).then(|| {
        format!(
            "no section of grade {} or more, so left out of all but nDCG@10: {}",
            target.min_grade,
            ids.join(", ")
        )
    })
}

fn exists(heading: &GoldHeading, index: &Index) -> Result<bool, EvalError> {
    let Some(section) = index.find_section(&heading.section)? else {
        return Ok(false);
    };
    for chunk in index.section(section)?.chunk_ids() {
        if names(&index.chunk(chunk)?.heading_path, heading) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How sure the answer from the other sections is when those that are relevant are withheld.
fn withheld(
    question: &Question,
    min_grade: u8,
    searcher: &Searcher,
) -> Result<Option<Sureness>, EvalError> {
    let index = searcher.index();
    if question.is_answerable(min_grade) != Some(true) {
        return Ok(None);
    }
    let mut relevant = Vec::new();
    for path in question.relevant.keys() {
        relevant.extend(index.find_section(path)?);
    }
    if relevant.is_empty() {
        return Ok(None);
    }
    let options = SearchOptions {
        scope: Some(Scope::all_but(index, &relevant)?),
        ..SearchOptions::default()
    };
    Ok(Sureness::of(&searcher.search(&question.text, &options)?))
}

/// The searches once more as users run them, after the first pass has warmed everything up.
fn measure(target: &Target, searcher: &Searcher) -> Result<Vec<Timings>, EvalError> {
    let search = |question: &Question| {
        let answer = searcher.search(&question.text, &SearchOptions::default())?;
        Ok(answer.timings)
    };
    target.questions.iter().map(search).collect()
}

fn outcomes(
    target: &Target,
    searcher: &Searcher,
    system: System,
) -> Result<Vec<Outcome>, EvalError> {
    let search = |question: &Question| {
        let answer = searcher.search(&question.text, &system.options(DEPTH))?;
        outcome(question, target.min_grade, &answer, searcher.index())
    };
    target.questions.iter().map(search).collect()
}

fn outcome(
    question: &Question,
    min_grade: u8,
    answer: &Answer,
    index: &Index,
) -> Result<Outcome, EvalError> {
    let grade = |path: &str| question.relevant.get(path).copied().unwrap_or(0);
    let grades: Vec<u8> = answer
        .hits
        .iter()
        .map(|hit| grade(&hit.section.path))
        .collect();
    let judged: Vec<u8> = question.relevant.values().copied().collect();
    let answerable = question.is_answerable(min_grade);
    let has_answer = answerable == Some(true);
    let heading_found = match &question.heading {
        Some(heading) if has_answer => {
            let first = grades.iter().position(|&grade| grade >= min_grade);
            let hit = first.map(|i| &answer.hits[i]);
            Some(hit.map_or(Ok(false), |hit| lies_under(hit, heading, index))?)
        }
        _ => None,
    };
    Ok(Outcome {
        kind: question.kind.clone(),
        answerable,
        success_at: has_answer
            .then(|| std::array::from_fn(|i| metrics::success_at(&grades, min_grade, i + 1))),
        recall_at_4: metrics::recall_at(&grades, &judged, min_grade, 4),
        reciprocal_rank: has_answer.then(|| metrics::reciprocal_rank(&grades, min_grade)),
        ndcg_at_10: metrics::ndcg_at(&grades, &judged, CURVE),
        heading_found,
        sureness: Sureness::of(answer),
        withheld: None,
    })
}

/// Whether the best chunk of `hit` lies under `heading`.
fn lies_under(hit: &Hit, heading: &GoldHeading, index: &Index) -> Result<bool, EvalError> {
    let Some(best) = hit.chunks.first() else {
        return Ok(false);
    };
    let path = index.chunk(best.id)?.heading_path;
    Ok(hit.section.path == heading.section && names(&path, heading))
}

fn names(heading_path: &[&str], heading: &GoldHeading) -> bool {
    let gold = plain_heading(&heading.text);
    heading_path.iter().any(|text| plain_heading(text) == gold)
}

fn ranked_section(hit: Hit) -> RankedSection {
    RankedSection {
        path: hit.section.path,
        score: hit.score,
        arms: hit.arms,
        signals: hit.signals,
        hint: hit.hint.map(|hint| hint.phrase),
    }
}

impl QuestionRun {
    /// Whether a section answers but another came first.
    pub fn is_miss(&self) -> bool {
        self.outcome.success_at.is_some_and(|success| !success[0])
    }

    /// Paths of the sections that answer, the highest grades first.
    pub fn answers(&self, min_grade: u8) -> Vec<&str> {
        let relevant: &BTreeMap<String, u8> = &self.question.relevant;
        let mut answers: Vec<(&str, u8)> = relevant
            .iter()
            .filter(|&(_, &grade)| grade >= min_grade)
            .map(|(path, &grade)| (path.as_str(), grade))
            .collect();
        answers.sort_by_key(|&(_, grade)| std::cmp::Reverse(grade));
        answers.into_iter().map(|(path, _)| path).collect()
    }
}
