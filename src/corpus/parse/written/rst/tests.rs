use proptest::prelude::*;

use super::*;
use crate::corpus::parse::written::checks::{assert_sound, outline};

fn read(source: &str) -> Vec<String> {
    let document = parse(source);
    assert_sound(&document, source);
    outline(&document)
}

#[test]
fn titles_take_their_level_from_what_adorns_them() {
    let source = ":orphan:\n\n=====\nTitle\n=====\n\n.. _A_label:\n\nOne *em*\n--------\n\ntext\n\nTwo\n~~~\n\n----\n\nThree\n-----\n";
    assert_eq!(
        read(source),
        ["h1 Title", "h2 One em", "Block text", "h3 Two", "h2 Three"]
    );
    let document = parse(source);
    let Some(Node::Heading(heading)) = document.nodes.get(1) else {
        panic!("no heading");
    };
    assert_eq!(heading.id.as_deref(), Some("a-label"));
    assert_eq!(read("ab\n-\n"), ["Block ab", "Line -"]);
}

#[test]
fn lists_and_definitions() {
    let source = "Such as:\n\n- one\n  more\n\n  - two\n\n- three\n\n1. a\n2. b\n\nterm\n    text.\n\n:param x: what\n\nA. Person\nwrites\n";
    assert_eq!(
        read(source),
        [
            "Block Such as:",
            "Item one",
            "Line more",
            "Paragraph two",
            "Item three",
            "Item a",
            "Item b",
            "Item term",
            "Paragraph text.",
            "Item param x: what",
            "Block A. Person",
            "Line writes"
        ]
    );
}

#[test]
fn code_has_its_language_as_context() {
    let source = ".. code-block:: python\n   :linenos:\n\n   def a():\n\n       b\n\nText::\n\n  *lit*\n\nQuoted::\n\n> a\n> b\n\n>>> 1\n1\n";
    assert_eq!(
        read(source),
        [
            "Block [=] python",
            "Line [python] def a():",
            "Paragraph [python]     b",
            "Block Text:",
            "Item [] *lit*",
            "Block Quoted:",
            "Item [] > a",
            "Line [] > b",
            "Block [] >>> 1",
            "Line [] 1"
        ]
    );
}

#[test]
fn directives_are_what_readers_see_of_them() {
    let source = ".. note:: Mind *this*\n   and that.\n\n   More.\n\n.. warning::\n\n   Hot.\n\n.. versionadded:: 3.2\n   A thing.\n\n.. toctree::\n   :maxdepth: 2\n\n   Intro <intro>\n   usage\n\n.. image:: a.png\n   :alt: A picture\n\n.. comment\n   more\n\n.. index:: x\n\n.. unknown:: Arg\n\n   Content.\n\n.. py:function:: f(a, *b)\n\n   Does it.\n";
    assert_eq!(
        read(source),
        [
            "Block Note: Mind this",
            "Line and that.",
            "Paragraph More.",
            "Block Warning",
            "Paragraph Hot.",
            "Block Added in version 3.2",
            "Line A thing.",
            "Block Intro",
            "Line usage",
            "Block A picture",
            "Block Arg",
            "Paragraph Content.",
            "Block f(a, *b)",
            "Paragraph Does it."
        ]
    );
    let meta = parse(".. meta::\n   :description: What it does\n");
    assert_eq!(meta.description.as_deref(), Some("What it does"));
}

#[test]
fn tables_have_rows_and_a_header() {
    let source = "+---+-----+\n| a | b   |\n+===+=====+\n| 1 | *2* |\n|   | x|y |\n+---+-----+\n\n=====  ===\nName   B\n=====  ===\none    x y\n       more\ntwo    z\n=====  ===\n\n.. list-table:: T\n   :header-rows: 1\n\n   * - H\n     - I\n   * - v\n     - w\n\n.. csv-table::\n   :header: a, b\n\n   \"1, 2\", 3\n";
    assert_eq!(
        read(source),
        [
            "Block [=] a | b",
            "Sentence [a | b] 1 | 2",
            "Line [a | b] x|y",
            "Block [=] Name | B",
            "Sentence [Name | B] one | x y",
            "Line [Name | B] more",
            "Sentence [Name | B] two | z",
            "Block T",
            "Block [=] H",
            "Line [H | I] I",
            "Sentence [H | I] v",
            "Line [H | I] w",
            "Block [=] a | b",
            "Line [a | b] 1, 2 | 3"
        ]
    );
}

