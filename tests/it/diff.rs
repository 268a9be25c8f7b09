//! `docent diff`: what a change of the docs made of the answers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use docent::encoder::Encoder;
use docent::eval::diff::{self, Change, Diff, QuestionSet, Side, Step};
use docent::index::Index;
use docent::search::Searcher;
use insta::assert_snapshot;
use pulldown_cmark::{Event, Options, Parser};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{build, bundled, docent, transcript, write_docs};
use crate::toy::Toy;

const GUIDE: &str = "# Guide\n\nUser: \"How do I get rid of lime?\"\nRetrieve: `boiler.md`\n\n\
                     User: \"My shots run too fast\"\nRetrieve: `grinder.md`, `shots.md`\n";
const BOILER: &str =
    "# Boiler\n\n## Descaling\n\nLime is dissolved by citric acid. Descale each month.\n";
const GRINDER: &str =
    "# Grinder\n\nA finer grind slows a shot that runs too fast. Burrs wear out.\n";
const BEANS: &str = "# Beans\n\nKeep beans in a closed tin, away from light and heat.\n";

const BEFORE: &[(&str, &str)] = &[
    ("INDEX.md", GUIDE),
    ("boiler.md", BOILER),
    ("grinder.md", GRINDER),
    ("beans.md", BEANS),
];
/// The boiler's section is renamed, the grinder's says less, and milk is new.
const AFTER: &[(&str, &str)] = &[
    ("INDEX.md", GUIDE),
    ("machine.md", BOILER),
    ("grinder.md", "# Grinder\n\nBurrs wear out after a year.\n"),
    ("beans.md", BEANS),
    (
        "milk.md",
        "# Milk\n\nSteam milk in a cold jug until it is warm to the hand.\n",
    ),
];
const QUESTIONS: &str = r#"
{"id": "lime", "question": "how is lime dissolved", "relevant": {"boiler.md": 2}}
{"id": "tin", "question": "where do I keep beans", "relevant": {"beans.md": 2}}
{"id": "steam", "question": "how do I steam milk", "relevant": {"milk.md": 2}}
{"id": "visa", "question": "which visa does a sailor need", "relevant": {}}
{"id": "warm", "question": "how warm is steamed milk", "relevant": {}}
"#;

/// A folder with `old.idx`, `new.idx` and `questions.jsonl`.
fn changed<S: AsRef<str>>(
    before: &[(S, S)],
    after: &[(S, S)],
    questions: &str,
    encoder: &dyn Encoder,
) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, files) in [("old", before), ("new", after)] {
        let docs = folder.path().join(name);
        write_docs(files, &docs);
        let built = build(&docs, encoder, folder.path());
        fs::rename(built, folder.path().join(format!("{name}.idx"))).unwrap();
    }
    fs::write(folder.path().join("questions.jsonl"), questions).unwrap();
    folder
}

fn coffee() -> TempDir {
    changed(BEFORE, AFTER, QUESTIONS, &*bundled())
}

fn run(folder: &Path, args: &[&str]) -> String {
    let mut command = docent(folder, &["diff"]);
    transcript(folder, command.args(args))
}

const ALL: [&str; 3] = ["old.idx", "new.idx", "questions.jsonl"];

