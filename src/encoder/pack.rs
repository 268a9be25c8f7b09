//! The packed model: weights and vocabulary in the layout that the kernels read.
//!
//! A pack is a folder with `model.safetensors` and `manifest.json`. The safetensors file starts
//! its data at a multiple of 64 bytes and every tensor's size is a multiple of 64, so that each is
//! aligned and used where it lies. `pack-model` writes packs; the one in `models/` is compiled in.
//!
//! | tensor | type, shape | |
//! |---|---|---|
//! | `words`, `words.scales` | i8 \[30522, 384\], f32 | word embeddings, one scale for each row |
//! | `positions` | f32 \[256, 384\] | position embeddings, the segment embedding added |
//! | `norm` | f32 \[2, 384\] | gain and bias, as all norms |
//! | `layers.I.M.weights` | i8 \[N/64, K/4, 64, 4\] | `M` is `qkv`, `context`, `up`, `down` |
//! | `layers.I.M.scales`, `.bias`, `.sums` | f32, f32, i32 \[N\] | see [`Matrix`]; rows of weights are rotated ([`super::kernels::rotate`]) and divided by the rotation's size |
//! | `layers.I.qkv.shrink`, `layers.I.up.shrink` | f32 \[384\] | factors on the input before it is quantized |
//! | `layers.I.context.norm`, `layers.I.down.norm` | f32 \[2, 384\] | norms after the residuals |
//! | `vocabulary.bytes`, `.offsets`, `.slots` | u8, u32, u16 | see [`Tokenizer`] |

use std::path::{Path, PathBuf};

use safetensors::SafeTensors;
use sha2::{Digest, Sha256};
use zerocopy::{FromBytes, Immutable, KnownLayout};

use super::ModelId;
use super::kernels::{Matrix, Norm};
use super::tokenizer::Tokenizer;
use crate::calibration::Calibration;
use crate::map::map_file;

/// Length of a token vector.
pub const HIDDEN: usize = 384;
/// Values inside the feed-forward layer.
pub const FEED_FORWARD: usize = 1536;
/// Attention heads.
pub const HEADS: usize = 12;
/// Transformer layers.
pub const LAYERS: usize = 6;
/// Entries of the vocabulary.
pub const VOCABULARY: usize = 30522;
/// Slots of the vocabulary's hash table.
pub const VOCABULARY_SLOTS: usize = 1 << 16;
/// Longest input, `[CLS]` and `[SEP]` included.
pub const MAX_TOKENS: usize = 256;
/// Names this layout in the manifest; another layout gets another name.
pub const LAYOUT: &str = "docent-minilm-1";
/// The weights' file name.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The manifest's file name.
pub const MANIFEST_FILE: &str = "manifest.json";

/// What the encoder reads of a pack's manifest; `pack-model` writes more for people.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Manifest {
    /// Model id, e.g. `all-MiniLM-L6-v2-int8`.
    pub model: String,
    /// [`LAYOUT`].
    pub layout: String,
    /// The numbers of the ranking that were fitted to the model; absent if none were.
    pub calibration: Option<Calibration>,
    /// Files of the pack.
    pub files: Vec<FileDigest>,
}

/// A file's name and SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FileDigest {
    /// Name in its folder.
    pub name: String,
    /// Lower-case hex.
    pub sha256: String,
}

