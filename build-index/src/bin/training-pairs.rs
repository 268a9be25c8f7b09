//! `training-pairs DOCS QUESTIONS OUT`: what `models/train` trains on, as docent itself reads it.
//!
//! QUESTIONS has a line of JSON for each question that a language model or a person wrote for a passage:
//! `{"file": "path/in/docs.md", "heading": "Its heading", "question": "..."}`; `heading` is null for text
//! above the first heading. OUT gets lines of three kinds:
//!
//! | line | what it is |
//! |---|---|
//! | `{"corpus": ..., "model": ..., "docs_fingerprint": ...}` | the first: what the others were made from |
//! | `{"chunk": [ids]}` | a chunk's tokens, as docent embeds it; chunks count from 0 |
//! | `{"question": [ids], "weights": [...], "answer": chunk, "section": [from, to], "rivals": [chunk, ...], "doubtful": [[from, to], ...]}` | a question |
//!
//! Tokens are vocabulary ids without `[CLS]` and `[SEP]`. `weights` are those of late interaction, one a
//! token, and sum to 1. `answer` is the chunk under the question's heading that is nearest to the
//! question, `section` the range of its section's chunks. `rivals` are the best chunks of the sections that
//! docent's own ranking puts behind the right one, nearest first: hard negatives. The sections that it
//! puts before the right one may well answer too; `doubtful` has the ranges of their chunks, which
//! should not be trained on as wrong (Moreira et al., *NV-Retriever*, 2024, filter by score likewise).

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::Parser;
use docent::builder::Build;
use docent::corpus::plain_heading;
use docent::index::{ChunkId, Index, IndexSlot, SectionId};
use docent::rank::max_sim::{token_idf, token_weights};
use docent::search::HintUse;
use docent::{Answer, BuildOptions, Corpus, SearchOptions, Searcher, encoder};
use serde_json::json;

/// Sections behind the right one whose best chunks are given.
const RIVALS: usize = 8;
/// Sections of a ranking that are looked at.
const DEPTH: usize = 50;

/// Writes the chunks of a documentation folder and questions about them, with hard negatives, for
/// `models/train`.
#[derive(Parser)]
struct Arguments {
    /// Documentation folder.
    docs: PathBuf,
    /// Questions for its sections, a line of JSON each: file, heading, question.
    questions: PathBuf,
    /// File to write; the index that it is made with is written beside it.
    out: PathBuf,
    /// The model that ranks and whose tokens are written, if not the built-in one.
    #[arg(long)]
    model: Option<String>,
}

/// A line of the questions' file.
#[derive(serde::Deserialize)]
struct Line {
    file: String,
    heading: Option<String>,
    question: String,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let encoder = encoder::open(arguments.model.as_deref())?;
    let corpus = Corpus::read(&arguments.docs)?;
    let fingerprint = corpus.fingerprint();
    let index_path = arguments.out.with_extension("idx");
    let slot = IndexSlot::claim(&index_path)?;
    let mut build = Build::new(corpus, &*encoder, &BuildOptions::default());
    build.place_in(&slot);
    let chunks: Vec<Vec<u32>> = build.texts().map(|text| encoder.tokenize(text)).collect();
    build.finish()?.write(slot)?;
    let searcher = Searcher::new(Arc::new(Index::open(&index_path)?), encoder)?;

    let create = || Ok::<_, std::io::Error>(BufWriter::new(File::create(&arguments.out)?));
    let mut out = create().with_context(|| cannot("create", &arguments.out))?;
    let head = json!({
        "corpus": arguments.questions.file_stem().map(|name| name.to_string_lossy()),
        "model": searcher.encoder().model().name,
        "docs_fingerprint": fingerprint,
    });
    writeln!(out, "{head}")?;
    for ids in chunks {
        writeln!(out, "{}", json!({ "chunk": ids }))?;
    }
    let mut without = 0;
    for line in lines(&arguments.questions)? {
        match pair(&line, &searcher)? {
            Some(pair) => writeln!(out, "{pair}")?,
            None => without += 1,
        }
    }
    out.flush()?;
    if without > 0 {
        eprintln!("{without} questions name a section that the docs do not have");
    }
    Ok(())
}

