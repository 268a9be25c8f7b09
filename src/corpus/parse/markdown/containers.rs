//! Blocks that generators of sites add to Markdown: admonitions, tabs, containers. Their marks are no text,
//! their titles are, and what stands in them is read as if it stood outside.
//!
//! MkDocs indents it by four columns, which Markdown takes for code. So those columns are cut off, and
//! [`Outside::restore`] leads offsets back. All else is blanked in place.

use std::ops::Range;

use super::Dialect;
use super::tags;
use crate::corpus::document::{Document, Node};
use crate::corpus::fences::{self, Fence};
use crate::corpus::parse::scrub;

/// Columns by which MkDocs indents what stands in a block.
const INDENT: usize = 4;
/// What opens such a block, followed by its type or title.
const MKDOCS: [&str; 5] = ["???+", "???", "!!!", "===+", "==="];

/// A text as if all of it stood outside of such blocks.
pub(super) struct Outside {
    pub(super) text: String,
    /// For each line with columns cut off, where it begins in `text`, and how many bytes were cut off up to
    /// and on that line.
    cuts: Vec<(usize, usize)>,
}

impl Outside {
    /// Takes time proportional to the length of `source`.
    pub(super) fn of(source: &str, dialect: Dialect) -> Self {
        let mut reader = Reader {
            has_indented_code: dialect == Dialect::Markdown,
            ..Reader::default()
        };
        let lines: Vec<&str> = source.split_inclusive('\n').collect();
        let indents = next_indents(&lines);
        for (i, line) in lines.iter().enumerate() {
            reader.line(line, indents[i + 1]);
        }
        let Reader {
            text,
            cuts,
            mut blanks,
            code,
            ..
        } = reader;
        let (text, of_tags) = tags::cover(text, &code);
        blanks.extend(of_tags);
        blanks.sort_by_key(|range| range.start);
        Self {
            text: if blanks.is_empty() {
                text
            } else {
                scrub::blank(&text, &blanks)
            },
            cuts,
        }
    }

    /// Leads the offsets of a document that was parsed from [`Outside::text`] back to the source.
    pub(super) fn restore(&self, document: &mut Document) {
        if self.cuts.is_empty() {
            return;
        }
        for node in &mut document.nodes {
            match node {
                Node::Heading(heading) => heading.start = self.line_offset(heading.start),
                Node::Unit(unit) => {
                    unit.start = self.line_offset(unit.start);
                    for (_, at) in &mut unit.runs {
                        *at = self.offset(*at);
                    }
                }
            }
        }
    }

    fn offset(&self, at: usize) -> usize {
        let before = self.cuts.partition_point(|&(line, _)| line <= at);
        at + before.checked_sub(1).map_or(0, |last| self.cuts[last].1)
    }

    /// As [`Outside::offset`]; the beginning of a line stays the beginning of the line.
    fn line_offset(&self, at: usize) -> usize {
        let before = self.cuts.partition_point(|&(line, _)| line < at);
        at + before.checked_sub(1).map_or(0, |last| self.cuts[last].1)
    }
}

/// For each line, and the end, the columns before the text of the first line from there on that is not blank.
fn next_indents(lines: &[&str]) -> Vec<usize> {
    let mut next = 0;
    let mut indents = vec![0; lines.len() + 1];
    for (i, line) in lines.iter().enumerate().rev() {
        if !line.trim().is_empty() {
            next = columns(line);
        }
        indents[i] = next;
    }
    indents
}

/// The columns before the text of `line`.
fn columns(line: &str) -> usize {
    leading(line).last().map_or(0, |(_, columns)| columns)
}

/// The bytes of `line` that fill its first `least` columns, all blank.
fn bytes_of_columns(line: &str, least: usize) -> usize {
    let filled = leading(line).find(|&(_, columns)| columns >= least);
    filled.filter(|_| least > 0).map_or(0, |(bytes, _)| bytes)
}

/// After each blank byte that `line` begins with, how many bytes and how many columns there were.
fn leading(line: &str) -> impl Iterator<Item = (usize, usize)> {
    let blank = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
    blank.scan((0, 0), |(bytes, columns), byte| {
        *bytes += 1;
        *columns += match byte {
            b'\t' => INDENT - *columns % INDENT,
            _ => 1,
        };
        Some((*bytes, *columns))
    })
}

/// Reads a text line by line.
#[derive(Default)]
struct Reader {
    text: String,
    cuts: Vec<(usize, usize)>,
    cut: usize,
    /// What is to be blanked in `text`, in order.
    blanks: Vec<Range<usize>>,
    /// Where `text` is code between fences, line by line.
    code: Vec<Range<usize>>,
    /// The columns that what stands in each open block is indented by, at least.
    open: Vec<usize>,
    /// The open fence, and how many blocks were open when it was.
    fence: Option<(Fence, usize)>,
    /// Whether what is indented is code. MDX has none.
    has_indented_code: bool,
    /// Whether the last line that is not indented begins an item of a list.
    is_in_list: bool,
}

