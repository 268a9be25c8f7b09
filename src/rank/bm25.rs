//! BM25 over an inverted index (Robertson and Zaragoza, "The Probabilistic Relevance Framework:
//! BM25 and Beyond", 2009, equation 3.15), with field weights folded into the frequencies.

use std::collections::{BTreeMap, HashMap};

use crate::analysis;
use crate::index::{IndexError, InvertedIndex, Postings, TermSequences};

/// Saturation of term frequency.
const K1: f32 = 1.2;
/// Share of length normalization.
const B: f32 = 0.75;

/// Collects documents into an [`InvertedIndex`].
#[derive(Debug, Default)]
pub struct LexicalBuilder {
    /// The terms met so far, numbered in the order of their first occurrence.
    numbers: HashMap<String, u32>,
    /// For each term its documents and its weighted frequency in each.
    postings: Vec<Vec<(u32, f32)>>,
    doc_lengths: Vec<f32>,
    /// The terms of the documents' texts in order, and where each document's end.
    sequences: Vec<u32>,
    sequence_ends: Vec<u64>,
}

impl LexicalBuilder {
    /// Adds the next document: its fields, each with the weight of one occurrence in it.
    pub fn add<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, f32)>) {
        self.add_with_text(fields, ("", 0.0));
    }

    /// Adds the next document: its fields, and one more, its text, whose terms are kept in order.
    pub fn add_with_text<'a>(
        &mut self,
        fields: impl IntoIterator<Item = (&'a str, f32)>,
        (text, text_weight): (&str, f32),
    ) {
        let doc = self.doc_lengths.len() as u32;
        self.doc_lengths.push(0.0);
        for (field, weight) in fields {
            analysis::visit_terms(field, |term| {
                self.count(doc, term, weight);
            });
        }
        analysis::visit_terms(text, |term| {
            let number = self.count(doc, term, text_weight);
            self.sequences.push(number);
        });
        self.sequence_ends.push(self.sequences.len() as u64);
    }

    fn count(&mut self, doc: u32, term: &str, weight: f32) -> u32 {
        let number = match self.numbers.get(term) {
            Some(&number) => number,
            None => {
                let number = self.postings.len() as u32;
                self.numbers.insert(term.to_owned(), number);
                self.postings.push(Vec::new());
                number
            }
        };
        let postings = &mut self.postings[number as usize];
        match postings.last_mut() {
            Some((last, freq)) if *last == doc => *freq += weight,
            _ => postings.push((doc, weight)),
        }
        self.doc_lengths[doc as usize] += weight;
        number
    }

    /// The index over all documents in the order of addition, and the sequences of their texts.
    pub fn finish(mut self) -> (InvertedIndex, TermSequences) {
        let mut index = InvertedIndex::without_terms(self.doc_lengths);
        let mut terms: Vec<(String, u32)> = self.numbers.into_iter().collect();
        terms.sort_unstable();
        let postings = self.postings.iter().map(Vec::len).sum();
        index.doc_ids.reserve_exact(postings);
        index.freqs.reserve_exact(postings);
        let mut ranks = vec![0; terms.len()];
        for (rank, (term, number)) in (0..).zip(&terms) {
            ranks[*number as usize] = rank;
            index.term_bytes.extend_from_slice(term.as_bytes());
            index.term_offsets.push(index.term_bytes.len() as u32);
            // Taken, so that postings are not held twice.
            for (doc, freq) in std::mem::take(&mut self.postings[*number as usize]) {
                index.doc_ids.push(doc);
                index.freqs.push(freq);
            }
            index.posting_offsets.push(index.doc_ids.len() as u32);
        }
        for term in &mut self.sequences {
            *term = ranks[*term as usize];
        }
        let sequences = TermSequences {
            offsets: std::iter::once(0).chain(self.sequence_ends).collect(),
            terms: self.sequences,
        };
        (index, sequences)
    }
}

/// The BM25 score of every document for a bag of query terms; 0 where no term occurs.
///
/// A term that the query repeats counts at most twice. O(documents + postings of the terms).
pub fn scores(postings: &Postings<'_>, terms: &[String]) -> Result<Vec<f32>, IndexError> {
    let lengths = postings.doc_lengths();
    let mean_length = mean_length(lengths);
    let mut scores = vec![0.0; postings.num_docs()];
    for (term, count) in count_terms(terms) {
        let Some((ids, freqs)) = postings.postings(term)? else {
            continue;
        };
        let weight = idf(postings.num_docs(), ids.len()) * count.min(2) as f32;
        for (&id, &freq) in ids.iter().zip(freqs) {
            let norm = K1 * (1.0 - B + B * lengths[id as usize] / mean_length);
            scores[id as usize] += weight * freq * (K1 + 1.0) / (freq + norm);
        }
    }
    Ok(scores)
}

