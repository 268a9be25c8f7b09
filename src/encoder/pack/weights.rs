//! A pack's tensors, used where they lie.

use safetensors::SafeTensors;
use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::{Architecture, Manifest, PackError};
use crate::encoder::kernels::{Matrix, Norm};
use crate::encoder::tokenizer::Tokenizer;

/// One transformer layer's weights, `H` values wide and `F` inside the feed-forward layer.
#[derive(Debug)]
pub struct Layer {
    /// Queries, keys and values, one under the other: 3 H x H.
    pub qkv: Matrix<'static>,
    /// Factors on the input of `qkv`, undone in its weights, that tame outlier channels.
    pub qkv_shrink: &'static [f32],
    /// From the heads' results, H x H.
    pub context: Matrix<'static>,
    /// After attention.
    pub context_norm: Norm<'static>,
    /// Into the feed-forward layer, F x H.
    pub up: Matrix<'static>,
    /// As `qkv_shrink`, for `up`.
    pub up_shrink: &'static [f32],
    /// Out of it, H x F.
    pub down: Matrix<'static>,
    /// After the feed-forward layer.
    pub down_norm: Norm<'static>,
}

/// A pack's weights and vocabulary, as views.
#[derive(Debug)]
pub struct Weights {
    /// The measures that all views fit.
    pub architecture: Architecture,
    /// Word embeddings, row-major.
    pub words: &'static [i8],
    /// One scale a word.
    pub word_scales: &'static [f32],
    /// Position embeddings, row-major, one row for each token that an input may have.
    pub positions: &'static [f32],
    /// After the embeddings.
    pub norm: Norm<'static>,
    /// The layers, first to last; at least one.
    pub layers: Vec<Layer>,
    /// Over the model's vocabulary.
    pub tokenizer: Tokenizer<'static>,
}

impl Weights {
    /// Views of a packed `model.safetensors`, each tensor's size and alignment checked.
    pub(super) fn parse(bytes: &'static [u8], manifest: &Manifest) -> Result<Self, PackError> {
        let file =
            SafeTensors::deserialize(bytes).map_err(|source| PackError::Container { source })?;
        let architecture = manifest.architecture;
        let Architecture {
            layers,
            hidden,
            vocabulary,
            ..
        } = architecture;
        let offsets = tensor(&file, "vocabulary.offsets", padded(vocabulary + 1))?;
        let tokenizer = Tokenizer {
            bytes: any_length(&file, "vocabulary.bytes")?,
            offsets: &offsets[..=vocabulary],
            slots: tensor(&file, "vocabulary.slots", architecture.vocabulary_slots())?,
        };
        let layers = (0..layers).map(|layer| Layer::parse(&file, layer, &architecture));
        Ok(Self {
            architecture,
            words: tensor(&file, "words", vocabulary * hidden)?,
            word_scales: tensor(&file, "words.scales", padded(vocabulary))?,
            positions: tensor(&file, "positions", manifest.max_tokens * hidden)?,
            norm: norm(&file, "norm", hidden)?,
            layers: layers.collect::<Result<_, _>>()?,
            tokenizer,
        })
    }
}

impl Layer {
    fn parse(
        file: &SafeTensors<'static>,
        layer: usize,
        architecture: &Architecture,
    ) -> Result<Self, PackError> {
        let (hidden, feed_forward) = (architecture.hidden, architecture.feed_forward);
        let name = |part: &str| format!("layers.{layer}.{part}");
        Ok(Self {
            qkv: matrix(file, &name("qkv"), 3 * hidden, hidden)?,
            qkv_shrink: tensor(file, &name("qkv.shrink"), hidden)?,
            context: matrix(file, &name("context"), hidden, hidden)?,
            context_norm: norm(file, &name("context.norm"), hidden)?,
            up: matrix(file, &name("up"), feed_forward, hidden)?,
            up_shrink: tensor(file, &name("up.shrink"), hidden)?,
            down: matrix(file, &name("down"), hidden, feed_forward)?,
            down_norm: norm(file, &name("down.norm"), hidden)?,
        })
    }
}

/// Elements of a one-dimensional tensor of 4-byte numbers, padded to whole 64 bytes.
pub fn padded(elements: usize) -> usize {
    elements.next_multiple_of(16)
}

fn matrix(
    file: &SafeTensors<'static>,
    name: &str,
    channels: usize,
    inputs: usize,
) -> Result<Matrix<'static>, PackError> {
    Ok(Matrix {
        weights: tensor(file, &format!("{name}.weights"), channels * inputs)?,
        scales: tensor(file, &format!("{name}.scales"), channels)?,
        bias: tensor(file, &format!("{name}.bias"), channels)?,
        sums: tensor(file, &format!("{name}.sums"), channels)?,
        inputs,
    })
}

fn norm(file: &SafeTensors<'static>, name: &str, width: usize) -> Result<Norm<'static>, PackError> {
    let (gain, bias) = tensor(file, name, 2 * width)?.split_at(width);
    Ok(Norm { gain, bias })
}

fn any_length(file: &SafeTensors<'static>, name: &str) -> Result<&'static [u8], PackError> {
    let view = file
        .tensor(name)
        .map_err(|source| PackError::Container { source })?;
    Ok(view.data())
}

/// The tensor `name` as `length` values, where it lies.
fn tensor<T: FromBytes + Immutable + KnownLayout>(
    file: &SafeTensors<'static>,
    name: &str,
    length: usize,
) -> Result<&'static [T], PackError> {
    let bytes = any_length(file, name)?;
    match <[T]>::ref_from_bytes(bytes) {
        Ok(values) if values.len() == length => Ok(values),
        _ => Err(PackError::Tensor {
            tensor: name.to_owned(),
            expected: length * size_of::<T>(),
            found: bytes.len(),
        }),
    }
}
