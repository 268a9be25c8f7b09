//! The inline markup of reStructuredText: what of a passage readers do not see.

use std::collections::HashMap;
use std::ops::Range;

use crate::corpus::parse::written::passage::{Ahead, Edit, Passage, Plain};
use crate::corpus::parse::written::source_lines::SourceLine;

/// What `|name|` stands for in a document.
pub(super) struct Substitutions {
    values: HashMap<String, String>,
    /// References to long values could make a text much longer than its source: this is how many bytes
    /// they may add to it.
    budget: usize,
}

impl Substitutions {
    /// Those that `lines` define, at whatever place.
    pub(super) fn of(lines: &[SourceLine<'_>]) -> Self {
        let mut found = Self {
            values: HashMap::new(),
            budget: 0,
        };
        let mut values = HashMap::new();
        for (at, line) in lines.iter().enumerate() {
            let definition = line
                .text
                .strip_prefix(".. |")
                .and_then(|rest| rest.split_once("| "));
            let Some((name, directive)) = definition else {
                continue;
            };
            let Some((kind, first)) = directive.split_once("::") else {
                continue;
            };
            let continued = lines[at + 1..].iter();
            let continued = continued.take_while(|it| !it.is_blank() && it.indent > line.indent);
            let rest = continued
                .map(|line| line.text)
                .filter(|text| !text.starts_with(':'));
            let text = std::iter::once(first.trim())
                .chain(rest)
                .collect::<Vec<_>>()
                .join(" ");
            let value = match kind.trim() {
                "replace" => {
                    let lines = plain(&Passage::new(&text, 0), &mut found);
                    Plain::join(lines, " ").text
                }
                "unicode" => text
                    .split_whitespace()
                    .map(character)
                    .collect::<Vec<_>>()
                    .concat(),
                _ => continue,
            };
            values.insert(name.to_lowercase(), value);
        }
        found.budget = lines.last().map_or(0, |line| line.start);
        found.values = values;
        found
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let value = self.values.get(&name.to_lowercase())?;
        self.budget = self.budget.checked_sub(value.len())?;
        Some(value.clone())
    }
}

/// The character that `0x2014`, `U+2014` or `\u2014` is the number of; other text as it is.
fn character(code: &str) -> String {
    let prefixes = ["0x", "U+", "u+", "\\u", "\\x", "x"];
    let digits = prefixes.iter().find_map(|prefix| code.strip_prefix(prefix));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    number
        .and_then(char::from_u32)
        .map_or_else(|| code.to_owned(), String::from)
}

/// The lines of `passage` as readers see them.
pub(super) fn plain(passage: &Passage, substitutions: &mut Substitutions) -> Vec<Plain> {
    let mut scanner = Scanner {
        text: &passage.text,
        ahead: Ahead::new(&passage.text),
        edits: Vec::new(),
        substitutions,
    };
    let mut at = 0;
    while at < passage.text.len() {
        at = scanner.step(at);
    }
    passage.lines(scanner.edits)
}

struct Scanner<'a, 'b> {
    text: &'a str,
    ahead: Ahead<'a>,
    edits: Vec<Edit>,
    substitutions: &'b mut Substitutions,
}

/// Names of roles, of substitutions and of references are looked for in this many bytes.
const MAX_NAME_BYTES: usize = 100;

/// Roles whose text holds no target in angle brackets.
const LITERAL_ROLES: [&str; 9] = [
    "code", "math", "literal", "kbd", "samp", "file", "command", "regexp", "expr",
];

/// Whether inline markup may begin behind `before`, with `after` behind its mark.
fn may_begin(before: Option<char>, after: Option<char>) -> bool {
    let Some(after) = after.filter(|c| !c.is_whitespace()) else {
        return false;
    };
    let quoted = [
        ('\'', '\''),
        ('"', '"'),
        ('(', ')'),
        ('[', ']'),
        ('{', '}'),
        ('<', '>'),
    ];
    before.is_none_or(|before| {
        let opens = before.is_whitespace()
            || "'\"([{<-/:".contains(before)
            || !before.is_ascii() && !before.is_alphanumeric();
        opens && !quoted.contains(&(before, after))
    })
}

/// Whether inline markup may end before `after`.
fn may_end(after: Option<char>) -> bool {
    after.is_none_or(|after| {
        after.is_whitespace()
            || "'\")]}>-/\\:.,;!?".contains(after)
            || !after.is_ascii() && !after.is_alphanumeric()
    })
}

/// Whether the mark of `length` bytes at `at` ends markup.
fn ends(text: &str, at: usize, length: usize) -> bool {
    let before = text[..at].chars().next_back();
    before.is_some_and(|c| !c.is_whitespace()) && may_end(text[at + length..].chars().next())
}

impl Scanner<'_, '_> {
    /// Where to go on behind what begins at `at`.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let next = match rest.as_bytes()[0] {
            b'\\' => Some(self.escape(at)),
            b'`' if rest.starts_with("``") => self.literal(at),
            b'`' => self.interpreted(at, at, ""),
            b':' => self.role(at),
            b'*' => self.emphasis(at),
            b'|' => self.substitution(at),
            b'_' => self.underscore(at),
            b'[' => self.note(at),
            _ => None,
        };
        next.unwrap_or_else(|| at + rest.chars().next().map_or(1, char::len_utf8))
    }

    fn before(&self, at: usize) -> Option<char> {
        self.text[..at].chars().next_back()
    }

    fn after(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    fn begins(&self, at: usize, length: usize) -> bool {
        may_begin(self.before(at), self.after(at + length))
    }

    fn drop(&mut self, range: Range<usize>) {
        self.edits.push(Edit::drop(range));
    }

    /// A backslash goes, with the blank space that it is before.
    fn escape(&mut self, at: usize) -> usize {
        let next = self.after(at + 1);
        let is_blank = next.is_some_and(|c| c == ' ' || c == '\t');
        self.drop(at..at + 1 + usize::from(is_blank));
        at + 1 + next.filter(|&c| c != '\n').map_or(0, char::len_utf8)
    }

    fn literal(&mut self, at: usize) -> Option<usize> {
        if !self.begins(at, 2) {
            return None;
        }
        let end = self.ahead.find_where("``", at + 3, |text, end| {
            ends(text, end, 2) && !text[end + 2..].starts_with('`')
        })?;
        self.drop(at..at + 2);
        self.drop(end..end + 2);
        Some(end + 2)
    }

    fn emphasis(&mut self, at: usize) -> Option<usize> {
        let (mark, length) = match self.text[at..].starts_with("**") {
            true => ("**", 2),
            false => ("*", 1),
        };
        if !self.begins(at, length) {
            return None;
        }
        let is_end =
            move |text: &str, end: usize| ends(text, end, length) && !text[..end].ends_with('\\');
        let end = self.ahead.find_where(mark, at + length + 1, is_end)?;
        self.drop(at..at + length);
        self.escapes(at + length..end);
        self.drop(end..end + length);
        Some(end + length)
    }

    /// Takes out the backslashes of `range`, in which nothing else is markup.
    fn escapes(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while let Some(length) = self.text[at..range.end.max(at)].find('\\') {
            at = self.escape(at + length);
        }
    }

    /// `` :role:`text` ``.
    fn role(&mut self, at: usize) -> Option<usize> {
        if !self.begins(at, 1) {
            return None;
        }
        let name = self.text[at..].bytes().take(MAX_NAME_BYTES);
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+.:".contains(byte);
        let tick = at + name.take_while(is_name).count();
        let name = self.text[at..tick].strip_prefix(':')?.strip_suffix(':')?;
        if name.is_empty() || !self.text[tick..].starts_with('`') {
            return None;
        }
        self.interpreted(at, tick, name)
    }

    /// Text between single backticks, which begins at `tick`; its role, if it has one, at `at`.
    fn interpreted(&mut self, at: usize, tick: usize, role: &str) -> Option<usize> {
        if at == tick && !self.begins(at, 1) || self.after(tick + 1)?.is_whitespace() {
            return None;
        }
        let end = self.closing_tick(tick + 2)?;
        let suffix = self.suffix(end + 1);
        let content = &self.text[tick + 1..end];
        let name = role.rsplit(':').next().unwrap_or_default();
        let title = match LITERAL_ROLES.contains(&name) {
            true => content,
            false => title(content),
        };
        let start = tick + 1 + (content.len() - content.trim_start_matches(['~', '!']).len());
        let title_end = (tick + 1 + title.len()).max(start);
        let label = match name {
            "pep" | "rfc" if title.bytes().all(|byte| byte.is_ascii_digit()) => {
                name.to_uppercase() + " "
            }
            _ => String::new(),
        };
        self.edits.push(Edit::replace(at..start, &label));
        if title.is_empty() {
            // A target without a title is seen itself.
            self.drop(start..start + 1);
            self.drop(end - 1..end);
        } else if name != "math" {
            self.escapes(start..title_end);
            self.drop(title_end..end);
        }
        self.drop(end..end + suffix + 1);
        Some(end + 1 + suffix)
    }

    /// The first backtick from `from` on that may end text.
    fn closing_tick(&mut self, from: usize) -> Option<usize> {
        let is_end = |text: &str, end: usize| {
            let before = text[..end].chars().next_back();
            let after = text[end + 1..].chars().next();
            before.is_some_and(|c| !c.is_whitespace() && c != '\\')
                && (may_end(after) || after == Some('_'))
        };
        self.ahead.find_where("`", from, is_end)
    }

    /// How long the underscores of a reference, or its role, are at `at`.
    fn suffix(&self, at: usize) -> usize {
        let rest = &self.text[at..];
        let underscores = rest
            .bytes()
            .take(2)
            .take_while(|&byte| byte == b'_')
            .count();
        if underscores > 0 || !rest.starts_with(':') {
            return underscores;
        }
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+.".contains(byte);
        let length = rest
            .bytes()
            .skip(1)
            .take(MAX_NAME_BYTES)
            .take_while(is_name)
            .count();
        let is_role = length > 0 && rest[1 + length..].starts_with(':');
        if is_role && may_end(self.after(at + length + 2)) {
            length + 2
        } else {
            0
        }
    }

    fn substitution(&mut self, at: usize) -> Option<usize> {
        if !self.begins(at, 1) {
            return None;
        }
        let end = self.ahead.find("|", at + 2)?;
        let name = self
            .text
            .get(at + 1..end)
            .filter(|name| name.len() <= MAX_NAME_BYTES)?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = self.substitutions.take(&name)?;
        let length = 1 + self.suffix(end + 1);
        self.edits.push(Edit::replace(at..end + length, &value));
        Some(end + length)
    }

    /// The underscore of `name_`, and that of a target within text: `` _`name` ``.
    fn underscore(&mut self, at: usize) -> Option<usize> {
        if self.text[at + 1..].starts_with('`') && self.begins(at, 2) {
            let end = self.closing_tick(at + 3)?;
            self.drop(at..at + 2);
            self.drop(end..end + 1);
            return Some(end + 1);
        }
        let run = self.text[at..]
            .bytes()
            .take(3)
            .take_while(|&byte| byte == b'_')
            .count();
        if run > 2 || !may_end(self.after(at + run)) {
            return None;
        }
        let is_part = |c: &char| c.is_alphanumeric() || "-._+".contains(*c);
        let name = self.text[..at]
            .chars()
            .rev()
            .take(MAX_NAME_BYTES)
            .take_while(is_part);
        let (length, first) =
            name.fold((0, None), |(length, _), c| (length + c.len_utf8(), Some(c)));
        let is_name = first.is_some_and(char::is_alphanumeric)
            && self.before(at).is_some_and(char::is_alphanumeric)
            && may_begin(self.before(at - length), first);
        is_name.then(|| {
            self.drop(at..at + run);
            at + run
        })
    }

    /// The underscore of a reference to a note: `[1]_`.
    fn note(&mut self, at: usize) -> Option<usize> {
        let end = self.ahead.find("]_", at + 2)?;
        let is_label = end - at <= MAX_NAME_BYTES
            && !self.text[at + 1..end].contains([' ', '\n', '[', ']'])
            && may_end(self.after(end + 2));
        is_label.then(|| {
            self.drop(end + 1..end + 2);
            end + 2
        })
    }
}

/// The title of `title <target>`; all of what names no target.
fn title(content: &str) -> &str {
    let target = content
        .strip_suffix('>')
        .filter(|rest| !rest.ends_with('\\'));
    match target.and_then(|rest| rest.rfind('<')) {
        Some(at) if !content[..at].ends_with('\\') => content[..at].trim_end(),
        _ => content,
    }
}
