//! Text from documents, made safe to print.
//!
//! A document can hold escape sequences that recolour, retitle or rewrite a terminal, and
//! bidirectional controls that show text in another order than it has. Whatever comes out of a
//! corpus and goes to people passes through here. Such a character is shown as `\u{1b}`.

use std::borrow::Cow;
use std::error::Error;
use std::iter;

/// `text` on one line: line breaks and tabs become spaces, control characters are escaped.
pub fn printable_line(text: &str) -> Cow<'_, str> {
    escape(text, |c| {
        matches!(c, '\n' | '\r' | '\t').then_some(Cow::Borrowed(" "))
    })
}

/// `text` with its line breaks and tabs; other control characters are escaped.
pub fn printable_text(text: &str) -> Cow<'_, str> {
    escape(text, |c| match c {
        '\n' => Some(Cow::Borrowed("\n")),
        '\t' => Some(Cow::Borrowed("\t")),
        _ => None,
    })
}

/// JSON as it is, but for control characters that JSON itself allows in strings: those become
/// `\u` escapes, which mean the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    escape(json, |c| {
        Some(Cow::Owned(format!("\\u{:04x}", u32::from(c))))
    })
}

/// `error` and its causes, but for those that its message tells already.
pub fn printable_error(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in iter::successors(error.source(), |&cause| cause.source()) {
        let cause = cause.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    printable_text(&text).into_owned()
}

/// Whether a terminal may act on `c` instead of showing it: the control characters C0, DEL and C1,
/// and the controls of bidirectional text.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Puts `shown` in place of each unsafe character, or its escape where that is `None`.
fn escape(text: &str, shown: impl Fn(char) -> Option<Cow<'static, str>>) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if !is_unsafe(c) {
            printable.push(c);
        } else if let Some(shown) = shown(c) {
            printable.push_str(&shown);
        } else {
            printable.extend(c.escape_unicode());
        }
    }
    Cow::Owned(printable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harmless_text_is_not_copied() {
        let text = "naïve 日本語 → 🦀";
        assert!(matches!(printable_line(text), Cow::Borrowed(same) if same == text));
        assert!(matches!(printable_json(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn controls_are_escaped() {
        assert_eq!(
            printable_text("a\u{1b}[31m\tb\nc\u{7f}\u{9b}\r\u{202e}d\u{2066}\0"),
            "a\\u{1b}[31m\tb\nc\\u{7f}\\u{9b}\\u{d}\\u{202e}d\\u{2066}\\u{0}"
        );
        assert_eq!(printable_line("a\tb\r\nc\u{7}"), "a b  c\\u{7}");
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot {doing}")]
    struct Failure {
        doing: &'static str,
        source: std::io::Error,
    }

    #[test]
    fn causes_are_told_once() {
        let told = |doing| {
            let source = std::io::Error::other("\u{7}full");
            printable_error(&Failure { doing, source })
        };
        assert_eq!(told("write"), "cannot write: \\u{7}full");
        assert_eq!(told("write: \u{7}full"), "cannot write: \\u{7}full");
    }

    #[test]
    fn escaped_json_means_the_same() {
        let text = "\u{1b}[2J \u{9b} \u{7f} \u{202e} \"quoted\"";
        let json = serde_json::to_string(text).unwrap();
        let printable = printable_json(&json);
        assert!(!printable.contains(is_unsafe));
        assert_eq!(serde_json::from_str::<String>(&printable).unwrap(), text);
    }
}
