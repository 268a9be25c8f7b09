//! Reading whole folders: the committed fixture, broken folders, and real corpora where present.

use std::fs;
use std::path::{Path, PathBuf};

use docent::corpus::{
    ChunkOptions, Corpus, CorpusError, Section, SkipReason, check_guide, chunk_section,
};

const WORKSPACE: &str = env!("CARGO_MANIFEST_DIR");

fn coffee() -> Corpus {
    Corpus::read(&Path::new(WORKSPACE).join("tests/data/coffee")).unwrap()
}

#[test]
fn fixture_sections_have_titles_and_descriptions() {
    let corpus = coffee();
    let sections: Vec<_> = corpus
        .sections
        .iter()
        .map(|s| (s.path.as_str(), s.title.as_str(), s.description.as_deref()))
        .collect();
    assert_eq!(
        sections,
        [
            (
                "brewing/espresso.md",
                "Espresso: the short version",
                Some("Dose, yield and time of a shot")
            ),
            ("brewing/pour-over.md", "Pour-over", None),
            ("brewing/water.txt", "water", None),
            ("roasting/README.md", "About this folder", None),
            ("roasting/profiles.mdx", "Roast profiles", None),
        ]
    );
    let guide_files: Vec<_> = corpus
        .guide_files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        guide_files,
        ["INDEX.md", "brewing/INDEX.md", "roasting/index.md"]
    );
    assert_eq!(corpus.skipped, []);
}

#[test]
fn fixture_guide_is_exact() {
    let guide = coffee().guide;
    let guidelines: Vec<_> = guide
        .guidelines
        .iter()
        .map(|g| {
            let place = format!("{}:{}", g.source.file, g.source.line);
            format!(
                "{place} {} | {} | {}",
                g.group,
                g.phrase,
                g.targets.join(" ")
            )
        })
        .collect();
    assert_eq!(
        guidelines,
        [
            "INDEX.md:13 Routing | User asks about a cup of coffee | brewing/INDEX.md",
            "INDEX.md:16 Routing | User asks about beans, heat, or first crack | roasting/index.md",
            "brewing/INDEX.md:13 How do I | Pour evenly | brewing/pour-over.md",
            "brewing/INDEX.md:14 How do I | Dial in a shot | brewing/espresso.md brewing/water.txt",
            "brewing/INDEX.md:17 Taste problems | Sour cup | brewing/espresso.md",
        ]
    );
    let descriptors: Vec<_> = guide
        .descriptors
        .iter()
        .map(|d| {
            let place = format!("{}:{}", d.source.file, d.source.line);
            format!(
                "{place} {} | {} | {} | {}",
                d.group, d.title, d.target, d.covers
            )
        })
        .collect();
    assert_eq!(
        descriptors,
        [
            "INDEX.md:7 Coffee handbook | Brewing | brewing/INDEX.md | Filter, espresso, water",
            "INDEX.md:8 Coffee handbook | Roasting | roasting/index.md | Profiles and green beans",
            "brewing/INDEX.md:7 Sections | Pour-over | brewing/pour-over.md | Bloom, pulses, drawdown",
            "brewing/INDEX.md:8 Sections | Espresso | brewing/espresso.md | Dose, yield, time",
            "roasting/index.md:5 Roasting | Roast profiles | roasting/profiles.mdx | A batch tastes of hay",
        ]
    );
    let questions: Vec<_> = guide
        .questions
        .iter()
        .map(|e| (&e.question[..], &e.targets))
        .collect();
    assert_eq!(
        questions,
        [(
            "My shot runs in ten seconds",
            &vec!["brewing/espresso.md".to_owned()]
        )]
    );
    let globs: Vec<_> = guide
        .patterns
        .iter()
        .map(|p| (p.glob.as_str(), p.source.line))
        .collect();
    assert_eq!(globs, [("brewing/pour-*.md", 17)]);
}

#[test]
fn fixture_check_finds_the_unnamed_section() {
    let warnings: Vec<String> = check_guide(&coffee())
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        warnings,
        ["roasting/README.md:1: no guideline and no table names this section"]
    );
}

