//! Plots as inline SVG, coloured by the page's style.

use maud::{Markup, html};

use super::parts::{SEVERITIES, count};
use crate::audit::{Findability, Rule};

/// The columns of [`distribution`].
const SHARES: [&str; 6] = ["0 %", "< 25 %", "< 50 %", "< 75 %", "< 100 %", "100 %"];

/// In which column of [`SHARES`] a section is; `None` if it was never asked for.
fn column(section: &Findability) -> Option<usize> {
    let quarters = (4 * u64::from(section.first)).checked_div(u64::from(section.asked))?;
    Some(match section.first {
        0 => 0,
        _ => quarters as usize + 1,
    })
}

/// How many sections are in each column of [`SHARES`].
fn distributed(sections: &[Findability]) -> [usize; SHARES.len()] {
    let mut columns = [0; SHARES.len()];
    for column in sections.iter().filter_map(column) {
        columns[column.min(SHARES.len() - 1)] += 1;
    }
    columns
}

/// Sections by the share of their own questions for which they come first.
pub(super) fn distribution(sections: &[Findability]) -> Markup {
    let columns = distributed(sections);
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let (step, top, height) = (56.0, 20.0, 140.0);
    let width = step * SHARES.len() as f64;
    let floor = top + height;
    let told: Vec<String> = SHARES
        .iter()
        .zip(columns)
        .map(|(share, n)| format!("{share}: {}", count(n, "section")))
        .collect();
    html! {
        svg.distribution viewBox=(format!("0 0 {width} {}", floor + 24.0)) role="img" {
            title { "Sections by the share of their own questions for which they come first" }
            desc { (told.join("; ")) }
            @for (i, (share, n)) in SHARES.iter().zip(columns).enumerate() {
                @let middle = step * (i as f64 + 0.5);
                @let tall = height * n as f64 / most as f64;
                rect x=(middle - 20.0) y=(px(floor - tall)) width="40" height=(px(tall)) {}
                text x=(middle) y=(px(floor - tall - 6.0)) text-anchor="middle" { (n) }
                text.soft x=(middle) y=(floor + 18.0) text-anchor="middle" { (share) }
            }
            line x1="0" x2=(width) y1=(floor) y2=(floor) {}
        }
    }
}

/// The findings of a rule as one bar, split by severity; `most` fill the whole width.
pub(super) fn bar(rule: Rule, counts: &[usize; 3], told: &str, most: usize) -> Markup {
    let wide = |n: usize| 100.0 * n as f64 / most.max(1) as f64;
    html! {
        svg.bar viewBox="0 0 100 10" preserveAspectRatio="none" role="img" {
            title { (rule.title()) }
            desc { (told) }
            @for (i, severity) in SEVERITIES.iter().enumerate() {
                @let before = wide(counts[..i].iter().sum());
                @if counts[i] > 0 {
                    rect class=(severity) x=(px(before)) width=(px(wide(counts[i]))) height="10" {}
                }
            }
        }
    }
}

/// A length in a plot, with two digits at most.
fn px(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(first: u32, asked: u32) -> Findability {
        Findability {
            path: String::new(),
            title: String::new(),
            asked,
            first,
            in_three: first,
            taken: 0,
        }
    }

    #[test]
    fn columns_are_quarters_and_both_ends() {
        let column = |first, asked| column(&section(first, asked));
        assert_eq!(column(0, 0), None);
        assert_eq!(column(0, 9), Some(0));
        assert_eq!(column(1, 1000), Some(1));
        assert_eq!(column(1, 4), Some(2));
        assert_eq!(column(49, 100), Some(2));
        assert_eq!(column(1, 2), Some(3));
        assert_eq!(column(3, 4), Some(4));
        assert_eq!(column(99, 100), Some(4));
        assert_eq!(column(5, 5), Some(5));
        assert_eq!(column(u32::MAX, u32::MAX), Some(5));
    }

    #[test]
    fn each_section_that_was_asked_for_is_counted_once() {
        let sections = [section(0, 0), section(0, 3), section(3, 3), section(2, 3)];
        assert_eq!(distributed(&sections), [1, 0, 0, 1, 0, 1]);
        let svg = distribution(&sections).into_string();
        assert!(
            svg.contains("0 %: 1 section; &lt; 25 %: 0 sections;"),
            "{svg}"
        );
    }

    #[test]
    fn a_bar_is_split_by_severity() {
        let svg = bar(Rule::LongLine, &[1, 0, 3], "1 error, 3 notes", 8).into_string();
        assert!(
            svg.ends_with(
                "<rect class=\"error\" x=\"0\" width=\"12.5\" height=\"10\"></rect>\
                 <rect class=\"note\" x=\"12.5\" width=\"37.5\" height=\"10\"></rect></svg>"
            ),
            "{svg}"
        );
    }

    #[test]
    fn lengths_are_short() {
        assert_eq!(px(0.0), "0");
        assert_eq!(px(100.0), "100");
        assert_eq!(px(33.3333), "33.33");
    }
}
