//! Markdown made of plain text, and Markdown of one text within that of another: CommonMark 0.31 with tables.

use crate::corpus::fences::{Fence, fence_after};
use crate::corpus::parse::rendition::Rendition;

#[cfg(test)]
mod tests;

/// A line and the line of the file that it comes from.
pub(super) type Line = (String, u32);

/// `text`, which is one line, so that Markdown reads every character of it as it is, within a line.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let after = rest.as_str().chars().next();
        if is_markup(before, c, after) {
            escaped.push('\\');
        }
        match c {
            // Other line ends, and a mark that docent's reader of Markdown uses.
            '\r' | '\n' | '\0' => escaped.push(' '),
            _ => escaped.push(c),
        }
        before = Some(c);
    }
    escaped
}

fn is_markup(before: Option<char>, c: char, after: Option<char>) -> bool {
    let is_in_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '*' | '`' => true,
        '_' => !(is_in_word(before) && is_in_word(after)),
        '\\' => after.is_none_or(|c| c.is_ascii_punctuation()),
        '<' => after.is_none_or(|c| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?')),
        '&' => after.is_none_or(|c| c.is_ascii_alphabetic() || c == '#'),
        // A home folder begins nothing, since no mark is left that could end it.
        '~' => !(before.is_none_or(char::is_whitespace) && matches!(after, Some('/' | ' '))),
        ']' => after.is_none_or(|c| matches!(c, '(' | '[' | ':')),
        _ => false,
    }
}

/// A line that was escaped, so that nothing at its beginning is markup of a block either.
pub(super) fn at_line_start(line: &str) -> String {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = &line[digits..];
    if digits > 0 && rest.starts_with(['.', ')']) {
        return format!("{}\\{rest}", &line[..digits]);
    }
    match line.starts_with(['#', '>', '-', '+', '=', '|', '[', ':']) {
        true => format!("\\{line}"),
        false => line.to_owned(),
    }
}

/// `text` as that of a heading, where its end is neither attributes nor marks that close it.
pub(super) fn heading(text: &str) -> String {
    let text = escape(text);
    let (rest, end) = match text.chars().last() {
        Some('}') => (&text[..text.len() - 1], "&#125;"),
        Some('#') => (&text[..text.len() - 1], "\\#"),
        _ => (text.as_str(), ""),
    };
    format!("{rest}{end}")
}

