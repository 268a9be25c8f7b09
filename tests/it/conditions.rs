//! Conditions on front matter: `--where`, in all interfaces.

use std::process::Output;

use docent::search::{Condition, Ranking, Scope, ScopeError};
use docent::{Corpus, Error};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::mcp::{answers, call, text};
use crate::search_library::{all, library, notes, paths};
use crate::server::Running;
use crate::support::{coffee, docent, indexed, write_docs};
use crate::toy::Toy;

/// Three guides on the same thing.
fn guides() -> TempDir {
    indexed(&[
        (
            "one.md",
            "---\ntitle: Old pump\ntags: [Howto, pump]\nversion: 1.9.0\n---\n\nDescale the pump with citric acid.\n",
        ),
        (
            "two.md",
            "+++\ntitle = \"New pump\"\ntags = [\"reference\"]\nversion = \"1.10.0\"\ndraft = true\n+++\n\nDescale the new pump with vinegar.\n",
        ),
        ("three.md", "# Any pump\n\nDescale any pump twice a year.\n"),
    ])
}

fn ask(folder: &TempDir, conditions: &[&str], format: &str) -> Output {
    let mut args = vec!["How do I descale the pump?", "--min-confidence=0", format];
    args.extend(conditions.iter().flat_map(|text| ["--where", text]));
    docent(folder.path(), &args).output().unwrap()
}

fn found(folder: &TempDir, conditions: &[&str]) -> Vec<String> {
    let output = ask(folder, conditions, "--format=paths");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut paths: Vec<String> = text.lines().map(str::to_owned).collect();
    paths.sort();
    paths
}

#[test]
fn where_limits_the_answer_to_sections_that_say_so() {
    let folder = guides();
    for (conditions, expected) in [
        (&[][..], &["one.md", "three.md", "two.md"][..]),
        (&["tags=howto"], &["one.md"]),
        (&["tags!=howto"], &["three.md", "two.md"]),
        (&["version>=1.10"], &["two.md"]),
        (&["version<1.10.0"], &["one.md"]),
        (&["draft"], &["two.md"]),
        (&["!draft"], &["one.md", "three.md"]),
        (&["!draft", "tags=pump"], &["one.md"]),
    ] {
        assert_eq!(found(&folder, conditions), expected, "{conditions:?}");
    }
}

#[test]
fn a_hit_says_what_its_front_matter_says() {
    let folder = guides();
    let output = ask(&folder, &["draft"], "--format=json");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        answer["hits"][0]["fields"],
        json!({"draft": ["true"], "tags": ["reference"], "title": ["New pump"], "version": ["1.10.0"]})
    );
    assert_eq!(answer["hits"][0]["title"], "New pump");
    let output = ask(&folder, &["!version"], "--format=json");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["hits"][0]["section"], "three.md");
    assert_eq!(answer["hits"][0].get("fields"), None);
}

