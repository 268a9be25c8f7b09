//! Answers for programs, the search page among them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::limits::MAX_QUESTION;
use super::metrics;
use super::problem::Problem;
use super::shared::Shared;
use crate::answer::context::{self, ContextOptions, LEAST_BUDGET};
use crate::answer::{Verdict, json, passage};
use crate::index::{ChunkRef, Index, SectionRecord};
use crate::search::{Condition, ConditionError, Scope, SearchOptions};
use crate::terminal::printable_line;

const JSON: &str = "application/json";
/// Most hits that can be asked for.
const MAX_HITS: usize = 50;
/// Most tokens of an answer that can be asked for.
const MAX_BUDGET: usize = 20_000;
/// Most patterns, and most conditions, of one question.
const MAX_PATTERNS: usize = 20;
/// Most folders that are named.
const MAX_FOLDERS: usize = 200;
/// Questions that the page proposes.
const EXAMPLES: usize = 3;
/// Longest of them, in characters.
const EXAMPLE_LENGTH: usize = 80;

type Pairs = Result<Query<Vec<(String, String)>>, QueryRejection>;

/// What `/api/search` is asked.
struct Asked {
    question: String,
    options: SearchOptions,
    /// Paths and globs that the answer may name; none: all.
    within: Vec<String>,
    /// What their front matter must say.
    conditions: Vec<Condition>,
    explain: bool,
    /// Tokens of an answer for a language model; `None`: the object.
    budget: Option<usize>,
    /// Whether the question goes to the query log, where there is one.
    is_kept: bool,
}

impl Asked {
    fn new(pairs: Pairs) -> Result<Self, Problem> {
        let unreadable = |_| Problem::bad_request("the query cannot be read", "percent-encode it");
        let Query(pairs) = pairs.map_err(unreadable)?;
        let mut asked = Self {
            question: String::new(),
            options: SearchOptions::default(),
            within: Vec::new(),
            conditions: Vec::new(),
            explain: false,
            budget: None,
            is_kept: true,
        };
        for (name, value) in pairs {
            asked.set(&name, value)?;
        }
        if asked.question.trim().is_empty() {
            return Err(Problem::bad_request(
                "there is no question",
                "give one as q",
            ));
        }
        Ok(asked)
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), Problem> {
        let wrong = |hint: String| Problem::bad_request(format!("cannot use {name}"), hint);
        match name {
            "q" if value.len() > MAX_QUESTION => {
                return Err(wrong(format!("ask in at most {MAX_QUESTION} bytes")));
            }
            "q" => self.question = value,
            "k" => {
                let k = value.parse().ok().filter(|k| (1..=MAX_HITS).contains(k));
                self.options.k = k.ok_or_else(|| wrong(format!("give 1 to {MAX_HITS}")))?;
            }
            "in" if value.len() > MAX_QUESTION || self.within.len() == MAX_PATTERNS => {
                return Err(wrong(format!("give at most {MAX_PATTERNS} short patterns")));
            }
            // What a form sends where nothing was chosen.
            "in" if value.is_empty() => {}
            "in" => self.within.push(value),
            "where" if value.len() > MAX_QUESTION || self.conditions.len() == MAX_PATTERNS => {
                return Err(wrong(format!(
                    "give at most {MAX_PATTERNS} short conditions"
                )));
            }
            "where" => {
                let condition: Result<Condition, ConditionError> = value.parse();
                let condition = condition.map_err(|error| Problem::of_asked(&error))?;
                self.conditions.push(condition);
            }
            "explain" => self.explain = switch(&value).ok_or_else(|| wrong(SWITCH.to_owned()))?,
            "keep" => self.is_kept = switch(&value).ok_or_else(|| wrong(SWITCH.to_owned()))?,
            "budget" => {
                let budget = value
                    .parse()
                    .ok()
                    .filter(|b| (LEAST_BUDGET..=MAX_BUDGET).contains(b));
                let hint = || wrong(format!("give {LEAST_BUDGET} to {MAX_BUDGET} tokens"));
                self.budget = Some(budget.ok_or_else(hint)?);
                self.options.k = context::HITS;
            }
            "min_confidence" => {
                let least = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
                let least = least.ok_or_else(|| wrong("give a number from 0 to 1".to_owned()))?;
                self.options.min_confidence = Some(least);
            }
            _ => {
                let shown: String = printable_line(name).chars().take(40).collect();
                return Err(Problem::bad_request(
                    format!("there is no parameter {shown}"),
                    "there are q, k, in, where, explain, budget, keep and min_confidence",
                ));
            }
        }
        Ok(())
    }
}

