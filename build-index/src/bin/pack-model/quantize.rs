//! Quantization, and the layout that docent's kernels read.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use docent::encoder::kernels::{BLOCK, rotate, rotation_size};
use docent::encoder::pack::{Architecture, padded};
use docent::encoder::tokenizer::{CLS, SEP, Tokenizer, UNKNOWN};
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use zerocopy::IntoBytes;

use crate::outliers::{self, Factors};
use crate::source::{Description, Original};

/// Where a tensor and its data begin: a cache line.
const ALIGNMENT: usize = 64;
/// What the file says of its tensors, which lie in it as they did when only one model could be packed:
/// the manifest alone has changed since. Nothing reads it.
const TENSOR_LAYOUT: &str = "docent-minilm-1";

/// The packed file of the original weights and vocabulary, for inputs of up to `max_tokens` tokens.
pub fn pack(
    source: &Original<'_>,
    vocabulary: &[u8],
    description: &Description,
    max_tokens: usize,
) -> Result<Vec<u8>> {
    let architecture = &description.architecture;
    let mut out = Tensors::default();
    pack_embeddings(source, description, max_tokens, &mut out)?;
    let factors = outliers::factors(source, description, max_tokens)?;
    for (layer, factors) in factors.iter().enumerate() {
        pack_layer(source, layer, architecture, factors, &mut out)?;
    }
    pack_vocabulary(vocabulary, architecture, &mut out)?;
    out.serialize()
}

fn pack_embeddings(
    source: &Original<'_>,
    description: &Description,
    max_tokens: usize,
    out: &mut Tensors,
) -> Result<()> {
    let Architecture {
        hidden, vocabulary, ..
    } = description.architecture;
    let words = source.get("embeddings.word_embeddings.weight", &[vocabulary, hidden])?;
    let (levels, mut scales) = quantize_rows(&words, hidden);
    scales.resize(padded(vocabulary), 0.0);
    out.add("words", Dtype::I8, &[vocabulary, hidden], levels.as_bytes());
    out.add(
        "words.scales",
        Dtype::F32,
        &[scales.len()],
        scales.as_bytes(),
    );

    let mut positions = source.get(
        "embeddings.position_embeddings.weight",
        &[description.positions, hidden],
    )?;
    positions.truncate(max_tokens * hidden);
    let segments = source.get(
        "embeddings.token_type_embeddings.weight",
        &[description.segments, hidden],
    )?;
    for row in positions.chunks_exact_mut(hidden) {
        row.iter_mut()
            .zip(&segments)
            .for_each(|(value, segment)| *value += segment);
    }
    out.add(
        "positions",
        Dtype::F32,
        &[max_tokens, hidden],
        positions.as_bytes(),
    );
    pack_norm(source, "embeddings.LayerNorm", "norm", hidden, out)
}

fn pack_layer(
    source: &Original<'_>,
    layer: usize,
    architecture: &Architecture,
    factors: &Factors,
    out: &mut Tensors,
) -> Result<()> {
    let Architecture {
        hidden,
        feed_forward,
        ..
    } = *architecture;
    let from = |part: &str| format!("encoder.layer.{layer}.{part}");
    let to = |part: &str| format!("layers.{layer}.{part}");
    let dense = |part: &str, channels: usize, inputs: usize| -> Result<(Vec<f32>, Vec<f32>)> {
        let part = from(part);
        let weights = source.get(&format!("{part}.weight"), &[channels, inputs])?;
        Ok((weights, source.get(&format!("{part}.bias"), &[channels])?))
    };

    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    for part in ["query", "key", "value"] {
        let part = dense(&format!("attention.self.{part}"), hidden, hidden)?;
        weights.extend(part.0);
        bias.extend(part.1);
    }
    out.add_shrunk_matrix(&to("qkv"), weights, &bias, &factors.qkv);
    let (weights, bias) = dense("attention.output.dense", hidden, hidden)?;
    out.add_matrix(&to("context"), weights, &bias);
    let (weights, bias) = dense("intermediate.dense", feed_forward, hidden)?;
    out.add_shrunk_matrix(&to("up"), weights, &bias, &factors.up);
    let (weights, bias) = dense("output.dense", hidden, feed_forward)?;
    out.add_matrix(&to("down"), weights, &bias);

    for (original, packed) in [
        ("attention.output.LayerNorm", "context.norm"),
        ("output.LayerNorm", "down.norm"),
    ] {
        pack_norm(source, &from(original), &to(packed), hidden, out)?;
    }
    Ok(())
}

fn pack_norm(
    source: &Original<'_>,
    from: &str,
    to: &str,
    width: usize,
    out: &mut Tensors,
) -> Result<()> {
    let mut norm = source.get(&format!("{from}.weight"), &[width])?;
    norm.extend(source.get(&format!("{from}.bias"), &[width])?);
    out.add(to, Dtype::F32, &[2, width], norm.as_bytes());
    Ok(())
}

