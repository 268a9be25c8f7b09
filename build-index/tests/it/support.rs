//! What the tests share: small corpora, runs of `build-index`, redaction.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use docent::index::Index;
use tempfile::TempDir;

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// A folder that holds `docs/` with these files.
pub fn docs(files: &[(&str, &[u8])]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("docs")).unwrap();
    for (name, bytes) in files {
        fs::write(folder.path().join("docs").join(name), bytes).unwrap();
    }
    folder
}

/// `build-index` in `folder`.
pub fn build_index(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_build-index"));
    command.current_dir(folder).args(args).env("COLUMNS", "100");
    command
}

/// Opens `docent.idx` in `folder` and checks all of it.
pub fn verified(folder: &Path) -> Index {
    let index = Index::open(&folder.join("docent.idx")).unwrap();
    index.verify().unwrap();
    index
}

/// Exit code, stdout and stderr of a run, for a snapshot: the file's length and decimals, which
/// are timings, are redacted.
pub fn transcript(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!(
        "exit code {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap()
    );
    let lines = text.lines().map(redact);
    lines.map(|line| line + "\n").collect()
}

fn redact(line: &str) -> String {
    let summary = line.strip_suffix(" bytes");
    if let Some((file, _)) = summary.and_then(|line| line.split_once(".idx: ")) {
        return format!("{file}.idx: [BYTES] bytes");
    }
    let words = line.split(' ').map(|word| {
        let number = word.trim_end_matches(',');
        let is_decimal = number.contains('.') && number.parse::<f64>().is_ok();
        if is_decimal {
            word.replace(number, "[n]")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}
