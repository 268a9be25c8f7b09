//! What generators and authors say of pages where they list them, and pages that are lists and texts at once.

use std::fs;

use docent::corpus::{Corpus, check_guide};
use docent::index::Index;
use docent::stale::{self, Effort};
use tempfile::TempDir;

use crate::audit_rules::{audit_toy, told};
use crate::support::{indexed, write_docs};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    write_docs(files, folder.path());
    folder
}

/// What a folder's guide says of sections: `target | title | text`.
fn said(corpus: &Corpus) -> Vec<String> {
    let rows = corpus.guide.descriptors.iter();
    rows.map(|row| format!("{} | {} | {}", row.target, row.title, row.covers))
        .collect()
}

fn paths(corpus: &Corpus) -> Vec<&str> {
    corpus
        .sections
        .iter()
        .map(|section| &*section.path)
        .collect()
}

#[test]
fn generators_say_what_is_where() {
    for (list, text, section, expected) in [
        (
            "mkdocs.yml",
            "nav:\n  - Guide:\n      - Pots: pots.md\n",
            "docs/pots.md",
            "Pots | Guide",
        ),
        (
            "sidebars.js",
            "module.exports = {a: {Guide: ['pots']}};",
            "docs/pots.mdx",
            " | Guide",
        ),
        (
            "modules/a/nav.adoc",
            ".Guide\n* xref:pots.adoc[Pots]\n",
            "modules/a/pages/pots.adoc",
            "Pots | Guide",
        ),
        (
            "SUMMARY.md",
            "## Guide\n\n- [Pots](docs/pots.md)\n",
            "docs/pots.md",
            "Pots | Guide",
        ),
        (
            "llms.txt",
            "- [Pots](https://t.example/x/docs/pots): Iron\n",
            "docs/pots.md",
            "Pots | Iron",
        ),
    ] {
        let folder = folder(&[(list, text), (section, "Warm the pot.\n")]);
        let corpus = Corpus::read(folder.path()).unwrap();
        assert_eq!(said(&corpus), [format!("{section} | {expected}")]);
        assert_eq!(paths(&corpus), [section]);
        assert_eq!(check_guide(&corpus), [], "{list}");
        assert_eq!(corpus.skipped, [], "{list}");
    }
}

#[test]
fn a_toctree_speaks_and_its_page_stays_a_section() {
    let index = "Tea\n===\n\n.. toctree::\n   :caption: Pots\n\n   iron\n   gone\n\nWelcome.\n";
    let folder = folder(&[
        ("index.rst", index),
        ("iron.rst", "Iron\n====\n\nWarm it.\n"),
    ]);
    let corpus = Corpus::read(folder.path()).unwrap();
    assert_eq!(said(&corpus), ["iron.rst |  | Tea > Pots"]);
    assert_eq!(paths(&corpus), ["index.rst", "iron.rst"]);
    assert_eq!(
        (corpus.guide_files.len(), check_guide(&corpus)),
        (0, vec![])
    );
}

#[test]
fn a_list_of_nothing_is_skipped_and_makes_no_index_stale() {
    let folder = indexed(&[
        ("mkdocs.yml", "site_name: Tea\n"),
        ("a.md", "Warm the pot.\n"),
    ]);
    let corpus = Corpus::read(&folder.path().join("docs")).unwrap();
    let skipped: Vec<String> = corpus
        .skipped
        .iter()
        .map(|skipped| format!("{}: {}", skipped.path, skipped.reason))
        .collect();
    assert_eq!(skipped, ["mkdocs.yml: no pages are listed in it"]);
    let index = Index::open(&folder.path().join("docent.idx")).unwrap();
    let staleness = stale::check(&index, Effort::FULL).unwrap().unwrap();
    assert!(!staleness.is_stale(), "{staleness:?}");
}

/// A page that lists others, and says how much memory they need.
const LANDING: &str = "# Tea\n\n| Page | File |\n|---|---|\n| Pots | `pots.md` |\n\n## System requirements\n\n\
    A samovar needs at least four litres of water and a table that carries it, since it is heavy when it is full, and \
    coal for three hours; whoever has none takes wood of fruit trees, cut small, and a little patience until it burns.\n";

#[test]
fn a_landing_page_is_a_guide_and_a_section() {
    let folder = indexed(&[("index.md", LANDING), ("pots.md", "Warm the pot.\n")]);
    let corpus = Corpus::read(&folder.path().join("docs")).unwrap();
    assert_eq!(said(&corpus), ["pots.md | Pots | "]);
    assert_eq!(paths(&corpus), ["index.md", "pots.md"]);
    assert_eq!(check_guide(&corpus), []);
    let text = corpus.sections[0].text();
    assert!(
        text.starts_with("# Tea\n\n## System requirements\n\nA samovar"),
        "{text}"
    );
    assert_eq!(corpus.sections[0].file_line(3), 7);

    let path = folder.path().join("docent.idx");
    let staleness = || {
        let index = Index::open(&path).unwrap();
        stale::check(&index, Effort::FULL).unwrap().unwrap()
    };
    assert!(!staleness().is_stale());
    fs::write(
        folder.path().join("docs/index.md"),
        format!("{LANDING}\nMore.\n"),
    )
    .unwrap();
    assert_eq!(staleness().changed, 1);
    fs::remove_file(folder.path().join("docs/index.md")).unwrap();
    assert_eq!(staleness().removed, 1);
}

#[test]
fn a_folder_says_which_files_are_its_guide() {
    let files = [
        ("docent.toml", "guide = [\"/map.md\"]\n"),
        ("map.md", "- Warm it -> `pots.md`\n"),
        ("INDEX.md", "- Cool it -> `pots.md`\n"),
        ("mkdocs.yml", "nav: [{Pots: pots.md}]\ndocs_dir: .\n"),
        ("pots.md", "Warm the pot.\n"),
    ];
    let named = folder(&files);
    let corpus = Corpus::read(named.path()).unwrap();
    let phrases: Vec<_> = corpus
        .guide
        .guidelines
        .iter()
        .map(|hint| &*hint.phrase)
        .collect();
    assert_eq!((phrases, said(&corpus)), (vec!["Warm it"], vec![]));
    assert_eq!(paths(&corpus), ["INDEX.md", "pots.md"]);
}

#[test]
fn an_audit_names_lines_of_the_file() {
    let page = "<html><head><title>Pots</title></head>\n<body>\n<nav>x</nav>\n<main>\n\n\n<h1>Pots</h1>\n\n\n\
                <p>Warm the <a href=\"gone.html\">pot</a>.</p>\n</main></body></html>\n";
    let audit = audit_toy(&[("a.html", page), ("b.md", "Text.\n")]);
    let broken = told(&audit, docent::audit::Rule::BrokenLink);
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(broken[0].starts_with("error a.html:10 "), "{}", broken[0]);
}
