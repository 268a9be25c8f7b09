//! A section as HTML: Markdown through a sanitizer, with an anchor for each line of text.
//!
//! A document may hold any HTML. What comes out has the tags of an allow-list only, no attribute that the
//! document wrote but the destinations of links, and no image. Anchors and marks are this module's own: while
//! the sanitizer works they carry a secret that no document can know, and those without it are dropped.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::ops::{Range, RangeInclusive};
use std::sync::LazyLock;

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{BlockQuoteKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::links::{HEADING, slug};
use crate::corpus::lines::Lines;

/// Longest text that is read as Markdown, in bytes; a longer one is shown as it stands.
const MAX_MARKDOWN: usize = 1 << 20;
/// Deepest blocks within blocks; what is deeper has lost any meaning, and costs the parser of HTML
/// time in the square.
const MAX_DEPTH: usize = 64;

/// What may be in a page.
const TAGS: [&str; 46] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "small",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];

/// A section's text and what a page shows of it.
pub struct Shown<'a> {
    /// The text, as the index holds it.
    pub text: &'a str,
    /// The line of the file that it begins with.
    pub first_line: u32,
    /// Whether it is Markdown; anything else is shown as it stands.
    pub is_markdown: bool,
    /// Lines to mark, those that were found.
    pub found: Option<RangeInclusive<u32>>,
}

/// The HTML of a section. `link` says where a link leads; `None` makes it plain text.
pub fn html(shown: &Shown<'_>, link: impl Fn(&str) -> Option<String>) -> String {
    let mut page = Page {
        shown,
        lines: Lines::new(shown.text),
        last_line: 0,
        slugs: HashMap::new(),
        events: Vec::new(),
    };
    if shown.is_markdown && shown.text.len() <= MAX_MARKDOWN {
        page.markdown(link);
    } else {
        page.plain();
    }
    let mut unsafe_html = String::with_capacity(shown.text.len() * 2);
    html::push_html(&mut unsafe_html, page.events.into_iter());
    let html = CLEANER.clean(&unsafe_html).to_string();
    // The corner of a table heads nothing. In text `<` is escaped, so this is a tag.
    html.replace("<th></th>", "<td></td>")
}

/// Behind the names of this module's own anchors until the sanitizer has seen them.
static SECRET: LazyLock<String> =
    LazyLock::new(|| format!("-{:016x}", RandomState::new().hash_one("anchor")));

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::empty();
    let own = || HashSet::from(["id"]);
    let headings = ["h1", "h2", "h3", "h4", "h5", "h6"].map(|tag| (tag, own()));
    let mut attributes = HashMap::from(headings);
    attributes.insert("span", HashSet::from(["id", "class"]));
    attributes.insert("a", HashSet::from(["href"]));
    attributes.insert("ol", HashSet::from(["start"]));
    cleaner
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(["script", "style"]))
        .tag_attributes(attributes)
        // What scrolls can be reached from the keyboard.
        .set_tag_attribute_value("pre", "tabindex", "0")
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::PassThrough)
        .link_rel(Some("noopener noreferrer"))
        .attribute_filter(|_, attribute, value| match attribute {
            "id" | "class" => value.strip_suffix(SECRET.as_str()).map(Into::into),
            "href" if value.starts_with("/s/") || value.starts_with('#') => Some(value.into()),
            "href" => value.contains(':').then(|| value.into()),
            _ => Some(value.into()),
        });
    cleaner
});

/// A page in the making.
struct Page<'a> {
    shown: &'a Shown<'a>,
    lines: Lines,
    /// The last line that has its anchor.
    last_line: u32,
    /// How often each heading was there.
    slugs: HashMap<String, usize>,
    events: Vec<Event<'a>>,
}

impl<'a> Page<'a> {
    /// The whole text as one block of code.
    fn plain(&mut self) {
        self.raw("<pre>");
        self.code(self.shown.text.into(), 0);
        self.raw("</pre>");
    }

