//! Arguments: as the user writes them, and as the commands get them, validated.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use docent::answer::context;
#[cfg(feature = "milvus")]
use docent::milvus::StoreUrl;
use docent::program::{self, GlobalArgs, LONG_VERSION, at_least_one};
use docent::search::{HintUse, SearchOptions};

use super::advice;
use super::agents::AgentsArgs;
use super::audit::AuditArgs;
use super::diff::DiffArgs;
use super::eval::EvalArgs;
use super::exit::exit_codes;
use super::index_file::{IndexArgs, ScopeArgs};
use super::list::ListArgs;
use super::manual::{CompletionsArgs, ManArgs};
use super::mcp::McpArgs;
use super::questions::QuestionsArgs;
use super::serve::ServeArgs;

/// What to do.
pub enum Command {
    /// Answer questions.
    Query(QueryConfig),
    /// Print a section.
    Show(ShowConfig),
    /// List sections.
    List(ListArgs),
    /// Describe an index.
    Info(InfoConfig),
    /// Measure how well judged questions find their sections.
    Eval(EvalArgs),
    /// Find what in the docs keeps sections from being found.
    Audit(AuditArgs),
    /// Write, review and check known questions.
    Questions(QuestionsArgs),
    /// Say what a change of the docs made of answers.
    Diff(DiffArgs),
    /// Serve the docs to an agent.
    Mcp(McpArgs),
    /// Answer over HTTP.
    Serve(ServeArgs),
    /// Put docent into the configuration of agents' programs.
    Agents(AgentsArgs),
    /// Print what makes a shell complete arguments.
    Completions(CompletionsArgs),
    /// Print or write man pages.
    Man(ManArgs),
    /// Print the version.
    Version,
}

/// How questions are answered.
pub struct QueryConfig {
    /// What is answered.
    pub task: Task,
    /// How answers are printed.
    pub format: Format,
    /// Which index is asked.
    pub index: IndexArgs,
    /// Which store is asked instead of an index.
    #[cfg(feature = "milvus")]
    pub store: Option<StoreUrl>,
    /// The model, if not the bundled one.
    pub model: Option<String>,
    /// How the index is searched.
    pub search: SearchOptions,
    /// Which sections an answer may name.
    pub scope: ScopeArgs,
    /// Where questions are kept, if anywhere.
    pub log: Option<PathBuf>,
}

/// What is answered.
pub enum Task {
    /// A question.
    One(String),
    /// All of standard input, as one question.
    Input,
    /// Each line of standard input.
    Batch,
}

/// How an answer is printed.
pub enum Format {
    /// For people; with every score component if `explain`.
    Text {
        /// Whether scores are explained.
        explain: bool,
    },
    /// One JSON object; with every score component if `explain`.
    Json {
        /// Whether scores are explained.
        explain: bool,
    },
    /// The sections' paths, one a line.
    Paths {
        /// Whether they end with a NUL byte instead, and are printed as they are.
        null: bool,
    },
    /// The sections' text for a language model.
    Context {
        /// Most tokens of all that is printed.
        budget: usize,
    },
}

/// Which section is printed.
pub struct ShowConfig {
    /// Path of the section, maybe with lines of it.
    pub section: String,
    /// Which index has it.
    pub index: IndexArgs,
}

/// What is said of an index.
pub struct InfoConfig {
    /// Which index.
    pub index: IndexArgs,
    /// Whether every byte of it is checked.
    pub verify: bool,
    /// Whether the output is JSON.
    pub json: bool,
}

