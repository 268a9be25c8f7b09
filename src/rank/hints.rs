//! Hints: which of what the authors said in their guide says what the question says.
//!
//! A hint speaks only if it matches strongly and more strongly than any hint that points elsewhere;
//! otherwise it stays silent, since a weak match is noise. What it does is bounded: its sections take
//! the first places, in the author's order, and the others keep theirs among themselves.

use std::collections::{BTreeSet, HashMap};

use crate::analysis;
use crate::calibration::HintMatching;
use crate::corpus::{Guide, GuidePassage};
use crate::index::{MatrixRef, SectionId};
use crate::simd::Simd;

/// Word overlap from which a question counts as one that repeats the hint.
const REPEATED: f32 = 0.5;

/// Which hints may move sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HintUse {
    /// All.
    #[default]
    All,
    /// Those that the question does not repeat: it has less than half of their joint words in
    /// common with the hint. Shows what hints are worth to questions that their authors did not
    /// think of.
    Unrepeated,
    /// None.
    None,
}

/// A guideline, known question or descriptor that matches a question.
#[derive(Debug, Clone, PartialEq)]
pub struct HintMatch {
    /// What the author wrote: `How do I: Add pagination`, a known question, or the title in a table's row.
    pub phrase: String,
    /// What it points to, in the author's order.
    pub targets: Vec<String>,
    /// Those targets that an answer may name; at least one.
    pub sections: Vec<SectionId>,
    /// How strongly it matches, from the threshold to 1.
    pub strength: f32,
}

/// A question as hints see it.
#[derive(Debug, Clone, Copy)]
pub struct HintQuery<'a> {
    /// What is asked.
    pub text: &'a str,
    /// Its sentence vector.
    pub vector: &'a [f32],
    /// Which hints may speak.
    pub allowed: HintUse,
}

/// The hints of a guide, ready to be compared with questions.
#[derive(Debug, Clone)]
pub struct Hints {
    hints: Vec<Hint>,
    /// The hints' terms, numbered.
    numbers: HashMap<String, u32>,
}

/// A guideline, known question or descriptor as the text that questions are compared with.
#[derive(Debug, Clone)]
struct Hint {
    text: String,
    targets: Vec<String>,
    /// Distinct terms of all of its text, and of a guideline's phrase without its group or a table
    /// row's title.
    terms: [Terms; 2],
    /// The passage's number among [`Guide::passages`].
    row: usize,
    /// Whether it is a title in a table: that speaks only to a question of its own words.
    is_title: bool,
}

/// Distinct terms: the numbers of those that hints have, ascending, and how many others there are.
#[derive(Debug, Clone, Default)]
struct Terms {
    known: Vec<u32>,
    others: usize,
}

