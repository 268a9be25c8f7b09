use super::{MAX_BYTES, MAX_DEPTH, MAX_FILES, Syntax, expand};

const FILES: [(&str, &str); 6] = [
    (
        "d/part.adoc",
        "= Part\n\nOne.\n\n----\n== No\n----\n\n== Two\n",
    ),
    (
        "d/code.rb",
        "# tag::all[]\na\n# tag::in[]\n  b\n    c\n# end::in[]\nd\n# end::all[]\ne\n",
    ),
    (
        "d/loop.adoc",
        "l\ninclude::loop.adoc[]\ninclude::../d/back.adoc[]\n",
    ),
    ("d/back.adoc", "b\ninclude::loop.adoc[]\n"),
    ("modules/m/partials/x.adoc", "X\ninclude::example$y.txt[]\n"),
    ("modules/m/examples/y.txt", "Y\n"),
];

fn expanded_at(path: &str, text: &str) -> Option<(String, Vec<u32>)> {
    super::expanded(&FILES, path, text, Syntax::AsciiDoc)
}

fn expanded(text: &str) -> Option<String> {
    expanded_at("d/file.adoc", text).map(|(text, _)| text)
}

#[test]
fn files_are_included_with_the_line_that_asks_for_them() {
    let found = expanded_at("file.adoc", "a\ninclude::d/code.rb[]\nb\n");
    let expected = "a\na\n  b\n    c\nd\ne\nb\n".to_owned();
    assert_eq!(found, Some((expected, vec![1, 2, 2, 2, 2, 2, 3])));
    for (text, expected) in [
        (
            "include::part.adoc[leveloffset=+1]\n",
            "== Part\n\nOne.\n\n----\n== No\n----\n\n=== Two\n",
        ),
        ("include::part.adoc[lines=9,leveloffset=-3]\n", "= Two\n"),
        (
            "----\ninclude::code.rb[lines=2..4;-1]\n----\n",
            "----\na\n  b\n----\n",
        ),
        ("include::code.rb[lines=\"7,9..-1\"]\n", "d\ne\n"),
        ("include::code.rb[tag=in]\n", "  b\n    c\n"),
        ("include::code.rb[tag=in,indent=0]\n", "b\n  c\n"),
        ("include::code.rb[tags=all;!in]\n", "a\nd\n"),
        ("include::code.rb[tags=!in]\n", "a\nd\ne\n"),
        ("include::code.rb[tags=*]\n", "a\n  b\n    c\nd\n"),
        ("include::code.rb[tags=**;!all]\n", "e\n"),
        (
            ":dir: ../d\n\ninclude::{dir}/code.rb[tag=in]\n",
            ":dir: ../d\n\n  b\n    c\n",
        ),
        (
            "include::loop.adoc[]\n",
            "l\ninclude::loop.adoc[]\nb\ninclude::loop.adoc[]\n",
        ),
    ] {
        assert_eq!(expanded(text).as_deref(), Some(expected), "{text}");
    }
}

#[test]
fn families_are_those_of_the_module() {
    let text = "include::partial$x.adoc[]\ninclude::partial$../../../d/back.adoc[]\n";
    let found = expanded_at("modules/m/pages/sub/a.adoc", text);
    let expected = "X\nY\nb\ninclude::loop.adoc[]\n".replace(
        "include::loop.adoc[]",
        "l\ninclude::loop.adoc[]\ninclude::../d/back.adoc[]",
    );
    assert_eq!(found.unwrap().0, expected);
    for (path, text) in [
        ("d/a.adoc", "include::partial$x.adoc[]\n"),
        (
            "modules/m/pages/a.adoc",
            "include::other:partial$x.adoc[]\n",
        ),
        (
            "modules/m/pages/a.adoc",
            "include::partial$../../../../x.adoc[]\n",
        ),
    ] {
        assert_eq!(expanded_at(path, text), None, "{path} {text}");
    }
}

#[test]
fn what_cannot_be_had_stays_as_it_is_written() {
    for text in [
        "include::none.adoc[]\n",
        "include::../../etc/passwd[]\n",
        "include::/etc/passwd[]\n",
        "include::https://example.org/part.adoc[]\n",
        "include::{nowhere}/part.adoc[]\n",
        "include::{part.adoc[]\n",
        "include::part.adoc[tag=none]\n",
        "include::part.adoc[lines=90..]\n",
        "include::part.adoc\n",
        "\\include::part.adoc[]\n",
        " include::part.adoc[]\n",
        "include::file.adoc[]\n",
    ] {
        assert_eq!(expanded(text), None, "{text}");
    }
    // Values that would become a long path.
    let value = "x/".repeat(200);
    let text = format!(":a: {value}\ninclude::{}[]\n", "{a}".repeat(100_000));
    assert_eq!(expanded(&text), None);
}

#[test]
fn loops_and_floods_end() {
    let expand = |text: &str, read: &dyn Fn(&str) -> Option<String>| {
        let included = expand("a.adoc", text, Syntax::AsciiDoc, read);
        included.map(|included| included.text).unwrap_or_default()
    };
    let deep = |path: &str| Some(format!("x\ninclude::x{path}[]\n"));
    assert_eq!(
        expand("include::b[]\n", &deep).matches("x\n").count(),
        MAX_DEPTH
    );
    let one = |_: &str| Some("one\n".to_owned());
    let text = expand(&"include::b[]\n".repeat(2_000), &one);
    assert_eq!(text.matches("one").count(), MAX_FILES);
    let big = |_: &str| Some("x".repeat(MAX_BYTES / 2));
    let text = expand(&"include::b[]\n".repeat(5), &big);
    assert_eq!(text.matches("include").count(), 4);
}