/// Markdown on one line, where nothing of it begins a block.
pub(super) fn one_line(markdown: &str) -> String {
    markdown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text as a cell of a table: on one line, with what would end the cell escaped.
pub(super) fn cell(markdown: &str) -> String {
    one_line(markdown).replace('|', "\\|")
}

/// `text`, which is one line, as code within a line; nothing if there is none.
pub(super) fn code(text: &str) -> String {
    let text = text.trim().replace(['\r', '\n', '\0'], " ");
    if text.is_empty() {
        return text;
    }
    let ticks = "`".repeat(longest_run(&text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    format!("{ticks}{pad}{text}{pad}{ticks}")
}

fn longest_run(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or(0)
}

/// `lines` as a block of code in `language`, each behind `indent`; blank lines at both ends are left out.
pub(super) fn push_code(out: &mut Rendition, indent: &str, language: &str, lines: &[Line]) {
    let is_text = |line: &Line| !line.0.trim().is_empty();
    let (Some(first), Some(last)) = (
        lines.iter().position(is_text),
        lines.iter().rposition(is_text),
    ) else {
        return;
    };
    let lines = &lines[first..=last];
    let runs = lines.iter().map(|(line, _)| longest_run(line, '`'));
    let fence = "`".repeat(runs.max().unwrap_or(0).max(2) + 1);
    let language: String = language
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '+' | '-' | '#' | '.' | '_'))
        .take(40)
        .collect();
    out.end_block();
    out.push_line(
        &format!("{indent}{fence}{}", language.to_lowercase()),
        lines[0].1,
    );
    for (line, file_line) in lines {
        let line = line.replace(['\r', '\n', '\0'], " ");
        out.push_line(format!("{indent}{line}").trim_end(), *file_line);
    }
    out.push_line(&format!("{indent}{fence}"), lines[lines.len() - 1].1);
    out.end_block();
}

/// Adds Markdown of a text of its own: its headings are `deeper` levels further down, and what it leaves open
/// ends with it. Says whether it has a heading of the first level.
pub(super) fn push_markdown(out: &mut Rendition, lines: &[Line], deeper: usize) -> bool {
    let mut has_h1 = false;
    let mut open = Open::Nothing;
    out.end_block();
    for (at, (line, file_line)) in lines.iter().enumerate() {
        let line = line.replace(['\r', '\n', '\0'], " ");
        let is_markdown = matches!(open, Open::Nothing);
        open = open.after(&line);
        let heading = Heading::of(&line).filter(|_| is_markdown);
        let underline = lines
            .get(at + 1)
            .filter(|_| is_markdown && heading.is_none());
        let is_title = underline.is_some_and(|(below, _)| is_underline(&line, below, '='));
        has_h1 |= is_title || heading.as_ref().is_some_and(|heading| heading.level == 1);
        match heading {
            Some(heading) => {
                let marks = "#".repeat((heading.level + deeper).min(6));
                out.push_line(&format!("{marks} {}", heading.text), *file_line);
            }
            // Its underline below is then that of nothing.
            None if is_title && deeper > 0 => {
                let marks = "#".repeat((1 + deeper).min(6));
                out.push_line(&format!("{marks} {}", line.trim()), *file_line);
            }
            None if is_markdown && deeper > 0 && is_mark(&line, '=') => {}
            // A rule after text would make a heading of it.
            None if is_markdown && is_mark(&line, '-') && (deeper > 0 || out.text.is_empty()) => {
                out.push_line("***", *file_line);
            }
            None => out.push_line(&line, *file_line),
        }
    }
    if let (Some(end), Some((_, file_line))) = (open.end(), lines.last()) {
        out.push_line(&end, *file_line);
    }
    out.end_block();
    has_h1
}

/// What a Markdown text has open after a line.
enum Open {
    Nothing,
    /// A fence, and what stands before its marks on each of its lines.
    Fence(Fence, String),
    /// A block of HTML that only this ends.
    Html(&'static str),
}

/// How the blocks of HTML begin that blank lines do not end, and what ends them.
const HTML: [(&str, &str); 7] = [
    ("<!--", "-->"),
    ("<![CDATA[", "]]>"),
    ("<?", "?>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("<pre", "</pre>"),
    ("<textarea", "</textarea>"),
];

impl Open {
    fn after(self, line: &str) -> Self {
        match self {
            Self::Nothing => Self::at(line),
            Self::Fence(fence, before) => {
                let quotes = before.contains('>');
                let has_left = quotes && !line.trim_start().starts_with('>');
                let content = line.trim_start_matches([' ', '\t', '>']);
                let indent = line.len() - line.trim_start_matches(' ').len();
                let is_inner = indent > before.len().max(3);
                match fence_after(Some(fence), content) {
                    None if is_inner => Self::Fence(fence, before),
                    Some(fence) if !has_left => Self::Fence(fence, before),
                    _ => Self::Nothing,
                }
            }
            Self::Html(end) if line.to_ascii_lowercase().contains(end) => Self::Nothing,
            Self::Html(end) => Self::Html(end),
        }
    }

    /// What a line opens where nothing is open.
    fn at(line: &str) -> Self {
        // Code by its indent, or within a list, with which it ends.
        if line.starts_with("    ") || line.starts_with('\t') {
            return Self::Nothing;
        }
        let marks = |c: char| " \t>-*+.)".contains(c) || c.is_ascii_digit();
        let content = line.trim_start_matches(marks);
        let before = &line[..line.len() - content.len()];
        let is_apart = before.is_empty() || before.ends_with([' ', '\t', '>']);
        if let Some(fence) = fence_after(None, content).filter(|_| is_apart) {
            let space = |c: char| if matches!(c, '>' | '\t') { c } else { ' ' };
            return Self::Fence(fence, before.chars().map(space).collect());
        }
        let lower = line.trim_start().to_ascii_lowercase();
        let html = HTML
            .iter()
            .find(|(begin, _)| lower.starts_with(&begin.to_ascii_lowercase()));
        match html {
            Some((begin, end)) if !lower[begin.len()..].contains(end) => Self::Html(end),
            _ => Self::Nothing,
        }
    }

    /// The line that ends it.
    fn end(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Fence((mark, length), before) => {
                Some(format!("{before}{}", mark.to_string().repeat(*length)))
            }
            Self::Html(end) => Some((*end).to_owned()),
        }
    }
}

struct Heading<'a> {
    level: usize,
    text: &'a str,
}

impl<'a> Heading<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let marks = line.trim_start_matches(' ');
        let text = marks.trim_start_matches('#');
        let level = marks.len() - text.len();
        let is_heading = line.len() - marks.len() < 4
            && (1..=6).contains(&level)
            && (text.is_empty() || text.starts_with([' ', '\t']));
        is_heading.then(|| Self {
            level,
            text: text.trim(),
        })
    }
}

/// Whether `below` makes a heading of `line`.
fn is_underline(line: &str, below: &str, mark: char) -> bool {
    let is_text = !line.trim().is_empty() && !line.starts_with("    ");
    is_text && !is_mark(line, mark) && is_mark(below, mark)
}

/// Whether a line is made of `mark` alone.
fn is_mark(line: &str, mark: char) -> bool {
    let marks = line.trim();
    !marks.is_empty() && !line.starts_with("    ") && marks.chars().all(|c| c == mark)
}
