//! Markdown: mdBook's `{{#include}}`, the snippets of MkDocs (`--8<-- "file"`, `{!file!}`) and Markdown that MDX imports
//! as a component, each on a line of its own.

use std::collections::HashMap;

use super::{Expander, indent_of, line_number};
use crate::corpus::fences::{self, Fence};
use crate::corpus::links::linked_path;
use crate::corpus::parse;

/// What a text has that may include others.
pub(super) const MARKS: [&str; 4] = ["{{#", "8<-", "{!", "import "];
/// A list of snippets ends within as many lines.
const MAX_LISTED: usize = 50;

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Directive<'a> {
    path: &'a str,
    part: Part<'a>,
    /// Whether the path may begin at the root of the docs.
    from_root: bool,
}

/// What is included of a file.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Whole,
    /// From this line to that one, counted from 1.
    Lines(usize, usize),
    /// What stands between marks with this name.
    Anchor(&'a str),
}

pub(super) fn lines(
    expander: &mut Expander<'_>,
    path: &str,
    text: &str,
    at: Option<u32>,
    indent: &str,
) {
    let imports = imports(text);
    let mut fence: Option<Fence> = None;
    // The line that ends a list of snippets.
    let mut list_end = 0;
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        let at = line_number(at, i);
        let was_fenced = fence.is_some();
        fence = fences::open_after(fence, line);
        let trimmed = line.trim();
        if is_snippet_mark(trimmed) {
            let listed = lines[i + 1..].iter().take(MAX_LISTED);
            let end = listed.clone().position(|line| is_snippet_mark(line.trim()));
            match end {
                _ if list_end == i && i > 0 => continue,
                Some(length) => {
                    list_end = i + 1 + length;
                    continue;
                }
                None => {}
            }
        }
        let directive = match i < list_end {
            true => Some(directive_to(trimmed, true)),
            false if was_fenced || fence.is_some() => directive(trimmed),
            false => directive(trimmed).or_else(|| component(trimmed, &imports)),
        };
        let inner = format!("{indent}{}", indent_of(line));
        let is_included =
            directive.is_some_and(|directive| include(expander, path, &directive, at, &inner));
        if !is_included {
            expander.push(indent, line, at);
        }
    }
}

/// Adds what `directive` of the file at `path` asks for; `false` if it cannot be had.
fn include(
    expander: &mut Expander<'_>,
    path: &str,
    directive: &Directive<'_>,
    at: u32,
    indent: &str,
) -> bool {
    let from_root = directive.from_root.then(|| linked_path("", directive.path));
    let paths = [from_root.flatten(), linked_path(path, directive.path)];
    let part =
        |path: &str, text: &str| part(parse::without_front_matter(path, text), &directive.part);
    expander.include(&paths, indent, at, &part)
}

/// The Markdown files that MDX imports, by the names of their components.
fn imports(text: &str) -> HashMap<&str, &str> {
    let import = |line| {
        let (name, path) = str::strip_prefix(line, "import ")?.split_once(" from ")?;
        let path = path.trim().trim_end_matches(';').trim_matches(['"', '\'']);
        (path.ends_with(".md") || path.ends_with(".mdx")).then_some((name.trim(), path))
    };
    text.lines().filter_map(import).collect()
}

/// A component that is an imported file: `<Part />`.
fn component<'a>(line: &str, imports: &HashMap<&str, &'a str>) -> Option<Directive<'a>> {
    let inner = line.strip_prefix('<')?.strip_suffix("/>")?;
    let name = inner.split_whitespace().next()?;
    let path = imports.get(name)?;
    Some(Directive {
        path,
        part: Part::Whole,
        from_root: false,
    })
}

/// `--8<--` alone, before and after a list of files.
fn is_snippet_mark(line: &str) -> bool {
    line.trim_matches('-') == "8<" && line.starts_with("--") && line.ends_with("--")
}

fn directive(line: &str) -> Option<Directive<'_>> {
    if let Some(inner) = line.strip_prefix("{{#") {
        let (name, rest) = inner.strip_suffix("}}")?.split_once(' ')?;
        let is_known = matches!(name, "include" | "rustdoc_include" | "playground");
        let file = rest.split_whitespace().next()?;
        return is_known.then(|| directive_to(file, false));
    }
    if let Some(inner) = line.strip_prefix("{!") {
        return Some(directive_to(inner.strip_suffix("!}")?.trim(), true));
    }
    let snippet = line.trim_start_matches('-').strip_prefix("8<")?;
    if !line.starts_with("--") || !snippet.starts_with("--") {
        return None;
    }
    let quoted = snippet.trim_start_matches('-').trim();
    let file = quoted
        .strip_prefix(['"', '\''])?
        .strip_suffix(['"', '\''])?;
    Some(directive_to(file, true))
}

/// `file`, `file:2:10`, `file:2`, `file::10`, `file:anchor`.
fn directive_to(file: &str, from_root: bool) -> Directive<'_> {
    let mut parts = file.splitn(3, ':');
    let path = parts.next().unwrap_or_default();
    let number = |text: &str| text.parse::<usize>().ok();
    let part = match (parts.next(), parts.next()) {
        (None, _) => Part::Whole,
        (Some(first), None) => match number(first) {
            Some(line) => Part::Lines(line, line),
            None => Part::Anchor(first),
        },
        (Some(first), Some(last)) => Part::Lines(
            number(first).unwrap_or(1),
            number(last).unwrap_or(usize::MAX),
        ),
    };
    Directive {
        path,
        part,
        from_root,
    }
}

/// The lines of `text` that are asked for, without marks of anchors; `None` if there is nothing.
fn part(text: &str, part: &Part) -> Option<String> {
    let mut is_in = !matches!(part, Part::Anchor(_));
    let mut kept = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((is_start, name)) = anchor(line) {
            if *part == Part::Anchor(name) {
                is_in = is_start;
            }
            continue;
        }
        let is_asked_for = match part {
            Part::Lines(first, last) => (*first..=*last).contains(&number),
            _ => is_in,
        };
        if is_asked_for {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    (!kept.trim().is_empty()).then_some(kept)
}

/// Whether a line is the mark at the start of an anchor or that at its end, and the name.
fn anchor(line: &str) -> Option<(bool, &str)> {
    let marks = [
        ("ANCHOR:", true),
        ("ANCHOR_END:", false),
        ("[start:", true),
        ("[end:", false),
    ];
    let found = marks.iter().find_map(|(mark, is_start)| {
        let (before, name) = line.split_once(mark)?;
        let is_mark = !mark.starts_with('[') || before.trim_end().ends_with("8<--");
        is_mark.then_some((*is_start, name.trim_start()))
    });
    let (is_start, name) = found?;
    let end = name.find([' ', ']', '\t']).unwrap_or(name.len());
    Some((is_start, &name[..end]))
}
