//! The language below the macros, as roff(7) of groff has it: definitions, strings, registers, conditions.
//!
//! What macros of the page's own stand for is read in their place. All that strings and macros stand for together is
//! at most [`Roff::new`]'s budget, four times the source and 64 KiB; macros call each other at most 16 levels deep.

use std::collections::HashMap;
use std::rc::Rc;

use super::condition;
use super::line::{arguments, braces, ends_in_escape, name, request, split_word};

/// A line of the page, with what strings and registers stand for.
#[derive(Debug, PartialEq)]
pub(super) enum Input {
    Text(String),
    /// A macro or request with the rest of its line.
    Request(String, String),
}

const MAX_CALLS: usize = 16;
/// How deep strings are made of strings.
const MAX_DEPTH: usize = 8;
/// How many conditions lead to each other on one line.
const MAX_CONDITIONS: usize = 16;

/// Requests and macros that mean what they mean, whatever a page says.
const FIXED: &str = " TH SH SS TP TQ PP P LP IP HP RS RE B I BR RB BI IB RI IR SM SB nf fi EX EE Dd Dt Os Sh Ss Nm ";

/// Strings that man(7) and mdoc(7) define.
const STRINGS: [(&str, &str); 24] = [
    ("--", "--"),
    ("R", "®"),
    ("Tm", "™"),
    ("lq", "“"),
    ("rq", "”"),
    ("Lq", "“"),
    ("Rq", "”"),
    ("Ba", "|"),
    ("Am", "&"),
    ("Gt", ">"),
    ("Lt", "<"),
    ("Le", "≤"),
    ("Ge", "≥"),
    ("Ne", "≠"),
    ("Pm", "±"),
    ("Px", "POSIX"),
    ("Ai", "ANSI"),
    ("If", "∞"),
    ("Pi", "π"),
    ("q", "\\(dq"),
    ("Aq", "'"),
    ("<=", "≤"),
    (">=", "≥"),
    ("aa", "´"),
];

pub(super) struct Roff<'a> {
    source: std::str::Lines<'a>,
    /// How many lines of the file were read, and on which of them what is read now begins.
    number: u32,
    at: u32,
    /// The macros that are being read, the innermost last.
    calls: Vec<Call>,
    /// A line that a condition leads to.
    next: Option<String>,
    conditions: usize,
    strings: HashMap<String, String>,
    macros: HashMap<String, Macro>,
    registers: HashMap<String, i64>,
    /// For each `.ie` whose `.el` has not come, whether it held.
    held: Vec<bool>,
    /// How many bytes strings and macros may still stand for.
    budget: usize,
}

#[derive(Clone, Default)]
struct Macro {
    body: Rc<Vec<String>>,
    /// What a call takes of the budget.
    cost: usize,
}

struct Call {
    body: Rc<Vec<String>>,
    at: usize,
    arguments: Vec<String>,
}

