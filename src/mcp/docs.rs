//! The indexes that are served, and what the tools make of them.

use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};

use super::arguments::{ReadArguments, SearchArguments};
use super::texts::Texts;
use crate::Error;
use crate::answer::context::{self, ContextOptions};
use crate::answer::location::{Location, LocationError};
use crate::answer::{Answer, Verdict};
use crate::index::{IndexError, SectionRecord};
use crate::query_log::QueryLogWriter;
use crate::search::{
    Condition, ConditionError, FollowedIndex, Scope, SearchOptions, Searcher, Tell,
};
use crate::terminal::printable_error;

/// Most questions or locations of one call; the others are named.
const MOST_ASKED: usize = 8;
/// Most bytes of a question; a model reads some 250 words of it.
const MAX_QUESTION: usize = 8_192;
/// The tool that gives text at locations.
pub const READ: &str = "read_docs";
/// `read_docs` may give this many times what an answer may.
const READ_FACTOR: usize = 3;

/// An index with the name that its docs have among others.
#[derive(Clone)]
pub struct NamedIndex {
    /// The name; empty if it is the only index.
    pub name: String,
    /// The index.
    pub index: Arc<FollowedIndex>,
}

/// What is served, and how.
pub struct DocsOptions {
    /// The indexes, of which there is one at least.
    pub indexes: Vec<NamedIndex>,
    /// Most tokens of an answer.
    pub budget: usize,
    /// Where questions are kept, if anywhere.
    pub log: Option<Arc<QueryLogWriter>>,
    /// Tells the server's owner of a log that cannot be written.
    pub tell: Tell,
}

/// Indexes, with the names of their docs.
pub struct Docs {
    options: DocsOptions,
    /// What [`Docs::texts`] gave last, with the states of the indexes.
    texts: Mutex<Option<(Vec<u64>, Arc<Texts>)>>,
}

