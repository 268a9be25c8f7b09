//! A search's benchmarks, without embedding the question: late interaction, support, all of a search.
//!
//! `cargo bench --bench search`; kernels are those of the detected instruction set unless `DOCENT_KERNEL`
//! says else.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use docent::builder::{self, BuildOptions};
use docent::corpus::Corpus;
use docent::encoder::{BuiltinEncoder, TokenVectors};
use docent::index::{Index, TokenRows, pack_rows};
use docent::rank::max_sim::QueryTokens;
use docent::rank::support;
use docent::search::{Ranking, SearchOptions, Searcher};
use docent::simd::Simd;

const DIM: usize = 384;

/// Values between -1 and 1 that look like nothing.
fn values(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * 1.7).sin()).collect()
}

/// 12 question tokens with the tokens of 80 chunks.
fn late(c: &mut Criterion) {
    const CHUNK_TOKENS: usize = 150;
    let tokens = TokenVectors {
        dim: DIM,
        ids: vec![1; 12],
        vectors: values(12 * DIM),
    };
    let query = QueryTokens::new(
        Simd::detect().expect("a detected instruction set"),
        &tokens,
        |_| 1.0,
    );
    let chunks: Vec<Vec<u8>> = (0..80)
        .map(|chunk| {
            let mut codes = Vec::new();
            let values = values(CHUNK_TOKENS * DIM + chunk);
            pack_rows(&values[chunk..], DIM, &mut codes);
            codes
        })
        .collect();
    let rows: Vec<TokenRows<'_>> = chunks
        .iter()
        .map(|codes| TokenRows { dim: DIM, codes })
        .collect();
    c.bench_function("late interaction/80 chunks of 150 tokens", |b| {
        b.iter(|| query.max_sims(black_box(&rows)));
    });
}

/// The most sections that support each other.
fn support(c: &mut Criterion) {
    let centroids: Vec<Vec<f32>> = values(64 * DIM).chunks(DIM).map(<[f32]>::to_vec).collect();
    let scores = values(64);
    let simd = Simd::detect().expect("a detected instruction set");
    c.bench_function("support/64 sections", |b| {
        b.iter(|| support::support(simd, black_box(&centroids), &scores));
    });
}

/// Candidates and ranking of a question to `docs/`: of the search's own clock, embedding left out.
fn search(c: &mut Criterion) {
    let encoder = BuiltinEncoder::bundled().expect("the bundled model");
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let corpus = Corpus::read(&docs).expect("docs/");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("docent.idx");
    builder::build(corpus, &encoder, &BuildOptions::default(), &path).expect("an index");
    let index = Index::open(&path).expect("an opened index");
    let searcher = Searcher::new(Arc::new(index), Arc::new(encoder)).expect("the same model");
    let mut group = c.benchmark_group("search");
    for (name, ranking) in [
        ("full", Ranking::Full),
        ("without late interaction", Ranking::WithoutLateInteraction),
    ] {
        let mut options = SearchOptions::default();
        options.ranking = ranking;
        group.bench_function(name, |b| {
            b.iter_custom(|times| {
                let search = || {
                    let question = "how do I keep a cursor while listing users page by page";
                    let answer = searcher.search(question, &options).expect("an answer");
                    answer.timings.candidates + answer.timings.rank
                };
                (0..times).map(|_| search()).sum::<Duration>()
            });
        });
    }
}

criterion_group!(benches, late, support, search);
criterion_main!(benches);
