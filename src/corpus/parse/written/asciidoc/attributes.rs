//! Attributes of a document, to which `{name}` refers, and of a block, which stand in brackets before it.

use std::collections::HashMap;

use crate::corpus::parse::written::passage::Passage;

/// What names that AsciiDoc defines stand for.
const CHARACTERS: [(&str, &str); 34] = [
    ("amp", "&"),
    ("apos", "'"),
    ("asterisk", "*"),
    ("backslash", "\\"),
    ("backtick", "`"),
    ("blank", ""),
    ("brvbar", "¦"),
    ("caret", "^"),
    ("cpp", "C++"),
    ("cxx", "C++"),
    ("deg", "°"),
    ("empty", ""),
    ("endsb", "]"),
    ("gt", ">"),
    ("ldquo", "“"),
    ("lsquo", "‘"),
    ("lt", "<"),
    ("nbsp", "\u{a0}"),
    ("plus", "+"),
    ("pp", "++"),
    ("quot", "\""),
    ("rdquo", "”"),
    ("rsquo", "’"),
    ("sp", " "),
    ("startsb", "["),
    ("tilde", "~"),
    ("two-colons", "::"),
    ("two-semicolons", ";;"),
    ("vbar", "|"),
    ("wj", "\u{2060}"),
    ("zwsp", "\u{200b}"),
    ("litdd", "--"),
    ("space", " "),
    ("underscore", "_"),
];

/// The attributes that the document sets for itself, and how much text they may still give.
pub(super) struct Attributes {
    values: HashMap<String, String>,
    /// References to long values could make a text much longer than its source: this is how many bytes
    /// they may add to it.
    budget: usize,
}

impl Attributes {
    pub(super) fn new(source: &str) -> Self {
        Self {
            values: HashMap::new(),
            budget: source.len(),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// Sets an attribute, or forgets it where its name has `!` at either end.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let bare = name.trim_matches('!').to_ascii_lowercase();
        if bare.len() < name.len() {
            self.values.remove(&bare);
            return;
        }
        let mut expanded = Passage::default();
        self.expand(value, 0, &mut expanded);
        self.values.insert(bare, expanded.text);
    }

    /// Adds `line`, which stands at `offset`, to `passage`, with what it refers to in place of references.
    /// Unknown ones stay as they are.
    pub(super) fn expand(&mut self, line: &str, offset: usize, passage: &mut Passage) {
        let mut done = 0;
        while let Some(length) = line[done..].find('{') {
            let open = done + length;
            let name = &line[open + 1..];
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
            let name = &name[..name.find(|c| !is_name(c)).unwrap_or(name.len())];
            let end = open + 1 + name.len();
            let is_reference = !name.is_empty() && line[end..].starts_with('}');
            passage.push(&line[done..open], offset + done);
            done = if is_reference { end + 1 } else { end };
            let is_escaped = line[..open].ends_with('\\');
            if is_reference && is_escaped {
                passage.truncate_by(1);
            }
            let is_known = is_reference && !is_escaped && self.refer(name, offset + open, passage);
            if !is_known {
                passage.push(&line[open..done], offset + open);
            }
        }
        passage.push(&line[done..], offset + done);
    }

    /// Adds the value of `name`, if it has one and the budget allows it.
    fn refer(&mut self, name: &str, offset: usize, passage: &mut Passage) -> bool {
        let start = passage.text.len();
        if let Some(&(_, text)) = CHARACTERS.iter().find(|character| character.0 == name) {
            passage.push_instead(text, offset);
            passage.literal.push(start..passage.text.len());
            return true;
        }
        let value = self.values.get(&name.to_ascii_lowercase());
        let Some(value) = value.filter(|value| value.len() <= self.budget) else {
            return false;
        };
        self.budget -= value.len();
        passage.push_instead(value, offset);
        true
    }
}

/// The attributes of the next block, from the lines in brackets before it.
#[derive(Debug, Default)]
pub(super) struct BlockAttributes {
    pub(super) id: Option<String>,
    /// The first positional attribute without its shorthand: `source`, `NOTE`, `quote`.
    pub(super) style: String,
    /// The positional attributes behind it, as offsets of the source and texts.
    pub(super) positional: Vec<(usize, String)>,
    pub(super) named: HashMap<String, String>,
    /// `%header` and `options="header"`.
    pub(super) options: Vec<String>,
}

impl BlockAttributes {
    /// Adds what stands in the brackets of a line; `offset` is where it does in the source.
    pub(super) fn add(&mut self, list: &str, offset: usize) {
        if let Some(anchor) = list
            .strip_prefix('[')
            .and_then(|list| list.strip_suffix(']'))
        {
            let id = anchor.split(',').next().unwrap_or_default();
            self.id = Some(id.trim().to_owned()).filter(|id| !id.is_empty());
            return;
        }
        let mut at = 0;
        for (index, part) in split_at_commas(list).into_iter().enumerate() {
            let value = part.trim();
            let start = offset + at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            let name = value
                .split_once('=')
                .map(|(name, value)| (name.trim(), value.trim()));
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            match name.filter(|(name, _)| !name.is_empty() && name.chars().all(is_name)) {
                Some((name, value)) => self.set(name, value.trim_matches(['"', '\''])),
                None if index == 0 => self.shorthand(value),
                None => self
                    .positional
                    .push((start, value.trim_matches('"').to_owned())),
            }
        }
    }

    fn set(&mut self, name: &str, value: &str) {
        match name {
            "id" => self.id = Some(value.to_owned()),
            "options" | "opts" => {
                let options = value.split(',').map(|option| option.trim().to_owned());
                self.options.extend(options);
            }
            _ => _ = self.named.insert(name.to_owned(), value.to_owned()),
        }
    }

    /// `style#id.role%option`.
    fn shorthand(&mut self, value: &str) {
        let mut rest = value;
        let mut mark = None;
        loop {
            let end = rest.find(['#', '.', '%']).unwrap_or(rest.len());
            let part = &rest[..end];
            match mark {
                None if !part.is_empty() => self.style = part.trim_matches('"').to_owned(),
                Some('#') if !part.is_empty() => self.id = Some(part.to_owned()),
                Some('%') => self.options.push(part.to_owned()),
                _ => {}
            }
            let Some(next) = rest[end..].chars().next() else {
                return;
            };
            mark = Some(next);
            rest = &rest[end + 1..];
        }
    }

    pub(super) fn has_option(&self, name: &str) -> bool {
        self.options.iter().any(|option| option == name)
    }
}

/// The parts of a list between commas that stand in no quotation marks.
fn split_at_commas(list: &str) -> Vec<&str> {
    let mut is_quoted = false;
    list.split(|c| {
        is_quoted ^= c == '"';
        c == ',' && !is_quoted
    })
    .collect()
}
