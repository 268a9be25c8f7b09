//! Which lines of a Markdown text stand between code fences.

/// For each line of `text`, whether it stands between code fences or is one. Fences in components, lists and
/// quotations count too, also where Markdown alone would read them as text.
pub(super) fn fenced(text: &str) -> Vec<bool> {
    let mut open: Option<(char, usize)> = None;
    let of_line = |line: &str| {
        let line = line.trim_start_matches([' ', '\t', '>']);
        match (open, fence(line)) {
            (Some((mark, length)), Some((found, run, rest))) => {
                if found == mark && run >= length && rest.trim().is_empty() {
                    open = None;
                }
            }
            (Some(_), None) => {}
            (None, _) => {
                open = fence(after_markers(line))
                    .filter(|(mark, _, rest)| *mark == '~' || !rest.contains('`'))
                    .map(|(mark, run, _)| (mark, run));
                return open.is_some();
            }
        }
        true
    };
    text.lines().map(of_line).collect()
}

/// The mark of a fence that a line begins with, how many there are, and what follows.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let mark = line.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let rest = line.trim_start_matches(mark);
    let run = line.len() - rest.len();
    (run >= 3).then_some((mark, run, rest))
}

/// A line without the marks of the list items that begin on it.
fn after_markers(line: &str) -> &str {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let after = match number.len() < line.len() {
        true => number.strip_prefix(['.', ')']),
        false => line.strip_prefix(['-', '*', '+']),
    };
    match after.filter(|after| after.starts_with([' ', '\t'])) {
        Some(after) => after_markers(after.trim_start()),
        None => line,
    }
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
}
