//! `docent serve` over real sockets: what it answers.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::server::{Response, Running, answer_of};
use crate::support::{build, bundled, coffee, docent, indexed, repository, write_docs};

#[test]
fn every_route_answers_with_headers_of_security() {
    let server = Running::new(coffee(), |_| {});
    for (path, content_type) in [
        ("/", "text/html; charset=utf-8"),
        ("/page.css", "text/css; charset=utf-8"),
        ("/page.js", "text/javascript; charset=utf-8"),
        ("/openapi.json", "application/json"),
        ("/healthz", "text/plain; charset=utf-8"),
        ("/api/search?q=espresso", "application/json"),
        ("/api/docs", "application/json"),
        ("/api/sections/brewing/espresso.md", "application/json"),
        ("/s/brewing/espresso.md", "text/html; charset=utf-8"),
        (
            "/metrics",
            "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ),
    ] {
        let response = server.get(path);
        assert_eq!(response.status, 200, "{path}");
        assert_eq!(response.header("content-type"), content_type, "{path}");
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("referrer-policy"), "no-referrer");
        let script = if path == "/" {
            " script-src 'self';"
        } else {
            ""
        };
        let connect = if path == "/" {
            " connect-src 'self';"
        } else {
            ""
        };
        let policy = format!(
            "default-src 'none';{script} style-src 'self';{connect} img-src 'self' data:; \
             base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        );
        assert_eq!(response.header("content-security-policy"), policy, "{path}");
    }
    assert_eq!(server.get("/nothing").problem().0, 404);
    let post = format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    assert_eq!(
        Response::new(&server.send(post.as_bytes())).problem().0,
        405
    );
    let head = post.replace("POST", "HEAD");
    let head = Response::new(&server.send(head.as_bytes()));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn what_is_compiled_in_is_sent_once() {
    let server = Running::new(coffee(), |_| {});
    let first = server.get("/page.css");
    let etag = first.header("etag");
    assert!(etag.len() == 18 && etag.starts_with('"'), "{etag}");
    for known in [etag, &format!("\"x\", W/{etag}")] {
        let again = server.get_with("/page.css", &[("If-None-Match", known)]);
        assert_eq!((again.status, again.body.as_str()), (304, ""));
    }
    let other = server.get_with("/page.css", &[("If-None-Match", "\"x\"")]);
    assert_eq!(other.body, first.body);
}

#[test]
fn a_question_is_answered_as_on_the_command_line() {
    let folder = coffee();
    let server = Running::new(folder, |_| {});
    let question = "How hot should the water be for espresso?";
    let asked = server.get(&format!(
        "/api/search?q={}&k=2&explain=1",
        question.replace(' ', "+")
    ));
    let mut found = asked.json();
    let args = [question, "-k", "2", "--format", "json", "--explain"];
    let output = docent(folder, &args).output().unwrap();
    let mut expected: Value = serde_json::from_slice(&output.stdout).unwrap();

    assert_eq!(
        found["notes"],
        serde_json::json!(["not in these docs: hot"])
    );
    // Whoever asks from elsewhere does not learn where the docs are.
    assert_eq!(found["docs"], Value::Null);
    assert!(expected["docs"].as_str().unwrap().ends_with("/docs"));
    let chunk = &found["hits"][0]["chunks"][0];
    let lines: Vec<&str> = chunk["text"].as_str().unwrap().lines().collect();
    for line in chunk["excerpt"].as_array().unwrap() {
        let parts = line["parts"].as_array().unwrap();
        let joined: String = parts.iter().map(|part| part.as_str().unwrap()).collect();
        let number = line["line"].as_u64().unwrap() - chunk["line_start"].as_u64().unwrap();
        assert_eq!(joined, lines[number as usize].trim());
    }
    for object in [&mut found, &mut expected] {
        let keys = object.as_object_mut().unwrap();
        for key in ["notes", "docs", "timings_ms"] {
            keys.remove(key);
        }
        for hit in keys["hits"].as_array_mut().unwrap() {
            for chunk in hit["chunks"].as_array_mut().unwrap() {
                chunk.as_object_mut().unwrap().remove("excerpt");
            }
        }
    }
    assert_eq!(found, expected);
}

#[test]
fn words_of_the_question_are_every_second_part() {
    let folder = indexed(&[
        (
            "boiler.md",
            "# Boiler\n\nDescale the boiler each month, says the maker.\n",
        ),
        (
            "cups.md",
            "# Cups\n\nWarm the cups on top of the machine.\n",
        ),
    ]);
    let server = Running::new(folder.path(), |_| {});
    let found = server.get("/api/search?q=descaling+a+boiler&k=1").json();
    let line = &found["hits"][0]["chunks"][0]["excerpt"][0];
    let parts = [
        "",
        "Descale",
        " the ",
        "boiler",
        " each month, says the maker.",
    ];
    assert_eq!(*line, serde_json::json!({ "line": 3, "parts": parts }));
}

#[test]
fn shares_of_the_arms_are_the_score() {
    let server = Running::new(&project(), |_| {});
    let found = server
        .get(
            "/api/search?q=why+does+my+sync+never+end+with+offsets&k=10&explain=1&min_confidence=0",
        )
        .json();
    let hits = found["hits"].as_array().unwrap();
    assert_eq!(hits.len(), 10);
    let mut compared = 0;
    for hit in hits.iter().filter(|hit| hit["hint"].is_null()) {
        let shares = hit["explain"]["shares"].as_object().unwrap();
        let sum: f64 = shares.values().map(|share| share.as_f64().unwrap()).sum();
        let score = hit["score"].as_f64().unwrap();
        assert!((sum - score).abs() < 1e-3, "{sum} of {score}");
        compared += 1;
    }
    assert!(compared >= 5, "{compared}");
}

/// A folder with the index of the project's own docs, made once.
fn project() -> PathBuf {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let sections = [
            "INDEX.md",
            "build-pagination.md",
            "concepts-sync.md",
            "debug-errors.md",
            "meta-sql.md",
            "ops-modes.md",
            "patterns.md",
            "recipes-caching.md",
            "ref-faq.md",
            "ref-config.md",
            "community.md",
            "publish-submit.md",
        ];
        let docs = folder.path().join("docs");
        fs::create_dir(&docs).unwrap();
        for name in sections {
            fs::copy(repository("docs").join(name), docs.join(name)).unwrap();
        }
        build(&docs, &*bundled(), folder.path());
        folder
    });
    folder.path().to_owned()
}

