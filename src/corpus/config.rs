//! `docent.toml`, in which a documentation folder says how it is read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Largest `docent.toml` that is read, in bytes.
const MAX_BYTES: u64 = 64 << 10;

/// Longest part of a line that an error shows, in characters.
const SHOWN: usize = 80;

/// What `build-index --init` writes: every key with its explanation, none of them in force.
const TEMPLATE: &str = include_str!("docent.toml");

/// What the file `docent.toml` in the root of a documentation folder says of it. A folder without one has
/// the default.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct Config {
    /// Globs of the files and folders that are read, with the rules of `.gitignore`, over paths in the
    /// folder; none: all documentation.
    pub include: Vec<String>,
    /// Globs of the files and folders that are left out, likewise; they count more.
    pub exclude: Vec<String>,
    /// Globs of the files that are its guide, likewise; `None`: those that are called `INDEX.md`, `QUESTIONS.md`
    /// or like a generator's list of pages, and toctrees.
    pub guide: Option<Vec<String>>,
    /// Whether `.docentignore`, `.ignore` and `.gitignore` count.
    pub ignore_files: bool,
    /// The model, as [`encoder::open`](crate::encoder::open) takes it, if it is not the bundled one. A folder
    /// is named as seen from the documentation folder in the file, and from the working folder here.
    pub model: Option<String>,
    /// The fields of front matter that are kept, each with those that stand in it (`author` and `author.name`); `None`:
    /// all that are scalars or lists of scalars.
    pub fields: Option<Vec<String>>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            include: Vec::new(),
            exclude: Vec::new(),
            guide: None,
            ignore_files: true,
            model: None,
            fields: None,
        }
    }
}

/// What can go wrong with a `docent.toml` or the patterns in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// It is there and cannot be read.
    #[error(
        "cannot read {}: {source}\n\
         hint: it is a text file of at most {MAX_BYTES} bytes, and no link", path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// It is not what a `docent.toml` is.
    #[error(
        "{}:{line}: {message}\n  {text}\n\
         hint: build-index --help lists the keys of docent.toml", path.display()
    )]
    Wrong {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong there, and what was expected.
        message: String,
        /// The line's text, cut if it is long.
        text: String,
    },
    /// A pattern that is no glob, of a `docent.toml` or the command line.
    #[error(
        "cannot read the pattern {glob}: {reason}\n\
         hint: include and exclude have the rules of .gitignore: `*.md`, `/guide/**`, `drafts/`"
    )]
    Glob {
        /// As it was given.
        glob: String,
        /// What the parser of globs says.
        reason: String,
    },
    /// There is one already.
    #[error("{} is there already\nhint: edit it, or delete it first", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be written.
    #[error("cannot write {}: {source}\nhint: name a folder that exists and that you may write to", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}

impl Config {
    /// Whether a field of this name is kept.
    pub(super) fn keeps(&self, field: &str) -> bool {
        let is_named = |kept: &String| {
            let rest = field.strip_prefix(kept.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.fields
            .as_ref()
            .is_none_or(|fields| fields.iter().any(is_named))
    }

    /// The name of the file.
    pub const NAME: &'static str = "docent.toml";

    /// Reads the `docent.toml` of the folder `docs`; without one, or without the folder, it is the default.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Unreadable`] and [`ConfigError::Wrong`].
    pub fn read(docs: &Path) -> Result<Self, ConfigError> {
        let path = docs.join(Self::NAME);
        let text = match read_text(&path) {
            Ok(text) => text,
            Err(error) if is_absence(&error) => return Ok(Self::default()),
            Err(source) => return Err(ConfigError::Unreadable { path, source }),
        };
        let mut config: Self = toml::from_str(&text).map_err(|error| wrong(path, &text, &error))?;
        if let Some(model) = &mut config.model {
            let folder = docs.join(&*model);
            if let (true, Some(folder)) = (folder.is_dir(), folder.to_str()) {
                *model = folder.to_owned();
            }
        }
        Ok(config)
    }

    /// Writes a `docent.toml` that explains every key and sets none into the folder `docs`, and returns its
    /// path. It is there whole or not at all, and never takes the place of another.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Exists`] and [`ConfigError::Unwritable`].
    pub fn init(docs: &Path) -> Result<PathBuf, ConfigError> {
        let path = docs.join(Self::NAME);
        match write_new(docs, &path) {
            Ok(()) => Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(ConfigError::Exists { path })
            }
            Err(source) => Err(ConfigError::Unwritable { path, source }),
        }
    }
}

/// Whether there is no such file, or no folder that it could lie in; who reads the folder says so.
fn is_absence(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn read_text(path: &Path) -> io::Result<String> {
    let metadata = fs::symlink_metadata(path)?;
    // A link may lead to a file that is no business of the docs, and errors show lines.
    if !metadata.is_file() {
        return Err(io::Error::other("not a file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other(format!("{} bytes", metadata.len())));
    }
    fs::read_to_string(path)
}

fn wrong(path: PathBuf, text: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = &text.as_bytes()[..at];
    let line = before.iter().filter(|&&byte| byte == b'\n').count();
    let shown = with_key(text, line);
    ConfigError::Wrong {
        path,
        line: line + 1,
        message: error.message().to_owned(),
        text: shown.chars().take(SHOWN).collect(),
    }
}

/// Line number `line`, counted from 0; behind the line that its key stands on, if that is one above it.
fn with_key(text: &str, line: usize) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).take(line + 1).collect();
    let wrong = lines.get(line).copied().unwrap_or_default();
    if wrong.contains(['=', '[']) {
        return wrong.to_owned();
    }
    match lines.iter().rfind(|above| above.contains('=')) {
        Some(key) => format!("{key} … {wrong}"),
        None => wrong.to_owned(),
    }
}

fn write_new(docs: &Path, path: &Path) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".docent-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(docs)?;
    file.write_all(TEMPLATE.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_sets_nothing_and_explains_every_key() {
        let nothing: Config = toml::from_str(TEMPLATE).unwrap();
        assert_eq!(nothing, Config::default());
        let is_key = |line: &&str| line.starts_with("# ") && line.contains(" = ");
        let keys = TEMPLATE.lines().filter(is_key).map(|line| &line[2..]);
        let everything: Config = toml::from_str(&keys.collect::<Vec<_>>().join("\n")).unwrap();
        let expected = Config {
            model: Some("models/other".to_owned()),
            fields: Some(vec!["tags".to_owned(), "version".to_owned()]),
            guide: Some(vec!["INDEX.md".to_owned()]),
            ..Config::default()
        };
        assert_eq!(everything, expected);
    }

    #[test]
    fn a_folder_of_a_model_is_named_from_the_docs() {
        let folder = tempfile::tempdir().unwrap();
        let model = |name: &str| {
            fs::write(
                folder.path().join(Config::NAME),
                format!("model = \"{name}\""),
            )
            .unwrap();
            Config::read(folder.path()).unwrap().model.unwrap()
        };
        fs::create_dir(folder.path().join("mine")).unwrap();
        assert_eq!(Path::new(&model("mine")), folder.path().join("mine"));
        assert_eq!(model("BAAI/bge-small-en-v1.5"), "BAAI/bge-small-en-v1.5");
    }
}
