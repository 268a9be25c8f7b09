//! Targets: judged questions, from question files and BEIR folders.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::EvalError;
use crate::corpus::{Corpus, Section};

/// Judged questions over one corpus.
#[derive(Debug, Clone)]
pub struct Target {
    /// File stem of a question file, name of a BEIR folder.
    pub name: String,
    /// Where it was read.
    pub path: PathBuf,
    /// Questions in the order of the file; at least one.
    pub questions: Vec<Question>,
    /// From this grade on a section counts as an answer.
    pub min_grade: u8,
    /// The documents of a BEIR folder; a question file is about documentation elsewhere.
    pub documents: Option<Corpus>,
    /// What was left out, for people to read.
    pub notes: Vec<String>,
}

/// A judged question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Unique within its target.
    pub id: String,
    /// What is asked.
    pub text: String,
    /// Kind of question, e.g. `howto`.
    pub kind: Option<String>,
    /// Positive grades by section path. Empty: no section answers.
    pub relevant: BTreeMap<String, u8>,
    /// The heading that the answer stands under.
    pub heading: Option<GoldHeading>,
}

impl Question {
    /// Whether any section answers, which it does from `min_grade` on; `None` where sections only
    /// help, so that neither an answer nor a refusal is right.
    pub fn is_answerable(&self, min_grade: u8) -> Option<bool> {
        match self.relevant.values().max() {
            None => Some(false),
            Some(&grade) => (grade >= min_grade).then_some(true),
        }
    }
}

/// The heading that an answer stands under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoldHeading {
    /// Path of its section.
    pub section: String,
    /// Its text.
    pub text: String,
}

/// Grade of an answer in question files; grade 1 is background.
pub(super) const ANSWER: u8 = 2;

impl Target {
    /// Reads a question file, or a BEIR folder: `corpus.jsonl` and `queries.jsonl`, plain or with
    /// `.gz`, and `qrels.tsv` or else `qrels/test.tsv` (Thakur et al., *BEIR*, NeurIPS 2021).
    ///
    /// # Errors
    ///
    /// A file that cannot be read or parsed (with its line), a duplicate id, no question.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        if path.is_dir() {
            read_beir(path)
        } else {
            read_questions(path)
        }
    }
}

#[derive(Deserialize)]
struct QuestionLine {
    id: String,
    question: String,
    kind: Option<String>,
    relevant: BTreeMap<String, u8>,
    heading: Option<String>,
    heading_file: Option<String>,
}

/// Reads a question file.
pub(super) fn read_questions(path: &Path) -> Result<Target, EvalError> {
    let expected = "with id, question, kind, relevant {file: grade}, heading and heading_file";
    let lines = read_json_lines(path, expected, |line: &QuestionLine| line.id.clone())?;
    let notes = half_headings(&lines).into_iter().collect();
    let questions = lines
        .into_iter()
        .map(|line| Question {
            id: line.id,
            text: line.question,
            kind: line.kind,
            relevant: line.relevant.into_iter().filter(|&(_, g)| g > 0).collect(),
            heading: line
                .heading_file
                .zip(line.heading)
                .map(|(section, text)| GoldHeading { section, text }),
        })
        .collect();
    Target {
        name: name_of(path.file_stem(), path),
        path: path.to_owned(),
        questions,
        min_grade: ANSWER,
        documents: None,
        notes,
    }
    .unless_empty()
}

/// Notes questions that give a heading without its file, or a file without the heading.
fn half_headings(lines: &[QuestionLine]) -> Option<String> {
    let ids: Vec<&str> = lines
        .iter()
        .filter(|line| line.heading.is_some() != line.heading_file.is_some())
        .map(|line| line.id.as_str())
        .collect();
    (!ids.is_empty()).then(|| {
        format!(
            "heading and heading_file count only together: left out of {}",
            ids.join(", ")
        )
    })
}

