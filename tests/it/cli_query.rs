//! `docent` where it does what it is asked: every format, batches, `show` and `info`.

use std::fs;
use std::process::Stdio;

use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{bundled, coffee, docent, indexed, repository, transcript};

#[test]
fn text() {
    let run = |args| transcript(coffee(), &mut docent(coffee(), args));
    assert_snapshot!("text", run(&["How do I pour evenly?", "-k", "2"]));
    assert_snapshot!(
        "text_explained",
        run(&["How do I pour evenly?", "-k1", "--explain"])
    );
    assert_snapshot!(
        "text_misspelt",
        run(&["roastery", "epsresso", "-k1", "--min-confidence=0"])
    );
    assert_snapshot!("help", run(&["--help"]));
}

#[test]
fn words_need_no_quotes_and_no_subcommand() {
    let answer = |args| docent(coffee(), args).output().unwrap().stdout;
    let expected = answer(&["query", "How do I pour evenly?", "--format", "paths"]);
    assert_eq!(
        answer(&["How", "do", "I", "pour", "evenly?", "--format", "paths"]),
        expected
    );
    let mut piped = docent(coffee(), &["-", "--format", "paths"]);
    piped.write_stdin("How do I pour evenly?\n");
    assert_eq!(piped.output().unwrap().stdout, expected);
}

#[test]
fn in_limits_the_answer_to_sections_folders_and_globs() {
    let paths = |patterns: &[&str]| -> Vec<String> {
        let mut args = vec!["How do I pour evenly?", "-k9", "--format=paths"];
        args.push("--min-confidence=0");
        args.extend(patterns.iter().flat_map(|pattern| ["--in", pattern]));
        let output = docent(coffee(), &args).output().unwrap();
        let mut paths: Vec<String> = String::from_utf8(output.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect();
        paths.sort();
        paths
    };
    // A hint points at brewing/pour-over.md: it is silent elsewhere.
    assert_eq!(
        paths(&["roasting"]),
        ["roasting/README.md", "roasting/profiles.mdx"]
    );
    assert_eq!(
        paths(&["brewing/*.md"]),
        ["brewing/espresso.md", "brewing/pour-over.md"]
    );
    assert_eq!(
        paths(&["brewing/water.txt", "**/*.mdx"]),
        ["brewing/water.txt", "roasting/profiles.mdx"]
    );
    for (name, pattern) in [("in_nowhere", "brewery/"), ("in_no_glob", "brewing/[a")] {
        let mut command = docent(coffee(), &["How do I pour?", "--in", pattern]);
        assert_snapshot!(name, transcript(coffee(), &mut command));
    }
}

#[test]
fn paths() {
    let mut command = docent(
        coffee(),
        &["How do I pour evenly?", "-k2", "--format=paths"],
    );
    assert_snapshot!("paths", transcript(coffee(), &mut command));
}

#[test]
fn json_has_the_documented_keys() {
    let mut command = docent(coffee(), &["How do I pour evenly?", "-k1", "--format=json"]);
    let output = command.output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        output.stdout.iter().filter(|&&byte| byte == b'\n').count(),
        1
    );
    assert_eq!(
        keys(&object),
        [
            "absent",
            "confidence",
            "corrections",
            "docs",
            "hits",
            "query",
            "stale",
            "timings_ms",
            "verdict",
            "version"
        ]
    );
    assert_eq!(
        keys(&object["timings_ms"]),
        ["candidates", "embed", "rank", "total"]
    );
    assert_eq!(object["version"], 3);
    assert_eq!(object["query"], "How do I pour evenly?");
    assert_eq!(object["verdict"], "answered");
    let hit = &object["hits"][0];
    assert_eq!(keys(hit), ["chunks", "hint", "score", "section", "title"]);
    assert_eq!(hit["section"], "brewing/pour-over.md");
    assert_eq!(hit["title"], "Pour-over");
    assert_eq!(hit["hint"], "How do I: Pour evenly");
    assert!(object["confidence"].as_f64().unwrap() >= 0.62);
    assert_eq!(object["absent"], serde_json::json!([]));
    let chunk = &hit["chunks"][0];
    assert_eq!(
        keys(chunk),
        ["heading_path", "line_end", "line_start", "score", "text"]
    );
    assert_eq!(chunk["heading_path"][0], "Pour-over");
    assert!(
        chunk["text"]
            .as_str()
            .unwrap()
            .contains("Pour in three equal parts.")
    );
}

