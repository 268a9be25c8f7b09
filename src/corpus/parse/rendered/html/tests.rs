mod markdown;
mod properties;

use super::render;
use crate::corpus::parse::rendition::{NoContent, Rendition};

/// A page of a generator, what becomes of it, and for some lines of that the line of the page.
struct Fixture {
    html: &'static str,
    markdown: &'static str,
    lines: &'static [(&'static str, u32)],
}

macro_rules! fixture {
    ($name:literal, $lines:expr) => {
        Fixture {
            html: include_str!(concat!("fixtures/", $name, ".html")),
            markdown: include_str!(concat!("fixtures/", $name, ".md")),
            lines: &$lines,
        }
    };
}

const FIXTURES: [Fixture; 14] = [
    fixture!(
        "mkdocs",
        [
            ("# Pipes", 14),
            ("to [any", 16),
            ("ferry list", 25),
            ("4. Read", 32),
            ("| both", 40)
        ]
    ),
    fixture!(
        "mkdocs-material",
        [
            ("# Tanks", 10),
            ("empty tank", 20),
            ("Press", 24),
            ("second", 30),
            ("- [ ] dried", 34)
        ]
    ),
    fixture!(
        "sphinx",
        [
            ("# `ferry`", 10),
            ("## Functions", 18),
            ("### `ferry.move", 21),
            ("True", 36),
            ("### sink", 45)
        ]
    ),
    fixture!(
        "furo",
        [
            ("# Tables", 11),
            ("| Name", 16),
            ("| | 2 |", 24),
            ("On macOS.", 38),
            ("> Twice.", 43)
        ]
    ),
    fixture!(
        "mdbook",
        [
            ("# Crossing", 15),
            ("\\- it", 17),
            ("let x", 25),
            ("  key = 1", 34),
            ("A boat", 38)
        ]
    ),
    fixture!(
        "docusaurus",
        [
            ("# Set up", 14),
            ("npm start", 18),
            ("Use `pnpm", 18),
            ("- [ ] pack", 20)
        ]
    ),
    fixture!(
        "vitepress",
        [
            ("# Sails", 11),
            ("set(1)", 13),
            ("reef()", 15),
            ("set(2)", 16)
        ]
    ),
    fixture!(
        "starlight",
        [
            ("# Oars", 7),
            ("## Grip", 9),
            ("  a()", 12),
            ("Starboard.", 13)
        ]
    ),
    fixture!(
        "asciidoctor",
        [
            ("# Ropes", 11),
            ("> Wet ropes", 33),
            ("pull", 42),
            ("   - small", 52),
            ("A bend.", 63)
        ]
    ),
    fixture!(
        "antora",
        [
            ("# Anchors", 11),
            ("> In kilograms.", 23),
            ("| small", 29),
            ("Hook.", 37)
        ]
    ),
    fixture!(
        "hugo",
        [
            ("# Hulls", 16),
            ("> Oak", 21),
            ("length: 9", 24),
            ("Tar it.", 26)
        ]
    ),
    fixture!(
        "rustdoc",
        [
            ("    pub name", 4),
            ("## Examples", 6),
            ("assert!", 7),
            ("#### pub fn", 9)
        ]
    ),
    fixture!(
        "javadoc",
        [
            ("# Class Boat", 17),
            ("extends Thing", 22),
            ("It floats.", 23),
            ("how many", 59)
        ]
    ),
    fixture!(
        "doxygen",
        [
            ("# Boats", 12),
            ("## Functions", 17),
            ("boat_open(b);", 25),
            ("## boat_open()", 29)
        ]
    ),
];

fn rendered(html: &str) -> Rendition {
    render(html).unwrap()
}

fn text(html: &str) -> String {
    rendered(html).text
}

#[test]
fn pages_of_generators_become_markdown() {
    for fixture in &FIXTURES {
        assert_eq!(text(fixture.html), fixture.markdown);
    }
}

#[test]
fn lines_are_those_of_the_page() {
    for fixture in &FIXTURES {
        for newline in ["\n", "\r\n"] {
            let page = rendered(&fixture.html.replace('\n', newline));
            for (start, line) in fixture.lines {
                let at = page.text.lines().position(|line| line.starts_with(start));
                let at = at.unwrap_or_else(|| panic!("{start} in\n{}", page.text));
                assert_eq!(page.file_lines[at], *line, "{start}");
            }
        }
    }
}

