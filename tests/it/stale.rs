//! Whether the docs are newer than the index: what counts, what is looked at, what is said.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use docent::builder::{Build, BuildOptions, LateInteraction};
use docent::corpus::Corpus;
use docent::index::{Index, IndexSlot};
use docent::stale::{self, Effort, Staleness};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{bundled, docent, transcript};

const FILES: [(&str, &str); 5] = [
    ("beans.md", "# Beans\n\nGrown in shade.\n"),
    ("bom.md", "\u{feff}# Mark\n\nBegins with a mark.\n"),
    ("brewing/water.md", "# Water\n\nNot too hard.\n"),
    ("empty.md", ""),
    (
        "INDEX.md",
        "**\"How do I...\"**\n- Grow beans -> `beans.md`\n",
    ),
];

/// A folder with `docs` and an index of them that was built `later` from now.
fn indexed(later: Duration) -> TempDir {
    indexed_with(later, "docs", &BuildOptions::default())
}

/// The same, of a folder of another name or with other options.
fn indexed_with(later: Duration, docs: &str, options: &BuildOptions) -> TempDir {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join(docs);
    fs::create_dir_all(docs.join("brewing")).unwrap();
    for (name, text) in FILES {
        fs::write(docs.join(name), text).unwrap();
    }
    fs::write(docs.join("picture.png"), "no text").unwrap();
    let path = folder.path().join("docent.idx");
    let corpus = Corpus::read(&docs).unwrap();
    let encoder = bundled();
    let slot = IndexSlot::claim(&path).unwrap();
    let mut build = Build::new(corpus, &*encoder, options);
    build.place_in(&slot);
    let built = build.finish().unwrap();
    built
        .parts
        .write_to(slot, SystemTime::now() + later)
        .unwrap();
    folder
}

fn check(folder: &Path, effort: Effort) -> Option<Staleness> {
    let index = Index::open(&folder.join("docent.idx")).unwrap();
    stale::check(&index, effort).unwrap()
}

/// `(changed, added, removed)` after `change` in the docs, right after the build: files carry times
/// of about the build, so that hashes decide.
fn after(change: impl FnOnce(&Path)) -> Option<(usize, usize, usize)> {
    let folder = indexed(Duration::ZERO);
    change(&folder.path().join("docs"));
    let found = check(folder.path(), Effort::BRIEF)?;
    Some((found.changed, found.added, found.removed))
}

#[test]
fn what_counts_as_a_difference() {
    assert_eq!(after(|_| ()), Some((0, 0, 0)));
    let rewrite = |docs: &Path| fs::write(docs.join(FILES[0].0), FILES[0].1).unwrap();
    assert_eq!(after(rewrite), Some((0, 0, 0)));
    let same_length = |docs: &Path| {
        fs::write(docs.join("beans.md"), "# Beans\n\nGrown in shady.\n").unwrap();
        fs::write(docs.join("beans.md"), "# Beans\n\nGrown in sHade.\n").unwrap();
    };
    assert_eq!(after(same_length), Some((1, 0, 0)));
    let guide_file = |docs: &Path| fs::write(docs.join("INDEX.md"), "- A -> `beans.md`\n").unwrap();
    assert_eq!(after(guide_file), Some((1, 0, 0)));
    let emptied = |docs: &Path| fs::write(docs.join("beans.md"), "").unwrap();
    assert_eq!(after(emptied), Some((1, 0, 0)));
    let renamed = |docs: &Path| fs::rename(docs.join("beans.md"), docs.join("b.md")).unwrap();
    assert_eq!(after(renamed), Some((0, 1, 1)));
    let no_text = |docs: &Path| {
        fs::write(docs.join("binary.md"), "a\0b").unwrap();
        fs::write(docs.join("more.png"), "a").unwrap();
        fs::write(docs.join(".hidden.md"), "a").unwrap();
    };
    assert_eq!(after(no_text), Some((0, 0, 0)));
    let filled = |docs: &Path| fs::write(docs.join("empty.md"), "# Full\n").unwrap();
    assert_eq!(after(filled), Some((0, 1, 0)));
}