/// What is wrong with a call, in words for the model, safe to print.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocsError {
    /// No question.
    #[error(
        "no question\nhint: give `query`, a question in a whole sentence; several go one a line"
    )]
    NoQuestion,
    /// No location.
    #[error(
        "no location\nhint: give `location` as a search named it: PATH:A-B, PATH or PATH#heading"
    )]
    NoLocation,
    /// There is nothing at the location.
    #[error(transparent)]
    Location(#[from] LocationError),
    /// A condition cannot be read.
    #[error(transparent)]
    Condition(#[from] ConditionError),
    /// The search failed, or its scope names nothing.
    #[error(transparent)]
    Docent(#[from] Error),
}

/// Which sections a call is about.
struct Asked<'a> {
    /// Sections, folders or globs, maybe with the name of their docs before them.
    within: &'a [String],
    conditions: Vec<Condition>,
}

impl From<IndexError> for DocsError {
    fn from(error: IndexError) -> Self {
        Self::Docent(error.into())
    }
}

impl Docs {
    /// Serves these.
    pub fn new(options: DocsOptions) -> Self {
        Self {
            options,
            texts: Mutex::default(),
        }
    }

    /// What clients tell their models of the docs, read once for each state of the indexes.
    ///
    /// # Errors
    ///
    /// [`IndexError::Corrupt`] if an index is damaged.
    pub(super) fn texts(&self) -> Result<Arc<Texts>, IndexError> {
        let searchers: Vec<(&str, Searcher)> = self
            .options
            .indexes
            .iter()
            .map(|named| (named.name.as_str(), named.index.searcher()))
            .collect();
        let ids = searchers
            .iter()
            .map(|(_, searcher)| searcher.index().content_id());
        let ids: Vec<u64> = ids.collect();
        let mut known = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, texts)) = known.as_ref().filter(|(known, _)| *known == ids) {
            return Ok(Arc::clone(texts));
        }
        let indexes = searchers
            .iter()
            .map(|(name, searcher)| (*name, &**searcher.index()));
        let texts = Arc::new(Texts::read(indexes)?);
        *known = Some((ids, Arc::clone(&texts)));
        Ok(texts)
    }

    /// Serves indexes that builds have replaced from now on.
    pub fn reload(&self) {
        let indexes = self.options.indexes.iter();
        indexes.for_each(|named| named.index.reload());
    }

    /// Answers questions, the budget in equal parts for each.
    ///
    /// # Errors
    ///
    /// [`DocsError::NoQuestion`], [`DocsError::Condition`], a scope that names nothing, a damaged index.
    pub fn search(&self, asked: &SearchArguments) -> Result<String, DocsError> {
        let questions: Vec<&str> = asked
            .questions
            .iter()
            .map(|question| &question[..question.floor_char_boundary(MAX_QUESTION)])
            .collect();
        let (questions, others) = questions.split_at(questions.len().min(MOST_ASKED));
        if questions.is_empty() {
            return Err(DocsError::NoQuestion);
        }
        let conditions = asked.conditions.iter().map(|text| text.parse());
        let scope = Asked {
            within: &asked.within,
            conditions: conditions.collect::<Result<_, ConditionError>>()?,
        };
        let mut text = note(asked.note.as_deref());
        let budget = (self.options.budget / questions.len()).max(context::LEAST_BUDGET);
        for (i, question) in questions.iter().enumerate() {
            if questions.len() > 1 {
                let gap = if i > 0 { "\n" } else { "" };
                let _ = writeln!(text, "{gap}question {}: {question}", i + 1);
            }
            text.push_str(&self.answer(question, &scope, budget)?);
        }
        if !others.is_empty() {
            let _ = writeln!(
                text,
                "\nnot asked: {} more questions; ask them in another call",
                others.len()
            );
        }
        Ok(text)
    }

    /// The answer of the docs that answer best.
    fn answer(
        &self,
        question: &str,
        scope: &Asked<'_>,
        budget: usize,
    ) -> Result<String, DocsError> {
        let mut best: Option<(Answer, &NamedIndex, Searcher)> = None;
        let mut failed = None;
        let mut others: Vec<&str> = Vec::new();
        for open in &self.options.indexes {
            let searcher = open.index.searcher();
            let found = match self.ask(open, &searcher, question, scope) {
                Ok(Some(answer)) => answer,
                Ok(None) => continue,
                // A file that one of several indexes has is enough.
                Err(error) => {
                    failed = failed.or(Some(error));
                    continue;
                }
            };
            let is_better = best
                .as_ref()
                .is_none_or(|(known, ..)| rank(&found) > rank(known));
            if is_better {
                others.extend(
                    best.iter()
                        .filter(|(a, ..)| has_answer(a))
                        .map(|(_, o, _)| &*o.name),
                );
                best = Some((found, open, searcher));
            } else if has_answer(&found) {
                others.push(&open.name);
            }
        }
        let Some((answer, open, searcher)) = best else {
            return Err(failed.unwrap_or(DocsError::NoQuestion));
        };
        let options = ContextOptions { budget, show: READ };
        let answer = named(answer, &open.name);
        if let Some(Err(error)) = self.options.log.as_ref().map(|log| log.add(&answer)) {
            (self.options.tell)(&format!("note: {}", printable_error(&error)));
        }
        let mut text = context::answer(&answer, searcher.index(), &**searcher.encoder(), &options)?;
        if !others.is_empty() {
            let _ = writeln!(text, "these docs answer it too: {}", others.join(", "));
        }
        Ok(text)
    }

    /// The answer of one index; `None` if the scope names others alone.
    fn ask(
        &self,
        open: &NamedIndex,
        searcher: &Searcher,
        question: &str,
        asked: &Asked<'_>,
    ) -> Result<Option<Answer>, DocsError> {
        let Some(within) = self.scope_of(open, asked.within) else {
            return Ok(None);
        };
        let is_everything = within.is_empty() && asked.conditions.is_empty();
        let scope = match is_everything {
            true => None,
            false => Some(Scope::new(searcher.index(), &within, &asked.conditions)?),
        };
        let options = SearchOptions {
            k: context::HITS,
            scope,
            ..SearchOptions::default()
        };
        Ok(Some(searcher.search(question, &options)?))
    }

    /// The patterns that concern an index, without its name; `None` if they name other indexes alone.
    fn scope_of(&self, open: &NamedIndex, within: &[String]) -> Option<Vec<String>> {
        let mut patterns = Vec::new();
        let mut is_whole = within.is_empty();
        for pattern in within {
            match self.split_name(pattern) {
                Some((index, _)) if index.name != open.name => {}
                Some((_, "")) => is_whole = true,
                Some((_, rest)) => patterns.push(rest.to_owned()),
                None => patterns.push(pattern.clone()),
            }
        }
        match (is_whole, patterns.is_empty()) {
            (true, _) => Some(Vec::new()),
            (false, true) => None,
            (false, false) => Some(patterns),
        }
    }

    /// The index that `text` begins with the name of, and the rest.
    fn split_name<'a>(&self, text: &'a str) -> Option<(&NamedIndex, &'a str)> {
        self.options.indexes.iter().find_map(|open| {
            let rest = text
                .strip_prefix(&*open.name)
                .filter(|_| !open.name.is_empty())?;
            match rest.strip_prefix('/') {
                Some(rest) => Some((open, rest)),
                None => rest.is_empty().then_some((open, rest)),
            }
        })
    }

    /// The text at locations.
    ///
    /// # Errors
    ///
    /// [`DocsError::NoLocation`], a location where nothing is, a damaged index.
    pub fn read(&self, asked: &ReadArguments) -> Result<String, DocsError> {
        let (locations, others) = asked
            .locations
            .split_at(asked.locations.len().min(MOST_ASKED));
        if locations.is_empty() {
            return Err(DocsError::NoLocation);
        }
        let mut text = note(asked.note.as_deref());
        let budget =
            (self.options.budget * READ_FACTOR / locations.len()).max(context::LEAST_BUDGET);
        for location in locations {
            text.push_str(&self.read_one(location, budget)?);
        }
        if !others.is_empty() {
            let _ = writeln!(
                text,
                "\nnot read: {} more locations; read them in another call",
                others.len()
            );
        }
        Ok(text)
    }

    fn read_one(&self, location: &str, budget: usize) -> Result<String, DocsError> {
        let named = self.split_name(location);
        let of = |open: &NamedIndex, location: &str| {
            let searcher = open.index.searcher();
            let found = Location::find(searcher.index(), location)?;
            let options = ContextOptions { budget, show: READ };
            let section = with_name(found.section, &open.name);
            let (index, encoder) = (searcher.index(), searcher.encoder());
            Ok(context::section(
                &section,
                found.lines,
                index,
                &**encoder,
                &options,
            )?)
        };
        if let Some((open, rest)) = named {
            return of(open, rest);
        }
        // Whoever left the name out means the docs that have the file.
        let mut first = None;
        for open in &self.options.indexes {
            match of(open, location) {
                Ok(text) => return Ok(text),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or(DocsError::NoLocation))
    }
}

fn note(note: Option<&str>) -> String {
    note.map(|note| format!("{note}\n")).unwrap_or_default()
}

/// How good an answer is among those of several indexes.
fn rank(answer: &Answer) -> (bool, f32) {
    (has_answer(answer), answer.confidence.unwrap_or(1.0))
}

fn has_answer(answer: &Answer) -> bool {
    matches!(answer.verdict, Verdict::Answered | Verdict::Uncalibrated)
}

/// `answer` with the name of its docs before all paths.
fn named(mut answer: Answer, name: &str) -> Answer {
    for hit in &mut answer.hits {
        hit.section = with_name(hit.section.clone(), name);
    }
    answer
}

fn with_name(mut section: SectionRecord, name: &str) -> SectionRecord {
    if !name.is_empty() {
        section.path = format!("{name}/{}", section.path);
    }
    section
}
