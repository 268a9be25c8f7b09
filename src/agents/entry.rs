//! The entry of a server in a JSON file of a client, and how one is known again.

use std::path::Path;

use super::error::{AgentsError, Left};
use super::json::{Insertion, Leaf, is_plain_object};
use super::part::Change;
use super::value::Json;

/// What clients call the server.
pub const SERVER_NAME: &str = "docent";

/// How the server is started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The program, best by its absolute path: what a desktop starts does not have a shell's `PATH`.
    pub command: String,
    /// Index files by absolute path, or `NAME=` and that.
    pub indexes: Vec<String>,
}

impl Server {
    /// A server of these indexes.
    pub fn new<S: Into<String>>(
        command: impl Into<String>,
        indexes: impl IntoIterator<Item = S>,
    ) -> Self {
        Self {
            command: command.into(),
            indexes: indexes.into_iter().map(Into::into).collect(),
        }
    }

    /// The arguments: `mcp --index FILE`, and so on for each index.
    pub fn args(&self) -> Vec<String> {
        let indexes = self
            .indexes
            .iter()
            .flat_map(|index| ["--index".to_owned(), index.clone()]);
        std::iter::once("mcp".to_owned()).chain(indexes).collect()
    }

    /// The server that a command line starts, if it is one of docent.
    pub(super) fn of(command: &str, args: &[&str]) -> Option<Self> {
        let name = Path::new(command).file_name()?.to_str()?;
        let name = name.rsplit('\\').next()?;
        let (&first, indexes) = args.split_first()?;
        let is_docent =
            matches!(name, "docent" | "docent.exe") && first == "mcp" && !indexes.is_empty();
        let is_index = |pair: &[&str]| pair.len() == 2 && pair[0] == "--index";
        let server = Self::new(command, indexes.iter().skip(1).step_by(2).copied());
        (is_docent && indexes.chunks(2).all(is_index)).then_some(server)
    }
}

/// How a client writes its servers down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `mcpServers`, with `type`.
    Claude,
    /// `mcpServers`.
    Cursor,
    /// `mcpServers`, with `trust`, without which nothing but a person can allow a call.
    Gemini,
    /// `mcp`, or `mcp.servers` where a file has that; program and arguments are one list.
    OpenCode,
    /// `servers`, with `type`.
    VsCode,
}

impl Shape {
    /// The file's text with the server in it.
    pub fn install(self, server: &Server, text: Option<&str>) -> Result<Change, AgentsError> {
        let wanted = self.entry(server);
        let mut text = text.map(str::to_owned);
        for path in self.paths() {
            let Some(found) = text
                .as_deref()
                .map(|text| at(path, &wanted).found(text))
                .transpose()?
                .flatten()
            else {
                continue;
            };
            match found.and_then(|entry| self.server_of(&entry)) {
                None => return Ok(Change::Left(Left::Foreign)),
                Some(found) if found == *server => return Ok(Change::Nothing),
                Some(old) => text = self.without(path, &old, text.as_deref().unwrap_or_default()),
            }
        }
        let path = self.path_in(text.as_deref());
        at(path, &wanted).insert(text.as_deref()).map(Change::Text)
    }

    /// The file's text without the server.
    pub fn uninstall(self, text: &str) -> Result<Change, AgentsError> {
        for path in self.paths() {
            let Some(found) = at(path, &Json::Bool(true)).found(text)? else {
                continue;
            };
            return Ok(match found.and_then(|entry| self.server_of(&entry)) {
                None => Change::Left(Left::Foreign),
                Some(server) => self
                    .without(path, &server, text)
                    .map_or(Change::NoFile, Change::Text),
            });
        }
        Ok(Change::Nothing)
    }

    /// `text` as it was before `server` was put in; `None` if there was no file.
    fn without(self, path: &'static [&'static str], server: &Server, text: &str) -> Option<String> {
        at(path, &self.entry(server)).taken_out(text)
    }

    /// Where servers may stand.
    fn paths(self) -> &'static [&'static [&'static str]] {
        match self {
            Self::Claude | Self::Cursor | Self::Gemini => &[&["mcpServers"]],
            Self::OpenCode => &[&["mcp"], &["mcp", "servers"]],
            Self::VsCode => &[&["servers"]],
        }
    }

    /// Where a new one goes. opencode 1 and 2 read `mcp.NAME`; a file with `mcp.servers` is for 2 only.
    fn path_in(self, text: Option<&str>) -> &'static [&'static str] {
        match self.paths() {
            [_, deeper] if text.is_some_and(|text| is_plain_object(text, deeper)) => deeper,
            paths => paths[0],
        }
    }

    fn entry(self, server: &Server) -> Json {
        let text = |text: &str| Json::Text(text.to_owned());
        let member = |key: &str, value| (key.to_owned(), value);
        let list = |texts: Vec<String>| Json::List(texts.into_iter().map(Json::Text).collect());
        let command = || member("command", text(&server.command));
        let args = || member("args", list(server.args()));
        Json::Object(match self {
            Self::Claude | Self::VsCode => vec![member("type", text("stdio")), command(), args()],
            Self::Cursor => vec![command(), args()],
            Self::Gemini => vec![command(), args(), member("trust", Json::Bool(true))],
            Self::OpenCode => {
                let line = std::iter::once(server.command.clone()).chain(server.args());
                vec![
                    member("type", text("local")),
                    member("command", list(line.collect())),
                ]
            }
        })
    }

    /// The server of an entry that docent wrote: it has what docent writes and nothing else.
    fn server_of(self, entry: &Json) -> Option<Server> {
        let command = entry.get("command")?;
        let server = match self {
            Self::OpenCode => {
                let line = command.texts()?;
                let (command, args) = line.split_first()?;
                Server::of(command, args)?
            }
            _ => Server::of(command.as_text()?, &entry.get("args")?.texts()?)?,
        };
        (self.entry(&server) == *entry).then_some(server)
    }
}

