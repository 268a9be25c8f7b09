//! TREC run files, so that any other tool can check the figures.

use std::io::{self, Write};

use crate::eval::run::QuestionRun;

/// Writes a line `question Q0 section rank score docent` for each ranked section.
///
/// Tools such as trec_eval order by score and ignore the rank, so scores fall strictly: one that
/// does not is set to the next number below its predecessor. Blank space in ids, which separates
/// fields, is written `%20`.
pub fn write_run(questions: &[QuestionRun], out: &mut dyn Write) -> io::Result<()> {
    for run in questions {
        let id = field(&run.question.id);
        let mut last = f32::INFINITY;
        for (i, section) in run.ranking.iter().enumerate() {
            last = section.score.min(last.next_down());
            writeln!(
                out,
                "{id} Q0 {} {} {last} docent",
                field(&section.path),
                i + 1
            )?;
        }
    }
    Ok(())
}

fn field(id: &str) -> String {
    id.split(char::is_whitespace)
        .collect::<Vec<_>>()
        .join("%20")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Signals;
    use crate::calibration::Arms;
    use crate::eval::run::{Outcome, RankedSection};
    use crate::eval::targets::Question;

    fn run(id: &str, ranking: &[(&str, f32)]) -> QuestionRun {
        let section = |&(path, score): &(&str, f32)| RankedSection {
            path: path.to_owned(),
            score,
            arms: Arms::default(),
            signals: Signals::default(),
            hint: None,
        };
        QuestionRun {
            question: Question {
                id: id.to_owned(),
                text: String::new(),
                kind: None,
                relevant: Default::default(),
                heading: None,
            },
            ranking: ranking.iter().map(section).collect(),
            outcome: Outcome {
                kind: None,
                answerable: Some(false),
                success_at: None,
                recall_at_4: None,
                reciprocal_rank: None,
                ndcg_at_10: None,
                heading_found: None,
                sureness: None,
                withheld: None,
            },
        }
    }

    #[test]
    fn scores_fall_strictly_and_fields_have_no_blanks() {
        let runs = [
            run("q 1", &[("a.md", 1.5), ("b c.md", 1.5), ("d.md", -2.0)]),
            run("q2", &[]),
        ];
        let mut out = Vec::new();
        write_run(&runs, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "q%201 Q0 a.md 1 1.5 docent\n\
             q%201 Q0 b%20c.md 2 1.4999999 docent\n\
             q%201 Q0 d.md 3 -2 docent\n"
        );
    }
}