    fn markdown(&mut self, link: impl Fn(&str) -> Option<String>) {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
            | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM;
        let mut within = Within::default();
        for (event, range) in Parser::new_ext(self.shown.text, options).into_offset_iter() {
            self.event(event, range, &mut within, &link);
        }
    }

    fn event(
        &mut self,
        event: Event<'a>,
        range: Range<usize>,
        within: &mut Within,
        link: &impl Fn(&str) -> Option<String>,
    ) {
        match event {
            Event::Start(tag) => self.start(tag, range, within, link),
            Event::End(tag) => self.end(tag, within),
            _ if within.is_metadata => {}
            Event::Text(text) if within.is_code => self.code(text, range.start),
            Event::TaskListMarker(is_done) => {
                self.anchor(range.start);
                let mark = if is_done { "☑ " } else { "☐ " };
                self.events.push(Event::Text(mark.into()));
            }
            // A tag may go on for several lines: the block as a whole has an anchor.
            Event::SoftBreak | Event::HardBreak | Event::Rule | Event::Html(_) => {
                self.events.push(event);
            }
            event => {
                self.anchor(range.start);
                if let (Some(heading), Event::Text(text) | Event::Code(text)) =
                    (&mut within.heading, &event)
                {
                    heading.text.push_str(text);
                }
                self.events.push(event);
            }
        }
    }

