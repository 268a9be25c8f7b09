//! Files of any content: what `docent agents` puts in comes out again, and a second time changes nothing.

use docent::agents::{Change, Client, Part, Place, Server, Setup, UserFolders};
use proptest::prelude::*;

fn setup() -> Setup {
    Setup {
        server: Server::new("/usr/bin/docent", ["/docs/docent.idx"]),
        line: "Before answering, ask.".to_owned(),
        skill: "---\nname: docent\n---\n".to_owned(),
    }
}

/// All parts that go into a file whose name ends so, of projects and users.
fn parts(extensions: &[&str]) -> Vec<Part> {
    let user = UserFolders {
        home: "/home".into(),
        claude: None,
        codex: None,
        xdg: None,
        platform: "/home/.config".into(),
    };
    let places = [Place::Project("/project".into()), Place::User(user)];
    let spots = places.iter().flat_map(|place| {
        Client::ALL
            .into_iter()
            .flat_map(|client| client.spots(place))
    });
    let mut parts: Vec<Part> = Vec::new();
    for spot in spots {
        let extension = spot.paths[0].extension().unwrap().to_str().unwrap();
        if extensions.contains(&extension) && !parts.contains(&spot.part) {
            parts.push(spot.part);
        }
    }
    parts
}

/// Puts a part in twice and takes it out.
fn there_and_back(part: Part, before: Option<&str>) -> Result<bool, TestCaseError> {
    let Ok(Change::Text(after)) = part.install(&setup(), before) else {
        return Ok(false);
    };
    prop_assert_eq!(
        part.install(&setup(), Some(&after)),
        Ok(Change::Nothing),
        "{:?}",
        &after
    );
    let expected = before.map_or(Change::NoFile, |before| Change::Text(before.to_owned()));
    prop_assert_eq!(part.uninstall(&after), Ok(expected), "{:?}", &after);
    Ok(true)
}

/// White space and comments between what JSON is made of.
fn gap() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => Just(""),
        3 => Just(" "),
        3 => Just("\n"),
        2 => Just("\n  "),
        2 => Just("\r\n"),
        1 => Just("\t"),
        1 => Just("\r"),
        1 => Just("// note, {\n"),
        1 => Just("/* \"docent\": [ */"),
    ];
    prop::collection::vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

fn scalar() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "1",
        "-2.5e3",
        "null",
        "true",
        r#""""#,
        r#""a\"}b""#,
        r#""mcp__docent__search_docs""#,
        r#""\u00e9 é""#,
    ])
    .prop_map(str::to_owned)
}

/// A key, which may be one on the way to where docent's parts go.
fn key() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "mcpServers",
        "permissions",
        "allow",
        "servers",
        "mcp",
        "type",
        "a",
        "b",
        "dócs",
    ])
}

/// Elements between brackets, with gaps and maybe a comma at the end.
fn between(
    open: &str,
    close: &str,
    elements: &[(String, String)],
    comma: bool,
    last: &str,
) -> String {
    let mut text = open.to_owned();
    for (at, (gap, element)) in elements.iter().enumerate() {
        let is_last = at + 1 == elements.len();
        text += gap;
        text += element;
        text += if !is_last || comma { "," } else { "" };
    }
    text + last + close
}

fn object(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member = (gap(), key(), gap(), gap(), value);
    (prop::collection::vec(member, 0..4), any::<bool>(), gap()).prop_map(
        |(members, comma, last)| {
            let mut seen = Vec::new();
            let mut elements = Vec::new();
            for (before, key, after, space, value) in members {
                if !seen.contains(&key) {
                    seen.push(key);
                    elements.push((before, format!("\"{key}\"{after}:{space}{value}")));
                }
            }
            between("{", "}", &elements, comma, &last)
        },
    )
}

fn list(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let elements = prop::collection::vec((gap(), value), 0..4);
    (elements, any::<bool>(), gap())
        .prop_map(|(elements, comma, last)| between("[", "]", &elements, comma, &last))
}

fn json() -> impl Strategy<Value = String> {
    let value = scalar().prop_recursive(
        3,
        24,
        4,
        |value| prop_oneof![3 => object(value.clone()), 2 => list(value)],
    );
    let mark = prop_oneof![8 => Just(""), 1 => Just("\u{feff}")];
    (mark, gap(), object(value), gap())
        .prop_map(|(mark, before, object, after)| format!("{mark}{before}{object}{after}"))
}

fn pieces(pieces: Vec<&'static str>, count: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(pieces), 0..count).prop_map(|pieces| pieces.concat())
}

/// Lines of TOML, mostly valid.
fn toml() -> impl Strategy<Value = String> {
    pieces(
        vec![
            "\n",
            "\r\n",
            "# note\n",
            "# docent agents: 01234567\n",
            "a = 1\n",
            "b = \"x\" # y\r\n",
            "c = [\n1,\n]\n",
            "[t]\n",
            "[mcp_servers.other]\n",
            "command = \"o\"\n",
            "[[list]]\n",
            "mcp_servers.x.y = 1\n",
            "s = '''\n# docent agents: 01234567\n'''\n",
            "d = 2",
            "\u{feff}",
            "[mcp_servers]\n",
            " ",
        ],
        8,
    )
}

/// Lines of Markdown.
fn markdown() -> impl Strategy<Value = String> {
    pieces(
        vec![
            "\n",
            "\r\n",
            "\r",
            "# Title\n",
            "text",
            "text\r\n",
            "<!-- docent:begin -->\n",
            "<!-- docent:end -->\n",
            "<!-- docent:end -->",
            "```\n",
            " ",
            "\t\n",
            "\u{feff}",
            "é",
        ],
        10,
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn json_is_as_before(text in json()) {
        for part in parts(&["json"]) {
            there_and_back(part, Some(&text))?;
        }
    }

    #[test]
    fn toml_is_as_before(text in toml()) {
        for part in parts(&["toml"]) {
            there_and_back(part, Some(&text))?;
        }
    }

    #[test]
    fn markdown_is_as_before(text in markdown()) {
        for part in parts(&["md"]) {
            there_and_back(part, Some(&text))?;
        }
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}|[\\[\\]{}\":,/*\\n docent]{0,40}") {
        for part in parts(&["json", "toml", "md"]) {
            there_and_back(part, Some(&text))?;
            let _ = part.uninstall(&text);
        }
    }
}

/// The properties say something only if parts are put in.
#[test]
fn most_files_take_what_is_put_in() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let mut count = |text: BoxedStrategy<String>, parts: &[Part]| {
        let texts = (0..200).map(|_| text.new_tree(&mut runner).unwrap().current());
        let taken = texts.filter(|text| {
            parts
                .iter()
                .all(|&part| there_and_back(part, Some(text)).unwrap())
        });
        taken.count()
    };
    assert_eq!(parts(&["json"]).len(), 7);
    let json = count(json().boxed(), &parts(&["json"]));
    let toml = count(toml().boxed(), &parts(&["toml"]));
    let markdown = count(markdown().boxed(), &parts(&["md"])[..1]);
    assert!(
        json > 60 && toml > 40 && markdown > 190,
        "{json} {toml} {markdown}"
    );
}

#[test]
fn files_that_are_not_there_are_made_and_removed() {
    for part in parts(&["json", "toml", "md"]) {
        assert!(there_and_back(part, None).unwrap(), "{part:?}");
    }
}
