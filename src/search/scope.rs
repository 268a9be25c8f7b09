//! Which sections an answer may name: a part of the corpus, by paths or globs and by what their front matter says.

use std::collections::BTreeSet;
use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::condition::Condition;
use crate::Result;
use crate::index::{ChunkSet, Index, SectionId, SectionRecord};

/// The sections that a search is limited to, with their chunks.
#[derive(Debug, Clone)]
pub struct Scope {
    /// [`Index::content_id`] of the index whose sections these are.
    index: u64,
    /// Whether each section is in it.
    sections: Vec<bool>,
    chunks: ChunkSet,
}

/// What is wrong with a pattern.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// The pattern is no glob.
    #[error(
        "cannot read the pattern {pattern}: {reason}\nhint: `*` and `?` stay within a folder, `**` does not, {{a,b}} is either"
    )]
    Pattern {
        /// As it was given.
        pattern: String,
        /// What the glob parser says.
        reason: String,
    },
    /// The scope is one of another index.
    #[error(
        "the scope was made for another index\n\
         hint: make one from the index that is searched, anew after each reload"
    )]
    OtherIndex,
    /// The index has no section there.
    #[error("the index has no section in {pattern}\nhint: {}", remedy(nearest.as_deref()))]
    NoSection {
        /// As it was given.
        pattern: String,
        /// The folder of the index whose path begins most alike.
        nearest: Option<String>,
    },
    /// No section has the field of a condition.
    #[error(
        "no section has a field {field}\nhint: {}",
        named("the fields are", known)
    )]
    NoField {
        /// The field.
        field: String,
        /// The fields that sections have, in the order of their names.
        known: Vec<String>,
    },
    /// Sections have the field, and the condition holds for none.
    #[error(
        "{condition} holds for no section\nhint: {}",
        named("its values are", known)
    )]
    NeverHolds {
        /// The condition as it was given.
        condition: String,
        /// The values that the field has, in the order of text.
        known: Vec<String>,
    },
    /// Each pattern and condition alone leaves sections, all together leave none.
    #[error(
        "no section is left by all patterns and conditions together\nhint: leave one of them out"
    )]
    NothingLeft,
}

/// Most names or values that a hint lists.
const MOST_NAMED: usize = 30;

fn named(what: &str, names: &[String]) -> String {
    let listed = names[..names.len().min(MOST_NAMED)].join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        _ if names.is_empty() => "no section has front matter".to_owned(),
        0 => format!("{what} {listed}"),
        others => format!("{what} {listed} and {others} more"),
    }
}

fn remedy(nearest: Option<&str>) -> String {
    match nearest {
        Some(folder) => format!("there is {folder}"),
        None => "the docs have no folders: name a section, or a glob such as `a*.md`".to_owned(),
    }
}

impl Scope {
    /// The sections of `index` that match any of `patterns`: a section's path, a folder's, or a glob
    /// over the paths of sections; without patterns, all. Of these, those for which all `conditions` hold.
    /// Decodes every section's record.
    ///
    /// # Errors
    ///
    /// A pattern that is no glob, or that no section matches; a condition on a field that no section has, or
    /// that holds for none; nothing left by all together.
    pub fn new(index: &Index, patterns: &[String], conditions: &[Condition]) -> Result<Self> {
        let all = index.sections().map(|id| index.section(id));
        let all = all.collect::<Result<Vec<SectionRecord>, _>>()?;
        let mut sections = vec![true; all.len()];
        if !patterns.is_empty() {
            sections = matching(&all, patterns)?;
        }
        for condition in conditions {
            let holds = fulfilling(&all, condition)?;
            for (is_in, holds) in sections.iter_mut().zip(holds) {
                *is_in &= holds;
            }
        }
        let left = all.into_iter().zip(&sections).filter(|(_, is_in)| **is_in);
        let ranges: Vec<_> = left.map(|(section, _)| section.chunks).collect();
        if ranges.is_empty() && !sections.is_empty() {
            return Err(ScopeError::NothingLeft.into());
        }
        Ok(Self {
            index: index.content_id(),
            sections,
            chunks: ChunkSet::new(ranges),
        })
    }