    fn start(
        &mut self,
        tag: Tag<'a>,
        range: Range<usize>,
        within: &mut Within,
        link: &impl Fn(&str) -> Option<String>,
    ) {
        match tag {
            // What describes the image remains, as text.
            Tag::Image { .. } => {}
            Tag::Link {
                link_type,
                dest_url,
                id,
                ..
            } => {
                self.anchor(range.start);
                let leads_to = link(&dest_url);
                within.links.push(leads_to.is_some());
                if let Some(dest_url) = leads_to.map(CowStr::from) {
                    self.events.push(Event::Start(Tag::Link {
                        link_type,
                        dest_url,
                        title: "".into(),
                        id,
                    }));
                }
            }
            Tag::MetadataBlock(_) => within.is_metadata = true,
            Tag::CodeBlock(_) => {
                within.is_code = true;
                self.raw("<pre><code>");
            }
            Tag::BlockQuote(kind) => {
                within.depth += 1;
                if within.depth <= MAX_DEPTH {
                    self.events.push(Event::Start(Tag::BlockQuote(None)));
                    if let Some(kind) = kind {
                        self.raw(callout(kind));
                    }
                }
            }
            Tag::List(_) if within.depth >= MAX_DEPTH => within.depth += 1,
            Tag::Item if within.depth > MAX_DEPTH => {}
            Tag::Heading { level, .. } => {
                within.heading = Some(Heading {
                    at: self.events.len(),
                    text: String::new(),
                });
                self.events.push(Event::Start(Tag::Heading {
                    level,
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            tag => {
                if matches!(tag, Tag::List(_)) {
                    within.depth += 1;
                }
                let is_html = tag == Tag::HtmlBlock;
                self.events.push(Event::Start(tag));
                if is_html {
                    self.anchor(range.start);
                }
            }
        }
    }

    fn end(&mut self, tag: TagEnd, within: &mut Within) {
        match tag {
            TagEnd::Image => return,
            TagEnd::Link if within.links.pop() != Some(true) => return,
            TagEnd::MetadataBlock(_) => {
                within.is_metadata = false;
                return;
            }
            TagEnd::CodeBlock => {
                within.is_code = false;
                self.raw("</code></pre>\n");
                return;
            }
            TagEnd::BlockQuote(_) | TagEnd::List(_) => {
                within.depth = within.depth.saturating_sub(1);
                if within.depth >= MAX_DEPTH {
                    return;
                }
            }
            TagEnd::Item if within.depth > MAX_DEPTH => return,
            TagEnd::Heading(_) => {
                if let Some(heading) = within.heading.take() {
                    self.name(heading);
                }
            }
            _ => {}
        }
        self.events.push(Event::End(tag));
    }

    /// Gives a heading its anchor; one that was there already has its number behind.
    fn name(&mut self, heading: Heading) {
        let slug = slug(&heading.text);
        let times = self.slugs.entry(slug.clone()).or_default();
        let number = match *times {
            0 => String::new(),
            times => format!("-{times}"),
        };
        *times += 1;
        if let Some(Event::Start(Tag::Heading { id, .. })) = self.events.get_mut(heading.at) {
            *id = Some(format!("{HEADING}{slug}{number}{}", *SECRET).into());
        }
    }

    /// Code, each line of it in an element with its anchor.
    fn code(&mut self, text: CowStr<'a>, start: usize) {
        let mut at = start;
        for line in text.split_inclusive('\n') {
            let number = self.line(at);
            at += line.len();
            self.last_line = number;
            let tag = self.anchor_tag(number);
            self.raw(tag);
            let text = line.trim_end_matches(['\n', '\r']);
            self.events.push(Event::Text(text.to_owned().into()));
            self.raw("</span>\n");
        }
    }

    /// An empty element that names the line at `offset`, if nothing has named it before.
    fn anchor(&mut self, offset: usize) {
        let number = self.line(offset);
        if number > self.last_line {
            self.last_line = number;
            let tag = self.anchor_tag(number) + "</span>";
            self.events.push(Event::InlineHtml(tag.into()));
        }
    }

    /// The tag that begins what is on this line.
    fn anchor_tag(&self, number: u32) -> String {
        let is_found = |found: &RangeInclusive<u32>| found.contains(&number);
        let class = match self.shown.found.as_ref().is_some_and(is_found) {
            true => format!(" class=\"f{}\"", *SECRET),
            false => String::new(),
        };
        format!("<span id=\"L{number}{}\"{class}>", *SECRET)
    }

    fn raw(&mut self, html: impl Into<CowStr<'a>>) {
        self.events.push(Event::Html(html.into()));
    }

    /// The number, in the file, of the line that has the byte at `offset`.
    fn line(&self, offset: usize) -> u32 {
        let number = self.lines.number(offset);
        self.shown.first_line.saturating_add(number - 1)
    }
}

/// What the events are inside of.
#[derive(Default)]
struct Within {
    is_metadata: bool,
    is_code: bool,
    /// Lists and quotations.
    depth: usize,
    /// Open links, and whether they lead anywhere.
    links: Vec<bool>,
    heading: Option<Heading>,
}

struct Heading {
    /// Which event begins it.
    at: usize,
    text: String,
}

fn callout(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "<p><strong>Note</strong></p>",
        BlockQuoteKind::Tip => "<p><strong>Tip</strong></p>",
        BlockQuoteKind::Important => "<p><strong>Important</strong></p>",
        BlockQuoteKind::Warning => "<p><strong>Warning</strong></p>",
        BlockQuoteKind::Caution => "<p><strong>Caution</strong></p>",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str, found: Option<RangeInclusive<u32>>) -> String {
        let shown = Shown {
            text,
            first_line: 1,
            is_markdown: true,
            found,
        };
        html(&shown, |to| to.ends_with(".md").then(|| format!("/s/{to}")))
    }

    #[test]
    fn every_line_of_text_has_an_anchor_and_found_ones_a_mark() {
        let text = "# A `b`\n\none\ntwo\n\n- x\n- y\n\n```go\nf()\n\ng < h\n```\n\n| t | u |\n|---|---|\n| v | w |\n";
        let html = page(text, Some(4..=12));
        assert_eq!(
            html,
            "<h1 id=\"s-a-b\"><span id=\"L1\"></span>A <code>b</code></h1>\n\
             <p><span id=\"L3\"></span>one\n<span id=\"L4\" class=\"f\"></span>two</p>\n\
             <ul>\n<li><span id=\"L6\" class=\"f\"></span>x</li>\n\
             <li><span id=\"L7\" class=\"f\"></span>y</li>\n</ul>\n\
             <pre tabindex=\"0\"><code><span id=\"L10\" class=\"f\">f()</span>\n\
             <span id=\"L11\" class=\"f\"></span>\n\
             <span id=\"L12\" class=\"f\">g &lt; h</span>\n</code></pre>\n\
             <table><thead><tr><th><span id=\"L15\"></span>t</th><th>u</th></tr></thead><tbody>\n\
             <tr><td><span id=\"L17\"></span>v</td><td>w</td></tr>\n</tbody></table>\n"
        );
    }

    #[test]
    fn nothing_of_a_document_is_active() {
        let hostile = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<a href=\"javascript:alert(1)\" id=L1 onclick=x>a</a>",
            "[a](javascript:alert(1)) <javascript:alert(1)>",
            "<iframe src=https://evil.example></iframe><object data=x></object><embed src=x>",
            "<svg onload=alert(1)><animate attributeName=href to=javascript:alert(1)></svg>",
            "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
            "<form action=https://evil.example><input name=q><button>x</button></form>",
            "<style>*{display:none}</style><link rel=stylesheet href=//evil.example>",
            "<base href=//evil.example><meta http-equiv=refresh content=0>",
            "<p style=\"position:fixed\" class=f id=L2>x</p><span class=f id=L3>y</span>",
            "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
            "![alt](https://evil.example/x.png) <video src=x></video>",
            "<a href=//evil.example>b</a><a href=/api/search>c</a>",
        ];
        for text in hostile {
            let html = page(&format!("a\n\n{text}\n"), None);
            for tag in html.split('<').skip(1) {
                let tag = tag.split('>').next().unwrap();
                let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
                assert!(
                    TAGS.contains(&name.trim_start_matches('/')),
                    "{name} in {html}"
                );
                for attribute in attributes.split("\" ").filter(|it| !it.is_empty()) {
                    let (name, value) = attribute.split_once("=\"").unwrap();
                    let value = value.trim_end_matches('"');
                    let is_fine = match name {
                        "id" => value.starts_with('L'),
                        "rel" => value == "noopener noreferrer",
                        _ => false,
                    };
                    assert!(is_fine, "{attribute} in {html}");
                }
            }
            assert!(html.matches("id=\"L3\"").count() <= 1, "{html}");
        }
    }

    #[test]
    fn links_lead_where_they_may_and_images_are_their_text() {
        let html = page("[a](b.md \"t\") [c](x) ![d *e*](f.png)\n", None);
        assert_eq!(
            html,
            "<p><span id=\"L1\"></span><a href=\"/s/b.md\" rel=\"noopener noreferrer\">a</a> c d \
             <em>e</em></p>\n"
        );
    }

    #[test]
    fn equal_headings_have_numbers_and_front_matter_is_left_out() {
        let html = page("---\ntitle: T\n---\n\n## A\n\n## A\n", None);
        assert_eq!(
            html,
            "<h2 id=\"s-a\"><span id=\"L5\"></span>A</h2>\n\
             <h2 id=\"s-a-1\"><span id=\"L7\"></span>A</h2>\n"
        );
    }

    #[test]
    fn what_is_no_markdown_is_shown_as_it_stands() {
        let shown = Shown {
            text: "# a\n<b>\n",
            first_line: 3,
            is_markdown: false,
            found: Some(4..=9),
        };
        assert_eq!(
            html(&shown, |_| None),
            "<pre tabindex=\"0\"><span id=\"L3\"># a</span>\n\
             <span id=\"L4\" class=\"f\">&lt;b&gt;</span>\n</pre>"
        );
    }

    #[test]
    fn depth_costs_no_more_than_length() {
        for unit in [
            ">",
            "- ",
            "<div>",
            "<b><a href=#>",
            "[",
            "*a ",
            "<table><tr><td>",
        ] {
            let html = page(&unit.repeat(20_000), None);
            assert!(html.len() < 10_000_000, "{unit}");
        }
    }
}