#[test]
fn reading_is_deterministic_and_the_fingerprint_follows_content() {
    let (first, second) = (coffee(), coffee());
    assert_eq!(first.sections, second.sections);
    assert_eq!(first.fingerprint(), second.fingerprint());
    assert_eq!(first.fingerprint().len(), 32);

    let mut changed = coffee();
    changed.guide_files[1].text.push(' ');
    assert_ne!(changed.fingerprint(), first.fingerprint());
    let mut changed = coffee();
    changed.sections[0].path.push('x');
    assert_ne!(changed.fingerprint(), first.fingerprint());
}

/// A folder whose files are written by `fill`.
fn folder(fill: impl FnOnce(&Path)) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    dir
}

fn skips(corpus: &Corpus) -> Vec<(&str, &SkipReason)> {
    corpus
        .skipped
        .iter()
        .map(|skip| (skip.path.as_str(), &skip.reason))
        .collect()
}

#[test]
fn a_missing_folder_and_a_file_are_errors_with_a_hint() {
    let dir = folder(|dir| fs::write(dir.join("a.md"), "x").unwrap());
    for path in [dir.path().join("none"), dir.path().join("a.md")] {
        let error = Corpus::read(&path).unwrap_err();
        assert!(matches!(error, CorpusError::Unreadable { .. }));
        let message = error.to_string();
        assert!(message.contains(path.to_str().unwrap()), "{message}");
        assert!(
            message.lines().last().unwrap().starts_with("hint: "),
            "{message}"
        );
    }
}

#[test]
fn an_empty_folder_is_an_error_that_counts_the_skips() {
    let dir = folder(|dir| fs::write(dir.join("data.csv"), "1,2").unwrap());
    let message = Corpus::read(dir.path()).unwrap_err().to_string();
    assert!(
        message.contains("(0 files or folders skipped; not read: 1 .csv)\nhint: "),
        "{message}"
    );

    fs::write(dir.path().join("empty.md"), "").unwrap();
    let message = Corpus::read(dir.path()).unwrap_err().to_string();
    assert!(
        message.contains("(1 files or folders skipped, first empty.md: empty; not read: 1 .csv)"),
        "{message}"
    );
}

