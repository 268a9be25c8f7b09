//! Links between sections that lead nowhere.

use std::collections::HashMap;

use percent_encoding::percent_decode_str;

use super::docs::{Docs, DocsSection};
use super::draft::{Draft, place, quoted};
use super::finding::{Place, Rule, Severity};
use crate::corpus::{Anchors, is_documentation, links};
use crate::index::SectionId;

/// Marks of text that a site generator puts into a page: its headings are not in the file.
const INCLUDES: [&str; 8] = [
    "include",
    "--8<--",
    "{{% readfile",
    "{{< readfile",
    "{% render",
    "{% content-ref",
    "{{% docs/",
    "<Snippet",
];

/// What a link that can be judged leads to.
struct Target<'a> {
    /// The path from the root of the docs; empty: the section itself.
    path: String,
    anchor: Option<&'a str>,
    /// Whether it must be in the docs: a file relative to the section with an extension of documentation.
    is_certain: bool,
}

/// A finding for each file or heading that is not there, with the places of all links to it.
pub(super) fn findings(docs: &Docs<'_>) -> Vec<Draft> {
    let anchors: Vec<Anchors> = docs
        .sections
        .iter()
        .map(|section| Anchors::of(&section.parsed))
        .collect();
    let mut broken: HashMap<(usize, String), Vec<Place>> = HashMap::new();
    let mut drafts = Vec::new();
    for (number, section) in docs.sections.iter().enumerate() {
        if !is_markdown(&section.path) {
            continue;
        }
        for link in links(section.text()) {
            let Some(target) = judged(&section.path, &link.destination) else {
                continue;
            };
            let Some(problem) = problem(docs, &anchors, number, &target) else {
                continue;
            };
            let at = place(&section.path, link.line);
            // The same link twice in a section is one finding.
            let places = broken
                .entry((number, link.destination.clone()))
                .or_default();
            places.push(at.clone());
            if places.len() == 1 {
                let draft = Draft::new(
                    Rule::BrokenLink,
                    Severity::Error,
                    at,
                    &[&section.path, &link.destination],
                );
                drafts.push((number, link.destination, draft, problem));
            }
        }
    }
    let told = drafts
        .into_iter()
        .map(|(number, destination, draft, (message, remedy))| {
            let places = broken.remove(&(number, destination)).unwrap_or_default();
            let weight = places.len() as f64;
            draft
                .says(message, remedy)
                .related(places.into_iter().skip(1))
                .weighing(weight)
        });
    told.collect()
}

fn is_markdown(path: &str) -> bool {
    is_documentation(path) && !path.to_lowercase().ends_with(".txt")
}

/// Message and remedy, if `target` is not there.
fn problem(
    docs: &Docs<'_>,
    anchors: &[Anchors],
    from: usize,
    target: &Target<'_>,
) -> Option<(String, String)> {
    let found = match target.path.is_empty() {
        true => Some(from),
        false => find(docs, target).map(SectionId::position),
    };
    let Some(found) = found else {
        let is_guide = docs.guide_files.contains(&target.path);
        if !target.is_certain || is_guide {
            return None;
        }
        let message = format!(
            "a link leads to {}, which is no section of the docs",
            target.path
        );
        return Some((message, moved(docs, &target.path)));
    };
    let anchor = target.anchor?;
    let section = &docs.sections[found];
    if is_special(anchor)
        || !is_markdown(&section.path)
        || anchors[found].has(anchor)
        || is_generated(section)
    {
        return None;
    }
    let whose = match found == from {
        true => "this section".to_owned(),
        false => section.path.clone(),
    };
    let message = format!("a link leads to `#{anchor}`, but no heading of {whose} has that anchor");
    Some((message, nearest_heading(&anchors[found], anchor)))
}

/// The section that a path names: as it is, or without its extension, or as the folder that it is the page of.
fn find(docs: &Docs<'_>, target: &Target<'_>) -> Option<SectionId> {
    let path = target.path.trim_end_matches('/');
    let stem = path.strip_suffix(".html").unwrap_or(path);
    let candidates = [
        path.to_owned(),
        format!("{stem}.md"),
        format!("{stem}.mdx"),
        format!("{stem}/index.md"),
        format!("{stem}/index.mdx"),
        format!("{stem}/_index.md"),
        format!("{stem}/README.md"),
    ];
    candidates.iter().find_map(|path| docs.find(path))
}

