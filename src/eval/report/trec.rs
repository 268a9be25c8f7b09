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