impl<'a> Roff<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        let strings = STRINGS.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Self {
            source: source.lines(),
            number: 0,
            at: 1,
            calls: Vec::new(),
            next: None,
            conditions: 0,
            strings: strings.into(),
            macros: HashMap::new(),
            registers: HashMap::from([(".g".to_owned(), 1)]),
            held: Vec::new(),
            budget: source.len() * 4 + (64 << 10),
        }
    }

    /// The line of the file on which what was read last begins, counted from 1.
    pub(super) fn line(&self) -> u32 {
        self.at
    }

    pub(super) fn next(&mut self) -> Option<Input> {
        loop {
            let raw = match self.next.take() {
                Some(line) => line,
                None => {
                    self.conditions = 0;
                    self.logical_line()?
                }
            };
            let line = self.interpolate(&raw, 0);
            let Some((name, rest)) = request(&line) else {
                match line.contains("\\}") {
                    true if line.trim() == "\\}" => continue,
                    true => return Some(Input::Text(line.replace("\\}", ""))),
                    false => return Some(Input::Text(line)),
                }
            };
            if !self.apply(name, rest, &raw) {
                return Some(Input::Request(name.to_owned(), rest.replace("\\}", "")));
            }
        }
    }

    /// Does what a request of this module says; false for other requests.
    fn apply(&mut self, name: &str, rest: &str, raw: &str) -> bool {
        let (first, value) = split_word(rest);
        match name {
            "" => {}
            "de" | "de1" => self.define(first, value, Macro::default()),
            "am" => {
                let before = self.macros.remove(first);
                self.define(first, value, before.unwrap_or_default());
            }
            "ig" => drop(self.body(first)),
            // The dash of Pod::Man, which it makes of a Greek letter that `.tr` turns into a dash.
            "ds" if first == "--" => {}
            "ds" | "as" => {
                let value = value.strip_prefix('"').unwrap_or(value);
                let value = value.replace("\\\\", "\\");
                let text = self.strings.entry(first.to_owned()).or_default();
                if name == "ds" {
                    text.clear();
                }
                if value.len() <= self.budget {
                    self.budget -= value.len();
                    text.push_str(&value);
                }
            }
            "rm" => drop((self.strings.remove(first), self.macros.remove(first))),
            "nr" => self.set(first, value),
            "als" | "rn" => {
                let (from, to) = match name {
                    "als" => (value.trim(), first),
                    _ => (first, value.trim()),
                };
                if let Some(body) = self.macros.get(from).cloned() {
                    self.macros.insert(to.to_owned(), body);
                }
            }
            "if" | "ie" => {
                let (holds, then) =
                    condition::evaluate(rest, |kind, name| self.is_known(kind, name));
                if name == "ie" {
                    self.held.push(holds);
                }
                self.branch(holds, then, raw);
            }
            "el" => {
                let holds = !self.held.pop().unwrap_or(true);
                self.branch(holds, rest, raw);
            }
            "while" => self.branch(false, rest, raw),
            _ => return self.call(name, rest),
        }
        true
    }

    /// Reads on behind a condition, or after what it guards.
    fn branch(&mut self, holds: bool, then: &str, raw: &str) {
        if holds {
            let then = then.trim_start();
            let then = then.strip_prefix("\\{").unwrap_or(then).trim_start();
            self.conditions += 1;
            if !then.is_empty() && self.conditions <= MAX_CONDITIONS {
                self.next = Some(then.to_owned());
            }
            return;
        }
        let mut depth = braces(raw);
        while depth > 0 {
            let Some(line) = self.logical_line() else {
                return;
            };
            depth += braces(&line);
        }
    }

    fn call(&mut self, name: &str, rest: &str) -> bool {
        let Some(Macro { body, cost }) = self.macros.get(name).cloned() else {
            return false;
        };
        let cost = cost + rest.len();
        if self.calls.len() < MAX_CALLS && cost <= self.budget {
            self.budget -= cost;
            let arguments = arguments(rest)
                .into_iter()
                .map(|argument| argument.text)
                .collect();
            self.calls.push(Call {
                body,
                at: 0,
                arguments,
            });
        }
        true
    }

    /// Makes a macro of the lines that follow, behind those of `before`.
    fn define(&mut self, name: &str, end: &str, before: Macro) {
        let lines = self.body(end.trim());
        if FIXED.contains(&format!(" {name} ")) {
            return;
        }
        let cost = before.cost + lines.iter().map(|line| line.len() + 1).sum::<usize>();
        let mut body = Rc::unwrap_or_clone(before.body);
        body.extend(lines);
        let body = Rc::new(body);
        self.macros.insert(name.to_owned(), Macro { body, cost });
    }

    /// The lines up to `.end`, or `..`, in what roff calls copy mode.
    fn body(&mut self, end: &str) -> Vec<String> {
        let end = if end.is_empty() { "." } else { end };
        let mut body = Vec::new();
        while let Some(line) = self.raw_line() {
            let name = line.strip_prefix(['.', '\'']).map(str::trim);
            if name.is_some_and(|name| name == end || name.trim_end_matches("\\}") == end) {
                break;
            }
            body.push(line.replace("\\\\", "\\"));
        }
        body
    }

    fn set(&mut self, name: &str, value: &str) {
        let before = self.registers.get(name).copied().unwrap_or(0);
        let value = value.trim();
        let (sign, rest) = match value.chars().next() {
            Some(sign @ ('+' | '-')) => (sign, &value[1..]),
            _ => ('=', value),
        };
        let number = condition::number(rest);
        let after = match sign {
            '+' => before.saturating_add(number),
            '-' => before.saturating_sub(number),
            _ => number,
        };
        self.registers.insert(name.to_owned(), after);
    }

    fn is_known(&self, kind: char, name: &str) -> bool {
        match kind {
            'r' => self.registers.contains_key(name),
            _ => self.strings.contains_key(name) || self.macros.contains_key(name),
        }
    }

    /// A line with those that it continues on.
    fn logical_line(&mut self) -> Option<String> {
        let mut line = String::new();
        let mut part = self.raw_line()?;
        self.at = self.number;
        while ends_in_escape(&part) {
            part.pop();
            line.push_str(&part);
            part = self.raw_line().unwrap_or_default();
        }
        line.push_str(&part);
        Some(line)
    }

    fn raw_line(&mut self) -> Option<String> {
        while let Some(call) = self.calls.last_mut() {
            if let Some(line) = call.body.get(call.at) {
                call.at += 1;
                return Some(line.clone());
            }
            self.calls.pop();
        }
        self.number = self.number.saturating_add(1);
        self.source.next().map(str::to_owned)
    }

    /// `text` with what strings, registers and arguments stand for, without a comment.
    fn interpolate(&mut self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('\\') {
            out.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let kind = rest.chars().next().unwrap_or('\\');
            match kind {
                '"' | '#' => return out,
                '*' | 'n' | '$' => {
                    let (name, after) = name(rest[1..].trim_start_matches(['+', '-']));
                    rest = after;
                    if depth < MAX_DEPTH && self.budget > 0 {
                        let value = self.value(kind, name);
                        // Where it is spent, nothing is looked up any more.
                        let is_left = value.len() <= self.budget;
                        self.budget = self.budget.saturating_sub(value.len());
                        if is_left {
                            out.push_str(&self.interpolate(&value, depth + 1));
                        }
                    }
                }
                _ => {
                    out.push('\\');
                    out.push_str(rest.get(..kind.len_utf8()).unwrap_or_default());
                    rest = rest.get(kind.len_utf8()..).unwrap_or_default();
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn value(&self, kind: char, name: &str) -> String {
        let arguments = self.calls.last().map_or(&[][..], |call| &call.arguments);
        match (kind, name) {
            ('*', _) => {
                let name = name.split(' ').next().unwrap_or_default();
                self.strings.get(name).cloned().unwrap_or_default()
            }
            ('n', ".$") => arguments.len().to_string(),
            ('n', _) => self.registers.get(name).copied().unwrap_or(0).to_string(),
            ('$', "*") => arguments.join(" "),
            ('$', "@") => {
                let quoted = arguments.iter().map(|argument| format!("\"{argument}\""));
                quoted.collect::<Vec<_>>().join(" ")
            }
            _ => {
                let index = name
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| index.checked_sub(1));
                index
                    .and_then(|index| arguments.get(index))
                    .cloned()
                    .unwrap_or_default()
            }
        }
    }
}
