//! Rules on what is found instead of what: sections that never come first, that are taken for one another,
//! that take the questions of others.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::ask::Asked;
use super::docs::{Docs, DocsSection};
use super::draft::{Draft, count, list, place, quoted, terms};
use super::finding::{Findability, Rule, Severity};
use crate::analysis;
use crate::index::SectionId;

/// Fewest questions by which a section is judged.
const FEWEST: u32 = 3;
/// A section is never found if it comes first for at most one in so many of its questions.
const ALMOST_NEVER: u32 = 6;
/// Fewest questions that a section takes from another one which is confused with it.
const TAKEN: u32 = 3;
/// A section is confused with another one if that takes one in so many of its questions.
const CONFUSED_SHARE: u32 = 4;
/// Fewest sections that one overshadows, and in how many of all sections one of them.
const OVERSHADOWED: usize = 4;
const OVERSHADOWED_SHARE: usize = 33;

/// Fewest questions that it takes of each of them, and one in how many of each one's.
const FROM_EACH: u32 = 2;
const FROM_EACH_SHARE: u32 = 10;

/// How much more often a section says a word that sets it apart.
const MORE_OFTEN: f64 = 2.0;

/// The counts of a run of probes.
pub(super) struct Counts<'a> {
    pub docs: &'a Docs<'a>,
    pub asked: &'a Asked,
    pub sections: &'a [Findability],
    pub confusions: &'a BTreeMap<(SectionId, SectionId), u32>,
}

