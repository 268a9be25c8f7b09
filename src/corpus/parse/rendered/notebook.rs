//! Notebooks of Jupyter: nbformat 4 and 3, as the nbformat package describes them.
//!
//! Cells and texts that they put out, in their order. Of a cell's outputs at most [`MAX_OUTPUT_LINES`] lines and
//! [`MAX_OUTPUT_BYTES`] bytes are kept; images, HTML, scripts, attachments and metadata are not text.

use std::rc::Rc;

use super::markup::{self, Line};
use crate::corpus::parse::rendition::{NoContent, Rendition};
use crate::corpus::tree::{self, Tree};

#[cfg(test)]
mod tests;

const MAX_OUTPUT_LINES: usize = 40;
const MAX_OUTPUT_BYTES: usize = 4096;

pub(in crate::corpus) fn render(source: &str) -> Result<Rendition, NoContent> {
    let notebook = tree::of_json(source).map_err(NoContent::Malformed)?;
    let cells = cells(&notebook);
    if notebook.get("nbformat").is_none() && cells.is_empty() {
        return Err(NoContent::Malformed("no cells of a notebook".to_owned()));
    }
    let language = language(&notebook);
    let mut out = Rendition::default();
    let mut has_h1 = false;
    for cell in cells {
        has_h1 |= push_cell(&mut out, &cell, language);
    }
    if out.text.trim().is_empty() {
        return Err(NoContent::Empty);
    }
    let title = notebook.at(&["metadata", "title"]).and_then(Tree::text);
    out.title = title.filter(|_| !has_h1).map(str::to_owned);
    Ok(out)
}

/// The cells of version 4, or of the worksheets of version 3.
fn cells(notebook: &Tree) -> Vec<Rc<Tree>> {
    if let Some(cells) = notebook.get("cells") {
        return cells.items().to_vec();
    }
    let sheets = notebook
        .get("worksheets")
        .map_or(&[][..], |sheets| sheets.items());
    let cells = sheets.iter().filter_map(|sheet| sheet.get("cells"));
    cells.flat_map(|cells| cells.items().to_vec()).collect()
}

fn language(notebook: &Tree) -> &str {
    let paths = [
        ["metadata", "language_info", "name"],
        ["metadata", "kernelspec", "language"],
    ];
    let mut names = paths.iter().filter_map(|path| notebook.at(path)?.text());
    names.next().unwrap_or_default()
}

/// Says whether the cell holds a heading of the first level.
fn push_cell(out: &mut Rendition, cell: &Tree, language: &str) -> bool {
    let source = cell.get("source").or_else(|| cell.get("input"));
    let lines = source.map(|source| lines_of(source)).unwrap_or_default();
    match cell.text_of("cell_type").unwrap_or_default() {
        "markdown" => return markup::push_markdown(out, &lines, 0),
        // Version 3 has headings as cells.
        "heading" => {
            let level = cell.text_of("level").and_then(|level| level.parse().ok());
            let marks = "#".repeat(level.unwrap_or(1usize).clamp(1, 6));
            out.end_block();
            for (line, file_line) in lines.iter().filter(|(line, _)| !line.trim().is_empty()) {
                let text = markup::escape(line.trim());
                out.push_line(&format!("{marks} {text}"), *file_line);
            }
            out.end_block();
            return marks.len() == 1;
        }
        "code" => {
            let language = cell.text_of("language").unwrap_or(language);
            markup::push_code(out, "", language, &lines);
            let outputs = cell
                .get("outputs")
                .map_or(&[][..], |outputs| outputs.items());
            markup::push_code(out, "", "text", &output_lines(outputs));
        }
        _ => {
            out.end_block();
            for (line, file_line) in &lines {
                let line = markup::at_line_start(&markup::escape(line.trim()));
                out.push_line(&line, *file_line);
            }
            out.end_block();
        }
    }
    false
}

/// What of a cell's outputs is text, within the bounds.
fn output_lines(outputs: &[Rc<Tree>]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut bytes = 0;
    for line in outputs.iter().flat_map(|output| lines_of_output(output)) {
        bytes += line.0.len();
        if lines.len() == MAX_OUTPUT_LINES || bytes > MAX_OUTPUT_BYTES {
            lines.push(("...".to_owned(), line.1));
            break;
        }
        lines.push(line);
    }
    lines
}

fn lines_of_output(output: &Tree) -> Vec<Line> {
    let kind = output.text_of("output_type").unwrap_or_default();
    if matches!(kind, "error" | "pyerr") {
        let line = output.get("ename").map_or(output.line, |name| name.line);
        let name = output.text_of("ename").unwrap_or_default();
        let value = output.text_of("evalue").unwrap_or_default();
        let message = value.lines().find(|line| !line.trim().is_empty());
        return vec![(
            shown(&format!("{name}: {}", message.unwrap_or_default())),
            line,
        )];
    }
    // Version 3 has kinds of data beside each other in the output itself.
    let data = output.get("data").map_or(output, |data| data);
    let is_picture = |(kind, _): &(String, Rc<Tree>)| {
        kind.starts_with("image/")
            || kind.contains("javascript")
            || matches!(&**kind, "png" | "svg" | "jpeg")
    };
    let is_picture = data.entries().iter().any(is_picture);
    let kinds = ["text/markdown", "text/plain", "text"];
    let Some(text) = kinds.iter().find_map(|kind| data.get(kind)) else {
        return Vec::new();
    };
    let mut lines = lines_of(text);
    for (line, _) in &mut lines {
        *line = shown(line);
    }
    // What stands for a picture where none can be shown: `<Figure size 640x480 with 1 Axes>`.
    lines.retain(|(line, _)| !(is_picture && line.starts_with('<')));
    lines
}

/// What a terminal shows of a line: the last of what was written over each other, without colours.
fn shown(line: &str) -> String {
    let line = line.trim_end_matches('\r');
    let line = line.rsplit('\r').next().unwrap_or_default();
    let mut text = String::new();
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            '\u{1b}' if rest.as_str().starts_with('[') => {
                rest.next();
                rest.find(|c| ('@'..='~').contains(c));
            }
            '\t' => text.push(c),
            c if c.is_control() => {}
            c => text.push(c),
        }
    }
    text
}

/// The lines of a text, which nbformat writes as one string or as a list of them. Its version 2 leaves out the
/// line ends between those of a list.
fn lines_of(text: &Tree) -> Vec<Line> {
    let whole = text.text().map(|whole| (whole, text.line));
    let parts = text.items().iter();
    let parts = parts.filter_map(|part| Some((part.text()?, part.line)));
    let parts: Vec<(&str, u32)> = whole.into_iter().chain(parts).collect();
    let has_line_ends = parts.iter().any(|(part, _)| part.ends_with('\n'));
    let mut lines: Vec<Line> = Vec::new();
    let mut is_open = false;
    for (part, file_line) in parts {
        if part.is_empty() && !has_line_ends {
            lines.push((String::new(), file_line));
        }
        for piece in part.split_inclusive('\n') {
            let content = piece.trim_end_matches(['\n', '\r']);
            match lines.last_mut() {
                Some((line, _)) if is_open => line.push_str(content),
                _ => lines.push((content.to_owned(), file_line)),
            }
            is_open = has_line_ends && !piece.ends_with('\n');
        }
    }
    lines
}
