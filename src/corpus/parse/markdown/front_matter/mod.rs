//! What a document says of itself at its very beginning, in front of its text.
//!
//! It is YAML between `---`, TOML between `+++`, JSON between `;;;` or a JSON object alone. Documentation in
//! the wild holds front matter that is not valid YAML (`title: Setup: the basics`): of that, title and
//! description are still read, line by line.

mod json;
mod lines;
mod toml;
mod yaml;

use std::ops::Range;

use crate::corpus::fields::{Field, Fields};

/// Longest front matter of which all fields are read, in bytes; of a longer one, title and description are
/// read line by line. It bounds what parsers of other languages are given.
const MAX_BYTES: usize = 64 << 10;

/// What a document says of itself.
#[derive(Debug, Default)]
pub(in crate::corpus::parse) struct FrontMatter {
    pub(super) title: Option<String>,
    pub(super) description: Option<String>,
    fields: Fields,
}

/// Front matter is not what its marks say, or too long.
struct Malformed;

impl FrontMatter {
    /// The front matter of a document, and where it stands, its marks included.
    ///
    /// Only blank lines and comments may be before it. Takes time proportional to the length of `source`.
    pub(in crate::corpus::parse) fn find(source: &str) -> Option<(Range<usize>, Self)> {
        let start = skip_comments(source);
        let text = &source[start..];
        if text.starts_with('{') {
            let (length, front) = json::leading(text)?;
            return Some((start..start + length, front));
        }
        let first = text.split_inclusive('\n').next()?;
        let (closing, read): (&[&str], fn(&str) -> Self) = match first.trim_end() {
            "---" => (&["---", "..."], Self::yaml),
            "+++" => (&["+++"], Self::toml),
            ";;;" => (&[";;;"], Self::json),
            _ => return None,
        };
        let mut at = first.len();
        // A line and a blank one are a rule, and text follows.
        let second = text[at..].lines().next()?;
        if second.trim().is_empty() {
            return None;
        }
        for line in text[at..].split_inclusive('\n') {
            if closing.contains(&line.trim_end()) {
                let front = read(&text[first.len()..at]);
                return Some((start..start + at + line.len(), front));
            }
            at += line.len();
        }
        None
    }

    /// All fields, in the order of their names.
    pub(super) fn fields(self) -> Vec<Field> {
        self.fields.sorted()
    }

    fn yaml(text: &str) -> Self {
        let mut front = Self::default();
        let read = match text.len() {
            0..=MAX_BYTES => yaml::read(text, &mut front),
            _ => Err(Malformed),
        };
        match read {
            Ok(()) => front,
            Err(Malformed) => Self::by_lines(text),
        }
    }

    fn by_lines(yaml: &str) -> Self {
        let mut front = Self::default();
        for key in ["title", "description"] {
            if let Some(value) = lines::scalar(yaml, key) {
                front.add(key, &value);
            }
        }
        front
    }

    fn toml(text: &str) -> Self {
        let mut front = Self::default();
        if text.len() <= MAX_BYTES {
            // What is no TOML says nothing.
            let _ = toml::read(text, &mut front);
        }
        front
    }

    fn json(text: &str) -> Self {
        let mut front = Self::default();
        if text.len() <= MAX_BYTES {
            json::read(text, &mut front);
        }
        front
    }

    /// Adds a value of a field; the first ones of `title` and `description` are those of the document.
    fn add(&mut self, name: &str, value: &str) {
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() || value.is_empty() {
            return;
        }
        let own = match name {
            "title" => Some(&mut self.title),
            "description" => Some(&mut self.description),
            _ => None,
        };
        if let Some(own) = own
            && own.is_none()
        {
            *own = Some(value.clone());
        }
        self.fields.add(name, value);
    }
}

/// Where the first line begins that is neither blank nor an HTML comment's, such as one with a licence.
fn skip_comments(source: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = source[at..].trim_start();
        at = source.len() - rest.len();
        let comment = rest.strip_prefix("<!--");
        let Some(end) = comment.and_then(|inner| inner.find("-->")) else {
            let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
            let is_alone = source[line..at].trim().is_empty();
            return if is_alone { line } else { source.len() };
        };
        at += "<!--".len() + end + "-->".len();
    }
}

#[cfg(test)]
mod tests;
