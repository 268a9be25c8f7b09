//! The progress bar: on a terminal only, on stderr.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

const TICK: Duration = Duration::from_millis(100);

/// Shows how many chunks are embedded, then that the graph is being built.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    /// A bar that shows nothing where stderr is no terminal.
    pub fn new() -> Self {
        let bar = ProgressBar::new(0);
        if let Ok(style) =
            ProgressStyle::with_template("{msg} [{bar:30}] {pos}/{len} chunks, {eta} left")
        {
            bar.set_style(style);
        }
        bar.set_message("embedding");
        Self { bar }
    }

    /// Shows that `done` of `all` chunks are embedded.
    pub fn embedded(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
        if done == all {
            self.bar.set_style(ProgressStyle::default_spinner());
            self.bar.set_message("building the graph");
            self.bar.enable_steady_tick(TICK);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
