//! The table of the server in Codex' `config.toml`, as marked lines at its end.

use toml_edit::{DocumentMut, Item, Value};

use super::block::{End, Found, Marks};
use super::entry::{SERVER_NAME, Server};
use super::error::{AgentsError, Left};
use super::part::Change;

/// Codex may add tables before a comment at the end of the file, so the end is told by a count.
const MARKS: Marks = Marks {
    first: ("# docent agents: ", ""),
    end: End::Count(4),
};

/// `text` with the server's table. Without the approval mode, `codex exec` refuses calls that nobody can confirm.
pub(super) fn install(server: &Server, text: Option<&str>) -> Result<Change, AgentsError> {
    let body = body(server);
    let document = text.map(parse).transpose()?;
    let entry = document.as_ref().and_then(entry);
    let after = match (text.map_or(Found::Nothing, |text| MARKS.find(text)), entry) {
        (Found::Intact(block), _) if block.body == body => return Ok(Change::Nothing),
        (Found::Intact(block), _) => block.replaced(&MARKS, &body),
        (Found::Nothing, None) => MARKS.append(text, &body),
        (Found::Edited, None) => return Ok(Change::Left(Left::Edited)),
        (found, Some(entry)) => match server_of(entry) {
            None => return Ok(Change::Left(left(&found))),
            Some(old) if old == *server => return Ok(Change::Nothing),
            Some(_) => MARKS.append(document.as_ref().map(without).as_deref(), &body),
        },
    };
    match parse(&after) {
        Ok(document) if self::entry(&document).is_some() => Ok(Change::Text(after)),
        _ => Err(AgentsError::NoPlace),
    }
}

/// `text` without the server's table.
pub(super) fn uninstall(text: &str) -> Result<Change, AgentsError> {
    let document = parse(text)?;
    Ok(match (MARKS.find(text), entry(&document)) {
        (Found::Intact(block), _) => block.removed().map_or(Change::NoFile, Change::Text),
        (Found::Nothing, None) => Change::Nothing,
        (Found::Edited, None) => Change::Left(Left::Edited),
        (_, Some(entry)) if server_of(entry).is_some() => Change::Text(without(&document)),
        (found, Some(_)) => Change::Left(left(&found)),
    })
}

fn left(found: &Found) -> Left {
    match found {
        Found::Edited => Left::Edited,
        _ => Left::Foreign,
    }
}

fn body(server: &Server) -> String {
    let text = |text: &str| Value::from(text).to_string();
    let args: Vec<String> = server.args().iter().map(|arg| text(arg)).collect();
    format!(
        "[mcp_servers.{SERVER_NAME}]\ncommand = {}\nargs = [{}]\ndefault_tools_approval_mode = \"approve\"",
        text(&server.command),
        args.join(", ")
    )
}

fn parse(text: &str) -> Result<DocumentMut, AgentsError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let at = error.span().map_or(0, |span| span.start);
        AgentsError::Broken {
            line: text.get(..at).unwrap_or(text).matches('\n').count() + 1,
            problem: error.message().trim().replace('\n', ", "),
        }
    })
}

/// The server `docent`, whoever wrote it.
fn entry(document: &DocumentMut) -> Option<&Item> {
    document.get("mcp_servers")?.get(SERVER_NAME)
}

/// The server of a table that has what docent writes and nothing else, though maybe without its mark: Codex drops
/// comments when it adds a server.
fn server_of(entry: &Item) -> Option<Server> {
    let table = entry.as_table_like().filter(|table| table.len() == 3)?;
    let is_approved = table.get("default_tools_approval_mode")?.as_str()? == "approve";
    let args = table.get("args")?.as_array()?.iter().map(Value::as_str);
    let args: Vec<&str> = args.collect::<Option<_>>()?;
    Server::of(table.get("command")?.as_str()?, &args).filter(|_| is_approved)
}

/// The text without the server, where another program has written it.
fn without(document: &DocumentMut) -> String {
    let mut document = document.clone();
    if let Some(servers) = document
        .get_mut("mcp_servers")
        .and_then(Item::as_table_like_mut)
    {
        servers.remove(SERVER_NAME);
    }
    document.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> Server {
        Server::new("/usr/bin/docent", ["/d/docent.idx"])
    }

    #[test]
    fn a_table_is_added_and_taken_away() {
        let before = "model = \"x\" # mine\n\n[mcp_servers.other]\ncommand = 'o'\n";
        let Change::Text(after) = install(&server(), Some(before)).unwrap() else {
            panic!()
        };
        let table = after.strip_prefix(before).unwrap();
        let (mark, table) = table.trim_start().split_once('\n').unwrap();
        assert!(mark.starts_with("# docent agents: "), "{mark}");
        assert_eq!(
            table,
            "[mcp_servers.docent]\ncommand = \"/usr/bin/docent\"\nargs = [\"mcp\", \"--index\", \"/d/docent.idx\"]\n\
             default_tools_approval_mode = \"approve\"\n"
        );
        assert_eq!(install(&server(), Some(&after)), Ok(Change::Nothing));
        assert_eq!(uninstall(&after), Ok(Change::Text(before.into())));
    }

    #[test]
    fn what_codex_adds_behind_it_stays() {
        let Change::Text(text) = install(&server(), None).unwrap() else {
            panic!()
        };
        let more = "\n[projects.\"/x\"]\ntrust_level = \"trusted\"\n";
        assert_eq!(uninstall(&(text + more)), Ok(Change::Text(more.into())));
    }

    /// As `codex mcp add` of version 0.171 leaves the file.
    #[test]
    fn a_table_without_its_mark_is_known_by_what_it_says() {
        let Change::Text(text) = install(&server(), None).unwrap() else {
            panic!()
        };
        let (_, table) = text.split_once('\n').unwrap();
        let other = "\n[mcp_servers.other]\ncommand = \"foo\"\nargs = [\"bar\"]\n";
        let rewritten = format!("{table}{other}");
        assert_eq!(install(&server(), Some(&rewritten)), Ok(Change::Nothing));
        assert_eq!(uninstall(&rewritten), Ok(Change::Text(other.into())));
        let moved = Server::new("docent", ["/e/docent.idx"]);
        let Change::Text(text) = install(&moved, Some(&rewritten)).unwrap() else {
            panic!()
        };
        assert_eq!(text.matches("[mcp_servers.docent]").count(), 1);
        assert_eq!(uninstall(&text), Ok(Change::Text(other.into())));
    }

    #[test]
    fn another_docent_is_left() {
        let foreign = "[mcp_servers.docent]\ncommand = \"docent\"\n";
        assert_eq!(
            install(&server(), Some(foreign)),
            Ok(Change::Left(Left::Foreign))
        );
        assert_eq!(uninstall(foreign), Ok(Change::Left(Left::Foreign)));
        let Change::Text(text) = install(&server(), None).unwrap() else {
            panic!()
        };
        let edited = text.replace("approve\"", "prompt\"");
        assert_eq!(
            install(&server(), Some(&edited)),
            Ok(Change::Left(Left::Edited))
        );
        assert_eq!(uninstall(&edited), Ok(Change::Left(Left::Edited)));
    }

    #[test]
    fn a_file_that_takes_no_table_is_an_error() {
        let inline = "mcp_servers = { a = { command = \"b\" } }\n";
        assert_eq!(install(&server(), Some(inline)), Err(AgentsError::NoPlace));
        let broken = install(&server(), Some("a = 1\nb =\n"));
        assert!(
            matches!(broken, Err(AgentsError::Broken { line: 2, .. })),
            "{broken:?}"
        );
    }
}
