//! `pack-model`, which made `models/` of the original weights.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::support::repository;

fn pack_model(src: &Path, dest: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pack-model"));
    command.args([src, dest]);
    command
}

/// Runs `pack-model` on a folder that it must refuse, and returns its message.
fn refusal(src: &Path) -> String {
    let scratch = TempDir::new().unwrap();
    let dest = scratch.path().join("packed");
    let output = pack_model(src, &dest).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(!dest.exists(), "nothing is written before all was read");
    String::from_utf8(output.stderr).unwrap()
}

fn manifest(folder: &Path) -> Map<String, Value> {
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_folder_without_the_original_files_is_an_error() {
    let src = TempDir::new().unwrap();
    let weights = src.path().join("model.safetensors");
    let message = refusal(src.path());
    assert!(
        message.contains(&format!("cannot read {}", weights.display())),
        "{message}"
    );
}

#[test]
fn a_file_with_another_content_is_an_error() {
    let src = TempDir::new().unwrap();
    let weights = src.path().join("model.safetensors");
    fs::write(&weights, "other weights").unwrap();
    fs::write(src.path().join("vocab.txt"), "[PAD]\n").unwrap();
    let message = refusal(src.path());
    assert!(
        message.contains(&format!("{}: SHA-256 is ", weights.display())),
        "{message}"
    );
}

#[test]
#[ignore = "needs the original weights"]
fn the_original_weights_give_the_committed_pack() {
    let src = std::env::var_os("DOCENT_ORIGINAL_MODEL")
        .map(PathBuf::from)
        .expect("DOCENT_ORIGINAL_MODEL names a folder with model.safetensors and vocab.txt");
    let scratch = TempDir::new().unwrap();
    pack_model(&src, scratch.path()).assert().success();

    let committed = repository("models/all-MiniLM-L6-v2");
    let weights = |folder: &Path| fs::read(folder.join("model.safetensors")).unwrap();
    assert!(
        weights(scratch.path()) == weights(&committed),
        "model.safetensors is not the committed one"
    );
    // What was measured on the packed model is added to its manifest by hand.
    let committed = manifest(&committed);
    for (key, value) in manifest(scratch.path()) {
        assert_eq!(committed.get(&key), Some(&value), "{key}");
    }
}
