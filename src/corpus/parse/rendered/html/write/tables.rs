//! Tables.

use super::Writer;
use super::inline::Inline;
use crate::corpus::parse::rendered::html::names::heading_level;
use crate::corpus::parse::rendered::html::noise::is_noise;
use crate::corpus::parse::rendered::html::tree::{NodeId, Tree};

/// Cells that reach over rows or columns do so in tables of up to that many columns.
const MAX_SPAN: usize = 64;

/// A row: its cells, and the line of the file on which it begins.
struct Row {
    cells: Vec<String>,
    line: u32,
    is_header: bool,
}

impl Writer<'_> {
    pub(super) fn table(&mut self, id: NodeId) {
        let tree = self.tree;
        let rows = rows(tree, id);
        if is_layout(tree, id, &rows) {
            return self.layout(id, &rows);
        }
        if let Some(caption) = tree
            .children(id)
            .find(|&child| tree.name(child) == "caption")
        {
            self.block(caption);
        }
        let rows = cells(tree, &rows);
        let columns = rows.iter().map(|row| row.cells.len()).max().unwrap_or(0);
        let Some(first) = rows
            .iter()
            .find(|row| row.cells.iter().any(|cell| !cell.is_empty()))
        else {
            return;
        };
        self.end_block();
        let line = first.line;
        let mut body = rows.as_slice();
        let header = match rows.as_slice() {
            [header, rest @ ..] if header.is_header => {
                body = rest;
                header.cells.as_slice()
            }
            _ => &[],
        };
        self.row(header, columns, line);
        self.push(&format!("|{}", " --- |".repeat(columns)), line);
        for row in body
            .iter()
            .filter(|row| row.cells.iter().any(|cell| !cell.is_empty()))
        {
            self.row(&row.cells, 0, row.line);
        }
        self.end_block();
    }

    /// Writes a row with at least `columns` cells.
    fn row(&mut self, cells: &[String], columns: usize, line: u32) {
        let mut text = String::from("|");
        for cell in cells {
            text.push(' ');
            text.push_str(cell);
            text.push_str(if cell.is_empty() { "|" } else { " |" });
        }
        text.push_str(&"  |".repeat(columns.saturating_sub(cells.len())));
        self.push(&text, line);
    }

    /// A table that only places what is in it.
    fn layout(&mut self, id: NodeId, rows: &[NodeId]) {
        let tree = self.tree;
        if let Some(caption) = tree
            .children(id)
            .find(|&child| tree.name(child) == "caption")
        {
            self.block(caption);
        }
        for &row in rows {
            let has_block = |cell: NodeId| {
                tree.nodes[cell + 1..tree.end(cell)]
                    .iter()
                    .any(|node| node.has_block)
            };
            if tree.children(row).any(has_block) {
                let cells = tree.children(row).filter(|&cell| tree.is_element(cell));
                cells.for_each(|cell| self.block(cell));
            } else {
                let mut inline = Inline::default();
                for cell in tree.children(row).filter(|&cell| !is_noise(tree, cell)) {
                    inline.push_cell(tree, cell);
                }
                self.paragraph(&inline);
            }
        }
    }
}

/// The rows of a table, without those of tables in it.
fn rows(tree: &Tree, table: NodeId) -> Vec<NodeId> {
    let mut rows = Vec::new();
    let mut next = table + 1;
    while next < tree.end(table) {
        if tree.name(next) == "tr" {
            if !is_noise(tree, next) {
                rows.push(next);
            }
            next = tree.end(next);
        } else if tree.name(next) == "table" || is_noise(tree, next) {
            next = tree.end(next);
        } else {
            next += 1;
        }
    }
    rows
}

/// Whether what is in a table has no place in rows: blocks of code, headings, other tables; or whether it has
/// one column only.
fn is_layout(tree: &Tree, table: NodeId, rows: &[NodeId]) -> bool {
    let is_code = |node: NodeId| {
        tree.name(node) == "pre"
            && tree.descendants(node).any(|text| {
                tree.text(text)
                    .is_some_and(|text| text.trim().contains('\n'))
            })
    };
    let is_large = |node: NodeId| {
        tree.name(node) == "table" || heading_level(tree.name(node)).is_some() || is_code(node)
    };
    let is_cell = |node: &NodeId| matches!(tree.name(*node), "td" | "th") && !is_noise(tree, *node);
    let has_columns = |&row: &NodeId| tree.children(row).filter(is_cell).nth(1).is_some();
    matches!(tree.attribute(table, "role"), Some("presentation" | "none"))
        || !rows.iter().any(has_columns)
        || tree.descendants(table).any(is_large)
}

fn cells(tree: &Tree, rows: &[NodeId]) -> Vec<Row> {
    // How many rows more the cell above reaches down, for each column.
    let mut reach: Vec<u32> = Vec::new();
    rows.iter()
        .map(|&row| cells_of(tree, row, &mut reach))
        .collect()
}

fn cells_of(tree: &Tree, row: NodeId, reach: &mut Vec<u32>) -> Row {
    let mut out = Row {
        cells: Vec::new(),
        line: tree.line(row),
        is_header: true,
    };
    let mut line = None;
    for cell in tree.children(row) {
        if !matches!(tree.name(cell), "td" | "th") || is_noise(tree, cell) {
            continue;
        }
        while reach.get(out.cells.len()).is_some_and(|&rows| rows > 0) {
            reach[out.cells.len()] -= 1;
            out.cells.push(String::new());
        }
        out.is_header &= tree.name(cell) == "th" || is_in_head(tree, row);
        let mut inline = Inline::cell();
        inline.push_children(tree, cell);
        line = line.or(inline.first_line());
        let span = |name| {
            let span = tree
                .filled(cell, name)
                .and_then(|span| span.parse::<u32>().ok());
            span.unwrap_or(1).clamp(1, 1000)
        };
        let (columns, rows) = (span("colspan"), span("rowspan"));
        let start = out.cells.len();
        out.cells.push(inline.one_line());
        let end = (start + columns as usize).min(MAX_SPAN);
        while out.cells.len() < end {
            out.cells.push(String::new());
        }
        if rows > 1 && end > start {
            reach.resize(reach.len().max(end), 0);
            reach[start..end].fill(rows - 1);
        }
    }
    for rows in reach.iter_mut().skip(out.cells.len()) {
        *rows = rows.saturating_sub(1);
    }
    out.is_header &= !out.cells.is_empty();
    out.line = line.unwrap_or(out.line);
    out
}

fn is_in_head(tree: &Tree, row: NodeId) -> bool {
    tree.name(tree.parent(row)) == "thead"
}