#[test]
fn docs_that_are_not_there_tell_nothing() {
    assert_eq!(after(|docs| fs::remove_dir_all(docs).unwrap()), None);
    let another_folder = |docs: &Path| {
        fs::remove_dir_all(docs).unwrap();
        fs::create_dir(docs).unwrap();
        fs::write(docs.join("other.md"), "# Other\n").unwrap();
    };
    assert_eq!(after(another_folder), None);
}

/// With an index from the future, all files were touched long before the build.
#[test]
fn a_file_of_the_same_length_that_was_not_touched_is_not_read() {
    let folder = indexed(Duration::from_secs(3_600));
    let beans = folder.path().join("docs/beans.md");
    fs::write(&beans, "# Beans\n\nGrown in sHade.\n").unwrap();
    let found = check(folder.path(), Effort::FULL).unwrap();
    assert!(!found.is_stale(), "{found:?}");
    fs::write(&beans, "# Beans\n\nGrown in the shade.\n").unwrap();
    assert_eq!(check(folder.path(), Effort::FULL).unwrap().changed, 1);
}

/// An older file that takes the place of a newer one has an old time of modification.
#[cfg(unix)]
#[test]
fn an_older_file_put_in_the_place_of_a_newer_one_is_seen() {
    let folder = indexed(Duration::ZERO);
    let docs = folder.path().join("docs");
    let old = docs.join("old.txt.bak");
    fs::write(&old, "# Beans\n\nGrown in sHade.\n").unwrap();
    let past = SystemTime::now() - Duration::from_secs(1_000_000);
    fs::File::options()
        .write(true)
        .open(&old)
        .unwrap()
        .set_modified(past)
        .unwrap();
    fs::rename(&old, docs.join("beans.md")).unwrap();
    assert_eq!(check(folder.path(), Effort::BRIEF).unwrap().changed, 1);
}

#[test]
fn a_brief_check_gives_up_on_a_huge_folder_and_a_full_one_does_not() {
    let folder = indexed(Duration::ZERO);
    let docs = folder.path().join("docs");
    let large = "# Large\n".repeat(400_000);
    for name in ["large1.md", "large2.md"] {
        fs::write(docs.join(name), &large).unwrap();
    }
    assert_eq!(check(folder.path(), Effort::BRIEF), None);
    assert_eq!(check(folder.path(), Effort::FULL).unwrap().added, 2);

    let folder = indexed(Duration::ZERO);
    for number in 0..2_000 {
        fs::write(folder.path().join(format!("docs/{number}.png")), "").unwrap();
    }
    assert_eq!(check(folder.path(), Effort::BRIEF), None);
    assert!(!check(folder.path(), Effort::FULL).unwrap().is_stale());
}

fn stderr_and_code(folder: &Path, args: &[&str]) -> (String, i32) {
    let output = docent(folder, args).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    (stderr, output.status.code().unwrap())
}

