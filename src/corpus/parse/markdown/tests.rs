use super::*;
use crate::corpus::parse::outline;

fn markdown(source: &str) -> Vec<String> {
    outline(&parse(source, Dialect::Markdown))
}

#[test]
fn markup_is_dropped_and_text_is_kept() {
    assert_eq!(
        markdown("See [the *docs*](http://x/y) and ![a chart](c.png), `x<y>` ~~old~~<br>new.\n"),
        ["Block See the docs and a chart, x<y> old new."]
    );
    assert_eq!(
        markdown("<!-- secret -->\n\ntext <!-- also --> here"),
        ["Block text   here"]
    );
}

#[test]
fn headings_are_only_those_of_the_document() {
    assert_eq!(
        markdown("# A {#a}\n```sh\n# no\n```\nB\n---\n> # quoted\n\n<div>\n# in html\n</div>\n"),
        [
            "h1 A",
            "Block sh",
            "Line # no",
            "h2 B",
            "Block quoted",
            "Block in html"
        ]
    );
}

#[test]
fn lists_tables_and_code_have_borders() {
    assert_eq!(
        markdown(
            "- a\n  b.\n  c\n  - d\n- e\n\n| x | y |\n|---|---|\n| 1 | `2` |\n\n    f\n\n    g\n"
        ),
        [
            "Block a",
            "Line b.",
            "Sentence c",
            "Paragraph d",
            "Item e",
            "Block x | y",
            "Line 1 | 2",
            "Block f",
            "Paragraph g",
        ]
    );
}

#[test]
fn a_block_after_a_colon_belongs_to_it() {
    assert_eq!(
        markdown("a\n\nb:\n\n| x |\n|---|\n\nFor example:\n\n- c\n- d\n"),
        [
            "Block a",
            "Block b:",
            "Item x",
            "Block For example:",
            "Item c",
            "Item d"
        ]
    );
}

#[test]
fn empty_cells_leave_no_trace() {
    assert_eq!(
        markdown("|a|b|c|\n|-|-|-|\n|1||3|\n|x|\n||y|\n"),
        ["Block a | b | c", "Line 1 | 3", "Line x", "Line y"]
    );
}

#[test]
fn crlf_ends_lines_in_code_and_prose() {
    assert_eq!(
        markdown("a\r\nb\r\n\r\n```\r\nc\r\nd\r\n\r\ne\r\n```\r\n"),
        ["Block a", "Line b", "Block c", "Line d", "Paragraph e"]
    );
}

#[test]
fn table_header_and_code_language_are_contexts() {
    let document = parse(
        "| x |\n|---|\n| 1 |\n\n```go\nf()\n```\n",
        Dialect::Markdown,
    );
    assert_eq!(document.contexts, ["x", "go"]);
    let units: Vec<_> = document
        .nodes
        .iter()
        .map(|node| match node {
            Node::Unit(unit) => (unit.context, unit.is_context, unit.start),
            Node::Heading(_) => panic!("no heading here"),
        })
        .collect();
    assert_eq!(
        units,
        [
            (Some(0), true, 0),
            (Some(0), false, 12),
            (Some(1), true, 19),
            (Some(1), false, 25)
        ]
    );
}

#[test]
fn front_matter_is_not_text() {
    let document = parse("---\ntitle: T\n---\n\nBody\n", Dialect::Markdown);
    assert_eq!(document.title.as_deref(), Some("T"));
    assert_eq!(document.nodes.len(), 1);
}

#[test]
fn mdx_modules_and_components_do_not_pollute() {
    let source = "import { Card } from '@x/y'\nimport Z from 'z'\n\nexport const meta = {\n  a: 1,\n}\n\n# T\n\n\
                  <Card icon={<I />} style={{ color: 'red' }}>\n  Use **it** [here](u).\n\n  ```js\n  <b>\n  ```\n</Card>\n\
                  Keep `<Tag>` {/* note */} and <Badge text=\"x\" /> import too.\n";
    assert_eq!(
        outline(&parse(source, Dialect::Mdx)),
        [
            "h1 T",
            "Block Use it here.",
            "Block js",
            "Line <b>",
            "Block Keep <Tag>  and  import too.",
        ]
    );
}

#[test]
fn html_blocks_keep_their_content_as_markdown() {
    assert_eq!(
        markdown(
            "<details>\n<summary>More</summary>\nSee [x](y)\n```sh\necho <a>\n```\n</details>\n"
        ),
        ["Block More", "Line See x", "Block sh", "Line echo <a>"]
    );
}