#[test]
fn conditions_that_name_nothing_are_told_with_what_there_is() {
    let folder = guides();
    for (conditions, expected) in [
        (
            &["tag=howto"][..],
            "error: no section has a field tag\nhint: the fields are draft, tags, title, version\n",
        ),
        (
            &["tags=guide"],
            "error: tags=guide holds for no section\nhint: its values are Howto, pump, reference\n",
        ),
        (
            &["tags=howto", "draft"],
            "error: no section is left by all patterns and conditions together\nhint: leave one of them out\n",
        ),
    ] {
        let output = ask(&folder, conditions, "--format=paths");
        assert_eq!(output.status.code(), Some(2), "{conditions:?}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    }
    let output = ask(&folder, &["tags="], "--format=paths");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(
        told.starts_with("error: invalid value 'tags=' for '--where <CONDITION>': it gives no value\nhint: write FIELD=VALUE"),
        "{told}"
    );
}

#[test]
fn hits_are_those_of_the_whole_search_that_fulfil_the_conditions() {
    let mut files = notes();
    for (i, (_, text)) in files.iter_mut().enumerate() {
        let kind = ["howto", "reference", "essay"][i % 3];
        *text = format!("---\nweight: {i}\ntags: [{kind}, all]\n---\n{text}");
    }
    let (_folder, searcher) = library(&files, Toy::new());
    let index = searcher.index();
    for conditions in [
        &["tags=HowTo"][..],
        &["weight>=10"],
        &["weight>3", "weight<20", "tags!=essay"],
        &["tags=all"],
        &["weight=7"],
    ] {
        let conditions: Vec<Condition> = conditions
            .iter()
            .map(|text| text.parse().unwrap())
            .collect();
        for ranking in [Ranking::Dense, Ranking::Bm25, Ranking::Full] {
            for question in ["kettle", "steam milk", "grinder filter scale"] {
                let mut options = all(ranking);
                options.exact = true;
                let whole = searcher.search(question, &options).unwrap();
                options.scope = Some(Scope::new(index, &[], &conditions).unwrap());
                let part = searcher.search(question, &options).unwrap();
                let hits = whole.hits.iter();
                let fulfils = hits.filter(|hit| {
                    conditions
                        .iter()
                        .all(|condition| condition.holds(&hit.section.fields))
                });
                let mut expected: Vec<&str> =
                    fulfils.map(|hit| hit.section.path.as_str()).collect();
                let mut found = paths(&part);
                // Standardized scores depend on the candidates, so the whole ranking may order them anew.
                if ranking == Ranking::Full {
                    expected.sort_unstable();
                    found.sort_unstable();
                }
                assert_eq!(found, expected, "{question} {ranking:?} {conditions:?}");
                assert!(!found.is_empty());
            }
        }
    }
}

#[test]
fn conditions_and_patterns_hold_together() {
    let (_folder, searcher) = library(
        &[
            ("a/x.md", "---\nn: 1\n---\nx\n"),
            ("a/y.md", "---\nn: 2\n---\ny\n"),
            ("b/z.md", "---\nn: 2\n---\nz\n"),
        ]
        .map(|(path, text)| (path.to_owned(), text.to_owned())),
        Toy::new(),
    );
    let index = searcher.index();
    let scope = |pattern: &str, condition: &str| {
        Scope::new(index, &[pattern.to_owned()], &[condition.parse().unwrap()])
    };
    let both = scope("a", "n=2").unwrap();
    let is_in: Vec<bool> = index.sections().map(|id| both.has_section(id)).collect();
    assert_eq!(is_in, [false, true, false]);
    assert!(matches!(
        scope("b", "n=1"),
        Err(Error::Scope(ScopeError::NothingLeft))
    ));
}

#[test]
fn the_server_takes_conditions() {
    let folder = guides();
    let server = Running::new(folder.path(), |_| {});
    let search = |query: &str| {
        server.get(&format!(
            "/api/search?q=How+do+I+descale+the+pump&min_confidence=0{query}"
        ))
    };
    let found = search("&where=tags%3dhowto").json();
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 1);
    assert_eq!(hits[0]["section"], "one.md");
    assert_eq!(hits[0]["fields"]["tags"], json!(["Howto", "pump"]));
    for (query, error, hint) in [
        (
            "&where=tag%3dhowto",
            "no section has a field tag",
            "the fields are draft, tags, title, version",
        ),
        (
            "&where=tags%3d",
            "cannot read the condition tags=: it gives no value",
            "write FIELD=VALUE, or `!=`, `>`, `>=`, `<`, `<=` for `=`, or FIELD or !FIELD for one that is set or not",
        ),
        (
            &"&where=a".repeat(21),
            "cannot use where",
            "give at most 20 short conditions",
        ),
    ] {
        let problem = search(query).problem();
        assert_eq!(problem, (400, error.to_owned(), hint.to_owned()), "{query}");
    }
}

#[test]
fn agents_give_conditions() {
    let folder = guides();
    let question = "How do I descale the pump?";
    let lines = [
        json!({"query": question, "where": ["tags=reference"]}),
        json!({"query": question, "where": "version<1.10.0\n!draft"}),
        json!({"query": question, "where": ["tag=x"]}),
        json!({"query": question, "where": ["tags="]}),
    ];
    let lines: Vec<String> = (1..)
        .zip(lines)
        .map(|(id, arguments)| call(id, "search_docs", arguments).to_string())
        .collect();
    let told = answers(folder.path(), &[], &lines);
    // The first answer is that to `initialize`.
    let told: Vec<&str> = told[1..].iter().map(text).collect();
    assert!(
        told[0].contains("two.md") && !told[0].contains("one.md"),
        "{}",
        told[0]
    );
    assert!(
        told[1].contains("one.md") && !told[1].contains("two.md"),
        "{}",
        told[1]
    );
    assert!(
        told[2].starts_with("error: no section has a field tag\nhint: the fields are "),
        "{}",
        told[2]
    );
    assert!(
        told[3].starts_with("error: cannot read the condition tags=: it gives no value\nhint: "),
        "{}",
        told[3]
    );
}

#[test]
fn docs_without_the_field_name_those_that_there_are() {
    let output = docent(coffee(), &["How do I pour?", "--where", "tags=x"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "error: no section has a field tags\nhint: the fields are description, title\n"
    );
}

#[test]
fn only_the_fields_that_the_docs_name_are_kept() {
    let front = "---\ntags: [a]\nauthor:\n  name: Ann\nauthors: 3\nversion: 2\n---\n\nText.\n";
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    let config = "fields = [\"author\", \"tags\"]\n";
    write_docs(&[("a.md", front), ("docent.toml", config)], &docs);
    let corpus = Corpus::read(&docs).unwrap();
    let names = corpus.sections[0].fields.iter().map(|field| &*field.name);
    assert_eq!(names.collect::<Vec<_>>(), ["author.name", "tags"]);
}
