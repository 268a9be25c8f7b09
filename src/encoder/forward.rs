//! The forward pass: token ids in, token vectors out (Devlin et al., 2019).
//!
//! Sequences are laid one after the other without padding; every matrix product runs over the
//! rows of all of them, attention over each alone. Work is done in *panels* of rows, so many that
//! their intermediate values stay in the cache. A layer is one sweep over all panels:
//!
//! ```text
//! qkv rows ─► keys, values of each head ─► attention, its projection, feed-forward layer
//!    ▲        (all rows, before the sweep)    │  (hidden rows change)
//!    └──────── next layer's projection ◄──────┘
//! ```
//!
//! One long input is shared out: its panels form *groups* that run in parallel.
//!
//! No row's value depends on the rows beside it, so results do not depend on batch or panels.

use aligned_vec::{AVec, ConstAlign};
use rayon::prelude::*;

use super::kernels::{self, HEAD_DIM, Head, KEY_PAD, Matrix, Norm, Quantized, SCORE_ROWS, Scale};
use super::pack::{FEED_FORWARD, HEADS, HIDDEN, Layer, MAX_TOKENS, Weights};

use crate::simd::Simd;

/// Width of a row of queries, keys and values.
const QKV: usize = 3 * HIDDEN;
/// A multiple of the rows of a tile on every path.
const TILE_ROWS: usize = 12;
/// Most rows of a panel, full tiles too: 590 KB of `f32` inside the feed-forward layer.
const PANEL_ROWS: usize = 96;

/// One sequence's rows in the batch, and its keys and values in [`Workspace::heads`].
struct Span {
    start: usize,
    end: usize,
    heads_start: usize,
}

impl Span {
    /// Values of one head in [`Workspace::heads`]: keys with padding, then values.
    fn head_len(&self) -> usize {
        2 * HEAD_DIM * (self.end - self.start).next_multiple_of(KEY_PAD)
    }
}

/// Aligned, so that no vector of 16 lies in two cache lines.
pub(super) type Floats = AVec<f32, ConstAlign<64>>;

fn zeros(length: usize) -> Floats {
    let mut zeros = Floats::new(64);
    zeros.resize(length, 0.0);
    zeros
}

/// Buffers for a batch.
struct Workspace {
    /// Hidden state, `rows x 384`.
    hidden: Floats,
    /// `rows x 1152`.
    qkv: Floats,
    /// Per sequence and head: keys `[padded/32][32 values][32 keys]`, values `[padded][32]`.
    heads: Floats,
    /// One a group.
    scratch: Vec<Scratch>,
}

/// Intermediate values of one panel.
struct Scratch {
    wide: Floats,
    narrow: Floats,
    scores: Floats,
    input: LinearInput,
}

impl Scratch {
    /// For panels of up to `rows` rows: a short question touches little memory.
    fn new(rows: usize) -> Self {
        Self {
            wide: zeros(rows * FEED_FORWARD),
            narrow: zeros(rows * HIDDEN),
            scores: zeros(SCORE_ROWS * MAX_TOKENS.next_multiple_of(KEY_PAD)),
            input: LinearInput {
                bytes: vec![0; rows * FEED_FORWARD],
                scales: vec![Scale::default(); rows],
            },
        }
    }
}

/// The quantized input of a linear layer.
struct LinearInput {
    bytes: Vec<u8>,
    scales: Vec<Scale>,
}

impl LinearInput {
    /// `out = W rows + b`; quantizes the rows, which changes them.
    fn run(&mut self, simd: Simd, matrix: &Matrix<'_>, rows: &mut [f32], out: &mut [f32]) {
        let bytes = &mut self.bytes[..rows.len()];
        let scales = &mut self.scales[..rows.len() / matrix.inputs];
        let rows = rows.chunks_exact_mut(matrix.inputs);
        let quantized = bytes.chunks_exact_mut(matrix.inputs).zip(&mut *scales);
        for (row, (bytes, scale)) in rows.zip(quantized) {
            *scale = kernels::quantize(simd, row, bytes);
        }
        kernels::matmul(simd, Quantized { bytes, scales }, matrix, out);
    }
}

/// Consecutive rows of the batch.
struct Panel<'a> {
    /// Number of the first row.
    start: usize,
    hidden: &'a mut [f32],
    qkv: &'a mut [f32],
}

