//! `pack-model`: what it refuses, and what it writes into the manifest.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use assert_cmd::Command;
use docent::calibration::Calibration;
use docent::encoder::BuiltinEncoder;
use docent::encoder::pack::BUNDLED_FOLDER;
use docent::search::{SearchOptions, Searcher};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use crate::layouts::model;
use crate::support::{build_index, repository, verified};

pub fn pack_model(src: &Path, dest: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pack-model"));
    command.args([src, dest]);
    command
}

/// Runs `pack-model` on a folder that it must refuse, and returns its message.
fn refusal(src: &Path, options: &[&str]) -> String {
    let scratch = TempDir::new().unwrap();
    let dest = scratch.path().join("packed");
    let output = pack_model(src, &dest).args(options).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!dest.exists(), "nothing is written before all was read");
    String::from_utf8(output.stderr).unwrap()
}

fn manifest(folder: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A calibration's numbers, whichever of them are written.
fn parsed(calibration: &Value) -> Calibration {
    serde_json::from_value(calibration.clone()).unwrap()
}

/// Sets `key` of a JSON object in a file, which need not be there.
fn edit(path: &Path, key: &str, value: Value) {
    let text = fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
    let mut object: Map<String, Value> = serde_json::from_str(&text).unwrap();
    object.insert(key.to_owned(), value);
    fs::write(path, Value::from(object).to_string()).unwrap();
}

#[test]
fn a_folder_without_the_files_is_an_error() {
    for missing in ["config.json", "model.safetensors", "vocab.txt"] {
        let src = model("mean-32");
        let path = src.path().join(missing);
        fs::remove_file(&path).unwrap();
        let message = refusal(src.path(), &[]);
        let expected = format!("cannot read {}", path.display());
        assert!(message.contains(&expected), "{message}");
    }
}

#[test]
fn a_model_that_docent_does_not_compute_is_refused() {
    for (file, key, value, expected) in [
        (
            "config.json",
            "model_type",
            json!("roberta"),
            "model_type is `roberta`, must be `bert`\n",
        ),
        (
            "config.json",
            "hidden_act",
            json!("gelu_new"),
            "hidden_act is `gelu_new`, must be `gelu`\n",
        ),
        (
            "config.json",
            "position_embedding_type",
            json!("relative_key"),
            "position_embedding_type is `relative_key`, must be `absolute`\n",
        ),
        (
            "config.json",
            "layer_norm_eps",
            json!(1e-5),
            "layer_norm_eps is 1e-5, must be 1e-12\n",
        ),
        (
            "config.json",
            "hidden_size",
            json!(96),
            "hidden is 96, must be a multiple of 64\n",
        ),
        (
            "config.json",
            "num_attention_heads",
            json!(4),
            "heads is 4, must be 2 or 1 for a width of 64\n",
        ),
        (
            "config.json",
            "intermediate_size",
            json!(64),
            "intermediate.dense.weight has the shape [128, 64], config.json says [64, 64]",
        ),
        (
            "config.json",
            "vocab_size",
            json!(180),
            "has the shape [181, 64], config.json says [180, 64]",
        ),
        (
            "config.json",
            "num_hidden_layers",
            json!(3),
            "there is no tensor encoder.layer.2.attention.self.query.weight",
        ),
        (
            "sentence_bert_config.json",
            "max_seq_length",
            json!(97),
            "the longest input is 97 tokens, the model has 96 positions\n",
        ),
        (
            "1_Pooling/config.json",
            "pooling_mode_cls_token",
            json!(true),
            "neither the mean of the tokens alone nor [CLS] alone\n",
        ),
        (
            "tokenizer_config.json",
            "do_lower_case",
            json!(false),
            "do_lower_case is false\n",
        ),
    ] {
        let src = model("mean-32");
        edit(&src.path().join(file), key, value);
        let message = refusal(src.path(), &[]);
        assert!(message.contains(expected), "{message}");
        let has_hint = message.contains("\nhint: ") || message.contains("\n    hint: ");
        assert!(has_hint || !expected.ends_with('\n'), "{message}");
    }
}

#[test]
fn what_would_be_left_out_is_refused() {
    let src = model("mean-32");
    let modules = json!([{"type": "sentence_transformers.models.Dense"}]);
    fs::write(src.path().join("modules.json"), modules.to_string()).unwrap();
    let message = refusal(src.path(), &[]);
    let expected = "a module sentence_transformers.models.Dense is not supported";
    assert!(message.contains(expected), "{message}");

    let src = model("prefixes-64");
    let pooling = src.path().join("1_Pooling/config.json");
    edit(&pooling, "include_prompt", json!(false));
    let message = refusal(src.path(), &[]);
    assert!(message.contains("include_prompt is false"), "{message}");

    let src = model("mean-32");
    fs::remove_file(src.path().join("1_Pooling/config.json")).unwrap();
    let message = refusal(src.path(), &[]);
    assert!(message.contains("hint: --pooling sets it"), "{message}");
    let dest = TempDir::new().unwrap();
    let mut command = pack_model(src.path(), dest.path());
    command.args(["--pooling", "cls"]).assert().success();
    assert_eq!(manifest(dest.path())["pooling"], "cls");
}

#[test]
fn another_vocabulary_is_refused() {
    let src = model("mean-32");
    let path = src.path().join("vocab.txt");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replace("[CLS]", "<s>")).unwrap();
    let message = refusal(src.path(), &[]);
    let expected = "vocab.txt: entry 101 is `<s>`, must be `[CLS]`\n";
    assert!(message.contains(expected), "{message}");
    fs::write(&path, text + "more\n").unwrap();
    let message = refusal(src.path(), &[]);
    let expected = "vocab.txt has 182 entries, config.json says 181";
    assert!(message.contains(expected), "{message}");
}

