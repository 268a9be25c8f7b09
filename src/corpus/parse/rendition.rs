//! A file that nobody reads as it is, such as HTML, as the Markdown that docent makes of it.

/// Markdown with the line of the file that each of its lines comes from, or the page.
///
/// A heading with an id in the file has it at its end, as `## Install {#install}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::corpus) struct Rendition {
    /// The title that the file gives itself outside of its text.
    pub(in crate::corpus) title: Option<String>,
    /// The description that it gives itself there.
    pub(in crate::corpus) description: Option<String>,
    /// Markdown as GitHub reads it; every line ends in `\n`.
    pub(in crate::corpus) text: String,
    /// For each line of `text` the line of the file, counted from 1, never descending.
    pub(in crate::corpus) file_lines: Vec<u32>,
    /// Whether the file has pages and no lines, and the former stand in `file_lines`.
    pub(in crate::corpus) has_pages: bool,
}

/// Why a file that can be read is nothing to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoContent {
    /// It only sends readers on to another page.
    Redirects,
    /// It only lists or repeats other pages: an index of terms, a search page, all pages in one for printers.
    Lists,
    /// It is called like a list of pages and lists none.
    ListsNothing,
    /// There is no text in it.
    Empty,
    /// It is not what its name says: what the parser found, and where.
    Malformed(String),
}

impl Rendition {
    /// Adds a line, which holds no line break, from line `file_line` of the file or from a later one that was
    /// given before.
    pub(in crate::corpus) fn push_line(&mut self, line: &str, file_line: u32) {
        debug_assert!(!line.contains('\n'), "one line at a time");
        let last = self.file_lines.last().copied().unwrap_or(1);
        self.file_lines.push(file_line.max(last));
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// Each line with the line of the file.
    #[cfg(test)]
    pub(in crate::corpus) fn numbered_lines(&self) -> Vec<(&str, u32)> {
        let numbers = self.file_lines.iter().copied();
        self.text.lines().zip(numbers).collect()
    }

    /// Adds a blank line, unless there is one or nothing is before it.
    pub(in crate::corpus) fn end_block(&mut self) {
        if self.text.is_empty() || self.text.ends_with("\n\n") {
            return;
        }
        let last = self.file_lines.last().copied().unwrap_or(1);
        self.push_line("", last);
    }
}

impl std::fmt::Display for NoContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Redirects => f.write_str("it only leads to another page"),
            Self::Lists => f.write_str("it only lists or repeats other pages"),
            Self::ListsNothing => f.write_str("no pages are listed in it"),
            Self::Empty => f.write_str("there is no text in it"),
            Self::Malformed(what) => f.write_str(what),
        }
    }
}