#[test]
fn docent_says_that_the_docs_are_newer() {
    let folder = indexed(Duration::ZERO);
    let folder = folder.path();
    let json = |args: &[&str]| -> Value {
        let output = docent(folder, args).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let ask = ["water", "--format=json", "--min-confidence=0"];
    assert_eq!(json(&ask)["stale"], false);
    let (stderr, code) = stderr_and_code(folder, &["water", "--min-confidence=0", "--fail-stale"]);
    assert_eq!((stderr.as_str(), code), ("", 0));
    assert!(
        transcript(folder, &mut docent(folder, &["info"]))
            .contains("docs        docs, as indexed\n")
    );

    let docs = folder.join("docs");
    fs::write(docs.join("beans.md"), "# Beans\n\nGrown in the sun.\n").unwrap();
    fs::write(docs.join("cups.md"), "# Cups\n\nWarm them.\n").unwrap();
    fs::remove_file(docs.join("bom.md")).unwrap();
    let note = "note: 1 of 4 files changed, 1 is new, 1 is gone in docs since docent.idx was built\n\
                hint: build-index docs -o docent.idx --update\n";
    let note = |index: &str| note.replace("docent.idx", index);
    for args in [
        &["water", "--index=docent.idx", "--min-confidence=0"][..],
        &["show", "beans.md", "--index=docent.idx"],
        &["info", "--index=docent.idx"],
    ] {
        assert_eq!(
            stderr_and_code(folder, args),
            (note("docent.idx"), 0),
            "{args:?}"
        );
        let failing = [args, &["--fail-stale"]].concat();
        assert_eq!(
            stderr_and_code(folder, &failing),
            (note("docent.idx"), 7),
            "{args:?}"
        );
    }
    assert_eq!(json(&ask)["stale"], true);
    assert_eq!(json(&["info", "--json"])["stale"], true);
    let mut batch = docent(folder, &["--batch", "--index=docent.idx", "--fail-stale"]);
    let output = batch.write_stdin("water\nbeans\n").output().unwrap();
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        note("docent.idx")
    );

    fs::remove_dir_all(&docs).unwrap();
    assert_eq!(json(&ask)["stale"], Value::Null);
    let args = ["show", "beans.md", "--index=docent.idx"];
    assert_eq!(stderr_and_code(folder, &args), (String::new(), 0));
    assert_eq!(
        stderr_and_code(folder, &[&args[..], &["--fail-stale"]].concat()),
        (
            "note: cannot tell whether docent.idx is stale: its docs are not in docs\n".to_owned(),
            7
        )
    );
}

#[cfg(unix)]
#[test]
fn an_index_that_is_linked_finds_its_docs() {
    let folder = indexed(Duration::ZERO);
    let elsewhere = TempDir::new().unwrap();
    let link: PathBuf = elsewhere.path().join("docent.idx");
    std::os::unix::fs::symlink(folder.path().join("docent.idx"), &link).unwrap();
    let index = Index::open(&link).unwrap();
    assert!(stale::check(&index, Effort::BRIEF).unwrap().is_some());
}

#[test]
fn the_advice_to_rebuild_can_be_followed_as_it_stands() {
    let hint = |options: &BuildOptions| {
        let folder = indexed_with(Duration::ZERO, "my docs", options);
        fs::write(folder.path().join("my docs/cups.md"), "# Cups\n").unwrap();
        let args = ["show", "beans.md", "--index=docent.idx"];
        let (stderr, _) = stderr_and_code(folder.path(), &args);
        stderr.split_once('\n').unwrap().1.to_owned()
    };
    let update = "hint: build-index 'my docs' -o docent.idx --update\n";
    let default = BuildOptions::default();
    assert_eq!(hint(&default), update);

    let mut other_graph = default;
    other_graph.graph.m = 8;
    let mut without_token_vectors = default;
    without_token_vectors.late_interaction = LateInteraction::Never;
    let repeat = "hint: repeat the options that it was built with (--model, --m, \
                  --ef-construction, --late-interaction)\n";
    for options in [other_graph, without_token_vectors] {
        assert_eq!(hint(&options), format!("{update}{repeat}"));
    }
}

#[test]
fn json_says_where_the_docs_can_be_opened() {
    let folder = indexed(Duration::ZERO);
    let docs = folder.path().join("docs");
    let place = |from: &Path, args: &[&str]| {
        let mut command = docent(from, &["beans", "--format=json"]);
        let output = command.args(args).output().unwrap();
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["docs"].clone()
    };
    assert_eq!(place(folder.path(), &["--index=docent.idx"]), "docs");
    assert_eq!(place(&docs, &["--index=../docent.idx"]), "../docs");
    let found = place(&docs.join("brewing"), &[]);
    let absolute = fs::canonicalize(&docs).unwrap();
    assert_eq!(Path::new(found.as_str().unwrap()), absolute);
    fs::rename(&docs, folder.path().join("moved")).unwrap();
    assert_eq!(place(folder.path(), &[]), Value::Null);
}
