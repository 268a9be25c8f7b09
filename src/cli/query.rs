//! `docent query`: one question, or one a line.

use std::io::{self, BufRead, BufWriter, Read, Write};
use std::sync::Arc;

use anstream::AutoStream;
use anyhow::Result;
use docent::answer::context::ContextOptions;
use docent::answer::location::printable_path;
use docent::answer::{Answer, Note, Verdict, context, json};
use docent::encoder;
use docent::index::Index;
#[cfg(feature = "milvus")]
use docent::milvus::{MilvusStore, StoreError};
use docent::query_log::QueryLogWriter;
use docent::search::{SearchOptions, Searcher};
use docent::stale::Freshness;
use docent::terminal::printable_line;

use super::args::{Format, QueryConfig, Task};
use super::exit::{CliError, Exit};
use super::fresh::{self, check};
use super::output::text;
use super::{message, note};

/// Answers what the config asks.
pub fn run(config: &QueryConfig) -> Result<Exit> {
    Session::open(config)?.run()
}

/// What is searched: the store that the config names, else an index file.
fn searcher(config: &QueryConfig) -> Result<Searcher> {
    let encoder = || encoder::open(config.model.as_deref());
    #[cfg(feature = "milvus")]
    if let Some(url) = &config.store {
        let store = Arc::new(MilvusStore::open(url)?);
        return Ok(Searcher::over(store, encoder()?)?);
    }
    let index = Arc::new(Index::open(&config.index.locate()?)?);
    Ok(Searcher::new(index, encoder()?)?)
}

fn read_question() -> Result<String, CliError> {
    let mut question = String::new();
    io::stdin()
        .read_to_string(&mut question)
        .map_err(CliError::Input)?;
    if question.trim().is_empty() {
        return Err(CliError::EmptyQuestion);
    }
    Ok(question.trim().to_owned())
}

/// An open index and model.
struct Session<'a> {
    config: &'a QueryConfig,
    searcher: Searcher,
    options: SearchOptions,
    freshness: Freshness,
    log: Option<QueryLogWriter>,
}

impl<'a> Session<'a> {
    fn open(config: &'a QueryConfig) -> Result<Self> {
        let searcher = searcher(config)?;
        let freshness = check(searcher.index(), &config.index)?;
        let mut options = config.search.clone();
        options.scope = config.scope.scope(searcher.index())?;
        let log = config.log.as_deref().map(QueryLogWriter::open);
        Ok(Self {
            config,
            searcher,
            options,
            freshness,
            log: log.transpose()?,
        })
    }

    fn run(mut self) -> Result<Exit> {
        let QueryConfig {
            task,
            format,
            index,
            ..
        } = self.config;
        let exit = match task {
            Task::Batch => self.batch(format),
            Task::One(question) => self.one(question, format),
            Task::Input => self.one(&read_question()?, format),
        }?;
        Ok(fresh::exit(&self.freshness, index, exit))
    }

    /// The answer to a question, which is kept if that was asked for.
    fn ask(&mut self, question: &str) -> Result<Answer> {
        let answer = self.search(question)?;
        if let Some(log) = &self.log {
            log.add(&answer)?;
        }
        Ok(answer)
    }

    /// The answer; of a store that has a newer version, from that.
    fn search(&mut self, question: &str) -> docent::Result<Answer> {
        let answer = self.searcher.search(question, &self.options);
        #[cfg(feature = "milvus")]
        if let Err(docent::Error::Store(StoreError::Changed { .. })) = &answer
            && let Ok(newer) = Self::open(self.config)
        {
            *self = newer;
            return self.searcher.search(question, &self.options);
        }
        answer
    }

    /// Prints the answer to one question.
    fn one(&mut self, question: &str, format: &Format) -> Result<Exit> {
        let answer = self.ask(question)?;
        for known in answer.notes(&**self.searcher.encoder()) {
            match known {
                // They are in the answer itself.
                Note::Corrected(_) | Note::Absent(_) if matches!(format, Format::Json { .. }) => {}
                _ if matches!(format, Format::Context { .. }) => {}
                Note::NothingConfident { .. } | Note::NothingFound => message(known),
                _ => note(known),
            }
        }
        self.print(&answer, format)?;
        Ok(match answer.verdict {
            Verdict::Answered | Verdict::Uncalibrated => Exit::Found,
            _ => Exit::NothingConfident,
        })
    }

    fn print(&self, answer: &Answer, format: &Format) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        let (index, encoder) = (&answer.index, self.searcher.encoder());
        match *format {
            Format::Json { explain } => {
                let object = json::to_string(answer, index, &self.freshness, explain)?;
                writeln!(out, "{object}")?;
            }
            Format::Text { explain } => {
                let mut out = AutoStream::auto(io::stdout().lock());
                text::Layout::of_stdout(explain).write(&mut out, answer, index)?;
            }
            Format::Paths { null: true } => {
                for hit in answer.shown() {
                    write!(out, "{}\0", hit.section.path)?;
                }
            }
            Format::Paths { null: false } => {
                for hit in answer.shown() {
                    writeln!(out, "{}", printable_path(&hit.section.path))?;
                }
            }
            Format::Context { budget } => {
                let options = ContextOptions {
                    budget,
                    show: "docent show",
                };
                let context = context::answer(answer, index, &**encoder, &options)?;
                out.write_all(context.as_bytes())?;
            }
        }
        Ok(out.flush()?)
    }

    /// Answers each line of standard input as soon as it is there: with a line of JSON, or with the question
    /// on a line of its own before its answer and a blank line behind it.
    fn batch(&mut self, format: &Format) -> Result<Exit> {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        for number in 1u64.. {
            line.clear();
            if input
                .read_until(b'\n', &mut line)
                .map_err(CliError::Input)?
                == 0
            {
                break;
            }
            let question = String::from_utf8_lossy(&line);
            let question = question.trim_end_matches(['\n', '\r']);
            if std::str::from_utf8(&line).is_err() {
                note(format_args!(
                    "line {number} is not UTF-8, bad bytes are read as U+FFFD"
                ));
            }
            let answer = self.ask(question)?;
            for known in answer.notes(&**self.searcher.encoder()) {
                if let Note::QuestionCut { .. } = known {
                    note(format_args!("line {number}: {known}"));
                }
            }
            if let Format::Json { .. } = format {
                self.print(&answer, format)?;
                continue;
            }
            writeln!(io::stdout(), "question: {}", printable_line(question))?;
            self.print(&answer, format)?;
            writeln!(io::stdout())?;
        }
        Ok(Exit::Found)
    }
}
