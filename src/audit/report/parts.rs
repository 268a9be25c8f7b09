//! What all parts of the page are made of. Text that comes from the docs passes through here.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::audit::{Place, Severity};
use crate::terminal::printable_line;

/// All severities, the worst first.
pub(super) const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

/// `text` of the docs, in which no character can hide or turn around its neighbours.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    printable_line(text)
}

/// A path, which may break after each slash. Each part is a unit of its own, so that names that run from
/// right to left do not change places.
pub(super) fn path(path: &str) -> Markup {
    html! {
        code { @for part in plain(path).split_inclusive('/') { span { (part) } wbr; } }
    }
}

/// A line of a file.
pub(super) fn place(at: &Place) -> Markup {
    path(&at.to_string())
}

/// `1 error`, `2 errors`.
pub(super) fn count(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// How many there are of each severity, the worst first: `1 error, 2 notes`.
pub(super) fn counts(counts: &[usize; 3]) -> String {
    let some = SEVERITIES.iter().zip(counts).filter(|(_, n)| **n > 0);
    let words: Vec<String> = some
        .map(|(severity, &n)| count(n, &severity.to_string()))
        .collect();
    words.join(", ")
}

/// A severity as a word with a sign of its own shape.
pub(super) fn severity(severity: Severity) -> Markup {
    html! {
        span class={ "severity " (severity) } {
            svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" {
                @match severity {
                    Severity::Error => path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" {},
                    Severity::Warning => path d="M8 1l7 14H1z" {},
                    Severity::Note => circle cx="8" cy="8" r="5" {},
                }
            }
            (severity)
        }
    }
}

/// The first `shown` of `items`, with the others folded below. `list` makes a list or table of some.
pub(super) fn folded<T>(
    items: &[T],
    shown: usize,
    noun: &str,
    list: impl Fn(&[T]) -> Markup,
) -> Markup {
    let (first, others) = items.split_at(shown.min(items.len()));
    html! {
        (list(first))
        @if !others.is_empty() {
            details {
                summary { (count(others.len(), &format!("more {noun}"))) }
                (list(others))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_words() {
        assert_eq!(count(0, "note"), "0 notes");
        assert_eq!(counts(&[1, 0, 2]), "1 error, 2 notes");
        assert_eq!(counts(&[0, 0, 0]), "");
    }

    #[test]
    fn text_of_the_docs_is_inert() {
        let hostile = "a/<b>\u{202e}\n\"c\"&";
        assert_eq!(
            path(hostile).into_string(),
            "<code><span>a/</span><wbr>\
             <span>&lt;b&gt;\\u{202e} &quot;c&quot;&amp;</span><wbr></code>"
        );
    }

    #[test]
    fn what_is_over_is_folded() {
        let list = |items: &[u8]| html! { @for item in items { i { (item) } } };
        let page = |shown| folded(&[1, 2, 3], shown, "thing", list).into_string();
        assert_eq!(page(3), "<i>1</i><i>2</i><i>3</i>");
        assert_eq!(
            page(1),
            "<i>1</i><details><summary>2 more things</summary><i>2</i><i>3</i></details>"
        );
    }
}
