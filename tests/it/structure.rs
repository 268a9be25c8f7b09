//! The structure of the library: each module uses only those below it, so there are no circles.
//!
//! The lists are the floors, from the ground up. A new module takes its place in one of them; a `use`
//! that would run upwards fails here.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::support::repository;

/// The modules of the library. Not listed are the front page, `lib.rs`, and `error.rs` with it, which
/// is the sum of all modules' errors.
const LIBRARY: &[&str] = &[
    "map",
    "simd",
    "terminal",
    "analysis",
    "calibration",
    "corpus",
    "encoder",
    "index",
    "rank",
    "builder",
    "stale",
    "about",
    "answer",
    "search",
    "milvus",
    "query_log",
    "questions",
    "eval",
    "audit",
    "mcp",
    "serve",
    "agents",
    "program",
    "cli",
];

/// The files of `src/index/`.
const INDEX: &[&str] = &[
    "ids",
    "options",
    "part",
    "error",
    "format",
    "records",
    "spool",
    "matrix",
    "chunk_set",
    "flat",
    "lexical",
    "sequences",
    "token_codes",
    "tokens",
    "graph",
    "meta",
    "parts",
    "slot",
    "writer",
    "file",
    "reader",
    "lookup",
    "catalogue",
];

/// The files of `src/index/graph/`.
const GRAPH: &[&str] = &[
    "layer",
    "codes",
    "beam",
    "construct",
    "connect",
    "frozen",
    "build",
];

/// The files under `path` but fronts (`mod.rs`) and tests, each with its code before its own tests,
/// without comments.
fn sources(path: &Path) -> Vec<(String, String)> {
    let mut sources = Vec::new();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources.extend(self::sources(&entry.unwrap().path()));
        }
        return sources;
    }
    let name = path.to_str().unwrap();
    let is_test = name.contains("/tests/") || name.ends_with("tests.rs");
    if name.ends_with(".rs") && !is_test {
        let text = fs::read_to_string(path).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        let lines = code
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        let lines: Vec<&str> = lines.collect();
        sources.push((name.to_owned(), lines.join("\n")));
    }
    sources
}

/// The names that follow `prefix` in `code`: modules, which begin in lower case.
fn named<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == ':' || c == '_') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        // `crate::{a::b, c}` names several.
        let group = rest
            .strip_prefix('{')
            .and_then(|rest| rest.split('}').next());
        let paths: Vec<&str> = match group {
            Some(group) => group.split(',').collect(),
            None => vec![rest],
        };
        for path in paths {
            let path = path.trim();
            let end = path.find(|c: char| !c.is_alphanumeric() && c != '_');
            let name = &path[..end.unwrap_or(path.len())];
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                names.insert(name);
            }
        }
    }
    names
}

/// Arrows that run up, or lead to or from what is not listed. `arrows` gives what a file uses.
fn upward<'a>(
    floors: &[&str],
    files: &'a [(String, String)],
    floor_of: impl Fn(&'a str) -> &'a str,
    arrows: impl Fn(&'a str) -> BTreeSet<&'a str>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, code) in files {
        let from = floor_of(path);
        let Some(height) = floors.iter().position(|floor| *floor == from) else {
            wrong.push(format!("{path} is on no floor"));
            continue;
        };
        for to in arrows(code) {
            let below = floors.iter().position(|floor| *floor == to);
            if to != from && below.is_none_or(|below| below > height) {
                wrong.push(format!("{path} uses {to}"));
            }
        }
    }
    wrong
}

/// The file's name without its extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap();
    name.strip_suffix(".rs").unwrap()
}

#[test]
fn modules_use_only_what_is_below_them() {
    let root = repository("src");
    let prefix = format!("{}/", root.to_str().unwrap());
    let mut files = sources(&root);
    let fronts = ["lib.rs", "main.rs", "error.rs"];
    files.retain(|(path, _)| !fronts.contains(&path.strip_prefix(&prefix).unwrap()));
    assert!(files.len() > 100, "{} files", files.len());
    let module = |path: &str| -> String {
        let rest = path.strip_prefix(&prefix).unwrap();
        rest.split(['/', '.']).next().unwrap().to_owned()
    };
    let files: Vec<(String, String)> = files
        .into_iter()
        .map(|(path, code)| (module(&path), code))
        .collect();
    let crate_items = ["content_hash"];
    let arrows = |code| {
        let mut modules = named(code, "crate::");
        modules.extend(named(code, "docent::"));
        modules.retain(|name| !crate_items.contains(name));
        modules
    };
    // In the program, `crate::` is the program itself.
    assert_eq!(upward(LIBRARY, &files, |module| module, arrows), [""; 0]);
}

#[test]
fn the_index_has_no_circles() {
    let mut files = sources(&repository("src/index"));
    files.retain(|(path, _)| !path.ends_with("/mod.rs"));
    let (graph, index): (Vec<_>, Vec<_>) = files
        .into_iter()
        .partition(|(path, _)| path.contains("/graph/"));
    assert_eq!((index.len(), graph.len()), (INDEX.len() - 1, GRAPH.len()));
    let siblings = |code| named(code, "super::");
    assert_eq!(upward(INDEX, &index, stem, siblings), [""; 0]);
    assert_eq!(upward(GRAPH, &graph, stem, siblings), [""; 0]);
    // The graph's files stand on one floor of the index.
    let below = |code| named(code, "crate::index::");
    assert_eq!(upward(INDEX, &graph, |_| "graph", below), [""; 0]);
}

#[test]
fn paths_are_found_in_code() {
    let code = "use crate::a::B; use crate::{c::D, E};\nmycrate::x; let f = crate::g(super::h);";
    assert_eq!(Vec::from_iter(named(code, "crate::")), ["a", "c", "g"]);
    assert_eq!(Vec::from_iter(named(code, "super::")), ["h"]);
}
