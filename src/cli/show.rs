//! `docent show`: the text of a section or of some of its lines, out of the index.

use std::io::{self, BufWriter, Write};
use std::ops::RangeInclusive;

use anyhow::Result;
use docent::answer::passage;
use docent::index::{Index, SectionRecord};
use docent::terminal::printable_line;

use super::args::ShowConfig;
use super::exit::{CliError, Exit};
use super::fresh;

/// Sections that are suggested for one that is not there.
const SUGGESTIONS: usize = 3;

/// Prints the section's text, or those lines of it that were asked for.
pub fn run(config: &ShowConfig) -> Result<Exit> {
    let index = Index::open(&config.index.locate()?)?;
    let (section, lines) = find(&index, &config.section)?;
    let chunks = index.chunks_of(&section)?;
    let freshness = fresh::check(&index, &config.index)?;
    let first = chunks.first().map_or(1, |first| first.line_start);
    let mut out = BufWriter::new(io::stdout().lock());
    for (line, number) in passage::text(&chunks)
        .split_inclusive('\n')
        .zip(u64::from(first)..)
    {
        if lines.as_ref().is_none_or(|lines| lines.contains(&number)) {
            out.write_all(line.as_bytes())?;
        }
    }
    out.flush()?;
    Ok(fresh::exit(&freshness, &config.index, Exit::Found))
}

/// The section that `name` is the path of, with the lines if they stand behind the path.
fn find(index: &Index, name: &str) -> Result<(SectionRecord, Option<RangeInclusive<u64>>)> {
    if let Some(section) = index.find_section(name)? {
        return Ok((index.section(section)?, None));
    }
    let (path, lines) = split_lines(name).unzip();
    let path = path.unwrap_or(name);
    let Some(section) = index.find_section(path)? else {
        return Err(missing(index, path)?.into());
    };
    let section = index.section(section)?;
    let has_lines = |lines: &RangeInclusive<u64>| {
        !lines.is_empty() && *lines.start() > 0 && *lines.start() <= u64::from(section.lines)
    };
    if !lines.as_ref().is_none_or(has_lines) {
        return Err(CliError::NoSuchLines {
            name: printable_line(name).into_owned(),
            lines: section.lines,
        }
        .into());
    }
    Ok((section, lines))
}

/// `path:first-last` or `path:line` in its parts.
fn split_lines(name: &str) -> Option<(&str, RangeInclusive<u64>)> {
    let (path, lines) = name.rsplit_once(':')?;
    let (first, last) = lines.split_once('-').unwrap_or((lines, lines));
    Some((path, first.parse().ok()?..=last.parse().ok()?))
}

fn missing(index: &Index, name: &str) -> Result<CliError> {
    let is_guide = index.meta().guide_files.iter().any(|f| f.path == name);
    let shown = printable_line(name).into_owned();
    if is_guide {
        return Ok(CliError::IsGuide { name: shown });
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
    Ok(CliError::NoSuchSection {
        name: shown,
        close: close
            .into_iter()
            .map(|path| printable_line(path).into_owned())
            .collect(),
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
