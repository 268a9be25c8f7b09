//! Which files a build reads, as it is told and as it tells.

use std::fs;

use docent::corpus::Config;
use serde_json::{Value, json};

use crate::support::{build_index, docs, transcript, verified};

const FILES: &[(&str, &[u8])] = &[
    ("beans.md", b"# Beans\n\nGrown in shade.\n"),
    ("water.txt", b"Not too hard: caf\xe9 water.\n"),
    ("draft.md", b"# Draft\n"),
    ("picture.png", b"\x89PNG"),
    ("page.docx", b"PK"),
    ("more.docx", b"PK"),
    (".ignore", b"draft*\n"),
];

fn sections(folder: &std::path::Path) -> Vec<String> {
    let index = verified(folder);
    let paths = index.sections().map(|id| index.section(id).unwrap().path);
    paths.collect()
}

#[test]
fn what_is_not_read_and_what_is_guessed_is_told() {
    let folder = docs(FILES);
    let said = transcript(&mut build_index(folder.path(), &[]));
    let counted = "  0 skipped\n  not read: 2 .docx, 1 .png; left out: 1 file by .ignore\n";
    assert!(said.contains(counted), "{said}");
    let note = "--- stderr\nnote: water.txt: read as Windows-1252: it is not UTF-8\n";
    assert!(said.ends_with(note), "{said}");
    let output = build_index(folder.path(), &["--json"]).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        object["not_read"],
        json!([{ "extension": "docx", "files": 2 }, { "extension": "png", "files": 1 }])
    );
    assert_eq!(
        object["left_out"],
        json!([{ "by": ".ignore", "files": 1, "folders": 0 }])
    );
    assert_eq!(
        object["guesses"],
        json!([{ "path": "water.txt", "note": "read as Windows-1252: it is not UTF-8" }])
    );
}

#[test]
fn globs_of_the_command_line_are_recorded() {
    let folder = docs(FILES);
    let run = |args: &[&str]| {
        let output = build_index(folder.path(), args).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(
        run(&["--include=*.md", "--include", "*.txt", "--exclude=water*"]),
        ""
    );
    assert_eq!(sections(folder.path()), ["beans.md"]);
    let index = verified(folder.path());
    let corpus = &index.meta().corpus;
    assert_eq!(corpus.include, ["*.md", "*.txt"]);
    assert_eq!(corpus.exclude, ["water*"]);
    assert_eq!(
        run(&["--exclude={a"]),
        "error: cannot read the pattern {a: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)\n\
         hint: include and exclude have the rules of .gitignore: `*.md`, `/guide/**`, `drafts/`\n"
    );
}

#[test]
fn a_folder_without_documentation_says_what_it_has() {
    let folder = docs(&FILES[2..]);
    assert_eq!(
        transcript(&mut build_index(folder.path(), &[])),
        "exit code 2\n--- stdout\n--- stderr\nerror: no documentation in docs (0 files or folders \
         skipped; not read: 2 .docx, 1 .png; left out: 1 file by .ignore)\n\
         hint: name a folder with files in a format that is read: Markdown, HTML, AsciiDoc, reStructuredText, text, ...\n"
    );
}

#[test]
fn init_writes_a_docent_toml_and_never_over_another() {
    let folder = docs(FILES);
    let run = |args: &[&str]| transcript(&mut build_index(folder.path(), args));
    assert_eq!(
        run(&["docs", "--init"]),
        "exit code 0\n--- stdout\n--- stderr\nwrote docs/docent.toml\n"
    );
    let path = folder.path().join("docs").join(Config::NAME);
    let written = fs::read_to_string(&path).unwrap();
    assert_eq!(
        Config::read(&folder.path().join("docs")).unwrap(),
        Config::default()
    );
    for key in ["include", "exclude", "ignore_files", "model", "fields"] {
        assert!(written.contains(&format!("\n# {key} = ")), "{key}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path| fs::metadata(path).unwrap().permissions().mode();
        let plain = folder.path().join("docs/plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(path.clone()), mode(plain.clone()));
        fs::remove_file(plain).unwrap();
    }
    assert_eq!(
        run(&["docs", "--init"]),
        "exit code 2\n--- stdout\n--- stderr\nerror: docs/docent.toml is there already\n\
         hint: edit it, or delete it first\n"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), written);
    let nowhere = run(&["nowhere", "--init"]);
    assert!(
        nowhere.contains("error: cannot write nowhere/docent.toml: "),
        "{nowhere}"
    );
    assert!(run(&["--init", "--update"]).starts_with("exit code 2\n"));
    let left: Vec<_> = fs::read_dir(folder.path().join("docs")).unwrap().collect();
    assert_eq!(left.len(), FILES.len() + 1, "nothing but the file is left");
}

#[test]
fn docent_toml_names_the_model() {
    let folder = docs(FILES);
    fs::write(
        folder.path().join("docs/docent.toml"),
        "model = \"no-such-model\"\n",
    )
    .unwrap();
    let said = transcript(&mut build_index(folder.path(), &[]));
    assert!(
        said.starts_with("exit code 2\n") && said.contains("no-such-model"),
        "{said}"
    );
}
