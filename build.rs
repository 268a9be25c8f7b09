//! Says which commit this is, for `--version`: of the clone that this file lies in, if it is one, and nothing where it
//! is not. The same commit says the same everywhere.

use std::path::Path;
use std::process::Command;

/// Digits of a commit's hash.
const DIGITS: usize = 7;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name| std::env::var(name).unwrap_or_default();
    let (version, target) = (variable("CARGO_PKG_VERSION"), variable("TARGET"));
    let commit = commit();
    let (said, date) = match &commit {
        Some((hash, date)) => (format!("{hash} {date}, {target}"), date.as_str()),
        None => (target, ""),
    };
    println!("cargo::rustc-env=DOCENT_LONG_VERSION={version} ({said})");
    println!("cargo::rustc-env=DOCENT_DATE={date}");
}

/// Hash and date of the commit that is checked out.
fn commit() -> Option<(String, String)> {
    // Sources that were unpacked in the repository of something else are no commit of it.
    if !Path::new(".git").exists() {
        return None;
    }
    let said = git(&["log", "-1", "--no-show-signature", "--format=%H %cs"])?;
    let reference = git(&["symbolic-ref", "--quiet", "HEAD"]).unwrap_or_default();
    // Each change of what is checked out is a line of this log. Where none is kept, these are what changes.
    if !watch("logs/HEAD") {
        for name in ["HEAD", "packed-refs", &reference] {
            watch(name);
        }
    }
    let (hash, date) = said.split_once(' ')?;
    Some((hash.get(..DIGITS)?.to_owned(), date.to_owned()))
}

/// Asks again once a file of git's has changed. One that is not there would compile everything anew each time.
fn watch(name: &str) -> bool {
    let path = git(&["rev-parse", "--git-path", name]).filter(|path| Path::new(path).is_file());
    if let Some(path) = &path {
        println!("cargo::rerun-if-changed={path}");
    }
    path.is_some()
}

/// What git says of this folder, whatever the environment points it at; `None` where there is no git.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("--git-dir=.git")
        .args(arguments)
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
