//! Files that a file includes, put into its text before it is parsed, so that a section holds what its readers see.
//!
//! A file for each language knows its directives; what they have in common is here: bounds, circles, lines. What
//! cannot be had, since it is not there, lies outside of the docs or would be too much, stays as it is written.

mod asciidoc;
mod markdown;
mod rst;

use std::collections::HashMap;

use super::parse::Syntax;

/// How many files deep a file includes others.
const MAX_DEPTH: usize = 8;
/// Most files that a section includes, those in those included.
const MAX_FILES: usize = 500;
/// Most bytes that a section includes: 1 MiB.
const MAX_BYTES: usize = 1 << 20;

/// A text with what it includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Included {
    pub(super) text: String,
    /// For each line of `text` the line of the file: what is included has that of what includes it.
    pub(super) file_lines: Vec<u32>,
}

/// The text of the file at `path`, written in `syntax`, with what it includes; `None` if that is nothing. `read`
/// gives the text of a file of the docs by its path from their root.
pub(super) fn expand(
    path: &str,
    text: &str,
    syntax: Syntax,
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<Included> {
    let marks = match syntax {
        Syntax::Markdown | Syntax::Mdx => &markdown::MARKS[..],
        Syntax::AsciiDoc | Syntax::ReStructuredText => &["include::"],
        Syntax::PlainText => &[],
    };
    if !marks.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let mut expander = Expander {
        read,
        syntax,
        included: Included::default(),
        files_left: MAX_FILES,
        bytes_left: MAX_BYTES,
        open: Vec::new(),
        attributes: HashMap::new(),
    };
    expander.file(path, text, None, "");
    (expander.files_left < MAX_FILES).then_some(expander.included)
}

struct Expander<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    syntax: Syntax,
    included: Included,
    files_left: usize,
    bytes_left: usize,
    /// The files that are being read, so that none includes itself.
    open: Vec<String>,
    /// What AsciiDoc has set so far, for the files as well that it includes.
    attributes: HashMap<String, String>,
}

impl Expander<'_> {
    /// Adds the lines of a file, from line `at` of the outermost one, or from its own lines.
    fn file(&mut self, path: &str, text: &str, at: Option<u32>, indent: &str) {
        self.open.push(path.to_owned());
        match self.syntax {
            Syntax::AsciiDoc => asciidoc::lines(self, path, text, at, indent),
            Syntax::ReStructuredText => rst::lines(self, path, text, at, indent),
            _ => markdown::lines(self, path, text, at, indent),
        }
        self.open.pop();
    }

    /// The first of `paths` that can be had, and what `part` takes of its text, to be added behind `indent`.
    fn take(
        &mut self,
        paths: &[Option<String>],
        indent: &str,
        part: &dyn Fn(&str, &str) -> Option<String>,
    ) -> Option<(String, String)> {
        if self.open.len() > MAX_DEPTH || self.files_left == 0 {
            return None;
        }
        let paths = paths.iter().flatten();
        let mut paths = paths.filter(|path| !self.open.contains(path));
        let (path, text) = paths.find_map(|path| Some((path.clone(), (self.read)(path)?)))?;
        let part = part(&path, &text).filter(|part| !part.trim().is_empty())?;
        let bytes = part.len() + part.lines().count() * indent.len();
        self.bytes_left = self.bytes_left.checked_sub(bytes)?;
        self.files_left -= 1;
        Some((path, part))
    }

    /// Adds what [`Expander::take`] gives, as lines of line `at`, with what that includes; `false` if it gives nothing.
    fn include(
        &mut self,
        paths: &[Option<String>],
        indent: &str,
        at: u32,
        part: &dyn Fn(&str, &str) -> Option<String>,
    ) -> bool {
        let taken = self.take(paths, indent, part);
        if let Some((path, part)) = &taken {
            self.file(path, part, Some(at), indent);
        }
        taken.is_some()
    }

    fn push(&mut self, indent: &str, line: &str, at: u32) {
        if !line.is_empty() {
            self.included.text.push_str(indent);
        }
        self.included.text.push_str(line);
        self.included.text.push('\n');
        self.included.file_lines.push(at);
    }
}

/// The line of the outermost file that line `index` of a file counts as.
fn line_number(at: Option<u32>, index: usize) -> u32 {
    at.unwrap_or(u32::try_from(index + 1).unwrap_or(u32::MAX))
}

/// The value that stands with `name` in a list of options, the first one.
fn value_of<'a>(options: &[(&str, &'a str)], name: &str) -> Option<&'a str> {
    let mut options = options.iter();
    options.find_map(|(option, value)| (*option == name).then_some(*value))
}

/// What `line` is indented by.
fn indent_of(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}

/// `lines` as a text, without what all of them are indented by.
fn dedented(lines: &[&str]) -> String {
    let full = lines.iter().filter(|line| !line.trim().is_empty());
    let indent = full.map(|line| indent_of(line).len()).min().unwrap_or(0);
    let lines = lines.iter().map(|line| line.get(indent..).unwrap_or(""));
    lines.map(|line| line.to_owned() + "\n").collect()
}

#[cfg(test)]
mod tests;