#[test]
fn weights_that_are_not_numbers_are_refused() {
    let src = model("mean-32");
    let path = src.path().join("model.safetensors");
    let mut weights = fs::read(&path).unwrap();
    let last = weights.len() - 4;
    weights[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&path, &weights).unwrap();
    let message = refusal(src.path(), &[]);
    assert!(
        message.contains("has a value that is not finite"),
        "{message}"
    );
    fs::write(&path, &weights[..100]).unwrap();
    let message = refusal(src.path(), &[]);
    assert!(
        message.contains("model.safetensors cannot be parsed"),
        "{message}"
    );
}

#[test]
fn the_manifest_says_what_was_given_and_found() {
    let src = model("prefixes-64");
    let training = json!({"base": "none", "seed": 2, "data": [{"name": "numbers"}]});
    fs::write(src.path().join("training.json"), training.to_string()).unwrap();
    let calibration = manifest(&repository(BUNDLED_FOLDER))["calibration"].clone();
    let file = src.path().join("calibration.json");
    fs::write(&file, calibration.to_string()).unwrap();
    let dest = TempDir::new().unwrap();
    let options = [
        "--licence",
        "MIT",
        "--source",
        "drawn at random",
        "--max-tokens",
        "40",
        "--query-prefix",
        "ask: ",
        "--calibration",
    ];
    let mut command = pack_model(src.path(), dest.path());
    command.args(options).arg(&file).assert().success();
    let manifest = manifest(dest.path());
    let folder = src.path().file_name().unwrap().to_str().unwrap();
    for (key, expected) in [
        ("model", json!(format!("{folder}-int8"))),
        ("layout", json!("docent-bert-1")),
        (
            "architecture",
            json!({"layers": 2, "hidden": 192, "feed_forward": 448, "heads": 3, "vocabulary": 181}),
        ),
        ("max_tokens", json!(40)),
        ("pooling", json!("mean")),
        ("query_prefix", json!("ask: ")),
        ("passage_prefix", json!("passage: ")),
        ("licence", json!("MIT")),
        ("training", training),
    ] {
        assert_eq!(manifest[key], expected, "{key}");
    }
    assert_eq!(manifest["source"]["description"], "drawn at random");
    let files: Vec<&str> = manifest["source"]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        files,
        [
            "config.json",
            "1_Pooling/config.json",
            "sentence_bert_config.json",
            "config_sentence_transformers.json",
            "training.json",
            "model.safetensors",
            "vocab.txt"
        ]
    );
    assert_eq!(parsed(&manifest["calibration"]), parsed(&calibration));

    edit(&file, "fusion", json!(1));
    let message = refusal(src.path(), &["--calibration", file.to_str().unwrap()]);
    assert!(message.contains("is not a calibration"), "{message}");
}

/// Other than the committed pack, whose outlier factors were written by hand: see `outliers.rs`.
#[test]
#[ignore = "needs the original weights"]
fn the_original_weights_pack_to_the_bytes_that_they_did() {
    let src = std::env::var_os("DOCENT_ORIGINAL_MODEL")
        .map(PathBuf::from)
        .expect("DOCENT_ORIGINAL_MODEL names a folder as sentence-transformers saves it");
    let scratch = TempDir::new().unwrap();
    let pack = scratch.path().join("pack");
    let bundled = repository(BUNDLED_FOLDER).join("manifest.json");
    let mut command = pack_model(&src, &pack);
    command.args(["--name", "all-MiniLM-L6-v2-int8", "--calibration"]);
    command.arg(&bundled).assert().success();
    let committed = manifest(&repository(BUNDLED_FOLDER));
    let manifest = manifest(&pack);
    assert_eq!(
        parsed(&manifest["calibration"]),
        parsed(&committed["calibration"])
    );
    assert_eq!(
        manifest["files"][0]["sha256"],
        "1912def94d94b86bd3f3fe14f6f60cb05b79d682cad0a6e5d1832de71e15f228"
    );

    let coffee = repository("tests/data/coffee").canonicalize().unwrap();
    build_index(
        scratch.path(),
        &[coffee.to_str().unwrap(), "--model", "pack"],
    )
    .assert()
    .success();
    let encoder = BuiltinEncoder::load(&pack).unwrap();
    let index = verified(scratch.path());
    let searcher = Searcher::new(Arc::new(index), Arc::new(encoder)).unwrap();
    let options = SearchOptions::default();
    let answer = searcher.search("how many grams go into a shot", &options);
    assert_eq!(answer.unwrap().hits[0].section.path, "brewing/espresso.md");
}
