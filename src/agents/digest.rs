//! The docs on one page for `AGENTS.md`: each section with its title, then the guide's phrases, as many as there is
//! room for.

use std::fmt::Write;

use super::text::Caller;
use crate::about::plain::plain;
use crate::about::{About, folder_of};
use crate::index::{Index, IndexError, SectionRecord};

/// Most bytes of a digest.
pub const MAX_BYTES: usize = 8_192;

/// Room for the line that says what was left out.
const LEFT_OUT: usize = 128;
/// Most characters of a title or phrase, and of a path, which is of use only if it is whole.
const TEXT: usize = 100;
const PATH: usize = 300;

/// A line of the page: a name, and entries behind it, each of them a section or a hint.
struct Row {
    name: String,
    entries: Vec<String>,
}

/// How much is said of a section.
#[derive(Clone, Copy)]
enum Detail {
    /// Title, and what the guide says that it covers.
    Covers,
    Title,
    Path,
}

/// The docs of `index` in at most [`MAX_BYTES`] bytes, lines of `name|entry|entry`.
///
/// Every section stands in it with as much of title and description as there is room for, then the guide's phrases
/// with their sections; the last line says how many of either were left out, if any were.
///
/// # Errors
///
/// If the index is damaged.
pub fn digest(index: &Index, about: &About, caller: &Caller) -> Result<String, IndexError> {
    let sections: Vec<SectionRecord> = index
        .sections()
        .map(|id| index.section(id))
        .collect::<Result<_, _>>()?;
    let guide = index.guide()?;
    let head = format!(
        "Index of {}|{} sections|ask: {}|read: {}\n",
        about.title,
        sections.len(),
        caller.ask(),
        caller.read()
    );
    let mut hints: Vec<Row> = Vec::new();
    for guideline in &guide.guidelines {
        let entry = format!(
            "{} -> {}",
            plain(&guideline.phrase, TEXT),
            paths(&guideline.targets)
        );
        add(&mut hints, &guideline.group, entry);
    }
    for known in &guide.questions {
        let entry = format!(
            "{} -> {}",
            plain(&known.question, TEXT),
            paths(&known.targets)
        );
        add(&mut hints, "Questions", entry);
    }
    // A path of an index may be long.
    let room = MAX_BYTES.saturating_sub(LEFT_OUT + head.len());
    let mut listed = (String::new(), usize::MAX);
    for detail in [Detail::Covers, Detail::Title, Detail::Path] {
        let mut rows: Vec<Row> = Vec::new();
        for section in &sections {
            let row = guide
                .descriptors
                .iter()
                .find(|row| row.target == section.path);
            let title = row
                .map(|row| &row.title)
                .filter(|title| !title.is_empty())
                .unwrap_or(&section.title);
            let group = row.map_or(folder_of(&section.path), |row| &row.group);
            let mut entry = plain(&section.path, PATH);
            if !matches!(detail, Detail::Path) {
                let _ = write!(entry, " {}", plain(title, TEXT));
            }
            if let (Detail::Covers, Some(row)) = (detail, row.filter(|row| !row.covers.is_empty()))
            {
                let _ = write!(entry, ": {}", plain(&row.covers, TEXT));
            }
            add(&mut rows, group, entry);
        }
        listed = fitting(&rows, room);
        if listed.1 == 0 {
            break;
        }
    }
    let (listed, sections_left) = listed;
    let (hinted, hints_left) = fitting(&hints, room - listed.len());
    let mut text = head + &listed + &hinted;
    if sections_left + hints_left > 0 {
        let _ = writeln!(text, "Left out|{sections_left} sections|{hints_left} hints");
    }
    Ok(text)
}

/// As many entries as there is room for, in order, and how many are left out. A name without an entry is not printed.
fn fitting(rows: &[Row], room: usize) -> (String, usize) {
    let mut text = String::new();
    let mut left = 0;
    for row in rows {
        let start = text.len();
        let mut is_new = true;
        for entry in &row.entries {
            let name = if is_new { row.name.len() } else { 0 };
            // With the bar before it, and a line break behind the last one.
            if text.len() + name + entry.len() + 2 > room {
                left += 1;
                continue;
            }
            if is_new {
                text.push_str(&row.name);
                is_new = false;
            }
            text.push('|');
            text.push_str(entry);
        }
        if text.len() > start {
            text.push('\n');
        }
    }
    (text, left)
}

fn add(rows: &mut Vec<Row>, name: &str, entry: String) {
    let name = plain(name, TEXT);
    match rows.iter_mut().find(|row| row.name == name) {
        Some(row) => row.entries.push(entry),
        None => rows.push(Row {
            name,
            entries: vec![entry],
        }),
    }
}

fn paths(targets: &[String]) -> String {
    let paths = targets.iter().map(|path| plain(path, PATH));
    paths.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_fill_the_room() {
        let row = |name: &str, entries: &[&str]| Row {
            name: name.into(),
            entries: entries.iter().map(ToString::to_string).collect(),
        };
        let rows = [row("A", &["one", "two"]), row("B", &["three"])];
        assert_eq!(fitting(&rows, 100), ("A|one|two\nB|three\n".into(), 0));
        assert_eq!(fitting(&rows, 18), ("A|one|two\nB|three\n".into(), 0));
        assert_eq!(fitting(&rows, 17), ("A|one|two\n".into(), 1));
        assert_eq!(fitting(&rows, 9), ("A|one\n".into(), 2));
        assert_eq!(fitting(&rows, 0), (String::new(), 3));
    }
}
