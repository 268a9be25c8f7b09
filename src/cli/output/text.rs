//! `--format text`: for people.

use std::collections::HashSet;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use docent::analysis;
use docent::answer::excerpt::{self, question_terms};
use docent::answer::location::printable_path;
use docent::answer::{Answer, Hit, heading_line};
use docent::calibration::ARMS;
use docent::index::{ChunkRef, Index};
use docent::terminal::printable_line;

const PATH: Style = AnsiColor::Cyan.on_default().bold();
const HINT: Style = AnsiColor::Green.on_default();
const DIM: Style = Style::new().dimmed();
/// Characters of a row of an excerpt where the width of the terminal is not known, or this is none.
const ROW: usize = 100;
/// Fewest characters of a row, however narrow the terminal.
const LEAST_ROW: usize = 20;
/// Characters before a row of an excerpt: the number of its line.
const INDENT: usize = 10;
/// Most characters of a line of an excerpt, which is wrapped in rows, and of a heading.
const LINE: usize = 300;
/// Words that are shown before the first that matches, where a sentence is too long.
const LEAD: usize = 8;

/// How hits are written.
pub struct Layout {
    /// Whether with every score component.
    explain: bool,
    /// Most characters of a row of an excerpt.
    row: usize,
}

impl Layout {
    /// As wide as the terminal that stdout is.
    pub fn of_stdout(explain: bool) -> Self {
        let columns = terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0);
        let row = columns.map_or(ROW, |columns| {
            usize::from(columns).saturating_sub(INDENT).max(LEAST_ROW)
        });
        Self { explain, row }
    }

    /// Writes the hits, best first, a blank line between them.
    pub fn write(&self, out: &mut impl Write, answer: &Answer, index: &Index) -> Result<()> {
        let terms = question_terms(answer);
        for (i, hit) in answer.shown().iter().enumerate() {
            if i > 0 {
                writeln!(out)?;
            }
            // How sure an answer is, is known of its first hit alone.
            let confidence = answer.confidence.filter(|_| i == 0);
            let best = hit.chunks.first().map(|best| index.chunk(best.id));
            let best = best.transpose()?;
            write_heading(out, i + 1, hit, best.as_ref(), confidence)?;
            if let Some(chunk) = &best {
                self.write_excerpt(out, chunk, &terms)?;
            }
            if self.explain {
                write_explanation(out, index, hit)?;
            }
        }
        Ok(())
    }

    fn write_excerpt(
        &self,
        out: &mut impl Write,
        chunk: &ChunkRef<'_>,
        terms: &HashSet<String>,
    ) -> Result<()> {
        for line in excerpt::excerpt(chunk, terms) {
            let text = shortened(&printable_line(line.text), terms);
            let rows = wrapped(&text, self.row).join("\n          ");
            writeln!(out, "   {DIM}{:>5}{DIM:#}  {rows}", line.number)?;
        }
        Ok(())
    }
}

fn write_heading(
    out: &mut impl Write,
    rank: usize,
    hit: &Hit,
    best: Option<&ChunkRef<'_>>,
    confidence: Option<f32>,
) -> Result<()> {
    write!(out, "{rank}  {PATH}{}", printable_path(&hit.section.path))?;
    let heading = match best {
        Some(chunk) => {
            write!(out, ":{}-{}", chunk.line_start, chunk.line_end)?;
            heading_line(&hit.section, &chunk.heading_path)
        }
        None => hit.section.title.clone(),
    };
    let heading = shortened(&printable_line(&heading), &HashSet::new());
    writeln!(out, "{PATH:#}  {heading}")?;
    if let Some(place) = best.and_then(place_in_file) {
        let path = printable_path(&hit.section.path);
        writeln!(
            out,
            "   {DIM}in the file: {path}{}{DIM:#}",
            printable_line(&place)
        )?;
    }
    let confidence = confidence.map(|confidence| format!(", confidence {confidence:.2}"));
    let confidence = confidence.unwrap_or_default();
    writeln!(out, "   {DIM}score {:.2}{confidence}{DIM:#}", hit.score)?;
    if let Some(hint) = &hit.hint {
        let phrase = printable_line(&hint.phrase);
        writeln!(out, "   {HINT}hint \"{phrase}\"{HINT:#}")?;
    }
    Ok(())
}

