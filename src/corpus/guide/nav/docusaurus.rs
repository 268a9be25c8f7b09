//! Sidebars of Docusaurus (<https://docusaurus.io/docs/sidebar/items>), where the file is plain data and no program.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::{Page, Pages};
use crate::corpus::guide::Guide;
use crate::corpus::guide::parse::resolve;
use crate::corpus::lines::Lines;
use crate::corpus::walk::file_name;

/// Whether a file with this path has sidebars: those of the docs, or of a version of them.
pub(super) fn is_name(path: &str) -> bool {
    let name = file_name(path);
    let current = [
        "sidebars.js",
        "sidebars.cjs",
        "sidebars.ts",
        "sidebars.json",
    ];
    current.contains(&name) || version(path).is_some()
}

/// The version whose sidebars the file has: `versioned_sidebars/version-1.0-sidebars.json`.
fn version(path: &str) -> Option<&str> {
    let (folder, name) = path.rsplit_once('/')?;
    let is_in_folder = folder == "versioned_sidebars" || folder.ends_with("/versioned_sidebars");
    let version = name.strip_suffix("-sidebars.json")?;
    is_in_folder.then_some(version)
}

/// Reads the list `file`. A program that computes sidebars says nothing.
pub(super) fn read(file: &str, text: &str) -> Guide {
    let folder = match version(file) {
        Some(version) => format!("../versioned_docs/{version}"),
        None => "docs".to_owned(),
    };
    let mut reader = Reader {
        pages: Pages::new(file),
        folder,
        lines: Lines::new(text),
        shift: 0,
    };
    if let Some(start) = data_start(text) {
        reader.shift = start;
        reader.sidebars(&text[start..]);
    }
    reader.pages.guide
}

/// Where the object begins that a module exports or that a file is.
fn data_start(text: &str) -> Option<usize> {
    let exports = text
        .find("module.exports")
        .or_else(|| text.find("export default {"));
    // `const sidebars: SidebarsConfig = {`
    let constant = || {
        text.find("sidebars")
            .and_then(|at| Some(at + text[at..].find('=')?))
    };
    let is_data = text
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{');
    let from = match exports {
        _ if is_data => 0,
        Some(at)
            if text[at..]
                .split_once('=')
                .is_none_or(|(_, value)| !value.trim_start().starts_with("sidebars")) =>
        {
            at
        }
        _ => constant()?,
    };
    Some(from + text[from..].find('{')?)
}

/// The length of the object that `text` begins with: what follows it is program again.
fn object_length(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        at += match c {
            '"' | '\'' => quoted_length(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").unwrap_or(rest.len()),
            _ => c.len_utf8(),
        };
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// The length of the string that `text` begins with, quotes included.
fn quoted_length(text: &str) -> usize {
    let quote = text.chars().next();
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if Some(c) == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

struct Reader<'a> {
    pages: Pages<'a>,
    /// Of the pages, as seen from the file.
    folder: String,
    lines: Lines,
    /// Where the data begins in the file.
    shift: usize,
}

impl Reader<'_> {
    /// The parser bounds how deep they are.
    fn sidebars(&mut self, text: &str) {
        let text = &text[..object_length(text).unwrap_or(text.len())];
        let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default());
        let Ok(parsed) = parsed else { return };
        if let Some(Value::Object(sidebars)) = &parsed.value {
            for sidebar in &sidebars.properties {
                self.items(&sidebar.value, &mut Vec::new());
            }
        }
    }

    /// The items of a list, or of the short form of categories, an object.
    fn items<'t>(&mut self, items: &'t Value<'t>, place: &mut Vec<&'t str>) {
        match items {
            Value::Array(list) => {
                for item in &list.elements {
                    self.item(item, place);
                }
            }
            Value::Object(categories) => self.categories(categories, place),
            _ => {}
        }
    }

    fn item<'t>(&mut self, item: &'t Value<'t>, place: &mut Vec<&'t str>) {
        match item {
            Value::StringLit(id) => self.page(&id.value, "", "", item, place),
            Value::Object(object) => match text(object, "type") {
                Some("doc" | "ref") => {
                    let (id, label) = (text(object, "id"), text(object, "label"));
                    self.page(
                        id.unwrap_or_default(),
                        label.unwrap_or_default(),
                        "",
                        item,
                        place,
                    );
                }
                Some("category") => self.category(object, item, place),
                Some(_) => {}
                None => self.categories(object, place),
            },
            _ => {}
        }
    }

    fn categories<'t>(&mut self, categories: &'t Object<'t>, place: &mut Vec<&'t str>) {
        for category in &categories.properties {
            place.push(category.name.as_str());
            self.items(&category.value, place);
            place.pop();
        }
    }

    fn category<'t>(
        &mut self,
        category: &'t Object<'t>,
        item: &'t Value<'t>,
        place: &mut Vec<&'t str>,
    ) {
        let label = text(category, "label").unwrap_or_default();
        let said = text(category, "description").unwrap_or_default();
        if let Some(Value::Object(link)) = value(category, "link")
            && let Some(id) = text(link, "id")
        {
            self.page(id, label, said, item, place);
        }
        if let Some(items) = value(category, "items") {
            place.push(label);
            self.items(items, place);
            place.pop();
        }
    }

    fn page(&mut self, id: &str, title: &str, said: &str, at: &Value<'_>, place: &[&str]) {
        if id.is_empty() {
            return;
        }
        self.pages.add(Page {
            target: resolve(self.pages.file, &format!("{}/{id}", self.folder)),
            title,
            said,
            place,
            line: self.lines.number(self.shift + at.start()),
        });
    }
}

