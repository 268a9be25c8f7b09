//! What keeps a file from being edited.

/// A file whose text cannot be edited. Nothing was changed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum AgentsError {
    /// It is not in its format.
    #[error(
        "line {line}: {problem}\nhint: mend the file, or write into it by hand what `docent agents show` prints"
    )]
    Broken {
        /// The line, counted from 1.
        line: usize,
        /// What the parser says.
        problem: String,
    },
    /// Something else stands where the entry belongs.
    #[error(
        "{key} is not {expected}\nhint: mend the file, or write into it by hand what `docent agents show` prints"
    )]
    WrongKind {
        /// The key with those above it, or `the file`.
        key: String,
        /// `an object` or `a list`.
        expected: &'static str,
    },
    /// A key stands twice, and programs differ in which they read.
    #[error("{key} stands twice\nhint: leave one of them")]
    Twice {
        /// The key.
        key: String,
    },
    /// A table cannot be added: `mcp_servers` is written on one line.
    #[error(
        "cannot add a table [mcp_servers.docent] to the file as it is written\n\
         hint: write mcp_servers as tables of their own, or add by hand what `docent agents show` prints"
    )]
    NoPlace,
}

/// Why something was left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// There is something of the name `docent` that docent did not write, or that was edited.
    Foreign,
    /// docent wrote it, and somebody edited it.
    Edited,
    /// The allowed tools are listed, but not where docent puts them.
    Moved,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Foreign => "it has a docent of somebody else's, or one that was edited",
            Self::Edited => "what docent wrote there was edited since",
            Self::Moved => "its tools of docent do not stand where docent writes them",
        })
    }
}
