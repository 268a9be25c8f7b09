//! A model folder: an ONNX file, its tokenizer, and what its small JSON files say about both.

use std::fs;
use std::path::{Path, PathBuf};

use fastembed::{Pooling, TokenizerFiles, UserDefinedEmbeddingModel};
use serde_json::{Value, json};

use super::error::FastembedError;
use super::family::{self, Prefixes};

/// Where the ONNX file may be, the first one that exists is taken.
const ONNX_FILES: [&str; 8] = [
    "model.onnx",
    "onnx/model.onnx",
    "model_optimized.onnx",
    "onnx/model_optimized.onnx",
    "model_quantized.onnx",
    "onnx/model_quantized.onnx",
    "model_int8.onnx",
    "onnx/model_int8.onnx",
];

/// Longest input where the folder allows more or does not say, in tokens: fastembed's default.
const MAX_TOKENS: u64 = 512;
/// Fewer tokens than this cannot hold a model's special tokens and a text.
const MIN_TOKENS: u64 = 8;

/// A model folder, read.
#[derive(Debug)]
pub(super) struct ModelFolder {
    /// The folder's name.
    pub(super) name: String,
    /// What fastembed builds a session from.
    pub(super) model: UserDefinedEmbeddingModel,
    /// The ONNX file, then its external weights in the order of their names.
    pub(super) weights: Vec<PathBuf>,
    /// Longest input in tokens, special tokens included.
    pub(super) max_tokens: usize,
    pub(super) prefixes: Prefixes,
}

impl ModelFolder {
    /// Reads the folder; the whole model is in memory afterwards.
    ///
    /// - Pooling: `1_Pooling/config.json`, else what the model's family does, else the mean.
    /// - Prefixes: `prompts` of `config_sentence_transformers.json`, else those of the family.
    /// - Longest input: `max_seq_length` of `sentence_bert_config.json`, else the smallest of
    ///   `model_max_length` (`tokenizer_config.json`), `max_position_embeddings` (`config.json`)
    ///   and 512.
    ///
    /// The family is told by `_name_or_path` in `config.json` or by the folder's name.
    pub(super) fn read(folder: &Path) -> Result<Self, FastembedError> {
        let onnx = find_onnx(folder)?;
        let tokenizer_path = folder.join("tokenizer.json");
        if !tokenizer_path.is_file() {
            return Err(lacks(folder, "`tokenizer.json`"));
        }
        let config = read_json(&folder.join("config.json"))?;
        let name = folder_name(folder);
        let family = config["_name_or_path"]
            .as_str()
            .and_then(family::of)
            .or_else(|| family::of(&name));
        let max_tokens = max_tokens(folder, &config)?;

        let tokenizer_files = TokenizerFiles {
            tokenizer_file: read(&tokenizer_path)?,
            special_tokens_map_file: read_special_tokens(folder)?,
            // fastembed takes the padding token and the limit from these two. Texts are embedded
            // one by one, so nothing is ever padded; the limit is known already.
            config_file: b"{}".to_vec(),
            tokenizer_config_file: json!({"model_max_length": max_tokens, "pad_token": "[PAD]"})
                .to_string()
                .into_bytes(),
        };
        let pooling = read_pooling(folder)?
            .or_else(|| family.map(family::Family::pooling))
            .unwrap_or(Pooling::Mean);
        let prefixes = match read_prompts(folder)? {
            Some(prompts) => prompts,
            None => family.map(family::Family::prefixes).unwrap_or_default(),
        };

        let mut model =
            UserDefinedEmbeddingModel::new(read(&onnx)?, tokenizer_files).with_pooling(pooling);
        let external = external_weights(&onnx)?;
        for path in &external {
            model = model.with_external_initializer(folder_name(path), read(path)?);
        }
        let mut weights = vec![onnx];
        weights.extend(external);
        Ok(Self {
            name,
            model,
            weights,
            max_tokens,
            prefixes,
        })
    }
}

fn find_onnx(folder: &Path) -> Result<PathBuf, FastembedError> {
    ONNX_FILES
        .iter()
        .map(|file| folder.join(file))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            lacks(
                folder,
                &format!("ONNX file (one of {})", ONNX_FILES.join(", ")),
            )
        })
}

