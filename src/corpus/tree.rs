//! JSON (RFC 8259) and YAML (1.2) as one tree whose values know the line on which they stand.
//!
//! Memory is linear in the source: an alias of YAML is the same node again, not a copy. Nesting ends at 128
//! levels, aliases included, which is `serde_json`'s own limit. Merge keys (`<<`), which YAML 1.2 does not know,
//! are keys like others.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value and its line: that of a text's end, of a list's or map's beginning, counted from 1.
#[derive(Debug, PartialEq)]
pub(in crate::corpus) struct Tree {
    pub(in crate::corpus) line: u32,
    pub(in crate::corpus) value: Value,
}

#[derive(Debug, PartialEq)]
pub(in crate::corpus) enum Value {
    Null,
    /// A string, or a number or truth value as it is written.
    Text(String),
    List(Vec<Rc<Tree>>),
    /// In the order of the file.
    Map(Vec<(String, Rc<Tree>)>),
}

const MAX_DEPTH: usize = 128;

impl Tree {
    pub(in crate::corpus) fn get(&self, key: &str) -> Option<&Rc<Tree>> {
        let entry = self.entries().iter().find(|(name, _)| name == key);
        entry.map(|(_, value)| value)
    }

    /// The value that `keys` lead to, one after the other.
    pub(in crate::corpus) fn at(&self, keys: &[&str]) -> Option<&Tree> {
        keys.iter()
            .try_fold(self, |tree, key| tree.get(key).map(Rc::as_ref))
    }

    pub(in crate::corpus) fn entries(&self) -> &[(String, Rc<Tree>)] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    pub(in crate::corpus) fn items(&self) -> &[Rc<Tree>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(in crate::corpus) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(in crate::corpus) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(|value| value.text())
    }
}

/// The tree of a JSON text, or why it is none.
pub(in crate::corpus) fn of_json(source: &str) -> Result<Rc<Tree>, String> {
    let line = Cell::new(1);
    let reader = CountedLines {
        rest: source.trim_start_matches('\u{feff}').as_bytes(),
        line: &line,
    };
    let mut json = serde_json::Deserializer::from_reader(reader);
    let tree = Seed(&line).deserialize(&mut json);
    let tree = tree.map_err(|error| error.to_string())?;
    json.end().map_err(|error| error.to_string())?;
    Ok(tree)
}

/// Counts the lines of what `serde_json` has read, byte by byte: it looks at no byte before it needs it.
struct CountedLines<'a> {
    rest: &'a [u8],
    line: &'a Cell<u32>,
}

impl Read for CountedLines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (Some((&byte, rest)), Some(slot)) = (self.rest.split_first(), buffer.first_mut())
        else {
            return Ok(0);
        };
        if byte == b'\n' {
            self.line.set(self.line.get().saturating_add(1));
        }
        *slot = byte;
        self.rest = rest;
        Ok(1)
    }
}

#[derive(Clone, Copy)]
struct Seed<'a>(&'a Cell<u32>);