impl Counts<'_> {
    /// All findings of these rules.
    pub fn findings(&self) -> Vec<Draft> {
        let mut told = HashSet::new();
        let mut drafts = self.never_first(&mut told);
        drafts.extend(self.confused(&told));
        drafts.extend(self.overshadowing());
        drafts
    }

    /// What comes first instead of `section`, most often first.
    fn instead_of(&self, section: SectionId) -> Vec<(SectionId, u32)> {
        let range = (section, SectionId(0))..=(section, SectionId(u32::MAX));
        let found = self.confusions.range(range);
        let mut found: Vec<(SectionId, u32)> = found.map(|(&(_, found), &n)| (found, n)).collect();
        found.sort_by_key(|(_, n)| Reverse(*n));
        found
    }

    /// Sections that come first for none or almost none of their questions. `told` gets the pairs of which
    /// a finding speaks.
    fn never_first(&self, told: &mut HashSet<(SectionId, SectionId)>) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for (id, figures) in self.docs.index.sections().zip(self.sections) {
            let Findability { asked, first, .. } = *figures;
            if asked < FEWEST || first * ALMOST_NEVER > asked {
                continue;
            }
            let instead = self.instead_of(id);
            let Some(&(other, times)) = instead.first() else {
                continue;
            };
            told.extend(instead.iter().map(|(other, _)| (id, *other)));
            let (own, rival) = (self.docs.section(id), self.docs.section(other));
            let times_first = match first {
                0 => "for none".to_owned(),
                n => format!("only for {n}"),
            };
            let message = format!(
                "{} comes first {times_first} of the {} made of its own words; most often {} comes \
                 first ({times} times)",
                quoted(&own.title),
                count(asked as usize, "question"),
                rival.path,
            );
            let draft = Draft::new(
                Rule::NeverFirst,
                Severity::Warning,
                place(&own.path, own.title_line()),
                &[&own.path],
            )
            .says(message, self.set_apart(own, rival))
            .related(
                self.asked
                    .taken(id, other)
                    .take(3)
                    .map(|probe| probe.place.clone()),
            )
            .weighing(f64::from(asked - first));
            drafts.push(draft);
        }
        drafts
    }

    /// How `own` can be told from `rival`.
    fn set_apart(&self, own: &DocsSection<'_>, rival: &DocsSection<'_>) -> String {
        let guide = self.docs.guide_in_words();
        let words = distinct_words(own, rival);
        if own.title == rival.title && words.is_empty() {
            return format!(
                "give the two titles that tell them apart, or join them: both are {}",
                quoted(&own.title)
            );
        }
        let (title, phrase) = match words.is_empty() {
            true => (
                "the words that set it apart".to_owned(),
                "PHRASE".to_owned(),
            ),
            false => {
                let words = words.join(" ");
                (
                    format!("what its path says and its title does not ({words})"),
                    format!("{}: {words}", own.title),
                )
            }
        };
        format!(
            "put {title} into its title and first sentence, against {} ({}), or add a hint to {guide}: \
             `- {phrase} -> {}`",
            quoted(&rival.title),
            rival.path,
            own.path
        )
    }

    /// Pairs of which one takes a large part of the other's questions, mutual ones once.
    fn confused(&self, told: &HashSet<(SectionId, SectionId)>) -> Vec<Draft> {
        let is_confused = |a: SectionId, b: SectionId| {
            let n = self.confusions.get(&(a, b)).copied().unwrap_or(0);
            let asked = self.sections[a.position()].asked;
            (n >= TAKEN && n * CONFUSED_SHARE >= asked && !told.contains(&(a, b))).then_some(n)
        };
        let mut drafts = Vec::new();
        for &(a, b) in self.confusions.keys() {
            let Some(n) = is_confused(a, b) else { continue };
            let back = is_confused(b, a);
            if back.is_some() && b < a {
                continue;
            }
            drafts.push(self.confused_pair(a, b, n, back));
        }
        drafts
    }

    fn confused_pair(&self, a: SectionId, b: SectionId, n: u32, back: Option<u32>) -> Draft {
        let (own, rival) = (self.docs.section(a), self.docs.section(b));
        let asked = self.sections[a.position()].asked;
        let probes: Vec<_> = self.asked.taken(a, b).collect();
        let examples: Vec<String> = probes.iter().map(|probe| quoted(&probe.text)).collect();
        let mutual = back.map_or(String::new(), |back| {
            format!(
                ", and the other way round for {back} of {}",
                self.sections[b.position()].asked
            )
        });
        let message = format!(
            "for {n} of the {} made of its own words {} comes first{mutual}: {}",
            count(asked as usize, "question"),
            rival.path,
            list(&examples, 3)
        );
        let words = distinct_words(own, rival);
        let remedy = match words.is_empty() {
            false => format!(
                "say {} in the headings at these lines, or move what is said twice to one of the two",
                quoted(&words.join(" "))
            ),
            true => "name in the headings at these lines what only this section is about, or move what is \
                     said twice to one of the two"
                .to_owned(),
        };
        let line = probes.first().map_or(1, |probe| probe.place.line);
        let place = match probes.first() {
            Some(probe) if probe.place.file == own.path => place(&own.path, line),
            _ => place(&own.path, own.title_line()),
        };
        Draft::new(
            Rule::Confused,
            Severity::Warning,
            place,
            &[&own.path, &rival.path],
        )
        .says(message, remedy)
        .related(probes.iter().skip(1).map(|probe| probe.place.clone()))
        .weighing(n + back.unwrap_or(0))
    }

    /// Sections that come first for questions of many others, of each for more than one.
    fn overshadowing(&self) -> Vec<Draft> {
        let mut taken: BTreeMap<SectionId, Vec<(SectionId, u32)>> = BTreeMap::new();
        for (&(asked, found), &n) in self.confusions {
            let is_much =
                n >= FROM_EACH && n * FROM_EACH_SHARE >= self.sections[asked.position()].asked;
            if is_much {
                taken.entry(found).or_default().push((asked, n));
            }
        }
        let many = OVERSHADOWED.max(self.docs.sections.len().div_ceil(OVERSHADOWED_SHARE));
        let mut drafts = Vec::new();
        for (id, mut from) in taken {
            if from.len() >= many {
                from.sort_by_key(|(_, n)| Reverse(*n));
                drafts.push(self.overshadows(id, &from));
            }
        }
        drafts
    }

    fn overshadows(&self, id: SectionId, from: &[(SectionId, u32)]) -> Draft {
        let section = self.docs.section(id);
        let total: u32 = from.iter().map(|(_, n)| n).sum();
        let named =
            |(other, n): &(SectionId, u32)| format!("{} ({n})", self.docs.section(*other).path);
        let others: Vec<String> = from.iter().map(named).collect();
        let message = format!(
            "it comes first for {} of {} other sections: {}",
            count(total as usize, "question"),
            from.len(),
            list(&others, 4)
        );
        let remedy =
            "let it name what the others explain in a line each and link to them, or move what it \
                      says of them there; or split it"
                .to_owned();
        let places = from.iter().filter_map(|(other, _)| {
            let probe = self.asked.taken(*other, id).next()?;
            Some(probe.place.clone())
        });
        let at = place(&section.path, section.title_line());
        Draft::new(Rule::Overshadowing, Severity::Warning, at, &[&section.path])
            .says(message, remedy)
            .related(places.take(10))
            .weighing(total)
    }
}

/// The words of the path of `own` that are neither in its title nor in the path of `rival`, and that its text
/// says more often.
fn distinct_words(own: &DocsSection<'_>, rival: &DocsSection<'_>) -> Vec<String> {
    let (title, other) = (terms(&own.title), terms(&rival.path));
    let stem = own.path.rsplit_once('.');
    let stem = stem.map_or(own.path.as_str(), |(stem, _)| stem);
    let said = |section: &DocsSection<'_>, term: &String| {
        let terms = analysis::terms(section.text());
        let said = terms.iter().filter(|said| *said == term).count();
        said as f64 / terms.len().max(1) as f64
    };
    let mut seen = BTreeSet::new();
    let words = stem.split(['/', '-', '_', '.', ' ']).filter(|word| {
        let own_terms = terms(word);
        let is_new = |term: &String| !title.contains(term) && !other.contains(term);
        let is_own = |term: &String| said(own, term) > MORE_OFTEN * said(rival, term);
        !own_terms.is_empty()
            && own_terms.iter().all(|term| is_new(term) && is_own(term))
            && word.chars().any(char::is_alphabetic)
            && seen.insert(word.to_lowercase())
    });
    words.map(str::to_owned).collect()
}
