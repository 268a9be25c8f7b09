//! Marked lines at the end of a text file, put in and taken out again to the byte.
//!
//! The first line is a comment that marks them and has a digest of what follows, so that an edit by hand is seen.
//! What was before them tells whether there was a last line break: lines that are appended to a text without one
//! have none either. A blank line stands between, unless there was nothing.

use crate::content_hash;

/// How lines are marked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    /// Before and after the digest in the first line.
    pub first: (&'static str, &'static str),
    pub end: End,
}

/// How the end is told.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// By this line.
    Line(&'static str),
    /// By the number of lines. A program that reads the file and writes it again may move comments.
    Count(usize),
}

/// Comments of HTML.
pub(super) const MARKDOWN: Marks = Marks {
    first: ("<!-- docent:begin ", " -->"),
    end: End::Line("<!-- docent:end -->"),
};

/// What marked lines are found to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    Nothing,
    Edited,
    /// As they were written.
    Intact(Block<'a>),
}

/// Marked lines in a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block<'a> {
    before: &'a str,
    /// From the line break behind them.
    after: &'a str,
    newline: &'static str,
    /// What is marked, with `\n`.
    pub body: String,
}

impl Marks {
    /// `text` with `body` at its end; `None` is a file that is not there.
    pub fn append(&self, text: Option<&str>, body: &str) -> String {
        let newline = match text.and_then(|text| text.split_once('\n')) {
            Some((line, _)) if line.ends_with('\r') => "\r\n",
            _ => "\n",
        };
        let block = self.written(body, newline);
        match text {
            None => block + newline,
            Some("") => block,
            Some(text) if text.ends_with('\n') => format!("{text}{newline}{block}{newline}"),
            Some(text) => format!("{text}{newline}{newline}{block}"),
        }
    }

    /// The last marked lines of `text`.
    pub fn find<'a>(&self, text: &'a str) -> Found<'a> {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let digest = |line: &'a str| {
            let digest = trimmed(line)
                .strip_prefix(self.first.0)?
                .strip_suffix(self.first.1)?;
            Some(digest).filter(|digest| digest.len() == 8 && hex::decode(digest).is_ok())
        };
        let Some(first) = lines.iter().rposition(|line| digest(line).is_some()) else {
            return Found::Nothing;
        };
        let rest = &lines[first + 1..];
        let (count, end) = match self.end {
            End::Line(end) => (rest.iter().position(|line| trimmed(line) == end), 1),
            End::Count(count) => (Some(count).filter(|&count| count <= rest.len()), 0),
        };
        let Some(count) = count else {
            return Found::Edited;
        };
        let body: String = rest[..count]
            .iter()
            .map(|line| trimmed(line).to_owned() + "\n")
            .collect();
        if digest(lines[first]) != Some(&digest_of(&body)) {
            return Found::Edited;
        }
        let length = |lines: &[&str]| lines.iter().map(|line| line.len()).sum::<usize>();
        let start = length(&lines[..first]);
        let after = start + length(&lines[first..=first + count + end]);
        let last = lines[first + count + end];
        Found::Intact(Block {
            before: &text[..start],
            after: &text[after - (last.len() - trimmed(last).len())..],
            newline: if lines[first].ends_with("\r\n") {
                "\r\n"
            } else {
                "\n"
            },
            body: body.trim_end_matches('\n').to_owned(),
        })
    }

    fn written(&self, body: &str, newline: &str) -> String {
        let body: String = body.lines().map(|line| line.to_owned() + "\n").collect();
        let (before, after) = self.first;
        let mut block = format!("{before}{}{after}\n{body}", digest_of(&body));
        match self.end {
            End::Line(line) => block.push_str(line),
            End::Count(_) => block.truncate(block.len() - 1),
        }
        block.replace('\n', newline)
    }
}

