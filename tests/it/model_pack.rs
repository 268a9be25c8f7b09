//! Packs of the built-in encoder: identity, damage, and manifests that promise what is not there.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use docent::encoder::pack::{BUNDLED_FOLDER, PackError, bundled_manifest, sha256};
use docent::encoder::{BuiltinEncoder, Encoder, EncoderError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::repository;

static WEIGHTS: LazyLock<Vec<u8>> =
    LazyLock::new(|| fs::read(repository(BUNDLED_FOLDER).join("model.safetensors")).unwrap());

/// The bundled pack's manifest.
fn manifest() -> Value {
    let text = fs::read(repository(BUNDLED_FOLDER).join("manifest.json")).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// The bundled manifest, with each value in the place of the one that the pointer names.
fn edited(edits: &[(&str, Value)]) -> String {
    let mut manifest = manifest();
    for (pointer, value) in edits {
        *manifest.pointer_mut(pointer).unwrap() = value.clone();
    }
    manifest.to_string()
}

fn pack(weights: &[u8], manifest: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.safetensors"), weights).unwrap();
    fs::write(folder.path().join("manifest.json"), manifest).unwrap();
    folder
}

fn load(folder: &Path) -> Result<BuiltinEncoder, PackError> {
    BuiltinEncoder::load(folder).map_err(|error| match error {
        EncoderError::Pack(error) => error,
        other => panic!("{other}"),
    })
}

/// The error of a pack with the bundled weights.
fn refusal(edits: &[(&str, Value)]) -> PackError {
    load(pack(&WEIGHTS, &edited(edits)).path()).unwrap_err()
}

#[test]
fn a_loaded_pack_equals_the_bundled_one() {
    let bundled = BuiltinEncoder::bundled().unwrap();
    let loaded = load(pack(&WEIGHTS, &manifest().to_string()).path()).unwrap();
    assert_eq!(loaded.model(), bundled.model());
    let encode = |encoder: &BuiltinEncoder| {
        let question = "How do I add pagination?";
        encoder.encode_query(question, true).unwrap()
    };
    assert_eq!(encode(&loaded), encode(&bundled));
    let manifest = bundled_manifest().unwrap();
    assert_eq!(manifest.weights_digest(), sha256(&WEIGHTS));
    let model = bundled.model();
    assert_eq!(
        (&model.name, model.dim as usize, model.max_tokens as usize),
        (
            &manifest.model,
            manifest.architecture.hidden,
            manifest.max_tokens
        )
    );
}

/// The same weights make other vectors with each of these, so that they must not be mixed up in an index.
#[test]
fn what_changes_vectors_changes_the_identity() {
    let mut digests = vec![BuiltinEncoder::bundled().unwrap().model().digest.clone()];
    for edit in [
        ("/pooling", json!("cls")),
        ("/query_prefix", json!("query: ")),
        ("/passage_prefix", json!("query: ")),
        ("/architecture/heads", json!(6)),
    ] {
        let folder = pack(&WEIGHTS, &edited(&[edit]));
        digests.push(load(folder.path()).unwrap().model().digest.clone());
    }
    let name = pack(&WEIGHTS, &edited(&[("/model", json!("another"))]));
    assert_eq!(load(name.path()).unwrap().model().digest, digests[0]);
    let distinct: std::collections::BTreeSet<&String> = digests.iter().collect();
    assert_eq!(distinct.len(), digests.len());
}

#[test]
fn a_damaged_pack_is_an_error() {
    let mut flipped = WEIGHTS.clone();
    flipped[1_000_000] ^= 1;
    assert!(matches!(
        load(pack(&flipped, &manifest().to_string()).path()).unwrap_err(),
        PackError::Checksum { .. }
    ));
    for length in [0, 7, 100, 5000, WEIGHTS.len() - 1] {
        let short = &WEIGHTS[..length];
        let manifest = edited(&[("/files/0/sha256", json!(sha256(short)))]);
        let error = load(pack(short, &manifest).path()).unwrap_err();
        let expected = matches!(error, PackError::Container { .. } | PackError::Read { .. });
        assert!(expected, "{length} bytes: {error}");
    }
    assert!(matches!(
        load(pack(&WEIGHTS, "{").path()).unwrap_err(),
        PackError::Manifest { .. }
    ));
    assert!(matches!(
        load(tempfile::tempdir().unwrap().path()).unwrap_err(),
        PackError::Read { .. }
    ));
}

/// A pack of the first layout had no architecture, and another kind of pooling.
#[test]
fn another_layout_is_told_before_anything_else() {
    let old = r#"{"model": "old", "layout": "docent-minilm-1", "pooling": "mean of all"}"#;
    let error = load(pack(b"", old).path()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the model is packed as `docent-minilm-1`, this program reads `docent-bert-1`\n\
         hint: write the folder again with this version's pack-model"
    );
}

#[test]
fn measures_that_the_kernels_cannot_run_are_refused() {
    for (pointer, value) in [
        ("layers", 0),
        ("layers", 1 << 40),
        ("hidden", 0),
        ("hidden", 96),
        ("hidden", 1 << 16),
        ("hidden", u64::MAX),
        ("feed_forward", 0),
        ("feed_forward", 1000),
        ("feed_forward", u64::MAX / 64 * 64),
        ("heads", 0),
        ("heads", 5),
        ("heads", 24),
        ("heads", u64::MAX),
        ("vocabulary", 0),
        ("vocabulary", 102),
        ("vocabulary", 65_535),
        ("vocabulary", u64::MAX),
    ] {
        let found = value as usize;
        match refusal(&[(&format!("/architecture/{pointer}"), json!(value))]) {
            // Heads are measured by the width, so another width has the wrong ones.
            PackError::Architecture { what, .. } if what == "heads" && pointer == "hidden" => {}
            PackError::Architecture { what, found: f, .. } if (what, f) == (pointer, found) => {}
            error => panic!("{pointer} {value}: {error}"),
        }
    }
    for tokens in [0, 17, 1 << 20, u64::MAX] {
        let error = refusal(&[("/max_tokens", json!(tokens))]);
        let expected = matches!(
            error,
            PackError::Architecture { .. } | PackError::Tensor { .. }
        );
        assert!(expected, "{tokens} tokens: {error}");
    }
    assert_eq!(
        refusal(&[("/architecture/heads", json!(5))]).to_string(),
        "manifest.json: heads is 5, must be 12 or 6 for a width of 384\n\
         hint: docent runs BERT models with blocks of 64 values and heads of 32 or 64"
    );
}

#[test]
fn measures_of_another_model_do_not_fit_the_weights() {
    for (pointer, value) in [
        ("/architecture/feed_forward", 3072),
        ("/architecture/vocabulary", 30_521),
        ("/architecture/vocabulary", 60_000),
        ("/max_tokens", 512),
        ("/max_tokens", 100),
    ] {
        let error = refusal(&[(pointer, json!(value))]);
        let expected = matches!(error, PackError::Tensor { .. });
        assert!(expected, "{pointer} {value}: {error}");
    }
    let wider = [
        ("/architecture/hidden", json!(768)),
        ("/architecture/heads", json!(12)),
    ];
    assert!(matches!(refusal(&wider), PackError::Tensor { .. }));
    let deeper = refusal(&[("/architecture/layers", json!(7))]);
    assert!(matches!(deeper, PackError::Container { .. }), "{deeper}");
}

#[test]
fn a_manifest_of_other_types_is_no_manifest() {
    for edit in [
        ("/pooling", json!("max")),
        ("/pooling", json!("mean of all token vectors")),
        ("/architecture", json!({})),
        ("/architecture/layers", json!(-1)),
        ("/architecture/hidden", json!(384.5)),
        ("/query_prefix", json!(7)),
    ] {
        let error = refusal(std::slice::from_ref(&edit));
        assert!(matches!(error, PackError::Manifest { .. }), "{error}");
    }
}

#[test]
fn a_prefix_leaves_room_for_a_text() {
    let error = refusal(&[("/query_prefix", json!("query ".repeat(1_000_000)))]);
    assert_eq!(
        error.to_string(),
        "manifest.json: max_tokens less the prefix, [CLS] and [SEP] is 0, must be at least 16\n\
         hint: docent runs BERT models with blocks of 64 values and heads of 32 or 64"
    );
    let folder = pack(
        &WEIGHTS,
        &edited(&[("/query_prefix", json!("a ".repeat(238)))]),
    );
    let encoder = load(folder.path()).unwrap();
    assert_eq!(encoder.model().max_tokens, 18);
    assert_eq!(encoder.model().readable_tokens(), 16);
    let folder = pack(
        &WEIGHTS,
        &edited(&[("/query_prefix", json!("a ".repeat(239)))]),
    );
    let error = load(folder.path()).unwrap_err();
    assert!(
        matches!(error, PackError::Architecture { found: 15, .. }),
        "{error}"
    );
}
