//! Whole processes that answer one question, from start to exit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Result, ensure};
use hnsw_rs::prelude::{AnnT, DistCosine, Hnsw};
use peers::{DUMP, LABELS};
use wait4::Wait4;

use crate::{QUESTION, chunks, median};

/// hnsw_rs's M, ef_construction and most layers: common values.
const M: usize = 16;
const EF_CONSTRUCTION: usize = 200;
const LAYERS: usize = 16;

/// Embeds the chunks of `docs` with the ONNX model and writes graph and labels into `to`.
pub fn dump(docs: &Path, onnx: &Path, to: &Path) -> Result<()> {
    let chunks = chunks(docs)?;
    let texts: Vec<&str> = chunks.iter().map(|(_, text)| text.as_str()).collect();
    let vectors = peers::load(onnx)?.embed(&texts, Some(8))?;
    let graph = Hnsw::<f32, DistCosine>::new(M, vectors.len(), LAYERS, EF_CONSTRUCTION, DistCosine);
    for (at, vector) in vectors.iter().enumerate() {
        graph.insert((vector, at));
    }
    fs::create_dir_all(to)?;
    graph.file_dump(to, DUMP)?;
    let labels: Vec<&str> = chunks.iter().map(|(section, _)| section.as_str()).collect();
    fs::write(to.join(LABELS), labels.join("\n"))?;
    Ok(())
}

/// Prints wall times and peak memory of docent and of `one-shot` with each model, taking turns.
pub fn compare(
    docent: &Path,
    index: &Path,
    dump: &Path,
    onnx: &[PathBuf],
    rounds: usize,
) -> Result<()> {
    let one_shot = std::env::current_exe()?.with_file_name("one-shot");
    let mut commands = Vec::new();
    let mut query = Command::new(docent);
    query.arg("--index").arg(index).arg(QUESTION);
    commands.push(("docent".to_owned(), query));
    for model in onnx {
        let mut query = Command::new(&one_shot);
        query.arg(model).arg(dump).arg(QUESTION);
        let name = model.file_name().unwrap_or_default().to_string_lossy();
        commands.push((format!("fastembed + hnsw_rs, {name}"), query));
    }
    let mut runs = vec![Vec::new(); commands.len()];
    // The first round fills the page cache.
    for round in 0..=rounds {
        for ((name, command), runs) in commands.iter_mut().zip(&mut runs) {
            let run = run(name, command)?;
            if round > 0 {
                runs.push(run);
            }
        }
    }
    println!("| program | wall, ms | least | most | peak, MB | times docent's |");
    println!("|---|--:|--:|--:|--:|--:|");
    let walls = |runs: &[(f64, f64)]| runs.iter().map(|run| run.0).collect::<Vec<_>>();
    let docent_ms = median(walls(&runs[0]));
    for ((name, _), runs) in commands.iter().zip(&runs) {
        let ms = median(walls(runs));
        println!(
            "| {name} | {ms:.1} | {:.1} | {:.1} | {:.1} | {:.1} |",
            walls(runs).into_iter().fold(f64::INFINITY, f64::min),
            walls(runs).into_iter().fold(0.0, f64::max),
            median(runs.iter().map(|run| run.1).collect()),
            ms / docent_ms,
        );
    }
    Ok(())
}

/// Wall time in milliseconds and peak resident memory in MB of 10^6 bytes of one process.
///
/// The kernel counts this process's own peak as the child's until it runs its program, so this
/// one must stay small: it loads no model.
fn run(name: &str, command: &mut Command) -> Result<(f64, f64)> {
    let start = Instant::now();
    let finished = command.stdout(Stdio::null()).spawn()?.wait4()?;
    let ms = 1e3 * start.elapsed().as_secs_f64();
    ensure!(
        finished.status.success(),
        "{name} failed: {}",
        finished.status
    );
    Ok((ms, finished.rusage.maxrss as f64 / 1e6))
}
