//! `docent mcp`: the docs as tools of an agent, over standard input and output.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use clap::Args;
use docent::encoder;
use docent::mcp::{Docs, NamedIndex, Server, stdio};

use super::args::{DEFAULT_BUDGET, locate_index};
use super::exit::Exit;

/// Serve the docs to an AI agent: Model Context Protocol over standard input and output
///
/// Two tools: `search_docs` answers questions, `read_docs` gives the text at a location. The agent's program
/// starts and stops this one; `docent agents install` tells it how. An index that a build replaces is
/// followed.
#[derive(Debug, Args)]
pub struct McpArgs {
    /// An index [env: DOCENT_INDEX] [default: docent.idx here or in a parent folder]; several as NAME=FILE,
    /// repeated
    #[arg(long, value_name = "[NAME=]FILE")]
    index: Vec<String>,
    /// Another model than the bundled one, as given to build-index: a folder or a name
    #[arg(long)]
    model: Option<String>,
    /// Most tokens of an answer, 100 or more
    #[arg(long, value_name = "TOKENS", default_value_t = DEFAULT_BUDGET, value_parser = super::args::budget)]
    budget: usize,
}

/// Serves until standard input ends.
pub fn run(args: &McpArgs) -> Result<Exit> {
    let docs = open(&args.index, args.model.as_deref(), args.budget)?;
    stdio::serve(Server::new(Arc::new(docs), searches()))?;
    Ok(Exit::Found)
}

/// Opens the indexes that are named as `FILE` or `NAME=FILE`, or the one that is found.
pub fn open(names: &[String], model: Option<&str>, budget: usize) -> Result<Docs> {
    let indexes = match names {
        [] => vec![NamedIndex {
            name: String::new(),
            file: locate_index(None)?,
        }],
        names => names.iter().map(|name| named(name, names.len())).collect(),
    };
    Ok(Docs::open(&indexes, &encoder::open(model)?, budget)?)
}

/// As many searches at a time as there are processors.
pub fn searches() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// `NAME=FILE`, or a file, which among several is named by its stem.
fn named(text: &str, count: usize) -> NamedIndex {
    if let Some((name, file)) = text.split_once('=')
        && !name.is_empty()
        && !name.contains(['/', '\\', '.'])
    {
        return NamedIndex {
            name: name.to_owned(),
            file: PathBuf::from(file),
        };
    }
    let file = PathBuf::from(text);
    let stem = file.file_stem().filter(|_| count > 1);
    NamedIndex {
        name: stem
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default(),
        file,
    }
}
