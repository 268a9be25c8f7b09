//! Escapes within text, as groff_char(7) and roff(7) have them: characters, fonts, and motions, which are no text.

use super::characters;
use super::line;

/// How text stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Style {
    #[default]
    Roman,
    Bold,
    Italic,
    Code,
}

/// Text in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) text: String,
    pub(super) style: Style,
}

impl Span {
    pub(super) fn roman(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            style: Style::Roman,
        }
    }
}

/// The font that escapes have chosen, and the one before it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Font {
    pub(super) current: Style,
    previous: Style,
}

impl Font {
    pub(super) fn of(style: Style) -> Self {
        Self {
            current: style,
            ..Self::default()
        }
    }

    pub(super) fn choose(&mut self, name: &str) {
        let next = match name {
            "B" | "3" | "BI" | "4" => Style::Bold,
            "I" | "2" => Style::Italic,
            "P" | "" => self.previous,
            name if name.starts_with('C') || name == "V" => Style::Code,
            _ => Style::Roman,
        };
        self.previous = std::mem::replace(&mut self.current, next);
    }
}

pub(super) fn plain(spans: &[Span]) -> String {
    spans.iter().map(|span| span.text.as_str()).collect()
}

/// Text without escapes, in pieces of one style.
#[derive(Default)]
pub(super) struct Text {
    pub(super) spans: Vec<Span>,
    /// Whether the next line goes on where this one ends.
    pub(super) is_open: bool,
}

impl Text {
    pub(super) fn push(&mut self, text: &str, style: Style) {
        match self.spans.last_mut() {
            Some(last) if last.style == style => last.text.push_str(text),
            _ if text.is_empty() => {}
            _ => self.spans.push(Span {
                text: text.to_owned(),
                style,
            }),
        }
    }
}

/// Reads `source` from `font` on.
pub(super) fn read(source: &str, font: &mut Font) -> Text {
    let mut text = Text::default();
    let mut rest = source;
    while let Some(at) = rest.find('\\') {
        text.push(&rest[..at], font.current);
        rest = escape(&rest[at + 1..], font, &mut text);
    }
    text.push(rest, font.current);
    text
}

/// Reads what follows a backslash, and says what follows that.
fn escape<'a>(source: &'a str, font: &mut Font, text: &mut Text) -> &'a str {
    let Some(kind) = source.chars().next() else {
        return source;
    };
    let rest = &source[kind.len_utf8()..];
    let style = font.current;
    match kind {
        'e' | '\\' | 'E' => text.push("\\", style),
        ' ' | '~' | '0' => text.push(" ", style),
        't' => text.push("\t", style),
        '&' | '|' | '^' | ')' | '%' | ':' | '/' | ',' | '{' | '}' | '!' | '?' | 'u' | 'd' | 'r'
        | 'p' | 'a' => {}
        'c' => text.is_open = true,
        '"' | '#' => return "",
        'f' => {
            let (name, after) = line::name(rest);
            font.choose(name);
            return after;
        }
        '(' | '[' => {
            let (name, after) = line::name(source);
            text.push(&characters::of_name(name), style);
            return after;
        }
        'C' | 'N' => {
            let (name, after) = delimited(rest);
            match kind {
                'C' => text.push(&characters::of_name(name), style),
                _ => text.push(&characters::of_name(&format!("char{name}")), style),
            }
            return after;
        }
        // A move to the right keeps words apart.
        'h' => {
            let (distance, after) = delimited(rest);
            let is_forward = distance
                .trim_start_matches(['+', '|'])
                .starts_with(|c: char| c.is_ascii_digit());
            text.push(
                if is_forward && !distance.starts_with('0') {
                    " "
                } else {
                    ""
                },
                style,
            );
            return after;
        }
        'o' | 'Z' => {
            let (inner, after) = delimited(rest);
            let shown = inner.chars().next().filter(|&c| kind == 'o' && c != '\\');
            text.push(&shown.map(String::from).unwrap_or_default(), style);
            return after;
        }
        'v' | 'w' | 'l' | 'L' | 'D' | 'b' | 'x' | 'X' | 'H' | 'S' | 'R' | 'A' | 'B' => {
            return delimited(rest).1;
        }
        's' => return size(rest),
        'k' | 'm' | 'M' | 'F' | 'g' | 'V' | 'Y' | 'O' => return line::name(rest).1,
        'z' => {}
        '-' => text.push("-", style),
        '\'' => text.push("'", style),
        _ => text.push(&source[..kind.len_utf8()], style),
    }
    rest
}

/// What stands between a character and the same again, and what follows.
fn delimited(source: &str) -> (&str, &str) {
    let Some(delimiter) = source.chars().next() else {
        return ("", "");
    };
    let inner = &source[delimiter.len_utf8()..];
    let near = inner
        .char_indices()
        .nth(line::MAX_NAME)
        .map_or(inner.len(), |(at, _)| at);
    match inner[..near].find(delimiter) {
        Some(end) => (&inner[..end], &inner[end + delimiter.len_utf8()..]),
        None => ("", inner),
    }
}

/// What follows a size: `\s2`, `\s-1`, `\s(10`, `\s[12]`, `\s'8'`.
fn size(source: &str) -> &str {
    let unsigned = source.trim_start_matches(['+', '-']);
    match unsigned.chars().next() {
        Some('\'') => delimited(unsigned).1,
        Some('(' | '[') => line::name(unsigned).1.trim_start_matches(['+', '-']),
        // Only these begin two digits.
        Some('1'..='3') if unsigned.len() == source.len() => {
            let after = &unsigned[1..];
            after
                .strip_prefix(|c: char| c.is_ascii_digit())
                .unwrap_or(after)
        }
        Some('0'..='9') => &unsigned[1..],
        _ => unsigned,
    }
}
