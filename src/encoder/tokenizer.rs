//! BERT's uncased WordPiece tokenizer.
//!
//! Text is cleaned (control characters dropped, white space unified), Chinese characters stand
//! alone, accents and case are removed, words are split at white space and punctuation, and each
//! word is cut into the longest vocabulary entries from left to right (Devlin et al., 2019; Wu et
//! al., 2016). `[CLS]` and the like in a text are plain text, never special tokens.
//!
//! The vocabulary is an open-addressing hash table that lies in the model file: nothing is built.
//! Cost is linear in the text: a word has at most 100 characters.

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

/// Turns text into ids of the vocabulary, which is read in place.
#[derive(Debug, Clone, Copy)]
pub struct Tokenizer<'a> {
    /// All entries, one after the other.
    pub bytes: &'a [u8],
    /// Entry `id` is `bytes[offsets[id]..offsets[id + 1]]`.
    pub offsets: &'a [u32],
    /// Hash table with linear probing: `id + 1`, or 0 where free. A power of two of slots.
    pub slots: &'a [u16],
}

impl Tokenizer<'_> {
    /// A slot holds `id + 1` in 16 bits, and counting goes one beyond the last.
    pub const MOST_ENTRIES: usize = (1 << 16) - 2;

    /// Builds the hash table of `entries`, at most [`MOST_ENTRIES`](Self::MOST_ENTRIES), with `slots` (a power of two) slots.
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

    /// `[CLS]`, `prefix`, the first `readable` ids of `text`, `[SEP]`.
    pub fn encode(&self, prefix: &[u32], text: &str, readable: usize) -> Vec<u32> {
        let prefix = prefix.iter().copied();
        let own = self.tokens(text).take(readable);
        [CLS]
            .into_iter()
            .chain(prefix)
            .chain(own)
            .chain([SEP])
            .collect()
    }

    /// The ids of `text`, in order, as far as they are asked for.
    pub fn tokens(&self, text: &str) -> impl Iterator<Item = u32> {
        words(text).flat_map(|word| {
            let is_short = word.chars().count() <= MAX_WORD_CHARS;
            let pieces = if is_short { self.split(&word) } else { None };
            pieces.unwrap_or_else(|| vec![UNKNOWN])
        })
    }

    /// Cuts `word` into the longest entries from left to right; `None` if that fails.
    fn split(&self, word: &str) -> Option<Vec<u32>> {
        let mut pieces = Vec::new();
        let mut rest = word;
        while !rest.is_empty() {
            let prefix = if pieces.is_empty() { b"" } else { CONTINUATION };
            let (id, length) = self.longest_entry(prefix, rest)?;
            pieces.push(id);
            rest = &rest[length..];
        }
        Some(pieces)
    }

    /// The longest entry `prefix + start of text`, and the length of that start.
    fn longest_entry(&self, prefix: &[u8], text: &str) -> Option<(u32, usize)> {
        let mut hash = PieceHash::default().extend(prefix);
        let mut longest = None;
        for (at, c) in text.char_indices() {
            let end = at + c.len_utf8();
            hash = hash.extend(&text.as_bytes()[at..end]);
            if let Some(id) = self.find(hash, prefix, &text.as_bytes()[..end]) {
                longest = Some((id, end));
            }
        }
        longest
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

/// Words and single punctuation marks of the normalized text.
fn words(text: &str) -> impl Iterator<Item = String> {
    let mut chars = normalize(text).peekable();
    std::iter::from_fn(move || {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let first = chars.next()?;
        let mut word = String::from(first);
        if !is_punctuation(first) {
            let inside = |c: &char| !c.is_whitespace() && !is_punctuation(*c);
            while let Some(c) = chars.next_if(inside) {
                word.push(c);
            }
        }
        Some(word)
    })
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
