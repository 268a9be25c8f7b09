//! Files that a file includes, put into its text before it is parsed, so that a section holds what its readers see.
//!
//! mdBook's `{{#include}}`, the snippets of MkDocs (`--8<-- "file"`, `{!file!}`) and Markdown that MDX imports as a
//! component are known, each on a line of its own. What cannot be had, since it is not there, lies outside of the
//! docs or would be too much, stays as it is written.

use std::collections::HashMap;

use super::fences::{self, Fence};
use super::links::linked_path;
use super::parse;

/// How many files deep a file includes others.
const MAX_DEPTH: usize = 8;
/// Most files that a section includes, those in those included.
const MAX_FILES: usize = 500;
/// Most bytes that a section includes: 1 MiB.
const MAX_BYTES: usize = 1 << 20;
/// A list of snippets ends within as many lines.
const MAX_LISTED: usize = 50;

/// A text with what it includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Included {
    pub(super) text: String,
    /// For each line of `text` the line of the file: what is included has that of what includes it.
    pub(super) file_lines: Vec<u32>,
}

/// The text of the file at `path` with what it includes; `None` if that is nothing. `read` gives the text of a
/// file of the docs by its path from their root.
pub(super) fn expand(
    path: &str,
    text: &str,
    read: &dyn Fn(&str) -> Option<String>,
) -> Option<Included> {
    let may_include = ["{{#", "8<-", "{!", "import "];
    if !may_include.iter().any(|mark| text.contains(mark)) {
        return None;
    }
    let mut expander = Expander {
        read,
        included: Included::default(),
        files_left: MAX_FILES,
        bytes_left: MAX_BYTES,
        open: Vec::new(),
    };
    expander.file(path, text, None, "");
    (expander.files_left < MAX_FILES).then_some(expander.included)
}

/// What a line asks for.
#[derive(Debug, PartialEq, Eq)]
struct Directive<'a> {
    path: &'a str,
    part: Part<'a>,
    /// Whether the path may begin at the root of the docs.
    from_root: bool,
}

/// What is included of a file.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Whole,
    /// From this line to that one, counted from 1.
    Lines(usize, usize),
    /// What stands between marks with this name.
    Anchor(&'a str),
}

struct Expander<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    included: Included,
    files_left: usize,
    bytes_left: usize,
    /// The files that are being read, so that none includes itself.
    open: Vec<String>,
}

impl Expander<'_> {
    /// Adds the lines of a file, from line `at` of the outermost one, or from its own lines.
    fn file(&mut self, path: &str, text: &str, at: Option<u32>, indent: &str) {
        self.open.push(path.to_owned());
        let imports = imports(text);
        let mut fence: Option<Fence> = None;
        // The line that ends a list of snippets.
        let mut list_end = 0;
        let lines: Vec<&str> = text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let at = at.unwrap_or(u32::try_from(i + 1).unwrap_or(u32::MAX));
            let was_fenced = fence.is_some();
            fence = fences::open_after(fence, line);
            let trimmed = line.trim();
            if is_snippet_mark(trimmed) {
                let listed = lines[i + 1..].iter().take(MAX_LISTED);
                let end = listed.clone().position(|line| is_snippet_mark(line.trim()));
                match end {
                    _ if list_end == i && i > 0 => continue,
                    Some(length) => {
                        list_end = i + 1 + length;
                        continue;
                    }
                    None => {}
                }
            }
            let directive = match i < list_end {
                true => Some(directive_to(trimmed, true)),
                false if was_fenced || fence.is_some() => directive(trimmed),
                false => directive(trimmed).or_else(|| component(trimmed, &imports)),
            };
            let own = &line[..line.len() - line.trim_start().len()];
            let indent_inside = format!("{indent}{own}");
            let is_included = directive
                .is_some_and(|directive| self.include(path, &directive, at, &indent_inside));
            if !is_included {
                self.push(indent, line, at);
            }
        }
        self.open.pop();
    }

    /// Adds what `directive` of the file at `path` asks for; `false` if it cannot be had.
    fn include(&mut self, path: &str, directive: &Directive, at: u32, indent: &str) -> bool {
        if self.open.len() > MAX_DEPTH || self.files_left == 0 {
            return false;
        }
        let roots = match directive.from_root {
            true => &["", path][..],
            false => &[path],
        };
        let paths = roots
            .iter()
            .filter_map(|from| linked_path(from, directive.path));
        let found = paths
            .filter(|path| !self.open.contains(path))
            .find_map(|path| Some(((self.read)(&path)?, path)));
        let Some((text, path)) = found else {
            return false;
        };
        let Some(part) = part(parse::without_front_matter(&path, &text), &directive.part) else {
            return false;
        };
        if part.len() > self.bytes_left {
            return false;
        }
        self.files_left -= 1;
        self.bytes_left -= part.len();
        self.file(&path, &part, Some(at), indent);
        true
    }

    fn push(&mut self, indent: &str, line: &str, at: u32) {
        if !line.is_empty() {
            self.included.text.push_str(indent);
        }
        self.included.text.push_str(line);
        self.included.text.push('\n');
        self.included.file_lines.push(at);
    }
}

