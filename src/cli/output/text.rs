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
            shortened(line.text, terms)
        )?;
    }
    Ok(())
}

/// `text` made printable: if it is too long, [`LINE_WIDTH`] characters of it with the first word
/// of `terms`; what is cut off is marked.
fn shortened(text: &str, terms: &HashSet<String>) -> String {
    let text = printable_line(text);
    let length = text.chars().count();
    if length <= LINE_WIDTH {
        return text.into_owned();
    }
    let is_match = |word: &&str| {
        analysis::terms(word)
            .iter()
            .any(|term| terms.contains(term))
    };
    let start = match analysis::words(&text).find(is_match) {
        Some(word) => {
            let at = word.as_ptr() as usize - text.as_ptr() as usize;
            let before = text[..at].chars().count();
            if before + word.chars().count() <= LINE_WIDTH {
                0
            } else {
                before.saturating_sub(LINE_WIDTH / 2)
            }
        }
        None => 0,
    };
    let start = start.min(length - LINE_WIDTH);
    let window: String = text.chars().skip(start).take(LINE_WIDTH).collect();
    let (cut_before, cut_after) = (start > 0, start + LINE_WIDTH < length);
    format!(
        "{}{}{}",
        if cut_before { "… " } else { "" },
        window.trim(),
        if cut_after { " …" } else { "" }
    )
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
    fn a_cut_line_is_marked_and_shows_what_matches() {
        let shortened =
            |text: &str| shortened(text, &analysis::terms("cups").into_iter().collect());
        let umlauts = |count| "ä".repeat(count);
        assert_eq!(shortened("short"), "short");
        assert_eq!(shortened(&umlauts(100)), umlauts(100));
        assert_eq!(shortened(&umlauts(101)), format!("{} …", umlauts(100)));
        // The first match shows anyway.
        assert_eq!(
            shortened(&format!("{} cup {0}", umlauts(96))),
            format!("{} cup …", umlauts(96))
        );
        assert_eq!(
            shortened(&format!("{} cup {0} cup", umlauts(97))),
            format!("… {} cup {} …", umlauts(49), umlauts(46))
        );
        assert_eq!(
            shortened(&format!("{} a cup", umlauts(100))),
            format!("… {} a cup", umlauts(94))
        );
    }
}
