//! `docent audit` from the command line.

use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{docent, indexed, transcript};

const CUPS: &str = "# Cups\n\n## Warming the cups\n\nWarm them, see [mugs](mugs.md).\n";
const BEANS: &str = "# Beans\n\n## Grinding the beans\n\nGrind them.\n";

fn docs() -> TempDir {
    let guide = "- Warm the cup -> `cups.md`\n- Warm a cup -> `beans.md`\n";
    indexed(&[
        ("cups.md", CUPS),
        ("beans.md", BEANS),
        ("tea.md", "# Tea\n\nSteep it.\n"),
        ("INDEX.md", guide),
    ])
}

fn run(folder: &Path, args: &[&str]) -> String {
    let args: Vec<&str> = [&["audit"], args].concat();
    let text = transcript(folder, &mut docent(folder, &args));
    // Progress goes to stderr.
    let lines = text.lines().filter(|line| !line.contains(" % of "));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn findings_are_grouped_for_people() {
    let folder = docs();
    assert_snapshot!("audit_text", run(folder.path(), &[]));
    // The summary names the docs as they were named.
    let findings = |args: &[&str]| {
        let text = run(folder.path(), args);
        let end = text.find("docs: 3 sections").unwrap();
        text[..end].trim_end_matches("[FOLDER]/").to_owned()
    };
    assert_eq!(findings(&["docs"]), findings(&[]));
    let errors = run(folder.path(), &["--severity", "error"]);
    assert!(
        errors.contains("broken-link, 1") && !errors.contains("colliding"),
        "{errors}"
    );
}

#[test]
fn json_has_everything_and_is_a_baseline() {
    let folder = docs();
    let path = folder.path().join("audit.json");
    assert!(
        run(folder.path(), &["--format=json", "--output=audit.json"])
            .starts_with("exit code 0\n--- stdout\n---")
    );
    let output: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(output["version"], 1);
    assert_eq!(output["about"]["sections"], 3);
    assert_eq!(output["audit"]["sections"].as_array().unwrap().len(), 3);
    let first = &output["audit"]["findings"][0];
    assert_eq!(
        (
            first["rule"].as_str(),
            first["severity"].as_str(),
            first["key"].as_str()
        ),
        (
            Some("broken-link"),
            Some("error"),
            Some("broken-link | mugs.md")
        )
    );

    let known = run(folder.path(), &["--baseline", "audit.json", "--strict"]);
    assert!(
        known.starts_with("exit code 0") && !known.contains(".md:"),
        "{known}"
    );
    // Lines move, and something new is broken.
    let moved = CUPS.replace("# Cups\n", "# Cups\n\nOf clay, [fired](kiln.md).\n");
    fs::write(folder.path().join("docs/cups.md"), moved).unwrap();
    let new = run(
        folder.path(),
        &["docs", "--baseline", "audit.json", "--strict"],
    );
    assert!(
        new.starts_with("exit code 1") && new.contains("kiln.md") && !new.contains("mugs.md"),
        "{new}"
    );
    // Another link to what was missing before is new as well.
    let more = CUPS.replace("# Cups\n", "# Cups\n\nOr [mugs](mugs.md).\n");
    fs::write(folder.path().join("docs/cups.md"), more).unwrap();
    let new = run(
        folder.path(),
        &["docs", "--baseline", "audit.json", "--strict"],
    );
    assert!(
        new.starts_with("exit code 1") && new.contains("2 links lead to mugs.md"),
        "{new}"
    );
}

#[test]
fn strict_fails_from_a_warning_on_or_from_what_severity_says() {
    let folder = docs();
    let code = |args: &[&str]| run(folder.path(), args).lines().next().unwrap().to_owned();
    assert_eq!(code(&["--strict"]), "exit code 1");
    assert_eq!(code(&["--strict", "--severity=error"]), "exit code 1");
    fs::remove_file(folder.path().join("docs/INDEX.md")).unwrap();
    fs::write(
        folder.path().join("docs/cups.md"),
        CUPS.replace("mugs.md", "beans.md"),
    )
    .unwrap();
    let guide = "- Warm the cup -> `cups.md`\n- Grind -> `beans.md`\n";
    fs::write(folder.path().join("docs/INDEX.md"), guide).unwrap();
    // Only a note is left: no hint names tea.md.
    assert_eq!(code(&["docs", "--strict"]), "exit code 0");
    assert_eq!(
        code(&["docs", "--strict", "--severity=note"]),
        "exit code 1"
    );
}

#[test]
fn questions_and_a_log_are_read() {
    let folder = docs();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "log.jsonl",
        "{\"time\": \"2026-11-30T11:42:00Z\", \"question\": \"Which visa does a sailor need?\", \
         \"verdict\": \"nothing_confident\", \"section\": null, \"client\": \"x\"}\nbroken\n",
    );
    let text = run(folder.path(), &["--log", "log.jsonl"]);
    assert!(
        text.contains("\"Which visa does a sailor need?\" was asked once on 2026-11-30"),
        "{text}"
    );
    assert!(
        text.contains("note: log.jsonl: line 2: expected value"),
        "{text}"
    );
    write(
        "questions.jsonl",
        "{\"id\": \"1\", \"question\": \"steep tea\", \"relevant\": {\"tea.md\": 2}}\n",
    );
    assert!(run(folder.path(), &["--questions", "questions.jsonl"]).starts_with("exit code 0"));
}

