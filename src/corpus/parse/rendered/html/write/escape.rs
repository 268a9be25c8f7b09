//! Text that Markdown would take for markup, made into text again ([CommonMark](https://spec.commonmark.org/)
//! with the extensions of GitHub).

/// Where a word stands, which says what would be markup in it.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) is_in_link: bool,
    pub(super) is_in_cell: bool,
    /// Whether blank space follows, or else what is not known yet.
    pub(super) is_before_blank: bool,
}

/// Adds a word of text, which has no blank space, to `out`.
pub(super) fn push_word(out: &mut String, word: &str, place: Place) {
    let is_special = |byte: u8| {
        matches!(
            byte,
            b'\\' | b'*' | b'_' | b'`' | b'<' | b'[' | b']' | b'~' | b'&' | b'|'
        )
    };
    let bytes = word.as_bytes();
    let is_cut = !place.is_before_blank;
    let mut written = 0;
    for at in 0..bytes.len() {
        if !is_special(bytes[at]) {
            continue;
        }
        out.push_str(&word[written..at]);
        written = at;
        let is_markup = match bytes[at] {
            b'_' => !is_inside_word(out, &word[at + 1..]),
            b'<' => bytes.get(at + 1).map_or(is_cut, |&next| opens_tag(next)),
            b']' => place.is_in_link,
            b'|' => place.is_in_cell,
            b'&' => is_entity(&bytes[at + 1..], is_cut),
            _ => true,
        };
        if is_markup {
            out.push('\\');
        }
    }
    out.push_str(&word[written..]);
}

/// Underscores between letters are no emphasis.
fn is_inside_word(before: &str, after: &str) -> bool {
    before.ends_with(char::is_alphanumeric) && after.starts_with(char::is_alphanumeric)
}

/// Whether a tag may begin with `<` before `next`.
fn opens_tag(next: u8) -> bool {
    next.is_ascii_alphabetic() || matches!(next, b'/' | b'!' | b'?')
}

/// Whether an entity may begin with `&` before `after`, to which more may be added if it `is_cut`. The longest
/// name of an entity has 31 letters.
fn is_entity(after: &[u8], is_cut: bool) -> bool {
    let name = after
        .iter()
        .take(32)
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'#')
        .count();
    match after.get(name) {
        Some(b';') => name > 0,
        Some(_) => false,
        None => is_cut,
    }
}

/// The place in a line of a paragraph before which a backslash must stand, if the line would begin a block.
pub(super) fn block_mark(line: &str) -> Option<usize> {
    let first = *line.as_bytes().first()?;
    let is_made_of = |marks: &str| line.chars().all(|char| marks.contains(char));
    let is_mark = match first {
        b'>' => true,
        b'#' => {
            let rest = line.trim_start_matches('#');
            line.len() - rest.len() <= 6 && (rest.is_empty() || rest.starts_with(' '))
        }
        b'-' | b'+' => line[1..].is_empty() || line[1..].starts_with(' ') || is_made_of("-:| "),
        b'=' => is_made_of("= "),
        b':' | b'|' => is_made_of("-:| "),
        b'0'..=b'9' => {
            let digits = line.bytes().take_while(u8::is_ascii_digit).count();
            let rest = &line[digits..];
            let is_number = digits <= 9
                && rest.starts_with(['.', ')'])
                && (rest.len() == 1 || rest[1..].starts_with(' '));
            return is_number.then_some(digits);
        }
        _ => false,
    };
    is_mark.then_some(0)
}

/// What an escaped line of one line only, such as that of a heading, must not end with.
pub(super) fn end_mark(line: &str) -> bool {
    line.ends_with('#')
}

/// A destination as Markdown has it between parentheses, or `None` if it is a program or nothing.
pub(super) fn destination(href: &str) -> Option<String> {
    let href: String = href
        .trim()
        .chars()
        .filter(|char| !char.is_control())
        .collect();
    let scheme = href.split(['/', '?', '#']).next().unwrap_or_default();
    let scheme = scheme
        .split_once(':')
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    let is_program = matches!(scheme.as_deref(), Some("javascript" | "data" | "vbscript"));
    if is_program || href.is_empty() {
        return None;
    }
    let mut out = String::with_capacity(href.len());
    for (at, char) in href.char_indices() {
        match char {
            ' ' => out.push_str("%20"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            '|' => out.push_str("%7C"),
            '`' => out.push_str("%60"),
            '&' if is_entity(&href.as_bytes()[at + 1..], false) => out.push_str("&amp;"),
            char if char.is_whitespace() => out.push_str("%20"),
            char => out.push(char),
        }
    }
    Some(out)
}

/// `code`, on one line, as a code span.
pub(super) fn code_span(code: &str, is_in_cell: bool) -> String {
    let fence = "`".repeat(longest_run(code, '`') + 1);
    let pad = if code.starts_with('`') || code.ends_with('`') {
        " "
    } else {
        ""
    };
    let span = format!("{fence}{pad}{code}{pad}{fence}");
    if is_in_cell {
        // Rows are cut into cells before anything else is read in them.
        span.replace('|', "\\|")
    } else {
        span
    }
}

/// The length of the longest run of `mark` in `text`.
pub(super) fn longest_run(text: &str, mark: char) -> usize {
    let (mut longest, mut run) = (0, 0);
    for char in text.chars() {
        run = if char == mark { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
