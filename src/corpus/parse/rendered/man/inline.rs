//! Text in styles as Markdown within a line.
//!
//! Whether asterisks and underscores are marks depends on what stands beside them (CommonMark 0.31, 6.2): where
//! they would be none, text stays without marks.

use super::escape::{Span, Style, plain};
use crate::corpus::parse::rendered::markup;

/// The line, with what stands out in bold or italic letters or as code.
pub(super) fn markdown(spans: &[Span]) -> String {
    let spans = apart_from_spaces(spans);
    let marked: Vec<bool> = (0..spans.len())
        .map(|at| can_be_marked(&spans, at))
        .collect();
    let mut out = String::new();
    for (at, span) in spans.iter().enumerate() {
        let text = markup::escape(&span.text);
        match span.style {
            Style::Code => out.push_str(&markup::code(&span.text)),
            Style::Bold if marked[at] => out.push_str(&format!("**{text}**")),
            Style::Italic if marked[at] => match italic_mark(&spans, &marked, at) {
                Some(mark) => out.push_str(&format!("{mark}{text}{mark}")),
                None => out.push_str(&text),
            },
            _ => out.push_str(&text),
        }
    }
    out
}

/// What an item begins with, in bold letters unless it has a style of its own.
pub(super) fn tag(spans: &[Span]) -> String {
    let has_style = spans.iter().any(|span| span.style != Style::Roman);
    if has_style {
        return markup::at_line_start(markdown(spans).trim());
    }
    let bold = Span {
        text: plain(spans).trim().to_owned(),
        style: Style::Bold,
    };
    markdown(&[bold])
}

/// The spans, each without spaces at its ends unless it is roman, and neighbours of one style as one.
fn apart_from_spaces(spans: &[Span]) -> Vec<Span> {
    let mut apart: Vec<Span> = Vec::new();
    let mut push = |text: &str, style: Style| match apart.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.style == style => last.text.push_str(text),
        _ => apart.push(Span {
            text: text.to_owned(),
            style,
        }),
    };
    for span in spans {
        let start = span.text.trim_start();
        let inner = start.trim_end();
        push(&span.text[..span.text.len() - start.len()], Style::Roman);
        push(
            inner,
            if inner.is_empty() {
                Style::Roman
            } else {
                span.style
            },
        );
        push(&start[inner.len()..], Style::Roman);
    }
    apart
}

fn neighbours(spans: &[Span], at: usize) -> (Option<char>, Option<char>) {
    let before = at
        .checked_sub(1)
        .and_then(|at| spans[at].text.chars().last());
    let after = spans.get(at + 1).and_then(|span| span.text.chars().next());
    (before, after)
}

/// Whether marks at both ends of a span are read as such, marked or not as its neighbours may be.
fn can_be_marked(spans: &[Span], at: usize) -> bool {
    let text = &spans[at].text;
    let (before, after) = neighbours(spans, at);
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let is_open = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || c.is_ascii_punctuation());
    (is_word(text.chars().next()) || is_open(before))
        && (is_word(text.chars().last()) || is_open(after))
}

/// Underscores are no marks within words, asterisks none beside those of bold letters.
fn italic_mark(spans: &[Span], marked: &[bool], at: usize) -> Option<char> {
    let is_bold = |at: Option<usize>| {
        at.is_some_and(|at| {
            spans
                .get(at)
                .is_some_and(|span| span.style == Style::Bold && marked[at])
        })
    };
    let (before, after) = neighbours(spans, at);
    let is_word =
        |c: Option<char>| c.is_some_and(|c| !c.is_whitespace() && !c.is_ascii_punctuation());
    let (bold_before, bold_after) = (is_bold(at.checked_sub(1)), is_bold(Some(at + 1)));
    match () {
        () if (bold_before || !is_word(before)) && (bold_after || !is_word(after)) => Some('_'),
        () if !bold_before && !bold_after => Some('*'),
        () => None,
    }
}

/// The number that a line begins with as an item of a list does, and what follows it.
pub(super) fn numbered(line: &str) -> Option<(&str, &str)> {
    let (number, item) = line.split_once(' ')?;
    let digits = number.strip_suffix('.')?;
    let is_number =
        matches!(digits.len(), 1..=3) && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some((number, item))
}
