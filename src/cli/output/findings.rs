//! `docent audit --format text`: findings for people.

use docent::audit::{About, Audit, Finding, Rule, Severity};
use docent::terminal::printable_line;

/// Most characters of a row, where words allow it.
const ROW: usize = 100;
/// Findings of a rule that are written out.
const LISTED: usize = 20;
/// Other places of a finding that are written out.
const PLACES: usize = 5;

/// The findings grouped by rule, those of a group that matters more first, and a summary.
pub fn text(audit: &Audit, about: &About) -> String {
    let mut out = String::new();
    for rule in by_severity(audit) {
        let findings: Vec<&Finding> = audit.findings.iter().filter(|f| f.rule == rule).collect();
        out.push_str(&format!(
            "{} ({}, {})\n",
            rule.title(),
            rule.name(),
            findings.len()
        ));
        for finding in findings.iter().take(LISTED) {
            out.push_str(&one(finding));
        }
        let rest = findings.len().saturating_sub(LISTED);
        if rest > 0 {
            out.push_str(&format!("  ... and {rest} more (--format json has all)\n"));
        }
        out.push('\n');
    }
    out + &summary(audit, about)
}

/// The rules with findings, in the order of their first ones.
fn by_severity(audit: &Audit) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for finding in &audit.findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    rules
}

fn one(finding: &Finding) -> String {
    let Finding {
        severity,
        place,
        message,
        remedy,
        related,
        ..
    } = finding;
    let mut out = wrapped(&format!("{place}: {severity}: {message}"), "  ", "      ");
    out.push_str(&wrapped(&format!("-> {remedy}"), "      ", "         "));
    if !related.is_empty() {
        let mut places: Vec<String> = related
            .iter()
            .take(PLACES)
            .map(ToString::to_string)
            .collect();
        let rest = related.len().saturating_sub(PLACES);
        if rest > 0 {
            places.push(format!("{rest} more"));
        }
        out.push_str(&wrapped(
            &format!("also: {}", places.join(", ")),
            "      ",
            "         ",
        ));
    }
    out
}

fn summary(audit: &Audit, about: &About) -> String {
    let of = |severity: Severity| {
        let number = audit
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        format!("{number} {severity}{}", if number == 1 { "" } else { "s" })
    };
    let asked: u32 = audit.sections.iter().map(|section| section.asked).sum();
    let first: u32 = audit.sections.iter().map(|section| section.first).sum();
    let line = format!(
        "{}: {} sections, first for {first} of {asked} questions made of their own words; {}, {}, {}",
        about.docs,
        about.sections,
        of(Severity::Error),
        of(Severity::Warning),
        of(Severity::Note)
    );
    wrapped(&line, "", "  ")
}

/// `text`, made safe to print, in rows of at most [`ROW`] characters broken at spaces; a longer word is a row
/// of its own.
fn wrapped(text: &str, first: &str, others: &str) -> String {
    let text = printable_line(text);
    let mut out = first.to_owned();
    let mut room = ROW - first.len();
    let mut is_new = true;
    for word in text.split(' ') {
        let length = word.chars().count();
        if !is_new && length + 1 > room {
            out.push('\n');
            out.push_str(others);
            room = ROW - others.len();
            is_new = true;
        }
        if !is_new {
            out.push(' ');
            room = room.saturating_sub(1);
        }
        out.push_str(word);
        room = room.saturating_sub(length);
        is_new = false;
    }
    out + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_indented_and_safe() {
        let text = wrapped(
            &format!("\u{1b}[2J {}", ["word"; 30].join(" ")),
            "  ",
            "    ",
        );
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 2);
        assert!(
            rows[0].starts_with("  \\u{1b}[2J word") && rows[0].len() <= ROW,
            "{text}"
        );
        assert!(rows[1].starts_with("    word"), "{text}");
    }
}
