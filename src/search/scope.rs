//! Which sections an answer may name: a part of the corpus, by paths or globs.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::Result;
use crate::index::{ChunkSet, Index, SectionId};

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
}

fn remedy(nearest: Option<&str>) -> String {
    match nearest {
        Some(folder) => format!("there is {folder}"),
        None => "the docs have no folders: name a section, or a glob such as `a*.md`".to_owned(),
    }
}

impl Scope {
    /// The sections of `index` that match any of `patterns`: a section's path, a folder's, or a glob
    /// over the paths of sections. Decodes every section's record.
    ///
    /// # Errors
    ///
    /// A pattern that is no glob, or that no section matches.
    pub fn new(index: &Index, patterns: &[String]) -> Result<Self> {
        let patterns: Vec<Pattern<'_>> = patterns.iter().map(|text| Pattern::new(text)).collect();
        let mut is_used = vec![false; patterns.len()];
        let mut sections = Vec::with_capacity(index.num_sections());
        let mut ranges = Vec::new();
        let mut paths = Vec::new();
        for id in index.sections() {
            let section = index.section(id)?;
            let mut is_in = false;
            for (pattern, is_used) in patterns.iter().zip(&mut is_used) {
                let matches = pattern.matches(&section.path);
                *is_used |= matches;
                is_in |= matches;
            }
            sections.push(is_in);
            if is_in {
                ranges.push(section.chunks);
            }
            paths.push(section.path);
        }
        let unused = patterns
            .into_iter()
            .zip(is_used)
            .find(|(_, is_used)| !is_used);
        if let Some((pattern, _)) = unused {
            let glob = pattern.glob.map_err(|error| ScopeError::Pattern {
                pattern: pattern.text.to_owned(),
                reason: error.kind().to_string(),
            });
            let no_section = |_| ScopeError::NoSection {
                pattern: pattern.text.to_owned(),
                nearest: nearest_folder(pattern.text, &paths),
            };
            return Err(glob.map_or_else(|error| error, no_section).into());
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

/// The folder of `paths` that shares the longest beginning with `pattern`; of equals, the shortest
/// and then the first.
fn nearest_folder(pattern: &str, paths: &[String]) -> Option<String> {
    let folders = paths
        .iter()
        .flat_map(|path| Path::new(path).ancestors().skip(1))
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
    use crate::corpus::{Corpus, Section};
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
            let kept = Scope::new(&index, &kept).unwrap();
            assert_eq!(all_but.sections, kept.sections);
            assert_eq!(all_but.chunks, kept.chunks);
        }
        assert!(Scope::all_but(&index, &[SectionId(5)]).is_err());
    }

    #[test]
    fn the_nearest_folder_begins_alike() {
        let paths = ["guides/a.md", "guides/deep/b.md", "api/c.md", "d.md"].map(str::to_owned);
        let nearest = |pattern| nearest_folder(pattern, &paths);
        assert_eq!(nearest("guidez/").as_deref(), Some("guides/"));
        assert_eq!(nearest("guides/dee").as_deref(), Some("guides/deep/"));
        assert_eq!(nearest("x").as_deref(), Some("api/"));
        assert_eq!(nearest_folder("x", &paths[3..]), None);
    }
}
