//! What an encoder must not do, and what a build and a search make of it.

use std::collections::BTreeSet;
use std::fs;

use docent::Error;
use docent::builder::{self, BuildOptions};
use docent::corpus::Corpus;
use docent::encoder::{Embedding, Encoder, EncoderError, ModelId, TokenVectors};
use docent::index::Index;
use docent::search::SearchOptions;

use crate::search_library::{notes, searcher, with_guide, words};
use crate::support::{indexed_by, write_docs};
use crate::toy::{DIM, TOKEN_DIM, Toy};

/// What an encoder does to a text that has the word `breakme`.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Breach {
    /// Leaves it out.
    TooFew,
    /// Gives it twice.
    TooMany,
    Dimension,
    NotANumber,
    NotUnit,
    NoTokenVectors,
    TokenShape,
    TokenNotUnit,
    /// Its token vectors are longer than others.
    TokenDimension,
    /// Fails.
    Own,
}

/// A toy that breaks its contract once, where it is told to.
struct Broken(Toy, Breach);

impl Broken {
    fn is_told(text: &str) -> bool {
        text.to_lowercase().contains("breakme")
    }
}

impl Encoder for Broken {
    fn model(&self) -> &ModelId {
        self.0.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        self.0.tokenize(text)
    }

    fn encode_query(&self, text: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        let mut embedding = self.0.encode_query(text, with_tokens)?;
        if !Self::is_told(text) {
            return Ok(embedding);
        }
        let unit = |rows: usize, dim: usize| TokenVectors {
            dim,
            ids: (0..rows as u32).collect(),
            vectors: vec![1.0 / (dim as f32).sqrt(); rows * dim],
        };
        match self.1 {
            Breach::TooFew | Breach::TooMany => {}
            Breach::Dimension => drop(embedding.sentence.pop()),
            Breach::NotANumber => embedding.sentence[DIM / 2] = f32::NAN,
            Breach::NotUnit => embedding.sentence.iter_mut().for_each(|x| *x *= 1.1),
            Breach::NoTokenVectors => embedding.tokens = None,
            Breach::TokenShape => {
                let mut tokens = unit(2, TOKEN_DIM);
                tokens.vectors.push(0.0);
                embedding.tokens = Some(tokens);
            }
            Breach::TokenNotUnit => {
                let mut tokens = unit(2, TOKEN_DIM);
                tokens.vectors[TOKEN_DIM] = f32::INFINITY;
                embedding.tokens = Some(tokens);
            }
            Breach::TokenDimension => embedding.tokens = Some(unit(2, TOKEN_DIM + 1)),
            Breach::Own => return Err(EncoderError::other("out of paper")),
        }
        Ok(embedding)
    }

    fn encode_passages(
        &self,
        passages: &[&str],
        with_tokens: bool,
    ) -> Result<Vec<Embedding>, EncoderError> {
        let mut embeddings = Vec::new();
        for passage in passages {
            let embedding = self.encode_query(passage, with_tokens)?;
            match self.1 {
                Breach::TooFew if Self::is_told(passage) => {}
                Breach::TooMany if Self::is_told(passage) => {
                    embeddings.extend([embedding.clone(), embedding]);
                }
                _ => embeddings.push(embedding),
            }
        }
        Ok(embeddings)
    }
}

/// What is said of each breach; of a batch of 22 texts.
const BREACHES: [(Breach, &str); 9] = [
    (Breach::TooFew, "it gave 21 embeddings for 22 texts"),
    (Breach::TooMany, "it gave 23 embeddings for 22 texts"),
    (
        Breach::Dimension,
        "it gave a sentence vector of 31 values, its model has 32 dimensions",
    ),
    (
        Breach::NotANumber,
        "it gave a sentence vector that is not a finite vector of length 1",
    ),
    (
        Breach::NotUnit,
        "it gave a sentence vector that is not a finite vector of length 1",
    ),
    (
        Breach::NoTokenVectors,
        "it gave no token vectors, though it says that it makes them",
    ),
    (
        Breach::TokenShape,
        "it gave 41 values for 2 token vectors of 20 dimensions",
    ),
    (
        Breach::TokenNotUnit,
        "it gave a token vector that is not a finite vector of length 1",
    ),
    (
        Breach::TokenDimension,
        "it gave token vectors of 21 dimensions among others of 20",
    ),
];