#[derive(Deserialize)]
struct DocumentLine {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

fn read_beir(folder: &Path) -> Result<Target, EvalError> {
    let documents = read_json_lines(
        &plain_or_gz(folder.join("corpus.jsonl")),
        "with _id, title and text",
        |line: &DocumentLine| line.id.clone(),
    )?;
    let queries = read_json_lines(
        &plain_or_gz(folder.join("queries.jsonl")),
        "with _id and text",
        |line: &QueryLine| line.id.clone(),
    )?;
    let mut judgements = read_qrels(&qrels_path(folder))?;

    let judged = judgements.len();
    let questions: Vec<Question> = queries
        .into_iter()
        .filter_map(|query| {
            let relevant = judgements.remove(&query.id)?;
            (!relevant.is_empty()).then_some(Question {
                id: query.id,
                text: query.text,
                kind: None,
                relevant,
                heading: None,
            })
        })
        .collect();
    let ids: HashSet<&str> = documents.iter().map(|d| d.id.as_str()).collect();
    let missing = missing_documents(folder, &questions, &ids)?;
    let notes = beir_notes(judged - questions.len(), missing);
    let sections = documents.into_iter().map(section).collect();
    Target {
        name: name_of(folder.file_name(), folder),
        path: folder.to_owned(),
        questions,
        min_grade: 1,
        documents: Some(Corpus::from_documents(sections)),
        notes,
    }
    .unless_empty()
}

/// A document as a section; its id is the path.
fn section(document: DocumentLine) -> Section {
    Section::titled(document.id, document.title, document.text)
}

/// How many relevant documents the corpus lacks; an error if it lacks all of them.
fn missing_documents(
    folder: &Path,
    questions: &[Question],
    ids: &HashSet<&str>,
) -> Result<usize, EvalError> {
    let named: Vec<&String> = questions.iter().flat_map(|q| q.relevant.keys()).collect();
    let missing = named.iter().filter(|id| !ids.contains(id.as_str()));
    match (missing.count(), named.first()) {
        (missing, Some(first)) if missing == named.len() => Err(EvalError::OtherCorpus {
            path: folder.to_owned(),
            document: (*first).clone(),
        }),
        (missing, _) => Ok(missing),
    }
}

fn beir_notes(not_evaluated: usize, missing: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if not_evaluated > 0 {
        notes.push(format!(
            "{not_evaluated} judged queries have no text or no relevant document: left out"
        ));
    }
    if missing > 0 {
        notes.push(format!(
            "{missing} relevant documents are not in the corpus and cannot be found"
        ));
    }
    notes
}

fn qrels_path(folder: &Path) -> PathBuf {
    let path = folder.join("qrels.tsv");
    let of_beir = folder.join("qrels").join("test.tsv");
    if !path.exists() && of_beir.exists() {
        return of_beir;
    }
    path
}

/// Positive grades by document, by query. A query that has none is there, with an empty map.
fn read_qrels(path: &Path) -> Result<HashMap<String, BTreeMap<String, u8>>, EvalError> {
    let mut judgements: HashMap<String, BTreeMap<String, u8>> = HashMap::new();
    for (i, line) in open(path)?.lines().enumerate() {
        let line = line.map_err(|source| read_error(path, source))?;
        let is_header = i == 0 && line.starts_with("query-id");
        if is_header || line.trim().is_empty() {
            continue;
        }
        let (query, document, grade) = parse_judgement(&line).ok_or_else(|| EvalError::Qrels {
            path: path.to_owned(),
            line: i + 1,
            text: line.clone(),
        })?;
        let grades = judgements.entry(query.to_owned()).or_default();
        if grade > 0 {
            grades.insert(document.to_owned(), grade);
        }
    }
    Ok(judgements)
}

/// Query, document and grade. A negative grade is 0, as in trec_eval.
fn parse_judgement(line: &str) -> Option<(&str, &str, u8)> {
    let mut fields = line.trim_end().split('\t');
    let (query, document) = (fields.next()?, fields.next()?);
    let grade: i16 = fields.next()?.trim().parse().ok()?;
    let grade = u8::try_from(grade.max(0)).ok()?;
    fields.next().is_none().then_some((query, document, grade))
}

impl Target {
    fn unless_empty(self) -> Result<Self, EvalError> {
        if self.questions.is_empty() {
            return Err(EvalError::NoQuestions { path: self.path });
        }
        Ok(self)
    }
}

fn name_of(name: Option<&std::ffi::OsStr>, path: &Path) -> String {
    let name = name.unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// One value a line; blank lines are skipped, ids must be unique.
fn read_json_lines<T: DeserializeOwned>(
    path: &Path,
    expected: &'static str,
    id: impl Fn(&T) -> String,
) -> Result<Vec<T>, EvalError> {
    let mut values = Vec::new();
    let mut seen = HashSet::new();
    for (i, line) in open(path)?.lines().enumerate() {
        let line = line.map_err(|source| read_error(path, source))?;
        if line.trim().is_empty() {
            continue;
        }
        let value = serde_json::from_str(&line).map_err(|source| EvalError::Json {
            path: path.to_owned(),
            line: i + 1,
            source,
            expected,
        })?;
        let id = id(&value);
        if !seen.insert(id.clone()) {
            return Err(EvalError::DuplicateId {
                path: path.to_owned(),
                line: i + 1,
                id,
            });
        }
        values.push(value);
    }
    Ok(values)
}

/// The file, or the same with `.gz` if only that is there.
fn plain_or_gz(path: PathBuf) -> PathBuf {
    let mut compressed = path.clone().into_os_string();
    compressed.push(".gz");
    let compressed = PathBuf::from(compressed);
    if !path.exists() && compressed.exists() {
        return compressed;
    }
    path
}

fn open(path: &Path) -> Result<BufReader<Box<dyn Read>>, EvalError> {
    let file = File::open(path).map_err(|source| read_error(path, source))?;
    let is_gz = path.extension().is_some_and(|extension| extension == "gz");
    Ok(BufReader::new(if is_gz {
        Box::new(flate2::read::MultiGzDecoder::new(file))
    } else {
        Box::new(file)
    }))
}

fn read_error(path: &Path, source: io::Error) -> EvalError {
    EvalError::Read {
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    }

    const CORPUS: &str = "{\"_id\": \"b\", \"title\": \"Bees\", \"text\": \"Bees fly.\"}\n\
                          {\"_id\": \"a\", \"text\": \"Ants walk.\", \"metadata\": {}}\n";
    const QUERIES: &str = "{\"_id\": \"1\", \"text\": \"who flies?\"}\n\n\
                           {\"_id\": \"2\", \"text\": \"who swims?\"}\n\
                           {\"_id\": \"3\", \"text\": \"not judged\"}\n";
    const QRELS: &str = "query-id\tcorpus-id\tscore\n1\tb\t2\n1\ta\t-1\n1\tgone\t1\n2\ta\t0\n";

    fn check_beir(target: &Target) {
        assert_eq!(target.min_grade, 1);
        let documents = target.documents.as_ref().unwrap();
        let paths: Vec<_> = documents.sections.iter().map(|s| s.path.as_str()).collect();
        assert_eq!(paths, ["a", "b"]);
        assert_eq!(documents.sections[1].title, "Bees");
        assert_eq!(
            target.questions,
            [Question {
                id: "1".into(),
                text: "who flies?".into(),
                kind: None,
                relevant: [("b".to_owned(), 2), ("gone".to_owned(), 1)].into(),
                heading: None,
            }]
        );
        assert_eq!(
            target.notes,
            [
                "1 judged queries have no text or no relevant document: left out",
                "1 relevant documents are not in the corpus and cannot be found",
            ]
        );
    }

    #[test]
    fn reads_a_beir_folder() {
        let folder = folder(&[
            ("corpus.jsonl", CORPUS),
            ("queries.jsonl", QUERIES),
            ("qrels.tsv", QRELS),
        ]);
        check_beir(&Target::read(folder.path()).unwrap());
    }

    #[test]
    fn reads_gzipped_files_and_the_layout_of_beir() {
        let folder = folder(&[("queries.jsonl", QUERIES), ("qrels/test.tsv", QRELS)]);
        let file = File::create(folder.path().join("corpus.jsonl.gz")).unwrap();
        let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::default());
        encoder.write_all(CORPUS.as_bytes()).unwrap();
        encoder.finish().unwrap();
        check_beir(&Target::read(folder.path()).unwrap());
    }

    #[test]
    fn a_judged_query_without_text_is_noted() {
        let folder = folder(&[
            ("corpus.jsonl", CORPUS),
            ("queries.jsonl", QUERIES),
            ("qrels.tsv", "1\tb\t2\n9\tb\t1\n"),
        ]);
        let target = Target::read(folder.path()).unwrap();
        assert_eq!(
            target.notes,
            ["1 judged queries have no text or no relevant document: left out"]
        );
    }

    #[test]
    fn judgements_of_another_corpus_are_an_error() {
        let other = "{\"_id\": \"z\", \"text\": \"Zebras run.\"}\n";
        for corpus in [other, ""] {
            let folder = folder(&[
                ("corpus.jsonl", corpus),
                ("queries.jsonl", QUERIES),
                ("qrels.tsv", QRELS),
            ]);
            let error = Target::read(folder.path()).unwrap_err();
            assert!(matches!(&error, EvalError::OtherCorpus { document, .. } if document == "b"));
            assert!(error.to_string().contains("\nhint: "), "{error}");
        }
    }

    #[test]
    fn reads_a_question_file() {
        let folder = folder(&[(
            "bees.jsonl",
            "{\"id\": \"1\", \"question\": \"who flies?\", \"kind\": \"whatis\", \
             \"relevant\": {\"b.md\": 2, \"a.md\": 0}, \"heading\": \"Wings\", \
             \"heading_file\": \"b.md\"}\n\
             {\"id\": \"2\", \"question\": \"who swims?\", \"kind\": \"noanswer\", \
             \"relevant\": {}, \"heading\": null, \"heading_file\": null}\n",
        )]);
        let target = Target::read(&folder.path().join("bees.jsonl")).unwrap();
        assert_eq!((target.name.as_str(), target.min_grade), ("bees", 2));
        assert_eq!(
            target.questions[0].relevant,
            [("b.md".to_owned(), 2)].into()
        );
        let heading = target.questions[0].heading.as_ref().unwrap();
        assert_eq!(
            (heading.section.as_str(), heading.text.as_str()),
            ("b.md", "Wings")
        );
        assert!(target.questions[1].relevant.is_empty());
        assert_eq!(target.questions[1].heading, None);
        assert!(target.notes.is_empty());
    }

    #[test]
    fn a_heading_without_its_file_is_noted() {
        let folder = folder(&[(
            "q.jsonl",
            "{\"id\": \"1\", \"question\": \"a\", \"relevant\": {}, \"heading\": \"A\"}\n\
             {\"id\": \"2\", \"question\": \"b\", \"relevant\": {}, \"heading_file\": \"b.md\"}\n\
             {\"id\": \"3\", \"question\": \"c\", \"relevant\": {}}\n",
        )]);
        let target = Target::read(&folder.path().join("q.jsonl")).unwrap();
        assert_eq!(
            target.notes,
            ["heading and heading_file count only together: left out of 1, 2"]
        );
        assert!(target.questions.iter().all(|q| q.heading.is_none()));
    }

    #[test]
    fn a_question_with_lower_grades_alone_is_neither_answerable_nor_not() {
        let question = |relevant: &[(&str, u8)]| Question {
            id: String::new(),
            text: String::new(),
            kind: None,
            relevant: relevant.iter().map(|&(p, g)| (p.to_owned(), g)).collect(),
            heading: None,
        };
        assert_eq!(question(&[]).is_answerable(2), Some(false));
        assert_eq!(question(&[("a", 1)]).is_answerable(2), None);
        assert_eq!(question(&[("a", 1)]).is_answerable(1), Some(true));
        assert_eq!(question(&[("a", 1), ("b", 2)]).is_answerable(2), Some(true));
    }

    #[test]
    fn errors_name_file_and_line() {
        let folder = folder(&[
            ("bad.jsonl", "{\"id\": \"1\"}\n"),
            ("empty.jsonl", "\n"),
            ("corpus.jsonl", CORPUS),
            (
                "queries.jsonl",
                "{\"_id\": \"1\", \"text\": \"\"}\n{\"_id\": \"1\", \"text\": \"\"}\n",
            ),
        ]);
        let read = |name: &str| Target::read(&folder.path().join(name)).unwrap_err();
        assert!(matches!(read("bad.jsonl"), EvalError::Json { line: 1, .. }));
        assert!(matches!(read("empty.jsonl"), EvalError::NoQuestions { .. }));
        assert!(matches!(read("none.jsonl"), EvalError::Read { .. }));
        assert!(matches!(read("."), EvalError::DuplicateId { line: 2, id, .. } if id == "1"));
    }

    #[test]
    fn judgements_have_three_fields_and_a_small_grade() {
        assert_eq!(parse_judgement("q\td\t3"), Some(("q", "d", 3)));
        assert_eq!(parse_judgement("q\td\t-1\r"), Some(("q", "d", 0)));
        for bad in ["q\td", "q\td\tx", "q\td\t256", "q d 1", "q\t0\td\t1"] {
            assert_eq!(parse_judgement(bad), None, "{bad}");
        }
    }
}
