//! Tables of known questions: what a reader asks, and the sections that answer.
//!
//! ```text
//! | Question                | Sections                | Source | Date       |
//! |-------------------------|-------------------------|--------|------------|
//! | how do i get page two?  | `pagination.md`         | log    | 2026-11-30 |
//! ```
//!
//! A table is one of questions if a column's header is `Question`. The sections are in the column `Sections`
//! (or `Section`, `File`, `Files`, `Answer`, `Page`), written as in other tables of a guide; without such a
//! header they are in the column after the question's. Source and date are optional.

use std::ops::Range;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::blocks::{self, Block, Line, Mention};
use super::{KnownQuestion, parse_guide};

const QUESTION_HEADERS: &[&str] = &["question", "questions"];
const SECTION_HEADERS: &[&str] = &["section", "sections", "file", "files", "answer", "page"];
const ORIGIN_HEADERS: &[&str] = &["source", "from"];
const DATE_HEADERS: &[&str] = &["date"];

/// Which column of a table of questions is which.
pub(super) struct QuestionColumns {
    question: usize,
    sections: usize,
    origin: Option<usize>,
    date: Option<usize>,
}

impl QuestionColumns {
    /// `None`, if the table is not one of questions.
    pub(super) fn of(header: &[Line]) -> Option<Self> {
        let column = |names: &[&str]| {
            let mut titles = header.iter().map(|cell| cell.text.trim().to_lowercase());
            titles.position(|title| names.contains(&title.as_str()))
        };
        let question = column(QUESTION_HEADERS)?;
        Some(Self {
            question,
            sections: column(SECTION_HEADERS).unwrap_or(question + 1),
            origin: column(ORIGIN_HEADERS),
            date: column(DATE_HEADERS),
        })
    }

    pub(super) fn question(&self, row: &[Line]) -> String {
        text(row, Some(self.question))
    }

    /// The files that the row names.
    pub(super) fn sections<'a>(&self, row: &'a [Line]) -> &'a [Mention] {
        row.get(self.sections).map_or(&[], |cell| &cell.mentions)
    }

    pub(super) fn origin(&self, row: &[Line]) -> String {
        text(row, self.origin)
    }

    pub(super) fn date(&self, row: &[Line]) -> String {
        text(row, self.date)
    }
}

/// The text of a row's cell, with single spaces; empty, if there is no such cell.
fn text(row: &[Line], column: Option<usize>) -> String {
    let cell = column.and_then(|column| row.get(column));
    let words = cell.map(|cell| cell.text.split_whitespace().collect::<Vec<_>>());
    words.unwrap_or_default().join(" ")
}

/// What a new `QUESTIONS.md` says of itself.
const HEAD: &str = "# Questions\n\n\
    What readers ask, and the sections that answer. `build-index` reads this table; `docent questions add`\n\
    keeps it sorted.\n\n";

const TABLE_HEAD: &str = "| Question | Sections | Source | Date |\n| --- | --- | --- | --- |\n";

/// Why questions cannot be added to a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuestionsError {
    /// The table has a column that would be lost.
    #[error(
        "line {line}: the table of questions has a column \"{column}\", which would be lost\n\
         hint: use the columns Question, Sections, Source and Date, and keep other things outside of it"
    )]
    OtherColumn {
        /// Its header.
        column: String,
        /// Line of the table's header.
        line: u32,
    },
}

/// The text of a `QUESTIONS.md` in the corpus root with `new` among the questions of its first table of
/// questions: a row for each, sorted by sections and question, so that changes merge. All other text stays as
/// it is; without such a table, or any text, there is one at the end.
///
/// # Errors
///
/// [`QuestionsError::OtherColumn`] if a column of the table would be lost.
pub fn merge_questions(text: &str, new: &[KnownQuestion]) -> Result<String, QuestionsError> {
    let Some(span) = first_table(text)? else {
        let before = match text.trim_end() {
            "" => HEAD.to_owned(),
            text => format!("{text}\n\n"),
        };
        return Ok(before + &table(new));
    };
    let mut questions = parse_guide("", &text[span.clone()]).questions;
    questions.extend_from_slice(new);
    Ok([&text[..span.start], &table(&questions), &text[span.end..]].concat())
}

/// Where the first table of questions stands.
fn first_table(text: &str) -> Result<Option<Range<usize>>, QuestionsError> {
    for block in blocks::read(text) {
        let Block::Table { header, span, .. } = block else {
            continue;
        };
        if QuestionColumns::of(&header).is_none() {
            continue;
        }
        let known = [
            QUESTION_HEADERS,
            SECTION_HEADERS,
            ORIGIN_HEADERS,
            DATE_HEADERS,
        ]
        .concat();
        for cell in header {
            if !known.contains(&cell.text.trim().to_lowercase().as_str()) {
                let (column, line) = (cell.text, cell.number);
                return Err(QuestionsError::OtherColumn { column, line });
            }
        }
        return Ok(Some(span));
    }
    Ok(None)
}

