//! What the tests of the command line share: indexes, runs of `docent`, redaction.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use assert_cmd::Command;
use docent::builder::{self, BuildOptions};
use docent::corpus::Corpus;
use docent::encoder::{self, Encoder};
use tempfile::TempDir;

/// The bundled encoder.
pub fn bundled() -> Arc<dyn Encoder> {
    encoder::open(None).unwrap()
}

/// Builds the index of the folder `docs` as `docent.idx` in `folder`.
pub fn build(docs: &Path, encoder: &dyn Encoder, folder: &Path) -> PathBuf {
    let corpus = Corpus::read(docs).unwrap();
    let path = folder.join("docent.idx");
    builder::build(corpus, encoder, &BuildOptions::default(), &path).unwrap();
    path
}

/// A folder of the repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A folder with the coffee corpus as `docs` and its index, the same for all tests.
pub fn coffee() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let docs = folder.path().join("docs");
        copy(&repository("tests/data/coffee"), &docs);
        build(&docs, &*bundled(), folder.path());
        folder
    });
    folder.path()
}

/// Copies a folder with all that is in it.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// A folder with these files, and the index of them.
pub fn indexed(files: &[(&str, &str)]) -> TempDir {
    indexed_by(files, &*bundled())
}

/// A folder with these files as `docs`, and the index of them that `encoder` makes as `docent.idx`.
pub fn indexed_by<S: AsRef<str>>(files: &[(S, S)], encoder: &dyn Encoder) -> TempDir {
    let folder = TempDir::new().unwrap();
    let docs = folder.path().join("docs");
    write_docs(files, &docs);
    build(&docs, encoder, folder.path());
    folder
}

/// Writes these files into the folder `docs`.
pub fn write_docs<S: AsRef<str>>(files: &[(S, S)], docs: &Path) {
    for (name, text) in files {
        let path = docs.join(name.as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.as_ref()).unwrap();
    }
}

/// `docent` in `folder`, with no environment that changes what it prints.
pub fn docent(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_docent"));
    command.current_dir(folder).args(args).env("COLUMNS", "100");
    for variable in ["DOCENT_INDEX", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    command
}

/// Exit code, stdout and stderr of a run, for a snapshot: `folder` and decimals are redacted.
pub fn transcript(folder: &Path, command: &mut Command) -> String {
    let output = command.output().unwrap();
    let text = format!(
        "exit code {}\n--- stdout\n{}--- stderr\n{}",
        output.status.code().unwrap(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap()
    );
    let folder = fs::canonicalize(folder).unwrap();
    redact_decimals(&text.replace(folder.to_str().unwrap(), "[FOLDER]"))
}

/// `text` with every decimal fraction as `[n]`: scores and timings are not what a snapshot is for.
fn redact_decimals(text: &str) -> String {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let mut redacted = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_number) {
        let end = rest[start..]
            .find(|c| !is_number(c))
            .map_or(rest.len(), |length| start + length);
        let number = &rest[start..end];
        let before = &rest[..start];
        if number.parse::<f64>().is_ok() && number.trim_matches('.').contains('.') {
            redacted.push_str(
                before
                    .strip_suffix(" -")
                    .map_or(before, |_| &before[..start - 1]),
            );
            redacted.push_str("[n]");
        } else {
            redacted.push_str(&rest[..end]);
        }
        rest = &rest[end..];
    }
    redacted + rest
}