fn value<'t>(object: &'t Object<'t>, name: &str) -> Option<&'t Value<'t>> {
    let property = object
        .properties
        .iter()
        .find(|property| property.name.as_str() == name);
    property.map(|property| &property.value)
}

fn text<'t>(object: &'t Object<'t>, name: &str) -> Option<&'t str> {
    match value(object, name) {
        Some(Value::StringLit(text)) => Some(&text.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::guide::nav::tests::rows;

    const ITEMS: &str = "{\n  docs: [\n    'intro', // it's the first\n    {type: 'doc', id: 'pots/iron', label: \"Iron pots\"},\n    {\n      \
                         type: 'category',\n      label: 'Cups',\n      link: {type: 'doc', id: 'cups/index'},\n      \
                         items: ['cups/thin', {type: 'autogenerated', dirName: 'x'}, {Old: ['cups/old']}],\n    },\n  ],\n  \
                         api: {Reference: ['api/all']},\n}";

    const ROWS: [&str; 5] = [
        "4 web/docs/pots/iron | Iron pots | ",
        "5 web/docs/cups/index | Cups | ",
        "9 web/docs/cups/thin |  | Cups",
        "9 web/docs/cups/old |  | Cups > Old",
        "12 web/docs/api/all |  | Reference",
    ];

    #[test]
    fn titles_and_places_come_from_items() {
        for text in [
            format!("module.exports = {ITEMS};\n"),
            format!("export default {ITEMS} satisfies SidebarsConfig;\n"),
            format!("const sidebars: SidebarsConfig = {ITEMS}; export default sidebars;\n"),
            format!("const sidebars = {ITEMS}; module.exports = sidebars;\n"),
        ] {
            assert_eq!(rows(&read("web/sidebars.js", &text)), ROWS, "{text}");
        }
    }

    #[test]
    fn a_version_has_its_own_pages() {
        let text = "{\"docs\": {\"Cups\": [\"cups/thin\"]}}";
        assert_eq!(
            rows(&read(
                "web/versioned_sidebars/version-1.0-sidebars.json",
                text
            )),
            ["1 web/versioned_docs/version-1.0/cups/thin |  | Cups"]
        );
    }

    #[test]
    fn what_is_no_data_says_nothing() {
        let deep = format!("module.exports = {{a: {}", "[".repeat(1 << 20));
        for text in [
            "",
            "module.exports = require('./x')",
            "module.exports = {docs: pages.map(page => page.id)};",
            "module.exports = {docs: ['a', ...more]};",
            "{\"docs\": ",
            &deep,
        ] {
            assert!(
                read("sidebars.js", text).is_empty(),
                "{}",
                &text[..text.len().min(80)]
            );
        }
    }
}
