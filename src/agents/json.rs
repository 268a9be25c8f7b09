//! Something put into a JSON text, comments and trailing commas included, and taken out again to the byte.
//!
//! The parser says where a list or object begins, and the new text goes right behind its bracket; nothing else is
//! touched. Its form tells what was there, so that it can be undone without a record:
//!
//! | before | after |
//! |---|---|
//! | members on lines of their own | `{`, a line break, the new member on lines of its own, a comma |
//! | other members | `{"new": 1, ` and the rest, all on one line |
//! | no member, whatever the space | `{"new": 1` and the rest: no space after the bracket |
//! | no such object | one with a line break or a space after its bracket, and nothing else in it |
//! | an empty file | all of it, without a line break at the end |
//! | no file | all of it, with a line break at the end |
//!
//! To take it out, each of these is undone, and the one is right from which putting it in leads to the text. No
//! two texts lead to the same one (`tests` below, and the properties in `tests/it/agents_properties.rs`). Where
//! another program has rewritten the file, none is right, and the member alone is removed.

use jsonc_parser::ast::{Array, Object, ObjectProp, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::cst::{CstContainerNode, CstNode, CstRootNode};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::error::AgentsError;
use super::value::{Json, Layout, joined, quoted};

/// Something that belongs into a document.
#[derive(Debug, Clone)]
pub(super) struct Insertion {
    /// The keys that lead to the object or list that it is put into. What is not there is made.
    pub path: &'static [&'static str],
    pub leaf: Leaf,
}

/// What is put in.
#[derive(Debug, Clone)]
pub(super) enum Leaf {
    /// A member of an object.
    Member(&'static str, Json),
    /// Elements of a list, in a row.
    Items(Vec<Json>),
}

impl Insertion {
    /// `text` with this in it; `None` is a file that is not there.
    pub fn insert(&self, text: Option<&str>) -> Result<String, AgentsError> {
        let whole = || self.container(0, &Layout::default());
        let Some(text) = text else {
            return Ok(whole() + "\n");
        };
        if is_blank(text) {
            return Ok(text.to_owned() + &whole());
        }
        let root = parse(text)?;
        let (depth, container) = self.place(&root)?;
        let at = container.start() + 1;
        let first = first_in(container);
        let is_on_lines = text[at..]
            .trim_start_matches([' ', '\t'])
            .starts_with(['\n', '\r']);
        let new = match first {
            Some(first) if is_on_lines => {
                let unit = first_in(&root).and_then(|first| indent_of(text, first));
                let unit = unit.filter(|unit| !unit.is_empty()).unwrap_or("  ");
                let indent =
                    indent_of(text, first).map_or_else(|| unit.repeat(depth + 1), str::to_owned);
                let newline = newline_of(text);
                let layout = Layout::Lines {
                    newline,
                    unit,
                    indent,
                };
                let new = self.element(depth, &layout);
                format!("{}{new},", layout.start())
            }
            Some(_) => self.element(depth, &Layout::Line) + ", ",
            None => self.element(depth, &Layout::Line),
        };
        Ok(format!("{}{new}{}", &text[..at], &text[at..]))
    }

    /// The text before, to the byte, or `None` if there was no file. Where another program has rewritten the file,
    /// what was put in is removed and the rest stays as that program wrote it.
    pub fn taken_out(&self, text: &str) -> Option<String> {
        match self.remove(text) {
            Some(before) => before,
            None => Some(
                self.remove_rewritten(text)
                    .unwrap_or_else(|| text.to_owned()),
            ),
        }
    }

    /// The text before, if `text` is, to the byte, what [`Self::insert`] made of it.
    fn remove(&self, text: &str) -> Option<Option<String>> {
        let leads_here = |before: &Option<String>| {
            let after = self.insert(before.as_deref());
            after.is_ok_and(|after| after == text)
        };
        self.candidates(text)?.into_iter().find(leads_here)
    }

    /// What stands there: the member's value, or as many first elements as this has items. `None` if nothing does,
    /// `Some(None)` if it is nothing that docent writes.
    pub fn found(&self, text: &str) -> Result<Option<Option<Json>>, AgentsError> {
        if is_blank(text) {
            return Ok(None);
        }
        let root = parse(text)?;
        let (depth, container) = self.place(&root)?;
        if depth < self.path.len() {
            return Ok(None);
        }
        match (&self.leaf, container) {
            (Leaf::Member(key, _), Value::Object(object)) => {
                Ok(member(object, key)?.map(|found| read(&found.value)))
            }
            (Leaf::Items(items), Value::Array(list)) => {
                let first: Option<Vec<Json>> =
                    list.elements.iter().take(items.len()).map(read).collect();
                Ok(Some(first.map(Json::List)))
            }
            _ => Ok(None),
        }
    }

