//! `one-shot MODEL_FOLDER INDEX_FOLDER QUESTION`: the least program that answers a question with
//! fastembed and hnsw_rs. It prints the best sections, best first, as `docent QUESTION` does.

use std::env::args;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};
use hnsw_rs::prelude::{DistCosine, Hnsw, HnswIo};

/// Chunks that are looked for, and hnsw_rs's effort to find them.
const NEIGHBOURS: usize = 20;
const EF: usize = 64;
/// Sections that are printed.
const SECTIONS: usize = 4;

fn main() -> Result<()> {
    let [model, index, question] = &args().skip(1).collect::<Vec<_>>()[..] else {
        bail!("usage: one-shot MODEL_FOLDER INDEX_FOLDER QUESTION");
    };
    let index = Path::new(index);
    let vectors = peers::load(Path::new(model))?.embed([question], None)?;
    let mut dump = HnswIo::new(index, peers::DUMP);
    let graph: Hnsw<f32, DistCosine> = dump.load_hnsw()?;
    let labels = fs::read_to_string(index.join(peers::LABELS))?;
    let labels: Vec<&str> = labels.lines().collect();
    let mut sections = Vec::new();
    for neighbour in graph.search(&vectors[0], NEIGHBOURS, EF) {
        let section = labels[neighbour.d_id];
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    for section in sections.iter().take(SECTIONS) {
        println!("{section}");
    }
    Ok(())
}
