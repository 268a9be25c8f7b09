//! Tests of the index file as a whole.

mod corruption;
mod graph;
mod round_trip;

use std::path::Path;

use super::*;
use crate::analysis::ANALYZER;
use crate::corpus::{
    CorpusOptions, Descriptor, Field, Guide, Guideline, KnownQuestion, Source, Syntax,
};
use crate::encoder::ModelId;
use crate::simd::Simd;

/// A seeded generator (SplitMix64), so that tests need no dependency and never change.
struct Rng(u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Roughly normal: a sum of uniform values, with mean 0 and variance 1.
    fn normal(&mut self) -> f32 {
        let uniform = |bits: u64| (bits >> 40) as f32 / (1u64 << 24) as f32;
        (0..12).map(|_| uniform(self.next())).sum::<f32>() - 6.0
    }

    fn unit(&mut self, centre: &[f32], spread: f32) -> Vec<f32> {
        let row: Vec<f32> = centre.iter().map(|x| x + spread * self.normal()).collect();
        let length = Simd::SCALAR.dot(&row, &row).sqrt();
        row.iter().map(|x| x / length).collect()
    }
}

/// Unit rows around `clusters` random centres.
fn clustered(rows: usize, dim: usize, clusters: usize, rng: &mut Rng) -> Matrix {
    let zero = vec![0.0; dim];
    let centres: Vec<Vec<f32>> = (0..clusters).map(|_| rng.unit(&zero, 1.0)).collect();
    let spread = 0.5 / (dim as f32).sqrt();
    let data: Vec<f32> = (0..rows)
        .flat_map(|i| rng.unit(&centres[i % clusters], spread))
        .collect();
    let data = data.into();
    Matrix { dim, data }
}

fn source(line: u32) -> Source {
    Source {
        file: "INDEX.md".into(),
        line,
    }
}

fn guide() -> Guide {
    Guide {
        guidelines: vec![Guideline {
            group: "How do I".into(),
            phrase: "Add pagination".into(),
            targets: vec!["s0.md".into()],
            source: source(3),
        }],
        descriptors: vec![Descriptor {
            target: "s0.md".into(),
            title: "Zero".into(),
            covers: "naïve → things".into(),
            group: String::new(),
            source: source(9),
        }],
        questions: vec![KnownQuestion {
            question: "How?".into(),
            targets: vec!["s1.md".into(), "s0.md".into()],
            origin: "log".into(),
            date: String::new(),
            source: source(12),
        }],
        patterns: Vec::new(),
    }
}