/// Parses and validates the program's arguments, its name among them; on a usage error, `--help` or `--version` it
/// prints what there is to say and exits.
pub fn parse(words: &[OsString]) -> Command {
    program::set_color(words);
    let cli = Cli::try_parse_from(advice::globals_behind_command(words));
    let cli = cli.unwrap_or_else(|error| advice::exit(&error, words));
    cli.global.apply();
    match cli.command {
        None => cli.query.validate_bare().map(Command::Query),
        Some(RawCommand::Query(args)) => args.validate().map(Command::Query),
        Some(RawCommand::Show(args)) => Ok(Command::Show(ShowConfig {
            section: args.section,
            index: args.index,
        })),
        Some(RawCommand::List(args)) => Ok(Command::List(args)),
        Some(RawCommand::Info(args)) => Ok(Command::Info(InfoConfig {
            index: args.index,
            verify: args.verify,
            json: args.json,
        })),
        Some(RawCommand::Eval(args)) => Ok(Command::Eval(args)),
        Some(RawCommand::Audit(args)) => Ok(Command::Audit(args)),
        Some(RawCommand::Questions(args)) => Ok(Command::Questions(args)),
        Some(RawCommand::Diff(args)) => Ok(Command::Diff(args)),
        Some(RawCommand::Mcp(args)) => Ok(Command::Mcp(args)),
        Some(RawCommand::Serve(args)) => Ok(Command::Serve(args)),
        Some(RawCommand::Agents(args)) => Ok(Command::Agents(args)),
        Some(RawCommand::Completions(args)) => Ok(Command::Completions(args)),
        Some(RawCommand::Man(args)) => Ok(Command::Man(args)),
        Some(RawCommand::Version) => Ok(Command::Version),
    }
    .unwrap_or_else(|(kind, problem)| definition().error(kind, problem).exit())
}

/// The command line as it is defined.
pub fn definition() -> clap::Command {
    Cli::command()
}

/// Whether `word` is the name of a command.
pub fn is_command(word: &str) -> bool {
    command_names().iter().any(|name| name == word)
}

/// The names of all commands.
pub fn command_names() -> Vec<String> {
    let definition = definition();
    let commands = definition.get_subcommands().map(clap::Command::get_name);
    // clap's own is not there before the command line is built.
    commands.chain(["help"]).map(str::to_owned).collect()
}

/// Which section of these docs do I need?
///
/// Asks an index that build-index made of a documentation folder, and prints the sections that
/// answer the question, best first.
#[derive(Parser)]
#[command(
    name = "docent",
    version,
    long_version = LONG_VERSION,
    after_help = HELP,
    arg_required_else_help = true,
    args_conflicts_with_subcommands = true,
    override_usage = "docent [OPTIONS] QUESTION...\n       docent COMMAND [OPTIONS] ..."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<RawCommand>,
    #[command(flatten)]
    query: QueryArgs,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Subcommand)]
