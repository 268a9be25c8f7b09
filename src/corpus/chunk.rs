//! Cuts a section into chunks.
//!
//! The passages under one heading are packed into chunks of at most `max_tokens`. A block that
//! fits is never cut; one that does not is cut at its strongest borders first: list items, then
//! paragraphs, then lines and table rows, then sentences, words, characters. Tokens are counted
//! once per source line (and per sentence and word of a line that must be cut) and added, which is
//! exact for a tokenizer that splits at white space first.

mod split;

use std::ops::Range;

use super::document::{Border, Heading, Node, Unit};
use super::lines::Lines;
use super::{Chunk, Section};
use split::split_text;

/// How large chunks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChunkOptions {
    /// The most tokens that [`Chunk::embed_text`] may have: at most the model's limit less its two
    /// special tokens. Less than 16 counts as 16.
    pub max_tokens: usize,
    /// A passage with fewer tokens is joined with its neighbours under the same heading, as far
    /// as `max_tokens` allows. If it equals `max_tokens`, chunks are filled as far as possible.
    pub min_tokens: usize,
}

impl Default for ChunkOptions {
    /// At most 200 tokens; passages with fewer than 40 are joined.
    fn default() -> Self {
        Self {
            max_tokens: 200,
            min_tokens: 40,
        }
    }
}

const LEAST_MAX_TOKENS: usize = 16;

/// Cuts `section` into chunks, in line order.
///
/// Every line that is not blank is in exactly one chunk, but for a line that alone is too long for
/// a chunk, which is shared by the chunks that hold its parts. A heading without a text of its own
/// belongs to the chunk of the sub-heading that follows it.
///
/// `count_tokens` counts the model's tokens without the special ones. It is called on lines, so
/// the cost is that of tokenizing the section one to three times.
pub fn chunk_section(
    section: &Section,
    options: &ChunkOptions,
    count_tokens: &(dyn Fn(&str) -> usize + Sync),
) -> Vec<Chunk> {
    let document = &section.document;
    let mut chunker = Chunker {
        section,
        options: ChunkOptions {
            max_tokens: options.max_tokens.max(LEAST_MAX_TOKENS),
            ..*options
        },
        count_tokens,
        lines: Lines::new(&section.text),
        context_tokens: document
            .contexts
            .iter()
            .map(|text| count_tokens(text))
            .collect(),
        drafts: Vec::new(),
        heading_path: Vec::new(),
        pending_start: None,
    };
    chunker.add_nodes(&document.nodes);
    chunker.finish()
}

/// A line of a chunk: a unit of the document, or a part of one that is too long for a chunk.
struct Piece<'a> {
    unit: &'a Unit,
    text: &'a str,
    /// Where it begins in the source.
    start: usize,
    /// The unit's context, if it is worth repeating.
    context: Option<usize>,
    /// Whether this piece, or what it is the first part of, is that context itself.
    is_context: bool,
    tokens: usize,
}

/// A chunk whose end is not known yet: it ends where the next one begins.
struct Draft<'a> {
    heading_path: Vec<String>,
    anchor: Option<String>,
    start: usize,
    prefix: String,
    body: Vec<Piece<'a>>,
}

struct Chunker<'a> {
    section: &'a Section,
    options: ChunkOptions,
    count_tokens: &'a (dyn Fn(&str) -> usize + Sync),
    lines: Lines,
    context_tokens: Vec<usize>,
    drafts: Vec<Draft<'a>>,
    /// Open headings; none has an empty text.
    heading_path: Vec<&'a Heading>,
    /// Where a heading begins that has no text of its own so far: the next chunk begins there.
    pending_start: Option<usize>,
}

impl<'a> Chunker<'a> {
    fn add_nodes(&mut self, nodes: &'a [Node]) {
        let mut passage = Vec::new();
        for node in nodes {
            match node {
                Node::Unit(unit) => passage.push(unit),
                Node::Heading(heading) => {
                    self.add_passage(&passage, Some(heading.level));
                    passage.clear();
                    self.open_heading(heading);
                }
            }
        }
        self.add_passage(&passage, None);
    }

    fn open_heading(&mut self, heading: &'a Heading) {
        self.pending_start.get_or_insert(heading.start);
        self.heading_path.retain(|open| open.level < heading.level);
        if !heading.text.is_empty() {
            self.heading_path.push(heading);
        }
    }

