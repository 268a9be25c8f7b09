//! `docent serve` over real sockets: whom it turns away, and what it survives.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use docent::encoder::{Embedding, Encoder, EncoderError, ModelId};
use docent::serve::ServeOptions;
use tempfile::TempDir;

use crate::server::{PATIENCE, Response, Running, answer_of};
use crate::support::{coffee, docent, indexed, indexed_by};
use crate::toy::Toy;

#[test]
fn parameters_that_make_no_sense_are_named_with_a_remedy() {
    let server = Running::new(coffee(), |_| {});
    let long = "x".repeat(4097);
    for (query, error, hint) in [
        ("", "there is no question", "give one as q"),
        ("q=++", "there is no question", "give one as q"),
        ("q=a&k=0", "cannot use k", "give 1 to 50"),
        ("q=a&k=51", "cannot use k", "give 1 to 50"),
        ("q=a&k=x", "cannot use k", "give 1 to 50"),
        ("q=a&explain=maybe", "cannot use explain", "give 1 or 0"),
        (
            "q=a&min_confidence=NaN",
            "cannot use min_confidence",
            "give a number from 0 to 1",
        ),
        (
            "q=a&min_confidence=1.5",
            "cannot use min_confidence",
            "give a number from 0 to 1",
        ),
        (
            &format!("q={long}"),
            "cannot use q",
            "ask in at most 4096 bytes",
        ),
        (
            "q=a&query=b",
            "there is no parameter query",
            "there are q, k, in, where, explain, budget, keep and min_confidence",
        ),
        (
            "q=a&%1b%5b31m=b",
            "there is no parameter \\u{1b}[31m",
            "there are q, k, in, where, explain, budget, keep and min_confidence",
        ),
        (
            "q=a&in=roast",
            "the index has no section in roast",
            "there is roasting/",
        ),
        (
            "q=a&in=%5b",
            "cannot read the pattern [: unclosed character class; missing ']'",
            "`*` and `?` stay within a folder, `**` does not, {a,b} is either",
        ),
        (
            &"q=a&in=a".replace("&in=a", &"&in=a".repeat(21)),
            "cannot use in",
            "give at most 20 short patterns",
        ),
    ] {
        let found = server.get(&format!("/api/search?{query}")).problem();
        assert_eq!(found, (400, error.to_owned(), hint.to_owned()), "{query}");
    }
    // Bytes that are no text are read as U+FFFD, a percent sign without digits as itself.
    assert_eq!(server.get("/api/search?q=%ff%zz%").status, 200);
    assert_eq!(server.get("/api/sections/%ff").problem().0, 400);
    assert_eq!(server.get("/s/%ff").problem().0, 400);
}

#[test]
fn sections_come_from_the_index_and_never_from_the_disk() {
    let folder = indexed(&[("a/b.md", "# B\n\nWarm the cups.\n")]);
    let secret = "SECRET-IN-A-FILE";
    for place in ["secret.md", "docs/a/later.md"] {
        fs::write(folder.path().join(place), secret).unwrap();
    }
    let absolute = folder.path().join("secret.md");
    let absolute = absolute.to_str().unwrap();
    let server = Running::new(folder.path(), |_| {});
    let mut tried = 0;
    for path in [
        "../secret.md",
        "../../secret.md",
        "a/../../secret.md",
        "%2e%2e/secret.md",
        "..%2fsecret.md",
        "..%5csecret.md",
        "a/%2e%2e/%2e%2e/secret.md",
        "a/later.md",
        "a/b.md/../later.md",
        "a/b.md%00.md",
        "%00",
        "/etc/passwd",
        "file:///etc/passwd",
        "..;/secret.md",
        ".%00./secret.md",
        absolute,
        absolute.trim_start_matches('/'),
    ] {
        for target in [
            format!("/s/{path}"),
            format!("/api/sections/{path}"),
            format!("/{path}"),
            format!("/s/a/b.md?lines={path}&q={path}"),
            format!("/api/search?q={path}&in={path}"),
            format!("/api/search?q=cups&k={path}"),
            format!("/api/search?q=cups&explain={path}"),
            format!("/api/search?q=cups&min_confidence={path}"),
        ] {
            let response = server.get(&target);
            assert!(!response.body.contains(secret), "{target}");
            assert!(!response.body.contains("root:"), "{target}");
            let expected: &[u16] = match target.starts_with("/s/a/b.md?") {
                true => &[200],
                false => &[400, 404],
            };
            assert!(
                expected.contains(&response.status),
                "{target}: {response:?}"
            );
            tried += 1;
        }
    }
    assert_eq!(tried, 17 * 8);
    let missing = server.get("/s/a/later.md");
    assert!(missing.body.contains("href=\"/?q=later\""), "{missing:?}");
}

