//! The words of a text that a question has, too.

use std::collections::HashSet;

use crate::analysis;

/// `text` in parts, of which the second, fourth and so on are words that share a term with
/// `question_terms`; the first may be empty. Joined they are `text`.
pub fn marked<'a>(text: &'a str, question_terms: &HashSet<String>) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    for word in analysis::words(text) {
        let terms = analysis::terms(word);
        if !terms.iter().any(|term| question_terms.contains(term)) {
            continue;
        }
        // Words come in order, each a part of what remains.
        let start = (word.as_ptr() as usize).saturating_sub(rest.as_ptr() as usize);
        let (before, from) = rest.split_at(start);
        let (word, after) = from.split_at(word.len());
        parts.extend([before, word]);
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(rest);
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_a_term_of_the_question_are_every_second_part() {
        let terms: HashSet<String> = analysis::terms("page tokens").into_iter().collect();
        let marked = |text| marked(text, &terms);
        assert_eq!(
            marked("The pages, naïve page_token, end"),
            ["The ", "pages", ", naïve ", "page_token", ", end"]
        );
        assert_eq!(marked("Tokens"), ["", "Tokens"]);
        assert_eq!(marked("page page"), ["", "page", " ", "page"]);
        assert_eq!(marked("none of them"), ["none of them"]);
        assert_eq!(marked(""), [""; 0]);
    }
}
