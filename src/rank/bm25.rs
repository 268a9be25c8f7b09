//! BM25 over an inverted index (Robertson and Zaragoza, "The Probabilistic Relevance Framework:
//! BM25 and Beyond", 2009, equation 3.15), with field weights folded into the frequencies.

use std::collections::BTreeMap;

use super::analysis;
use crate::index::{IndexError, InvertedIndex, Postings};

/// Saturation of term frequency.
const K1: f32 = 1.2;
/// Share of length normalization.
const B: f32 = 0.75;

/// Collects documents into an [`InvertedIndex`].
#[derive(Debug, Default)]
pub struct LexicalBuilder {
    postings: BTreeMap<String, Vec<(u32, f32)>>,
    doc_lengths: Vec<f32>,
}

impl LexicalBuilder {
    /// Adds the next document: its fields, each with the weight of one occurrence in it.
    pub fn add<'a>(&mut self, fields: impl IntoIterator<Item = (&'a str, f32)>) {
        let id = self.doc_lengths.len() as u32;
        let mut freqs: BTreeMap<String, f32> = BTreeMap::new();
        for (text, weight) in fields {
            for term in analysis::terms(text) {
                *freqs.entry(term).or_default() += weight;
            }
        }
        self.doc_lengths.push(freqs.values().sum());
        for (term, freq) in freqs {
            self.postings.entry(term).or_default().push((id, freq));
        }
    }

    /// The index over all documents added, in the order of addition.
    pub fn finish(self) -> InvertedIndex {
        let mut index = InvertedIndex::without_terms(self.doc_lengths);
        for (term, postings) in self.postings {
            index.term_bytes.extend_from_slice(term.as_bytes());
            index.term_offsets.push(index.term_bytes.len() as u32);
            for (id, freq) in postings {
                index.doc_ids.push(id);
                index.freqs.push(freq);
            }
            index.posting_offsets.push(index.doc_ids.len() as u32);
        }
        index
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
    fn fields_are_weighted_into_frequencies_and_lengths() {
        let mut builder = LexicalBuilder::default();
        builder.add([("pagination", 3.0), ("pagination token", 1.0)]);
        builder.add([("token", 1.0)]);
        let index = builder.finish();
        assert_eq!(index.term_bytes, b"pagintoken");
        assert_eq!(index.term_offsets, [0, 5, 10]);
        assert_eq!(index.posting_offsets, [0, 1, 3]);
        assert_eq!(index.doc_ids, [0, 0, 1]);
        assert_eq!(index.freqs, [4.0, 1.0, 1.0]);
        assert_eq!(index.doc_lengths, [5.0, 1.0]);
    }
}
