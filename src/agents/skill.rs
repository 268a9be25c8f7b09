//! A file that is docent's alone. Its last line has a digest of all before it.

use super::block::digest_of;
use super::error::Left;
use super::part::Change;

const MARK: (&str, &str) = ("<!-- docent ", " -->\n");

/// The file with the text `body`, if it is not there or docent's.
pub(super) fn install(body: &str, text: Option<&str>) -> Change {
    let wanted = format!("{body}{}{}{}", MARK.0, digest_of(body), MARK.1);
    match text {
        Some(text) if !is_ours(text) => Change::Left(Left::Edited),
        Some(text) if unified(text) == wanted => Change::Nothing,
        _ => Change::Text(wanted),
    }
}

/// Removes the file, if it is docent's.
pub(super) fn uninstall(text: &str) -> Change {
    match is_ours(text) {
        true => Change::NoFile,
        false => Change::Left(Left::Edited),
    }
}

fn is_ours(text: &str) -> bool {
    let text = unified(text);
    let digest = text
        .strip_suffix(MARK.1)
        .and_then(|text| text.rsplit_once(MARK.0));
    digest.is_some_and(|(body, digest)| digest == digest_of(body))
}

/// With the line breaks that docent writes: version control may turn them.
fn unified(text: &str) -> String {
    text.replace("\r\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_own_file_is_replaced_and_removed() {
        let Change::Text(text) = install("one\n", None) else {
            panic!()
        };
        assert_eq!(install("one\n", Some(&text)), Change::Nothing);
        assert_eq!(
            install("one\n", Some(&text.replace('\n', "\r\n"))),
            Change::Nothing
        );
        assert!(
            matches!(install("two\n", Some(&text)), Change::Text(other) if other.starts_with("two\n"))
        );
        assert_eq!(uninstall(&text), Change::NoFile);
        for other in [
            "",
            "one\n",
            &text.replace("one", "1"),
            &format!("{text}more"),
        ] {
            assert_eq!(install("one\n", Some(other)), Change::Left(Left::Edited));
            assert_eq!(uninstall(other), Change::Left(Left::Edited));
        }
    }
}
