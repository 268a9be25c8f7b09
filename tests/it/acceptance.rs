//! What the project is for: its own docs' questions lead to the sections that their authors name.

use std::path::Path;
use std::sync::Arc;

use docent::corpus::{Corpus, Guide};
use docent::index::Index;
use docent::search::{SearchOptions, Searcher};
use tempfile::TempDir;

use crate::corpus::shared_corpora;
use crate::support::{build, bundled, repository};

/// An indexed corpus that can be asked.
struct Indexed {
    guide: Guide,
    searcher: Searcher,
    _folder: TempDir,
}

impl Indexed {
    fn of(docs: &Path) -> Self {
        let folder = TempDir::new().unwrap();
        let encoder = bundled();
        let path = build(docs, &*encoder, folder.path());
        Self {
            guide: Corpus::read(docs).unwrap().guide,
            searcher: Searcher::new(Arc::new(Index::open(&path).unwrap()), encoder).unwrap(),
            _folder: folder,
        }
    }

    /// The first `k` sections of the answer.
    fn ask(&self, question: &str, k: usize) -> Vec<String> {
        let mut options = SearchOptions::default();
        options.k = k;
        let answer = self.searcher.search(question, &options).unwrap();
        answer
            .hits
            .into_iter()
            .map(|hit| hit.section.path)
            .collect()
    }

    /// The guidelines that, asked in their own words, do not have all their sections within the
    /// first (number of sections + 1) hits; and the number of all that name a section.
    fn missed_guidelines(&self) -> (Vec<String>, usize) {
        let is_section =
            |path: &&String| self.searcher.index().find_section(path).unwrap().is_some();
        let mut missed = Vec::new();
        let mut asked = 0;
        for guideline in &self.guide.guidelines {
            let targets: Vec<&String> = guideline.targets.iter().filter(is_section).collect();
            if targets.is_empty() {
                continue;
            }
            asked += 1;
            let question = in_own_words(&guideline.group, &guideline.phrase);
            let hits = self.ask(&question, targets.len() + 1);
            if !targets.iter().all(|target| hits.contains(target)) {
                missed.push(format!("{question}: {targets:?} not in {hits:?}"));
            }
        }
        (missed, asked)
    }
}

/// `How do I` and `Add pagination` as `How do I add pagination`; an acronym keeps its case.
fn in_own_words(group: &str, phrase: &str) -> String {
    let mut chars = phrase.chars();
    let first = chars.next().unwrap_or_default();
    let rest = chars.as_str();
    let phrase = if rest.starts_with(char::is_uppercase) {
        phrase.to_owned()
    } else {
        format!("{}{rest}", first.to_lowercase())
    };
    format!("{group} {phrase}").trim().to_owned()
}

#[test]
fn the_docs_answer_what_their_guide_says() {
    let docs = Indexed::of(&repository("docs"));
    assert_eq!(
        docs.ask("How do I implement pagination?", 1),
        ["build-pagination.md"]
    );

    assert_eq!(docs.guide.questions.len(), 7);
    for known in &docs.guide.questions {
        let hits = docs.ask(&known.question, known.targets.len());
        assert_eq!(hits, known.targets, "{}", known.question);
    }

    let (missed, asked) = docs.missed_guidelines();
    assert_eq!(asked, 33);
    assert_eq!(missed, Vec::<String>::new());
}

/// The same over real corpora, which are no part of the repository. Prints the figures.
#[test]
#[ignore = "needs the real corpora that DOCENT_CORPORA names"]
fn shared_corpora_answer_what_their_guides_say() {
    let root = shared_corpora();
    let mut all_missed = Vec::new();
    for name in ["cel-expressions", "connectors", "service-principals"] {
        let (missed, asked) = Indexed::of(&root.join(name)).missed_guidelines();
        println!("{name}: {} of {asked} guidelines", asked - missed.len());
        all_missed.extend(missed);
    }
    assert_eq!(all_missed, Vec::<String>::new());
}
