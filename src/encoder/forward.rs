//! The forward pass: token ids in, token vectors out (Devlin et al., 2019).
//!
//! Sequences are laid one after the other without padding; every matrix product runs over the
//! rows of all of them, attention over each alone. A layer runs in two sweeps over *panels* of
//! rows, so many that their intermediate values stay in the cache:
//!
//! 1. queries, keys and values of every panel; then keys are transposed per sequence and head;
//! 2. attention, its projection, the feed-forward layer and the next layer's quantized input.
//!
//! One long input is shared out: its panels form *groups* that run in parallel.
//!
//! No row's value depends on the rows beside it, so results do not depend on batch or panels.

use rayon::prelude::*;

use super::kernels::{HEAD_DIM, Head, KEY_PAD, Kernels, Norm, Quantized, SCORE_ROWS, Scale};
use super::pack::{FEED_FORWARD, HEADS, HIDDEN, Layer, MAX_TOKENS, Weights};

/// Width of a row of queries, keys and values.
const QKV: usize = 3 * HIDDEN;
/// Most rows of a panel: 8 full tiles; 295 KB inside the feed-forward layer.
const PANEL_ROWS: usize = 48;

/// One sequence's rows in the batch, and its keys and values in [`Workspace::heads`].
struct Span {
    start: usize,
    length: usize,
    heads_start: usize,
}

impl Span {
    /// Number of keys with padding.
    fn padded(&self) -> usize {
        self.length.next_multiple_of(KEY_PAD)
    }

    /// Values of one head in [`Workspace::heads`]: keys, then values.
    fn head_len(&self) -> usize {
        2 * HEAD_DIM * self.padded()
    }
}

/// Buffers for a batch; reused from batch to batch.
#[derive(Default)]
pub(super) struct Workspace {
    /// Hidden state, `rows x 384`.
    hidden: Vec<f32>,
    /// The layer's input as bytes, `rows x 384`.
    input: Vec<u8>,
    input_scales: Vec<Scale>,
    /// `rows x 1152`.
    qkv: Vec<f32>,
    /// Per sequence and head: keys `[padded/32][32 values][32 keys]`, values `[padded][32]`.
    heads: Vec<f32>,
    /// One a group.
    scratch: Vec<PanelScratch>,
}

/// Intermediate values of one panel.
#[derive(Default)]
struct PanelScratch {
    wide: Vec<f32>,
    narrow: Vec<f32>,
    bytes: Vec<u8>,
    scales: Vec<Scale>,
    scores: Vec<f32>,
}

impl PanelScratch {
    fn resize(&mut self, rows: usize) {
        self.wide.resize(rows * FEED_FORWARD, 0.0);
        self.narrow.resize(rows * HIDDEN, 0.0);
        self.bytes.resize(rows * FEED_FORWARD, 0);
        self.scales.resize(rows, Scale::default());
        self.scores
            .resize(SCORE_ROWS * MAX_TOKENS.next_multiple_of(KEY_PAD), 0.0);
    }
}

/// Consecutive rows of the batch, to be changed by the second sweep.
struct Rows<'a> {
    /// Number of the first row.
    start: usize,
    hidden: &'a mut [f32],
    input: &'a mut [u8],
    scales: &'a mut [Scale],
}

impl<'a> Rows<'a> {
    /// Runs of `count` rows, the last one perhaps shorter.
    fn chunks(self, count: usize) -> impl Iterator<Item = Rows<'a>> + Send {
        let starts = (self.start..).step_by(count);
        let hidden = self.hidden.chunks_mut(count * HIDDEN);
        let input = self.input.chunks_mut(count * HIDDEN);
        let rows = starts.zip(hidden).zip(input);
        rows.zip(self.scales.chunks_mut(count))
            .map(|(((start, hidden), input), scales)| Rows {
                start,
                hidden,
                input,
                scales,
            })
    }
}

/// Runs the model on `sequences` (each 1 to 256 ids) and returns their token vectors, all rows one
/// after the other, `[CLS]` and `[SEP]` included, not normalized. The rows are shared out to at
/// most `groups` tasks of the current thread pool; with 1 the pool is not touched.
pub(super) fn forward<'w>(
    weights: &Weights,
    kernels: &Kernels,
    sequences: &[&[u32]],
    groups: usize,
    workspace: &'w mut Workspace,
) -> &'w [f32] {
    let spans = spans(sequences);
    let rows = sequences.iter().map(|ids| ids.len()).sum::<usize>();
    let group_rows = rows.div_ceil(groups).next_multiple_of(SCORE_ROWS);
    workspace.resize(rows, &spans, rows.div_ceil(group_rows));
    embed(weights, kernels, sequences, workspace);
    for (number, layer) in weights.layers.iter().enumerate() {
        project_qkv(kernels, layer, group_rows, workspace);
        for span in &spans {
            gather_heads(span, workspace);
        }
        let next_shrink = weights.layers.get(number + 1).map(|next| next.qkv_shrink);
        let pass = LayerPass {
            kernels,
            layer,
            spans: &spans,
            next_shrink,
        };
        pass.run(group_rows, workspace);
    }
    &workspace.hidden
}

