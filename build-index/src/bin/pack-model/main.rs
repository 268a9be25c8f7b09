//! `pack-model SRC DEST`: quantizes a sentence-transformers BERT to eight bits and writes it in the
//! layout that docent's kernels read.
//!
//! SRC is a folder as sentence-transformers saves it: `config.json`, `model.safetensors`, `vocab.txt`
//! and, where it has them, `1_Pooling/config.json`, `sentence_bert_config.json`,
//! `config_sentence_transformers.json`, `tokenizer_config.json` and `modules.json`. A `training.json`
//! is copied into the manifest. The same input gives the same bytes.

mod outliers;
mod quantize;
mod source;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use docent::calibration::Calibration;
use docent::encoder::pack::{
    Architecture, FileDigest, LAYOUT, MANIFEST_FILE, Pooling, WEIGHTS_FILE, sha256,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use source::{Folder, Original};

/// What a pack says of itself: what the encoder reads, and more for people.
#[derive(serde::Serialize)]
struct Manifest {
    model: String,
    layout: &'static str,
    architecture: Architecture,
    max_tokens: usize,
    pooling: Pooling,
    query_prefix: String,
    passage_prefix: String,
    quantization: &'static str,
    files: Vec<FileDigest>,
    source: Source,
    /// SPDX name.
    #[serde(skip_serializing_if = "Option::is_none")]
    licence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    training: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<Calibration>,
}

/// Where the original weights came from.
#[derive(serde::Serialize)]
struct Source {
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    files: Vec<FileDigest>,
}

/// Packs a sentence-transformers model for docent: any BERT whose vocabulary is laid out as that of
/// BERT's uncased models, with widths that are multiples of 64 and heads of 32 or 64 values.
#[derive(Parser)]
struct Arguments {
    /// Folder with the original model.
    src: PathBuf,
    /// Folder to write `model.safetensors` and `manifest.json` to.
    dest: PathBuf,
    /// The model's name [default: the name of SRC, `-int8` after it].
    #[arg(long)]
    name: Option<String>,
    /// How token vectors become a sentence vector [default: what SRC says].
    #[arg(long, value_parser = pooling)]
    pooling: Option<Pooling>,
    /// Text that stands before questions [default: the prompt `query` of SRC, or nothing].
    #[arg(long, value_name = "TEXT")]
    query_prefix: Option<String>,
    /// Text that stands before passages [default: the prompt `passage` or `document` of SRC, or
    /// nothing].
    #[arg(long, value_name = "TEXT")]
    passage_prefix: Option<String>,
    /// Longest input, with `[CLS]`, prefix and `[SEP]` [default: what SRC says].
    #[arg(long, value_name = "NUMBER")]
    max_tokens: Option<usize>,
    /// The weights' licence, as an SPDX name, for the manifest.
    #[arg(long, value_name = "NAME")]
    licence: Option<String>,
    /// Where the weights come from, for the manifest.
    #[arg(long, value_name = "TEXT")]
    source: Option<String>,
    /// JSON file with the calibration that was fitted to the model, or the manifest of another pack
    /// that has it, for the manifest.
    #[arg(long, value_name = "FILE")]
    calibration: Option<PathBuf>,
}

/// A pooling by the name that the manifest has for it.
fn pooling(name: &str) -> Result<Pooling, String> {
    serde_json::from_value(Value::from(name)).map_err(|_| "must be `mean` or `cls`".to_owned())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let calibration = arguments.calibration.as_deref().map(read_calibration);
    let calibration = calibration.transpose()?;
    let mut folder = Folder::new(&arguments.src);
    let description = folder.describe()?;
    description.architecture.check()?;
    let positions = description.positions;
    let max_tokens = arguments.max_tokens.or(description.max_tokens);
    let max_tokens = max_tokens.unwrap_or(positions);
    ensure!(
        max_tokens <= positions,
        "the longest input is {max_tokens} tokens, the model has {positions} positions\n\
         hint: --max-tokens sets the longest input"
    );
    let pooling = arguments.pooling.or(description.pooling).context(
        "how token vectors are pooled is not known: there is no 1_Pooling/config.json\n\
         hint: --pooling sets it",
    )?;
    let prefix = |given: &Option<String>, found: &String| given.as_ref().unwrap_or(found).clone();
    let query_prefix = prefix(&arguments.query_prefix, &description.query_prefix);
    let passage_prefix = prefix(&arguments.passage_prefix, &description.passage_prefix);
    let has_prefix = !query_prefix.is_empty() || !passage_prefix.is_empty();
    ensure!(
        description.pools_prefix || !has_prefix || pooling == Pooling::Cls,
        "1_Pooling/config.json: include_prompt is false\n\
         hint: docent takes the mean over the prefix, too"
    );

    let weights = folder.bytes(WEIGHTS_FILE)?;
    let vocabulary = folder.bytes("vocab.txt")?;
    let original = Original::new(&weights)?;
    let packed = quantize::pack(&original, &vocabulary, &description, max_tokens)?;
    let manifest = Manifest {
        model: match arguments.name {
            Some(name) => name,
            None => default_name(&arguments.src)?,
        },
        layout: LAYOUT,
        architecture: description.architecture,
        max_tokens,
        pooling,
        query_prefix,
        passage_prefix,
        quantization: "weights int8, symmetric, one scale per output channel or embedding row, \
                       rotated; \
                       activations 7 bits, asymmetric, one scale per token at run time",
        files: vec![FileDigest {
            name: WEIGHTS_FILE.to_owned(),
            sha256: sha256(&packed),
        }],
        source: Source {
            description: arguments.source,
            files: folder.read,
        },
        licence: arguments.licence,
        training: description.training,
        calibration,
    };
    let manifest = serde_json::to_string_pretty(&manifest)? + "\n";
    write(&arguments.dest, &packed, &manifest)
}

fn write(dest: &Path, weights: &[u8], manifest: &str) -> Result<()> {
    std::fs::create_dir_all(dest).with_context(|| format!("cannot create {}", dest.display()))?;
    for (name, bytes) in [
        (WEIGHTS_FILE, weights),
        (MANIFEST_FILE, manifest.as_bytes()),
    ] {
        let path = dest.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn read_calibration(path: &Path) -> Result<Calibration> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let not_one = || format!("{} is not a calibration", path.display());
    let value: Value = serde_json::from_slice(&bytes).with_context(not_one)?;
    let calibration = value.get("calibration").unwrap_or(&value);
    Calibration::deserialize(calibration).with_context(not_one)
}

/// The folder's own name, of `.` too.
fn default_name(src: &Path) -> Result<String> {
    let resolved =
        std::fs::canonicalize(src).with_context(|| format!("cannot read {}", src.display()))?;
    let name = resolved.file_name().map(|name| name.to_string_lossy());
    let name = name.context("the folder has no name\nhint: --name gives the model one")?;
    Ok(format!("{name}-int8"))
}
