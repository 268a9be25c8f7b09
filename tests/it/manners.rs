//! How the command line behaves towards who does not know it: help, versions, completions, man pages, colours, silence,
//! and advice where something else was meant.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::support::{coffee, docent, indexed, repository};

fn run(args: &[&str]) -> Output {
    docent(coffee(), args).output().unwrap()
}

fn stdout(args: &[&str]) -> String {
    String::from_utf8(run(args).stdout).unwrap()
}

/// Exit code and stderr.
fn failure(args: &[&str]) -> (i32, String) {
    let output = run(args);
    let stderr = String::from_utf8(output.stderr).unwrap();
    (output.status.code().unwrap(), stderr)
}

#[test]
fn the_version_names_the_commit_that_was_compiled() {
    let short = format!("docent {}", env!("CARGO_PKG_VERSION"));
    assert_eq!(stdout(&["-V"]), format!("{short}\n"));
    let long = stdout(&["--version"]);
    assert_eq!(stdout(&["version"]), long);
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.arg("-C").arg(repository(".")).args(args);
        let output = git.output().ok().filter(|output| output.status.success())?;
        Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
    };
    // The sources of a package have no repository of their own.
    let said = git(&["log", "-1", "--format=%H %cs"]).filter(|_| repository(".git").exists());
    let commit = said.map_or(String::new(), |said| {
        let (hash, date) = said.split_once(' ').unwrap();
        format!("{} {date}, ", &hash[..7])
    });
    let beginning = format!("{short} ({commit}");
    assert!(long.starts_with(&beginning), "{long} is not {beginning}");
    let target = long[beginning.len()..].strip_suffix(")\n").unwrap();
    assert!(target.starts_with(std::env::consts::ARCH), "{target}");
    assert!(!target.contains(' '), "{target}");
}

#[test]
fn help_is_a_command_too() {
    assert_eq!(stdout(&["help"]), stdout(&["--help"]));
    assert_eq!(stdout(&["help", "query"]), stdout(&["query", "--help"]));
    assert_eq!(
        stdout(&["help", "questions", "add"]),
        stdout(&["questions", "add", "--help"])
    );
    assert!(stdout(&["help", "list"]).contains("Usage: docent list [OPTIONS]"));
}

#[test]
fn a_question_that_begins_with_the_name_of_a_command_is_told_how_to_be_asked() {
    for (question, problem) in [
        ("show me how to pour", "unexpected argument 'how' found"),
        ("info about pouring", "unexpected argument 'about' found"),
        ("help me pour", "unrecognized subcommand 'me'"),
        ("version of espresso", "unexpected argument 'of' found"),
        ("agents for espresso", "unrecognized subcommand 'for'"),
    ] {
        let args: Vec<&str> = question.split(' ').collect();
        let hint = format!("hint: a question? docent query \"{question}\"");
        assert_eq!(
            failure(&args),
            (2, format!("error: {problem}\n{hint}\n")),
            "{question}"
        );
    }
    // These take any word, and fail only when they look for it.
    for question in [
        "show espresso",
        "eval espresso",
        "audit espresso",
        "man espresso",
    ] {
        let args: Vec<&str> = question.split(' ').collect();
        let (code, stderr) = failure(&args);
        let hint = format!("\nhint: a question? docent query \"{question}\"\n");
        assert!(code == 2 && stderr.ends_with(&hint), "{stderr}");
    }
    // clap knows better.
    let (_, stderr) = failure(&["questions", "chek"]);
    assert!(
        stderr.contains("a similar subcommand exists: 'check'") && !stderr.contains("a question?"),
        "{stderr}"
    );
    let (_, stderr) = failure(&["show", "espresso", "--fast"]);
    assert!(!stderr.contains("a question?"), "{stderr}");
}

