use super::{MAX_BYTES, MAX_DEPTH, MAX_FILES, expand};
use crate::corpus::parse::Syntax;

const FILES: [(&str, &str); 8] = [
    (
        "src/a.rs",
        "// ANCHOR: x\nfn x() {}\n// ANCHOR_END: x\nfn y() {}",
    ),
    ("src/_part.mdx", "---\ntitle: no\n---\nPart.\n"),
    (
        "loop.md",
        "l\n{{#include loop.md}}\n{{#include src/back.md}}\n",
    ),
    ("src/back.md", "b\n{{#include ../loop.md}}\n"),
    (
        "snip.md",
        "s1\n<!-- --8<-- [start:in] -->\ns2\n<!-- --8<-- [end:in] -->\ns3\n",
    ),
    ("deep.md", "d\n{{#include deep2.md}}\n"),
    ("empty.md", " \n"),
    ("big.md", "x"),
];

fn expanded(path: &str, text: &str) -> Option<(String, Vec<u32>)> {
    let read = |path: &str| {
        if path == "big.md" {
            return Some("x".repeat(MAX_BYTES / 2));
        }
        let found = FILES.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let found = expand(path, text, Syntax::Markdown, &read)?;
    assert_eq!(found.text.lines().count(), found.file_lines.len());
    Some((found.text, found.file_lines))
}

#[test]
fn files_are_included_with_the_line_that_asks_for_them() {
    for (text, expected, lines) in [
        (
            "a\n```rust\n{{#include a.rs}}\n```\n",
            "a\n```rust\nfn x() {}\nfn y() {}\n```\n",
            &[1, 2, 3, 3, 4][..],
        ),
        (
            "{{#rustdoc_include a.rs:x}}\nb\n",
            "fn x() {}\nb\n",
            &[1, 2],
        ),
        ("{{#playground a.rs:4 editable}}\n", "fn y() {}\n", &[1]),
        ("{{#include a.rs:2:}}\n", "fn x() {}\nfn y() {}\n", &[1, 1]),
        ("{{#include a.rs::2}}\n", "fn x() {}\n", &[1]),
        ("--8<-- \"snip.md:in\"\nc\n", "s2\nc\n", &[1, 2]),
        ("  --8<-- 'snip.md:1'\n", "  s1\n", &[1]),
        (
            "--8<--\nsnip.md:1\na.rs:4\n--8<--\nd\n",
            "s1\nfn y() {}\nd\n",
            &[2, 3, 5],
        ),
        ("{!snip.md:5!}\n", "s3\n", &[1]),
        (
            "import P from './_part.mdx';\n\n<P />\n",
            "import P from './_part.mdx';\n\nPart.\n",
            &[1, 2, 3],
        ),
        (
            "import P from './_part.mdx'\n\n```\n<P />\n```\n{{#include a.rs:x}}\n",
            "import P from './_part.mdx'\n\n```\n<P />\n```\nfn x() {}\n",
            &[1, 2, 3, 4, 5, 6],
        ),
    ] {
        let found = expanded("src/file.md", text);
        assert_eq!(found, Some((expected.to_owned(), lines.to_vec())), "{text}");
    }
}

#[test]
fn what_cannot_be_had_stays_as_it_is_written() {
    for text in [
        "{{#include none.rs}}\n",
        "{{#include ../../a.rs}}\n",
        "{{#include a.rs:none}}\n",
        "{{#include ../empty.md}}\n",
        "\\{{#include a.rs}}\n",
        "{{#title a.rs}}\n",
        "; --8<-- \"snip.md\"\n",
        "--8<--\nsnip.md\n",
        "a {{#include a.rs}}\n",
        "<P />\nimport P from './p.js'\n",
    ] {
        assert_eq!(expanded("src/file.md", text), None, "{text}");
    }
}

#[test]
fn loops_and_floods_end() {
    let (text, _) = expanded("a.md", "{{#include loop.md}}\n").unwrap();
    assert_eq!(
        text,
        "l\n{{#include loop.md}}\nb\n{{#include ../loop.md}}\n"
    );
    let (text, _) = expanded("a.md", &"{{#include big.md}}\n".repeat(5)).unwrap();
    assert_eq!(
        text.matches("include").count(),
        4,
        "1 MiB holds one with its line end, and no second"
    );
    let (text, _) = expanded("a.md", &"{{#include snip.md:1}}\n".repeat(2_000)).unwrap();
    assert_eq!(text.matches("s1").count(), MAX_FILES);
    let read = |path: &str| Some(format!("x\n{{{{#include x{path}}}}}\n"));
    let deep = expand("a.md", "{{#include b.md}}\n", Syntax::Markdown, &read).unwrap();
    assert_eq!(deep.text.matches("x\n").count(), MAX_DEPTH);
}