fn table(questions: &[KnownQuestion]) -> String {
    let mut sorted: Vec<&KnownQuestion> = questions.iter().collect();
    sorted.sort_by(|a, b| (&a.targets, &a.question).cmp(&(&b.targets, &b.question)));
    let rows = sorted.iter().map(|known| {
        let targets: Vec<String> = known.targets.iter().map(|path| target(path)).collect();
        format!(
            "| {} | {} | {} | {} |\n",
            cell(&known.question),
            targets.join(", "),
            cell(&known.origin),
            cell(&known.date)
        )
    });
    std::iter::once(TABLE_HEAD.to_owned()).chain(rows).collect()
}

/// Text as a cell that says nothing but this text.
fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !escaped.is_empty() {
            escaped.push(' ');
        }
        for character in word.chars() {
            if "\\`*_<>&[]|~!".contains(character) {
                escaped.push('\\');
            }
            escaped.push(character);
        }
    }
    escaped
}

/// What a link's destination cannot have as it is.
const NOT_IN_LINKS: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'(')
    .add(b')')
    .add(b'|')
    .add(b'\\')
    .add(b'#')
    .add(b'?')
    .add(b'`')
    .add(b'*')
    .add(b'_')
    .add(b'&')
    .add(b'[')
    .add(b']');

/// A path in backticks, or as a link if it has characters that backticks do not protect.
fn target(path: &str) -> String {
    match path.contains(['`', '|', '\\', '#', '?', '*', ' ']) {
        true => format!(
            "[{}]({})",
            cell(path),
            utf8_percent_encode(path, NOT_IN_LINKS)
        ),
        false => format!("`{path}`"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::Source;

    fn known(question: &str, targets: &[&str]) -> KnownQuestion {
        KnownQuestion {
            question: question.to_owned(),
            targets: targets.iter().map(|&target| target.to_owned()).collect(),
            origin: String::new(),
            date: String::new(),
            source: Source {
                file: String::new(),
                line: 0,
            },
        }
    }

    /// `line question | targets | origin | date` of each question.
    fn read(text: &str) -> Vec<String> {
        let show = |q: &KnownQuestion| {
            let (line, targets) = (q.source.line, q.targets.join(" "));
            format!(
                "{line} {} | {targets} | {} | {}",
                q.question, q.origin, q.date
            )
        };
        let guide = parse_guide("d/QUESTIONS.md", text);
        assert_eq!(guide.descriptors, []);
        guide.questions.iter().map(show).collect()
    }

    #[test]
    fn tables_of_questions_by_their_headers() {
        let full = "## Questions\n\n| Date | Sections | question | Source |\n|---|---|---|---|\n\
                    | today | `a.md`, [b](e/b.md#x) | what is `q.md` for | log |\n| | | | |\n\
                    | | none | and this? | |\n";
        assert_eq!(
            read(full),
            [
                "5 what is q.md for | d/a.md d/e/b.md | log | today",
                "7 and this? |  |  | "
            ]
        );
        let short = "|Questions|Where|\n|---|---|\n|why|/a.md|\n";
        assert_eq!(read(short), ["3 why | a.md |  | "]);
    }

    #[test]
    fn new_questions_are_sorted_in_and_other_text_stays() {
        let mut asked = known("how | to <b>`x`</b>?", &["b.md"]);
        asked.origin = "log".to_owned();
        asked.date = "2026-11-30".to_owned();
        let first = merge_questions("", &[asked, known("why", &["my a.md", "b.md"])]).unwrap();
        let rows = "| how \\| to \\<b\\>\\`x\\`\\</b\\>? | `b.md` | log | 2026-11-30 |\n\
                    | why | [my a.md](my%20a.md), `b.md` |  |  |\n";
        assert_eq!(first, [HEAD, TABLE_HEAD, rows].concat());
        let edited = format!("Ours.\n\n{TABLE_HEAD}{rows}\nMore.\n");
        let second = merge_questions(&edited, &[known("a", &["b.md"])]).unwrap();
        assert_eq!(
            second,
            format!("Ours.\n\n{TABLE_HEAD}| a | `b.md` |  |  |\n{rows}\nMore.\n")
        );
        assert_eq!(
            merge_questions("Ours.", &[]).unwrap(),
            format!("Ours.\n\n{TABLE_HEAD}")
        );
        assert_eq!(
            merge_questions("\n| Question | Mood |\n|---|---|\n", &[]),
            Err(QuestionsError::OtherColumn {
                column: "Mood".to_owned(),
                line: 2
            })
        );
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(questions in prop::collection::vec(("\\PC{1,30}", "[a-z `|\\\\#?*_&()\\[\\]<>~!.-]{1,8}"), 0..4)) {
            let questions: Vec<_> = questions
                .iter()
                .map(|(question, path)| {
                    let question = question.split_whitespace().collect::<Vec<_>>().join(" ");
                    let path = format!("x{}x.md", path.replace('*', ""));
                    known(&question, &[&path.replace("..", "-")])
                })
                .filter(|known| !known.question.is_empty())
                .collect();
            let mut read = parse_guide("QUESTIONS.md", &merge_questions("", &questions).unwrap()).questions;
            let mut sorted = questions.clone();
            sorted.sort_by(|a, b| (&a.targets, &a.question).cmp(&(&b.targets, &b.question)));
            for (read, line) in read.iter_mut().zip(8..) {
                prop_assert_eq!(read.source.line, line);
                read.source = Source { file: String::new(), line: 0 };
            }
            prop_assert_eq!(read, sorted);
        }
    }
}
