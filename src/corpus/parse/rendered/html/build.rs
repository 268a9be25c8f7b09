//! Tags become a tree: the tokens of html5gum, which follows the standard, and the rules of the standard by
//! which an element ends whose end tag is left out.
//!
//! The standard also moves elements that overlap or stand in a wrong place (its "adoption agency" and "foster
//! parenting"); here they stay where they are, since only text and order matter. So a tag makes at most two
//! nodes, and the cost is at worst the number of tags times [`MAX_DEPTH`].

mod nesting;

use std::borrow::Cow;
use std::ops::Range;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, State, Tokenizer};

use super::names::{attribute_name, element_name, is_block, is_void};
use super::tree::{Kind, Node, NodeId, Scripts, Tree};

/// How deep elements are nested at most. What is deeper becomes content of the deepest.
const MAX_DEPTH: usize = 256;

/// How many bytes of a value are kept, such as that of `class`, which is read again for each child.
const MAX_VALUE: usize = 1024;

/// Reads `source`, which is shorter than 2 GiB.
pub(super) fn build(source: &str) -> Tree {
    let mut builder = Builder::new(source);
    let emitter =
        CallbackEmitter::new(|event: CallbackEvent<'_>, span| builder.handle(event, span));
    let mut tokenizer = Tokenizer::new_with_emitter(source, emitter);
    while let Some(Ok(state)) = tokenizer.next() {
        tokenizer.set_state(state);
    }
    drop(tokenizer);
    builder.close(0);
    builder.tree
}

struct Builder<'s> {
    source: &'s str,
    tree: Tree,
    /// The open elements, the root first.
    open: Vec<NodeId>,
    /// How many open elements are too deep to be on that stack.
    too_deep: usize,
    /// How many `svg` elements are open: all in them is a picture.
    pictures: usize,
    /// The element whose content is read as text, such as a script.
    raw: &'static str,
    /// Which of the elements were there that a page has once.
    singletons: Vec<&'static str>,
    /// Where the token before ended, and up to where line breaks are counted.
    token_end: usize,
    counted: usize,
    /// The line at `counted`.
    line: u32,
    tag: StartTag,
}

/// The start tag that is being read.
#[derive(Default)]
struct StartTag {
    name: &'static str,
    line: u32,
    /// Its first attribute in the tree.
    attributes: usize,
    /// Whether the attribute whose value comes next is one to keep.
    is_value_kept: bool,
}

impl<'s> Builder<'s> {
    fn new(source: &'s str) -> Self {
        let root = Node {
            kind: Kind::Element {
                name: "",
                attributes: 0..0,
            },
            parent: 0,
            end: 1,
            line: 1,
            has_block: true,
        };
        Self {
            source,
            tree: Tree {
                nodes: vec![root],
                attributes: Vec::new(),
                text: String::new(),
                scripts: Scripts::default(),
            },
            open: vec![0],
            too_deep: 0,
            pictures: 0,
            raw: "",
            singletons: Vec::new(),
            token_end: 0,
            counted: 0,
            line: 1,
            tag: StartTag::default(),
        }
    }

    /// Takes a token in, and tells the tokenizer how to read on after the tags of raw text.
    fn handle(&mut self, event: CallbackEvent<'_>, span: Span<usize>) -> Option<State> {
        match event {
            CallbackEvent::OpenStartTag { name } => {
                self.tag = StartTag {
                    name: element_name(name),
                    line: self.line_at(span.start),
                    attributes: self.tree.attributes.len(),
                    is_value_kept: false,
                };
            }
            CallbackEvent::AttributeName { name } => self.attribute(attribute_name(name)),
            CallbackEvent::AttributeValue { value } => {
                if self.tag.is_value_kept {
                    self.value(value);
                }
            }
            CallbackEvent::CloseStartTag { self_closing } => {
                self.token_end = span.end;
                return self.start_tag(self_closing);
            }
            CallbackEvent::EndTag { name } => {
                self.token_end = span.end;
                self.raw = "";
                self.end_tag(element_name(name));
            }
            CallbackEvent::String { value } => self.text(value, span.end),
            CallbackEvent::Comment { .. } | CallbackEvent::Doctype { .. } => {
                self.token_end = span.end;
            }
            CallbackEvent::Error(_) => {}
        }
        None
    }

    /// The line at `offset`, which is at or after those that were asked for before.
    fn line_at(&mut self, offset: usize) -> u32 {
        let offset = offset.min(self.source.len());
        if offset > self.counted {
            let passed = &self.source.as_bytes()[self.counted..offset];
            self.line += count_breaks(passed);
            self.counted = offset;
        }
        self.line
    }

