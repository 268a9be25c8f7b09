//! What both programs do with fastembed, as its users do it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use fastembed::{
    InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel,
};

/// Longest input in tokens, as docent's.
const MAX_TOKENS: usize = 256;

/// Name of the hnsw_rs dump in its folder.
pub const DUMP: &str = "docs";
/// File beside the dump: the section of each vector, one a line.
pub const LABELS: &str = "labels.txt";

/// The ONNX model in `folder` with its tokenizer, on all cores. `ORT_DYLIB_PATH` has to name an
/// ONNX Runtime library.
///
/// # Errors
///
/// A file that is missing or that fastembed rejects.
pub fn load(folder: &Path) -> Result<TextEmbedding> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let tokenizer = TokenizerFiles {
        tokenizer_file: read("tokenizer.json")?,
        config_file: read("config.json")?,
        special_tokens_map_file: read("special_tokens_map.json")?,
        tokenizer_config_file: read("tokenizer_config.json")?,
    };
    let model =
        UserDefinedEmbeddingModel::new(read("model.onnx")?, tokenizer).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new().with_max_length(MAX_TOKENS);
    Ok(TextEmbedding::try_new_from_user_defined(model, options)?)
}
