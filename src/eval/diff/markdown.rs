//! The diff as Markdown, for a comment or the summary of a job.
//!
//! Whatever comes from documents, question files and paths stands in code spans. There a renderer sees no
//! markup and no HTML, and hosts make no links, mentions and references of what is in one.

use std::fmt::Write;

use super::words::{self, cut_path, cut_words};
use super::{Change, Diff, QuestionDiff};

/// Most entries of a list: hosts refuse comments of more than some 65,000 characters.
const LISTED: usize = 30;
/// Most characters of a question.
const QUESTION: usize = 160;
/// Most characters of a path.
const PATH: usize = 100;

/// A headline, a table of measures, and what changed in folded lists.
pub fn markdown(diff: &Diff) -> String {
    let mut out = format!(
        "### docent: {}\n\n{}\n\n{}",
        words::headline(diff),
        words::significance(diff).join(" "),
        measures(diff)
    );
    if let Some(missing) = words::missing(diff) {
        let _ = write!(out, "\n{missing}\n");
    }
    for (title, change) in [
        ("Lost", Change::Lost),
        ("Won", Change::Won),
        ("Moved", Change::Moved),
    ] {
        let questions = diff.of(change).map(|asked| question(diff, asked));
        list(&mut out, title, questions.collect());
    }
    sections(&mut out, diff);
    for (place, paths) in words::absent(&diff.missing.before, &diff.missing.after) {
        let title = format!("Relevant sections {place}");
        list(&mut out, &title, code_paths(&paths));
    }
    for note in &diff.notes {
        let _ = write!(out, "\nNote: {}\n", code(note));
    }
    let _ = write!(out, "\n{}\n", origins(diff));
    out
}

fn measures(diff: &Diff) -> String {
    let mut out = "| measure | questions | before | after | difference | 95 % interval | p |\n\
                   |---|--:|--:|--:|--:|--:|--:|\n"
        .to_owned();
    for measure in &diff.measures {
        let figures = words::figures(measure).join(" | ").replace('<', "&lt;");
        let name = measure.measure.name();
        let _ = writeln!(out, "| {name} | {} | {figures} |", measure.questions);
    }
    out
}

/// What became of a question, in one line that begins with words of docent's own.
fn question(diff: &Diff, question: &QuestionDiff) -> String {
    let mut facts = vec![
        format!("first {}", change(words::first(question).map(code_path))),
        format!("relevant {}", change(words::relevant(question))),
    ];
    if let Some(verdicts) = words::verdicts(question) {
        facts.push(change(verdicts.map(str::to_owned)));
    }
    for (place, paths) in words::absent(&question.before.missing, &question.after.missing) {
        if !paths.is_empty() {
            facts.push(format!("{place}: {}", code_paths(&paths).join(", ")));
        }
    }
    let from = match diff.sources.len() {
        1 => String::new(),
        _ => format!(" from {}", code_path(&question.source)),
    };
    format!(
        "asked {}: {}{from}<br>{}",
        code(&cut_words(&question.id, PATH)),
        code(&cut_words(&question.question, QUESTION)),
        facts.join("; ")
    )
}

fn change([before, after]: [String; 2]) -> String {
    if before == after {
        return before;
    }
    format!("{before} → {after}")
}

fn sections(out: &mut String, diff: &Diff) {
    let sections = &diff.sections;
    for (title, paths) in [
        ("Sections only before", &sections.only_before),
        ("Sections only after", &sections.only_after),
        ("Sections with another text", &sections.changed),
    ] {
        list(out, title, code_paths(paths));
    }
    let renamed = sections.renamed.iter().map(|rename| {
        let paths = [&rename.before, &rename.after];
        change(paths.map(|path| code_path(path)))
    });
    list(out, "Sections renamed", renamed.collect());
}

fn list(out: &mut String, title: &str, items: Vec<String>) {
    if items.is_empty() {
        return;
    }
    let all = items.len();
    let _ = write!(out, "\n<details><summary>{title}: {all}</summary>\n\n");
    for item in items.iter().take(LISTED) {
        let _ = writeln!(out, "- {item}");
    }
    if all > LISTED {
        let _ = writeln!(out, "- and {} more", all - LISTED);
    }
    *out += "\n</details>\n";
}

/// What was compared, and with which questions.
fn origins(diff: &Diff) -> String {
    let sources: Vec<String> = diff
        .sources
        .iter()
        .map(|source| format!("{} from {}", source.questions, code_path(&source.name)))
        .collect();
    format!(
        "Before: {}, {} sections. After: {}, {} sections. Questions: {}.",
        code_path(&diff.before.index),
        diff.before.sections,
        code_path(&diff.after.index),
        diff.after.sections,
        sources.join(", ")
    )
}

fn code_path(path: &str) -> String {
    code(&cut_path(path, PATH))
}

fn code_paths(paths: &[impl AsRef<str>]) -> Vec<String> {
    let paths = paths.iter();
    paths.map(|path| code_path(path.as_ref())).collect()
}

/// `text`, which has no line break, as a code span: in more backticks than it has in a row itself.
fn code(text: &str) -> String {
    let runs = text.split(|c| c != '`').map(str::len);
    let fence = "`".repeat(runs.max().unwrap_or(0) + 1);
    // A space on each side is taken off again: it parts backticks from the fence. What is blank needs one
    // to be a span.
    let is_bare = !text.trim().is_empty() && !text.starts_with('`') && !text.ends_with('`');
    let space = if is_bare { "" } else { " " };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_has_a_longer_fence_than_its_text() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a `b` ``c"), "```a `b` ``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code(""), "`  `");
    }
}
