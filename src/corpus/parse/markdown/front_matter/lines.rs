//! A scalar of front matter that is not valid YAML, read line by line: plain, quoted, folded (`>`), literal (`|`)
//! and continued scalars.

/// The value of the top-level `key`, on one line, or `None` if it is absent or blank.
pub(super) fn scalar(yaml: &str, key: &str) -> Option<String> {
    let mut lines = yaml.lines();
    let first = lines.find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix(':'))?;
    let mut words: Vec<&str> = match first.trim() {
        block if block.starts_with(['>', '|']) => Vec::new(),
        inline => inline.split_whitespace().collect(),
    };
    let continued = lines.take_while(|line| line.is_empty() || line.starts_with([' ', '\t']));
    words.extend(continued.flat_map(str::split_whitespace));
    let value = unquote(&words.join(" "));
    (!value.trim().is_empty()).then_some(value)
}

fn unquote(value: &str) -> String {
    if let Some(inner) = quoted(value, '"') {
        // YAML's double-quoted escapes are JSON's but for rare ones, which then stay as written.
        let json = format!("\"{inner}\"");
        return serde_json::from_str(&json).unwrap_or_else(|_| inner.to_owned());
    }
    if let Some(inner) = quoted(value, '\'') {
        return inner.replace("''", "'");
    }
    match value.split_once(" #") {
        Some((plain, _comment)) => plain.trim_end().to_owned(),
        None => value.to_owned(),
    }
}

/// What stands between the quotes of `value`, after which only a comment may follow.
fn quoted(value: &str, quote: char) -> Option<&str> {
    let text = value.strip_prefix(quote)?;
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let is_doubled = quote == '\'' && chars.peek().is_some_and(|&(_, next)| next == quote);
        if char == '\\' && quote == '"' || char == quote && is_doubled {
            chars.next();
        } else if char == quote {
            let rest = &text[at + quote.len_utf8()..];
            let is_end = rest.is_empty() || rest.starts_with(" #");
            return is_end.then(|| &text[..at]);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn title(yaml: &str) -> Option<String> {
        scalar(yaml, "title")
    }

    #[test]
    fn reads_plain_quoted_and_block_scalars() {
        assert_eq!(
            title("title: Setup: the basics").unwrap(),
            "Setup: the basics"
        );
        assert_eq!(
            title("title: \"Say \\\"hi\\\" \\u00e9\"").unwrap(),
            "Say \"hi\" é"
        );
        assert_eq!(title("title: 'It''s'").unwrap(), "It's");
        assert_eq!(title("title: C# basics # note").unwrap(), "C# basics");
        assert_eq!(
            title("title: \"Setup guide\" # sidebar").unwrap(),
            "Setup guide"
        );
        assert_eq!(title("title: 'It''s' # 'sidebar'").unwrap(), "It's");
        assert_eq!(title("title: \"A \\\" # b\" # c").unwrap(), "A \" # b");
        assert_eq!(title("title: \"a\" and \"b\"").unwrap(), "\"a\" and \"b\"");
        assert_eq!(title("title: \"open").unwrap(), "\"open");
        assert_eq!(
            title("title: >-\n  two\n  lines\nother: x").unwrap(),
            "two lines"
        );
        assert_eq!(
            title("title: one\r\n  more\r\nother: x\r\n").unwrap(),
            "one more"
        );
    }

    #[test]
    fn nested_and_blank_keys_are_not_the_title() {
        assert_eq!(title("nav:\n  title: inner"), None);
        assert_eq!(title("title:\nother: x"), None);
        assert_eq!(title("title: \"\""), None);
        assert_eq!(title("subtitle: x\ntitles: y"), None);
    }
}
