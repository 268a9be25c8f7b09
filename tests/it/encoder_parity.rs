//! The built-in encoder against the fp32 reference of the same model.
//!
//! `tests/data/reference` holds 432 texts with their WordPiece ids, their sentence vectors, and
//! the token vectors of texts 320..339, made with the original weights in fp32.

use docent::encoder::{BuiltinEncoder, Embedding, Encoder};
use docent::simd::Simd;
use proptest::prelude::*;

const DIM: usize = 384;

#[derive(serde::Deserialize)]
struct Reference {
    text: String,
    token_ids: Vec<u32>,
}

fn references() -> Vec<Reference> {
    include_str!("../data/reference/texts.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn rows(bytes: &[u8]) -> Vec<Vec<f32>> {
    let values: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
        .collect();
    values.chunks_exact(DIM).map(<[f32]>::to_vec).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(x, y)| f64::from(*x) * f64::from(*y))
        .sum()
}

fn mean_and_min(cosines: &[f64]) -> (f64, f64) {
    let mean = cosines.iter().sum::<f64>() / cosines.len() as f64;
    (mean, cosines.iter().copied().fold(f64::INFINITY, f64::min))
}

fn encoder() -> BuiltinEncoder {
    BuiltinEncoder::bundled().unwrap()
}

fn encode(encoder: &BuiltinEncoder, texts: &[&str]) -> Vec<Embedding> {
    encoder.encode_passages(texts, true).unwrap()
}

#[test]
fn token_ids_equal_the_reference() {
    let encoder = encoder();
    let references = references();
    assert_eq!(references.len(), 432);
    for reference in &references {
        assert_eq!(
            encoder.token_ids(&reference.text),
            reference.token_ids,
            "{}",
            reference.text
        );
    }
}

#[test]
fn vectors_are_near_the_fp32_reference() {
    let references = references();
    let texts: Vec<&str> = references
        .iter()
        .map(|reference| &reference.text[..])
        .collect();
    let embeddings = encode(&encoder(), &texts);

    let expected = rows(include_bytes!("../data/reference/sentence_vectors.f32"));
    assert_eq!(expected.len(), embeddings.len());
    let sentences: Vec<f64> = embeddings
        .iter()
        .zip(&expected)
        .map(|(got, want)| dot(&got.sentence, want))
        .collect();
    let (mean, min) = mean_and_min(&sentences);
    println!("sentence vectors: mean cosine {mean:.5}, minimum {min:.5}");
    assert!(mean >= 0.999 && min >= 0.995, "mean {mean}, minimum {min}");

    let expected = rows(include_bytes!(
        "../data/reference/token_vectors_320_339.f32"
    ));
    let got: Vec<&[f32]> = embeddings[320..340]
        .iter()
        .flat_map(|embedding| embedding.tokens.as_ref().unwrap().vectors.chunks_exact(DIM))
        .collect();
    assert_eq!(expected.len(), got.len());
    let tokens: Vec<f64> = got
        .iter()
        .zip(&expected)
        .map(|(got, want)| dot(got, want))
        .collect();
    let (mean, min) = mean_and_min(&tokens);
    println!("token vectors: mean cosine {mean:.5}, minimum {min:.5}");
    assert!(mean >= 0.998 && min >= 0.99, "mean {mean}, minimum {min}");
}

#[test]
fn all_paths_give_the_same_bits() {
    let texts = [
        "",
        "How do I add pagination?",
        &"a long passage about tokens; ".repeat(20),
    ];
    let expected = encode(&encoder(), &texts);
    for simd in Simd::available() {
        let encoder = encoder().with_simd(simd);
        assert_eq!(encode(&encoder, &texts), expected, "{}", simd.name());
    }
}

#[test]
fn batch_composition_and_threads_do_not_matter() {
    let references = references();
    let texts: Vec<&str> = references[..60]
        .iter()
        .map(|reference| &reference.text[..])
        .collect();
    let encoder = encoder();
    let together = encode(&encoder, &texts);
    let backwards: Vec<&str> = texts.iter().rev().copied().collect();
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut again = encode(&encoder, &backwards);
            again.reverse();
            assert_eq!(again, together, "{threads} threads, backwards");
            for (text, expected) in texts.iter().zip(&together) {
                assert_eq!(
                    &encoder.encode_query(text, true).unwrap(),
                    expected,
                    "{text}"
                );
            }
        });
    }
}

#[test]
fn identical_texts_get_identical_vectors_in_place() {
    let encoder = encoder();
    let got = encode(&encoder, &["b", "a", "b", "b"]);
    let (a, b) = (&encode(&encoder, &["a"])[0], &encode(&encoder, &["b"])[0]);
    assert_eq!(got, [b.clone(), a.clone(), b.clone(), b.clone()]);
    assert_eq!(encode(&encoder, &[]), []);
}

#[test]
fn an_empty_text_has_a_unit_vector_and_no_tokens() {
    for text in ["", " \n\t", "\u{0}\u{feff}"] {
        let embedding = encoder().encode_query(text, true).unwrap();
        assert!((dot(&embedding.sentence, &embedding.sentence) - 1.0).abs() < 1e-6);
        assert!(embedding.tokens.unwrap().ids.is_empty());
        assert_eq!(encoder().count_tokens(text), 0);
    }
}

#[test]
fn a_long_text_is_cut_at_the_limit_and_counted_whole() {
    let text = "pagination ".repeat(10_000);
    let encoder = encoder();
    let embedding = encoder.encode_query(&text, true).unwrap();
    let ids = embedding.tokens.unwrap().ids;
    assert_eq!(ids.len(), 254);
    assert_eq!(ids[252..], ids[..2]);
    assert_eq!(
        encoder.count_tokens(&text),
        10_000 * encoder.count_tokens("pagination")
    );
    assert_eq!(encoder.token_ids(&"x".repeat(100_000)), [101, 100, 102]);
}

proptest! {
    #[test]
    fn any_text_is_tokenized_within_the_limit(text in "\\PC{0,300}|[\\x00-\\u{2ffff}]{0,60}") {
        let encoder = encoder();
        let ids = encoder.token_ids(&text);
        prop_assert!(ids.len() >= 2 && ids.len() <= 256);
        prop_assert_eq!(ids.len() - 2, encoder.count_tokens(&text).min(254));
        prop_assert_eq!(&ids[1..ids.len() - 1], encoder.tokenize(&text));
        prop_assert!(ids.iter().all(|id| *id < 30522));
    }
}