#[test]
fn files_that_are_no_text_are_skipped_with_their_reason() {
    let dir = folder(|dir| {
        fs::write(dir.join("a.MD"), "\u{feff}# Title\r\n\r\ntext\r\n").unwrap();
        fs::write(dir.join("binary.md"), b"a\0b").unwrap();
        fs::write(dir.join("blank.txt"), " \n\t\n").unwrap();
        fs::write(dir.join("noise.md"), b"\x01\x02\xff\x03").unwrap();
        fs::write(dir.join("logo.png"), b"\x89PNG\0").unwrap();
        fs::write(dir.join("zero.md"), "").unwrap();
        fs::write(dir.join(".draft.md"), "x").unwrap();
        fs::create_dir(dir.join(".git")).unwrap();
        fs::write(dir.join(".git/x.md"), "x").unwrap();
        let huge = fs::File::create(dir.join("huge.md")).unwrap();
        huge.set_len(50 << 20).unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    assert_eq!(
        skips(&corpus),
        [
            (".draft.md", &SkipReason::Hidden),
            (".git", &SkipReason::Hidden),
            ("binary.md", &SkipReason::Binary),
            ("blank.txt", &SkipReason::Empty),
            (
                "huge.md",
                &SkipReason::TooLarge {
                    bytes: 50 << 20,
                    limit: 4 << 20
                }
            ),
            ("noise.md", &SkipReason::Binary),
            ("zero.md", &SkipReason::Empty),
        ]
    );
    assert_eq!(corpus.sections.len(), 1);
    assert_eq!(corpus.sections[0].title, "Title");
    assert_eq!(corpus.sections[0].text(), "# Title\r\n\r\ntext\r\n");
}

#[test]
fn what_a_file_includes_is_text_of_its_section() {
    let dir = folder(|dir| {
        fs::create_dir(dir.join("code")).unwrap();
        fs::write(dir.join("code/a.rs"), "fn a() {}\nfn b() {}\n").unwrap();
        fs::write(dir.join(".secret"), "secret").unwrap();
        let text = "# A\n\n```rust\n{{#include code/a.rs}}\n```\n\n{{#include .secret}}\n";
        fs::write(dir.join("a.md"), text).unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    let section = &corpus.sections[0];
    assert_eq!(
        section.text(),
        "# A\n\n```rust\nfn a() {}\nfn b() {}\n```\n\n{{#include .secret}}\n"
    );
    let lines: Vec<u32> = (1..=8).map(|line| section.file_line(line)).collect();
    assert_eq!(lines, [1, 2, 3, 4, 4, 5, 6, 7]);
}

#[test]
fn restructuredtext_and_asciidoc_include_too() {
    let dir = folder(|dir| {
        fs::create_dir(dir.join("code")).unwrap();
        fs::write(dir.join("code/a.py"), "def a():\n    return 1\n").unwrap();
        fs::write(dir.join("part.inc"), "Grown in *shade*.\n").unwrap();
        let text = ".. include:: part.inc\n\n.. literalinclude:: code/a.py\n   :lines: 2\n\n.. include:: none\n";
        fs::write(dir.join("a.rst"), text).unwrap();
        let text = "= A\n\ninclude::part.inc[]\n\n----\ninclude::code/a.py[lines=1]\n----\n\ninclude::none[]\n";
        fs::write(dir.join("b.adoc"), text).unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    let embedded = |section: &Section| {
        let count = |text: &str| text.split_whitespace().count();
        let chunks = chunk_section(section, &ChunkOptions::default(), &count);
        let texts = chunks.into_iter().map(|chunk| chunk.embed_text);
        texts.collect::<Vec<_>>().join("|")
    };
    let [rst, adoc] = &corpus.sections[..] else {
        panic!("{} sections", corpus.sections.len())
    };
    assert_eq!(embedded(rst), "a\n\nGrown in shade.\nreturn 1");
    assert_eq!(embedded(adoc), "A\n\nGrown in shade.\ndef a():");
    let lines: Vec<u32> = (1..=7).map(|line| rst.file_line(line)).collect();
    assert_eq!(lines, [1, 1, 2, 3, 3, 3, 3]);
}

#[cfg(unix)]
#[test]
fn nothing_outside_of_the_folder_is_included() {
    use std::os::unix::fs::symlink;
    let outside = folder(|dir| fs::write(dir.join("secret.md"), "secret").unwrap());
    let dir = folder(|dir| {
        symlink(outside.path().join("secret.md"), dir.join("out.txt")).unwrap();
        symlink(outside.path(), dir.join("outside")).unwrap();
        let to = outside.path().join("secret.md");
        let text = format!(
            "{{{{#include out.txt}}}}\n{{{{#include outside/secret.md}}}}\n{{!{}!}}\n{{!../secret.md!}}\n",
            to.display()
        );
        fs::write(dir.join("a.md"), text).unwrap();
        let paths = [
            "out.txt",
            "outside/secret.md",
            to.to_str().unwrap(),
            "../secret.md",
        ];
        let rst = paths.map(|path| format!(".. include:: {path}\n.. literalinclude:: {path}\n"));
        fs::write(dir.join("b.rst"), rst.concat()).unwrap();
        let adoc = paths.map(|path| format!("include::{path}[]\n"));
        fs::write(dir.join("c.adoc"), adoc.concat()).unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    let paths: Vec<_> = corpus.sections.iter().map(|s| s.path.as_str()).collect();
    assert_eq!(paths, ["a.md", "b.rst", "c.adoc"]);
    for (section, lines) in corpus.sections.iter().zip([4, 8, 4]) {
        let text = section.text();
        assert!(!text.contains("secret\n"), "{text}");
        assert_eq!(text.lines().count(), lines);
    }
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_to_files_inside() {
    use std::os::unix::fs::symlink;
    let outside = folder(|dir| fs::write(dir.join("secret.md"), "x").unwrap());
    let dir = folder(|dir| {
        fs::create_dir(dir.join("sub")).unwrap();
        fs::write(dir.join("sub/a.md"), "inside").unwrap();
        symlink("sub/a.md", dir.join("alias.md")).unwrap();
        symlink("..", dir.join("sub/loop")).unwrap();
        symlink("sub", dir.join("twin")).unwrap();
        symlink("gone.md", dir.join("dangling.md")).unwrap();
        symlink("self.md", dir.join("self.md")).unwrap();
        symlink(outside.path().join("secret.md"), dir.join("out.md")).unwrap();
        symlink(outside.path(), dir.join("outside")).unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    let paths: Vec<_> = corpus.sections.iter().map(|s| s.path.as_str()).collect();
    assert_eq!(paths, ["alias.md", "sub/a.md"]);
    let mut skipped = skips(&corpus);
    let unreadable: Vec<_> = skipped
        .extract_if(.., |(_, reason)| {
            matches!(reason, SkipReason::Unreadable { .. })
        })
        .map(|(path, _)| path)
        .collect();
    assert_eq!(unreadable, ["dangling.md", "self.md"]);
    assert_eq!(
        skipped,
        [
            ("out.md", &SkipReason::LinkLeavesRoot),
            ("outside", &SkipReason::LinkLeavesRoot),
            ("sub/loop", &SkipReason::LinkLoop),
            ("twin", &SkipReason::LinkedFolder),
        ]
    );
}

#[test]
fn a_folder_named_like_a_file_and_deep_folders_are_walked() {
    let dir = folder(|dir| {
        let deep = (0..200).fold(dir.join("x.md"), |path, _| path.join("d"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("leaf.md"), "# Leaf").unwrap();
    });
    let corpus = Corpus::read(dir.path()).unwrap();
    assert_eq!(corpus.sections.len(), 1);
    assert_eq!(corpus.sections[0].title, "Leaf");
    assert_eq!(corpus.skipped, []);
}

#[test]
fn a_guide_file_that_routes_nowhere_is_a_section() {
    let dir = folder(|dir| fs::write(dir.join("index.md"), "# Home\n\nWelcome.\n").unwrap());
    let corpus = Corpus::read(dir.path()).unwrap();
    assert_eq!(corpus.sections[0].path, "index.md");
    assert!(corpus.guide_files.is_empty());
    assert_eq!(check_guide(&corpus), []);
}

/// What a guide file must hold: guidelines, descriptors, questions, patterns.
const REAL_GUIDES: [(&str, [usize; 4]); 4] = [
    ("INDEX.md", [3, 3, 0, 0]),
    ("cel-expressions/index.md", [17, 21, 0, 1]),
    ("connectors/INDEX.md", [33, 27, 7, 0]),
    ("service-principals/INDEX.md", [25, 17, 7, 0]),
];

/// The folder with the real corpora, which a test that needs them is told by the environment.
pub fn shared_corpora() -> PathBuf {
    let folder = std::env::var_os("DOCENT_CORPORA");
    folder
        .expect("DOCENT_CORPORA names the folder of the real corpora")
        .into()
}

#[test]
#[ignore = "needs the real corpora that DOCENT_CORPORA names"]
fn shared_guides_parse_completely() {
    let root = shared_corpora();
    let corpus = Corpus::read(&root).unwrap();
    for (file, expected) in REAL_GUIDES {
        let guide = &corpus.guide;
        let found = [
            guide
                .guidelines
                .iter()
                .filter(|g| g.source.file == file)
                .count(),
            guide
                .descriptors
                .iter()
                .filter(|d| d.source.file == file)
                .count(),
            guide
                .questions
                .iter()
                .filter(|e| e.source.file == file)
                .count(),
            guide
                .patterns
                .iter()
                .filter(|p| p.source.file == file)
                .count(),
        ];
        println!("{file}: guidelines, descriptors, questions, patterns: {found:?}");
        for g in guide.guidelines.iter().filter(|g| g.source.file == file) {
            println!(
                "  {} [{}] {} -> {}",
                g.source.line,
                g.group,
                g.phrase,
                g.targets.join(", ")
            );
        }
        assert_eq!(found, expected, "{file}");
    }
    // Besides the files that guides name, the landing page of cel-expressions, which is guide and section.
    assert_eq!(corpus.sections.len(), 27 + 17 + 21 + 1);
    assert_eq!(check_guide(&corpus), []);
}

#[test]
fn the_default_corpus_is_indexed_completely() {
    let corpus = Corpus::read(&Path::new(WORKSPACE).join("docs")).unwrap();
    let guide = &corpus.guide;
    assert_eq!(corpus.sections.len(), 27);
    assert_eq!(guide.descriptors.len(), 27);
    assert_eq!(guide.guidelines.len(), 33);
    assert_eq!(guide.questions.len(), 7);
    assert_eq!(check_guide(&corpus), []);
    assert_eq!(corpus.skipped, []);
}