#[test]
fn a_hostile_document_stays_text() {
    let text = "# <img src=x onerror=alert(1)> & \u{202e}\n\nWarm <script>alert(1)</script> cups \
                <a href=\"javascript:alert(2)\" onclick=\"alert(3)\">here</a> </main></body> \
                <iframe src=\"//evil.example\"></iframe> [x](javascript:alert(4)) \u{1b}[31m\n";
    let folder = indexed(&[
        ("a.md", text),
        ("</title><script>alert(5)</script>.md", text),
    ]);
    let server = Running::new(folder.path(), |_| {});
    let hostile = "/s/%3C/title%3E%3Cscript%3Ealert(5)%3C/script%3E.md";
    for target in ["/s/a.md", hostile] {
        let response = server.get(target);
        assert_eq!(response.status, 200);
        for bad in [
            "<script",
            "<img",
            "<iframe",
            "onerror=",
            "onclick=",
            "javascript:",
            "\u{1b}",
            "\u{202e}",
        ] {
            // As text it is harmless.
            let body = response.body.replace("&lt;img src=x onerror=", "");
            assert!(!body.contains(bad), "{bad} in {body}");
        }
        assert_eq!(response.body.matches("</main>").count(), 1);
    }
    let found = server.get("/api/search?q=warm+cups");
    assert!(!found.body.contains('\u{1b}') && !found.body.contains('\u{202e}'));
    assert!(found.header("content-type").starts_with("application/json"));
}

#[test]
fn what_is_no_http_gets_an_error_and_the_server_goes_on() {
    let server = Running::new(coffee(), |options| {
        options.limits.head_time = Duration::from_millis(200);
    });
    let host = format!("Host: {}\r\n", server.address);
    let long_header = format!("X: {}\r\n", "x".repeat(80 << 10));
    let many_headers = "X: y\r\n".repeat(2_000);
    let long_path = "/".to_owned() + &"x".repeat(80 << 10);
    let cases: Vec<(Vec<u8>, &[u16])> = vec![
        (b"\0\x01\x02\xff\xfe".to_vec(), &[400]),
        (b"hello\r\n\r\n".to_vec(), &[400]),
        (b"GET\r\n\r\n".to_vec(), &[400]),
        (b"GET / HTTP/9.9\r\n\r\n".to_vec(), &[400]),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), &[400]),
        // The beginning of HTTP/2 is closed without a word.
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &[]),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), &[403]),
        (b"GET / HTTP/1.0\r\n\r\n".to_vec(), &[403]),
        (format!("GET / HTTP/1.1\r\n{host}{long_header}\r\n").into(), &[431]),
        (format!("GET / HTTP/1.1\r\n{host}{many_headers}\r\n").into(), &[431]),
        (format!("GET {long_path} HTTP/1.1\r\n{host}\r\n").into(), &[414, 431]),
        (format!("GET / HTTP/1.1\r\n{host}X y\r\n\r\n").into(), &[400]),
        (format!("GET / HTTP/1.1\r\n{host}X: a\0b\r\n\r\n").into(), &[400]),
        (format!("GET / HTTP/1.1\r\n{host}{host}Connection: close\r\n\r\n").into(), &[403]),
        (
            format!("POST /api/search HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n").into(),
            &[400],
        ),
        (
            format!("POST / HTTP/1.1\r\n{host}Content-Length: 1\r\nContent-Length: 2\r\n\r\n").into(),
            &[400],
        ),
        (
            format!("POST / HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: 99999999\r\n\r\nx").into(),
            &[405],
        ),
        (
            format!("POST / HTTP/1.1\r\n{host}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").into(),
            &[405],
        ),
        (format!("CONNECT evil.example:443 HTTP/1.1\r\n{host}\r\n").into(), &[403, 404, 405]),
        (
            format!("GET http://evil.example/ HTTP/1.1\r\n{host}Connection: close\r\n\r\n").into(),
            &[403],
        ),
    ];
    for (bytes, expected) in cases {
        let answer = server.send(&bytes);
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(80)]).into_owned();
        if expected.is_empty() {
            assert_eq!(answer, b"", "{shown:?}");
            continue;
        }
        let status = Response::new(&answer).status;
        assert!(expected.contains(&status), "{shown:?}: {status}");
    }
    assert_eq!(server.get("/healthz").body, "ok\n");
}

