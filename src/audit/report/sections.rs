//! How well sections are found: the words of the headline, and the table of sections.

use std::cmp::Ordering;

use maud::{Markup, html};

use super::parts::{folded, path, plain};
use crate::audit::Findability;

/// Rows of the table that are not folded.
const SHOWN: usize = 15;

/// How many sections come first for more than half of their own questions, in words.
pub(super) fn headline(sections: &[Findability]) -> String {
    let asked: Vec<&Findability> = sections.iter().filter(|s| s.asked > 0).collect();
    if asked.is_empty() {
        return "No section was asked for.".to_owned();
    }
    let found = asked.iter().filter(|s| is_found(s)).count();
    let never = asked.iter().filter(|s| s.first == 0).count();
    let more = match never {
        0 => String::new(),
        _ => format!("; {never} for none"),
    };
    format!(
        "{found} of {} sections come first for most questions in their own words{more}.",
        asked.len()
    )
}

/// Whether a section comes first for more than half of its own questions.
fn is_found(section: &Findability) -> bool {
    2 * u64::from(section.first) > u64::from(section.asked)
}

/// The sections, worst first, most of them folded.
pub(super) fn table(sections: &[Findability]) -> Markup {
    let mut sections: Vec<&Findability> = sections.iter().collect();
    sections.sort_by(|a, b| worse(a, b));
    html! {
        section {
            h2 id="sections" { "Sections, worst first" }
            p.note {
                "How many questions were made of a section's own words, for how many of them it comes \
                 first or among the first three, and how many questions of other sections it takes."
            }
            (folded(&sections, SHOWN, "section", rows))
        }
    }
}

/// By rising share of questions for which a section comes first; of equal shares, the one that was
/// asked for more often is worse. Sections that were not asked for come last.
fn worse(a: &Findability, b: &Findability) -> Ordering {
    let share =
        |of: &Findability, other: &Findability| u64::from(of.first) * u64::from(other.asked);
    let unasked = |section: &Findability| section.asked == 0;
    unasked(a)
        .cmp(&unasked(b))
        .then_with(|| share(a, b).cmp(&share(b, a)))
        .then_with(|| b.asked.cmp(&a.asked))
        .then_with(|| a.path.cmp(&b.path))
}

fn rows(sections: &[&Findability]) -> Markup {
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Section" }
                th scope="col" { "Asked" }
                th scope="col" { "First" }
                th scope="col" { "In three" }
                th scope="col" { "Taken" }
            } }
            tbody { @for section in sections { tr {
                th scope="row" {
                    (path(&section.path))
                    @if !section.title.is_empty() { br; small { (plain(&section.title)) } }
                }
                td { (section.asked) }
                td { (section.first) }
                td { (section.in_three) }
                td { (section.taken) }
            } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(path: &str, first: u32, asked: u32) -> Findability {
        Findability {
            path: path.to_owned(),
            title: String::new(),
            asked,
            first,
            in_three: first,
            taken: 0,
        }
    }

    #[test]
    fn the_headline_counts_sections_that_are_mostly_found() {
        let mut sections = vec![section("unasked", 0, 0)];
        assert_eq!(headline(&sections), "No section was asked for.");
        sections.extend([section("half", 2, 4), section("more", 3, 5)]);
        assert_eq!(
            headline(&sections),
            "1 of 2 sections come first for most questions in their own words."
        );
        sections.push(section("never", 0, 1));
        assert_eq!(
            headline(&sections),
            "1 of 3 sections come first for most questions in their own words; 1 for none."
        );
    }

    #[test]
    fn the_worst_section_is_first() {
        let mut sections = [
            section("unasked", 0, 0),
            section("all", 5, 5),
            section("b-half", 2, 4),
            section("a-half", 2, 4),
            section("more-asked-half", 3, 6),
            section("never", 0, 2),
        ];
        sections.sort_by(worse);
        let paths = sections.map(|section| section.path);
        assert_eq!(
            paths,
            [
                "never",
                "more-asked-half",
                "a-half",
                "b-half",
                "all",
                "unasked"
            ]
        );
    }
}
