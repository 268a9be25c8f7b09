use super::{rendered, text};

#[test]
fn ends_that_are_left_out_are_found() {
    assert_eq!(
        text("<ul><li>a<li>b<ul><li>c</ul><li>d</ul>e"),
        "- a\n- b\n  - c\n- d\n\ne\n"
    );
    assert_eq!(text("<p>a<p>b<div>c</div>d"), "a\n\nb\n\nc\n\nd\n");
    assert_eq!(
        text("<dl><dt>a<dd>b<dt>c<dd>d</dl>"),
        "**a**\n\nb\n\n**c**\n\nd\n"
    );
    assert_eq!(
        text("<table><tr><th>a<th>b<tr><td>c<td>d</table>e"),
        "| a | b |\n| --- | --- |\n| c | d |\n\ne\n"
    );
    assert_eq!(text("<h2>a<h3>b</h3>c"), "## a\n\n### b\n\nc\n");
    // An element with a block in it is one: what follows it is another paragraph.
    assert_eq!(text("<b><p>a</b>b</p>c</b>d"), "ab\n\nc\n\nd\n");
}

#[test]
fn headings_have_the_id_that_links_name() {
    for (html, expected) in [
        ("<h2 id=a>T</h2>", "## T {#a}"),
        ("<h2><a class=headerlink href='#a'>¶</a>T</h2>", "## T {#a}"),
        ("<h2><a name=a></a>T</h2>", "## T {#a}"),
        ("<section id=a><h2>T</h2></section>", "## T {#a}"),
        (
            "<div class=section id=a><span></span><h2>T</h2></div>",
            "## T {#a}",
        ),
        ("<a id=a></a><h2>T</h2>", "## T {#a}"),
        (
            "<section id=a><h2 id=b>S</h2><h3>T</h3></section>",
            "## S {#b}\n\n### T",
        ),
        ("<h2 id='a b'>T</h2>", "## T"),
        ("<h2 id='a{b}'>T</h2>", "## T"),
        ("<h2>{#a}</h2>", "## {#a&#125;"),
        ("<h2>C #</h2>", "## C \\#"),
        ("<h2>a\nb <a href=c>d</a></h2>", "## a b d"),
        ("<ul><li><h2 id=a>T</h2>x</ul>", "## T {#a}\n\nx"),
        (
            "<blockquote><h2 id=a>T</h2>x</blockquote>",
            "> **T**\n>\n> x",
        ),
    ] {
        assert_eq!(text(html), format!("{expected}\n"), "{html}");
    }
}

#[test]
fn text_stays_text() {
    for (html, expected) in [
        ("*a* _b_ c_d `e` ~f~", "\\*a\\* \\_b\\_ c_d \\`e\\` \\~f\\~"),
        (
            "&lt;b&gt; a &lt; b [c](d) &amp;lt; &amp; R&amp;D x",
            "\\<b> a < b \\[c](d) \\&lt; & R&D x",
        ),
        (
            "- a\n+ b\n1. c\n2) d\n# e\n&gt; f",
            "\\- a\n\\+ b\n1\\. c\n2\\) d\n\\# e\n\\> f",
        ),
        (
            "a\n===\n---\n|---|---|\n--flag",
            "a\n\\===\n\\---\n\\|---|---|\n--flag",
        ),
        ("!<a href=x>y</a>", "\\![y](x)"),
        ("<a href='x(y) z'>a]b</a>", "[a\\]b](x%28y%29%20z)"),
        (
            "<a href=' JavaScript:x'>y</a><a href=\"java\nscript:x\">z</a>",
            "yz",
        ),
        ("a <a href=x></a>", "a"),
        ("<code>a`b</code> <code>``</code>", "``a`b`` ``` `` ```"),
        ("<code>a</code><code>b</code>", "`a` `b`"),
        ("2<sup>10</sup> H<sub>2</sub>O", "2^10 H2O"),
        ("a&nbsp;\u{2003}b &nbsp; c", "a b c"),
        ("<img alt='a *b*'><img src=x>", "a \\*b\\*"),
        (
            "<span class=katex><math><mi>x</mi><annotation encoding='application/x-tex'>x_1</annotation></math></span>",
            "`x_1`",
        ),
        ("a<br>b<q>c</q>", "a\nb\"c\""),
    ] {
        assert_eq!(
            text(&format!("<p>{html}</p>")),
            format!("{expected}\n"),
            "{html}"
        );
    }
}

#[test]
fn code_keeps_its_lines() {
    for (html, expected) in [
        ("<pre>\n a\n\n  b\n</pre>", "```\n a\n\n  b\n```"),
        ("<pre>```\n</pre>", "````\n```\n````"),
        ("<pre class='brush: java;'>a</pre>", "```java\na\n```"),
        (
            "<pre class='sourceCode python'><code>a</code></pre>",
            "```python\na\n```",
        ),
        (
            "<div class='highlight highlight-source-go'><pre>a</pre></div>",
            "```go\na\n```",
        ),
        ("<pre class='language-a`b'>a</pre>", "```\na\n```"),
        ("<pre>a&#10;b&#13;c</pre>", "```\na\nb c\n```"),
        (
            "<blockquote><pre>a\n\nb</pre></blockquote>",
            "> ```\n> a\n>\n> b\n> ```",
        ),
    ] {
        assert_eq!(text(html), format!("{expected}\n"), "{html}");
    }
    let long: String = (1..=300).map(|n| format!("line {n}\n")).collect();
    let page = rendered(&format!("<h1>a</h1>\n<pre>\n{long}</pre>"));
    for n in 1..=300 {
        let at = page
            .text
            .lines()
            .position(|line| line == format!("line {n}"))
            .unwrap();
        assert_eq!(page.file_lines[at], n + 2);
    }
}

#[test]
fn tables_have_a_header_and_rows() {
    for (html, expected) in [
        ("<tr><td>a<td>b", "|  |  |\n| --- | --- |\n| a | b |"),
        (
            "<tr><th colspan=2>a<tr><td>b<td>c",
            "| a | |\n| --- | --- |\n| b | c |",
        ),
        (
            "<tr><th>a<th>b<tr><td rowspan=2>c<td>d<tr><td>e",
            "| a | b |\n| --- | --- |\n| c | d |\n| | e |",
        ),
        (
            "<tr><th>a<th>b<tr><td><p>c<p>d<td>e\nf|g",
            "| a | b |\n| --- | --- |\n| c d | e f\\|g |",
        ),
        ("<tr><td><pre>a\nb</pre><td>c", "```\na\nb\n```\n\nc"),
        ("<tr><td>only", "only"),
    ] {
        assert_eq!(
            text(&format!("<table>{html}</table>")),
            format!("{expected}\n"),
            "{html}"
        );
    }
}
