//! Manual pages: man(7) and mdoc(7) as groff 1.23 and mandoc 1.14 read them, above the language of `roff.rs`.
//!
//! Synopses are code, whatever they are set in. Equations (`.EQ`), pictures (`.PS`) and what only prints on paper
//! are left out.

mod characters;
mod condition;
mod escape;
mod inline;
mod line;
mod macros;
mod mdoc;
mod page;
mod roff;
mod table;
#[cfg(test)]
mod tests;
mod title;
mod words;

use crate::corpus::parse::rendition::{NoContent, Rendition};
use escape::{Font, Span, Style};
use mdoc::Mdoc;
use page::Page;
use roff::{Input, Roff};

pub(in crate::corpus) fn render(source: &str) -> Result<Rendition, NoContent> {
    let mut roff = Roff::new(source);
    let mut reader = Reader::new();
    while let Some(input) = roff.next() {
        let at = roff.line();
        match input {
            Input::Text(text) => reader.text(&text, at),
            Input::Request(name, rest) => {
                reader.has_requests = true;
                match &*name {
                    "TS" => reader.table(&mut roff),
                    "EQ" => skip(&mut roff, "EN"),
                    "PS" => skip(&mut roff, "PE"),
                    "so" if reader.page.is_empty() => reader.is_elsewhere = true,
                    _ => reader.request(&name, &rest, at),
                }
            }
        }
    }
    if !reader.has_requests {
        return Err(NoContent::Malformed("no request of roff".to_owned()));
    }
    if reader.is_elsewhere && reader.page.is_empty() {
        return Err(NoContent::Redirects);
    }
    reader.page.finish()
}

/// Leaves out what another program sets, up to the request `end`.
fn skip(roff: &mut Roff, end: &str) {
    while let Some(input) = roff.next() {
        if matches!(input, Input::Request(name, _) if name == end) {
            return;
        }
    }
}

/// What the macros of a page have said so far.
struct Reader {
    page: Page,
    font: Font,
    /// The style of the next line of text, which a macro without arguments sets.
    next_style: Option<Style>,
    /// Where the link that is open leads.
    link: Option<String>,
    mdoc: Mdoc,
    has_requests: bool,
    is_elsewhere: bool,
}

impl Reader {
    fn new() -> Self {
        Self {
            page: Page::new(),
            font: Font::default(),
            next_style: None,
            link: None,
            mdoc: Mdoc::default(),
            has_requests: false,
            is_elsewhere: false,
        }
    }

    fn text(&mut self, source: &str, at: u32) {
        if source.trim().is_empty() {
            return self.page.gap();
        }
        let mut text = escape::read(source, &mut self.font);
        if let Some(style) = self.next_style.take() {
            for span in &mut text.spans {
                span.style = style;
            }
        }
        self.page.text(text.spans, at, false);
        if text.is_open {
            self.page.glue_next();
        }
    }

    fn request(&mut self, name: &str, rest: &str, at: u32) {
        if !self.macro_of_man(name, rest, at) {
            self.macro_of_mdoc(name, rest, at);
        }
    }

    fn table(&mut self, roff: &mut Roff) {
        let table = table::read(roff);
        self.page.table(&table);
    }
}

/// An argument's text in the style that a macro gives it.
fn styled(source: &str, style: Style) -> (Vec<Span>, bool) {
    let mut font = Font::of(style);
    let text = escape::read(source, &mut font);
    (text.spans, text.is_open)
}
