//! Nearest neighbours: docent's index beside usearch and hnsw_rs, on the same vectors with the same
//! M and ef_construction, each step in a process of its own.

pub mod engine;

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use docent::simd::Simd;
use rayon::prelude::*;

use crate::median;
use engine::ENGINES;

/// Dimension of the vectors.
pub const DIM: usize = 384;
/// Results of a query.
const K: usize = 10;
/// Candidates that searches keep.
const EFS: [usize; 20] = [
    10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 128, 160, 192, 256, 384, 512,
];
/// Recalls at which speeds are compared.
const RECALLS: [f64; 3] = [0.90, 0.95, 0.99];
const THREADS: [usize; 2] = [1, 2];

/// Files in the working folder.
const BASE: &str = "base.f32";
const QUERIES: &str = "queries.f32";
const FOUND: &str = "found.u32";

/// What a graph is built with.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Parameters {
    /// Links of a new vector in each layer
    #[arg(long, default_value_t = 16)]
    pub m: usize,
    /// Candidates that an insertion looks at
    #[arg(long, default_value_t = 200)]
    pub ef_construction: usize,
}

/// What is compared.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Rows of 384 little-endian `f32`, as `peers vectors` writes them
    vectors: PathBuf,
    /// Folder for the indexes
    folder: PathBuf,
    /// Vectors; more than the file has are made of the file's by adding noise
    #[arg(long, default_value_t = 100_000)]
    count: usize,
    /// Queries, taken evenly out of the file and not indexed
    #[arg(long, default_value_t = 1_000)]
    queries: usize,
    /// Length of the noise that is added to a unit vector
    #[arg(long, default_value_t = 0.3)]
    noise: f32,
    /// Times that each engine has its turn in searching
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Threads that build, a build for each
    #[arg(long, value_delimiter = ',', default_value = "1,2")]
    builds: Vec<usize>,
    /// Engines to leave out
    #[arg(long)]
    without: Vec<String>,
    #[command(flatten)]
    parameters: Parameters,
}

/// Prints the comparison as Markdown tables.
pub fn compare(options: &Options) -> Result<()> {
    let engines = || {
        ENGINES
            .into_iter()
            .filter(|name| !options.without.iter().any(|w| w == name))
    };
    let truth = prepare(options)?;
    println!(
        "{} vectors, {} queries, {:?}\n",
        options.count, options.queries, options.parameters
    );
    println!("| engine | threads | build, s | peak, MB | file, MB |");
    println!("|---|--:|--:|--:|--:|");
    for name in engines() {
        for &threads in &options.builds {
            let build = run(options, "ann-build", name, threads, &[])?;
            println!(
                "| {name} | {threads} | {:.1} | {:.0} | {:.1} |",
                build[0],
                build[2],
                build[1] / 1e6,
            );
        }
    }
    let mut runs: HashMap<(&str, usize), Vec<Vec<f64>>> = HashMap::new();
    let mut recalls: HashMap<&str, Vec<f64>> = HashMap::new();
    let efs = EFS.map(|ef| ef.to_string());
    for round in 0..options.rounds {
        for threads in THREADS {
            for name in engines() {
                let run = run(options, "ann-search", name, threads, &efs)?;
                runs.entry((name, threads)).or_default().push(run);
                let found = fs::read(options.folder.join(FOUND))?;
                recalls.insert(name, truth.recalls(&found));
            }
        }
        eprintln!("round {} of {}", round + 1, options.rounds);
    }
    println!(
        "\n| engine | open to first answer, ms | peak, MB | threads | queries/s at .90 | .95 | .99 |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for name in engines() {
        for threads in THREADS {
            let runs = &runs[&(name, threads)];
            let figure = |at: usize| median(runs.iter().map(|run| run[at]).collect());
            let rates: Vec<f64> = (0..EFS.len())
                .map(|i| options.queries as f64 / figure(1 + i) * 1e3)
                .collect();
            let rate = |recall| match rate_at(recall, &recalls[name], &rates) {
                Some(rate) => format!("{rate:.0}"),
                None => "-".to_owned(),
            };
            println!(
                "| {name} | {:.1} | {:.0} | {threads} | {} | {} | {} |",
                figure(0),
                figure(1 + EFS.len()),
                rate(RECALLS[0]),
                rate(RECALLS[1]),
                rate(RECALLS[2]),
            );
        }
    }
    println!("\n| ann_recall@10 at ef | {} |", efs.join(" | "));
    println!("|---|{}", "--:|".repeat(EFS.len()));
    for name in engines() {
        let recalls: Vec<String> = recalls[name].iter().map(|r| format!("{r:.3}")).collect();
        println!("| {name} | {} |", recalls.join(" | "));
    }
    Ok(())
}

/// The rate at which a recall is reached, between the two settings around it.
fn rate_at(recall: f64, recalls: &[f64], rates: &[f64]) -> Option<f64> {
    let at = recalls.iter().position(|&found| found >= recall)?;
    if at == 0 {
        return Some(rates[0]);
    }
    let share = (recall - recalls[at - 1]) / (recalls[at] - recalls[at - 1]);
    Some(rates[at - 1] + share * (rates[at] - rates[at - 1]))
}

