//! What helps who meant something else: a question that begins with the name of a command is taken for that command,
//! and a misspelt command for a question.

use std::ffi::OsString;
use std::path::Path;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use docent::program::complain;

use super::args::{command_names, is_command};
use super::exit::Exit;

/// Commands whose arguments can be mistaken for anything but a question only once they are looked for.
const TAKE_ANY_WORD: [&str; 5] = ["show", "eval", "audit", "diff", "man"];

/// `words` with the global options that stand before a command's name behind it: options before a name are those of a
/// question otherwise, and the name is a word of it. `help` takes none.
pub fn globals_behind_command(words: &[OsString]) -> Vec<OsString> {
    let is = |at: usize, test: fn(&str) -> bool| {
        words
            .get(at)
            .and_then(|word| word.to_str())
            .is_some_and(test)
    };
    let mut at = 1;
    loop {
        at += match () {
            () if is(at, |word| word == "--color") => 2,
            () if is(at, |word| {
                matches!(word, "-q" | "--quiet") || word.starts_with("--color=")
            }) =>
            {
                1
            }
            () => break,
        };
    }
    let mut words = words.to_vec();
    match words.get(at).and_then(|word| word.to_str()) {
        Some("help") => drop(words.drain(1..at)),
        Some(word) if is_command(word) => words[1..=at].rotate_right(1),
        _ => {}
    }
    words
}

/// Prints what `error` says, and what helps, and ends the program.
pub fn exit(error: &clap::Error, words: &[OsString]) -> ! {
    match question(words).filter(|_| is_about_a_word(error)) {
        None => error.exit(),
        Some(question) => {
            let text = error.to_string();
            complain(text.lines().next().unwrap_or_default());
            complain(hint(&question));
            std::process::exit(Exit::Error as i32)
        }
    }
}

/// Whether a word, not an option, is one too many, and clap knows none that is nearly the same.
fn is_about_a_word(error: &clap::Error) -> bool {
    let is_option =
        |value: &ContextValue| matches!(value, ContextValue::String(word) if word.starts_with('-'));
    let is_kind = matches!(
        error.kind(),
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand
    );
    is_kind
        && error.get(ContextKind::SuggestedSubcommand).is_none()
        && !error.get(ContextKind::InvalidArg).is_some_and(is_option)
}

/// What helps where a command failed whose first word is no file: it may be one of a question.
pub fn for_failed_command(words: &[OsString]) -> Option<String> {
    let command = words.get(1)?.to_str()?;
    let question = question(words).filter(|_| TAKE_ANY_WORD.contains(&command))?;
    Some(hint(&question))
}

fn hint(question: &str) -> String {
    format!("hint: a question? docent query \"{question}\"")
}

/// The words before the first option as a question, if they begin with the name of a command and go on as a question
/// may: not with a path.
fn question(words: &[OsString]) -> Option<String> {
    let words = words.get(1..)?.iter().map(|word| word.to_str());
    let words: Vec<&str> = words
        .map_while(|word| word.filter(|word| !word.starts_with('-')))
        .collect();
    let [command, first, ..] = words[..] else {
        return None;
    };
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '\'' | '?' | ',');
    let goes_on = first.chars().all(is_word) && !Path::new(first).exists();
    let question = words.join(" ");
    // What means something within a shell's quotes, or in a terminal.
    let is_special = |c: char| c.is_control() || matches!(c, '"' | '$' | '`' | '\\' | '!');
    (is_command(command) && goes_on && !question.contains(is_special)).then_some(question)
}

/// What helps where a single word was asked, in vain, that is nearly the name of a command.
pub fn for_single_word(words: &[OsString]) -> Option<String> {
    let [_, word] = words else { return None };
    let word = word.to_str()?;
    let most = 1 + word.chars().count() / 6;
    let names = command_names().into_iter();
    let (changes, name) = names
        .map(|name| (strsim::damerau_levenshtein(word, &name), name))
        .min()?;
    let is_near = (1..=most).contains(&changes);
    is_near.then(|| format!("hint: no command is called {word}; did you mean docent {name}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn a_question_may_begin_with_the_name_of_a_command() {
        let question = |line: &str| question(&words(line));
        for line in [
            "docent show me how to set gadget",
            "docent info about x",
            "docent eval gadget",
            "docent help me",
            "docent diff between a/b and c.md?",
        ] {
            assert_eq!(question(line).as_deref(), line.strip_prefix("docent "));
        }
        assert_eq!(question("docent list all -q").as_deref(), Some("list all"));
        for line in [
            "docent",
            "docent show",
            "docent show a.md b.md",
            "docent show ./a",
            "docent eval Cargo.toml now",
            "docent --quiet show me",
            "docent how to show",
            "docent show me $HOME",
            "docent show me \"it\"",
        ] {
            assert_eq!(question(line), None, "{line}");
        }
    }

    #[test]
    fn a_single_word_may_be_a_misspelt_command() {
        let near = |word: &str| for_single_word(&words(&format!("docent {word}")));
        for (word, name) in [
            ("infoo", "info"),
            ("hlep", "help"),
            ("server", "serve"),
            ("question", "questions"),
            ("complteoins", "completions"),
        ] {
            assert_eq!(
                near(word),
                Some(format!(
                    "hint: no command is called {word}; did you mean docent {name}?"
                ))
            );
        }
        for word in ["queue", "format", "info", "espresso", "--shwo"] {
            assert_eq!(near(word), None, "{word}");
        }
        assert_eq!(for_single_word(&words("docent infoo x")), None);
    }

    #[test]
    fn global_options_may_stand_before_a_command() {
        let moved = |line: &str| {
            let words = globals_behind_command(&words(line));
            let words: Vec<&str> = words.iter().filter_map(|word| word.to_str()).collect();
            words.join(" ")
        };
        assert_eq!(
            moved("docent -q --color never --color=auto info --json"),
            "docent info -q --color never --color=auto --json"
        );
        assert_eq!(moved("docent --color never help"), "docent help");
        for line in [
            "docent",
            "docent -q",
            "docent --color",
            "docent -q how to -- info",
            "docent -k 2 info",
            "docent info -q",
        ] {
            assert_eq!(moved(line), line);
        }
    }
}
