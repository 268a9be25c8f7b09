//! Which files of a folder are read: ignore files, globs, `docent.toml`, names, encodings, packed files.

use std::fs;
use std::io::Write;
use std::path::Path;

use docent::builder::{Build, BuildOptions};
use docent::corpus::{
    Config, Corpus, CorpusError, CorpusOptions, GuessedEncoding, SkipReason, check_guide,
};
use docent::index::{Index, IndexSlot};
use docent::stale::{self, Effort, Freshness};
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use crate::support::{bundled, docent, transcript};

/// A folder with these files; a path that ends in `/` is a folder.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), files);
    folder
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn options(include: &[&str], exclude: &[&str]) -> CorpusOptions {
    let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect();
    CorpusOptions {
        include: owned(include),
        exclude: owned(exclude),
    }
}

fn paths(corpus: &Corpus) -> Vec<&str> {
    corpus.sections.iter().map(|s| s.path.as_str()).collect()
}

fn read(folder: &Path) -> Corpus {
    Corpus::read(folder).unwrap()
}

/// The sections, and what is said of what is not read.
fn found(folder: &Path) -> (String, String) {
    let corpus = read(folder);
    assert_eq!(corpus.skipped, []);
    (paths(&corpus).join(" "), corpus.not_read.to_string())
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn ignore_files_count_from_the_deepest_and_may_take_back() {
    let docs = folder(&[
        (".ignore", "draft*\n/build/\n\n# a comment\nnot-here\n"),
        ("a.md", "a"),
        ("draft1.md", "a"),
        ("build/out.md", "a"),
        ("build/more.md", "a"),
        ("sub/.ignore", "!draft2.md\n*.txt\n"),
        ("sub/draft1.md", "a"),
        ("sub/draft2.md", "a"),
        ("sub/note.txt", "a"),
        ("sub/build/kept.md", "a"),
        ("sub/draft.png", "a"),
    ]);
    let (sections, not_read) = found(docs.path());
    assert_eq!(sections, "a.md sub/build/kept.md sub/draft2.md");
    // The picture is no file that anybody would have missed.
    assert_eq!(not_read, "left out: 3 files and 1 folder by .ignore");
}

#[test]
fn gitignore_counts_in_a_repository_only() {
    let docs = folder(&[(".gitignore", "b.md\n"), ("a.md", "a"), ("b.md", "b")]);
    assert_eq!(found(docs.path()).0, "a.md b.md");
    fs::create_dir(docs.path().join(".git")).unwrap();
    let corpus = read(docs.path());
    assert_eq!(paths(&corpus), ["a.md"]);
    assert_eq!(
        corpus.not_read.to_string(),
        "left out: 1 file by .gitignore"
    );
}

/// `.git` is a file in a linked work tree and in a submodule.
#[test]
fn folders_above_count_as_far_as_the_repository_reaches() {
    let outer = folder(&[
        (".ignore", "a.md\n"),
        (".docentignore", "a.md\n"),
        ("repository/.git", "gitdir: elsewhere\n"),
        ("repository/.gitignore", "b.md\n/docs/c.md\nc.md/\n"),
        ("repository/.ignore", "d.md\n"),
        ("repository/docs/a.md", "a"),
        ("repository/docs/b.md", "a"),
        ("repository/docs/c.md", "a"),
        ("repository/docs/d.md", "a"),
        ("repository/docs/deep/c.md", "a"),
    ]);
    let (sections, not_read) = found(&outer.path().join("repository/docs"));
    assert_eq!(sections, "a.md deep/c.md");
    assert_eq!(
        not_read,
        "left out: 2 files by .gitignore, 1 file by .ignore"
    );
    fs::remove_file(outer.path().join("repository/.git")).unwrap();
    let (sections, not_read) = found(&outer.path().join("repository/docs"));
    assert_eq!(sections, "a.md b.md c.md d.md deep/c.md");
    assert_eq!(not_read, "");
}

#[test]
fn a_repository_in_a_repository_has_its_own_gitignore() {
    let docs = folder(&[
        (".git/", ""),
        (".gitignore", "a.md\n"),
        (".ignore", "c.md\n"),
        ("b.md", "b"),
        ("a.md", "b"),
        ("inner/.git/", ""),
        ("inner/.gitignore", "b.md\n"),
        ("inner/a.md", "b"),
        ("inner/b.md", "b"),
        ("inner/c.md", "b"),
    ]);
    assert_eq!(paths(&read(docs.path())), ["b.md", "inner/a.md"]);
}

#[test]
fn docentignore_counts_more_than_ignore_and_that_more_than_gitignore() {
    let docs = folder(&[
        (".git/", ""),
        (".docentignore", "!a.md\nd.md\n"),
        (".ignore", "a.md\n!b.md\n"),
        (".gitignore", "b.md\nc.md\n"),
        ("a.md", "a"),
        ("b.md", "a"),
        ("c.md", "a"),
        ("d.md", "a"),
    ]);
    let corpus = read(docs.path());
    assert_eq!(paths(&corpus), ["a.md", "b.md"]);
    assert_eq!(
        corpus.not_read.to_string(),
        "left out: 1 file by .docentignore, 1 file by .gitignore"
    );
    write(docs.path(), &[(Config::NAME, "ignore_files = false\n")]);
    assert_eq!(paths(&read(docs.path())), ["a.md", "b.md", "c.md", "d.md"]);
}

#[test]
fn an_ignore_file_that_cannot_be_read_is_told() {
    let docs = folder(&[
        ("a.md", "a"),
        (".ignore", &"*.txt\n".repeat(50_000)),
        ("sub/.docentignore/x", ""),
        ("sub/b.md", "b"),
    ]);
    #[cfg(unix)]
    std::os::unix::fs::symlink("/dev/zero", docs.path().join("sub/.ignore")).unwrap();
    let corpus = read(docs.path());
    assert_eq!(paths(&corpus), ["a.md", "sub/b.md"]);
    let skipped: Vec<_> = corpus
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.path, s.reason))
        .collect();
    assert_eq!(
        skipped[0],
        ".ignore: cannot be read: an ignore file of more than 262144 bytes"
    );
    let hidden = ["sub/.docentignore: hidden", "sub/.ignore: hidden"];
    assert_eq!(skipped[1..], hidden[..skipped.len() - 1]);
}

