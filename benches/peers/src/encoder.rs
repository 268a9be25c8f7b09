//! Encoders: throughput, one question, load, memory, likeness.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};
use docent::encoder::{BuiltinEncoder, Encoder};
use docent::simd::Simd;
use fastembed::TextEmbedding;

use crate::{QUESTION, chunks, median, peak_mb};

/// Texts that fastembed runs at once; each model gets the one that suits it best.
const BATCHES: [usize; 3] = [1, 8, 32];
/// Questions of a turn, whose median counts.
const QUESTIONS: usize = 40;
/// Processes that load each encoder.
const PROBES: usize = 3;
/// One chunk in so many is embedded: a few hundred are enough, and the peers take their time.
const EVERY: usize = 2;

enum Engine {
    Docent(Box<BuiltinEncoder>),
    Fastembed {
        model: Box<TextEmbedding>,
        batch: usize,
    },
}

impl Engine {
    /// `docent/INSTRUCTIONS`, or the folder of an ONNX model.
    fn load(name: &str) -> Result<Self> {
        Ok(match name.strip_prefix("docent/") {
            Some(simd) => Self::Docent(Box::new(
                BuiltinEncoder::bundled()?.with_simd(Simd::named(simd)?),
            )),
            None => Self::Fastembed {
                model: Box::new(peers::load(Path::new(name))?),
                batch: BATCHES[1],
            },
        })
    }

    fn question(&mut self) -> Result<()> {
        match self {
            Self::Docent(encoder) => encoder.encode_query(QUESTION, false).map(drop)?,
            Self::Fastembed { model, .. } => model.embed([QUESTION], None).map(drop)?,
        }
        Ok(())
    }

    fn corpus(&mut self, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        Ok(match self {
            Self::Docent(encoder) => encoder
                .encode_passages(texts, false)?
                .into_iter()
                .map(|embedding| embedding.sentence)
                .collect(),
            Self::Fastembed { model, batch } => model.embed(texts, Some(*batch))?,
        })
    }

    /// Takes the best of [`BATCHES`] for `texts`; says which.
    fn choose_batch(&mut self, texts: &[&str]) -> Result<Option<usize>> {
        let mut fastest = f64::INFINITY;
        let mut best = None;
        for size in BATCHES {
            let Self::Fastembed { batch, .. } = self else {
                return Ok(None);
            };
            *batch = size;
            let seconds = seconds(|| self.corpus(texts).map(drop))?;
            if seconds < fastest {
                (fastest, best) = (seconds, Some(size));
            }
        }
        if let (Self::Fastembed { batch, .. }, Some(size)) = (self, best) {
            *batch = size;
        }
        Ok(best)
    }
}

/// What the turns of one encoder gave.
#[derive(Default)]
struct Turns {
    corpus_seconds: Vec<f64>,
    question_ms: Vec<f64>,
    vectors: Vec<Vec<f32>>,
}

/// Prints the comparison as Markdown tables. The last column of the first is the cosine to the
/// first ONNX model's vectors.
pub fn compare(docs: &Path, onnx: &[PathBuf], rounds: usize) -> Result<()> {
    let chunks = chunks(docs)?;
    let tokenizer = BuiltinEncoder::bundled()?;
    let length = |text: &str| tokenizer.token_ids(text).len();
    ensure!(
        length(QUESTION) == 12,
        "the question has {} tokens",
        length(QUESTION)
    );
    let mut texts = sample(&chunks);
    texts.sort_by_key(|text| length(text));
    let tokens: usize = texts.iter().map(|text| length(text)).sum();

    let sixth: Vec<&str> = texts.iter().copied().step_by(6).collect();
    let names = names(onnx);
    let mut engines = Vec::new();
    for name in &names {
        let mut engine = Engine::load(name)?;
        if let Some(batch) = engine.choose_batch(&sixth)? {
            eprintln!("{name}: batches of {batch}");
        }
        engines.push(engine);
    }
    let mut turns: Vec<Turns> = engines.iter().map(|_| Turns::default()).collect();
    for round in 0..rounds {
        for (engine, turn) in engines.iter_mut().zip(&mut turns) {
            engine.corpus(&texts[..texts.len().min(8)])?;
            turn.corpus_seconds.push(seconds(|| {
                turn.vectors = engine.corpus(&texts)?;
                Ok(())
            })?);
            let questions: Result<Vec<f64>> = (0..QUESTIONS)
                .map(|_| Ok(1e3 * seconds(|| engine.question())?))
                .collect();
            turn.question_ms.push(median(questions?));
        }
        eprintln!("round {} of {rounds}", round + 1);
    }

    println!(
        "{} texts, {tokens} tokens, {} threads, {rounds} rounds\n",
        texts.len(),
        rayon::current_num_threads()
    );
    println!("| encoder | tokens/s | range | question, ms | cosine: mean | min |");
    println!("|---|--:|--:|--:|--:|--:|");
    let reference = &turns[names.len() - onnx.len()].vectors;
    for (name, turn) in names.iter().zip(&turns) {
        let rate = |seconds: f64| tokens as f64 / seconds;
        let slowest = turn.corpus_seconds.iter().copied().fold(0.0, f64::max);
        let fastest = turn
            .corpus_seconds
            .iter()
            .copied()
            .fold(f64::INFINITY, f64::min);
        let cosines: Vec<f64> = turn
            .vectors
            .iter()
            .zip(reference)
            .map(|(a, b)| cosine(a, b))
            .collect();
        println!(
            "| {} | {:.0} | {:.0}-{:.0} | {:.2} | {:.4} | {:.4} |",
            label(name),
            rate(median(turn.corpus_seconds.clone())),
            rate(slowest),
            rate(fastest),
            median(turn.question_ms.clone()),
            cosines.iter().sum::<f64>() / cosines.len() as f64,
            cosines.iter().copied().fold(1.0, f64::min),
        );
    }
    drop(engines);
    compare_loads(docs, &names)
}

