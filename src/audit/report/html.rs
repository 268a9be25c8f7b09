//! The audit as one page of HTML that asks nothing of anybody: no script, no request, plots inline.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::parts::{count, plain};
use super::{confusions, findings, plot, sections};
use crate::audit::{About, Audit};

/// Nothing but the page's own style may be used, whatever a file of the docs is called.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'";

/// The page: what was found in words and plots, then confusions, sections, and all findings.
pub fn html(audit: &Audit, about: &About) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "docent audit: " (plain(&about.docs)) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body {
                header { (head(audit, about)) }
                main {
                    (overview(audit))
                    @if !audit.confusions.is_empty() { (confusions::confusions(&audit.confusions)) }
                    @if !audit.sections.is_empty() { (sections::table(&audit.sections)) }
                    @if !audit.findings.is_empty() { (findings::findings(&audit.findings)) }
                }
            }
        }
    };
    page.into_string()
}

/// The headline, and where to go from it.
fn head(audit: &Audit, about: &About) -> Markup {
    let parts = [
        ("confusions", "Confusions", audit.confusions.is_empty()),
        ("sections", "Sections", audit.sections.is_empty()),
        ("findings", "Findings", audit.findings.is_empty()),
    ];
    let there: Vec<_> = parts.iter().filter(|(.., is_empty)| !is_empty).collect();
    html! {
        h1 { "Audit of " (plain(&about.docs)) }
        p.headline { (sections::headline(&audit.sections)) }
        p.headline { (findings::headline(&audit.findings)) }
        p.note {
            (count(about.sections, "section")) ", docent " (about.docent) ", model "
            (plain(&about.model)) "."
        }
        @for said in &audit.notes { p.note { "Note: " (plain(said)) "." } }
        @if !there.is_empty() {
            nav aria-label="On this page" {
                ul { @for (id, name, _) in there { li { a href={ "#" (id) } { (name) } } } }
            }
        }
    }
}

/// The two plots that show how the docs are doing.
fn overview(audit: &Audit) -> Markup {
    html! {
        div.overview {
            @if audit.sections.iter().any(|section| section.asked > 0) {
                section {
                    h2 { "Sections found by their own words" }
                    p.note {
                        "Each section is asked for by its title, headings, first sentences and hints. \
                         Sections by the share of these questions for which they come first:"
                    }
                    (plot::distribution(&audit.sections))
                }
            }
            @if !audit.findings.is_empty() {
                section {
                    h2 { "Findings by rule" }
                    (findings::bars(&audit.findings))
                }
            }
        }
    }
}
