//! docent beside fastembed + ONNX Runtime + hnsw_rs: same machine, same texts, same model, one
//! run, taking turns. How to run it, and a table: `benches/README.md`.

mod encoder;
mod one_shot;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use docent::corpus::{ChunkOptions, Corpus, chunk_section};
use docent::encoder::{BuiltinEncoder, Encoder};

/// The question of every measurement: 12 tokens with `[CLS]` and `[SEP]`.
const QUESTION: &str = "How do I add pagination to my connector";

/// Compares docent with fastembed, ONNX Runtime and hnsw_rs; `ORT_DYLIB_PATH` names the library.
#[derive(Parser)]
enum Command {
    /// Encoders: throughput, one question, load, memory, likeness
    Encoder {
        /// The documentation folder whose chunks are embedded
        docs: PathBuf,
        /// Folders of ONNX models; the first is the reference of the cosines
        #[arg(required = true)]
        onnx: Vec<PathBuf>,
        /// Times that each encoder has its turn
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// Loads one encoder and reports its times and memory; a process of its own for `encoder`
    #[command(hide = true)]
    Probe { docs: PathBuf, engine: String },
    /// Writes the hnsw_rs dump of a documentation folder for `one-shot`
    Dump {
        docs: PathBuf,
        onnx: PathBuf,
        to: PathBuf,
    },
    /// Whole processes that answer one question: docent and the `one-shot` program
    OneShot {
        /// The `docent` binary
        docent: PathBuf,
        /// docent's index
        index: PathBuf,
        /// Folder of the hnsw_rs dump
        dump: PathBuf,
        /// Folders of ONNX models; none times docent alone
        onnx: Vec<PathBuf>,
        /// Times that each program has its turn
        #[arg(long, default_value_t = 21)]
        rounds: usize,
    },
}

fn main() -> Result<()> {
    match Command::parse() {
        Command::Encoder { docs, onnx, rounds } => encoder::compare(&docs, &onnx, rounds),
        Command::Probe { docs, engine } => encoder::probe(&docs, &engine),
        Command::Dump { docs, onnx, to } => one_shot::dump(&docs, &onnx, &to),
        Command::OneShot {
            docent,
            index,
            dump,
            onnx,
            rounds,
        } => one_shot::compare(&docent, &index, &dump, &onnx, rounds),
    }
}

/// The chunks of a documentation folder as docent embeds them: section path and text.
fn chunks(docs: &std::path::Path) -> Result<Vec<(String, String)>> {
    let encoder = BuiltinEncoder::bundled()?;
    let count = |text: &str| encoder.count_tokens(text);
    let corpus = Corpus::read(docs)?;
    Ok(corpus
        .sections
        .iter()
        .flat_map(|section| {
            chunk_section(section, &ChunkOptions::default(), &count)
                .into_iter()
                .map(|chunk| (section.path.clone(), chunk.embed_text))
        })
        .collect())
}

/// The middle one; of an even number the upper.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