impl Seed<'_> {
    fn node(self, value: Value) -> Rc<Tree> {
        let line = self.0.get();
        Rc::new(Tree { line, value })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Rc<Tree>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Rc<Tree>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Rc<Tree>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Text(value.to_string())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Text(value.to_string())))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Text(value.to_string())))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Text(value.to_string())))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Rc<Tree>, E> {
        Ok(self.node(Value::Text(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Rc<Tree>, A::Error> {
        let line = self.0.get();
        let mut items = Vec::new();
        while let Some(item) = list.next_element_seed(self)? {
            items.push(item);
        }
        let value = Value::List(items);
        Ok(Rc::new(Tree { line, value }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rc<Tree>, A::Error> {
        let line = self.0.get();
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            entries.push((key, map.next_value_seed(self)?));
        }
        let value = Value::Map(entries);
        Ok(Rc::new(Tree { line, value }))
    }
}

/// The tree of the first document of a YAML text, or why there is none.
pub(in crate::corpus) fn of_yaml(source: &str) -> Result<Rc<Tree>, String> {
    let mut composer = Composer::default();
    for event in Parser::new_from_str(source.trim_start_matches('\u{feff}')) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        if let Some(tree) = composer.take(event, span)? {
            return Ok(tree);
        }
    }
    Err("no value".to_owned())
}

/// Makes a tree of events.
#[derive(Default)]
struct Composer {
    open: Vec<Open>,
    /// What has an anchor, and how many levels it has.
    anchors: HashMap<usize, (Rc<Tree>, usize)>,
}

/// A list or map that has not ended.
struct Open {
    line: u32,
    anchor: usize,
    is_map: bool,
    /// The key whose value comes next.
    key: Option<String>,
    items: Vec<Rc<Tree>>,
    entries: Vec<(String, Rc<Tree>)>,
    /// How many levels are in it, aliases included.
    levels: usize,
}

impl Composer {
    /// The tree, when `event` ends it.
    fn take(&mut self, event: Event, span: Span) -> Result<Option<Rc<Tree>>, String> {
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        match event {
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some((_, levels)) if self.open.len() + levels > MAX_DEPTH => {
                    Err(format!("line {line}: nested too deeply"))
                }
                Some((tree, levels)) => Ok(self.add(tree, levels)),
                None => Err(format!("line {line}: an alias within its own anchor")),
            },
            Event::Scalar(text, style, anchor, _) => {
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null");
                let value = match is_null {
                    true => Value::Null,
                    false => Value::Text(text.into_owned()),
                };
                Ok(self.end(Tree { line, value }, anchor, 0))
            }
            Event::SequenceStart(anchor, _) => self.open(line, anchor, false),
            Event::MappingStart(anchor, _) => self.open(line, anchor, true),
            Event::SequenceEnd | Event::MappingEnd => Ok(self.close()),
            _ => Ok(None),
        }
    }

    fn open(&mut self, line: u32, anchor: usize, is_map: bool) -> Result<Option<Rc<Tree>>, String> {
        if self.open.len() == MAX_DEPTH {
            return Err(format!("line {line}: nested too deeply"));
        }
        self.open.push(Open {
            line,
            anchor,
            is_map,
            key: None,
            items: Vec::new(),
            entries: Vec::new(),
            levels: 1,
        });
        Ok(None)
    }

    fn close(&mut self) -> Option<Rc<Tree>> {
        let open = self.open.pop()?;
        let value = match open.is_map {
            true => Value::Map(open.entries),
            false => Value::List(open.items),
        };
        let line = open.line;
        self.end(Tree { line, value }, open.anchor, open.levels)
    }

    fn end(&mut self, tree: Tree, anchor: usize, levels: usize) -> Option<Rc<Tree>> {
        let tree = Rc::new(tree);
        if anchor > 0 {
            self.anchors.insert(anchor, (Rc::clone(&tree), levels));
        }
        self.add(tree, levels)
    }

    fn add(&mut self, tree: Rc<Tree>, levels: usize) -> Option<Rc<Tree>> {
        let Some(parent) = self.open.last_mut() else {
            return Some(tree);
        };
        parent.levels = parent.levels.max(levels + 1);
        match (parent.is_map, parent.key.take()) {
            (false, _) => parent.items.push(tree),
            (true, Some(key)) => parent.entries.push((key, tree)),
            // A key that is no text names nothing.
            (true, None) => parent.key = Some(tree.text().unwrap_or_default().to_owned()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(tree: &Tree, found: &mut Vec<(String, u32)>) {
        for (key, value) in tree.entries() {
            found.push((key.clone(), value.line));
            lines(value, found);
        }
        for item in tree.items() {
            found.push(("-".to_owned(), item.line));
            lines(item, found);
        }
    }

    #[test]
    fn values_know_their_lines() {
        let json = "{\n \"a\": [\n  \"x\",\n  {\"b\": 1.5}\n ],\n \"c\":\n  null\n}\n";
        let yaml = "a:\n- x\n- b: 1.5\n\nc: ~\n";
        let (mut in_json, mut in_yaml) = (Vec::new(), Vec::new());
        lines(&of_json(json).unwrap(), &mut in_json);
        lines(&of_yaml(yaml).unwrap(), &mut in_yaml);
        let named = |lines: [u32; 5]| -> Vec<(String, u32)> {
            let names = ["a", "-", "-", "b", "c"].map(str::to_owned);
            names.into_iter().zip(lines).collect()
        };
        assert_eq!(in_json, named([2, 3, 4, 4, 7]));
        assert_eq!(in_yaml, named([2, 2, 3, 3, 5]));
    }

    #[test]
    fn aliases_are_shared() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for level in 1..100 {
            let below = level - 1;
            bomb += &format!("a{level}: &a{level} [*a{below}, *a{below}]\n");
        }
        let tree = of_yaml(&bomb).unwrap();
        assert_eq!(tree.entries().len(), 100);
        let first = |key: &str| Rc::clone(&tree.get(key).unwrap().items()[0]);
        assert!(Rc::ptr_eq(&first("a2"), tree.get("a1").unwrap()));
        assert!(of_yaml("a: &a [*a]").is_err());
    }

    #[test]
    fn nesting_is_bounded() {
        for text in ["[".repeat(4 << 20), "{\"a\":".repeat(1 << 19)] {
            assert!(of_json(&text).is_err());
            assert!(of_yaml(&text).is_err());
        }
        assert!(of_yaml(&"- ".repeat(2 << 20)).is_err());
        let mut chain = "- &a0 x\n".to_owned();
        for level in 1..200_000 {
            chain += &format!("- &a{level} [*a{}]\n", level - 1);
        }
        assert!(of_yaml(&chain).is_err());
        assert!(of_yaml("").is_err());
        assert!(of_json("1 2").is_err());
    }
}
