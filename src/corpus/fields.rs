//! What a document says of itself beside its text: the fields of its front matter.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A field of a document, such as `tags` or, of a map in a map, `seo.title`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name: one line of at most 80 bytes.
    pub name: String,
    /// Its values as they are written, each on one line, in order: one of a scalar, several of a list.
    pub values: Vec<String>,
}

/// Most bytes of a field's name.
const MAX_NAME: usize = 80;
/// Most bytes of a value.
const MAX_VALUE: usize = 1_000;
/// Most fields of a document.
const MAX_FIELDS: usize = 64;
/// Most values of a field.
const MAX_VALUES: usize = 64;
/// Most bytes of all names and values of a document.
const MAX_BYTES: usize = 8 << 10;

/// Fields as they are read. What is over a limit is left out, so that no document can blow up an index.
#[derive(Debug, Default)]
pub(super) struct Fields {
    fields: BTreeMap<String, Vec<String>>,
    bytes: usize,
}

impl Fields {
    /// The name of the entry `key` of the map `map`, which is empty for the outermost one; `None` if it cannot
    /// be a name.
    pub(super) fn name(map: &str, key: &str) -> Option<String> {
        let key = key.trim();
        let length = map.len() + key.len() + 1;
        if key.is_empty() || length > MAX_NAME || key.contains(char::is_control) {
            return None;
        }
        Some(match map {
            "" => key.to_owned(),
            map => format!("{map}.{key}"),
        })
    }

    /// Adds a value, which is one line and not blank.
    pub(super) fn add(&mut self, name: &str, value: String) {
        let known = self.fields.get(name);
        let is_full = match known {
            Some(values) => values.len() == MAX_VALUES,
            None => self.fields.len() == MAX_FIELDS,
        };
        let bytes = value.len() + if known.is_some() { 0 } else { name.len() };
        if is_full || value.len() > MAX_VALUE || self.bytes + bytes > MAX_BYTES {
            return;
        }
        self.bytes += bytes;
        self.fields.entry(name.to_owned()).or_default().push(value);
    }

    /// The fields in the order of their names.
    pub(super) fn sorted(self) -> Vec<Field> {
        let fields = self.fields.into_iter();
        fields
            .map(|(name, values)| Field { name, values })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_and_values_are_not() {
        let mut fields = Fields::default();
        for (name, value) in [("b", "2"), ("a", "x"), ("b", "1")] {
            fields.add(name, value.to_owned());
        }
        let field = |name: &str, values: &[&str]| Field {
            name: name.to_owned(),
            values: values.iter().map(|&value| value.to_owned()).collect(),
        };
        assert_eq!(
            fields.sorted(),
            [field("a", &["x"]), field("b", &["2", "1"])]
        );
    }

    #[test]
    fn what_is_over_a_limit_is_left_out() {
        let mut many = Fields::default();
        for i in 0..10_000 {
            many.add(&format!("name {i}"), "x".to_owned());
            many.add("name 0", format!("{i}"));
        }
        let many = many.sorted();
        assert_eq!(many.len(), MAX_FIELDS);
        let most = many.iter().map(|field| field.values.len()).max();
        assert_eq!(most, Some(MAX_VALUES));

        let mut long = Fields::default();
        for i in 0..100 {
            long.add(&format!("{i}"), "x".repeat(MAX_VALUE + i % 2));
        }
        let long = long.sorted();
        assert_eq!(long.len(), 8, "8 KiB hold eight values of 1,000 bytes");
        assert!(long.iter().all(|field| field.values[0].len() == MAX_VALUE));
    }

    #[test]
    fn names_are_short_lines() {
        assert_eq!(Fields::name("", " a ").as_deref(), Some("a"));
        assert_eq!(Fields::name("a.b", "c").as_deref(), Some("a.b.c"));
        for key in ["", " ", "a\nhint: b", "\u{1b}[m", &"x".repeat(80)] {
            assert_eq!(Fields::name("", key), None, "{key:?}");
        }
        assert_eq!(Fields::name(&"x".repeat(70), "0123456789"), None);
    }
}