/// The Markdown files that MDX imports, by the names of their components.
fn imports(text: &str) -> HashMap<&str, &str> {
    let import = |line| {
        let (name, path) = str::strip_prefix(line, "import ")?.split_once(" from ")?;
        let path = path.trim().trim_end_matches(';').trim_matches(['"', '\'']);
        (path.ends_with(".md") || path.ends_with(".mdx")).then_some((name.trim(), path))
    };
    text.lines().filter_map(import).collect()
}

/// A component that is an imported file: `<Part />`.
fn component<'a>(line: &str, imports: &HashMap<&str, &'a str>) -> Option<Directive<'a>> {
    let inner = line.strip_prefix('<')?.strip_suffix("/>")?;
    let name = inner.split_whitespace().next()?;
    let path = imports.get(name)?;
    Some(Directive {
        path,
        part: Part::Whole,
        from_root: false,
    })
}

/// `--8<--` alone, before and after a list of files.
fn is_snippet_mark(line: &str) -> bool {
    line.trim_matches('-') == "8<" && line.starts_with("--") && line.ends_with("--")
}

fn directive(line: &str) -> Option<Directive<'_>> {
    if let Some(inner) = line.strip_prefix("{{#") {
        let (name, rest) = inner.strip_suffix("}}")?.split_once(' ')?;
        let is_known = matches!(name, "include" | "rustdoc_include" | "playground");
        let file = rest.split_whitespace().next()?;
        return is_known.then(|| directive_to(file, false));
    }
    if let Some(inner) = line.strip_prefix("{!") {
        return Some(directive_to(inner.strip_suffix("!}")?.trim(), true));
    }
    let snippet = line.trim_start_matches('-').strip_prefix("8<")?;
    if !line.starts_with("--") || !snippet.starts_with("--") {
        return None;
    }
    let quoted = snippet.trim_start_matches('-').trim();
    let file = quoted
        .strip_prefix(['"', '\''])?
        .strip_suffix(['"', '\''])?;
    Some(directive_to(file, true))
}

/// `file`, `file:2:10`, `file:2`, `file::10`, `file:anchor`.
fn directive_to(file: &str, from_root: bool) -> Directive<'_> {
    let mut parts = file.splitn(3, ':');
    let path = parts.next().unwrap_or_default();
    let number = |text: &str| text.parse::<usize>().ok();
    let part = match (parts.next(), parts.next()) {
        (None, _) => Part::Whole,
        (Some(first), None) => match number(first) {
            Some(line) => Part::Lines(line, line),
            None => Part::Anchor(first),
        },
        (Some(first), Some(last)) => Part::Lines(
            number(first).unwrap_or(1),
            number(last).unwrap_or(usize::MAX),
        ),
    };
    Directive {
        path,
        part,
        from_root,
    }
}