/// Weights that exporters put beside an ONNX file because one protobuf holds at most 2 GB:
/// `model.onnx_data`, `model.onnx_data_1`, `model.onnx.data`.
fn external_weights(onnx: &Path) -> Result<Vec<PathBuf>, FastembedError> {
    let folder = onnx.parent().unwrap_or(Path::new("."));
    let onnx_name = folder_name(onnx);
    let prefixes = [format!("{onnx_name}_data"), format!("{onnx_name}.data")];
    let failed = |source| FastembedError::Read {
        path: folder.to_owned(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if prefixes
            .iter()
            .any(|prefix| folder_name(&path).starts_with(prefix))
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// tokenizer.json knows its special tokens itself, so an absent map is an empty one.
fn read_special_tokens(folder: &Path) -> Result<Vec<u8>, FastembedError> {
    let path = folder.join("special_tokens_map.json");
    if path.is_file() {
        read(&path)
    } else {
        Ok(b"{}".to_vec())
    }
}

fn max_tokens(folder: &Path, config: &Value) -> Result<usize, FastembedError> {
    let sentence_path = folder.join("sentence_bert_config.json");
    let tokenizer_path = folder.join("tokenizer_config.json");
    let (limit, path) = match limit_in(&read_json(&sentence_path)?["max_seq_length"]) {
        Some(limit) => (limit, sentence_path),
        None => {
            let tokenizer = limit_in(&read_json(&tokenizer_path)?["model_max_length"]);
            let positions = limit_in(&config["max_position_embeddings"]);
            let limit = [tokenizer, positions].into_iter().flatten().min();
            (limit.unwrap_or(MAX_TOKENS).min(MAX_TOKENS), tokenizer_path)
        }
    };
    if limit < MIN_TOKENS {
        return Err(FastembedError::Malformed {
            path,
            reason: format!("a limit of {limit} tokens, at least {MIN_TOKENS} are needed"),
        });
    }
    usize::try_from(limit).map_err(|error| FastembedError::Malformed {
        path,
        reason: error.to_string(),
    })
}

/// A token limit. "No limit" is written as 1e30, beyond any integer: the cast saturates there.
fn limit_in(value: &Value) -> Option<u64> {
    value.as_f64().map(|limit| limit as u64)
}

fn read_pooling(folder: &Path) -> Result<Option<Pooling>, FastembedError> {
    let path = folder.join("1_Pooling/config.json");
    let config = read_json(&path)?;
    if config.is_null() {
        return Ok(None);
    }
    let is_on = |mode: &str| config[mode].as_bool() == Some(true);
    match (
        is_on("pooling_mode_mean_tokens"),
        is_on("pooling_mode_cls_token"),
    ) {
        (true, false) => Ok(Some(Pooling::Mean)),
        (false, true) => Ok(Some(Pooling::Cls)),
        _ => Err(FastembedError::Malformed {
            path,
            reason: "fastembed pools by either the mean or [CLS], it asks for neither alone".into(),
        }),
    }
}

fn read_prompts(folder: &Path) -> Result<Option<Prefixes>, FastembedError> {
    let config = read_json(&folder.join("config_sentence_transformers.json"))?;
    let prompt = |key: &str| config["prompts"][key].as_str();
    let query = prompt("query");
    let passage = prompt("passage").or_else(|| prompt("document"));
    Ok(match (query, passage) {
        (None, None) => None,
        _ => Some(Prefixes::new(query.unwrap_or(""), passage.unwrap_or(""))),
    })
}

/// The file's JSON object; `null` where there is no such file.
fn read_json(path: &Path) -> Result<Value, FastembedError> {
    if !path.is_file() {
        return Ok(Value::Null);
    }
    let malformed = |reason| FastembedError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let value: Value =
        serde_json::from_slice(&read(path)?).map_err(|error| malformed(error.to_string()))?;
    if value.is_object() {
        Ok(value)
    } else {
        Err(malformed("not a JSON object".to_owned()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, FastembedError> {
    fs::read(path).map_err(|source| FastembedError::Read {
        path: path.to_owned(),
        source,
    })
}

fn lacks(folder: &Path, what: &str) -> FastembedError {
    FastembedError::FolderLacks {
        folder: folder.to_owned(),
        what: what.to_owned(),
    }
}

/// The last part of the path, of `.` and `..` too.
fn folder_name(path: &Path) -> String {
    let resolved = match path.file_name() {
        Some(_) => path.to_owned(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    let name = resolved.file_name().unwrap_or(resolved.as_os_str());
    name.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder(files: &[(&str, &str)]) -> TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, content) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        dir
    }

    const MODEL: (&str, &str) = ("model.onnx", "weights");
    const TOKENIZER: (&str, &str) = ("tokenizer.json", "{}");

    #[test]
    fn an_empty_folder_lacks_its_onnx_file() {
        let dir = folder(&[]);
        let message = ModelFolder::read(dir.path()).unwrap_err().to_string();
        assert!(message.contains("has no ONNX file (one of model.onnx, onnx/model.onnx, "));
        assert!(
            message
                .lines()
                .last()
                .unwrap()
                .starts_with("hint: put the file there")
        );
    }

    #[test]
    fn a_folder_without_tokenizer_says_so() {
        let dir = folder(&[MODEL]);
        let message = ModelFolder::read(dir.path()).unwrap_err().to_string();
        assert!(
            message.contains("has no `tokenizer.json`\nhint: "),
            "{message}"
        );
    }

    #[test]
    fn two_files_are_enough() {
        let dir = folder(&[MODEL, TOKENIZER]);
        let read = ModelFolder::read(dir.path()).unwrap();
        assert_eq!(read.weights, [dir.path().join("model.onnx")]);
        assert_eq!(read.model.onnx_file, b"weights");
        assert_eq!(read.model.pooling, Some(Pooling::Mean));
        assert_eq!(read.max_tokens, 512);
        assert_eq!(read.prefixes, Prefixes::default());
        let files = &read.model.tokenizer_files;
        assert_eq!(files.special_tokens_map_file, b"{}");
        let derived: Value = serde_json::from_slice(&files.tokenizer_config_file).unwrap();
        assert_eq!(derived["model_max_length"], 512);
    }

    #[test]
    fn the_plain_model_goes_before_the_quantized_one_and_the_root_before_onnx() {
        let dir = folder(&[
            ("onnx/model.onnx", "b"),
            ("model_quantized.onnx", "c"),
            TOKENIZER,
        ]);
        let read = ModelFolder::read(dir.path()).unwrap();
        assert_eq!(read.model.onnx_file, b"b");
    }

    #[test]
    fn external_weights_come_along_in_order() {
        let dir = folder(&[
            ("onnx/model.onnx", "graph"),
            ("onnx/model.onnx_data_1", "second"),
            ("onnx/model.onnx_data", "first"),
            ("onnx/model_quantized.onnx_data", "other"),
            TOKENIZER,
        ]);
        let read = ModelFolder::read(dir.path()).unwrap();
        let names: Vec<&str> = read
            .model
            .external_initializers
            .iter()
            .map(|file| file.file_name.as_str())
            .collect();
        assert_eq!(names, ["model.onnx_data", "model.onnx_data_1"]);
        assert_eq!(read.weights.len(), 3);
    }

    #[test]
    fn the_small_files_decide_where_they_exist() {
        let dir = folder(&[
            MODEL,
            TOKENIZER,
            (
                "1_Pooling/config.json",
                r#"{"pooling_mode_cls_token": true}"#,
            ),
            ("sentence_bert_config.json", r#"{"max_seq_length": 256}"#),
            ("tokenizer_config.json", r#"{"model_max_length": 128}"#),
            (
                "config_sentence_transformers.json",
                r#"{"prompts": {"query": "q: ", "document": "d: "}}"#,
            ),
        ]);
        let read = ModelFolder::read(dir.path()).unwrap();
        assert_eq!(read.model.pooling, Some(Pooling::Cls));
        assert_eq!(read.max_tokens, 256);
        assert_eq!(read.prefixes, Prefixes::new("q: ", "d: "));
    }

    #[test]
    fn the_smaller_of_two_limits_holds_and_no_limit_is_512() {
        let cases = [
            (r#"{"model_max_length": 1e30}"#, "{}", 512),
            (
                r#"{"model_max_length": 384}"#,
                r#"{"max_position_embeddings": 514}"#,
                384,
            ),
            (
                r#"{"model_max_length": 8192}"#,
                r#"{"max_position_embeddings": 128}"#,
                128,
            ),
        ];
        for (tokenizer_config, config, expected) in cases {
            let dir = folder(&[
                MODEL,
                TOKENIZER,
                ("tokenizer_config.json", tokenizer_config),
                ("config.json", config),
            ]);
            assert_eq!(ModelFolder::read(dir.path()).unwrap().max_tokens, expected);
        }
    }

    #[test]
    fn the_family_fills_in_what_the_folder_does_not_say() {
        let config = (
            "config.json",
            r#"{"_name_or_path": "BAAI/bge-small-en-v1.5"}"#,
        );
        let dir = folder(&[MODEL, TOKENIZER, config]);
        let read = ModelFolder::read(dir.path()).unwrap();
        assert_eq!(read.model.pooling, Some(Pooling::Cls));
        assert!(read.prefixes.query.starts_with("Represent this sentence"));
    }

    #[test]
    fn malformed_files_are_errors_that_name_the_file() {
        let cases = [
            ("config.json", "{"),
            ("config.json", "[]"),
            ("tokenizer_config.json", r#"{"model_max_length": 1}"#),
            ("sentence_bert_config.json", r#"{"max_seq_length": -4}"#),
            (
                "1_Pooling/config.json",
                r#"{"pooling_mode_max_tokens": true}"#,
            ),
        ];
        for (name, content) in cases {
            let dir = folder(&[MODEL, TOKENIZER, (name, content)]);
            let error = ModelFolder::read(dir.path()).unwrap_err();
            let FastembedError::Malformed { path, .. } = &error else {
                panic!("{name}: {error:?}");
            };
            assert_eq!(*path, dir.path().join(name));
        }
    }
}
