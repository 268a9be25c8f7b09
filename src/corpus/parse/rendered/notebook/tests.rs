use proptest::prelude::*;

use super::*;

const NOTEBOOK: &str = r##"{
 "cells": [
  {
   "cell_type": "markdown",
   "attachments": {"a.png": {"image/png": "SECRET"}},
   "source": [
    "# Title\n",
    "\n",
    "Some *text*."
   ]
  },
  {
   "cell_type": "code",
   "metadata": {"tags": ["SECRET"]},
   "outputs": [
    {"output_type": "stream", "name": "stdout", "text": ["10%\r20%\n", "\u001b[31mred\u001b[0m\n"]},
    {"output_type": "display_data", "data": {"image/png": "SECRET", "text/plain": ["<Figure size 1x1>"]}},
    {"output_type": "execute_result", "data": {"text/html": "<b>SECRET</b>", "text/plain": "42"}},
    {"output_type": "error", "ename": "ValueError", "evalue": "bad\nSECRET", "traceback": ["SECRET"]}
   ],
   "source": [
    "x = '```'\n",
    "x"
   ]
  },
  {"cell_type": "raw", "source": "*raw*"}
 ],
 "metadata": {"title": "Other", "language_info": {"name": "python"}},
 "nbformat": 4
}"##;

#[test]
fn cells_and_outputs() {
    let page = render(NOTEBOOK).unwrap();
    let expected = [
        ("# Title", 7),
        ("", 8),
        ("Some *text*.", 9),
        ("", 9),
        ("````python", 22),
        ("x = '```'", 22),
        ("x", 23),
        ("````", 23),
        ("", 23),
        ("```text", 23),
        ("20%", 23),
        ("red", 23),
        ("42", 23),
        ("ValueError: bad", 23),
        ("```", 23),
        ("", 23),
        ("\\*raw\\*", 26),
        ("", 26),
    ];
    assert_eq!(page.numbered_lines(), expected);
    assert_eq!(page.title, None);
}

#[test]
fn on_one_line_all_lines_are_the_first() {
    let value: serde_json::Value = serde_json::from_str(NOTEBOOK).unwrap();
    let page = render(&value.to_string()).unwrap();
    assert_eq!(page.text, render(NOTEBOOK).unwrap().text);
    assert!(page.file_lines.iter().all(|&line| line == 1));
}

#[test]
fn version_3() {
    let source = r#"{"nbformat": 3, "metadata": {"title": "T"}, "worksheets": [{"cells": [
        {"cell_type": "heading", "level": 2, "source": ["A #b"]},
        {"cell_type": "code", "language": "python", "input": ["1"], "outputs": [
            {"output_type": "pyout", "text": ["1"], "png": "SECRET"}]}]}]}"#;
    let page = render(source).unwrap();
    assert_eq!(
        page.text,
        "## A #b\n\n```python\n1\n```\n\n```text\n1\n```\n\n"
    );
    assert_eq!(page.title.as_deref(), Some("T"));
}

#[test]
fn version_2_lists_lines_without_their_ends() {
    let source = r#"{"nbformat": 2, "worksheets": [{"cells": [
        {"cell_type": "markdown", "source": ["a", "", "b"]}]}]}"#;
    assert_eq!(render(source).unwrap().text, "a\n\nb\n\n");
}

#[test]
fn outputs_are_bounded() {
    let text = "a\\n".repeat(1000);
    let source = format!(
        r#"{{"nbformat": 4, "cells": [{{"cell_type": "code", "source": "1", "outputs": [
        {{"output_type": "stream", "text": "{text}"}}]}}]}}"#
    );
    let page = render(&source).unwrap();
    assert_eq!(page.text.matches("\na").count(), MAX_OUTPUT_LINES);
    assert!(page.text.ends_with("\n...\n```\n\n"));
}

#[test]
fn what_is_no_notebook() {
    let is_malformed = |source: &str| matches!(render(source), Err(NoContent::Malformed(_)));
    assert!(
        ["", "{}", "[1]", "{\"cells\": ", &"[".repeat(4 << 20)]
            .into_iter()
            .all(is_malformed)
    );
    assert_eq!(
        render("{\"nbformat\": 4, \"cells\": []}"),
        Err(NoContent::Empty)
    );
}

proptest! {
    #[test]
    fn lines_never_descend(cut in 0..NOTEBOOK.len(), noise in "[\\[\\]{}\",:a\n]{0,5}") {
        let at = NOTEBOOK.floor_char_boundary(cut);
        let garbled = format!("{}{noise}{}", &NOTEBOOK[..at], &NOTEBOOK[at..]);
        if let Ok(page) = render(&garbled) {
            prop_assert_eq!(page.text.lines().count(), page.file_lines.len());
            prop_assert!(page.file_lines.is_sorted());
        }
    }
}
