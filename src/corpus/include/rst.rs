//! reStructuredText: `include`, as docutils describes it, and Sphinx' `literalinclude`.
//!
//! What is included as it is becomes a block of code. A part that is named as a Python object is not looked for.

use super::{Expander, dedented, indent_of, line_number, value_of};
use crate::corpus::links::linked_path;

/// Directives whose content is no markup.
const VERBATIM: [&str; 8] = [
    "code-block::",
    "code::",
    "sourcecode::",
    "parsed-literal::",
    "literalinclude::",
    "raw::",
    "math::",
    "highlight::",
];

pub(super) fn lines(
    expander: &mut Expander<'_>,
    path: &str,
    text: &str,
    at: Option<u32>,
    indent: &str,
) {
    let lines: Vec<&str> = text.lines().collect();
    // The indent of what stands before lines that are no markup.
    let mut verbatim: Option<usize> = None;
    let mut index = 0;
    while index < lines.len() {
        let line = lines[index];
        let number = line_number(at, index);
        let own = indent_of(line);
        if !line.trim().is_empty() && verbatim.is_some_and(|outer| own.len() <= outer) {
            verbatim = None;
        }
        let directive = match verbatim {
            None => Directive::at(&lines[index..]),
            Some(_) => None,
        };
        let inner = format!("{indent}{own}");
        match directive {
            Some(directive) if include(expander, path, &directive, number, &inner) => {
                index += directive.lines;
            }
            _ => {
                if verbatim.is_none() && opens_verbatim(line.trim()) {
                    verbatim = Some(own.len());
                }
                expander.push(indent, line, number);
                index += 1;
            }
        }
    }
}

/// Whether lines that are indented further than this one are no markup.
fn opens_verbatim(line: &str) -> bool {
    match line.strip_prefix("..") {
        // A comment begins with no name, and `.. note::` holds markup.
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => {
            let name = rest.split_whitespace().next().unwrap_or_default();
            VERBATIM.contains(&name) || !(name.contains("::") || name.starts_with(['_', '[', '|']))
        }
        _ => line.ends_with("::"),
    }
}

struct Directive<'a> {
    is_literal: bool,
    path: &'a str,
    options: Vec<(&'a str, &'a str)>,
    /// How many lines it is long.
    lines: usize,
}

impl<'a> Directive<'a> {
    /// The directive that `lines` begin with.
    fn at(lines: &[&'a str]) -> Option<Self> {
        let first = lines.first()?;
        let rest = first.trim_start().strip_prefix("..")?.strip_prefix(' ')?;
        let (name, path) = rest.trim_start().split_once("::")?;
        let indent = indent_of(first).len();
        let option = |line: &&'a str| {
            let (name, value) = line.trim().strip_prefix(':')?.split_once(':')?;
            (indent_of(line).len() > indent).then_some((name, value.trim()))
        };
        let options: Vec<_> = lines[1..].iter().map_while(option).collect();
        let is_literal = match name {
            "include" => false,
            "literalinclude" => true,
            _ => return None,
        };
        Some(Self {
            is_literal,
            path: path.trim(),
            lines: 1 + options.len(),
            options,
        })
    }

    fn option(&self, name: &str) -> Option<&'a str> {
        value_of(&self.options, name)
    }

    /// The language of the code that a part of a file becomes, if it becomes that.
    fn code(&self) -> Option<&'a str> {
        if self.is_literal {
            return Some(self.option("language").unwrap_or_default());
        }
        self.option("code")
            .or_else(|| self.option("literal").map(|_| ""))
    }
}

/// Adds what `directive` of the file at `path` asks for; `false` if it cannot be had.
fn include(
    expander: &mut Expander<'_>,
    path: &str,
    directive: &Directive<'_>,
    at: u32,
    indent: &str,
) -> bool {
    let part = |_: &str, text: &str| match directive.is_literal {
        true => literal_part(text, directive),
        false => part(text, directive),
    };
    let paths = [linked_path(path, directive.path)];
    let Some((path, part)) = expander.take(&paths, indent, &part) else {
        return false;
    };
    match directive.code() {
        Some(language) => {
            let first = format!(".. code-block:: {language}");
            expander.push(indent, first.trim_end(), at);
            if let Some(caption) = directive.option("caption") {
                expander.push(indent, &format!("   :caption: {caption}"), at);
            }
            expander.push("", "", at);
            let inner = format!("{indent}   ");
            for line in part.lines() {
                expander.push(&inner, line, at);
            }
        }
        None => expander.file(&path, &part, Some(at), indent),
    }
    // What follows the directive is not of its last paragraph.
    expander.push("", "", at);
    true
}

/// What of `text` an `include` asks for: lines, and of those what stands between two texts.
fn part(text: &str, directive: &Directive<'_>) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let number = |name: &str, default: usize| match directive.option(name) {
        None => Some(default),
        Some(value) => {
            let number: i64 = value.parse().ok()?;
            let from_end = lines
                .len()
                .saturating_sub(number.unsigned_abs().try_into().ok()?);
            match number < 0 {
                true => Some(from_end),
                false => Some(usize::try_from(number).ok()?.min(lines.len())),
            }
        }
    };
    let (start, end) = (number("start-line", 0)?, number("end-line", lines.len())?);
    let part: String = lines
        .get(start..end)?
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    let mut part = part.as_str();
    if let Some(mark) = directive.option("start-after") {
        part = part.split_once(mark)?.1;
    }
    if let Some(mark) = directive.option("end-before") {
        part = part.split_once(mark)?.0;
    }
    Some(part.to_owned())
}

/// What of `text` a `literalinclude` asks for: lines between marks, and of those some by their numbers.
fn literal_part(text: &str, directive: &Directive<'_>) -> Option<String> {
    if directive.option("pyobject").is_some() {
        return None;
    }
    let mut lines: Vec<&str> = text.lines().collect();
    let find = |lines: &[&str], mark: &str| lines.iter().position(|line| line.contains(mark));
    if let Some(mark) = directive.option("start-after") {
        lines.drain(..=find(&lines, mark)?);
    } else if let Some(mark) = directive.option("start-at") {
        lines.drain(..find(&lines, mark)?);
    }
    if let Some(mark) = directive.option("end-before") {
        lines.truncate(find(&lines, mark)?);
    } else if let Some(mark) = directive.option("end-at") {
        lines.truncate(find(&lines, mark)? + 1);
    }
    if let Some(list) = directive.option("lines") {
        lines = numbered(&lines, list)?;
    }
    Some(match directive.option("dedent") {
        Some(_) => dedented(&lines),
        None => lines.iter().map(|line| format!("{line}\n")).collect(),
    })
}

/// The lines that `1,3,5-10,20-` names.
fn numbered<'a>(lines: &[&'a str], list: &str) -> Option<Vec<&'a str>> {
    let mut kept = Vec::new();
    for range in list.split(',') {
        let (first, last) = match range.trim().split_once('-') {
            Some((first, last)) => (first.trim(), last.trim()),
            None => (range.trim(), range.trim()),
        };
        let number = |text: &str, default: usize| match text {
            "" => Some(default),
            text => text.parse().ok(),
        };
        let first = number(first, 1)?.max(1);
        let last = number(last, lines.len())?.min(lines.len());
        kept.extend(lines.get(first - 1..last).unwrap_or_default());
        // Ranges may be repeated without an end.
        if kept.len() > 2 * lines.len() {
            return None;
        }
    }
    Some(kept)
}