#[test]
fn who_asks_slowly_is_cut() {
    let server = Running::new(coffee(), |options| {
        options.limits.head_time = Duration::from_millis(200);
        options.limits.connections = 2;
    });
    // As many as there is room for: were they not cut, nobody else would be served.
    let mut silent = server.connect();
    let mut slow = server.connect();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: local").unwrap();
    assert_eq!(server.get("/healthz").status, 200);
    answer_of(&mut silent);
    answer_of(&mut slow);
    // One that was answered and then says nothing.
    let mut idle = server.connect();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    idle.write_all(request.as_bytes()).unwrap();
    assert!(answer_of(&mut idle).ends_with(b"ok\n"));
}

#[test]
fn who_does_not_read_is_cut() {
    let server = Running::new(coffee(), |options| {
        options.limits.connection_time = Duration::from_millis(300);
        options.limits.connections = 1;
    });
    let mut deaf = server.connect();
    let request = format!("GET /page.js HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    // More answers than the buffers of the system hold.
    deaf.set_write_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let all = request.repeat(2_000);
    let _ = deaf.write_all(all.as_bytes());
    assert_eq!(server.get("/healthz").status, 200);
}

/// An encoder whose questions wait until they are let through.
struct Gate {
    toy: Toy,
    asked: Mutex<Sender<()>>,
    pass: Mutex<Receiver<()>>,
}

impl Encoder for Gate {
    fn model(&self) -> &ModelId {
        self.toy.model()
    }

    fn count_tokens(&self, text: &str) -> usize {
        self.toy.count_tokens(text)
    }

    fn makes_token_vectors(&self) -> bool {
        true
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        self.toy.tokenize(text)
    }

    fn encode_query(&self, text: &str, with_tokens: bool) -> Result<Embedding, EncoderError> {
        self.asked.lock().unwrap().send(()).unwrap();
        self.pass.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        self.toy.encode_query(text, with_tokens)
    }
}

/// A server with one place for a search, and none to wait, whose searches end when something is sent; what
/// comes out says that one has begun.
fn gated(change: impl FnOnce(&mut ServeOptions)) -> (Running, TempDir, Receiver<()>, Sender<()>) {
    let folder = indexed_by(&[("cups.md", "# Cups\n\nWarm the cups.\n")], &Toy::new());
    let (asked, begun) = channel();
    let (release, pass) = channel();
    let gate = Gate {
        toy: Toy::new(),
        asked: Mutex::new(asked),
        pass: Mutex::new(pass),
    };
    let server = Running::with_encoder(folder.path(), Arc::new(gate), |options| {
        options.limits.searches = 1;
        options.limits.waiting = 0;
        change(options);
    });
    (server, folder, begun, release)
}

fn ask(server: &Running) -> TcpStream {
    let mut stream = server.connect();
    let target = "/api/search?q=cups";
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
        server.address
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

#[test]
fn a_full_server_says_when_to_come_again() {
    let (server, _folder, begun, release) = gated(|_| {});
    let mut first = ask(&server);
    begun.recv_timeout(PATIENCE).unwrap();
    let refused = server.get("/api/search?q=cups");
    assert_eq!(refused.problem().0, 503);
    assert_eq!(refused.header("retry-after"), "1");
    // What needs no search is answered still.
    assert_eq!(server.get("/healthz").status, 200);
    release.send(()).unwrap();
    let found = Response::new(&answer_of(&mut first)).json();
    assert_eq!(found["hits"][0]["section"], "cups.md");
    let metrics = server.get("/metrics").body;
    assert!(
        metrics.contains("docent_http_rejected_total{reason=\"full\"} 1\n"),
        "{metrics}"
    );
}

#[test]
fn a_search_that_takes_too_long_is_given_up() {
    let (server, _folder, begun, release) = gated(|options| {
        options.limits.request_time = Duration::from_millis(200);
    });
    let refused = server.get("/api/search?q=cups");
    assert_eq!(refused.problem().1, "the answer took too long");
    assert_eq!(refused.header("retry-after"), "1");
    begun.recv_timeout(PATIENCE).unwrap();
    // It still runs, and so has its place.
    assert_eq!(server.get("/api/search?q=cups").problem().0, 503);
    release.send(()).unwrap();
}

#[test]
fn a_server_that_stops_answers_what_it_was_asked() {
    let (mut server, _folder, begun, release) = gated(|_| {});
    let mut last = ask(&server);
    begun.recv_timeout(PATIENCE).unwrap();
    server.stop.take().unwrap().send(()).unwrap();
    // No new connection is taken once the listener is closed; until then one may be, and is closed.
    while let Ok(mut stream) = TcpStream::connect(server.address) {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream.read(&mut [0]);
    }
    release.send(()).unwrap();
    let found = Response::new(&answer_of(&mut last)).json();
    assert_eq!(found["hits"][0]["section"], "cups.md");
    server.stop();
}

#[test]
fn other_names_and_other_pages_are_turned_away() {
    let server = Running::new(coffee(), |_| {});
    let status =
        |headers: &[(&str, &str)]| server.get_with("/api/search?q=espresso", headers).status;
    let own = format!("http://{}", server.address);
    assert_eq!(status(&[("Host", "localhost:1")]), 200);
    assert_eq!(status(&[("Host", "evil.example")]), 403);
    assert_eq!(status(&[("Host", "127.0.0.1.evil.example")]), 403);
    assert_eq!(status(&[("Origin", &own)]), 200);
    assert_eq!(status(&[("Origin", "http://evil.example")]), 403);
    assert_eq!(status(&[("Origin", "null")]), 403);
    let metrics = server.get("/metrics").body;
    for expected in [
        "docent_http_rejected_total{reason=\"host\"} 2\n",
        "docent_http_rejected_total{reason=\"origin\"} 2\n",
        "docent_searches_total{verdict=\"answered\"} 2\n",
        "docent_http_requests_total{route=\"/api/search\",status=\"200\"} 2\n",
        "docent_http_requests_total{route=\"/api/search\",status=\"403\"} 4\n",
        "docent_http_request_duration_seconds_count{route=\"/api/search\"} 6\n",
    ] {
        assert!(metrics.contains(expected), "{expected} is not in {metrics}");
    }
}

#[test]
fn a_token_opens_the_docs() {
    let token = "a-token-of-this-test";
    let server = Running::new(coffee(), |options| options.token = Some(token.to_owned()));
    let bearer = format!("Bearer {token}");
    for open in ["/", "/page.js", "/page.css", "/healthz"] {
        assert_eq!(server.get(open).status, 200, "{open}");
    }
    for closed in [
        "/api/search?q=espresso",
        "/api/docs",
        "/api/sections/brewing/espresso.md",
        "/s/brewing/espresso.md",
        "/metrics",
        "/nothing",
    ] {
        let refused = server.get(closed);
        assert_eq!(refused.problem().0, 401, "{closed}");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        let wrong = server.get_with(closed, &[("Authorization", "Bearer a-token-of-this-tesu")]);
        assert_eq!(wrong.status, 401, "{closed}");
    }
    let shown = server.get_with("/api/docs", &[("Authorization", &bearer)]);
    assert_eq!(shown.status, 200);
    let cookie = shown.header("set-cookie");
    assert!(
        cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    assert!(!cookie.contains(token));
    let cookie = cookie.split(';').next().unwrap();
    let page = server.get_with("/s/brewing/espresso.md", &[("Cookie", cookie)]);
    assert_eq!(page.status, 200);
    assert!(!server.log().contains(token));
}

#[test]
fn who_others_can_reach_needs_a_token() {
    let run = |args: &[&str]| {
        let output = docent(coffee(), args).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), output.stdout.len(), stderr)
    };
    let (code, stdout, stderr) = run(&["serve", "--host", "0.0.0.0", "--port", "0"]);
    assert_eq!((code, stdout), (Some(2), 0));
    assert_eq!(
        stderr,
        "error: others than this machine can connect to 0.0.0.0, and there is no token\n\
         hint: give one with --token or DOCENT_TOKEN, or leave --host out\n"
    );
    let (code, _, stderr) = run(&["serve", "--token", "short"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("the token must be 16 or more"), "{stderr}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (code, _, stderr) = run(&["serve", "--port", &port]);
    assert_eq!(code, Some(2));
    assert!(stderr.ends_with("hint: another program has the port: choose one with --port\n"));
    assert_eq!(run(&["serve", "--index", "nothing.idx"]).0, Some(3));
}
