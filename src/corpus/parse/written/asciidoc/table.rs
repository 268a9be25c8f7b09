//! Tables: rows of cells, which may stand on a line each.

use super::{Reader, inline, syntax};
use crate::corpus::document::Border;
use crate::corpus::parse::written::nodes::CELL_SEPARATOR;
use crate::corpus::parse::written::passage::{Passage, Plain};
use crate::corpus::parse::written::source_lines::{SourceLine, csv_cells};

/// A part of a line of a table.
struct Cell {
    start: usize,
    end: usize,
    /// How many cells of the row it makes: none if it goes on with the one before.
    count: usize,
}

/// A table that is being read.
struct Table {
    separator: char,
    /// Cells in a row, once that is known.
    columns: Option<usize>,
    /// Cells of the current row that have begun.
    filled: usize,
    /// Lines of the header row, until it is complete.
    header: Option<Vec<Plain>>,
    /// Whether rows reach over several lines.
    is_tall: bool,
}

impl<'a> Reader<'a> {
    /// The table whose delimiter is next: a unit for each line that has text.
    pub(super) fn table(&mut self) {
        let delimiter = self.line().text;
        let mut table = Table {
            separator: match (delimiter.chars().next(), self.block.named.get("separator")) {
                (_, Some(separator)) => separator.chars().next().unwrap_or('|'),
                (first, None) => first.unwrap_or('|'),
            },
            columns: self
                .block
                .named
                .get("cols")
                .map(|columns| count_columns(columns)),
            filled: 0,
            header: self.has_header().then(Vec::new),
            is_tall: false,
        };
        if self
            .block
            .named
            .get("format")
            .is_some_and(|format| format == "csv")
        {
            table.separator = ',';
        }
        self.at += 1;
        while self.at < self.lines.len() {
            let line = self.line();
            if line.text == delimiter {
                self.at += 1;
                break;
            }
            if self.open.iter().any(|open| open.delimiter == line.text) {
                break;
            }
            self.table_line(line, &mut table);
            self.at += 1;
        }
        self.end_header(&mut table);
        self.nodes.close_context();
    }

    /// Whether the first row is a header: as the attributes say, or by a blank line after it.
    fn has_header(&self) -> bool {
        if self.block.has_option("noheader") {
            return false;
        }
        let mut rows = self.lines[self.at + 1..].iter();
        let first = rows.next().is_some_and(|line| !line.is_blank());
        let is_implicit = first && rows.next().is_some_and(SourceLine::is_blank);
        is_implicit || self.block.has_option("header")
    }

    fn table_line(&mut self, line: SourceLine<'a>, table: &mut Table) {
        let is_unseen = line.is_blank()
            || syntax::is_comment(line.text)
            || syntax::directive(line.text).is_some()
            || line.text == "+"
            || syntax::delimiter(line.text).is_some();
        if is_unseen {
            return;
        }
        let cells = cells(line.text, table.separator);
        let begun: usize = cells.iter().map(|cell| cell.count).sum();
        let columns = *table.columns.get_or_insert(begun.max(1));
        if begun > 0 && table.filled >= columns {
            self.end_header(table);
            table.filled = 0;
        }
        let begins_row = begun > 0 && table.filled == 0;
        table.is_tall |= !begins_row;
        table.filled += begun;
        let plains: Vec<Plain> = cells
            .iter()
            .flat_map(|cell| self.cell(line, cell))
            .collect();
        if plains.is_empty() {
            return;
        }
        let plain = Plain::join(plains, CELL_SEPARATOR);
        if let Some(header) = &mut table.header {
            header.push(plain);
            return;
        }
        if begins_row && table.is_tall {
            self.nodes.strengthen(Border::Sentence);
        }
        self.nodes.unit(plain);
    }

    fn end_header(&mut self, table: &mut Table) {
        if let Some(header) = table.header.take() {
            self.nodes.open_context(header);
        }
    }

    /// The text of a cell without inline markup and without the marker of a list item.
    fn cell(&mut self, line: SourceLine<'a>, cell: &Cell) -> Vec<Plain> {
        let text = line.text[cell.start..cell.end].trim_start();
        let marker = syntax::list_marker(text).filter(|_| cell.count == 0);
        let text = &text[marker.map_or(0, |(_, length)| length)..];
        let mut passage = Passage::default();
        self.attributes
            .expand(text, line.start + cell.end - text.len(), &mut passage);
        inline::plain(&passage)
    }
}

/// `1,2,3` and `3*`.
fn count_columns(columns: &str) -> usize {
    let count = |column: &str| {
        let times = column
            .split_once('*')
            .map(|(times, _)| times.trim().parse());
        times.and_then(Result::ok).unwrap_or(1usize)
    };
    let counts = columns.split([',', ';']).map(count);
    counts.fold(0, usize::saturating_add).max(1)
}

/// The cells that begin on a line, after what goes on with the one before.
fn cells(line: &str, separator: char) -> Vec<Cell> {
    if separator == ',' || separator == ':' {
        let cells = csv_cells(line, separator).into_iter();
        let cell = |range: std::ops::Range<usize>| Cell {
            start: range.start,
            end: range.end,
            count: 1,
        };
        return cells.map(cell).collect();
    }
    let mut found = vec![Cell {
        start: 0,
        end: line.len(),
        count: 0,
    }];
    for (at, _) in line.match_indices(separator) {
        if line[..at].ends_with('\\') {
            continue;
        }
        let Some(last) = found.last_mut() else {
            break;
        };
        let before = &line[last.start..at];
        let (length, count) = cell_specifier(before, last.start == 0);
        last.end = at - length;
        found.push(Cell {
            start: at + separator.len_utf8(),
            end: line.len(),
            count,
        });
    }
    found
}

/// The specifier of a cell that `before` ends with, such as `2+` or `a`: how long it is, and how many
/// cells of the row it makes.
fn cell_specifier(before: &str, is_first: bool) -> (usize, usize) {
    let is_part = |c: char| c.is_ascii_digit() || ".+*<^>aehlmsvd".contains(c);
    let rest = before.trim_end_matches(is_part);
    let specifier = &before[rest.len()..];
    let stands_alone = is_first && rest.is_empty() || rest.ends_with([' ', '\t']);
    let digits = specifier.trim_start_matches(|c: char| c.is_ascii_digit());
    let number = specifier[..specifier.len() - digits.len()]
        .parse()
        .unwrap_or(1usize);
    let is_style = |style: &str| style.len() <= 1 && !style.contains(|c: char| c.is_ascii_digit());
    let (factor, style) = match digits.find(['+', '*']) {
        Some(at) => (&digits[..=at], &digits[at + 1..]),
        None => ("", digits),
    };
    let style = style.trim_start_matches(['<', '^', '>', '.']);
    if !stands_alone || !is_style(style) || factor.is_empty() && digits.len() < specifier.len() {
        return (0, 1);
    }
    let count = if factor.is_empty() {
        1
    } else {
        number.clamp(1, 1000)
    };
    (specifier.len(), count)
}
