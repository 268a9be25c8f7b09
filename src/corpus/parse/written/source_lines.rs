//! The lines of a source text for readers that go line by line.

/// A line without the blank space around it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SourceLine<'a> {
    pub(super) text: &'a str,
    /// Where `text` begins in the source.
    pub(super) start: usize,
    /// The column of `text`, counted from 0; a tab leads to the next multiple of eight.
    pub(super) indent: usize,
}

impl<'a> SourceLine<'a> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// The line behind its first `length` bytes and the blank space after them.
    pub(super) fn after(&self, length: usize) -> Self {
        let rest = &self.text[length..];
        let text = rest.trim_start();
        let skipped = self.text.len() - text.len();
        Self {
            text,
            start: self.start + skipped,
            indent: self.indent + skipped,
        }
    }

    /// The line with the blank space before it that reaches beyond the column `indent`, and where that
    /// begins.
    pub(super) fn beyond_column(&self, source: &'a str, indent: usize) -> (&'a str, usize) {
        let blank = self.indent.saturating_sub(indent);
        let before = &source.as_bytes()[..self.start];
        let spaces = before.iter().rev();
        let spaces = spaces.take_while(|&&byte| matches!(byte, b' ' | b'\t'));
        let start = self.start - spaces.take(blank).count();
        (&source[start..self.start + self.text.len()], start)
    }
}

/// The lines of `source`. Lines end at `\n`, as editors count them.
pub(super) fn source_lines(source: &str) -> Vec<SourceLine<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let content = line.trim_end();
        let text = content.trim_start();
        let lead = &content[..content.len() - text.len()];
        lines.push(SourceLine {
            text,
            start: start + lead.len(),
            indent: lead.chars().fold(0, |column, c| match c {
                '\t' => (column / 8 + 1) * 8,
                _ => column + 1,
            }),
        });
        start += line.len();
    }
    lines
}

/// The cells of a line of comma-separated values, without their quotation marks, as ranges of it.
pub(super) fn csv_cells(line: &str, separator: char) -> Vec<std::ops::Range<usize>> {
    let mut cells = Vec::new();
    let (mut start, mut is_quoted) = (0, false);
    let ends = line.char_indices().chain([(line.len(), separator)]);
    for (at, c) in ends {
        if c == '"' {
            is_quoted = !is_quoted;
        }
        if c == separator && !is_quoted || at == line.len() {
            let cell = &line[start..at];
            let left = cell.trim_start_matches([' ', '\t', '"']);
            let trimmed = left.trim_end_matches([' ', '\t', '"']);
            let cell_start = start + (cell.len() - left.len());
            cells.push(cell_start..cell_start + trimmed.len());
            start = at + c.len_utf8();
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_know_their_column() {
        let source = "a\r\n\t b \n\n  c";
        let lines = source_lines(source);
        let seen: Vec<_> = lines
            .iter()
            .map(|line| (line.text, line.start, line.indent))
            .collect();
        assert_eq!(seen, [("a", 0, 0), ("b", 5, 9), ("", 8, 0), ("c", 11, 2)]);
        assert_eq!(lines[3].beyond_column(source, 1), (" c", 10));
        assert_eq!(lines[3].beyond_column(source, 5), ("c", 11));
        assert_eq!(lines[1].after(1).start, 6);
    }

    #[test]
    fn values_between_commas() {
        let line = "a, \"b, c\" ,,\"d";
        let cells: Vec<_> = csv_cells(line, ',')
            .into_iter()
            .map(|cell| &line[cell])
            .collect();
        assert_eq!(cells, ["a", "b, c", "", "d"]);
    }
}