/// What can go wrong with a pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A file of the pack could not be read.
    #[error("cannot read {}: {source}\nhint: --model takes a folder that pack-model wrote", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The manifest is not one.
    #[error(
        "{MANIFEST_FILE} is not a model manifest: {source}\nhint: write the folder again with pack-model"
    )]
    Manifest {
        /// Why.
        source: serde_json::Error,
    },
    /// The manifest names another layout than this program reads.
    #[error(
        "the model is packed as `{found}`, this program reads `{LAYOUT}`\n\
         hint: write the folder again with this version's pack-model"
    )]
    Layout {
        /// The manifest's layout.
        found: String,
    },
    /// The weights are not the ones that the manifest names.
    #[error(
        "{WEIGHTS_FILE} has the SHA-256 {found}, its manifest says {expected}\n\
         hint: the file is damaged; write the folder again with pack-model"
    )]
    Checksum {
        /// The manifest's digest; empty if it names none.
        expected: String,
        /// The file's.
        found: String,
    },
    /// The weights' file is not safetensors.
    #[error(
        "{WEIGHTS_FILE} cannot be parsed: {source}\nhint: write the folder again with pack-model"
    )]
    Container {
        /// Why.
        source: safetensors::SafeTensorError,
    },
    /// A tensor has another size than the model needs, or is not aligned.
    #[error(
        "{WEIGHTS_FILE}: tensor `{tensor}` has {found} bytes, {expected} are needed\n\
         hint: write the folder again with pack-model"
    )]
    Tensor {
        /// Its name.
        tensor: String,
        /// Bytes needed.
        expected: usize,
        /// Bytes there.
        found: usize,
    },
}

/// One transformer layer's weights.
#[derive(Debug)]
pub struct Layer {
    /// Queries, keys and values, one under the other: 1152 x 384.
    pub qkv: Matrix<'static>,
    /// Factors on the input of `qkv`, undone in its weights, that tame outlier channels.
    pub qkv_shrink: &'static [f32],
    /// From the heads' results, 384 x 384.
    pub context: Matrix<'static>,
    /// After attention.
    pub context_norm: Norm<'static>,
    /// Into the feed-forward layer, 1536 x 384.
    pub up: Matrix<'static>,
    /// As `qkv_shrink`, for `up`.
    pub up_shrink: &'static [f32],
    /// Out of it, 384 x 1536.
    pub down: Matrix<'static>,
    /// After the feed-forward layer.
    pub down_norm: Norm<'static>,
}

/// A pack's weights and vocabulary, as views.
#[derive(Debug)]
pub struct Weights {
    /// Word embeddings, row-major.
    pub words: &'static [i8],
    /// One scale a word.
    pub word_scales: &'static [f32],
    /// Position embeddings, row-major, [`MAX_TOKENS`] rows.
    pub positions: &'static [f32],
    /// After the embeddings.
    pub norm: Norm<'static>,
    /// The layers, first to last.
    pub layers: [Layer; LAYERS],
    /// Over the model's vocabulary.
    pub tokenizer: Tokenizer<'static>,
}

/// The bundled pack, aligned as the kernels like it.
#[repr(C, align(64))]
struct Aligned<T: ?Sized>(T);

static BUNDLED_WEIGHTS: &Aligned<[u8]> = &Aligned(*include_bytes!(
    "../../models/all-MiniLM-L6-v2/model.safetensors"
));
static BUNDLED_MANIFEST: &str = include_str!("../../models/all-MiniLM-L6-v2/manifest.json");

/// The pack that is compiled in. Parses its header and manifest, nothing else.
///
/// # Errors
///
/// [`PackError`] only if the program was built from a damaged pack.
pub fn bundled() -> Result<(Manifest, Weights), PackError> {
    Ok((bundled_manifest()?, Weights::parse(&BUNDLED_WEIGHTS.0)?))
}

/// The manifest of the pack that is compiled in.
///
/// # Errors
///
/// As [`bundled`].
pub fn bundled_manifest() -> Result<Manifest, PackError> {
    parse_manifest(BUNDLED_MANIFEST.as_bytes())
}

