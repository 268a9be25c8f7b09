//! What a client tells its model of these docs: when to call, and with what.
//!
//! Clients cut these texts ([`INSTRUCTIONS`], [`DESCRIPTION`] are the least bounds that are known), and
//! what decides whether a model calls at all is their beginning: so that says when.

use crate::index::{Index, IndexError};
use crate::terminal::printable_line;

/// Most characters of the instructions.
pub const INSTRUCTIONS: usize = 512;
/// Most bytes of a tool's description.
pub const DESCRIPTION: usize = 2_000;
/// Most characters of a title that is named.
const TITLE: usize = 48;

/// What the docs of some indexes are about.
#[derive(Debug, Clone)]
pub struct About {
    /// A name and topics for each index; the name is empty if there is one index.
    docs: Vec<(String, Vec<String>)>,
}

impl About {
    /// Reads what an index says of its docs: the titles that its guide gives sections, or those that they
    /// give themselves.
    pub fn read<'a>(
        indexes: impl IntoIterator<Item = (&'a str, &'a Index)>,
    ) -> Result<Self, IndexError> {
        let docs = indexes
            .into_iter()
            .map(|(name, index)| Ok((name.to_owned(), topics(index)?)));
        Ok(Self {
            docs: docs.collect::<Result<_, IndexError>>()?,
        })
    }

    /// Names and topics, in at most `room` characters.
    fn topics(&self, room: usize) -> String {
        let each = room / self.docs.len().max(1);
        let of = |(name, topics): &(String, Vec<String>)| {
            let mut text = match name.is_empty() {
                true => String::new(),
                false => format!("{name}: "),
            };
            for (i, topic) in topics.iter().enumerate() {
                let more = if i > 0 { ", " } else { "" };
                if text.chars().count() + more.len() + topic.chars().count() > each {
                    break;
                }
                text.push_str(more);
                text.push_str(topic);
            }
            text
        };
        let docs: Vec<String> = self.docs.iter().map(of).collect();
        docs.join("; ")
    }

    /// The server's instructions.
    pub fn instructions(&self) -> String {
        let text = |topics: &str| {
            format!(
                "Search these docs before you answer from memory or open files whenever a question touches: \
                 {topics}. One call with a whole question usually suffices; it says so when they have no answer."
            )
        };
        let room = INSTRUCTIONS - text("").chars().count();
        text(&self.topics(room))
    }

    /// The description of `search_docs`.
    pub fn search_description(&self) -> String {
        let names: Vec<&str> = self.docs.iter().map(|(name, _)| name.as_str()).collect();
        let several = match names.len() {
            0 | 1 => String::new(),
            _ => format!(
                " `in` may also begin with the name of the docs to search: {}.",
                names.join(", ")
            ),
        };
        let text = |topics: &str| {
            format!(
                "Use this first for any question about: {topics}.\n\
                 Gives the passages of the documentation that answer, with file and lines, and says in its \
                 first line whether they do: \"answered\", \"weak answer\", or that no section answers, which \
                 is final: do not ask again in other words. Ask in a whole sentence with the names, options \
                 and error messages that you have. Several questions, or the parts of one, go into one call, \
                 one a line. `in` limits the search to a file, folder or glob (`guides/`, `*.md`).{several}"
            )
        };
        let room = (DESCRIPTION - text("").len()) / 3;
        text(&self.topics(room.min(400)))
    }

    /// The description of `read_docs`.
    pub fn read_description(&self) -> &'static str {
        "Gives the text of the documentation at a location that a search named: `PATH:A-B` (these lines), `PATH` \
         (the whole file), `PATH#heading`. Several locations go into one call, one a line. Text that is too long \
         ends with the location where it goes on."
    }
}

/// What an index is about, most telling first, each once.
fn topics(index: &Index) -> Result<Vec<String>, IndexError> {
    let guide = index.guide()?;
    let described = guide.descriptors.iter().map(|row| row.title.clone());
    let mut topics: Vec<String> = Vec::new();
    let mut add = |title: &str| {
        let title: String = printable_line(title).chars().take(TITLE).collect();
        let title = title.trim().to_owned();
        if !title.is_empty() && !topics.contains(&title) {
            topics.push(title);
        }
    };
    described.for_each(|title| add(&title));
    for id in index.sections() {
        add(&index.section(id)?.title);
    }
    Ok(topics)
}