    /// All sections of `index` but those of `left_out`, whose records alone are decoded.
    pub fn all_but(index: &Index, left_out: &[SectionId]) -> Result<Self> {
        let mut sections = vec![true; index.num_sections()];
        let mut ranges = Vec::with_capacity(left_out.len());
        for &id in left_out {
            ranges.push(index.section(id)?.chunks);
            sections[id.position()] = false;
        }
        let chunks = ChunkSet::new(ranges).complement(index.num_chunks() as u32);
        Ok(Self {
            index: index.content_id(),
            sections,
            chunks,
        })
    }

    /// An error unless this is a scope of `index`, or of one with the same content.
    pub(super) fn check_index(&self, index: &Index) -> Result<(), ScopeError> {
        if self.index == index.content_id() {
            Ok(())
        } else {
            Err(ScopeError::OtherIndex)
        }
    }

    /// Whether an answer may name `section`.
    pub fn has_section(&self, section: SectionId) -> bool {
        self.sections
            .get(section.position())
            .is_some_and(|is_in| *is_in)
    }

    /// The chunks of its sections.
    pub fn chunks(&self) -> &ChunkSet {
        &self.chunks
    }
}

/// Whether each section matches any of `patterns`; an error if one of these matches none.
fn matching(sections: &[SectionRecord], patterns: &[String]) -> Result<Vec<bool>, ScopeError> {
    let mut is_in = vec![false; sections.len()];
    for pattern in patterns.iter().map(|text| Pattern::new(text)) {
        let mut is_used = false;
        for (section, is_in) in sections.iter().zip(&mut is_in) {
            let matches = pattern.matches(&section.path);
            is_used |= matches;
            *is_in |= matches;
        }
        if is_used {
            continue;
        }
        return Err(match pattern.glob {
            Err(error) => ScopeError::Pattern {
                pattern: pattern.text.to_owned(),
                reason: error.kind().to_string(),
            },
            Ok(_) => ScopeError::NoSection {
                pattern: pattern.text.to_owned(),
                nearest: nearest_folder(pattern.text, sections),
            },
        });
    }
    Ok(is_in)
}

/// Whether `condition` holds for each section; an error if it does for none.
fn fulfilling(sections: &[SectionRecord], condition: &Condition) -> Result<Vec<bool>, ScopeError> {
    let fields = || sections.iter().flat_map(|section| &section.fields);
    let distinct = |names: BTreeSet<&String>| names.into_iter().cloned().collect();
    let mut of_field = fields()
        .filter(|field| field.name == condition.field())
        .peekable();
    if of_field.peek().is_none() {
        return Err(ScopeError::NoField {
            field: condition.field().to_owned(),
            known: distinct(fields().map(|field| &field.name).collect()),
        });
    }
    let holds: Vec<bool> = sections
        .iter()
        .map(|section| condition.holds(&section.fields))
        .collect();
    if !holds.contains(&true) {
        return Err(ScopeError::NeverHolds {
            condition: condition.to_string(),
            known: distinct(of_field.flat_map(|field| &field.values).collect()),
        });
    }
    Ok(holds)
}

/// A section's path, a folder's, or a glob over either; `.` is everything.
struct Pattern<'a> {
    /// As it was given.
    text: &'a str,
    /// Without `./` and `/` around it.
    path: &'a str,
    /// The glob itself, and everything in the folders that it matches.
    glob: Result<GlobSet, globset::Error>,
}

impl<'a> Pattern<'a> {
    fn new(text: &'a str) -> Self {
        let path = text.strip_prefix("./").unwrap_or(text);
        let path = path.trim_end_matches('/');
        let path = if path == "." { "" } else { path };
        let build = |glob: &str| GlobBuilder::new(glob).literal_separator(true).build();
        let glob = build(path).and_then(|section| {
            let folder = build(&format!("{path}/**"))?;
            GlobSetBuilder::new().add(section).add(folder).build()
        });
        Self { text, path, glob }
    }