/// Loads each encoder in processes of its own, taking turns.
fn compare_loads(docs: &Path, names: &[String]) -> Result<()> {
    let mut probes: Vec<Vec<Vec<f64>>> = vec![Vec::new(); names.len()];
    for _ in 0..PROBES {
        for (name, probes) in names.iter().zip(&mut probes) {
            let output = Command::new(std::env::current_exe()?)
                .args(["probe".as_ref(), docs.as_os_str(), name.as_ref()])
                .output()?;
            ensure!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let figures = String::from_utf8(output.stdout)?;
            probes.push(
                figures
                    .split_whitespace()
                    .map(str::parse)
                    .collect::<Result<_, _>>()?,
            );
        }
    }
    println!(
        "\n| encoder | load, ms | load + first question, ms | peak after it, MB | peak after the \
         corpus, MB |\n|---|--:|--:|--:|--:|"
    );
    for (name, probes) in names.iter().zip(&probes) {
        let figure = |column: usize| median(probes.iter().map(|row| row[column]).collect());
        println!(
            "| {} | {:.1} | {:.1} | {:.0} | {:.0} |",
            label(name),
            figure(0),
            figure(1),
            figure(2),
            figure(3)
        );
    }
    Ok(())
}

/// Prints the milliseconds to load, those to the first question's answer, and the peaks of
/// resident memory in MB after it and after the corpus.
pub fn probe(docs: &Path, name: &str) -> Result<()> {
    let start = Instant::now();
    let mut engine = Engine::load(name)?;
    let loaded = start.elapsed();
    engine.question()?;
    let answered = start.elapsed();
    let first_peak = peak_mb()?;
    let chunks = chunks(docs)?;
    let mut texts = sample(&chunks);
    texts.sort_by_key(|text| text.len());
    engine.corpus(&texts)?;
    println!(
        "{} {} {first_peak} {}",
        1e3 * loaded.as_secs_f64(),
        1e3 * answered.as_secs_f64(),
        peak_mb()?
    );
    Ok(())
}

fn sample(chunks: &[(String, String)]) -> Vec<&str> {
    chunks
        .iter()
        .step_by(EVERY)
        .map(|(_, text)| text.as_str())
        .collect()
}

/// docent with each instruction set but `scalar`, which takes minutes, then the ONNX models.
fn names(onnx: &[PathBuf]) -> Vec<String> {
    let fast = Simd::available().filter(|&simd| simd != Simd::SCALAR);
    fast.map(|simd| format!("docent/{}", simd.name()))
        .chain(onnx.iter().map(|folder| folder.display().to_string()))
        .collect()
}

/// The last part of a folder's path.
fn label(name: &str) -> String {
    match Path::new(name).file_name() {
        Some(folder) if !name.starts_with("docent/") => {
            format!("fastembed, {}", folder.to_string_lossy())
        }
        _ => name.to_owned(),
    }
}

fn seconds(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed().as_secs_f64())
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    };
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}
