//! Glyphs become lines: of prose, and of code, where every character is as wide as any other.

use super::glyphs::Glyph;

/// A gap between glyphs that parts words, in sizes of the font: fonts have spaces of .2 and more.
const WORD_GAP: f64 = 0.15;

#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub glyphs: Vec<Glyph>,
    /// Its base line: that of its largest glyph.
    pub y: f64,
    pub x: f64,
    pub end: f64,
    /// That of its largest glyph.
    pub size: f64,
    pub turns: u8,
    /// What it says, with one space between words.
    pub text: String,
    /// Whether it is set as code is; unknown of a line such as `}`.
    pub is_code: Option<bool>,
}

/// The lines of a page in the order in which it draws them, which is that of reading in nearly every document:
/// one column after the other.
pub fn lines(glyphs: Vec<Glyph>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for glyph in glyphs {
        match lines.last_mut().filter(|line| line.continues_with(&glyph)) {
            Some(line) => line.push(glyph),
            None if glyph.text.trim().is_empty() => {}
            None => lines.push(Line::new(glyph)),
        }
    }
    for line in &mut lines {
        line.text = line.words();
        line.is_code = line.looks_like_code();
    }
    lines.retain(|line| !line.text.is_empty());
    // What is drawn twice to make it bold.
    lines.dedup_by(|line, before| {
        let offset = (line.x - before.x).abs() + (line.y - before.y).abs();
        line.text == before.text && offset < 0.3 * line.size
    });
    lines
}

impl Line {
    fn new(glyph: Glyph) -> Self {
        Self {
            y: glyph.y,
            x: glyph.x,
            end: glyph.end,
            size: glyph.size,
            turns: glyph.turns,
            glyphs: vec![glyph],
            text: String::new(),
            is_code: None,
        }
    }

    /// Whether `glyph` stands on the line, behind all of it; also where it is raised.
    fn continues_with(&self, glyph: &Glyph) -> bool {
        let size = self.size.max(glyph.size);
        glyph.turns == self.turns
            && (glyph.y - self.y).abs() < 0.5 * size
            && glyph.x > self.end - 0.5 * size
    }

    fn push(&mut self, glyph: Glyph) {
        self.end = self.end.max(glyph.end);
        if glyph.size > self.size * 1.05 && !glyph.text.trim().is_empty() {
            (self.size, self.y) = (glyph.size, glyph.y);
        }
        self.glyphs.push(glyph);
    }

    fn words(&self) -> String {
        let mut text = String::new();
        let mut end = self.x;
        for glyph in &self.glyphs {
            let gap = glyph.x - end;
            if gap > WORD_GAP * glyph.size.min(self.size) && !text.ends_with(' ') {
                text.push(' ');
            }
            for c in glyph.text.chars() {
                push_plain(&mut text, c);
            }
            end = glyph.end;
        }
        text.truncate(text.trim_end().len());
        text.trim_start().to_owned()
    }

    fn looks_like_code(&self) -> Option<bool> {
        let mut narrow = None;
        let mut wide = None;
        let mut longest: f64 = 0.0;
        let mut shortest = f64::MAX;
        for glyph in &self.glyphs {
            let width = (glyph.end - glyph.x) / glyph.size;
            match glyph.text.as_str() {
                "i" | "l" | "j" | "t" | "f" | "." | "," | ":" | ";" | "'" | "|" | "(" | ")"
                | "[" | "]" | "/" => {
                    narrow = Some(width);
                }
                c if c.bytes().all(|byte| byte.is_ascii_alphanumeric()) => wide = Some(width),
                _ => continue,
            }
            longest = longest.max(width);
            shortest = shortest.min(width);
        }
        let is_even = longest - shortest < 0.02 * longest;
        if !is_even {
            return Some(false);
        }
        (narrow.is_some() && wide.is_some()).then_some(true)
    }

    /// The line as code whose left margin is at `left`.
    pub fn code(&self, left: f64) -> String {
        let width = self.glyphs.first().map_or(0.0, |glyph| glyph.end - glyph.x);
        let mut text = String::new();
        let mut end = left;
        for glyph in &self.glyphs {
            let gap = ((glyph.x - end) / width.max(1.0)).round();
            // A page is some hundred characters wide.
            for _ in 0..gap.clamp(0.0, 200.0) as usize {
                text.push(' ');
            }
            for c in glyph.text.chars() {
                push_code(&mut text, c);
            }
            end = glyph.end;
        }
        text.truncate(text.trim_end().len());
        text
    }
}

/// Adds a character as it is searched for: ligatures as letters, one kind of space, no invisible ones.
fn push_plain(text: &mut String, c: char) {
    match c {
        c if c.is_whitespace() => {
            if !text.ends_with(' ') {
                text.push(' ');
            }
        }
        _ => push_code(text, c),
    }
}

fn push_code(text: &mut String, c: char) {
    match c {
        '\u{fb00}' => text.push_str("ff"),
        '\u{fb01}' => text.push_str("fi"),
        '\u{fb02}' => text.push_str("fl"),
        '\u{fb03}' => text.push_str("ffi"),
        '\u{fb04}' => text.push_str("ffl"),
        '\u{fb05}' | '\u{fb06}' => text.push_str("st"),
        '\u{ad}' if !text.ends_with(char::is_alphanumeric) => {}
        '\u{ad}' => text.push('-'),
        c if c.is_whitespace() => text.push(' '),
        '\u{200b}'..='\u{200f}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{fffd}'
        | '\u{e000}'..='\u{f8ff}' => {}
        c if c.is_control() => {}
        c => text.push(c),
    }
}