#[test]
fn lines_that_are_no_patterns_do_no_harm() {
    let docs = folder(&[
        (".ignore", "\u{feff}b.md\r\n{unclosed\n[\n\\\n\u{1b}[2J\n"),
        ("a.md", "a"),
        ("b.md", "b"),
    ]);
    assert_eq!(paths(&read(docs.path())), ["a.md"]);
}

#[test]
fn globs_include_and_exclude() {
    let docs = folder(&[
        ("INDEX.md", "- Read it -> `a.md`\n"),
        ("a.md", "a"),
        ("b.txt", "b"),
        ("guide/c.md", "c"),
        ("guide/deep/d.txt", "d"),
        ("guide/x.png", ""),
        ("old/e.md", "e"),
    ]);
    for (include, exclude, expected, not_read) in [
        (
            &[][..],
            &["old", "*.txt"][..],
            "a.md guide/c.md",
            "not read: 1 .png; left out: 2 files and 1 folder by include and exclude",
        ),
        (
            &["guide/"],
            &[],
            "guide/c.md guide/deep/d.txt",
            "not read: 1 .png; left out: 4 files by include and exclude",
        ),
        (
            &["/*.md", "deep"],
            &[],
            "a.md guide/deep/d.txt",
            "left out: 3 files by include and exclude",
        ),
        (
            &["*.md"],
            &["a.md", "INDEX.md"],
            "guide/c.md old/e.md",
            "left out: 4 files by include and exclude",
        ),
    ] {
        let corpus = Corpus::read_with(docs.path(), &options(include, exclude)).unwrap();
        assert_eq!(
            paths(&corpus).join(" "),
            expected,
            "{include:?} {exclude:?}"
        );
        assert_eq!(
            corpus.not_read.to_string(),
            not_read,
            "{include:?} {exclude:?}"
        );
    }
    let error = Corpus::read_with(docs.path(), &options(&["*.rst"], &[])).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("left out: 6 files by include and exclude)"),
        "{error}"
    );
}

/// A pattern that includes does not bring back what an ignore file leaves out.
#[test]
fn an_include_takes_nothing_back() {
    let docs = folder(&[(".ignore", "b.md\n"), ("a.md", "a"), ("b.md", "b")]);
    let corpus = Corpus::read_with(docs.path(), &options(&["*.md"], &[])).unwrap();
    assert_eq!(paths(&corpus), ["a.md"]);
}

