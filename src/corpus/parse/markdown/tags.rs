//! Tags of template languages in Markdown: Hugo's shortcodes (`{{< tab "Linux" >}}`), Liquid's and GitBook's
//! (`{% hint %}`), and kramdown's attributes (`{: .note }`). They are no text, but what they show is.

use std::ops::Range;

use crate::corpus::parse::scrub::code_span_length;

/// The longest tag that is recognized, in bytes. It bounds the work on a text full of stray braces.
const MAX_TAG_BYTES: usize = 2_000;
/// What opens and what closes a tag.
const TAGS: [(&str, &str); 4] = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}"), ("{:", "}")];
/// Attributes whose values readers see.
const SHOWN: [&str; 5] = ["title", "header", "text", "caption", "summary"];
/// Tags whose first argument is a title, unless it has a name.
const TITLED: [&str; 4] = ["tab", "details", "step", "expand"];
/// Stands for a byte of a tag that is the destination of a link, which needs one to be a link.
const DESTINATION: &str = "#";

/// `text` with tags in destinations of links covered, byte for byte, and what else is to be blanked of it, in
/// order. Between fences, at `code`, and in code spans there are no tags.
pub(super) fn cover(text: String, code: &[Range<usize>]) -> (String, Vec<Range<usize>>) {
    if !text.contains("{%") && !text.contains("{{") && !text.contains("{:") {
        return (text, Vec::new());
    }
    let mut covered = String::with_capacity(text.len());
    let mut blanks = Vec::new();
    let mut code = code.iter().peekable();
    let mut at = 0;
    while at < text.len() {
        while code.next_if(|range| range.end <= at).is_some() {}
        let rest = &text[at..];
        let skipped = match code.peek() {
            Some(range) if range.start <= at => range.end - at,
            _ if rest.starts_with('`') => code_span_length(rest).unwrap_or(1),
            _ => 0,
        };
        if skipped > 0 {
            covered.push_str(&rest[..skipped]);
            at += skipped;
        } else if let Some(length) = tag_length(rest) {
            if covered.ends_with("](") {
                covered.push_str(&DESTINATION.repeat(length));
            } else {
                blank_tag(&rest[..length], at, &mut blanks);
                covered.push_str(&rest[..length]);
            }
            at += length;
        } else {
            let end = rest
                .char_indices()
                .skip(1)
                .find(|(_, c)| matches!(c, '{' | '`' | '\n'));
            let length = end.map_or(rest.len(), |(end, _)| end);
            covered.push_str(&rest[..length]);
            at += length;
        }
    }
    (covered, blanks)
}

/// The length of the tag that `text` begins with, if it begins with one.
fn tag_length(text: &str) -> Option<usize> {
    if !text.starts_with('{') {
        return None;
    }
    let text = &text[..text.floor_char_boundary(MAX_TAG_BYTES)];
    let (open, close) = TAGS.iter().find(|(open, _)| text.starts_with(open))?;
    let inner = &text[open.len()..];
    // `{{</* tab */>}}` shows a tag.
    if inner.starts_with("/*") {
        return None;
    }
    if *open == "{:" && !begins_attributes(inner) {
        return None;
    }
    let length = inner.find(close)?;
    let is_attributes = *open == "{:" && inner[..length].contains(['{', '\n']);
    let has_gap = inner[..length].contains("\n\n");
    (!is_attributes && !has_gap).then_some(open.len() + length + close.len())
}

/// Whether kramdown's attributes go on like this: `.note`, `#id`, `title="x"`, `toc`. Rust's `{:.2}` does not.
fn begins_attributes(inner: &str) -> bool {
    let inner = inner.trim_start_matches([' ', ':']);
    let name = inner.strip_prefix(['.', '#']).unwrap_or(inner);
    let rest = name.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_'));
    let is_name = name.starts_with(char::is_alphabetic);
    is_name && (name != inner || rest.starts_with('=') || inner.starts_with("toc"))
}

/// Blanks `tag`, which stands at `at`, but for what it shows.
fn blank_tag(tag: &str, at: usize, blanks: &mut Vec<Range<usize>>) {
    let mut start = 0;
    for shown in shown(tag) {
        blanks.push(at + start..at + shown.start);
        start = shown.end;
    }
    blanks.push(at + start..at + tag.len());
}

/// Where the values are that readers see.
fn shown(tag: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let inner = tag.trim_start_matches(['{', '<', '%', '-', ' ']);
    let (name, rest) = inner.split_once(char::is_whitespace).unwrap_or_default();
    let is_titled = TITLED.contains(&name);
    if is_titled && !rest.contains(['"', '\'', '=']) {
        let title = rest.trim_end_matches(['}', '>', '%', '-', '/', ' ']);
        let start = tag.len() - rest.len();
        found.push(start..start + title.len());
        return found;
    }
    let mut at = 0;
    while let Some(open) = tag[at..].find(['"', '\'']).map(|found| at + found) {
        let quote = &tag[open..=open];
        let Some(close) = tag[open + 1..].find(quote).map(|found| open + 1 + found) else {
            break;
        };
        let before = tag[..open].trim_end();
        let is_shown = match before.strip_suffix('=') {
            Some(named) => SHOWN.iter().any(|name| is_name(named.trim_end(), name)),
            None => found.is_empty() && is_titled,
        };
        if is_shown {
            found.push(open + 1..close);
        }
        at = close + 1;
    }
    found
}

/// Whether the last word of `text` is `name`.
fn is_name(text: &str, name: &str) -> bool {
    let before = text.strip_suffix(name);
    before.is_some_and(|before| before.ends_with([' ', '\t', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::parse::scrub;

    fn seen(text: &str) -> String {
        let (covered, blanks) = cover(text.to_owned(), &[]);
        let blanked = scrub::blank(&covered, &blanks);
        assert_eq!(blanked.len(), text.len());
        let words = blanked.replace(scrub::BLANKED, " ");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_are_gone_but_for_what_they_show() {
        for (text, expected) in [
            (
                "{{< tabs >}}\n{{% tab \"Linux\" %}}\na\n{{% /tab %}}\n{{< /tabs >}}",
                "Linux a",
            ),
            (
                "{{% alert title=\"Mind\" color='red' %}}\nb\n{{% /alert %}}",
                "Mind b",
            ),
            ("{% hint style=\"info\" %}\nc\n{% endhint %}", "c"),
            ("{% tab title=\"Go\" %}d{%- x -%}", "Go d"),
            ("# E {: .no_toc }\n{:toc}\nf {:.g}", "# E f"),
            ("{{< img src=\"a.png\"\n  caption=\"H\" >}}", "H"),
            ("{{< new-in 0.1 />}}é", "é"),
            ("{{% tab Type Script %}}\nx {% step %}", "Type Script x"),
        ] {
            assert_eq!(seen(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_tag_stays() {
        for text in [
            "`{{< a >}}` {{</* b */>}} {{ c }}",
            "{% open",
            "{{< a",
            "{:{a}} {:3} {:.2} {:#?} {: >8} {:?} { % b % }",
            "{{<",
            "a } b >}}",
        ] {
            assert_eq!(seen(text), text);
        }
    }

    #[test]
    fn a_tag_as_a_destination_leaves_a_link() {
        let text = "[a]({{< ref \"b.md\" >}}) c";
        let (covered, blanks) = cover(text.to_owned(), &[]);
        assert_eq!(covered, "[a](##################) c");
        assert!(blanks.is_empty());
    }
}
