//! Cuts one line that is too long for a chunk.

use std::ops::Range;

/// Parts of `text` with at most `budget` tokens each: sentences; of a sentence that is too long,
/// as many words as fit; of a word that is too long, halves of halves. Never empty parts.
pub(super) fn split_text(
    text: &str,
    budget: usize,
    count_tokens: &(dyn Fn(&str) -> usize + Sync),
) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    for sentence in ranges(text, 0..text.len(), ends_sentence) {
        if count_tokens(&text[sentence.clone()]) <= budget {
            parts.push(sentence);
            continue;
        }
        let mut open: Option<(Range<usize>, usize)> = None;
        for word in ranges(text, sentence, |_, next| next.is_whitespace()) {
            let tokens = count_tokens(&text[word.clone()]);
            match &mut open {
                Some((part, sum)) if *sum + tokens <= budget => {
                    part.end = word.end;
                    *sum += tokens;
                }
                _ if tokens <= budget => {
                    parts.extend(open.replace((word, tokens)).map(|(part, _)| part));
                }
                _ => {
                    parts.extend(open.take().map(|(part, _)| part));
                    halve(text, word, budget, count_tokens, &mut parts);
                }
            }
        }
        parts.extend(open.map(|(part, _)| part));
    }
    parts
}

fn halve(
    text: &str,
    word: Range<usize>,
    budget: usize,
    count_tokens: &(dyn Fn(&str) -> usize + Sync),
    parts: &mut Vec<Range<usize>>,
) {
    let mut middle = word.start + word.len() / 2;
    while !text.is_char_boundary(middle) {
        middle -= 1;
    }
    if middle == word.start || count_tokens(&text[word.clone()]) <= budget {
        parts.push(word);
        return;
    }
    halve(text, word.start..middle, budget, count_tokens, parts);
    halve(text, middle..word.end, budget, count_tokens, parts);
}

/// Ranges of `within` without white space around them, cut after each character for which
/// `is_end(character, next character)`.
fn ranges(
    text: &str,
    within: Range<usize>,
    is_end: impl Fn(char, char) -> bool,
) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = within.start;
    let mut chars = text[within.clone()].char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let end = within.start + at + char.len_utf8();
        if chars.peek().is_none_or(|&(_, next)| is_end(char, next)) {
            let part = &text[start..end];
            let trimmed_start = start + part.len() - part.trim_start().len();
            if !part.trim().is_empty() {
                found.push(trimmed_start..start + part.trim_end().len());
            }
            start = end;
        }
    }
    found
}

fn ends_sentence(char: char, next: char) -> bool {
    match char {
        '.' | '!' | '?' | '…' => next.is_whitespace(),
        '。' | '！' | '？' => true,
        _ => false,
    }
}
