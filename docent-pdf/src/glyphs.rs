//! The glyphs of a page, in the order in which the page draws them.

use hayro_interpret::font::{Glyph as Drawn, GlyphRun};
use hayro_interpret::hayro_cmap::BfString;
use hayro_interpret::hayro_syntax::object::Dict;
use hayro_interpret::hayro_syntax::page::Page;
use hayro_interpret::kurbo::{Affine, BezPath, Point, Rect};
use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask, TransformExt, interpret_page,
};

/// Most glyphs of a page that are kept: a page of small print has some ten thousand.
const MAX_GLYPHS: usize = 200_000;

/// A character or several, such as those of a ligature, and where they stand: in points, from the upper left
/// corner of the page as its text is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    pub text: String,
    /// Where it begins on the base line.
    pub x: f64,
    pub y: f64,
    /// Where the next one begins.
    pub end: f64,
    /// Of the font.
    pub size: f64,
    /// How many quarter turns its line is turned.
    pub turns: u8,
}

/// The glyphs of `page` that are text for readers.
pub fn of_page<'a>(page: &Page<'a>, cache: &InterpreterCache<'a>) -> Vec<Glyph> {
    let (width, height) = page.render_dimensions();
    let mut context = Context::new(
        page_transform(page),
        Rect::new(0.0, 0.0, f64::from(width), f64::from(height)),
        cache,
        page.xref(),
        InterpreterSettings::default(),
    );
    let mut glyphs = Glyphs::default();
    interpret_page(page, &mut context, &mut glyphs);
    glyphs.found
}

/// From the coordinates of a page to those of [`Glyph`].
pub fn page_transform(page: &Page<'_>) -> Affine {
    page.initial_transform(true).to_kurbo()
}

#[derive(Default)]
struct Glyphs {
    found: Vec<Glyph>,
    /// For each open sequence of marked content, whether it is an artifact: a running head, a number of a page.
    artifacts: Vec<bool>,
}

impl Glyphs {
    fn push(&mut self, text: String, width: f64, transform: Affine) {
        let start = transform * Point::ZERO;
        let right = transform * Point::new(width, 0.0) - start;
        let up = transform * Point::new(0.0, 1000.0) - start;
        let size = up.hypot();
        let is_sane = [start.x, start.y, right.x, right.y, size];
        if !is_sane.iter().all(|number| number.is_finite()) || size < 0.5 {
            return;
        }
        let (turns, x, y) = match (right.x.abs() >= right.y.abs(), right.x + right.y >= 0.0) {
            (true, true) => (0, start.x, start.y),
            (false, true) => (1, start.y, -start.x),
            (true, false) => (2, -start.x, -start.y),
            (false, false) => (3, -start.y, start.x),
        };
        self.found.push(Glyph {
            text,
            x,
            y,
            end: x + right.hypot(),
            size,
            turns,
        });
    }
}

fn ascii(code: u32) -> Option<BfString> {
    let c = char::from_u32(code)?;
    c.is_ascii_graphic().then_some(BfString::Char(c))
}

impl<'a> Device<'a> for Glyphs {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, _: &DrawMode) {
        if self.artifacts.contains(&true) {
            return;
        }
        for glyph in run.glyphs() {
            if self.found.len() == MAX_GLYPHS {
                return;
            }
            let (text, width) = match &**glyph {
                Drawn::Outline(glyph) => (glyph.as_unicode(), glyph.advance_width()),
                // Where TeX draws its letters itself, they have no names, but the codes of ASCII.
                Drawn::Type3(glyph) => (
                    glyph.as_unicode().or_else(|| ascii(glyph.char_code())),
                    glyph.advance_width(),
                ),
            };
            let text = match text {
                Some(BfString::Char(c)) => c.to_string(),
                Some(BfString::String(text)) => text,
                None => continue,
            };
            let width = f64::from(width.unwrap_or(500.0));
            self.push(text, width, props.transform * glyph.transform());
        }
    }

    fn begin_marked_content(&mut self, tag: &[u8], _: Option<&Dict<'_>>) {
        self.artifacts.push(tag == b"Artifact");
    }

    fn end_marked_content(&mut self) {
        self.artifacts.pop();
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'a>, _: &DrawMode) {}
    fn push_clip_path(&mut self, _: &ClipPath) {}
    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'a>>, _: BlendMode) {}
    fn draw_image(&mut self, _: Image<'a, '_>, _: ImageDrawProps<'a>) {}
    fn pop_clip(&mut self) {}
    fn pop_transparency_group(&mut self) {}
}