#[test]
fn inline_markup_is_taken_out() {
    for (source, expected) in [
        ("*a* **b** ``c *d*`` `e`", "a b c *d* e"),
        (
            "2*3*4 a * b snake_case __init__ x*",
            "2*3*4 a * b snake_case __init__ x*",
        ),
        (
            ":ref:`the page <target>`, :class:`~a.b.C` :meth:`!x` :pep:`8`",
            "the page, a.b.C x PEP 8",
        ),
        (
            "`text <https://a.b/c_d>`_ `other`__ name_ [1]_ `<u>`_",
            "text other name [1] u",
        ),
        (
            "\\*no* a\\ b :math:`\\alpha` |unknown|",
            "*no* ab \\alpha |unknown|",
        ),
        (
            "|v| and |c|\n\n.. |v| replace:: *three*\n.. |c| unicode:: 0xA9",
            "three and ©",
        ),
        (
            "a [#note]_\n\n.. [#note] Foot",
            "a [#note]/Block [#note] Foot",
        ),
        ("_`here` is :code:`a<b>` :kbd:`x`", "here is a<b> x"),
    ] {
        let joined = read(source).join("/");
        let words: Vec<_> = joined.split_whitespace().skip(1).collect();
        assert_eq!(words.join(" "), expected, "{source}");
    }
}

#[test]
fn markup_reaches_over_lines() {
    assert_eq!(
        read("a :ref:`b\nc <d>` e\n| x"),
        ["Block a b", "Line c e", "Line | x"]
    );
    assert_eq!(read("| a\n| *b*"), ["Block a", "Line b"]);
}

/// Four megabytes, the most that a caller gives.
const MUCH: usize = 4 << 20;

#[test]
fn hostile_texts_are_read() {
    for part in [
        "=",
        "*",
        "..",
        "-",
        "- ",
        "- a\n",
        "..\n",
        ".. a::\n",
        ".. note::\n ",
        "|",
        "`",
        "``",
        ":a:`",
        ":a",
        "|a",
        "a_",
        "[a]_ ",
        "+-+\n",
        "= =\n",
        "\\",
        "::\n\n",
        ":a: b\n",
        "a\n-\n",
        "a\n ",
        "\n",
        "\u{e9}*",
        ".. |a| replace:: |a|\n",
        ".. _a:\n",
        "* ",
        "`a <b>`_",
        "<",
        "- a\n\n  b\n",
    ] {
        let source = part.repeat(MUCH / part.len());
        assert_sound(&parse(&source), &source);
    }
    let nested: String = (0..2000).map(|depth| " ".repeat(depth) + "- a\n").collect();
    assert_sound(&parse(&nested), &nested);
    let quoted: String = (0..2000).map(|depth| " ".repeat(depth) + "a\n\n").collect();
    assert_sound(&parse(&quoted), &quoted);
}

proptest! {
    #[test]
    fn near_valid_texts_give_sound_documents(parts in proptest::collection::vec(
        prop_oneof![
            Just("\n"), Just("\n\n"), Just("\n  "), Just("\n    "), Just("T\n="), Just("===="), Just("----"), Just("= ="), Just("+--+"),
            Just("| a |"), Just("- "), Just("* "), Just("1. "), Just(".. note:: "), Just(".. code-block:: c"), Just(".. list-table::"),
            Just(".. csv-table::"), Just(":header: a"), Just(".. _a:"), Just(".. |a| replace:: b"), Just("|a|"), Just("*b*"), Just("``"),
            Just("`a <b>`_"), Just(":a:`b`"), Just("_"), Just("\\"), Just("é"), Just("€"), Just("::"), Just(">>> "), Just("word"),
            Just(" "), Just("\t"), Just("\r"), Just("[1]_"), Just(".. [1] "), Just(".. function:: a"), Just(".. versionadded:: 1"), Just("+==+"),
        ], 0..40)) {
        let source = parts.concat();
        assert_sound(&parse(&source), &source);
    }

    #[test]
    fn any_text_gives_a_sound_document(source in "\\PC{0,200}") {
        assert_sound(&parse(&source), &source);
    }
}
