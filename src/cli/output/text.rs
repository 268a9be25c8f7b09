//! `--format text`: for people.

use std::collections::HashSet;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use docent::analysis;
use docent::answer::excerpt::{self, question_terms};
use docent::answer::{Answer, Hit, heading_line};
use docent::calibration::ARMS;
use docent::index::Index;
use docent::terminal::printable_line;

const PATH: Style = AnsiColor::Cyan.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();
/// Most characters of an excerpt's line.
const LINE_WIDTH: usize = 100;

/// Writes the hits, best first, a blank line between them.
pub fn write(out: &mut impl Write, answer: &Answer, index: &Index, explain: bool) -> Result<()> {
    let terms = question_terms(answer);
    for (i, hit) in answer.shown().iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        // How sure an answer is, is known of its first hit alone.
        let confidence = answer.confidence.filter(|_| i == 0);
        write_hit(out, index, i + 1, hit, confidence, &terms)?;
        if explain {
            write_explanation(out, index, hit)?;
        }
    }
    Ok(())
}

fn write_hit(
    out: &mut impl Write,
    index: &Index,
    rank: usize,
    hit: &Hit,
    confidence: Option<f32>,
    terms: &HashSet<String>,
) -> Result<()> {
    let best = hit.chunks.first().map(|best| index.chunk(best.id));
    let best = best.transpose()?;
    write!(out, "{rank}  {PATH}{}", printable_line(&hit.section.path))?;
    if let Some(chunk) = &best {
        write!(out, ":{}-{}{PATH:#}", chunk.line_start, chunk.line_end)?;
        let heading = heading_line(&hit.section, &chunk.heading_path);
        writeln!(out, "  {}", printable_line(&heading))?;
    } else {
        writeln!(out, "{PATH:#}  {}", printable_line(&hit.section.title))?;
    }
    let confidence = confidence.map(|confidence| format!(", confidence {confidence:.2}"));
    let confidence = confidence.unwrap_or_default();
    writeln!(out, "   {DIM}score {:.2}{confidence}{DIM:#}", hit.score)?;
    if let Some(hint) = &hit.hint {
        let phrase = printable_line(&hint.phrase);
        writeln!(out, "   {HINT}hint \"{phrase}\"{HINT:#}")?;
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
    let arms = ARMS.iter().map(|arm| (arm.name, (arm.of)(&hit.arms)));
    let arms: Vec<String> = arms
        .map(|(name, score)| format!("{name} {score:.3}"))
        .collect();
    writeln!(out, "   arms     {}", arms.join(", "))?;
    let signals = hit.signals;
    let max_sim = signals
        .max_sim
        .map_or("none".to_owned(), |max_sim| format!("{max_sim:.3}"));
    writeln!(
        out,
        "   signals  dense {:.3}, max_sim {max_sim}, bm25 {:.2}, hint {:.3}, guide {:.3}, \
         lack {:.3}, rarest {:.3}",
        signals.dense, signals.bm25, signals.hint, signals.guide, signals.lack, signals.rarest
    )?;
    if let Some(hint) = &hit.hint {
        let targets = hint.targets.join(", ");
        writeln!(
            out,
            "   hint     strength {:.3}, to {}",
            hint.strength,
            printable_line(&targets)
        )?;
    }
    for (i, found) in hit.chunks.iter().enumerate() {
        let chunk = index.chunk(found.id)?;
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
