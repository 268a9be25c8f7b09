use super::*;

#[test]
fn pages_become_markdown_with_the_page_of_each_line() {
    let answer = r#"{"Ok": {"title": "Roasting", "pages": [
        [{"heading": [1, "Curves {#a}"]}, {"text": ["The *first* crack", "1. begins"]}],
        [],
        [{"text": ["• under", "- over"]}, {"code": ["a", "  b`"]}, {"heading": [9, "Deep"]}]
    ]}}"#;
    let rendition = render(answer).unwrap();
    assert_eq!(rendition.title.as_deref(), Some("Roasting"));
    assert_eq!(
        rendition.numbered_lines(),
        [
            ("## Curves {#a&#125;", 1),
            ("", 1),
            (r"The \*first\* crack", 1),
            (r"1\. begins", 1),
            ("", 1),
            ("- under", 3),
            (r"\- over", 3),
            ("", 3),
            ("```", 3),
            ("a", 3),
            ("  b`", 3),
            ("```", 3),
            ("", 3),
            ("###### Deep", 3),
            ("", 3),
        ]
    );
    assert!(rendition.has_pages);
}

#[test]
fn what_is_no_document_has_its_reason() {
    for (answer, expected) in [
        (r#"{"Err": "it needs a password"}"#, "it needs a password"),
        (
            r#"{"Ok": {"title": null, "pages": [[]]}}"#,
            "there is no text in it",
        ),
        (
            "",
            "docent-pdf answers as another version of docent expects",
        ),
        (
            "{\"Ok\": 3}",
            "docent-pdf answers as another version of docent expects",
        ),
    ] {
        assert_eq!(render(answer).unwrap_err().to_string(), expected);
    }
    let long = format!("{{\"Err\": \"{}\"}}", "x".repeat(MAX_REASON + 1));
    assert_eq!(render(&long).unwrap_err().to_string().len(), MAX_REASON);
}
