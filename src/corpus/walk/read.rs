//! A file becomes text, or the reason why not.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use super::encoding::{GuessedEncoding, decode};
use super::names::{is_gzip, is_html, is_pdf};
use super::{FoundFile, MAX_FILE_BYTES, MAX_PDF_BYTES, pdf};
use crate::corpus::SkipReason;

/// How often a file that changes while it is read is read again.
const READ_ATTEMPTS: usize = 3;

/// What a file holds.
#[derive(Debug)]
pub(crate) struct FileText {
    /// Decoded, without a byte order mark.
    pub(crate) text: String,
    /// Length of the file, as it lies there.
    pub(crate) file_bytes: u64,
    /// The encoding, if it is a guess.
    pub(crate) guessed: Option<GuessedEncoding>,
}

impl FoundFile {
    /// Reads the file: unpacked, decoded, without its byte order mark. This is the only place where files become text.
    ///
    /// A file that is being written is read again, a few times: half of an old text and half of a new
    /// one is no document.
    pub(crate) fn read(&self) -> Result<FileText, SkipReason> {
        for _ in 0..READ_ATTEMPTS {
            if let Some(bytes) = read_stable(&self.absolute, most_bytes(&self.path))? {
                return text_of(&self.path, bytes);
            }
        }
        Err(SkipReason::Changing)
    }
}

fn most_bytes(path: &str) -> u64 {
    if is_pdf(path) {
        MAX_PDF_BYTES
    } else {
        MAX_FILE_BYTES
    }
}

fn text_of(path: &str, mut bytes: Vec<u8>) -> Result<FileText, SkipReason> {
    let file_bytes = bytes.len() as u64;
    if is_gzip(path) && !bytes.is_empty() {
        bytes = unpack(&bytes[..], most_bytes(path))?;
    }
    if is_pdf(path) {
        return Ok(FileText {
            text: pdf::read(bytes)?,
            file_bytes,
            guessed: None,
        });
    }
    let (text, guessed) = decode(bytes, is_html(path)).ok_or(SkipReason::Binary)?;
    if text.trim().is_empty() {
        return Err(SkipReason::Empty);
    }
    Ok(FileText {
        text,
        file_bytes,
        guessed,
    })
}

/// Unpacks what gzip has packed, up to `limit` bytes: what claims to be a document may be made of
/// a few bytes that unpack to any number.
fn unpack(packed: impl Read, limit: u64) -> Result<Vec<u8>, SkipReason> {
    let mut bytes = Vec::new();
    let mut limited = MultiGzDecoder::new(packed).take(limit + 1);
    limited
        .read_to_end(&mut bytes)
        .map_err(|error| SkipReason::NotGzip {
            message: error.to_string(),
        })?;
    if bytes.len() as u64 > limit {
        return Err(SkipReason::UnpacksTooLarge { limit });
    }
    Ok(bytes)
}

/// The bytes of a file; `None` if it changed while it was read.
fn read_stable(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, SkipReason> {
    let mut file = File::open(path).map_err(|error| unreadable(&error))?;
    let state = |file: &File| -> io::Result<_> {
        let metadata = file.metadata()?;
        Ok((metadata.len(), metadata.modified().ok()))
    };
    let before = state(&file).map_err(|error| unreadable(&error))?;
    let (size, _) = before;
    let mut bytes = Vec::new();
    // The size is only what it was just now, so reading has its own limit.
    if size <= limit {
        let mut limited = file.by_ref().take(limit + 1);
        limited
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
    }
    let bytes_read = bytes.len() as u64;
    if size.max(bytes_read) > limit {
        return Err(SkipReason::TooLarge {
            bytes: size.max(bytes_read),
            limit,
        });
    }
    let after = state(&file).map_err(|error| unreadable(&error))?;
    Ok((before == after).then_some(bytes))
}

pub(super) fn unreadable(error: &io::Error) -> SkipReason {
    SkipReason::Unreadable {
        message: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    const TOO_LARGE: SkipReason = SkipReason::UnpacksTooLarge {
        limit: MAX_FILE_BYTES,
    };

    fn packed(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn text(path: &str, bytes: Vec<u8>) -> Result<String, SkipReason> {
        text_of(path, bytes).map(|read| read.text)
    }

    #[test]
    fn a_packed_file_is_its_content_in_whatever_encoding() {
        let read = text_of("a.TXT.GZ", packed(b"caf\xe9")).unwrap();
        assert_eq!(
            (read.text.as_str(), read.guessed),
            ("café", Some(GuessedEncoding::Windows1252))
        );
        assert_eq!(read.file_bytes, packed(b"caf\xe9").len() as u64);
        let twice = [packed(b"one, "), packed(b"two")].concat();
        assert_eq!(text("a.gz", twice).unwrap(), "one, two");
        assert_eq!(text("a.gz", packed(b" \n")), Err(SkipReason::Empty));
        assert_eq!(text("a.gz", Vec::new()), Err(SkipReason::Empty));
        assert_eq!(text("a.gz", packed(b"a\0b")), Err(SkipReason::Binary));
    }

    #[test]
    fn what_is_no_whole_gzip_file_is_skipped() {
        let whole = packed(&b"Grown in shade. ".repeat(100));
        for length in 1..whole.len() {
            let cut = text("a.gz", whole[..length].to_vec());
            assert!(
                matches!(cut, Err(SkipReason::NotGzip { .. })),
                "{length}: {cut:?}"
            );
        }
        let plain = text("a.md.gz", b"# Not packed at all".to_vec());
        assert!(
            matches!(plain, Err(SkipReason::NotGzip { .. })),
            "{plain:?}"
        );
    }

    #[test]
    fn the_limit_is_that_of_the_unpacked_text() {
        let largest = "x".repeat(MAX_FILE_BYTES as usize);
        assert_eq!(text("a.gz", packed(largest.as_bytes())).unwrap(), largest);
        let larger = packed((largest + "x").as_bytes());
        assert_eq!(text("a.gz", larger), Err(TOO_LARGE));
    }

    #[test]
    fn a_bomb_is_unpacked_to_the_limit_only() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        io::copy(&mut io::repeat(0).take(1 << 30), &mut encoder).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 2 << 20, "{}", bomb.len());
        let mut left = &bomb[..];
        assert_eq!(unpack(&mut left, MAX_FILE_BYTES), Err(TOO_LARGE));
        // Most of it is never looked at, and so never held in memory.
        assert!(left.len() > bomb.len() / 10 * 9, "{}", left.len());
    }
}