#[test]
fn a_misspelt_command_is_a_question_until_nothing_answers_it() {
    let hint = "hint: no command is called infoo; did you mean docent info?\n";
    let (code, stderr) = failure(&["infoo"]);
    assert!(code == 1 && stderr.ends_with(hint), "{stderr}");
    let empty = tempfile::tempdir().unwrap();
    let output = docent(empty.path(), &["infoo"]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8(output.stderr).unwrap().ends_with(hint));

    let guide = indexed(&[("a.md", "# Infoo\n\nThe infoo is a bird.\n")]);
    let output = docent(guide.path(), &["infoo", "--min-confidence=0"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}

#[test]
fn list_has_a_line_for_each_section_in_order() {
    let folder = indexed(&[
        (
            "b.md",
            "---\ntags: [howto, pump]\n---\n\n# The\tB\n\nText.\n",
        ),
        ("a/z.md", "# Z\n\nText.\n\nMore.\n"),
        ("a/\u{1b}[2J.md", "# Last\n\nText.\n"),
    ]);
    let list = |args: &[&str]| {
        let args = [&["list"], args].concat();
        let output = docent(folder.path(), &args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        let code = output.status.code().unwrap();
        (code, String::from_utf8(output.stdout).unwrap(), stderr)
    };
    let (code, lines, stderr) = list(&[]);
    assert_eq!((code, &*stderr), (0, ""));
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(
        lines,
        ["\"a/\\u001b[2J.md\"\tLast", "a/z.md\tZ", "b.md\tThe B"]
    );
    assert_eq!(
        list(&["--in", "a/z.md", "--in", "b*"]).1,
        "a/z.md\tZ\nb.md\tThe B\n"
    );
    assert_eq!(list(&["--where", "tags=pump"]).1, "b.md\tThe B\n");
    let objects: Vec<Value> = list(&["--json", "--in", "*.md"])
        .1
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        objects,
        [
            json!({"section": "b.md", "title": "The B", "lines": 7, "fields": {"tags": ["howto", "pump"]}})
        ]
    );
    let (code, lines, stderr) = list(&["--in", "nowhere/"]);
    assert_eq!((code, &*lines), (2, ""));
    assert!(stderr.starts_with("error: the index has no section in nowhere/\nhint: "));

    fs::write(folder.path().join("docs/b.md"), "# B\n\nNew text.\n").unwrap();
    let (code, _, stderr) = list(&["--fail-stale"]);
    assert_eq!(code, 7);
    assert!(stderr.starts_with("note: "), "{stderr}");
}

#[test]
fn a_path_that_was_printed_is_found_again() {
    let folder = indexed(&[
        ("a\nb\t.md", "# Kettle\n\nBoil the kettle.\n"),
        ("\"c\".md", "# Pot\n\nScrub the pot.\n"),
    ]);
    let out = |args: &[&str]| {
        let output = docent(folder.path(), args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let paths = ["--format=paths", "-k1", "--min-confidence=0"];
    for (question, path, printed) in [
        ("boil the kettle", "a\nb\t.md", "\"a\\nb\\t.md\""),
        ("scrub the pot", "\"c\".md", "\"\\\"c\\\".md\""),
    ] {
        let with = |more: &[&str]| out(&[&[question], &paths[..], more].concat());
        assert_eq!(with(&[]), format!("{printed}\n"));
        assert_eq!(with(&["-0"]), format!("{path}\0"));
        let shown = out(&["show", printed]);
        assert!(shown.to_lowercase().contains(question), "{shown}");
        let text = out(&[question, "-k1", "--min-confidence=0"]);
        assert!(text.starts_with(&format!("1  {printed}:1-3  ")), "{text}");
    }
}

/// Another user may have laid it there.
#[cfg(unix)]
#[test]
fn an_index_of_another_user_that_nobody_named_is_told() {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = indexed(&[("a.md", "# Kettle\n\nBoil the kettle.\n")]);
    let index = folder.path().join("docent.idx");
    let below = folder.path().join("my/work");
    fs::create_dir_all(&below).unwrap();
    let stderr = |args: &[&str]| {
        let output = docent(&below, args).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert_eq!(stderr(&["list"]), "");
    if fs::metadata(&index).unwrap().uid() != 0 {
        // Only root gives files away; docs of root's are nobody's lie.
        assert!(chown(&index, Some(65_534), None).is_err());
        return;
    }
    chown(&index, Some(65_534), None).unwrap();
    let told = stderr(&["list"]);
    let there = fs::canonicalize(&index).unwrap();
    assert_eq!(
        told,
        format!(
            "note: {0} was found here, and belongs to another user\nhint: --index {0} says that it is meant\n",
            there.display()
        )
    );
    assert_eq!(stderr(&["list", "--index", "../../docent.idx"]), "");
}

#[test]
fn of_many_absent_words_some_are_named() {
    let words = |from: usize| -> String {
        let words = (from..from + 26).map(|i| format!("zq{}x", i * 7919));
        words.collect::<Vec<_>>().join(" ")
    };
    let (code, stderr) = failure(&[&words(100)]);
    assert_eq!(code, 1);
    let line = stderr.lines().next().unwrap();
    assert!(
        line.starts_with("note: not in these docs: zq791900x, zq799819x, "),
        "{line}"
    );
    assert!(line.ends_with(" and 6 more"), "{line}");
    assert_eq!(line.matches("zq").count(), 20);

    // What is far behind the end of what any model reads is not looked at.
    let mut long = docent(coffee(), &["-", "--format=json"]);
    let filler: Vec<String> = (0..100_000).map(|i| format!("w{i}y")).collect();
    long.write_stdin(format!("{} zzzlast", filler.join(" ")));
    let object: Value = serde_json::from_slice(&long.output().unwrap().stdout).unwrap();
    let absent = object["absent"].as_array().unwrap();
    assert_eq!(absent[0], "w0y");
    assert!((3_000..6_000).contains(&absent.len()), "{}", absent.len());
}

#[test]
fn lines_of_windows_are_lines_in_every_format() {
    let folder = indexed(&[("a.md", "# Kettle\r\n\r\nBoil the kettle.\r\nTwice.\r\n")]);
    let args = ["boil the kettle", "--format=json", "--min-confidence=0"];
    let output = docent(folder.path(), &args).output().unwrap();
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        object["hits"][0]["chunks"][0]["text"],
        "# Kettle\n\nBoil the kettle.\nTwice."
    );
}

#[test]
fn info_has_a_version_and_the_words_of_its_text() {
    let object: Value = serde_json::from_str(&stdout(&["info", "--json"])).unwrap();
    assert_eq!(
        (&object["version"], &object["search"]),
        (&json!(1), &json!("flat"))
    );
    assert!(stdout(&["info"]).contains("\nsearch      flat; "));
}

#[test]
fn a_heading_is_cut_at_a_word() {
    let folder = indexed(&[(
        "a.md",
        &*format!("# {}\n\nBoil the kettle.\n", "word ".repeat(3_000)),
    )]);
    let args = ["boil the kettle", "--min-confidence=0"];
    let text = docent(folder.path(), &args).output().unwrap().stdout;
    let text = String::from_utf8(text).unwrap();
    let heading = format!("  {} …", ["word"; 60].join(" "));
    let line = text.lines().next().unwrap();
    assert!(line.ends_with(&heading), "{line}");
}

#[test]
fn quiet_leaves_errors_alone() {
    let question = "Which tax form does a company in Bolivia need?";
    assert_ne!(failure(&[question]).1, "");
    for args in [
        &[question, "--quiet"][..],
        &["-q", "query", question],
        &["--quiet", question],
        &["-q", "infoo"],
    ] {
        assert_eq!(failure(args), (1, String::new()), "{args:?}");
    }
    let (code, stderr) = failure(&["--quiet", "show", "nowhere.md"]);
    assert_eq!(code, 2);
    assert!(stderr.starts_with("error: "), "{stderr}");
}

#[test]
fn colours_are_a_choice() {
    let escapes = |args: &[&str], variable: &str| {
        let output = docent(coffee(), args).env(variable, "1").output().unwrap();
        (
            output.stdout.contains(&b'\x1b'),
            output.stderr.contains(&b'\x1b'),
        )
    };
    let question = "How do I pour evenly?";
    // Into a pipe.
    assert_eq!(escapes(&[question], "X"), (false, false));
    assert_eq!(
        escapes(&[question, "--color=auto"], "CLICOLOR_FORCE"),
        (true, false)
    );
    assert_eq!(
        escapes(&[question, "--color=always"], "NO_COLOR"),
        (true, false)
    );
    assert_eq!(
        escapes(&["--color", "never", "query", question], "CLICOLOR_FORCE"),
        (false, false)
    );
    assert_eq!(escapes(&["--color", "always", "help"], "X"), (true, false));
    assert_eq!(escapes(&["--fast", "--color=always"], "X"), (false, true));
    assert_eq!(
        failure(&["x", "--color=pink"]).1.lines().next(),
        Some("error: invalid value 'pink' for '--color <WHEN>'")
    );
}

/// What bash offers behind `line`, of which the last word is begun.
fn completed_by_bash(folder: &Path, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let [.., before, last] = words[..] else {
        panic!("{line}")
    };
    let script = format!(
        "source ./completions.bash; COMP_WORDS=({line}); COMP_CWORD={}\n\
         complete -p docent > /dev/null && _docent docent '{last}' '{before}'\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len() - 1
    );
    let mut bash = Command::new("bash");
    bash.args(["--norc", "-c", &script]).current_dir(folder);
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    let words = String::from_utf8(output.stdout).unwrap();
    words.lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_commands_options_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let script = stdout(&["completions", "bash"]);
    fs::write(folder.path().join("completions.bash"), script).unwrap();
    let completed = |line| completed_by_bash(folder.path(), line);
    assert_eq!(completed("docent que"), ["query", "questions"]);
    assert_eq!(completed("docent list --j"), ["--json"]);
    assert_eq!(completed("docent agents un"), ["uninstall"]);
    assert_eq!(completed("docent completions z"), ["zsh"]);
    assert_eq!(completed("docent query --format p"), ["paths"]);
}

#[test]
fn there_are_completions_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&["completions", shell]);
        assert_eq!(output.status.code(), Some(0));
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(script.contains("min-confidence"), "{shell}");
    }
}

#[test]
fn each_command_has_a_man_page_whose_name_says_what_it_does() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let old = folder.path().join("docent.1");
    fs::write(&old, "old").unwrap();
    let written = stdout(&["man", path]);
    let names: Vec<&str> = written
        .lines()
        .map(|line| line.rsplit('/').next().unwrap())
        .collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    let mut there: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    there.sort_unstable();
    assert_eq!(there, sorted);
    for name in ["docent-query.1", "docent-agents-install.1", "docent-list.1"] {
        assert!(names.contains(&name), "{name}");
    }
    assert!(!written.contains("help"), "{written}");

    for name in &names {
        let page = fs::read_to_string(folder.path().join(name)).unwrap();
        let command = name.strip_suffix(".1").unwrap().replace('-', "\\-");
        let (_, after) = page.split_once("\n.SH NAME\n").unwrap();
        let line = after.lines().next().unwrap();
        let about = line.strip_prefix(&format!("{command} \\- ")).unwrap();
        assert!(about.len() > 10, "{line}");
        assert!(page.contains("\n.SH OPTIONS\n"), "{name}");
    }
    let first = fs::read_to_string(&old).unwrap();
    assert_eq!(stdout(&["man"]), first);
    assert!(
        first.contains("\n.SH \"EXIT CODES\"\n.nf\n0  found"),
        "{first}"
    );

    assert_eq!(
        failure(&["man", "./nowhere"]),
        (2, "error: no folder ./nowhere\nhint: make it\n".to_owned())
    );
}
