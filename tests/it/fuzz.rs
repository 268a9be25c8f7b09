//! Hostile input, generated from fixed seeds: never a panic, never two answers to one question.
//!
//! Each test prints how many cases it ran. The chunker, the guide's parser, the tokenizer and the
//! index's parts have theirs beside the code.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use docent::encoder::{Embedding, Encoder, EncoderError, ModelId};
use docent::index::Index;
use docent::search::{SearchOptions, Searcher};
use proptest::prelude::*;
use proptest::sample::Index as At;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use crate::support::{bundled, coffee};

/// Runs `test` on `cases` values of `strategy`, the same ones each time.
fn for_all<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let ran = runner.run(strategy, |value| {
        test(value);
        Ok(())
    });
    ran.unwrap();
}

/// Embeds every question alike, so that a case costs no forward pass.
struct OneAnswer(ModelId, Embedding);

impl Encoder for OneAnswer {
    fn model(&self) -> &ModelId {
        &self.0
    }

    fn count_tokens(&self, text: &str) -> usize {
        text.split_whitespace().count()
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, _: &str) -> Vec<u32> {
        Vec::new()
    }

    fn encode_query(&self, _: &str, _: bool) -> Result<Embedding, EncoderError> {
        Ok(self.1.clone())
    }
}

/// A change of a file.
#[derive(Debug, Clone)]
enum Damage {
    Flip(At, u8),
    /// A whole small number: an offset, an id, a length.
    Word(At, u32),
    Truncate(At),
    /// Copies some bytes to another place.
    Splice(At, At, usize),
}

impl Damage {
    fn strategy() -> impl Strategy<Value = Self> {
        let word = prop_oneof![0u32..300, any::<u32>(), Just(u32::MAX)];
        prop_oneof![
            4 => (any::<At>(), any::<u8>()).prop_map(|(at, bits)| Self::Flip(at, bits)),
            4 => (any::<At>(), word).prop_map(|(at, word)| Self::Word(at, word)),
            1 => any::<At>().prop_map(Self::Truncate),
            2 => (any::<At>(), any::<At>(), 1usize..5_000)
                .prop_map(|(from, to, length)| Self::Splice(from, to, length)),
        ]
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        if length < 8 {
            return;
        }
        match *self {
            Self::Flip(at, bits) => bytes[at.index(length)] ^= bits,
            Self::Word(at, word) => {
                let at = at.index(length / 4 - 1) * 4;
                bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
            }
            Self::Truncate(at) => bytes.truncate(at.index(length)),
            Self::Splice(from, to, count) => {
                let (from, to) = (from.index(length), to.index(length));
                let count = count.min(length - from.max(to));
                bytes.copy_within(from..from + count, to);
            }
        }
    }
}

const TABLE: usize = 32;
const ENTRY: usize = 32;

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Makes all checksums right again, by `FORMAT.md`, as far as the part table allows.
fn reseal(bytes: &mut [u8]) -> Option<()> {
    let parts = u32::from_le_bytes(bytes.get(8..12)?.try_into().ok()?) as usize;
    let header = (TABLE + parts.checked_mul(ENTRY)?).next_multiple_of(64);
    if header > bytes.len() {
        return None;
    }
    for part in 0..parts {
        let entry = TABLE + part * ENTRY;
        let (start, length) = (u64_at(bytes, entry + 8)?, u64_at(bytes, entry + 16)?);
        let end = start.checked_add(length)?.checked_next_multiple_of(64)?;
        let checksum = xxh3_64(bytes.get(start as usize..end as usize)?);
        bytes[entry + 24..entry + 32].copy_from_slice(&checksum.to_le_bytes());
    }
    let mut hash = Xxh3::new();
    hash.update(&bytes[..24]);
    hash.update(&bytes[TABLE..header]);
    bytes[24..TABLE].copy_from_slice(&hash.digest().to_le_bytes());
    Some(())
}

