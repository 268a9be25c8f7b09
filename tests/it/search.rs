//! What becomes a candidate: sections of hints within a scope, sections that no arm names, the
//! late chunks of long sections.

use std::fmt::Write;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{docent, indexed};

/// The hits of an answer as JSON.
fn hits(folder: &TempDir, args: &[&str]) -> Vec<Value> {
    let output = docent(folder.path(), args)
        .args(["--format", "json"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["hits"].as_array().unwrap().clone()
}

fn guide_file(phrase: &str, target: &str) -> String {
    format!("# Index\n\n**\"How do I...\"**\n- {phrase} -> `{target}`\n")
}

#[test]
fn a_hint_that_cannot_answer_does_not_silence_one_that_can() {
    let faq = "# Questions\n\nHow do I add pagination? Ask somebody.\n";
    let folder = indexed(&[
        ("INDEX.md", &guide_file("Add pagination", "b/INDEX.md")),
        ("a/INDEX.md", &guide_file("Add pagination", "cursor.md")),
        ("a/cursor.md", "# Cursors\n\nA cursor is opaque.\n"),
        ("b/INDEX.md", &guide_file("Add pagination", "pages.md")),
        ("b/pages.md", "# Leaves\n\nTurn them over.\n"),
        ("b/faq.md", faq),
    ]);
    let question = "How do I add pagination?";
    let both = hits(&folder, &[question]);
    assert!(both[0]["hint"].is_null(), "two hints contradict each other");
    let within = hits(&folder, &[question, "--in", "b"]);
    assert_eq!(within[0]["section"], "b/pages.md");
    assert_eq!(within[0]["hint"], "How do I: Add pagination");
}

#[test]
fn a_question_in_the_authors_own_words_is_never_refused() {
    let guide = "# Index\n\n| Page | File | Covers |\n|---|---|---|\n| Total torque | `tau.md` | Sums |\n\n\
                 **\"How do I...\"**\n- Wash the dog -> `tau.md`\n";
    let folder = indexed(&[
        ("INDEX.md", guide),
        ("tau.md", "# Taxes\n\nThe office is closed on Mondays.\n"),
        (
            "a.md",
            "# Torque\n\nThe total of a torque is in its torque.\n",
        ),
    ]);
    for (question, hint) in [
        ("wash the dog", "How do I: Wash the dog"),
        ("total torque", "Total torque"),
    ] {
        let found = hits(&folder, &[question]);
        assert_eq!(found[0]["section"], "tau.md", "{question}");
        assert_eq!(found[0]["hint"], hint);
    }
}

#[test]
fn a_hinted_section_is_scored_though_no_arm_names_it() {
    let crowd: Vec<(String, String)> = (0..150)
        .map(|i| {
            let text =
                format!("# Note {i}\n\nWarm the cups number {i} with the steam of the machine.\n");
            (format!("n{i:03}.md"), text)
        })
        .collect();
    let guide = guide_file("Warm the cups", "zz.md");
    let mut files: Vec<(&str, &str)> = crowd
        .iter()
        .map(|(name, text)| (&name[..], &text[..]))
        .collect();
    files.push(("INDEX.md", &guide));
    files.push(("zz.md", "# Taxes\n\nThe office is closed on Mondays.\n"));
    let folder = indexed(&files);
    let found = hits(&folder, &["Warm the cups", "--explain"]);
    assert_eq!(found[0]["section"], "zz.md");
    let arms = &found[0]["explain"]["arms"];
    assert!(arms["dense"].as_f64().unwrap() != 0.0, "{arms}");
}

#[test]
fn the_best_chunk_of_a_long_section_is_found_wherever_it_is() {
    let mut text = String::from("# Everything\n");
    for part in 0..1_100 {
        let _ = write!(
            text,
            "\n## Part {part}\n\nNothing of note happens in part {part}.\n"
        );
    }
    text += "\n## Descaling\n\nDescale the boiler with citric acid every two months.\n";
    let folder = indexed(&[
        ("all.md", &text),
        ("other.md", "# Other\n\nNothing at all.\n"),
    ]);
    let found = hits(&folder, &["how often should the boiler be descaled?"]);
    assert_eq!(found[0]["section"], "all.md");
    assert_eq!(found[0]["chunks"][0]["heading_path"][1], "Descaling");
}

#[test]
fn a_question_without_a_word_has_no_hits() {
    let folder = indexed(&[("a.md", "# A\n\nText.\n")]);
    let mut command = docent(folder.path(), &["?! ...", "--min-confidence", "0"]);
    assert_eq!(command.output().unwrap().status.code(), Some(1));
}

#[test]
fn a_word_inside_an_identifier_is_no_typo() {
    let folder = indexed(&[
        ("a.md", "# Times\n\nThe field `last_signoff` is a time.\n"),
        ("b.md", "# Work\n\nA signal is sent. Retries are counted.\n"),
    ]);
    for question in ["signoff", "retried", "signel"] {
        let output = docent(folder.path(), &[question, "--min-confidence", "0"]).output();
        let notes = String::from_utf8(output.unwrap().stderr).unwrap();
        let expected = match question {
            "signel" => "note: read \"signel\" as \"signal\"\n",
            _ => "",
        };
        assert_eq!(notes, expected, "{question}");
    }
}
