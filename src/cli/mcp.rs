//! `docent mcp`: the docs as tools of an agent, over standard input and output.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use docent::answer::context::DEFAULT_BUDGET;
use docent::encoder;
use docent::mcp::{Docs, DocsOptions, NamedIndex, Server, stdio};
use docent::query_log::QueryLogWriter;
use docent::search::{FollowedIndex, Tell};

use super::args::budget;
use super::exit::Exit;
use super::index_file::locate_index;
use super::message;

const HELP: &str = "\
Examples:
  docent agents install claude                # writes the entry that starts this program
  docent mcp --index guide=guide.idx --index api=api.idx";

/// Serve the docs to an AI agent: Model Context Protocol over standard input and output
///
/// Two tools: `search_docs` answers questions, `read_docs` gives the text at a location. The agent's program
/// starts and stops this one; `docent agents install` tells it how. An index that a build replaces is
/// followed.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct McpArgs {
    /// An index [env: DOCENT_INDEX] [default: docent.idx here or in a parent folder]; several as NAME=FILE,
    /// repeated
    #[arg(long, value_name = "[NAME=]FILE")]
    index: Vec<String>,
    /// Another model than the bundled one, as given to build-index: a folder or a name
    #[arg(long)]
    model: Option<String>,
    /// Most tokens of an answer, 100 or more
    #[arg(long, value_name = "TOKENS", default_value_t = DEFAULT_BUDGET, value_parser = budget)]
    budget: usize,
    /// Add every question with its verdict to this file, a line of JSON each: `docent audit --log` reads it
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Serves until standard input ends.
pub fn run(args: &McpArgs) -> Result<Exit> {
    let files = match &args.index[..] {
        [] => vec![(String::new(), locate_index(None)?)],
        names => names.iter().map(|name| named(name, names.len())).collect(),
    };
    let log = args.log.as_deref().map(QueryLogWriter::open).transpose()?;
    let encoder = encoder::open(args.model.as_deref())?;
    let tell: Tell = Arc::new(|line| message(line));
    let open = |(name, file): (String, PathBuf)| {
        let index = FollowedIndex::open(&file, Arc::clone(&encoder), Arc::clone(&tell))?;
        Ok(NamedIndex {
            name,
            index: Arc::new(index),
        })
    };
    let docs = Docs::new(DocsOptions {
        indexes: files.into_iter().map(open).collect::<Result<_>>()?,
        budget: args.budget,
        log: log.map(Arc::new),
        tell,
    });
    let searches = std::thread::available_parallelism().map_or(1, usize::from);
    stdio::serve(Server::new(Arc::new(docs), searches))?;
    Ok(Exit::Found)
}

/// `NAME=FILE`, or a file, which among several is named by its stem.
fn named(text: &str, count: usize) -> (String, PathBuf) {
    if let Some((name, file)) = text.split_once('=')
        && !name.is_empty()
        && !name.contains(['/', '\\', '.'])
    {
        return (name.to_owned(), PathBuf::from(file));
    }
    let file = PathBuf::from(text);
    let stem = file.file_stem().filter(|_| count > 1);
    let name = stem.map(|stem| stem.to_string_lossy().into_owned());
    (name.unwrap_or_default(), file)
}