/// Where each sequence lies.
fn spans(sequences: &[&[u32]]) -> Vec<Span> {
    let (mut start, mut heads_start) = (0, 0);
    sequences
        .iter()
        .map(|ids| {
            let span = Span {
                start,
                length: ids.len(),
                heads_start,
            };
            start += span.length;
            heads_start += HEADS * span.head_len();
            span
        })
        .collect()
}

impl Workspace {
    fn resize(&mut self, rows: usize, spans: &[Span], groups: usize) {
        self.hidden.resize(rows * HIDDEN, 0.0);
        self.input.resize(rows * HIDDEN, 0);
        self.input_scales.resize(rows, Scale::default());
        self.qkv.resize(rows * QKV, 0.0);
        let heads = spans.iter().map(|span| HEADS * span.head_len()).sum();
        self.heads.resize(heads, 0.0);
        let panel_rows = rows.min(PANEL_ROWS);
        self.scratch.resize_with(groups, PanelScratch::default);
        self.scratch
            .iter_mut()
            .for_each(|scratch| scratch.resize(panel_rows));
    }
}

/// Word and position embeddings, normalized; and the first layer's quantized input.
fn embed(weights: &Weights, kernels: &Kernels, sequences: &[&[u32]], workspace: &mut Workspace) {
    let tokens = sequences.iter().flat_map(|ids| ids.iter().enumerate());
    let rows = workspace.hidden.chunks_exact_mut(HIDDEN);
    for ((position, &id), row) in tokens.zip(rows) {
        let id = id as usize;
        let word = &weights.words[id * HIDDEN..][..HIDDEN];
        for (value, &word) in row.iter_mut().zip(word) {
            *value = f32::from(word) * weights.word_scales[id];
        }
        let position = &weights.positions[position * HIDDEN..][..HIDDEN];
        kernels.add_norm(row, position, &weights.norm);
    }
    let shrink = weights.layers[0].qkv_shrink;
    let input = (&mut workspace.input[..], &mut workspace.input_scales[..]);
    quantize_shrunk(kernels, &workspace.hidden, shrink, input);
}

/// First sweep: queries, keys and values of all rows.
fn project_qkv(kernels: &Kernels, layer: &Layer, group_rows: usize, workspace: &mut Workspace) {
    let project = |out: &mut [f32], bytes: &[u8], scales: &[Scale]| {
        let panels = out
            .chunks_mut(PANEL_ROWS * QKV)
            .zip(bytes.chunks(PANEL_ROWS * HIDDEN))
            .zip(scales.chunks(PANEL_ROWS));
        for ((out, bytes), scales) in panels {
            kernels.matmul(Quantized { bytes, scales }, &layer.qkv, out);
        }
    };
    let Workspace {
        input,
        input_scales,
        qkv,
        ..
    } = workspace;
    if input_scales.len() <= group_rows {
        return project(qkv, input, input_scales);
    }
    qkv.par_chunks_mut(group_rows * QKV)
        .zip(input.par_chunks(group_rows * HIDDEN))
        .zip(input_scales.par_chunks(group_rows))
        .for_each(|((out, bytes), scales)| project(out, bytes, scales));
}