/// The mean of the documents' lengths, above 0.
pub fn mean_length(lengths: &[f32]) -> f32 {
    (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(f32::MIN_POSITIVE)
}

/// What occurrences of a term weigh in a document of that length. A document's score is the sum over the query's terms
/// of this times [`query_weights`], for those who store documents otherwise than as postings.
pub fn document_weight(freq: f32, length: f32, mean_length: f32) -> f32 {
    let norm = K1 * (1.0 - B + B * length / mean_length);
    freq * (K1 + 1.0) / (freq + norm)
}

/// The distinct terms of a query in byte order that any of `num_docs` documents has, each with its weight; `df` gives
/// in how many a term is.
pub fn query_weights(
    terms: &[String],
    num_docs: usize,
    df: impl Fn(&str) -> Option<usize>,
) -> Vec<(&str, f32)> {
    let counts = count_terms(terms).into_iter();
    let weighed = counts
        .filter_map(|(term, count)| Some((term, idf(num_docs, df(term)?) * count.min(2) as f32)));
    weighed.collect()
}

/// Inverse document frequency of a term in `df` of `n` documents: ln(1 + (n - df + .5)/(df + .5)),
/// which is never negative.
pub fn idf(n: usize, df: usize) -> f32 {
    let (n, df) = (n as f32, df.min(n) as f32);
    (1.0 + (n - df + 0.5) / (df + 0.5)).ln()
}

/// Distinct terms in byte order, each with its count.
pub fn count_terms(terms: &[String]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for term in terms {
        *counts.entry(term.as_str()).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::builder::{Build, BuildOptions};
    use crate::corpus::{Corpus, Section};
    use crate::encoder::BuiltinEncoder;
    use crate::index::{Index, IndexSlot};

    /// An index file whose sections have these terms, each with the weight of one occurrence. Only a
    /// file gives postings, so the terms take the place of those of a built index.
    fn index_of(docs: &[&[(&str, f32)]]) -> (TempDir, Index) {
        let section = |i| Section::from_text(format!("{i}.txt"), "Text.".to_owned());
        let corpus = Corpus::from_documents((0..docs.len()).map(section).collect());
        let encoder = BuiltinEncoder::bundled().unwrap();
        let build = Build::new(corpus, &encoder, &BuildOptions::default());
        let mut built = build.finish().unwrap();
        let mut lexical = LexicalBuilder::default();
        for doc in docs {
            lexical.add(doc.iter().copied());
        }
        built.parts.sections_lexical = lexical.finish().0;
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("toy.idx");
        built.write(IndexSlot::claim(&path).unwrap()).unwrap();
        (folder, Index::open(&path).unwrap())
    }

    /// Three documents of lengths 3, 1 and 5, so of length 3 in the mean.
    fn toy() -> (TempDir, Index) {
        index_of(&[
            &[("cat", 2.0), ("dog", 1.0)],
            &[("dog", 1.0)],
            &[("fox fox owl owl owl", 1.0)],
        ])
    }

    fn scores_of(index: &Index, terms: &[&str]) -> Vec<f32> {
        let terms: Vec<String> = terms.iter().map(|&term| term.to_owned()).collect();
        scores(&index.sections_lexical(), &terms).unwrap()
    }

    fn assert_near(found: &[f32], expected: &[f32]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
    }

    #[test]
    fn scores_by_hand() {
        let (_folder, index) = toy();
        // One document of three has the cat: idf ln(1 + 2.5 / 1.5) = .980829. Its length is the
        // mean, so its norm is 1.2: .980829 x 2 x 2.2 / (2 + 1.2).
        assert_near(&scores_of(&index, &["cat"]), &[1.348_64, 0.0, 0.0]);
        // Two have the dog: idf ln(1 + 1.5 / 2.5) = .470004, times 2.2 / (1 + 1.2) = 1 in the first;
        // the second has a third of the mean length, norm 1.2 x (.25 + .75 / 3) = .6: times 2.2 / 1.6.
        assert_near(&scores_of(&index, &["dog"]), &[0.470_004, 0.646_255, 0.0]);
        // The third has 5 / 3 of the mean length, norm 1.2 x (.25 + 1.25) = 1.8: the fox
        // .980829 x 2 x 2.2 / 3.8, the owl .980829 x 3 x 2.2 / 4.8.
        assert_near(&scores_of(&index, &["fox"]), &[0.0, 0.0, 1.135_697]);
        assert_near(&scores_of(&index, &["owl"]), &[0.0, 0.0, 1.348_64]);
        // Scores of different terms add up, in whatever order the question has them.
        for terms in [["owl", "dog", "cat"], ["dog", "cat", "owl"]] {
            let found = scores_of(&index, &terms);
            assert_near(&found, &[1.818_644, 0.646_255, 1.348_64]);
        }
    }

    #[test]
    fn a_term_that_the_question_repeats_counts_at_most_twice() {
        let (_folder, index) = toy();
        let once = scores_of(&index, &["dog"]);
        let twice: Vec<f32> = once.iter().map(|score| 2.0 * score).collect();
        for times in [2, 3, 50] {
            assert_eq!(scores_of(&index, &vec!["dog"; times]), twice, "{times}");
        }
        // Each term on its own: 2 x .470004 + 1.348640 and 2 x .646255.
        let found = scores_of(&index, &["dog", "cat", "dog", "dog"]);
        assert_near(&found, &[2.288_647, 1.292_51, 0.0]);
    }

    #[test]
    fn an_unknown_term_adds_nothing() {
        let (_folder, index) = toy();
        let known = scores_of(&index, &["cat", "dog"]);
        assert_eq!(
            scores_of(&index, &["ape", "cat", "cats", "dog", "zoo"]),
            known
        );
        for terms in [&["ape", "do", "dogs", ""][..], &[]] {
            assert_eq!(scores_of(&index, terms), [0.0; 3]);
        }
    }

    #[test]
    fn documents_without_any_term_have_scores_of_0() {
        let (_folder, index) = index_of(&[&[], &[]]);
        assert_eq!(scores_of(&index, &["cat"]), [0.0; 2]);
    }

    #[test]
    fn weights_of_documents_and_queries_multiply_to_scores() {
        let (_folder, index) = toy();
        let postings = index.sections_lexical();
        let lengths = postings.doc_lengths();
        let terms = ["owl", "dog", "dog", "dog", "ape"].map(str::to_owned);
        let df = |term: &str| Some(postings.numbered(term).unwrap()?.1);
        let weights = query_weights(&terms, lengths.len(), df);
        let names: Vec<&str> = weights.iter().map(|(term, _)| *term).collect();
        assert_eq!(names, ["dog", "owl"]);
        let mut found = [0.0; 3];
        for (term, weight) in weights {
            let (ids, freqs) = postings.postings(term).unwrap().unwrap();
            for (&id, &freq) in ids.iter().zip(freqs) {
                let length = lengths[id as usize];
                found[id as usize] += weight * document_weight(freq, length, mean_length(lengths));
            }
        }
        assert_near(&found, &scores(&postings, &terms).unwrap());
    }

    #[test]
    fn idf_is_positive_and_falls_with_frequency() {
        assert!((idf(10, 1) - (1.0f32 + 9.5 / 1.5).ln()).abs() < 1e-6);
        assert!(idf(10, 10) > 0.0 && idf(10, 10) < idf(10, 9));
    }

    #[test]
    fn fields_are_weighted_into_frequencies_and_lengths_and_texts_keep_their_order() {
        let mut builder = LexicalBuilder::default();
        builder.add([("pagination", 3.0), ("pagination token", 1.0)]);
        builder.add_with_text([], ("token access token", 1.0));
        let (index, sequences) = builder.finish();
        assert_eq!(index.term_bytes, b"accesspagintoken");
        assert_eq!(index.term_offsets, [0, 6, 11, 16]);
        assert_eq!(index.posting_offsets, [0, 1, 2, 4]);
        assert_eq!(index.doc_ids, [1, 0, 0, 1]);
        assert_eq!(index.freqs, [1.0, 4.0, 1.0, 2.0]);
        assert_eq!(index.doc_lengths, [5.0, 3.0]);
        assert_eq!(sequences.offsets, [0, 0, 3]);
        assert_eq!(sequences.terms, [2, 0, 2]);
    }
}
