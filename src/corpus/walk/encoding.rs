//! Bytes of a file become text.

use std::fmt;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes at the beginning of a page may hold the declaration of its encoding, as HTML has it.
const DECLARED_WITHIN: usize = 1_024;

/// How many bytes at the beginning of a file are looked at to see whether every second one is zero.
const LOOKED_AT: usize = 4_096;

/// Begins the text of some files; it is not part of what is read.
pub(crate) const BYTE_ORDER_MARK: char = '\u{feff}';

/// An encoding that nothing in the file declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuessedEncoding {
    /// What Western systems wrote before UTF-8; Latin-1 is part of it.
    Windows1252,
    /// Two bytes a character, the lower one first.
    Utf16Le,
    /// Two bytes a character, the higher one first.
    Utf16Be,
}

impl fmt::Display for GuessedEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Windows1252 => "read as Windows-1252: it is not UTF-8",
            Self::Utf16Le => "read as UTF-16LE: every second byte is 0",
            Self::Utf16Be => "read as UTF-16BE: every second byte is 0",
        })
    }
}

/// The text of a file, with its encoding where that is a guess; `None` if it is no text.
///
/// UTF-8 is what can be read as such, UTF-16 what begins with its mark or has a zero in every second byte.
/// Anything else is what a page (`is_html`) declares, or Windows-1252.
pub(super) fn decode(bytes: Vec<u8>, is_html: bool) -> Option<(String, Option<GuessedEncoding>)> {
    if bytes.starts_with(&[0xff, 0xfe]) {
        return Some((utf_16(UTF_16LE, &bytes[2..])?, None));
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return Some((utf_16(UTF_16BE, &bytes[2..])?, None));
    }
    if bytes.contains(&0) {
        let (encoding, guess) = unmarked_utf_16(&bytes)?;
        return Some((utf_16(encoding, &bytes)?, Some(guess)));
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some((without_mark(text), None)),
        Err(error) => error.into_bytes(),
    };
    let declared = is_html.then(|| declared(&bytes)).flatten();
    if let Some(text) = declared.and_then(|encoding| strictly(encoding, &bytes)) {
        return Some((text, None));
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
    is_plain(&text).then(|| (text.into_owned(), Some(GuessedEncoding::Windows1252)))
}

fn without_mark(mut text: String) -> String {
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len_utf8());
    }
    text
}

/// `None` if the bytes are not of this encoding.
fn strictly(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    Some(text.into_owned())
}

fn utf_16(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    strictly(encoding, bytes).filter(|text| is_plain(text) && !text.contains('\0'))
}

/// UTF-16 of a language with Latin letters: most characters have a zero byte on the same side, and none
/// has one on the other.
fn unmarked_utf_16(bytes: &[u8]) -> Option<(&'static Encoding, GuessedEncoding)> {
    let beginning = &bytes[..bytes.len().min(LOOKED_AT)];
    let zeros = |side: usize| {
        beginning
            .iter()
            .skip(side)
            .step_by(2)
            .filter(|&&b| b == 0)
            .count()
    };
    let is_most = |zeros: usize| zeros * 10 >= beginning.len() / 2 * 9;
    match (zeros(0), zeros(1)) {
        (0, high) if is_most(high) => Some((UTF_16LE, GuessedEncoding::Utf16Le)),
        (high, 0) if is_most(high) => Some((UTF_16BE, GuessedEncoding::Utf16Be)),
        _ => None,
    }
}

/// Whether at most one of a hundred characters is a control character that texts do not have.
fn is_plain(text: &str) -> bool {
    // A form feed, and what makes letters bold or coloured on a terminal or printer.
    let is_usual = |c: char| matches!(c, '\t' | '\n' | '\r' | '\u{8}' | '\u{c}' | '\u{1b}');
    let strange = text.chars().filter(|&c| c.is_control() && !is_usual(c));
    strange.count() * 100 <= text.chars().count()
}

