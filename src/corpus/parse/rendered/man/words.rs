//! A line of macros of mdoc(7) within each other, as text: `.Op Fl f Ar file`.

use super::escape::{Font, Span, Style, plain};
use super::line::{self, Argument};
use super::{escape, styled};

/// What a line of macros says.
#[derive(Default)]
pub(super) struct Said {
    pub(super) spans: Vec<Span>,
    /// Whether it goes on where the text before it ends.
    pub(super) is_glued: bool,
    /// Whether the text behind it goes on where it ends.
    pub(super) glues_next: bool,
    /// How many enclosures it extends over lines (`Xo`), less those that it ends.
    pub(super) extends: isize,
}

/// Macros that may stand within the line of another one.
const CALLABLE: &str = " Ac Ad An Ao Ap Aq Ar At Bc Bo Bq Brc Bro Brq Bsx Bx Cd Cm Dc Do Dq Dv Dx Ec Em En Eo Er Ev \
    Fa Fl Fn Ft Fx Ic Li Lk Ms Mt Nm No Ns Nx Oc Oo Op Ot Ox Pa Pc Pf Po Pq Qc Ql Qo Qq Sc So Sq Sx Sy Ta Tn Ux Va \
    Vt Xc Xo Xr ";

/// Macros that enclose what follows them on the line.
fn enclosure(name: &str) -> Option<(&'static str, &'static str)> {
    Some(match name {
        "Op" => ("[", "]"),
        "Pq" => ("(", ")"),
        "Bq" => ("[", "]"),
        "Brq" => ("{", "}"),
        "Aq" => ("<", ">"),
        "Dq" | "En" => ("“", "”"),
        "Sq" => ("‘", "’"),
        "Qq" => ("\"", "\""),
        _ => return None,
    })
}

/// Macros that begin or end an enclosure, which may be on other lines.
fn bracket(name: &str) -> Option<(&'static str, bool)> {
    Some(match name {
        "Oo" | "Bo" => ("[", true),
        "Oc" | "Bc" => ("]", false),
        "Po" => ("(", true),
        "Pc" => (")", false),
        "Bro" => ("{", true),
        "Brc" => ("}", false),
        "Ao" => ("<", true),
        "Ac" => (">", false),
        "Do" => ("“", true),
        "Dc" => ("”", false),
        "So" => ("‘", true),
        "Sc" => ("’", false),
        "Qo" => ("\"", true),
        "Qc" => ("\"", false),
        _ => return None,
    })
}

fn style_of(name: &str) -> Style {
    match name {
        "Cm" | "Ic" | "Sy" | "Nm" | "Cd" | "Fd" => Style::Bold,
        "Ar" | "Em" | "Va" | "Vt" | "Fa" | "Ft" => Style::Italic,
        "Dv" | "Er" | "Ev" | "Li" | "Pa" | "Ql" => Style::Code,
        _ => Style::Roman,
    }
}

fn is_closing(text: &str) -> bool {
    matches!(text, "." | "," | ":" | ";" | ")" | "]" | "?" | "!")
}

fn is_opening(text: &str) -> bool {
    matches!(text, "(" | "[")
}

/// The text of a line that the macro `name` begins; `page` is what the page is about.
pub(super) fn read(name: &str, arguments: &[Argument], page: &mut String) -> Said {
    let is_last = |argument: &&Argument| is_closing(&argument.text) && !argument.is_quoted;
    let marks = arguments.iter().rev().take_while(is_last).count();
    let (arguments, marks) = arguments.split_at(arguments.len() - marks);
    let mut words = Words {
        rest: arguments,
        page,
        said: Said::default(),
        is_tight: false,
        closing: Vec::new(),
    };
    words.call(name);
    while let Some(argument) = words.take() {
        match words.is_macro(argument) {
            true => words.call(&argument.text),
            false => words.word(argument, Style::Roman),
        }
    }
    while let Some(close) = words.closing.pop() {
        words.push_tight(close);
    }
    for mark in marks {
        words.push_tight(&mark.text);
    }
    words.said.glues_next = words.is_tight;
    words.said
}

struct Words<'a> {
    rest: &'a [Argument],
    page: &'a mut String,
    said: Said,
    /// Whether the next word stands directly behind the last one.
    is_tight: bool,
    /// What the end of the line ends.
    closing: Vec<&'static str>,
}

