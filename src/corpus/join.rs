//! Several documentation folders as one corpus: the paths of each begin with its name.

use super::guide::resolve;
use super::{Corpus, CorpusError, CorpusOptions, Folder, Guide, Source};

/// What a corpus that is not the only one may not be called.
const RESERVED: [char; 2] = ['/', '\\'];

/// Whether a corpus among others may have this name: it becomes the first folder of its sections' paths.
pub fn is_corpus_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && !name.contains(RESERVED)
        && !name.contains(char::is_control)
}

impl Corpus {
    /// Reads `folders` as [`Corpus::read_with`] does: one without a name, or several whose names are different, each
    /// one that [`is_corpus_name`] says yes to. Of several, one may have a guide alone, which is then one above the others.
    ///
    /// # Errors
    ///
    /// As [`Corpus::read_with`].
    pub fn read_all(folders: &[Folder], options: &CorpusOptions) -> Result<Self, CorpusError> {
        if let [Folder { name, path }] = folders
            && name.is_empty()
        {
            return Self::read_with(path, options);
        }
        let mut corpora = Vec::new();
        for folder in folders {
            let corpus = Self::read_folder(&folder.path, options)?;
            if corpus.sections.is_empty() && corpus.guide_files.is_empty() {
                return Err(corpus.no_documentation(&folder.path));
            }
            corpora.push((folder.name.clone(), corpus));
        }
        let all = Self::join(corpora);
        match folders.first() {
            Some(first) if all.sections.is_empty() => Err(all.no_documentation(&first.path)),
            _ => Ok(all),
        }
    }

    /// The corpora as one. A section `a.md` of the one that is called `api` is `api/a.md` there, and so are the
    /// files that its guide names; what a guide says with `../` leads to the others. Names are different from
    /// each other, and [`is_corpus_name`] says yes to each; all were read with the same options.
    fn join(corpora: Vec<(String, Self)>) -> Self {
        let mut all = Self::default();
        for (name, corpus) in corpora {
            all.as_of = match all.folders.is_empty() {
                true => corpus.as_of,
                false => all.as_of.min(corpus.as_of),
            };
            all.add_as(&name, corpus);
        }
        all.sections.sort_by(|a, b| a.path.cmp(&b.path));
        all.guide_files.sort_by(|a, b| a.path.cmp(&b.path));
        all.skipped.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    fn add_as(&mut self, name: &str, corpus: Self) {
        let inside = |path: String| format!("{name}/{path}");
        for mut folder in corpus.folders {
            folder.name = name.to_owned();
            self.folders.push(folder);
        }
        for mut section in corpus.sections {
            section.path = inside(section.path);
            self.sections.push(section);
        }
        for mut file in corpus.guide_files {
            file.path = inside(file.path);
            self.guide_files.push(file);
        }
        for mut skipped in corpus.skipped {
            skipped.path = inside(skipped.path);
            self.skipped.push(skipped);
        }
        for mut guess in corpus.guesses {
            guess.path = inside(guess.path);
            self.guesses.push(guess);
        }
        self.not_read.add(&corpus.not_read);
        self.options = corpus.options;
        self.guide.append(corpus.guide.inside(name));
    }
}

impl Guide {
    /// What the guide of a corpus says, where the corpus is the folder `name` of another one.
    fn inside(mut self, name: &str) -> Self {
        // As a file of that folder would name it.
        let file = format!("{name}/INDEX.md");
        let path = |path: &mut String| *path = resolve(&file, path);
        let source = |source: &mut Source| source.file = format!("{name}/{}", source.file);
        for guideline in &mut self.guidelines {
            guideline.targets.iter_mut().for_each(path);
            source(&mut guideline.source);
        }
        for descriptor in &mut self.descriptors {
            path(&mut descriptor.target);
            source(&mut descriptor.source);
        }
        for question in &mut self.questions {
            question.targets.iter_mut().for_each(path);
            source(&mut question.source);
        }
        for pattern in &mut self.patterns {
            path(&mut pattern.glob);
            source(&mut pattern.source);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{GuideFile, Section, SkipReason, Skipped, parse_guide};
    use std::path::PathBuf;
    use std::time::{Duration, SystemTime};

    fn corpus(folder: &str, seconds: u64, guide: &str) -> Corpus {
        Corpus {
            folders: vec![Folder {
                name: String::new(),
                path: PathBuf::from(folder),
            }],
            as_of: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
            sections: vec![Section::from_text("a/b.md".to_owned(), "text".to_owned())],
            guide_files: vec![GuideFile {
                path: "INDEX.md".to_owned(),
                text: guide.to_owned(),
                bytes: 0,
            }],
            guide: parse_guide("INDEX.md", guide),
            skipped: vec![Skipped {
                path: "c.md".to_owned(),
                reason: SkipReason::Empty,
            }],
            ..Corpus::default()
        }
    }

    #[test]
    fn paths_begin_with_the_name_of_their_corpus() {
        let guide = "**Do**\n- Page -> `a/b.md`, `../web/x.md`\n- All -> `a/*.md`\n\n\
                     | File | Covers |\n|---|---|\n| `a/b.md` | Tokens |\n\n\
                     | Question | Sections |\n|---|---|\n| How? | `/a/b.md` |\n";
        let all = Corpus::join(vec![
            ("web".to_owned(), corpus("site", 7, guide)),
            ("api".to_owned(), corpus("../api/docs", 5, guide)),
        ]);
        let folders: Vec<_> = all
            .folders
            .iter()
            .map(|f| (&*f.name, f.path.to_str()))
            .collect();
        assert_eq!(
            folders,
            [("web", Some("site")), ("api", Some("../api/docs"))]
        );
        let sections: Vec<_> = all.sections.iter().map(|s| &*s.path).collect();
        assert_eq!(sections, ["api/a/b.md", "web/a/b.md"]);
        let files: Vec<_> = all.guide_files.iter().map(|f| &*f.path).collect();
        assert_eq!(files, ["api/INDEX.md", "web/INDEX.md"]);
        assert_eq!(all.skipped[0].path, "api/c.md");
        assert_eq!(all.as_of, SystemTime::UNIX_EPOCH + Duration::from_secs(5));
        let of_api = |file: &str| file == "api/INDEX.md";
        let mut routes = all
            .guide
            .guidelines
            .iter()
            .filter(|g| of_api(&g.source.file));
        assert_eq!(routes.next().unwrap().targets, ["api/a/b.md", "web/x.md"]);
        let mut patterns = all.guide.patterns.iter().filter(|p| of_api(&p.source.file));
        assert_eq!(patterns.next().unwrap().glob, "api/a/*.md");
        let mut rows = all
            .guide
            .descriptors
            .iter()
            .filter(|d| of_api(&d.source.file));
        assert_eq!(rows.next().unwrap().target, "api/a/b.md");
        let mut questions = all
            .guide
            .questions
            .iter()
            .filter(|q| of_api(&q.source.file));
        assert_eq!(questions.next().unwrap().targets, ["api/a/b.md"]);
    }

    #[test]
    fn names_are_names_of_folders() {
        for name in ["api", "a b", "ü-1.2"] {
            assert!(is_corpus_name(name), "{name}");
        }
        for name in ["", ".", "..", ".a", "a/b", "a\\b", "a\nb"] {
            assert!(!is_corpus_name(name), "{name}");
        }
    }
}
