//! The documented JSON object: an answer for programs, on one line.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use serde::Serialize;

use super::excerpt::{excerpt, question_terms};
use super::marks::marked;
use super::{Answer, ChunkHit, Hit, Timings, Verdict};
use crate::calibration::Arms;
use crate::encoder::Encoder;
use crate::index::{ChunkRef, Index, IndexError};
use crate::rank::confidence::Signals;
use crate::rank::spelling::Correction;
use crate::stale::Freshness;
use crate::terminal::printable_json;

/// Version of the object's layout: raised when a key goes or changes its meaning.
pub const VERSION: u32 = 3;

#[derive(Serialize)]
struct Object<'a> {
    version: u32,
    query: &'a str,
    /// Whether there is an answer.
    verdict: Verdict,
    /// Whether the docs are newer than the index; `null` if that cannot be told.
    stale: Option<bool>,
    /// Where the sections' files are; `null` if that is not known.
    docs: Option<String>,
    /// Where those of each corpus are, if the index has several.
    #[serde(skip_serializing_if = "Option::is_none")]
    corpora: Option<BTreeMap<String, String>>,
    /// `null` if the model is not calibrated.
    confidence: Option<f32>,
    corrections: &'a [Correction],
    /// Words of the question that these docs have nowhere.
    absent: &'a [String],
    /// What else there is to know of the answer, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Vec<String>>,
    hits: Vec<HitObject<'a>>,
    timings_ms: TimingsObject,
}

#[derive(Serialize)]
struct HitObject<'a> {
    section: &'a str,
    title: &'a str,
    score: f32,
    hint: Option<&'a str>,
    /// What its front matter says, the values of each field by its name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'a str, &'a [String]>,
    chunks: Vec<ChunkObject<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explain: Option<ExplainObject<'a>>,
}

#[derive(Serialize)]
struct ChunkObject<'a> {
    heading_path: Vec<&'a str>,
    line_start: u32,
    line_end: u32,
    /// Lines of the file, where the section's text is not that of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    file_lines: Option<FileLinesObject>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anchor: Option<&'a str>,
    score: f32,
    /// With `\n` between its lines, whatever the file has.
    text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    excerpt: Option<Vec<LineObject>>,
}

#[derive(Serialize)]
struct FileLinesObject {
    start: u32,
    end: u32,
}

/// A line of an excerpt.
#[derive(Serialize)]
struct LineObject {
    line: u32,
    /// The line, in parts: every second one is a word that the question has.
    parts: Vec<String>,
}

#[derive(Serialize)]
struct ExplainObject<'a> {
    arms: &'a Arms,
    shares: &'a Arms,
    signals: &'a Signals,
    hint: Option<HintObject<'a>>,
}

#[derive(Serialize)]
struct HintObject<'a> {
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

/// The object without a line break, safe to print; with every score component if `explain`.
///
/// # Errors
///
/// [`IndexError::Corrupt`] if a chunk of a hit cannot be read.
pub fn to_string(
    answer: &Answer,
    index: &Index,
    freshness: &Freshness,
    explain: bool,
) -> Result<String, IndexError> {
    let mut object = object(answer, index, freshness, explain, None)?;
    let folders = freshness.existing_docs();
    let folders =
        folders.filter_map(|folder| Some((folder.name.clone(), folder.path.to_str()?.to_owned())));
    let mut folders: BTreeMap<String, String> = folders.collect();
    object.docs = folders.remove("");
    object.corpora = (!folders.is_empty()).then_some(folders);
    Ok(printed(&object))
}

/// The object as [`to_string`] makes it, for a reader who is not at this machine: without the place of
/// the docs, with an excerpt of each chunk, and with the answer's notes. `encoder` is the one that the
/// question was asked with.
///
/// # Errors
///
/// As [`to_string`].
pub fn with_excerpts(
    answer: &Answer,
    index: &Index,
    encoder: &dyn Encoder,
    freshness: &Freshness,
    explain: bool,
) -> Result<String, IndexError> {
    let terms = question_terms(answer);
    let mut object = object(answer, index, freshness, explain, Some(&terms))?;
    let notes = answer.notes(encoder).into_iter();
    // What can be done about it differs by interface.
    let fact = |note: String| note.split("\nhint:").next().map(str::to_owned);
    let facts = notes.filter_map(|note| fact(note.to_string()));
    object.notes = Some(facts.collect());
    Ok(printed(&object))
}

/// An object as JSON, safe to print. Its keys are strings and its numbers finite or null.
pub(crate) fn printed(object: &impl Serialize) -> String {
    // Nothing of it cannot be JSON.
    let json = serde_json::to_string(object).unwrap_or_default();
    printable_json(&json).into_owned()
}

/// With excerpts if the question's terms are given.
fn object<'a>(
    answer: &'a Answer,
    index: &'a Index,
    freshness: &Freshness,
    explain: bool,
    terms: Option<&HashSet<String>>,
) -> Result<Object<'a>, IndexError> {
    let hits = answer.shown().iter();
    let hits = hits.map(|hit| hit_object(index, hit, explain, terms));
    Ok(Object {
        version: VERSION,
        query: &answer.question,
        verdict: answer.verdict,
        stale: freshness.is_stale(),
        docs: None,
        corpora: None,
        confidence: answer.confidence,
        corrections: &answer.corrections,
        absent: &answer.absent,
        notes: None,
        hits: hits.collect::<Result<_, _>>()?,
        timings_ms: timings(&answer.timings),
    })
}

fn hit_object<'a>(
    index: &'a Index,
    hit: &'a Hit,
    explain: bool,
    terms: Option<&HashSet<String>>,
) -> Result<HitObject<'a>, IndexError> {
    let chunk_object = |found: &ChunkHit| {
        let chunk = index.chunk(found.id)?;
        Ok(ChunkObject {
            excerpt: terms.map(|terms| excerpt_objects(&chunk, terms)),
            line_start: chunk.line_start,
            line_end: chunk.line_end,
            file_lines: chunk
                .other_file_lines()
                .map(|(start, end)| FileLinesObject { start, end }),
            heading_path: chunk.heading_path,
            anchor: chunk.anchor,
            score: found.score,
            text: match chunk.text.contains("\r\n") {
                true => Cow::Owned(chunk.text.replace("\r\n", "\n")),
                false => Cow::Borrowed(chunk.text),
            },
        })
    };
    let chunks = hit.listed_chunks().iter().map(chunk_object);
    let fields = hit.section.fields.iter();
    Ok(HitObject {
        section: &hit.section.path,
        title: &hit.section.title,
        score: hit.score,
        hint: hit.hint.as_ref().map(|hint| hint.phrase.as_str()),
        fields: fields
            .map(|field| (field.name.as_str(), field.values.as_slice()))
            .collect(),
        chunks: chunks.collect::<Result<_, IndexError>>()?,
        explain: explain.then(|| explain_object(hit)),
    })
}

fn excerpt_objects(chunk: &ChunkRef<'_>, terms: &HashSet<String>) -> Vec<LineObject> {
    let lines = excerpt(chunk, terms).into_iter();
    lines
        .map(|line| LineObject {
            line: line.number,
            parts: marked(line.text, terms)
                .into_iter()
                .map(str::to_owned)
                .collect(),
        })
        .collect()
}

fn explain_object(hit: &Hit) -> ExplainObject<'_> {
    ExplainObject {
        arms: &hit.arms,
        shares: &hit.shares,
        signals: &hit.signals,
        hint: hit.hint.as_ref().map(|hint| HintObject {
            phrase: &hint.phrase,
            targets: &hint.targets,
            strength: hint.strength,
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