    fn matches(&self, section: &str) -> bool {
        let rest = section.strip_prefix(self.path);
        (self.path.is_empty() && !self.text.is_empty())
            || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || self.glob.as_ref().is_ok_and(|glob| glob.is_match(section))
    }
}

/// The folder of `sections` that shares the longest beginning with `pattern`; of equals, the shortest
/// and then the first.
fn nearest_folder(pattern: &str, sections: &[SectionRecord]) -> Option<String> {
    let folders = sections
        .iter()
        .flat_map(|section| Path::new(&section.path).ancestors().skip(1))
        .filter_map(Path::to_str)
        .filter(|folder| !folder.is_empty());
    let alike = |folder: &str| {
        let pairs = folder.chars().zip(pattern.chars());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let nearest =
        folders.min_by_key(|folder| (std::cmp::Reverse(alike(folder)), folder.len(), *folder));
    nearest.map(|folder| format!("{folder}/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::{self, BuildOptions};
    use crate::corpus::{Corpus, Section, Syntax};
    use crate::encoder::BuiltinEncoder;

    #[test]
    fn a_pattern_is_a_path_a_folder_or_a_glob() {
        for (pattern, path, expected) in [
            ("a.md", "a.md", true),
            ("a.md", "b/a.md", false),
            ("guides", "guides/a.md", true),
            ("./guides/", "guides/deep/a.md", true),
            ("guides", "guides-old/a.md", false),
            ("guides/*.md", "guides/a.md", true),
            ("guides/*.md", "guides/deep/a.md", false),
            ("**/api-*.md", "guides/deep/api-x.md", true),
            ("{a,b}/**", "b/x.md", true),
            ("api/[id].md", "api/[id].md", true),
            ("[slug]", "[slug]/a.md", true),
            ("a[", "a[", true),
            ("a[", "b", false),
            (".", "guides/a.md", true),
            ("./", "a.md", true),
            ("", "a.md", false),
        ] {
            let matches = Pattern::new(pattern).matches(path);
            assert_eq!(matches, expected, "{pattern} on {path}");
        }
    }

    #[test]
    fn all_but_some_are_the_others() {
        let text = "One.\n\n# A\n\nTwo.\n";
        let section = |path: &str| Section::from_text(path.to_owned(), text.to_owned());
        let corpus = Corpus::from_documents(["a", "b", "c", "d", "e"].map(section).into());
        let encoder = BuiltinEncoder::bundled().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.idx");
        builder::build(corpus, &encoder, &BuildOptions::default(), &path).unwrap();
        let index = Index::open(&path).unwrap();
        for (left_out, kept) in [
            (&[0][..], &["b", "c", "d", "e"][..]),
            (&[3, 1, 3], &["a", "c", "e"]),
            (&[1, 2, 4], &["a", "d"]),
        ] {
            let left_out: Vec<SectionId> = left_out.iter().copied().map(SectionId).collect();
            let all_but = Scope::all_but(&index, &left_out).unwrap();
            let kept: Vec<String> = kept.iter().map(|path| (*path).to_owned()).collect();
            let kept = Scope::new(&index, &kept, &[]).unwrap();
            assert_eq!(all_but.sections, kept.sections);
            assert_eq!(all_but.chunks, kept.chunks);
        }
        assert!(Scope::all_but(&index, &[SectionId(5)]).is_err());
    }

    #[test]
    fn the_nearest_folder_begins_alike() {
        let section = |path: &str| SectionRecord {
            path: path.to_owned(),
            title: String::new(),
            description: None,
            fields: Vec::new(),
            chunks: 0..0,
            syntax: Syntax::Markdown,
            lines: 0,
            bytes: 0,
            content_hash: [0; 16],
        };
        let sections = ["guides/a.md", "guides/deep/b.md", "api/c.md", "d.md"].map(section);
        let nearest = |pattern| nearest_folder(pattern, &sections);
        assert_eq!(nearest("guidez/").as_deref(), Some("guides/"));
        assert_eq!(nearest("guides/dee").as_deref(), Some("guides/deep/"));
        assert_eq!(nearest("x").as_deref(), Some("api/"));
        assert_eq!(nearest_folder("x", &sections[3..]), None);
    }
}
