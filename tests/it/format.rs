//! The index file of the present version is pinned: a committed one must come out of a build again, to
//! the byte, and must give the answers that it gave.
//!
//! Whoever changes the layout raises `VERSION`, commits a file of the new version, and leaves the old
//! one here to be refused. Whoever changes the ranking alone gives the answers' new hash, and whoever
//! changes chunking, commits a new file of the same version. Encoder and calibration are the test's
//! own, so that another bundled model changes nothing here.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use docent::builder::{Build, BuildOptions};
use docent::calibration::Calibration;
use docent::corpus::Corpus;
use docent::encoder::{Embedding, Encoder, EncoderError, ModelId, TokenVectors};
use docent::index::{Index, IndexSlot};
use docent::search::{SearchOptions, Searcher};
use tempfile::TempDir;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::support::repository;

const FILES: [(&str, &str); 5] = [
    (
        "INDEX.md",
        "# Guide\n\n| Section | Covers |\n|---|---|\n| `boiler.md` | Steam and its pressure |\n\n\
         **\"How do I...\"**\n- Clean the boiler -> `boiler.md`, `grinder.md`\n\n\
         User: \"Which beans?\"\nRetrieve: `beans/origin.md`\n",
    ),
    (
        "QUESTIONS.md",
        "| Question | Sections | Source | Date |\n|---|---|---|---|\n\
         | why is there no pressure | `boiler.md` | log | 2026-11-30 |\n",
    ),
    (
        "boiler.md",
        "# Boiler\n\nThe boiler makes steam.\n\n## Descaling\n\nDescale it with citric acid.\n\n\
         ## Pressure\n\n| valve | bar |\n|---|--:|\n| main | 9 |\n",
    ),
    (
        "grinder.md",
        "---\ntitle: The grinder\ndescription: Burrs and their wear\n---\n\nBurrs wear out.\n",
    ),
    (
        "beans/origin.md",
        "# Origin\n\nBeans of `HighGrown` farms. Größe zählt.\n",
    ),
];

/// A bag of words, hashed, in 24 dimensions; each word is a token with a vector in 20.
struct BagOfWords(ModelId);

impl BagOfWords {
    fn new() -> Self {
        Self(ModelId {
            name: "bag-of-words".to_owned(),
            dim: 24,
            max_tokens: 64,
            digest: "7".repeat(64),
        })
    }
}

fn words(text: &str) -> impl Iterator<Item = u64> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(|word| xxh3_64(word.to_lowercase().as_bytes()))
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}

impl Encoder for BagOfWords {
    fn model(&self) -> &ModelId {
        &self.0
    }

    fn calibration(&self) -> Calibration {
        let mut calibration = serde_json::to_value(Calibration::uncalibrated()).unwrap();
        calibration["confidence"] = serde_json::json!({
            "with_max_sim": { "similarity": 4.0, "words": 1.0, "bias": -3.0 },
            "without_max_sim": { "similarity": 4.0, "words": 1.0, "bias": -3.0 },
            "threshold": 0.25,
        });
        serde_json::from_value(calibration).unwrap()
    }

    fn count_tokens(&self, text: &str) -> usize {
        words(text).count()
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        words(text).map(|hash| hash as u32 % 500).collect()
    }

    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        let mut sentence = vec![0.1; 24];
        words(question).for_each(|hash| sentence[hash as usize % 24] += 1.0);
        let row = |hash: u64| unit((0..20).map(|i| ((hash >> i) & 7) as f32 - 3.4).collect());
        Ok(Embedding {
            sentence: unit(sentence),
            length: self.count_tokens(question),
            tokens: with_tokens.then(|| TokenVectors {
                dim: 20,
                ids: self.tokenize(question),
                vectors: words(question).flat_map(row).collect(),
            }),
        })
    }
}

/// The index of [`FILES`], built by this program.
fn build(folder: &Path) -> Vec<u8> {
    for (name, text) in FILES {
        let path = folder.join("docs").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let encoder = BagOfWords::new();
    let corpus = Corpus::read(&folder.join("docs")).unwrap();
    let slot = IndexSlot::claim(&folder.join("docent.idx")).unwrap();
    let mut options = BuildOptions::default();
    options.graph.m = 2;
    let mut build = Build::new(corpus, &encoder, &options);
    build.place_in(&slot);
    let mut built = build.finish().unwrap();
    // The one thing that every release changes.
    built.parts.meta.docent_version = "0.1.0".to_owned();
    built.write(slot).unwrap();
    fs::read(folder.join("docent.idx")).unwrap()
}

#[test]
fn a_build_gives_the_committed_file_of_this_version() {
    let folder = TempDir::new().unwrap();
    let bytes = build(folder.path());
    let committed = fs::read(repository("tests/data/version-7.idx")).unwrap_or_default();
    assert_eq!(docent::index::VERSION, 7);
    if bytes != committed {
        let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("version-7.idx");
        fs::write(&new, &bytes).unwrap();
        let at = bytes.iter().zip(&committed).position(|(a, b)| a != b);
        panic!(
            "{} bytes, {} committed, first difference at {at:?}: has the layout changed without a \
             new version? The file is in {}",
            bytes.len(),
            committed.len(),
            new.display()
        );
    }
}

#[test]
fn the_committed_file_gives_the_answers_that_it_gave() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("docent.idx");
    fs::copy(repository("tests/data/version-7.idx"), &path).unwrap();
    let index = Index::open(&path).unwrap();
    index.verify().unwrap();
    let searcher = Searcher::new(Arc::new(index), Arc::new(BagOfWords::new())).unwrap();
    let mut said = String::new();
    for question in [
        "How do I clean the boiler?",
        "which beans",
        "descale with citrc acid",
        "high grown",
        "valve pressure in bar",
        "zeppelin timetable",
    ] {
        let answer = searcher
            .search(question, &SearchOptions::default())
            .unwrap();
        let confidence = answer.confidence.unwrap();
        writeln!(said, "{question}: {:?} {confidence:.3}", answer.verdict).unwrap();
        for correction in &answer.corrections {
            writeln!(said, "  {} is {}", correction.word, correction.read_as).unwrap();
        }
        for hit in &answer.hits {
            let hint = hit.hint.as_ref().map(|hint| hint.phrase.as_str());
            let chunks = hit.chunks.iter().map(|found| {
                let chunk = searcher.index().chunk(found.id).unwrap();
                format!("{}-{}", chunk.line_start, chunk.line_end)
            });
            let chunks: Vec<String> = chunks.collect();
            let (path, score) = (&hit.section.path, hit.score);
            writeln!(said, "  {path} {score:.3} {hint:?} {chunks:?}").unwrap();
        }
    }
    let hash = format!("{:032x}", xxh3_128(said.as_bytes()));
    assert_eq!(hash, "824ff859fd66fde890d58daeaffa5597", "{said}");
}
