//! Front matter in YAML, event by event: scalars stay as they are written, nothing is expanded.

use saphyr_parser::{Event, Parser, ScalarStyle};

use super::{FrontMatter, Malformed};
use crate::corpus::fields::Fields;

/// What is open. A name is `None` where it is none that a field can have.
enum Level {
    /// A map: the name that its keys continue, and that of the entry whose value comes next.
    Map {
        name: Option<String>,
        entry: Option<Option<String>>,
    },
    /// A list: the name that its values have.
    List { name: Option<String> },
}

/// What a node is.
enum Place {
    /// The key of an entry.
    Key,
    /// A value with this name.
    Value(Option<String>),
}

/// Reads the first document of `yaml`. Aliases say nothing, so that none can be a bomb.
pub(super) fn read(yaml: &str, front: &mut FrontMatter) -> Result<(), Malformed> {
    let mut levels: Vec<Level> = Vec::new();
    for event in Parser::new_from_str(yaml) {
        let (event, _) = event.map_err(|_| Malformed)?;
        match event {
            Event::Scalar(text, style, ..) => match place(&mut levels) {
                Place::Key => set_entry(&mut levels, &text),
                Place::Value(Some(name)) if !is_null(&text, style) => front.add(&name, &text),
                Place::Value(_) => {}
            },
            Event::MappingStart(..) => {
                let name = open(&mut levels);
                levels.push(Level::Map { name, entry: None });
            }
            Event::SequenceStart(..) => {
                let name = open(&mut levels);
                levels.push(Level::List { name });
            }
            Event::Alias(_) => drop(open(&mut levels)),
            Event::MappingEnd | Event::SequenceEnd => drop(levels.pop()),
            Event::DocumentEnd => break,
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {}
        }
    }
    Ok(())
}

/// What the next node is.
fn place(levels: &mut [Level]) -> Place {
    match levels.last_mut() {
        None => Place::Value(Some(String::new())),
        Some(Level::List { name }) => Place::Value(name.clone()),
        Some(Level::Map { entry, .. }) => entry.take().map_or(Place::Key, Place::Value),
    }
}

/// The name of a node that is no scalar; as a key it names nothing.
fn open(levels: &mut [Level]) -> Option<String> {
    match place(levels) {
        Place::Value(name) => name,
        Place::Key => {
            if let Some(Level::Map { entry, .. }) = levels.last_mut() {
                *entry = Some(None);
            }
            None
        }
    }
}

fn set_entry(levels: &mut [Level], key: &str) {
    if let Some(Level::Map { name, entry }) = levels.last_mut() {
        let name = name.as_ref();
        *entry = Some(name.and_then(|name| Fields::name(name, key)));
    }
}

fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