    /// Whether one of the items stands anywhere in the list.
    pub fn has_any_item(&self, text: &str) -> Result<bool, AgentsError> {
        if is_blank(text) {
            return Ok(false);
        }
        let root = parse(text)?;
        let (depth, container) = self.place(&root)?;
        let (Leaf::Items(items), Value::Array(list), true) =
            (&self.leaf, container, depth == self.path.len())
        else {
            return Ok(false);
        };
        Ok(list
            .elements
            .iter()
            .any(|element| read(element).is_some_and(|found| items.contains(&found))))
    }

    /// `text` without the member, or without as many first elements of the list as this has items.
    fn remove_rewritten(&self, text: &str) -> Option<String> {
        let root = CstRootNode::parse(text, &strict()).ok()?;
        let mut node = root.value()?;
        for key in self.path {
            node = node.as_object()?.get(key)?.value()?;
        }
        match &self.leaf {
            Leaf::Member(key, _) => node.as_object()?.get(key)?.remove(),
            Leaf::Items(items) => {
                let elements: Vec<CstNode> = node.as_array()?.elements();
                elements
                    .into_iter()
                    .take(items.len())
                    .for_each(CstNode::remove);
            }
        }
        Some(CstContainerNode::from(root).to_string())
    }

    /// How deep the path is there, and the object or list at its end.
    fn place<'v, 'a>(&self, root: &'v Value<'a>) -> Result<(usize, &'v Value<'a>), AgentsError> {
        let mut container = root;
        for (depth, key) in self.path.iter().enumerate() {
            match member(self.object(container, depth)?, key)? {
                Some(found) => container = &found.value,
                None => return Ok((depth, container)),
            }
        }
        if let Leaf::Items(_) = self.leaf {
            if container.as_array().is_none() {
                return Err(self.wrong_kind(self.path.len(), "a list"));
            }
        } else {
            self.object(container, self.path.len())?;
        }
        Ok((self.path.len(), container))
    }

    fn object<'v, 'a>(
        &self,
        value: &'v Value<'a>,
        depth: usize,
    ) -> Result<&'v Object<'a>, AgentsError> {
        value
            .as_object()
            .ok_or_else(|| self.wrong_kind(depth, "an object"))
    }

    fn wrong_kind(&self, depth: usize, expected: &'static str) -> AgentsError {
        let key = match depth {
            0 => "the file".to_owned(),
            _ => format!("\"{}\"", self.path[..depth].join(".")),
        };
        AgentsError::WrongKind { key, expected }
    }

    /// The texts from which `text` may have been made, one of them by this.
    fn candidates(&self, text: &str) -> Option<Vec<Option<String>>> {
        let root = parse(text).ok()?;
        let without =
            |start: usize, end: usize| Some(format!("{}{}", &text[..start], &text[end..]));
        let mut candidates = Vec::new();
        for (open, start, end) in self.spans(&root)?.into_iter().rev() {
            candidates.push(without(open, end));
            if text[end..].starts_with(',') {
                candidates.push(without(open, end + 1));
            }
            if text[end..].starts_with(", ") && start == open {
                candidates.push(without(open, end + 2));
            }
        }
        candidates.push(None);
        candidates.push(text.get(..root.start()).map(str::to_owned));
        Some(candidates)
    }

    /// For each object or list on the path, from the outermost: where it is open, and where in it that begins and
    /// ends which leads on, or is put in.
    fn spans(&self, root: &Value) -> Option<Vec<(usize, usize, usize)>> {
        let mut spans = Vec::new();
        let mut container = root;
        for key in self.path {
            let found = container.as_object()?.get(key)?;
            spans.push((container.start() + 1, found.start(), found.end()));
            container = &found.value;
        }
        let (start, end) = match &self.leaf {
            Leaf::Member(key, _) => {
                let found = container.as_object()?.get(key)?;
                (found.start(), found.end())
            }
            Leaf::Items(items) => {
                let elements = container.as_array()?.elements.get(..items.len())?;
                (elements.first()?.start(), elements.last()?.end())
            }
        };
        spans.push((container.start() + 1, start, end));
        Some(spans)
    }

