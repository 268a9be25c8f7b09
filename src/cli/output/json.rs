//! `--format json`: one object a question, on one line.

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use docent::index::Index;
use docent::rank::confidence::Signals;
use docent::rank::fusion::ArmScores;
use docent::rank::spelling::Correction;
use docent::search::{Hit, Timings};
use docent::stale;
use docent::terminal::printable_json;
use serde::Serialize;

use super::Reply;

/// Version of the object's layout: raised when a key goes or changes its meaning.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    query: &'a str,
    /// Whether the docs are newer than the index; `null` if that cannot be told.
    stale: Option<bool>,
    /// Where the sections' files are; `null` if that is not known.
    docs: Option<String>,
    confidence: f32,
    corrections: &'a [Correction],
    hits: Vec<HitObject<'a>>,
    timings_ms: TimingsObject,
}

#[derive(Serialize)]
struct HitObject<'a> {
    section: &'a str,
    title: &'a str,
    score: f32,
    confidence: f32,
    guideline: Option<&'a str>,
    chunks: Vec<ChunkObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainObject<'a>>,
}

#[derive(Serialize)]
struct ChunkObject<'a> {
    heading_path: Vec<&'a str>,
    line_start: u32,
    line_end: u32,
    score: f32,
    text: &'a str,
}

#[derive(Serialize)]
struct ExplainObject<'a> {
    arms: &'a ArmScores,
    signals: &'a Signals,
    guideline: Option<GuidelineObject<'a>>,
}

#[derive(Serialize)]
struct GuidelineObject<'a> {
    phrase: &'a str,
    targets: &'a [String],
    strength: f32,
}

#[derive(Serialize)]
struct TimingsObject {
    embed: f64,
    candidates: f64,
    rank: f64,
    total: f64,
}

/// Writes the object and a line break.
pub fn write(out: &mut impl Write, reply: &Reply<'_>, explain: bool) -> Result<()> {
    let hits = reply
        .hits
        .iter()
        .map(|hit| hit_object(reply.index, hit, explain))
        .collect::<Result<_>>()?;
    let object = Object {
        version: VERSION,
        query: reply.question,
        stale: reply.freshness.is_stale(),
        docs: docs(reply.index),
        confidence: reply.answer.confidence,
        corrections: &reply.answer.corrections,
        hits,
        timings_ms: timings(&reply.answer.timings),
    };
    writeln!(out, "{}", printable_json(&serde_json::to_string(&object)?))?;
    Ok(())
}

/// The documentation folder, as it can be opened from the working folder.
fn docs(index: &Index) -> Option<String> {
    let docs = stale::docs_of(index).filter(|docs| docs.is_dir())?;
    docs.into_os_string().into_string().ok()
}

fn hit_object<'a>(index: &'a Index, hit: &'a Hit, explain: bool) -> Result<HitObject<'a>> {
    let chunk_object = |found: &docent::search::ChunkHit| {
        let chunk = index.chunk(found.id as usize)?;
        Ok(ChunkObject {
            heading_path: chunk.heading_path,
            line_start: chunk.line_start,
            line_end: chunk.line_end,
            score: found.score,
            text: chunk.text,
        })
    };
    Ok(HitObject {
        section: &hit.section.path,
        title: &hit.section.title,
        score: hit.score,
        confidence: hit.confidence,
        guideline: hit.hint.as_ref().map(|fired| fired.phrase.as_str()),
        chunks: hit.chunks.iter().map(chunk_object).collect::<Result<_>>()?,
        explain: explain.then(|| explain_object(hit)),
    })
}

fn explain_object(hit: &Hit) -> ExplainObject<'_> {
    ExplainObject {
        arms: &hit.arms,
        signals: &hit.signals,
        guideline: hit.hint.as_ref().map(|fired| GuidelineObject {
            phrase: &fired.phrase,
            targets: &fired.targets,
            strength: fired.strength,
        }),
    }
}

fn timings(timings: &Timings) -> TimingsObject {
    TimingsObject {
        embed: milliseconds(timings.embed),
        candidates: milliseconds(timings.candidates),
        rank: milliseconds(timings.rank),
        total: milliseconds(timings.total()),
    }
}

/// Milliseconds to the microsecond.
fn milliseconds(duration: Duration) -> f64 {
    duration.as_micros() as f64 / 1e3
}