impl<'a> Words<'a> {
    fn take(&mut self) -> Option<&'a Argument> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn is_macro(&self, argument: &Argument) -> bool {
        let name = &argument.text;
        !argument.is_quoted
            && matches!(name.len(), 2 | 3)
            && name.is_ascii()
            && CALLABLE.contains(&format!(" {name} "))
    }

    /// The next argument, unless it is a macro.
    fn take_word(&mut self) -> Option<&'a Argument> {
        let first = self.rest.first().filter(|first| !self.is_macro(first))?;
        self.take();
        Some(first)
    }

    fn push(&mut self, source: &str, style: Style) {
        let mut font = Font::of(style);
        let text = escape::read(source, &mut font);
        if self.said.spans.is_empty() {
            self.said.is_glued = self.is_tight;
        } else if !self.is_tight {
            self.said.spans.extend(styled(" ", Style::Roman).0);
        }
        self.is_tight = text.is_open;
        self.said.spans.extend(text.spans);
    }

    fn push_tight(&mut self, source: &str) {
        self.is_tight = true;
        self.push(source, Style::Roman);
    }

    fn word(&mut self, argument: &Argument, style: Style) {
        let text = &argument.text;
        match argument.is_quoted {
            false if is_closing(text) => self.push_tight(text),
            false if is_opening(text) => {
                self.push(text, Style::Roman);
                self.is_tight = true;
            }
            false if text == "|" => self.push(text, Style::Roman),
            _ => self.push(text, style),
        }
    }

    fn call(&mut self, name: &str) {
        if let Some((open, close)) = enclosure(name) {
            self.push(open, Style::Roman);
            self.is_tight = true;
            self.closing.push(close);
            return;
        }
        if let Some((mark, is_open)) = bracket(name) {
            match is_open {
                true => {
                    self.push(mark, Style::Roman);
                    self.is_tight = true;
                }
                false => self.push_tight(mark),
            }
            return;
        }
        match name {
            "Ns" => self.is_tight = true,
            "Ap" => {
                self.push_tight("'");
                self.is_tight = true;
            }
            "Pf" => {
                if let Some(prefix) = self.take() {
                    self.push(&prefix.text, Style::Roman);
                    self.is_tight = true;
                }
            }
            "Xo" => self.said.extends += 1,
            "Xc" => self.said.extends -= 1,
            "Ta" => self.push("—", Style::Roman),
            "Fl" => self.flags(),
            "Nm" => self.name(),
            "Xr" => self.reference(),
            "Fn" => self.function(),
            "Lk" => self.link(),
            "In" => {
                if let Some(file) = self.take_word() {
                    self.push(&format!("#include <{}>", file.text), Style::Code);
                }
            }
            "Nd" => self.push("–", Style::Roman),
            "St" | "Lb" | "At" | "Bx" | "Fx" | "Nx" | "Ox" | "Dx" | "Bsx" | "Ux" => {
                self.system(name)
            }
            "Ar" if self.rest.first().is_none_or(|next| self.is_macro(next)) => {
                self.push("file", Style::Italic);
                self.push("...", Style::Italic);
            }
            _ => self.words(style_of(name)),
        }
    }

    /// The words up to the next macro.
    fn words(&mut self, style: Style) {
        while let Some(argument) = self.take_word() {
            self.word(argument, style);
        }
    }

    fn flags(&mut self) {
        let mut has_any = false;
        while let Some(argument) = self.take_word() {
            match is_closing(&argument.text) || is_opening(&argument.text) || argument.text == "|" {
                true => self.word(argument, Style::Roman),
                false => self.push(&format!("-{}", argument.text), Style::Bold),
            }
            has_any = true;
        }
        if !has_any {
            self.push("-", Style::Bold);
            self.is_tight = !self.rest.is_empty();
        }
    }

    fn name(&mut self) {
        let named = self
            .rest
            .first()
            .filter(|first| !self.is_macro(first) && !is_closing(&first.text));
        match named {
            Some(first) if self.page.is_empty() && first.text.len() <= line::MAX_NAME => {
                *self.page = first.text.clone()
            }
            Some(_) => {}
            None => {
                let name = self.page.clone();
                self.push(&name, Style::Bold);
            }
        }
        self.words(Style::Bold);
    }

    fn reference(&mut self) {
        let Some(name) = self.take_word() else {
            return;
        };
        self.push(&name.text, Style::Bold);
        let section = self
            .rest
            .first()
            .filter(|next| !self.is_macro(next) && !is_closing(&next.text));
        if let Some(section) = section {
            self.take();
            self.push_tight(&format!("({})", section.text));
        }
        self.words(Style::Roman);
    }

    fn function(&mut self) {
        let Some(name) = self.take_word() else {
            return;
        };
        self.push(&name.text, Style::Bold);
        self.push_tight("(");
        self.is_tight = true;
        let mut count = 0;
        while let Some(argument) = self.take_word() {
            if count > 0 {
                self.push_tight(",");
            }
            self.push(&argument.text, Style::Italic);
            count += 1;
        }
        self.push_tight(")");
    }

    fn link(&mut self) {
        let Some(link) = self.take_word() else {
            return;
        };
        let has_text = self.rest.first().is_some_and(|next| !self.is_macro(next));
        self.words(Style::Italic);
        match has_text {
            true => self.push(&format!("⟨{}⟩", link.text), Style::Roman),
            false => self.push(&link.text, Style::Roman),
        }
    }

    /// Names of systems, standards and libraries.
    fn system(&mut self, name: &str) {
        let argument = self
            .rest
            .first()
            .filter(|next| !self.is_macro(next) && !is_closing(&next.text));
        let version = argument.map(|argument| plain(&styled(&argument.text, Style::Roman).0));
        if version.is_some() {
            self.take();
        }
        let version = version.unwrap_or_default();
        let text = match name {
            "St" => standard(&version),
            "Lb" => format!("library “{version}”"),
            "Bx" if version.is_empty() => "BSD".to_owned(),
            "Bx" => format!("{version}BSD"),
            "At" if version.starts_with('v') => format!("Version {} AT&T UNIX", &version[1..]),
            "At" => format!("AT&T UNIX {version}"),
            "Ux" => "UNIX".to_owned(),
            "Fx" => format!("FreeBSD {version}"),
            "Nx" => format!("NetBSD {version}"),
            "Ox" => format!("OpenBSD {version}"),
            "Dx" => format!("DragonFly {version}"),
            _ => format!("BSD/OS {version}"),
        };
        self.push(text.trim(), Style::Roman);
        self.words(Style::Roman);
    }
}