/// Maps the pack in `folder` and verifies its checksum, about 20 ms. It stays mapped until the
/// process ends.
///
/// # Errors
///
/// [`PackError`] if a file cannot be read, is damaged or has another layout.
pub fn load(folder: &Path) -> Result<(Manifest, Weights), PackError> {
    let path = folder.join(MANIFEST_FILE);
    let manifest = std::fs::read(&path).map_err(|source| PackError::Read { path, source })?;
    let manifest = parse_manifest(&manifest)?;
    let path = folder.join(WEIGHTS_FILE);
    let (map, _) = map_file(&path).map_err(|source| PackError::Read { path, source })?;
    let bytes: &'static [u8] = Box::leak(Box::new(map));
    let found = sha256(bytes);
    let expected = manifest.weights_digest();
    if found != expected {
        return Err(PackError::Checksum {
            expected: expected.to_owned(),
            found,
        });
    }
    Ok((manifest, Weights::parse(bytes)?))
}

/// SHA-256 of `bytes`, lower-case hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

fn parse_manifest(bytes: &[u8]) -> Result<Manifest, PackError> {
    let manifest: Manifest =
        serde_json::from_slice(bytes).map_err(|source| PackError::Manifest { source })?;
    if manifest.layout != LAYOUT {
        return Err(PackError::Layout {
            found: manifest.layout,
        });
    }
    Ok(manifest)
}

impl Manifest {
    /// The model's identity.
    pub fn model_id(&self) -> ModelId {
        ModelId {
            name: self.model.clone(),
            dim: HIDDEN as u32,
            max_tokens: MAX_TOKENS as u32,
            digest: self.weights_digest().to_owned(),
        }
    }

    /// The model's calibration.
    pub fn calibration(&self) -> Calibration {
        self.calibration.unwrap_or(Calibration::UNCALIBRATED)
    }

    /// SHA-256 of the weights' file; empty if the manifest does not name it.
    pub fn weights_digest(&self) -> &str {
        let weights = self.files.iter().find(|file| file.name == WEIGHTS_FILE);
        weights.map_or("", |file| &file.sha256)
    }
}

impl Weights {
    /// Views of a packed `model.safetensors`, each tensor's size and alignment checked.
    fn parse(bytes: &'static [u8]) -> Result<Self, PackError> {
        let file =
            SafeTensors::deserialize(bytes).map_err(|source| PackError::Container { source })?;
        let tokenizer = Tokenizer {
            bytes: any_length(&file, "vocabulary.bytes")?,
            offsets: &tensor(&file, "vocabulary.offsets", padded(VOCABULARY + 1))?[..=VOCABULARY],
            slots: tensor(&file, "vocabulary.slots", VOCABULARY_SLOTS)?,
        };
        let layers: Vec<Layer> = (0..LAYERS)
            .map(|layer| Layer::parse(&file, layer))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            words: tensor(&file, "words", VOCABULARY * HIDDEN)?,
            word_scales: tensor(&file, "words.scales", padded(VOCABULARY))?,
            positions: tensor(&file, "positions", MAX_TOKENS * HIDDEN)?,
            norm: norm(&file, "norm")?,
            layers: layers.try_into().expect("LAYERS layers were collected"),
            tokenizer,
        })
    }
}

impl Layer {
    fn parse(file: &SafeTensors<'static>, layer: usize) -> Result<Self, PackError> {
        let name = |part: &str| format!("layers.{layer}.{part}");
        Ok(Self {
            qkv: matrix(file, &name("qkv"), 3 * HIDDEN, HIDDEN)?,
            qkv_shrink: tensor(file, &name("qkv.shrink"), HIDDEN)?,
            context: matrix(file, &name("context"), HIDDEN, HIDDEN)?,
            context_norm: norm(file, &name("context.norm"))?,
            up: matrix(file, &name("up"), FEED_FORWARD, HIDDEN)?,
            up_shrink: tensor(file, &name("up.shrink"), HIDDEN)?,
            down: matrix(file, &name("down"), HIDDEN, FEED_FORWARD)?,
            down_norm: norm(file, &name("down.norm"))?,
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

fn norm(file: &SafeTensors<'static>, name: &str) -> Result<Norm<'static>, PackError> {
    let (gain, bias) = tensor(file, name, 2 * HIDDEN)?.split_at(HIDDEN);
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
