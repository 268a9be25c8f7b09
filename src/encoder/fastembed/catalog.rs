//! fastembed's catalogue of named models, and its download cache.

use std::path::{Path, PathBuf};

use fastembed::{EmbeddingModel, ModelInfo, TextEmbedding};
use hf_hub::Cache;

use super::error::FastembedError;

/// Names by which the authors published models that fastembed fetches in somebody else's ONNX
/// export (source: the docs of `fastembed::EmbeddingModel`).
const PUBLISHED_AS: &[(&str, EmbeddingModel)] = &[
    (
        "sentence-transformers/all-MiniLM-L6-v2",
        EmbeddingModel::AllMiniLML6V2,
    ),
    (
        "sentence-transformers/all-MiniLM-L12-v2",
        EmbeddingModel::AllMiniLML12V2,
    ),
    (
        "sentence-transformers/all-mpnet-base-v2",
        EmbeddingModel::AllMpnetBaseV2,
    ),
    (
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        EmbeddingModel::ParaphraseMLMiniLML12V2,
    ),
    (
        "sentence-transformers/paraphrase-multilingual-mpnet-base-v2",
        EmbeddingModel::ParaphraseMLMpnetBaseV2,
    ),
    ("BAAI/bge-small-en-v1.5", EmbeddingModel::BGESmallENV15),
    ("BAAI/bge-base-en-v1.5", EmbeddingModel::BGEBaseENV15),
    ("BAAI/bge-large-en-v1.5", EmbeddingModel::BGELargeENV15),
    ("BAAI/bge-small-zh-v1.5", EmbeddingModel::BGESmallZHV15),
    ("BAAI/bge-large-zh-v1.5", EmbeddingModel::BGELargeZHV15),
    (
        "intfloat/multilingual-e5-large",
        EmbeddingModel::MultilingualE5Large,
    ),
    (
        "google/embeddinggemma-300m",
        EmbeddingModel::EmbeddingGemma300M,
    ),
];

/// Files that fastembed reads beside the model's own.
const TOKENIZER_FILES: [&str; 4] = [
    "tokenizer.json",
    "config.json",
    "special_tokens_map.json",
    "tokenizer_config.json",
];

/// How alike (Jaro-Winkler, 1 is equal) a name must be to be suggested, and how many are.
const CLOSE: f64 = 0.8;
const SUGGESTIONS: usize = 3;

/// The catalogue's entry for `name`, without regard to case: fastembed's short name
/// (`BGESmallENV15Q`), the repository it fetches (`Xenova/bge-small-en-v1.5`) or the name under
/// which the authors published the model (`BAAI/bge-small-en-v1.5`).
///
/// Where a repository holds the plain and quantized forms of one model, its name means the plain
/// one; the short name tells them apart.
pub(super) fn find(name: &str) -> Result<ModelInfo<EmbeddingModel>, FastembedError> {
    let published = PUBLISHED_AS
        .iter()
        .find(|(code, _)| code.eq_ignore_ascii_case(name))
        .map(|(_, model)| model);
    let is_meant = |info: &ModelInfo<EmbeddingModel>| match published {
        Some(model) => info.model == *model,
        None => {
            short_name(info).eq_ignore_ascii_case(name)
                || info.model_code.eq_ignore_ascii_case(name)
        }
    };
    TextEmbedding::list_supported_models()
        .into_iter()
        .filter(is_meant)
        .min_by_key(|info| short_name(info).len())
        .ok_or_else(|| unknown(name))
}

/// fastembed's own name of the model; [`find`] finds it again.
pub(super) fn short_name(info: &ModelInfo<EmbeddingModel>) -> String {
    info.model.to_string()
}

fn unknown(name: &str) -> FastembedError {
    let models = TextEmbedding::list_supported_models();
    let mut known: Vec<String> = models.iter().map(short_name).collect();
    known.sort();
    let mut names = known.clone();
    names.extend(models.into_iter().map(|info| info.model_code));
    names.extend(PUBLISHED_AS.iter().map(|(code, _)| (*code).to_owned()));
    FastembedError::UnknownModel {
        name: name.to_owned(),
        close: closest(name, names),
        known,
    }
}

fn closest(name: &str, mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names.dedup();
    let likeness = |other: &str| strsim::jaro_winkler(&name.to_lowercase(), &other.to_lowercase());
    let mut scored: Vec<(f64, String)> = names
        .into_iter()
        .map(|other| (likeness(&other), other))
        .filter(|(score, _)| *score >= CLOSE)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.truncate(SUGGESTIONS);
    scored.into_iter().map(|(_, other)| other).collect()
}

