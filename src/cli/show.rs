//! `docent show`: the text of a section, out of the index.

use std::io::{self, Write};

use anyhow::Result;
use docent::index::{ChunkRef, Index, SectionRecord};
use docent::terminal::printable_line;

use super::args::ShowConfig;
use super::exit::{CliError, Exit};
use super::fresh::Freshness;
use super::passage;

/// Sections that are suggested for one that is not there.
const SUGGESTIONS: usize = 3;

/// Prints the section's text.
pub fn run(config: &ShowConfig) -> Result<Exit> {
    let index = Index::open(&config.index.locate()?)?;
    let section = find(&index, &config.section)?;
    let chunks: Vec<ChunkRef<'_>> = section
        .chunks
        .map(|id| index.chunk(id as usize))
        .collect::<Result<_, _>>()?;
    let freshness = Freshness::check(&index, &config.index)?;
    let mut out = io::stdout().lock();
    out.write_all(passage::text(&chunks).as_bytes())?;
    out.flush()?;
    Ok(freshness.exit(Exit::Found))
}

fn find(index: &Index, name: &str) -> Result<SectionRecord> {
    let mut close = Vec::new();
    for i in 0..index.num_sections() {
        let section = index.section(i)?;
        if section.path == name {
            return Ok(section);
        }
        if close.len() < SUGGESTIONS && section.path.contains(name) {
            close.push(printable_line(&section.path).into_owned());
        }
    }
    let is_index_file = index.meta().index_files.iter().any(|f| f.path == name);
    let name = printable_line(name).into_owned();
    if is_index_file {
        return Err(CliError::IsIndexFile { name }.into());
    }
    Err(CliError::NoSuchSection { name, close }.into())
}