#[test]
fn title_and_description_are_told_where_they_say_more() {
    let page = rendered("<title>Use | Site</title><meta name=description content=' a\n b '><p>x");
    assert_eq!(page.title.as_deref(), Some("Use"));
    assert_eq!(page.description.as_deref(), Some("a b"));
    let page =
        rendered("<title>Use - Site</title><meta property=og:description content=d><h1>Using</h1>");
    assert_eq!(page.title, None);
    assert_eq!(page.description.as_deref(), Some("d"));
    let page = rendered("<title>One</title><p>x");
    assert_eq!(
        (page.title.as_deref(), page.description),
        (Some("One"), None)
    );
}

#[test]
fn pages_without_content_are_told() {
    let redirects = [
        "<meta http-equiv=refresh content='0; URL=b.html'><p>Redirecting to <a href=b.html>b</a>",
        "<script>window.location.replace('b.html')</script><body>",
    ];
    for html in redirects {
        assert_eq!(render(html), Err(NoContent::Redirects), "{html}");
    }
    let long = "words ".repeat(200);
    assert!(
        render(&format!(
            "<meta http-equiv=refresh content='9; url=b'><p>{long}"
        ))
        .is_ok()
    );
    assert!(render("<meta http-equiv=refresh content=300><p>A status page.").is_ok());
    let lists = [
        "<h1 id=index>Index</h1><table class='indextable genindextable'><tr><td>a</table>",
        "<body class=all-classes-index-page><main><h1>All Classes</h1></main>",
        "<body><h1>Search</h1><div id=search-results></div>",
        "<main><h1>404</h1><p>Page not found :(</main>",
        "<body class=sidebar-iframe-inner><ol class=chapter><li><a href=a.html>A</a></ol>",
        "<script>window.print()</script><main><h1>A</h1><div style='break-before: page'></div><h1>B</h1></main>",
        "<body class='rustdoc mod'><h1>List of all items</h1>",
    ];
    for html in lists {
        assert_eq!(render(html), Err(NoContent::Lists), "{html}");
    }
    for html in [
        "",
        " \n",
        "<p> &nbsp; </p>",
        "<script>let a = 1</script>",
        "<nav>Home</nav>",
        "<!-- a -->",
    ] {
        assert_eq!(render(html), Err(NoContent::Empty), "{html}");
    }
    assert!(render("<h1>Index</h1><ul><li><a href=a>a</a></ul>").is_ok());
}

#[test]
fn content_is_found_without_a_known_theme() {
    let long = "Words of the text. ".repeat(20);
    let html = format!(
        "<body><div class=menu><a href=1>One</a> <a href=2>Two</a></div><div><div><h2>Title</h2><p>{long}</div></div><div>© us</div>"
    );
    assert_eq!(text(&html), format!("## Title\n\n{}\n", long.trim_end()));
    assert_eq!(text("<article><p>a</article>"), "a\n");
    assert_eq!(text("just text"), "just text\n");
}

#[test]
fn a_page_whose_markup_ends_its_root_too_early_is_read_whole() {
    let prose = "Warm the pot before the tea goes in, and the cups. ".repeat(60);
    let page = |inside: &str, outside: &str| {
        text(&format!(
            "<body><div class=body role=main><h1>Tea</h1><p>{inside}</div>{outside}</body>"
        ))
    };
    assert!(page("Short.", &format!("<p>{prose}")).contains("Warm the pot"));
    // Other things of a site, such as a long list of links, and remarks shorter than the page.
    let links = "<a href=x>A page of the site</a> ".repeat(200);
    assert_eq!(page("Short.", &links), "# Tea\n\nShort.\n");
    assert!(!page(&prose, "<p>Bought in 1999.").contains("1999"));
}

#[test]
fn what_readers_do_not_see_is_no_text() {
    let html = "<main><p>a<!-- b --><script>c</script><style>d</style><template>e</template><noscript>f</noscript>\
        <svg><text>g</text></svg><span hidden>h</span><b aria-hidden=true>i</b><i style='x: y; DISPLAY : none'>j</i>\
        <textarea>k</textarea><select><option>l</select><button>m</button><iframe>n</iframe><input value=o></main>";
    assert_eq!(text(html), "a\n");
}