/// Copies a sequence's keys, transposed, and values so that each head's lie together.
fn gather_heads(span: &Span, workspace: &mut Workspace) {
    let padded = span.padded();
    let qkv = &workspace.qkv[span.start * QKV..][..span.length * QKV];
    let heads = &mut workspace.heads[span.heads_start..][..HEADS * span.head_len()];
    for (head, block) in heads.chunks_exact_mut(span.head_len()).enumerate() {
        let (keys, values) = block.split_at_mut(HEAD_DIM * padded);
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

/// Second sweep of one layer.
struct LayerPass<'a> {
    kernels: &'a Kernels,
    layer: &'a Layer,
    spans: &'a [Span],
    /// The next layer's factors on its input; none after the last layer.
    next_shrink: Option<&'a [f32]>,
}

impl LayerPass<'_> {
    fn run(&self, group_rows: usize, workspace: &mut Workspace) {
        let Workspace {
            hidden,
            input,
            input_scales: scales,
            qkv,
            heads,
            scratch,
        } = workspace;
        let rows = Rows {
            start: 0,
            hidden,
            input,
            scales,
        };
        if let [scratch] = &mut scratch[..] {
            return self.group(rows, qkv, heads, scratch);
        }
        rows.chunks(group_rows)
            .zip(scratch)
            .par_bridge()
            .for_each(|(group, scratch)| self.group(group, qkv, heads, scratch));
    }

    /// The panels of one group, one after the other.
    fn group(&self, group: Rows<'_>, qkv: &[f32], heads: &[f32], scratch: &mut PanelScratch) {
        for panel in group.chunks(PANEL_ROWS) {
            self.panel(panel, qkv, heads, scratch);
        }
    }

    /// Attention to the next layer's input for the rows of one panel.
    fn panel(&self, panel: Rows<'_>, qkv: &[f32], heads: &[f32], scratch: &mut PanelScratch) {
        let Self { kernels, layer, .. } = self;
        let rows = panel.scales.len();
        let scales = &mut scratch.scales[..rows];
        let narrow = &mut scratch.narrow[..rows * HIDDEN];
        let wide = &mut scratch.wide[..rows * FEED_FORWARD];

        self.attend(panel.start, qkv, heads, narrow, &mut scratch.scores);
        let bytes = &mut scratch.bytes[..rows * HIDDEN];
        quantize_rows(kernels, narrow, (bytes, scales));
        kernels.matmul(Quantized { bytes, scales }, &layer.context, narrow);
        add_norm_rows(kernels, panel.hidden, narrow, &layer.context_norm);

        quantize_shrunk(kernels, panel.hidden, layer.up_shrink, (bytes, scales));
        kernels.matmul(Quantized { bytes, scales }, &layer.up, wide);
        kernels.gelu(wide);
        let bytes = &mut scratch.bytes[..rows * FEED_FORWARD];
        quantize_rows(kernels, wide, (bytes, scales));
        kernels.matmul(Quantized { bytes, scales }, &layer.down, narrow);
        add_norm_rows(kernels, panel.hidden, narrow, &layer.down_norm);
        if let Some(shrink) = self.next_shrink {
            quantize_shrunk(kernels, panel.hidden, shrink, (panel.input, panel.scales));
        }
    }

    /// All heads' results for the rows from `start`, `out.len() / 384` of them.
    fn attend(
        &self,
        start: usize,
        qkv: &[f32],
        heads: &[f32],
        out: &mut [f32],
        scores: &mut [f32],
    ) {
        let end = start + out.len() / HIDDEN;
        let first = self
            .spans
            .partition_point(|span| span.start + span.length <= start);
        for span in self.spans[first..]
            .iter()
            .take_while(|span| span.start < end)
        {
            let from = span.start.max(start);
            let to = (span.start + span.length).min(end);
            for head in 0..HEADS {
                let block = &heads[span.heads_start + head * span.head_len()..][..span.head_len()];
                let (keys, values) = block.split_at(block.len() / 2);
                let head_rows = Head {
                    queries: to - from,
                    query: &qkv[from * QKV + head * HEAD_DIM..],
                    query_stride: QKV,
                    keys,
                    values,
                    length: span.length,
                    out_stride: HIDDEN,
                };
                let out = &mut out[(from - start) * HIDDEN + head * HEAD_DIM..];
                self.kernels.attention(head_rows, out, scores);
            }
        }
    }
}

/// `x = LayerNorm(x + y)` for every row.
fn add_norm_rows(kernels: &Kernels, x: &mut [f32], y: &[f32], norm: &Norm<'_>) {
    let rows = x.chunks_exact_mut(HIDDEN).zip(y.chunks_exact(HIDDEN));
    for (x, y) in rows {
        kernels.add_norm(x, y, norm);
    }
}

/// Quantizes rows of equal width, which are changed.
fn quantize_rows(kernels: &Kernels, rows: &mut [f32], (bytes, scales): (&mut [u8], &mut [Scale])) {
    let width = rows.len() / scales.len();
    let rows = rows.chunks_exact_mut(width);
    for ((row, bytes), scale) in rows.zip(bytes.chunks_exact_mut(width)).zip(scales) {
        *scale = kernels.quantize(row, bytes);
    }
}

/// Quantizes rows of the hidden state, each value times its factor in `shrink`.
fn quantize_shrunk(
    kernels: &Kernels,
    hidden: &[f32],
    shrink: &[f32],
    (bytes, scales): (&mut [u8], &mut [Scale]),
) {
    let rows = hidden.chunks_exact(HIDDEN);
    for ((row, bytes), scale) in rows.zip(bytes.chunks_exact_mut(HIDDEN)).zip(scales) {
        let mut shrunk: [f32; HIDDEN] = std::array::from_fn(|i| row[i] * shrink[i]);
        *scale = kernels.quantize(&mut shrunk, bytes);
    }
}
