//! The outline of a document: its bookmarks, which are its headings.

use std::collections::{HashMap, HashSet};

use hayro_interpret::hayro_syntax::Pdf;
use hayro_interpret::hayro_syntax::object::{
    Array, Dict, MaybeRef, Name, ObjRef, Object, ObjectIdentifier, String as PdfString,
};
use hayro_interpret::kurbo::Point;

use super::glyphs::page_transform;
use super::strings::text;

/// Most entries that are read.
const MAX_ENTRIES: usize = 10_000;
/// Most nodes of a tree of names that are looked at.
const MAX_NODES: usize = 50_000;
/// Headings have six levels.
const MAX_DEPTH: u8 = 6;

#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// From 1 on.
    pub level: u8,
    pub title: String,
    /// Its page, counted from 0.
    pub page: usize,
    /// Where it stands on the page: see [`super::glyphs::Glyph`].
    pub y: Option<f64>,
}

/// The entries that lead to pages, in order of pages and, on each, in that of the outline.
pub fn read(pdf: &Pdf) -> Vec<Entry> {
    let Some(catalog) = pdf.xref().get::<Dict<'_>>(pdf.xref().root_id()) else {
        return Vec::new();
    };
    let Some(first) = catalog
        .get::<Dict<'_>>("Outlines")
        .and_then(|root| root.get::<Dict<'_>>("First"))
    else {
        return Vec::new();
    };
    let pages = pdf.pages().iter().enumerate();
    let mut reader = Reader {
        pdf,
        pages: pages
            .filter_map(|(at, page)| Some((page.raw().obj_id()?, at)))
            .collect(),
        named: named(&catalog),
        seen: HashSet::new(),
        entries: Vec::new(),
    };
    reader.items(first, 1);
    reader.entries.sort_by_key(|entry| entry.page);
    reader.entries
}

struct Reader<'a> {
    pdf: &'a Pdf,
    pages: HashMap<ObjectIdentifier, usize>,
    named: HashMap<Vec<u8>, Object<'a>>,
    /// Items that were read, so that none is read again: files may have circles.
    seen: HashSet<ObjectIdentifier>,
    entries: Vec<Entry>,
}

impl<'a> Reader<'a> {
    /// `item`, those after it, and those under each.
    fn items(&mut self, item: Dict<'a>, level: u8) {
        let mut next = Some(item);
        while let Some(item) = next {
            let is_new = item.obj_id().is_none_or(|id| self.seen.insert(id));
            if !is_new || self.entries.len() == MAX_ENTRIES {
                return;
            }
            let title = item
                .get::<PdfString<'_>>("Title")
                .map(|title| text(title.as_bytes()));
            let title = title.unwrap_or_default();
            if let Some((page, y)) = self.destination(&item).filter(|_| !title.is_empty()) {
                self.entries.push(Entry {
                    level,
                    title,
                    page,
                    y,
                });
            }
            if let Some(first) = item.get::<Dict<'_>>("First").filter(|_| level < MAX_DEPTH) {
                self.items(first, level + 1);
            }
            next = item.get("Next");
        }
    }

    fn destination(&self, item: &Dict<'a>) -> Option<(usize, Option<f64>)> {
        let action = || item.get::<Dict<'_>>("A")?.get::<Object<'_>>("D");
        let place = item.get::<Object<'_>>("Dest").or_else(action)?;
        let place = match place {
            Object::String(name) => self.named.get(name.as_bytes())?.clone(),
            Object::Name(name) => self.named.get(name.as_ref())?.clone(),
            place => place,
        };
        let place = match place {
            Object::Array(place) => place,
            Object::Dict(place) => place.get("D")?,
            _ => return None,
        };
        let mut parts = place.raw_iter();
        let page: ObjRef = parts.next()?.as_obj_ref()?;
        let page = *self.pages.get(&page.into())?;
        let kind = parts.next();
        let numbers: Vec<Option<f64>> = parts.map(number).collect();
        let top = match kind {
            Some(MaybeRef::NotRef(Object::Name(kind))) if *kind == *b"XYZ" => numbers.get(1),
            Some(MaybeRef::NotRef(Object::Name(kind))) if *kind == *b"FitH" => numbers.first(),
            _ => None,
        };
        let top = top.copied().flatten();
        let transform = page_transform(&self.pdf.pages()[page]);
        Some((page, top.map(|top| (transform * Point::new(0.0, top)).y)))
    }
}

fn number(part: MaybeRef<Object<'_>>) -> Option<f64> {
    match part {
        MaybeRef::NotRef(Object::Number(number)) => Some(number.as_f64()),
        _ => None,
    }
}

/// Destinations by their names, which stand in a dictionary or in a tree.
fn named<'a>(catalog: &Dict<'a>) -> HashMap<Vec<u8>, Object<'a>> {
    let mut named = HashMap::new();
    if let Some(old) = catalog.get::<Dict<'_>>("Dests") {
        let names: Vec<Name<'_>> = old.keys().collect();
        for name in names {
            if let Some(place) = old.get::<Object<'_>>(name.as_ref()) {
                named.insert(name.as_ref().to_vec(), place);
            }
        }
    }
    let root = catalog
        .get::<Dict<'_>>("Names")
        .and_then(|names| names.get::<Dict<'_>>("Dests"));
    let mut open: Vec<Dict<'_>> = root.into_iter().collect();
    let mut nodes = 0;
    while let Some(node) = open.pop() {
        nodes += 1;
        if nodes > MAX_NODES {
            break;
        }
        if let Some(kids) = node.get::<Array<'_>>("Kids") {
            open.extend(kids.iter::<Dict<'_>>());
        }
        let Some(names) = node.get::<Array<'_>>("Names") else {
            continue;
        };
        let mut parts = names.iter::<Object<'_>>();
        while let (Some(name), Some(place)) = (parts.next(), parts.next()) {
            if let Object::String(name) = name {
                named.insert(name.as_bytes().to_vec(), place);
            }
        }
    }
    named
}
