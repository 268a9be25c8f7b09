//! Section titles, and the lines that adorn them.

use super::{Place, Reader};

/// The character of a line that is nothing but repetitions of it, and no letter, digit or space.
pub(super) fn adornment(text: &str) -> Option<u8> {
    let first = *text.as_bytes().first()?;
    let is_one = first.is_ascii_punctuation() && text.bytes().all(|byte| byte == first);
    is_one.then_some(first)
}

/// Shorter lines adorn only titles that are not longer.
const LEAST_ADORNMENT: usize = 4;

/// How many columns a title takes, roughly: wide characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| 1 + usize::from(c >= '\u{1100}' && c.is_alphabetic()))
        .sum()
}

impl Reader<'_> {
    /// The line behind the section title or transition that begins at `at`, if one does.
    pub(super) fn title(&mut self, at: usize, end: usize, place: Place) -> Option<usize> {
        let line = self.lines[at];
        let next = self.lines[at + 1..end]
            .first()
            .filter(|next| !next.is_blank());
        let Some(mark) = adornment(line.text) else {
            let next = next.filter(|next| next.indent == line.indent)?;
            let mark = adornment(next.text)?;
            let is_long = next.text.len() >= width(line.text).min(LEAST_ADORNMENT);
            (is_long && place.is_top).then_some(())?;
            self.heading(at, at, (mark, false));
            return Some(at + 2);
        };
        let Some(next) = next else {
            let is_transition = line.text.len() >= LEAST_ADORNMENT;
            return is_transition.then_some(at + 1);
        };
        let under = self.lines[at + 2..end.max(at + 2)].first()?;
        let is_title = under.text == line.text
            && (line.text.len() >= LEAST_ADORNMENT || line.text.len() >= width(next.text));
        (is_title && place.is_top).then_some(())?;
        self.heading(at, at + 1, (mark, true));
        Some(at + 3)
    }

    /// Adds the title on line `text_at`; what adorns it says its level, in order of appearance.
    fn heading(&mut self, at: usize, text_at: usize, style: (u8, bool)) {
        let known = self.styles.iter().position(|known| *known == style);
        let level = known.unwrap_or_else(|| {
            self.styles.push(style);
            self.styles.len() - 1
        });
        let lines = self.plain(text_at..text_at + 1);
        let id = self.label.take();
        self.nodes
            .heading(level + 1, lines, id, self.lines[at].start);
    }
}
