//! `docent` where it cannot: nothing confident, bad questions, bad indexes; each with its exit
//! code.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use docent::encoder::{Embedding, Encoder, EncoderError, ModelId};
use insta::assert_snapshot;
use serde_json::Value;

use crate::support::{build, bundled, coffee, docent, repository, transcript};

#[test]
fn nothing_confident() {
    let question = "Which tax form does a company in Bolivia need?";
    let run = |args: &[&str]| transcript(coffee(), &mut docent(coffee(), args));
    let text = run(&[question]);
    assert!(
        text.starts_with(
            "exit code 1\n--- stdout\n--- stderr\n\
             note: not in these docs: tax, form, company, Bolivia, need\n\
             nothing confident ([n], below [n]): best are "
        ),
        "{text}"
    );

    let output = docent(coffee(), &[question, "--format=json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let object: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(object["hits"], serde_json::json!([]));
    assert!(
        object["confidence"]
            .as_f64()
            .is_some_and(|c| c > 0.0 && c < 0.25)
    );

    assert!(run(&[question, "--min-confidence=0"]).starts_with("exit code 0\n--- stdout\n1  "));
}

#[test]
fn usage_errors() {
    let run = |args| transcript(coffee(), &mut docent(coffee(), args));
    assert_snapshot!("usage_empty_question", run(&[" "]));
    assert_snapshot!("usage_k_0", run(&["pour", "-k", "0"]));
    assert_snapshot!("usage_unknown_flag", run(&["pour", "--fast"]));
    assert_snapshot!("usage_command_after_option", run(&["-k", "2", "info"]));
    assert_snapshot!("usage_no_question", run(&["query"]));
    assert!(run(&[]).starts_with("exit code 2\n--- stdout\n--- stderr\n"));
    let mut piped = docent(coffee(), &["-"]);
    piped.write_stdin(" \n");
    assert_snapshot!("usage_empty_stdin", transcript(coffee(), &mut piped));
    let mut piped = docent(coffee(), &["-"]);
    piped.write_stdin(&b"\xff"[..]);
    assert_snapshot!("usage_stdin_not_utf8", transcript(coffee(), &mut piped));
}

#[test]
fn a_question_of_100_kilobytes_is_cut_and_says_so() {
    let mut command = docent(coffee(), &["-", "--format=paths", "--min-confidence=0"]);
    command.write_stdin("How do I pour evenly? ".repeat(5_000));
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.starts_with(b"brewing/pour-over.md\n"));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "note: the question has 30000 tokens, the model reads the first 254\n"
    );
}

#[test]
fn a_question_in_another_script_is_answered_or_refused() {
    for question in ["コーヒーの淹れ方は？", "Как варить кофе?", "☕️🫘", "???"]
    {
        let output = docent(coffee(), &[question, "--format=json"])
            .output()
            .unwrap();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{question}");
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(object["query"], question);
    }
}

/// A folder whose `docent.idx` is that of the coffee corpus after `change`.
fn damaged(change: impl FnOnce(&mut Vec<u8>)) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(coffee().join("docent.idx")).unwrap();
    change(&mut bytes);
    fs::write(folder.path().join("docent.idx"), bytes).unwrap();
    folder
}

fn asked(folder: &Path) -> String {
    transcript(
        folder,
        &mut docent(folder, &["pour", "--index", "docent.idx"]),
    )
}

#[test]
fn a_missing_index_exits_3() {
    let empty = tempfile::tempdir().unwrap();
    assert_snapshot!("index_missing", asked(empty.path()));
    let nowhere = transcript(empty.path(), &mut docent(empty.path(), &["pour"]));
    assert_snapshot!("index_nowhere", nowhere);
}

#[test]
fn a_damaged_index_exits_4() {
    let not_an_index = damaged(|bytes| *bytes = b"# A document\n".to_vec());
    assert_snapshot!("index_not_an_index", asked(not_an_index.path()));
    let cut = damaged(|bytes| bytes.truncate(bytes.len() / 2));
    let length = fs::metadata(cut.path().join("docent.idx")).unwrap().len();
    let text = asked(cut.path())
        .replace(&(2 * length).to_string(), "[ALL]")
        .replace(&length.to_string(), "[HALF]");
    assert_snapshot!("index_cut", text);
    let flipped = damaged(|bytes| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    });
    assert!(asked(flipped.path()).starts_with(
        "exit code 4\n--- stdout\n--- stderr\nerror: index file docent.idx is corrupt: "
    ));
    let verified = docent(flipped.path(), &["info", "--verify"])
        .output()
        .unwrap();
    assert_eq!(verified.status.code(), Some(4));
}

#[test]
fn another_format_version_exits_5() {
    // Byte 7 is the version.
    let older = damaged(|bytes| bytes[7] = 0);
    assert_snapshot!("index_older", asked(older.path()));
    let newer = damaged(|bytes| bytes[7] = 200);
    assert_snapshot!("index_newer", asked(newer.path()));
}

/// The bundled model under another identity.
struct Renamed(Arc<dyn Encoder>, ModelId);

impl Encoder for Renamed {
    fn model(&self) -> &ModelId {
        &self.1
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.0.count_tokens(text)
    }

    fn makes_token_vectors(&self) -> bool {
        self.0.makes_token_vectors()
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        self.0.tokenize(text)
    }

    fn encode_query(&self, question: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        self.0.encode_query(question, with_tokens)
    }
}

#[test]
fn another_model_exits_6() {
    let encoder = bundled();
    let model = ModelId {
        name: "other".to_owned(),
        digest: "0123456789abcdef".to_owned(),
        ..encoder.model().clone()
    };
    let folder = tempfile::tempdir().unwrap();
    build(
        &repository("tests/data/coffee"),
        &Renamed(encoder, model),
        folder.path(),
    );
    let text = asked(folder.path()).replace(&bundled().model().digest[..12], "[DIGEST]");
    assert_snapshot!("index_of_another_model", text);
}

#[test]
fn a_model_that_is_not_there_is_an_error() {
    let output = docent(coffee(), &["pour", "--model", "./no-such-model"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("error: ") && stderr.contains("\nhint: "),
        "{stderr}"
    );
}
