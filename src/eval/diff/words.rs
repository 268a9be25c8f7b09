//! What the reports for people say alike, safe to print.

use super::{Change, Diff, MeasureDiff, QuestionDiff, Side};
use crate::eval::summary::SIGNIFICANT;
use crate::terminal::printable_line;

/// How many questions were lost, won and moved.
pub(super) fn headline(diff: &Diff) -> String {
    let counts = diff.counts;
    format!(
        "{} of {} questions lost, {} won, {} moved, {} as before",
        counts.lost,
        counts.total(),
        counts.won,
        counts.moved,
        counts.same
    )
}

/// How many questions name a section that one of the indexes lacks: what became of these is said of paths
/// more than of texts. `None` if no question does.
pub(super) fn missing(diff: &Diff) -> Option<String> {
    let count = |change| {
        let questions = diff.of(change);
        questions
            .filter(|question| question.is_missing_sections())
            .count()
    };
    let (lost, won) = (count(Change::Lost), count(Change::Won));
    let all = lost + won + count(Change::Moved) + count(Change::Same);
    (all > 0).then(|| {
        format!(
            "Questions with a section that an index lacks, which is not found there: {all} ({lost} lost, \
             {won} won)."
        )
    })
}

/// Which measures differ by more than chance, a sentence for each direction.
pub(super) fn significance(diff: &Diff) -> Vec<String> {
    let significant = diff.measures.iter().filter(|diff| diff.is_significant());
    let (worse, better): (Vec<&MeasureDiff>, Vec<_>) =
        significant.partition(|diff| diff.is_worse());
    let sentence = |direction: &str, diffs: &[&MeasureDiff]| {
        let names: Vec<&str> = diffs.iter().map(|diff| diff.measure.name()).collect();
        (!names.is_empty()).then(|| {
            let names = names.join("; ");
            format!("{direction} beyond chance (p < {SIGNIFICANT}): {names}.")
        })
    };
    let sentences = [sentence("Worse", &worse), sentence("Better", &better)];
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    if sentences.is_empty() {
        return vec![format!(
            "No measure differs beyond chance (p < {SIGNIFICANT})."
        )];
    }
    sentences
}

/// The figures of a measure: before, after, their difference, its interval, p.
pub(super) fn figures(diff: &MeasureDiff) -> [String; 5] {
    let p = if diff.p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{:.3}", diff.p)
    };
    [
        format!("{:.3}", diff.before),
        format!("{:.3}", diff.after),
        signed(diff.difference),
        format!("{} to {}", signed(diff.low), signed(diff.high)),
        p,
    ]
}

fn signed(value: f64) -> String {
    let text = format!("{value:+.3}");
    // What is rounded to zero has no sign.
    match text.as_str() {
        "+0.000" | "-0.000" => "0.000".to_owned(),
        _ => text,
    }
}

/// Relevant sections that an index lacks, by where they are.
pub(super) fn absent<'a>(
    missing_before: &'a [String],
    missing_after: &'a [String],
) -> [(&'static str, Vec<&'a str>); 3] {
    let only = |from: &'a [String], is_in_other: bool, other: &[String]| {
        let paths = from
            .iter()
            .filter(|path| other.contains(path) == is_in_other);
        paths.map(String::as_str).collect()
    };
    [
        ("only before", only(missing_after, false, missing_before)),
        ("only after", only(missing_before, false, missing_after)),
        ("in neither", only(missing_before, true, missing_after)),
    ]
}

/// What came first before and after.
pub(super) fn first(question: &QuestionDiff) -> [&str; 2] {
    [&question.before, &question.after].map(|side| side.first.as_deref().unwrap_or("nothing"))
}

/// Where the best relevant section was before and after.
pub(super) fn relevant(question: &QuestionDiff) -> [String; 2] {
    let rank = |side: &Side| match side.rank {
        _ if question.relevant.is_empty() => "none".to_owned(),
        Some(rank) => format!("rank {rank}"),
        None => "not found".to_owned(),
    };
    [rank(&question.before), rank(&question.after)]
}

/// The verdict before and after, if it is known and another one.
pub(super) fn verdicts(question: &QuestionDiff) -> Option<[&'static str; 2]> {
    let verdict = |refused| if refused { "refused" } else { "answered" };
    let (before, after) = question.before.refused.zip(question.after.refused)?;
    (before != after).then(|| [verdict(before), verdict(after)])
}

/// `text` in at most `width` characters of one line: whole words of it, as far as one fits.
pub(super) fn cut_words(text: &str, width: usize) -> String {
    let text = printable_line(text);
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= width {
        return whole;
    }
    let mut cut = String::new();
    for word in words {
        let between = usize::from(!cut.is_empty());
        // Two characters are the mark.
        if cut.chars().count() + between + word.chars().count() + 2 > width {
            break;
        }
        cut.extend(std::iter::repeat_n(' ', between));
        cut += word;
    }
    if cut.is_empty() {
        let start: String = whole.chars().take(width.saturating_sub(1)).collect();
        return start + "…";
    }
    cut + " …"
}

/// `path` in at most `width` characters: its end, which tells most.
pub(super) fn cut_path(path: &str, width: usize) -> String {
    let path = printable_line(path);
    let excess = (path.chars().count() + 1).saturating_sub(width);
    if excess <= 1 {
        return path.into_owned();
    }
    let end: String = path.chars().skip(excess).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_between_words_and_paths_at_the_front() {
        assert_eq!(cut_words(" one  two\nthree ", 13), "one two three");
        assert_eq!(cut_words("one two three", 12), "one two …");
        assert_eq!(cut_words("one two three", 8), "one …");
        assert_eq!(cut_words("unbreakable", 5), "unbr…");
        assert_eq!(cut_words("\u{1b}[2J", 99), "\\u{1b}[2J");
        assert_eq!(cut_path("a/bc.md", 7), "a/bc.md");
        assert_eq!(cut_path("a/bc.md", 6), "…bc.md");
        assert_eq!(cut_path("ä/bc.md", 5), "…c.md");
        for width in 0..12 {
            assert!(cut_words("one two three", width).chars().count() <= width.max(1));
            assert!(cut_path("one/two.md", width).chars().count() <= width.max(1));
        }
    }

    #[test]
    fn zero_has_no_sign() {
        assert_eq!(signed(-0.0004), "0.000");
        assert_eq!(signed(0.0), "0.000");
        assert_eq!(signed(-0.0006), "-0.001");
        assert_eq!(signed(0.25), "+0.250");
    }
}
