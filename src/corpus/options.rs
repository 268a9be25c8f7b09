//! Which files of a folder are read.

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::{Deserialize, Serialize};

use super::config::{Config, ConfigError};
use super::guide::is_guide_name;

/// What is said from outside of which files of a folder are read; the folder's own
/// [`Config`] says the rest. An index records it, so that it can be told whether the index is stale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusOptions {
    /// Globs of the files and folders that are read, with the rules of `.gitignore`, over paths in the
    /// folder; without any, those of the folder's `docent.toml`.
    pub include: Vec<String>,
    /// Globs of the files and folders that are left out, likewise.
    pub exclude: Vec<String>,
}

/// The same, compiled.
pub(super) struct Selection {
    include: Gitignore,
    exclude: Gitignore,
    /// Whether ignore files count.
    pub(super) ignore_files: bool,
}

impl Selection {
    /// What `options` say, and where they say nothing, `config`.
    pub(super) fn new(options: &CorpusOptions, config: &Config) -> Result<Self, ConfigError> {
        let either = |first: &[String], second: &[String]| match first {
            [] => compile(second),
            globs => compile(globs),
        };
        Ok(Self {
            include: either(&options.include, &config.include)?,
            exclude: either(&options.exclude, &config.exclude)?,
            ignore_files: config.ignore_files,
        })
    }

    /// Whether a glob includes the file or folder at `path`; without globs every file is included.
    pub(super) fn includes(&self, path: &str, is_folder: bool) -> bool {
        self.include.is_empty() || self.include.matched(path, is_folder).is_ignore()
    }

    /// Whether a glob leaves out the file or folder at `path`.
    pub(super) fn excludes(&self, path: &str, is_folder: bool) -> bool {
        self.exclude.matched(path, is_folder).is_ignore()
    }
}

/// Which files are guide files, if they say something of sections.
pub(super) struct GuideNames {
    /// What the folder's `docent.toml` says; `None`: those that are called like one.
    named: Option<Gitignore>,
}

impl GuideNames {
    pub(super) fn new(config: &Config) -> Result<Self, ConfigError> {
        let named = config.guide.as_deref().map(compile).transpose()?;
        Ok(Self { named })
    }

    /// Whether nothing is said of them.
    pub(super) fn are_usual(&self) -> bool {
        self.named.is_none()
    }

    /// Whether the file at `path` may be one.
    pub(super) fn has(&self, path: &str) -> bool {
        match &self.named {
            Some(globs) => globs.matched(path, false).is_ignore(),
            None => is_guide_name(path),
        }
    }
}

fn compile(globs: &[String]) -> Result<Gitignore, ConfigError> {
    let reason = |error| match error {
        ignore::Error::Glob { err, .. } => err,
        other => other.to_string(),
    };
    let mut builder = GitignoreBuilder::new("");
    builder.allow_unclosed_class(false);
    for glob in globs {
        builder
            .add_line(None, glob)
            .map_err(|error| ConfigError::Glob {
                glob: glob.clone(),
                reason: reason(error),
            })?;
    }
    builder.build().map_err(|error| ConfigError::Glob {
        glob: globs.join(" "),
        reason: reason(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(include: &[&str], exclude: &[&str]) -> Result<Selection, ConfigError> {
        let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect();
        let options = CorpusOptions {
            include: owned(include),
            exclude: owned(exclude),
        };
        Selection::new(&options, &Config::default())
    }

    #[test]
    fn globs_have_the_rules_of_gitignore() {
        for (glob, path, is_folder, expected) in [
            ("*.md", "deep/er/a.md", false, true),
            ("/*.md", "a.md", false, true),
            ("/*.md", "deep/a.md", false, false),
            ("deep/*.md", "deep/a.md", false, true),
            ("deep/*.md", "deep/er/a.md", false, false),
            ("deep/**", "deep/er/a.md", false, true),
            ("deep/", "deep", true, true),
            ("deep/", "deep", false, false),
            ("{a,b}.md", "b.md", false, true),
            ("A.md", "a.md", false, false),
        ] {
            let included = selection(&[glob], &[]).unwrap().includes(path, is_folder);
            let excluded = selection(&[], &[glob]).unwrap().excludes(path, is_folder);
            assert_eq!((included, excluded), (expected, expected), "{glob} {path}");
        }
        let all = selection(&[], &[]).unwrap();
        assert!(all.includes("a.md", false) && !all.excludes("a.md", false));
    }

    #[test]
    fn a_later_glob_takes_back_an_earlier_one() {
        let selection = selection(&["*.md", "!draft*"], &["old/*", "!old/kept.md"]).unwrap();
        assert!(!selection.includes("draft1.md", false));
        assert!(!selection.excludes("old/kept.md", false));
        assert!(selection.excludes("old/a.md", false));
    }

    #[test]
    fn what_is_said_outside_takes_the_place_of_what_the_folder_says() {
        let config = Config {
            include: vec!["a.md".to_owned()],
            exclude: vec!["b.md".to_owned()],
            ..Config::default()
        };
        let options = CorpusOptions {
            include: vec!["c.md".to_owned()],
            exclude: Vec::new(),
        };
        let selection = Selection::new(&options, &config).unwrap();
        assert!(selection.includes("c.md", false) && !selection.includes("a.md", false));
        assert!(selection.excludes("b.md", false));
    }

    #[test]
    fn a_folder_names_its_guide_files() {
        let guides = |guide: Option<&[&str]>| {
            let owned = |globs: &[&str]| globs.iter().map(|&glob| glob.to_owned()).collect();
            GuideNames::new(&Config {
                guide: guide.map(owned),
                ..Config::default()
            })
            .unwrap()
        };
        let usual = guides(None);
        assert!(usual.has("a/INDEX.md") && usual.has("SUMMARY.md") && !usual.has("map.md"));
        let named = guides(Some(&["/map.md"]));
        assert!(named.has("map.md") && !named.has("a/map.md") && !named.has("INDEX.md"));
        assert!(!guides(Some(&[])).has("INDEX.md"));
    }

    #[test]
    fn what_is_no_glob_is_an_error() {
        for glob in ["{a", "[a"] {
            let error = selection(&[], &[glob]).err().unwrap().to_string();
            assert!(
                error.starts_with(&format!("cannot read the pattern {glob}: ")),
                "{error}"
            );
        }
    }
}