/// An index over `vectors`, one chunk for each vector, three chunks a section, without its graph.
fn parts_over(vectors: Matrix) -> IndexParts {
    let n = vectors.view().num_rows() as u32;
    let starts: Vec<u32> = (0..n).step_by(3).collect();
    let section = |(i, &start): (usize, &u32)| SectionRecord {
        path: format!("s{i}.md"),
        title: format!("Section {i}"),
        description: (i % 2 == 0).then(|| "what it says".to_owned()),
        fields: vec![Field {
            name: "tags".to_owned(),
            values: vec![format!("t{i}"), "all".to_owned()],
        }],
        chunks: start..(start + 3).min(n),
        syntax: Syntax::Mdx,
        lines: 40,
        bytes: 1_234,
        content_hash: [i as u8; 16],
    };
    let sections: Vec<SectionRecord> = starts.iter().enumerate().map(section).collect();
    let chunk = |i: u32| ChunkRecord {
        section: i / 3,
        line_start: 1 + 10 * (i % 3),
        line_end: 10 + 10 * (i % 3),
        tokens: 7 + i,
        file_lines: (7 + i, 9 + i),
        anchor: (i % 2 == 1).then(|| format!("a{i}")),
        heading_path: (0..i % 3)
            .map(|level| format!("Heading {level} of {i}"))
            .collect(),
        text: format!("Text of chunk {i}.\n"),
        embed_text_hash: [i as u8; 16],
    };
    let chunks: Vec<ChunkRecord> = (0..n).map(chunk).collect();
    let token_rows = |i: u32| u64::from(i % 4);
    let offsets = std::iter::once(0).chain((0..n).scan(0, |sum, i| {
        *sum += token_rows(i);
        Some(*sum)
    }));
    let offsets: Vec<u64> = offsets.collect();
    let rows = *offsets.last().unwrap() as usize;
    let row = packed_len(vectors.dim);
    let model = ModelId {
        name: "toy".into(),
        dim: vectors.dim as u32,
        max_tokens: 256,
        digest: "00ff00ff00ff00ff".into(),
    };
    IndexParts {
        meta: Meta {
            docent_version: "0.0.1".into(),
            analyzer: ANALYZER.into(),
            corpus_fingerprint: "abc123".into(),
            docs: vec![DocsFolder {
                name: "api".into(),
                path: Some("../docs".into()),
            }],
            corpus: CorpusOptions {
                include: vec!["*.md".into()],
                exclude: vec!["drafts/".into(), "old".into()],
            },
            guide_files: vec![FileRecord {
                path: "INDEX.md".into(),
                bytes: 99,
                content_hash: [7; 16],
            }],
            chunking: Chunking {
                max_tokens: 200,
                min_tokens: 20,
            },
            graph: GraphOptions {
                m: 16,
                ef_construction: 100,
            },
            counts: Counts {
                sections: sections.len() as u32,
                chunks: n,
                tokens: chunks.iter().map(|chunk| u64::from(chunk.tokens)).sum(),
            },
            search: SearchPath::Flat,
            ann_recall_at_10: None,
            model,
        },
        guide: guide(),
        guide_vectors: clustered(3, vectors.dim, 2, &mut Rng(3)),
        guide_token_vectors: Some(TokenTable {
            dim: vectors.dim as u32,
            offsets: vec![0, 2, 2, 5],
            frequencies: Vec::new(),
            codes: Vec::from_iter((0..5 * row).map(|i| 7 * i as u8)).into(),
        }),
        guide_lexical: lexical(3),
        token_vectors: Some(TokenTable {
            dim: vectors.dim as u32,
            offsets,
            frequencies: (0..rows as u32).collect(),
            codes: Vec::from_iter((0..rows * row).map(|i| i as u8)).into(),
        }),
        sections_lexical: lexical(sections.len() as u32),
        chunks_lexical: lexical(n),
        sections,
        chunks,
        vectors,
        // Chunk `i` says term `i % 2` twice.
        sequences: TermSequences {
            offsets: (0..=u64::from(n)).map(|i| 2 * i).collect(),
            terms: (0..2 * n).map(|i| i / 2 % 2).collect(),
        },
        vocabulary: "alpha\nnaïve".into(),
        graph: None,
    }
}

/// Gives `parts` the graph over its vectors.
fn add_graph(parts: &mut IndexParts) -> Result<(), IndexError> {
    let built = BuiltGraph::new(parts.vectors.view(), parts.meta.graph)?;
    parts.meta.search = built.search;
    parts.meta.ann_recall_at_10 = built.ann_recall_at_10;
    parts.graph = built.graph;
    Ok(())
}

/// Two terms: `all` in every document, `first` in the first alone, if there is one.
fn lexical(docs: u32) -> InvertedIndex {
    let first: Vec<u32> = (0..docs.min(1)).collect();
    let doc_ids: Vec<u32> = (0..docs).chain(first).collect();
    InvertedIndex {
        term_bytes: b"allfirst".to_vec(),
        term_offsets: vec![0, 3, 8],
        posting_offsets: vec![0, docs, doc_ids.len() as u32],
        freqs: doc_ids.iter().map(|&id| id as f32 + 1.0).collect(),
        doc_ids,
        doc_lengths: (0..docs).map(|id| id as f32 * 2.0).collect(),
    }
}

/// A complete small index: 20 chunks in 7 sections, a graph of several layers (M is 2).
fn small_parts() -> IndexParts {
    let mut parts = parts_over(clustered(20, 8, 4, &mut Rng(1)));
    parts.meta.graph = GraphOptions {
        m: 2,
        ef_construction: 16,
    };
    add_graph(&mut parts).unwrap();
    parts
}

/// The bytes of the file that `parts` make.
fn file_of(parts: &IndexParts) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docent.idx");
    let length = parts.write(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(length, bytes.len() as u64);
    bytes
}

/// Opens `bytes` as an index file at `path`.
fn open_bytes(path: &Path, bytes: &[u8]) -> Result<Index, IndexError> {
    // A new file each time: cutting an old one to length 0 makes some file systems wait for
    // the disk, and must not happen to a file that is mapped.
    let _ = std::fs::remove_file(path);
    std::fs::write(path, bytes).unwrap();
    Index::open(path)
}
