//! Whether the guide and the files of a corpus agree.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt;

use globset::{GlobBuilder, GlobSet};

use super::guide::is_list_of_pages;
use super::walk::is_documentation;
use super::{Corpus, Guide, Pattern, Source};

/// A disagreement between what guide files say and what the folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuideWarning {
    /// Where to look: the line of the guide file, or line 1 of a section that none names.
    pub source: Source,
    /// What is wrong there.
    pub problem: GuideProblem,
}

/// What a [`GuideWarning`] is about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuideProblem {
    /// An entry points to something that is neither a section nor a guide file.
    MissingTarget {
        /// What the entry says: a guideline's phrase, a table row's title, a question.
        entry: String,
        /// The path that names no section, relative to the corpus root.
        target: String,
    },
    /// A glob matches no section.
    PatternMatchesNothing {
        /// The glob, relative to the corpus root.
        glob: String,
    },
    /// A question's row names no documentation file.
    NoTarget {
        /// The question.
        question: String,
    },
    /// The same question (ignoring case) stands twice.
    DuplicateQuestion {
        /// The question.
        question: String,
        /// Where it stands first.
        first: Source,
    },
    /// No guideline, table or glob names this section.
    UnnamedSection,
    /// The same phrase (ignoring case) stands twice in one group of one guide file.
    DuplicatePhrase {
        /// The group; may be empty.
        group: String,
        /// The phrase.
        phrase: String,
        /// Line of the first guideline with it.
        first_line: u32,
    },
}

impl fmt::Display for GuideWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Source { file, line } = &self.source;
        write!(f, "{file}:{line}: {}", self.problem)
    }
}

impl fmt::Display for GuideProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingTarget { entry, target } => {
                write!(f, "\"{entry}\" points to {target}, which is not a section")
            }
            Self::PatternMatchesNothing { glob } => write!(f, "no section matches {glob}"),
            Self::NoTarget { question } => {
                write!(f, "\"{question}\" names no section that answers it")
            }
            Self::DuplicateQuestion { question, first } => {
                let Source { file, line } = first;
                write!(f, "\"{question}\" stands twice, first on {file}:{line}")
            }
            Self::UnnamedSection => f.write_str("no guideline and no table names this section"),
            Self::DuplicatePhrase {
                group,
                phrase,
                first_line,
            } => {
                write!(
                    f,
                    "\"{phrase}\" stands twice under \"{group}\", first on line {first_line}"
                )
            }
        }
    }
}

/// Compares the guide of `corpus` with its sections, as [`check_guide_of`].
pub fn check_guide(corpus: &Corpus) -> Vec<GuideWarning> {
    let sections: Vec<&str> = corpus.sections.iter().map(|s| s.path.as_str()).collect();
    let guide_files: Vec<&str> = corpus.guide_files.iter().map(|f| f.path.as_str()).collect();
    check_guide_of(&sections, &guide_files, &corpus.guide)
}

/// Compares `guide` with the paths of the sections and of the files that it was read from.
///
/// Warnings are sorted by file and line. Without guide files there are none. Cost is linear in
/// entries and sections, and the product of both for globs.
pub fn check_guide_of(sections: &[&str], guide_files: &[&str], guide: &Guide) -> Vec<GuideWarning> {
    if guide_files.is_empty() {
        return Vec::new();
    }
    let globs: Vec<GlobSet> = guide.patterns.iter().map(compile).collect();
    let is_guide_file: HashSet<&str> = guide_files.iter().copied().collect();
    let pages = sections.iter().copied();
    let pages: Vec<&str> = pages.filter(|path| !is_guide_file.contains(path)).collect();
    let mut warnings = missing_targets(sections, guide_files, guide);
    warnings.extend(idle_patterns(sections, guide, &globs));
    warnings.extend(unnamed_sections(&pages, guide, &globs));
    warnings.extend(duplicate_phrases(guide));
    warnings.extend(questions_in_vain(guide));
    warnings.sort_by(|a, b| (&a.source.file, a.source.line).cmp(&(&b.source.file, b.source.line)));
    warnings
}

fn missing_targets(sections: &[&str], guide_files: &[&str], guide: &Guide) -> Vec<GuideWarning> {
    let present: HashSet<&str> = sections.iter().chain(guide_files).copied().collect();
    let guidelines = guide.guidelines.iter().flat_map(|guideline| {
        guideline
            .targets
            .iter()
            .map(|target| (&guideline.phrase, target, &guideline.source))
    });
    let descriptors = guide.descriptors.iter().map(|descriptor| {
        let entry = if descriptor.title.is_empty() {
            &descriptor.covers
        } else {
            &descriptor.title
        };
        (entry, &descriptor.target, &descriptor.source)
    });
    let questions = guide.questions.iter().flat_map(|known| {
        known
            .targets
            .iter()
            .map(|target| (&known.question, target, &known.source))
    });
    guidelines
        .chain(descriptors)
        .chain(questions)
        .filter(|(_, target, _)| !present.contains(target.as_str()))
        .map(|(entry, target, source)| GuideWarning {
            source: source.clone(),
            problem: GuideProblem::MissingTarget {
                entry: entry.clone(),
                target: target.clone(),
            },
        })
        .collect()
}