#[test]
fn explained_json_has_every_component() {
    let args = &["How do I pour evenly?", "-k1", "--format=json", "--explain"];
    let output = docent(coffee(), args).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let explain = &object["hits"][0]["explain"];
    assert_eq!(keys(explain), ["arms", "hint", "shares", "signals"]);
    assert_eq!(
        keys(&explain["signals"]),
        [
            "bm25", "dense", "guide", "hint", "lack", "max_sim", "rarest"
        ]
    );
    assert_eq!(
        explain["arms"].as_object().unwrap().len(),
        docent::calibration::ARMS.len()
    );
    assert_eq!(explain["hint"]["targets"][0], "brewing/pour-over.md");
}

#[test]
fn a_passage_under_no_heading_goes_by_the_title_of_its_section() {
    let folder = indexed(&[("grow-beans.md", "Beans grow in the shade.\n")]);
    let print = |format| {
        let args = [
            "Where do beans grow?",
            "--min-confidence=0",
            "--format",
            format,
        ];
        let output = docent(folder.path(), &args).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let text = print("text");
    assert!(
        text.starts_with("1  grow-beans.md:1-1  grow beans\n"),
        "{text}"
    );
    assert_eq!(
        print("context").lines().collect::<Vec<_>>()[1..],
        [
            "@@@ grow-beans.md:1-1  grow beans",
            "Beans grow in the shade.",
            "@@@"
        ]
    );
}

fn keys(object: &Value) -> Vec<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn without_hints_none_speaks() {
    let args = &[
        "How do I pour evenly?",
        "-k1",
        "--format=json",
        "--no-hints",
        "--exact",
    ];
    let output = docent(coffee(), args).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hit = object["hits"][0].as_object().unwrap();
    assert_eq!(hit["hint"], Value::Null);
}

#[test]
fn context_is_an_answer_for_a_language_model() {
    let run = |args: &[&str]| {
        let mut args = args.to_vec();
        args.push("--format=context");
        transcript(coffee(), &mut docent(coffee(), &args))
    };
    assert_snapshot!("context", run(&["How do I pour evenly?", "-k2"]));
    assert_snapshot!(
        "context_refused",
        run(&["which visa does a sailor need in graphql"])
    );
}

#[test]
fn a_batch_takes_every_format() {
    let run = |format| {
        let mut command = docent(coffee(), &["--batch", "-k1", "--format", format]);
        transcript(
            coffee(),
            command.write_stdin("How do I pour evenly?\ngrind\n"),
        )
    };
    assert_snapshot!("batch_context", run("context"));
    assert_snapshot!("batch_paths", run("paths"));
}

#[test]
fn context_stays_within_its_budget() {
    let text: String = (0..40)
        .map(|i| format!("## Part {i}\n\nThe grinder number {i} needs cleaning every week.\n\n"))
        .collect();
    let text = format!("# Grinders\n\n{text}");
    let folder = indexed(&[
        ("grinders.md", &text),
        ("beans.md", "# Beans\n\nGrown in shade.\n"),
    ]);
    let encoder = bundled();
    let mut lengths = Vec::new();
    for budget in [100, 300, 4000] {
        let budget_text = budget.to_string();
        let args = &[
            "cleaning a grinder",
            "--min-confidence=0",
            "--format=context",
            "--budget",
            &budget_text,
        ];
        let output = docent(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(encoder.count_tokens(&text) <= budget);
        assert_eq!(text.matches("\n@@@\n").count(), 1);
        lengths.push(text.len());
    }
    assert!(lengths.is_sorted_by(|a, b| a < b), "{lengths:?}");
}

#[test]
fn batch_answers_every_line_in_order() {
    let mut command = docent(
        coffee(),
        &[
            "query",
            "--batch",
            "--format=json",
            "-k10",
            "--min-confidence=0",
        ],
    );
    command.write_stdin(&b"How do I pour evenly?\r\n\nsour \xff cup\n  \nDial in a shot"[..]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let answers: Vec<Value> = output.stdout[..]
        .split(|&byte| byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    let questions: Vec<&str> = answers
        .iter()
        .map(|a| a["query"].as_str().unwrap())
        .collect();
    assert_eq!(
        questions,
        [
            "How do I pour evenly?",
            "",
            "sour \u{fffd} cup",
            "  ",
            "Dial in a shot"
        ]
    );
    let hits: Vec<bool> = answers.iter().map(|a| a["hits"][0].is_object()).collect();
    assert_eq!(hits, [true, false, true, false, true]);
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "note: line 3 is not UTF-8, bad bytes are read as U+FFFD\n"
    );
}

#[test]
fn show_prints_the_section() {
    let run = |section| transcript(coffee(), &mut docent(coffee(), &["show", section]));
    assert_snapshot!("show", run("brewing/pour-over.md"));
    assert_snapshot!("show_missing", run("pour"));
    assert_snapshot!("show_unlike_anything", run("tea.md"));
    assert_snapshot!("show_index_file", run("INDEX.md"));
}

#[test]
fn show_prints_the_lines_that_are_asked_for() {
    let folder = indexed(&[
        ("a.md", "\n\n# Three\n\n\n\n## Seven\n\nNine\nten\n"),
        ("b:9-3.md", "# Nine to three\n"),
        ("data.md", "# Data\n"),
        ("guides/Pouring.md", "# Pouring\n"),
        ("INDEX.md", "**\"How do I...\"**\n- Count -> `a.md`\n"),
    ]);
    let show = |section| {
        let output = docent(folder.path(), &["show", section]).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    let found = |text: &str| (Some(0), text.to_owned());
    assert_eq!(
        show("a.md"),
        found("# Three\n\n\n\n## Seven\n\nNine\nten\n")
    );
    assert_eq!(show("a.md:7-9"), found("## Seven\n\nNine\n"));
    assert_eq!(show("a.md:10"), found("ten\n"));
    assert_eq!(show("a.md:9-40000000000"), found("Nine\nten\n"));
    assert_eq!(show("b:9-3.md"), found("# Nine to three\n"));
    let refused = |text: &str| (Some(2), text.to_owned());
    for name in ["a.md:9-7", "a.md:0-3", "a.md:11-12"] {
        let error = format!(
            "error: no lines {name}: the section has 10 lines\n\
             hint: ask for PATH:A-B with A at least 1 and at most B, as answers give it\n"
        );
        assert_eq!(show(name), refused(&error));
    }
    for (name, path, close) in [
        ("docs/a.md:3-4", "docs/a.md", "a.md"),
        ("A.MD", "A.MD", "a.md or data.md"),
        ("pouring.md:1", "pouring.md", "guides/Pouring.md"),
        ("a.md:x", "a.md:x", ""),
    ] {
        let hint = match close {
            "" => "name it by its path in the documentation folder, as answers do".to_owned(),
            _ => format!("did you mean {close}?"),
        };
        let error = format!("error: the index has no section {path}\nhint: {hint}\n");
        assert_eq!(show(name), refused(&error));
    }
    let (code, text) = show("INDEX.md:1-2");
    assert_eq!(code, Some(2));
    assert!(text.starts_with("error: INDEX.md is a guide"), "{text}");
}

/// The bundled model in a pack whose manifest has no calibration: the same vectors, but nobody has
/// fitted anything to them.
#[test]
fn a_model_without_a_calibration_refuses_nothing_and_says_so() {
    let pack = tempfile::tempdir().unwrap();
    let bundled = repository(docent::encoder::pack::BUNDLED_FOLDER);
    fs::copy(
        bundled.join("model.safetensors"),
        pack.path().join("model.safetensors"),
    )
    .unwrap();
    let manifest = fs::read(bundled.join("manifest.json")).unwrap();
    let mut manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert!(
        manifest
            .as_object_mut()
            .unwrap()
            .remove("calibration")
            .is_some()
    );
    fs::write(pack.path().join("manifest.json"), manifest.to_string()).unwrap();
    let model = pack.path().to_str().unwrap();

    let question = "Which tax form does a company in Bolivia need?";
    let output = docent(coffee(), &[question, "-k1", "--model", model])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "note: not in these docs: tax, form, company, Bolivia, need\n\
         note: the model all-MiniLM-L6-v2-int8 is not calibrated: how sure an answer is cannot be \
         told, and nothing is refused\n"
    );
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("   score "), "{stdout}");
    assert!(!stdout.contains("confidence"), "{stdout}");

    // A threshold is one of confidence, of which there is none.
    let args = [
        question,
        "--model",
        model,
        "--format",
        "json",
        "--min-confidence",
        "1",
    ];
    let output = docent(coffee(), &args).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["verdict"], "uncalibrated");
    assert_eq!(object["confidence"], Value::Null);
}

#[test]
fn info_describes_the_index() {
    let index = coffee().join("docent.idx");
    let bytes = fs::metadata(&index).unwrap().len();
    let mut command = docent(coffee(), &["info", "--verify"]);
    let text = transcript(coffee(), &mut command)
        .replace(&bytes.to_string(), "[BYTES]")
        .replace(&bundled().model().digest, "[DIGEST]");
    assert_snapshot!("info", text);

    let output = docent(coffee(), &["info", "--json"]).output().unwrap();
    let info: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(info["bytes"], bytes);
    assert_eq!(info["counts"]["sections"], 5);
    assert_eq!(info["model"]["dim"], 384);
    assert_eq!(info["verified"], false);
}

#[test]
fn the_index_is_found_in_parents_and_by_the_environment() {
    let folder = indexed(&[("beans.md", "# Beans\n\nGrown in shade.\n")]);
    let below = folder.path().join("docs");
    let elsewhere = tempfile::tempdir().unwrap();
    let sections = |command: &mut assert_cmd::Command| {
        let output = command.output().unwrap();
        let info: Value = serde_json::from_slice(&output.stdout).unwrap();
        info["counts"]["sections"].as_u64().unwrap()
    };
    let info = &["info", "--json"];
    assert_eq!(sections(&mut docent(&below, info)), 1);
    assert_eq!(sections(docent(&below, info).env("DOCENT_INDEX", "")), 1);
    let named = coffee().join("docent.idx");
    assert_eq!(
        sections(docent(&below, info).env("DOCENT_INDEX", &named)),
        5
    );
    let flag = folder.path().join("docent.idx");
    let args = &["info", "--json", "--index", flag.to_str().unwrap()];
    assert_eq!(
        sections(docent(elsewhere.path(), args).env("DOCENT_INDEX", &named)),
        1
    );
}

#[test]
fn colours_only_where_they_are_wanted() {
    let args = &["How do I pour evenly?"];
    let has_escapes =
        |command: &mut assert_cmd::Command| command.output().unwrap().stdout.contains(&0x1b);
    assert!(!has_escapes(&mut docent(coffee(), args)));
    assert!(has_escapes(
        docent(coffee(), args).env("CLICOLOR_FORCE", "1")
    ));
    let mut refused = docent(coffee(), args);
    refused.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1");
    assert!(!has_escapes(&mut refused));
}

#[test]
fn document_text_cannot_control_the_terminal() {
    let evil = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}";
    let text = format!("# Wash {evil}beans\n\nWash the beans {evil} twice.\n");
    let index = format!("**\"How do I...\"**\n- Wash {evil}beans -> `wash.md`\n");
    let folder = indexed(&[("wash.md", &text), ("INDEX.md", &index)]);
    for format in ["text", "json", "paths", "context"] {
        let args = &[
            "How do I wash beans?",
            "--min-confidence=0",
            "--format",
            format,
        ];
        assert_harmless(&docent(folder.path(), args).output().unwrap().stdout);
    }
    assert_harmless(
        &docent(folder.path(), &["show", "wash.md"])
            .output()
            .unwrap()
            .stdout,
    );
    let args = &[
        "How do I wash beans?",
        "--min-confidence=0",
        "--format=json",
    ];
    let output = docent(folder.path(), args).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        object["hits"][0]["chunks"][0]["text"]
            .as_str()
            .unwrap()
            .contains(evil)
    );
}

