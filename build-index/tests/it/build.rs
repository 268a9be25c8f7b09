//! What a build prints, checks and writes.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{build_index, docs, repository, transcript, verified};

#[test]
fn help() {
    let folder = docs(&[]);
    assert_snapshot!(transcript(&mut build_index(folder.path(), &["--help"])));
}

#[test]
fn the_summary_counts_what_was_indexed() {
    let folder = docs(&[]);
    let coffee = repository("tests/data/coffee");
    let mut command = build_index(folder.path(), &["-o", "coffee.idx"]);
    command.arg(&coffee);
    let text = transcript(&mut command).replace(coffee.to_str().unwrap(), "[COFFEE]");
    assert_snapshot!(text);
}

#[test]
fn json_is_one_object_with_the_documented_keys() {
    let folder = docs(&[
        ("beans.md", b"# Beans\n\nGrown in shade.\n"),
        ("water.md", b"# Water\n\nNot too hard.\n"),
        (
            "INDEX.md",
            b"**\"How do I...\"**\n- Grow beans -> `beans.md`\n",
        ),
        ("empty.md", b""),
    ]);
    let output = build_index(folder.path(), &["--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let keys: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "ann_recall_at_10",
            "bytes",
            "chunks",
            "descriptors",
            "graph_links",
            "guesses",
            "guide_files",
            "guidelines",
            "index",
            "late_interaction",
            "left_out",
            "model",
            "not_read",
            "questions",
            "reused",
            "search",
            "seconds",
            "sections",
            "skipped",
            "tokens",
            "warnings",
        ]
    );
    assert_eq!(object["sections"], 2);
    assert_eq!(object["chunks"], 2);
    assert_eq!(object["guidelines"], 1);
    assert_eq!(object["guide_files"], 1);
    assert_eq!(object["index"], "docent.idx");
    assert_eq!(
        object["bytes"],
        fs::metadata(folder.path().join("docent.idx"))
            .unwrap()
            .len()
    );
    for stage in ["read", "chunk", "embed", "lexical", "graph", "write"] {
        assert!(object["seconds"][stage].is_f64(), "{stage}");
    }
    assert_eq!(
        object["skipped"],
        serde_json::json!([{ "path": "empty.md", "reason": "empty" }])
    );
    assert_eq!(
        object["warnings"],
        serde_json::json!([{
            "file": "water.md",
            "line": 1,
            "message": "no guideline and no table names this section",
        }])
    );
}

const CONTRADICTORY: &[(&str, &[u8])] = &[
    ("beans.md", b"# Beans\n\nGrown in shade.\n"),
    ("water.md", b"# Water\n\nNot too hard.\n"),
    (
        "INDEX.md",
        b"# Index\n\n**\"How do I...\"**\n- Grow beans -> `beans.md`\n- Roast -> `roast.md`\n- grow beans -> `beans.md`\n",
    ),
];

#[test]
fn contradictions_of_the_guide_are_warnings_with_their_line() {
    let folder = docs(CONTRADICTORY);
    assert_snapshot!(transcript(&mut build_index(folder.path(), &[])));
    assert_eq!(verified(folder.path()).num_sections(), 2);
}

#[test]
fn strict_makes_them_errors_and_leaves_the_old_index() {
    let folder = docs(CONTRADICTORY);
    let index = folder.path().join("docent.idx");
    fs::write(&index, b"\x89docent old").unwrap();
    assert_snapshot!(transcript(&mut build_index(folder.path(), &["--strict"])));
    assert_eq!(fs::read(&index).unwrap(), b"\x89docent old");
    fs::remove_file(folder.path().join("docs/INDEX.md")).unwrap();
    let strict = build_index(folder.path(), &["--strict"]).output().unwrap();
    assert_eq!(strict.status.code(), Some(0));
}

#[test]
fn options_reach_the_index() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let args = &[
        "--m",
        "8",
        "--ef-construction",
        "40",
        "--late-interaction=never",
    ];
    assert_eq!(
        build_index(folder.path(), args)
            .output()
            .unwrap()
            .status
            .code(),
        Some(0)
    );
    let index = verified(folder.path());
    assert_eq!(index.meta().graph.m, 8);
    assert_eq!(index.meta().graph.ef_construction, 40);
    assert!(!index.has_token_vectors());
}

#[test]
fn builds_with_1_and_2_threads_are_byte_identical() {
    let folder = docs(&[]);
    let build = |threads: &str, file: &str| {
        let mut command = build_index(folder.path(), &["-o", file]);
        command
            .arg(repository("docs"))
            .env("RAYON_NUM_THREADS", threads);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        fs::read(folder.path().join(file)).unwrap()
    };
    assert!(build("1", "one.idx") == build("2", "two.idx"));
}

#[test]
fn a_closed_pipe_is_success() {
    let folder = docs(&[("beans.md", b"# Beans\n\nGrown in shade.\n")]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_build-index"))
        .current_dir(folder.path())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    verified(folder.path());
}