#[test]
fn a_question_without_an_answer_says_so_and_gives_the_nearest_when_asked() {
    let server = Running::new(coffee(), |_| {});
    let target = "/api/search?q=which+visa+does+a+sailor+need";
    let refused = server.get(target).json();
    assert_eq!(refused["verdict"], "nothing-confident");
    assert_eq!(refused["hits"], serde_json::json!([]));
    assert_eq!(
        refused["absent"],
        serde_json::json!(["visa", "sailor", "need"])
    );
    let notes = refused["notes"].as_array().unwrap();
    assert_eq!(notes[0], "not in these docs: visa, sailor, need");
    assert!(
        notes[1]
            .as_str()
            .unwrap()
            .starts_with("nothing confident (0.")
    );
    let anyway = server.get(&format!("{target}&min_confidence=0&k=1")).json();
    assert_eq!(anyway["hits"].as_array().unwrap().len(), 1);
}

#[test]
fn filters_limit_the_answer() {
    let server = Running::new(coffee(), |_| {});
    let paths = |filter: &str| -> Vec<String> {
        let target = format!("/api/search?q=coffee+beans&k=9&min_confidence=0{filter}");
        let found = server.get(&target).json();
        let hits = found["hits"].as_array().unwrap().iter();
        let mut paths: Vec<String> = hits
            .map(|hit| hit["section"].as_str().unwrap().to_owned())
            .collect();
        paths.sort();
        paths
    };
    assert!(!paths("&in=").is_empty());
    let roasting = paths("&in=roasting/");
    assert!(
        roasting.iter().all(|path| path.starts_with("roasting/")),
        "{roasting:?}"
    );
    let both = paths("&in=roasting/&in=brewing/*.md");
    assert!(both.len() > roasting.len());
    let folders = server.get("/api/docs").json()["folders"].clone();
    let expected = [("brewing/", 3), ("roasting/", 2)]
        .map(|(path, sections)| serde_json::json!({ "path": path, "sections": sections }));
    assert_eq!(folders, serde_json::json!(expected));
}