fn cannot(what: &str, path: &Path) -> String {
    format!("cannot {what} {}", path.display())
}

fn lines(path: &Path) -> Result<Vec<Line>> {
    let file = File::open(path).with_context(|| cannot("read", path))?;
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.with_context(|| cannot("read", path))?;
        if !line.trim().is_empty() {
            let parsed = serde_json::from_str(&line);
            lines.push(parsed.with_context(|| format!("{}:{number}", path.display()))?);
        }
    }
    Ok(lines)
}

/// The line for a question; `None` if its section is not there.
fn pair(line: &Line, searcher: &Searcher) -> Result<Option<serde_json::Value>> {
    let index = searcher.index();
    let Some(section) = index.find_section(&line.file)? else {
        return Ok(None);
    };
    let own = range(index, section)?;
    let embedding = searcher.encoder().encode_query(&line.question, false)?;
    let Some(answer) = nearest_under(line.heading.as_deref(), own.clone(), index, |chunk| {
        let row = index.vectors().row(chunk);
        row.map_or(f32::MIN, |row| index.simd().dot(row, &embedding.sentence))
    })?
    else {
        return Ok(None);
    };

    let mut options = SearchOptions::default();
    options.k = DEPTH;
    options.hints = HintUse::None;
    let ranking = searcher.search(&line.question, &options)?;
    let (doubtful, rivals) = around(&ranking, section);
    let doubtful: Vec<_> = doubtful
        .iter()
        .map(|&section| range(index, section))
        .collect::<Result<_>>()?;

    let ids = searcher.encoder().tokenize(&line.question);
    Ok(Some(json!({
        "question": ids,
        "weights": token_weights(&ids, token_idf(index.num_chunks(), index.token_frequencies())),
        "answer": answer,
        "section": [own.start, own.end],
        "rivals": rivals,
        "doubtful": doubtful.iter().map(|range| [range.start, range.end]).collect::<Vec<_>>(),
    })))
}

/// Numbers of the chunks of a section.
fn range(index: &Index, section: SectionId) -> Result<Range<usize>> {
    let chunks = index.section(section)?.chunks;
    Ok(chunks.start as usize..chunks.end as usize)
}

/// The best of the chunks `own` that stand under `heading`, or of all where none does.
fn nearest_under(
    heading: Option<&str>,
    own: Range<usize>,
    index: &Index,
    score: impl Fn(usize) -> f32,
) -> Result<Option<usize>> {
    let stands_under = |path: &[&str]| match heading {
        Some(heading) => path
            .last()
            .is_some_and(|last| plain_heading(last) == plain_heading(heading)),
        None => path.len() <= 1,
    };
    let mut under = Vec::new();
    for chunk in own.clone() {
        if stands_under(&index.chunk(ChunkId(chunk as u32))?.heading_path) {
            under.push(chunk);
        }
    }
    let candidates = if under.is_empty() {
        own.collect()
    } else {
        under
    };
    let best = candidates
        .into_iter()
        .max_by(|&a, &b| score(a).total_cmp(&score(b)).then(b.cmp(&a)));
    Ok(best)
}

/// The sections that stand before `right` in a ranking, and the best chunks of the next ones.
fn around(ranking: &Answer, right: SectionId) -> (Vec<SectionId>, Vec<u32>) {
    let place = ranking.hits.iter().position(|hit| hit.section_id == right);
    let (before, behind) = match place {
        Some(place) => (&ranking.hits[..place], &ranking.hits[place + 1..]),
        None => (&ranking.hits[..], &[][..]),
    };
    let rivals = behind.iter().filter_map(|hit| hit.chunks.first());
    (
        before.iter().map(|hit| hit.section_id).collect(),
        rivals.take(RIVALS).map(|chunk| chunk.id.0).collect(),
    )
}
