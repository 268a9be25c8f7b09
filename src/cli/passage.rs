//! Chunks back to text.

use docent::index::ChunkRef;
use docent::terminal::printable_text;

/// The text of successive chunks of a section, printable, each line ended.
///
/// Between chunks that are lines apart stands one blank line: what is between them is blank, or
/// markup that no chunk holds. A line that was cut for its length comes in its parts.
pub fn text(chunks: &[ChunkRef<'_>]) -> String {
    let mut text = String::new();
    let mut last_line = None;
    for chunk in chunks {
        if last_line.is_some_and(|last: u32| chunk.line_start > last.saturating_add(1)) {
            text.push('\n');
        }
        for line in chunk.text.lines() {
            text.push_str(&printable_text(line));
            text.push('\n');
        }
        last_line = Some(chunk.line_end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(line_start: u32, line_end: u32, text: &str) -> ChunkRef<'_> {
        ChunkRef {
            section: 0,
            line_start,
            line_end,
            tokens: 0,
            heading_path: Vec::new(),
            text,
            embed_text_hash: [0; 16],
        }
    }

    #[test]
    fn gaps_become_one_blank_line() {
        let chunks = [
            chunk(3, 4, "a\r\n\u{1b}b"),
            chunk(5, 5, "c"),
            chunk(5, 5, "d"),
            chunk(u32::MAX, u32::MAX, "e"),
        ];
        assert_eq!(text(&chunks), "a\n\\u{1b}b\nc\nd\n\ne\n");
        assert_eq!(text(&[]), "");
    }
}
