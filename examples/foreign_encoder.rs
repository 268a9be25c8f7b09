//! An encoder that is not docent's own: words and their neighbours, hashed into 256 buckets. It knows
//! nothing of meaning, but it is a whole one: an index is built with it and asked.
//!
//! `cargo run --release --example foreign_encoder -- docs "implement pagination"`

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;

use docent::encoder::{Embedding, EncoderError, ModelId};
use docent::{BuildOptions, Corpus, Encoder, Index, SearchOptions, Searcher, Verdict};

const DIM: usize = 256;

struct HashedWords {
    model: ModelId,
}

impl HashedWords {
    fn new() -> Self {
        Self {
            model: ModelId {
                name: "hashed-words".to_owned(),
                dim: DIM as u32,
                max_tokens: 512,
                // A model without weights is told from others by its version.
                digest: "hashed-words-1".to_owned(),
            },
        }
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

fn bucket(value: impl Hash) -> usize {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish() as usize % DIM
}

impl Encoder for HashedWords {
    fn model(&self) -> &ModelId {
        &self.model
    }

    fn count_tokens(&self, text: &str) -> usize {
        words(text).len()
    }

    fn encode_query(&self, question: &str, _: bool) -> Result<Embedding, EncoderError> {
        let words = words(question);
        let mut sentence = vec![0.0f32; DIM];
        words.iter().for_each(|word| sentence[bucket(word)] += 1.0);
        words
            .windows(2)
            .for_each(|pair| sentence[bucket(pair)] += 0.5);
        // A text without words has to have a direction, too.
        sentence[0] += 0.01;
        let length = sentence.iter().map(|x| x * x).sum::<f32>().sqrt();
        sentence.iter_mut().for_each(|x| *x /= length);
        Ok(Embedding {
            sentence,
            length: words.len(),
            tokens: None,
        })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (docs, question) = arguments
        .next()
        .zip(arguments.next())
        .ok_or("DOCS QUESTION")?;
    let file = std::env::temp_dir().join(format!("docent-foreign-{}.idx", std::process::id()));
    let encoder = Arc::new(HashedWords::new());
    let corpus = Corpus::read(Path::new(&docs))?;
    docent::build(corpus, &*encoder, &BuildOptions::default(), &file)?;
    let searcher = Searcher::new(Arc::new(Index::open(&file)?), encoder)?;
    let answer = searcher.search(&question, &SearchOptions::default())?;
    // Nothing was ever fitted to this model's scores, and docent does not pretend that it was.
    assert_eq!(answer.verdict, Verdict::Uncalibrated);
    for hit in answer.shown() {
        println!("{:.2}  {}", hit.score, hit.section.path);
    }
    std::fs::remove_file(&file)?;
    Ok(())
}