    /// What is put into the container that is `depth` keys deep.
    fn element(&self, depth: usize, layout: &Layout) -> String {
        match (self.path.get(depth), &self.leaf) {
            (Some(key), _) => format!("{}: {}", quoted(key), self.container(depth + 1, layout)),
            (None, Leaf::Member(key, value)) => {
                format!("{}: {}", quoted(key), value.written(layout))
            }
            (None, Leaf::Items(items)) => {
                joined(items.iter().map(|item| item.written(layout)), layout)
            }
        }
    }

    /// The container that is `depth` keys deep, made anew.
    fn container(&self, depth: usize, layout: &Layout) -> String {
        let is_list = depth == self.path.len() && matches!(self.leaf, Leaf::Items(_));
        let (open, close) = if is_list { ("[", "]") } else { ("{", "}") };
        let inner = layout.deeper();
        let element = self.element(depth, &inner);
        match layout {
            Layout::Line => format!("{open} {element} {close}"),
            Layout::Lines { .. } => {
                format!("{open}{}{element}{}{close}", inner.start(), layout.start())
            }
        }
    }
}

/// Whether `text`, an object, has one at the end of `path`, without a member `type`.
pub(super) fn is_plain_object(text: &str, path: &[&str]) -> bool {
    let Ok(root) = parse(text) else { return false };
    let mut value = Some(&root);
    for key in path {
        value = value
            .and_then(Value::as_object)
            .and_then(|object| object.get(key))
            .map(|found| &found.value);
    }
    value
        .and_then(Value::as_object)
        .is_some_and(|object| object.get("type").is_none())
}

/// What the parser read; `None` if there is a number or `null` in it, which docent does not write.
fn read(value: &Value) -> Option<Json> {
    Some(match value {
        Value::StringLit(text) => Json::Text(text.value.to_string()),
        Value::BooleanLit(value) => Json::Bool(value.value),
        Value::Array(Array { elements, .. }) => {
            Json::List(elements.iter().map(read).collect::<Option<_>>()?)
        }
        Value::Object(object) => Json::Object(
            object
                .properties
                .iter()
                .map(|member| Some((member.name.as_str().to_owned(), read(&member.value)?)))
                .collect::<Option<_>>()?,
        ),
        Value::NumberLit(_) | Value::NullKeyword(_) => return None,
    })
}

/// JSON with comments and trailing commas, and nothing looser.
fn strict() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

fn parse(text: &str) -> Result<Value<'_>, AgentsError> {
    let parsed = parse_to_ast(text, &CollectOptions::default(), &strict());
    let parsed = parsed.map_err(|error| AgentsError::Broken {
        line: error.line_display(),
        problem: error.kind().to_string(),
    })?;
    parsed.value.ok_or(AgentsError::WrongKind {
        key: "the file".to_owned(),
        expected: "an object",
    })
}

/// Whether there is nothing but the white space of JSON.
fn is_blank(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
}

/// The only member of this name.
fn member<'v, 'a>(
    object: &'v Object<'a>,
    key: &str,
) -> Result<Option<&'v ObjectProp<'a>>, AgentsError> {
    let mut found = object
        .properties
        .iter()
        .filter(|member| member.name.as_str() == key);
    let first = found.next();
    match found.next() {
        Some(_) => Err(AgentsError::Twice {
            key: format!("\"{key}\""),
        }),
        None => Ok(first),
    }
}

/// Where the first member or element begins.
fn first_in(container: &Value) -> Option<usize> {
    match container {
        Value::Object(object) => object.properties.first().map(Ranged::start),
        Value::Array(list) => list.elements.first().map(Ranged::start),
        _ => None,
    }
}

/// The indentation of what begins at `start`, if it is the first on its line.
fn indent_of(text: &str, start: usize) -> Option<&str> {
    let line = text[..start].rfind(['\n', '\r'])? + 1;
    let indent = &text[line..start];
    indent
        .chars()
        .all(|c| matches!(c, ' ' | '\t'))
        .then_some(indent)
}