#[test]
fn offsets_lead_back_to_the_source() {
    let source = "Go [there](http://x) now";
    let document = parse(source, Dialect::Markdown);
    let Node::Unit(unit) = &document.nodes[0] else {
        panic!("a unit")
    };
    assert_eq!(unit.text, "Go there now");
    assert_eq!(&source[unit.source_offset(3)..][..5], "there");
    assert_eq!(&source[unit.source_offset(9)..], "now");
}

#[test]
fn admonitions_and_tabs_hold_ordinary_content() {
    let source = "# A\n\n!!! note \"Mind *this*\"\n    b c\n\n    ## D\n\n    ```sh\n    echo 1\n    ```\n\n    ??? tip\n\n        - e\n\n\
                  === \"Linux\"\n\n    f\n\ng\n\n    !!! code\n        h\n\n1. i\n\n    !!! note\n        j\n";
    assert_eq!(
        markdown(source),
        [
            "h1 A",
            "Block Mind this",
            "Line b c",
            "h2 D",
            "Block sh",
            "Line echo 1",
            "Block e",
            "Block Linux",
            "Block f",
            "Block g",
            "Block !!! code",
            "Line     h",
            "Block i",
            "Paragraph j",
        ]
    );
    let document = parse(source, Dialect::Markdown);
    for node in &document.nodes {
        let (start, text) = match node {
            Node::Heading(heading) => (heading.start, heading.text.as_str()),
            Node::Unit(unit) => {
                if unit.is_context {
                    continue;
                }
                let word = unit.text.trim_start();
                let at = unit.source_offset(unit.text.len() - word.len());
                let first = word.split(' ').next().unwrap();
                assert_eq!(&source[at..at + first.len()], first, "{unit:?}");
                (unit.start, first)
            }
        };
        assert!(start == 0 || source[..start].ends_with('\n'), "{node:?}");
        let line = source[start..].lines().next().unwrap();
        assert!(line.contains(text), "{line}: {text}");
    }
}

#[test]
fn marks_of_generators_are_no_text() {
    for (source, expected) in [
        (
            ":::note A title\n\nb\n\n:::\n",
            &["Block A title", "Block b"][..],
        ),
        (
            "::: tip\n## C\nd\n:::\ne\n",
            &["h2 C", "Block d", "Block e"],
        ),
        ("> [!WARNING]\n> f\n", &["Block f"]),
        ("> [!info]- G\n> h\n", &["Block G", "Line h"]),
        (
            "{{< tabs >}}\n{{% tab \"I\" %}}\nj [k]({{< ref \"l\" >}})\n{{% /tab %}}\n{{< /tabs >}}\n",
            &["Block I", "Line j k"],
        ),
        (
            "{% hint style=\"info\" %}\nm\n{% endhint %}\n",
            &["Block m"],
        ),
        ("# N\n{: .no_toc }\n\no\n{: .p }\n", &["h1 N", "Block o"]),
        (
            "```\n:::note\n{{< q >}}\n!!! r\n    s\n```\n",
            &[
                "Block :::note",
                "Line {{< q >}}",
                "Line !!! r",
                "Line     s",
            ],
        ),
    ] {
        assert_eq!(markdown(source), expected, "{source}");
    }
}

proptest::proptest! {
    #[test]
    fn offsets_hold_whatever_generators_add(
        lines in proptest::collection::vec(
            proptest::sample::select(&[
                "", "text é {: .x }", "# head", "!!! note \"T\"", "??? é", "=== \"Tab\"", "    inner é", "        deep",
                "\tinner", "    ```sh", "```", "    ", ":::note T", ":::", "> [!TIP] é", "- item", "  - é", "    !!! tip",
                "{{< tab \"é\" >}}", "{% hint", "%} x", "| a | b |", "|---|---|", "---", "<b>", "    === \"é\"",
            ][..]),
            0..14,
        ),
        ending in proptest::sample::select(&["\n", "\r\n"][..]),
        is_mdx in proptest::bool::ANY,
    ) {
        let source = lines.join(ending);
        let dialect = if is_mdx { Dialect::Mdx } else { Dialect::Markdown };
        let mut last = None;
        for node in parse(&source, dialect).nodes {
            let start = match &node {
                Node::Heading(heading) => heading.start,
                Node::Unit(unit) => {
                    for (_, at) in &unit.runs {
                        proptest::prop_assert!(source.is_char_boundary(*at), "{source:?} {unit:?}");
                    }
                    let first = unit.text.trim_start();
                    let at = unit.source_offset(unit.text.len() - first.len());
                    let word = first.chars().next().unwrap();
                    let is_language = unit.is_context || unit.context.is_some();
                    proptest::prop_assert!(is_language || source[at..].starts_with(word), "{source:?} {unit:?}");
                    unit.start
                }
            };
            proptest::prop_assert!(last < Some(start) && start <= source.len(), "{source:?} {node:?}");
            last = Some(start);
        }
    }
}