#[test]
fn wrong_flags_and_broken_files_are_errors() {
    let folder = docs();
    let fails = |args: &[&str]| {
        let text = run(folder.path(), args);
        assert!(
            text.starts_with("exit code 2\n--- stdout\n--- stderr\n"),
            "{text}"
        );
        text
    };
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("empty.json", "{}");
    write("version.json", "{\"version\": 2}");
    write("one.json", "{\"version\": 1}");
    write("text", "no JSON\n");
    assert_snapshot!(
        "audit_two_sources",
        fails(&["docs", "--index", "docent.idx"])
    );
    fails(&["--severity", "fatal"]);
    fails(&["--format", "xml"]);
    for (args, expected) in [
        (
            ["--baseline", "gone.json"],
            "cannot read the baseline gone.json",
        ),
        (
            ["--baseline", "empty.json"],
            "empty.json is not the output of docent audit: missing field",
        ),
        (
            ["--baseline", "one.json"],
            "one.json is not the output of docent audit: missing field",
        ),
        (
            ["--baseline", "version.json"],
            "version.json is an audit of version 2, not 1",
        ),
        (["--log", "gone"], "cannot read the query log gone"),
        (["--log", "text"], "text is no query log: line 1: expected"),
        (["--questions", "text"], "text, line 1: expected"),
        (["--output", "gone/x"], "cannot write gone/x"),
    ] {
        let text = fails(&args);
        assert!(
            text.contains(&format!("error: {expected}")) && text.contains("\nhint: "),
            "{text}"
        );
    }
    assert!(run(folder.path(), &["gone"]).contains("cannot read documentation folder gone"));
    assert!(run(folder.path(), &["--index", "gone.idx"]).starts_with("exit code 3"));
    assert!(run(folder.path(), &["--index", "text"]).starts_with("exit code 4"));
}

#[test]
fn nothing_of_the_docs_is_printed_raw() {
    let name = "a\u{1b}[2J.md";
    let text = "# Title \u{1b}]0;x\u{7}\n\n[gone](b\u{9b}.md) \u{202e}\n";
    let folder = indexed(&[(name, text), ("b.md", "# B\n\nText.\n")]);
    for format in ["text", "json"] {
        let output = docent(folder.path(), &["audit", "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let is_raw = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(is_raw), "{text:?}");
        assert!(text.contains("broken-link"), "{text}");
    }
}