enum RawCommand {
    /// Answer a question (what `docent QUESTION` does)
    #[command(after_help = HELP)]
    Query(QueryArgs),
    /// Print the text of a section or of some of its lines, as far as the index holds it
    Show(ShowArgs),
    List(ListArgs),
    /// Say what an index holds and how it was built
    Info(InfoArgs),
    // Without words of their own, so that those of their arguments are shown.
    Eval(EvalArgs),
    Audit(AuditArgs),
    Questions(QuestionsArgs),
    Diff(DiffArgs),
    Mcp(McpArgs),
    Serve(ServeArgs),
    Agents(AgentsArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
    /// Print version, commit and target
    Version,
}

#[derive(Args)]
struct QueryArgs {
    /// The question; several words are joined, `-` reads it from standard input, `--` goes before
    /// one that begins with `-`
    #[arg(value_name = "QUESTION")]
    question: Vec<String>,
    #[command(flatten)]
    index: IndexArgs,
    /// Ask the docs that build-index has put there instead of an index: milvus://HOST:PORT/DATABASE/COLLECTION
    #[cfg(feature = "milvus")]
    #[arg(long, value_name = "URL", conflicts_with_all = ["index", "fail_stale"])]
    store: Option<StoreUrl>,
    /// Most sections to give [default: 4, or 8 with --format context]
    #[arg(short, value_name = "N", value_parser = at_least_one)]
    k: Option<NonZeroUsize>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Another model than the bundled one, as given to build-index: a folder or a name
    #[arg(long)]
    model: Option<String>,
    /// How to print the answer: text, or json with --batch, if not given
    #[arg(long, value_enum)]
    format: Option<FormatName>,
    /// Most tokens to print with --format context, 100 or more [default: 1500]
    #[arg(long, value_name = "TOKENS", value_parser = budget)]
    budget: Option<usize>,
    /// With --format paths: end each with a NUL byte instead of a line break, for `xargs -0`
    #[arg(short = '0', long, conflicts_with = "batch")]
    null: bool,
    /// Give every score component of every hit
    #[arg(long)]
    explain: bool,
    /// Ignore the hints of the docs' own guide
    #[arg(long, alias = "no-guidelines")]
    no_hints: bool,
    /// Compare with every vector instead of searching the graph
    #[arg(long)]
    exact: bool,
    /// Confidence below which there is no answer, 0 to 1 [default: the model's, 0.29 of the bundled
    /// one]
    #[arg(long, value_name = "P", value_parser = probability)]
    min_confidence: Option<f32>,
    /// Answer every line of standard input, in any format; exits 0 whatever the confidence
    #[arg(long, conflicts_with = "question")]
    batch: bool,
    /// Add every question with its verdict to this file, a line of JSON each: `docent audit --log` reads it
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

#[derive(Args)]
#[command(after_help = SHOW_HELP)]
struct ShowArgs {
    /// Path of the section, as answers give it; `PATH:A-B` or `PATH:A` for these lines only, `PATH#HEADING` for what
    /// stands under a heading
    section: String,
    #[command(flatten)]
    index: IndexArgs,
}

#[derive(Args)]
#[command(after_help = INFO_HELP)]
struct InfoArgs {
    #[command(flatten)]
    index: IndexArgs,
    /// Check every checksum, offset and id of the file
    #[arg(long)]
    verify: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatName {
    /// For people
    Text,
    /// One object
    Json,
    /// Paths of the sections, one a line
    Paths,
    /// Text of the sections for a language model
    Context,
}

/// What the help of questions ends with.
const HELP: &str = concat!(
    "\
Examples:
  docent how do I add pagination
  docent \"daemon mode\" --format context --budget 2000     # text for a language model
  docent retry --in guide/ --in \"recipes-*.md\"            # from these sections only
  docent --batch < questions.txt                          # a line of JSON for each line
  docent query list the formats of logs                   # begins with the name of a command
  docent -- --skip-full-sync                              # begins with `-`

",
    exit_codes!()
);

const SHOW_HELP: &str = "\
Examples:
  docent show ops-modes.md
  docent show ops-modes.md:72-78              # these lines, as answers give them
  docent show \"ops-modes.md#daemon-mode\"     # what stands under a heading";

const INFO_HELP: &str = "\
Examples:
  docent info
  docent info --verify --fail-stale           # in a pipeline: is the index whole, and that of the docs?
  docent info --json | jq .counts.sections";

type UsageError = (ErrorKind, &'static str);

impl QueryArgs {
    /// Validates a question that was asked without `query`. Options stand after a command's name,
    /// so a name after an option would be taken for a question: most likely it was not meant so.
    fn validate_bare(self) -> Result<QueryConfig, UsageError> {
        let first = self.question.first();
        if first.is_some_and(|word| is_command(word)) {
            return Err((
                ErrorKind::ArgumentConflict,
                "the question begins with the name of a command: \
                 write options after the name, or ask with `docent query`",
            ));
        }
        self.validate()
    }

    fn validate(self) -> Result<QueryConfig, UsageError> {
        self.check_format()?;
        let (task, format) = (self.task()?, self.format());
        let mut search = SearchOptions::default();
        if let Format::Context { .. } = format {
            search.k = context::HITS;
        }
        search.k = self.k.map_or(search.k, NonZeroUsize::get);
        search.exact = self.exact;
        search.min_confidence = self.min_confidence;
        if self.no_hints {
            search.hints = HintUse::None;
        }
        Ok(QueryConfig {
            task,
            format,
            search,
            index: self.index,
            #[cfg(feature = "milvus")]
            store: self.store,
            model: self.model,
            scope: self.scope,
            log: self.log,
        })
    }

    fn check_format(&self) -> Result<(), UsageError> {
        let conflict = |problem| Err((ErrorKind::ArgumentConflict, problem));
        if self.budget.is_some() && !matches!(self.format, Some(FormatName::Context)) {
            return conflict("--budget needs --format context");
        }
        if self.null && !matches!(self.format, Some(FormatName::Paths)) {
            return conflict("--null needs --format paths");
        }
        if self.explain && matches!(self.format, Some(FormatName::Paths | FormatName::Context)) {
            return conflict("--explain needs --format text or json");
        }
        Ok(())
    }

    fn format(&self) -> Format {
        let explain = self.explain;
        let default = match self.batch {
            true => FormatName::Json,
            false => FormatName::Text,
        };
        match self.format.unwrap_or(default) {
            FormatName::Text => Format::Text { explain },
            FormatName::Json => Format::Json { explain },
            FormatName::Paths => Format::Paths { null: self.null },
            FormatName::Context => Format::Context {
                budget: self.budget.unwrap_or(context::DEFAULT_BUDGET),
            },
        }
    }

    fn task(&self) -> Result<Task, UsageError> {
        if self.batch {
            return Ok(Task::Batch);
        }
        match &self.question[..] {
            [] => Err((
                ErrorKind::MissingRequiredArgument,
                "no question: write one, `-` to read it from standard input, or --batch",
            )),
            [dash] if dash == "-" => Ok(Task::Input),
            words if words.iter().all(|word| word.trim().is_empty()) => {
                Err((ErrorKind::InvalidValue, "the question is empty"))
            }
            words => Ok(Task::One(words.join(" "))),
        }
    }
}

/// A budget of tokens.
pub fn budget(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(budget) if budget >= context::LEAST_BUDGET => Ok(budget),
        _ => Err(format!("give a number, {} or more", context::LEAST_BUDGET)),
    }
}

fn probability(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    fn query(args: &[&str]) -> Result<QueryConfig, UsageError> {
        let cli = Cli::try_parse_from(std::iter::once(&"docent").chain(args)).unwrap();
        match cli.command {
            Some(RawCommand::Query(args)) => args.validate(),
            Some(_) => panic!("another command"),
            None => cli.query.validate_bare(),
        }
    }

    fn question(args: &[&str]) -> String {
        match query(args).ok().unwrap().task {
            Task::One(question) => question,
            Task::Input | Task::Batch => panic!("no question"),
        }
    }

    #[test]
    fn a_question_needs_no_subcommand_and_no_quotes() {
        assert_eq!(question(&["a b?"]), "a b?");
        assert_eq!(
            question(&["how", "do", "I", "show", "info?", "-k", "3"]),
            "how do I show info?"
        );
        assert_eq!(question(&["query", "show"]), "show");
        assert_eq!(question(&["show me"]), "show me");
        assert_eq!(question(&["--", "--base-url"]), "--base-url");
        assert_eq!(question(&["query", "help"]), "help");
    }

    #[test]
    fn contradictions_are_usage_errors() {
        let problem = |args: &[&str]| query(args).err().map(|(_, problem)| problem);
        assert_eq!(problem(&[" "]), Some("the question is empty"));
        assert!(problem(&["-k", "2", "show", "x"]).is_some_and(|p| p.contains("docent query")));
        assert_eq!(
            problem(&["a", "--budget", "900"]),
            Some("--budget needs --format context")
        );
        assert_eq!(problem(&["a", "-0"]), Some("--null needs --format paths"));
        assert_eq!(
            problem(&["a", "--explain", "--format", "paths"]),
            Some("--explain needs --format text or json")
        );
        assert!(problem(&["query", "--exact"]).is_some_and(|p| p.starts_with("no question")));
        for args in [
            &["docent", "a", "--batch"][..],
            &["docent", "a", "-k", "0"],
            &["docent", "a", "--format", "context", "--budget", "99"],
            &["docent", "a", "--min-confidence", "1.5"],
            &["docent", "a", "--min-confidence", "nan"],
            &["docent", "show"],
        ] {
            assert!(Cli::try_parse_from(args).is_err(), "{args:?}");
        }
    }
}