impl Block<'_> {
    /// The text with another body in the same place.
    pub fn replaced(&self, marks: &Marks, body: &str) -> String {
        let block = marks.written(body, self.newline);
        format!("{}{block}{}", self.before, self.after)
    }

    /// The text before; `None` if there was no file.
    pub fn removed(&self) -> Option<String> {
        let Self {
            before,
            after,
            newline,
            ..
        } = *self;
        let doubled = newline.repeat(2);
        let after = match (before, after) {
            ("", after) if after == newline => return None,
            (before, "") => {
                return Some(before.strip_suffix(&doubled).unwrap_or(before).to_owned());
            }
            (_, after) => after.strip_prefix(newline).unwrap_or(after),
        };
        let before = match before.strip_suffix(newline) {
            Some(less) if less.ends_with('\n') => less,
            _ => before,
        };
        Some(format!("{before}{after}"))
    }
}

/// The digest of a text in the first line of what is marked: enough to see an edit, nothing secret.
pub(super) fn digest_of(text: &str) -> String {
    hex::encode(&content_hash(text)[..4])
}

fn trimmed(line: &str) -> &str {
    let line = line.strip_suffix('\n').unwrap_or(line);
    line.strip_suffix('\r').unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> String {
        format!(
            "<!-- docent:begin {} -->\none\ntwo\n<!-- docent:end -->",
            digest_of("one\ntwo\n")
        )
    }

    #[test]
    fn lines_are_appended_and_taken_away() {
        let block = block();
        let windows = block.replace('\n', "\r\n");
        let cases = [
            (None, format!("{block}\n")),
            (Some(""), block.clone()),
            (Some("\n"), format!("\n\n{block}\n")),
            (Some("a"), format!("a\n\n{block}")),
            (Some("a\n"), format!("a\n\n{block}\n")),
            (Some("a\n\n\n"), format!("a\n\n\n\n{block}\n")),
            (Some("a\r\nb\r\n"), format!("a\r\nb\r\n\r\n{windows}\r\n")),
            (Some("a\r\nb"), format!("a\r\nb\r\n\r\n{windows}")),
            (Some("a\r"), format!("a\r\n\n{block}")),
        ];
        for (before, after) in cases {
            assert_eq!(MARKDOWN.append(before, "one\ntwo"), after, "{before:?}");
            let Found::Intact(found) = MARKDOWN.find(&after) else {
                panic!("{after:?}")
            };
            assert_eq!(found.body, "one\ntwo");
            assert_eq!(found.removed(), before.map(str::to_owned), "{after:?}");
        }
    }

    #[test]
    fn what_follows_stays() {
        let text = format!("a\n\n{}\nmore\n", block());
        let Found::Intact(found) = MARKDOWN.find(&text) else {
            panic!()
        };
        assert_eq!(found.removed().unwrap(), "a\nmore\n");
        let replaced = found.replaced(&MARKDOWN, "three");
        assert!(
            replaced.starts_with("a\n\n<!-- docent:begin ")
                && replaced.ends_with("three\n<!-- docent:end -->\nmore\n")
        );
    }

    #[test]
    fn an_edit_is_seen() {
        assert_eq!(MARKDOWN.find(&block().replace("two", "tow")), Found::Edited);
        assert_eq!(
            MARKDOWN.find(&block().replace("docent:end", "end")),
            Found::Edited
        );
        assert_eq!(
            MARKDOWN.find("<!-- docent:begin -->\n<!-- docent:end -->"),
            Found::Nothing
        );
    }

    #[test]
    fn lines_without_an_end_are_counted() {
        let marks = Marks {
            first: ("# docent ", ""),
            end: End::Count(2),
        };
        for before in [
            None,
            Some(""),
            Some("a = 1"),
            Some("a = 1\n"),
            Some("a = 1\r\n"),
        ] {
            let after = marks.append(before, "one\ntwo");
            let Found::Intact(found) = marks.find(&after) else {
                panic!("{after:?}")
            };
            assert_eq!(found.removed(), before.map(str::to_owned));
        }
        assert_eq!(
            marks.find(&format!("# docent {}\none", digest_of("one\ntwo\n"))),
            Found::Edited
        );
    }
}
