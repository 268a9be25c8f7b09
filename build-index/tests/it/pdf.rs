//! PDF files of a folder, with the program that reads them beside `build-index` and without it.
//!
//! The program is not compiled with the rest: `cargo build --release -p docent-pdf --features pdf` makes it.

use std::fs;
use std::process::Command;

use docent::stale::{self, Effort, Staleness};

use crate::support::{build_index, docs, transcript, verified};

/// A document of two pages, `Roasting` on the first and `Pots` on the second.
const DOCUMENT: &str = "%PDF-1.4\n\
    1 0 obj << /Type /Catalog /Pages 2 0 R /Outlines 9 0 R >> endobj\n\
    2 0 obj << /Type /Pages /Kids [4 0 R 6 0 R] /Count 2 >> endobj\n\
    3 0 obj << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> endobj\n\
    4 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources 3 0 R /Contents 5 0 R >> endobj\n\
    5 0 obj << /Length 64 >> stream\n\
    BT /F 12 Tf 50 700 Td (The first crack is at 196 degrees.) Tj ET\nendstream endobj\n\
    6 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Resources 3 0 R /Contents 7 0 R >> endobj\n\
    7 0 obj << /Length 70 >> stream\n\
    BT /F 12 Tf 50 700 Td (Warm the pot before the water is poured.) Tj ET\nendstream endobj\n\
    9 0 obj << /First 10 0 R >> endobj\n\
    10 0 obj << /Title (Roasting) /Dest [4 0 R /Fit] /Next 11 0 R >> endobj\n\
    11 0 obj << /Title (Pots) /Dest [6 0 R /Fit] >> endobj\n\
    12 0 obj << /Title (Coffee at home) >> endobj\n\
    trailer << /Root 1 0 R /Info 12 0 R >>\n";

const FILES: &[(&str, &[u8])] = &[
    ("beans.md", b"# Beans\n\nGrown in shade.\n"),
    ("home.pdf", DOCUMENT.as_bytes()),
    ("empty.pdf", b"%PDF-1.4\n"),
];

#[test]
#[ignore = "needs the program docent-pdf"]
fn pdf_is_read_page_by_page() {
    let folder = docs(FILES);
    let said = transcript(&mut build_index(folder.path(), &[]));
    let skipped = "--- stderr\nskipped: empty.pdf: it is no PDF, or a broken one\n";
    assert!(said.ends_with(skipped), "{said}");
    let index = verified(folder.path());
    let id = index.find_section("home.pdf").unwrap().unwrap();
    let section = index.section(id).unwrap();
    assert_eq!(section.title, "Coffee at home");
    assert_eq!(section.bytes, DOCUMENT.len() as u64);
    let chunks = index.chunks_of(&section).unwrap();
    let chunks: Vec<_> = chunks
        .iter()
        .map(|chunk| {
            let anchor = chunk.anchor.unwrap().to_owned();
            (chunk.text.to_owned(), anchor, chunk.other_file_lines())
        })
        .collect();
    let chunk = |text: &str, anchor: &str| (text.to_owned(), anchor.to_owned(), None);
    assert_eq!(
        chunks,
        [
            chunk(
                "## Roasting\n\nThe first crack is at 196 degrees.",
                "page=1"
            ),
            chunk(
                "## Pots\n\nWarm the pot before the water is poured.",
                "page=2"
            ),
        ]
    );
    // This test's own program has no reader beside it, and takes the file as it was.
    let fresh = stale::check(&index, Effort::FULL).unwrap();
    assert_eq!(fresh, Some(Staleness::default()));
    fs::write(folder.path().join("docs/home.pdf"), "%PDF").unwrap();
    let changed = stale::check(&index, Effort::FULL).unwrap().unwrap();
    assert_eq!((changed.changed, changed.removed), (1, 0));
}

#[test]
fn pdf_is_counted_where_there_is_no_program_that_reads_it() {
    let folder = docs(FILES);
    let alone = folder.path().join("build-index");
    fs::copy(env!("CARGO_BIN_EXE_build-index"), &alone).unwrap();
    let output = Command::new(&alone)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("  0 skipped\n  not read: 2 .pdf\n"), "{said}");
    let note = "note: to read PDF, install docent-pdf beside this program\n";
    assert_eq!(String::from_utf8(output.stderr).unwrap(), note);
}