fn pack_vocabulary(text: &[u8], architecture: &Architecture, out: &mut Tensors) -> Result<()> {
    let entries: Vec<&[u8]> = text
        .trim_ascii_end()
        .split(|&byte| byte == b'\n')
        .map(|entry| entry.strip_suffix(b"\r").unwrap_or(entry))
        .collect();
    ensure!(
        entries.len() == architecture.vocabulary,
        "vocab.txt has {} entries, config.json says {}",
        entries.len(),
        architecture.vocabulary
    );
    for (id, name) in [(UNKNOWN, "[UNK]"), (CLS, "[CLS]"), (SEP, "[SEP]")] {
        ensure!(
            entries[id as usize] == name.as_bytes(),
            "vocab.txt: entry {id} is `{}`, must be `{name}`\n\
             hint: docent reads vocabularies laid out as that of BERT's uncased models",
            String::from_utf8_lossy(entries[id as usize])
        );
    }
    let mut bytes = Vec::new();
    let mut offsets = vec![0u32];
    for entry in &entries {
        bytes.extend_from_slice(entry);
        offsets.push(u32::try_from(bytes.len())?);
    }
    offsets.resize(padded(offsets.len()), bytes.len() as u32);
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    let slots = Tokenizer::build_slots(&entries, architecture.vocabulary_slots());
    out.add("vocabulary.bytes", Dtype::U8, &[bytes.len()], &bytes);
    out.add(
        "vocabulary.offsets",
        Dtype::U32,
        &[offsets.len()],
        offsets.as_bytes(),
    );
    out.add(
        "vocabulary.slots",
        Dtype::U16,
        &[slots.len()],
        slots.as_bytes(),
    );
    Ok(())
}

/// Rounds rows of `width` to -127..=127 with one scale a row.
fn quantize_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let mut levels = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / width);
    for row in values.chunks_exact(width) {
        let largest = row
            .iter()
            .fold(0.0f32, |largest, value| largest.max(value.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        levels.extend(
            row.iter()
                .map(|value| (value / scale).round_ties_even() as i8),
        );
        scales.push(scale);
    }
    (levels, scales)
}

/// Reorders `[N][K]` to `[N/64][K/4][64][4]`.
fn interleave(levels: &[i8], inputs: usize) -> Vec<i8> {
    let mut out = Vec::with_capacity(levels.len());
    for block in levels.chunks_exact(BLOCK * inputs) {
        for step in (0..inputs).step_by(4) {
            for channel in block.chunks_exact(inputs) {
                out.extend_from_slice(&channel[step..step + 4]);
            }
        }
    }
    out
}

/// The packed tensors.
#[derive(Default)]
struct Tensors(Vec<(String, Dtype, Vec<usize>, Vec<u8>)>);

impl Tensors {
    fn add(&mut self, name: &str, dtype: Dtype, shape: &[usize], bytes: &[u8]) {
        self.0
            .push((name.to_owned(), dtype, shape.to_vec(), bytes.to_vec()));
    }

    /// Rotates and quantizes a linear layer of `bias.len()` channels and adds its four tensors.
    fn add_matrix(&mut self, name: &str, mut weights: Vec<f32>, bias: &[f32]) {
        let (channels, inputs) = (bias.len(), weights.len() / bias.len());
        for row in weights.chunks_exact_mut(inputs) {
            rotate(row);
            row.iter_mut()
                .for_each(|weight| *weight /= rotation_size(inputs) as f32);
        }
        let (levels, scales) = quantize_rows(&weights, inputs);
        let sums: Vec<i32> = levels
            .chunks_exact(inputs)
            .map(|row| row.iter().map(|&level| i32::from(level)).sum())
            .collect();
        let levels = interleave(&levels, inputs);
        let shape = [channels / BLOCK, inputs / 4, BLOCK, 4];
        self.add(
            &format!("{name}.weights"),
            Dtype::I8,
            &shape,
            levels.as_bytes(),
        );
        self.add(
            &format!("{name}.scales"),
            Dtype::F32,
            &[channels],
            scales.as_bytes(),
        );
        self.add(
            &format!("{name}.bias"),
            Dtype::F32,
            &[channels],
            bias.as_bytes(),
        );
        self.add(
            &format!("{name}.sums"),
            Dtype::I32,
            &[channels],
            sums.as_bytes(),
        );
    }

    /// [`add_matrix`](Self::add_matrix) and `NAME.shrink`, for an input that is divided by `factors`.
    fn add_shrunk_matrix(
        &mut self,
        name: &str,
        mut weights: Vec<f32>,
        bias: &[f32],
        factors: &[f32],
    ) {
        let inputs = factors.len();
        for row in weights.chunks_exact_mut(inputs) {
            row.iter_mut()
                .zip(factors)
                .for_each(|(weight, factor)| *weight *= factor);
        }
        let shrink: Vec<f32> = factors.iter().map(|factor| 1.0 / factor).collect();
        self.add(
            &format!("{name}.shrink"),
            Dtype::F32,
            &[inputs],
            shrink.as_bytes(),
        );
        self.add_matrix(name, weights, bias);
    }

    /// A safetensors file whose data and tensors all begin at multiples of [`ALIGNMENT`].
    fn serialize(&self) -> Result<Vec<u8>> {
        let mut views = Vec::new();
        for (name, dtype, shape, bytes) in &self.0 {
            ensure!(
                bytes.len() % ALIGNMENT == 0,
                "{name}: {} bytes",
                bytes.len()
            );
            views.push((name, TensorView::new(*dtype, shape.clone(), bytes)?));
        }
        let metadata = HashMap::from([("layout".to_owned(), TENSOR_LAYOUT.to_owned())]);
        let file = safetensors::serialize(views, Some(metadata))?;

        // The header may end in spaces: lengthen it so that the data starts on a boundary.
        let (length, rest) = file.split_at(8);
        let length = u64::from_le_bytes(length.try_into()?) as usize;
        let (header, data) = rest.split_at(length);
        let length = (8 + length).next_multiple_of(ALIGNMENT) - 8;
        let mut out = (length as u64).to_le_bytes().to_vec();
        out.extend_from_slice(header);
        out.resize(8 + length, b' ');
        out.extend_from_slice(data);
        Ok(out)
    }
}
