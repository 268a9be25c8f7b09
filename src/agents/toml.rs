//! The table of the server in Codex' `config.toml`, as marked lines at its end.

use toml_edit::{DocumentMut, Value};

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
    let (has_entry, found) = match text {
        None => (false, Found::Nothing),
        Some(text) => (has_entry(text)?, MARKS.find(text)),
    };
    let after = match found {
        Found::Edited => return Ok(Change::Left(Left::Edited)),
        Found::Nothing if has_entry => return Ok(Change::Left(Left::Foreign)),
        Found::Nothing => MARKS.append(text, &body),
        Found::Intact(block) if block.body == body => return Ok(Change::Nothing),
        Found::Intact(block) => block.replaced(&MARKS, &body),
    };
    match self::has_entry(&after) {
        Ok(true) => Ok(Change::Text(after)),
        _ => Err(AgentsError::NoPlace),
    }
}

/// `text` without the server's table.
pub(super) fn uninstall(text: &str) -> Result<Change, AgentsError> {
    let has_entry = has_entry(text)?;
    Ok(match MARKS.find(text) {
        Found::Intact(block) => block.removed().map_or(Change::NoFile, Change::Text),
        Found::Edited => Change::Left(Left::Edited),
        Found::Nothing if has_entry => Change::Left(Left::Foreign),
        Found::Nothing => Change::Nothing,
    })
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

/// Whether there is a server `docent`, whoever wrote it.
fn has_entry(text: &str) -> Result<bool, AgentsError> {
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let at = error.span().map_or(0, |span| span.start);
        AgentsError::Broken {
            line: text.get(..at).unwrap_or(text).matches('\n').count() + 1,
            problem: error.message().trim().replace('\n', ", "),
        }
    })?;
    let servers = document.get("mcp_servers");
    Ok(servers.is_some_and(|servers| servers.get(SERVER_NAME).is_some()))
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