impl Hints {
    /// Analyzes all passages of `guide`.
    pub fn new(guide: &Guide) -> Self {
        let guidelines = guide.guidelines.iter().map(|g| (g.phrase.as_str(), false));
        let questions = guide.questions.iter().map(|q| (q.question.as_str(), false));
        let titles = guide.descriptors.iter().map(|d| (d.title.as_str(), true));
        let words = guidelines.chain(questions).chain(titles);
        let mut numbers = HashMap::new();
        let hint =
            |((row, passage), (words, is_title)): ((usize, GuidePassage<'_>), (&str, bool))| Hint {
                terms: [&*passage.text, words].map(|text| Terms::number(text, &mut numbers)),
                text: if is_title {
                    words.to_owned()
                } else {
                    passage.text.into_owned()
                },
                targets: passage.targets.to_vec(),
                row,
                is_title,
            };
        let mut hints: Vec<Hint> = guide.passages().enumerate().zip(words).map(hint).collect();
        // Of equal matches, that of a question comes first, and that of a table's row last.
        let questions = guide.question_rows();
        hints[..questions.end].rotate_left(questions.start);
        Self { hints, numbers }
    }

    /// The rows of the passages that a question of these words repeats.
    pub fn repeated(&self, question: &str) -> BTreeSet<usize> {
        let asked = self.terms(question);
        let repeated = self.hints.iter().filter(|hint| hint.is_repeated(&asked));
        repeated.map(|hint| hint.row).collect()
    }

    /// The hint that speaks to a question, if one does. `vectors` are the rows of [`Guide::passages`];
    /// `sections` gives those of a hint's targets that an answer may name: a hint without any neither
    /// speaks nor silences another, and a descriptor silences descriptors alone.
    ///
    /// O(hints x dim).
    ///
    /// # Errors
    ///
    /// Those of `sections`.
    pub fn best_match<E>(
        &self,
        query: HintQuery<'_>,
        vectors: MatrixRef<'_>,
        simd: Simd,
        matching: &HintMatching,
        sections: impl Fn(&[String]) -> Result<Vec<SectionId>, E>,
    ) -> Result<Option<HintMatch>, E> {
        let mut best: Option<HintMatch> = None;
        let mut is_routed = false;
        for (strength, hint) in self.matches(query, vectors, simd, matching) {
            let too_weak = match &best {
                None => strength < matching.threshold,
                Some(best) => best.strength - strength >= matching.margin,
            };
            if too_weak {
                break;
            }
            let sections = sections(&hint.targets)?;
            match &best {
                _ if sections.is_empty() => {}
                Some(_) if is_routed && hint.is_title => {}
                None => {
                    is_routed = !hint.is_title;
                    best = Some(HintMatch {
                        phrase: hint.text.clone(),
                        targets: hint.targets.clone(),
                        sections,
                        strength,
                    });
                }
                Some(best) if best.sections[0] != sections[0] => return Ok(None),
                Some(_) => {}
            }
        }
        Ok(best)
    }

    fn terms(&self, question: &str) -> Terms {
        Terms::new(question, |term| self.numbers.get(&term).copied())
    }

    /// The allowed hints with how strongly they match, strongest first.
    fn matches(
        &self,
        query: HintQuery<'_>,
        vectors: MatrixRef<'_>,
        simd: Simd,
        matching: &HintMatching,
    ) -> Vec<(f32, &Hint)> {
        if query.allowed == HintUse::None {
            return Vec::new();
        }
        let asked = self.terms(query.text);
        let mut matches = Vec::with_capacity(self.hints.len());
        for hint in &self.hints {
            if query.allowed == HintUse::Unrepeated && hint.is_repeated(&asked) {
                continue;
            }
            let [all, words] = hint.terms.each_ref().map(|said| asked.overlap(said));
            let likeness = if hint.is_title {
                // Nearly the same words are another title's.
                f32::from(words == 1.0)
            } else {
                let row = vectors.row(hint.row);
                let cosine = row.map_or(0.0, |row| simd.dot(row, query.vector));
                strength(all, cosine, matching).max(strength(words, cosine, matching))
            };
            matches.push((likeness, hint));
        }
        matches.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        matches
    }
}

impl Hint {
    fn is_repeated(&self, asked: &Terms) -> bool {
        let mut overlaps = self.terms.iter().map(|said| asked.overlap(said));
        overlaps.any(|overlap| overlap >= REPEATED)
    }
}

/// Word overlap and cosine, mixed; 1 for the same words.
fn strength(overlap: f32, cosine: f32, matching: &HintMatching) -> f32 {
    match overlap {
        1.0 => 1.0,
        _ => matching.overlap_share * overlap + (1.0 - matching.overlap_share) * cosine,
    }
}

impl Terms {
    /// The distinct terms of `text`; `number` knows those that hints have.
    fn new(text: &str, mut number: impl FnMut(String) -> Option<u32>) -> Self {
        let terms: BTreeSet<String> = analysis::terms(text).into_iter().collect();
        let all = terms.len();
        let mut known: Vec<u32> = terms.into_iter().filter_map(&mut number).collect();
        known.sort_unstable();
        let others = all - known.len();
        Self { known, others }
    }

    /// The distinct terms of a hint, which `numbers` knows from then on.
    fn number(text: &str, numbers: &mut HashMap<String, u32>) -> Self {
        Self::new(text, |term| {
            let next = numbers.len() as u32;
            Some(*numbers.entry(term).or_insert(next))
        })
    }

    /// Jaccard's index; 0 if both are empty.
    fn overlap(&self, other: &Self) -> f32 {
        let (mut a, mut b) = (self.known.as_slice(), other.known.as_slice());
        let mut shared = 0;
        while let ([x, rest_a @ ..], [y, rest_b @ ..]) = (a, b) {
            shared += usize::from(x == y);
            (a, b) = (
                if x <= y { rest_a } else { a },
                if y <= x { rest_b } else { b },
            );
        }
        let all = self.known.len() + self.others + other.known.len() + other.others - shared;
        shared as f32 / all.max(1) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Descriptor, Guideline, KnownQuestion, Source};

    fn source() -> Source {
        Source {
            file: "INDEX.md".to_owned(),
            line: 1,
        }
    }

    fn guideline(group: &str, phrase: &str, target: &str) -> Guideline {
        Guideline {
            group: group.to_owned(),
            phrase: phrase.to_owned(),
            targets: vec![target.to_owned()],
            source: source(),
        }
    }

    const MATCHING: HintMatching = HintMatching {
        threshold: 0.6,
        margin: 0.1,
        overlap_share: 0.5,
    };

    /// The hints' vectors are (1, 0), (0, 1), (0, 1); targets are named `0` to `9`.
    fn ask(hints: &Hints, text: &str, vector: [f32; 2], allowed: HintUse) -> Option<HintMatch> {
        let data = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        let vectors = MatrixRef {
            dim: 2,
            data: &data,
        };
        let sections = |targets: &[String]| -> Result<Vec<SectionId>, std::convert::Infallible> {
            let ids = targets.iter().filter_map(|target| target.parse().ok());
            Ok(ids.map(SectionId).collect())
        };
        let query = HintQuery {
            text,
            vector: &vector,
            allowed,
        };
        let found = hints.best_match(query, vectors, Simd::SCALAR, &MATCHING, sections);
        found.unwrap()
    }

