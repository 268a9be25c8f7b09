//! Blanks out HTML and JSX markup, so that what stands between the tags is parsed as Markdown.
//!
//! Every blanked byte becomes a space (line ends stay), so offsets and lines do not move.

use std::ops::Range;

/// Longest tag that is recognized, in bytes. Bounds the work on text full of stray `<`.
const MAX_TAG_BYTES: usize = 2000;

/// Finds the ranges of `source` to blank: tags, comments and declarations inside `regions`, but
/// not inside `code`. Both are sorted and do not overlap themselves. Lines between code fences
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

/// `source` with the `blanks` (sorted, at character borders) overwritten by spaces.
pub(super) fn blank(source: &str, blanks: &[Range<usize>]) -> String {
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    for range in blanks {
        out.push_str(&source[at..range.start]);
        for char in source[range.clone()].chars() {
            match char {
                '\n' | '\r' => out.push(char),
                other => out.extend(std::iter::repeat_n(' ', other.len_utf8())),
            }
        }
        at = range.end;
    }
    out.push_str(&source[at..]);
    out
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
            if trimmed.starts_with("```") || trimmed.starts_with("~~~") {
                fenced = !fenced;
            }
            if fenced {
                at += line.len() + 1;
                continue;
            }
        }
        match scanner.markup_end(at) {
            Some(end) => {
                found.push(at..end);
                at = end;
            }
            None => at += source[at..].chars().next().map_or(1, char::len_utf8),
        }
    }
}

struct Scanner<'a> {
    source: &'a str,
    end: usize,
    /// Which of [`DELIMITED`] are known to have no closing mark before `end`: each is searched
    /// for in vain once, not once for every opening mark.
    unclosed: [bool; 3],
}

/// Opening and closing marks of what is dropped with its content.
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

/// Bytes up to and with the `>` that closes a tag; attribute values may be quoted or, in JSX, in
/// braces. None if another `<` or a blank line comes first.
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
        out.split_whitespace().collect::<Vec<_>>().join(" ")
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
            scrubbed(
                "a <b> `<c>` d",
                &(6..11).map(|at| at..at + 1).collect::<Vec<_>>()
            ),
            "a `<c>` d"
        );
    }

    #[test]
    fn fences_and_scripts() {
        let html = "<div>\n```html\n<b>kept</b>\n```\n<i>x</i>\n</div>";
        assert_eq!(scrubbed(html, &[]), "```html <b>kept</b> ``` x");
        assert_eq!(scrubbed("<script>\nvar a = 1;\n</script>", &[]), "");
    }
}
