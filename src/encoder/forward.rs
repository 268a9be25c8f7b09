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

use super::kernels::{self, Head, KEY_PAD, Matrix, Norm, Quantized, SCORE_ROWS, Scale};
use super::pack::{Architecture, Layer, Weights};

use crate::simd::Simd;

/// A multiple of the rows of a tile on every path.
const TILE_ROWS: usize = 12;
/// Most rows of a panel, full tiles too: 590 KB of `f32` inside a feed-forward layer of 1,536 values.
const PANEL_ROWS: usize = 96;

/// One sequence's rows in the batch, and its keys and values in [`Workspace::heads`].
struct Span {
    start: usize,
    end: usize,
    heads_start: usize,
}

impl Span {
    /// Keys of a head, with padding.
    fn padded(&self) -> usize {
        (self.end - self.start).next_multiple_of(KEY_PAD)
    }

    /// Values of one head in [`Workspace::heads`]: keys with padding, then values.
    fn head_len(&self, head_dim: usize) -> usize {
        2 * head_dim * self.padded()
    }
}

/// Aligned, so that no vector of 16 lies in two cache lines.
pub(super) type Floats = AVec<f32, ConstAlign<64>>;

fn zeros(length: usize) -> Floats {
    let mut zeros = Floats::new(64);
    zeros.resize(length, 0.0);
    zeros
}

