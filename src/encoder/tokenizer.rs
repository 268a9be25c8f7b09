//! BERT's uncased WordPiece tokenizer.
//!
//! Text is cleaned (control characters dropped, white space unified), Chinese characters stand
//! alone, accents and case are removed, words are split at white space and punctuation, and each
//! word is cut into the longest vocabulary entries from left to right (Devlin et al., 2019; Wu et
//! al., 2016). `[CLS]` and the like in a text are plain text, never special tokens.
//!
//! The vocabulary is an open-addressing hash table that lies in the model file: nothing is built.
//! Cost is linear in the text: a word has at most 100 characters.

use std::ops::ControlFlow;

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// Begins every input.
pub const CLS: u32 = 101;
/// Ends every input.
pub const SEP: u32 = 102;
/// Stands for a word that the vocabulary cannot spell.
pub const UNKNOWN: u32 = 100;

/// Longest word in characters; a longer one is [`UNKNOWN`].
const MAX_WORD_CHARS: usize = 100;
/// Begins an entry that continues a word.
const CONTINUATION: &[u8] = b"##";

/// The vocabulary, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary<'a> {
    /// All entries, one after the other.
    pub bytes: &'a [u8],
    /// Entry `id` is `bytes[offsets[id]..offsets[id + 1]]`.
    pub offsets: &'a [u32],
    /// Hash table with linear probing: `id + 1`, or 0 where free. A power of two of slots.
    pub slots: &'a [u16],
}

impl Vocabulary<'_> {
    /// Builds the hash table of `entries`, at most 65,534, with `slots` (a power of two) slots.
    pub fn build_slots(entries: &[&[u8]], slots: usize) -> Vec<u16> {
        let mut table = vec![0u16; slots];
        for (id, entry) in (1..).zip(entries) {
            let mut slot = PieceHash::default().extend(entry).slot(slots);
            while table[slot] != 0 {
                slot = (slot + 1) % slots;
            }
            table[slot] = id;
        }
        table
    }

    /// The id of the entry `prefix + rest`, whose hash is `hash`.
    fn find(&self, hash: PieceHash, prefix: &[u8], rest: &[u8]) -> Option<u32> {
        let start = hash.slot(self.slots.len());
        for probe in 0..self.slots.len() {
            let slot = self.slots[(start + probe) % self.slots.len()];
            let id = usize::from(slot.checked_sub(1)?);
            let (from, to) = (*self.offsets.get(id)?, *self.offsets.get(id + 1)?);
            let entry = self.bytes.get(from as usize..to as usize)?;
            if entry.strip_prefix(prefix) == Some(rest) {
                return Some(id as u32);
            }
        }
        None
    }
}

/// FNV-1a of 32 bits, which grows byte by byte with the piece.
#[derive(Debug, Clone, Copy)]
struct PieceHash(u32);

impl Default for PieceHash {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl PieceHash {
    fn extend(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |hash, &byte| {
            Self((hash.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193))
        })
    }

    fn slot(self, slots: usize) -> usize {
        (self.0 ^ (self.0 >> 15)) as usize % slots.max(1)
    }
}

/// Turns text into vocabulary ids.
#[derive(Debug, Clone, Copy)]
pub struct Tokenizer<'a> {
    vocabulary: Vocabulary<'a>,
}

impl<'a> Tokenizer<'a> {
    /// A tokenizer over `vocabulary`.
    pub fn new(vocabulary: Vocabulary<'a>) -> Self {
        Self { vocabulary }
    }

    /// `[CLS]`, the ids of `text`, `[SEP]`, cut so that there are at most `max_tokens` (>= 2).
    pub fn encode(&self, text: &str, max_tokens: usize) -> Vec<u32> {
        let mut ids = vec![CLS];
        let _ = self.each_token(text, |id| {
            if ids.len() + 1 >= max_tokens {
                return ControlFlow::Break(());
            }
            ids.push(id);
            ControlFlow::Continue(())
        });
        ids.push(SEP);
        ids
    }