fn at(path: &'static [&'static str], entry: &Json) -> Insertion {
    Insertion {
        path,
        leaf: Leaf::Member(SERVER_NAME, entry.clone()),
    }
}

/// The list of what runs without being asked for, in a client's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Allowed(pub &'static [&'static str]);

impl Allowed {
    pub fn install(self, text: Option<&str>) -> Result<Change, AgentsError> {
        let list = self.list();
        if text.map(|text| self.is_first(text)).transpose()? == Some(true) {
            return Ok(Change::Nothing);
        }
        list.insert(text).map(Change::Text)
    }

    pub fn uninstall(self, text: &str) -> Result<Change, AgentsError> {
        let list = self.list();
        if self.is_first(text)? {
            return Ok(list.taken_out(text).map_or(Change::NoFile, Change::Text));
        }
        Ok(match list.has_any_item(text)? {
            true => Change::Left(Left::Moved),
            false => Change::Nothing,
        })
    }

    /// Whether the list begins with these.
    fn is_first(self, text: &str) -> Result<bool, AgentsError> {
        Ok(self.list().found(text)?.flatten() == Some(Json::List(self.items())))
    }

    fn items(self) -> Vec<Json> {
        self.0
            .iter()
            .map(|&item| Json::Text(item.to_owned()))
            .collect()
    }

    fn list(self) -> Insertion {
        Insertion {
            path: &["permissions", "allow"],
            leaf: Leaf::Items(self.items()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server::new("/bin/docent", ["/d/docent.idx"])
    }

    fn text(change: Result<Change, AgentsError>) -> String {
        match change.unwrap() {
            Change::Text(text) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn another_index_takes_the_place_of_the_first() {
        let before = "{\n  \"mcpServers\": {\n    \"a\": {}\n  }\n}\n";
        let first = text(Shape::Cursor.install(&server(), Some(before)));
        let other = Server::new("docent", ["a=/a.idx", "b=/b.idx"]);
        let second = text(Shape::Cursor.install(&other, Some(&first)));
        assert!(second.contains("a=/a.idx") && !second.contains("/d/docent.idx"));
        assert_eq!(text(Shape::Cursor.uninstall(&second)), before);
    }

    #[test]
    fn an_entry_that_is_not_exactly_ours_is_left() {
        for foreign in [
            r#"{"mcpServers": {"docent": {"command": "docent"}}}"#,
            r#"{"mcpServers": {"docent": {"command": "npx", "args": ["mcp", "--index", "a"]}}}"#,
            r#"{"mcpServers": {"docent": {"command": "docent", "args": ["mcp", "--index", "a"], "env": {}}}}"#,
            r#"{"mcpServers": {"docent": {"command": "docent", "args": ["mcp", "--index"]}}}"#,
            r#"{"mcpServers": {"docent": null}}"#,
        ] {
            assert_eq!(
                Shape::Cursor.install(&server(), Some(foreign)),
                Ok(Change::Left(Left::Foreign)),
                "{foreign}"
            );
            assert_eq!(
                Shape::Cursor.uninstall(foreign),
                Ok(Change::Left(Left::Foreign)),
                "{foreign}"
            );
        }
        assert!(Server::of(r"C:\bin\docent.exe", &["mcp", "--index", "a"]).is_some());
    }

    #[test]
    fn opencode_has_two_places() {
        let second = r#"{"mcp": {"servers": {"a": {"type": "local"}}}}"#;
        let with = text(Shape::OpenCode.install(&server(), Some(second)));
        assert!(with.starts_with(r#"{"mcp": {"servers": {"docent": {"type": "local", "command": ["/bin/docent", "mcp","#), "{with}");
        assert_eq!(text(Shape::OpenCode.uninstall(&with)), second);
        // A server that is called `servers`.
        let first = r#"{"mcp": {"servers": {"type": "local"}}}"#;
        let with = text(Shape::OpenCode.install(&server(), Some(first)));
        assert!(with.starts_with(r#"{"mcp": {"docent": {"#), "{with}");
        assert_eq!(text(Shape::OpenCode.uninstall(&with)), first);
    }
}
