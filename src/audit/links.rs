//! Links between sections that lead nowhere.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use super::docs::{Docs, DocsSection};
use super::draft::{Draft, list, place, quoted};
use super::finding::{Place, Rule, Severity};
use crate::corpus::{Anchors, is_documentation, linked_path, links};
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

/// What is not there that links lead to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Missing {
    /// A folder in which the docs have nothing, the outermost one.
    Folder(String),
    /// A file in a folder that is there.
    File(String),
    /// A heading of a section that is there.
    Heading { section: usize, anchor: String },
}

/// A link to what is not there.
struct Broken {
    at: Place,
    /// The number of the section that has it.
    from: usize,
    /// The path from the root of the docs.
    path: String,
}

/// A finding for each folder, file or heading that is not there, with the places of all links to it.
pub(super) fn findings(docs: &Docs<'_>) -> Vec<Draft> {
    let anchors: Vec<Anchors> = docs
        .sections
        .iter()
        .map(|section| Anchors::of(&section.parsed))
        .collect();
    let mut broken: BTreeMap<Missing, Vec<Broken>> = BTreeMap::new();
    for (from, section) in docs.sections.iter().enumerate() {
        if !section.parsed.syntax().is_markdown() {
            continue;
        }
        for link in links(section.text()) {
            let Some(target) = judged(&section.path, &link.destination) else {
                continue;
            };
            if let Some(missing) = missing(docs, &anchors, from, &target) {
                broken.entry(missing).or_default().push(Broken {
                    at: place(&section.path, link.line),
                    from,
                    path: target.path,
                });
            }
        }
    }
    let drafts = broken.into_iter();
    let drafts = drafts.map(|(missing, links)| draft(docs, &anchors, &missing, links));
    drafts.collect()
}

/// What of `target` is not there, if anything.
fn missing(
    docs: &Docs<'_>,
    anchors: &[Anchors],
    from: usize,
    target: &Target<'_>,
) -> Option<Missing> {
    let found = match target.path.is_empty() {
        true => Some(from),
        false => find(docs, target).map(SectionId::position),
    };
    let Some(found) = found else {
        let is_guide = docs.guide_files.contains(&target.path);
        if !target.is_certain || is_guide {
            return None;
        }
        let folder =
            missing_folder(docs, &target.path).map(|folder| Missing::Folder(folder.to_owned()));
        return Some(folder.unwrap_or_else(|| Missing::File(target.path.clone())));
    };
    let anchor = target.anchor?;
    let section = &docs.sections[found];
    if is_special(anchor)
        || !section.parsed.syntax().is_markdown()
        || anchors[found].has(anchor)
        || is_generated(section)
    {
        return None;
    }
    Some(Missing::Heading {
        section: found,
        anchor: anchor.to_owned(),
    })
}

/// The outermost folder of `path` in which neither a section nor a guide file lies.
fn missing_folder<'a>(docs: &Docs<'_>, path: &'a str) -> Option<&'a str> {
    let files = || {
        let sections = docs.sections.iter().map(|section| &section.path);
        sections.chain(&docs.guide_files)
    };
    let mut folders = path.match_indices('/').map(|(end, _)| &path[..=end]);
    folders.find(|folder| !files().any(|file| file.starts_with(folder)))
}

/// The finding of all `links`, of which there is one at least, to what is missing.
fn draft(docs: &Docs<'_>, anchors: &[Anchors], missing: &Missing, links: Vec<Broken>) -> Draft {
    let lead = match links.len() {
        1 => "a link leads".to_owned(),
        n => format!("{n} links lead"),
    };
    let mut paths: Vec<String> = links.iter().map(|link| link.path.clone()).collect();
    paths.sort_unstable();
    paths.dedup();
    let (about, message, remedy) = match missing {
        Missing::Folder(folder) if paths.len() > 1 => (
            vec![folder.as_str()],
            format!(
                "{lead} into {folder}, where the docs have no section: {}",
                list(&paths, 3)
            ),
            "link to where these pages are published, or add the folder to the docs".to_owned(),
        ),
        Missing::Folder(name) | Missing::File(name) => {
            let path = paths.first().unwrap_or(name);
            (
                vec![name.as_str()],
                format!("{lead} to {path}, which is no section of the docs"),
                moved(docs, path),
            )
        }
        Missing::Heading { section, anchor } => {
            let path = &docs.sections[*section].path;
            let whose = match links.iter().all(|link| link.from == *section) {
                true => "this section",
                false => path,
            };
            (
                vec![path.as_str(), anchor.as_str()],
                format!("{lead} to `#{anchor}`, but no heading of {whose} has that anchor"),
                nearest_heading(&anchors[*section], anchor),
            )
        }
    };
    let weight = links.len() as f64;
    let mut places = links.into_iter().map(|link| link.at);
    let first = places.next().unwrap_or_else(|| place("", 1));
    Draft::new(Rule::BrokenLink, Severity::Error, first, &about)
        .says(message, remedy)
        .related(places)
        .weighing(weight)
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
    Some(Target {
        is_certain: !path.starts_with('/') && is_documentation(&path),
        // What lies outside of the docs cannot be judged.
        path: linked_path(from, &path)?,
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
