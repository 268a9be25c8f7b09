//! Packs of three layouts against an independent implementation, PyTorch's: `tests/data/models`.

use std::fs;
use std::path::Path;

use docent::encoder::{BuiltinEncoder, Embedding, Encoder};
use docent::index::ChunkId;
use docent::simd::Simd;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Deserialize;
use tempfile::TempDir;

use crate::pack_model::pack_model;
use crate::support::{build_index, repository, verified};

/// Of each layout the numbers of tokens of its prefixes, before a question and a passage.
const LAYOUTS: [(&str, [usize; 2]); 3] = [
    ("mean-32", [0, 0]),
    ("cls-64", [4, 0]),
    ("prefixes-64", [2, 2]),
];

/// `tensors.json`.
#[derive(Deserialize)]
struct Tensors {
    seed: u64,
    dtype: String,
    before: String,
    tensors: Vec<Tensor>,
}

/// Values are `offset + scale * number`, every `every`-th `factor` times that.
#[derive(Deserialize)]
struct Tensor {
    name: String,
    shape: Vec<usize>,
    scale: f32,
    offset: f32,
    every: usize,
    factor: f32,
}

/// An entry of `references.json`: ids with `[CLS]`, prefix and `[SEP]`.
#[derive(Deserialize)]
struct Reference {
    text: String,
    query: Vec<u32>,
    passage: Vec<u32>,
}

/// A model's folder, with the weights that its `tensors.json` describes.
pub fn model(name: &str) -> TempDir {
    let from = repository("tests/data/models").join(name);
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    for file in [
        "1_Pooling/config.json",
        "config.json",
        "config_sentence_transformers.json",
        "sentence_bert_config.json",
        "vocab.txt",
    ] {
        fs::copy(from.join(file), folder.path().join(file)).unwrap();
    }
    let tensors = fs::read(from.join("tensors.json")).unwrap();
    write_weights(&serde_json::from_slice(&tensors).unwrap(), folder.path());
    folder
}

fn write_weights(description: &Tensors, folder: &Path) {
    let mut state = description.seed;
    let mut number = || {
        // SplitMix64 (Steele et al., 2014); its upper six bits, as an odd number of 64ths.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 58) as f32 - 31.5) / 32.0
    };
    let dtype = match &description.dtype[..] {
        "F32" => Dtype::F32,
        "F16" => Dtype::F16,
        "BF16" => Dtype::BF16,
        other => panic!("{other}"),
    };
    let files: Vec<(String, &[usize], Vec<u8>)> = description
        .tensors
        .iter()
        .map(|tensor| {
            let mut bytes = Vec::new();
            for i in 0..tensor.shape.iter().product() {
                let mut value = tensor.offset + tensor.scale * number();
                if i % tensor.every == 0 {
                    value *= tensor.factor;
                }
                let bits = value.to_bits();
                match dtype {
                    Dtype::F32 => bytes.extend(bits.to_le_bytes()),
                    Dtype::BF16 => bytes.extend(((bits >> 16) as u16).to_le_bytes()),
                    // No value is 0, too small or too large for 16 bits.
                    _ => {
                        let half = (bits >> 16 & 0x8000) | ((bits >> 13 & 0x3_ffff) - (112 << 10));
                        bytes.extend((half as u16).to_le_bytes());
                    }
                }
            }
            let name = format!("{}{}", description.before, tensor.name);
            (name, &tensor.shape[..], bytes)
        })
        .collect();
    let views = files.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype, shape.to_vec(), bytes).unwrap();
        (name, view)
    });
    let file = safetensors::serialize(views, None).unwrap();
    fs::write(folder.join("model.safetensors"), file).unwrap();
}

/// The pack of a model's folder.
fn pack(model: &Path, options: &[&str]) -> TempDir {
    let folder = TempDir::new().unwrap();
    let mut command = pack_model(model, folder.path());
    command.args(options).assert().success();
    folder
}