    fn toy() -> Hints {
        Hints::new(&Guide {
            guidelines: vec![
                guideline("How do I", "Wash the dog", "1"),
                guideline("", "Feed the cat", "2"),
            ],
            questions: vec![KnownQuestion {
                origin: String::new(),
                date: String::new(),
                question: "when is the cat fed".to_owned(),
                targets: vec!["3".to_owned()],
                source: source(),
            }],
            ..Guide::default()
        })
    }

    #[test]
    fn the_same_words_match_whatever_the_cosine_with_or_without_the_group() {
        for question in ["wash a dog", "How do I wash dogs?"] {
            let found = ask(&toy(), question, [0.0, 0.0], HintUse::All).unwrap();
            assert_eq!(found.strength, 1.0, "{question}");
            assert_eq!(found.phrase, "How do I: Wash the dog");
            assert_eq!(found.sections, [SectionId(1)]);
        }
    }

    #[test]
    fn strength_is_overlap_and_cosine_by_halves() {
        // Terms {wash, dog} and {wash, dog, car}: 2/3 overlap, cosine .8.
        let found = ask(&toy(), "wash dog car", [0.8, 0.6], HintUse::All).unwrap();
        assert!((found.strength - (1.0 / 3.0 + 0.4)).abs() < 1e-6);
        // Cosine .4: 1/3 + .2 is below the threshold.
        assert_eq!(ask(&toy(), "wash dog car", [0.4, 0.0], HintUse::All), None);
    }

    #[test]
    fn a_match_as_strong_that_points_elsewhere_silences() {
        // "Feed the cat" and "when is the cat fed" both have the question's words by halves.
        let guide = Hints::new(&Guide {
            guidelines: vec![
                guideline("", "cat food", "1"),
                guideline("", "cat food bowl", "2"),
            ],
            ..Guide::default()
        });
        assert_eq!(ask(&guide, "cat food dish", [0.7, 0.7], HintUse::All), None);
        let same = Hints::new(&Guide {
            guidelines: vec![
                guideline("", "cat food", "1"),
                guideline("", "cat food bowl", "1"),
            ],
            ..Guide::default()
        });
        assert!(ask(&same, "cat food dish", [0.7, 0.7], HintUse::All).is_some());
        // One that no answer may name neither speaks nor silences.
        let hidden = Hints::new(&Guide {
            guidelines: vec![
                guideline("", "cat food", "hidden.md"),
                guideline("", "cat food bowl", "2"),
            ],
            ..Guide::default()
        });
        let found = ask(&hidden, "cat food dish", [0.9, 0.9], HintUse::All).unwrap();
        assert_eq!(found.sections, [SectionId(2)]);
    }

    fn descriptor(title: &str, target: &str) -> Descriptor {
        Descriptor {
            target: target.to_owned(),
            title: title.to_owned(),
            covers: "Feed and wash".to_owned(),
            group: String::new(),
            source: source(),
        }
    }

    #[test]
    fn a_title_in_a_table_speaks_to_its_own_words_alone() {
        let guide = Hints::new(&Guide {
            descriptors: vec![descriptor("Total torque", "1"), descriptor("", "2")],
            ..Guide::default()
        });
        let found = ask(&guide, "total torque?", [0.0, 0.0], HintUse::All).unwrap();
        assert_eq!((&found.phrase[..], found.strength), ("Total torque", 1.0));
        assert_eq!(found.sections, [SectionId(1)]);
        for other in ["total torque limit", "torque", "feed and wash"] {
            assert_eq!(
                ask(&guide, other, [1.0, 1.0], HintUse::All),
                None,
                "{other}"
            );
        }
        let repeated = ask(&guide, "total torque", [0.0, 0.0], HintUse::Unrepeated);
        assert_eq!(repeated, None);
    }

    #[test]
    fn a_title_silences_no_guideline_but_another_title() {
        let guide = |guidelines, targets: [&str; 2]| {
            Hints::new(&Guide {
                guidelines,
                descriptors: targets.map(|target| descriptor("Cat food", target)).into(),
                ..Guide::default()
            })
        };
        let routed = guide(vec![guideline("", "Cat food", "1")], ["2", "3"]);
        let found = ask(&routed, "cat food", [0.0, 0.0], HintUse::All).unwrap();
        assert_eq!(found.sections, [SectionId(1)]);
        let contradictory = guide(Vec::new(), ["2", "3"]);
        assert_eq!(
            ask(&contradictory, "cat food", [0.0, 0.0], HintUse::All),
            None
        );
        let same = guide(Vec::new(), ["2", "2"]);
        assert!(ask(&same, "cat food", [0.0, 0.0], HintUse::All).is_some());
    }

    #[test]
    fn hints_can_be_left_out() {
        assert_eq!(ask(&toy(), "wash the dog", [1.0, 0.0], HintUse::None), None);
        assert_eq!(
            ask(&toy(), "wash the dog", [1.0, 0.0], HintUse::Unrepeated),
            None
        );
    }
}
