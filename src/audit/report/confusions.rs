//! Which sections come first instead of others: a map of the most frequent, and a table of all.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::parts::{folded, path, plain};
use crate::audit::Confusion;

/// Sections of the map.
const MAPPED: usize = 20;
/// Rows of the table that are not folded.
const SHOWN: usize = 10;
/// Shades of the map.
const SHADES: u32 = 4;

/// The map and the table.
pub(super) fn confusions(confusions: &[Confusion]) -> Markup {
    html! {
        section {
            h2 id="confusions" { "Confusions" }
            p.note {
                "A question in the words of one section, and another one comes first. In the map of those \
                 that are confused most, a row is the section that was asked for, a column the section of \
                 that number that came first, and a cell says for how many questions."
            }
            (map(confusions))
            (folded(confusions, SHOWN, "confusion", table))
        }
    }
}

/// The sections of the most frequent confusions, at most [`MAPPED`], by path: what is confused often
/// lies in one folder, and so near the diagonal.
fn mapped(confusions: &[Confusion]) -> BTreeSet<&str> {
    let mut sections = BTreeSet::new();
    for confusion in confusions {
        let mut more = sections.clone();
        more.extend([confusion.asked.as_str(), confusion.found.as_str()]);
        if more.len() <= MAPPED {
            sections = more;
        }
    }
    sections
}

/// How often the section of a row was asked for and that of a column found.
fn map(confusions: &[Confusion]) -> Markup {
    let sections = mapped(confusions);
    let counts: BTreeMap<(&str, &str), u32> = confusions
        .iter()
        .map(|confusion| ((&*confusion.asked, &*confusion.found), confusion.count))
        .collect();
    let most = counts.values().copied().max().unwrap_or(0);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Map of confusions" {
            table.map {
                thead { tr {
                    th scope="col" { "Asked for" }
                    @for i in 1..=sections.len() { th scope="col" { (i) } }
                } }
                tbody { @for (i, &asked) in sections.iter().enumerate() { tr {
                    th scope="row" { span.number { (i + 1) } " " (path(asked)) }
                    @for (j, &found) in sections.iter().enumerate() {
                        @match counts.get(&(asked, found)) {
                            Some(&n) => td class={ "shade" (shade(n, most)) }
                                title={ (plain(asked)) " → " (plain(found)) } { (n) },
                            None if i == j => td.same {},
                            None => td {},
                        }
                    }
                } } }
            }
        }
    }
}

/// The shade of a cell, 1 to [`SHADES`]: the last is for the most.
fn shade(count: u32, most: u32) -> u32 {
    let shade = (u64::from(count) * u64::from(SHADES)).div_ceil(u64::from(most.max(1)));
    u32::try_from(shade).unwrap_or(SHADES).clamp(1, SHADES)
}

fn table(confusions: &[Confusion]) -> Markup {
    html! {
        table.numbers {
            thead { tr {
                th scope="col" { "Asked for" }
                th scope="col" { "Came first" }
                th scope="col" { "Questions" }
            } }
            tbody { @for Confusion { asked, found, count } in confusions { tr {
                th scope="row" { (path(asked)) }
                td.path { (path(found)) }
                td { (count) }
            } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn confusion(asked: &str, found: &str, count: u32) -> Confusion {
        Confusion {
            asked: asked.to_owned(),
            found: found.to_owned(),
            count,
        }
    }

    #[test]
    fn the_map_has_the_most_frequent_in_order_of_paths() {
        let name = |i: usize| format!("{i:02}");
        let mut confusions: Vec<Confusion> = (0..MAPPED - 1)
            .rev()
            .map(|i| confusion(&name(i), "00", 9))
            .collect();
        // Two new sections have no room any more, one still has.
        confusions.push(confusion("x", "y", 2));
        confusions.push(confusion("05", "z", 1));
        let sections = mapped(&confusions);
        let expected: Vec<String> = (0..MAPPED - 1).map(name).chain(["z".to_owned()]).collect();
        assert!(sections.iter().eq(&expected), "{sections:?}");
    }

    #[test]
    fn shades_reach_from_the_first_to_the_last() {
        assert_eq!([1, 2, 3, 5, 8].map(|n| shade(n, 8)), [1, 1, 2, 3, 4]);
        assert_eq!(shade(1, 1), SHADES);
        assert_eq!(shade(0, 0), 1);
        assert_eq!(shade(u32::MAX, 1), SHADES);
    }

    #[test]
    fn a_cell_is_in_the_row_that_was_asked_for() {
        let page = map(&[confusion("a", "b", 3)]).into_string();
        let row = "<span class=\"number\">1</span> <code><span>a</span><wbr></code></th><td class=\"same\"></td>\
                   <td class=\"shade4\" title=\"a → b\">3</td></tr>";
        assert!(page.contains(row), "{page}");
    }
}
