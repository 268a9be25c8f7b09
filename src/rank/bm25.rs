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
    let mean_length =
        (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(f32::MIN_POSITIVE);
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
    use super::*;

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
