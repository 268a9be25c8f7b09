//! AsciiDoc: the `include` directive, as Asciidoctor reads it, with the families of Antora (`partial$names.adoc`)
//! in the module of the file that includes.
//!
//! Conditions are not decided: what stands under one is included.

use super::{Expander, dedented, line_number, value_of};
use crate::corpus::links::linked_path;

/// Longest value of an attribute that a path refers to, and longest path.
const MAX_PATH: usize = 500;
/// Blocks in which nothing is a heading.
const VERBATIM: [&str; 5] = ["----", "....", "++++", "////", "```"];

pub(super) fn lines(
    expander: &mut Expander<'_>,
    path: &str,
    text: &str,
    at: Option<u32>,
    indent: &str,
) {
    for (index, line) in text.lines().enumerate() {
        let number = line_number(at, index);
        if let Some((name, value)) = attribute(line) {
            expander
                .attributes
                .insert(name.to_lowercase(), value.to_owned());
        }
        let directive = Directive::of(line);
        if !directive.is_some_and(|directive| include(expander, path, &directive, number, indent)) {
            expander.push(indent, line, number);
        }
    }
}

/// `:name: value`, if a path may refer to it.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix(':')?.split_once(':')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let value = value.trim();
    let is_usable = !name.is_empty() && name.chars().all(is_name) && value.len() <= MAX_PATH;
    is_usable.then_some((name, value))
}

struct Directive<'a> {
    path: &'a str,
    attributes: Vec<(&'a str, &'a str)>,
}

impl<'a> Directive<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let inner = line
            .strip_prefix("include::")?
            .trim_end()
            .strip_suffix(']')?;
        let (path, list) = inner.split_once('[')?;
        let is_path = !path.is_empty() && !path.starts_with(' ') && !path.contains("://");
        is_path.then(|| Self {
            path,
            attributes: attributes(list),
        })
    }

    fn attribute(&self, name: &str) -> Option<&'a str> {
        value_of(&self.attributes, name)
    }
}

/// `lines=1..3,tags="a,b"`.
fn attributes(list: &str) -> Vec<(&str, &str)> {
    let mut is_quoted = false;
    let parts = list.split(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    });
    let pairs = parts.filter_map(|part| part.split_once('='));
    pairs
        .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
        .collect()
}

/// Adds what `directive` of the file at `path` asks for; `false` if it cannot be had.
fn include(
    expander: &mut Expander<'_>,
    path: &str,
    directive: &Directive<'_>,
    at: u32,
    indent: &str,
) -> bool {
    let Some(named) = expanded(directive.path, expander) else {
        return false;
    };
    let paths = [in_family(path, &named).unwrap_or_else(|| linked_path(path, &named))];
    let part = |_: &str, text: &str| part(text, directive);
    expander.include(&paths, indent, at, &part)
}

