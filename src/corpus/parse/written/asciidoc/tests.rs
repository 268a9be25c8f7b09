use proptest::prelude::*;

use super::*;
use crate::corpus::document::Node;
use crate::corpus::parse::written::checks::{assert_sound, outline};

fn read(source: &str) -> Vec<String> {
    let document = parse(source);
    assert_sound(&document, source);
    outline(&document)
}

#[test]
fn a_header_is_a_title_and_what_it_says_of_itself() {
    let source = "// a comment\n= The *Title*\nAda Lovelace <ada@example.org>\nv1.0, 2026-01-01\n:description: What it \\\n  does\n:product: Docent\n\nUse {product}, not {other}.\n";
    let document = parse(source);
    assert_eq!(document.description.as_deref(), Some("What it does"));
    assert_eq!(
        read(source),
        ["h1 The Title", "Block Use Docent, not {other}."]
    );
    assert_eq!(parse(":title: T\n\ntext").title.as_deref(), Some("T"));
}

#[test]
fn titles_of_both_styles_with_their_ids() {
    let source = "Top\n===\n\n[#first]\n== One [[ignored]]\ntext\n== no title\n\n[[second,label]]\n### Three\n\nFour\n----\nx\n\n[discrete]\n== Five ==\n";
    assert_eq!(
        read(source),
        [
            "h1 Top",
            "h2 One",
            "Block text",
            "Line == no title",
            "h3 Three",
            "h2 Four",
            "Block x",
            "h2 Five"
        ]
    );
    let ids: Vec<_> = parse(source)
        .nodes
        .into_iter()
        .filter_map(|node| match node {
            Node::Heading(heading) => Some(heading.id.unwrap_or_default()),
            Node::Unit(_) => None,
        })
        .collect();
    assert_eq!(ids, ["", "ignored", "second", "", ""]);
}

#[test]
fn lists_nest_by_their_markers() {
    let source = "For example:\n\n* one\nmore.\n** two\n* [x] three\n+\n--\nattached\n--\n\nterm:: text\nother::\n  its text\n\nend\n";
    assert_eq!(
        read(source),
        [
            "Block For example:",
            "Item one",
            "Line more.",
            "Paragraph two",
            "Item three",
            "Paragraph attached",
            "Paragraph term: text",
            "Paragraph other",
            "Paragraph its text",
            "Block end"
        ]
    );
}

#[test]
fn code_has_its_language_as_context() {
    let source = "[source,rust]\n----\nfn a() {\n\n    b *c*\n}\n----\n\n```sh\nrun\n```\n\n  literal\n\n....\nplain\ninclude::x.adoc[]\n....\n";
    assert_eq!(
        read(source),
        [
            "Block [=] rust",
            "Line [rust] fn a() {",
            "Paragraph [rust]     b *c*",
            "Line [rust] }",
            "Block [=] sh",
            "Line [sh] run",
            "Block []   literal",
            "Block [] plain"
        ]
    );
}

#[test]
fn what_readers_do_not_see_is_left_out() {
    let source = "ifdef::x[]\nkept\nendif::[]\n// no\n\n////\nno\n////\n\ninclude::no.adoc[]\n\ntoc::[]\n\n++++\n<p>shown <b>text</b></p>\n++++\n\nimage::a.png[A picture,100]\n\n.Title\n[NOTE]\n====\nRead this.\n====\n\n'''\n\n[comment]\nno\n";
    assert_eq!(
        read(source),
        [
            "Block kept",
            "Block shown text",
            "Block A picture",
            "Block Title",
            "Item NOTE",
            "Paragraph Read this."
        ]
    );
}

#[test]
fn tables_have_rows_and_a_header() {
    let source = "[cols=\"1,1\",options=\"header\"]\n|===\n|Name |Text\n\n|a\n|b `c`\n\n2+|d\nmore\n|===\n\n|===\n|x |y\n\n|===\n\n,===\n1,\"2, 3\"\n,===\n";
    assert_eq!(
        read(source),
        [
            "Block [=] Name | Text",
            "Line [Name | Text] a",
            "Line [Name | Text] b c",
            "Sentence [Name | Text] d",
            "Line [Name | Text] more",
            "Block [=] x | y",
            "Block 1 | 2, 3"
        ]
    );
}

