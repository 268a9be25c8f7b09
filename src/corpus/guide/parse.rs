//! What a guide file says about the sections: guidelines, descriptors, questions.
//!
//! ```text
//! ### Building                                <- group of descriptors
//! | Section    | File            | Covers |     columns in any order, file in backticks or linked
//! | Pagination | `pagination.md` | Tokens |  <- descriptor
//!
//! **"How do I..."**                           <- group of guidelines (bold line or heading)
//! - Add pagination -> `pagination.md`         <- guideline; `->`, `=>`, `→` or `⇒`, several targets, notes
//!
//! **User asks about time:**
//! → `time.md`                                 <- guideline whose phrase is the line above
//!
//! User: "How do I page?"                      <- usage example
//! Retrieve: `pagination.md`, `patterns.md`
//!
//! | Question         | Sections         |       a table of questions; see `questions`
//! | How do I page?   | `pagination.md`  |    <- question
//! ```
//!
//! A target is a documentation file in backticks, as a link or as a bare word, which may stand in angle brackets; one
//! with a space in its name is a link (`my%20notes.md` or `<my notes.md>`), or in backticks where a file is
//! expected. What else stands around the targets (`first, then`, `(see also)`) is a note to the
//! reader and is ignored.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;

use super::blocks::{self, Block, Line, Mention};
use super::questions::QuestionColumns;
use super::{Descriptor, Guide, Guideline, KnownQuestion, Pattern, Source};
use crate::corpus::walk::is_documentation;

/// Parses the guide file at `file` (relative to the corpus root). Never fails: what has none of
/// the forms above says nothing.
pub fn parse_guide(file: &str, text: &str) -> Guide {
    let mut reader = Reader {
        file,
        guide: Guide::default(),
        heading: String::new(),
        bold: None,
        last_line: None,
        question: None,
    };
    for block in blocks::read(text) {
        reader.block(&block);
    }
    reader.guide
}

struct Reader<'a> {
    file: &'a str,
    guide: Guide,
    /// The last heading; may be empty.
    heading: String,
    /// The last line since then that was all bold.
    bold: Option<String>,
    /// The last line since then without an arrow, for an arrow line that has no phrase.
    last_line: Option<PhraseLine>,
    /// The question of an example that is not complete yet.
    question: Option<(String, u32)>,
}

struct PhraseLine {
    text: String,
    is_bold: bool,
}

