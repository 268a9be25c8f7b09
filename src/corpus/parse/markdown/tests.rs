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
