//! Arguments of `build-index`.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use docent::builder::{BuildOptions, LateInteraction};
use docent::index::GraphOptions;

const EXIT_CODES: &str = "\
Exit codes:
  0  built
  1  not built: --strict, and the docs' guide contradicts the docs
  2  usage or other error: not built, or built but the summary could not be printed

A build that fails or is interrupted leaves the old index as it was.";

/// Builds the index of a documentation folder that docent answers from.
#[derive(Debug, Parser)]
#[command(name = "build-index", version, after_help = EXIT_CODES)]
pub struct Args {
    /// The documentation folder
    #[arg(default_value = "docs")]
    pub docs: PathBuf,
    /// The index file to write
    #[arg(short, long, value_name = "FILE", default_value = "docent.idx")]
    pub output: PathBuf,
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
}

/// When token vectors are stored.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LateInteractionName {
    Auto,
    Always,
    Never,
}

impl Args {
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
