//! `docent diff`: what a change of the docs made of the answers.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use docent::encoder;
use docent::eval::diff::{self, Diff, QuestionSet};
use docent::index::Index;
use docent::search::Searcher;

use super::complain;
use super::exit::Exit;

/// What `docent diff --help` ends with.
const HELP: &str = "\
Questions:
  A question file is as `docent eval --help` shows it: a line of JSON for each question, with the
  sections that answer it. Without a file the questions of NEW's guide are asked (`docent questions`),
  without the hints that a question repeats: its own would answer it.
  A relevant section that an index lacks counts as not found there, and is named.

What becomes of a question:
  lost    a relevant section fell from the first place or out of the first three, or a question
          with an answer is refused now (one without: answered), whatever was won besides
  won     the reverse of one of these, and nothing was lost
  moved   an answer has another first section, or the best relevant section another rank

Measures:
  Those of `docent eval`, over all questions together. A difference is of the same questions, with
  its 95 % bootstrap interval and the p of a paired randomization test, not corrected for the number
  of measures. Where fewer than six questions differ, it is never beyond chance.

JSON:
  One object on one line. Its `version` is raised when a key goes or changes its meaning.
  version, model, threshold, notes
  before, after      of the indexes: index, sections, chunks
  sources            name, questions
  counts             lost, won, moved, same
  measures           measure, questions, before, after, difference, low, high, p
  questions          source, id, question, relevant, change, won, lost; before and after: first,
                     rank, refused, confidence, missing
  sections           only_before, only_after, renamed (the same text elsewhere), changed, same
  missing            relevant sections that are not there before, after

Examples:
  docent diff old.idx new.idx questions.jsonl
  docent diff old.idx new.idx --format markdown >> \"$GITHUB_STEP_SUMMARY\"
  docent diff old.idx new.idx questions.jsonl --fail-on lost

Exit codes are those of `docent --help`: 1 if what --fail-on names has happened, 6 if the indexes
are of different models.";

/// Say what a change of the docs made of the answers.
///
/// Asks the same questions of an index of the docs before the change and of one after it, and says
/// which were lost, won and moved. Build both with the same model.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct DiffArgs {
    /// Index of the docs before the change.
    #[arg(value_name = "OLD.idx")]
    old: PathBuf,
    /// Index of the docs after the change.
    #[arg(value_name = "NEW.idx")]
    new: PathBuf,
    /// Question files (JSON lines) [default: the questions of NEW's guide].
    #[arg(value_name = "QUESTIONS.jsonl")]
    questions: Vec<PathBuf>,
    /// Another model than the bundled one, as given to build-index: a folder or a name.
    #[arg(long)]
    model: Option<String>,
    /// How the diff is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Exit with 1, after the output, if this has happened; repeat for either.
    #[arg(long, value_enum, value_name = "WHAT")]
    fail_on: Vec<FailOn>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
    /// For a comment on a pull request, or the summary of a job
    Markdown,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FailOn {
    /// A question was lost
    Lost,
    /// A measure is worse, and chance is an unlikely reason (p < 0.05)
    Significant,
}

/// Compares, prints, and fails with 1 if what was not to happen has happened.
pub fn run(args: &DiffArgs) -> Result<Exit> {
    let [before, after] = [Index::open(&args.old)?, Index::open(&args.new)?];
    // Before the model is opened, which can be that of one index only.
    diff::check_models(&before, &after)?;
    let sets = questions(args, &after)?;
    let encoder = encoder::open(args.model.as_deref())?;
    let before = Searcher::new(Arc::new(before), Arc::clone(&encoder))?;
    let after = Searcher::new(Arc::new(after), encoder)?;
    let diff = diff::compare(&before, &after, &sets)?;
    print(&diff, args.format)?;
    Ok(judge(&diff, &args.fail_on))
}

fn questions(args: &DiffArgs, after: &Index) -> Result<Vec<QuestionSet>> {
    if args.questions.is_empty() {
        return Ok(vec![QuestionSet::of_guide(after)?]);
    }
    let files = args.questions.iter();
    let sets = files.map(|path| QuestionSet::read(path));
    Ok(sets.collect::<Result<_, _>>()?)
}

fn print(diff: &Diff, format: Format) -> Result<()> {
    let text = match format {
        Format::Text => diff::text(diff),
        Format::Json => diff.to_json()? + "\n",
        Format::Markdown => diff::markdown(diff),
    };
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .context("cannot write to standard output")
}

/// Says which of `fail_on` has happened.
fn judge(diff: &Diff, fail_on: &[FailOn]) -> Exit {
    let mut exit = Exit::Found;
    for what in fail_on {
        let failure = match what {
            FailOn::Lost => lost(diff),
            FailOn::Significant => significantly_worse(diff),
        };
        if let Some(failure) = failure {
            complain(failure);
            exit = Exit::NothingConfident;
        }
    }
    exit
}

fn lost(diff: &Diff) -> Option<String> {
    match diff.counts.lost {
        0 => None,
        1 => Some("failed: 1 question was lost".to_owned()),
        lost => Some(format!("failed: {lost} questions were lost")),
    }
}

fn significantly_worse(diff: &Diff) -> Option<String> {
    let worse = diff.significantly_worse();
    let names: Vec<&str> = worse.map(|diff| diff.measure.name()).collect();
    (!names.is_empty()).then(|| format!("failed: worse beyond chance: {}", names.join("; ")))
}