fn stdout(folder: &Path, args: &[&str]) -> String {
    let mut command = docent(folder, &["diff"]);
    let output = command.args(args).output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn object(folder: &Path, args: &[&str]) -> Value {
    let text = stdout(folder, &[args, &["--format", "json"]].concat());
    assert_eq!(text.lines().count(), 1);
    serde_json::from_str(&text).unwrap()
}

/// By the library, with a model that counts words.
fn toy_diff(before: &[(&str, &str)], after: &[(&str, &str)], questions: &str) -> Diff {
    let encoder: Arc<dyn Encoder> = Arc::new(Toy::new());
    let folder = changed(before, after, questions, &*encoder);
    let searcher = |name: &str| {
        let index = Index::open(&folder.path().join(name)).unwrap();
        Searcher::new(Arc::new(index), Arc::clone(&encoder)).unwrap()
    };
    let set = QuestionSet::read(&folder.path().join("questions.jsonl")).unwrap();
    diff::compare(&searcher("old.idx"), &searcher("new.idx"), &[set]).unwrap()
}

#[test]
fn questions_measures_and_sections_are_compared() {
    let before = [
        ("a.md", "alpha beta"),
        ("b.md", "gamma delta"),
        ("c.md", "delta eta"),
    ];
    let after = [
        ("a.md", "alpha beta"),
        ("b.md", "zeta delta"),
        ("d.md", "delta eta"),
    ];
    let questions = r#"
        {"id": "same", "question": "alpha", "relevant": {"a.md": 2}}
        {"id": "lost", "question": "gamma", "relevant": {"b.md": 2}}
        {"id": "won", "question": "zeta", "relevant": {"b.md": 2}}
        {"id": "gone", "question": "eta", "relevant": {"c.md": 2, "a.md": 1}}"#;
    let diff = toy_diff(&before, &after, questions);
    let found: Vec<_> = diff
        .questions
        .iter()
        .map(|q| {
            (
                q.id.as_str(),
                q.change,
                q.before.rank,
                q.after.first.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("same", Change::Same, Some(1), Some("a.md")),
            ("lost", Change::Lost, Some(1), found[1].3),
            ("won", Change::Won, found[2].2, Some("b.md")),
            ("gone", Change::Lost, Some(1), Some("d.md")),
        ]
    );
    let [_, lost, won, gone] = &diff.questions[..] else {
        panic!("{found:?}")
    };
    assert_ne!(lost.after.rank, Some(1));
    assert!(lost.lost.contains(&Step::FirstPlace) && lost.won.is_empty());
    assert!(won.won.contains(&Step::FirstPlace) && won.lost.is_empty());
    assert_eq!(gone.relevant, ["c.md"]);
    assert_eq!(gone.lost, [Step::FirstPlace, Step::FirstThree]);
    assert_eq!(
        gone.after,
        Side {
            first: Some("d.md".to_owned()),
            rank: None,
            refused: None,
            confidence: None,
            missing: vec!["c.md".to_owned()],
        }
    );
    let counts = diff.counts;
    assert_eq!(
        (counts.lost, counts.won, counts.moved, counts.same),
        (2, 1, 0, 1)
    );

    let first = &diff.measures[0];
    assert_eq!((first.questions, first.before, first.after), (4, 0.75, 0.5));
    assert_eq!(first.difference, -0.25);
    assert!(first.is_worse() && !first.is_significant());
    // Not calibrated: nothing is refused, and the diff says so.
    assert_eq!(diff.measures.len(), 3);
    assert_eq!(
        diff.notes,
        ["the model is not calibrated, so nothing is refused"]
    );

    let sections = &diff.sections;
    assert_eq!(
        (sections.only_before.len(), sections.only_after.len()),
        (0, 0)
    );
    assert_eq!(sections.renamed[0].before, "c.md");
    assert_eq!(sections.renamed[0].after, "d.md");
    assert_eq!(
        (&sections.changed[..], sections.same),
        (&["b.md".to_owned()][..], 1)
    );
    assert_eq!(diff.missing.before, [""; 0]);
    assert_eq!(diff.missing.after, ["c.md"]);
}

#[test]
fn text_and_markdown_for_people() {
    let folder = coffee();
    assert_snapshot!("text", stdout(folder.path(), &ALL));
    let markdown = [&ALL[..], &["--format", "markdown"]].concat();
    assert_snapshot!("markdown", stdout(folder.path(), &markdown));
    assert_snapshot!("help", run(folder.path(), &["--help"]));
    for format in ["text", "json", "markdown"] {
        let args = [&ALL[..], &["--format", format]].concat();
        assert_eq!(stdout(folder.path(), &args), stdout(folder.path(), &args));
    }
}

#[test]
fn the_json_object_is_the_documented_one() {
    let folder = coffee();
    let object = object(folder.path(), &ALL);
    let keys = |value: &Value| {
        let keys = value.as_object().unwrap().keys();
        keys.cloned().collect::<BTreeSet<_>>()
    };
    let expected = |keys: &str| keys.split(' ').map(str::to_owned).collect::<BTreeSet<_>>();
    for (at, documented) in [
        (
            "",
            "version model threshold before after sources counts measures questions sections \
             missing notes",
        ),
        ("/before", "index sections chunks"),
        ("/sources/0", "name questions"),
        ("/counts", "lost won moved same"),
        (
            "/measures/0",
            "measure questions before after difference low high p",
        ),
        (
            "/questions/0",
            "source id question relevant change won lost before after",
        ),
        (
            "/questions/0/after",
            "first rank refused confidence missing",
        ),
        ("/sections", "only_before only_after renamed changed same"),
        ("/sections/renamed/0", "before after"),
        ("/missing", "before after"),
    ] {
        assert_eq!(
            keys(object.pointer(at).unwrap()),
            expected(documented),
            "{at}"
        );
    }
    assert_eq!(object["version"], 1);
    assert_eq!(
        object["counts"],
        json!({"lost": 2, "won": 1, "moved": 0, "same": 2})
    );
    let lost = &object["questions"][0];
    assert_eq!(
        (&lost["change"], &lost["won"]),
        (&json!("lost"), &json!([]))
    );
    assert_eq!(lost["lost"], json!(["first-place", "first-three"]));
    assert_eq!(
        (&lost["before"]["rank"], &lost["after"]["rank"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(lost["after"]["first"], "machine.md");
    assert_eq!(lost["after"]["missing"], json!(["boiler.md"]));
    // Nobody wants an answer to it, and now there is one.
    let warm = &object["questions"][4];
    assert_eq!(
        (&warm["relevant"], &warm["lost"]),
        (&json!([]), &json!(["verdict"]))
    );
    assert_eq!(warm["before"]["refused"], true);
    assert_eq!(
        (&warm["after"]["refused"], &warm["after"]["first"]),
        (&json!(false), &json!("milk.md"))
    );
    assert_eq!(
        object["sections"],
        json!({
            "only_before": [],
            "only_after": ["milk.md"],
            "renamed": [{"before": "boiler.md", "after": "machine.md"}],
            "changed": ["grinder.md"],
            "same": 1,
        })
    );
    assert_eq!(
        object["missing"],
        json!({"before": ["milk.md"], "after": ["boiler.md"]})
    );
    let measure = |i: usize, key: &str| object["measures"][i][key].as_f64().unwrap();
    assert_eq!(object["measures"][0]["measure"], "success@1");
    assert_eq!(measure(0, "questions"), 3.0);
    assert_eq!(
        (measure(0, "before"), measure(0, "after")),
        (2.0 / 3.0, 2.0 / 3.0)
    );
    assert_eq!((measure(0, "difference"), measure(0, "p")), (0.0, 1.0));
}

#[test]
fn without_a_file_the_guides_examples_are_asked_without_themselves() {
    // Only the guide says that kettles have to do with the text of `words.md`, and it says it in an example
    // alone: a question that is asked with its own example would be found.
    let guide = "User: \"Which kettle whistles?\"\nRetrieve: `words.md`\n";
    let docs = [
        ("INDEX.md", guide),
        ("words.md", "# Commas\n\nA comma parts two clauses.\n"),
        (
            "kettle.md",
            "# Kettle\n\nThis kettle whistles when water boils.\n",
        ),
    ];
    let folder = changed(&docs, &docs, "", &*bundled());
    let object = object(folder.path(), &["old.idx", "new.idx"]);
    assert_eq!(
        object["sources"],
        json!([{"name": "guide", "questions": 1}])
    );
    let asked = &object["questions"][0];
    assert_eq!(
        (&asked["id"], &asked["source"]),
        (&json!("INDEX.md:1"), &json!("guide"))
    );
    assert_eq!(asked["relevant"], json!(["words.md"]));
    assert_eq!(asked["after"]["first"], "kettle.md");
    let args = [
        "Which kettle whistles?",
        "--index=new.idx",
        "--format=paths",
    ];
    let answer = docent(folder.path(), &args).output().unwrap();
    assert!(answer.stdout.starts_with(b"words.md\n"));
}

#[test]
fn questions_of_several_files_name_their_file() {
    let folder = coffee();
    fs::copy(
        folder.path().join("questions.jsonl"),
        folder.path().join("more.jsonl"),
    )
    .unwrap();
    let text = stdout(folder.path(), &[&ALL[..], &["more.jsonl"]].concat());
    assert!(text.contains("\nquestions  5 from questions.jsonl\nquestions  5 from more.jsonl\n"));
    assert!(
        text.contains("\n  lime  how is lime dissolved\n    from         more.jsonl\n"),
        "{text}"
    );
}

#[test]
fn fail_on_says_what_has_happened() {
    let folder = coffee();
    let judged = |folder: &Path, args: &[&str]| {
        let mut command = docent(folder, &["diff"]);
        let output = command.args(ALL).args(args).output().unwrap();
        assert!(!output.stdout.is_empty());
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let lost = "failed: 2 questions were lost\n".to_owned();
    assert_eq!(judged(folder.path(), &[]), (Some(0), String::new()));
    assert_eq!(
        judged(folder.path(), &["--fail-on", "lost"]),
        (Some(1), lost.clone())
    );
    assert_eq!(
        judged(folder.path(), &["--fail-on", "significant"]),
        (Some(0), String::new())
    );

    // Six of six: two of the 2^6 patterns of signs are as extreme.
    let topics = ["milk", "beans", "water", "burrs", "filters", "cups"];
    let files = |suffix: &str| -> Vec<(String, String)> {
        let file = |topic: &&str| (format!("{topic}{suffix}.md"), format!("# About {topic}\n"));
        topics.iter().map(file).collect()
    };
    let line = |topic: &str| {
        json!({"id": topic, "question": topic, "relevant": {format!("{topic}.md"): 2}}).to_string()
    };
    let mut questions: Vec<String> = topics.iter().map(|topic| line(topic)).collect();
    questions.push(json!({"id": "none", "question": "moon", "relevant": {}}).to_string());
    let renamed = changed(&files(""), &files("-2"), &questions.join("\n"), &*bundled());
    let both = ["--fail-on", "significant", "--fail-on", "lost"];
    let expected = "failed: worse beyond chance: success@1; success@3; nDCG@10\n\
                    failed: 6 questions were lost\n";
    assert_eq!(
        judged(renamed.path(), &both),
        (Some(1), expected.to_owned())
    );
}

#[test]
fn what_cannot_be_compared_is_an_error_with_advice() {
    let folder = coffee();
    let path = folder.path();
    let asked = |args: &[&str]| run(path, args);
    assert_snapshot!(
        "missing_index",
        asked(&["old.idx", "no.idx", "questions.jsonl"])
    );
    assert_snapshot!("not_an_index", asked(&["questions.jsonl", "new.idx"]));
    assert_snapshot!(
        "no_question_file",
        asked(&["old.idx", "new.idx", "no.jsonl"])
    );
    assert_snapshot!("folder_of_questions", asked(&["old.idx", "new.idx", "new"]));
    fs::write(path.join("broken.jsonl"), "{\"id\": \"1\"}\n").unwrap();
    assert_snapshot!(
        "broken_questions",
        asked(&["old.idx", "new.idx", "broken.jsonl"])
    );
    let other = r#"{"id": "1", "question": "tea", "relevant": {"tea.md": 2}}"#;
    fs::write(path.join("tea.jsonl"), other).unwrap();
    assert_snapshot!(
        "questions_of_other_docs",
        asked(&["old.idx", "new.idx", "tea.jsonl"])
    );

    let docs = [("beans.md", BEANS)];
    let silent = changed(&docs, &docs, "", &*bundled());
    assert_snapshot!("no_guide", run(silent.path(), &["old.idx", "new.idx"]));

    let toy = changed(&docs, &docs, QUESTIONS, &Toy::new());
    fs::copy(path.join("new.idx"), toy.path().join("new.idx")).unwrap();
    let text = run(toy.path(), &ALL).replace(&bundled().model().digest[..12], "[DIGEST]");
    assert_snapshot!("different_models", text);
    let both = changed(&docs, &docs, QUESTIONS, &Toy::new());
    assert!(run(both.path(), &ALL).starts_with("exit code 6\n"));
}

/// What documents and question files may hold to be more than text in what docent writes.
const HOSTILE: &str = "\u{1b}[2J\u{202e} @everyone #1 <script>x</script> </details> **b** [l](u) \
                       ![i](u) | a | ``` `` ` https://a.test &lt; \\";

#[test]
fn nothing_of_documents_acts() {
    let name = "@everyone <b>`[l](u)` \u{1b}[2J.md";
    let question = |id: &str, relevant: &str| {
        json!({"id": id, "question": HOSTILE, "relevant": {relevant: 2}}).to_string()
    };
    let lines = [
        question(HOSTILE, name),
        question("```\n# x", "[gone](u) <!-- .md"),
        question("- 1", "``.md"),
    ];
    let long = format!("{}z.md", "folder/".repeat(20));
    let before = [(name, BOILER), ("b.md", GRINDER)];
    let after = [
        (name, "# Other\n\nOther.\n"),
        ("``.md", BOILER),
        (&long, GRINDER),
        (&long.replace('z', "y"), BEANS),
    ];
    let folder = changed(&before, &after, &lines.join("\n"), &*bundled());
    let format = |format| stdout(folder.path(), &[&ALL[..], &["--format", format]].concat());

    let is_control = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    for text in ["text", "json", "markdown"].map(format) {
        assert!(!text.contains(is_control), "{text}");
    }
    let text = format("text");
    assert!(
        text.lines().all(|line| line.chars().count() <= 100),
        "{text}"
    );

    let markdown = format("markdown");
    let mut spans = 0;
    for event in Parser::new_ext(&markdown, Options::all()) {
        match event {
            Event::Code(_) => spans += 1,
            Event::Html(html) | Event::InlineHtml(html) => {
                let own = ["<details><summary>", "</details>", "<br>"];
                assert!(own.iter().any(|tag| html.starts_with(tag)), "{html}");
                assert!(!html.contains("everyone"), "{html}");
            }
            Event::Text(text) => {
                let marks = ["everyone", "://", "[l]", "**", "script"];
                assert!(!marks.iter().any(|mark| text.contains(mark)), "{text}");
            }
            Event::Start(tag) => {
                let tag = format!("{tag:?}");
                let foreign = [
                    "Link",
                    "Image",
                    "Strong",
                    "Emphasis",
                    "CodeBlock",
                    "Strikethrough",
                ];
                assert!(
                    !foreign.iter().any(|foreign| tag.starts_with(foreign)),
                    "{tag}"
                );
            }
            _ => {}
        }
    }
    assert!(spans > 10, "{markdown}");
}
