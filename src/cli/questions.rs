//! `docent questions`: questions that the docs answer, written, reviewed, checked.

use std::fs;
use std::io::{self, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use docent::corpus::{KnownQuestion, merge_questions};
use docent::encoder;
use docent::index::Index;
use docent::program::at_least_one;
use docent::query_log::QueryLog;
use docent::questions::{self, Checked, Objection, TodoOptions, Worth};
use docent::search::Searcher;
use docent::stale::Freshness;
use docent::terminal::printable_line;

use super::exit::{CliError, Exit};
use super::index_file::IndexArgs;
use super::replace::replace;
use super::{fresh, message, note};

/// The file that `add` writes.
const FILE_NAME: &str = "QUESTIONS.md";

const RECIPE: &str = "\
Ten minutes with an agent, in the folder of the index:
  docent questions todo > todo.md     a prompt: sections, and what to write of them
  (give todo.md to the agent, save what it prints as new.jsonl)
  docent questions add new.jsonl      reviews it, adds what is good to QUESTIONS.md in the docs
  build-index DOCS --update           and again, until todo prints nothing
  docent questions check              what each question is worth";

/// Questions that the docs answer, in QUESTIONS.md beside them: write, add, check
#[derive(Args)]
#[command(after_help = RECIPE)]
pub struct QuestionsArgs {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Print what an agent or a person needs to write questions for the sections that have fewest
    Todo {
        #[command(flatten)]
        common: Common,
        /// Most tokens to print
        #[arg(long, value_name = "TOKENS", default_value = "12000", value_parser = at_least_one)]
        budget: NonZeroUsize,
        /// Questions that a section should have
        #[arg(long, value_name = "N", default_value = "8", value_parser = at_least_one)]
        wanted: NonZeroUsize,
        /// Log of what readers asked, as `docent audit --help` shows it: each section says what readers asked who
        /// were led to it, or had no answer and are nearest to it, and in which words
        #[arg(long, value_name = "FILE.jsonl")]
        log: Option<PathBuf>,
    },
    /// Review new questions and add the good ones to QUESTIONS.md in the documentation folder
    ///
    /// FILE has lines of JSON, {"question": TEXT, "sections": [PATH]}, or a table as QUESTIONS.md has; other
    /// text in it is passed over. Left out, and told: questions that are there already, that name no section of
    /// the index, and that another section answers clearly better.
    Add {
        /// The new questions, `-` for standard input
        file: PathBuf,
        #[command(flatten)]
        common: Common,
        /// Add also those that another section answers better
        #[arg(long)]
        keep_rivals: bool,
        /// Say what would be added, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Ask each question without its own entry: which do the docs answer anyway, which by the entry alone,
    /// which not at all; --json says of each what comes first instead
    ///
    /// Exits with 1 if another section comes first for one of them in spite of its entry.
    Check {
        #[command(flatten)]
        common: Common,
        /// Print one JSON object a question
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Common {
    #[command(flatten)]
    index: IndexArgs,
    /// Another model than the bundled one, as given to build-index: a folder or a name
    #[arg(long)]
    model: Option<String>,
}

/// Does what the arguments say.
pub fn run(args: &QuestionsArgs) -> Result<Exit> {
    match &args.command {
        Task::Todo {
            common,
            budget,
            wanted,
            log,
        } => {
            let log = log.as_deref().map(super::read_log).transpose()?;
            let options = TodoOptions {
                budget: budget.get(),
                wanted: wanted.get(),
            };
            common.run(|session| session.todo(&options, &log.unwrap_or_default()))
        }
        Task::Add {
            file,
            common,
            keep_rivals,
            dry_run,
        } => common.run(|session| session.add(file, *keep_rivals, *dry_run)),
        Task::Check { common, json } => common.run(|session| session.check(*json)),
    }
}

impl Common {
    /// Opens index and model, and has `task` done.
    fn run(&self, task: impl FnOnce(&Session) -> Result<Exit>) -> Result<Exit> {
        let index = Arc::new(Index::open(&self.index.locate()?)?);
        let encoder = encoder::open(self.model.as_deref())?;
        let freshness = fresh::check(&index, &self.index)?;
        let session = Session {
            searcher: Searcher::new(index, encoder)?,
            freshness,
        };
        let exit = task(&session)?;
        Ok(fresh::exit(&session.freshness, &self.index, exit))
    }
}

/// An open index and model.
struct Session {
    searcher: Searcher,
    freshness: Freshness,
}

impl Session {
    fn todo(&self, options: &TodoOptions, log: &QueryLog) -> Result<Exit> {
        let todo = questions::todo(&self.searcher, options, log)?;
        io::stdout().write_all(todo.prompt.as_bytes())?;
        let wanted = options.wanted;
        match todo.sections {
            0 => note(format_args!("every section has {wanted} questions or more")),
            here => note(format_args!(
                "{here} sections here, {} more with fewer than {wanted} questions",
                todo.left
            )),
        }
        Ok(Exit::Found)
    }

    fn add(&self, file: &Path, keep_rivals: bool, dry_run: bool) -> Result<Exit> {
        let (name, text) = read(file)?;
        let mut proposed = Vec::new();
        let mut problems = 0;
        for line in questions::read_proposal(&name, &text) {
            match line {
                Ok(known) => proposed.push(known),
                Err(problem) => {
                    problems += 1;
                    told(&name, problem.line, &problem.message);
                }
            }
        }
        let review = questions::review(&self.searcher, proposed, keep_rivals)?;
        for (known, objection) in &review.bad {
            let text = format!("\"{}\": {objection}", known.question);
            told(&name, known.source.line, &text);
        }
        let is_rival = |(_, objection): &(_, Objection)| matches!(objection, Objection::Rival(_));
        if review.bad.iter().any(is_rival) {
            message(
                "hint: name that section, too, ask more exactly, or add it all the same with --keep-rivals",
            );
        }
        let left_out = problems + review.bad.len();
        let mut out = io::stdout().lock();
        if review.good.is_empty() {
            writeln!(out, "nothing to add, {left_out} left out")?;
        } else if dry_run {
            writeln!(out, "would add {}, {left_out} left out", review.good.len())?;
        } else {
            let path = self.write(&review.good)?;
            let shown = path.display().to_string();
            let shown = printable_line(&shown);
            writeln!(
                out,
                "{shown}: {} added, {left_out} left out",
                review.good.len()
            )?;
        }
        Ok(Exit::Found)
    }

    /// Adds `questions` to the file in the documentation folder.
    fn write(&self, questions: &[KnownQuestion]) -> Result<PathBuf> {
        let mut folders = self.freshness.existing_docs();
        let path = match (folders.next(), folders.next()) {
            (Some(folder), None) => folder.path.join(FILE_NAME),
            (None, _) => return Err(CliError::NoDocs.into()),
            (Some(_), Some(_)) => return Err(CliError::SeveralDocs.into()),
        };
        let shown = || format!("cannot add questions to {}", path.display());
        let text = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            text => text.with_context(shown)?,
        };
        let merged = merge_questions(&text, questions).with_context(shown)?;
        replace(&path, merged.as_bytes()).with_context(shown)?;
        Ok(path)
    }

    fn check(&self, json: bool) -> Result<Exit> {
        let checked = questions::check(&self.searcher)?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        if checked.is_empty() {
            message("the index has no questions\nhint: docent questions todo");
        }
        if json {
            for checked in &checked {
                writeln!(out, "{}", serde_json::to_string(checked)?)?;
            }
        } else {
            print_checked(&mut out, &checked)?;
        }
        out.flush()?;
        let is_lost = |checked: &Checked| checked.worth == Worth::NotFound;
        Ok(match checked.iter().any(is_lost) {
            true => Exit::NothingConfident,
            false => Exit::Found,
        })
    }
}

/// Says something of a line of the proposal.
fn told(name: &str, line: u32, text: &str) {
    let text = format!("{name}:{line}: {text}");
    message(printable_line(&text));
}

/// Name and text of a file, or of standard input.
fn read(file: &Path) -> Result<(String, String)> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .map_err(CliError::Input)?;
        return Ok(("-".to_owned(), text));
    }
    let name = file.display().to_string();
    let text = fs::read_to_string(file);
    Ok((
        name,
        text.with_context(|| format!("cannot read {}", file.display()))?,
    ))
}

/// What is lost, line by line, then how many are worth what.
fn print_checked(out: &mut impl Write, checked: &[Checked]) -> Result<()> {
    for checked in checked {
        let (known, rival) = (&checked.known, &checked.rival);
        let source = &known.source;
        if let (Worth::NotFound, Some(rival)) = (checked.worth, rival) {
            let line = format!(
                "{}:{}: \"{}\" is for {}, and {} comes first",
                source.file,
                source.line,
                known.question,
                known.targets.join(", "),
                rival.path
            );
            writeln!(out, "{}", printable_line(&line))?;
        }
    }
    for (worth, words) in [
        (Worth::AnsweredAnyway, "come first without their own entry"),
        (Worth::ByItsEntry, "come first by their own entry alone"),
        (Worth::NotFound, "do not come first"),
    ] {
        let count = checked
            .iter()
            .filter(|checked| checked.worth == worth)
            .count();
        writeln!(out, "{count:6} of {} {words}", checked.len())?;
    }
    Ok(())
}
