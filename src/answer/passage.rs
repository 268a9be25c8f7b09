//! Chunks back to text.

use crate::corpus::MAX_FILE_BYTES;
use crate::index::ChunkRef;
use crate::terminal::printable_text;

/// More lines than a section has, since each is a byte at least.
const MAX_LINES: u32 = MAX_FILE_BYTES as u32;

/// The text of successive chunks of a section, printable, each line ended: as many lines as the
/// section has from the first line of the first chunk to the last line of the last.
///
/// What is between chunks is blank. Parts of a line that was cut for its length are joined by a
/// space, which may be one more than the section has.
pub fn text(chunks: &[ChunkRef<'_>]) -> String {
    let mut text = String::new();
    let mut at = chunks.first().map_or(0, |first| first.line_start);
    for chunk in chunks {
        // A damaged index may name any line.
        let start = chunk.line_start.min(MAX_LINES);
        if start > at {
            text.extend((at..start).map(|_| '\n'));
            at = start;
        } else if !text.is_empty() {
            text.push(' ');
        }
        for (i, line) in chunk.text.lines().enumerate() {
            if i > 0 {
                text.push('\n');
                at = at.saturating_add(1);
            }
            text.push_str(&printable_text(line));
        }
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::SectionId;

    fn chunk(line_start: u32, line_end: u32, text: &str) -> ChunkRef<'_> {
        ChunkRef {
            section: SectionId(0),
            line_start,
            line_end,
            tokens: 0,
            file_lines: (1, 1),
            heading_path: Vec::new(),
            anchor: None,
            text,
            embed_text_hash: [0; 16],
        }
    }

    #[test]
    fn there_are_as_many_lines_as_the_chunks_say() {
        let chunks = [
            chunk(3, 4, "a\r\n\u{1b}b"),
            chunk(5, 5, "c"),
            chunk(5, 5, "d"),
            chunk(7, 7, "e"),
            chunk(11, 11, "f"),
        ];
        assert_eq!(text(&chunks), "a\n\\u{1b}b\nc d\n\ne\n\n\n\nf\n");
        assert_eq!(text(&[]), "");
        assert_eq!(text(&[chunk(1, 1, "")]), "");
    }

    #[test]
    fn lines_of_a_damaged_index_do_not_fill_the_memory() {
        let far = || chunk(u32::MAX, 0, "a");
        let text = text(&[far(), chunk(1, 1, "b"), far(), chunk(1, 1, "c"), far()]);
        assert_eq!(text.trim_start(), "a b a c a\n");
        let text = super::text(&[chunk(1, 1, "b"), far(), chunk(1, 1, "c"), far()]);
        assert_eq!(text.len(), MAX_LINES as usize + "b".len() + "a c a".len());
    }
}
