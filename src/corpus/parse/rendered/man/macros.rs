//! The macros of man(7), and the requests of roff that matter to text.

use super::escape::{Font, Span, Style, plain};
use super::line::{Argument, arguments};
use super::{Reader, styled};

impl Reader {
    /// Does what a macro of man(7) or a request says; false for others.
    pub(super) fn macro_of_man(&mut self, name: &str, rest: &str, at: u32) -> bool {
        match name {
            "TH" => {
                let arguments = texts(rest);
                let argument = |at: usize| arguments.get(at).map_or("", |text| text);
                self.page.file_under(argument(0), argument(1), at);
            }
            "SH" | "SS" => {
                self.font = Font::default();
                self.page.heading(if name == "SH" { 2 } else { 3 });
                self.say(rest, Style::Roman, at);
            }
            "PP" | "P" | "LP" => {
                self.font = Font::default();
                self.page.paragraph();
            }
            "TP" => {
                self.font = Font::default();
                self.page.begin_tag();
            }
            "TQ" => self.page.begin_next_tag(),
            "HP" => self.page.item(&[], at),
            "IP" => self.indented(rest, at),
            "RS" => self.page.begin_inner(),
            "RE" => self.page.end_inner(),
            "nf" | "EX" => self.page.set_verbatim(true),
            "fi" | "EE" => self.page.set_verbatim(false),
            "B" | "SB" => self.say_or_wait(rest, Style::Bold, at),
            "I" => self.say_or_wait(rest, Style::Italic, at),
            "R" | "SM" => self.say_or_wait(rest, Style::Roman, at),
            "BR" => self.alternate(rest, [Style::Bold, Style::Roman], at),
            "RB" => self.alternate(rest, [Style::Roman, Style::Bold], at),
            "BI" => self.alternate(rest, [Style::Bold, Style::Italic], at),
            "IB" => self.alternate(rest, [Style::Italic, Style::Bold], at),
            "IR" => self.alternate(rest, [Style::Italic, Style::Roman], at),
            "RI" => self.alternate(rest, [Style::Roman, Style::Italic], at),
            "MR" => self.reference(rest, at),
            "OP" => self.option(rest, at),
            "SY" => {
                self.page.break_line();
                self.say(rest, Style::Bold, at);
            }
            "UR" | "MT" => self.link = Some(rest.trim().to_owned()),
            "UE" | "ME" => self.end_link(rest, at),
            "ft" => self.font.choose(rest.trim()),
            "br" | "YS" | "ti" | "in" | "ce" => self.page.break_line(),
            "sp" => self.page.gap(),
            _ => return false,
        }
        true
    }

    fn indented(&mut self, rest: &str, at: u32) {
        self.font = Font::default();
        let first = arguments(rest).into_iter().next();
        match first.filter(|tag| !tag.text.is_empty()) {
            Some(tag) => {
                self.page.break_line();
                self.page.item(&styled(&tag.text, Style::Roman).0, at);
            }
            None if self.page.is_in_item() => self.page.gap(),
            None => self.page.paragraph(),
        }
    }

    /// The arguments as a line of text, if there are any.
    fn say(&mut self, rest: &str, style: Style, at: u32) {
        let joined = arguments(rest).into_iter().map(|argument| argument.text);
        let joined = joined.collect::<Vec<_>>().join(" ");
        if !joined.is_empty() {
            self.push(styled(&joined, style), at);
        }
    }

    fn say_or_wait(&mut self, rest: &str, style: Style, at: u32) {
        match rest.trim().is_empty() {
            true => self.next_style = Some(style),
            false => self.say(rest, style, at),
        }
    }

    /// The arguments without spaces between them, in two styles by turns.
    fn alternate(&mut self, rest: &str, styles: [Style; 2], at: u32) {
        let mut spans = Vec::new();
        let mut is_open = false;
        for (argument, style) in arguments(rest).iter().zip(styles.into_iter().cycle()) {
            let (more, open) = styled(&argument.text, style);
            spans.extend(more);
            is_open = open;
        }
        self.push((spans, is_open), at);
    }

    fn push(&mut self, (spans, is_open): (Vec<Span>, bool), at: u32) {
        self.page.text(spans, at, false);
        if is_open {
            self.page.glue_next();
        }
    }

    fn reference(&mut self, rest: &str, at: u32) {
        let arguments = texts(rest);
        let argument = |at: usize| arguments.get(at).map_or("", |text| text).to_owned();
        let section = match argument(1) {
            section if section.is_empty() => String::new(),
            section => format!("({section})"),
        };
        let (name, after) = (argument(0), section + &argument(2));
        let spans = [(name, Style::Bold), (after, Style::Roman)];
        let spans = spans.map(|(text, style)| Span { text, style });
        self.push((spans.to_vec(), false), at);
    }

    fn option(&mut self, rest: &str, at: u32) {
        let mut spans = styled("[", Style::Roman).0;
        for (index, text) in texts(rest).into_iter().enumerate() {
            let style = if index == 0 {
                Style::Bold
            } else {
                Style::Italic
            };
            if index > 0 {
                spans.extend(styled(" ", Style::Roman).0);
            }
            spans.push(Span { text, style });
        }
        spans.extend(styled("]", Style::Roman).0);
        self.push((spans, false), at);
    }

    /// Where a link leads stands behind its text.
    fn end_link(&mut self, rest: &str, at: u32) {
        let Some(link) = self.link.take() else {
            return;
        };
        let text = format!("⟨{link}⟩{}", texts(rest).concat());
        self.push(styled(&text, Style::Roman), at);
    }
}

/// The arguments as plain text.
pub(super) fn texts(rest: &str) -> Vec<String> {
    let text = |argument: Argument| plain(&styled(&argument.text, Style::Roman).0);
    arguments(rest).into_iter().map(text).collect()
}
