//! Lexical analysis: text to terms, the same for documents and questions.
//!
//! An index records by which analysis its terms were made ([`ANALYZER`]): terms of another one would
//! match nothing, silently.
//!
//! Words are runs of letters, digits and `_`. A compound identifier (`WithExternalID`,
//! `BATON_CLIENT_ID`) gives itself in lower case and its parts; parts are stemmed (Porter2) and
//! dropped if they are stop words.

use std::cell::RefCell;
use std::collections::HashMap;

use rust_stemmers::{Algorithm, Stemmer};

/// Name and version of this analysis. Whatever changes the terms of any text, a stop word, the stemmer,
/// the borders of identifiers, needs a new version.
pub const ANALYZER: &str = "english-1";

/// Function words that carry no subject, in byte order.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "are", "as", "at", "be", "but", "by", "can", "could", "did", "do", "does",
    "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me",
    "my", "no", "not", "of", "on", "or", "our", "should", "so", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "to", "was", "we", "were",
    "what", "when", "where", "which", "who", "why", "will", "with", "would", "you", "your",
];

thread_local! {
    static STEMS: RefCell<Stems> = RefCell::new(Stems::new());
}

/// Stems remembered per thread; beyond this many the memory starts over.
const MAX_STEMS: usize = 100_000;

/// The terms of `text`, in order, repeats kept.
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    visit_terms(text, |term| terms.push(term.to_owned()));
    terms
}

/// Calls `visit` with each of the [`terms`] of `text`. Must not be called from within `visit`.
pub fn visit_terms(text: &str, mut visit: impl FnMut(&str)) {
    STEMS.with_borrow_mut(|stems| {
        for word in words(text) {
            visit_word(word, stems, &mut visit);
        }
    });
}

/// Runs of letters, digits and `_`.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
}

fn visit_word(word: &str, stems: &mut Stems, visit: &mut impl FnMut(&str)) {
    let parts = identifier_parts(word);
    if parts.len() > 1 {
        visit(&word.to_lowercase());
    }
    for part in parts {
        let part = part.to_lowercase();
        if STOP_WORDS.binary_search(&part.as_str()).is_err() {
            visit(stems.stem(part));
        }
    }
}

/// A stemmer that remembers what it has stemmed.
struct Stems {
    stemmer: Stemmer,
    known: HashMap<String, String>,
}

impl Stems {
    fn new() -> Self {
        Self {
            stemmer: Stemmer::create(Algorithm::English),
            known: HashMap::new(),
        }
    }

    /// The Porter2 stem of a lower-case word.
    fn stem(&mut self, word: String) -> &str {
        if self.known.len() >= MAX_STEMS {
            self.known.clear();
        }
        self.known.entry(word).or_insert_with_key(|word| {
            let stem = self.stemmer.stem(word);
            stem.into_owned()
        })
    }
}

/// `WithExternalID` to `With`, `External`, `ID`; `HTTPServer2` to `HTTP`, `Server`, `2`.
pub(crate) fn identifier_parts(word: &str) -> Vec<&str> {
    let chars: Vec<(usize, char)> = word.char_indices().collect();
    let mut parts = Vec::new();
    let mut start = 0;
    for i in 1..=chars.len() {
        let end = chars.get(i).map_or(word.len(), |&(at, _)| at);
        if i == chars.len() || is_border(&chars, i) {
            let part = word[start..end].trim_matches('_');
            if !part.is_empty() {
                parts.push(part);
            }
            start = end;
        }
    }
    parts
}

/// Whether a part ends before `chars[i]` (`i` at least 1).
fn is_border(chars: &[(usize, char)], i: usize) -> bool {
    let (before, here) = (chars[i - 1].1, chars[i].1);
    let after = chars.get(i + 1).map(|&(_, c)| c);
    before == '_'
        || here == '_'
        || before.is_lowercase() && here.is_uppercase()
        || before.is_uppercase() && here.is_uppercase() && after.is_some_and(char::is_lowercase)
        || before.is_numeric() != here.is_numeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stop_words_can_be_searched() {
        assert!(STOP_WORDS.is_sorted());
    }

    /// A change of the analysis fails here: give [`ANALYZER`] a new version, then the new hash.
    #[test]
    fn the_analyzer_makes_the_terms_of_its_version() {
        let text = "Running runners ran HTTPServer2, sub_folders' naïve Größen; it's the 日本語 of v1.2-beta";
        let said = terms(text).join(" ") + "|" + &STOP_WORDS.join(" ");
        let hash = format!("{:032x}", xxhash_rust::xxh3::xxh3_128(said.as_bytes()));
        assert_eq!(
            (ANALYZER, hash.as_str()),
            ("english-1", "c5cdc4069014722d0056387b2b06920a"),
            "{said}"
        );
    }

    #[test]
    fn identifiers_give_themselves_and_their_parts() {
        assert_eq!(terms("WithExternalID"), ["withexternalid", "extern", "id"]);
        assert_eq!(
            terms("--BATON_CLIENT_ID=x"),
            ["baton_client_id", "baton", "client", "id", "x"]
        );
        assert_eq!(terms("HTTPServer2"), ["httpserver2", "http", "server", "2"]);
    }

    #[test]
    fn prose_is_stemmed_and_loses_its_stop_words() {
        assert_eq!(terms("How do I paginate the listings?"), ["pagin", "list"]);
        assert_eq!(terms("naïve Größen"), ["naïv", "größen"]);
        assert!(terms(" ?!").is_empty());
    }
}
