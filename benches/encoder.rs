//! The encoder's benchmarks: matrix kernel, one layer's attention, a question, a passage, a corpus.
//!
//! `cargo bench --bench encoder`; the instruction set is the detected one unless `DOCENT_KERNEL` says else,
//! except for the kernels, which run on each that the machine has.

use std::hint::black_box;
use std::time::Duration;

use aligned_vec::AVec;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use docent::encoder::kernels::{
    self, BLOCK, HEAD_DIMS, Head, Matrix, Quantized, SCORE_ROWS, Scale,
};
use docent::encoder::{BuiltinEncoder, Encoder};
use docent::simd::Simd;

/// Rows of the matrix benchmarks: a panel of the forward pass.
const ROWS: usize = 48;

/// Products of the model's four shapes, in operations (a multiplication and an addition are two).
fn matmul(c: &mut Criterion) {
    for (name, inputs, channels) in [
        ("qkv", 384, 1152),
        ("context", 384, 384),
        ("up", 384, 1536),
        ("down", 1536, 384),
    ] {
        let mut group = c.benchmark_group(format!("matmul/{name}"));
        group.throughput(Throughput::Elements((2 * ROWS * inputs * channels) as u64));
        let weights: Vec<i8> = (0..inputs * channels).map(|i| (i % 255) as i8).collect();
        let (floats, sums) = (vec![0.01; channels], vec![1; channels]);
        let bytes: Vec<u8> = (0..ROWS * inputs).map(|i| (i % 127) as u8).collect();
        let scales = vec![
            Scale {
                step: 0.1,
                zero: 64
            };
            ROWS
        ];
        let matrix = Matrix {
            weights: &weights,
            scales: &floats,
            bias: &floats,
            sums: &sums,
            inputs,
        };
        assert_eq!(channels % BLOCK, 0);
        let mut out = vec![0.0; ROWS * channels];
        for simd in Simd::available() {
            group.bench_function(simd.name(), |b| {
                b.iter(|| {
                    let input = Quantized {
                        bytes: &bytes,
                        scales: &scales,
                    };
                    kernels::matmul(simd, black_box(input), &matrix, &mut out);
                });
            });
        }
    }
}

/// What a layer does besides matrix products, for one row or one head.
fn rest_of_a_layer(c: &mut Criterion) {
    let values: Vec<f32> = (0..1536).map(|i| (i % 97) as f32 / 20.0 - 2.0).collect();
    let length = 128;
    for simd in Simd::available() {
        let mut group = c.benchmark_group(format!("layer/{}", simd.name()));
        let (mut wide, mut bytes) = (values.clone(), vec![0; values.len()]);
        group.bench_function("gelu and quantize 1536", |b| {
            b.iter(|| {
                wide.copy_from_slice(&values);
                kernels::gelu(simd, &mut wide);
                kernels::quantize(simd, &mut wide, &mut bytes)
            });
        });
        let mut scores: AVec<f32> =
            AVec::from_iter(64, std::iter::repeat_n(0.0, SCORE_ROWS * length));
        for dim in HEAD_DIMS {
            let rows: AVec<f32> = AVec::from_iter(64, std::iter::repeat_n(0.1, length * dim));
            let mut out = vec![0.0; length * dim];
            group.bench_function(format!("attention head 128 x 128, {dim} values"), |b| {
                b.iter(|| {
                    let head = Head {
                        dim,
                        queries: length,
                        query: &rows,
                        query_stride: dim,
                        keys: &rows,
                        values: &rows,
                        length,
                        out_stride: dim,
                    };
                    kernels::attention(simd, black_box(head), &mut out, &mut scores);
                });
            });
        }
    }
}

/// Whole texts. A corpus is 432 texts of 2 to 256 tokens; throughput is in tokens.
fn encode(c: &mut Criterion) {
    c.bench_function("load", |b| {
        b.iter(|| BuiltinEncoder::bundled().map(black_box).is_ok())
    });
    let Ok(encoder) = BuiltinEncoder::bundled() else {
        return;
    };
    let question = "How do I add pagination to my connector?";
    c.bench_function("question", |b| {
        b.iter(|| encoder.encode_query(black_box(question), false))
    });
    let passage = "A page token tells the server where to go on. ".repeat(30);
    c.bench_function("passage of 256 tokens", |b| {
        b.iter(|| encoder.encode_query(black_box(&passage), false));
    });

    let texts: Vec<String> = include_str!("../tests/data/reference/texts.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|value| value["text"].as_str().map(str::to_owned))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let tokens: usize = texts.iter().map(|text| encoder.token_ids(text).len()).sum();
    let mut group = c.benchmark_group("corpus");
    group
        .sample_size(10)
        .throughput(Throughput::Elements(tokens as u64));
    group.bench_function("432 texts", |b| {
        b.iter(|| encoder.encode_passages(&texts, false))
    });
    group.finish();
    c.bench_function("tokenize the corpus", |b| {
        b.iter(|| {
            texts
                .iter()
                .map(|text| encoder.count_tokens(text))
                .sum::<usize>()
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = matmul, rest_of_a_layer, encode
}
criterion_main!(benches);