impl Reader<'_> {
    fn block(&mut self, block: &Block) {
        match block {
            Block::Heading(line) => {
                self.heading = group_name(&line.text);
                self.bold = None;
                self.last_line = None;
                self.question = None;
            }
            Block::Paragraph(lines) => {
                for line in lines {
                    self.line(line);
                }
            }
            Block::Item(lines) if lines.iter().any(|line| is_example_line(&line.text)) => {
                for line in lines {
                    self.line(line);
                }
            }
            Block::Item(lines) => {
                // To Markdown, a bold line right under a list continues its last item.
                for group in lines.chunk_by(|line, next| !line.is_bold && !next.is_bold) {
                    self.line(&Line::join(group));
                }
            }
            Block::Table { header, rows, .. } => self.table(header, rows),
        }
    }

    fn line(&mut self, line: &Line) {
        if let Some(question) = labelled(&line.text, "user:") {
            self.question = Some((phrase_text(question), line.number));
        } else if labelled(&line.text, "retrieve:").is_some() {
            self.example(line);
        } else if let Some(arrow) = line.arrow() {
            self.guideline(line, arrow);
        } else {
            let is_bold = line.is_bold;
            if is_bold {
                self.bold = Some(group_name(&line.text));
            }
            self.last_line = Some(PhraseLine {
                text: line.text.clone(),
                is_bold,
            });
        }
    }

    fn example(&mut self, line: &Line) {
        let targets = self.targets(&line.mentions, line.number);
        if let Some((question, number)) = self.question.take()
            && !targets.is_empty()
        {
            let source = self.source(number);
            self.guide.questions.push(KnownQuestion {
                question,
                targets,
                origin: String::new(),
                date: String::new(),
                source,
            });
        }
    }

    fn guideline(&mut self, line: &Line, arrow: std::ops::Range<usize>) {
        let mut phrase = phrase_text(&line.text[..arrow.start]);
        let mut group = self.bold.as_ref().unwrap_or(&self.heading).clone();
        if phrase.is_empty() {
            let Some(above) = &self.last_line else { return };
            phrase = phrase_text(&above.text);
            if above.is_bold {
                group.clone_from(&self.heading);
            }
        } else {
            self.last_line = None;
        }
        let after = line
            .mentions
            .partition_point(|mention| mention.at < arrow.end);
        let targets = self.targets(&line.mentions[after..], line.number);
        if targets.is_empty() || phrase.is_empty() {
            return;
        }
        self.guide.guidelines.push(Guideline {
            group,
            phrase,
            targets,
            source: self.source(line.number),
        });
    }

    fn table(&mut self, header: &[Line], rows: &[Vec<Line>]) {
        self.last_line = None;
        match QuestionColumns::of(header) {
            Some(columns) => self.questions(&columns, rows),
            None => self.descriptors(header, rows),
        }
    }

    fn questions(&mut self, columns: &QuestionColumns, rows: &[Vec<Line>]) {
        for row in rows {
            let question = columns.question(row);
            if question.is_empty() {
                continue;
            }
            // An empty cell has no number.
            let line = row.iter().map(|cell| cell.number).max().unwrap_or(1);
            let known = KnownQuestion {
                question,
                targets: self.targets(columns.sections(row), line),
                origin: columns.origin(row),
                date: columns.date(row),
                source: self.source(line),
            };
            self.guide.questions.push(known);
        }
    }

    fn descriptors(&mut self, header: &[Line], rows: &[Vec<Line>]) {
        let Some(columns) = Columns::of(header, rows) else {
            return;
        };
        for row in rows {
            let Some(file_cell) = row.get(columns.file) else {
                continue;
            };
            let cell = |column: usize| row.get(column).map_or("", |cell| cell.text.trim());
            let label = file_cell
                .mentions
                .iter()
                .find_map(|mention| mention.label.as_deref());
            let title = columns.title.map(cell).or(label).unwrap_or_default();
            let covers: Vec<&str> = (0..row.len())
                .filter(|&column| column != columns.file && Some(column) != columns.title)
                .map(cell)
                .filter(|text| !text.is_empty())
                .collect();
            for target in self.targets(&file_cell.mentions, file_cell.number) {
                self.guide.descriptors.push(Descriptor {
                    target,
                    title: title.to_owned(),
                    covers: covers.join("; "),
                    group: self.heading.clone(),
                    source: self.source(file_cell.number),
                });
            }
        }
    }

    /// The paths that `mentions` name, in order and each once. Globs go to the guide's patterns.
    fn targets(&mut self, mentions: &[Mention], number: u32) -> Vec<String> {
        let mut targets = Vec::new();
        let mut known = HashSet::new();
        for mention in mentions {
            let path = resolve(self.file, &mention.path);
            if is_glob(&path) {
                let source = self.source(number);
                self.guide.patterns.push(Pattern { glob: path, source });
            } else if known.insert(path.clone()) {
                targets.push(path);
            }
        }
        targets
    }

    fn source(&self, line: u32) -> Source {
        Source {
            file: self.file.to_owned(),
            line,
        }
    }
}

/// Which column of a table is which; every other column is part of what the section covers.
struct Columns {
    file: usize,
    title: Option<usize>,
}

/// Headers of a column that names a section rather than telling what it covers.
const TITLE_HEADERS: [&str; 8] = [
    "section", "title", "name", "topic", "domain", "page", "document", "guide",
];

