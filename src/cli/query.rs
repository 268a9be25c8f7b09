//! `docent query`: one question, or one a line.

use std::io::{self, BufRead, BufWriter, Read, Write};

use anstream::AutoStream;
use anyhow::Result;
use docent::encoder::{self, Encoder};
use docent::index::Index;
use docent::search::{Answer, Scope, Searcher};
use docent::terminal::printable_line;

use super::args::{Format, QueryConfig, Task};
use super::exit::{CliError, Exit};
use super::fresh::Freshness;
use super::message;
use super::output::{self, Reply};

/// Candidates that are named where none is confident.
const NAMED_CANDIDATES: usize = 3;

/// Answers what the config asks.
pub fn run(config: &QueryConfig) -> Result<Exit> {
    let index = Index::open(&config.index.locate()?)?;
    let encoder = encoder::open(config.model.as_deref())?;
    let freshness = Freshness::check(&index, &config.index)?;
    let mut searcher = Searcher::new(&index, &*encoder)?;
    if !config.within.is_empty() {
        searcher = searcher.within(Scope::new(&index, &config.within)?);
    }
    let session = Session {
        searcher,
        index: &index,
        encoder: &*encoder,
        freshness,
        config,
    };
    let exit = match &config.task {
        Task::Batch { explain } => session.batch(*explain),
        Task::One { question, format } => match question {
            Some(question) => session.one(question, format),
            None => session.one(&read_question()?, format),
        },
    }?;
    Ok(freshness.exit(exit))
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
    index: &'a Index,
    encoder: &'a dyn Encoder,
    searcher: Searcher<'a>,
    freshness: Freshness,
    config: &'a QueryConfig,
}

impl Session<'_> {
    /// Prints the answer to one question.
    fn one(&self, question: &str, format: &Format) -> Result<Exit> {
        let answer = self.searcher.search(question, &self.config.search)?;
        self.note_cut("", question);
        // JSON has them itself.
        if !matches!(format, Format::Json { .. }) {
            note_corrections(&answer);
        }
        self.print(&self.reply(question, &answer), format)?;
        if self.is_confident(&answer) {
            return Ok(Exit::Found);
        }
        note_candidates(&answer, self.config.min_confidence);
        Ok(Exit::NothingConfident)
    }

    fn print(&self, reply: &Reply<'_>, format: &Format) -> Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        match *format {
            Format::Json { explain } => output::json::write(&mut out, reply, explain)?,
            Format::Text { explain } => {
                let mut out = AutoStream::auto(io::stdout().lock());
                output::text::write(&mut out, reply, explain)?;
            }
            Format::Paths => output::paths::write(&mut out, reply)?,
            Format::Context { budget } => {
                output::context::write(&mut out, reply, self.encoder, budget)?;
            }
        }
        Ok(out.flush()?)
    }

    /// Answers each line of standard input with a line of JSON, as soon as it is there.
    fn batch(&self, explain: bool) -> Result<Exit> {
        let mut out = BufWriter::new(io::stdout().lock());
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
                message(format_args!(
                    "note: line {number} is not UTF-8, bad bytes are read as U+FFFD"
                ));
            }
            self.note_cut(&format!("line {number}: "), question);
            let answer = self.searcher.search(question, &self.config.search)?;
            output::json::write(&mut out, &self.reply(question, &answer), explain)?;
            out.flush()?;
        }
        Ok(Exit::Found)
    }

    /// What is printed of an answer: nothing of one that is not confident.
    fn reply<'a>(&'a self, question: &'a str, answer: &'a Answer) -> Reply<'a> {
        Reply {
            index: self.index,
            freshness: self.freshness,
            question,
            answer,
            hits: if self.is_confident(answer) {
                &answer.hits
            } else {
                &[]
            },
        }
    }

    fn is_confident(&self, answer: &Answer) -> bool {
        !answer.hits.is_empty() && answer.confidence >= self.config.min_confidence
    }

    /// Says that the model reads only the beginning of a question.
    fn note_cut(&self, place: &str, question: &str) {
        let limit = (self.encoder.model().max_tokens as usize).saturating_sub(2);
        let tokens = self.encoder.count_tokens(question);
        if tokens > limit {
            message(format_args!(
                "note: {place}the question has {tokens} tokens, the model reads the first {limit}"
            ));
        }
    }
}

fn note_corrections(answer: &Answer) {
    for correction in &answer.corrections {
        let (word, read_as) = (&correction.word, &correction.read_as);
        message(format_args!(
            "note: read \"{}\" as \"{}\"",
            printable_line(word),
            printable_line(read_as)
        ));
    }
}

fn note_candidates(answer: &Answer, min_confidence: f32) {
    let candidates: Vec<String> = answer
        .hits
        .iter()
        .take(NAMED_CANDIDATES)
        .map(|hit| {
            format!(
                "{} ({:.2})",
                printable_line(&hit.section.path),
                hit.confidence
            )
        })
        .collect();
    if candidates.is_empty() {
        message("nothing found\nhint: ask with more words");
    } else {
        message(format_args!(
            "nothing confident: best are {}, below {min_confidence:.2}\n\
             hint: ask in the words of the docs, or see them all with --min-confidence 0",
            candidates.join(", ")
        ));
    }
}