    fn store(&mut self, text: &[u8]) -> Range<u32> {
        let start = self.tree.text.len();
        let text = decoded(text);
        if text.contains('\r') {
            // A carriage return that an entity stands for is no line break in Markdown.
            self.tree.text.push_str(&text.replace('\r', " "));
        } else {
            self.tree.text.push_str(&text);
        }
        index(start)..index(self.tree.text.len())
    }

    /// The first of several attributes of one name counts.
    fn attribute(&mut self, name: &'static str) {
        let own = self.tree.attributes.get(self.tag.attributes..);
        let is_known = own.unwrap_or_default().iter().any(|(key, _)| *key == name);
        self.tag.is_value_kept = !name.is_empty() && !is_known;
        if self.tag.is_value_kept {
            self.tree.attributes.push((name, 0..0));
        }
    }

    fn value(&mut self, value: &[u8]) {
        let Some(&(name, _)) = self.tree.attributes.last() else {
            return;
        };
        let is_text = matches!(name, "href" | "alt" | "content");
        let limit = if is_text { value.len() } else { MAX_VALUE };
        let range = self.store(&value[..value.len().min(limit)]);
        if let Some((_, last)) = self.tree.attributes.last_mut() {
            *last = range;
        }
    }

    fn start_tag(&mut self, is_self_closing: bool) -> Option<State> {
        let StartTag { name, line, .. } = self.tag;
        if name == "svg" && !is_self_closing {
            self.pictures += 1;
        }
        if self.pictures > 0 || name == "svg" {
            return None;
        }
        if !self.make_room(name) {
            return None;
        }
        let attributes = index(self.tag.attributes)..index(self.tree.attributes.len());
        let is_math = name == "math" || name.is_empty();
        let is_closed = is_void(name) || is_self_closing && is_math;
        self.insert(Kind::Element { name, attributes }, line, !is_closed);
        let state = match name {
            "textarea" | "title" => Some(State::RcData),
            "script" => Some(State::ScriptData),
            "plaintext" => Some(State::PlainText),
            "style" | "iframe" | "xmp" | "noembed" | "noframes" | "noscript" => {
                Some(State::RawText)
            }
            _ => None,
        };
        self.raw = if state.is_some() { name } else { "" };
        state
    }

    fn insert(&mut self, kind: Kind, line: u32, is_open: bool) {
        let id = self.tree.nodes.len();
        let parent = self.open.last().copied().unwrap_or(0);
        let has_block = matches!(kind, Kind::Element { name, .. } if is_block(name));
        self.tree.nodes.push(Node {
            kind,
            parent: index(parent),
            end: index(id + 1),
            line,
            has_block,
        });
        if has_block {
            self.mark_ancestors(parent);
        }
        if is_open && self.open.len() < MAX_DEPTH {
            self.open.push(id);
        } else if is_open {
            self.too_deep += 1;
        }
    }

    fn mark_ancestors(&mut self, mut id: NodeId) {
        while !self.tree.nodes[id].has_block {
            self.tree.nodes[id].has_block = true;
            id = self.tree.parent(id);
        }
    }

    fn text(&mut self, value: &[u8], end: usize) {
        let start = self.token_end;
        let line = self.line_at(start);
        if self.raw == "script" {
            self.script(value);
        }
        let is_dropped = match self.raw {
            "" => self.pictures > 0,
            "script" => !self.is_formula(),
            "style" | "iframe" | "noembed" | "noframes" | "noscript" => true,
            raw => self.top_name() != raw,
        };
        if is_dropped {
            return;
        }
        let last_line = self.line_at(end);
        let is_flat = count_breaks(value) != last_line - line;
        let range = self.store(value);
        self.insert(Kind::Text { range, is_flat }, line, false);
    }

    /// Notes what a script does.
    fn script(&mut self, value: &[u8]) {
        let code = decoded(value);
        let has = |mark: &str| code.contains(mark);
        let scripts = &mut self.tree.scripts;
        scripts.print |= has("window.print");
        scripts.open_another_page |= has("location.replace(") || has("location.href");
    }

    /// Whether the open script is a formula for MathJax.
    fn is_formula(&self) -> bool {
        self.open.last().is_some_and(|&id| {
            let kind = self.tree.attribute(id, "type").unwrap_or_default();
            kind.starts_with("math/tex")
        })
    }
}

/// Tokens are UTF-8, since the page is; a value that was cut may end within a character.
fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn count_breaks(bytes: &[u8]) -> u32 {
    index(bytes.iter().filter(|&&byte| byte == b'\n').count())
}

/// An offset or a count, which a page of less than 2 GiB keeps in 32 bits.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
