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