/// A model's references: for each text its question's and its passage's ids and expected embedding.
fn references(name: &str, dim: usize) -> Vec<(String, [Embedding; 2])> {
    let folder = repository("tests/data/models").join(name);
    let references = fs::read(folder.join("references.json")).unwrap();
    let references: Vec<Reference> = serde_json::from_slice(&references).unwrap();
    let values: Vec<f32> = fs::read(folder.join("vectors.f32"))
        .unwrap()
        .as_chunks()
        .0
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    let mut values = &values[..];
    let mut take = |count: usize| {
        let (first, rest) = values.split_at(count * dim);
        values = rest;
        first.to_vec()
    };
    let (_, prefixes) = LAYOUTS.into_iter().find(|(n, _)| *n == name).unwrap();
    let mut out = Vec::new();
    for Reference {
        text,
        query,
        passage,
    } in references
    {
        let embeddings = [(query, prefixes[0]), (passage, prefixes[1])].map(|(ids, prefix)| {
            let own = &ids[1 + prefix..ids.len() - 1];
            Embedding {
                sentence: take(1),
                length: own.len(),
                tokens: Some(docent::encoder::TokenVectors {
                    dim,
                    ids: own.to_vec(),
                    vectors: take(own.len()),
                }),
            }
        });
        out.push((text, embeddings));
    }
    assert!(values.is_empty());
    out
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let products = a.iter().zip(b).map(|(a, b)| f64::from(a * b));
    products.sum()
}

/// Mean and least cosine of sentences and tokens to the expected ones. All else must be equal.
fn compare(got: &[Embedding], expected: &[Embedding]) -> [(f64, f64); 2] {
    let (mut sentences, mut tokens) = (Vec::new(), Vec::new());
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert_eq!(got.length, expected.length);
        sentences.push(cosine(&got.sentence, &expected.sentence));
        let (got, expected) = (
            got.tokens.as_ref().unwrap(),
            expected.tokens.as_ref().unwrap(),
        );
        assert_eq!((got.dim, &got.ids), (expected.dim, &expected.ids));
        let rows = got.vectors.chunks_exact(got.dim);
        tokens.extend(
            rows.zip(expected.vectors.chunks_exact(got.dim))
                .map(|(got, expected)| cosine(got, expected)),
        );
    }
    [sentences, tokens].map(|cosines| {
        let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
        (mean, cosines.into_iter().fold(1.0, f64::min))
    })
}

/// The embeddings of questions and of passages, a batch.
fn encode(encoder: &BuiltinEncoder, texts: &[&str]) -> [Vec<Embedding>; 2] {
    let query = |text: &&str| encoder.encode_query(text, true).unwrap();
    [
        texts.iter().map(query).collect(),
        encoder.encode_passages(texts, true).unwrap(),
    ]
}

#[test]
fn vectors_are_near_those_of_pytorch() {
    for (name, _) in LAYOUTS {
        let packed = pack(model(name).path(), &[]);
        let encoder = BuiltinEncoder::load(packed.path()).unwrap();
        let dim = encoder.model().dim as usize;
        let references = references(name, dim);
        let texts: Vec<&str> = references.iter().map(|(text, _)| &text[..]).collect();
        let got = encode(&encoder, &texts);
        for (kind, got) in got.iter().enumerate() {
            let expected: Vec<Embedding> = references
                .iter()
                .map(|(_, embeddings)| embeddings[kind].clone())
                .collect();
            let [sentences, tokens] = compare(got, &expected);
            println!("{name}, {kind}: sentences {sentences:?}, tokens {tokens:?}");
            assert!(
                sentences.0 > 0.999 && sentences.1 > 0.995,
                "{name}: {sentences:?}"
            );
            assert!(tokens.0 > 0.998 && tokens.1 > 0.985, "{name}: {tokens:?}");
            // A text's vector is no other text's.
            for (i, embedding) in got.iter().enumerate() {
                let others = expected.iter().enumerate().filter(|(other, _)| *other != i);
                for (_, other) in others {
                    assert!(
                        cosine(&embedding.sentence, &other.sentence) < 0.98,
                        "{name}"
                    );
                }
            }
        }
        for (text, passage) in texts.iter().zip(&got[1]) {
            let alone = encoder.encode_passages(&[text], true).unwrap();
            assert_eq!(&alone[0], passage, "{name}: {text}");
            assert_eq!(encoder.count_tokens(text), passage.length);
            assert_eq!(encoder.tokenize(text), passage.tokens.as_ref().unwrap().ids);
        }
        for simd in Simd::available() {
            let encoder = BuiltinEncoder::load(packed.path()).unwrap().with_simd(simd);
            assert_eq!(encode(&encoder, &texts), got, "{name} {}", simd.name());
        }
    }
}

