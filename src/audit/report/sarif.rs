//! The audit as SARIF 2.1.0, which code review and editors show at the lines of the docs.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::rules;
use crate::audit::{About, Audit, Finding, Place, Rule};
use crate::content_hash;
use crate::terminal::printable_line;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The name of the documentation folder's place, which the reader of the log knows.
const ROOT: &str = "%SRCROOT%";
/// All but what stands for itself in a path, and the slash between its parts.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// A log of one run: all rules, and a result for each finding. Places are relative to the
/// documentation folder.
pub fn sarif(audit: &Audit, about: &About) -> Value {
    let results: Vec<Value> = audit.findings.iter().map(result).collect();
    let rules: Vec<Value> = Rule::ALL.iter().copied().map(rule).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "docent",
                "version": about.docent,
                "rules": rules,
            } },
            "originalUriBaseIds": { ROOT: {
                "description": { "text": "The documentation folder." },
            } },
            "results": results,
            "columnKind": "unicodeCodePoints",
            "properties": {
                "docs": about.docs,
                "model": about.model,
                "sections": about.sections,
            },
        }],
    })
}

fn rule(rule: Rule) -> Value {
    json!({
        "id": rule.name(),
        "name": name(rule),
        "shortDescription": { "text": format!("{}.", rule.title()) },
        "fullDescription": { "text": rules::help(rule) },
        "help": { "text": rules::help(rule) },
    })
}

/// The rule's title as one word: `LinksThatLeadNowhere`. A name must differ from the rule's id.
fn name(rule: Rule) -> String {
    let capitalized = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    };
    rule.title().split(' ').map(capitalized).collect()
}

fn result(finding: &Finding) -> Value {
    let mut result = json!({
        "ruleId": finding.rule.name(),
        "ruleIndex": Rule::ALL.iter().position(|rule| *rule == finding.rule),
        "level": finding.severity.to_string(),
        "message": { "text": message(finding) },
        "locations": [location(&finding.place)],
        "partialFingerprints": { "docentKey/v1": hex::encode(content_hash(&finding.key)) },
    });
    if !finding.related.is_empty() {
        result["relatedLocations"] = related(finding);
    }
    result
}

/// What is wrong and what to do. Related places are links to the `relatedLocations` of the same
/// number, since some readers of SARIF show them nowhere else.
fn message(finding: &Finding) -> String {
    let mut text = format!(
        "{} {}",
        unlinked(&finding.message),
        unlinked(&finding.remedy)
    );
    for (i, place) in finding.related.iter().enumerate() {
        text += if i == 0 { " Related: " } else { ", " };
        text += &format!("[{}]({i})", link_text(&place.to_string()));
    }
    if !finding.related.is_empty() {
        text.push('.');
    }
    text
}

/// `text` of the docs, in which readers of SARIF see no link.
fn unlinked(text: &str) -> String {
    printable_line(text).replace("](", "] (")
}

/// `text` as it stands between the brackets of a link.
fn link_text(text: &str) -> String {
    unlinked(text)
        .replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

fn related(finding: &Finding) -> Value {
    let numbered = |(i, place): (usize, &Place)| {
        let mut location = location(place);
        location["id"] = i.into();
        location["message"] = json!({ "text": "Has to do with it." });
        location
    };
    finding.related.iter().enumerate().map(numbered).collect()
}

fn location(place: &Place) -> Value {
    json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&place.file), "uriBaseId": ROOT },
        "region": { "startLine": place.line.max(1) },
    } })
}

/// A path as a relative reference that does not lead out of its folder: parts that are no names are left
/// out.
fn uri(path: &str) -> String {
    let is_name = |part: &&str| !matches!(*part, "" | "." | "..");
    let names: Vec<&str> = path.split('/').filter(is_name).collect();
    utf8_percent_encode(&names.join("/"), ENCODED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::Severity;

    #[test]
    fn a_name_is_the_title_as_one_word() {
        assert_eq!(name(Rule::BrokenLink), "LinksThatLeadNowhere");
        for &rule in Rule::ALL {
            assert!(name(rule).chars().all(char::is_alphanumeric), "{rule:?}");
        }
    }

    #[test]
    fn a_path_is_encoded() {
        assert_eq!(uri("guide/a-b_c~d.md"), "guide/a-b_c~d.md");
        assert_eq!(uri("my notes/100%.md"), "my%20notes/100%25.md");
        assert_eq!(uri("a:b?c#d[e].md"), "a%3Ab%3Fc%23d%5Be%5D.md");
        assert_eq!(uri("..\\ü\n.md"), "..%5C%C3%BC%0A.md");
    }

    #[test]
    fn a_path_does_not_lead_out_of_the_folder() {
        assert_eq!(uri("../../x"), "x");
        assert_eq!(uri("a/../b"), "a/b");
        assert_eq!(uri("/etc//passwd/"), "etc/passwd");
        assert_eq!(uri("./a/..b/c.."), "a/..b/c..");
    }

    fn finding(message: &str, related: &[&str]) -> Finding {
        let place = |file: &str| Place {
            file: file.to_owned(),
            line: 0,
        };
        Finding {
            rule: Rule::Confused,
            severity: Severity::Warning,
            place: place("a.md"),
            message: message.to_owned(),
            remedy: "Mend it.".to_owned(),
            related: related.iter().copied().map(place).collect(),
            key: "confused a.md".to_owned(),
        }
    }

    #[test]
    fn a_message_has_only_links_of_its_own() {
        let finding = finding(
            "Heading “[x](https://example.org)”\u{202e}.",
            &["[id].md", "c](9).md"],
        );
        assert_eq!(
            message(&finding),
            "Heading “[x] (https://example.org)”\\u{202e}. Mend it. \
             Related: [\\[id\\].md:0](0), [c\\] (9).md:0](1)."
        );
        let ids = related(&finding);
        assert_eq!((&ids[0]["id"], &ids[1]["id"]), (&0.into(), &1.into()));
    }

    #[test]
    fn a_result_is_known_by_its_key_alone() {
        let one = result(&finding("One of 3.", &[]));
        let other = result(&finding("Two of 5.", &["b.md"]));
        let key = "partialFingerprints";
        assert_eq!(one[key], other[key]);
        assert_eq!(one[key]["docentKey/v1"].as_str().unwrap().len(), 32);
        assert!(one.get("relatedLocations").is_none());
    }

    #[test]
    fn lines_are_counted_from_one() {
        let result = result(&finding("", &[]));
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert_eq!(region["startLine"], 1);
    }
}