/// `path` with the values of the attributes that it refers to.
fn expanded(path: &str, expander: &Expander<'_>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = path;
    while let Some((before, reference)) = rest.split_once('{') {
        let (name, after) = reference.split_once('}')?;
        expanded.push_str(before);
        expanded.push_str(expander.attributes.get(&name.to_lowercase())?);
        rest = after;
        if expanded.len() > MAX_PATH {
            return None;
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

/// The path that `partial$names.adoc` means in the file `from` of a module of Antora; `None` if `path` is no such
/// one, and nothing in it if that is not in the module.
fn in_family(from: &str, path: &str) -> Option<Option<String>> {
    let (family, name) = path.split_once('$')?;
    let folder = match family {
        "partial" => "partials",
        "example" => "examples",
        "page" => "pages",
        "attachment" => "attachments",
        _ => return Some(None),
    };
    let families = ["/pages/", "/partials/", "/examples/"];
    let from = format!("/{from}");
    let root = families
        .iter()
        .filter_map(|family| from.rfind(family))
        .max();
    let path = root.and_then(|root| linked_path("", &format!("{}/{folder}/{name}", &from[..root])));
    Some(path)
}

/// What of `text` is asked for, without the marks of tags.
fn part(text: &str, directive: &Directive<'_>) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = match directive.attribute("lines") {
        Some(list) => numbered(&lines, list),
        None => lines,
    };
    let tags = directive
        .attribute("tags")
        .or_else(|| directive.attribute("tag"));
    kept = tagged(&kept, tags.unwrap_or("**"));
    let part = match directive.attribute("indent") {
        Some(_) => dedented(&kept),
        None => kept.iter().map(|line| format!("{line}\n")).collect(),
    };
    Some(match directive.attribute("leveloffset") {
        Some(offset) => shifted(&part, offset.parse().ok()?),
        None => part,
    })
}

/// The lines that `1..3;7;10..-1` names; -1 is the last one.
fn numbered<'a>(lines: &[&'a str], list: &str) -> Vec<&'a str> {
    let number = |text: &str| {
        let number: i64 = text.trim().parse().ok()?;
        Some(if number < 0 { i64::MAX } else { number })
    };
    let ranges: Vec<(i64, i64)> = list
        .split([';', ','])
        .filter_map(|range| match range.split_once("..") {
            Some((first, "")) => Some((number(first)?, i64::MAX)),
            Some((first, last)) => Some((number(first)?, number(last)?)),
            None => Some((number(range)?, number(range)?)),
        })
        .collect();
    let is_named = |number: i64| {
        ranges
            .iter()
            .any(|range| (range.0..=range.1).contains(&number))
    };
    let numbered = (1..).zip(lines);
    numbered
        .filter_map(|(number, line)| is_named(number).then_some(*line))
        .collect()
}

/// The lines between the marks of `tags`, names or `*` for any and `**` for all lines; `!` leaves out.
fn tagged<'a>(lines: &[&'a str], tags: &str) -> Vec<&'a str> {
    let tags: Vec<&str> = tags.split([';', ',']).map(str::trim).collect();
    let is_said = |name: &str| {
        tags.iter()
            .rev()
            .find_map(|tag| match tag.strip_prefix('!') {
                Some(left_out) => (left_out == name).then_some(false),
                None => (*tag == name).then_some(true),
            })
    };
    // Names alone that are left out leave all the others.
    let all = is_said("**").unwrap_or(tags.iter().all(|tag| tag.starts_with('!')));
    let mut open: Vec<(&str, bool)> = Vec::new();
    let mut kept = Vec::new();
    for line in lines {
        let outer = open.last().map_or(all, |(_, is_kept)| *is_kept);
        if let Some(name) = mark(line, "tag::") {
            let is_kept = is_said(name).or_else(|| is_said("*")).unwrap_or(outer);
            open.push((name, is_kept));
        } else if let Some(name) = mark(line, "end::") {
            if let Some(at) = open.iter().rposition(|(tag, _)| *tag == name) {
                open.remove(at);
            }
        } else if outer {
            kept.push(*line);
        }
    }
    kept
}

/// The name in a mark of a tag: `// tag::name[]`.
fn mark<'a>(line: &'a str, kind: &str) -> Option<&'a str> {
    let (before, rest) = line.split_once(kind)?;
    let (name, _) = rest.split_once("[]")?;
    let is_name = !name.is_empty() && !name.contains(char::is_whitespace);
    (is_name && !before.ends_with(|c: char| c.is_alphanumeric())).then_some(name)
}

/// `text` with its headings `offset` levels further down, or up.
fn shifted(text: &str, offset: i32) -> String {
    let mut open: Option<&str> = None;
    let mut shifted = String::new();
    for line in text.lines() {
        let mark = VERBATIM.iter().find(|mark| line.starts_with(**mark));
        match open {
            Some(fence) if fence == line.trim_end() => open = None,
            None if mark.is_some() => open = Some(line.trim_end()),
            _ => {}
        }
        let marks = line.len() - line.trim_start_matches('=').len();
        let is_heading =
            open.is_none() && (1..=6).contains(&marks) && line[marks..].starts_with(' ');
        if is_heading {
            let level = i32::try_from(marks).unwrap_or(1).saturating_add(offset);
            let level = usize::try_from(level.clamp(1, 6)).unwrap_or(1);
            shifted.push_str(&"=".repeat(level));
            shifted.push_str(&line[marks..]);
        } else {
            shifted.push_str(line);
        }
        shifted.push('\n');
    }
    shifted
}
