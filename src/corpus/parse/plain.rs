//! Plain text: paragraphs between blank lines, and no headings.

use crate::corpus::document::{Border, Document, Node, Unit};

pub(super) fn parse(source: &str) -> Document {
    let mut document = Document::default();
    let mut next_border = Border::Block;
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let text = line.trim();
        if text.is_empty() {
            next_border = Border::Block;
        } else {
            let indent = line.len() - line.trim_start().len();
            document.nodes.push(Node::Unit(Unit {
                text: text.to_owned(),
                start,
                border: next_border,
                context: None,
                is_context: false,
                runs: vec![(0, start + indent)],
            }));
            next_border = Border::after_line(text);
        }
        start += line.len();
    }
    document
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::parse::outline;

    #[test]
    fn plain_text_has_paragraphs_and_no_headings() {
        assert_eq!(
            outline(&parse("# a\r\n b.\r\nc\r\n\r\nd")),
            ["Block # a", "Line b.", "Sentence c", "Block d"]
        );
    }
}
