//! Where the docs lie from an index.

use std::fs;
use std::path::{Component, Path};

use crate::index::folder_of;

/// The path from the folder of the index `index` to the folder `docs`, `/`-separated, to be
/// recorded in the index. Both folders must exist.
///
/// `None` if there is no such path (another drive) or it is not UTF-8.
pub(super) fn path_between(docs: &Path, index: &Path) -> Option<String> {
    let docs = fs::canonicalize(docs).ok()?;
    let folder = fs::canonicalize(folder_of(index)).ok()?;
    let common = docs
        .components()
        .zip(folder.components())
        .take_while(|(a, b)| a == b)
        .count();
    if common == 0 {
        return None;
    }
    let up = folder.components().skip(common).map(|_| Some(".."));
    let down = docs
        .components()
        .skip(common)
        .map(|component| match component {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
    let path: Option<Vec<&str>> = up.chain(down).collect();
    let path = path?.join("/");
    Some(if path.is_empty() {
        ".".to_owned()
    } else {
        path
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_docs_is_relative_to_the_folder_of_the_index() {
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        fs::create_dir_all(at("a/docs/deep")).unwrap();
        fs::create_dir_all(at("b")).unwrap();
        let path = |docs: &str, index: &str| path_between(&at(docs), &at(index));
        for (docs, index, expected) in [
            ("a/docs", "a/docent.idx", "docs"),
            ("a/docs", "b/docent.idx", "../a/docs"),
            ("a/docs", "a/docs/deep/docent.idx", ".."),
            ("a/docs", "a/docs/docent.idx", "."),
            ("a/../a/./docs", "b/../b/docent.idx", "../a/docs"),
        ] {
            assert_eq!(
                path(docs, index).as_deref(),
                Some(expected),
                "{docs} {index}"
            );
        }
        assert_eq!(path("nowhere", "a/docent.idx"), None);
        assert_eq!(path("a/docs", "nowhere/docent.idx"), None);
    }
}
