use super::{MAX_BYTES, MAX_DEPTH, MAX_FILES, Syntax, expand};

const FILES: [(&str, &str); 4] = [
    (
        "d/part.rst",
        "One.\n\n.. start\n\nTwo.\n\n.. end\n\n.. include:: more/deep.txt\n",
    ),
    ("d/more/deep.txt", "Deep.\n\n.. include:: ../part.rst\n"),
    (
        "code/a.py",
        "import a\n# begin\ndef b():\n    return a\n# end\nb()\n",
    ),
    ("d/blank.txt", " \n"),
];

fn expanded(text: &str) -> Option<(String, Vec<u32>)> {
    super::expanded(&FILES, "d/file.rst", text, Syntax::ReStructuredText)
}

#[test]
fn files_are_included_with_the_line_that_asks_for_them() {
    for (text, expected, lines) in [
        (
            "a\n\n.. include:: part.rst\n   :start-after: .. start\n   :end-before: .. end\n\nb\n",
            "a\n\n\n\nTwo.\n\n\n\nb\n",
            &[1, 2, 3, 3, 3, 3, 3, 6, 7][..],
        ),
        // Deeper, and not around in a circle.
        (
            ".. include:: /d/part.rst\n   :start-line: -1\n",
            "Deep.\n\n.. include:: ../part.rst\n\n\n",
            &[1; 5],
        ),
        (
            ".. note::\n\n   .. include:: part.rst\n      :end-line: 2\nb\n",
            ".. note::\n\n   One.\n\n\nb\n",
            &[1, 2, 3, 3, 3, 5],
        ),
        (
            ".. include:: ../code/a.py\n   :code: python\n   :end-line: 1\n",
            ".. code-block:: python\n\n   import a\n\n",
            &[1; 4],
        ),
        (
            ".. include:: ../code/a.py\n   :literal:\n   :start-line: 5\n",
            ".. code-block::\n\n   b()\n\n",
            &[1; 4],
        ),
        (
            ".. literalinclude:: ../code/a.py\n   :language: python\n   :caption: A part\n   :lines: 1,3-4,6-\n",
            ".. code-block:: python\n   :caption: A part\n\n   import a\n   def b():\n       return a\n   b()\n\n",
            &[1; 8],
        ),
        (
            "  .. literalinclude:: /code/a.py\n     :start-after: begin\n     :end-before: # end\n     :lines: 2\n     :dedent: 4\n",
            "  .. code-block::\n\n     return a\n\n",
            &[1; 4],
        ),
        (
            ".. literalinclude:: /code/a.py\n   :start-at: def\n   :end-at: return\n",
            ".. code-block::\n\n   def b():\n       return a\n\n",
            &[1; 5],
        ),
    ] {
        let found = expanded(text);
        assert_eq!(found, Some((expected.to_owned(), lines.to_vec())), "{text}");
    }
}

#[test]
fn what_cannot_be_had_stays_as_it_is_written() {
    for text in [
        ".. include:: none.rst\n",
        ".. include:: <isonum.txt>\n",
        ".. include:: ../../etc/passwd\n",
        ".. include:: /etc/passwd\n",
        ".. include:: blank.txt\n",
        ".. include:: part.rst\n   :start-after: nowhere\n",
        ".. include:: part.rst\n   :start-line: 5\n   :end-line: 2\n",
        ".. include:: file.rst\n",
        ".. literalinclude:: /code/a.py\n   :lines: x\n",
        ".. literalinclude:: /code/a.py\n   :pyobject: b\n",
        ".. figure:: part.rst\n",
        ".. _include:: part.rst\n",
        // What is no markup.
        "So::\n\n  .. include:: part.rst\n",
        ".. code-block:: rst\n\n   .. include:: part.rst\n\n   .. include:: part.rst\n",
        ".. A comment\n   .. include:: part.rst\n",
    ] {
        assert_eq!(expanded(text), None, "{text}");
    }
    let ends = "So::\n\n  code\n\n.. include:: part.rst\n   :end-line: 1\n";
    assert_eq!(expanded(ends).unwrap().0, "So::\n\n  code\n\nOne.\n\n");
}

#[test]
fn loops_and_floods_end() {
    let expand = |text: &str, read: &dyn Fn(&str) -> Option<String>| {
        let included = expand("a.rst", text, Syntax::ReStructuredText, read);
        included.map(|included| included.text).unwrap_or_default()
    };
    let deep = |path: &str| Some(format!("x\n\n.. include:: x{path}\n"));
    let text = expand(".. include:: b.rst\n", &deep);
    assert_eq!(text.matches("x\n\n").count(), MAX_DEPTH);
    let one = |_: &str| Some("one\n".to_owned());
    let text = expand(&".. include:: b.rst\n\n".repeat(2_000), &one);
    assert_eq!(text.matches("one").count(), MAX_FILES);
    let big = |_: &str| Some("x".repeat(MAX_BYTES / 2));
    let text = expand(&".. literalinclude:: b.c\n\n".repeat(5), &big);
    assert_eq!(text.matches("literalinclude").count(), 4);
    // What lines are indented by counts with each of them.
    let lines = |_: &str| Some("x\n".repeat(1000));
    let text = expand(&format!("{}.. include:: b\n", " ".repeat(2000)), &lines);
    assert_eq!(text, "");
    let text = expand(".. literalinclude:: b\n   :lines: 1-,1-,1-\n", &lines);
    assert_eq!(text, "");
}
