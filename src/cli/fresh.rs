//! Says that the docs are newer than the index.

use std::borrow::Cow;
use std::path::Path;

use anyhow::Result;
use docent::builder::BuildOptions;
use docent::encoder;
use docent::index::Index;
use docent::stale::{self, Effort, Staleness};
use docent::terminal::printable_line;

use super::args::IndexArgs;
use super::exit::Exit;
use super::message;

/// What is known of an index and its docs.
#[derive(Debug, Clone, Copy)]
pub struct Freshness {
    /// How far the docs have gone from the index; `None` if that cannot be told.
    staleness: Option<Staleness>,
    /// Whether a stale index is a failure.
    fail_stale: bool,
}

impl Freshness {
    /// Compares the docs with `index`, with notes on stderr: briefly, or whatever it takes where a
    /// failure was asked for.
    pub fn check(index: &Index, args: &IndexArgs) -> Result<Self> {
        let fail_stale = args.fail_stale;
        let effort = if fail_stale {
            Effort::FULL
        } else {
            Effort::BRIEF
        };
        let staleness = stale::check(index, effort)?;
        match staleness {
            Some(staleness) if staleness.is_stale() => note_stale(index, staleness),
            None if fail_stale => note_unknown(index),
            _ => {}
        }
        Ok(Self {
            staleness,
            fail_stale,
        })
    }

    /// Whether the docs are newer than the index; `None` if that cannot be told.
    pub fn is_stale(self) -> Option<bool> {
        self.staleness.map(Staleness::is_stale)
    }

    /// How a run ended that would have ended in `exit` with a fresh index.
    pub fn exit(self, exit: Exit) -> Exit {
        if self.fail_stale && self.is_stale() == Some(true) {
            Exit::Stale
        } else {
            exit
        }
    }
}

/// `2 of 28 files changed, 1 is new`.
fn describe(staleness: Staleness, index: &Index) -> String {
    let files = index.num_sections() + index.meta().index_files.len();
    let Staleness {
        changed,
        added,
        removed,
    } = staleness;
    let part = |count: usize, words: String| (count > 0).then_some(words);
    let is = |count: usize| if count == 1 { "is" } else { "are" };
    let parts = [
        part(changed, format!("{changed} of {files} files changed")),
        part(added, format!("{added} {} new", is(added))),
        part(removed, format!("{removed} {} gone", is(removed))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    parts.join(", ")
}

fn note_stale(index: &Index, staleness: Staleness) {
    let docs = stale::docs_of(index).unwrap_or_default();
    let (docs, path) = (shown(&docs), shown(index.path()));
    let repeat = if is_default_build(index) {
        ""
    } else {
        "\nhint: repeat the options that it was built with (--model, --m, --ef-construction, \
         --late-interaction)"
    };
    message(format_args!(
        "note: {} in {docs} since {path} was built\n\
         hint: build-index {} -o {} --update{repeat}",
        describe(staleness, index),
        shell_word(&docs),
        shell_word(&path)
    ));
}

/// Whether a build without options makes an index like this one.
fn is_default_build(index: &Index) -> bool {
    let (meta, default) = (index.meta(), BuildOptions::default());
    let is_bundled =
        encoder::open(None).is_ok_and(|encoder| encoder.model().digest == meta.model.digest);
    is_bundled
        && meta.graph == default.graph
        && index.has_token_vectors() == default.late_interaction.stores(index.num_chunks())
}

/// `text` as a shell reads it back: in quotes unless all of it is plain.
fn shell_word(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+:@%,=".contains(c);
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

fn note_unknown(index: &Index) {
    let path = shown(index.path());
    match stale::docs_of(index) {
        Some(docs) => message(format_args!(
            "note: cannot tell whether {path} is stale: its docs are not in {}",
            shown(&docs)
        )),
        None => message(format_args!(
            "note: cannot tell whether {path} is stale: it does not say where its docs are"
        )),
    }
}

fn shown(path: &Path) -> String {
    printable_line(&path.display().to_string()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_quoted_where_a_shell_would_not_take_them_as_one_word() {
        assert_eq!(shell_word("../my-docs/v1.2"), "../my-docs/v1.2");
        assert_eq!(shell_word("my docs"), "'my docs'");
        assert_eq!(shell_word("it's $HOME"), r"'it'\''s $HOME'");
    }
}