fn standard(argument: &str) -> String {
    let known = [
        ("-p1003.1-2001", "IEEE Std 1003.1-2001 (“POSIX.1”)"),
        ("-p1003.1-2004", "IEEE Std 1003.1-2004 (“POSIX.1”)"),
        ("-p1003.1-2008", "IEEE Std 1003.1-2008 (“POSIX.1”)"),
        ("-p1003.1-2024", "IEEE Std 1003.1-2024 (“POSIX.1”)"),
        ("-p1003.1-90", "IEEE Std 1003.1-1990 (“POSIX.1”)"),
        ("-p1003.1", "IEEE Std 1003.1 (“POSIX.1”)"),
        ("-p1003.2-92", "IEEE Std 1003.2-1992 (“POSIX.2”)"),
        ("-p1003.2", "IEEE Std 1003.2 (“POSIX.2”)"),
        ("-ansiC", "ANSI X3.159-1989 (“ANSI C89”)"),
        ("-isoC", "ISO/IEC 9899:1990 (“ISO C90”)"),
        ("-isoC-99", "ISO/IEC 9899:1999 (“ISO C99”)"),
        ("-isoC-2011", "ISO/IEC 9899:2011 (“ISO C11”)"),
        (
            "-susv2",
            "Version 2 of the Single UNIX Specification (“SUSv2”)",
        ),
        (
            "-susv3",
            "Version 3 of the Single UNIX Specification (“SUSv3”)",
        ),
        (
            "-xpg4.2",
            "X/Open Portability Guide Issue 4, Version 2 (“XPG4.2”)",
        ),
    ];
    let found = known.iter().find(|(name, _)| *name == argument);
    found
        .map_or(argument.trim_start_matches('-'), |(_, text)| text)
        .to_owned()
}