/// Opens, verifies, asks and shows; whether the file could be opened. All may be errors.
fn use_all(path: &Path, encoder: &Arc<dyn Encoder>) -> bool {
    let Ok(index) = Index::open(path) else {
        return false;
    };
    let _ = index.verify();
    let index = Arc::new(index);
    if let Ok(searcher) = Searcher::new(Arc::clone(&index), Arc::clone(encoder)) {
        for exact in [false, true] {
            let mut options = SearchOptions::default();
            options.exact = exact;
            let _ = searcher.search("How do I puor evenly?", &options);
        }
    }
    let _ = docent::stale::check(&index, docent::stale::Effort::BRIEF);
    for id in index.sections().take(50) {
        if let Ok(section) = index.section(id) {
            section.chunk_ids().for_each(|id| drop(index.chunk(id)));
        }
    }
    true
}

#[test]
fn a_damaged_index_answers_or_is_an_error() {
    let good = fs::read(coffee().join("docent.idx")).unwrap();
    let encoder = bundled();
    let question = encoder.encode_query("How do I pour evenly?", true).unwrap();
    let encoder: Arc<dyn Encoder> = Arc::new(OneAnswer(encoder.model().clone(), question));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let (cases, opened, resealed) = (Cell::new(0), Cell::new(0), Cell::new(0));
    // Small parts are a small share of the file: half of the damage goes to its beginning.
    let strategy = (
        prop::collection::vec(Damage::strategy(), 1..6),
        any::<bool>(),
        any::<bool>(),
    );
    for_all(3_000, &strategy, |(damages, at_start, is_resealed)| {
        let mut bytes = good.clone();
        if at_start {
            let rest = bytes.split_off(bytes.len().min(8_192));
            damages.iter().for_each(|damage| damage.apply(&mut bytes));
            bytes.extend(rest);
        } else {
            damages.iter().for_each(|damage| damage.apply(&mut bytes));
        }
        if is_resealed && reseal(&mut bytes).is_some() {
            resealed.set(resealed.get() + 1);
        }
        // Never written over: an old map of it would change.
        let _ = fs::remove_file(&path);
        fs::write(&path, &bytes).unwrap();
        cases.set(cases.get() + 1);
        opened.set(opened.get() + usize::from(use_all(&path, &encoder)));
    });
    println!(
        "{} damaged index files, {} with right checksums, {} could be opened",
        cases.get(),
        resealed.get(),
        opened.get()
    );
    assert!(opened.get() > 100, "the deeper checks are not reached");
}

#[test]
fn any_question_is_answered_and_twice_alike() {
    let index = Index::open(&coffee().join("docent.idx")).unwrap();
    let searcher = Searcher::new(Arc::new(index), bundled()).unwrap();
    let word = prop_oneof![
        4 => "[a-zA-Z_]{1,12}",
        2 => prop::sample::select(vec!["pour", "grnid", "kettle", "water", "How do I", "brewing/pour-over.md"])
            .prop_map(str::to_owned),
        2 => "\\PC{1,8}",
        1 => "[\\x00-\\x1f\\u{80}-\\u{9f}\\u{200b}-\\u{202e}\\u{300}-\\u{36f}]{1,8}",
        1 => "[漢字かなनमस्ते🙂🫘ﷺ]{1,8}",
    ];
    let words = prop::collection::vec(word, 0..60).prop_map(|words| words.join(" "));
    let long = ("\\PC{1,12}", 1usize..400).prop_map(|(text, times)| text.repeat(times));
    let question = prop_oneof![6 => words, 1 => long];
    let cases = Cell::new(0);
    for_all(300, &question, |question| {
        cases.set(cases.get() + 1);
        let ask = || {
            let answer = searcher
                .search(&question, &SearchOptions::default())
                .unwrap();
            let hits = answer.hits.iter();
            let hits: Vec<_> = hits
                .map(|hit| (hit.section_id, hit.score.to_bits(), hit.chunks.clone()))
                .collect();
            let confidence = answer.confidence.unwrap();
            assert!((0.0..=1.0).contains(&confidence));
            assert!(answer.hits.iter().all(|hit| hit.score.is_finite()));
            (confidence.to_bits(), answer.corrections, hits)
        };
        assert_eq!(ask(), ask());
    });
    println!("{} questions asked twice", cases.get());
}
