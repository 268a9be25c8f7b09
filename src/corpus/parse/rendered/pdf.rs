//! PDF, as the program `docent-pdf` tells it: blocks of text page by page, in JSON.
//!
//! ```json
//! {"Ok": {"title": "Roasting", "pages": [[{"heading": [1, "Curves"]}, {"text": ["One line", "and another"]}], []]}}
//! ```
//!
//! `{"Err": "it needs a password"}` is the answer to what it cannot read. Lines of a page are those of the text,
//! so that a place in a PDF is a page: `#page=12` (RFC 8118).

use serde::Deserialize;

use super::markup::{self, Line};
use crate::corpus::parse::rendition::{NoContent, Rendition};

#[cfg(test)]
mod tests;

/// Longest reason that is passed on, in characters.
const MAX_REASON: usize = 200;

#[derive(Deserialize)]
struct Document {
    title: Option<String>,
    pages: Vec<Vec<Block>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Block {
    /// A heading and its level in the document's outline, from 1 on.
    Heading(usize, String),
    Text(Vec<String>),
    Code(Vec<String>),
}

pub(in crate::corpus) fn render(answer: &str) -> Result<Rendition, NoContent> {
    let document: Result<Document, String> = serde_json::from_str(answer).map_err(|_| {
        let what = "docent-pdf answers as another version of docent expects";
        NoContent::Malformed(what.to_owned())
    })?;
    let document = document
        .map_err(|reason| NoContent::Malformed(reason.chars().take(MAX_REASON).collect()))?;
    let mut out = Rendition {
        has_pages: true,
        ..Rendition::default()
    };
    for (page, blocks) in (1..).zip(document.pages) {
        for block in blocks {
            push(&mut out, block, page);
        }
    }
    if out.text.trim().is_empty() {
        return Err(NoContent::Empty);
    }
    out.title = document.title;
    Ok(out)
}

fn push(out: &mut Rendition, block: Block, page: u32) {
    match block {
        Block::Heading(level, text) => {
            out.end_block();
            // The first level is that of the title.
            let marks = "#".repeat(level.clamp(1, 5) + 1);
            let text = markup::one_line(&markup::heading(&text));
            out.push_line(&format!("{marks} {text}"), page);
        }
        Block::Text(lines) => {
            out.end_block();
            for (at, line) in lines.iter().enumerate() {
                let item = item(line).filter(|_| at == 0);
                let line = markup::at_line_start(&markup::escape(item.unwrap_or(line).trim()));
                let mark = if item.is_some() { "- " } else { "" };
                out.push_line(&format!("{mark}{line}"), page);
            }
        }
        Block::Code(lines) => {
            let lines: Vec<Line> = lines.into_iter().map(|line| (line, page)).collect();
            markup::push_code(out, "", "", &lines);
        }
    }
    out.end_block();
}

/// What an item of a list says behind its mark.
fn item(line: &str) -> Option<&str> {
    line.strip_prefix(['•', '◦', '▪', '‣', '∙', '·', '○', '●', '■', '–', '*', '-'])?
        .strip_prefix(' ')
}
