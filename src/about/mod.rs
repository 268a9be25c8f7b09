//! What docs are about, as far as an index and their guide tell.

pub(crate) mod plain;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::corpus::{Guide, is_list_of_pages};
use crate::index::{Index, IndexError, SectionRecord};
use crate::stale;

use plain::plain;

/// Most characters of a title.
const TITLE: usize = 80;
/// Names of folders that say nothing of what is in them.
const COMMON: &[&str] = &[
    "content",
    "contents",
    "doc",
    "docs",
    "documentation",
    "en",
    "guide",
    "manual",
    "pages",
    "site",
    "src",
    "website",
];
/// As much of a guide file as is read for its title.
const GUIDE_START: u64 = 64 << 10;

/// What docs are about. All of it is plain text of one line each, whatever the docs say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What the docs are called.
    pub title: String,
    /// What is in them, in the author's order: each a name, which may be empty, and titles.
    pub groups: Vec<(String, Vec<String>)>,
}

impl About {
    /// Of the docs of `index`. Their title is `title` if given, else the first heading of their guide on disk, else
    /// the title of their `README`, else the name of their folder.
    ///
    /// # Errors
    ///
    /// If the index is damaged.
    pub fn of(index: &Index, title: Option<&str>) -> Result<Self, IndexError> {
        let sections: Vec<SectionRecord> = index
            .sections()
            .map(|id| index.section(id))
            .collect::<Result<_, _>>()?;
        let title = title
            .map(str::to_owned)
            .or_else(|| guide_title(index))
            .or_else(|| readme_title(&sections))
            .or_else(|| folder_name(index))
            .map(|title| plain(&title, TITLE))
            .filter(|title| !title.is_empty());
        Ok(Self {
            title: title.unwrap_or_else(|| "these docs".to_owned()),
            groups: groups(&index.guide()?, &sections),
        })
    }

    /// Names that tell what the docs are about, joined, at most `max` characters: groups, or titles if there are few
    /// groups.
    pub fn topics(&self, max: usize) -> String {
        let named: Vec<&String> = self
            .groups
            .iter()
            .map(|(name, _)| name)
            .filter(|name| !name.is_empty())
            .collect();
        let titles = self.groups.iter().flat_map(|(_, titles)| titles);
        let names = if named.len() < 3 {
            titles.collect()
        } else {
            named
        };
        joined(names.into_iter().map(String::as_str), ", ", max)
    }
}

/// The first of `texts`, as many as there is room for with `between` between them.
pub(crate) fn joined<'a>(
    texts: impl Iterator<Item = &'a str>,
    between: &str,
    room: usize,
) -> String {
    let mut joined = String::new();
    for text in texts {
        let more = if joined.is_empty() { "" } else { between };
        if joined.chars().count() + more.len() + text.chars().count() > room {
            break;
        }
        joined.push_str(more);
        joined.push_str(text);
    }
    joined
}

/// The first heading of the first guide file that is no list of pages, if the docs are where the index says.
fn guide_title(index: &Index) -> Option<String> {
    let folders = stale::docs_of(index);
    let mut guide_files = index.meta().guide_files.iter();
    let guide_file = guide_files.find(|file| !is_list_of_pages(&file.path))?;
    let guide = stale::file_of(&folders, &guide_file.path)?;
    if folders.len() > 1 || !guide.is_file() {
        return None;
    }
    let mut text = Vec::new();
    File::open(guide)
        .ok()?
        .take(GUIDE_START)
        .read_to_end(&mut text)
        .ok()?;
    let text = String::from_utf8_lossy(&text);
    let title = text
        .lines()
        .find_map(|line| line.strip_prefix("# "))?
        .trim();
    let shorter = title
        .strip_suffix("Index")
        .or(title.strip_suffix("index"))
        .map(str::trim_end);
    let title = shorter.map_or(title, |shorter| shorter.trim_end_matches([':', '-', ' ']));
    (!title.is_empty()).then(|| title.to_owned())
}

fn readme_title(sections: &[SectionRecord]) -> Option<String> {
    let is_readme = |section: &&SectionRecord| {
        let stem = section.path.split('.').next().unwrap_or_default();
        ["readme", "index"]
            .iter()
            .any(|name| stem.eq_ignore_ascii_case(name))
    };
    sections
        .iter()
        .find(is_readme)
        .map(|section| section.title.clone())
}

/// The nearest folder above the docs, or theirs, with a name of its own; of several corpora their names.
fn folder_name(index: &Index) -> Option<String> {
    let folders = stale::docs_of(index);
    let [folder] = &folders[..] else {
        let names: Vec<&str> = folders.iter().map(|folder| &*folder.name).collect();
        return (!names.is_empty()).then(|| names.join(", "));
    };
    let docs = folder.path.canonicalize().ok()?;
    let mut names = docs
        .ancestors()
        .filter_map(Path::file_name)
        .filter_map(|name| name.to_str());
    let own = |name: &&str| {
        !COMMON
            .iter()
            .any(|common| name.eq_ignore_ascii_case(common))
    };
    names.by_ref().take(3).find(own).map(str::to_owned)
}

/// Rows of the guide's tables; without any, its phrases; without a guide, the titles of sections by folder.
fn groups(guide: &Guide, sections: &[SectionRecord]) -> Vec<(String, Vec<String>)> {
    let mut groups = Vec::new();
    for row in &guide.descriptors {
        let title = if row.title.is_empty() {
            &row.target
        } else {
            &row.title
        };
        add(&mut groups, &row.group, title);
    }
    if groups.is_empty() {
        for guideline in &guide.guidelines {
            add(&mut groups, &guideline.group, &guideline.phrase);
        }
    }
    if groups.is_empty() {
        for section in sections {
            add(&mut groups, folder_of(&section.path), &section.title);
        }
    }
    groups
}

/// The first folder of a section's path; empty if it is in none.
pub fn folder_of(path: &str) -> &str {
    path.split_once('/').map_or("", |(folder, _)| folder)
}

fn add(groups: &mut Vec<(String, Vec<String>)>, group: &str, title: &str) {
    let (group, title) = (plain(group, TITLE), plain(title, TITLE));
    match groups.iter_mut().find(|(name, _)| *name == group) {
        Some((_, titles)) => titles.push(title),
        None => groups.push((group, vec![title])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_groups_or_titles() {
        let of = |groups: &[(&str, &[&str])]| About {
            title: "x".into(),
            groups: groups
                .iter()
                .map(|(name, titles)| {
                    (
                        name.to_string(),
                        titles.iter().map(ToString::to_string).collect(),
                    )
                })
                .collect(),
        };
        assert_eq!(
            of(&[("A", &["a"]), ("B", &["b"]), ("C", &["c"])]).topics(80),
            "A, B, C"
        );
        assert_eq!(
            of(&[("A", &["a", "b"]), ("", &["c"])]).topics(80),
            "a, b, c"
        );
        assert_eq!(
            of(&[("", &["alpha", "beta", "gamma"])]).topics(11),
            "alpha, beta"
        );
        assert_eq!(of(&[]).topics(80), "");
    }
}
