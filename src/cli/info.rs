//! `docent info`: what an index holds and how it was built.

use std::fmt;
use std::io::{self, Write};

use anyhow::Result;
use docent::encoder::ModelId;
use docent::index::{Chunking, Counts, DocsFolder, GraphOptions, Index, SearchPath, VERSION};
use docent::stale::Freshness;
use docent::terminal::{printable_json, printable_line};
use serde::Serialize;

use super::args::InfoConfig;
use super::exit::Exit;
use super::fresh;

/// Prints the index's description, after checking all of it if asked.
pub fn run(config: &InfoConfig) -> Result<Exit> {
    let index = Index::open(&config.index.locate()?)?;
    if config.verify {
        index.verify()?;
    }
    let freshness = fresh::check(&index, &config.index)?;
    let info = Info::of(&index, &freshness, config.verify)?;
    let mut out = io::stdout().lock();
    if config.json {
        writeln!(out, "{}", printable_json(&serde_json::to_string(&info)?))?;
    } else {
        write!(out, "{info}")?;
    }
    out.flush()?;
    Ok(fresh::exit(&freshness, &config.index, Exit::Found))
}

/// Version of the JSON object: raised when a key goes or changes its meaning.
const JSON_VERSION: u32 = 1;

#[derive(Serialize)]
struct Info<'a> {
    version: u32,
    index: String,
    format_version: u8,
    bytes: u64,
    docent_version: &'a str,
    corpus_fingerprint: &'a str,
    docs: &'a [DocsFolder],
    stale: Option<bool>,
    model: &'a ModelId,
    counts: Counts,
    guidelines: usize,
    descriptors: usize,
    questions: usize,
    chunking: Chunking,
    late_interaction: bool,
    graph: GraphOptions,
    search: SearchPath,
    ann_recall_at_10: Option<f32>,
    verified: bool,
}

impl<'a> Info<'a> {
    fn of(index: &'a Index, freshness: &Freshness, verified: bool) -> Result<Self> {
        let meta = index.meta();
        let guide = index.guide()?;
        Ok(Self {
            version: JSON_VERSION,
            index: index.path().display().to_string(),
            format_version: VERSION,
            bytes: index.file_length(),
            docent_version: &meta.docent_version,
            corpus_fingerprint: &meta.corpus_fingerprint,
            docs: &meta.docs,
            stale: freshness.is_stale(),
            model: &meta.model,
            counts: meta.counts,
            guidelines: guide.guidelines.len(),
            descriptors: guide.descriptors.len(),
            questions: guide.questions.len(),
            chunking: meta.chunking,
            late_interaction: index.has_token_vectors(),
            graph: meta.graph,
            search: meta.search,
            ann_recall_at_10: meta.ann_recall_at_10,
            verified,
        })
    }
}

impl fmt::Display for Info<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts {
            sections,
            chunks,
            tokens,
        } = self.counts;
        let (model, chunking, graph) = (self.model, self.chunking, self.graph);
        let (path, digest) = (printable_line(&self.index), printable_line(&model.digest));
        writeln!(
            f,
            "index       {path}, {} bytes, format version {}, by docent {}",
            self.bytes,
            self.format_version,
            printable_line(self.docent_version)
        )?;
        writeln!(f, "corpus      {}", printable_line(self.corpus_fingerprint))?;
        let state = match self.stale {
            Some(true) => "newer than the index",
            Some(false) => "as indexed",
            None => "not compared",
        };
        for (i, folder) in self.docs.iter().enumerate() {
            let Some(path) = &folder.path else { continue };
            let label = if i == 0 { "docs" } else { "" };
            let name = match &*folder.name {
                "" => String::new(),
                name => format!("{name}="),
            };
            let shown = format!("{name}{path}");
            writeln!(f, "{label:<10}  {}, {state}", printable_line(&shown))?;
        }
        writeln!(f, "sections    {sections}")?;
        writeln!(f, "chunks      {chunks}, {tokens} tokens")?;
        writeln!(
            f,
            "chunking    at most {} tokens, joined below {}",
            chunking.max_tokens, chunking.min_tokens
        )?;
        writeln!(
            f,
            "guide       {} guidelines, {} descriptors, {} questions",
            self.guidelines, self.descriptors, self.questions
        )?;
        writeln!(
            f,
            "model       {}, {} dimensions, {} tokens, sha256 {digest}",
            printable_line(&model.name),
            model.dim,
            model.max_tokens
        )?;
        writeln!(
            f,
            "late        {}",
            if self.late_interaction { "yes" } else { "no" }
        )?;
        let search = match self.search {
            SearchPath::Flat => "flat",
            SearchPath::Hnsw => "hnsw",
        };
        write!(
            f,
            "search      {search}; graph M {}, ef_construction {}",
            graph.m, graph.ef_construction
        )?;
        if let Some(recall) = self.ann_recall_at_10 {
            write!(f, ", ann_recall@10 {recall:.3}")?;
        }
        writeln!(f)?;
        if self.verified {
            writeln!(f, "verified    every checksum, offset and id")?;
        }
        Ok(())
    }
}