#[test]
fn the_folder_says_what_the_command_line_does_not() {
    let docs = folder(&[
        (Config::NAME, "include = [\"*.md\"]\nexclude = [\"old/\"]\n"),
        ("a.md", "a"),
        ("b.txt", "b"),
        ("old/c.md", "c"),
    ]);
    assert_eq!(
        found(docs.path()),
        (
            "a.md".to_owned(),
            "left out: 1 file and 1 folder by include and exclude".to_owned()
        )
    );
    let said = |include: &[&str], exclude: &[&str]| {
        let corpus = Corpus::read_with(docs.path(), &options(include, exclude)).unwrap();
        paths(&corpus).join(" ")
    };
    assert_eq!(said(&["*.txt", "*.md"], &[]), "a.md b.txt");
    assert_eq!(said(&[], &["a.md"]), "old/c.md");
}

#[test]
fn a_wrong_docent_toml_is_an_error_that_names_the_place() {
    let errors = |text: &str| {
        let docs = folder(&[("a.md", "a"), (Config::NAME, text)]);
        let error = Corpus::read(docs.path()).unwrap_err();
        assert!(matches!(error, CorpusError::Config(_)), "{error:?}");
        error
            .to_string()
            .replace(docs.path().to_str().unwrap(), "docs")
    };
    let messages = [
        "# A typo:\nexclud = [\"a\"]\n",
        "exclude = \"drafts\"\n",
        "include = [\n  \"a\",\n  3,\n]\n",
        "ignore_files = \"no\"\n",
        "model = [\n",
        "fields = [\"a\"]\nfields = [\"b\"]\n",
        "[docs]\ninclude = []\n",
        "exclude = [\"{a\"]\n",
    ]
    .map(errors);
    insta::assert_snapshot!(messages.join("\n\n"));
}

#[cfg(unix)]
#[test]
fn a_docent_toml_that_is_no_file_is_an_error() {
    let outside = folder(&[("secret", "password = 1\n")]);
    let docs = folder(&[("a.md", "a")]);
    let path = docs.path().join(Config::NAME);
    std::os::unix::fs::symlink(outside.path().join("secret"), &path).unwrap();
    let error = Corpus::read(docs.path()).unwrap_err().to_string();
    assert!(
        error.contains("not a file") && !error.contains("password"),
        "{error}"
    );
    fs::remove_file(&path).unwrap();
    fs::write(&path, "#".repeat(70_000)).unwrap();
    let error = Corpus::read(docs.path()).unwrap_err().to_string();
    assert!(error.contains("70000 bytes\nhint: "), "{error}");
}

#[test]
fn an_audit_and_an_evaluation_read_docent_toml() {
    let folder = folder(&[
        (
            "docs/docent.toml",
            "exclude = [\"b.md\"]\nmodel = \"no-model\"\n",
        ),
        ("docs/a.md", "# A\n\nWater for coffee.\n"),
        ("docs/b.md", "# B\n\n[gone](nowhere.md)\n"),
        (
            "questions.jsonl",
            "{\"id\": \"q\", \"question\": \"water\", \"relevant\": {\"a.md\": 2}}\n",
        ),
    ]);
    let run = |args: &[&str]| transcript(folder.path(), &mut docent(folder.path(), args));
    let audit = run(&["audit", "docs"]);
    assert!(audit.contains("no-model"), "{audit}");
    let evaluation = run(&["eval", "questions.jsonl", "--docs=docs", "--cache=cache"]);
    assert!(evaluation.contains("no-model"), "{evaluation}");
    write(
        folder.path(),
        &[("docs/docent.toml", "exclude = [\"b.md\"]\n")],
    );
    let audit = run(&["audit", "docs"]);
    assert!(
        audit.starts_with("exit code 0") && !audit.contains("nowhere.md"),
        "{audit}"
    );
}

#[test]
fn kinds_that_are_not_read_are_counted() {
    let docs = folder(&[
        ("a.md", "a"),
        ("a.css", ""),
        ("b.CSS", ""),
        ("sub/c.css", ""),
        ("a.png", ""),
        ("b.png", ""),
        ("x.yaml", ""),
        ("x.rs", ""),
        ("x.c", ""),
        ("Makefile", ""),
        (".hidden.png", ""),
        (".git/x.png", ""),
    ]);
    let corpus = read(docs.path());
    assert_eq!(
        corpus.not_read.to_string(),
        "not read: 3 .css, 2 .png, 1 without an extension, 1 .c, 1 .rs, …"
    );
    let last = corpus.not_read.kinds.last().unwrap();
    assert_eq!((last.extension.as_deref(), last.files), (Some("yaml"), 1));
}

