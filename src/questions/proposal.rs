//! Questions as somebody proposes them: lines of JSON, or a table in Markdown, or both among other text.

use serde::Deserialize;

use crate::corpus::{KnownQuestion, Source, parse_guide};

/// A proposed question, or what is wrong with the line.
pub type Line = Result<KnownQuestion, Problem>;

/// A line that is no question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Counted from 1.
    pub line: u32,
    /// What is wrong with it.
    pub message: String,
}

/// A line of JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Proposed {
    question: String,
    sections: Vec<String>,
    #[serde(default)]
    source: String,
    #[serde(default)]
    date: String,
}

/// The questions of `text`, which is named `file`, in order: of each line that begins with `{`, and of each
/// row of a table of questions. Everything else, such as what a language model says before and after, is
/// passed over.
pub fn read_proposal(file: &str, text: &str) -> Vec<Line> {
    let mut lines: Vec<(u32, Line)> = Vec::new();
    for (line, number) in text.lines().zip(1u32..) {
        let line = line.trim().trim_end_matches(',');
        if line.starts_with('{') {
            lines.push((number, read_json(file, line, number)));
        }
    }
    let rows = parse_guide(file, text).questions.into_iter();
    lines.extend(rows.map(|known| (known.source.line, Ok(known))));
    lines.sort_by_key(|(number, _)| *number);
    lines.into_iter().map(|(_, line)| line).collect()
}

fn read_json(file: &str, text: &str, line: u32) -> Line {
    let proposed: Proposed = serde_json::from_str(text).map_err(|error| {
        // The line is not that of the text alone.
        let error = error.to_string();
        let reason = error.split(" at line ").next().unwrap_or_default();
        Problem {
            line,
            message: format!("not {{\"question\": TEXT, \"sections\": [PATH]}}: {reason}"),
        }
    })?;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(KnownQuestion {
        question: words(&proposed.question),
        targets: proposed.sections,
        origin: words(&proposed.source),
        date: words(&proposed.date),
        source: Source {
            file: file.to_owned(),
            line,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_tables_among_other_text() {
        let text = "Here are some:\n```json\n{\"question\": \" how  so \", \"sections\": [\"a.md\"], \"date\": \"today\"},\n\
                    {\"question\": \"why\"}\n```\n\n| Question | Sections |\n|---|---|\n| when | b.md |\n";
        let lines = read_proposal("new.txt", text);
        let show = |line: &Line| match line {
            Ok(known) => format!(
                "{} {} {:?} {}",
                known.source.line, known.question, known.targets, known.date
            ),
            Err(problem) => format!("{} {}", problem.line, problem.message),
        };
        let shown: Vec<String> = lines.iter().map(show).collect();
        assert_eq!(
            shown,
            [
                "3 how so [\"a.md\"] today",
                "4 not {\"question\": TEXT, \"sections\": [PATH]}: missing field `sections`",
                "9 when [\"b.md\"] ",
            ]
        );
        assert_eq!(read_proposal("new.txt", "nothing\n"), []);
    }
}
