//! Where what a document says ends and what docent says begins.
//!
//! Docent's own lines begin with a *fence*, a run of `@`, which is longer than any at the beginning of a
//! line of the documents that are quoted: no document can write one. Paths and headings, which documents
//! choose too, stand on docent's lines in a form that holds no line end and can be read back exactly.

use crate::terminal::printable_json;

use super::clean;

/// The character of fences.
const MARK: char = '@';
/// The shortest fence.
const LEAST: usize = 3;
/// Between the headings of a path.
const BELOW: &str = " > ";

/// A fence for the lines that it was made of.
#[derive(Debug, Clone)]
pub struct Fence(String);

impl Fence {
    /// A fence that none of `lines` begins with, whatever space it has before.
    pub fn around<'a>(lines: impl IntoIterator<Item = &'a str>) -> Self {
        let run = |line: &str| {
            let line = line.trim_start();
            line.len() - line.trim_start_matches(MARK).len()
        };
        let longest = lines.into_iter().map(run).max().unwrap_or(0);
        Self(MARK.to_string().repeat(LEAST.max(longest + 1)))
    }

    /// The fence itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A line of docent's.
    pub fn line(&self, text: &str) -> String {
        format!("{} {text}", self.0)
    }
}

/// `PATH:A-B`, which `docent show` and every other reader of locations takes.
pub fn location(path: &str, first: u32, last: u32) -> String {
    format!("{}:{first}-{last}", quoted(path))
}

/// Headings from the outermost down: `A > B`.
pub fn headings(path: &[&str]) -> String {
    let quoted: Vec<String> = path.iter().map(|heading| self::quoted(heading)).collect();
    quoted.join(BELOW)
}

/// `text` as it is where nothing can be mistaken in it; else as a JSON string of visible characters.
pub fn quoted(text: &str) -> String {
    let is_plain = !text.is_empty()
        && !text.starts_with(['"', ' '])
        && !text.ends_with(' ')
        && !text.contains("  ")
        && !text.contains(BELOW)
        && !text.contains(|c: char| c.is_control() || clean::is_invisible(c) || is_separator(c));
    if is_plain {
        text.to_owned()
    } else {
        json(text)
    }
}

/// A JSON string in which every character that nobody sees is escaped.
pub fn json(text: &str) -> String {
    // A string is serialized whatever it holds.
    let json = serde_json::to_string(text).unwrap_or_default();
    let mut visible = String::with_capacity(json.len());
    for c in printable_json(&json).chars() {
        if clean::is_invisible(c) || is_separator(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                visible.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            visible.push(c);
        }
    }
    visible
}

fn is_separator(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// What [`quoted`] made of a text, read back; `None` if it is a broken JSON string.
pub fn unquoted(text: &str) -> Option<String> {
    if text.starts_with('"') {
        serde_json::from_str(text).ok()
    } else {
        Some(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fence_is_longer_than_any_run() {
        assert_eq!(Fence::around(["a @@@@"]).as_str(), "@@@");
        assert_eq!(Fence::around(["a", "  @@@ -1 +1", "@@"]).as_str(), "@@@@");
        assert_eq!(Fence::around([]).line("a"), "@@@ a");
    }

    #[test]
    fn names_are_read_back() {
        for (text, shown) in [
            ("a b.md", "a b.md"),
            ("a  b", "\"a  b\""),
            ("a\nb", "\"a\\nb\""),
            ("a > b", "\"a > b\""),
            ("\"a", "\"\\\"a\""),
            ("", "\"\""),
            ("a\u{e0041}\u{2028}", "\"a\\udb40\\udc41\\u2028\""),
        ] {
            assert_eq!(quoted(text), shown);
            assert_eq!(unquoted(shown).as_deref(), Some(text));
        }
        assert_eq!(headings(&["A", "b > c"]), "A > \"b > c\"");
        assert_eq!(unquoted("\"a"), None);
    }
}