#[test]
fn names_without_an_extension_are_read_by_tradition() {
    let docs = folder(&[
        ("INDEX.md", "**\"How do I...\"**\n- Install -> `setup.md`\n"),
        ("setup.md", "# Setup\n"),
        ("LICENSE", "MIT"),
        ("README.Debian", "Read # me"),
        ("install", "run it"),
        ("install.sh", "rm"),
    ]);
    let corpus = read(docs.path());
    assert_eq!(
        paths(&corpus),
        ["LICENSE", "README.Debian", "install", "setup.md"]
    );
    assert_eq!(corpus.not_read.to_string(), "not read: 1 .sh");
    // `Install` in the guide is a phrase, and nobody has to name the licence.
    assert_eq!(check_guide(&corpus), []);
    assert_eq!(corpus.guide.guidelines[0].targets, ["setup.md"]);
}

#[test]
fn text_is_read_in_its_encoding_and_a_guess_is_told() {
    let utf_16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let docs = folder(&[("a.md", "\u{feff}# Größe\n")]);
    let write = |name: &str, bytes: &[u8]| fs::write(docs.path().join(name), bytes).unwrap();
    write("b.txt", &utf_16("\u{feff}Größe 日本"));
    write("c.txt", &utf_16("Every second byte is zero."));
    write("d.txt", b"Gr\xf6\xdfe \x96 5 \x80");
    write("e.txt.gz", &gzip(b"caf\xe9"));
    write("f.txt", b"\x7fELF\x02\x01\x01\0\0\0");
    let corpus = read(docs.path());
    let texts: Vec<_> = corpus
        .sections
        .iter()
        .map(|s| (s.path.as_str(), s.text()))
        .collect();
    assert_eq!(
        texts,
        [
            ("a.md", "# Größe\n"),
            ("b.txt", "Größe 日本"),
            ("c.txt", "Every second byte is zero."),
            ("d.txt", "Größe – 5 €"),
            ("e.txt.gz", "café"),
        ]
    );
    let guesses: Vec<_> = corpus
        .guesses
        .iter()
        .map(|g| (g.path.as_str(), g.encoding))
        .collect();
    assert_eq!(
        guesses,
        [
            ("c.txt", GuessedEncoding::Utf16Le),
            ("d.txt", GuessedEncoding::Windows1252),
            ("e.txt.gz", GuessedEncoding::Windows1252),
        ]
    );
    assert_eq!(corpus.skipped[0].reason, SkipReason::Binary);
}

#[test]
fn packed_files_are_read_and_what_is_none_is_skipped() {
    let docs = folder(&[("a.md", "a")]);
    let write = |name: &str, bytes: &[u8]| fs::write(docs.path().join(name), bytes).unwrap();
    write("changelog.Debian.gz", &gzip(b"version 2\n"));
    write("cut.md.gz", &gzip(&b"Beans. ".repeat(1_000))[..30]);
    write("data.json.gz", &gzip(b"{}"));
    write("large.md.gz", &gzip(&vec![b'x'; (4 << 20) + 1]));
    let corpus = read(docs.path());
    assert_eq!(paths(&corpus), ["a.md", "changelog.Debian.gz"]);
    assert_eq!(corpus.sections[1].text(), "version 2\n");
    let skipped: Vec<_> = corpus
        .skipped
        .iter()
        .map(|s| format!("{}: {}", s.path, s.reason))
        .collect();
    assert!(
        skipped[0].starts_with("cut.md.gz: not a whole gzip file: "),
        "{skipped:?}"
    );
    assert_eq!(
        skipped[1..],
        ["large.md.gz: unpacked it is larger than the limit of 4194304 bytes"]
    );
    assert_eq!(corpus.not_read.to_string(), "not read: 1 .gz");
}

