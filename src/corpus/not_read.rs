//! What of a folder is not read and is counted instead of listed.

use std::fmt;

use serde::Serialize;

/// Most kinds of files that a text names.
const SHOWN_KINDS: usize = 5;

/// What of a folder was not read and is not listed in [`Corpus::skipped`](super::Corpus::skipped), since it
/// is nothing to mend. Displayed, it is one line, empty if nothing was left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct NotRead {
    /// Files that are no documentation, by extension: most first, then by extension.
    #[serde(rename = "not_read")]
    pub kinds: Vec<Kind>,
    /// What was left out on purpose, by what did so, in order of its name.
    pub left_out: Vec<LeftOut>,
}

/// Files of one extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kind {
    /// In lower case, without its dot: at most 12 letters and digits. `None` for all files without such a one.
    pub extension: Option<String>,
    /// How many there are.
    pub files: usize,
}

/// What an ignore file or a glob left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The name of the ignore file, or `include and exclude`.
    pub by: &'static str,
    /// Files of documentation.
    pub files: usize,
    /// Folders, whose files are not counted: nobody has looked into them.
    pub folders: usize,
}

impl NotRead {
    /// Adds what was not read of another folder.
    pub(super) fn add(&mut self, other: &Self) {
        for more in &other.kinds {
            match self
                .kinds
                .iter_mut()
                .find(|kind| kind.extension == more.extension)
            {
                Some(kind) => kind.files += more.files,
                None => self.kinds.push(more.clone()),
            }
        }
        self.kinds.sort_by(|a, b| {
            b.files
                .cmp(&a.files)
                .then_with(|| a.extension.cmp(&b.extension))
        });
        for more in &other.left_out {
            match self
                .left_out
                .iter_mut()
                .find(|left_out| left_out.by == more.by)
            {
                Some(left_out) => {
                    left_out.files += more.files;
                    left_out.folders += more.folders;
                }
                None => self.left_out.push(more.clone()),
            }
        }
        self.left_out.sort_by_key(|left_out| left_out.by);
    }
}

impl fmt::Display for NotRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut kinds: Vec<String> = self.kinds.iter().map(Kind::to_string).collect();
        if kinds.len() > SHOWN_KINDS {
            kinds.truncate(SHOWN_KINDS);
            kinds.push("…".to_owned());
        }
        let left_out: Vec<String> = self.left_out.iter().map(LeftOut::to_string).collect();
        let part = |what, list: Vec<String>| {
            (!list.is_empty()).then(|| format!("{what}: {}", list.join(", ")))
        };
        let parts = [part("not read", kinds), part("left out", left_out)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&parts.join("; "))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.extension {
            Some(extension) => write!(f, "{} .{extension}", self.files),
            None => write!(f, "{} without an extension", self.files),
        }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counted = |count, what| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!("{count} {what}s")),
        };
        let parts = [counted(self.files, "file"), counted(self.folders, "folder")];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        write!(f, "{} by {}", parts.join(" and "), self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_five_kinds_are_shown() {
        let kinds = |extensions: &[&str]| {
            let kind = |extension: &&str| Kind {
                extension: Some((*extension).to_owned()),
                files: 2,
            };
            NotRead {
                kinds: extensions.iter().map(kind).collect(),
                left_out: Vec::new(),
            }
        };
        let five = ["a", "b", "c", "d", "e"];
        let shown = "not read: 2 .a, 2 .b, 2 .c, 2 .d, 2 .e";
        assert_eq!(kinds(&five).to_string(), shown);
        let six = [&five[..], &["f"]].concat();
        assert_eq!(kinds(&six).to_string(), format!("{shown}, …"));
        assert_eq!(kinds(&[]).to_string(), "");
    }

    #[test]
    fn files_and_folders_are_counted_apart() {
        let left_out = |files, folders| LeftOut {
            by: ".ignore",
            files,
            folders,
        };
        let not_read = NotRead {
            kinds: vec![Kind {
                extension: None,
                files: 7,
            }],
            left_out: vec![left_out(1, 0), left_out(0, 1), left_out(2, 3)],
        };
        assert_eq!(
            not_read.to_string(),
            "not read: 7 without an extension; left out: 1 file by .ignore, 1 folder by .ignore, \
             2 files and 3 folders by .ignore"
        );
    }
}
