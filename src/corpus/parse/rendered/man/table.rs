//! Tables of tbl(1). Text blocks (`T{`) are cells; rules and what is set across columns are left out.

use super::escape::{self, Font};
use super::inline;
use super::line::arguments;
use super::roff::{Input, Roff};
use crate::corpus::parse::rendered::markup;
use crate::corpus::parse::rendition::Rendition;

#[derive(Default)]
pub(super) struct Table {
    /// The cells of each row as Markdown, and the line of the file on which it begins.
    pub(super) rows: Vec<(Vec<String>, u32)>,
    /// Whether the first row says what the columns are.
    pub(super) has_header: bool,
}

/// Tables with more columns are no tables but lines.
const MAX_COLUMNS: usize = 24;

impl Table {
    /// The table, or its rows as items where it has no header.
    pub(super) fn push(&self, out: &mut Rendition, indent: &str) {
        out.end_block();
        let columns = self
            .rows
            .iter()
            .map(|(cells, _)| cells.len())
            .max()
            .unwrap_or(0);
        let is_table = self.has_header && (2..=MAX_COLUMNS).contains(&columns);
        for (at, (cells, line)) in self.rows.iter().enumerate() {
            if !is_table {
                let cells = cells.iter().map(|cell| markup::one_line(cell));
                let cells: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
                out.push_line(&format!("{indent}- {}", cells.join(" — ")), *line);
                continue;
            }
            let mut cells: Vec<String> = cells.iter().map(|cell| markup::cell(cell)).collect();
            cells.resize(columns, String::new());
            out.push_line(&format!("{indent}| {} |", cells.join(" | ")), *line);
            if at == 0 {
                out.push_line(&format!("{indent}|{}", " --- |".repeat(columns)), *line);
            }
        }
        out.end_block();
    }
}

/// Reads up to `.TE`.
pub(super) fn read(roff: &mut Roff) -> Table {
    let mut reader = TableReader {
        separator: '\t',
        ..TableReader::default()
    };
    while let Some(input) = roff.next() {
        let at = roff.line();
        match input {
            Input::Request(name, _) if name == "TE" => break,
            Input::Request(name, _) if name == "T&" => reader.is_format = true,
            Input::Request(name, rest) => reader.request(&name, &rest),
            Input::Text(text) if reader.is_format => reader.format(&text),
            Input::Text(text) => reader.text(&text, at),
        }
    }
    reader.end_row();
    reader.table
}

struct TableReader {
    table: Table,
    separator: char,
    is_format: bool,
    /// Whether the first row's letters are bold, or it is centred.
    stands_out: bool,
    formats: usize,
    row: Vec<String>,
    row_at: u32,
    /// The text block that is open.
    block: Option<String>,
    font: Font,
}

impl Default for TableReader {
    fn default() -> Self {
        Self {
            table: Table::default(),
            separator: '\t',
            is_format: true,
            stands_out: false,
            formats: 0,
            row: Vec::new(),
            row_at: 0,
            block: None,
            font: Font::default(),
        }
    }
}

impl TableReader {
    /// A line of options, which ends in `;`, or of the columns' formats, the last of which ends in `.`.
    fn format(&mut self, line: &str) {
        let line = line.trim();
        if line.ends_with(';') && self.formats == 0 {
            let separator = line.split_once("tab").and_then(|(_, rest)| {
                let rest = rest.trim_start().strip_prefix('(')?;
                rest.chars().next()
            });
            self.separator = separator.unwrap_or('\t');
            return;
        }
        if self.formats == 0 {
            let first = line
                .split(',')
                .next()
                .unwrap_or_default()
                .to_ascii_lowercase();
            self.stands_out = first.contains('b') || first.contains('c') || first.contains("fi");
        }
        self.formats += 1;
        self.is_format = !line.ends_with('.');
    }

    fn text(&mut self, line: &str, at: u32) {
        if let Some(block) = &mut self.block {
            match line.strip_prefix("T}") {
                None => {
                    block.push_str(&markdown(line, &mut self.font));
                    block.push('\n');
                }
                Some(rest) => {
                    let block = self.block.take().unwrap_or_default();
                    self.row.push(block);
                    match rest.strip_prefix(self.separator) {
                        Some(rest) => self.cells(rest),
                        None => self.end_row(),
                    }
                }
            }
            return;
        }
        if matches!(line.trim(), "_" | "=") {
            // A rule below the first row.
            self.table.has_header |= self.table.rows.len() == 1;
            return;
        }
        self.row_at = at;
        self.cells(line);
    }

    fn cells(&mut self, line: &str) {
        for cell in line.split(self.separator) {
            if cell.trim() == "T{" {
                self.block = Some(String::new());
                return;
            }
            let cell = match cell.trim() {
                "\\_" | "_" | "=" | "\\=" | "\\^" => "",
                cell => cell,
            };
            let cell = markdown(cell, &mut Font::default());
            self.row.push(cell);
        }
        self.end_row();
    }

    /// A macro in a text block, whose arguments are text; rows between macros have none.
    fn request(&mut self, name: &str, rest: &str) {
        let is_text = name.len() < 3 && name.bytes().all(|byte| b"BIRSM".contains(&byte));
        match &mut self.block {
            Some(block) if is_text => {
                let glue = if name.len() == 2 && name != "SM" && name != "SB" {
                    ""
                } else {
                    " "
                };
                let texts: Vec<String> = arguments(rest)
                    .into_iter()
                    .map(|argument| argument.text)
                    .collect();
                block.push_str(&markdown(&texts.join(glue), &mut Font::default()));
                block.push('\n');
            }
            _ => {}
        }
    }

    fn end_row(&mut self) {
        if let Some(block) = self.block.take() {
            self.row.push(block);
        }
        let row = std::mem::take(&mut self.row);
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            self.table.rows.push((row, self.row_at));
            self.table.has_header |= self.stands_out;
        }
    }
}

fn markdown(source: &str, font: &mut Font) -> String {
    inline::markdown(&escape::read(source, font).spans)
}
