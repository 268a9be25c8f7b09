//! The reports of an audit: what they say, and that nothing in the docs can act through them.

use std::collections::BTreeSet;

use docent::audit::{
    About, Audit, Confusion, Findability, Finding, Place, Rule, Severity, html, sarif,
};
use insta::assert_snapshot;
use serde_json::{Value, json};

/// Names that files and headings may have, and that something may take for more than a name.
const HOSTILE: &[&str] = &[
    "</script><img src=x onerror=alert(1)>.md",
    "</style><script>alert(1)</script>",
    "\" onload=\"alert(1)",
    "javascript:alert(1)",
    "../../x",
    "two\nlines.md",
    "\u{202e}dm.toor",
    "שלום/עולם.md",
    "my notes/100% 'sure'.md",
    "[x](https://example.org).md",
    "url(https://example.org)",
    "{0}.md",
];

fn about(docs: &str, sections: usize) -> About {
    About {
        docs: docs.to_owned(),
        docent: "0.0.0".to_owned(),
        model: "a-model".to_owned(),
        sections,
    }
}

fn place(file: &str, line: u32) -> Place {
    Place {
        file: file.to_owned(),
        line,
    }
}

fn section(path: &str, asked: u32, first: u32) -> Findability {
    Findability {
        path: path.to_owned(),
        title: format!("Title of {path}"),
        asked,
        first,
        in_three: asked,
        taken: 1,
    }
}

fn confusion(asked: &str, found: &str, count: u32) -> Confusion {
    Confusion {
        asked: asked.to_owned(),
        found: found.to_owned(),
        count,
    }
}

fn finding(rule: Rule, severity: Severity, file: &str, related: &[&str]) -> Finding {
    Finding {
        rule,
        severity,
        place: place(file, 7),
        message: format!("Something is wrong with “{file}”."),
        remedy: format!("Mend “{file}”."),
        related: related.iter().map(|file| place(file, 1)).collect(),
        key: format!("{} {file}", rule.name()),
    }
}

fn empty() -> Audit {
    Audit {
        sections: Vec::new(),
        confusions: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
    }
}

/// An audit with a finding of each rule.
fn full() -> Audit {
    let severity = |i| [Severity::Error, Severity::Warning, Severity::Note][i / 4];
    let rules = Rule::ALL.iter().enumerate();
    Audit {
        sections: vec![
            section("guides/a.md", 4, 0),
            section("guides/b.md", 4, 3),
            section("c.md", 0, 0),
        ],
        confusions: vec![
            confusion("guides/a.md", "guides/b.md", 3),
            confusion("guides/b.md", "c.md", 1),
        ],
        findings: rules
            .map(|(i, &rule)| finding(rule, severity(i), "guides/a.md", &["c.md"][..i % 2]))
            .collect(),
        notes: vec!["Something <b>was</b> not looked at".to_owned()],
    }
}

/// An audit in which every text is one of [`HOSTILE`].
fn hostile() -> Audit {
    let names = || HOSTILE.iter();
    Audit {
        sections: names().map(|name| section(name, 2, 1)).collect(),
        confusions: names().map(|name| confusion(name, "a.md", 1)).collect(),
        findings: names()
            .map(|name| finding(Rule::BrokenLink, Severity::Error, name, HOSTILE))
            .collect(),
        notes: HOSTILE.iter().map(ToString::to_string).collect(),
    }
}

/// The page's body, an element a line.
fn body(page: &str) -> String {
    let (_, body) = page.split_once("<body>").unwrap();
    body.replace("><", ">\n<")
}

/// What stands between `<` and `>` outside of the page's style.
fn tags(page: &str) -> Vec<&str> {
    let (head, rest) = page.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let parts = head.split('<').chain(rest.split('<'));
    parts
        .filter_map(|part| Some(part.split_once('>')?.0))
        .collect()
}

/// The values of an attribute.
fn values<'a>(tags: &[&'a str], attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    let value = |tag: &&'a str| tag.split_once(&start)?.1.split('"').next();
    tags.iter().filter_map(value).collect()
}

#[test]
fn an_empty_audit_says_so() {
    let about = about("empty", 0);
    assert_snapshot!("empty_html", body(&html(&empty(), &about)));
    let log = sarif(&empty(), &about);
    assert_eq!(log["runs"][0]["results"], json!([]));
}

#[test]
fn every_rule_is_on_the_page() {
    assert_snapshot!("every_rule_html", body(&html(&full(), &about("docs", 3))));
}

#[test]
fn every_rule_is_in_sarif() {
    let log = sarif(&full(), &about("docs", 3));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    assert_snapshot!(
        "every_rule_sarif",
        serde_json::to_string_pretty(&log).unwrap()
    );
}

#[test]
fn a_page_asks_nothing_of_anybody() {
    for audit in [empty(), full()] {
        let page = html(&audit, &about("docs", 3));
        for forbidden in ["src=", "href=\"http", "url(", "@import", "<script", "<link"] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }
}

#[test]
fn links_lead_to_what_is_on_the_page() {
    let page = html(&full(), &about("docs", 3));
    let tags = tags(&page);
    let ids = values(&tags, "id");
    assert_eq!(ids.len(), BTreeSet::from_iter(&ids).len(), "{ids:?}");
    for href in values(&tags, "href") {
        assert!(ids.contains(&href.strip_prefix('#').unwrap()), "{href}");
    }
}

#[test]
fn hostile_names_are_text() {
    let page = html(&hostile(), &about(HOSTILE[0], HOSTILE.len()));
    // They add no element and no attribute to those that harmless names have.
    let harmless = html(&full(), &about("docs", 3));
    let known = |page: &str| -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for tag in tags(page) {
            // What stands outside of the quotes.
            let outside: String = tag.split('"').step_by(2).collect();
            names.extend(outside.split_whitespace().map(str::to_owned));
        }
        names
    };
    let extra: Vec<String> = known(&page)
        .difference(&known(&harmless))
        .cloned()
        .collect();
    assert!(extra.is_empty(), "{extra:?}");
    let tags = tags(&page);
    assert!(
        values(&tags, "href")
            .iter()
            .all(|href| href.starts_with('#'))
    );
    assert!(page.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;.md"));
    // No character turns its neighbours around.
    assert!(!page.contains('\u{202e}'));
}

#[test]
fn hostile_names_are_encoded_in_sarif() {
    let log = sarif(&hostile(), &about(HOSTILE[0], HOSTILE.len()));
    let results = log["runs"][0]["results"].as_array().unwrap();
    let uri = |result: &Value| {
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        location["uri"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        results.iter().map(uri).collect::<Vec<_>>(),
        [
            "%3C/script%3E%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E.md",
            "%3C/style%3E%3Cscript%3Ealert%281%29%3C/script%3E",
            "%22%20onload%3D%22alert%281%29",
            "javascript%3Aalert%281%29",
            "x",
            "two%0Alines.md",
            "%E2%80%AEdm.toor",
            "%D7%A9%D7%9C%D7%95%D7%9D/%D7%A2%D7%95%D7%9C%D7%9D.md",
            "my%20notes/100%25%20%27sure%27.md",
            "%5Bx%5D%28https%3A/example.org%29.md",
            "url%28https%3A/example.org%29",
            "%7B0%7D.md",
        ]
    );
    for result in results {
        let text = result["message"]["text"].as_str().unwrap();
        assert!(!text.contains("](https:"), "{text}");
    }
}
