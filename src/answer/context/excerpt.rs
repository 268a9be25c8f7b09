//! What is given of a section: passages, with notes where something of them was left out.

use std::collections::{BTreeSet, HashSet};

use super::fence::{self, Fence};
use super::lines::{Kind, Lines};
use crate::answer::excerpt::shared_terms;
use crate::answer::heading_path;

/// Most rows of a table, its header aside.
const MAX_ROWS: usize = 20;

/// How passages are written.
pub struct Style<'a> {
    /// The fence of the whole text.
    pub fence: &'a Fence,
    /// What reads a location: a command or a tool.
    pub show: &'a str,
    /// The terms of the question: rows that have some stay.
    pub terms: &'a HashSet<String>,
    /// Whether long tables are cut.
    pub cuts_tables: bool,
}

/// A line of what is given.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Element {
    /// A passage begins.
    Passage {
        first: u32,
        last: u32,
        /// The first line that was chosen: a table's header may stand above it.
        at: Option<u32>,
    },
    /// A line of the document.
    Line(u32),
    /// A blank line.
    Blank,
    /// Something between the lines was left out.
    Cut { what: Cut, first: u32, last: u32 },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cut {
    Rows,
    Badges,
    Words,
}

/// The passages that `chosen` lines make, as text.
pub fn text(lines: &Lines<'_>, chosen: &BTreeSet<u32>, style: &Style<'_>) -> String {
    let mut text = String::new();
    for element in elements(lines, chosen, style) {
        match element {
            Element::Line(number) => text.push_str(lines.text(number)),
            Element::Blank => {}
            other => text.push_str(&own(lines, &other, style)),
        }
        text.push('\n');
    }
    text
}

/// What [`text`] costs.
pub fn price(lines: &Lines<'_>, chosen: &BTreeSet<u32>, style: &Style<'_>) -> usize {
    let of = |element| match element {
        Element::Line(number) => lines.price(number),
        Element::Blank => 1,
        other => lines.price_of(&own(lines, &other, style)),
    };
    elements(lines, chosen, style).into_iter().map(of).sum()
}

/// A line of docent's.
fn own(lines: &Lines<'_>, element: &Element, style: &Style<'_>) -> String {
    let path = &lines.section.path;
    match *element {
        Element::Passage { first, last, at } => {
            let chunk = lines.chunks.get(lines.chunk_at(at.unwrap_or(first)));
            let headings = chunk.map_or(&[][..], |chunk| &chunk.heading_path);
            let headings = fence::headings(&heading_path(lines.section, headings));
            let location = fence::location(path, first, last);
            let place = match lines.place_in_file(first, last) {
                Some(place) => format!("  ({place})"),
                None => String::new(),
            };
            style.fence.line(&format!("{location}  {headings}{place}"))
        }
        Element::Cut { what, first, last } => {
            let count = last - first + 1;
            let what = match (what, count) {
                (Cut::Rows, 1) => "1 row".to_owned(),
                (Cut::Rows, _) => format!("{count} rows"),
                (Cut::Badges, _) => "badges".to_owned(),
                (Cut::Words, _) => "the rest of a long word".to_owned(),
            };
            let location = fence::location(path, first, last);
            style
                .fence
                .line(&format!("left out: {what}, {} {location}", style.show))
        }
        Element::Line(_) | Element::Blank => String::new(),
    }
}

fn elements(lines: &Lines<'_>, chosen: &BTreeSet<u32>, style: &Style<'_>) -> Vec<Element> {
    let rows = Rows::of(lines, chosen, style);
    let (Some(&first), Some(&last)) = (chosen.first(), chosen.last()) else {
        return Vec::new();
    };
    let first = rows
        .headers
        .first()
        .map_or(first, |&header| header.min(first));
    let mut writer = Writer::default();
    for number in first..=last {
        let is_chosen = chosen.contains(&number);
        match lines.kind(number) {
            Kind::Blank => writer.is_blank = true,
            Kind::Badge if is_chosen => writer.leave_out(Cut::Badges, number),
            Kind::Row(header) if rows.left_out.contains(&number) => {
                debug_assert!(header < number, "a header stays");
                writer.leave_out(Cut::Rows, number);
            }
            Kind::Row(_) if is_chosen || rows.headers.contains(&number) => {
                writer.line(number, is_chosen, lines.is_cut(number));
            }
            _ if is_chosen => writer.line(number, true, lines.is_cut(number)),
            _ => writer.end_passage(),
        }
    }
    writer.end_passage();
    writer.elements
}

