//! `docent audit`: what in the docs keeps their sections from being found.

use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use docent::audit::{self, About, Audit, Baseline, Finding, Readers, Severity, VERSION};
use docent::builder::{Build, BuildOptions};
use docent::corpus::{Config, Corpus};
use docent::encoder::{self, Encoder};
use docent::eval::Target;
use docent::index::{Index, IndexSlot};
use docent::program::is_quiet;
use docent::search::Searcher;
use docent::stale;
use docent::terminal::{printable_json, printable_line};
use serde::Serialize;
use tempfile::TempDir;

use super::exit::Exit;
use super::index_file::IndexArgs;
use super::output::findings;
use super::{fresh, message, note};

/// What `docent audit --help` ends with.
const HELP: &str = "\
Findings:
  broken-link       a link between sections leads to a file or heading that is not there
  guide-problem     the guide names what is not there, or says a thing twice
  colliding-hints   hints of nearly the same words point to different sections
  unanswered        questions of the log (--log) that no section answers
  never-first       a section is not found by its own title, headings and first sentences
  confused          two sections of which one is found instead of the other
  repeated          passages stand nearly word for word in several sections
  overshadowing     a section comes first for questions of many others
  missing-word      a word of readers that the docs do not use
  bare-heading      a heading in many sections that says nothing without its page
  long-line         a line is longer than a passage
  unnamed-section   the guide does not name a section

Query log:
  A line is a question as it was asked; other fields are ignored.

  {\"time\": \"2026-11-30T11:42:00Z\", \"question\": \"rotate a secret\",
   \"verdict\": \"answered|nothing_confident|nothing_found\", \"section\": \"api/secrets.md\"}

Examples:
  docent audit
  docent audit docs --severity warning --strict
  docent audit --format json > audit.json
  docent audit --baseline audit.json --strict";

/// Find what in the docs keeps their sections from being found.
///
/// Asks each section's own words, compares hints, links and passages, and names file, line and remedy of
/// what it finds. Reads an index; of a folder it builds one first, which is not kept.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct AuditArgs {
    /// Documentation folder, if there is no index of it; its docent.toml counts.
    #[arg(value_name = "DOCS", conflicts_with_all = ["index", "fail_stale"])]
    docs: Option<PathBuf>,
    #[command(flatten)]
    index: IndexArgs,
    /// Another model than the bundled one, as given to build-index: a folder or a name.
    #[arg(long)]
    model: Option<String>,
    /// Questions of readers, as `docent eval` takes them.
    #[arg(long, value_name = "FILE.jsonl")]
    questions: Option<PathBuf>,
    /// Log of what readers asked.
    #[arg(long, value_name = "FILE.jsonl")]
    log: Option<PathBuf>,
    /// How the findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write there instead of to standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The least that is shown [default: note].
    #[arg(long, value_enum)]
    severity: Option<Least>,
    /// Exit with 1 if there is a finding of at least a warning, or of what --severity says.
    #[arg(long)]
    strict: bool,
    /// Leave out what this audit found already (written with --format json).
    #[arg(long, value_name = "FILE.json")]
    baseline: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// One object
    Json,
    /// SARIF 2.1.0, for code review and editors; files are named from the working folder
    Sarif,
    /// One page with plots, which needs no network
    Html,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Least {
    Note,
    Warning,
    Error,
}

impl From<Least> for Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Note => Self::Note,
            Least::Warning => Self::Warning,
            Least::Error => Self::Error,
        }
    }
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Output<'a> {
    version: u64,
    about: &'a About,
    audit: &'a Audit,
}

/// Audits, prints what was found, and fails with 1 if that was asked for.
pub fn run(args: &AuditArgs) -> Result<Exit> {
    let baseline = args.baseline.as_deref().map(Baseline::read).transpose()?;
    let readers = readers(args)?;
    let encoder = encoder::open(model(args)?.as_deref())?;
    let opened = Opened::of(args, &*encoder)?;
    let freshness = match &args.docs {
        Some(_) => None,
        None => Some(fresh::check(&opened.index, &args.index)?),
    };
    let about = about(args, &opened.index, &*encoder);
    let index = Arc::new(opened.index);
    let searcher = Searcher::new(index, encoder).map_err(docent::Error::from)?;
    let progress = Progress::new("asking the sections' own words");
    let mut found = audit::audit(&searcher, &readers, &|done, all| progress.show(done, all))?;
    for said in &found.notes {
        note(printable_line(said));
    }
    let least = args.severity.map_or(Severity::Note, Severity::from);
    let is_shown = |finding: &Finding| {
        finding.severity >= least
            && baseline
                .as_ref()
                .is_none_or(|baseline| !baseline.has(finding))
    };
    found.findings.retain(is_shown);
    write(args, &about, &found)?;
    let exit = exit(args, &found);
    Ok(freshness.map_or(exit, |freshness| fresh::exit(&freshness, &args.index, exit)))
}

/// The model that was named, else the one that the documentation folder names.
fn model(args: &AuditArgs) -> Result<Option<String>> {
    match (&args.model, &args.docs) {
        (None, Some(docs)) => Ok(Config::read(docs)?.model),
        (model, _) => Ok(model.clone()),
    }
}

