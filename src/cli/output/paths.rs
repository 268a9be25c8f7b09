//! `--format paths`: what a shell loop or an agent needs to open the files.

use std::io::Write;

use anyhow::Result;
use docent::terminal::printable_line;

use super::Reply;

/// Writes each section's path, relative to the corpus, on a line.
pub fn write(out: &mut impl Write, reply: &Reply<'_>) -> Result<()> {
    for hit in reply.hits {
        writeln!(out, "{}", printable_line(&hit.section.path))?;
    }
    Ok(())
}
