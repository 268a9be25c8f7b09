//! What an audit finds: the types that every output is made from.

use std::fmt;

use serde::Serialize;

/// All that an audit says of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// How well each section is found, by path.
    pub sections: Vec<Findability>,
    /// Which sections come first instead of others, most often first.
    pub confusions: Vec<Confusion>,
    /// By falling severity, then by rule, then by weight; what matters most first.
    pub findings: Vec<Finding>,
    /// What could not be looked at, and why: a sentence each.
    pub notes: Vec<String>,
}

/// What was audited, for the head of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The documentation folder, or the index if that is not known.
    pub docs: String,
    /// Version of docent.
    pub docent: String,
    /// Name of the model.
    pub model: String,
    /// Number of sections.
    pub sections: usize,
}

/// How often a section comes first when it is asked for in its own words: its title, headings, first
/// sentences, and the hints that point to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Findability {
    /// The section.
    pub path: String,
    /// Its title.
    pub title: String,
    /// Questions made of its own words.
    pub asked: u32,
    /// For how many of them it comes first.
    pub first: u32,
    /// For how many it is among the first three.
    pub in_three: u32,
    /// For how many questions of other sections it comes first.
    pub taken: u32,
}

/// A section that comes first for questions of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Confusion {
    /// The section whose words were asked.
    pub asked: String,
    /// The section that came first.
    pub found: String,
    /// For how many questions.
    pub count: u32,
}

/// Something that an owner of the docs can mend.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Where to look.
    pub place: Place,
    /// What is wrong, and how that is known: a sentence with figures.
    pub message: String,
    /// What to do: a sentence.
    pub remedy: String,
    /// Other places that have to do with it.
    pub related: Vec<Place>,
    /// What stays the same when lines move: rule, files and words. Two audits are compared by it.
    pub key: String,
}

/// A line of a file of the docs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Place {
    /// Relative to the documentation folder.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a thought.
    Note,
    /// Readers are likely to miss something.
    Warning,
    /// Something is broken.
    Error,
}

/// Defines [`Rule`]: a line for each kind of finding, with its name in outputs and its headline.
macro_rules! rules {
    ($($(#[doc = $doc:literal])+ $rule:ident: $name:literal, $title:literal;)+) => {
        /// A kind of finding.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Rule {
            $($(#[doc = $doc])+ $rule,)+
        }

        impl Rule {
            /// All rules, in the order in which they are reported.
            pub const ALL: &[Self] = &[$(Self::$rule),+];

            /// The rule's name in outputs.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$rule => $name,)+
                }
            }

            /// What it is about, for a headline.
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$rule => $title,)+
                }
            }
        }
    };
}

rules! {
    /// A link between sections leads to a section or heading that is not there.
    BrokenLink: "broken-link", "Links that lead nowhere";
    /// A guide file names what is not there, or says a thing twice.
    GuideProblem: "guide-problem", "Hints that miss";
    /// Hints of nearly the same words point to different sections, so that neither speaks.
    CollidingHints: "colliding-hints", "Hints that collide";
    /// Questions that readers asked and no section answered.
    Unanswered: "unanswered", "Questions without an answer";
    /// A section that does not come first for any question of its own words.
    NeverFirst: "never-first", "Sections that are not found by their own words";
    /// Two sections of which one is found instead of the other.
    Confused: "confused", "Sections that are taken for one another";
    /// Passages of two sections that say the same nearly word for word.
    Repeated: "repeated", "Passages that stand twice";
    /// A section that comes first for questions of many others.
    Overshadowing: "overshadowing", "Sections that take the questions of others";
    /// A word of readers that the docs do not have.
    MissingWord: "missing-word", "Words of readers that the docs do not use";
    /// A heading that says nothing without its page.
    BareHeading: "bare-heading", "Headings that say nothing alone";
    /// A line, such as a table's row, that is longer than a passage.
    LongLine: "long-line", "Lines that are longer than a passage";
    /// A section that no guideline and no table names.
    UnnamedSection: "unnamed-section", "Sections that the guide does not name";
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
