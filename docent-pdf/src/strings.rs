//! Texts that stand in a file's objects and not on its pages: titles.

/// A text string of PDF on one line: UTF-16 or UTF-8 with a mark that says so, else PDFDocEncoding, of which what
/// titles have is Latin-1 and some quotation marks and dashes.
pub fn text(bytes: &[u8]) -> String {
    let utf16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        String::from_utf16_lossy(&units)
    };
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| of_pdf_doc(*byte)).collect(),
    };
    let plain = text
        .chars()
        .filter(|c| !c.is_control() || c.is_whitespace());
    let plain: String = plain.filter(|c| *c != '\u{fffd}').collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_pdf_doc(byte: u8) -> char {
    const FROM_80: [char; 32] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚',
        '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', '\u{fffd}',
    ];
    match byte {
        0x80..=0x9f => FROM_80[usize::from(byte - 0x80)],
        0xa0 => '€',
        _ => char::from(byte),
    }
}

/// The title that a document's properties give it, if people have written it: many programs put the name of a file
/// there, or of themselves.
pub fn sensible_title(title: &str) -> Option<String> {
    let lower = title.to_lowercase();
    let extension = lower
        .rsplit_once('.')
        .map_or("", |(_, extension)| extension);
    let is_file = !title.contains(' ') && (1..=5).contains(&extension.len());
    let is_made = [
        "untitled",
        "microsoft word",
        "microsoft powerpoint",
        "powerpoint presentation",
        "document",
    ]
    .iter()
    .any(|made| lower.starts_with(made) && (lower.len() < 24 || lower.contains('.')));
    let is_file = is_file
        || [
            ".doc", ".docx", ".tex", ".dvi", ".indd", ".qxd", ".fm", ".pdf",
        ]
        .iter()
        .any(|end| lower.ends_with(end));
    let has_words = title.chars().filter(|c| c.is_alphabetic()).count() > 2;
    (has_words && !is_file && !is_made).then(|| title.to_owned())
}
