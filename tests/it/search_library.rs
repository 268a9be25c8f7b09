//! A search through the library, on a toy encoder: what it may find, in which order, and how sure it
//! says that it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use docent::answer::context::ContextOptions;
use docent::answer::{Answer, Note, Verdict, context, json};
use docent::calibration::Calibration;
use docent::encoder::Encoder;
use docent::index::{ChunkId, Index, SearchPath};
use docent::rank::hints::HintUse;
use docent::search::{Ranking, Scope, ScopeError, SearchOptions, Searcher};
use docent::stale::{Effort, Freshness};
use docent::{Error, analysis};
use serde_json::{Value, json};
use tempfile::TempDir;
use xxhash_rust::xxh3::xxh3_64;

use crate::support::indexed_by;
use crate::toy::Toy;

/// What the notes are made of.
const WORDS: [&str; 24] = [
    "water", "kettle", "bean", "grinder", "filter", "scale", "cup", "steam", "milk", "paper",
    "pump", "valve", "timer", "roast", "crema", "spoon", "tray", "brush", "hopper", "funnel",
    "carafe", "gasket", "boiler", "lid",
];
const FOLDERS: [&str; 3] = ["guides", "notes", "reference"];
const RANKINGS: [Ranking; 5] = [
    Ranking::Full,
    Ranking::WithoutLateInteraction,
    Ranking::Dense,
    Ranking::Bm25,
    Ranking::Rrf,
];

/// `count` words, the same for the same `seed`.
pub fn words(seed: &str, count: usize) -> String {
    let word = |i: usize| {
        let hash = xxh3_64(format!("{seed} {i}").as_bytes());
        WORDS[(hash % WORDS.len() as u64) as usize]
    };
    (0..count).map(word).collect::<Vec<_>>().join(" ")
}

/// Thirty notes in three folders, two chunks each: fewer than an arm names, so that all of them are
/// candidates. The last two say the same.
pub fn notes() -> Vec<(String, String)> {
    let note = |i: usize| {
        let path = format!("{}/n{i:02}.md", FOLDERS[i / 10]);
        let seed = i.min(28);
        let (title, above) = (
            words(&format!("title {seed}"), 2),
            words(&format!("above {seed}"), 12),
        );
        let (heading, below) = (
            words(&format!("head {seed}"), 1),
            words(&format!("below {seed}"), 9),
        );
        (
            path,
            format!("# {title}\n\n{above}.\n\n## {heading}\n\n{below}.\n"),
        )
    };
    (0..30).map(note).collect()
}

pub fn with_guide(guide: &str) -> Vec<(String, String)> {
    let mut files = notes();
    files.push(("INDEX.md".to_owned(), guide.to_owned()));
    files
}

/// Ten questions of one to five words, of which the last one of each but the first is unknown.
fn questions() -> Vec<String> {
    let ask = |i: usize| match i {
        0 => "kettle".to_owned(),
        _ => format!("{} unicorn{i}", words(&format!("question {i}"), 1 + i % 4)),
    };
    (0..10).map(ask).collect()
}

/// A folder with the files as `docs` and their index, and a searcher over it.
pub fn library(files: &[(String, String)], encoder: Toy) -> (TempDir, Searcher) {
    let folder = indexed_by(files, &encoder);
    let searcher = searcher(&folder, encoder);
    (folder, searcher)
}

pub fn searcher(folder: &TempDir, encoder: impl Encoder + 'static) -> Searcher {
    let index = Index::open(&folder.path().join("docent.idx")).unwrap();
    Searcher::new(Arc::new(index), Arc::new(encoder)).unwrap()
}

/// All hits there are.
pub fn all(ranking: Ranking) -> SearchOptions {
    let mut options = SearchOptions::default();
    options.k = 1_000;
    options.ranking = ranking;
    options
}

fn scope(index: &Index, patterns: &[&str]) -> Scope {
    let patterns: Vec<String> = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
    Scope::new(index, &patterns, &[]).unwrap()
}

pub fn paths(answer: &Answer) -> Vec<&str> {
    answer
        .hits
        .iter()
        .map(|hit| hit.section.path.as_str())
        .collect()
}

// Scopes.

