//! Arguments of `build-index`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use docent::builder::{BuildOptions, LateInteraction};
use docent::corpus::{Config, ConfigError, CorpusOptions};
use docent::index::GraphOptions;

const AFTER_HELP: &str = "\
Globs:
  They have the rules of .gitignore, over paths in the documentation folder: '*.md' is meant in every
  folder, '/*.md' in the first, 'guide/' is all that lies in it, and a later '!*.md' takes back.
  What is included is left out all the same if it is excluded, or by an ignore file.

Ignore files:
  .docentignore, .ignore and, in a git repository, .gitignore leave out files and folders, those of
  folders above the docs too, as far as the repository reaches.

docent.toml, in the documentation folder:
  include       globs of the files that are read, as --include
  exclude       globs of what is left out, as --exclude
  ignore_files  whether ignore files count [default: true]
  model         as --model; a folder is named as seen from the documentation folder
  fields        fields of front matter that are kept [default: all scalars and lists of scalars]
  Options of the command line take the place of what it says. Audits and evaluations read it too.

Exit codes:
  0  built
  1  not built: --strict, and the docs' guide contradicts the docs
  2  usage or other error: not built, or built but the summary could not be printed

A build that fails or is interrupted leaves the old index as it was.";

/// Builds the index of a documentation folder that docent answers from.
#[derive(Debug, Parser)]
#[command(name = "build-index", version, after_help = AFTER_HELP)]
pub struct Args {
    /// The documentation folder
    #[arg(default_value = "docs")]
    pub docs: PathBuf,
    /// The index file to write
    #[arg(short, long, value_name = "FILE", default_value = "docent.idx")]
    pub output: PathBuf,
    /// Read only files that match; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files and folders that match; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Another model than the bundled one: a folder with a packed or ONNX model, or a name that
    /// fastembed knows
    #[arg(long)]
    pub model: Option<String>,
    /// Links of a chunk in each layer of the graph, 2 to 256
    #[arg(long, value_name = "N", default_value_t = BuildOptions::default().graph.m, value_parser = clap::value_parser!(u32).range(2..=256))]
    pub m: u32,
    /// Candidates that the insertion of a chunk into the graph looks at, 2 to 1024
    #[arg(long, value_name = "N", default_value_t = BuildOptions::default().graph.ef_construction, value_parser = clap::value_parser!(u32).range(2..=1024))]
    pub ef_construction: u32,
    /// Store token vectors, about 10 kB a chunk, for a more exact order: auto does so for at most
    /// 20,000 chunks
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto")]
    pub late_interaction: LateInteractionName,
    /// Take over from the old index what did not change: the same result, sooner
    #[arg(long)]
    pub update: bool,
    /// After the build, build again (as with --update) whenever the docs change, until Ctrl-C
    #[arg(long)]
    pub watch: bool,
    /// Refuse to build if the docs' guide contradicts the docs
    #[arg(long)]
    pub strict: bool,
    /// Print the summary as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Build nothing: write a docent.toml that explains its keys into the documentation folder
    #[arg(long, conflicts_with_all = [
        "output", "include", "exclude", "model", "m", "ef_construction", "late_interaction", "update",
        "watch", "strict", "json",
    ])]
    pub init: bool,
}

/// When token vectors are stored.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LateInteractionName {
    Auto,
    Always,
    Never,
}

impl Args {
    /// Which files of the folder are read.
    pub fn corpus_options(&self) -> CorpusOptions {
        CorpusOptions {
            include: self.include.clone(),
            exclude: self.exclude.clone(),
        }
    }

    /// The model: the one of the command line, else that of the folder's `docent.toml`; `None` for the
    /// bundled one.
    pub fn model(&self) -> Result<Option<String>, ConfigError> {
        match &self.model {
            Some(model) => Ok(Some(model.clone())),
            None => Ok(Config::read(&self.docs)?.model),
        }
    }

    /// How the index is built.
    pub fn build_options(&self) -> BuildOptions {
        let mut options = BuildOptions::default();
        options.graph = GraphOptions {
            m: self.m,
            ef_construction: self.ef_construction,
        };
        options.late_interaction = match self.late_interaction {
            LateInteractionName::Auto => LateInteraction::Auto,
            LateInteractionName::Always => LateInteraction::Always,
            LateInteractionName::Never => LateInteraction::Never,
        };
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn without_arguments_the_build_is_the_default_one() {
        let args = Args::parse_from(["build-index"]);
        assert_eq!(args.build_options(), BuildOptions::default());
    }
}
