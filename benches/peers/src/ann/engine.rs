//! The libraries that are compared, behind one interface: what a child process runs.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use docent::analysis::ANALYZER;
use docent::corpus::{CorpusOptions, Guide, Syntax};
use docent::encoder::{BuiltinEncoder, Encoder};
use docent::index::{
    BuiltGraph, ChunkRecord, Chunking, Counts, GraphOptions, Index, IndexParts, InvertedIndex,
    Matrix, Meta, SearchPath, SectionRecord, TermSequences,
};
use hnsw_rs::prelude::{AnnT, DistCosine, Hnsw, HnswIo};
use rayon::prelude::*;
use usearch::{IndexOptions, MetricKind, ScalarKind};

use super::{DIM, K, Parameters, read_rows};
use crate::peak_mb;

/// The engines, docent first.
pub const ENGINES: [&str; 4] = ["docent", "usearch f32", "usearch i8", "hnsw_rs"];
/// Most layers of hnsw_rs: a common value.
const LAYERS: usize = 16;
/// Name of the hnsw_rs dump.
const DUMP: &str = "hnsw_rs";

/// Builds the graph of the rows in `folder` on as many threads as rayon has and writes it there;
/// prints the seconds of building, the bytes of what was written and the peak of memory in MB.
pub fn build(engine: &str, folder: &Path, parameters: Parameters) -> Result<()> {
    let threads = rayon::current_num_threads();
    let base = read_rows(&folder.join(super::BASE))?;
    let rows: Vec<&[f32]> = base.chunks_exact(DIM).collect();
    let files = files(engine, folder);
    let start = Instant::now();
    let seconds = match engine {
        "docent" => {
            let mut parts = parts_over(&base, parameters)?;
            let built = BuiltGraph::new(parts.vectors.view(), parts.meta.graph)?;
            parts.meta.search = built.search;
            parts.meta.ann_recall_at_10 = built.ann_recall_at_10;
            parts.graph = built.graph;
            let seconds = start.elapsed();
            parts.write(&files[0])?;
            seconds
        }
        "hnsw_rs" => {
            let Parameters { m, ef_construction } = parameters;
            let graph =
                Hnsw::<f32, DistCosine>::new(m, rows.len(), LAYERS, ef_construction, DistCosine);
            let rows: Vec<(&[f32], usize)> = rows.into_iter().zip(0..).collect();
            if threads == 1 {
                rows.iter().for_each(|&row| graph.insert(row));
            } else {
                graph.parallel_insert_slice(&rows);
            }
            let seconds = start.elapsed();
            graph.file_dump(folder, DUMP)?;
            seconds
        }
        _ => {
            let index = usearch_index(engine, parameters)?;
            index.reserve_capacity_and_threads(rows.len(), threads)?;
            rows.par_iter()
                .enumerate()
                .try_for_each(|(at, row)| match engine {
                    "usearch i8" => index.add(at as u64, &codes(row)),
                    _ => index.add(at as u64, row),
                })?;
            let seconds = start.elapsed();
            index.save(&files[0].to_string_lossy())?;
            seconds
        }
    };
    let lengths: std::io::Result<Vec<u64>> = files
        .iter()
        .map(|file| Ok(fs::metadata(file)?.len()))
        .collect();
    let bytes: u64 = lengths?.into_iter().sum();
    println!("{} {bytes} {}", seconds.as_secs_f64(), peak_mb()?);
    Ok(())
}

/// Opens what [`build`] wrote and answers the queries with each ef, on as many threads as rayon
/// has. Prints the milliseconds from opening to the first answer, then those of all queries with
/// each of `efs`, then the peak of memory in MB; writes the ids found into `folder`.
pub fn search(engine: &str, folder: &Path, efs: &[usize], parameters: Parameters) -> Result<()> {
    let queries = read_rows(&folder.join(super::QUERIES))?;
    let queries: Vec<&[f32]> = queries.chunks_exact(DIM).collect();
    let files = files(engine, folder);
    let start = Instant::now();
    match engine {
        "docent" => {
            let index = Index::open(&files[0])?;
            sweep(folder, &queries, efs, start, |query, ef| {
                let found = index.nearest_on_graph(query, K, ef)?;
                Ok(found.iter().map(|near| near.id).collect())
            })
        }
        "hnsw_rs" => {
            let mut dump = HnswIo::new(folder, DUMP);
            let graph: Hnsw<f32, DistCosine> = dump.load_hnsw()?;
            sweep(folder, &queries, efs, start, |query, ef| {
                let found = graph.search(query, K, ef);
                Ok(found.iter().map(|near| near.d_id as u32).collect())
            })
        }
        _ => {
            let index = usearch_index(engine, parameters)?;
            index.view(&files[0].to_string_lossy())?;
            sweep(folder, &queries, efs, start, |query, ef| {
                // Set for every query, since it is a property of the index; costs one store.
                index.change_expansion_search(ef);
                let found = match engine {
                    "usearch i8" => index.search(&codes(query), K)?,
                    _ => index.search(query, K)?,
                };
                Ok(found.keys.iter().map(|&key| key as u32).collect())
            })
        }
    }
}

