//! What the name of a file says of it.

use crate::corpus::guide::is_list_of_pages;
use crate::corpus::parse::Format;

/// Names under which documentation is found without an extension, by tradition; in any case.
const TRADITIONAL: [&str; 17] = [
    "authors",
    "bugs",
    "changelog",
    "changes",
    "contributing",
    "copying",
    "copyright",
    "faq",
    "hacking",
    "install",
    "licence",
    "license",
    "news",
    "notice",
    "readme",
    "thanks",
    "todo",
];

/// What is no documentation under such a name either: programs, data, pictures, templates.
const OTHER_KINDS: [&str; 52] = [
    "asc", "bat", "c", "cfg", "cpp", "cs", "css", "csv", "docx", "ejs", "erb", "go", "h", "hbs",
    "htm", "html", "in", "ini", "ipynb", "java", "jpg", "js", "json", "jsx", "lua", "m4", "mk",
    "mustache", "odt", "pdf", "php", "pl", "png", "pm", "ps1", "py", "rb", "rmd", "rs", "rtf",
    "sh", "sig", "svg", "tar", "tex", "tmpl", "toml", "ts", "tsx", "vue", "xml", "yaml",
];

/// Whether `path` ends in a documentation extension, in any case, after a non-empty stem; also where
/// the file is compressed (`.md.gz`). In a text `fig.1` is seldom a manual page, so those are not told by their names alone.
pub(crate) fn is_documentation(path: &str) -> bool {
    let format = Format::known(plain_name(path));
    format.is_some_and(|format| format != Format::Man)
}

/// Whether a file with this path is read: `notes.md`, `README`, `changelog.Debian.gz`, `mkdocs.yml`.
pub(crate) fn is_read(path: &str) -> bool {
    let name = plain_name(path);
    Format::known(name).is_some() || has_traditional_name(name) || is_list_of_pages(path)
}

/// Whether a file with this path is compressed with gzip.
pub(crate) fn is_gzip(path: &str) -> bool {
    without_gz(path).is_some()
}

/// Whether a file with this path is a page that may declare its encoding itself.
pub(super) fn is_html(path: &str) -> bool {
    extension(plain_name(path)).is_some_and(|extension| {
        ["html", "htm", "xhtml"]
            .iter()
            .any(|html| html.eq_ignore_ascii_case(extension))
    })
}

/// Whether a file with this path is a PDF.
pub(in crate::corpus) fn is_pdf(path: &str) -> bool {
    extension(plain_name(path)).is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
}

/// The kind that files which are not read are counted under: the extension of `path` in lower case, if
/// it looks like one.
pub(super) fn kind(path: &str) -> Option<String> {
    const LONGEST: usize = 12;
    let extension = extension(file_name(path))?;
    let is_plain = (1..=LONGEST).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then(|| extension.to_ascii_lowercase())
}

fn has_traditional_name(name: &str) -> bool {
    let end = name.find(|c: char| !c.is_ascii_alphabetic());
    let (word, rest) = name.split_at(end.unwrap_or(name.len()));
    let is_other = extension(rest).is_some_and(|extension| {
        OTHER_KINDS
            .iter()
            .any(|kind| kind.eq_ignore_ascii_case(extension))
    });
    // `README.source`, `LICENSE-MIT`, `changelog.Debian`; but `install.cmd` and `news-feed` are something else.
    let is_capital = word.bytes().all(|byte| byte.is_ascii_uppercase());
    let names_a_system =
        extension(rest).is_some_and(|extension| extension.starts_with(|c: char| c.is_uppercase()));
    TRADITIONAL
        .iter()
        .any(|name| name.eq_ignore_ascii_case(word))
        && !is_other
        && (rest.is_empty() || is_capital || names_a_system)
}

/// The file's name without the `.gz` of a compressed one.
pub(in crate::corpus) fn plain_name(path: &str) -> &str {
    let name = file_name(path);
    without_gz(name).unwrap_or(name)
}

fn without_gz(path: &str) -> Option<&str> {
    let (stem, extension) = path.rsplit_once('.')?;
    extension.eq_ignore_ascii_case("gz").then_some(stem)
}

/// What stands behind the last `/`.
pub(in crate::corpus) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_and_traditional_names_are_read() {
        for path in [
            "a.md",
            "d.x/A.MDX.GZ",
            "README",
            "d/Readme",
            "copyright",
            "changelog.gz",
            "changelog.Debian.gz",
            "NEWS.Debian.gz",
            "README.source",
            "LICENSE-MIT",
            "COPYING3",
            "COPYING.LESSER",
            "TODO.md.gz",
            "tar.1",
            "perlre.3pm.gz",
        ] {
            assert!(is_read(path), "{path}");
        }
        for path in [
            "a.rs",
            ".md",
            ".md.gz",
            "a.md.xz",
            "a.tar.gz",
            "gz",
            "README/a.rs",
            "readme-maker",
            "readmes",
            "install.sh",
            "install.cmd",
            "news.d",
            "CHANGELOG.json",
            "LICENSE.png.gz",
            "Makefile",
            ".README",
        ] {
            assert!(!is_read(path), "{path}");
        }
    }

    #[test]
    fn only_an_extension_makes_a_word_of_a_guide_a_file() {
        assert!(is_documentation("notes.md.gz"));
        for word in ["Install", "README", "TODO", "changelog.gz", "fig.1"] {
            assert!(!is_documentation(word), "{word}");
        }
    }

    #[test]
    fn kinds_are_extensions_that_look_like_some() {
        assert_eq!(kind("d/a.tar.GZ").as_deref(), Some("gz"));
        assert_eq!(kind("a.PNG").as_deref(), Some("png"));
        for path in [
            "Makefile",
            "d.x/a",
            "a.",
            "a.b-c",
            "a.\u{1b}",
            "a.0123456789abc",
        ] {
            assert_eq!(kind(path), None, "{path}");
        }
    }

    #[test]
    fn pages_are_told_by_their_extension() {
        assert!(is_html("a.HTM") && is_html("d/a.html.gz"));
        assert!(!is_html("html") && !is_html("a.html.md"));
    }
}
