//! What a line of AsciiDoc is, by itself.

/// What stands between two lines that are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Lines as they are: listings and literal text.
    Code,
    Fence,
    Comment,
    Passthrough,
    Quote,
    /// Blocks in other blocks: examples, sidebars, open blocks.
    Compound,
    Table,
}

/// What the line `text` opens, if it delimits a block.
pub(super) fn delimiter(text: &str) -> Option<Kind> {
    if text == "--" {
        return Some(Kind::Compound);
    }
    if text
        .strip_prefix("```")
        .is_some_and(|info| !info.contains('`'))
    {
        return Some(Kind::Fence);
    }
    let table = text.strip_prefix(['|', ',', ':', '!']);
    if table.is_some_and(|rest| rest.len() >= 3 && rest.bytes().all(|byte| byte == b'=')) {
        return Some(Kind::Table);
    }
    let first = *text.as_bytes().first()?;
    if text.len() < 4 || text.bytes().any(|byte| byte != first) {
        return None;
    }
    match first {
        b'-' | b'.' => Some(Kind::Code),
        b'/' => Some(Kind::Comment),
        b'+' => Some(Kind::Passthrough),
        b'_' => Some(Kind::Quote),
        b'=' | b'*' => Some(Kind::Compound),
        _ => None,
    }
}

/// The level of a section title and how long the marks before its text are.
pub(super) fn section_title(text: &str) -> Option<(usize, usize)> {
    let mark = text
        .bytes()
        .next()
        .filter(|byte| matches!(byte, b'=' | b'#'))?;
    let level = text.bytes().take_while(|&byte| byte == mark).count();
    let is_title = level <= 6 && text[level..].starts_with([' ', '\t']);
    is_title.then_some((level, level))
}

/// The level of the section whose title is `text`, where `underline` is the line after it.
pub(super) fn underlined_title(text: &str, underline: &str) -> Option<usize> {
    let mark = *underline.as_bytes().first()?;
    let level = 1 + b"=-~^+".iter().position(|&known| known == mark)?;
    let is_title = underline.bytes().all(|byte| byte == mark)
        && underline.len().abs_diff(text.chars().count()) < 2
        && !text.starts_with('.')
        && text.chars().any(|c| c.is_alphanumeric() || c == '_');
    is_title.then_some(level)
}

/// The name and the value of `:name: value`.
pub(super) fn attribute_entry(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.strip_prefix(':')?.split_once(':')?;
    let bare = name.trim_matches('!');
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let is_entry = !bare.is_empty()
        && bare.chars().all(is_name)
        && (value.is_empty() || value.starts_with([' ', '\t']));
    is_entry.then_some((name, value.trim()))
}

/// What stands in the brackets of a line of block attributes, such as `[source,rust]`.
pub(super) fn block_attributes(text: &str) -> Option<&str> {
    let list = text.strip_prefix('[')?.strip_suffix(']')?;
    let begins = |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '.' | '#' | '%' | '{' | ',' | '"' | '\'' | '[')
    };
    let is_bibliography = list.starts_with("[[");
    (!is_bibliography && (list.is_empty() || list.starts_with(begins))).then_some(list)
}

pub(super) fn block_title(text: &str) -> Option<&str> {
    let title = text.strip_prefix('.')?;
    let bare = title.strip_prefix('.').unwrap_or(title);
    (!bare.is_empty() && !bare.starts_with([' ', '\t', '.'])).then_some(title)
}

/// A comment on a line of its own.
pub(super) fn is_comment(text: &str) -> bool {
    text.starts_with("//") && !text.starts_with("///")
}

/// A line that readers see as a rule, or as the end of a page.
pub(super) fn is_break(text: &str) -> bool {
    matches!(text, "'''" | "<<<" | "---" | "***" | "- - -" | "* * *")
}

/// A line of the preprocessor: what of it is text of the document.
pub(super) fn directive(text: &str) -> Option<&str> {
    let names = ["ifdef::", "ifndef::", "ifeval::", "endif::", "include::"];
    let name = names.into_iter().find(|name| text.starts_with(name))?;
    let content = text[name.len()..].split_once('[')?.1.strip_suffix(']')?;
    Some(if name.starts_with("ifd") || name.starts_with("ifn") {
        content
    } else {
        ""
    })
}

/// The text in the brackets of a block macro of one of `names`, with where it begins in the line.
pub(super) fn block_macro<'a>(text: &'a str, names: &[&str]) -> Option<(&'a str, usize)> {
    let name = names.iter().find(|name| text.starts_with(**name))?;
    let rest = text[name.len()..].strip_prefix("::")?;
    let (_, content) = rest.split_once('[')?;
    let content = content.strip_suffix(']')?;
    Some((content, text.len() - content.len() - 1))
}

/// The marker of a list item, without what counts in it, and how long marker and blank space are.
pub(super) fn list_marker(text: &str) -> Option<(&str, usize)> {
    let length = text.find([' ', '\t'])?;
    let rest = text[length..].trim_start();
    let marker = &text[..length];
    let skipped = text.len() - rest.len();
    let all = |byte: u8| marker.bytes().all(|other| other == byte);
    if marker == "-" || marker == "•" || all(b'*') || all(b'.') {
        return Some((marker, skipped));
    }
    let last = marker.chars().next_back()?;
    let inner = &marker[..length - last.len_utf8()];
    let is_number = !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = inner.len() == 1 && inner.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_roman = !inner.is_empty() && inner.bytes().all(|byte| b"ivxIVX".contains(&byte));
    let kind = match last {
        '.' if is_number => "1.",
        '.' if is_letter => "a.",
        ')' if is_roman => "i)",
        '>' if marker == "<.>" => "<1>",
        '>' if inner
            .strip_prefix('<')
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())) =>
        {
            "<1>"
        }
        _ => return None,
    };
    Some((kind, skipped))
}

/// The term of `term:: text`: how long it is, its marker, and where the text begins.
pub(super) fn term(text: &str) -> Option<(usize, &str, usize)> {
    let mut from = 0;
    while let Some(length) = text[from..].find([':', ';']) {
        let at = from + length;
        let mark = text.as_bytes()[at];
        let run = text[at..].bytes().take_while(|&byte| byte == mark).count();
        let end = at + run;
        let is_marker = run == 2 || mark == b':' && (3..=4).contains(&run);
        let is_end = text[end..].is_empty() || text[end..].starts_with([' ', '\t']);
        if at > 0 && is_marker && is_end {
            let skipped = text.len() - text[end..].trim_start().len();
            return Some((at, &text[at..end], skipped));
        }
        from = end;
    }
    None
}
