//! Adding to the query log.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use chrono::{SecondsFormat, Utc};
use same_file::Handle;
use serde::Serialize;

use super::{LoggedVerdict, QueryLogError};
use crate::answer::{Answer, Verdict};

/// Longest file, in bytes; a full one takes the name with `.1` behind it, in place of the one before.
const MAX_BYTES: u64 = 16 << 20;
/// Longest question that is kept, in bytes.
const MAX_QUESTION: usize = 4 << 10;

/// Adds questions to a log, as they are asked. Any number of threads and programs may add to one file:
/// a line is written whole while the file is locked.
pub struct QueryLogWriter {
    path: PathBuf,
    max_bytes: u64,
    file: Mutex<File>,
}

#[derive(Serialize)]
struct Line<'a> {
    time: String,
    question: &'a str,
    verdict: LoggedVerdict,
    section: Option<&'a str>,
}

impl QueryLogWriter {
    /// Opens the log at `path`, or makes it.
    ///
    /// # Errors
    ///
    /// [`QueryLogError::Write`] if that is not allowed there.
    pub fn open(path: &Path) -> Result<Self, QueryLogError> {
        let file = open(path).map_err(|source| QueryLogError::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            max_bytes: MAX_BYTES,
            file: Mutex::new(file),
        })
    }

    /// Adds a question with the answer that it got.
    ///
    /// # Errors
    ///
    /// [`QueryLogError::Write`] if the line cannot be written.
    pub fn add(&self, answer: &Answer) -> Result<(), QueryLogError> {
        let verdict = match answer.verdict {
            Verdict::Answered => LoggedVerdict::Answered,
            Verdict::NothingConfident => LoggedVerdict::NothingConfident,
            Verdict::NothingFound => LoggedVerdict::NothingFound,
            Verdict::Uncalibrated => LoggedVerdict::Uncalibrated,
        };
        let first = answer.hits.first().map(|hit| hit.section.path.as_str());
        self.write(&answer.question, verdict, first)
    }

    /// Adds that a reader missed the answer to a question.
    ///
    /// # Errors
    ///
    /// [`QueryLogError::Write`] if the line cannot be written.
    pub fn add_missed(&self, question: &str) -> Result<(), QueryLogError> {
        self.write(question, LoggedVerdict::Missed, None)
    }

    fn write(
        &self,
        question: &str,
        verdict: LoggedVerdict,
        section: Option<&str>,
    ) -> Result<(), QueryLogError> {
        if question.trim().is_empty() {
            return Ok(());
        }
        let line = Line {
            time: now(),
            question: &question[..question.floor_char_boundary(MAX_QUESTION)],
            verdict,
            section,
        };
        let added = serde_json::to_string(&line)
            .map_err(io::Error::other)
            .and_then(|line| self.append(&format!("{line}\n")));
        added.map_err(|source| QueryLogError::Write {
            path: self.path.clone(),
            source,
        })
    }

    /// Writes `line` to the file that is at the path, which another program may have replaced.
    fn append(&self, line: &str) -> io::Result<()> {
        // A file is whole between two lines, so a panic elsewhere does not spoil it.
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.lock()?;
        let is_current = Handle::from_path(&self.path)
            .and_then(|at_path| Ok(at_path == Handle::from_file(file.try_clone()?)?))
            .unwrap_or(false);
        if !is_current {
            *file = open(&self.path)?;
            file.lock()?;
        }
        if file.metadata()?.len() + line.len() as u64 > self.max_bytes {
            fs::rename(&self.path, rotated(&self.path))?;
            let next = open(&self.path)?;
            next.lock()?;
            *file = next;
        }
        file.write_all(line.as_bytes())?;
        file.unlock()
    }
}

/// The time, to the second, as RFC 3339 has it.
pub(crate) fn now() -> String {
    Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// `path` with `.1` behind it.
fn rotated(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::super::QueryLog;
    use super::*;

    #[test]
    fn a_full_log_makes_place_and_no_line_is_lost_before_the_last_two_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let writer = |max_bytes| QueryLogWriter {
            max_bytes,
            ..QueryLogWriter::open(&path).unwrap()
        };
        // Two writers, as two programs have them.
        let (a, b) = (writer(1_000), writer(1_000));
        for i in 0..30 {
            let writer = if i % 2 == 0 { &a } else { &b };
            writer.add_missed(&format!("question \"{i}\"\n")).unwrap();
        }
        let read = |path: &Path| QueryLog::read(path).unwrap().entries;
        let (old, new) = (read(&rotated(&path)), read(&path));
        assert!(fs::metadata(rotated(&path)).unwrap().len() <= 1_000);
        let questions: Vec<&str> = old.iter().chain(&new).map(|e| &*e.question).collect();
        let last: Vec<String> = (30 - questions.len()..30)
            .map(|i| format!("question \"{i}\"\n"))
            .collect();
        assert_eq!(questions, last);
        assert!(old.len() >= 8, "{}", old.len());
        assert_eq!(new[0].verdict, LoggedVerdict::Missed);
    }

    #[test]
    fn threads_do_not_mix_their_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.jsonl");
        let writer = QueryLogWriter::open(&path).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope
                    .spawn(|| (0..50).for_each(|_| writer.add_missed(&"x".repeat(5_000)).unwrap()));
            }
        });
        let log = QueryLog::read(&path).unwrap();
        assert_eq!((log.entries.len(), log.notes.len()), (200, 0));
        assert!(
            log.entries
                .iter()
                .all(|entry| entry.question.len() == MAX_QUESTION)
        );
    }
}
