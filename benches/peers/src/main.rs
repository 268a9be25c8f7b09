//! docent beside fastembed + ONNX Runtime, hnsw_rs and usearch: same machine, same texts or vectors,
//! same model, one run, taking turns. How to run it, and tables: `benches/README.md`.

mod ann;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod cpuid;
mod encoder;
mod one_shot;
mod scale;
mod vectors;

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Parser;
use docent::corpus::{ChunkOptions, Corpus, chunk_section};
use docent::encoder::{BuiltinEncoder, Encoder};

/// The question of every measurement: 12 tokens with `[CLS]` and `[SEP]`.
const QUESTION: &str = "How do I add pagination to my connector";

/// Compares docent with fastembed, ONNX Runtime (`ORT_DYLIB_PATH` names its library), hnsw_rs and
/// usearch.
///
/// Where the environment variable `PEERS_AVX2` is set, AVX-512 and AVX-VNNI are hidden from all of
/// them (x86-64 Linux, Intel).
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
    /// Nearest neighbours: docent, usearch and hnsw_rs on the same vectors
    Ann(ann::Options),
    /// Builds one engine's index; a process of its own for `ann`
    #[command(hide = true)]
    AnnBuild {
        engine: String,
        folder: PathBuf,
        #[command(flatten)]
        parameters: ann::Parameters,
    },
    /// Searches one engine's index; a process of its own for `ann`
    #[command(hide = true)]
    AnnSearch {
        engine: String,
        folder: PathBuf,
        efs: Vec<usize>,
        #[command(flatten)]
        parameters: ann::Parameters,
    },
    /// docent's index and answers at a size: real text repeated, stored vectors
    Scale(scale::Options),
    /// Embeds the documentation under some folders and writes the vectors for `ann`
    Vectors {
        /// The file to write: rows of 384 little-endian `f32`
        out: PathBuf,
        /// Vectors
        #[arg(long, default_value_t = 110_000)]
        count: usize,
        /// Folders with Markdown, reStructuredText, plain text, HTML or Rust source
        #[arg(required = true)]
        folders: Vec<PathBuf>,
    },
}

fn main() -> Result<()> {
    let command = Command::parse();
    if std::env::var_os("PEERS_AVX2").is_some() {
        hide_avx512()?;
    }
    match command {
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
        Command::Ann(options) => ann::compare(&options),
        Command::AnnBuild {
            engine,
            folder,
            parameters,
        } => ann::engine::build(&engine, &folder, parameters),
        Command::AnnSearch {
            engine,
            folder,
            efs,
            parameters,
        } => ann::engine::search(&engine, &folder, &efs, parameters),
        Command::Scale(options) => scale::measure(&options),
        Command::Vectors {
            out,
            count,
            folders,
        } => vectors::write(&out, count, &folders),
    }
}

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
use cpuid::hide_avx512;

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn hide_avx512() -> Result<()> {
    anyhow::bail!("PEERS_AVX2 needs x86-64 Linux")
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

/// Most resident memory of this process so far, in MB of 10^6 bytes (Linux).
fn peak_mb() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let kilobytes = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"))
        .context("no VmHWM in /proc/self/status")?;
    Ok(kilobytes.parse::<f64>()? * 1024.0 / 1e6)
}

/// The middle one; of an even number the upper.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