/// `globs` are those of the guide's patterns, in their order.
fn idle_patterns(sections: &[&str], guide: &Guide, globs: &[GlobSet]) -> Vec<GuideWarning> {
    let is_idle = |glob: &GlobSet| !sections.iter().any(|path| glob.is_match(path));
    let patterns = guide.patterns.iter().zip(globs);
    patterns
        .filter(|(_, glob)| is_idle(glob))
        .map(|(pattern, _)| GuideWarning {
            source: pattern.source.clone(),
            problem: GuideProblem::PatternMatchesNothing {
                glob: pattern.glob.clone(),
            },
        })
        .collect()
}

/// Of the folders whose guide routes: one that is made of questions alone need not reach every section, nor does
/// a list of pages.
fn unnamed_sections(sections: &[&str], guide: &Guide, globs: &[GlobSet]) -> Vec<GuideWarning> {
    let folders = routed_folders(guide);
    let by_guideline = guide
        .guidelines
        .iter()
        .flat_map(|guideline| &guideline.targets);
    let by_table = guide
        .descriptors
        .iter()
        .map(|descriptor| &descriptor.target);
    let named: HashSet<&str> = by_guideline.chain(by_table).map(String::as_str).collect();
    let is_named =
        |path: &str| named.contains(path) || globs.iter().any(|glob| glob.is_match(path));
    // A guide names files by their extension, so it cannot name a `LICENSE`.
    let unnamed = sections
        .iter()
        .filter(|path| is_routed(path, &folders) && !is_named(path) && is_documentation(path));
    unnamed
        .map(|path| GuideWarning {
            source: Source {
                file: (*path).to_owned(),
                line: 1,
            },
            problem: GuideProblem::UnnamedSection,
        })
        .collect()
}

/// The folders, each with a `/` behind it, for which a guide file says what is where.
fn routed_folders(guide: &Guide) -> HashSet<&str> {
    let guidelines = guide.guidelines.iter().map(|guideline| &guideline.source);
    let rows = guide.descriptors.iter().map(|row| &row.source);
    let patterns = guide.patterns.iter().map(|pattern| &pattern.source);
    let files = guidelines.chain(rows).chain(patterns);
    let files = files.map(|source| source.file.as_str());
    files
        .filter(|file| !is_list_of_pages(file))
        .map(|file| &file[..file.rfind('/').map_or(0, |end| end + 1)])
        .collect()
}

/// Whether one of `folders` holds the file, however deep.
fn is_routed(path: &str, folders: &HashSet<&str>) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .any(|end| folders.contains(&path[..end]))
}

fn duplicate_phrases(guide: &Guide) -> Vec<GuideWarning> {
    let mut first_lines: HashMap<(&str, String, String), u32> = HashMap::new();
    let mut warnings = Vec::new();
    for guideline in &guide.guidelines {
        let Source { file, line } = &guideline.source;
        let key = (
            file.as_str(),
            guideline.group.to_lowercase(),
            guideline.phrase.to_lowercase(),
        );
        match first_lines.get(&key) {
            None => {
                first_lines.insert(key, *line);
            }
            Some(&first_line) => warnings.push(GuideWarning {
                source: guideline.source.clone(),
                problem: GuideProblem::DuplicatePhrase {
                    group: guideline.group.clone(),
                    phrase: guideline.phrase.clone(),
                    first_line,
                },
            }),
        }
    }
    warnings
}

/// Questions that say nothing, or nothing new.
fn questions_in_vain(guide: &Guide) -> Vec<GuideWarning> {
    let mut firsts: HashMap<String, &Source> = HashMap::new();
    let mut warnings = Vec::new();
    for known in &guide.questions {
        let question = known.question.clone();
        let problem = match firsts.entry(question.to_lowercase()) {
            Entry::Occupied(first) => GuideProblem::DuplicateQuestion {
                question,
                first: (*first.get()).clone(),
            },
            Entry::Vacant(place) => {
                place.insert(&known.source);
                if !known.targets.is_empty() {
                    continue;
                }
                GuideProblem::NoTarget { question }
            }
        };
        warnings.push(GuideWarning {
            source: known.source.clone(),
            problem,
        });
    }
    warnings
}

