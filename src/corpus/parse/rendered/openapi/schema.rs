//! Schemas in short: a type in words, and the properties of objects.

use std::cell::Cell;
use std::collections::HashMap;

use crate::corpus::parse::rendered::markup;
use crate::corpus::tree::{Tree, Value};

pub(super) const MAX_HOPS: usize = 4;
pub(super) const MAX_LEVELS: usize = 2;
pub(super) const MAX_ROWS: usize = 60;
/// How many schemas of a file are looked at, where one that is shared counts each time.
const MAX_VISITS: usize = 2_000_000;
pub(super) const MAX_VALUES: usize = 20;
/// The most characters of a name or value, and of a text in a table.
const MAX_WORD: usize = 200;
pub(super) const MAX_CELL: usize = 2000;

/// What references name.
pub(super) struct Schemas<'a> {
    named: HashMap<String, &'a Tree>,
    visits: Cell<usize>,
}

/// A property of an object.
pub(super) struct Row {
    /// With those of the objects around it: `owner.name`, `tags[].id`.
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) is_required: bool,
    pub(super) description: String,
    pub(super) line: u32,
}

impl<'a> Schemas<'a> {
    pub(super) fn of(root: &'a Tree) -> Self {
        let mut named = HashMap::new();
        let components = root
            .get("components")
            .map_or(&[][..], |components| components.entries());
        let components = components
            .iter()
            .map(|(kind, group)| (format!("components/{kind}"), group));
        let version2 = ["definitions", "parameters", "responses"];
        let version2 = version2
            .iter()
            .filter_map(|kind| Some(((*kind).to_owned(), root.get(kind)?)));
        for (path, group) in components.chain(version2) {
            for (name, node) in group.entries() {
                let name = name.replace('~', "~0").replace('/', "~1");
                named.insert(format!("#/{path}/{name}"), node.as_ref());
            }
        }
        let visits = Cell::new(0);
        Self { named, visits }
    }

    /// What a node refers to, and under which name; itself if it is no reference.
    pub(super) fn resolve<'b>(&self, node: &'b Tree) -> (&'b Tree, Option<&'b str>)
    where
        'a: 'b,
    {
        let mut node = node;
        let mut name = None;
        for _ in 0..MAX_HOPS {
            let Some(reference) = node.text_of("$ref") else {
                break;
            };
            name = name.or_else(|| reference.rsplit(['/', '#']).next());
            match self.named.get(reference) {
                Some(target) => node = target,
                None => break,
            }
        }
        (node, name)
    }

    fn may_visit(&self) -> bool {
        self.visits.set(self.visits.get().saturating_add(1));
        self.visits.get() <= MAX_VISITS
    }

    /// A schema's type in words, as Markdown.
    pub(super) fn type_of(&self, schema: &Tree) -> String {
        self.type_within(schema, 0)
    }

    fn type_within(&self, schema: &Tree, depth: usize) -> String {
        if depth > MAX_LEVELS || !self.may_visit() {
            return "…".to_owned();
        }
        let (target, name) = self.resolve(schema);
        if let Some(name) = name {
            return word(name);
        }
        for (key, word) in [("oneOf", " or "), ("anyOf", " or "), ("allOf", " and ")] {
            if let Some(choices) = target
                .get(key)
                .filter(|choices| !choices.items().is_empty())
            {
                let choices = choices.items().iter().take(MAX_VALUES);
                let choices: Vec<String> = choices
                    .map(|choice| self.type_within(choice, depth + 1))
                    .collect();
                return choices.join(word);
            }
        }
        let kind = simple_type(target);
        let kind = match (&*kind, target.get("items")) {
            ("array", Some(items)) => format!("array of {}", self.type_within(items, depth + 1)),
            _ => word(&kind),
        };
        let format = target
            .text_of("format")
            .map(|format| format!(" ({})", word(format)));
        let values = target
            .get("enum")
            .map_or(&[][..], |values| values.items())
            .iter();
        let values = values
            .take(MAX_VALUES)
            .filter_map(|value| value.text())
            .map(value);
        let values = values.collect::<Vec<_>>().join(", ");
        let values = if values.is_empty() {
            values
        } else {
            format!(": {values}")
        };
        let default = target
            .text_of("default")
            .map(value)
            .filter(|default| !default.is_empty());
        let default = default.map(|default| format!(", default {default}"));
        format!(
            "{kind}{}{values}{}",
            format.unwrap_or_default(),
            default.unwrap_or_default()
        )
    }

    /// The properties of an object, or of the objects in an array, on lines from `at` on.
    pub(super) fn rows(&self, schema: &Tree, at: u32) -> Vec<Row> {
        let mut rows = Vec::new();
        self.collect(schema, "", 0, at, &mut rows);
        rows
    }

    fn collect(&self, schema: &Tree, prefix: &str, depth: usize, at: u32, rows: &mut Vec<Row>) {
        if depth > MAX_LEVELS || rows.len() >= MAX_ROWS || !self.may_visit() {
            return;
        }
        let (target, name) = self.resolve(schema);
        // What is referred to stands elsewhere in the file.
        let is_here = name.is_none();
        if let Some(items) = target.get("items") {
            let prefix = format!("{}[]", prefix.trim_end_matches('.'));
            self.collect(items, &format!("{prefix}."), depth + 1, at, rows);
        }
        for part in target.get("allOf").map_or(&[][..], |parts| parts.items()) {
            self.collect(part, prefix, depth + 1, at, rows);
        }
        let required = target
            .get("required")
            .map_or(&[][..], |required| required.items());
        for (name, property) in target
            .get("properties")
            .map_or(&[][..], |properties| properties.entries())
        {
            if rows.len() >= MAX_ROWS {
                return;
            }
            let line = if is_here { property.line.max(at) } else { at };
            let full = format!("{prefix}{}", short(name, MAX_WORD));
            let description = property
                .text_of("description")
                .or_else(|| property.text_of("title"));
            let description = description.or_else(|| self.resolve(property).0.text_of("title"));
            rows.push(Row {
                name: full.clone(),
                kind: self.type_of(property),
                is_required: required
                    .iter()
                    .take(MAX_ROWS)
                    .any(|required| required.text() == Some(name)),
                description: markup::one_line(short(description.unwrap_or_default(), MAX_CELL)),
                line,
            });
            self.collect(property, &format!("{full}."), depth + 1, line, rows);
        }
    }
}

/// The beginning of a text, at most `limit` characters.
pub(super) fn short(text: &str, limit: usize) -> &str {
    text.char_indices()
        .nth(limit)
        .map_or(text, |(at, _)| &text[..at])
}

/// A name or the like as Markdown.
pub(super) fn word(text: &str) -> String {
    markup::escape(short(text, MAX_WORD))
}

fn value(text: &str) -> String {
    markup::code(short(text, MAX_WORD))
}

/// The type that a schema names, or several of version 3.1.
fn simple_type(schema: &Tree) -> String {
    match schema.get("type").map(|kind| &kind.value) {
        Some(Value::Text(kind)) => kind.clone(),
        Some(Value::List(kinds)) => {
            let kinds: Vec<&str> = kinds
                .iter()
                .take(MAX_VALUES)
                .filter_map(|kind| kind.text())
                .collect();
            kinds.join(" or ")
        }
        _ if schema.get("properties").is_some() => "object".to_owned(),
        _ => String::new(),
    }
}
