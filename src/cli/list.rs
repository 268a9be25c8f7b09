//! `docent list`: the sections of an index.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use anyhow::Result;
use clap::Args;
use docent::answer::location::printable_path;
use docent::index::{Index, SectionRecord};
use docent::terminal::{printable_json, printable_line};
use serde::Serialize;

use super::exit::Exit;
use super::fresh;
use super::index_file::{IndexArgs, ScopeArgs};

const HELP: &str = "\
Examples:
  docent list
  docent list --in guide/ --where '!draft'
  docent list | cut -f 1                    # paths alone
  docent list --json | jq -r 'select(.fields.tags == null) | .section'";

/// List the sections of an index with their titles
///
/// A line for each, in the order of the index: its path, a tab, its title. With --json a line is an object: section,
/// title, lines and, where its front matter says something, fields.
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct ListArgs {
    #[command(flatten)]
    scope: ScopeArgs,
    /// Print a JSON object for each section, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    index: IndexArgs,
}

#[derive(Serialize)]
struct Object<'a> {
    section: &'a str,
    title: &'a str,
    lines: u32,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'a str, &'a [String]>,
}

impl<'a> Object<'a> {
    fn of(section: &'a SectionRecord) -> Self {
        let fields = section.fields.iter();
        Self {
            section: &section.path,
            title: &section.title,
            lines: section.lines,
            fields: fields.map(|field| (&*field.name, &*field.values)).collect(),
        }
    }
}

/// Prints a line for each section.
pub fn run(args: &ListArgs) -> Result<Exit> {
    let index = Index::open(&args.index.locate()?)?;
    let scope = args.scope.scope(&index)?;
    let freshness = fresh::check(&index, &args.index)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for id in index.sections() {
        if scope.as_ref().is_some_and(|scope| !scope.has_section(id)) {
            continue;
        }
        let section = index.section(id)?;
        if args.json {
            let object = serde_json::to_string(&Object::of(&section))?;
            writeln!(out, "{}", printable_json(&object))?;
        } else {
            let path = printable_path(&section.path);
            let title = printable_line(&section.title);
            writeln!(out, "{path}\t{title}")?;
        }
    }
    out.flush()?;
    Ok(fresh::exit(&freshness, &args.index, Exit::Found))
}
