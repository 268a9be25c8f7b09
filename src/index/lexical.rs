//! Inverted indexes: which documents (sections or chunks) contain a term, and how often.
//!
//! Stored as flat arrays that are searched in place; scoring is not done here.

use std::ops::Range;
use std::path::Path;

use super::error::{Corruption, Damage, IndexError};
use super::part::Part;
use super::records::{check_ids, check_offsets, span};

/// An inverted index as it is written. With `t` terms over `m` documents:
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InvertedIndex {
    /// The terms, strictly ascending by bytes, one after the other.
    pub term_bytes: Vec<u8>,
    /// Term `i` is `term_bytes[term_offsets[i]..term_offsets[i + 1]]`; `t + 1` entries.
    pub term_offsets: Vec<u32>,
    /// Postings of term `i` are `posting_offsets[i]..posting_offsets[i + 1]`; `t + 1` entries.
    pub posting_offsets: Vec<u32>,
    /// Documents, strictly ascending within a term.
    pub doc_ids: Vec<u32>,
    /// Weighted frequency of the term in the document, one for each of `doc_ids`.
    pub freqs: Vec<f32>,
    /// Weighted length of each document; `m` entries.
    pub doc_lengths: Vec<f32>,
}

impl InvertedIndex {
    /// An index without terms over documents of the given lengths.
    pub fn without_terms(doc_lengths: Vec<f32>) -> Self {
        Self {
            term_offsets: vec![0],
            posting_offsets: vec![0],
            doc_lengths,
            ..Self::default()
        }
    }

    pub(super) fn view<'a>(&'a self, parts: LexicalParts, path: &'a Path) -> Postings<'a> {
        Postings {
            term_bytes: &self.term_bytes,
            term_offsets: &self.term_offsets,
            posting_offsets: &self.posting_offsets,
            doc_ids: &self.doc_ids,
            freqs: &self.freqs,
            doc_lengths: &self.doc_lengths,
            parts,
            path,
        }
    }
}

/// The parts of an inverted index: terms, term offsets, posting offsets, doc ids, frequencies,
/// doc lengths.
pub(super) type LexicalParts = [Part; 6];

pub(super) const SECTION_PARTS: LexicalParts = [
    Part::SectionTerms,
    Part::SectionTermOffsets,
    Part::SectionPostingOffsets,
    Part::SectionDocIds,
    Part::SectionFrequencies,
    Part::SectionDocLengths,
];

pub(super) const CHUNK_PARTS: LexicalParts = [
    Part::ChunkTerms,
    Part::ChunkTermOffsets,
    Part::ChunkPostingOffsets,
    Part::ChunkDocIds,
    Part::ChunkFrequencies,
    Part::ChunkDocLengths,
];

pub(super) const GUIDE_PARTS: LexicalParts = [
    Part::GuideTerms,
    Part::GuideTermOffsets,
    Part::GuidePostingOffsets,
    Part::GuideDocIds,
    Part::GuideFrequencies,
    Part::GuideDocLengths,
];

/// A term's documents (ascending ids, all below [`Postings::num_docs`]) and the weighted
/// frequency in each.
pub type TermPostings<'a> = (&'a [u32], &'a [f32]);

/// An inverted index in the file.
#[derive(Debug, Clone, Copy)]
pub struct Postings<'a> {
    pub(super) term_bytes: &'a [u8],
    pub(super) term_offsets: &'a [u32],
    pub(super) posting_offsets: &'a [u32],
    pub(super) doc_ids: &'a [u32],
    pub(super) freqs: &'a [f32],
    pub(super) doc_lengths: &'a [f32],
    pub(super) parts: LexicalParts,
    pub(super) path: &'a Path,
}

impl<'a> Postings<'a> {
    /// Number of documents.
    pub fn num_docs(&self) -> usize {
        self.doc_lengths.len()
    }

    /// Number of terms.
    pub fn num_terms(&self) -> usize {
        self.term_offsets.len().saturating_sub(1)
    }