    /// Number of tokens of `text`, without `[CLS]` and `[SEP]`.
    pub fn count(&self, text: &str) -> usize {
        let mut count = 0;
        let _ = self.each_token(text, |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        count
    }

    /// Calls `sink` with every token in order until it breaks.
    fn each_token(
        &self,
        text: &str,
        mut sink: impl FnMut(u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut word = Word::default();
        for c in normalize(text) {
            if c.is_whitespace() {
                self.take_word(&mut word, &mut sink)?;
            } else if is_punctuation(c) {
                self.take_word(&mut word, &mut sink)?;
                word.push(c);
                self.take_word(&mut word, &mut sink)?;
            } else {
                word.push(c);
            }
        }
        self.take_word(&mut word, &mut sink)
    }

    /// Sends the pieces of `word` to `sink` and empties it.
    fn take_word(
        &self,
        word: &mut Word,
        sink: &mut impl FnMut(u32) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if word.chars > MAX_WORD_CHARS || !self.split(&word.text, &mut word.pieces) {
            word.pieces.clear();
            word.pieces.push(UNKNOWN);
        }
        word.text.clear();
        word.chars = 0;
        word.pieces.drain(..).try_for_each(sink)
    }

    /// Cuts `word` into the longest entries from left to right; false if that fails.
    fn split(&self, word: &str, pieces: &mut Vec<u32>) -> bool {
        let mut start = 0;
        while start < word.len() {
            let prefix = if start == 0 { &[][..] } else { CONTINUATION };
            let rest = &word[start..];
            let mut hash = PieceHash::default().extend(prefix);
            let mut longest = None;
            for (at, c) in rest.char_indices() {
                let end = at + c.len_utf8();
                hash = hash.extend(&rest.as_bytes()[at..end]);
                if let Some(id) = self.vocabulary.find(hash, prefix, &rest.as_bytes()[..end]) {
                    longest = Some((id, end));
                }
            }
            let Some((id, length)) = longest else {
                return false;
            };
            pieces.push(id);
            start += length;
        }
        true
    }
}

/// The word that is being read; text beyond the longest word allowed is only counted.
#[derive(Default)]
struct Word {
    text: String,
    chars: usize,
    pieces: Vec<u32>,
}

impl Word {
    fn push(&mut self, c: char) {
        self.chars += 1;
        if self.chars <= MAX_WORD_CHARS {
            self.text.push(c);
        }
    }
}

/// Cleaned, decomposed (NFD), without accents, in lower case, Chinese characters set apart.
fn normalize(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter_map(clean)
        .flat_map(|c| {
            let around = is_chinese(c).then_some(' ');
            around.into_iter().chain([c]).chain(around)
        })
        .nfd()
        .filter(|&c| c.is_ascii() || get_general_category(c) != GeneralCategory::NonspacingMark)
        .flat_map(char::to_lowercase)
}

/// White space as a space; control, format and private-use characters not at all.
fn clean(c: char) -> Option<char> {
    use GeneralCategory::{Control, Format, PrivateUse};
    if c.is_whitespace() {
        return Some(' ');
    }
    let dropped = c == char::REPLACEMENT_CHARACTER
        || if c.is_ascii() {
            c.is_ascii_control()
        } else {
            matches!(get_general_category(c), Control | Format | PrivateUse)
        };
    (!dropped).then_some(c)
}

/// The blocks that BERT's tokenizer calls Chinese (not Japanese syllables, not Hangul).
fn is_chinese(c: char) -> bool {
    matches!(u32::from(c),
        0x4E00..=0x9FFF | 0x3400..=0x4DBF | 0x2_0000..=0x2_A6DF | 0x2_A700..=0x2_B73F
        | 0x2_B740..=0x2_B81F | 0x2_B920..=0x2_CEAF | 0xF900..=0xFAFF | 0x2_F800..=0x2_FA1F)
}

/// ASCII symbols count as punctuation too.
fn is_punctuation(c: char) -> bool {
    use GeneralCategory::*;
    if c.is_ascii() {
        return c.is_ascii_punctuation();
    }
    matches!(
        get_general_category(c),
        ConnectorPunctuation
            | DashPunctuation
            | OpenPunctuation
            | ClosePunctuation
            | InitialPunctuation
            | FinalPunctuation
            | OtherPunctuation
    )
}
