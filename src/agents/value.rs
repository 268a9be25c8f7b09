//! JSON as docent writes it.

/// As much of JSON as entries are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    Text(String),
    Bool(bool),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// How new text is laid out.
#[derive(Debug, Clone)]
pub(super) enum Layout<'a> {
    /// On one line.
    Line,
    /// On lines with this indentation and, deeper inside, more units of it.
    Lines {
        newline: &'a str,
        unit: &'a str,
        indent: String,
    },
}

impl Default for Layout<'_> {
    fn default() -> Self {
        Self::Lines {
            newline: "\n",
            unit: "  ",
            indent: String::new(),
        }
    }
}

impl Layout<'_> {
    /// A new line, as far as its indentation goes.
    pub fn start(&self) -> String {
        match self {
            Self::Line => String::new(),
            Self::Lines {
                newline, indent, ..
            } => format!("{newline}{indent}"),
        }
    }

    pub fn deeper(&self) -> Self {
        let mut deeper = self.clone();
        if let Self::Lines { unit, indent, .. } = &mut deeper {
            indent.push_str(unit);
        }
        deeper
    }
}

impl Json {
    /// As `JSON.stringify` writes it, which programs rewrite their files with; on one line with spaces.
    pub fn written(&self, layout: &Layout) -> String {
        let inner = layout.deeper();
        let (open, close, elements) = match self {
            Self::Text(text) => return quoted(text),
            Self::Bool(value) => return value.to_string(),
            Self::List(items) => {
                let items = items.iter().map(|item| item.written(&inner));
                ("[", "]", joined(items, &inner))
            }
            Self::Object(members) => {
                let members = members
                    .iter()
                    .map(|(key, value)| format!("{}: {}", quoted(key), value.written(&inner)));
                ("{", "}", joined(members, &inner))
            }
        };
        format!("{open}{}{elements}{}{close}", inner.start(), layout.start())
    }

    /// The member `key` of an object.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(members) = self else {
            return None;
        };
        members
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a list of texts.
    pub fn texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::List(items) => items.iter().map(Self::as_text).collect(),
            _ => None,
        }
    }
}

/// Elements with commas between them, and spaces or new lines.
pub(super) fn joined(elements: impl Iterator<Item = String>, layout: &Layout) -> String {
    let separator = match layout {
        Layout::Line => ", ".to_owned(),
        Layout::Lines { .. } => format!(",{}", layout.start()),
    };
    elements.collect::<Vec<_>>().join(&separator)
}

/// A text as a string of JSON.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