fn readers(args: &AuditArgs) -> Result<Readers> {
    let mut readers = Readers::default();
    if let Some(path) = &args.questions {
        let target = Target::read(path)?;
        target
            .notes
            .iter()
            .for_each(|known| note(printable_line(known)));
        readers.questions = target.questions;
    }
    if let Some(path) = &args.log {
        readers.log = super::read_log(path)?;
    }
    Ok(readers)
}

/// An open index, and the folder that it lies in if it was made for this audit.
struct Opened {
    index: Index,
    _folder: Option<TempDir>,
}

impl Opened {
    fn of(args: &AuditArgs, encoder: &dyn Encoder) -> Result<Self> {
        match &args.docs {
            Some(docs) => Self::build(docs, encoder),
            None => Ok(Self {
                index: Index::open(&args.index.locate()?)?,
                _folder: None,
            }),
        }
    }

    fn build(docs: &Path, encoder: &dyn Encoder) -> Result<Self> {
        let corpus = Corpus::read(docs)?;
        if !corpus.skipped.is_empty() {
            note(format_args!(
                "{} files or folders of the docs are skipped: see build-index",
                corpus.skipped.len()
            ));
        }
        let folder = tempfile::tempdir().context("cannot make a folder for the index")?;
        let path = folder.path().join(super::index_file::INDEX_NAME);
        let slot = IndexSlot::claim(&path)?;
        let progress = Progress::new("building an index");
        let report = |done, all| progress.show(done, all);
        let mut build = Build::new(corpus, encoder, &BuildOptions::default());
        build.place_in(&slot);
        build.report_to(&report);
        build.finish()?.write(slot)?;
        Ok(Self {
            index: Index::open(&path)?,
            _folder: Some(folder),
        })
    }
}

fn about(args: &AuditArgs, index: &Index, encoder: &dyn Encoder) -> About {
    let docs = match &args.docs {
        Some(docs) => vec![docs.clone()],
        None => stale::docs_of(index)
            .into_iter()
            .map(|folder| folder.path)
            .collect(),
    };
    let docs: Vec<String> = docs.iter().map(|docs| docs.display().to_string()).collect();
    About {
        docs: match &docs[..] {
            [] => index.path().display().to_string(),
            docs => docs.join(" and "),
        },
        docent: env!("CARGO_PKG_VERSION").to_owned(),
        model: encoder.model().name.clone(),
        sections: index.num_sections(),
    }
}

fn write(args: &AuditArgs, about: &About, found: &Audit) -> Result<()> {
    let text = match args.format {
        Format::Text => findings::text(found, about),
        Format::Json => json(about, found)?,
        Format::Sarif => {
            let log = audit::sarif(&from_here(found, &about.docs), about);
            serde_json::to_string_pretty(&log)? + "\n"
        }
        Format::Html => audit::html(found, about),
    };
    match &args.output {
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            out.write_all(text.as_bytes())?;
            Ok(out.flush()?)
        }
        Some(path) => std::fs::write(path, text).with_context(|| {
            format!(
                "cannot write {}\nhint: name a folder that exists and that you may write to",
                path.display()
            )
        }),
    }
}

/// The audit with its places named from the working folder, if the docs lie in it: what reads SARIF knows
/// of no other folder.
fn from_here(found: &Audit, docs: &str) -> Audit {
    let mut found = found.clone();
    let docs = Path::new(docs);
    let is_below =
        docs.is_relative() && !docs.components().any(|part| part == Component::ParentDir);
    if is_below && docs.is_dir() {
        for finding in &mut found.findings {
            for place in std::iter::once(&mut finding.place).chain(&mut finding.related) {
                place.file = docs.join(&place.file).display().to_string();
            }
        }
    }
    found
}

fn json(about: &About, audit: &Audit) -> Result<String> {
    let output = Output {
        version: VERSION,
        about,
        audit,
    };
    let text = serde_json::to_string_pretty(&output)? + "\n";
    // Line by line, since line breaks between JSON's tokens are meant.
    let lines: Vec<_> = text.split('\n').map(printable_json).collect();
    Ok(lines.join("\n"))
}

fn exit(args: &AuditArgs, found: &Audit) -> Exit {
    let least = args.severity.map_or(Severity::Warning, Severity::from);
    let is_failure = |finding: &Finding| finding.severity >= least;
    match args.strict && found.findings.iter().any(is_failure) {
        true => Exit::NothingConfident,
        false => Exit::Found,
    }
}

/// How far a long task is: a line on stderr that is written over on a terminal, in quarters elsewhere.
struct Progress {
    task: &'static str,
    is_terminal: bool,
    shown: AtomicUsize,
}

impl Progress {
    fn new(task: &'static str) -> Self {
        Self {
            task,
            is_terminal: std::io::stderr().is_terminal(),
            shown: AtomicUsize::new(0),
        }
    }

    fn show(&self, done: usize, all: usize) {
        let steps = if self.is_terminal { 100 } else { 4 };
        let step = done * steps / all.max(1);
        if self.shown.fetch_max(step, Ordering::Relaxed) >= step {
            return;
        }
        let percent = step * 100 / steps;
        let line = format!("{}: {percent} % of {all}", self.task);
        match (self.is_terminal, done == all) {
            _ if is_quiet() => {}
            (false, _) => message(line),
            (true, false) => {
                let _ = write!(std::io::stderr(), "\r{line}");
            }
            (true, true) => {
                let _ = write!(std::io::stderr(), "\r{}\r", " ".repeat(line.len()));
            }
        }
    }
}
