//! `docent show`: the text of a section or of some of its lines, out of the index.

use std::io::{self, BufWriter, Write};

use anyhow::Result;
use docent::answer::location::Location;
use docent::answer::passage;
use docent::index::Index;

use super::args::ShowConfig;
use super::exit::Exit;
use super::fresh;

/// Prints the section's text, or those lines of it that were asked for.
pub fn run(config: &ShowConfig) -> Result<Exit> {
    let index = Index::open(&config.index.locate()?)?;
    let Location { section, lines } = Location::find(&index, &config.section)?;
    let chunks = index.chunks_of(&section)?;
    let freshness = fresh::check(&index, &config.index)?;
    let first = chunks.first().map_or(1, |first| first.line_start);
    let mut out = BufWriter::new(io::stdout().lock());
    for (line, number) in passage::text(&chunks).split_inclusive('\n').zip(first..) {
        if lines.as_ref().is_none_or(|lines| lines.contains(&number)) {
            out.write_all(line.as_bytes())?;
        }
    }
    out.flush()?;
    Ok(fresh::exit(&freshness, &config.index, Exit::Found))
}
