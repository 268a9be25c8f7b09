//! Front matter in JSON.

use serde_json::{Deserializer, Map, Value};

use super::FrontMatter;
use crate::corpus::fields::Fields;

/// The object that `text` begins with, if nothing else is on its last line, and its length with that line's end.
pub(super) fn leading(text: &str) -> Option<(usize, FrontMatter)> {
    let text = &text[..text.floor_char_boundary(super::MAX_BYTES)];
    let mut values = Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let object = values.next()?.ok()?;
    let end = values.byte_offset();
    let rest = text[end..].split_inclusive('\n').next().unwrap_or_default();
    if !rest.trim().is_empty() {
        return None;
    }
    let mut front = FrontMatter::default();
    map(&object, "", &mut front);
    Some((end + rest.len(), front))
}

/// Reads an object, or what stands between its braces. What is neither says nothing.
pub(super) fn read(text: &str, front: &mut FrontMatter) {
    let object = match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text),
        false => serde_json::from_str(&format!("{{{text}}}")),
    };
    if let Ok(object) = object {
        map(&object, "", front);
    }
}

fn map(object: &Map<String, Value>, name: &str, front: &mut FrontMatter) {
    for (key, of) in object {
        if let Some(name) = Fields::name(name, key) {
            value(of, &name, front);
        }
    }
}

fn value(of: &Value, name: &str, front: &mut FrontMatter) {
    match of {
        Value::Null => {}
        Value::Bool(is) => front.add(name, &is.to_string()),
        Value::Number(number) => front.add(name, &number.to_string()),
        Value::String(text) => front.add(name, text),
        Value::Array(values) => values.iter().for_each(|of| value(of, name, front)),
        Value::Object(object) => map(object, name, front),
    }
}
