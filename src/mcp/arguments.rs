//! The arguments of a call, as models write them.

use serde_json::{Map, Value};

use crate::terminal::printable_line;

/// Names of a parameter: its own first, then those that models write in its place.
type Names = &'static [&'static str];

/// The questions of `search_docs`.
const QUERY: Names = &[
    "query",
    "question",
    "q",
    "queries",
    "questions",
    "userQuery",
    "user_query",
    "search",
    "text",
];
/// Where it searches.
const IN: Names = &["in", "path", "folder", "scope", "file", "section"];
/// What the front matter of sections must say.
const WHERE: Names = &["where", "filter", "filters"];
/// What `read_docs` reads.
const LOCATION: Names = &[
    "location",
    "path",
    "file",
    "section",
    "file_path",
    "filePath",
    "id",
    "uri",
    "url",
    "locations",
];

/// Arguments of a tool: the values of its parameters, and the names that it does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arguments {
    values: Vec<Option<Vec<String>>>,
    unknown: Vec<String>,
    parameters: &'static [Names],
}

/// What `search_docs` was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchArguments {
    /// The questions; none if there is no word.
    pub questions: Vec<String>,
    /// Sections, folders or globs.
    pub within: Vec<String>,
    /// What their front matter must say.
    pub conditions: Vec<String>,
    /// A word about parameters that are not known.
    pub note: Option<String>,
}

/// What `read_docs` was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadArguments {
    /// The locations.
    pub locations: Vec<String>,
    /// A word about parameters that are not known.
    pub note: Option<String>,
}

impl SearchArguments {
    /// Reads the arguments of a call. Each line of the query is a question.
    pub fn read(arguments: &Map<String, Value>) -> Self {
        let mut arguments = Arguments::read(arguments, &[QUERY, IN, WHERE]);
        Self {
            note: arguments.note(),
            questions: arguments.take(0),
            within: arguments.take(1),
            conditions: arguments.take(2),
        }
    }
}

impl ReadArguments {
    /// Reads the arguments of a call. Each line is a location.
    pub fn read(arguments: &Map<String, Value>) -> Self {
        let mut arguments = Arguments::read(arguments, &[LOCATION]);
        Self {
            note: arguments.note(),
            locations: arguments.take(0),
        }
    }
}

impl Arguments {
    /// The first name of a parameter that has a value gives it.
    fn read(arguments: &Map<String, Value>, parameters: &'static [Names]) -> Self {
        let of = |names: &Names| {
            let given = names.iter().filter_map(|name| arguments.get(*name));
            given.map(texts).find(|texts| !texts.is_empty())
        };
        let is_known = |name: &str| parameters.iter().any(|names| names.contains(&name));
        let has_value = |value: &Value| !texts(value).is_empty();
        let unknown = arguments
            .iter()
            .filter(|(name, value)| !is_known(name) && has_value(value))
            .map(|(name, _)| printable_line(name).into_owned());
        Self {
            values: parameters.iter().map(of).collect(),
            unknown: unknown.collect(),
            parameters,
        }
    }

    fn take(&mut self, parameter: usize) -> Vec<String> {
        self.values[parameter].take().unwrap_or_default()
    }

    fn note(&self) -> Option<String> {
        if self.unknown.is_empty() {
            return None;
        }
        let names: Vec<&str> = self.parameters.iter().map(|names| names[0]).collect();
        let known = match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        let mut unknown = self.unknown.join(", ");
        if unknown.len() > 200 {
            unknown = unknown.chars().take(200).collect();
        }
        Some(format!("ignored: {unknown}; the parameters are {known}"))
    }
}

/// What a value says, line by line: nothing if it stands for none.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => lines(text),
        Value::Number(number) => vec![number.to_string()],
        Value::Bool(true) => vec!["true".to_owned()],
        Value::Array(values) => values.iter().flat_map(texts).collect(),
        Value::Null | Value::Bool(false) | Value::Object(_) => Vec::new(),
    }
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !is_nothing(line));
    said.map(str::to_owned).collect()
}

/// Programs fill optional parameters with one of these.
fn is_nothing(text: &str) -> bool {
    matches!(text, "null" | "None" | "undefined")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn search(value: Value) -> SearchArguments {
        SearchArguments::read(value.as_object().unwrap())
    }

    #[test]
    fn invented_names_and_empty_values_are_understood() {
        let asked = search(json!({"question": "a\n\n b ", "in": "null", "folder": "x/"}));
        assert_eq!(asked.questions, ["a", "b"]);
        assert_eq!(asked.within, ["x/"]);
        assert_eq!(asked.note, None);
        let asked = search(json!({"query": "", "q": ["a", "b"], "in": null}));
        assert_eq!((asked.questions.len(), asked.within.len()), (2, 0));
        let read = ReadArguments::read(json!({"file_path": "a.md:1-2"}).as_object().unwrap());
        assert_eq!(read.locations, ["a.md:1-2"]);
    }

    #[test]
    fn unknown_names_are_told() {
        let asked =
            search(json!({"query": "a", "limit": 5, "top_k": 0, "x": null, "y\u{1b}": "b"}));
        assert_eq!(
            asked.note.as_deref(),
            Some("ignored: limit, top_k, y\\u{1b}; the parameters are query, in and where")
        );
    }
}