/// What the test above would miss if it could not tell: a pooling or prefix that is not the model's.
#[test]
fn another_pooling_or_prefix_is_far_from_pytorch() {
    for (name, options, kinds) in [
        ("mean-32", ["--pooling", "cls"], &[0, 1][..]),
        ("cls-64", ["--pooling", "mean"], &[0, 1]),
        ("cls-64", ["--query-prefix", ""], &[0]),
        ("prefixes-64", ["--query-prefix", ""], &[0]),
        ("prefixes-64", ["--passage-prefix", ""], &[1]),
    ] {
        let folder = model(name);
        let right = BuiltinEncoder::load(pack(folder.path(), &[]).path()).unwrap();
        let wrong = BuiltinEncoder::load(pack(folder.path(), &options).path()).unwrap();
        assert_ne!(right.model().digest, wrong.model().digest);
        let references = references(name, wrong.model().dim as usize);
        let texts: Vec<&str> = references.iter().map(|(text, _)| &text[..]).collect();
        let got = encode(&wrong, &texts);
        for &kind in kinds {
            let expected: Vec<Embedding> = references
                .iter()
                .map(|(_, embeddings)| embeddings[kind].clone())
                .collect();
            let [(mean, _), _] = compare(&got[kind], &expected);
            assert!(mean < 0.97, "{name} {options:?}: {mean}");
        }
    }
}

#[test]
fn the_prefix_takes_its_place_from_the_text() {
    for (name, limit, prefix) in [
        ("mean-32", 64, 0),
        ("cls-64", 96, 4),
        ("prefixes-64", 64, 2),
    ] {
        let encoder = BuiltinEncoder::load(pack(model(name).path(), &[]).path()).unwrap();
        assert_eq!(
            encoder.model().max_tokens as usize,
            limit - prefix,
            "{name}"
        );
        let readable = encoder.model().readable_tokens();
        assert_eq!(readable, limit - prefix - 2);
        for words in [readable, readable + 1, 10 * readable] {
            let text = "cup ".repeat(words);
            for got in encode(&encoder, &[&text, "milk"]).map(|mut got| got.remove(0)) {
                assert_eq!(got.length, readable, "{name}");
                assert_eq!(got.tokens.unwrap().ids, encoder.tokenize(&text));
            }
            assert_eq!(encoder.count_tokens(&text), words);
        }
    }
}

/// Chunks have at most 200 tokens, this model reads 60 of a passage.
#[test]
fn no_chunk_is_cut_by_a_model_with_prefixes() {
    let packed = pack(model("prefixes-64").path(), &["--name", "random"]);
    let encoder = BuiltinEncoder::load(packed.path()).unwrap();
    let folder = crate::support::docs(&[(
        "brew.md",
        format!("# Brew\n\n{}\n", "Pour hot water, slowly.\n".repeat(60)).as_bytes(),
    )]);
    let model = packed.path().to_str().unwrap();
    build_index(folder.path(), &["--model", model])
        .assert()
        .success();
    let index = verified(folder.path());
    assert_eq!(&index.meta().model, encoder.model());
    assert_eq!(index.meta().model.name, "random");
    assert!(index.num_chunks() > 5);
    for chunk in 0..index.num_chunks() as u32 {
        let chunk = index.chunk(ChunkId(chunk)).unwrap();
        // With its headings, which are embedded before it.
        let text = format!("{} {}", chunk.heading_path.join(" "), chunk.text);
        assert!(encoder.count_tokens(&text) <= 60, "{text}");
    }
}