/// What a child process printed. It measures its own memory: the kernel would count this process's
/// peak as the child's.
fn run(
    options: &Options,
    step: &str,
    engine: &str,
    threads: usize,
    efs: &[String],
) -> Result<Vec<f64>> {
    let Parameters { m, ef_construction } = options.parameters;
    let child = Command::new(std::env::current_exe()?)
        .args([step, engine])
        .arg(&options.folder)
        .args(["--m", &m.to_string()])
        .args(["--ef-construction", &ef_construction.to_string()])
        .args(efs)
        .env("RAYON_NUM_THREADS", threads.to_string())
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(child.status.success(), "{engine}: {step} failed");
    let figures = String::from_utf8(child.stdout)?;
    Ok(figures
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?)
}

/// The queries' exact neighbours.
struct Truth {
    base: Vec<f32>,
    queries: Vec<f32>,
    /// Similarity of each query's last exact neighbour.
    last: Vec<f32>,
    simd: Simd,
}

impl Truth {
    /// Part of the neighbours that were found, for each ef. As near as the last exact one counts:
    /// of equal vectors any is as good.
    fn recalls(&self, found: &[u8]) -> Vec<f64> {
        let ids: Vec<u32> = found
            .as_chunks()
            .0
            .iter()
            .map(|&bytes| u32::from_le_bytes(bytes))
            .collect();
        let near = |query: &[f32], id: u32, last: f32| {
            let row = self
                .base
                .get(id as usize * DIM..)
                .and_then(|rest| rest.get(..DIM));
            row.is_some_and(|row| self.simd.dot(query, row) >= last)
        };
        ids.chunks(self.last.len() * K)
            .map(|of_ef| {
                let queries = self.queries.chunks_exact(DIM).zip(&self.last);
                let found = queries.zip(of_ef.chunks(K)).map(|((query, &last), ids)| {
                    ids.iter().filter(|&&id| near(query, id, last)).count()
                });
                found.sum::<usize>() as f64 / of_ef.len() as f64
            })
            .collect()
    }
}

/// Writes rows and queries into the folder and finds the exact neighbours.
fn prepare(options: &Options) -> Result<Truth> {
    let all = read_rows(&options.vectors)?;
    let rows = all.len() / DIM;
    ensure!(rows >= 2 * options.queries, "{rows} vectors are too few");
    let every = rows / options.queries;
    let is_query = |at: usize| at.is_multiple_of(every) && at / every < options.queries;
    let (mut base, mut queries) = (Vec::new(), Vec::new());
    for (at, row) in all.chunks_exact(DIM).enumerate() {
        if is_query(at) {
            queries.extend(row)
        } else {
            base.push(row)
        }
    }
    let base: Vec<f32> = if options.count <= base.len() {
        let chosen = (0..options.count).map(|i| base[i * base.len() / options.count]);
        chosen.flatten().copied().collect()
    } else {
        perturbed(&base, options.count, options.noise)
    };
    fs::create_dir_all(&options.folder)?;
    write_rows(&options.folder.join(BASE), &base)?;
    write_rows(&options.folder.join(QUERIES), &queries)?;
    let simd = Simd::detect()?;
    let last = queries.par_chunks(DIM).map(|query| {
        let rows = base.chunks_exact(DIM);
        let mut similarities: Vec<f32> = rows.map(|row| simd.dot(query, row)).collect();
        let (_, last, _) = similarities.select_nth_unstable_by(K - 1, |a, b| b.total_cmp(a));
        *last
    });
    Ok(Truth {
        last: last.collect(),
        base,
        queries,
        simd,
    })
}

/// `count` vectors: those given, then each of them again and again with Gaussian noise of length
/// `noise`, brought back to length 1.
fn perturbed(rows: &[&[f32]], count: usize, noise: f32) -> Vec<f32> {
    let mut data: Vec<f32> = vec![0.0; count * DIM];
    data.par_chunks_mut(DIM).enumerate().for_each(|(i, out)| {
        let row = rows[i % rows.len()];
        if i < rows.len() {
            out.copy_from_slice(row);
        } else {
            perturbed_row(row, noise, i as u64, out);
        }
    });
    data
}

/// Writes `row` with Gaussian noise of length `noise`, drawn by `seed`, at length 1 to `out`.
pub fn perturbed_row(row: &[f32], noise: f32, seed: u64, out: &mut [f32]) {
    let spread = noise / (DIM as f32).sqrt();
    let mut random = Random(seed);
    for (out, value) in out.iter_mut().zip(row) {
        *out = value + spread * random.normal();
    }
    let length = Simd::SCALAR.dot(out, out).sqrt();
    out.iter_mut().for_each(|value| *value /= length);
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Normal with mean 0 and variance 1, as a sum of twelve uniform values.
    fn normal(&mut self) -> f32 {
        let uniform = |bits: u64| (bits >> 40) as f32 / (1u64 << 24) as f32;
        (0..12).map(|_| uniform(self.next())).sum::<f32>() - 6.0
    }
}

/// The values of a file of little-endian `f32`.
pub fn read_rows(path: &Path) -> Result<Vec<f32>> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let values = bytes
        .as_chunks()
        .0
        .iter()
        .map(|&bytes| f32::from_le_bytes(bytes));
    Ok(values.collect())
}

fn write_rows(path: &Path, rows: &[f32]) -> Result<()> {
    let bytes: Vec<u8> = rows.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(fs::write(path, bytes)?)
}