/// An index of `docs` in `folder`, read with `options`.
fn build(folder: &Path, options: &CorpusOptions) {
    let corpus = Corpus::read_with(&folder.join("docs"), options).unwrap();
    let encoder = bundled();
    let slot = IndexSlot::claim(&folder.join("docent.idx")).unwrap();
    let mut build = Build::new(corpus, &*encoder, &BuildOptions::default());
    build.place_in(&slot);
    build.finish().unwrap().write(slot).unwrap();
}

/// `(changed, added, removed)`, the same for any effort.
fn stale(folder: &Path) -> Option<(usize, usize, usize)> {
    let index = Index::open(&folder.join("docent.idx")).unwrap();
    let check = |effort| stale::check(&index, effort).unwrap();
    let found = check(Effort::BRIEF);
    assert_eq!(found, check(Effort::FULL));
    found.map(|found| (found.changed, found.added, found.removed))
}

#[test]
fn staleness_sees_the_files_that_the_build_saw() {
    let folder = folder(&[
        ("docs/.ignore", "drafts/\n"),
        ("docs/docent.toml", "exclude = [\"old.md\"]\n"),
        ("docs/a.md", "a"),
        ("docs/b.txt", "b"),
        ("docs/drafts/c.md", "c"),
        ("docs/old.md", "d"),
    ]);
    let at = folder.path();
    build(at, &options(&["*.md"], &[]));
    assert_eq!(stale(at), Some((0, 0, 0)));
    // Nothing of this would be read.
    write(
        at,
        &[
            ("docs/drafts/new.md", "n"),
            ("docs/new.txt", "n"),
            ("docs/sub/old.md", "n"),
        ],
    );
    assert_eq!(stale(at), Some((0, 0, 0)));
    write(at, &[("docs/new.md", "n")]);
    assert_eq!(stale(at), Some((0, 1, 0)));
    // What the docs say now is what the next build does: `drafts/c.md` is read.
    write(at, &[("docs/.ignore", "new.md\n")]);
    assert_eq!(stale(at), Some((0, 1, 0)));
    write(
        at,
        &[
            ("docs/.ignore", "new.md\ndrafts/\n"),
            ("docs/docent.toml", ""),
        ],
    );
    assert_eq!(stale(at), Some((0, 2, 0)));
    write(
        at,
        &[
            ("docs/docent.toml", "exclude = [\"old.md\", \"/a.md\"]\n"),
            ("docs/.ignore", "drafts/\n"),
        ],
    );
    // A folder with none of the index's files is another one.
    assert_eq!(stale(at), None);
    write(at, &[("docs/docent.toml", "exclud = []\n")]);
    assert_eq!(stale(at), None);
}

#[test]
fn staleness_knows_files_in_other_encodings_and_packed_ones() {
    let folder = folder(&[("docs/a.md", "a")]);
    let at = folder.path();
    let write = |name: &str, bytes: &[u8]| fs::write(at.join("docs").join(name), bytes).unwrap();
    write("b.txt", b"caf\xe9");
    write("c.txt.gz", &gzip(b"one"));
    write("d.txt", b"\xff\xfea\0b\0");
    build(at, &CorpusOptions::default());
    assert_eq!(stale(at), Some((0, 0, 0)));
    // The same text, packed less tightly.
    let mut loose = GzEncoder::new(Vec::new(), Compression::none());
    loose.write_all(b"one").unwrap();
    let loose = loose.finish().unwrap();
    assert_ne!(loose.len(), gzip(b"one").len());
    write("c.txt.gz", &loose);
    assert_eq!(stale(at), Some((0, 0, 0)));
    write("c.txt.gz", &gzip(b"two"));
    write("b.txt", b"caf\xe8");
    write("d.txt", b"\xfe\xff\0a\0b");
    assert_eq!(stale(at), Some((2, 0, 0)));
}

#[test]
fn the_advice_to_rebuild_repeats_the_globs() {
    let folder = folder(&[("docs/a.md", "a"), ("docs/b.md", "b")]);
    let at = folder.path();
    build(at, &options(&["*.md"], &["drafts/", "it's"]));
    write(at, &[("docs/a.md", "changed")]);
    let index = Index::open(&at.join("docent.idx")).unwrap();
    let said = Freshness::check(&index, Effort::FULL).unwrap().to_string();
    let (_, options) = said.split_once(" --update").unwrap();
    assert_eq!(
        options,
        r" --include='*.md' --exclude=drafts/ --exclude='it'\''s'"
    );
}
