//! One thing that docent puts into one file.

use super::block::{Found, MARKDOWN};
use super::entry::{Allowed, Server, Shape};
use super::error::{AgentsError, Left};
use super::{skill, toml};
use crate::corpus::BYTE_ORDER_MARK;

/// What is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    /// How clients start the server.
    pub server: Server,
    /// The line for `AGENTS.md`: [`super::line`].
    pub line: String,
    /// The text of `SKILL.md`: [`super::stub`].
    pub skill: String,
}

/// What docent puts into a file of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part(pub(super) Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The server in a JSON file.
    Entry(Shape),
    /// Tools that may be called without asking.
    Allowed(Allowed),
    /// The server in a TOML file.
    Toml,
    /// The line that says when to ask.
    Line,
    /// A file that leads to `docent agents skill`.
    Skill,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    Nothing,
    /// It has this text.
    Text(String),
    /// It goes: docent made it.
    NoFile,
    /// It stays as it is, though it has something of the name `docent`.
    Left(Left),
}

impl Part {
    /// The file with this part in it. Does nothing the second time.
    ///
    /// # Errors
    ///
    /// If `text` is not in its format, or has something else where the part belongs.
    pub fn install(&self, setup: &Setup, text: Option<&str>) -> Result<Change, AgentsError> {
        let (mark, text) = split_mark(text);
        let change = match self.0 {
            Kind::Entry(shape) => shape.install(&setup.server, text),
            Kind::Allowed(allowed) => allowed.install(text),
            Kind::Toml => toml::install(&setup.server, text),
            Kind::Line => Ok(install_line(&setup.line, text)),
            Kind::Skill => Ok(skill::install(&setup.skill, text)),
        };
        change.map(|change| change.behind(mark))
    }

    /// The file as it was before [`Self::install`], to the byte.
    ///
    /// # Errors
    ///
    /// As [`Self::install`].
    pub fn uninstall(&self, text: &str) -> Result<Change, AgentsError> {
        let (mark, text) = split_mark(Some(text));
        let text = text.unwrap_or_default();
        let change = match self.0 {
            Kind::Entry(shape) => shape.uninstall(text),
            Kind::Allowed(allowed) => allowed.uninstall(text),
            Kind::Toml => toml::uninstall(text),
            Kind::Line => Ok(uninstall_line(text)),
            Kind::Skill => Ok(skill::uninstall(text)),
        };
        change.map(|change| change.behind(mark))
    }

    /// Whether it is the server itself, which the other parts are of no use without.
    pub fn is_server(&self) -> bool {
        matches!(self.0, Kind::Entry(_) | Kind::Toml)
    }

    /// Whether `text` has this part, as docent wrote it.
    pub fn is_in(&self, text: &str) -> bool {
        matches!(self.uninstall(text), Ok(Change::Text(_) | Change::NoFile))
    }
}

impl Change {
    /// Of a text with a byte order mark before it, or none.
    fn behind(self, mark: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(mark.to_owned() + &text),
            // A file that has a mark was there before.
            Self::NoFile if !mark.is_empty() => Self::Text(mark.to_owned()),
            other => other,
        }
    }
}

/// The byte order mark, if there is one, and what follows.
fn split_mark(text: Option<&str>) -> (&str, Option<&str>) {
    match text {
        Some(text) if text.starts_with(BYTE_ORDER_MARK) => {
            let (mark, text) = text.split_at(BYTE_ORDER_MARK.len_utf8());
            (mark, Some(text))
        }
        text => ("", text),
    }
}

fn install_line(line: &str, text: Option<&str>) -> Change {
    match text.map_or(Found::Nothing, |text| MARKDOWN.find(text)) {
        Found::Nothing => Change::Text(MARKDOWN.append(text, line)),
        Found::Edited => Change::Left(Left::Edited),
        Found::Intact(block) if block.body == line => Change::Nothing,
        Found::Intact(block) => Change::Text(block.replaced(&MARKDOWN, line)),
    }
}

fn uninstall_line(text: &str) -> Change {
    match MARKDOWN.find(text) {
        Found::Nothing => Change::Nothing,
        Found::Edited => Change::Left(Left::Edited),
        Found::Intact(block) => block.removed().map_or(Change::NoFile, Change::Text),
    }
}
