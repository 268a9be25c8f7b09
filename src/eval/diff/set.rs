//! The questions that both indexes are asked.

use std::path::Path;

use super::{Source, name};
use crate::corpus::Guide;
use crate::eval::EvalError;
use crate::eval::run::System;
use crate::eval::targets::{self, ANSWER, Question};
use crate::index::Index;

/// The name of the questions that come from a guide.
const GUIDE: &str = "guide";

/// Questions from one place.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionSet {
    /// Path of the question file, or `guide`.
    pub name: String,
    /// The questions.
    pub questions: Vec<Question>,
    /// How they are asked: those of a guide without the hints that they repeat, themselves among them,
    /// which would answer every one of them.
    pub system: System,
}

impl QuestionSet {
    /// Those of a question file, as `docent eval` reads it.
    ///
    /// # Errors
    ///
    /// A file that cannot be read or parsed (with its line), a duplicate id, no question, a folder.
    pub fn read(path: &Path) -> Result<Self, EvalError> {
        if path.is_dir() {
            return Err(EvalError::NotAQuestionFile {
                path: path.to_owned(),
            });
        }
        let target = targets::read_questions(path).map_err(|error| match error {
            EvalError::Read { path, source } => EvalError::ReadQuestions { path, source },
            error => error,
        })?;
        Ok(Self {
            name: name(path),
            questions: target.questions,
            system: System::Full,
        })
    }

    /// Those of the guide of `index`.
    ///
    /// # Errors
    ///
    /// [`EvalError::NoGuideQuestions`], and a guide that cannot be read.
    pub fn of_guide(index: &Index) -> Result<Self, EvalError> {
        let questions = guide_questions(&index.guide()?);
        if questions.is_empty() {
            return Err(EvalError::NoGuideQuestions {
                path: index.path().to_owned(),
            });
        }
        Ok(Self {
            name: GUIDE.to_owned(),
            questions,
            system: System::UnrepeatedHints,
        })
    }

    pub(super) fn source(&self) -> Source {
        Source {
            name: self.name.clone(),
            questions: self.questions.len(),
        }
    }

    /// Fails if the questions name sections and none of them is in any of `indexes`.
    pub(super) fn check_sections(&self, indexes: [&Index; 2]) -> Result<(), EvalError> {
        let mut named = self.questions.iter().flat_map(|q| q.relevant.keys());
        let Some(first) = named.clone().next() else {
            return Ok(());
        };
        let is_there = named.try_fold(false, |found, path| {
            let [before, after] = indexes.map(|index| index.find_section(path));
            Ok::<_, EvalError>(found || before?.is_some() || after?.is_some())
        })?;
        if is_there {
            return Ok(());
        }
        Err(EvalError::InNeitherIndex {
            questions: self.name.clone(),
            section: first.clone(),
        })
    }
}

/// The guide's questions with the sections that answer them.
pub fn guide_questions(guide: &Guide) -> Vec<Question> {
    let questions = guide.questions.iter();
    questions
        .filter(|known| !known.targets.is_empty())
        .map(|known| Question {
            // No two questions begin on one line.
            id: format!("{}:{}", known.source.file, known.source.line),
            text: known.question.clone(),
            kind: None,
            relevant: known
                .targets
                .iter()
                .map(|target| (target.clone(), ANSWER))
                .collect(),
            heading: None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{KnownQuestion, Source};

    #[test]
    fn the_guides_questions_are_asked_with_their_targets() {
        let guide = Guide {
            questions: vec![KnownQuestion {
                origin: String::new(),
                date: String::new(),
                question: "How do I page?".to_owned(),
                targets: vec!["b.md".to_owned(), "a.md".to_owned()],
                source: Source {
                    file: "sub/INDEX.md".to_owned(),
                    line: 7,
                },
            }],
            ..Guide::default()
        };
        let expected = Question {
            id: "sub/INDEX.md:7".to_owned(),
            text: "How do I page?".to_owned(),
            kind: None,
            relevant: [("a.md".to_owned(), 2), ("b.md".to_owned(), 2)].into(),
            heading: None,
        };
        assert_eq!(guide_questions(&guide), [expected]);
        assert_eq!(guide_questions(&Guide::default()), []);
    }
}
