//! `docent-pdf`, run as docent runs it: what it says of documents, and that none does it any harm.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod hostile;
mod made;

use std::io::Write;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use serde_json::{Value, json};

/// How the program ended, and what it said of a file.
fn run(file: &[u8]) -> (ExitStatus, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_docent-pdf"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut input, file) = (child.stdin.take().unwrap(), file.to_vec());
    let writer = thread::spawn(move || input.write_all(&file));
    let output = child.wait_with_output().unwrap();
    // A program that has ended reads no further.
    let _ = writer.join().unwrap();
    (output.status, String::from_utf8(output.stdout).unwrap())
}

fn said(file: &[u8]) -> Value {
    let (status, answer) = run(file);
    assert!(status.success(), "{status}");
    serde_json::from_str(&answer).unwrap()
}

/// The blocks of each page.
fn read(contents: &[&str]) -> Value {
    said(&made::pages(contents, "", &[], ""))["Ok"]["pages"].clone()
}

#[test]
fn text_stands_on_its_page_under_the_headings_of_the_outline() {
    let first = made::text(
        "F",
        &[
            (50, 700, "1. Roasting"),
            (50, 676, "The first crack begins"),
            (50, 662, "at 196 degrees."),
        ],
    );
    let second = made::text(
        "F",
        &[(50, 700, "Cool it quickly."), (50, 600, "Warm the pot.")],
    );
    let outline = [
        "<< /Type /Outlines /First 10 0 R >>",
        "<< /Title (Roasting) /Dest [5 0 R /XYZ 0 720 0] /First 11 0 R /Next 12 0 R >>",
        // By a name, in UTF-16, of what no line says: the height on the page decides.
        "<< /Title <FEFF004B00FC0068006C0065006E> /A << /S /GoTo /D (pots) >> >>",
        "<< /Title (Nowhere) /Dest [99 0 R /Fit] >>",
    ];
    let catalog = "/Outlines 9 0 R /Names << /Dests << /Names [(pots) [7 0 R /XYZ 0 650 0]] >> >>";
    let trailer = "/Info << /Title (Coffee, from bean to cup) >>";
    let file = made::pages(&[&first, &second], catalog, &outline, trailer);
    assert_eq!(
        said(&file),
        json!({"Ok": {"title": "Coffee, from bean to cup", "pages": [
            [
                {"heading": [1, "Roasting"]},
                {"text": ["The first crack begins", "at 196 degrees."]},
            ],
            [
                {"text": ["Cool it quickly."]},
                {"heading": [2, "Kühlen"]},
                {"text": ["Warm the pot."]},
            ],
        ]}})
    );
}

#[test]
fn headings_of_a_document_without_an_outline_are_told_by_their_size() {
    let line = |size: i32, y: i32, text: &str| {
        format!("BT /F {size} Tf 1 0 0 1 50 {y} Tm ({text}) Tj ET\n")
    };
    let page = [
        line(24, 740, "Coffee"),
        line(12, 700, "All that one needs to know about"),
        line(12, 686, "them."),
        line(16, 660, "From the bean"),
        line(16, 642, "to the cup"),
        line(12, 620, "Roast, grind, brew."),
    ];
    assert_eq!(
        read(&[&page.concat()]),
        json!([[
            {"heading": [1, "Coffee"]},
            {"text": ["All that one needs to know about", "them."]},
            {"heading": [2, "From the bean to the cup"]},
            {"text": ["Roast, grind, brew."]},
        ]])
    );
}

#[test]
fn words_are_told_by_their_distance_and_joined_at_the_ends_of_lines() {
    let page = "BT /F 12 Tf 1 0 0 1 50 700 Tm [(Wa) 80 (ter) -300 (not) -250 (too)] TJ\n\
                1 0 0 1 50 686 Tm (hard; a well-known docu-) Tj\n1 0 0 1 50 672 Tm (mentation of a well-) Tj\n\
                1 0 0 1 50 658 Tm (known pot, H) Tj 8 Tf 3 Ts (2) Tj 0 Ts 12 Tf (O) Tj ET";
    assert_eq!(
        read(&[&page
            .replace(" 8 Tf", " /F 8 Tf")
            .replace(" 12 Tf (O", " /F 12 Tf (O")]),
        json!([[{"text": [
            "Water not too",
            "hard; a well-known documentation",
            "of a well-known",
            "pot, H2O",
        ]}]])
    );
}

#[test]
fn code_keeps_its_lines_and_indents_and_lists_their_items() {
    let code = [
        (50, 700, "if pot.is_cold {"),
        (79, 686, "warm\\(pot\\);"),
        (50, 672, "}"),
    ];
    let page = made::text("C", &code)
        + &made::text(
            "F",
            &[
                (50, 640, "\\225 Beans and"),
                (60, 626, "water."),
                (50, 612, "\\225 A pot."),
            ],
        );
    assert_eq!(
        read(&[&page]),
        json!([[
            {"code": ["if pot.is_cold {", "    warm(pot);", "}"]},
            {"text": ["• Beans and", "water."]},
            {"text": ["• A pot."]},
        ]])
    );
}

#[test]
fn running_heads_numbers_of_pages_and_contents_are_left_out() {
    let page = |number: usize, text: &str| {
        made::text(
            "F",
            &[
                (50, 780, &format!("Coffee, chapter {number}")),
                (50, 700, text),
                (50, 686, "Brewing . . . . . . . . 12"),
                (50, 400, "Once 12"),
                (50, 300, &format!("More of {text}")),
                (300, 20, &format!("{number}")),
            ],
        )
    };
    let pages = [page(1, "Beans."), page(2, "Water."), page(3, "Pots.")];
    let pages: Vec<&str> = pages.iter().map(String::as_str).collect();
    let expected = |text: &str| json!([{"text": [text]}, {"text": ["Once 12"]}, {"text": [format!("More of {text}")]}]);
    assert_eq!(
        read(&pages),
        json!([expected("Beans."), expected("Water."), expected("Pots.")])
    );
    // What stands there twice only is text.
    assert_eq!(
        read(&pages[..2])[0][0],
        json!({"text": ["Coffee, chapter 1"]})
    );
}

#[test]
fn artifacts_and_unsized_text_are_none_and_turned_pages_are_read() {
    let page = "/Artifact BMC BT /F 12 Tf 50 780 Td (Confidential) Tj ET EMC\n\
                BT /F 12 Tf 0 1 -1 0 100 50 Tm (Turned by) Tj 0 1 -1 0 114 50 Tm (a quarter.) Tj ET\n\
                BT /F 0 Tf 50 50 Td (Nothing) Tj ET";
    assert_eq!(
        read(&[page]),
        json!([[{"text": ["Turned by", "a quarter."]}]])
    );
}

#[test]
fn titles_that_programs_make_are_none() {
    for (title, expected) in [
        ("Brewing guide", json!("Brewing guide")),
        ("Version 1.2 of the pot", json!("Version 1.2 of the pot")),
        ("Microsoft Word - pot.doc", Value::Null),
        ("pot_final2.tex", Value::Null),
        ("untitled", Value::Null),
        ("--", Value::Null),
    ] {
        let trailer = format!("/Info << /Title ({title}) >>");
        let file = made::pages(
            &[&made::text("F", &[(50, 700, "Text.")])],
            "",
            &[],
            &trailer,
        );
        assert_eq!(said(&file)["Ok"]["title"], expected, "{title}");
    }
}
