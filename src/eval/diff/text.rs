//! The diff as text.

use std::fmt::Write;

use super::words::{self, cut_path, cut_words};
use super::{Change, Diff, QuestionDiff};
use crate::eval::report::align;
use crate::terminal::printable_line;

/// Most characters of a row.
const ROW: usize = 100;
/// Most sections of a list.
const LISTED: usize = 20;
/// Most characters of a question's id.
const ID: usize = 40;
/// Characters before the value of a question's row.
const LABEL: usize = 17;

/// The whole diff for a terminal, at most 100 characters a row, safe to print.
pub fn text(diff: &Diff) -> String {
    let mut out = origins(diff);
    let _ = writeln!(out, "\n{}", words::headline(diff));
    for sentence in words::missing(diff)
        .into_iter()
        .chain(words::significance(diff))
    {
        let _ = writeln!(out, "{sentence}");
    }
    let _ = write!(out, "\n{}", measures(diff));
    for (title, change) in [
        ("Lost", Change::Lost),
        ("Won", Change::Won),
        ("Moved", Change::Moved),
    ] {
        let mut questions = diff.of(change).peekable();
        if questions.peek().is_some() {
            let _ = writeln!(out, "\n{title}");
        }
        for asked in questions {
            out += "\n";
            out += &question(diff, asked);
        }
    }
    out += &sections(diff);
    out += &missing(diff);
    for note in &diff.notes {
        let _ = write!(out, "\nnote: {}\n", cut_words(note, ROW - 6));
    }
    out
}

/// What was compared, and with which questions.
fn origins(diff: &Diff) -> String {
    let mut out = String::new();
    for (label, side) in [("before", &diff.before), ("after", &diff.after)] {
        let size = format!(", {} sections", side.sections);
        let path = cut_path(&side.index, ROW - 11 - size.len());
        let _ = writeln!(out, "{label:<9}  {path}{size}");
    }
    for source in &diff.sources {
        let count = source.questions.to_string();
        let name = cut_path(&source.name, ROW - 16 - count.len());
        let _ = writeln!(out, "{:<9}  {count} from {name}", "questions");
    }
    out
}

fn measures(diff: &Diff) -> String {
    let header = [
        "",
        "questions",
        "before",
        "after",
        "difference",
        "95 % interval",
        "p",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for measure in &diff.measures {
        let mut row = vec![
            measure.measure.name().to_owned(),
            measure.questions.to_string(),
        ];
        row.extend(words::figures(measure));
        rows.push(row);
    }
    align(&rows)
}

fn question(diff: &Diff, question: &QuestionDiff) -> String {
    let id = cut_words(&question.id, ID);
    let room = ROW - 4 - id.chars().count();
    let mut out = format!("  {id}  {}\n", cut_words(&question.question, room));
    if diff.sources.len() > 1 {
        row(&mut out, "from", &cut_path(&question.source, ROW - LABEL));
    }
    change(&mut out, "first", words::first(question));
    let ranks = words::relevant(question);
    change(&mut out, "relevant", ranks.each_ref().map(String::as_str));
    if let Some(verdicts) = words::verdicts(question) {
        change(&mut out, "verdict", verdicts);
    }
    for (label, paths) in words::absent(&question.before.missing, &question.after.missing) {
        for path in paths {
            row(&mut out, label, &cut_path(path, ROW - LABEL));
        }
    }
    out
}

/// Both values in one row, or in two where they are long.
fn change(out: &mut String, label: &str, [before, after]: [&str; 2]) {
    let room = ROW - LABEL;
    if before == after {
        return row(out, label, &cut_path(before, room));
    }
    let one = format!("{} -> {}", printable_line(before), printable_line(after));
    if one.chars().count() <= room {
        return row(out, label, &one);
    }
    row(out, label, &cut_path(before, room));
    row(out, "", &format!("-> {}", cut_path(after, room - 3)));
}

fn row(out: &mut String, label: &str, value: &str) {
    let _ = writeln!(out, "    {label:<11}  {value}");
}

fn sections(diff: &Diff) -> String {
    let sections = &diff.sections;
    let mut out = format!(
        "\nSections: {} only before, {} only after, {} renamed, {} with other text, {} as before\n",
        sections.only_before.len(),
        sections.only_after.len(),
        sections.renamed.len(),
        sections.changed.len(),
        sections.same
    );
    list(&mut out, "only before", &sections.only_before);
    list(&mut out, "only after", &sections.only_after);
    let renamed = sections.renamed.iter();
    let half = |path| cut_path(path, (ROW - 8) / 2);
    let renamed =
        renamed.map(|rename| format!("{} -> {}", half(&rename.before), half(&rename.after)));
    list(&mut out, "renamed", &renamed.collect::<Vec<_>>());
    out
}

fn missing(diff: &Diff) -> String {
    let missing = &diff.missing;
    let mut out = String::new();
    if !missing.before.is_empty() || !missing.after.is_empty() {
        out += "\nRelevant sections that an index lacks, where they count as not found\n";
    }
    for (title, paths) in words::absent(&missing.before, &missing.after) {
        list(&mut out, title, &paths);
    }
    out
}

fn list(out: &mut String, title: &str, items: &[impl AsRef<str>]) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {title}");
    for item in items.iter().take(LISTED) {
        let _ = writeln!(out, "    {}", cut_path(item.as_ref(), ROW - 4));
    }
    if items.len() > LISTED {
        let _ = writeln!(out, "    and {} more", items.len() - LISTED);
    }
}
