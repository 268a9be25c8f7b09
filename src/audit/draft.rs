//! A finding before it is sorted, and the phrases that findings are written with.

use std::collections::BTreeSet;

use super::finding::{Finding, Place, Rule, Severity};
use crate::analysis;

/// Most characters of words of the docs in a message.
const QUOTED: usize = 80;

/// A finding, with how much it matters among those of its rule.
pub(super) struct Draft {
    pub finding: Finding,
    pub weight: f64,
}

impl Draft {
    /// A finding without related places; `about` is what its key says beside the rule.
    pub fn new(rule: Rule, severity: Severity, place: Place, about: &[&str]) -> Self {
        let words = about
            .iter()
            .map(|words| words.split_whitespace().collect::<Vec<_>>().join(" "));
        let key = std::iter::once(rule.name().to_owned()).chain(words);
        Self {
            finding: Finding {
                rule,
                severity,
                place,
                message: String::new(),
                remedy: String::new(),
                related: Vec::new(),
                key: key.collect::<Vec<_>>().join(" | "),
            },
            weight: 0.0,
        }
    }

    pub fn says(mut self, message: String, remedy: String) -> Self {
        self.finding.message = message;
        self.finding.remedy = remedy;
        self
    }

    pub fn related(mut self, related: impl IntoIterator<Item = Place>) -> Self {
        self.finding.related.extend(related);
        self
    }

    pub fn weighing(mut self, weight: impl Into<f64>) -> Self {
        self.weight = weight.into();
        self
    }
}

/// The findings by falling severity, then by rule, then by weight, then by place.
pub(super) fn sorted(mut drafts: Vec<Draft>) -> Vec<Finding> {
    drafts.sort_by(|a, b| {
        let (x, y) = (&a.finding, &b.finding);
        let by_weight = b.weight.total_cmp(&a.weight);
        let first = y.severity.cmp(&x.severity).then(x.rule.cmp(&y.rule));
        first
            .then(by_weight)
            .then_with(|| (&x.place, &x.key).cmp(&(&y.place, &y.key)))
    });
    drafts.into_iter().map(|draft| draft.finding).collect()
}

pub(super) fn place(file: &str, line: u32) -> Place {
    Place {
        file: file.to_owned(),
        line,
    }
}

/// `text` in quotes, on one line, cut if it is long.
pub(super) fn quoted(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(QUOTED) {
        None => format!("\"{text}\""),
        Some((at, _)) => {
            let end = text[..at].rfind(' ').unwrap_or(at);
            format!("\"{} ...\"", &text[..end])
        }
    }
}

/// `1 question`, `2 questions`.
pub(super) fn count(number: usize, word: &str) -> String {
    match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    }
}

/// `a`, `a and b`, `a, b and c`; of more than `most`, the number of others.
pub(super) fn list(items: &[String], most: usize) -> String {
    let shown = &items[..items.len().min(most)];
    let rest = items.len() - shown.len();
    match (shown, rest) {
        (_, 1..) => format!("{} and {rest} more", shown.join(", ")),
        ([init @ .., last], 0) if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        _ => shown.join(", "),
    }
}

/// Distinct terms of a text.
pub(super) fn terms(text: &str) -> BTreeSet<String> {
    analysis::terms(text).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sentences() {
        let items = |n: usize| {
            ["a", "b", "c", "d"][..n]
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(list(&items(0), 3), "");
        assert_eq!(list(&items(1), 3), "a");
        assert_eq!(list(&items(3), 3), "a, b and c");
        assert_eq!(list(&items(4), 2), "a, b and 2 more");
        assert_eq!(count(1, "question"), "1 question");
        assert_eq!(quoted("a \n b"), "\"a b\"");
        assert_eq!(
            quoted(&"ab ".repeat(40)),
            format!("\"{} ...\"", ["ab"; 26].join(" "))
        );
    }

    #[test]
    fn what_matters_most_comes_first() {
        let draft = |severity, rule, weight: f64, file: &str| {
            Draft::new(rule, severity, place(file, 1), &[file]).weighing(weight)
        };
        let drafts = vec![
            draft(Severity::Note, Rule::BrokenLink, 9.0, "e"),
            draft(Severity::Warning, Rule::Confused, 1.0, "d"),
            draft(Severity::Warning, Rule::Confused, 2.0, "c"),
            draft(Severity::Warning, Rule::NeverFirst, 1.0, "b"),
            draft(Severity::Error, Rule::GuideProblem, 0.0, "a"),
        ];
        let files: String = sorted(drafts)
            .iter()
            .map(|f| f.place.file.as_str())
            .collect();
        assert_eq!(files, "abcde");
    }
}