/// The message of an error about a breach of the toy's contract.
fn breach_message(breach: &str) -> String {
    format!(
        "the encoder of toy broke its contract: {breach}\n\
         hint: this is a bug of that encoder, please report it to its authors"
    )
}

/// 149 sections of a chunk each and one that breaks the encoder: a batch of 128 texts, all sound, and
/// one of 22 with the broken one last.
fn breaking() -> Vec<(String, String)> {
    let note = |i: usize| {
        (
            format!("n{i:03}.md"),
            format!("# Note {i}\n\n{}.\n", words("note", 3)),
        )
    };
    let mut files: Vec<(String, String)> = (0..149).map(note).collect();
    files.push(("zz.md".to_owned(), "# Breakme\n\nBreakme.\n".to_owned()));
    files
}

/// Builds over a good index with an encoder that breaks on `files`; the error. The index stays.
fn build_over_a_good_index(files: &[(String, String)], breach: Breach) -> Error {
    let folder = indexed_by(&notes(), &Toy::new());
    let path = folder.path().join("docent.idx");
    let entries = || -> BTreeSet<_> {
        let entries = fs::read_dir(folder.path()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect()
    };
    let docs = folder.path().join("new docs");
    write_docs(files, &docs);
    let (good, before) = (fs::read(&path).unwrap(), entries());
    let encoder = Broken(Toy::new(), breach);
    let corpus = Corpus::read(&docs).unwrap();
    let built = builder::build(corpus, &encoder, &BuildOptions::default(), &path);
    assert!(
        fs::read(&path).unwrap() == good,
        "{breach:?} spoiled the index"
    );
    assert_eq!(entries(), before, "{breach:?} left something behind");
    assert_eq!(Index::open(&path).unwrap().num_sections(), 30);
    built
        .err()
        .unwrap_or_else(|| panic!("{breach:?} went through"))
}

#[test]
fn a_build_with_an_encoder_that_breaks_its_contract_names_it_and_leaves_the_old_index() {
    for (breach, expected) in BREACHES {
        let error = build_over_a_good_index(&breaking(), breach);
        assert_eq!(error.to_string(), breach_message(expected), "{breach:?}");
        assert!(matches!(
            error,
            Error::Encoder(EncoderError::Contract { .. })
        ));
    }
}

#[test]
fn a_build_with_an_encoder_that_fails_says_what_it_says_and_leaves_the_old_index() {
    let error = build_over_a_good_index(&breaking(), Breach::Own);
    assert_eq!(error.to_string(), "the encoder failed: out of paper");
    assert!(matches!(error, Error::Encoder(EncoderError::Other(_))));
}

#[test]
fn an_encoder_that_breaks_its_contract_on_the_guide_is_found() {
    let guide =
        "**\"How do I...\"**\n- Breakme now -> `guides/n01.md`\n- Stay -> `guides/n02.md`\n";
    for (breach, expected) in BREACHES {
        let expected = match breach {
            Breach::TooFew => "it gave 1 embeddings for 2 texts",
            Breach::TooMany => "it gave 3 embeddings for 2 texts",
            // Hints have no token vectors, and need none.
            Breach::NoTokenVectors | Breach::TokenDimension => continue,
            _ => expected,
        };
        let error = build_over_a_good_index(&with_guide(guide), breach);
        assert_eq!(error.to_string(), breach_message(expected), "{breach:?}");
    }
}

#[test]
fn an_encoder_that_breaks_its_contract_on_a_question_is_found() {
    let folder = indexed_by(&notes(), &Toy::new());
    for (breach, expected) in BREACHES {
        let searcher = searcher(&folder, Broken(Toy::new(), breach));
        let options = SearchOptions::default();
        assert_eq!(searcher.search("kettle", &options).unwrap().hits.len(), 4);
        let answer = searcher.search("breakme kettle", &options);
        if matches!(breach, Breach::TooFew | Breach::TooMany) {
            assert_eq!(answer.unwrap().hits.len(), 4, "there is one question");
            continue;
        }
        let error = answer.unwrap_err();
        assert_eq!(error.to_string(), breach_message(expected), "{breach:?}");
    }
    let searcher = searcher(&folder, Broken(Toy::new(), Breach::Own));
    let error = searcher
        .search("breakme", &SearchOptions::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "the encoder failed: out of paper");
}