    /// Weighted length of each document.
    pub fn doc_lengths(&self) -> &'a [f32] {
        self.doc_lengths
    }

    /// The postings of `term`, or `None` if no document has it.
    ///
    /// O(log terms) to find it, O(postings) to check its ids.
    pub fn postings(&self, term: &str) -> Result<Option<TermPostings<'a>>, IndexError> {
        let found = self.find(term.as_bytes()).and_then(|found| {
            let postings = found.map(|i| self.postings_of(i));
            postings.transpose()
        });
        found.map_err(|corruption| self.error(corruption))
    }

    /// The number of `term` in ascending order and the number of documents that have it, or `None`
    /// if none has it. O(log terms).
    pub fn numbered(&self, term: &str) -> Result<Option<(u32, usize)>, IndexError> {
        let found = self.find(term.as_bytes()).and_then(|found| {
            let numbered = found.map(|i| Ok((i as u32, self.posting_span(i)?.len())));
            numbered.transpose()
        });
        found.map_err(|corruption| self.error(corruption))
    }

    /// All terms in ascending order, each with its postings.
    pub fn terms(&self) -> impl Iterator<Item = Result<(&'a str, TermPostings<'a>), IndexError>> {
        (0..self.num_terms()).map(|i| {
            let term = self
                .term_str(i)
                .and_then(|term| Ok((term, self.postings_of(i)?)));
            term.map_err(|corruption| self.error(corruption))
        })
    }

    /// Checks in O(1) that the arrays fit each other and `docs` documents.
    pub(super) fn check_shape(&self, docs: usize) -> Result<(), Corruption> {
        let [_, term_offsets, posting_offsets, _, freqs, doc_lengths] = self.parts;
        let equal = |part: Part, expected, found| {
            Damage::unless_equal(expected, found).map_err(|damage| damage.of(part))
        };
        equal(term_offsets, self.num_terms() + 1, self.term_offsets.len())?;
        equal(
            posting_offsets,
            self.term_offsets.len(),
            self.posting_offsets.len(),
        )?;
        equal(freqs, self.doc_ids.len(), self.freqs.len())?;
        equal(doc_lengths, docs, self.doc_lengths.len())
    }

    /// Checks in O(postings) that terms and ids ascend and that offsets cover everything.
    pub(super) fn verify(&self) -> Result<(), Corruption> {
        let [terms, term_offsets, posting_offsets, ..] = self.parts;
        check_offsets(self.term_offsets, self.term_bytes.len() as u64)
            .map_err(|damage| damage.of(term_offsets))?;
        check_offsets(self.posting_offsets, self.doc_ids.len() as u64)
            .map_err(|damage| damage.of(posting_offsets))?;
        let mut last = None;
        for i in 0..self.num_terms() {
            let term = self.term_str(i)?;
            if last.is_some_and(|last| last >= term) {
                return Err(Damage::Order { entry: i as u64 }.of(terms));
            }
            last = Some(term);
            self.postings_of(i)?;
        }
        Ok(())
    }

    fn find(&self, term: &[u8]) -> Result<Option<usize>, Corruption> {
        let (mut low, mut high) = (0, self.num_terms());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.term(middle)?.cmp(term) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return Ok(Some(middle)),
            }
        }
        Ok(None)
    }

    fn term(&self, i: usize) -> Result<&'a [u8], Corruption> {
        let span = span(self.term_offsets, i, self.term_bytes.len());
        Ok(&self.term_bytes[span.map_err(|damage| damage.of(self.parts[1]))?])
    }

    fn term_str(&self, i: usize) -> Result<&'a str, Corruption> {
        std::str::from_utf8(self.term(i)?)
            .map_err(|_| Damage::Undecodable { record: i as u64 }.of(self.parts[0]))
    }

    fn postings_of(&self, i: usize) -> Result<TermPostings<'a>, Corruption> {
        let span = self.posting_span(i)?;
        let ids = &self.doc_ids[span.clone()];
        check_ids(ids, self.num_docs()).map_err(|damage| damage.of(self.parts[3]))?;
        Ok((ids, &self.freqs[span]))
    }

    fn posting_span(&self, i: usize) -> Result<Range<usize>, Corruption> {
        // As many frequencies as ids: see `check_shape`.
        let postings = self.doc_ids.len();
        span(self.posting_offsets, i, postings).map_err(|damage| damage.of(self.parts[2]))
    }

    fn error(&self, corruption: Corruption) -> IndexError {
        IndexError::Corrupt {
            path: self.path.to_owned(),
            corruption,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toy() -> InvertedIndex {
        InvertedIndex {
            term_bytes: b"appleauthzoo".to_vec(),
            term_offsets: vec![0, 5, 9, 12],
            posting_offsets: vec![0, 2, 3, 5],
            doc_ids: vec![0, 2, 1, 0, 1],
            freqs: vec![1.0, 2.5, 3.0, 4.0, 5.0],
            doc_lengths: vec![5.0, 8.0, 2.5],
        }
    }

    #[test]
    fn every_term_is_found_and_no_other() {
        let (toy, path) = (toy(), Path::new("x"));
        let view = toy.view(CHUNK_PARTS, path);
        view.check_shape(3).unwrap();
        view.verify().unwrap();
        assert_eq!(
            view.postings("apple").unwrap(),
            Some((&[0, 2][..], &[1.0, 2.5][..]))
        );
        assert_eq!(view.postings("auth").unwrap(), Some((&[1][..], &[3.0][..])));
        assert_eq!(
            view.postings("zoo").unwrap(),
            Some((&[0, 1][..], &[4.0, 5.0][..]))
        );
        for absent in ["", "a", "appl", "apples", "b", "zz"] {
            assert_eq!(view.postings(absent).unwrap(), None, "{absent}");
        }
        let terms: Vec<&str> = view.terms().map(|entry| entry.unwrap().0).collect();
        assert_eq!(terms, ["apple", "auth", "zoo"]);
    }

    #[test]
    fn an_index_without_terms_finds_nothing() {
        let index = InvertedIndex::without_terms(vec![0.0; 2]);
        let view = index.view(SECTION_PARTS, Path::new("x"));
        view.check_shape(2).unwrap();
        view.verify().unwrap();
        assert_eq!(view.postings("apple").unwrap(), None);
    }

    #[test]
    fn damage_is_an_error_not_a_wild_read() {
        type Break = fn(&mut InvertedIndex);
        let breaks: [(&str, Break); 5] = [
            ("term offset", |x| x.term_offsets[2] = 99),
            ("descending term offset", |x| x.term_offsets[1] = 10),
            ("posting offset", |x| x.posting_offsets[1] = 99),
            ("doc id", |x| x.doc_ids[1] = 3),
            ("doc order", |x| x.doc_ids[1] = 0),
        ];
        for (name, damage) in breaks {
            let mut index = toy();
            damage(&mut index);
            let view = index.view(CHUNK_PARTS, Path::new("x"));
            assert!(view.verify().is_err(), "{name}");
            assert!(view.terms().any(|entry| entry.is_err()), "{name}");
        }
    }

    #[test]
    fn unsorted_terms_do_not_verify() {
        let mut index = toy();
        index.term_bytes = b"zoozzauthapp".to_vec();
        let view = index.view(CHUNK_PARTS, Path::new("x"));
        assert_eq!(
            view.verify(),
            Err(Damage::Order { entry: 1 }.of(Part::ChunkTerms))
        );
    }
}
