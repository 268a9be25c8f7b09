//! The macros of mdoc(7) that begin a line.

use super::escape::{Style, plain};
use super::line::{Argument, arguments};
use super::macros::texts;
use super::words::{self, Said};
use super::{Reader, styled};

#[derive(Default)]
pub(super) struct Mdoc {
    /// What the page is about.
    name: String,
    lists: Vec<List>,
    /// How many enclosures extend the line over those that follow it (`Xo`).
    extended: isize,
    /// How many arguments the function that is open has (`Fo`).
    function: Option<usize>,
    /// The parts of the reference that is open (`Rs`).
    reference: Option<Vec<String>>,
}

enum List {
    /// Items that begin with text of their own.
    Tags,
    Bullets,
    Numbers(usize),
    /// Items without a mark.
    Plain,
    Columns,
}

impl List {
    fn of(arguments: &[Argument]) -> Self {
        let has = |kind: &str| arguments.iter().any(|argument| argument.text == kind);
        match () {
            () if has("-bullet") || has("-dash") || has("-hyphen") => Self::Bullets,
            () if has("-enum") => Self::Numbers(0),
            () if has("-item") => Self::Plain,
            () if has("-column") => Self::Columns,
            () => Self::Tags,
        }
    }
}

impl Reader {
    /// Does what a macro of mdoc(7) says; others say nothing.
    pub(super) fn macro_of_mdoc(&mut self, name: &str, rest: &str, at: u32) {
        let arguments = arguments(rest);
        match name {
            "Dt" => {
                let arguments = texts(rest);
                let argument = |at: usize| arguments.get(at).map_or("", |text| text);
                self.page.file_under(argument(0), argument(1), at);
            }
            "Sh" | "Ss" => {
                self.page.heading(if name == "Sh" { 2 } else { 3 });
                self.say_words("No", &arguments, at);
            }
            "Pp" | "Lp" => self.page.gap(),
            "Bl" => {
                self.mdoc.lists.push(List::of(&arguments));
                self.page.begin_inner();
            }
            "El" => {
                self.mdoc.lists.pop();
                self.page.end_inner();
            }
            "It" => self.mdoc_item(&arguments, at),
            "Bd" => {
                let is_code =
                    |argument: &Argument| matches!(&*argument.text, "-literal" | "-unfilled");
                self.page.gap();
                self.page.set_verbatim(arguments.iter().any(is_code));
            }
            "Ed" => {
                self.page.set_verbatim(false);
                self.page.gap();
            }
            "D1" | "Dl" => {
                let said = words::read("No", &arguments, &mut self.mdoc.name);
                self.page.push_code_line(plain(&said.spans), at);
            }
            "Ex" | "Rv" => self.standard_sentence(name, &texts(rest), at),
            "Fo" => {
                self.page.break_line();
                self.mdoc.function = Some(0);
                let name = arguments.first().map_or("", |name| &name.text);
                let mut spans = styled(name, Style::Bold).0;
                spans.extend(styled("(", Style::Roman).0);
                self.page.text(spans, at, false);
                self.page.glue_next();
            }
            "Fa" if self.mdoc.function.is_some() => self.function_arguments(&arguments, at),
            "Fc" => {
                self.mdoc.function = None;
                self.page.text(
                    styled(&format!("){}", rest.trim()), Style::Roman).0,
                    at,
                    true,
                );
                self.page.break_line();
            }
            "Rs" => self.mdoc.reference = Some(Vec::new()),
            "Re" => {
                let parts = self.mdoc.reference.take().unwrap_or_default();
                self.page
                    .text(styled(&(parts.join(", ") + "."), Style::Roman).0, at, false);
            }
            _ if name.starts_with('%') => {
                let text = texts(rest).join(" ");
                match &mut self.mdoc.reference {
                    Some(parts) => parts.push(text.trim_end_matches(" ,").to_owned()),
                    None => self.page.text(styled(&text, Style::Italic).0, at, false),
                }
            }
            "In" | "Cd" | "Fd" | "Fn" => {
                self.page.break_line();
                self.say_words(name, &arguments, at);
                if self.page.is_synopsis() {
                    self.page.break_line();
                }
            }
            "Ft" | "Nm" | "Vt" => {
                if self.page.is_synopsis() {
                    self.page.break_line();
                }
                self.say_words(name, &arguments, at);
            }
            "An" if arguments
                .first()
                .is_some_and(|first| first.text.starts_with('-')) => {}
            _ if is_text(name) => self.say_words(name, &arguments, at),
            _ => {}
        }
    }

