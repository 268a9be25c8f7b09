//! Arguments of `build-index`.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use clap_complete::Shell;
use docent::builder::{BuildOptions, LateInteraction};
use docent::corpus::{Config, CorpusError, CorpusOptions, Folder, is_corpus_name};
use docent::index::GraphOptions;
#[cfg(feature = "milvus")]
use docent::milvus::StoreUrl;
use docent::program::{GlobalArgs, LONG_VERSION};

const AFTER_HELP: &str = "\
Examples:
  build-index                                      # docs/ becomes docent.idx
  build-index site -o site.idx --exclude drafts/
  build-index --update --quiet                     # after a change, in a hook or a pipeline
  build-index --watch
  build-index api=../api/docs web=./site

Globs:
  They have the rules of .gitignore, over paths in the documentation folder: '*.md' is meant in
  every folder, '/*.md' in the first, 'guide/' is all that lies in it, and a later '!*.md' takes back.
  What is included is left out all the same if it is excluded, or by an ignore file.

Ignore files:
  .docentignore, .ignore and, in a git repository, .gitignore leave out files and folders, those of
  folders above the docs too, as far as the repository reaches.

docent.toml, in the documentation folder:
  include       globs of the files that are read, as --include
  exclude       globs of what is left out, as --exclude
  guide         globs of the files that say what is where [default: INDEX.md, QUESTIONS.md, and
                generators' lists of pages: SUMMARY.md, mkdocs.yml, sidebars.js, nav.adoc, toctrees]
  ignore_files  whether ignore files count [default: true]
  model         as --model; a folder is named as seen from the documentation folder
  fields        fields of front matter that are kept [default: all scalars and lists of scalars]
  Options of the command line take the place of what it says. Audits and evaluations read it too.

Several folders:
  build-index api=../api/docs web=./site makes one index of both. Their sections are api/... and
  web/..., each has its own guide, docent.toml and ignore files, and docent --in api asks one.

Exit codes:
  0  built
  1  not built: --strict, and the docs' guide contradicts the docs
  2  usage or other error: not built, or built but the summary could not be printed

A build that fails or is interrupted leaves the old index as it was.";

/// Builds the index of a documentation folder that docent answers from.
#[derive(Debug, Parser)]
#[command(name = "build-index", version, long_version = LONG_VERSION, after_help = AFTER_HELP)]
pub struct Args {
    /// The documentation folder; or several, each with the name that its sections' paths begin with
    #[arg(value_name = "DIR | NAME=DIR", default_value = "docs", value_parser = parse_docs)]
    pub docs: Vec<Folder>,
    /// The index file to write
    #[arg(short, long, value_name = "FILE", default_value = "docent.idx")]
    pub output: PathBuf,
    /// Put the docs of the index, once it is built, into Milvus too: milvus://HOST:PORT/DATABASE/COLLECTION
    #[cfg(feature = "milvus")]
    #[arg(long, value_name = "URL", conflicts_with = "init")]
    pub store: Option<StoreUrl>,
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
    /// Build nothing: print what makes a shell complete options, as `docent completions --help` explains
    #[arg(long, value_name = "SHELL", exclusive = true)]
    pub completions: Option<Shell>,
    /// Build nothing: print the man page
    #[arg(long, exclusive = true)]
    pub man: bool,
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// `DIR`, or `NAME=DIR` where there is no folder of that name as a whole.
fn parse_docs(text: &str) -> Result<Folder, String> {
    let whole = || Folder {
        name: String::new(),
        path: PathBuf::from(text),
    };
    match text.split_once('=') {
        Some((name, path)) if !Path::new(text).exists() && is_corpus_name(name) => Ok(Folder {
            name: name.to_owned(),
            path: PathBuf::from(path),
        }),
        _ => Ok(whole()),
    }
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

    /// The model: the one of the command line, else that of the first `docent.toml` that names one; `None` for the
    /// bundled one.
    pub fn model(&self) -> Result<Option<String>, CorpusError> {
        if let Some(model) = &self.model {
            return Ok(Some(model.clone()));
        }
        for folder in &self.docs {
            if let Some(model) = Config::read(&folder.path)?.model {
                return Ok(Some(model));
            }
        }
        Ok(None)
    }

    /// What is wrong with the names of the folders, with what helps.
    pub fn problem_of_names(&self) -> Option<String> {
        let several = self.docs.len() > 1;
        if let Some(folder) = self
            .docs
            .iter()
            .find(|folder| several && folder.name.is_empty())
        {
            let path = folder.path.display();
            return Some(format!(
                "one of several documentation folders has no name: {path}\n\
                 hint: NAME={path} gives it the name that its sections' paths begin with"
            ));
        }
        let mut names = HashSet::new();
        let twice = self
            .docs
            .iter()
            .find(|folder| !names.insert(&folder.name))?;
        Some(format!(
            "two documentation folders have the name {}\nhint: give each a name of its own",
            twice.name
        ))
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
