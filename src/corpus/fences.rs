//! Which lines of a Markdown text stand between code fences.

/// A fence: its mark, and how many there are.
pub(crate) type Fence = (char, usize);

/// For each line of `text`, whether it stands between code fences or is one. Fences in components, lists and
/// quotations count too, also where Markdown alone would read them as text.
pub(super) fn fenced(text: &str) -> Vec<bool> {
    let mut open = None;
    let of_line = |line: &str| {
        let was_open = open.is_some();
        open = open_after(open, line);
        was_open || open.is_some()
    };
    text.lines().map(of_line).collect()
}

/// The fence that is open after `line`, where `open` is before it, in whatever it stands.
pub(super) fn open_after(open: Option<Fence>, line: &str) -> Option<Fence> {
    let line = line.trim_start_matches([' ', '\t', '>']);
    fence_after(
        open,
        if open.is_some() {
            line
        } else {
            after_markers(line)
        },
    )
}

/// The fence that is open after `line`, which has no space before it, where `open` is before it.
pub(crate) fn fence_after(open: Option<Fence>, line: &str) -> Option<Fence> {
    match (open, fence(line)) {
        (Some((mark, length)), Some((found, run, rest)))
            if found == mark && run >= length && rest.trim().is_empty() =>
        {
            None
        }
        (Some(open), _) => Some(open),
        // Backticks with others behind them are code within a line.
        (None, found) => found
            .filter(|(mark, _, rest)| *mark == '~' || !rest.contains('`'))
            .map(|(mark, run, _)| (mark, run)),
    }
}

/// The mark of a fence that a line begins with, how many there are, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let run = line.len() - rest.len();
    (run >= 3).then_some((mark, run, rest))
}

/// A line without the marks of the list items that begin on it.
pub(super) fn after_markers(mut line: &str) -> &str {
    while let Some(after) = after_marker(line) {
        line = after.trim_start();
    }
    line
}

/// What follows the mark of a list item, if `line` begins with one.
fn after_marker(line: &str) -> Option<&str> {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = match number.len() < line.len() {
        true => number.strip_prefix(['.', ')']),
        false => line.strip_prefix(['-', '*', '+']),
    };
    after.filter(|after| after.starts_with([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_of_all_kinds() {
        for (text, expected) in [
            ("a\n```sh\nb\n```\nc", "01110"),
            // A longer fence has shorter ones in it, and one with a word does not close.
            ("````\n```\na\n```\n````\nb", "111110"),
            ("~~~\n```\n~~~ x\na\n~~~\nb", "111110"),
            ("> ```\n> a\n> ```\n> b", "1110"),
            ("1. - ```\n     a\n     ```\n- b", "1110"),
            ("<Tab>\n  ```\n  a\n  ```\n</Tab>", "01110"),
            ("``` a ``` b\nc\n-```\nd", "0000"),
            ("```\na", "11"),
            ("", ""),
        ] {
            let found: String = fenced(text)
                .iter()
                .map(|is| if *is { '1' } else { '0' })
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_fence_ends_at_one_like_it() {
        let open_after = |text: &str| text.lines().map(str::trim).fold(None, fence_after);
        assert_eq!(open_after("a\n  ```rust\nlet a;"), Some(('`', 3)));
        assert_eq!(open_after("````\n```\n~~~~\n```` x"), Some(('`', 4)));
        assert_eq!(open_after("~~~ `a`\n~~~~"), None);
        assert_eq!(open_after("```a``` b\n``\n`"), None);
    }
}
