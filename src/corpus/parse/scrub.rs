//! Blanks out HTML and JSX markup, so that what stands between the tags is parsed as Markdown.
//!
//! Blanked bytes are overwritten one for one and line ends stay, so offsets and lines do not move.

use std::ops::Range;

/// The longest tag that is recognized, in bytes. It bounds the work on a text full of stray `<`.
const MAX_TAG_BYTES: usize = 2000;

/// Finds the ranges of `source` to blank: tags, comments and declarations inside `regions`, but
/// not inside `code`. The ranges of either are sorted and do not overlap. Lines between code fences
/// are left alone: a fence inside of an HTML block becomes code only once its tags are gone.
pub(super) fn markup(
    source: &str,
    regions: &[Range<usize>],
    code: &[Range<usize>],
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for region in regions {
        if is_invisible_element(&source[region.clone()]) {
            found.push(region.clone());
            continue;
        }
        scan_region(source, region.clone(), code, &mut found);
    }
    found
}

/// Stands for a blanked byte on a line that has text besides. It is no white space to Markdown,
/// so that `<b>text` does not become indented code; readers of the text drop it.
pub(super) const BLANKED: char = '\u{1}';

/// `source` with the `blanks` overwritten, byte for byte: a line of which nothing is left is blank,
/// elsewhere [`BLANKED`] takes the place of what was there. The blanks are sorted by their start and
/// lie at borders of characters.
pub(super) fn blank(source: &str, blanks: &[Range<usize>]) -> String {
    let mut marked = String::with_capacity(source.len());
    let mut at = 0;
    for range in blanks {
        let start = range.start.max(at);
        marked.push_str(&source[at..start]);
        for char in source[start..range.end.max(start)].chars() {
            match char {
                '\n' | '\r' => marked.push(char),
                other => marked.extend(std::iter::repeat_n(BLANKED, other.len_utf8())),
            }
        }
        at = range.end.max(start);
    }
    marked.push_str(&source[at..]);
    let is_blank = |line: &str| {
        line.chars()
            .all(|char| char == BLANKED || char.is_whitespace())
    };
    let blank_line = |line: &str| match is_blank(line) {
        true => line.replace(BLANKED, " "),
        false => line.to_owned(),
    };
    marked.split_inclusive('\n').map(blank_line).collect()
}

/// Scripts and style sheets are no text at all.
fn is_invisible_element(html: &str) -> bool {
    let html = html.trim_start().as_bytes();
    let opens = |tag: &[u8]| html.len() >= tag.len() && html[..tag.len()].eq_ignore_ascii_case(tag);
    opens(b"<script") || opens(b"<style")
}

fn scan_region(
    source: &str,
    region: Range<usize>,
    code: &[Range<usize>],
    found: &mut Vec<Range<usize>>,
) {
    let bytes = source.as_bytes();
    let mut scanner = Scanner {
        source,
        end: region.end,
        unclosed: [false; 3],
    };
    let mut next_code = code.partition_point(|range| range.end <= region.start);
    let mut at = region.start;
    let mut fenced = false;
    while at < region.end {
        if let Some(range) = code.get(next_code).filter(|range| range.start <= at) {
            at = at.max(range.end);
            next_code += 1;
            continue;
        }
        if at == region.start || bytes[at - 1] == b'\n' {
            let line = source[at..region.end].lines().next().unwrap_or_default();
            let trimmed = line.trim_start();
            let line_end = at + line.len();
            let is_code = code
                .get(next_code)
                .is_some_and(|range| range.start < line_end);
            if is_code {
                // The code's own range tells where it ends.
            } else if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
                fenced = !fenced;
            }
            if fenced {
                at += line.len() + 1;
                continue;
            }
        }
        if let Some(length) = code_span_length(&source[at..region.end]) {
            at += length;
        } else if let Some(end) = scanner.markup_end(at) {
            found.push(at..end);
            at = end;
        } else {
            at += source[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
}

/// The length in bytes of the code span that `text` begins with, if it begins with one. The first
/// pass over a document does not see the code spans that stand in an HTML block.
pub(super) fn code_span_length(text: &str) -> Option<usize> {
    let bytes = &text.as_bytes()[..text.len().min(MAX_TAG_BYTES)];
    let ticks = bytes.iter().take_while(|&&byte| byte == b'`').count();
    if ticks == 0 {
        return None;
    }
    let mut run = 0;
    for (at, &byte) in bytes.iter().enumerate().skip(ticks) {
        match byte {
            b'`' => run += 1,
            _ if run == ticks => return Some(at),
            b'\n' if bytes[at + 1..].starts_with(b"\n") => break,
            _ => run = 0,
        }
    }
    // A run of ticks that closes nothing is text as a whole.
    Some(if run == ticks { bytes.len() } else { ticks })
}

struct Scanner<'a> {
    source: &'a str,
    end: usize,
    /// Which of [`DELIMITED`] are known to have no closing mark before `end`: each mark is searched
    /// for in vain once, and not once for every opening mark.
    unclosed: [bool; 3],
}

/// The opening and closing marks of what is dropped with its content.
const DELIMITED: [(&str, &str); 3] = [("<!--", "-->"), ("<?", "?>"), ("{/*", "*/}")];

impl Scanner<'_> {
    /// Where the markup that begins at `at` ends, if markup begins there.
    fn markup_end(&mut self, at: usize) -> Option<usize> {
        let rest = &self.source[at..self.end];
        if !rest.starts_with(['<', '{']) {
            return None;
        }
        for (index, (open, close)) in DELIMITED.iter().enumerate() {
            if let Some(inner) = rest.strip_prefix(open) {
                if self.unclosed[index] {
                    return None;
                }
                let length = inner.find(close);
                self.unclosed[index] = length.is_none();
                return length.map(|length| at + open.len() + length + close.len());
            }
        }
        let opens_tag = |next: u8| next.is_ascii_alphabetic() || matches!(next, b'/' | b'>' | b'!');
        let tag = rest.as_bytes().strip_prefix(b"<")?;
        opens_tag(*tag.first()?).then(|| tag_length(tag).map(|length| at + 1 + length))?
    }
}