/// Times `search` over all queries with each of `efs`.
fn sweep(
    folder: &Path,
    queries: &[&[f32]],
    efs: &[usize],
    start: Instant,
    search: impl Fn(&[f32], usize) -> Result<Vec<u32>> + Sync,
) -> Result<()> {
    search(queries[0], efs[0])?;
    println!("{}", 1e3 * start.elapsed().as_secs_f64());
    let mut file = fs::File::create(folder.join(super::FOUND))?;
    for &ef in efs {
        let start = Instant::now();
        let found: Result<Vec<Vec<u32>>> =
            queries.par_iter().map(|query| search(query, ef)).collect();
        println!("{}", 1e3 * start.elapsed().as_secs_f64());
        for mut ids in found? {
            ids.resize(K, u32::MAX);
            for id in ids {
                file.write_all(&id.to_le_bytes())?;
            }
        }
    }
    println!("{}", peak_mb()?);
    Ok(())
}

/// The files that an engine writes.
fn files(engine: &str, folder: &Path) -> Vec<PathBuf> {
    match engine {
        "hnsw_rs" => ["data", "graph"]
            .map(|part| folder.join(format!("{DUMP}.hnsw.{part}")))
            .into(),
        _ => vec![folder.join(engine.replace(' ', "-"))],
    }
}

fn usearch_index(engine: &str, parameters: Parameters) -> Result<usearch::Index> {
    let quantization = match engine {
        "usearch f32" => ScalarKind::F32,
        "usearch i8" => ScalarKind::I8,
        _ => bail!("no engine {engine}"),
    };
    Ok(usearch::Index::new(&IndexOptions {
        dimensions: DIM,
        metric: MetricKind::Cos,
        quantization,
        connectivity: parameters.m,
        expansion_add: parameters.ef_construction,
        ..IndexOptions::default()
    })?)
}

/// A vector in eight bits, its largest component at 127. usearch's own conversion takes the whole
/// range from -1 to 1, of which the components of a unit vector use a tenth.
fn codes(row: &[f32]) -> Vec<i8> {
    let largest = row.iter().fold(0.0f32, |largest, v| largest.max(v.abs()));
    row.iter()
        .map(|v| (v / largest * 127.0).round() as i8)
        .collect()
}

/// An index of nothing but vectors: one empty chunk each, all in one section. It has no graph yet.
fn parts_over(base: &[f32], parameters: Parameters) -> Result<IndexParts> {
    let n = base.len() / DIM;
    let model = BuiltinEncoder::bundled()?.model().clone();
    ensure!(model.dim as usize == DIM, "the model has another dimension");
    let empty = |dim| Matrix {
        dim,
        data: Vec::new().into(),
    };
    let chunk = ChunkRecord {
        section: 0,
        line_start: 1,
        line_end: 1,
        tokens: 0,
        file_lines: (1, 1),
        heading_path: Vec::new(),
        anchor: None,
        text: String::new(),
        embed_text_hash: [0; 16],
    };
    Ok(IndexParts {
        meta: Meta {
            model,
            docent_version: String::new(),
            analyzer: ANALYZER.to_owned(),
            corpus_fingerprint: String::new(),
            docs: Vec::new(),
            corpus: CorpusOptions::default(),
            guide_files: Vec::new(),
            chunking: Chunking {
                max_tokens: 1,
                min_tokens: 1,
            },
            graph: GraphOptions {
                m: parameters.m as u32,
                ef_construction: parameters.ef_construction as u32,
            },
            counts: Counts {
                sections: 1,
                chunks: n as u32,
                tokens: 0,
            },
            search: SearchPath::Flat,
            ann_recall_at_10: None,
        },
        sections: vec![SectionRecord {
            path: "vectors".into(),
            title: String::new(),
            description: None,
            fields: Vec::new(),
            chunks: 0..n as u32,
            syntax: Syntax::PlainText,
            lines: 1,
            bytes: 0,
            content_hash: [0; 16],
        }],
        chunks: vec![chunk; n],
        guide: Guide::default(),
        guide_vectors: empty(DIM),
        guide_token_vectors: None,
        guide_lexical: InvertedIndex::without_terms(Vec::new()),
        vectors: Matrix {
            dim: DIM,
            data: base.to_vec().into(),
        },
        token_vectors: None,
        sections_lexical: InvertedIndex::without_terms(vec![0.0]),
        chunks_lexical: InvertedIndex::without_terms(vec![0.0; n]),
        sequences: TermSequences {
            offsets: vec![0; n + 1],
            terms: Vec::new(),
        },
        vocabulary: String::new(),
        graph: None,
    })
}