impl Reader {
    /// Takes a line; `next_indent` is that of the next one that is not blank.
    fn line(&mut self, line: &str, next_indent: usize) {
        let is_blank = line.trim().is_empty();
        let indent = columns(line);
        if !is_blank {
            while self.open.last().is_some_and(|&least| indent < least) {
                self.open.pop();
            }
            self.fence = self.fence.filter(|(_, depth)| *depth <= self.open.len());
        }
        let kept = self.cut_off(line);
        let start = self.text.len();
        self.text.push_str(kept);
        let text = kept.trim();
        let fence = fences::open_after(self.fence.map(|(fence, _)| fence), text);
        if self.fence.is_some() || fence.is_some() {
            let depth = self.fence.map_or(self.open.len(), |(_, depth)| depth);
            self.fence = fence.map(|fence| (fence, depth));
            self.code.push(start..self.text.len());
            return;
        }
        if is_blank {
            return;
        }
        let is_code = self.has_indented_code && columns(kept) >= INDENT && !self.is_in_list;
        if columns(kept) == 0 {
            self.is_in_list = fences::after_markers(text) != text;
        }
        if is_code {
            return;
        }
        let start = start + kept.len() - kept.trim_start().len();
        let title = match mkdocs_title(text) {
            Some(title) if next_indent >= indent + INDENT => {
                self.open.push(indent + INDENT);
                Some(title)
            }
            _ => container_title(text),
        };
        if let Some(title) = title {
            self.blanks.push(start..start + title.start);
            self.blanks.push(start + title.end..start + text.len());
        } else if let Some(mark) = alert(text) {
            self.blanks.push(start + mark.start..start + mark.end);
        }
    }

    /// `line` without the columns of the open blocks.
    fn cut_off<'a>(&mut self, line: &'a str) -> &'a str {
        let bytes = bytes_of_columns(line, INDENT * self.open.len());
        if bytes > 0 {
            self.cut += bytes;
            self.cuts.push((self.text.len(), self.cut));
        }
        &line[bytes..]
    }
}

/// Where the title is on a line that opens a block of MkDocs: `!!! note "Title"`, `??? tip`, `=== "Tab"`. Empty
/// where there is none.
fn mkdocs_title(line: &str) -> Option<Range<usize>> {
    let rest = MKDOCS.iter().find_map(|mark| line.strip_prefix(mark))?;
    let rest = rest.strip_prefix(' ')?;
    let (types, title) = match rest.split_once('"') {
        Some((types, title)) => (types, Some(title.strip_suffix('"')?)),
        None => (rest, None),
    };
    let is_type = |word: &str| {
        word.chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    let is_tab = line.starts_with("===");
    if !types.split_whitespace().all(is_type) || is_tab && title.is_none() {
        return None;
    }
    let title = title.map_or(line.len()..line.len(), |title| {
        line.len() - 1 - title.len()..line.len() - 1
    });
    Some(title)
}

/// Where the title is on a line that opens or closes a container: `:::note Title`, `::: tip {attributes}`,
/// `:::note[Title]`, `:::`. Empty where there is none.
fn container_title(line: &str) -> Option<Range<usize>> {
    let rest = line.trim_start_matches(':');
    if line.len() - rest.len() < 3 {
        return None;
    }
    let name = rest.trim_start();
    let after = name.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let is_separate = after.is_empty() || after.starts_with([' ', '\t', '{', '[', '"']);
    if !is_separate {
        return None;
    }
    let after = after.trim_start();
    let end = after.find('{').unwrap_or(after.len());
    let title = after[..end].trim_matches([' ', '\t', '[', ']', '"', ':']);
    let start = line.len() - after.len() + after.find(title).unwrap_or(0);
    Some(start..start + title.len())
}

/// Where the mark is on a line of a quotation that makes an alert of it: `> [!NOTE]`, `> [!tip]- Title`.
fn alert(line: &str) -> Option<Range<usize>> {
    let rest = line.strip_prefix('>')?.trim_start();
    let inner = rest.strip_prefix("[!")?;
    let (name, after) = inner.split_once(']')?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) || after.starts_with(['(', '[', ':']) {
        return None;
    }
    let after = after.strip_prefix(['-', '+']).unwrap_or(after);
    Some(line.len() - rest.len()..line.len() - after.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_found_where_they_stand() {
        for (line, expected) in [
            ("!!! note", Some("")),
            ("!!! note \"A \"b\" c\"", Some("A \"b\" c")),
            ("??? tip inline end \"T\"", Some("T")),
            ("???+ tip", Some("")),
            ("=== \"Linux\"", Some("Linux")),
            ("=== Linux", None),
            ("!!! Note: so", None),
            ("!!!", None),
            ("====", None),
        ] {
            let title = mkdocs_title(line).map(|range| &line[range]);
            assert_eq!(title, expected, "{line}");
        }
        for (line, expected) in [
            (":::", Some("")),
            ("::::", Some("")),
            (":::note", Some("")),
            ("::: tip A title {open}", Some("A title")),
            (":::note[A title]{.x}", Some("A title")),
            (":::correct { \"sourceType\": \"script\" }", Some("")),
            ("::: {.callout-note}", Some("")),
            (":::a.b", None),
            ("::", None),
            ("std::::x", None),
        ] {
            let title = container_title(line).map(|range| &line[range]);
            assert_eq!(title, expected, "{line}");
        }
        for (line, expected) in [
            ("> [!NOTE]", Some("[!NOTE]")),
            (">[!tip]- Title", Some("[!tip]-")),
            ("> [!x](y)", None),
            ("> [a]", None),
        ] {
            let mark = alert(line).map(|range| &line[range]);
            assert_eq!(mark, expected, "{line}");
        }
    }
}
