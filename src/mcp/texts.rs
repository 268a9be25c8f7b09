//! What a client tells its model of these docs: when to call, and with what.
//!
//! Clients cut these texts ([`INSTRUCTIONS`], [`DESCRIPTION`] are the least bounds that are known), and
//! what decides whether a model calls at all is their beginning: so that says when.

use crate::about::plain::plain;
use crate::about::{About, joined};
use crate::index::{Index, IndexError};

/// Most characters of the instructions.
pub const INSTRUCTIONS: usize = 512;
/// Most bytes of a tool's description.
pub const DESCRIPTION: usize = 2_000;
/// Most characters of an index's name.
const NAME: usize = 40;
/// Most characters of all names.
const NAMES: usize = 400;

/// The docs of the indexes that are served.
#[derive(Debug, Clone)]
pub struct Texts {
    /// A name and what the docs are about for each index; the name is empty if there is one index.
    docs: Vec<(String, About)>,
}

impl Texts {
    /// Reads what indexes say of their docs.
    ///
    /// # Errors
    ///
    /// [`IndexError::Corrupt`] if an index is damaged.
    pub fn read<'a>(
        indexes: impl IntoIterator<Item = (&'a str, &'a Index)>,
    ) -> Result<Self, IndexError> {
        let docs = indexes
            .into_iter()
            .map(|(name, index)| Ok((plain(name, NAME), About::of(index, None)?)));
        Ok(Self {
            docs: docs.collect::<Result<_, IndexError>>()?,
        })
    }

    /// Titles and topics, in at most `room` characters.
    fn topics(&self, room: usize) -> String {
        let each = room / self.docs.len().max(1);
        let of = |(_, about): &(String, About)| {
            let title = plain(&about.title, each / 3);
            let rest = each.saturating_sub(title.chars().count() + 5);
            let titles = about.groups.iter().flat_map(|(_, titles)| titles);
            match joined(titles.map(String::as_str), ", ", rest) {
                topics if topics.is_empty() => title,
                topics => format!("{title} ({topics})"),
            }
        };
        let docs: Vec<String> = self.docs.iter().map(of).collect();
        joined(docs.iter().map(String::as_str), "; ", room)
    }

    /// The server's instructions.
    pub fn instructions(&self) -> String {
        let text = |topics: &str| {
            format!(
                "Search these docs before you answer from memory or open files whenever a question touches \
                 {topics}. One call with a whole question usually suffices; it says so when they have no answer."
            )
        };
        let room = INSTRUCTIONS - text("").chars().count();
        text(&self.topics(room))
    }

    /// The description of `search_docs`.
    pub fn search_description(&self) -> String {
        let names = self.docs.iter().map(|(name, _)| name.as_str());
        let several = match self.docs.len() {
            0 | 1 => String::new(),
            _ => format!(
                " `in` may also begin with the name of the docs to search: {}.",
                joined(names, ", ", NAMES)
            ),
        };
        let text = |topics: &str| {
            format!(
                "Use this first for any question about {topics}.\n\
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_bounds_whatever_is_served() {
        let about = |length: usize| About {
            title: "é".repeat(length),
            groups: vec![("g".to_owned(), vec!["ü".repeat(length); length])],
        };
        for (count, length) in [(0, 0), (1, 1), (1, 80), (3, 40), (200, 80)] {
            let docs = (0..count).map(|i| (format!("{i:040}"), about(length)));
            let texts = Texts {
                docs: docs.collect(),
            };
            let instructions = texts.instructions();
            let description = texts.search_description();
            assert!(
                instructions.chars().count() <= INSTRUCTIONS,
                "{instructions}"
            );
            assert!(
                description.len() < DESCRIPTION,
                "{}: {description}",
                description.len()
            );
        }
    }

    #[test]
    fn titles_come_with_what_is_in_the_docs() {
        let about = About {
            title: "Boilers".to_owned(),
            groups: vec![
                (
                    "Care".to_owned(),
                    vec!["Descaling".to_owned(), "Gaskets".to_owned()],
                ),
                (String::new(), vec!["Errors".to_owned()]),
            ],
        };
        let texts = Texts {
            docs: vec![(String::new(), about)],
        };
        assert_eq!(texts.topics(40), "Boilers (Descaling, Gaskets, Errors)");
        assert_eq!(texts.topics(29), "Boilers (Descaling)");
    }
}