/// How lines end: as the first one does.
fn newline_of(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((line, _)) if line.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &[&str] = &["servers"];

    fn docent() -> Insertion {
        Insertion {
            path: PATH,
            leaf: Leaf::Member(
                "docent",
                Json::Object(vec![("on".into(), Json::Bool(true))]),
            ),
        }
    }

    /// What comes of each text, all of them different, and back.
    #[test]
    fn texts_that_are_alike_stay_apart() {
        let cases = [
            (
                None,
                "{\n  \"servers\": {\n    \"docent\": {\n      \"on\": true\n    }\n  }\n}\n",
            ),
            (
                Some(""),
                "{\n  \"servers\": {\n    \"docent\": {\n      \"on\": true\n    }\n  }\n}",
            ),
            (
                Some("\n"),
                "\n{\n  \"servers\": {\n    \"docent\": {\n      \"on\": true\n    }\n  }\n}",
            ),
            (Some("{}"), r#"{"servers": { "docent": {"on": true} }}"#),
            (
                Some("{\n}\n"),
                "{\"servers\": { \"docent\": {\"on\": true} }\n}\n",
            ),
            (
                Some(r#"{"servers": {}}"#),
                r#"{"servers": {"docent": {"on": true}}}"#,
            ),
            (
                Some(r#"{"servers": { }}"#),
                r#"{"servers": {"docent": {"on": true} }}"#,
            ),
            (
                Some("{\n  \"servers\": {\n  }\n}\n"),
                "{\n  \"servers\": {\"docent\": {\"on\": true}\n  }\n}\n",
            ),
            (
                Some(r#"{"a": 1}"#),
                r#"{"servers": { "docent": {"on": true} }, "a": 1}"#,
            ),
            (
                Some("{\r\n\t\"a\": 1 // one\r\n}"),
                "{\r\n\t\"servers\": {\r\n\t\t\"docent\": {\r\n\t\t\t\"on\": true\r\n\t\t}\r\n\t},\r\n\t\"a\": 1 // one\r\n}",
            ),
            (
                Some("{\n  \"servers\": {\n    // mine\n    \"b\": {},\n  },\n}"),
                "{\n  \"servers\": {\n    \"docent\": {\n      \"on\": true\n    },\n    // mine\n    \"b\": {},\n  },\n}",
            ),
            (
                Some(r#"{"servers": {"b": 1}}"#),
                r#"{"servers": {"docent": {"on": true}, "b": 1}}"#,
            ),
        ];
        for (before, after) in cases {
            assert_eq!(docent().insert(before).unwrap(), after, "{before:?}");
            assert_eq!(
                docent().remove(after),
                Some(before.map(str::to_owned)),
                "{after}"
            );
        }
    }

    #[test]
    fn a_list_takes_items() {
        let items = || Leaf::Items(vec![Json::Text("x".into()), Json::Text("y".into())]);
        let allow = Insertion {
            path: &["permissions", "allow"],
            leaf: items(),
        };
        let cases = [
            (
                r#"{"permissions": {"allow": ["x"]}}"#,
                r#"{"permissions": {"allow": ["x", "y", "x"]}}"#,
            ),
            (
                r#"{"permissions": {"allow": []}}"#,
                r#"{"permissions": {"allow": ["x", "y"]}}"#,
            ),
            (
                r#"{"permissions": {}}"#,
                r#"{"permissions": {"allow": [ "x", "y" ]}}"#,
            ),
            ("{}", r#"{"permissions": { "allow": [ "x", "y" ] }}"#),
        ];
        for (before, after) in cases {
            assert_eq!(allow.insert(Some(before)).unwrap(), after);
            assert_eq!(allow.remove(after), Some(Some(before.to_owned())));
        }
    }

    #[test]
    fn what_another_program_rewrote_is_removed_alone() {
        let rewritten = "{\n    \"a\": 1,\n    \"servers\": {\n        \"docent\": {\n            \"on\": true\n        }\n    }\n}";
        assert_eq!(docent().remove(rewritten), None);
        assert_eq!(
            docent().remove_rewritten(rewritten).unwrap(),
            "{\n    \"a\": 1,\n    \"servers\": {}\n}"
        );
    }

    #[test]
    fn other_texts_are_refused_with_their_line() {
        let problem = |text| docent().insert(Some(text)).unwrap_err().to_string();
        // A comma is missing at the end of the second line.
        assert!(problem("{\n  \"a\": 1\n  \"b\": 2\n}").starts_with("line 2: Expected comma\n"));
        assert!(problem("[]").starts_with("the file is not an object\n"));
        assert!(problem("// nothing").starts_with("the file is not an object\n"));
        assert!(problem(r#"{"servers": []}"#).starts_with("\"servers\" is not an object\n"));
        assert!(
            problem(r#"{"servers": {}, "servers": {}}"#).starts_with("\"servers\" stands twice\n")
        );
    }
}
