//! The findings: how many of each rule, and each with its reason and remedy.

use maud::{Markup, html};

use super::parts::{SEVERITIES, count, counts, folded, place, plain, severity};
use super::{plot, rules};
use crate::audit::{Finding, Rule};

/// Findings of a rule that are not folded.
const SHOWN: usize = 8;

/// How many findings there are, in words.
pub(super) fn headline(findings: &[Finding]) -> String {
    match findings.len() {
        0 => "Nothing was found to mend.".to_owned(),
        n => {
            let by_severity = counts(&by_severity(findings.iter()));
            format!("{}: {by_severity}.", count(n, "finding"))
        }
    }
}

/// How many there are of each severity, the worst first.
fn by_severity<'a>(findings: impl Iterator<Item = &'a Finding>) -> [usize; 3] {
    let mut counts = [0; 3];
    for finding in findings {
        for (severity, count) in SEVERITIES.iter().zip(&mut counts) {
            *count += usize::from(*severity == finding.severity);
        }
    }
    counts
}

/// The rules that have findings, each with them.
fn by_rule(findings: &[Finding]) -> Vec<(Rule, Vec<&Finding>)> {
    let of = |rule| findings.iter().filter(move |finding| finding.rule == rule);
    let all = Rule::ALL.iter().map(|&rule| (rule, of(rule).collect()));
    all.filter(|(_, findings): &(Rule, Vec<_>)| !findings.is_empty())
        .collect()
}

/// A bar for each rule that has findings.
pub(super) fn bars(findings: &[Finding]) -> Markup {
    let rules = by_rule(findings);
    let most = rules.iter().map(|(_, of)| of.len()).max().unwrap_or(0);
    html! {
        table.bars {
            thead { tr {
                th scope="col" { "Rule" }
                th scope="col" { "Findings" }
            } }
            tbody { @for (rule, findings) in &rules { tr {
                @let split = by_severity(findings.iter().copied());
                @let told = counts(&split);
                th scope="row" { a href={ "#" (rule.name()) } { (rule.title()) } }
                td { (plot::bar(*rule, &split, &told, most)) small { (told) } }
            } } }
        }
    }
}

/// All findings, by rule.
pub(super) fn findings(findings: &[Finding]) -> Markup {
    html! {
        section {
            h2 id="findings" { "Findings" }
            @for (rule, findings) in by_rule(findings) {
                h3 id=(rule.name()) { (rule.title()) " " span.count { (findings.len()) } }
                p.note { (rules::help(rule)) }
                (folded(&findings, SHOWN, "finding", list))
            }
        }
    }
}

fn list(findings: &[&Finding]) -> Markup {
    html! {
        ul.findings { @for finding in findings { li {
            div.where { (severity(finding.severity)) " " (place(&finding.place)) }
            div.what {
                p { (plain(&finding.message)) }
                p { strong { "What to do: " } (plain(&finding.remedy)) }
                @if !finding.related.is_empty() { (related(finding)) }
            }
        } } }
    }
}

fn related(finding: &Finding) -> Markup {
    html! {
        details {
            summary { (count(finding.related.len(), "related place")) }
            ul { @for at in &finding.related { li { (place(at)) } } }
        }
    }
}
