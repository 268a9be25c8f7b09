//! Man pages of a program, from the definition of its command line.
//!
//! What stands at the end of a command's help becomes sections of its page: a line without indentation that ends in a
//! colon is the title of one, lines with indentation stay as they are, anything else is a paragraph.

use std::io;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::DATE;

/// The pages' name in the line above each.
const MANUAL: &str = "docent manual";

/// A man page.
pub struct Page {
    /// Its file's name: `docent-query.1`.
    pub name: String,
    /// In the language of man(7).
    pub text: String,
}

/// The page of `program` and those of all its commands, a command's after its parent's.
///
/// # Errors
///
/// None that memory does not have.
pub fn pages(program: Command) -> io::Result<Vec<Page>> {
    // The command `help` has a page of its own otherwise, and each of its arguments one.
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let source = format!(
        "{} {}",
        program.get_name(),
        program.get_version().unwrap_or_default()
    );
    let mut pages = Vec::new();
    add(&mut pages, &program, &source)?;
    Ok(pages)
}

fn add(pages: &mut Vec<Page>, command: &Command, source: &str) -> io::Result<()> {
    pages.push(page(command, source)?);
    for command in command.get_subcommands().filter(|c| !c.is_hide_set()) {
        add(pages, command, source)?;
    }
    Ok(())
}

fn page(command: &Command, source: &str) -> io::Result<Page> {
    let man = Man::new(command.clone())
        .date(DATE)
        .source(source)
        .manual(MANUAL);
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let end = command.get_after_long_help().or(command.get_after_help());
    if let Some(end) = end {
        sections(&end.to_string()).to_writer(&mut text)?;
    }
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Ok(Page {
        name: man.get_filename(),
        // Above lists of values: `mandoc -T lint` says that the breaks are none.
        text: text.replace(".br\n\n.br\n", ".sp\n"),
    })
}

/// The end of a command's help.
fn sections(text: &str) -> Roff {
    let mut roff = Roff::new();
    let mut is_literal = false;
    let mut is_titled = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_indented = line.starts_with(' ');
        // An empty line within what stays as it is belongs to it.
        let goes_on =
            is_literal && line.is_empty() && lines.peek().is_some_and(|next| next.starts_with(' '));
        if is_indented != is_literal && !goes_on {
            roff.control(if is_indented { "nf" } else { "fi" }, []);
            is_literal = is_indented;
        }
        let title = line.strip_suffix(':').filter(|_| !is_indented);
        match title {
            Some(title) => {
                roff.control("SH", [title.to_uppercase().as_str()]);
                is_titled = true;
            }
            None if line.is_empty() && !is_literal => {
                if lines.peek().is_some_and(|next| !next.ends_with(':')) {
                    roff.control("PP", []);
                }
            }
            None => {
                if !is_titled {
                    roff.control("SH", ["NOTES"]);
                    is_titled = true;
                }
                roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
            }
        }
    }
    if is_literal {
        roff.control("fi", []);
    }
    roff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_help_becomes_sections() {
        let text = "\
Exit codes:
  0  found
  1  nothing

     at all

Exit codes are few.
Two of them.

Examples:
  a -b";
        let expected = "\
.SH \"EXIT CODES\"
.nf
0  found
1  nothing

   at all
.fi
.PP
Exit codes are few.
Two of them.
.SH EXAMPLES
.nf
a \\-b
.fi
";
        let roff = sections(text).render();
        let (_, after) = roff.split_once(".SH").unwrap();
        assert_eq!(format!(".SH{after}"), expected);
    }
}