/// The encoding that a `<meta>` at the beginning of a page declares, by whichever attribute.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let beginning = &bytes[..bytes.len().min(DECLARED_WITHIN)];
    let beginning = String::from_utf8_lossy(beginning).to_ascii_lowercase();
    let mut tags = beginning.split("<meta").skip(1);
    tags.find_map(|tag| {
        let tag = tag.split('>').next()?;
        let (_, value) = tag.split_once("charset")?;
        let value = value.trim_start().strip_prefix('=')?;
        let value = value.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| c.is_whitespace() || "\"';/".contains(c));
        Encoding::for_label(&value.as_bytes()[..end.unwrap_or(value.len())])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Option<(String, Option<GuessedEncoding>)> {
        decode(bytes.to_vec(), false)
    }

    fn certain(text: &str) -> Option<(String, Option<GuessedEncoding>)> {
        Some((text.to_owned(), None))
    }

    fn guessed(text: &str, by: GuessedEncoding) -> Option<(String, Option<GuessedEncoding>)> {
        Some((text.to_owned(), Some(by)))
    }

    fn utf_16_bytes(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    #[test]
    fn utf_8_is_taken_as_it_is_without_its_mark() {
        assert_eq!(text("Größe 🦀\r\n".as_bytes()), certain("Größe 🦀\r\n"));
        assert_eq!(text("\u{feff}a\u{feff}".as_bytes()), certain("a\u{feff}"));
        assert_eq!(text(b""), certain(""));
        // Whatever it is, it is the text that its author wrote.
        assert_eq!(text(b"\x01\x02\x03"), certain("\x01\x02\x03"));
    }

    #[test]
    fn utf_16_is_told_by_its_mark() {
        let written = "# Größe\n日本 🦀";
        let le = [&[0xff, 0xfe][..], &utf_16_bytes(written, u16::to_le_bytes)].concat();
        let be = [&[0xfe, 0xff][..], &utf_16_bytes(written, u16::to_be_bytes)].concat();
        assert_eq!(text(&le), certain(written));
        assert_eq!(text(&be), certain(written));
        assert_eq!(text(&le[..le.len() - 1]), None);
        // The mark of UTF-32.
        assert_eq!(text(b"\xff\xfe\0\0a\0\0\0"), None);
    }

    #[test]
    fn utf_16_without_its_mark_is_told_by_zeros() {
        let written = "# Größe\nOne page, a naïve one.\n";
        let le = utf_16_bytes(written, u16::to_le_bytes);
        let be = utf_16_bytes(written, u16::to_be_bytes);
        assert_eq!(text(&le), guessed(written, GuessedEncoding::Utf16Le));
        assert_eq!(text(&be), guessed(written, GuessedEncoding::Utf16Be));
        assert_eq!(text(b"a\0b"), None);
        assert_eq!(text(b"\0\0\0\0"), None);
        assert_eq!(text(&[&le[..], b"\0\0"].concat()), None);
    }

    #[test]
    fn what_is_neither_is_windows_1252() {
        assert_eq!(
            text(b"caf\xe9 \x80 5 \x93so\x94"),
            guessed("café € 5 “so”", GuessedEncoding::Windows1252)
        );
        let mut noise: Vec<u8> = b"plain text ".repeat(20);
        noise.extend([0xff, 1, 2]);
        // 2 of 223 characters.
        assert!(text(&noise).is_some());
        noise.push(3);
        assert_eq!(text(&noise), None);
    }

    #[test]
    fn a_page_may_declare_its_encoding() {
        let page = |meta: &str| {
            let head = format!("<html><head>{meta}</head>").into_bytes();
            [&head[..], b"\xcf\xf0\xe8\xe2\xe5\xf2"].concat()
        };
        for meta in [
            "<meta charset=\"windows-1251\">",
            "<META CHARSET = 'CP1251' />",
            "<meta name=a><meta charset=windows-1251>",
            "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=windows-1251\">",
        ] {
            let (text, guess) = decode(page(meta), true).unwrap();
            assert!(text.ends_with("Привет"), "{text}");
            assert_eq!(guess, None);
        }
        let far = page(&format!(
            "{}<meta charset=windows-1251>",
            " ".repeat(DECLARED_WITHIN)
        ));
        for page in [
            page("<meta charset=nonsense>"),
            page("<meta charset=utf-8>"),
            far,
        ] {
            let (_, guess) = decode(page, true).unwrap();
            assert_eq!(guess, Some(GuessedEncoding::Windows1252));
        }
        let (_, guess) = decode(page("<meta charset=windows-1251>"), false).unwrap();
        assert_eq!(guess, Some(GuessedEncoding::Windows1252));
        let utf_8 = "<meta charset=windows-1251>Größe";
        assert_eq!(decode(utf_8.into(), true), certain(utf_8));
    }
}
