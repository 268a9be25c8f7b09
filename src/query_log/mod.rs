//! The query log: what readers asked, and whether it was answered.

#[cfg(feature = "serve")]
mod write;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

#[cfg(feature = "serve")]
pub use write::QueryLogWriter;
#[cfg(feature = "serve")]
pub(crate) use write::now;

/// Broken lines that are noted one by one.
const NOTED: usize = 5;

/// Why a query log cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryLogError {
    /// The file cannot be read.
    #[error(
        "cannot read the query log {}: {source}\n\
         hint: a log has a line of JSON for each question, with time, question, verdict and section",
        path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write the query log {}: {source}\nhint: name a file in a folder that is there", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// No line of the file is one of a log.
    #[error(
        "{} is no query log: {problem}\n\
         hint: a log has a line of JSON for each question, with time, question, verdict and section",
        path.display()
    )]
    NotALog {
        /// The file.
        path: PathBuf,
        /// What is wrong with its first line.
        problem: String,
    },
}

/// What readers asked, in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryLog {
    /// The questions.
    pub entries: Vec<LogEntry>,
    /// What is wrong with lines that were left out, for people to read.
    pub notes: Vec<String>,
}

/// A line of a query log. Fields that are not listed are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LogEntry {
    /// When it was asked, as RFC 3339 writes it: `2026-11-30T11:42:00Z`.
    pub time: String,
    /// What was asked.
    pub question: String,
    /// How it went.
    pub verdict: LoggedVerdict,
    /// The section that came first, if one did.
    #[serde(default)]
    pub section: Option<String>,
}

/// A question with all times that it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedQuestion<'a> {
    /// As it was asked first, with single spaces.
    pub question: String,
    /// In the order of the log; one at least.
    pub entries: Vec<&'a LogEntry>,
}

/// How a question went when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedVerdict {
    /// Answered.
    Answered,
    /// No section was a confident answer.
    NothingConfident,
    /// No section was found at all.
    NothingFound,
    /// How it went could not be told: the model is not calibrated.
    Uncalibrated,
    /// A reader said that the answer should have been found.
    Missed,
}

impl LogEntry {
    /// Whether the reader was left without an answer.
    pub fn is_unanswered(&self) -> bool {
        match self.verdict {
            LoggedVerdict::Answered | LoggedVerdict::Uncalibrated => false,
            LoggedVerdict::NothingConfident
            | LoggedVerdict::NothingFound
            | LoggedVerdict::Missed => true,
        }
    }

    /// The day, `2026-11-30`.
    pub fn date(&self) -> &str {
        self.time.get(..10).unwrap_or(&self.time)
    }
}

impl QueryLog {
    /// Reads a log. Lines that are none are left out and noted with their number.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or of which every line is broken.
    pub fn read(path: &Path) -> Result<Self, QueryLogError> {
        let bytes = std::fs::read(path).map_err(|source| QueryLogError::Read {
            path: path.to_owned(),
            source,
        })?;
        let (log, problems) = Self::parse(&String::from_utf8_lossy(&bytes));
        match problems.into_iter().next() {
            Some(problem) if log.entries.is_empty() => Err(QueryLogError::NotALog {
                path: path.to_owned(),
                problem,
            }),
            _ => Ok(log),
        }
    }

    /// The different questions of the entries that are wanted. The same words in another case, or with another
    /// mark at their end, are the same question. Sorted by their words.
    pub fn questions(&self, is_wanted: impl Fn(&LogEntry) -> bool) -> Vec<LoggedQuestion<'_>> {
        let mut asked: BTreeMap<String, LoggedQuestion<'_>> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| is_wanted(entry)) {
            let words: Vec<&str> = entry.question.split_whitespace().collect();
            let question = words.join(" ");
            let folded = question.to_lowercase();
            let folded = folded.trim_end_matches(['?', '!', '.', ' ']).to_owned();
            let known = asked.entry(folded).or_insert_with(|| LoggedQuestion {
                question,
                entries: Vec::new(),
            });
            known.entries.push(entry);
        }
        asked.into_values().collect()
    }

    fn parse(text: &str) -> (Self, Vec<String>) {
        let mut log = Self::default();
        let mut problems = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                continue;
            }
            match parse_line(line) {
                Ok(entry) => log.entries.push(entry),
                Err(problem) => problems.push(format!("line {number}: {problem}")),
            }
        }
        log.notes = problems
            .iter()
            .take(NOTED)
            .map(|p| format!("{p}; left out"))
            .collect();
        let rest = problems.len().saturating_sub(NOTED);
        if rest > 0 {
            log.notes.push(format!("{rest} more lines left out"));
        }
        (log, problems)
    }
}

fn parse_line(line: &str) -> Result<LogEntry, String> {
    let entry: LogEntry = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if !is_date(entry.date()) {
        return Err(format!(
            "`{}` is not a time like 2026-11-30T11:42:00Z",
            entry.time
        ));
    }
    if entry.question.trim().is_empty() {
        return Err("the question is empty".to_owned());
    }
    Ok(entry)
}

/// Whether `text` is written like `2026-11-30`.
fn is_date(text: &str) -> bool {
    let shape = "0000-00-00";
    let fits = |(c, s): (char, char)| if s == '0' { c.is_ascii_digit() } else { c == s };
    text.len() == shape.len() && text.chars().zip(shape.chars()).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_lines_are_noted_and_unknown_fields_ignored() {
        let good = r#"{"time": "2026-11-30T11:42:00Z", "question": "q", "verdict": "nothing_found", "x": 1}"#;
        let other =
            r#"{"time": "2026-11-30", "question": "q", "verdict": "answered", "section": "a.md"}"#;
        let bad = [
            "{",
            r#"{"time": "now", "question": "q", "verdict": "answered"}"#,
            r#"{"time": "2026-11-30", "question": " ", "verdict": "answered"}"#,
            r#"{"time": "2026-11-30", "question": "q", "verdict": "maybe"}"#,
        ];
        let text = format!("{good}\n\n{}\n{other}\n", bad.join("\n"));
        let (log, problems) = QueryLog::parse(&text);
        assert_eq!(log.entries.len(), 2);
        assert_eq!(log.entries[0].verdict, LoggedVerdict::NothingFound);
        assert_eq!(log.entries[1].section.as_deref(), Some("a.md"));
        assert_eq!(log.entries[0].date(), "2026-11-30");
        assert_eq!(problems.len(), 4);
        assert_eq!(
            problems[1],
            "line 4: `now` is not a time like 2026-11-30T11:42:00Z"
        );
        let (log, _) = QueryLog::parse(&"{\n".repeat(7));
        assert_eq!(
            (log.notes.len(), log.notes[5].as_str()),
            (6, "2 more lines left out")
        );
    }
}