/// Where fastembed keeps downloads: `HF_HOME`, else `FASTEMBED_CACHE_DIR`, else
/// `.fastembed_cache` in the working folder (as in `fastembed::pull_from_hf`).
pub(super) fn cache_dir() -> PathBuf {
    std::env::var("HF_HOME")
        .unwrap_or_else(|_| fastembed::get_cache_dir())
        .into()
}

/// The model's ONNX file and external weights in the cache, in the catalogue's order.
///
/// # Errors
///
/// The names of all the model's files, tokenizer files too, that are not there.
pub(super) fn cached_weights(
    info: &ModelInfo<EmbeddingModel>,
    cache: &Path,
) -> Result<Vec<PathBuf>, Vec<String>> {
    let repository = Cache::new(cache.to_owned()).model(info.model_code.clone());
    let weights: Vec<&str> = std::iter::once(&info.model_file)
        .chain(&info.additional_files)
        .map(String::as_str)
        .collect();
    let missing: Vec<String> = weights
        .iter()
        .copied()
        .chain(TOKENIZER_FILES)
        .filter(|file| repository.get(file).is_none())
        .map(str::to_owned)
        .collect();
    if missing.is_empty() {
        Ok(weights
            .iter()
            .filter_map(|file| repository.get(file))
            .collect())
    } else {
        Err(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_name_finds_its_model() {
        let cases = [
            ("BAAI/bge-small-en-v1.5", EmbeddingModel::BGESmallENV15),
            ("Xenova/bge-small-en-v1.5", EmbeddingModel::BGESmallENV15),
            ("bgesmallenv15", EmbeddingModel::BGESmallENV15),
            ("BGESmallENV15Q", EmbeddingModel::BGESmallENV15Q),
            (
                "nomic-ai/nomic-embed-text-v1.5",
                EmbeddingModel::NomicEmbedTextV15,
            ),
            (
                "onnx-community/embeddinggemma-300m-ONNX",
                EmbeddingModel::EmbeddingGemma300M,
            ),
            ("Xenova/all-MiniLM-L6-v2", EmbeddingModel::AllMiniLML6V2Q),
            (
                "sentence-transformers/all-minilm-l6-v2",
                EmbeddingModel::AllMiniLML6V2,
            ),
        ];
        for (name, expected) in cases {
            assert_eq!(find(name).unwrap().model, expected, "{name}");
        }
    }

    #[test]
    fn every_model_is_found_under_its_short_name() {
        for info in TextEmbedding::list_supported_models() {
            assert_eq!(find(&short_name(&info)).unwrap().model, info.model);
        }
    }

    #[test]
    fn a_slip_of_the_pen_gets_the_right_name_suggested() {
        let error = find("BAAI/bge-smal-en-v1.5").unwrap_err();
        let FastembedError::UnknownModel { close, .. } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(close[0], "BAAI/bge-small-en-v1.5");
        assert!(
            error
                .to_string()
                .contains("hint: did you mean BAAI/bge-small-en-v1.5, ")
        );
    }

    #[test]
    fn a_name_like_no_other_gets_them_all() {
        let message = find("zzz").unwrap_err().to_string();
        let hint = message.lines().last().unwrap();
        assert!(
            hint.starts_with("hint: give one of AllMiniLML12V2, "),
            "{hint}"
        );
        for info in TextEmbedding::list_supported_models() {
            assert!(hint.contains(&short_name(&info)), "{hint}");
        }
    }

    #[test]
    fn the_cache_tells_what_is_missing_and_where_the_weights_are() {
        let cache = tempfile::tempdir().unwrap();
        let info = find("MultilingualE5Large").unwrap();
        let all = [
            "model.onnx",
            "model.onnx_data",
            "tokenizer.json",
            "config.json",
            "special_tokens_map.json",
            "tokenizer_config.json",
        ];
        assert_eq!(cached_weights(&info, cache.path()).unwrap_err(), all);

        let repository = cache
            .path()
            .join("models--Qdrant--multilingual-e5-large-onnx");
        let snapshot = repository.join("snapshots/abc");
        std::fs::create_dir_all(&snapshot).unwrap();
        std::fs::create_dir_all(repository.join("refs")).unwrap();
        std::fs::write(repository.join("refs/main"), "abc").unwrap();
        for file in &all[..5] {
            std::fs::write(snapshot.join(file), "").unwrap();
        }
        let missing = cached_weights(&info, cache.path()).unwrap_err();
        assert_eq!(missing, ["tokenizer_config.json"]);

        std::fs::write(snapshot.join(all[5]), "").unwrap();
        let weights = cached_weights(&info, cache.path()).unwrap();
        assert_eq!(
            weights,
            [
                snapshot.join("model.onnx"),
                snapshot.join("model.onnx_data")
            ]
        );
    }
}
