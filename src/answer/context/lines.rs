//! A section's lines as they may be given to a language model, and what they cost.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::RangeInclusive;

use super::{clean, fence};
use crate::answer::passage;
use crate::encoder::Encoder;
use crate::index::{ChunkRef, Index, IndexError, SectionRecord};

/// Most bytes of a token that is paid for as one: of a longer run of letters the model sees one token, and
/// what is printed is long.
const BYTES_PER_TOKEN: usize = 6;

/// What text costs.
#[derive(Clone, Copy)]
pub struct Price<'a>(pub &'a dyn Encoder);

impl Price<'_> {
    /// Tokens of `text`, or its bytes by six if that is more.
    pub fn of(self, text: &str) -> usize {
        let tokens = self.0.count_tokens(text);
        tokens.max((text.len() + 1).div_ceil(BYTES_PER_TOKEN))
    }
}

/// A section with its lines.
pub struct Lines<'a> {
    /// The section.
    pub section: &'a SectionRecord,
    /// Its chunks, in order.
    pub chunks: Vec<ChunkRef<'a>>,
    /// Its first line that has text.
    first: u32,
    lines: Vec<Line>,
    price: Price<'a>,
    prices: RefCell<HashMap<u32, usize>>,
}

/// A line.
#[derive(Debug, Clone)]
struct Line {
    text: String,
    kind: Kind,
    /// Whether something was cut out of it.
    is_cut: bool,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing.
    Blank,
    /// Text, code, a heading.
    Text,
    /// Images that are links, and nothing else.
    Badge,
    /// A row of a table whose header is this line; the header and the line below it are rows too.
    Row(u32),
}

impl<'a> Lines<'a> {
    /// Reads the lines of `section`.
    ///
    /// # Errors
    ///
    /// [`IndexError::Corrupt`] if a chunk cannot be read.
    pub fn read(
        index: &'a Index,
        section: &'a SectionRecord,
        price: Price<'a>,
    ) -> Result<Self, IndexError> {
        let chunks = index.chunks_of(section)?;
        let first = chunks.first().map_or(1, |chunk| chunk.line_start);
        let lines = clean::lines(&passage::text(&chunks), first == 1);
        let mut lines: Vec<Line> = lines
            .into_iter()
            .map(|(text, is_cut)| Line {
                kind: kind(&text),
                text,
                is_cut,
            })
            .collect();
        mark_rows(&mut lines, first);
        Ok(Self {
            section,
            chunks,
            first,
            lines,
            price,
            prices: RefCell::default(),
        })
    }

    /// The numbers of all lines.
    pub fn all(&self) -> RangeInclusive<u32> {
        let count = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        self.first..=self.first.saturating_add(count).saturating_sub(1)
    }

    /// All texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.text.as_str())
    }

    fn get(&self, number: u32) -> Option<&Line> {
        self.lines.get(number.checked_sub(self.first)? as usize)
    }

    /// The text of a line, empty for one that is not there.
    pub fn text(&self, number: u32) -> &str {
        self.get(number).map_or("", |line| line.text.as_str())
    }

    /// What a line is, blank for one that is not there.
    pub fn kind(&self, number: u32) -> Kind {
        self.get(number).map_or(Kind::Blank, |line| line.kind)
    }

    /// Whether something was cut out of a line.
    pub fn is_cut(&self, number: u32) -> bool {
        self.get(number).is_some_and(|line| line.is_cut)
    }

    /// What a line costs, counted once.
    pub fn price(&self, number: u32) -> usize {
        let mut prices = self.prices.borrow_mut();
        *prices
            .entry(number)
            .or_insert_with(|| self.price.of(self.text(number)))
    }

    /// What a text of docent's costs.
    pub fn price_of(&self, text: &str) -> usize {
        self.price.of(text)
    }

    /// The chunk that has a line: its place in [`Lines::chunks`].
    pub fn chunk_at(&self, number: u32) -> usize {
        let after = self.chunks.partition_point(|c| c.line_start <= number);
        after.saturating_sub(1)
    }

    /// The lines of a chunk.
    pub fn of_chunk(&self, chunk: usize) -> RangeInclusive<u32> {
        let chunk = &self.chunks[chunk];
        // A damaged index may name any line.
        let last = chunk.line_end.min(*self.all().end());
        chunk.line_start.max(self.first)..=last
    }

    /// Where lines stand in the file, if the lines of the section's text are not those of the file:
    /// `file: #install, lines 310-352`, or `file: #page=12`.
    pub fn place_in_file(&self, first: u32, last: u32) -> Option<String> {
        let chunk = self.chunks.get(self.chunk_at(first))?;
        if chunk.has_page() {
            let page = chunk.anchor?;
            return Some(format!("file: #{}", fence::quoted(page)));
        }
        let (start, _) = chunk.other_file_lines()?;
        let (_, end) = self.chunks.get(self.chunk_at(last))?.file_lines;
        let anchor = chunk
            .anchor
            .map(|anchor| format!("#{}, ", fence::quoted(anchor)));
        let anchor = anchor.unwrap_or_default();
        Some(format!("file: {anchor}lines {start}-{}", end.max(start)))
    }

    /// The chunks under the same heading as `chunk`, neighbours of each other.
    pub fn under_heading(&self, chunk: usize) -> std::ops::Range<usize> {
        let path = &self.chunks[chunk].heading_path;
        let is_same = |c: &&ChunkRef<'_>| c.heading_path == *path;
        let before = self.chunks[..chunk].iter().rev().take_while(is_same);
        let after = self.chunks[chunk..].iter().take_while(is_same);
        chunk - before.count()..chunk + after.count()
    }
}

fn kind(text: &str) -> Kind {
    let text = text.trim();
    if text.is_empty() {
        Kind::Blank
    } else if text.starts_with("[![") && text.ends_with(')') {
        Kind::Badge
    } else {
        Kind::Text
    }
}

/// Marks the rows of tables: lines with a `|` at their beginning, the second of which is the rule under the
/// header.
fn mark_rows(lines: &mut [Line], first: u32) {
    let is_row = |line: &Line| line.text.trim_start().starts_with('|');
    let mut at = 0;
    while at < lines.len() {
        let rows = lines[at..].iter().take_while(|line| is_row(line)).count();
        if rows > 2 && is_rule(&lines[at + 1].text) {
            let header = first + at as u32;
            for line in &mut lines[at..at + rows] {
                line.kind = Kind::Row(header);
            }
        }
        at += rows.max(1);
    }
}

fn is_rule(text: &str) -> bool {
    text.contains('-') && text.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '))
}
