//! Files in other formats than Markdown, from the folder to the answer: the text, and where it stands in the file.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{build, bundled, docent, write_docs};

const NOTEBOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "# Roasting curves\n",
    "\n",
    "The first crack begins at 196 degrees."
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [],
   "source": [
    "plot_crack(roast)"
   ]
  }
 ],
 "metadata": {"language_info": {"name": "python"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;

const MANUAL: &str = ".TH BREW 1\n.SH NAME\nbrew \\- make coffee\n.SH OPTIONS\n.TP\n.B \\-\\-bloom\n\
                      Wets the grounds for thirty seconds before the pour.\n";

const OPENAPI: &str = "openapi: 3.0.0\ninfo:\n  title: Kettle\n  version: '1'\npaths:\n  /boil:\n    post:\n      \
                       operationId: boil\n      summary: Heats the water to a temperature\n      responses:\n        \
                       '204':\n          description: It boils\n";

/// The first chunk of the first hit.
fn asked(folder: &TempDir, question: &str) -> (String, Value) {
    let args = [question, "--format=json", "--min-confidence=0", "-k1"];
    let output = docent(folder.path(), &args).output().unwrap();
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let hit = &answer["hits"][0];
    (
        hit["section"].as_str().unwrap().to_owned(),
        hit["chunks"][0].clone(),
    )
}

fn indexed(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_docs(files, &folder.path().join("docs"));
    build(&folder.path().join("docs"), &*bundled(), folder.path());
    folder
}

#[test]
fn passages_of_made_text_say_where_they_stand_in_the_file() {
    let folder = indexed(&[
        ("roast.ipynb", NOTEBOOK),
        ("brew.1", MANUAL),
        ("openapi.yaml", OPENAPI),
        ("pots.md", "# Pots\n\nWarm the pot.\n"),
    ]);
    let (section, chunk) = asked(&folder, "When does the first crack begin?");
    assert_eq!(section, "roast.ipynb");
    assert_eq!(chunk["file_lines"], json!({ "start": 7, "end": 18 }));
    let text = chunk["text"].as_str().unwrap();
    assert!(
        text.starts_with("# Roasting curves\n\nThe first crack"),
        "{text}"
    );
    assert!(text.contains("```python\nplot_crack(roast)\n```"), "{text}");

    let (section, chunk) = asked(&folder, "--bloom wets the grounds".trim_start_matches('-'));
    assert_eq!(section, "brew.1");
    assert_eq!(chunk["file_lines"]["end"], 7);
    let (section, chunk) = asked(&folder, "heat the water to a temperature");
    assert_eq!(section, "openapi.yaml");
    assert_eq!(chunk["anchor"], "boil");

    let (section, chunk) = asked(&folder, "warm the pot");
    assert_eq!(section, "pots.md");
    assert_eq!(
        (&chunk["file_lines"], &chunk["anchor"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn answers_in_text_name_the_lines_of_the_file() {
    let folder = indexed(&[("roast.ipynb", NOTEBOOK), ("brew.1", MANUAL)]);
    let output = docent(folder.path(), &["first crack", "--min-confidence=0"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("in the file: roast.ipynb, lines 7-18\n"),
        "{text}"
    );
    let args = ["first crack", "--min-confidence=0", "--format=context"];
    let output = docent(folder.path(), &args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("(file: lines 7-18)\n"), "{text}");
}

#[test]
fn what_is_not_what_its_name_says_is_skipped_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    write_docs(
        &[
            ("a.md", "# A\n"),
            ("broken.ipynb", "{"),
            ("link.3", ".so man3/other.3\n"),
            ("openapi.json", "{\"name\": 1}"),
            ("llms-full.txt", "# All pages\n"),
        ],
        &docs,
    );
    let corpus = docent::Corpus::read(&docs).unwrap();
    let skipped: Vec<(&str, bool)> = corpus
        .skipped
        .iter()
        .map(|skipped| {
            let is_content = matches!(skipped.reason, docent::corpus::SkipReason::NoContent(_));
            (&*skipped.path, is_content)
        })
        .collect();
    let expected =
        ["broken.ipynb", "link.3", "llms-full.txt", "openapi.json"].map(|path| (path, true));
    assert_eq!(skipped, expected);
}

#[test]
fn packed_files_are_read_in_the_format_of_their_inner_name() {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    fs::create_dir(&docs).unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(MANUAL.as_bytes()).unwrap();
    fs::write(docs.join("brew.1.gz"), packed.finish().unwrap()).unwrap();
    let corpus = docent::Corpus::read(&docs).unwrap();
    assert_eq!(corpus.sections[0].title, "brew(1)");
    assert_eq!(
        corpus.sections[0].description.as_deref(),
        Some("make coffee")
    );
}
