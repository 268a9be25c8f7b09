use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::{FIXTURES, render, rendered, text};

/// What a reader of the Markdown sees, with one space for each run of blank space, and whether all of it is
/// paragraphs of text.
fn read_back(markdown: &str) -> (String, bool) {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_HEADING_ATTRIBUTES
        | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_GFM;
    let (mut seen, mut is_text) = (String::new(), true);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => seen.push_str(&text),
            Event::SoftBreak => seen.push(' '),
            Event::Start(Tag::Paragraph) | Event::End(TagEnd::Paragraph) => {}
            _ => is_text = false,
        }
    }
    (seen, is_text)
}

fn assert_invariants(html: &str) {
    let Ok(page) = render(html) else { return };
    assert!(page.text.ends_with('\n') && !page.text.trim().is_empty());
    assert_eq!(page.text.lines().count(), page.file_lines.len());
    assert!(!page.text.contains('\r'));
    assert!(page.file_lines.is_sorted());
    let lines = u32::try_from(html.split('\n').count()).unwrap();
    assert!(
        page.file_lines
            .iter()
            .all(|&line| (1..=lines).contains(&line))
    );
}

/// Near-valid pages: tags, text and marks in any order.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "<p>",
            "</p>",
            "<div>",
            "</div>",
            "<ul>",
            "</ul>",
            "<ol start=9>",
            "<li>",
            "</li>",
            "<table>",
            "</table>",
            "<tr>",
            "<td>",
            "<td rowspan=3 colspan=2>",
            "<th>",
            "<thead>",
            "<caption>",
            "<pre>",
            "</pre>",
            "<code>",
            "</code>",
            "<a href='x'>",
            "</a>",
            "<b>",
            "</b>",
            "<h2 id=q>",
            "</h2>",
            "<dl>",
            "<dt id=w>",
            "<dd>",
            "</dl>",
            "<blockquote>",
            "</blockquote>",
            "<div class='admonition note'>",
            "<p class=admonition-title>",
            "<details>",
            "<summary>",
            "<script>",
            "</script>",
            "<svg>",
            "</svg>",
            "<main>",
            "</main>",
            "<span class=math>",
            "</span>",
            "<sup>",
            "</sup>",
            "<br>",
            "<input type=checkbox>",
            "<div role=tablist>",
            "<div role=tabpanel>",
            "<label>",
            "<div class=fragment>",
            "<section id=s>",
            "<!-- x -->",
            "<img alt='i'>",
            "<math>",
            "</math>",
            "<title>",
            "<q>",
            "</q>",
            "<body>",
            "<head>",
            "<textarea>",
            "\n",
            "\r\n",
            "\r",
            "&#10;",
            "&#13;",
            "&nbsp;",
            "&amp;",
        ])
        .prop_map(str::to_owned),
        "[a-c`*_#>|\\[\\]{}!<&\\\\ \n-]{0,6}",
        "\\PC{0,3}",
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_page_is_read(html in soup()) {
        assert_invariants(&html);
    }

    #[test]
    fn cut_and_garbled_pages_are_read(
        which in 0..FIXTURES.len(), from in 0.0..1.0_f64, to in 0.0..1.0_f64, garbage in "\\PC{0,4}",
    ) {
        let html = FIXTURES[which].html;
        let place = |share: f64| html.floor_char_boundary((html.len() as f64 * share) as usize);
        let (from, to) = (place(from.min(to)), place(from.max(to)));
        assert_invariants(&html[from..to]);
        assert_invariants(&format!("{}{garbage}{}", &html[..from], &html[to..]));
    }

    /// No text is markup, whatever it is.
    #[test]
    fn markdown_says_what_the_page_says(text in "[ab1.)(:=+~!|*_`#>\\[\\]{}<&;\\\\/ \n-]{1,40}") {
        let html = text.replace('&', "&amp;").replace('<', "&lt;");
        let seen = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Ok(page) = render(&format!("<p>{html}</p>")) {
            prop_assert_eq!(read_back(&page.text), (seen.clone(), true), "{}", page.text);
            let heading = rendered(&format!("<h2>{html}</h2>")).text;
            prop_assert_eq!(read_back(&heading), (seen.clone(), false), "{}", heading);
            let cell = rendered(&format!("<table><tr><td>x<td>{html}</table>")).text;
            prop_assert_eq!(read_back(&cell), (format!("x{seen}"), false), "{}", cell);
        }
    }
}

/// 1 MiB of what makes parsers slow or overflows their stack.
#[test]
fn hostile_pages_are_read_in_bounded_memory() {
    const SIZE: usize = 1 << 20;
    let many = |piece: &str| piece.repeat(SIZE / piece.len());
    for piece in [
        "<div>",
        "<b>",
        "<b id=1><i>",
        "&amp;",
        "&",
        "<",
        "<table>",
        "<table><tr><td>",
        "<a href=x>",
        "<a>",
        "<ul><li>a",
        "<blockquote>a",
        "<p><b id=1>a</p>",
        "<dl><dt id=a>b<dd>",
        "</p>",
        "<h1>",
        "<svg>",
        "<!--",
        "<body>",
        "<pre>`",
        "<td rowspan=9999 colspan=999>a",
        "<code>`</code>",
        "<button>",
        "<label>",
        "<main>",
        "<details><summary>",
        "<section id=a>",
        "<sup>1</sup>",
        "<div class='admonition a b c'>",
        "<span class=math>",
        "<math>",
        "a\n",
        "\r",
        "<div role=tablist><li>a",
        "<input type=checkbox>",
        "<x-y>",
        "<li><p>a",
        "<a b c d e f g>",
        "<title>",
        "\u{0}",
    ] {
        let page = many(piece);
        if let Ok(page) = render(&page) {
            assert!(page.text.len() < 20 * SIZE, "{piece}: {}", page.text.len());
        }
    }
    let attributes: String = (0..SIZE / 8).map(|n| format!(" a{n:06}")).collect();
    assert_eq!(text(&format!("<p{attributes}>a")), "a\n");
    let value = "x".repeat(SIZE);
    assert_eq!(text(&format!("<p id={value} title='{value}'>a")), "a\n");
}

#[test]
fn deep_lists_keep_their_text() {
    let html = format!("{}deep", "<ul><li>".repeat(100_000));
    assert_eq!(text(&html).trim_start_matches(['-', ' ']), "deep\n");
}
