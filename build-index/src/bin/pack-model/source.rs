//! A folder of sentence-transformers: what its small files say, and its tensors.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use docent::encoder::pack::{Architecture, FileDigest, Pooling, WEIGHTS_FILE, sha256};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The kernels' `layer_norm_eps`, that of BERT.
const EPSILON: f64 = 1e-12;
/// What may come after one another in `modules.json`; anything else would change vectors.
const MODULES: [&str; 3] = ["Transformer", "Pooling", "Normalize"];

/// A folder's files, read as far as they are there, with their digests.
pub struct Folder {
    path: PathBuf,
    /// The files that were read, in this order.
    pub read: Vec<FileDigest>,
}

/// What the small files say of the model and its use.
pub struct Description {
    pub architecture: Architecture,
    /// Rows of the position embeddings.
    pub positions: usize,
    /// Rows of the segment embeddings.
    pub segments: usize,
    /// The longest input that the model is meant for, if the folder says so.
    pub max_tokens: Option<usize>,
    pub pooling: Option<Pooling>,
    /// Whether the mean is taken over a prefix, too.
    pub pools_prefix: bool,
    pub query_prefix: String,
    pub passage_prefix: String,
    /// How the weights were trained, as the recipe wrote it.
    pub training: Option<Map<String, Value>>,
}

/// `config.json`, as far as it matters.
#[derive(Deserialize)]
struct Config {
    model_type: String,
    hidden_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    intermediate_size: usize,
    vocab_size: usize,
    max_position_embeddings: usize,
    type_vocab_size: usize,
    hidden_act: String,
    layer_norm_eps: f64,
    position_embedding_type: Option<String>,
}

/// `1_Pooling/config.json`.
#[derive(Deserialize)]
struct PoolingConfig {
    #[serde(default)]
    pooling_mode_cls_token: bool,
    #[serde(default)]
    pooling_mode_mean_tokens: bool,
    include_prompt: Option<bool>,
}

/// `sentence_bert_config.json`.
#[derive(Deserialize)]
struct SentenceConfig {
    max_seq_length: Option<usize>,
}

/// `config_sentence_transformers.json`.
#[derive(Deserialize)]
struct PromptConfig {
    #[serde(default)]
    prompts: Map<String, Value>,
}

/// `tokenizer_config.json`; absent, as BERT's uncased models have it.
#[derive(Deserialize)]
struct TokenizerConfig {
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
}

/// An entry of `modules.json`.
#[derive(Deserialize)]
struct Module {
    r#type: String,
}

impl Folder {
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            read: Vec::new(),
        }
    }

    /// The file `name`, which must be there.
    pub fn bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        self.read.push(FileDigest {
            name: name.to_owned(),
            sha256: sha256(&bytes),
        });
        Ok(bytes)
    }

    fn json<T: DeserializeOwned>(&mut self, name: &str) -> Result<T> {
        let bytes = self.bytes(name)?;
        let path = self.path.join(name);
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not what it should be", path.display()))
    }

    fn json_if_there<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>> {
        match self.path.join(name).is_file() {
            true => self.json(name).map(Some),
            false => Ok(None),
        }
    }

    /// Reads the small files and checks that docent computes what they describe.
    pub fn describe(&mut self) -> Result<Description> {
        let config: Config = self.json("config.json")?;
        config.check().context("config.json")?;
        let tokenizer: Option<TokenizerConfig> = self.json_if_there("tokenizer_config.json")?;
        if let Some(tokenizer) = tokenizer {
            tokenizer.check().context("tokenizer_config.json")?;
        }
        for module in self
            .json_if_there::<Vec<Module>>("modules.json")?
            .unwrap_or_default()
        {
            let kind = module.r#type.rsplit('.').next().unwrap_or_default();
            ensure!(
                MODULES.contains(&kind),
                "modules.json: a module {} is not supported\n\
                 hint: docent runs a transformer, its pooling and a normalization, nothing after them",
                module.r#type
            );
        }
        let pooling: Option<PoolingConfig> = self.json_if_there("1_Pooling/config.json")?;
        let pools_prefix = pooling
            .as_ref()
            .is_none_or(|pooling| pooling.include_prompt != Some(false));
        let pooling = pooling
            .map(PoolingConfig::mode)
            .transpose()
            .context("1_Pooling/config.json")?;
        let sentence: Option<SentenceConfig> = self.json_if_there("sentence_bert_config.json")?;
        let prompts: Option<PromptConfig> =
            self.json_if_there("config_sentence_transformers.json")?;
        let prompts = prompts.map(|config| config.prompts).unwrap_or_default();
        let prompt = |names: &[&str]| {
            let mut found = names.iter().filter_map(|name| prompts.get(*name)?.as_str());
            found.next().unwrap_or_default().to_owned()
        };
        Ok(Description {
            architecture: Architecture {
                layers: config.num_hidden_layers,
                hidden: config.hidden_size,
                feed_forward: config.intermediate_size,
                heads: config.num_attention_heads,
                vocabulary: config.vocab_size,
            },
            positions: config.max_position_embeddings,
            segments: config.type_vocab_size,
            max_tokens: sentence.and_then(|config| config.max_seq_length),
            pooling,
            pools_prefix,
            query_prefix: prompt(&["query"]),
            passage_prefix: prompt(&["passage", "document"]),
            training: self.json_if_there("training.json")?,
        })
    }
}

