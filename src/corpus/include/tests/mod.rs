use super::{Included, MAX_BYTES, MAX_DEPTH, MAX_FILES, Syntax, expand};

mod asciidoc;
mod markdown;
mod rst;

/// What `text`, the file `path` of `files`, is with what it includes.
fn expanded(
    files: &[(&str, &str)],
    path: &str,
    text: &str,
    syntax: Syntax,
) -> Option<(String, Vec<u32>)> {
    let read = |path: &str| {
        let found = files.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| (*text).to_owned())
    };
    let Included { text, file_lines } = expand(path, text, syntax, &read)?;
    assert_eq!(text.lines().count(), file_lines.len());
    Some((text, file_lines))
}
