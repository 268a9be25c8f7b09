//! Documents that are broken, or made to break their reader.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;

use crate::{made, run, said};

const BROKEN: &str = "it is no PDF, or a broken one";

fn small() -> Vec<u8> {
    made::pages(
        &[&made::text("F", &[(50, 700, "Grown in shade.")])],
        "",
        &[],
        "",
    )
}

#[test]
fn what_is_no_document_is_told() {
    for file in [
        &b""[..],
        b"%PDF-1.7\n",
        b"%PDF-1.7\n\x00\xff garbage \x80 1 0 obj << /Pages",
        b"# Markdown",
    ] {
        assert_eq!(said(file), json!({ "Err": BROKEN }), "{file:?}");
    }
}

#[test]
fn a_document_that_is_cut_off_is_answered_for() {
    let whole = small();
    for length in (0..whole.len()).step_by(7) {
        let answer = said(&whole[..length]);
        assert!(
            answer["Ok"].is_object() || answer["Err"] == BROKEN,
            "{length}: {answer}"
        );
    }
    // Without its table of objects, they are searched for.
    let table = whole
        .windows(5)
        .position(|bytes| bytes == b"xref\n")
        .unwrap();
    let text = json!([[{"text": ["Grown in shade."]}]]);
    assert_eq!(said(&whole[..table])["Ok"]["pages"], text);
}

#[test]
fn a_password_is_asked_for() {
    let digest = "00".repeat(32);
    let trailer = format!(
        "/ID [<{0}> <{0}>] /Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{digest}> /U <{digest}> >>",
        "00".repeat(16)
    );
    let file = made::pages(
        &[&made::text("F", &[(50, 700, "Secret.")])],
        "",
        &[],
        &trailer,
    );
    assert_eq!(said(&file), json!({ "Err": "it needs a password" }));
}

#[test]
fn circles_end() {
    // In the tree of pages, in the outline, in the tree of names, and forms that draw themselves.
    let content = made::text("F", &[(50, 700, "Once.")]) + "/X Do\n";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R /Outlines 7 0 R /Names << /Dests 9 0 R >> >>".as_bytes().to_vec(),
        b"<< /Type /Pages /Kids [5 0 R 2 0 R] /Count 2 >>".to_vec(),
        made::font("Helvetica"),
        made::font("Courier"),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 6 0 R /Resources 10 0 R >>".to_vec(),
        made::stream("", content.as_bytes()),
        b"<< /First 8 0 R >>".to_vec(),
        b"<< /Title (Head) /Dest [5 0 R /XYZ 0 900 0] /First 8 0 R /Next 8 0 R >>".to_vec(),
        b"<< /Kids [9 0 R 9 0 R] >>".to_vec(),
        b"<< /Font << /F 3 0 R >> /XObject << /X 11 0 R >> >>".to_vec(),
        made::stream("/Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources 10 0 R", b"/X Do"),
    ];
    let page = json!([{"heading": [1, "Head"]}, {"text": ["Once."]}]);
    assert_eq!(
        said(&made::file(&objects, ""))["Ok"]["pages"],
        json!([page])
    );
}

#[test]
fn sizes_that_are_claimed_are_not_believed() {
    let content = made::text("F", &[(50, 700, "Grown in shade.")]);
    let stream = String::from_utf8(made::stream("", content.as_bytes())).unwrap();
    let length = format!("/Length {}", content.len());
    for claim in [
        "/Length 99999999999",
        "/Length -1",
        "/Length 4294967295",
        "/DL 99999999999 /Length 7 0 R",
    ] {
        let objects = [
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            b"<< /Type /Pages /Kids [5 0 R] /Count 2147483647 >>".to_vec(),
            made::font("Helvetica"),
            made::font("Courier"),
            made::page_object(6),
            stream.replace(&length, claim).into_bytes(),
        ];
        let answer = said(&made::file(&objects, "/Prev 99999999999 /XRefStm 1"));
        assert_eq!(
            answer["Ok"]["pages"],
            json!([[{"text": ["Grown in shade."]}]]),
            "{claim}"
        );
    }
}

#[test]
fn a_bomb_ends_nothing_but_the_program() {
    // 2 GiB of zeros, packed twice.
    let packed = |from: &mut dyn Read| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        let mut buffer = vec![0; 1 << 20];
        loop {
            match from.read(&mut buffer).unwrap() {
                0 => return encoder.finish().unwrap(),
                length => encoder.write_all(&buffer[..length]).unwrap(),
            }
        }
    };
    let once = packed(&mut std::io::repeat(0).take(2 << 30));
    let twice = packed(&mut &once[..]);
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [5 0 R] /Count 1 >>".to_vec(),
        made::font("Helvetica"),
        made::font("Courier"),
        made::page_object(6),
        made::stream("/Filter [/FlateDecode /FlateDecode]", &twice),
    ];
    let file = made::file(&objects, "");
    assert!(file.len() < 1 << 20, "{}", file.len());
    let (status, answer) = run(&file);
    assert!(!status.success() && answer.is_empty(), "{status} {answer}");
}