/// What matches the paths that `pattern` names. Nothing, if it is no valid glob.
///
/// A set, although of one: globset panics when it compiles a single glob that is too long.
fn compile(pattern: &Pattern) -> GlobSet {
    let glob = GlobBuilder::new(&pattern.glob)
        .literal_separator(true)
        .build();
    glob.and_then(|glob| GlobSet::builder().add(glob).build())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{GuideFile, Section, guide};

    fn corpus(guide: &str, sections: &[&str]) -> Corpus {
        let section = |path: &&str| Section::from_text((*path).to_owned(), "text".to_owned());
        let mut corpus = Corpus::from_documents(sections.iter().map(section).collect());
        corpus.guide = guide::parse_guide("INDEX.md", guide);
        corpus.guide_files.push(GuideFile {
            path: "INDEX.md".to_owned(),
            text: guide.to_owned(),
            bytes: guide.len() as u64,
        });
        corpus
    }

    fn messages(corpus: &Corpus) -> Vec<String> {
        check_guide(corpus)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_problem_is_told_with_its_line() {
        let guide = "# I\n\n| Section | File |\n|---|---|\n| Alpha | `a.md` |\n| Gone | `gone.md` |\n\n\
                     **How**\n- Do it -> `a.md`, `lost.md`\n- do IT -> `../a.md`, `no-*.md`\n\n\
                     User: \"Why?\"\nRetrieve: `why.md`\n";
        assert_eq!(
            messages(&corpus(guide, &["a.md", "b.md", "why.txt"])),
            [
                "INDEX.md:6: \"Gone\" points to gone.md, which is not a section",
                "INDEX.md:9: \"Do it\" points to lost.md, which is not a section",
                "INDEX.md:10: \"do IT\" points to ../a.md, which is not a section",
                "INDEX.md:10: no section matches no-*.md",
                "INDEX.md:10: \"do IT\" stands twice under \"How\", first on line 9",
                "INDEX.md:12: \"Why?\" points to why.md, which is not a section",
                "b.md:1: no guideline and no table names this section",
                "why.txt:1: no guideline and no table names this section",
            ]
        );
    }

    #[test]
    fn guide_files_and_globs_are_good_targets() {
        let guide = "**A**\n- x -> `INDEX.md`\n- y -> `a.md`, `env-*.md`\n**B**\n- x -> `a.md`\n";
        assert_eq!(messages(&corpus(guide, &["a.md", "env-one.md"])), [""; 0]);
    }

    #[test]
    fn a_guide_counts_for_its_own_folder() {
        let mut corpus = corpus("", &["a/x.md", "a/b/y.md", "c/z.md", "top.md"]);
        corpus.guide = guide::parse_guide("a/INDEX.md", "- Do it -> `x.md`\n");
        let unnamed = "a/b/y.md:1: no guideline and no table names this section";
        assert_eq!(messages(&corpus), [unnamed]);
        corpus.guide = guide::read_guide("SUMMARY.md", "- [X](a/x.md)\n- [Gone](a/gone.md)\n");
        assert_eq!(
            messages(&corpus),
            ["SUMMARY.md:2: \"Gone\" points to a/gone.md, which is not a section"]
        );
    }

    #[test]
    fn questions_that_say_nothing_are_told() {
        let table =
            "| Question | File |\n|---|---|\n| Why? | a.md |\n| How? | |\n| why? | b.md |\n";
        assert_eq!(
            messages(&corpus(table, &["a.md", "b.md"])),
            [
                "INDEX.md:4: \"How?\" names no section that answers it",
                "INDEX.md:5: \"why?\" stands twice, first on INDEX.md:3",
            ]
        );
    }

    #[test]
    fn a_corpus_without_a_guide_has_no_warnings() {
        let section = Section::from_text("a.md".to_owned(), "text".to_owned());
        assert_eq!(check_guide(&Corpus::from_documents(vec![section])), []);
    }

    #[test]
    fn globs_match_within_one_folder() {
        for (glob, path, expected) in [
            ("env-*.md", "env-a.md", true),
            ("d/*-x-*.md", "d/a-x-b.md", true),
            ("*.md", "d/a.md", false),
            ("d/*", "d/e/a.md", false),
            ("**/*.md", "d/e/a.md", true),
            ("ab*ba.md", "aba.md", false),
            ("a*.md", "b.md", false),
        ] {
            let matches = compile(&pattern(glob)).is_match(path);
            assert_eq!(matches, expected, "{glob} on {path}");
        }
    }

    #[test]
    fn what_is_no_glob_matches_nothing() {
        let too_long = format!("a*{}.md", "x".repeat(1 << 20));
        for glob in ["*[.md", "{*.md", &too_long] {
            assert!(!compile(&pattern(glob)).is_match(glob));
        }
        assert_eq!(
            messages(&corpus("**A**\n- x -> `a.md`, `*[.md`\n", &["a.md"])),
            ["INDEX.md:2: no section matches *[.md"]
        );
    }

    fn pattern(glob: &str) -> Pattern {
        Pattern {
            glob: glob.to_owned(),
            source: Source {
                file: "INDEX.md".to_owned(),
                line: 1,
            },
        }
    }
}
