//! The guide as something that is searched: what its passages say of sections.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use super::candidates::Question;
use crate::corpus::Guide;
use crate::index::{Index, IndexError, SectionId};
use crate::rank::{bm25, fusion};

/// Passages of the guide that late interaction looks at, and that name candidates.
const LOOKED_AT: usize = 64;

/// Sections that each arm of the guide makes candidates.
const SUGGESTED: usize = 20;

/// The sections that each passage of the guide names.
#[derive(Debug, Clone)]
pub(super) struct GuidePassages {
    sections: Vec<Vec<Named>>,
    /// The passages that are questions.
    questions: Range<usize>,
}

/// A section that a passage names.
#[derive(Debug, Clone, Copy)]
struct Named {
    section: SectionId,
    /// Whether the passage is about this section, and not about all in its folder.
    itself: bool,
}

/// How well the best passage that names a section goes with the question, by arm.
#[derive(Debug, Clone, Copy)]
pub(super) struct GuideScores {
    pub dense: f32,
    pub bm25: f32,
    pub max_sim: f32,
    /// `dense` of the passages that are about the section itself; 0 without one.
    pub itself: f32,
}

/// What the guide says of the sections that it names.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// In guidelines and tables.
    pub routes: BTreeMap<SectionId, GuideScores>,
    /// In questions.
    pub questions: BTreeMap<SectionId, GuideScores>,
}

impl GuidePassages {
    /// Finds the sections that `guide` names in `index`; paths that it does not have are left out. A guide file
    /// of a folder stands for the sections in it.
    pub fn new(index: &Index, guide: &Guide) -> Result<Self, IndexError> {
        let guide_files = index.meta().guide_files.iter();
        let guide_files: HashSet<&str> = guide_files.map(|file| &*file.path).collect();
        let find = |targets: &[String]| -> Result<Vec<Named>, IndexError> {
            let mut found = Vec::new();
            for path in targets {
                let named = |itself| move |section| Named { section, itself };
                let routed = guide_files.contains(&**path).then(|| path.rsplit_once('/'));
                match routed.flatten() {
                    Some((folder, _)) => found.extend(index.sections_in(folder)?.map(named(false))),
                    None => found.extend(index.find_section(path)?.map(named(true))),
                }
            }
            Ok(found)
        };
        let rows = guide.passages().map(|passage| find(passage.targets));
        Ok(Self {
            sections: rows.collect::<Result<_, _>>()?,
            questions: guide.question_rows(),
        })
    }

    /// The scores of all sections that the guide names but in the passages `left_out`.
    ///
    /// A section takes its best passage's scores, so that one with many is not favoured for that.
    /// O(passages x dim), and late interaction with the best [`LOOKED_AT`] of each kind.
    pub fn score(
        &self,
        index: &Index,
        question: &Question,
        left_out: &BTreeSet<usize>,
    ) -> Result<Said, IndexError> {
        let rows = (0..self.sections.len())
            .filter(|row| !self.sections[*row].is_empty() && !left_out.contains(row));
        let (questions, routes) = rows.partition(|row| self.questions.contains(row));
        let words = bm25::scores(&index.guide_lexical(), &question.terms)?;
        let best = |rows| self.best(index, question, &words, rows);
        Ok(Said {
            routes: best(routes)?,
            questions: best(questions)?,
        })
    }

    /// For each section that `rows` name the scores of the best of them; `words` are BM25 of all rows.
    fn best(
        &self,
        index: &Index,
        question: &Question,
        words: &[f32],
        rows: Vec<usize>,
    ) -> Result<BTreeMap<SectionId, GuideScores>, IndexError> {
        let vectors = index.guide_vectors();
        let cosine = |&row: &usize| {
            let vector = vectors.row(row);
            vector.map_or(0.0, |vector| index.simd().dot(vector, &question.vector))
        };
        let dense: Vec<f32> = rows.iter().map(cosine).collect();
        let words = rows.iter().map(|&row| words.get(row).copied());
        let words: Vec<f32> = words.map(Option::unwrap_or_default).collect();
        let max_sim = late(index, question, &rows, &dense, &words)?;

        let mut sections: BTreeMap<SectionId, GuideScores> = BTreeMap::new();
        for (i, &row) in rows.iter().enumerate() {
            for &Named { section, itself } in &self.sections[row] {
                let said = GuideScores {
                    dense: dense[i],
                    bm25: words[i],
                    max_sim: max_sim[i],
                    itself: if itself { dense[i] } else { 0.0 },
                };
                sections
                    .entry(section)
                    .and_modify(|best| best.raise(&said))
                    .or_insert(said);
            }
        }
        Ok(sections)
    }
}

impl Said {
    /// The sections that the guide's passages suggest: of each kind the best by cosine and by words.
    pub fn suggested(&self) -> impl Iterator<Item = SectionId> + use<> {
        let kinds = [&self.routes, &self.questions].map(suggested);
        kinds.into_iter().flatten()
    }
}

fn suggested(said: &BTreeMap<SectionId, GuideScores>) -> impl Iterator<Item = SectionId> + use<> {
    let best = |score: fn(&GuideScores) -> f32| {
        let mut best: Vec<(SectionId, f32)> = said
            .iter()
            .map(|(&section, scores)| (section, score(scores)))
            .collect();
        best.retain(|(_, score)| *score > 0.0);
        fusion::keep_first(&mut best, SUGGESTED, |a, b| {
            b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
        });
        best.into_iter().map(|(section, _)| section)
    };
    best(|scores| scores.dense).chain(best(|scores| scores.bm25))
}

impl GuideScores {
    fn raise(&mut self, other: &Self) {
        self.dense = self.dense.max(other.dense);
        self.bm25 = self.bm25.max(other.bm25);
        self.max_sim = self.max_sim.max(other.max_sim);
        self.itself = self.itself.max(other.itself);
    }
}

/// Late interaction with the best of the passages `rows`; the others count as the worst of those.
fn late(
    index: &Index,
    question: &Question,
    rows: &[usize],
    dense: &[f32],
    words: &[f32],
) -> Result<Vec<f32>, IndexError> {
    let mut scores = vec![0.0; rows.len()];
    let Some(query) = question.tokens() else {
        return Ok(scores);
    };
    let (mut dense, mut words) = (dense.to_vec(), words.to_vec());
    fusion::standardize(&mut dense);
    fusion::standardize(&mut words);
    let mut best: Vec<usize> = (0..rows.len()).collect();
    fusion::keep_first(&mut best, LOOKED_AT, |&a, &b| {
        let by_score = (dense[b] + words[b]).total_cmp(&(dense[a] + words[a]));
        by_score.then(a.cmp(&b))
    });
    let mut looked_at = Vec::new();
    let mut tokens = Vec::new();
    for i in best {
        if let Some(rows) = index.guide_token_vectors(rows[i])? {
            looked_at.push(i);
            tokens.push(rows);
        }
    }
    let found = query.max_sims(&tokens);
    let worst = found.iter().copied().fold(f32::INFINITY, f32::min);
    scores.fill(if worst.is_finite() { worst } else { 0.0 });
    for (i, score) in looked_at.into_iter().zip(found) {
        scores[i] = score;
    }
    Ok(scores)
}
