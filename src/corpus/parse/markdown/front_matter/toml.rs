//! Front matter in TOML; numbers and dates stay as they are written.

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::{FrontMatter, Malformed};
use crate::corpus::fields::Fields;

/// Reads `toml`, whose nesting the parser limits.
pub(super) fn read(toml: &str, front: &mut FrontMatter) -> Result<(), Malformed> {
    let document: DocumentMut = toml.parse().map_err(|_| Malformed)?;
    table(document.as_table(), "", front);
    Ok(())
}

fn table(entries: &dyn TableLike, map: &str, front: &mut FrontMatter) {
    for (key, item) in entries.iter() {
        let Some(name) = Fields::name(map, key) else {
            continue;
        };
        match item {
            Item::None => {}
            Item::Value(of) => value(of, &name, front),
            Item::Table(inner) => table(inner, &name, front),
            Item::ArrayOfTables(tables) => {
                tables.iter().for_each(|inner| table(inner, &name, front));
            }
        }
    }
}

fn value(of: &Value, name: &str, front: &mut FrontMatter) {
    match of {
        Value::String(text) => front.add(name, text.value()),
        Value::Integer(number) => front.add(name, &number.display_repr()),
        Value::Float(number) => front.add(name, &number.display_repr()),
        Value::Boolean(is) => front.add(name, &is.display_repr()),
        Value::Datetime(date) => front.add(name, &date.display_repr()),
        Value::Array(values) => values.iter().for_each(|of| value(of, name, front)),
        Value::InlineTable(inner) => table(inner, name, front),
    }
}
