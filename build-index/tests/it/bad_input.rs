//! Folders that are not what they should be, and places that cannot be written to.

use std::fs::{self, File};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::{build_index, docs, transcript, verified};

const BEANS: (&str, &[u8]) = ("beans.md", b"# Beans\n\nGrown in shade.\n");

#[test]
fn a_folder_without_documentation_is_an_error() {
    let folder = docs(&[]);
    assert_snapshot!(
        "empty_folder",
        transcript(&mut build_index(folder.path(), &[]))
    );
    assert_snapshot!(
        "no_folder",
        transcript(&mut build_index(folder.path(), &["nowhere"]))
    );
    assert!(!folder.path().join("docent.idx").exists());
}

#[test]
fn usage_errors() {
    let folder = docs(&[BEANS]);
    let run = |args| transcript(&mut build_index(folder.path(), args));
    assert_snapshot!("usage_unknown_flag", run(&["--fast"]));
    assert_snapshot!("usage_m_1", run(&["--m", "1"]));
}

#[test]
fn a_folder_without_a_guide_has_no_guidelines() {
    let folder = docs(&[BEANS]);
    let output = build_index(folder.path(), &["--json", "--strict"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (&object["sections"], &object["guidelines"]),
        (&json!(1), &json!(0))
    );
}

#[test]
fn files_that_cannot_be_read_are_skipped_with_their_reason() {
    let folder = docs(&[
        BEANS,
        ("empty.md", b""),
        ("noise.md", b"\x01\x02\xff"),
        (".hidden.md", b"secret"),
    ]);
    let docs = folder.path().join("docs");
    File::create(docs.join("huge.md"))
        .unwrap()
        .set_len(50 << 20)
        .unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(".", docs.join("loop")).unwrap();
        std::os::unix::fs::symlink("nothing.md", docs.join("unreadable.md")).unwrap();
    }
    assert_snapshot!(transcript(&mut build_index(folder.path(), &[])));
    assert_eq!(verified(folder.path()).num_sections(), 1);
}

#[test]
fn names_in_the_docs_cannot_control_the_terminal() {
    let folder = docs(&[
        BEANS,
        ("\u{1b}[2J.md", b""),
        (
            "INDEX.md",
            "- Grow \u{9b}31m -> `gone.md`\n- Shade -> `beans.md`\n".as_bytes(),
        ),
    ]);
    for args in [&[][..], &["--json"]] {
        let output = build_index(folder.path(), args).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.contains("\\u{1b}[2J.md: empty"), "{text}");
        assert!(
            !text.contains(|c: char| c != '\n' && c.is_control()),
            "{text}"
        );
    }
}

#[test]
fn a_place_that_cannot_be_written_to_is_an_error() {
    let folder = docs(&[BEANS]);
    fs::write(folder.path().join("file"), "").unwrap();
    let run = |path| transcript(&mut build_index(folder.path(), &["-o", path]));
    assert_snapshot!("output_below_a_file", run("file/docent.idx"));
    assert_snapshot!("output_in_no_folder", run("nowhere/docent.idx"));
}
