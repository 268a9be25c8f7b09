//! The elements and attributes that this reader knows, and what the standard says of elements
//! ([HTML Living Standard](https://html.spec.whatwg.org/multipage/), "The elements of HTML" and "Optional tags").

/// Defines a function from bytes to one of the names, or to an empty one. Frequent names stand first.
macro_rules! names {
    ($function:ident, $($name:literal)*) => {
        pub(super) fn $function(bytes: &[u8]) -> &'static str {
            match std::str::from_utf8(bytes) {
                $(Ok($name) => $name,)*
                _ => "",
            }
        }
    };
}

names!(element_name,
    "span" "a" "code" "p" "div" "li" "td" "tr" "em" "strong" "pre" "dt" "dd" "dl" "ul" "h2" "h3" "h4" "br"
    "section" "link" "meta" "script" "b" "i" "th" "ol" "img" "table" "tbody" "thead" "h1" "h5" "h6" "input"
    "label" "button" "svg" "sup" "sub" "small" "details" "summary" "blockquote" "kbd" "article" "aside"
    "header" "footer" "main" "nav" "html" "head" "body" "title" "base" "style" "template" "noscript" "iframe"
    "hr" "wbr" "tt" "samp" "var" "u" "s" "del" "ins" "strike" "font" "big" "nobr" "mark" "abbr" "cite" "q"
    "dfn" "time" "data" "caption" "colgroup" "col" "tfoot" "figure" "figcaption" "form" "fieldset" "legend"
    "select" "option" "optgroup" "textarea" "address" "center" "hgroup" "menu" "dir" "search" "dialog" "math"
    "annotation" "object" "embed" "param" "source" "track" "area" "map" "canvas" "video" "audio" "picture"
    "xmp" "listing" "plaintext" "noembed" "noframes" "frame" "rt" "rp" "ruby");

names!(attribute_name,
    "class" "href" "id" "title" "role" "name" "content" "property" "http-equiv" "hidden" "aria-hidden" "style"
    "alt" "rel" "type" "checked" "start" "value" "colspan" "rowspan" "data-lang" "data-language" "lang"
    "language" "encoding" "aria-label" "for");

/// Elements without content and without an end tag.
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "br" | "img"
            | "input"
            | "link"
            | "meta"
            | "hr"
            | "wbr"
            | "col"
            | "source"
            | "area"
            | "base"
            | "embed"
            | "param"
            | "track"
            | "frame"
    )
}

/// Elements that stand in a text, not beside it. Unknown ones do, as in browsers.
pub(super) fn is_inline(name: &str) -> bool {
    matches!(
        name,
        "" | "span"
            | "a"
            | "code"
            | "em"
            | "strong"
            | "b"
            | "i"
            | "br"
            | "img"
            | "sup"
            | "sub"
            | "small"
            | "kbd"
            | "tt"
            | "samp"
            | "var"
            | "u"
            | "s"
            | "del"
            | "ins"
            | "strike"
            | "font"
            | "big"
            | "nobr"
            | "mark"
            | "abbr"
            | "cite"
            | "q"
            | "dfn"
            | "time"
            | "data"
            | "wbr"
            | "math"
            | "annotation"
            | "input"
            | "label"
            | "button"
            | "svg"
            | "select"
            | "option"
            | "optgroup"
            | "textarea"
            | "script"
            | "picture"
            | "ruby"
            | "rt"
            | "rp"
            | "map"
            | "area"
            | "object"
    )
}

/// Elements without text that readers see.
pub(super) fn is_invisible(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "template"
            | "title"
            | "link"
            | "meta"
            | "base"
            | "noscript"
            | "iframe"
            | "embed"
            | "param"
            | "source"
            | "track"
            | "canvas"
            | "video"
            | "audio"
            | "noembed"
            | "noframes"
            | "frame"
    )
}

/// Elements that make a paragraph, or something else, of their own.
pub(super) fn is_block(name: &str) -> bool {
    !is_inline(name) && !is_invisible(name)
}

/// Elements whose start ends an open paragraph.
pub(super) fn ends_paragraph(name: &str) -> bool {
    is_block(name) && !is_table_part(name) && !matches!(name, "html" | "head" | "body")
}

/// What a table is made of.
pub(super) fn is_table_part(name: &str) -> bool {
    matches!(
        name,
        "caption" | "colgroup" | "col" | "tbody" | "thead" | "tfoot" | "tr" | "td" | "th"
    )
}

pub(super) fn heading_level(name: &str) -> Option<u8> {
    match name {
        "h1" => Some(1),
        "h2" => Some(2),
        "h3" => Some(3),
        "h4" => Some(4),
        "h5" => Some(5),
        "h6" => Some(6),
        _ => None,
    }
}
