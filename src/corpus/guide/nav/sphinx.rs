//! Toctrees of Sphinx (<https://www.sphinx-doc.org/en/master/usage/restructuredtext/directives.html#toctree>), in
//! reStructuredText and, as fences, in MyST.

use super::{Page, Pages};
use crate::corpus::guide::Guide;
use crate::corpus::guide::parse::resolve;
use crate::corpus::{Section, Syntax};

/// What the toctrees of a page say of others: that they belong to it, below the toctree's caption.
pub(in crate::corpus) fn read_toctrees(section: &Section) -> Guide {
    let text = section.text();
    let mut pages = Pages::new(&section.path);
    if text.contains("toctree") {
        let mut lines = text.lines().zip(1..).peekable();
        while let Some((line, _)) = lines.next() {
            let Some(toctree) = Toctree::begin(line, section.syntax()) else {
                continue;
            };
            let mut caption = "";
            while let Some((line, number)) = lines.next_if(|(line, _)| toctree.holds(line)) {
                match entry(line.trim()) {
                    Entry::Caption(text) => caption = text,
                    Entry::Page(title, path) => pages.add(Page {
                        target: resolve(&section.path, path),
                        title,
                        place: &[&section.title, caption],
                        line: section.file_line(number),
                        ..Page::default()
                    }),
                    Entry::Nothing => {}
                }
            }
        }
    }
    pages.guide
}

/// A toctree whose lines are being read.
enum Toctree {
    /// The column of its mark: what belongs to it stands further right.
    Indented(usize),
    /// The fence that ends it.
    Fenced(String),
}

enum Entry<'a> {
    Caption(&'a str),
    /// Its title, which may be empty, and its path.
    Page(&'a str, &'a str),
    Nothing,
}

impl Toctree {
    /// The one that `line` begins: an indented one in reStructuredText, a fenced one in Markdown.
    fn begin(line: &str, syntax: Syntax) -> Option<Self> {
        let mark = line.trim_start();
        if syntax == Syntax::ReStructuredText {
            let column = line.len() - mark.len();
            return (mark.trim_end() == ".. toctree::").then_some(Self::Indented(column));
        }
        let fence: String = mark
            .chars()
            .take_while(|c| matches!(c, '`' | ':' | '~'))
            .collect();
        let is_toctree = mark[fence.len()..].trim_end() == "{toctree}";
        (is_toctree && fence.len() >= 3 && syntax.is_markdown()).then_some(Self::Fenced(fence))
    }

    /// Whether the line belongs to it.
    fn holds(&self, line: &str) -> bool {
        let text = line.trim_start();
        match self {
            Self::Indented(column) => text.is_empty() || line.len() - text.len() > *column,
            Self::Fenced(fence) => !text.starts_with(fence.as_str()),
        }
    }
}

/// `path`, `Title <path>`, or an option.
fn entry(line: &str) -> Entry<'_> {
    if let Some(option) = line.strip_prefix(':') {
        let caption = option.strip_prefix("caption:");
        return caption.map_or(Entry::Nothing, |text| Entry::Caption(text.trim()));
    }
    let titled = line
        .strip_suffix('>')
        .and_then(|line| line.rsplit_once('<'));
    let (title, path) = titled.map_or(("", line), |(title, path)| (title.trim(), path));
    let is_page = !path.is_empty() && path != "self" && !path.contains([' ', '*', ':', '[']);
    if is_page {
        Entry::Page(title, path)
    } else {
        Entry::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::guide::nav::tests::rows;

    fn read(path: &str, text: &str) -> Vec<String> {
        let section = Section::from_text(path.to_owned(), text.to_owned());
        rows(&read_toctrees(&section))
    }

    #[test]
    fn pages_of_a_toctree_belong_to_its_page() {
        let text = "Library\n=======\n\n.. toctree::\n   :maxdepth: 2\n   :caption: Data types\n\n   datetime\n   \
                    Calendars <cal/main>\n   /using/index.rst\n   self\n   https://x.example\n\nText.\n\n.. toctree::\n   \
                    :glob:\n\n   more*\n   struct\n";
        assert_eq!(
            read("library/index.rst", text),
            [
                "8 library/datetime |  | Library > Data types",
                "9 library/cal/main | Calendars | Library > Data types",
                "10 using/index.rst |  | Library > Data types",
                "20 library/struct |  | Library",
            ]
        );
    }

    #[test]
    fn a_fence_is_one_too() {
        let text = "# Tea\n\n```{toctree}\n:caption: Pots\n\npots/iron.md\nGlass <pots/glass>\n```\n\nno/page\n";
        assert_eq!(
            read("index.md", text),
            [
                "6 pots/iron.md |  | Tea > Pots",
                "7 pots/glass | Glass | Tea > Pots"
            ]
        );
        assert_eq!(read("a.md", "A toctree is a tree.\n"), [""; 0]);
    }

    #[test]
    fn each_syntax_has_its_own_form_alone() {
        let indented = "T\n=\n\n.. toctree::\n\n   pots/iron\n";
        let fenced = "T\n=\n\n```{toctree}\npots/iron\n```\n";
        for (path, text, expected) in [
            ("a.rst", indented, 1),
            ("a.rst", fenced, 0),
            ("a.md", indented, 0),
            ("a.md", fenced, 1),
            ("a.txt", indented, 0),
            ("a.adoc", fenced, 0),
        ] {
            assert_eq!(read(path, text).len(), expected, "{path}: {text}");
        }
    }
}