/// Which rows of the tables that are touched stay.
#[derive(Default)]
struct Rows {
    /// Lines of headers, with the rules under them, of tables of which a row is chosen.
    headers: BTreeSet<u32>,
    /// Rows between a header and the last row that stays.
    left_out: BTreeSet<u32>,
}

impl Rows {
    fn of(lines: &Lines<'_>, chosen: &BTreeSet<u32>, style: &Style<'_>) -> Self {
        let mut rows = Self::default();
        let mut tables: Vec<(u32, Vec<u32>)> = Vec::new();
        for &number in chosen {
            let Kind::Row(header) = lines.kind(number) else {
                continue;
            };
            if tables.last().is_none_or(|(last, _)| *last != header) {
                tables.push((header, Vec::new()));
            }
            if let Some((_, of_table)) = tables.last_mut().filter(|_| number > header + 1) {
                of_table.push(number);
            }
        }
        for (header, of_table) in tables {
            rows.headers.extend([header, header + 1]);
            let kept = match style.cuts_tables && of_table.len() > MAX_ROWS {
                true => best_rows(lines, &of_table, style.terms),
                false => of_table.iter().copied().collect(),
            };
            let (last_kept, last_chosen) = (kept.last(), of_table.last());
            let end = last_kept.max(last_chosen).copied().unwrap_or(header + 1);
            let between = (header + 2)..=end;
            rows.left_out
                .extend(between.filter(|row| !kept.contains(row)));
        }
        rows
    }
}

/// Those rows that share most terms with the question, of equal ones the first.
fn best_rows(lines: &Lines<'_>, rows: &[u32], terms: &HashSet<String>) -> BTreeSet<u32> {
    let shared = |row: u32| shared_terms(lines.text(row), terms);
    let mut ranked: Vec<(usize, u32)> = rows.iter().map(|&row| (shared(row), row)).collect();
    ranked.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    ranked
        .into_iter()
        .take(MAX_ROWS)
        .map(|(_, row)| row)
        .collect()
}

/// Puts lines together to passages.
#[derive(Default)]
struct Writer {
    elements: Vec<Element>,
    /// Where the head of the open passage is.
    open: Option<usize>,
    is_blank: bool,
    cut: Option<(Cut, u32, u32)>,
}

impl Writer {
    fn line(&mut self, number: u32, is_chosen: bool, is_cut: bool) {
        self.flush_cut();
        self.open_at(number, is_chosen);
        self.elements.push(Element::Line(number));
        self.extend_to(number);
        if is_cut {
            self.cut = Some((Cut::Words, number, number));
        }
    }

    /// Begins a passage unless one is open; a header that nobody chose does not name it.
    fn open_at(&mut self, number: u32, is_chosen: bool) {
        let is_new = self.open.is_none();
        if is_new {
            self.open = Some(self.elements.len());
            self.elements.push(Element::Passage {
                first: number,
                last: number,
                at: None,
            });
        } else if self.is_blank {
            self.elements.push(Element::Blank);
        }
        self.is_blank = false;
        if let Some(Element::Passage { at, .. }) = self.head()
            && is_chosen
        {
            at.get_or_insert(number);
        }
    }

    fn head(&mut self) -> Option<&mut Element> {
        self.open.map(|open| &mut self.elements[open])
    }

    fn extend_to(&mut self, number: u32) {
        if let Some(Element::Passage { last, .. }) = self.head() {
            *last = number;
        }
    }

    fn leave_out(&mut self, what: Cut, number: u32) {
        match &mut self.cut {
            Some((known, _, last)) if *known == what => *last = number,
            _ => {
                self.flush_cut();
                self.cut = Some((what, number, number));
            }
        }
    }

    fn flush_cut(&mut self) {
        if let Some((what, first, last)) = self.cut.take() {
            self.open_at(first, true);
            self.elements.push(Element::Cut { what, first, last });
            self.extend_to(last);
        }
    }

    fn end_passage(&mut self) {
        self.flush_cut();
        self.open = None;
        self.is_blank = false;
    }
}
