//! Where links of a section lead on the pages of a server.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::corpus::linked_path;

/// What a segment of a path may hold as it is.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What is before the name of a heading in its anchor, so that it is no other anchor of a page.
pub const HEADING: &str = "s-";

/// The address of a section's page.
pub fn address(path: &str) -> String {
    let segments = path.split('/').map(encoded);
    format!("/s/{}", segments.collect::<Vec<_>>().join("/"))
}

/// `text` as it can stand in a path or a query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Where the link to `destination` in the section `from` leads: to another site's page as it stands, to a
/// heading of the same page, to a section if `is_section` knows its path. `None`: nowhere from here.
pub fn resolved(
    from: &str,
    destination: &str,
    is_section: impl Fn(&str) -> bool,
) -> Option<String> {
    let scheme = destination.split_once(':').map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| !scheme.contains(['/', '#', '?'])) {
        let known = ["http", "https", "mailto"];
        let is_known = known
            .iter()
            .any(|&s| scheme.is_some_and(|it| it.eq_ignore_ascii_case(s)));
        return is_known.then(|| destination.to_owned());
    }
    let (path, anchor) = destination.split_once('#').unwrap_or((destination, ""));
    let anchor = match anchor {
        "" => String::new(),
        anchor => {
            let name = percent_decode_str(anchor).decode_utf8().ok()?;
            format!("#{HEADING}{}", encoded(&slug(&name)))
        }
    };
    let path = percent_decode_str(path.split('?').next()?)
        .decode_utf8()
        .ok()?;
    if path.is_empty() {
        return (!anchor.is_empty()).then_some(anchor);
    }
    let path = linked_path(from, &path)?;
    let stem = path.strip_suffix(".html").unwrap_or(&path);
    let pages = [
        path.clone(),
        format!("{stem}.md"),
        format!("{stem}.mdx"),
        format!("{stem}/index.md"),
        format!("{stem}/README.md"),
    ];
    let found = pages.iter().find(|path| is_section(path))?;
    Some(address(found) + &anchor)
}

/// A heading's name in links: letters and digits in lower case, `-` for spaces, as most sites have it.
pub fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter_map(|c| match c {
        ' ' | '-' => Some('-'),
        '_' => Some('_'),
        c => c.is_alphanumeric().then_some(c),
    });
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_sections_headings_and_other_sites() {
        let sections = ["a/b.md", "a/my c.md", "d/index.md", "é.md"];
        let resolved =
            |destination: &str| resolved("a/x.md", destination, |path| sections.contains(&path));
        for (destination, expected) in [
            ("b.md", Some("/s/a/b.md")),
            ("./my%20c.md#Two-Words", Some("/s/a/my%20c.md#s-two-words")),
            ("../d", Some("/s/d/index.md")),
            ("/d/?q=1", Some("/s/d/index.md")),
            ("b.html", Some("/s/a/b.md")),
            ("../%C3%A9.md", Some("/s/%C3%A9.md")),
            ("#one", Some("#s-one")),
            ("https://x.example/a?b#c", Some("https://x.example/a?b#c")),
            ("mailto:a@b.example", Some("mailto:a@b.example")),
            ("javascript:alert(1)", None),
            ("JaVaScRiPt:alert(1)", None),
            ("data:text/html,x", None),
            ("//evil.example/b.md", None),
            ("../../b.md", None),
            ("../../../etc/passwd", None),
            ("nothing.md", None),
            ("#", None),
            ("", None),
        ] {
            assert_eq!(resolved(destination).as_deref(), expected, "{destination}");
        }
    }

    #[test]
    fn slugs_are_lower_case_words() {
        assert_eq!(slug("Pagination: `Bag` & more_x"), "pagination-bag--more_x");
    }
}
