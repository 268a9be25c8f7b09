//! `--update`: what comes out is what a fresh build gives, byte for byte.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{build_index, repository};

/// A folder with a copy of the coffee corpus in `docs` and its index.
fn coffee() -> TempDir {
    let folder = TempDir::new().unwrap();
    copy(
        &repository("tests/data/coffee"),
        &folder.path().join("docs"),
    );
    run(folder.path(), &[]);
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Summary and stderr of a build that must succeed.
fn run(folder: &Path, args: &[&str]) -> (Value, String) {
    let output = build_index(folder, args).arg("--json").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    (serde_json::from_slice(&output.stdout).unwrap(), stderr)
}

/// Updates `docent.idx` and compares it with a fresh build; gives the numbers of chunks and of
/// those that were reused, and the notes.
fn update(folder: &Path, options: &[&str]) -> (u64, u64, String) {
    let (summary, stderr) = run(folder, &[options, &["--update"]].concat());
    run(folder, &[options, &["-o", "fresh.idx"]].concat());
    let [updated, fresh] = ["docent.idx", "fresh.idx"].map(|name| fs::read(folder.join(name)));
    assert!(updated.unwrap() == fresh.unwrap(), "files differ");
    let notes = stderr.lines().filter(|line| line.starts_with("note: "));
    let number = |key: &str| summary[key].as_u64().unwrap();
    (
        number("chunks"),
        number("reused"),
        notes.collect::<Vec<_>>().join("\n"),
    )
}

/// What an update of the coffee corpus after `change` gives; all but `new` chunks are reused.
fn assert_new_chunks(new: u64, change: impl FnOnce(&Path)) {
    let folder = coffee();
    change(&folder.path().join("docs"));
    let (chunks, reused, notes) = update(folder.path(), &[]);
    assert_eq!((chunks - reused, notes.as_str()), (new, ""));
}

#[test]
fn nothing_changed() {
    assert_new_chunks(0, |_| ());
}

#[test]
fn a_paragraph_is_added() {
    assert_new_chunks(1, |docs| {
        let path = docs.join("brewing/pour-over.md");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text + "\n## Water\n\nUse soft water.\n").unwrap();
    });
}

#[test]
fn a_file_is_added() {
    assert_new_chunks(1, |docs| {
        fs::write(docs.join("aaa.md"), "# Cups\n\nWarm them.\n").unwrap();
    });
}

#[test]
fn a_file_is_deleted() {
    assert_new_chunks(0, |docs| {
        fs::remove_file(docs.join("brewing/pour-over.md")).unwrap();
    });
}

#[test]
fn a_file_is_renamed() {
    assert_new_chunks(0, |docs| {
        fs::rename(docs.join("brewing/pour-over.md"), docs.join("zzz.md")).unwrap();
    });
}

#[test]
fn the_guide_file_is_changed() {
    assert_new_chunks(0, |docs| {
        let path = docs.join("INDEX.md");
        let text = fs::read_to_string(&path).unwrap();
        let more = "\n**\"Where do I...\"**\n- Find a kettle -> `brewing/pour-over.md`\n";
        fs::write(&path, text + more).unwrap();
    });
}

#[test]
fn the_guide_file_is_gone() {
    assert_new_chunks(0, |docs| fs::remove_file(docs.join("INDEX.md")).unwrap());
}

#[test]
fn equal_texts_are_embedded_once_and_found_again() {
    let folder = coffee();
    let docs = folder.path().join("docs");
    for number in 0..300 {
        let text = format!("# Cups\n\nWarm them {}.\n", number % 150);
        fs::write(docs.join(format!("copy{number}.md")), text).unwrap();
    }
    let (chunks, reused, _) = update(folder.path(), &[]);
    assert_eq!(chunks - reused, 300);
    fs::write(docs.join("copy7.md"), "# Cups\n\nWarm them 8.\n").unwrap();
    let (chunks, reused, _) = update(folder.path(), &[]);
    assert_eq!(chunks, reused);
}

#[test]
fn other_options_keep_the_vectors() {
    let folder = coffee();
    let (chunks, reused, notes) = update(folder.path(), &["--m=8", "--ef-construction=40"]);
    assert_eq!((chunks, notes.as_str()), (reused, ""));
    // Token vectors can be left out of an index, but not be had from one without.
    let (chunks, reused, notes) = update(folder.path(), &["--late-interaction=never"]);
    assert_eq!((chunks, notes.as_str()), (reused, ""));
    let (_, reused, notes) = update(folder.path(), &[]);
    assert_eq!(
        (reused, notes.as_str()),
        (
            0,
            "note: everything is embedded anew: the old index has no token vectors"
        )
    );
}