impl<'a> Panel<'a> {
    /// Runs of `count` rows, the last one perhaps shorter.
    fn chunks(self, count: usize) -> impl Iterator<Item = Panel<'a>> + Send {
        let hidden = self.hidden.chunks_mut(count * HIDDEN);
        let rows = hidden.zip(self.qkv.chunks_mut(count * QKV));
        (self.start..)
            .step_by(count)
            .zip(rows)
            .map(|(start, (hidden, qkv))| Panel { start, hidden, qkv })
    }
}

impl Workspace {
    fn new(rows: usize, spans: &[Span], groups: usize) -> Self {
        let heads = spans.iter().map(|span| HEADS * span.head_len()).sum();
        let scratch = || Scratch::new(rows.min(PANEL_ROWS));
        Self {
            hidden: zeros(rows * HIDDEN),
            qkv: zeros(rows * QKV),
            heads: zeros(heads),
            scratch: std::iter::repeat_with(scratch).take(groups).collect(),
        }
    }

    /// Calls `work` with every panel and the batch's keys and values, groups in parallel.
    fn sweep(&mut self, group_rows: usize, work: impl Fn(Panel<'_>, &[f32], &mut Scratch) + Sync) {
        let Self {
            hidden,
            qkv,
            heads,
            scratch,
        } = self;
        let all = Panel {
            start: 0,
            hidden,
            qkv,
        };
        let panel_rows = even_share(group_rows, group_rows.div_ceil(PANEL_ROWS));
        let group = |(group, scratch): (Panel<'_>, &mut Scratch)| {
            for panel in group.chunks(panel_rows) {
                work(panel, heads, scratch);
            }
        };
        match &mut scratch[..] {
            [scratch] => group((all, scratch)),
            scratch => all
                .chunks(group_rows)
                .zip(scratch)
                .par_bridge()
                .for_each(group),
        }
    }
}

/// Runs the model on `sequences` (each 1 to 256 ids) and returns their token vectors, all rows one
/// after the other, `[CLS]` and `[SEP]` included, not normalized. The rows are shared out to at
/// most `groups` tasks of the current thread pool; with 1 the pool is not touched.
pub(super) fn forward(
    weights: &Weights,
    simd: Simd,
    sequences: &[&[u32]],
    groups: usize,
) -> Floats {
    let spans = spans(sequences);
    let rows = spans.last().map_or(0, |span| span.end);
    let group_rows = even_share(rows, groups);
    let mut workspace = Workspace::new(rows, &spans, rows.div_ceil(group_rows));
    embed(weights, simd, sequences, &mut workspace.hidden);
    workspace.sweep(group_rows, |panel, _, scratch| {
        project_qkv(simd, &weights.layers[0], panel, scratch);
    });
    for (number, layer) in weights.layers.iter().enumerate() {
        for span in &spans {
            gather_heads(span, &mut workspace);
        }
        workspace.sweep(group_rows, |panel, heads, scratch| {
            attend(simd, &spans, heads, &panel, scratch);
            run_layer(simd, layer, panel.hidden, scratch);
            if let Some(next) = weights.layers.get(number + 1) {
                project_qkv(simd, next, panel, scratch);
            }
        });
    }
    workspace.hidden
}

/// Rows of each of `count` shares of `rows`, full tiles on every path.
fn even_share(rows: usize, count: usize) -> usize {
    rows.div_ceil(count).next_multiple_of(TILE_ROWS)
}

/// Where each sequence lies.
fn spans(sequences: &[&[u32]]) -> Vec<Span> {
    let (mut start, mut heads_start) = (0, 0);
    let span = |ids: &&[u32]| {
        let span = Span {
            start,
            end: start + ids.len(),
            heads_start,
        };
        start = span.end;
        heads_start += HEADS * span.head_len();
        span
    };
    sequences.iter().map(span).collect()
}

/// Word and position embeddings, normalized.
fn embed(weights: &Weights, simd: Simd, sequences: &[&[u32]], hidden: &mut [f32]) {
    let tokens = sequences.iter().flat_map(|ids| ids.iter().enumerate());
    for ((position, &id), row) in tokens.zip(hidden.chunks_exact_mut(HIDDEN)) {
        let id = id as usize;
        let word = &weights.words[id * HIDDEN..][..HIDDEN];
        for (value, &word) in row.iter_mut().zip(word) {
            *value = f32::from(word) * weights.word_scales[id];
        }
        let position = &weights.positions[position * HIDDEN..][..HIDDEN];
        kernels::add_norm(simd, row, position, &weights.norm);
    }
}

/// Queries, keys and values of a panel for `layer`.
fn project_qkv(simd: Simd, layer: &Layer, panel: Panel<'_>, scratch: &mut Scratch) {
    let rows = shrink(panel.hidden, layer.qkv_shrink, &mut scratch.narrow);
    let input = &mut scratch.input;
    input.run(simd, &layer.qkv, rows, panel.qkv);
}

/// Copies a sequence's keys, transposed, and values so that each head's lie together.
fn gather_heads(span: &Span, workspace: &mut Workspace) {
    let qkv = &workspace.qkv[span.start * QKV..span.end * QKV];
    let heads = &mut workspace.heads[span.heads_start..][..HEADS * span.head_len()];
    for (head, block) in heads.chunks_exact_mut(span.head_len()).enumerate() {
        let (keys, values) = block.split_at_mut(block.len() / 2);
        for (position, row) in qkv.chunks_exact(QKV).enumerate() {
            let key = &row[HIDDEN + head * HEAD_DIM..][..HEAD_DIM];
            let block_start = position / KEY_PAD * KEY_PAD * HEAD_DIM + position % KEY_PAD;
            for (i, &value) in key.iter().enumerate() {
                keys[block_start + i * KEY_PAD] = value;
            }
            let value = &row[2 * HIDDEN + head * HEAD_DIM..][..HEAD_DIM];
            values[position * HEAD_DIM..][..HEAD_DIM].copy_from_slice(value);
        }
    }
}

/// Attention of a panel's rows, all heads, into `scratch.wide` as rows of 384.
fn attend(simd: Simd, spans: &[Span], heads: &[f32], panel: &Panel<'_>, scratch: &mut Scratch) {
    let (start, end) = (panel.start, panel.start + panel.hidden.len() / HIDDEN);
    let first = spans.partition_point(|span| span.end <= start);
    for span in spans[first..].iter().take_while(|span| span.start < end) {
        let from = span.start.max(start) - start;
        let to = span.end.min(end) - start;
        let blocks = heads[span.heads_start..].chunks_exact(span.head_len());
        for (head, block) in blocks.take(HEADS).enumerate() {
            let (keys, values) = block.split_at(block.len() / 2);
            let head_rows = Head {
                queries: to - from,
                query: &panel.qkv[from * QKV + head * HEAD_DIM..],
                query_stride: QKV,
                keys,
                values,
                length: span.end - span.start,
                out_stride: HIDDEN,
            };
            let out = &mut scratch.wide[from * HIDDEN + head * HEAD_DIM..];
            kernels::attention(simd, head_rows, out, &mut scratch.scores);
        }
    }
}

/// The rest of a layer after attention, whose results are in `scratch.wide`.
fn run_layer(simd: Simd, layer: &Layer, hidden: &mut [f32], scratch: &mut Scratch) {
    let input = &mut scratch.input;
    let narrow = &mut scratch.narrow[..hidden.len()];
    let heads = &mut scratch.wide[..hidden.len()];
    input.run(simd, &layer.context, heads, narrow);
    add_norm(simd, hidden, narrow, &layer.context_norm);

    let wide = &mut scratch.wide[..hidden.len() / HIDDEN * FEED_FORWARD];
    let rows = shrink(hidden, layer.up_shrink, narrow);
    input.run(simd, &layer.up, rows, wide);
    kernels::gelu(simd, wide);
    input.run(simd, &layer.down, wide, narrow);
    add_norm(simd, hidden, narrow, &layer.down_norm);
}

/// Rows of the hidden state, each value times its factor, in `out`.
fn shrink<'o>(hidden: &[f32], factors: &[f32], out: &'o mut [f32]) -> &'o mut [f32] {
    let out = &mut out[..hidden.len()];
    for (out, row) in out.chunks_mut(HIDDEN).zip(hidden.chunks(HIDDEN)) {
        out.copy_from_slice(row);
        for (value, factor) in out.iter_mut().zip(factors) {
            *value *= factor;
        }
    }
    out
}

/// `x = LayerNorm(x + y)` for every row.
fn add_norm(simd: Simd, x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    let rows = x.chunks_exact_mut(HIDDEN).zip(y.chunks_exact(HIDDEN));
    for (x, y) in rows {
        kernels::add_norm(simd, x, y, norm);
    }
}