/// The target of a link in the file `from`; `None` for a link that cannot be judged by the docs alone.
fn judged<'a>(from: &str, destination: &'a str) -> Option<Target<'a>> {
    let is_template = ["{{", "{%", "${", "<%", "*", "@"]
        .iter()
        .any(|mark| destination.contains(mark));
    let has_scheme = destination.split(['/', '#', '?']).next()?.contains(':');
    if is_template || has_scheme || destination.starts_with("//") || destination.is_empty() {
        return None;
    }
    let (path, anchor) = match destination.split_once('#') {
        Some((path, anchor)) => (path, Some(anchor).filter(|anchor| !anchor.is_empty())),
        None => (destination, None),
    };
    let path = path.split('?').next()?;
    let path = percent_decode_str(path).decode_utf8().ok()?;
    if path.is_empty() {
        return anchor.map(|anchor| Target {
            path: String::new(),
            anchor: Some(anchor),
            is_certain: true,
        });
    }
    let is_relative = !path.starts_with('/');
    let folder = match from.rsplit_once('/') {
        Some((folder, _)) if is_relative => folder,
        _ => "",
    };
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            // What lies outside of the docs cannot be judged.
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(Target {
        is_certain: is_relative && is_documentation(&path),
        path: parts.join("/"),
        anchor,
    })
}

/// Anchors that browsers and hosts give a meaning of their own.
fn is_special(anchor: &str) -> bool {
    let is_lines = anchor.starts_with('L') && anchor[1..].starts_with(|c: char| c.is_ascii_digit());
    anchor == "top" || anchor.starts_with(":~:") || anchor.starts_with('/') || is_lines
}

/// Whether a page has text, and so headings, that are not in its file.
fn is_generated(section: &DocsSection<'_>) -> bool {
    section.text().lines().any(|line| {
        let is_marked = line.contains("{{") || line.contains("{%") || line.contains("--8<--");
        let is_include = is_marked && INCLUDES.iter().any(|mark| line.contains(mark));
        let is_component = line.starts_with("import ") && line.contains(".md");
        is_include || is_component || line.contains("<Snippet") || line.contains("<!--@include")
    })
}

/// Where a file of the same name is.
fn moved(docs: &Docs<'_>, path: &str) -> String {
    let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let wanted = name(path);
    let mut same = docs
        .sections
        .iter()
        .filter(|section| name(&section.path) == wanted);
    let generic = ["index.md", "readme.md", "_index.md", "index.mdx"].contains(&wanted.as_str());
    match (same.next(), same.next()) {
        (Some(section), None) if !generic => {
            format!("did it move to {}? link to that", section.path)
        }
        _ => "link to a section that is there, or write it".to_owned(),
    }
}

fn nearest_heading(anchors: &Anchors, anchor: &str) -> String {
    match anchors.nearest(anchor) {
        Some(named) => format!(
            "is {} (line {}) meant? link to its anchor",
            quoted(&named.text),
            named.line
        ),
        None => "link to a heading that is there, or to the section as a whole".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_docs_alone_tell_is_judged() {
        let judge = |destination: &str| {
            let target = judged("a/b/c.md", destination);
            target.map(|t| (t.path, t.anchor.map(str::to_owned), t.is_certain))
        };
        let target = |path: &str, anchor: Option<&str>, is_certain| {
            Some((path.to_owned(), anchor.map(str::to_owned), is_certain))
        };
        assert_eq!(judge("../d.md#x"), target("a/d.md", Some("x"), true));
        assert_eq!(judge("./my%20d.md?q=1"), target("a/b/my d.md", None, true));
        assert_eq!(judge("#x"), target("", Some("x"), true));
        assert_eq!(judge("../d#x"), target("a/d", Some("x"), false));
        assert_eq!(judge("/e/f.md#x"), target("e/f.md", Some("x"), false));
        assert_eq!(judge("i.png"), target("a/b/i.png", None, false));
        for other in [
            "https://x.example/a.md",
            "mailto:a@b.md",
            "//x/a.md",
            "{{< ref >}}",
            "../../../a.md",
            "",
            "#",
        ] {
            assert_eq!(judge(other), None, "{other}");
        }
    }
}