#[test]
fn a_section_has_an_anchor_for_each_line_and_marks_what_was_found() {
    let text =
        "# Cups\n\nWarm them.\n\nSee [the *boiler*](../boiler.md#each-month), [that](x.md).\n";
    let folder = indexed(&[
        ("a/cups.md", text),
        ("boiler.md", "# Boiler\n\n## Each month\n\nDescale it.\n"),
    ]);
    let server = Running::new(folder.path(), |_| {});
    let page = server.get("/s/a/cups.md?lines=3-4&q=warm+%3Ccups%3E").body;
    for expected in [
        "<title>Cups · docent</title>",
        "<h1 id=\"s-cups\"><span id=\"L1\"></span>Cups</h1>",
        "<p><span id=\"L3\" class=\"f\"></span>Warm them.</p>",
        "<a href=\"/s/boiler.md#s-each-month\" rel=\"noopener noreferrer\">the <em>boiler</em></a>, that.</p>",
        "<a class=\"back\" href=\"/?q=warm%20%3Ccups%3E\">",
        "value=\"warm &lt;cups&gt;\"",
    ] {
        assert!(page.contains(expected), "{expected} is not in {page}");
    }
    let object = server.get("/api/sections/a/cups.md").json();
    assert_eq!(object["text"], text);
    assert_eq!(
        (&object["lines"], &object["line_start"]),
        (&5.into(), &1.into())
    );
    let headings = server.get("/api/sections/boiler.md").json()["headings"].clone();
    let last = headings.as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        last["heading_path"],
        serde_json::json!(["Boiler", "Each month"])
    );
}

#[test]
fn a_replaced_index_is_served_and_a_broken_one_is_told_once() {
    let folder = indexed(&[("cups.md", "# Cups\n\nWarm the cups on the machine.\n")]);
    let server = Running::new(folder.path(), |_| {});
    let text = || server.get("/api/sections/cups.md").json()["text"].clone();
    let index = folder.path().join("docent.idx");
    assert_eq!(text(), "# Cups\n\nWarm the cups on the machine.\n");

    let docs = folder.path().join("docs");
    write_docs(
        &[("cups.md", "# Cups\n\nCool the cups in the yard.\n")],
        &docs,
    );
    build(&docs, &*bundled(), folder.path());
    assert_eq!(text(), "# Cups\n\nCool the cups in the yard.\n");
    assert!(
        server
            .log()
            .contains("note: the index was replaced: 1 sections now")
    );

    let broken = folder.path().join("broken");
    fs::write(&broken, "nothing").unwrap();
    fs::rename(&broken, &index).unwrap();
    for _ in 0..3 {
        assert_eq!(text(), "# Cups\n\nCool the cups in the yard.\n");
    }
    let log = server.log();
    assert_eq!(
        log.matches("note: the old index is served: ").count(),
        1,
        "{log}"
    );
}

#[test]
fn the_log_has_a_line_for_each_request_and_nothing_that_was_asked() {
    let server = Running::new(coffee(), |_| {});
    server.get("/api/search?q=my+secret+question");
    server.get("/nothing%1b%5b31m");
    let log = server.log();
    let lines: Vec<Vec<&str>> = log.lines().map(|line| line.split(' ').collect()).collect();
    let fields: Vec<&[&str]> = lines.iter().map(|line| &line[1..4]).collect();
    assert_eq!(
        fields,
        [
            ["GET", "/api/search", "200"],
            ["GET", "/nothing%1b%5b31m", "404"]
        ]
    );
    for line in &lines {
        // 2026-11-30T15:05:57Z
        assert!(line[0].len() == 20 && line[0].ends_with('Z'), "{log}");
        assert!(line[4].parse::<f64>().is_ok() && line[5] == "ms", "{log}");
    }
    assert!(!log.contains("secret"));
}

#[cfg(unix)]
#[test]
fn the_program_prints_its_address_and_ends_well_at_a_signal() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_docent"))
        .current_dir(coffee())
        .args(["serve", "--port", "0"])
        .env_remove("DOCENT_TOKEN")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut line).unwrap();
    let address = line
        .strip_prefix("http://")
        .and_then(|rest| rest.strip_suffix("/\n"));
    let mut stream = TcpStream::connect(address.unwrap()).unwrap();
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    assert!(answer_of(&mut stream).ends_with(b"ok\n"));
    let kill = Command::new("kill")
        .args(["-TERM", &child.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(stderr.contains(" GET /healthz 200 "), "{stderr}");
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line.lines().count(), 1, "{line}");
}
