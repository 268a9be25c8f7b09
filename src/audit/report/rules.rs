//! What each rule means, for readers who see it for the first time.

use crate::audit::Rule;

/// What a finding of `rule` is and why it matters.
pub(super) fn help(rule: Rule) -> &'static str {
    match rule {
        Rule::BrokenLink => {
            "A link leads to a section or heading that is not there. Its readers get nowhere, and \
             what the link says of its target is lost."
        }
        Rule::GuideProblem => {
            "A guide file names something that is not there, or says a thing twice. Such a hint \
             helps nobody."
        }
        Rule::CollidingHints => {
            "Hints of nearly the same words point to different sections. No hint is clearly the \
             nearest to a question then, so none of them puts its sections first."
        }
        Rule::Unanswered => {
            "Readers asked this, and no section answered. Either the docs do not have it, or they \
             say it in other words."
        }
        Rule::NeverFirst => {
            "The section was asked for by its title, headings, first sentences and hints, and other \
             sections came first each time. Readers who search will hardly meet it."
        }
        Rule::Confused => {
            "Questions in the words of one section are answered by another one first. The two say \
             much the same, or one lacks the words that set it apart."
        }
        Rule::Repeated => {
            "Two sections have a passage that is nearly the same word for word. A search cannot \
             tell which of them is meant, and one will be changed without the other."
        }
        Rule::Overshadowing => {
            "The section comes first for questions of many others. It may be an overview that \
             repeats them, or too long and about too much."
        }
        Rule::MissingWord => {
            "Readers use a word that the docs do not have. A hint or a sentence that says it leads \
             them to the word of the docs."
        }
        Rule::BareHeading => {
            "The heading says nothing without its page. In a list of search results it does not \
             tell what stands below it."
        }
        Rule::LongLine => {
            "The line, such as a table's row, is longer than a passage. It is cut in pieces that \
             are searched each for itself."
        }
        Rule::UnnamedSection => {
            "No guideline and no table of the guide names the section. It is found by its own text \
             alone."
        }
    }
}
