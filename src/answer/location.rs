//! Where a text stands, as answers give it and as people and agents write it back: `PATH`, `PATH:A-B`,
//! `PATH:A`, `PATH#heading`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::context::unquoted;
use crate::index::{Index, IndexError, SectionRecord};
use crate::terminal::{printable_json, printable_line};

/// Sections that are suggested for one that is not there.
const SUGGESTIONS: usize = 3;

/// A section or some of its lines.
#[derive(Debug, Clone)]
pub struct Location {
    /// The section.
    pub section: SectionRecord,
    /// The lines, from 1; `None`: all. They may go on after the section's end.
    pub lines: Option<RangeInclusive<u32>>,
}

/// `path` as it can be printed and is found again by [`Location::find`]: as it is, or as a JSON string where a terminal
/// would act on it.
pub fn printable_path(path: &str) -> Cow<'_, str> {
    match printable_line(path) {
        Cow::Borrowed(path) if !path.starts_with('"') => Cow::Borrowed(path),
        _ => {
            // A string is serialized whatever it holds.
            let json = serde_json::to_string(path).unwrap_or_default();
            Cow::Owned(printable_json(&json).into_owned())
        }
    }
}

/// Why there is nothing at a location.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// The index has no section of this name.
    #[error("the index has no section {name}\nhint: {}", suggestion(close))]
    NoSuchSection {
        /// As it was asked for, safe to print.
        name: String,
        /// Sections with the same file name, then those whose path contains the name; safe to print.
        close: Vec<String>,
    },
    /// The section has no such lines.
    #[error(
        "no lines {name}: the section has {lines} lines\n\
         hint: ask for PATH:A-B with A at least 1 and at most B, as answers give it"
    )]
    NoSuchLines {
        /// Path and lines as they were asked for, safe to print.
        name: String,
        /// Lines of the section.
        lines: u32,
    },
    /// The section has no such heading.
    #[error(
        "{name} is no heading of the section\nhint: ask for the section, or for lines of it as PATH:A-B"
    )]
    NoSuchHeading {
        /// Path and heading as they were asked for, safe to print.
        name: String,
    },
    /// What was asked for is no section but a guide.
    #[error(
        "{name} is a guide: its hints are in the index, its text is not\n\
         hint: open the file itself in the documentation folder"
    )]
    IsGuide {
        /// Its path, safe to print.
        name: String,
    },
    /// The index cannot be read.
    #[error(transparent)]
    Index(#[from] IndexError),
}

fn suggestion(close: &[String]) -> String {
    match close {
        [] => "name it by its path in the documentation folder, as answers do".to_owned(),
        _ => format!("did you mean {}?", close.join(" or ")),
    }
}

impl Location {
    /// Finds what `name` names. A path goes before lines or a heading: a section whose path ends in `:3` is
    /// found by it. A path that answers give as a JSON string is taken as one.
    ///
    /// # Errors
    ///
    /// A [`LocationError`] that says what is there instead.
    pub fn find(index: &Index, name: &str) -> Result<Self, LocationError> {
        if let Some(section) = section(index, name)? {
            return Ok(Self {
                section,
                lines: None,
            });
        }
        if let Some((path, lines)) = split_lines(name)
            && let Some(section) = section(index, path)?
        {
            return Self::with_lines(section, lines, name);
        }
        if let Some((path, heading)) = name.split_once('#')
            && let Some(section) = section(index, path)?
        {
            return Self::under_heading(index, section, heading, name);
        }
        let path = split_lines(name).map_or(name, |(path, _)| path);
        Err(missing(index, path)?)
    }

    fn with_lines(
        section: SectionRecord,
        lines: RangeInclusive<u64>,
        name: &str,
    ) -> Result<Self, LocationError> {
        let is_there =
            !lines.is_empty() && *lines.start() > 0 && *lines.start() <= u64::from(section.lines);
        if !is_there {
            return Err(LocationError::NoSuchLines {
                name: printable_line(name).into_owned(),
                lines: section.lines,
            });
        }
        let narrow = |line: u64| u32::try_from(line).unwrap_or(u32::MAX);
        Ok(Self {
            section,
            lines: Some(narrow(*lines.start())..=narrow(*lines.end())),
        })
    }

    /// The lines under the first heading with the letters and digits of `heading`, sub-headings included.
    fn under_heading(
        index: &Index,
        section: SectionRecord,
        heading: &str,
        name: &str,
    ) -> Result<Self, LocationError> {
        let wanted = letters(heading);
        let mut lines: Option<RangeInclusive<u32>> = None;
        for chunk in index.chunks_of(&section)? {
            let is_under = chunk.heading_path.iter().any(|h| letters(h) == wanted);
            match (&lines, is_under) {
                (None, true) => lines = Some(chunk.line_start..=chunk.line_end),
                (Some(known), true) => lines = Some(*known.start()..=chunk.line_end),
                (Some(_), false) => break,
                (None, false) => {}
            }
        }
        if lines.is_none() {
            return Err(LocationError::NoSuchHeading {
                name: printable_line(name).into_owned(),
            });
        }
        Ok(Self { section, lines })
    }
}

/// The letters and digits of a heading or of the anchor that a site generator makes of it.
fn letters(text: &str) -> String {
    let letters = text.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn section(index: &Index, path: &str) -> Result<Option<SectionRecord>, IndexError> {
    let path = unquoted(path).unwrap_or_else(|| path.to_owned());
    let found = index.find_section(&path)?;
    found.map(|id| index.section(id)).transpose()
}

/// `path:first-last` or `path:line` in its parts.
fn split_lines(name: &str) -> Option<(&str, RangeInclusive<u64>)> {
    let (path, lines) = name.rsplit_once(':')?;
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    Some((path, first.parse().ok()?..=last.parse().ok()?))
}

fn missing(index: &Index, name: &str) -> Result<LocationError, IndexError> {
    let is_guide = index.meta().guide_files.iter().any(|f| f.path == name);
    let shown = printable_line(name).into_owned();
    if is_guide {
        return Ok(LocationError::IsGuide { name: shown });
    }
    let sections: Vec<SectionRecord> = index
        .sections()
        .map(|id| index.section(id))
        .collect::<Result<_, _>>()?;
    let mut close: Vec<&str> = sections
        .iter()
        .map(|section| section.path.as_str())
        .filter(|path| is_same_file_name(path, name) || contains(path, name))
        .collect();
    close.sort_by_key(|path| !is_same_file_name(path, name));
    close.truncate(SUGGESTIONS);
    let printable = |path: &str| printable_line(path).into_owned();
    Ok(LocationError::NoSuchSection {
        name: shown,
        close: close.into_iter().map(printable).collect(),
    })
}

/// Whether the files have the same name in any folders and letter case.
fn is_same_file_name(a: &str, b: &str) -> bool {
    let file_name = |path: &str| path.rsplit('/').next().map(str::to_lowercase);
    file_name(a) == file_name(b)
}

fn contains(path: &str, part: &str) -> bool {
    path.to_lowercase().contains(&part.to_lowercase())
}
