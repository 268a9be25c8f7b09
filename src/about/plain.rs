//! What documents say, in texts that programs read.

use unicode_general_category::{GeneralCategory, get_general_category};

/// What a document says, as plain words of one line that mean nothing to a reader of Markdown, YAML or a shell: no
/// markup, no markers, no imports (`@file`), no variables, nothing invisible; at most `max` characters.
pub(crate) fn plain(text: &str, max: usize) -> String {
    let mut plain = String::new();
    let mut length = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter_map(plain_char).collect();
        if word.is_empty() {
            continue;
        }
        let space = usize::from(length > 0);
        let room = max.saturating_sub(length + space);
        if room == 0 {
            break;
        }
        if space == 1 {
            plain.push(' ');
        }
        plain.extend(word.chars().take(room));
        length += space + word.chars().count().min(room);
    }
    plain.trim_end().to_owned()
}

fn plain_char(c: char) -> Option<char> {
    use GeneralCategory::{
        Control, Format, LineSeparator, ParagraphSeparator, PrivateUse, Surrogate, Unassigned,
    };
    match c {
        '`' | '<' | '>' | '[' | ']' | '|' | '*' | '@' | '$' | '\\' | '#' | '!' => None,
        '"' => Some('\''),
        c => {
            let hidden = [
                Control,
                Format,
                LineSeparator,
                ParagraphSeparator,
                PrivateUse,
                Surrogate,
                Unassigned,
            ];
            (!hidden.contains(&get_general_category(c))).then_some(c)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_documents_say_is_plain() {
        assert_eq!(
            plain("Grant and Revoke: List(), `sync.Map`", 80),
            "Grant and Revoke: List(), sync.Map"
        );
        assert_eq!(
            plain("a\n<!-- docent:end -->\n@~/.ssh/id", 80),
            "a -- docent:end -- ~/.ssh/id"
        );
        assert_eq!(
            plain("!`rm -rf ~` $ARGUMENTS [x](javascript:1)", 80),
            "rm -rf ~ ARGUMENTS x(javascript:1)"
        );
        assert_eq!(
            plain("a\u{202e}b\u{200b}c\u{e0041}d\u{1b}[31m\u{2028}e", 80),
            "abcd 31m e"
        );
        assert_eq!(plain("日本語の文書", 3), "日本語");
        assert_eq!(plain("one two three", 7), "one two");
        assert_eq!(plain(" \" \"", 80), "' '");
    }
}
