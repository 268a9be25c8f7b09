//! Pages of sections, for a browser without any script.

use std::ops::RangeInclusive;
use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::api::{find, no_section, section_path};
use super::limits::MAX_QUESTION;
use super::links::{address, encoded, resolved};
use super::problem::Problem;
use super::section::{self, Shown};
use super::shared::Shared;
use crate::answer::passage;
use crate::index::{ChunkRef, Index, SectionRecord};
use crate::terminal::printable_line;

/// The mark of the pages, in the tab of a browser: nothing is fetched for it.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
    %3Crect width='16' height='16' rx='3' fill='%23a6341b'/%3E\
    %3Cpath d='M5 3.5h2.5a4.5 4.5 0 0 1 0 9H5z' fill='none' stroke='white' stroke-width='1.8'/%3E%3C/svg%3E";

/// What a page of a section is asked for besides its path.
#[derive(Default)]
struct Asked {
    /// Lines that were found.
    lines: Option<RangeInclusive<u32>>,
    /// The question that led here.
    question: String,
}

impl Asked {
    /// What cannot be read is as if it were not there: a link must go on leading to its section.
    fn new(pairs: Result<Query<Vec<(String, String)>>, QueryRejection>) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs.map(|Query(pairs)| pairs).unwrap_or_default() {
            match name.as_str() {
                "lines" => {
                    let (first, last) = value.split_once('-').unwrap_or((&value, &value));
                    let lines = first.parse().ok().zip(last.parse().ok());
                    asked.lines = lines.map(|(first, last)| first..=last);
                }
                "q" if value.len() <= MAX_QUESTION => asked.question = value,
                _ => {}
            }
        }
        asked
    }
}

/// `GET /s/{path}`: a section, with the lines marked that were found.
pub async fn section(
    State(shared): State<Arc<Shared>>,
    path: Result<Path<String>, PathRejection>,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Result<Response, Problem> {
    let asked = Asked::new(pairs);
    let path = section_path(path);
    let pool = Arc::clone(&shared);
    let make = move || -> Result<Response, Problem> {
        let path = path?;
        let searcher = shared.searcher();
        let index = searcher.index();
        let found = find(index, &path, |section, chunks| {
            page(index, &section, chunks, &asked)
        });
        Ok(match found.map_err(|error| shared.problem(error))? {
            Some(page) => Html(page.into_string()).into_response(),
            None => missing(&path, &asked),
        })
    };
    let mut response = pool.pool.run(make).await??;
    let headers = response.headers_mut();
    // It may be kept, so that going back is quick, and asked for again.
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("private, no-cache"),
    );
    Ok(response)
}

fn page(index: &Index, section: &SectionRecord, chunks: &[ChunkRef<'_>], asked: &Asked) -> Markup {
    let text = passage::text(chunks);
    let path = &section.path;
    let shown = Shown {
        text: &text,
        first_line: chunks.first().map_or(1, |first| first.line_start),
        is_markdown: section.syntax.is_markdown(),
        found: asked.lines.clone(),
    };
    let is_section = |path: &str| matches!(index.find_section(path), Ok(Some(_)));
    let body = section::html(&shown, |to| resolved(path, to, is_section));
    let is_titled = body.contains("<h1");
    let content = html! {
        @if !is_titled { h1 { (printable_line(&section.title)) } }
        (PreEscaped(body))
    };
    frame(&section.title, Some(path), asked, &content)
}

/// A section that the index does not have: what it may have instead can be asked for.
fn missing(path: &str, asked: &Asked) -> Response {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let words = stem.replace(['-', '_'], " ");
    let content = html! {
        h1 { "No such section" }
        p { "These docs have no section of this name: it was moved, or never there." }
        p { a href={ "/?q=" (encoded(&words)) } { "Ask for “" (printable_line(&words)) "”" } }
    };
    let page = frame("No such section", None, asked, &content);
    let mut response = no_section().into_response();
    *response.body_mut() = page.into_string().into();
    let html = header::HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response
}

/// What all pages of sections have around their content.
fn frame(title: &str, path: Option<&str>, asked: &Asked, content: &Markup) -> Markup {
    let back = match asked.question.as_str() {
        "" => "/".to_owned(),
        question => format!("/?q={}", encoded(question)),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (printable_line(title)) " · docent" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="/page.css";
            }
            body.reading {
                header.bar {
                    a.back href=(back) {
                        span aria-hidden="true" { "←" }
                        @if asked.question.is_empty() { " Search" } @else { " Results" }
                    }
                    form action="/" role="search" {
                        input type="search" name="q" value=(printable_line(&asked.question))
                            aria-label="Ask these docs" placeholder="Ask these docs"
                            autocomplete="off" maxlength=(MAX_QUESTION);
                    }
                }
                main.section {
                    @if let Some(path) = path {
                        p.path {
                            (printable_line(path))
                            @if let Some(lines) = &asked.lines {
                                a href={ "#L" (lines.start()) } { " lines " (lines.start()) "–" (lines.end()) }
                            }
                        }
                    }
                    (content)
                }
                footer {
                    @if let Some(path) = path {
                        a href={ (address(path).replacen("/s/", "/api/sections/", 1)) } { "As JSON" }
                    }
                }
            }
        }
    }
}