/// The lines of `text` that are asked for, without marks of anchors; `None` if there is nothing.
fn part(text: &str, part: &Part) -> Option<String> {
    let mut is_in = !matches!(part, Part::Anchor(_));
    let mut kept = String::new();
    for (number, line) in (1..).zip(text.lines()) {
        if let Some((is_start, name)) = anchor(line) {
            if *part == Part::Anchor(name) {
                is_in = is_start;
            }
            continue;
        }
        let is_asked_for = match part {
            Part::Lines(first, last) => (*first..=*last).contains(&number),
            _ => is_in,
        };
        if is_asked_for {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    (!kept.trim().is_empty()).then_some(kept)
}

/// Whether a line is the mark at the start of an anchor or that at its end, and the name.
fn anchor(line: &str) -> Option<(bool, &str)> {
    let marks = [
        ("ANCHOR:", true),
        ("ANCHOR_END:", false),
        ("[start:", true),
        ("[end:", false),
    ];
    let found = marks.iter().find_map(|(mark, is_start)| {
        let (before, name) = line.split_once(mark)?;
        let is_mark = !mark.starts_with('[') || before.trim_end().ends_with("8<--");
        is_mark.then_some((*is_start, name.trim_start()))
    });
    let (is_start, name) = found?;
    let end = name.find([' ', ']', '\t']).unwrap_or(name.len());
    Some((is_start, &name[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILES: [(&str, &str); 8] = [
        (
            "src/a.rs",
            "// ANCHOR: x\nfn x() {}\n// ANCHOR_END: x\nfn y() {}",
        ),
        ("src/_part.mdx", "---\ntitle: no\n---\nPart.\n"),
        (
            "loop.md",
            "l\n{{#include loop.md}}\n{{#include src/back.md}}\n",
        ),
        ("src/back.md", "b\n{{#include ../loop.md}}\n"),
        (
            "snip.md",
            "s1\n<!-- --8<-- [start:in] -->\ns2\n<!-- --8<-- [end:in] -->\ns3\n",
        ),
        ("deep.md", "d\n{{#include deep2.md}}\n"),
        ("empty.md", " \n"),
        ("big.md", "x"),
    ];

    fn expanded(path: &str, text: &str) -> Option<(String, Vec<u32>)> {
        let read = |path: &str| {
            if path == "big.md" {
                return Some("x".repeat(MAX_BYTES / 2));
            }
            let found = FILES.iter().find(|(name, _)| *name == path);
            found.map(|(_, text)| (*text).to_owned())
        };
        let found = expand(path, text, &read)?;
        assert_eq!(found.text.lines().count(), found.file_lines.len());
        Some((found.text, found.file_lines))
    }

    #[test]
    fn files_are_included_with_the_line_that_asks_for_them() {
        for (text, expected, lines) in [
            (
                "a\n```rust\n{{#include a.rs}}\n```\n",
                "a\n```rust\nfn x() {}\nfn y() {}\n```\n",
                &[1, 2, 3, 3, 4][..],
            ),
            (
                "{{#rustdoc_include a.rs:x}}\nb\n",
                "fn x() {}\nb\n",
                &[1, 2],
            ),
            ("{{#playground a.rs:4 editable}}\n", "fn y() {}\n", &[1]),
            ("{{#include a.rs:2:}}\n", "fn x() {}\nfn y() {}\n", &[1, 1]),
            ("{{#include a.rs::2}}\n", "fn x() {}\n", &[1]),
            ("--8<-- \"snip.md:in\"\nc\n", "s2\nc\n", &[1, 2]),
            ("  --8<-- 'snip.md:1'\n", "  s1\n", &[1]),
            (
                "--8<--\nsnip.md:1\na.rs:4\n--8<--\nd\n",
                "s1\nfn y() {}\nd\n",
                &[2, 3, 5],
            ),
            ("{!snip.md:5!}\n", "s3\n", &[1]),
            (
                "import P from './_part.mdx';\n\n<P />\n",
                "import P from './_part.mdx';\n\nPart.\n",
                &[1, 2, 3],
            ),
            (
                "import P from './_part.mdx'\n\n```\n<P />\n```\n{{#include a.rs:x}}\n",
                "import P from './_part.mdx'\n\n```\n<P />\n```\nfn x() {}\n",
                &[1, 2, 3, 4, 5, 6],
            ),
        ] {
            let found = expanded("src/file.md", text);
            assert_eq!(found, Some((expected.to_owned(), lines.to_vec())), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_had_stays_as_it_is_written() {
        for text in [
            "{{#include none.rs}}\n",
            "{{#include ../../a.rs}}\n",
            "{{#include a.rs:none}}\n",
            "{{#include ../empty.md}}\n",
            "\\{{#include a.rs}}\n",
            "{{#title a.rs}}\n",
            "; --8<-- \"snip.md\"\n",
            "--8<--\nsnip.md\n",
            "a {{#include a.rs}}\n",
            "<P />\nimport P from './p.js'\n",
        ] {
            assert_eq!(expanded("src/file.md", text), None, "{text}");
        }
    }

    #[test]
    fn loops_and_floods_end() {
        let (text, _) = expanded("a.md", "{{#include loop.md}}\n").unwrap();
        assert_eq!(
            text,
            "l\n{{#include loop.md}}\nb\n{{#include ../loop.md}}\n"
        );
        let (text, _) = expanded("a.md", &"{{#include big.md}}\n".repeat(5)).unwrap();
        assert_eq!(
            text.matches("include").count(),
            4,
            "1 MiB holds one with its line end, and no second"
        );
        let (text, _) = expanded("a.md", &"{{#include snip.md:1}}\n".repeat(2_000)).unwrap();
        assert_eq!(text.matches("s1").count(), MAX_FILES);
        let read = |path: &str| Some(format!("x\n{{{{#include x{path}}}}}\n"));
        let deep = expand("a.md", "{{#include b.md}}\n", &read).unwrap();
        assert_eq!(deep.text.matches("x\n").count(), MAX_DEPTH);
    }
}