#[test]
fn inline_markup_is_taken_out() {
    for (source, expected) in [
        ("a *b* _c_ `d` #e# **f**g [.role]#h#", "a b c d e fg h"),
        (
            "2*3*4 snake_case_name a * b * c",
            "2*3*4 snake_case_name a * b * c",
        ),
        (
            "xref:page.adoc#id[the *page*], <<id,that>> and <<id>>",
            "the page, that and id",
        ),
        (
            "link:a_b.html[text,window=_blank] https://a.b/_c_ https://a.b[x^] <https://c.d>.",
            "text https://a.b/_c_ x https://c.d.",
        ),
        (
            "one.footnote:[A note.] kbd:[Ctrl+C] btn:[OK] menu:File[Save]",
            "one. (A note.) Ctrl+C OK File > Save",
        ),
        (
            "+*lit*+ `+_x_+` pass:[<u>] {empty}{plus}{asterisk}a{asterisk} \\*no* \\{name}",
            "*lit* _x_ <u> +*a* *no* {name}",
        ),
        (
            "((shown)) (((not))) x [[here]]y icon:tip[] H~2~O",
            "shown x y HO".replace("HO", "H2O").as_str(),
        ),
        ("a +\n", "a"),
    ] {
        let joined = read(source).join("/");
        let words: Vec<_> = joined.split_whitespace().skip(1).collect();
        assert_eq!(words.join(" "), expected, "{source}");
    }
}

#[test]
fn markup_reaches_over_lines() {
    assert_eq!(
        read("a *b\nc* d\nlink:x[y\nz]"),
        ["Block a b", "Line c d", "Line y", "Line z"]
    );
    let document = parse("x *b* `c`");
    let Some(Node::Unit(unit)) = document.nodes.first() else {
        panic!("no unit");
    };
    assert_eq!(unit.runs, [(0, 0), (2, 3), (3, 5), (4, 7)]);
}

/// Four megabytes, the most that a caller gives.
const MUCH: usize = 4 << 20;

#[test]
fn hostile_texts_are_read() {
    for part in [
        "=",
        "*",
        "[[",
        "|===\n",
        "* a\n** b\n",
        "====\n",
        "=====\n====\n",
        "--\n",
        "{a",
        "a:: ",
        "a::\n",
        "`",
        "<<",
        "link:a[",
        "footnote:[",
        "https://",
        "++++\n<",
        "[",
        "]",
        "\\*",
        "_a ",
        "|",
        "2+|a\n",
        "((",
        "~a",
        "menu:",
        ":a: {a}{a}\n",
        ":a: b\\\n",
        "\n",
        "[a]\n",
        ".a\n",
        "ifdef::a[\n",
        "\u{e9}*",
        "+",
        "1. ",
    ] {
        let source = part.repeat(MUCH / part.len());
        assert_sound(&parse(&source), &source);
    }
    let nested: String = (1..2000).map(|depth| "*".repeat(depth) + " a\n").collect();
    assert_sound(&parse(&nested), &nested);
}

#[test]
fn references_cannot_blow_a_text_up() {
    let source = format!(":a: {}\n\n{}", "x".repeat(1000), "{a}".repeat(1000));
    let document = parse(&source);
    let text: usize = document
        .nodes
        .iter()
        .map(|node| match node {
            Node::Unit(unit) => unit.text.len(),
            Node::Heading(_) => 0,
        })
        .sum();
    assert!(text < 3 * source.len());
}

proptest! {
    #[test]
    fn near_valid_texts_give_sound_documents(parts in proptest::collection::vec(
        prop_oneof![
            Just("\n"), Just("\n\n"), Just("= "), Just("== T"), Just("===="), Just("----"), Just("|==="), Just("|a"), Just("* "),
            Just("a:: "), Just("[source,c]"), Just("[[x]]"), Just("*b*"), Just("`"), Just("_"), Just("é"), Just("link:x[y]"),
            Just("https://a.b[c]"), Just("<<a,b>>"), Just("{a}"), Just(":a: b"), Just("+"), Just("\\"), Just("++++"), Just("<i>"),
            Just("//"), Just("\t"), Just(" "), Just("\r"), Just("footnote:[x]"), Just("("), Just(")"), Just("--"), Just("NOTE: "),
            Just("menu:a[b]"), Just("____"), Just("[verse]"), Just("]"), Just("word"), Just("."), Just("ifdef::a[]"), Just("€#"),
        ], 0..40)) {
        let source = parts.concat();
        assert_sound(&parse(&source), &source);
    }

    #[test]
    fn any_text_gives_a_sound_document(source in "\\PC{0,200}") {
        assert_sound(&parse(&source), &source);
    }
}