/// The length in bytes of what follows the `<` of a tag, with the `>` that closes it; attribute
/// values may be quoted or, in JSX, in braces. `None` if another `<` or a blank line comes first.
fn tag_length(tag: &[u8]) -> Option<usize> {
    let mut quote = None;
    let mut braces = 0usize;
    for (at, &byte) in tag.iter().enumerate().take(MAX_TAG_BYTES) {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'{') => braces += 1,
            (None, b'}') => braces = braces.saturating_sub(1),
            (None, b'>') if braces == 0 => return Some(at + 1),
            (None, b'<') if braces == 0 => return None,
            (None, b'\n') if tag[at + 1..].starts_with(b"\n") => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrubbed(source: &str, code: &[Range<usize>]) -> String {
        let everything = 0..source.len();
        let out = blank(
            source,
            &markup(source, std::slice::from_ref(&everything), code),
        );
        assert_eq!(out.len(), source.len());
        out.replace(BLANKED, " ")
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn keeps_what_stands_between_tags() {
        assert_eq!(
            scrubbed("<Tip title=\"a > b\">Use *it*</Tip>", &[]),
            "Use *it*"
        );
        assert_eq!(
            scrubbed("<Card icon={<Icon />} s={{ a: 'x' }}>in</Card> out", &[]),
            "in out"
        );
        assert_eq!(
            scrubbed("a <!-- no\n> yes --> b {/* no */} c <?php no ?>", &[]),
            "a b c"
        );
        assert_eq!(scrubbed("<>é</>", &[]), "é");
    }

    #[test]
    fn keeps_what_is_no_markup() {
        assert_eq!(
            scrubbed("1 < 2 <unclosed\n\nb > c", &[]),
            "1 < 2 <unclosed b > c"
        );
        assert_eq!(scrubbed("<!-- open", &[]), "<!-- open");
        assert_eq!(
            scrubbed("a <b> `<c>` ``<d> ` <e>`` ` <f>", &[]),
            "a `<c>` ``<d> ` <e>`` `"
        );
        let fence = 4..9;
        assert_eq!(
            scrubbed("<a>\n<kept\n<b>", std::slice::from_ref(&fence)),
            "<kept"
        );
    }

    #[test]
    fn blanks_may_overlap() {
        assert_eq!(
            blank("abcdef\n", &[0..4, 1..3, 2..5]),
            "\u{1}\u{1}\u{1}\u{1}\u{1}f\n"
        );
        assert_eq!(blank("abc\ndef", &[0..2, 2..3]), "   \ndef");
    }

    #[test]
    fn fences_and_scripts() {
        let html = "<div>\n```html\n<b>kept</b>\n```\n<i>x</i>\n</div>";
        assert_eq!(scrubbed(html, &[]), "```html <b>kept</b> ``` x");
        assert_eq!(scrubbed("<script>\nvar a = 1;\n</script>", &[]), "");
    }
}
