//! Says that the docs are newer than the index.

use anyhow::Result;
use docent::answer::Note;
use docent::index::Index;
use docent::stale::{Effort, Freshness};

use super::exit::Exit;
use super::index_file::IndexArgs;
use super::note;

/// Compares the docs with `index`, with a note on stderr: briefly, or whatever it takes where a failure
/// was asked for.
pub fn check(index: &Index, args: &IndexArgs) -> Result<Freshness> {
    let effort = if args.fail_stale {
        Effort::FULL
    } else {
        Effort::BRIEF
    };
    let freshness = Freshness::check(index, effort)?;
    let is_worth_telling = match freshness.is_stale() {
        Some(is_stale) => is_stale,
        None => args.fail_stale,
    };
    if is_worth_telling {
        note(Note::Stale(freshness.clone()));
    }
    Ok(freshness)
}

/// How a run ended that would have ended in `exit` with a fresh index.
pub fn exit(freshness: &Freshness, args: &IndexArgs, exit: Exit) -> Exit {
    if args.fail_stale && freshness.is_stale() != Some(false) {
        Exit::Stale
    } else {
        exit
    }
}