#[test]
fn an_old_index_that_is_of_no_use_is_told_and_replaced() {
    let folder = coffee();
    let index = folder.path().join("docent.idx");
    let good = fs::read(&index).unwrap();
    let note_after = |bytes: Option<&[u8]>| {
        match bytes {
            Some(bytes) => fs::write(&index, bytes).unwrap(),
            None => fs::remove_file(&index).unwrap(),
        }
        let (_, reused, note) = update(folder.path(), &[]);
        assert_eq!(reused, 0);
        note
    };
    assert_eq!(
        note_after(None),
        "note: everything is embedded anew: no index file at docent.idx"
    );
    assert_eq!(
        note_after(Some(b"")),
        "note: everything is embedded anew: docent.idx is not a docent index file"
    );
    let mut older = good.clone();
    older[7] = 0;
    assert!(note_after(Some(&older)).contains("has format version 0"));
    assert!(note_after(Some(&good[..good.len() / 2])).contains("is cut off"));
    // A flipped bit in any place: in the vectors, it must not get a new checksum.
    for at in (good.len() / 16..good.len()).step_by(good.len() / 16) {
        let mut flipped = good.clone();
        flipped[at] ^= 4;
        assert!(note_after(Some(&flipped)).contains("is corrupt"), "{at}");
    }
}

#[test]
fn a_document_in_the_place_of_the_index_is_not_overwritten() {
    let folder = coffee();
    let thesis = folder.path().join("docs/thesis.md");
    fs::write(&thesis, "# A thesis\n").unwrap();
    for args in [
        &["-o", "docs/thesis.md"][..],
        &["-o", "docs/thesis.md", "--update"],
    ] {
        let output = build_index(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let error = "error: docs/thesis.md is there, and it is not a docent index\n\
                     hint: name another place with -o, or remove that file first\n";
        assert!(stderr.ends_with(error), "{stderr}");
        assert_eq!(fs::read(&thesis).unwrap(), b"# A thesis\n");
    }
}

#[test]
fn the_vectors_of_another_model_or_version_are_not_taken() {
    let folder = coffee();
    let index = docent::index::Index::open(&folder.path().join("docent.idx")).unwrap();
    let model = index.meta().model.clone();
    drop(index);
    // The same weights under another digest, which the manifest gives.
    let other = folder.path().join("model");
    copy(&repository(docent::encoder::pack::BUNDLED_FOLDER), &other);
    let manifest = fs::read_to_string(other.join("manifest.json")).unwrap();
    let renamed = manifest.replace(&model.name, "another");
    assert_ne!(renamed, manifest);
    fs::write(other.join("manifest.json"), renamed).unwrap();
    let (_, reused, note) = update(folder.path(), &["--model=model"]);
    assert_eq!(
        (reused, note),
        (
            0,
            format!(
                "note: everything is embedded anew: the old index was built with model {}",
                model.name
            )
        )
    );
}

/// How much sooner an update is done than a build, in one run:
/// `cargo test --release -p build-index -- --ignored --nocapture thousand`
#[test]
#[ignore = "a measurement of about a minute"]
fn one_changed_file_of_a_thousand() {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    fs::create_dir(&docs).unwrap();
    let sources = fs::read_dir(repository("docs")).unwrap();
    let mut sources: Vec<_> = sources.map(|entry| entry.unwrap().path()).collect();
    sources.sort();
    let texts: Vec<String> = sources
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for number in 0..1_000 {
        // Different in every chunk, so that each is embedded.
        let lines = texts[number % texts.len()]
            .lines()
            .skip(number / texts.len());
        let lines = lines.take(40).map(|line| format!("{line} {number}\n"));
        let text = format!("# Document {number}\n\n{}", lines.collect::<String>());
        fs::write(docs.join(format!("{number}.md")), text).unwrap();
    }
    let seconds = |summary: &Value, stage: &str| summary["seconds"][stage].as_f64().unwrap();
    let stages = ["read", "chunk", "embed", "lexical", "graph", "write"];
    let total = |summary: &Value| {
        stages
            .iter()
            .map(|stage| seconds(summary, stage))
            .sum::<f64>()
    };
    let (full, _) = run(folder.path(), &[]);
    println!("{} chunks, {} tokens", full["chunks"], full["tokens"]);
    println!("full    {}", full["seconds"]);
    for round in 0..3 {
        let text = format!("# Document 500\n\nA new text, number {round}.\n");
        fs::write(docs.join("500.md"), text).unwrap();
        let (update, _) = run(folder.path(), &["--update"]);
        println!("update  {}", update["seconds"]);
        let (graph, graph_before) = (seconds(&update, "graph"), seconds(&full, "graph"));
        println!(
            "ratio   {:.1}, without the graph {:.1}",
            total(&full) / total(&update),
            (total(&full) - graph_before) / (total(&update) - graph)
        );
    }
    run(folder.path(), &["-o", "fresh.idx"]);
    let [updated, fresh] =
        ["docent.idx", "fresh.idx"].map(|name| fs::read(folder.path().join(name)));
    assert!(updated.unwrap() == fresh.unwrap(), "files differ");
}