#[test]
fn questions_and_documents_cannot_control_the_terminal_of_an_evaluation() {
    let evil = "\u{1b}[2J\u{9b}31m\u{7f}\u{202e}";
    let folder = indexed(&[
        ("wash.md", "# Wash\n\nWash the beans twice.\n"),
        ("dry.md", "# Dry\n\nLet them dry in the sun.\n"),
    ]);
    // The wrong section is said to answer, for a miss.
    let question = serde_json::json!({
        "id": format!("q{evil}"),
        "question": format!("How do I wash beans? {evil}"),
        "relevant": {"dry.md": 2, format!("{evil}.md"): 2},
    });
    let file = format!("q{evil}.jsonl");
    fs::write(folder.path().join(&file), question.to_string()).unwrap();
    for format in ["text", "json"] {
        let args = ["eval", &file, "--docs=docs", "--cache=cache", "--misses"];
        let mut command = docent(folder.path(), &args);
        let output = command.args(["--format", format]).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_harmless(&output.stdout);
        assert_harmless(&output.stderr);
        if format == "json" {
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let miss = &report["targets"][0]["misses"][0];
            assert_eq!(miss["id"], format!("q{evil}"));
        }
    }
}

fn assert_harmless(output: &[u8]) {
    let text = std::str::from_utf8(output).unwrap();
    assert!(!text.is_empty());
    let unsafe_chars: Vec<char> = text
        .chars()
        .filter(|&c| c != '\n' && (c.is_control() || c == '\u{202e}'))
        .collect();
    assert_eq!(unsafe_chars, [] as [char; 0]);
}

#[test]
fn a_closed_pipe_is_success() {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_docent"))
        .current_dir(coffee())
        .args(["show", "brewing/pour-over.md"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    // Whether it has written already or not: nobody reads it.
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn the_help_of_eval_says_once_what_a_target_is() {
    let output = docent(coffee(), &["eval", "--help"]).output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let about = "Measure how well judged questions find their sections.\n\n\
                 A target is a question file, ";
    assert!(help.starts_with(about), "{help}");
    assert_eq!(help.matches("A target is ").count(), 1);
}