/// What a switch takes.
const SWITCH: &str = "give 1 or 0";

fn switch(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

/// `GET /api/search`: the answer to a question, as `--format json` gives it, with excerpts and notes.
pub async fn search(
    State(shared): State<Arc<Shared>>,
    pairs: Pairs,
) -> Result<impl IntoResponse, Problem> {
    let asked = Asked::new(pairs)?;
    let kind = match asked.budget {
        Some(_) => "text/plain; charset=utf-8",
        None => JSON,
    };
    let pool = Arc::clone(&shared);
    let answer = move || answer(&shared, asked).map_err(|error| shared.problem(error));
    let object = pool.pool.run(answer).await??;
    Ok(([(CONTENT_TYPE, kind)], object))
}

fn answer(shared: &Shared, mut asked: Asked) -> Result<String, crate::Error> {
    let searcher = shared.searcher();
    let index = searcher.index();
    if !asked.within.is_empty() || !asked.conditions.is_empty() {
        let scope = Scope::new(index, &asked.within, &asked.conditions)?;
        asked.options.scope = Some(scope);
    }
    let answer = searcher.search(&asked.question, &asked.options)?;
    shared.metrics.search(match answer.verdict {
        Verdict::Answered => "answered",
        Verdict::NothingConfident => "nothing-confident",
        Verdict::NothingFound => "nothing-found",
        Verdict::Uncalibrated => "uncalibrated",
    });
    if asked.is_kept {
        shared.keep(&answer);
    }
    let encoder = &**searcher.encoder();
    if let Some(budget) = asked.budget {
        let show = "GET /api/sections";
        let options = ContextOptions { budget, show };
        return Ok(context::answer(&answer, index, encoder, &options)?);
    }
    let freshness = shared.freshness(index)?;
    let object = json::with_excerpts(&answer, index, encoder, &freshness, asked.explain)?;
    Ok(object)
}

/// What a reader missed.
#[derive(Deserialize)]
pub struct Missed {
    question: String,
}

/// `POST /api/missed`: a reader says that the docs should have answered; it goes to the query log.
pub async fn missed(
    State(shared): State<Arc<Shared>>,
    missed: Result<Json<Missed>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    if !shared.keeps_questions() {
        let hint = "the server's owner turns it on with --log";
        return Err(Problem::not_found("no question is kept here", hint));
    }
    let unreadable = |_| Problem::bad_request("no question", "send {\"question\": \"...\"}");
    let Json(Missed { question }) = missed.map_err(unreadable)?;
    if question.trim().is_empty() || question.len() > MAX_QUESTION {
        let hint = format!("send a question of at most {MAX_QUESTION} bytes");
        return Err(Problem::bad_request("no question", hint));
    }
    let pool = Arc::clone(&shared);
    pool.pool.run(move || shared.keep_missed(&question)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An object as JSON, safe to print.
fn printed(object: &impl Serialize) -> Response {
    ([(CONTENT_TYPE, JSON)], json::printed(object)).into_response()
}

/// A section, as programs get it.
#[derive(Serialize)]
struct SectionObject {
    path: String,
    title: String,
    description: Option<String>,
    /// Lines of the file.
    lines: u32,
    /// The line that `text` begins with.
    line_start: u32,
    text: String,
    headings: Vec<HeadingObject>,
}

#[derive(Serialize)]
struct HeadingObject {
    heading_path: Vec<String>,
    /// Where the text under it begins.
    line_start: u32,
}

/// A section of the index with its passages, as [`section`](fn@section) and pages show it.
pub fn find<T>(
    index: &Index,
    path: &str,
    show: impl FnOnce(SectionRecord, &[ChunkRef<'_>]) -> T,
) -> Result<Option<T>, crate::Error> {
    let Some(id) = index.find_section(path)? else {
        return Ok(None);
    };
    let section = index.section(id)?;
    let chunks = index.chunks_of(&section)?;
    Ok(Some(show(section, &chunks)))
}

/// `GET /api/sections/{path}`: the text of a section, out of the index.
pub async fn section(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<impl IntoResponse, Problem> {
    let path = section_path(path)?;
    let pool = Arc::clone(&shared);
    let read = move || {
        let searcher = shared.searcher();
        let found = find(searcher.index(), &path, section_object);
        found.map_err(|error| shared.problem(error))
    };
    let object = pool.pool.run(read).await??;
    object.map(|object| printed(&object)).ok_or_else(no_section)
}

/// The path of a section in a request's path.
pub fn section_path(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    let unreadable = |_| Problem::bad_request("the path is no text", "percent-encode it as UTF-8");
    path.map(|Path(path)| path).map_err(unreadable)
}

/// The index has no section of a name that is not repeated here.
pub fn no_section() -> Problem {
    Problem::not_found(
        "the index has no such section",
        "name it by its path in the documentation folder, as answers do",
    )
}

fn section_object(section: SectionRecord, chunks: &[ChunkRef<'_>]) -> SectionObject {
    let mut headings: Vec<HeadingObject> = Vec::new();
    for chunk in chunks {
        let is_known = |last: &HeadingObject| last.heading_path == chunk.heading_path;
        if !headings.last().is_some_and(is_known) {
            headings.push(HeadingObject {
                heading_path: chunk.heading_path.iter().map(|&h| h.to_owned()).collect(),
                line_start: chunk.line_start,
            });
        }
    }
    SectionObject {
        path: section.path,
        title: section.title,
        description: section.description,
        lines: section.lines,
        line_start: chunks.first().map_or(1, |first| first.line_start),
        text: passage::text(chunks),
        headings,
    }
}

/// What the index holds.
#[derive(Serialize)]
struct DocsObject {
    sections: usize,
    chunks: usize,
    model: String,
    /// Folders with the number of sections below each, in the order of their paths.
    folders: Vec<FolderObject>,
    /// Questions that the guide answers.
    examples: Vec<String>,
    /// Whether readers can say what they missed.
    keeps_questions: bool,
}

#[derive(Serialize)]
struct FolderObject {
    path: String,
    sections: usize,
}

/// `GET /api/docs`: what the index holds, for who does not know what to ask.
pub async fn docs(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Problem> {
    let pool = Arc::clone(&shared);
    let read = move || {
        let searcher = shared.searcher();
        docs_object(&shared, searcher.index()).map_err(|error| shared.problem(error))
    };
    pool.pool.run(read).await?.map(|object| printed(&object))
}

fn docs_object(shared: &Shared, index: &Index) -> Result<DocsObject, crate::Error> {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for id in index.sections() {
        let path = index.section(id)?.path;
        for (end, _) in path.match_indices('/') {
            *folders.entry(path[..=end].to_owned()).or_default() += 1;
        }
    }
    let folders = folders.into_iter().take(MAX_FOLDERS);
    let guide = index.guide()?;
    let questions = guide.questions.iter().map(|known| &known.question);
    let phrases = guide.guidelines.iter().map(|guideline| &guideline.phrase);
    let short = |text: &&String| text.contains(' ') && text.chars().count() <= EXAMPLE_LENGTH;
    let examples = questions.chain(phrases).filter(short).take(EXAMPLES);
    Ok(DocsObject {
        sections: index.num_sections(),
        chunks: index.num_chunks(),
        model: index.meta().model.name.clone(),
        folders: folders
            .map(|(path, sections)| FolderObject { path, sections })
            .collect(),
        examples: examples
            .map(|text| printable_line(text).into_owned())
            .collect(),
        keeps_questions: shared.keeps_questions(),
    })
}

/// `GET /healthz`: that questions can be answered, as far as that is known without asking one.
pub async fn health() -> &'static str {
    "ok\n"
}

/// `GET /metrics`: figures for Prometheus.
pub async fn metrics(State(shared): State<Arc<Shared>>) -> Result<impl IntoResponse, Problem> {
    let text = shared.metrics.text()?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}