    fn say_words(&mut self, name: &str, arguments: &[Argument], at: u32) {
        let said = words::read(name, arguments, &mut self.mdoc.name);
        self.push_said(said, at);
    }

    fn push_said(&mut self, said: Said, at: u32) {
        let is_extended = self.mdoc.extended > 0;
        self.mdoc.extended = (self.mdoc.extended + said.extends).max(0);
        if is_extended && !said.is_glued {
            self.page.text(styled(" ", Style::Roman).0, at, true);
        }
        if !said.spans.is_empty() {
            self.page.text(said.spans, at, is_extended || said.is_glued);
        }
        if said.glues_next || self.mdoc.extended > 0 {
            self.page.glue_next();
        }
    }

    fn mdoc_item(&mut self, arguments: &[Argument], at: u32) {
        match self.mdoc.lists.last_mut() {
            Some(List::Numbers(count)) => {
                *count += 1;
                let number = format!("{count}.");
                self.page.item(&styled(&number, Style::Roman).0, at);
            }
            Some(List::Plain) => self.page.gap(),
            Some(List::Columns) => {
                self.page.item(&[], at);
                self.say_words("No", arguments, at);
            }
            Some(List::Tags) if !arguments.is_empty() => {
                self.page.begin_tag();
                self.say_words("No", arguments, at);
            }
            _ => self.page.item(&[], at),
        }
    }

    fn function_arguments(&mut self, arguments: &[Argument], at: u32) {
        for argument in arguments {
            if argument.text == "," && !argument.is_quoted {
                continue;
            }
            let count = self.mdoc.function.get_or_insert(0);
            *count += 1;
            let comma = if *count > 1 { ", " } else { "" };
            let mut spans = styled(comma, Style::Roman).0;
            spans.extend(styled(&argument.text, Style::Italic).0);
            self.page.text(spans, at, true);
        }
        self.page.glue_next();
    }

    /// What `.Ex -std` and `.Rv -std` stand for.
    fn standard_sentence(&mut self, name: &str, arguments: &[String], at: u32) {
        let names = arguments
            .iter()
            .filter(|argument| !argument.starts_with('-'));
        let names: Vec<&str> = names.map(String::as_str).collect();
        let names = match names.is_empty() {
            true => self.mdoc.name.clone(),
            false => names.join(" and "),
        };
        let text = match name {
            "Ex" => format!("The {names} utility exits 0 on success, and >0 if an error occurs."),
            _ => format!(
                "The {names}() function returns the value 0 if successful; otherwise the value -1 is returned and \
                 the global variable errno is set to indicate the error."
            ),
        };
        self.page.text(styled(&text, Style::Roman).0, at, false);
    }
}

/// Whether the arguments of a macro that begins a line are text.
fn is_text(name: &str) -> bool {
    let others = [
        "Dd", "Os", "Bk", "Ek", "Bf", "Ef", "Sm", "Tg", "Hf", "Db", "Ud", "Bt",
    ];
    let mut letters = name.bytes();
    let is_macro = letters
        .next()
        .is_some_and(|first| first.is_ascii_uppercase())
        && letters.clone().count() > 0
        && letters.all(|letter| letter.is_ascii_lowercase());
    is_macro && name.len() <= 3 && !others.contains(&name)
}
