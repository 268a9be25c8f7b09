//! Chunks that belong together since a code block, a table or a line was cut between them.

use std::ops::Range;

use crate::corpus::fences::fence_after;
use crate::index::{ChunkId, ChunkRef, Index, IndexError, SectionRecord};

/// The chunks of `section` as runs, in order, such that no block is cut between two runs.
pub fn runs(index: &Index, section: &SectionRecord) -> Result<Vec<Range<u32>>, IndexError> {
    let mut runs: Vec<Range<u32>> = Vec::new();
    let mut fence = None;
    let mut last = None;
    for id in section.chunks.clone() {
        let chunk = index.chunk(ChunkId(id))?;
        let is_inside = fence.is_some() || last.is_some_and(|last| is_one_block(&last, &chunk));
        match runs.last_mut().filter(|_| is_inside) {
            Some(run) => run.end = id + 1,
            None => runs.push(id..id + 1),
        }
        fence = chunk
            .text
            .lines()
            .fold(fence, |open, line| fence_after(open, line.trim()));
        last = Some(chunk);
    }
    Ok(runs)
}

/// Whether a line or a table goes on from `a` to `b`, which follows it.
fn is_one_block(a: &ChunkRef<'_>, b: &ChunkRef<'_>) -> bool {
    let is_row = |line: Option<&str>| line.is_some_and(|line| line.trim_start().starts_with('|'));
    let is_same_line = b.line_start <= a.line_end;
    let is_next_line = b.line_start == a.line_end.saturating_add(1);
    is_same_line || is_next_line && is_row(a.text.lines().last()) && is_row(b.text.lines().next())
}
