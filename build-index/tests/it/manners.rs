//! How `build-index` behaves towards who does not know it.

use std::process::Command;

use crate::support::{build_index, docs, verified};

const BEANS: (&str, &[u8]) = ("beans.md", b"# Beans\n\nGrown in shade.\n");

fn stdout(args: &[&str]) -> String {
    let folder = docs(&[BEANS]);
    let output = build_index(folder.path(), args).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
    assert!(!folder.path().join("docent.idx").exists());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_long_version_names_commit_and_target() {
    let short = format!("build-index {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(stdout(&["-V"]), format!("{short}\n"));
    assert_eq!(
        stdout(&["--version"]),
        format!("build-index {}\n", docent::program::LONG_VERSION)
    );
}

#[test]
fn quiet_leaves_errors_and_the_summary() {
    let folder = docs(&[
        BEANS,
        ("empty.md", b""),
        ("INDEX.md", b"# I\n\n- Roast -> `nowhere.md`\n"),
    ]);
    let run = |args: &[&str]| {
        let output = build_index(folder.path(), args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), output.stdout.is_empty(), stderr)
    };
    assert!(run(&[]).2.contains("warning: "));
    assert_eq!(run(&["--quiet"]), (Some(0), false, String::new()));
    verified(folder.path());
    let (code, is_silent, stderr) = run(&["-q", "--strict"]);
    assert_eq!((code, is_silent), (Some(1), true));
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(!stderr.contains("skipped: "), "{stderr}");
}

#[test]
fn help_has_colours_by_choice() {
    assert!(stdout(&["--help", "--color=always"]).contains('\u{1b}'));
    assert!(!stdout(&["--help", "--color=never"]).contains('\u{1b}'));
}

#[test]
fn there_is_a_man_page() {
    let page = stdout(&["--man"]);
    assert!(
        page.contains("\n.SH NAME\nbuild\\-index \\- Builds the index"),
        "{page}"
    );
    assert!(page.contains("\n.SH \"IGNORE FILES\"\n"), "{page}");
}

#[cfg(unix)]
#[test]
fn bash_completes_options() {
    let folder = docs(&[]);
    let script = stdout(&["--completions", "bash"])
        + "\nCOMP_WORDS=(build-index --late); COMP_CWORD=1\n\
           complete -p build-index > /dev/null && _build__index build-index --late build-index\n\
           printf '%s\\n' \"${COMPREPLY[@]}\"";
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script])
        .current_dir(folder.path());
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "--late-interaction\n"
    );
}
