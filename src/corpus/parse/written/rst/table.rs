//! Tables that are drawn: grids, and columns under lines of `=`.

use std::ops::Range;

use super::{Place, Reader, inline};
use crate::corpus::document::Border;
use crate::corpus::parse::written::nodes::CELL_SEPARATOR;
use crate::corpus::parse::written::passage::{Passage, Plain};
use crate::corpus::parse::written::source_lines::{SourceLine, csv_cells};

impl Reader<'_> {
    /// The line behind the table that begins at `at`, if one does.
    pub(super) fn table(&mut self, at: usize, end: usize, place: Place) -> Option<usize> {
        let line = self.lines[at];
        if is_grid_border(line.text) {
            let lines = self.lines[at..end].iter();
            let is_part = |line: &&SourceLine<'_>| line.text.starts_with(['+', '|']);
            let behind = at + lines.take_while(is_part).count();
            self.begin_block(place);
            self.grid(at..behind);
            return Some(behind);
        }
        if !is_simple_border(line.text, '=') || !line.text.contains(' ') {
            return None;
        }
        let behind = self.simple_end(at, end)?;
        self.begin_block(place);
        self.simple(at..behind);
        Some(behind)
    }

    /// A simple table ends at its third border, or at the one that a blank line, or nothing, follows.
    fn simple_end(&mut self, at: usize, end: usize) -> Option<usize> {
        let known = &self.without_border;
        if known.contains(&at) && end <= known.end {
            return None;
        }
        let indent = self.lines[at].indent;
        let mut borders = 1;
        for behind in at + 1..end {
            let line = self.lines[behind];
            if !line.is_blank() && line.indent < indent {
                return None;
            }
            let is_last = self.lines[behind + 1..end]
                .first()
                .is_none_or(SourceLine::is_blank);
            borders += usize::from(is_simple_border(line.text, '='));
            if is_simple_border(line.text, '=') && (is_last || borders == 3) {
                return Some(behind + 1);
            }
        }
        self.without_border = at..end;
        None
    }

    fn grid(&mut self, range: Range<usize>) {
        let is_header_end = |line: &SourceLine<'_>| line.text.starts_with("+=");
        let lines = &self.lines[range.clone()];
        let header_end = range.start + lines.iter().position(is_header_end).unwrap_or(0);
        let columns = corners(lines);
        let mut header = Vec::new();
        for at in range {
            let line = self.lines[at];
            if at == header_end {
                self.nodes.open_context(std::mem::take(&mut header));
            }
            if is_grid_border(line.text) {
                self.nodes.strengthen(Border::Sentence);
                continue;
            }
            let row = self.row(line, &grid_cells(line.text, &columns));
            match at < header_end {
                true => header.extend(row),
                false => row.into_iter().for_each(|row| self.nodes.unit(row)),
            }
        }
        self.nodes.close_context();
    }

    fn simple(&mut self, range: Range<usize>) {
        let top = self.lines[range.start];
        let starts = column_starts(top.text);
        let is_border = |at: &usize| is_simple_border(self.lines[*at].text, '=');
        let borders: Vec<usize> = range.clone().filter(is_border).collect();
        let header_end = borders.get(1).copied().filter(|_| borders.len() > 2);
        let mut header = Vec::new();
        for at in range {
            let line = self.lines[at];
            if Some(at) == header_end {
                self.nodes.open_context(std::mem::take(&mut header));
            }
            let is_rule = is_simple_border(line.text, '=') || is_simple_border(line.text, '-');
            if is_rule || line.is_blank() {
                continue;
            }
            if line.indent == top.indent {
                self.nodes.strengthen(Border::Sentence);
            }
            let shift = line.indent.saturating_sub(top.indent);
            let row = self.row(line, &simple_cells(line.text, &starts, shift));
            match header_end.is_some_and(|header_end| at < header_end) {
                true => header.extend(row),
                false => row.into_iter().for_each(|row| self.nodes.unit(row)),
            }
        }
        self.nodes.close_context();
    }

    /// A row of comma-separated values.
    pub(super) fn csv_row(&mut self, line: SourceLine<'_>) -> Option<Plain> {
        let cells = csv_cells(line.text, ',');
        self.row(line, &cells)
    }

    /// The cells of a line that have text, as one line.
    fn row(&mut self, line: SourceLine<'_>, cells: &[Range<usize>]) -> Option<Plain> {
        let mut plains = Vec::new();
        for cell in cells {
            let passage = Passage::new(&line.text[cell.clone()], line.start + cell.start);
            plains.extend(inline::plain(&passage, &mut self.substitutions));
        }
        (!plains.is_empty()).then(|| Plain::join(plains, CELL_SEPARATOR))
    }
}

/// A line of `+---+---+` or `+===+===+`.
fn is_grid_border(text: &str) -> bool {
    let is_drawn = |byte: u8| matches!(byte, b'+' | b'-' | b'=');
    text.len() > 2
        && text.starts_with(['+'])
        && text.ends_with('+')
        && text.bytes().all(is_drawn)
        && text[1..].starts_with(['-', '='])
}

/// A line of `===  ===`.
fn is_simple_border(text: &str, mark: char) -> bool {
    text.starts_with(mark) && text.chars().all(|c| c == mark || c == ' ')
}

/// The columns at which borders of cells meet, ascending.
fn corners(lines: &[SourceLine<'_>]) -> Vec<usize> {
    let borders = lines.iter().filter(|line| is_grid_border(line.text));
    let corners = borders.flat_map(|line| line.text.match_indices('+').map(|(at, _)| at));
    let mut corners: Vec<usize> = corners.collect();
    corners.sort_unstable();
    corners.dedup();
    corners
}

/// What stands between the `|` of a line that are at corners. Parts of borders between are no cells.
fn grid_cells(text: &str, corners: &[usize]) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = 0;
    for (column, (at, c)) in text.char_indices().enumerate() {
        let is_bar = matches!(c, '|' | '+') && corners.binary_search(&column).is_ok();
        if is_bar {
            cells.push(start..at);
            start = at + 1;
        }
    }
    cells.push(start..text.len());
    let is_rule = |cell: &str| {
        let cell = cell.trim();
        cell.len() > 2 && cell.bytes().all(|byte| matches!(byte, b'-' | b'=' | b'+'))
    };
    cells.retain(|cell| !is_rule(&text[cell.clone()]));
    cells
}

fn column_starts(border: &str) -> Vec<usize> {
    let marks = border.bytes().enumerate();
    let begins = |&(at, byte): &(usize, u8)| byte == b'=' && !border[..at].ends_with('=');
    marks.filter(begins).map(|(at, _)| at).collect()
}

/// The cells of a line that begins `shift` columns behind the table.
fn simple_cells(text: &str, starts: &[usize], shift: usize) -> Vec<Range<usize>> {
    let offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let mut cells = Vec::new();
    let mut start = 0;
    for next in starts
        .iter()
        .skip(1)
        .filter_map(|next| next.checked_sub(shift))
    {
        let Some(&at) = offsets.get(next) else {
            break;
        };
        // Text over the gap between two columns belongs to a cell that spans both.
        if text[..at].ends_with(' ') {
            cells.push(start..at);
            start = at;
        }
    }
    cells.push(start..text.len());
    cells
}