/// Where a passage stands in its file, if the lines of the section's text are not those of the file:
/// `#install, lines 310-352`, or `#page=12`.
fn place_in_file(chunk: &ChunkRef<'_>) -> Option<String> {
    if chunk.has_page() {
        return chunk.anchor.map(|anchor| format!("#{anchor}"));
    }
    let (first, last) = chunk.other_file_lines()?;
    let anchor = chunk.anchor.map(|anchor| format!("#{anchor}"));
    Some(format!(
        "{}, lines {first}-{last}",
        anchor.unwrap_or_default()
    ))
}

/// `text`; if it is longer than [`LINE`], whole sentences of it from the first with a word of `terms` on, as
/// many as there is room for, or the words of one that is too long. What is left out is marked.
fn shortened(text: &str, terms: &HashSet<String>) -> String {
    if text.chars().count() <= LINE {
        return text.to_owned();
    }
    let sentences: Vec<&str> = sentences(text).collect();
    let first = first_match(&sentences, terms);
    let kept = fitting(&sentences[first..]);
    if kept.is_empty() {
        let words: Vec<&str> = sentences[first].split_inclusive(' ').collect();
        let from = first_match(&words, terms).saturating_sub(LEAD);
        return marked(first + from > 0, &fitting(&words[from..]), true);
    }
    marked(first > 0, &kept, !text.ends_with(&kept))
}

/// The first of `parts` with a word of `terms`, the first of all if none has one.
fn first_match(parts: &[&str], terms: &HashSet<String>) -> usize {
    let matches = |part: &&str| {
        let found = analysis::terms(part);
        found.iter().any(|term| terms.contains(term))
    };
    parts.iter().position(matches).unwrap_or(0)
}

/// The first `parts`, as many as [`LINE`] has room for.
fn fitting(parts: &[&str]) -> String {
    let mut room = LINE;
    let fits = |part: &&&str| {
        let length = part.chars().count();
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    };
    parts.iter().take_while(fits).copied().collect()
}

/// `kept` with marks where something was left out.
fn marked(before: bool, kept: &str, after: bool) -> String {
    let before = if before { "… " } else { "" };
    let after = if after { " …" } else { "" };
    format!("{before}{}{after}", kept.trim_end())
}

/// The sentences of `text` with the space behind them.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let ends = [". ", "! ", "? "].into_iter();
        let end = ends.filter_map(|end| rest.find(end)).min();
        let (sentence, after) = rest.split_at(end.map_or(rest.len(), |end| end + 2));
        rest = after;
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// `text` in rows of at most `width` characters, broken at spaces; a longer word is a row of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split(' ') {
        let row = rows.last().map_or(0, |row| row.chars().count());
        if row > 0 && row + 1 + word.chars().count() > width {
            rows.push(String::new());
        }
        if let Some(row) = rows.last_mut() {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows
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
    for (i, found) in hit.listed_chunks().iter().enumerate() {
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
    fn whole_sentences_are_kept_from_the_first_that_matches() {
        let terms = analysis::terms("cups").into_iter().collect();
        let shortened = |text: &str| shortened(text, &terms);
        let sentence = |word: &str, count: usize| format!("{}. ", vec![word; count].join(" "));
        let (before, after) = (sentence("grüne", 30), sentence("blaue", 30));
        let cup = "A cup is round. ";
        assert_eq!(shortened("short"), "short");
        let all = format!("{before}{cup}");
        assert_eq!(shortened(all.trim_end()), all.trim_end());
        assert_eq!(
            shortened(&format!("{before}{cup}{after}{after}")),
            format!("… {cup}{} …", after.trim_end())
        );
        assert_eq!(
            shortened(&format!("{before}{after}")),
            format!("{} …", before.trim_end())
        );
    }

    #[test]
    fn of_a_sentence_that_is_too_long_words_around_the_first_match_are_kept() {
        let terms = analysis::terms("cups").into_iter().collect();
        let words = |count: usize| vec!["grüne"; count].join(" ");
        let text = format!("{} cup {}", words(60), words(60));
        let expected = format!("… {} cup {} …", words(8), words(41));
        assert_eq!(shortened(&text, &terms), expected);
        let text = format!("cup {}", words(60));
        assert_eq!(shortened(&text, &terms), format!("cup {} …", words(49)));
    }

    #[test]
    fn rows_break_at_spaces() {
        let words = |count: usize| vec!["grüne"; count].join(" ");
        assert_eq!(wrapped(&words(40), 100), [words(16), words(16), words(8)]);
        assert_eq!(wrapped(&words(40), 190), [words(31), words(9)]);
        let long = "x".repeat(150);
        assert_eq!(wrapped(&format!("a {long} b"), 100), ["a", &long, "b"]);
        assert_eq!(wrapped("", 100), [""]);
    }
}
