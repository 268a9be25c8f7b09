//! The end of a build by Ctrl-C or another signal that asks a program to end: what it works on is taken away.

use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use docent::index::IndexSlot;

/// Exit code of a program that Ctrl-C has ended, as shells have it.
const INTERRUPTED: i32 = 130;

/// The file that the build under way works on.
static PARTIAL: Mutex<Option<PathBuf>> = Mutex::new(None);

/// As long as it lives, [`exit`] removes the file that a build works on.
pub struct Unfinished(());

impl Unfinished {
    pub fn new(slot: &IndexSlot) -> Self {
        *partial() = Some(slot.partial().to_owned());
        Self(())
    }

    /// Ends the build with `write`, which makes the file the index: an [`exit`] meanwhile waits for it.
    pub fn end<T>(self, write: impl FnOnce() -> T) -> T {
        let mut partial = partial();
        let written = write();
        *partial = None;
        drop(partial);
        written
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        *partial() = None;
    }
}

/// Ends the program; the old index stays.
pub fn exit() -> ! {
    // Held until the end, so that no build goes on meanwhile.
    let mut partial = partial();
    if let Some(partial) = partial.take() {
        let _ = fs::remove_file(partial);
    }
    std::process::exit(INTERRUPTED)
}

fn partial() -> MutexGuard<'static, Option<PathBuf>> {
    PARTIAL.lock().unwrap_or_else(PoisonError::into_inner)
}
