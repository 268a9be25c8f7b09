//! What can go wrong in an evaluation.

use std::io;
use std::path::PathBuf;

use crate::encoder::ModelId;

/// What can go wrong in an evaluation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A file of a target cannot be read.
    #[error(
        "cannot read {}: {source}\n\
         hint: a target is a question file (.jsonl) or a folder with corpus.jsonl, queries.jsonl \
         and qrels.tsv", path.display()
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// A line is not the JSON object that it should be.
    #[error("{}, line {line}: {source}\nhint: one JSON object a line, {expected}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// The parser's words.
        source: serde_json::Error,
        /// The fields of a line.
        expected: &'static str,
    },
    /// A line of relevance judgements cannot be read.
    #[error(
        "{}, line {line}: not a relevance judgement: `{text}`\n\
         hint: `query-id<TAB>corpus-id<TAB>grade`, grades up to 255", path.display()
    )]
    Qrels {
        /// The file.
        path: PathBuf,
        /// 1-based line.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Two entries of a file have the same id.
    #[error("{}, line {line}: the id `{id}` is taken\nhint: ids are unique within a file", path.display())]
    DuplicateId {
        /// The file.
        path: PathBuf,
        /// 1-based line of the second.
        line: usize,
        /// The id.
        id: String,
    },
    /// Nothing to evaluate.
    #[error("{} holds no question to evaluate\nhint: name a file or folder with judged questions", path.display())]
    NoQuestions {
        /// The target.
        path: PathBuf,
    },
    /// No section that a question file names is in the index.
    #[error(
        "none of the sections that {} names is in the index (the first: `{section}`)\n\
         hint: name the documentation that these questions are about with --docs or --index",
        path.display()
    )]
    OtherDocs {
        /// The target.
        path: PathBuf,
        /// A section that it names.
        section: String,
    },
    /// No document that the judgements of a BEIR folder name is in its corpus.
    #[error(
        "none of the documents that the judgements of {} name is in its corpus (the first: \
         `{document}`)\n\
         hint: qrels.tsv names documents by their `_id` in corpus.jsonl", path.display()
    )]
    OtherCorpus {
        /// The folder.
        path: PathBuf,
        /// A document that its judgements name.
        document: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}\nhint: name a folder that exists and that you may write to", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The file of the running program, by which indexes are kept, cannot be read.
    #[error(
        "cannot read the running program: {0}\n\
         hint: it must stay where it was started from"
    )]
    Program(io::Error),
    /// The baseline cannot be read.
    #[error(
        "cannot read the baseline {}: {source}\n\
         hint: write one with `docent eval --format json`", path.display()
    )]
    ReadBaseline {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// The baseline is no report of an evaluation.
    #[error(
        "{} is not a report of docent eval: {source}\n\
         hint: write one with `docent eval --format json`", path.display()
    )]
    Baseline {
        /// The file.
        path: PathBuf,
        /// The parser's words.
        source: serde_json::Error,
    },
    /// The baseline speaks of a target that was not evaluated.
    #[error(
        "the baseline has a target `{target}` that was not evaluated\n\
         hint: evaluate the baseline's targets, or write a new baseline"
    )]
    TargetNotEvaluated {
        /// Name of the target.
        target: String,
    },
    /// The baseline was made with another model.
    #[error(
        "the baseline was made with the model {before}, not with {now}\n\
         hint: name that model with --model, or write a new baseline"
    )]
    OtherModel {
        /// The baseline's model.
        before: String,
        /// The model of this evaluation.
        now: String,
    },
    /// The baseline was made with other questions.
    #[error(
        "the baseline's `{target}` has other questions, or other judgements of them\n\
         hint: write a new baseline: figures of other questions cannot be compared"
    )]
    OtherQuestions {
        /// Name of the target or pool.
        target: String,
    },
    /// What should be a question file is a folder.
    #[error(
        "{} is a folder, not a question file\n\
         hint: name files with one question a line, as `docent eval --help` shows them",
        path.display()
    )]
    NotAQuestionFile {
        /// The folder.
        path: PathBuf,
    },
    /// A question file cannot be read.
    #[error(
        "cannot read the question file {}: {source}\n\
         hint: name a file with one question a line, as `docent eval --help` shows it",
        path.display()
    )]
    ReadQuestions {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// Two indexes are to be compared, and nothing says which questions to ask them.
    #[error(
        "no question to ask: the guide of {} has no questions\n\
         hint: name question files behind the indexes (`docent eval --help` shows their format), or \
         write some into the docs' QUESTIONS.md (docent questions todo)",
        path.display()
    )]
    NoGuideQuestions {
        /// The index whose guide was looked at.
        path: PathBuf,
    },
    /// No section that questions name is in either of two indexes.
    #[error(
        "none of the sections that {questions} names is in either index (the first: `{section}`)\n\
         hint: paths of sections are relative to the documentation folder that was indexed"
    )]
    InNeitherIndex {
        /// The question file, or the guide.
        questions: String,
        /// A section that it names.
        section: String,
    },
    /// Two indexes that are to be compared were built with different models.
    #[error(
        "{} was built with model {} ({}), {} with {} ({})\n\
         hint: build both with the same model: what another model changes is no change of the docs",
        before.display(), before_model.name, before_model.short_digest(),
        after.display(), after_model.name, after_model.short_digest()
    )]
    DifferentModels {
        /// The first index.
        before: PathBuf,
        /// Its model.
        before_model: Box<ModelId>,
        /// The second index.
        after: PathBuf,
        /// Its model.
        after_model: Box<ModelId>,
    },
    /// Reading, building or searching failed.
    #[error(transparent)]
    Docent(#[from] crate::Error),
}

impl From<crate::index::IndexError> for EvalError {
    fn from(error: crate::index::IndexError) -> Self {
        Self::Docent(error.into())
    }
}
