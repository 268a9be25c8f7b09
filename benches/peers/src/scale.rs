//! docent's own index at a size: real documentation again and again, with stored vectors in place of
//! the encoder's, so that a million chunks are built in minutes.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use docent::builder::{Build, BuildOptions};
use docent::calibration::Calibration;
use docent::corpus::{Corpus, Section};
use docent::encoder::{BuiltinEncoder, Embedding, Encoder, EncoderError, ModelId};
use docent::index::{Index, IndexSlot};
use docent::search::{SearchOptions, Searcher};

use crate::ann::{DIM, perturbed_row, read_rows};
use crate::median;

/// What is built and asked.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Rows of 384 little-endian `f32`, as `peers vectors` writes them
    vectors: PathBuf,
    /// A documentation folder, repeated until there are as many bytes as asked for
    docs: PathBuf,
    /// Questions, one a line
    questions: PathBuf,
    /// The index to write
    index: PathBuf,
    /// Megabytes of documentation; a chunk has about 500 bytes
    #[arg(long, default_value_t = 50)]
    megabytes: usize,
    /// Length of the noise that is added to a vector
    #[arg(long, default_value_t = 0.3)]
    noise: f32,
}

/// Builds the index, asks the questions and prints one Markdown row.
pub fn measure(options: &Options) -> Result<()> {
    let encoder = StoredVectors {
        builtin: BuiltinEncoder::bundled()?,
        rows: read_rows(&options.vectors)?,
        noise: options.noise,
    };
    ensure!(!encoder.rows.is_empty(), "no vectors");
    let corpus = repeat(Corpus::read(&options.docs)?, options.megabytes << 20)?;
    let slot = IndexSlot::claim(&options.index)?;
    let start = Instant::now();
    let mut build = Build::new(corpus, &encoder, &BuildOptions::default());
    build.place_in(&slot);
    let built = build.finish()?;
    let built_in = start.elapsed();
    let bytes = built.write(slot)?;
    let graph = built.timings.graph;
    drop(built);

    let index = Arc::new(Index::open(&options.index)?);
    let searcher = Searcher::new(Arc::clone(&index), Arc::new(encoder))?;
    let questions = fs::read_to_string(&options.questions)
        .with_context(|| format!("cannot read {}", options.questions.display()))?;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for question in questions.lines() {
        let timings = searcher
            .search(question, &SearchOptions::default())?
            .timings;
        let stages = [
            timings.candidates,
            timings.rank,
            timings.candidates + timings.rank,
        ];
        for (times, stage) in times.iter_mut().zip(stages) {
            times.push(1e3 * stage.as_secs_f64());
        }
    }
    let [candidates, rank, after_embedding] = times.map(median);
    println!(
        "| chunks | sections | MB | build, s | of it graph | ann_recall@10 | candidates, ms | rank | both |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    println!(
        "| {} | {} | {:.0} | {:.0} | {:.0} | {:.3} | {candidates:.2} | {rank:.2} | {after_embedding:.2} |",
        index.num_chunks(),
        index.num_sections(),
        bytes as f64 / 1e6,
        built_in.as_secs_f64(),
        graph.as_secs_f64(),
        index.meta().ann_recall_at_10.unwrap_or(1.0),
    );
    Ok(())
}

/// The corpus with its sections repeated under other paths, each with words of its own, up to
/// `bytes` of text.
fn repeat(mut corpus: Corpus, bytes: usize) -> Result<Corpus> {
    let originals = std::mem::take(&mut corpus.sections);
    ensure!(originals.iter().any(|s| !s.text().is_empty()), "no text");
    let mut total = 0;
    let mut copy = 0;
    while total < bytes {
        for original in &originals {
            let path = format!("copy-{copy:05}/{}", original.path);
            let text = original.text().replace(". ", &format!(". copy{copy} "));
            let mut section = Section::titled(path, original.title.clone(), text);
            section.description.clone_from(&original.description);
            total += section.text().len();
            corpus.sections.push(section);
        }
        copy += 1;
    }
    Ok(corpus)
}

/// The built-in encoder for questions, tokens and the numbers of the ranking; for passages, a stored
/// vector with noise, both drawn by the passage's hash.
struct StoredVectors {
    builtin: BuiltinEncoder,
    rows: Vec<f32>,
    noise: f32,
}

impl Encoder for StoredVectors {
    fn model(&self) -> &ModelId {
        self.builtin.model()
    }

    fn calibration(&self) -> Calibration {
        self.builtin.calibration()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.builtin.count_tokens(text)
    }

    fn makes_token_vectors(&self) -> bool {
        false
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        self.builtin.tokenize(text)
    }

    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        self.builtin.encode_query(question, with_tokens)
    }

    fn encode_passages(
        &self,
        passages: &[&str],
        _with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
        let embedding = |passage: &&str| {
            let hash = fnv(passage.as_bytes());
            let row = (hash % (self.rows.len() / DIM) as u64) as usize;
            let row = &self.rows[row * DIM..][..DIM];
            let mut sentence = vec![0.0; DIM];
            perturbed_row(row, self.noise, hash, &mut sentence);
            Embedding {
                sentence,
                length: self.builtin.count_tokens(passage),
                tokens: None,
            }
        };
        Ok(passages.iter().map(embedding).collect())
    }
}

/// FNV-1a.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}
