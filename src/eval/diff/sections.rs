//! Which sections came, went and changed.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::eval::EvalError;
use crate::index::Index;

/// The sections of two indexes, by path; all lists are sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SectionsDiff {
    /// Only before, and not as [`Self::renamed`].
    pub only_before: Vec<String>,
    /// Only after, and not as [`Self::renamed`].
    pub only_after: Vec<String>,
    /// The same text under another path.
    pub renamed: Vec<Rename>,
    /// The same path with another text.
    pub changed: Vec<String>,
    /// How many have the same path and text.
    pub same: usize,
}

/// A section with the same text under another path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rename {
    /// Its path before.
    pub before: String,
    /// Its path after.
    pub after: String,
}

type Hashes = BTreeMap<String, [u8; 16]>;

pub(super) fn diff(before: &Index, after: &Index) -> Result<SectionsDiff, EvalError> {
    Ok(diff_hashes(hashes(before)?, hashes(after)?))
}

/// Hashes of the sections' texts by path.
fn hashes(index: &Index) -> Result<Hashes, EvalError> {
    let mut hashes = Hashes::new();
    for id in index.sections() {
        let section = index.section(id)?;
        hashes.insert(section.path, section.content_hash);
    }
    Ok(hashes)
}

fn diff_hashes(before: Hashes, mut after: Hashes) -> SectionsDiff {
    let mut diff = SectionsDiff::default();
    let mut gone = Hashes::new();
    for (path, hash) in before {
        match after.remove(&path) {
            None => drop(gone.insert(path, hash)),
            Some(same) if same == hash => diff.same += 1,
            Some(_) => diff.changed.push(path),
        }
    }
    // What is left of `after` is new. Of equal texts, the first paths belong together.
    let mut new: HashMap<[u8; 16], Vec<String>> = HashMap::new();
    for (path, hash) in after.into_iter().rev() {
        new.entry(hash).or_default().push(path);
    }
    for (path, hash) in gone {
        match new.get_mut(&hash).and_then(Vec::pop) {
            None => diff.only_before.push(path),
            Some(after) => diff.renamed.push(Rename {
                before: path,
                after,
            }),
        }
    }
    diff.only_after = new.into_values().flatten().collect();
    diff.only_after.sort_unstable();
    diff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(sections: &[(&str, u8)]) -> Hashes {
        let sections = sections.iter();
        sections
            .map(|&(path, text)| (path.to_owned(), [text; 16]))
            .collect()
    }

    #[test]
    fn sections_are_told_apart_by_path_then_by_text() {
        let before = hashes(&[("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 4), ("f", 6)]);
        let after = hashes(&[
            ("a", 1),
            ("b", 9),
            ("x", 4),
            ("y", 4),
            ("z", 4),
            ("f2", 6),
            ("w", 7),
        ]);
        let rename = |before: &str, after: &str| Rename {
            before: before.to_owned(),
            after: after.to_owned(),
        };
        let expected = SectionsDiff {
            only_before: vec!["c".to_owned()],
            only_after: vec!["w".to_owned(), "z".to_owned()],
            renamed: vec![rename("d", "x"), rename("e", "y"), rename("f", "f2")],
            changed: vec!["b".to_owned()],
            same: 1,
        };
        assert_eq!(diff_hashes(before, after), expected);
    }
}
