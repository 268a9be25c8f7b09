//! How far a build is, on stderr: a bar on a terminal, a line every ten seconds elsewhere.

use std::cell::Cell;
use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use docent::program::{is_quiet, message};
use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);
/// Time between two lines.
const PAUSE: Duration = Duration::from_secs(10);

/// Shows how many chunks are embedded, then that the graph is being built.
pub struct Progress(Mutex<Shown>);

enum Shown {
    Nothing,
    /// Until it is known how many chunks there are.
    NoBar,
    Bar(ProgressBar),
    Lines(Pace),
}

impl Progress {
    /// Shows nothing yet, and nothing at all with `--quiet`.
    pub fn new() -> Self {
        Self(Mutex::new(match stderr().is_terminal() {
            _ if is_quiet() => Shown::Nothing,
            true => Shown::NoBar,
            false => Shown::Lines(Pace::new(Instant::now())),
        }))
    }

    /// Shows that `done` of `all` chunks are embedded.
    pub fn embedded(&self, done: usize, all: usize) {
        self.show("embedding", done, all, || line(done, all));
        if done == all
            && let Shown::Bar(bar) = &*self.shown()
        {
            bar.set_style(ProgressStyle::default_spinner());
            bar.set_message("building the graph");
            bar.enable_steady_tick(TICK);
        }
    }

    /// Shows that `done` of `all` chunks are in a store.
    #[cfg(feature = "milvus")]
    pub fn published(&self, done: usize, all: usize) {
        self.show("publishing", done, all, || {
            format!("published {done} of {all} chunks")
        });
    }

    fn show(&self, doing: &'static str, done: usize, all: usize, line: impl Fn() -> String) {
        let mut shown = self.shown();
        if let Shown::NoBar = *shown {
            *shown = Shown::Bar(bar(doing, all));
        }
        match &*shown {
            Shown::Nothing | Shown::NoBar => {}
            Shown::Bar(bar) => bar.set_position(done as u64),
            Shown::Lines(pace) => {
                if pace.is_due(Instant::now()) {
                    message(line());
                }
            }
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        if let Shown::Bar(bar) = &*self.shown() {
            bar.finish_and_clear();
        }
    }
}

fn bar(doing: &'static str, all: usize) -> ProgressBar {
    let bar = ProgressBar::new(all as u64);
    if let Ok(style) =
        ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} chunks, {eta} left")
    {
        bar.set_style(style);
    }
    bar.set_message(doing);
    bar
}

fn line(done: usize, all: usize) -> String {
    match done == all {
        true => format!("embedded all {all} chunks, building the graph"),
        false => format!("embedded {done} of {all} chunks"),
    }
}

/// When a line is due: none in the first [`PAUSE`], then one in each.
struct Pace {
    last: Cell<Instant>,
}

impl Pace {
    fn new(start: Instant) -> Self {
        Self {
            last: Cell::new(start),
        }
    }

    fn is_due(&self, now: Instant) -> bool {
        let is_due = now.duration_since(self.last.get()) >= PAUSE;
        if is_due {
            self.last.set(now);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_due_every_ten_seconds() {
        let start = Instant::now();
        let pace = Pace::new(start);
        let seconds = [0.0, 9.9, 10.0, 10.1, 19.9, 25.0, 34.9, 35.0];
        let due = seconds.map(|s| pace.is_due(start + Duration::from_secs_f64(s)));
        assert_eq!(due, [false, false, true, false, false, true, false, true]);
    }

    #[test]
    fn a_line_says_how_far_a_build_is() {
        assert_eq!(line(128, 512), "embedded 128 of 512 chunks");
        assert_eq!(
            line(512, 512),
            "embedded all 512 chunks, building the graph"
        );
    }
}