/// Buffers for a batch; `H` is the width of the hidden state.
struct Workspace {
    architecture: Architecture,
    /// Hidden state, `rows x H`.
    hidden: Floats,
    /// Queries, keys and values: `rows x 3 H`.
    qkv: Floats,
    /// Per sequence and head of `D` values: keys `[padded/32][D values][32 keys]`, values
    /// `[padded][D]`.
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
    /// For panels of up to `rows` rows and sequences of up to `keys` keys, padded: a short question
    /// touches little memory.
    fn new(architecture: &Architecture, rows: usize, keys: usize) -> Self {
        let hidden = architecture.hidden;
        let widest = hidden.max(architecture.feed_forward);
        Self {
            wide: zeros(rows * widest),
            narrow: zeros(rows * hidden),
            scores: zeros(SCORE_ROWS * keys),
            input: LinearInput {
                bytes: vec![0; rows * widest],
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
    /// Length of a row of `hidden`; one of `qkv` is three times as long.
    width: usize,
    hidden: &'a mut [f32],
    qkv: &'a mut [f32],
}

impl<'a> Panel<'a> {
    /// Runs of `count` rows, the last one perhaps shorter.
    fn chunks(self, count: usize) -> impl Iterator<Item = Panel<'a>> + Send {
        let width = self.width;
        let hidden = self.hidden.chunks_mut(count * width);
        let rows = hidden.zip(self.qkv.chunks_mut(count * 3 * width));
        let starts = (self.start..).step_by(count);
        starts.zip(rows).map(move |(start, (hidden, qkv))| Panel {
            start,
            width,
            hidden,
            qkv,
        })
    }
}

impl Workspace {
    fn new(architecture: Architecture, rows: usize, spans: &[Span], groups: usize) -> Self {
        let (hidden, dim) = (architecture.hidden, architecture.head_dim());
        let head_lens = spans.iter().map(|span| span.head_len(dim));
        let heads = architecture.heads * head_lens.sum::<usize>();
        let keys = spans.iter().map(Span::padded).max().unwrap_or(0);
        let scratch = || Scratch::new(&architecture, rows.min(PANEL_ROWS), keys);
        Self {
            architecture,
            hidden: zeros(rows * hidden),
            qkv: zeros(rows * 3 * hidden),
            heads: zeros(heads),
            scratch: std::iter::repeat_with(scratch).take(groups).collect(),
        }
    }

    /// Calls `work` with every panel and the batch's keys and values, groups in parallel.
    fn sweep(&mut self, group_rows: usize, work: impl Fn(Panel<'_>, &[f32], &mut Scratch) + Sync) {
        let Self {
            architecture,
            hidden,
            qkv,
            heads,
            scratch,
        } = self;
        let all = Panel {
            start: 0,
            width: architecture.hidden,
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

/// Runs the model on `sequences`, each of one id or more but no more than the model's longest input, and
/// returns their token vectors, all rows one after the other, `[CLS]` and `[SEP]` included, not
/// normalized. The rows are shared out to at most `groups` tasks of the current thread pool; with 1 the
/// pool is not touched.
pub(super) fn forward(
    weights: &Weights,
    simd: Simd,
    sequences: &[&[u32]],
    groups: usize,
) -> Floats {
    let architecture = weights.architecture;
    let spans = spans(sequences, &architecture);
    let rows = spans.last().map_or(0, |span| span.end);
    let group_rows = even_share(rows, groups);
    let mut workspace = Workspace::new(architecture, rows, &spans, rows.div_ceil(group_rows));
    embed(weights, simd, sequences, &mut workspace.hidden);
    workspace.sweep(group_rows, |panel, _, scratch| {
        project_qkv(simd, &weights.layers[0], panel, scratch);
    });
    for (number, layer) in weights.layers.iter().enumerate() {
        for span in &spans {
            match architecture.head_dim() {
                32 => gather_heads::<32>(span, &mut workspace),
                _ => gather_heads::<64>(span, &mut workspace),
            }
        }
        workspace.sweep(group_rows, |panel, heads, scratch| {
            attend(simd, &architecture, &spans, heads, &panel, scratch);
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
fn spans(sequences: &[&[u32]], architecture: &Architecture) -> Vec<Span> {
    let (mut start, mut heads_start) = (0, 0);
    let span = |ids: &&[u32]| {
        let span = Span {
            start,
            end: start + ids.len(),
            heads_start,
        };
        start = span.end;
        heads_start += architecture.heads * span.head_len(architecture.head_dim());
        span
    };
    sequences.iter().map(span).collect()
}

/// Word and position embeddings, normalized.
fn embed(weights: &Weights, simd: Simd, sequences: &[&[u32]], hidden: &mut [f32]) {
    let width = weights.architecture.hidden;
    let tokens = sequences.iter().flat_map(|ids| ids.iter().enumerate());
    for ((position, &id), row) in tokens.zip(hidden.chunks_exact_mut(width)) {
        let id = id as usize;
        let word = &weights.words[id * width..][..width];
        for (value, &word) in row.iter_mut().zip(word) {
            *value = f32::from(word) * weights.word_scales[id];
        }
        let position = &weights.positions[position * width..][..width];
        kernels::add_norm(simd, row, position, &weights.norm);
    }
}

/// Queries, keys and values of a panel for `layer`.
fn project_qkv(simd: Simd, layer: &Layer, panel: Panel<'_>, scratch: &mut Scratch) {
    let rows = shrink(panel.hidden, layer.qkv_shrink, &mut scratch.narrow);
    let input = &mut scratch.input;
    input.run(simd, &layer.qkv, rows, panel.qkv);
}

/// Copies a sequence's keys, transposed, and values so that each head's, of `D` values, lie together.
fn gather_heads<const D: usize>(span: &Span, workspace: &mut Workspace) {
    let Architecture { hidden, heads, .. } = workspace.architecture;
    let qkv = &workspace.qkv[span.start * 3 * hidden..span.end * 3 * hidden];
    let head_len = span.head_len(D);
    let blocks = &mut workspace.heads[span.heads_start..][..heads * head_len];
    for (head, block) in blocks.chunks_exact_mut(head_len).enumerate() {
        let (keys, values) = block.split_at_mut(head_len / 2);
        for (position, row) in qkv.chunks_exact(3 * hidden).enumerate() {
            let key = &row[hidden + head * D..][..D];
            let block_start = position / KEY_PAD * KEY_PAD * D + position % KEY_PAD;
            for (i, &value) in key.iter().enumerate() {
                keys[block_start + i * KEY_PAD] = value;
            }
            let value = &row[2 * hidden + head * D..][..D];
            values[position * D..][..D].copy_from_slice(value);
        }
    }
}

/// Attention of a panel's rows, all heads, into `scratch.wide` as rows of the hidden state's width.
fn attend(
    simd: Simd,
    architecture: &Architecture,
    spans: &[Span],
    heads: &[f32],
    panel: &Panel<'_>,
    scratch: &mut Scratch,
) {
    let (width, dim) = (panel.width, architecture.head_dim());
    let (start, end) = (panel.start, panel.start + panel.hidden.len() / width);
    let first = spans.partition_point(|span| span.end <= start);
    for span in spans[first..].iter().take_while(|span| span.start < end) {
        let from = span.start.max(start) - start;
        let to = span.end.min(end) - start;
        let blocks = heads[span.heads_start..].chunks_exact(span.head_len(dim));
        for (head, block) in blocks.take(architecture.heads).enumerate() {
            let (keys, values) = block.split_at(block.len() / 2);
            let head_rows = Head {
                dim,
                queries: to - from,
                query: &panel.qkv[from * 3 * width + head * dim..],
                query_stride: 3 * width,
                keys,
                values,
                length: span.end - span.start,
                out_stride: width,
            };
            let out = &mut scratch.wide[from * width + head * dim..];
            kernels::attention(simd, head_rows, out, &mut scratch.scores);
        }
    }
}

/// The rest of a layer after attention, whose results are in `scratch.wide`.
fn run_layer(simd: Simd, layer: &Layer, hidden: &mut [f32], scratch: &mut Scratch) {
    let rows = hidden.len() / layer.up.inputs;
    let input = &mut scratch.input;
    let narrow = &mut scratch.narrow[..hidden.len()];
    let heads = &mut scratch.wide[..hidden.len()];
    input.run(simd, &layer.context, heads, narrow);
    add_norm(simd, hidden, narrow, &layer.context_norm);

    let wide = &mut scratch.wide[..rows * layer.up.channels()];
    let rows = shrink(hidden, layer.up_shrink, narrow);
    input.run(simd, &layer.up, rows, wide);
    kernels::gelu(simd, wide);
    input.run(simd, &layer.down, wide, narrow);
    add_norm(simd, hidden, narrow, &layer.down_norm);
}

/// Rows of the hidden state, each value times its factor, in `out`.
fn shrink<'o>(hidden: &[f32], factors: &[f32], out: &'o mut [f32]) -> &'o mut [f32] {
    let (out, width) = (&mut out[..hidden.len()], factors.len());
    for (out, row) in out.chunks_mut(width).zip(hidden.chunks(width)) {
        out.copy_from_slice(row);
        for (value, factor) in out.iter_mut().zip(factors) {
            *value *= factor;
        }
    }
    out
}

/// `x = LayerNorm(x + y)` for every row.
fn add_norm(simd: Simd, x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    let width = norm.gain.len();
    let rows = x.chunks_exact_mut(width).zip(y.chunks_exact(width));
    for (x, y) in rows {
        kernels::add_norm(simd, x, y, norm);
    }
}
