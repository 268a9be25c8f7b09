use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::*;

/// The text of Markdown that is one paragraph without markup, or what else is in it.
fn read(markdown: &str) -> Result<String, String> {
    let mut text = String::new();
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_GFM;
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(part) => text.push_str(&part),
            Event::Start(Tag::Paragraph) | Event::End(_) => {}
            other => return Err(format!("{other:?}")),
        }
    }
    Ok(text)
}

#[test]
fn what_is_escaped() {
    for (text, expected) in [
        ("a*b _c_ d_e", "a\\*b \\_c\\_ d_e"),
        ("<b> a < b &amp; c & d", "\\<b> a < b \\&amp; c & d"),
        ("[a](b) [c] `d`", "[a\\](b) [c] \\`d\\`"),
        ("C:\\dir \\*", "C:\\dir \\\\\\*"),
    ] {
        assert_eq!(escape(text), expected);
    }
    for (line, expected) in [
        ("# a", "\\# a"),
        ("12. a", "12\\. a"),
        ("- a", "\\- a"),
        ("a", "a"),
        ("| a", "\\| a"),
    ] {
        assert_eq!(at_line_start(line), expected);
    }
}

#[test]
fn code_within_a_line() {
    for (text, expected) in [
        ("a", "`a`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        (" ", ""),
    ] {
        assert_eq!(code(text), expected);
    }
}

fn embedded(text: &str, deeper: usize) -> String {
    let mut out = Rendition::default();
    out.push_line("Before", 1);
    let lines: Vec<Line> = text.lines().map(|line| (line.to_owned(), 1)).collect();
    push_markdown(&mut out, &lines, deeper);
    out.push_line("END", 1);
    out.text
}

#[test]
fn markdown_within_markdown() {
    for (text, deeper, expected) in [
        ("# A\nb", 1, "## A\nb\n\nEND\n"),
        ("A\n===\n```\n# b\n```", 2, "### A\n```\n# b\n```\n\nEND\n"),
        ("```sh\na", 0, "```sh\na\n```\n\nEND\n"),
        ("- ~~~~\n  a", 0, "- ~~~~\n  a\n  ~~~~\n\nEND\n"),
        ("> ```\n> a", 0, "> ```\n> a\n> ```\n\nEND\n"),
        ("<!-- a\n\nb", 0, "<!-- a\n\nb\n-->\n\nEND\n"),
    ] {
        assert_eq!(
            embedded(text, deeper),
            format!("Before\n\n{expected}"),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn text_is_read_as_it_is(text in "[ -~]{0,40}|[#>*_`~<&a \\[\\]():|.0-9=+!-]{0,20}") {
        let line = at_line_start(escape(&text).trim());
        prop_assert_eq!(read(&line), Ok(text.trim().to_owned()), "{}", line);
    }

    #[test]
    fn what_a_text_leaves_open_ends_with_it(text in "(```|~~~|<!--|<pre>|# a|a|  |\n|\n\n){0,12}") {
        let markdown = embedded(&text, 0);
        let mut is_paragraph = false;
        let mut is_found = false;
        for event in Parser::new(&markdown) {
            match event {
                Event::Start(tag) => is_paragraph = tag == Tag::Paragraph,
                Event::Text(text) => is_found |= is_paragraph && &*text == "END",
                _ => {}
            }
        }
        prop_assert!(is_found, "{}", markdown);
    }
}