    /// Packs the units under the current heading; `next_level` is the level of the heading that
    /// ends the passage.
    fn add_passage(&mut self, units: &[&'a Unit], next_level: Option<u8>) {
        if units.is_empty() {
            let level = self.heading_path.last().map(|heading| heading.level);
            let is_introduction = level < next_level;
            if let (Some(start), false) = (self.pending_start, is_introduction) {
                self.pending_start = None;
                let (prefix, _) = self.prefix();
                self.add_draft(prefix, start, Vec::new());
            }
            return;
        }
        let (prefix, prefix_tokens) = self.prefix();
        let mut packer = Packer {
            budget: self.options.max_tokens - prefix_tokens,
            options: self.options,
            count_tokens: self.count_tokens,
            context_tokens: &self.context_tokens,
            packs: Vec::new(),
            current: Pack::default(),
        };
        let packs = packer.pack(units);
        let heading_start = self.pending_start.take();
        for (index, pack) in packs.into_iter().enumerate() {
            let heading_start = heading_start.filter(|_| index == 0);
            let start = heading_start.unwrap_or(pack.pieces[0].start);
            self.add_draft(prefix.clone(), start, pack.pieces);
        }
    }

    fn add_draft(&mut self, prefix: String, start: usize, body: Vec<Piece<'a>>) {
        // A part of a line begins where its text is about in the source: not inside a character.
        let source = &self.section.text;
        self.drafts.push(Draft {
            heading_path: self
                .heading_path
                .iter()
                .map(|heading| heading.text.clone())
                .collect(),
            anchor: self
                .heading_path
                .last()
                .and_then(|heading| heading.id.clone()),
            start: source.floor_char_boundary(start),
            prefix,
            body,
        });
    }

    /// `Title > Heading > Sub-heading` and its tokens, at most half of a chunk's.
    fn prefix(&self) -> (String, usize) {
        let title = self.section.title.trim();
        let mut parts: Vec<&str> = vec![title];
        parts.extend(self.heading_path.iter().map(|open| open.text.as_str()));
        if self
            .heading_path
            .first()
            .is_some_and(|open| open.level == 1 && open.text == title)
        {
            parts.remove(1);
        }
        parts.retain(|part| !part.is_empty());
        let prefix = parts.join(" > ");
        let limit = self.options.max_tokens / 2;
        let tokens = (self.count_tokens)(&prefix);
        if tokens <= limit {
            return (prefix, tokens);
        }
        let pieces = split_text(&prefix, limit, self.count_tokens);
        match pieces.into_iter().next() {
            Some(piece) => {
                let tokens = (self.count_tokens)(&prefix[piece.clone()]);
                (prefix[piece].to_owned(), tokens)
            }
            None => (String::new(), 0),
        }
    }

    fn finish(mut self) -> Vec<Chunk> {
        if self.drafts.is_empty() && !self.section.title.trim().is_empty() {
            let (prefix, _) = self.prefix();
            self.add_draft(prefix, 0, Vec::new());
        }
        let text = &self.section.text;
        if let Some(first) = self.drafts.first_mut() {
            let blank = text.len() - text.trim_start().len();
            first.start = if blank == text.len() {
                0
            } else {
                self.lines.start(blank)
            };
        }
        // Where a part of a line begins is an estimate, at worst beyond the next line.
        let mut ends = vec![text.len(); self.drafts.len()];
        let mut end = text.len();
        for (draft, own_end) in self.drafts.iter_mut().zip(&mut ends).rev() {
            *own_end = end;
            draft.start = draft.start.min(end);
            end = draft.start;
        }
        let drafts = std::mem::take(&mut self.drafts);
        drafts
            .into_iter()
            .zip(ends)
            .map(|(draft, end)| self.chunk(draft, end))
            .collect()
    }

    fn chunk(&self, draft: Draft<'_>, end: usize) -> Chunk {
        let text = self.section.text[draft.start..end].trim_end();
        let last = draft.start + text.len().saturating_sub(1);
        let body = render(&draft.body, &self.section.document.contexts);
        let separator = if draft.prefix.is_empty() || body.is_empty() {
            ""
        } else {
            "\n\n"
        };
        let (line_start, line_end) = (self.lines.number(draft.start), self.lines.number(last));
        let file_line = |line| self.section.file_line(line);
        let page = self.section.page(line_start);
        let page = page.map(|page| format!("page={page}"));
        Chunk {
            heading_path: draft.heading_path,
            line_start,
            line_end,
            file_lines: (file_line(line_start), file_line(line_end)),
            anchor: page.or(draft.anchor),
            text: text.to_owned(),
            embed_text: draft.prefix + separator + &body,
        }
    }
}

/// The text of `pieces`, one on each line, each context before the first piece that needs it.
fn render(pieces: &[Piece<'_>], contexts: &[String]) -> String {
    let mut out = String::new();
    let mut known = None;
    for piece in pieces {
        if let Some(context) = missing_context(piece, known) {
            out.push_str(&contexts[context]);
            out.push('\n');
        }
        known = piece.context;
        out.push_str(piece.text);
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out
}

/// The context that must be repeated before `piece` when `known` is the one of the piece before it.
fn missing_context(piece: &Piece<'_>, known: Option<usize>) -> Option<usize> {
    piece
        .context
        .filter(|_| piece.context != known && !piece.is_context)
}

/// The pieces of one chunk, and what they cost.
#[derive(Default)]
struct Pack<'a> {
    pieces: Vec<Piece<'a>>,
    tokens: usize,
}

impl Pack<'_> {
    fn context(&self) -> Option<usize> {
        self.pieces.last().and_then(|last| last.context)
    }
}

/// Packs the units under one heading. `'d` is the lifetime of the document, which outlives it.
struct Packer<'a, 'd> {
    /// The most tokens that a pack may have.
    budget: usize,
    options: ChunkOptions,
    count_tokens: &'a (dyn Fn(&str) -> usize + Sync),
    context_tokens: &'a [usize],
    packs: Vec<Pack<'d>>,
    current: Pack<'d>,
}

/// The borders at which a block that is too long for a chunk is cut, in this order.
const INNER_BORDERS: [Border; 4] = [
    Border::Item,
    Border::Paragraph,
    Border::Sentence,
    Border::Line,
];

impl<'d> Packer<'_, 'd> {
    fn pack(&mut self, units: &[&'d Unit]) -> Vec<Pack<'d>> {
        let pieces = units.iter().map(|unit| self.whole(unit)).collect();
        for block in cut(pieces, Border::Block) {
            if self.current.tokens >= self.options.min_tokens {
                self.close();
            }
            self.place(block, &INNER_BORDERS);
        }
        self.close();
        std::mem::take(&mut self.packs)
    }

    fn whole(&self, unit: &'d Unit) -> Piece<'d> {
        // A header row that would fill every chunk of its table is not worth repeating, nor one that is blank.
        let context = unit
            .context
            .filter(|&context| (1..=self.budget / 4).contains(&self.context_tokens[context]));
        Piece {
            unit,
            text: &unit.text,
            start: unit.start,
            context,
            is_context: unit.is_context,
            tokens: (self.count_tokens)(&unit.text),
        }
    }

    /// The part of `whole` that `range` of its text is; the first part begins where it does.
    fn part(&self, whole: &Piece<'d>, range: Range<usize>, is_first: bool) -> Piece<'d> {
        let start = if is_first {
            whole.start
        } else {
            whole.unit.source_offset(range.start)
        };
        let text = &whole.text[range];
        Piece {
            text,
            start,
            is_context: whole.is_context && is_first,
            tokens: (self.count_tokens)(text),
            ..*whole
        }
    }

    /// Tokens that `pieces` add to a pack which ends in the context `known`.
    fn cost(&self, pieces: &[Piece<'_>], mut known: Option<usize>) -> usize {
        let mut tokens = 0;
        for piece in pieces {
            let context =
                missing_context(piece, known).map_or(0, |index| self.context_tokens[index]);
            tokens += piece.tokens + context;
            known = piece.context;
        }
        tokens
    }

    /// Adds `pieces` to the current pack, or to a new one, or cut into smaller groups to several.
    fn place(&mut self, pieces: Vec<Piece<'d>>, borders: &[Border]) {
        let cost = self.cost(&pieces, self.current.context());
        if self.current.tokens + cost <= self.budget {
            self.append(pieces);
        } else if self.cost(&pieces, None) <= self.budget {
            self.close();
            self.append(pieces);
        } else if let [border, weaker @ ..] = borders {
            for group in cut(pieces, *border) {
                self.place(group, weaker);
            }
        } else {
            for piece in pieces {
                self.place_parts(&piece);
            }
        }
    }

    /// Places a line that is too long for a pack.
    fn place_parts(&mut self, long: &Piece<'d>) {
        let context = missing_context(long, None).map_or(0, |index| self.context_tokens[index]);
        let ranges = split_text(long.text, self.budget - context, self.count_tokens);
        for (index, range) in ranges.into_iter().enumerate() {
            let part = self.part(long, range, index == 0);
            if self.current.tokens + self.cost(std::slice::from_ref(&part), self.current.context())
                > self.budget
            {
                self.close();
            }
            self.append(vec![part]);
        }
    }

    fn append(&mut self, pieces: Vec<Piece<'d>>) {
        self.current.tokens += self.cost(&pieces, self.current.context());
        self.current.pieces.extend(pieces);
    }

    /// Ends the current pack. A small one joins the pack before it if it fits there.
    fn close(&mut self) {
        let pack = std::mem::take(&mut self.current);
        if pack.pieces.is_empty() {
            return;
        }
        let small = self.cost(&pack.pieces, None) < self.options.min_tokens;
        if let Some(last) = self.packs.last().filter(|_| small) {
            let cost = self.cost(&pack.pieces, last.context());
            if last.tokens + cost <= self.budget {
                let index = self.packs.len() - 1;
                self.packs[index].tokens += cost;
                self.packs[index].pieces.extend(pack.pieces);
                return;
            }
        }
        self.packs.push(pack);
    }
}

/// Groups that begin at every border of at least the strength of `border`.
fn cut(pieces: Vec<Piece<'_>>, border: Border) -> Vec<Vec<Piece<'_>>> {
    let mut groups: Vec<Vec<Piece<'_>>> = Vec::new();
    for piece in pieces {
        match groups.last_mut().filter(|_| piece.unit.border > border) {
            Some(group) => group.push(piece),
            None => groups.push(vec![piece]),
        }
    }
    groups
}

#[cfg(test)]
mod tests;
