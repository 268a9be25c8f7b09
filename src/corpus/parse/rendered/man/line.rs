//! How a line of roff is made up: names, requests, arguments.

/// The longest name of anything, and the longest argument of an escape, in characters.
pub(super) const MAX_NAME: usize = 256;

/// The name behind an escape, `x`, `(xx` or `[xxx]`, and what follows it.
pub(super) fn name(text: &str) -> (&str, &str) {
    let width = |text: &str, count: usize| {
        text.char_indices()
            .nth(count)
            .map_or(text.len(), |(at, _)| at)
    };
    if let Some(long) = text.strip_prefix('[') {
        let near = &long[..width(long, MAX_NAME)];
        return match near.find(']') {
            Some(end) => (&long[..end], &long[end + 1..]),
            None => ("", long),
        };
    }
    match text.strip_prefix('(') {
        Some(two) => two.split_at(width(two, 2)),
        None => text.split_at(width(text, 1)),
    }
}

/// The name of a request and the rest of its line; nothing for text.
pub(super) fn request(line: &str) -> Option<(&str, &str)> {
    let line = line
        .strip_prefix(['.', '\''])?
        .trim_start_matches([' ', '\t']);
    let end = line.find([' ', '\t']).unwrap_or(line.len());
    let end = line[..end].find("\\").filter(|&at| at > 0).unwrap_or(end);
    let (name, rest) = line.split_at(end);
    match name.starts_with('\\') {
        // The end of a condition's block stands like a request.
        true => Some(("", line)),
        false => Some((name, rest.trim_start_matches(' '))),
    }
}

/// The first word, and what follows it.
pub(super) fn split_word(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let end = text.find([' ', '\t']).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start_matches([' ', '\t']))
}

/// How many blocks of conditions a line opens, less those that it ends.
pub(super) fn braces(line: &str) -> isize {
    let count = |mark: &str| isize::try_from(line.matches(mark).count()).unwrap_or(isize::MAX);
    count("\\{") - count("\\}")
}

/// Whether a line goes on on the next one.
pub(super) fn ends_in_escape(line: &str) -> bool {
    let marks = line.bytes().rev().take_while(|&byte| byte == b'\\').count();
    marks % 2 == 1 && !line.contains("\\\"")
}

/// An argument of a macro.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Argument {
    pub(super) text: String,
    pub(super) is_quoted: bool,
}

/// The arguments of a macro: apart by spaces, except within quotation marks and behind a backslash.
pub(super) fn arguments(rest: &str) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let mut rest = rest.trim_start_matches([' ', '\t']);
    while !rest.is_empty() {
        let is_quoted = rest.starts_with('"');
        let mut text = String::new();
        let mut chars = rest.chars().skip(usize::from(is_quoted)).peekable();
        let mut taken = usize::from(is_quoted);
        while let Some(c) = chars.next() {
            taken += c.len_utf8();
            match c {
                '\\' => {
                    text.push(c);
                    if let Some(c) = chars.next() {
                        taken += c.len_utf8();
                        text.push(c);
                    }
                }
                '"' if is_quoted && chars.peek() == Some(&'"') => {
                    chars.next();
                    taken += 1;
                    text.push('"');
                }
                '"' if is_quoted => break,
                ' ' | '\t' if !is_quoted => break,
                c => text.push(c),
            }
        }
        arguments.push(Argument { text, is_quoted });
        rest = rest[taken..].trim_start_matches([' ', '\t']);
    }
    arguments
}