impl Config {
    fn check(&self) -> Result<()> {
        let hint = "hint: docent runs BERT models with exact GELU and absolute positions alone";
        for (what, found, needed) in [
            ("model_type", Some(&self.model_type), "bert"),
            ("hidden_act", Some(&self.hidden_act), "gelu"),
            (
                "position_embedding_type",
                self.position_embedding_type.as_ref(),
                "absolute",
            ),
        ] {
            if let Some(found) = found {
                ensure!(
                    found == needed,
                    "{what} is `{found}`, must be `{needed}`\n{hint}"
                );
            }
        }
        ensure!(
            self.layer_norm_eps == EPSILON,
            "layer_norm_eps is {:e}, must be {EPSILON:e}\n{hint}",
            self.layer_norm_eps
        );
        Ok(())
    }
}

impl PoolingConfig {
    fn mode(self) -> Result<Pooling> {
        match (self.pooling_mode_mean_tokens, self.pooling_mode_cls_token) {
            (true, false) => Ok(Pooling::Mean),
            (false, true) => Ok(Pooling::Cls),
            _ => bail!(
                "neither the mean of the tokens alone nor [CLS] alone\n\
                 hint: docent pools by one of them; --pooling chooses"
            ),
        }
    }
}

impl TokenizerConfig {
    /// docent's tokenizer removes case and accents and sets Chinese characters apart.
    fn check(&self) -> Result<()> {
        for (what, setting) in [
            ("do_lower_case", self.do_lower_case),
            ("strip_accents", self.strip_accents),
            ("tokenize_chinese_chars", self.tokenize_chinese_chars),
        ] {
            ensure!(
                setting != Some(false),
                "{what} is false\nhint: docent has the tokenizer of uncased BERT models alone"
            );
        }
        Ok(())
    }
}

/// The original tensors.
pub struct Original<'a>(SafeTensors<'a>);

impl<'a> Original<'a> {
    pub fn new(bytes: &'a [u8]) -> Result<Self> {
        let tensors = SafeTensors::deserialize(bytes)
            .with_context(|| format!("{WEIGHTS_FILE} cannot be parsed"))?;
        Ok(Self(tensors))
    }

    /// The tensor `name`, or `bert.name`, as `f32`; it must have this shape and finite values.
    pub fn get(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = match self.0.tensor(name) {
            Ok(view) => view,
            Err(_) => self
                .0
                .tensor(&format!("bert.{name}"))
                .map_err(|_| anyhow!("{WEIGHTS_FILE}: there is no tensor {name}"))?,
        };
        ensure!(
            view.shape() == shape,
            "{WEIGHTS_FILE}: {name} has the shape {:?}, config.json says {shape:?}",
            view.shape()
        );
        let halves = || {
            let halves = view.data().as_chunks().0.iter();
            halves.map(|half| u16::from_le_bytes(*half))
        };
        let values: Vec<f32> = match view.dtype() {
            Dtype::F32 => {
                let values = view.data().as_chunks().0.iter();
                values.map(|bytes| f32::from_le_bytes(*bytes)).collect()
            }
            Dtype::F16 => halves().map(half_to_float).collect(),
            Dtype::BF16 => halves()
                .map(|half| f32::from_bits(u32::from(half) << 16))
                .collect(),
            other => bail!("{WEIGHTS_FILE}: {name} is {other:?}, must be F32, F16 or BF16"),
        };
        ensure!(
            values.iter().all(|value| value.is_finite()),
            "{WEIGHTS_FILE}: {name} has a value that is not finite"
        );
        Ok(values)
    }
}

/// An IEEE 754 number of 16 bits.
fn half_to_float(half: u16) -> f32 {
    let sign = if half >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(half >> 10 & 31), f32::from(half & 1023));
    sign * match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
    }
}

#[cfg(test)]
mod tests {
    use super::half_to_float;

    #[test]
    fn halves_are_read_by_their_definition() {
        for (half, float) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2f32.powi(-24)),
            (0x3555, 0.333_251_95),
        ] {
            assert_eq!(half_to_float(half), float, "{half:04x}");
        }
        assert!(half_to_float(0x7c00).is_infinite() && half_to_float(0x7c01).is_nan());
    }
}
