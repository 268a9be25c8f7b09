//! `--format text`: for people.

use std::collections::HashSet;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use docent::index::Index;
use docent::rank::analysis;
use docent::search::{Answer, Hit};
use docent::terminal::printable_line;

use super::{Reply, excerpt, heading_line};

const PATH: Style = AnsiColor::Cyan.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();
/// Most characters of an excerpt's line.
const LINE_WIDTH: usize = 100;

/// Writes the hits, best first, a blank line between them.
pub fn write(out: &mut impl Write, reply: &Reply<'_>, explain: bool) -> Result<()> {
    let terms = question_terms(reply.question, reply.answer);
    for (i, hit) in reply.hits.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        write_hit(out, reply.index, i + 1, hit, &terms)?;
        if explain {
            write_explanation(out, reply.index, hit)?;
        }
    }
    Ok(())
}

/// The question's terms, those of its corrected words too.
fn question_terms(question: &str, answer: &Answer) -> HashSet<String> {
    let read_as = answer.corrections.iter().map(|c| c.read_as.as_str());
    std::iter::once(question)
        .chain(read_as)
        .flat_map(analysis::terms)
        .collect()
}

fn write_hit(
    out: &mut impl Write,
    index: &Index,
    rank: usize,
    hit: &Hit,
    terms: &HashSet<String>,
) -> Result<()> {
    let best = hit.chunks.first().map(|best| index.chunk(best.id as usize));
    let best = best.transpose()?;
    write!(out, "{rank}  {PATH}{}", printable_line(&hit.section.path))?;
    if let Some(chunk) = &best {
        write!(out, ":{}-{}{PATH:#}", chunk.line_start, chunk.line_end)?;
        writeln!(out, "  {}", heading_line(&hit.section, &chunk.heading_path))?;
    } else {
        writeln!(out, "{PATH:#}  {}", printable_line(&hit.section.title))?;
    }
    writeln!(
        out,
        "   {DIM}score {:.2}, confidence {:.2}{DIM:#}",
        hit.score, hit.confidence
    )?;
    if let Some(fired) = &hit.hint {
        let phrase = printable_line(&fired.phrase);
        writeln!(out, "   {HINT}guideline \"{phrase}\"{HINT:#}")?;
    }
    for line in best.iter().flat_map(|chunk| excerpt::excerpt(chunk, terms)) {
        writeln!(
            out,
            "   {DIM}{:>5}{DIM:#}  {}",
            line.number,
            shortened(line.text)
        )?;
    }
    Ok(())
}

/// `text` made printable; what is cut off at [`LINE_WIDTH`] characters is marked.
fn shortened(text: &str) -> String {
    let text = printable_line(text);
    match text.char_indices().nth(LINE_WIDTH) {
        Some((end, _)) => format!("{} …", text[..end].trim_end()),
        None => text.into_owned(),
    }
}

fn write_explanation(out: &mut impl Write, index: &Index, hit: &Hit) -> Result<()> {
    let arms = hit.arms;
    writeln!(
        out,
        "   arms     dense {:.3}, dense_mean {:.3}, bm25_chunk {:.2}, bm25_section {:.2}, \
         late {:.3}, feedback {:.3}, phrase {:.2}, support {:.3}",
        arms.dense,
        arms.dense_mean,
        arms.bm25_chunk,
        arms.bm25_section,
        arms.late,
        arms.feedback,
        arms.phrase,
        arms.support
    )?;
    let signals = hit.signals;
    let late = signals
        .late
        .map_or("none".to_owned(), |late| format!("{late:.3}"));
    writeln!(
        out,
        "   signals  dense {:.3}, late {late}, bm25 {:.2}, hint {:.3}",
        signals.dense, signals.bm25, signals.hint
    )?;
    if let Some(fired) = &hit.hint {
        let targets = fired.targets.join(", ");
        writeln!(
            out,
            "   hint     strength {:.3}, to {}",
            fired.strength,
            printable_line(&targets)
        )?;
    }
    for (i, found) in hit.chunks.iter().enumerate() {
        let chunk = index.chunk(found.id as usize)?;
        let label = if i == 0 { "chunks" } else { "" };
        writeln!(
            out,
            "   {label:7}  {}-{} {:.2}",
            chunk.line_start, chunk.line_end, found.score
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_line_is_marked() {
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&"ä".repeat(100)), "ä".repeat(100));
        assert_eq!(
            shortened(&"ä".repeat(101)),
            format!("{} …", "ä".repeat(100))
        );
    }
}