#[test]
fn a_scope_is_all_that_is_found_whatever_is_asked_and_however_it_is_ranked() {
    for encoder in [Toy::new(), Toy::without_token_vectors()] {
        let (_folder, searcher) = library(&notes(), encoder);
        let index = searcher.index();
        type IsIn = fn(&str) -> bool;
        let cases: [(&[&str], IsIn); 4] = [
            (&["guides"], |path| path.starts_with("guides/")),
            (&["guides/n0[0-4].md", "reference"], |path| {
                path < "guides/n05.md" || path.starts_with("reference/")
            }),
            (&["notes/n13.md"], |path| path == "notes/n13.md"),
            (&["."], |_| true),
        ];
        for (patterns, is_in) in cases {
            let files = notes();
            let expected = files.iter().map(|(path, _)| path.as_str());
            let expected: BTreeSet<&str> = expected.filter(|path| is_in(path)).collect();
            for ranking in RANKINGS {
                for exact in [false, true] {
                    let mut options = all(ranking);
                    options.exact = exact;
                    options.scope = Some(scope(index, patterns));
                    for question in questions() {
                        let answer = searcher.search(&question, &options).unwrap();
                        let found: BTreeSet<&str> = paths(&answer).into_iter().collect();
                        assert_eq!(found, expected, "{question} {ranking:?} in {patterns:?}");
                        assert_eq!(answer.hits.len(), expected.len(), "none twice");
                        for hit in &answer.hits {
                            let mut chunks = hit.chunks.iter().map(|chunk| chunk.id);
                            assert!(
                                chunks.all(|id| index.section_of(id).unwrap() == hit.section_id)
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_hint_leads_to_those_of_its_sections_that_the_scope_has() {
    let guide = "**\"How do I...\"**\n- Descale it -> `guides/n03.md`, `reference/n27.md`, `guides/n01.md`\n";
    let (_folder, searcher) = library(&with_guide(guide), Toy::new());
    let index = searcher.index();
    for (patterns, hinted) in [
        (
            &["."][..],
            &["guides/n03.md", "reference/n27.md", "guides/n01.md"][..],
        ),
        (&["guides"], &["guides/n03.md", "guides/n01.md"]),
        (&["reference"], &["reference/n27.md"]),
        (
            &["reference", "guides/n01.md"],
            &["reference/n27.md", "guides/n01.md"],
        ),
        (&["notes"], &[]),
    ] {
        let mut options = all(Ranking::Full);
        let scope = scope(index, patterns);
        options.scope = Some(scope.clone());
        let answer = searcher.search("How do I descale it?", &options).unwrap();
        assert_eq!(&paths(&answer)[..hinted.len()], hinted, "{patterns:?}");
        for (i, hit) in answer.hits.iter().enumerate() {
            assert!(scope.has_section(hit.section_id), "{}", hit.section.path);
            assert_eq!(hit.hint.is_some(), i < hinted.len(), "{}", hit.section.path);
            let sections = hit.hint.iter().flat_map(|hint| &hint.sections);
            assert!(
                sections
                    .into_iter()
                    .all(|&section| scope.has_section(section))
            );
        }
    }
}

#[test]
fn a_scope_of_another_index_is_refused_and_one_of_the_same_content_is_not() {
    let (_folder, searcher) = library(&notes(), Toy::new());
    let mut options = SearchOptions::default();
    let (_same_folder, same) = library(&notes(), Toy::new());
    options.scope = Some(scope(same.index(), &["guides"]));
    let found = searcher.search("kettle", &options).unwrap();
    assert_eq!(found.hits.len(), 4);
    assert!(paths(&found).iter().all(|path| path.starts_with("guides/")));

    // As many sections and chunks of the same names: only one word differs.
    let mut files = notes();
    files[7].1 = files[7].1.replacen(".\n", " spout.\n", 1);
    let (_other_folder, other) = library(&files, Toy::new());
    assert_eq!(other.index().num_chunks(), searcher.index().num_chunks());
    options.scope = Some(scope(other.index(), &["guides"]));
    for question in ["kettle", "?"] {
        let error = searcher.search(question, &options).unwrap_err();
        assert!(
            matches!(error, Error::Scope(ScopeError::OtherIndex)),
            "{error}"
        );
    }
    assert_eq!(other.search("kettle", &options).unwrap().hits.len(), 4);
}

// Orders.

/// The cosine of the question with the nearest chunk of each section.
fn dense_oracle(searcher: &Searcher, question: &str) -> Vec<f64> {
    let index = searcher.index();
    let question = searcher.encoder().encode_query(question, false).unwrap();
    let cosine = |id: ChunkId| -> f64 {
        let row = index.vectors().row(id.position()).unwrap();
        let products = row.iter().zip(&question.sentence);
        products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    };
    let of_section = |id| {
        let section = index.section(id).unwrap();
        section
            .chunk_ids()
            .map(cosine)
            .fold(f64::NEG_INFINITY, f64::max)
    };
    index.sections().map(of_section).collect()
}

/// BM25 of each section, from the postings of the question's terms.
fn bm25_oracle(searcher: &Searcher, question: &str) -> Vec<f64> {
    let postings = searcher.index().sections_lexical();
    let lengths: Vec<f64> = postings
        .doc_lengths()
        .iter()
        .map(|&x| f64::from(x))
        .collect();
    let n = lengths.len() as f64;
    let mean = lengths.iter().sum::<f64>() / n;
    let mut scores = vec![0.0; lengths.len()];
    let mut counts = std::collections::BTreeMap::new();
    for term in analysis::terms(question) {
        let count = counts.entry(term.clone()).or_insert(0);
        *count += 1;
        if *count > 2 {
            continue;
        }
        let Some((ids, frequencies)) = postings.postings(&term).unwrap() else {
            continue;
        };
        let df = ids.len() as f64;
        let idf = ((n - df + 0.5) / (df + 0.5) + 1.0).ln();
        for (&id, &frequency) in ids.iter().zip(frequencies) {
            let (id, frequency) = (id as usize, f64::from(frequency));
            let norm = 1.2 * (0.25 + 0.75 * lengths[id] / mean);
            scores[id] += idf * frequency * 2.2 / (frequency + norm);
        }
    }
    scores
}

/// Scores that differ by less are taken as equal: the oracles count in 64 bits.
const TOLERANCE: f64 = 1e-4;

/// That an answer has every section once, in the order of `expected`, equal ones by number.
fn assert_order(answer: &Answer, expected: &[f64], question: &str) {
    let mut found: Vec<usize> = Vec::new();
    found.extend(answer.hits.iter().map(|hit| hit.section_id.position()));
    let sections: BTreeSet<usize> = found.iter().copied().collect();
    assert_eq!(
        (found.len(), sections.len()),
        (expected.len(), expected.len())
    );
    for pair in found.windows(2) {
        let (above, below) = (expected[pair[0]], expected[pair[1]]);
        assert!(
            above > below - TOLERANCE,
            "{question}: {above} above {below}"
        );
        assert!(above != below || pair[0] < pair[1], "{question}: {pair:?}");
    }
}

#[test]
fn dense_and_bm25_orders_are_those_of_an_oracle() {
    for encoder in [Toy::new(), Toy::without_token_vectors()] {
        let (_folder, searcher) = library(&notes(), encoder);
        for question in questions() {
            let dense = dense_oracle(&searcher, &question);
            let answer = searcher.search(&question, &all(Ranking::Dense)).unwrap();
            for hit in &answer.hits {
                let expected = dense[hit.section_id.position()];
                assert!((f64::from(hit.arms.dense) - expected).abs() < TOLERANCE);
            }
            assert_order(&answer, &dense, &question);

            let bm25 = bm25_oracle(&searcher, &question);
            let answer = searcher.search(&question, &all(Ranking::Bm25)).unwrap();
            for hit in &answer.hits {
                let expected = bm25[hit.section_id.position()];
                assert!((f64::from(hit.arms.bm25_section) - expected).abs() < TOLERANCE);
            }
            assert_order(&answer, &bm25, &question);
        }
    }
}

#[test]
fn sections_that_say_the_same_come_in_the_order_of_their_paths() {
    let (_folder, searcher) = library(&notes(), Toy::new());
    for question in questions() {
        for ranking in RANKINGS {
            let answer = searcher.search(&question, &all(ranking)).unwrap();
            let place = |path: &str| paths(&answer).iter().position(|p| *p == path).unwrap();
            let (first, second) = (place("reference/n28.md"), place("reference/n29.md"));
            assert!(first < second, "{question} {ranking:?}");
            if ranking != Ranking::Rrf {
                assert_eq!(answer.hits[first].score, answer.hits[second].score);
            }
        }
    }
}

#[test]
fn looking_at_every_vector_gives_the_same_hits_on_a_small_index() {
    for encoder in [Toy::new(), Toy::without_token_vectors()] {
        let (_folder, searcher) = library(&notes(), encoder);
        assert_eq!(searcher.index().meta().search, SearchPath::Flat);
        for question in questions() {
            for ranking in RANKINGS {
                let mut options = all(ranking);
                let by_default = searcher.search(&question, &options).unwrap();
                options.exact = true;
                let exact = searcher.search(&question, &options).unwrap();
                let seen = |answer: &Answer| -> Vec<_> {
                    let hits = answer.hits.iter();
                    hits.map(|hit| (hit.section_id, hit.score.to_bits(), hit.chunks.clone()))
                        .collect()
                };
                assert_eq!(seen(&by_default), seen(&exact), "{question} {ranking:?}");
            }
        }
    }
}

#[test]
fn hints_lift_their_sections_in_the_authors_order() {
    let targets = ["guides/n02.md", "notes/n15.md", "reference/n21.md"];
    for order in [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ] {
        let expected = order.map(|i| targets[i]);
        let [a, b, c] = expected;
        let guide =
            format!("**\"How do I...\"**\n- Warm the kettle -> `{a}`, then `{b}` and `{c}`\n");
        let (_folder, searcher) = library(&with_guide(&guide), Toy::new());
        let mut options = all(Ranking::Full);
        let with = searcher
            .search("How do I warm the kettle?", &options)
            .unwrap();
        assert_eq!(paths(&with)[..3], expected);
        // A step apart, the last of them a step above the best of all scores.
        options.hints = HintUse::None;
        let without = searcher
            .search("How do I warm the kettle?", &options)
            .unwrap();
        let best = without.hits[0].score;
        for (hit, steps) in with.hits.iter().zip([3.0, 2.0, 1.0]) {
            assert!(
                (hit.score - best - steps * 0.05).abs() < 1e-5,
                "{}",
                hit.score - best
            );
        }
        // The others stay as they were.
        let others: Vec<&str> = paths(&without);
        let others = others.into_iter().filter(|path| !targets.contains(path));
        assert_eq!(paths(&with)[3..], others.collect::<Vec<_>>());
    }
}

// Confidence.

/// Words alone decide: confidence is 1 / (1 + e^-x), x = 2 ln(1 + bm25) - 3.
fn calibration() -> Calibration {
    let logistic = json!({ "similarity": 0.0, "words": 2.0, "bias": -3.0 });
    let arms = json!({ "dense": 1.0, "bm25_section": 1.0 });
    let calibration = json!({
        "fusion": { "with_max_sim": arms, "without_max_sim": arms, "chunk_max_sim": 1.0 },
        "hints": { "threshold": 0.6, "margin": 0.05, "overlap_share": 1.0 },
        "confidence": { "with_max_sim": logistic, "without_max_sim": logistic, "threshold": 0.5 },
    });
    serde_json::from_value(calibration).unwrap()
}

fn context_of(searcher: &Searcher, answer: &Answer) -> String {
    let options = ContextOptions {
        budget: 10_000,
        show: "docent show",
    };
    let (index, encoder) = (searcher.index(), searcher.encoder());
    context::answer(answer, index, &**encoder, &options).unwrap()
}

fn json_of(searcher: &Searcher, answer: &Answer) -> String {
    let freshness = Freshness::check(searcher.index(), Effort::FULL).unwrap();
    json::to_string(answer, searcher.index(), &freshness, false).unwrap()
}

#[test]
fn an_uncalibrated_model_shows_what_it_finds_and_does_not_say_how_sure_it_is() {
    let (_folder, searcher) = library(&notes(), Toy::new());
    // Whether there is an answer or not, and whatever confidence is asked for.
    for question in ["kettle", "unicorn"] {
        for min_confidence in [None, Some(0.0), Some(1.0)] {
            let mut options = SearchOptions::default();
            options.min_confidence = min_confidence;
            let answer = searcher.search(question, &options).unwrap();
            assert_eq!(answer.verdict, Verdict::Uncalibrated);
            assert_eq!((answer.confidence, answer.min_confidence), (None, None));
            assert_eq!((answer.hits.len(), answer.shown().len()), (4, 4));
        }
    }
    let answer = searcher
        .search("kettle", &SearchOptions::default())
        .unwrap();

    let text = json_of(&searcher, &answer);
    assert!(text.contains("\"verdict\":\"uncalibrated\""), "{text}");
    assert_eq!(text.matches("\"confidence\":null").count(), 1, "{text}");
    assert_eq!(text.matches("\"confidence\":").count(), 1, "{text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["hits"].as_array().unwrap().len(), 4);

    let model = "toy".to_owned();
    let notes = answer.notes(&**searcher.encoder());
    assert_eq!(notes, [Note::Uncalibrated { model }]);
    assert_eq!(
        notes[0].to_string(),
        "the model toy is not calibrated: how sure an answer is cannot be told, and nothing is refused"
    );

    let text = context_of(&searcher, &answer);
    assert!(
        text.starts_with("found, how surely cannot be told; between lines of @@@ "),
        "{text}"
    );
}

#[test]
fn a_calibrated_model_refuses_below_the_least_confidence() {
    let (_folder, searcher) = library(&notes(), Toy::calibrated(calibration()));
    let mut options = SearchOptions::default();
    let refused = searcher.search("unicorn", &options).unwrap();
    assert_eq!(refused.verdict, Verdict::NothingConfident);
    // Not a word is there: 1 / (1 + e^3).
    let confidence = refused.confidence.unwrap();
    assert!((confidence - 0.047_425_87).abs() < 1e-6, "{confidence}");
    assert_eq!(refused.min_confidence, Some(0.5));
    assert_eq!((refused.hits.len(), refused.shown().len()), (4, 0));

    let value: Value = serde_json::from_str(&json_of(&searcher, &refused)).unwrap();
    assert_eq!(value["verdict"], "nothing-confident");
    assert_eq!(value["hits"], json!([]));
    assert!((value["confidence"].as_f64().unwrap() - 0.047_425_87).abs() < 1e-6);
    let text = context_of(&searcher, &refused);
    assert!(
        text.starts_with("no section of these docs answers this (confidence 0.05); "),
        "{text}"
    );
    assert_eq!(text.matches("\n@@@ ").count(), 1);
    assert!(text.contains("\n@@@ nearest, no answer\n"), "{text}");
    let best = refused.hits[..3].iter().map(|hit| hit.section.path.clone());
    let expected = Note::NothingConfident {
        best: best.collect(),
        confidence,
        min_confidence: 0.5,
    };
    let absent = Note::Absent(vec!["unicorn".to_owned()]);
    assert_eq!(refused.notes(&**searcher.encoder()), [absent, expected]);

    // The same answer, to who asks for less.
    for (min_confidence, verdict, shown) in [
        (0.0474, Verdict::Answered, 4),
        (confidence, Verdict::Answered, 4),
        (0.0475, Verdict::NothingConfident, 0),
    ] {
        options.min_confidence = Some(min_confidence);
        let answer = searcher.search("unicorn", &options).unwrap();
        assert_eq!(answer.min_confidence, Some(min_confidence));
        assert_eq!((answer.verdict, answer.shown().len()), (verdict, shown));
        assert_eq!(paths(&answer), paths(&refused));
    }
}

#[test]
fn a_calibrated_model_answers_what_the_docs_say() {
    let mut files = notes();
    let tides = "# Tides\n\nMoor the ferry with hemp ropes at the northern jetty.\n";
    files.push(("notes/tides.md".to_owned(), tides.to_owned()));
    let (_folder, searcher) = library(&files, Toy::calibrated(calibration()));
    let options = SearchOptions::default();
    let answer = searcher
        .search("which hemp ropes moor the ferry?", &options)
        .unwrap();
    assert_eq!(answer.verdict, Verdict::Answered);
    assert_eq!(paths(&answer)[0], "notes/tides.md");
    let bm25 = answer.hits[0].arms.bm25_chunk;
    let expected = 1.0 / (1.0 + (3.0 - 2.0 * bm25.ln_1p()).exp());
    assert!((answer.confidence.unwrap() - expected).abs() < 1e-6);
    assert_eq!(answer.notes(&**searcher.encoder()), []);
    let text = json_of(&searcher, &answer);
    assert!(text.contains("\"verdict\":\"answered\""), "{text}");
    assert!(!text.contains("\"confidence\":null"), "{text}");
}

#[test]
fn without_hits_there_is_no_verdict_on_confidence() {
    for (encoder, confidence) in [
        (Toy::new(), None),
        (Toy::calibrated(calibration()), Some(0.0)),
    ] {
        let (_folder, searcher) = library(&notes(), encoder);
        let answer = searcher.search("?!", &SearchOptions::default()).unwrap();
        assert_eq!(
            (answer.verdict, answer.confidence),
            (Verdict::NothingFound, confidence)
        );
        assert_eq!(answer.notes(&**searcher.encoder()), [Note::NothingFound]);
    }
}

#[test]
fn a_question_that_is_longer_than_the_model_reads_is_noted() {
    // Of 16 tokens, two are special.
    let (_folder, searcher) = library(&notes(), Toy::of_max_tokens(16));
    let notes = |words: usize| {
        let question = vec!["kettle"; words].join(" ");
        let answer = searcher
            .search(&question, &SearchOptions::default())
            .unwrap();
        answer.notes(&**searcher.encoder())
    };
    let model = "toy".to_owned();
    let uncalibrated = Note::Uncalibrated { model };
    assert_eq!(notes(14), std::slice::from_ref(&uncalibrated));
    for tokens in [15, 40] {
        let cut = Note::QuestionCut { tokens, limit: 14 };
        let message = format!("the question has {tokens} tokens, the model reads the first 14");
        assert_eq!(cut.to_string(), message);
        assert_eq!(notes(tokens), [cut, uncalibrated.clone()]);
    }
}

// Contracts.