impl Columns {
    /// The file column is the one in which most rows name a file. The title column is the one with
    /// one of [`TITLE_HEADERS`]; if there is none, the first of the other columns, if there are two
    /// or more of them and the file column's links have no titles of their own.
    fn of(header: &[Line], rows: &[Vec<Line>]) -> Option<Self> {
        let names_files = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.filter(|cell| !cell.mentions.is_empty()).count()
        };
        // The leftmost of equals.
        let file = (0..header.len())
            .rev()
            .max_by_key(|&column| names_files(column))?;
        if names_files(file) == 0 {
            return None;
        }
        let is_title = |column: &usize| {
            let name = header[*column].text.trim().to_lowercase();
            TITLE_HEADERS.contains(&name.as_str())
        };
        let is_linked_title = || {
            let mut cells = rows.iter().filter_map(|row| row.get(file));
            cells.any(|cell| cell.mentions.iter().any(|mention| mention.label.is_some()))
        };
        let others: Vec<usize> = (0..header.len()).filter(|&column| column != file).collect();
        let by_position = || {
            others
                .first()
                .filter(|_| others.len() > 1 && !is_linked_title())
        };
        let title = others
            .iter()
            .find(|column| is_title(column))
            .or_else(by_position);
        Some(Self {
            file,
            title: title.copied(),
        })
    }
}

/// What follows `label` (lower case) at the beginning of `text`.
fn labelled<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let text = text.trim_start();
    let head = text.get(..label.len())?;
    head.eq_ignore_ascii_case(label)
        .then(|| &text[label.len()..])
}

fn is_example_line(text: &str) -> bool {
    labelled(text, "user:").is_some() || labelled(text, "retrieve:").is_some()
}

/// A phrase or question without the quotes around it and a colon at its end.
fn phrase_text(text: &str) -> String {
    let text = text
        .trim()
        .trim_end_matches([':', '-', '–', '—'])
        .trim_end();
    unquoted(text).trim().to_owned()
}

/// `"How do I...":` becomes `How do I`.
fn group_name(text: &str) -> String {
    let text = text.trim().trim_end_matches(':');
    unquoted(text)
        .trim_end_matches(['.', '…', ':', ' '])
        .trim()
        .to_owned()
}

const QUOTES: [(char, char); 4] = [('"', '"'), ('“', '”'), ('\'', '\''), ('«', '»')];

/// Drops quotes if they enclose the whole text.
fn unquoted(text: &str) -> &str {
    let inner = QUOTES.iter().find_map(|&(open, close)| {
        let inner = text.strip_prefix(open)?.strip_suffix(close)?;
        (open == '\'' || !inner.contains([open, close])).then_some(inner)
    });
    inner.unwrap_or(text)
}

fn is_glob(path: &str) -> bool {
    path.contains('*')
}

/// Whether a word or code span in a guide file names a documentation file wherever it stands. One
/// with white space does not: it may as well be a command (`cat notes.md`).
pub(super) fn names_file(text: &str) -> bool {
    is_file(text) && !without_anchor(text).contains(char::is_whitespace)
}

/// The documentation file that a link leads to, if it leads to one: `my%20notes.md` is
/// `my notes.md`.
pub(super) fn linked_file(destination: &str) -> Option<String> {
    let path = without_anchor(destination);
    is_file(path).then(|| {
        let decoded = percent_decode_str(path).decode_utf8();
        decoded.map_or_else(|_| path.to_owned(), |path| path.into_owned())
    })
}

/// Whether a file is what comes next in a line or cell that begins with `before`: after an arrow, a
/// colon or a comma, or at the beginning.
pub(super) fn expects_file(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty() || before.ends_with(['>', '→', '⇒', ':', ','])
}

pub(super) fn is_file(text: &str) -> bool {
    let path = without_anchor(text);
    is_documentation(path) && !path.contains("://")
}

pub(super) fn without_anchor(path: &str) -> &str {
    path.find(['#', '?']).map_or(path, |end| &path[..end])
}

/// The path relative to the corpus root of `target`, as a mention in the guide file `file` has it. A leading
/// `/` means the root. What would leave the root keeps its leading `../`.
pub(in crate::corpus) fn resolve(file: &str, target: &str) -> String {
    let folder = match (target.starts_with('/'), file.rsplit_once('/')) {
        (false, Some((folder, _))) => folder,
        _ => "",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
