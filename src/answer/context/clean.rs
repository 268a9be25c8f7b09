//! A section's text without what its readers do not see: comments, invisible characters, front matter.
//!
//! A person reads a page as it is rendered, a language model its source. What only the source has is a
//! place to speak to the model behind the person's back, so it is left out. Every line keeps its place.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::answer::excerpt::front_matter_lines;
use crate::terminal::printable_line;

/// Longest run of characters without a space: a longer one is an embedded image, a key or minified code.
const MAX_WORD: usize = 200;
/// What is kept of a longer one.
const KEPT_OF_WORD: usize = 60;
/// Stands where something was cut out of a line.
const CUT: char = '…';

/// The lines of `text`, cleaned, as many as there were; with each whether something visible was cut out of
/// it. `is_start` says whether the text is the section's from its first line on.
pub fn lines(text: &str, is_start: bool) -> Vec<(String, bool)> {
    let hidden = hidden(text);
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let seen = without(line, &range, &hidden);
        lines.push(shortened(&visible(&seen)));
    }
    if is_start {
        blank_front_matter(&mut lines);
    }
    lines
}

/// `text` as one line, without invisible characters and unbounded words.
pub fn line(text: &str) -> String {
    shortened(&visible(text)).0
}

/// Where the comments are. Comments within code are shown to readers, and no comments.
fn hidden(text: &str) -> Vec<Range<usize>> {
    if !text.contains("<!--") {
        return Vec::new();
    }
    let html = Parser::new_ext(text, Options::ENABLE_TABLES)
        .into_offset_iter()
        .filter_map(|(event, range)| match event {
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => Some(range),
            _ => None,
        });
    html.flat_map(|range| comments(text, range)).collect()
}

/// The comments within `range`; one without an end goes on to the end of the range.
fn comments(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while let Some(start) = text[at..range.end].find("<!--").map(|start| at + start) {
        let end = text[start..range.end].find("-->");
        at = end.map_or(range.end, |end| start + end + "-->".len());
        found.push(start..at);
    }
    found
}

/// The line at `range` but for what lies in `hidden`.
fn without(line: &str, range: &Range<usize>, hidden: &[Range<usize>]) -> String {
    let mut seen = String::with_capacity(line.len());
    let mut at = range.start;
    for hidden in hidden {
        let (start, end) = (hidden.start.max(at), hidden.end.min(range.end));
        if start < end {
            seen.push_str(&line[at - range.start..start - range.start]);
            at = end;
        }
    }
    seen.push_str(&line[at - range.start..]);
    seen
}

/// `text` without line ends, space at its end and characters that nobody sees; controls are escaped.
fn visible(text: &str) -> String {
    let seen: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match get_general_category(c) {
            GeneralCategory::LineSeparator | GeneralCategory::ParagraphSeparator => ' ',
            _ => c,
        })
        .collect();
    let tabs = seen.trim_end().replace('\t', "    ");
    printable_line(&tabs).into_owned()
}

/// Characters that are shown as nothing: formatting characters, tags, variation selectors, fillers.
pub(super) fn is_invisible(c: char) -> bool {
    get_general_category(c) == GeneralCategory::Format
        || matches!(
            c,
            '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
                | '\u{180b}'..='\u{180f}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// `line` with the beginning alone of words that are too long, and whether there were any.
fn shortened(line: &str) -> (String, bool) {
    let is_long = |word: &str| word.len() > MAX_WORD && word.chars().count() > MAX_WORD;
    if !line.split(' ').any(is_long) {
        return (line.to_owned(), false);
    }
    let words = line.split(' ').map(|word| match is_long(word) {
        true => word.chars().take(KEPT_OF_WORD).chain([CUT]).collect(),
        false => word.to_owned(),
    });
    (words.collect::<Vec<String>>().join(" "), true)
}

/// Blanks the metadata that stands before the text, but for the description, which is for readers.
fn blank_front_matter(lines: &mut [(String, bool)]) {
    let end = front_matter_lines(lines.iter().map(|(line, _)| line.as_str()));
    for (line, is_cut) in &mut lines[..end] {
        if !line.starts_with("description:") {
            line.clear();
            *is_cut = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(text: &str) -> Vec<String> {
        lines(text, true)
            .into_iter()
            .map(|(line, _)| line)
            .collect()
    }

    #[test]
    fn comments_are_gone_but_for_those_in_code() {
        let text = "a <!-- b --> c `<!-- d -->`\n\n<!-- e\nf -->\n\n```html\n<!-- g -->\n```\n\n<div>\n<!-- h --> i\n</div>\n";
        assert_eq!(
            cleaned(text),
            [
                "a  c `<!-- d -->`",
                "",
                "",
                "",
                "",
                "```html",
                "<!-- g -->",
                "```",
                "",
                "<div>",
                " i",
                "</div>"
            ]
        );
        assert_eq!(cleaned("a\n\n<!-- b\n\nc\n"), ["a", "", "", "", ""]);
    }

    #[test]
    fn what_nobody_sees_is_gone() {
        assert_eq!(
            line("a\u{200b}b\u{e0041}c\u{2028}d\u{feff}e\u{202e}f\u{fe0f}\u{1b}[1m \r\n"),
            "abc def\\u{1b}[1m"
        );
    }

    #[test]
    fn words_have_a_bound() {
        let long = "x".repeat(300);
        let (line, is_cut) = shortened(&format!("a {long} b"));
        assert_eq!(
            (line.as_str(), is_cut),
            (&*format!("a {}… b", "x".repeat(60)), true)
        );
        let just = "é".repeat(200);
        assert_eq!(shortened(&just), (just.clone(), false));
    }

    #[test]
    fn of_front_matter_the_description_is_kept() {
        assert_eq!(
            cleaned("---\ntitle: a\ndescription: b c\n---\n# d\n"),
            ["", "", "description: b c", "", "# d"]
        );
        assert_eq!(cleaned("---\na\n"), ["---", "a"]);
    }
}
