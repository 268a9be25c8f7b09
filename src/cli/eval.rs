//! `docent eval`: how well questions find their sections.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use docent::builder::BuildOptions;
use docent::corpus::{Config, Corpus};
use docent::encoder::{self, Encoder};
use docent::eval::baseline::{self, Drop};
use docent::eval::{
    EvalError, IndexCache, Report, System, Target, TargetRun, report, run as run_target, summarize,
};
use docent::index::Index;
use docent::search::Searcher;
use docent::terminal::{printable_json, printable_line, printable_text};

use super::exit::Exit;
use super::{complain, message};

/// What `docent eval --help` ends with.
const HELP: &str = "\
Question files:
  A line is a question with the sections that it should find, by grade: 2 answers it, 1 helps.
  None of them ({}) means that the docs have no answer. Kind and heading may be left out.

  {\"id\": \"q1\", \"question\": \"rotate a secret\", \"kind\": \"howto\", \"relevant\": {\"api/secrets.md\": 2},
   \"heading\": \"Rotate\", \"heading_file\": \"api/secrets.md\"}

Measures:
  success@k     part of the questions with an answer among the first k sections
  recall@4      part of a question's answers that are among the first 4 sections
  MRR           mean of 1 / rank of the first answer
  nDCG@10       order of the first 10 sections by grade, 1 at best
  heading acc.  part of the questions whose best passage lies under the given heading
  macro-average mean over the targets, each counting the same
  calibration   expected calibration error: how far confidence is from how often the first section
                answers, in ten bins; the page of --report draws it
  AUROC         how well confidence tells questions with an answer from those without: 0.5 is
                chance; withheld: from the same questions, asked without the relevant sections
  refused       part of the questions that get no section at the default --min-confidence

Examples:
  docent eval questions.jsonl --docs docs --misses
  docent eval questions.jsonl --docs docs --ablate --report report.html
  docent eval questions.jsonl --docs docs --format json > baseline.json
  docent eval questions.jsonl --docs docs --baseline baseline.json --max-drop 0.02";

/// Measure how well judged questions find their sections.
///
/// A target is a question file, with the documentation that it is about (--docs or --index), or a
/// BEIR folder, which is indexed on the fly.
#[derive(Debug, Args)]
#[command(after_long_help = HELP)]
pub struct EvalArgs {
    /// Question files (JSON lines) and BEIR folders (corpus.jsonl, queries.jsonl, qrels.tsv).
    #[arg(required = true, value_name = "TARGET")]
    targets: Vec<PathBuf>,
    /// Index that the question files are about; once, or once for each file in order.
    #[arg(long, value_name = "FILE", conflicts_with = "docs")]
    index: Vec<PathBuf>,
    /// Documentation folder that the question files are about, whose docent.toml counts; once, or once
    /// for each file in order.
    #[arg(long, value_name = "DIR")]
    docs: Vec<PathBuf>,
    /// Embedding model, if not the built-in one; once, or once for each target in order, so that each
    /// can be judged with a model that was not trained on it.
    #[arg(long)]
    model: Vec<String>,
    /// Where built indexes are kept [default: the platform's cache folder].
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Compare with simpler systems and with parts switched off.
    #[arg(long)]
    ablate: bool,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Write the rankings as a TREC run file; for one target.
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
    /// Write every candidate's scores by arm, a line of JSON for each question.
    #[arg(long, value_name = "FILE.jsonl")]
    scores: Option<PathBuf>,
    /// List each question whose first section does not answer, and what came instead.
    #[arg(long)]
    misses: bool,
    /// Write a page with plots that opens without a network.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Fail if quality fell since this report (written with --format json).
    #[arg(long, value_name = "FILE.json")]
    baseline: Option<PathBuf>,
    /// By how much a figure may be worse than in the baseline.
    #[arg(long, value_name = "X", default_value_t = 0.0, requires = "baseline", value_parser = drop_limit)]
    max_drop: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

fn drop_limit(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(limit) if (0.0..=1.0).contains(&limit) => Ok(limit),
        _ => Err("not a number from 0 to 1".to_owned()),
    }
}

/// Evaluates, reports, and fails with 1 if quality fell below the baseline.
pub fn run(args: EvalArgs) -> anyhow::Result<Exit> {
    let targets = read_targets(&args)?;
    let baseline = args.baseline.as_deref().map(baseline::read).transpose()?;
    let encoders = open_encoders(&models(&args, &targets)?)?;
    let runs = run_all(&args, &targets, &encoders)?;
    let mut report = summarize(&runs, &model_names(&encoders));

    // The page has the misses in any case.
    let page = args
        .report
        .as_ref()
        .map(|path| (path, report::html(&report, &runs)));
    if !args.misses {
        report
            .targets
            .iter_mut()
            .for_each(|target| target.misses.clear());
    }
    // Before the files, one of which may be impossible to write: the figures took long to make.
    print(&report, &args)?;
    if let Some(path) = &args.run {
        write_file(path, |out| report::write_run(&runs[0].questions, out))?;
    }
    if let Some(path) = &args.scores {
        write_file(path, |out| report::write_scores(&runs, out))?;
    }
    if let Some((path, page)) = page {
        write_file(path, |out| out.write_all(page.as_bytes()))?;
    }
    match baseline {
        Some(before) => compare(&before, &report, args.max_drop),
        None => Ok(Exit::Found),
    }
}

fn read_targets(args: &EvalArgs) -> anyhow::Result<Vec<Target>> {
    if args.run.is_some() && args.targets.len() > 1 {
        bail!("--run writes the rankings of one target\nhint: evaluate the targets one by one");
    }
    let mut targets = Vec::new();
    for path in &args.targets {
        let mut target = Target::read(path)?;
        if targets
            .iter()
            .any(|other: &Target| other.name == target.name)
        {
            target.name = path.display().to_string();
        }
        targets.push(target);
    }
    let question_files = targets.iter().filter(|t| t.documents.is_none()).count();
    let sources = args.index.len() + args.docs.len();
    match (question_files, sources) {
        (0, 0) => {}
        (0, _) => bail!(
            "no question file for --docs or --index\nhint: BEIR folders bring their own documents"
        ),
        (_, 0) => bail!(
            "no documentation for the question files\nhint: name it with --docs DIR or --index FILE"
        ),
        (files, sources) if sources != 1 && sources != files => bail!(
            "{files} question files but {sources} indexes or documentation folders\n\
             hint: name one for all files, or one for each in order"
        ),
        _ => {}
    }
    Ok(targets)
}

/// The model of each target, in their order: what was named, else what its documentation folder names;
/// `None` for the bundled one.
fn models(args: &EvalArgs, targets: &[Target]) -> anyhow::Result<Vec<Option<String>>> {
    let named = &args.model;
    if named.len() > 1 && named.len() != targets.len() {
        bail!(
            "{} targets but {} models\nhint: name one for all targets, or one for each in order",
            targets.len(),
            named.len()
        );
    }
    let mut question_files = 0;
    let mut models = Vec::with_capacity(targets.len());
    for (number, target) in targets.iter().enumerate() {
        let docs = match target.documents {
            Some(_) => None,
            None => {
                question_files += 1;
                pick(&args.docs, question_files - 1)
            }
        };
        models.push(match (pick(named, number), docs) {
            (None, Some(docs)) => Config::read(docs)?.model,
            (model, _) => model.cloned(),
        });
    }
    Ok(models)
}

/// That of number `i` in order, or the one that holds for all.
fn pick<T>(given: &[T], i: usize) -> Option<&T> {
    given.get(i).or(given.first())
}

/// The encoder of each model; one that is named more than once is opened once.
fn open_encoders(models: &[Option<String>]) -> anyhow::Result<Vec<Arc<dyn Encoder>>> {
    let mut opened: BTreeMap<Option<&str>, Arc<dyn Encoder>> = BTreeMap::new();
    let mut encoders = Vec::with_capacity(models.len());
    for model in models {
        let model = model.as_deref();
        let encoder = match opened.get(&model) {
            Some(encoder) => Arc::clone(encoder),
            None => encoder::open(model)?,
        };
        opened.insert(model, Arc::clone(&encoder));
        encoders.push(encoder);
    }
    Ok(encoders)
}

/// The different models' names, in the order of the targets.
fn model_names(encoders: &[Arc<dyn Encoder>]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for encoder in encoders {
        let name = &encoder.model().name;
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.join(", ")
}

fn run_all(
    args: &EvalArgs,
    targets: &[Target],
    encoders: &[Arc<dyn Encoder>],
) -> anyhow::Result<Vec<TargetRun>> {
    let cache = IndexCache::new(match &args.cache {
        Some(folder) => folder.clone(),
        None => default_cache(),
    })?;
    let ablations: &[System] = if args.ablate { &System::ABLATIONS } else { &[] };
    let mut question_files = 0;
    let mut runs = Vec::new();
    for (target, encoder) in targets.iter().zip(encoders) {
        let index = match &target.documents {
            Some(documents) => cached(&cache, documents, &**encoder, &target.name)?,
            None => {
                question_files += 1;
                documentation(args, question_files - 1, &cache, &**encoder, &target.name)?
            }
        };
        let searcher = Searcher::new(Arc::new(index), Arc::clone(encoder));
        let searcher = searcher.map_err(docent::Error::from)?;
        runs.push(run_target(target, &searcher, ablations)?);
    }
    Ok(runs)
}

/// The index that question file number `i` is about.
fn documentation(
    args: &EvalArgs,
    i: usize,
    cache: &IndexCache,
    encoder: &dyn Encoder,
    name: &str,
) -> anyhow::Result<Index> {
    match (pick(&args.index, i), pick(&args.docs, i)) {
        (Some(index), _) => Ok(Index::open(index)?),
        (_, Some(docs)) => cached(cache, &Corpus::read(docs)?, encoder, name),
        _ => bail!("no documentation for {name}\nhint: name it with --docs DIR or --index FILE"),
    }
}

fn cached(
    cache: &IndexCache,
    corpus: &Corpus,
    encoder: &dyn Encoder,
    name: &str,
) -> anyhow::Result<Index> {
    let options = BuildOptions::default();
    let path = cache.path(corpus, encoder, &options);
    let state = if path.exists() {
        "index"
    } else {
        "building index"
    };
    let line = format!("{name}: {state} {}", path.display());
    message(printable_line(&line));
    Ok(cache.index(corpus, encoder, &options)?)
}

fn default_cache() -> PathBuf {
    let folder = dirs::cache_dir().unwrap_or_else(std::env::temp_dir);
    folder.join("docent").join("eval")
}

fn print(report: &Report, args: &EvalArgs) -> anyhow::Result<()> {
    let text = match args.format {
        Format::Text if args.misses => report::text(report) + &report::misses(report),
        Format::Text => report::text(report),
        Format::Json => serde_json::to_string_pretty(report)? + "\n",
    };
    let text = match args.format {
        Format::Text => printable_text(&text).into_owned(),
        // Line by line, since line breaks between JSON's tokens are meant.
        Format::Json => text
            .split('\n')
            .map(printable_json)
            .collect::<Vec<_>>()
            .join("\n"),
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => result.context("cannot write to standard output"),
    }
}

fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> anyhow::Result<()> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()
    });
    Ok(written.map_err(|source| EvalError::Write {
        path: path.to_owned(),
        source,
    })?)
}

fn compare(before: &Report, now: &Report, max_drop: f64) -> anyhow::Result<Exit> {
    let drops = baseline::drops(before, now, max_drop)?;
    for drop in &drops {
        let Drop {
            target,
            measure,
            before,
            now,
        } = drop;
        let now = now.map_or("not measured".to_owned(), |value| format!("{value:.4}"));
        complain(format_args!(
            "{}: {} was {before:.4}, is {now}",
            printable_line(target),
            measure.name()
        ));
    }
    if drops.is_empty() {
        return Ok(Exit::Found);
    }
    complain("hint: find the questions with --misses, or write a new baseline if this is meant");
    Ok(Exit::NothingConfident)
}
