//! The parts of the index file.

use std::fmt;

macro_rules! parts {
    ($($name:ident: $element:ty = $text:literal),* $(,)?) => {
        /// A part of the index file, in file order. `FORMAT.md` says what each one holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Part { $($name),* }

        impl Part {
            /// All parts in file order.
            pub const ALL: [Part; [$($text),*].len()] = [$(Part::$name),*];

            /// Bytes of one element: a part's length is a multiple of it.
            pub fn element_size(self) -> usize {
                match self { $(Part::$name => size_of::<$element>()),* }
            }

            /// The part's name in messages.
            pub fn name(self) -> &'static str {
                match self { $(Part::$name => $text),* }
            }
        }
    };
}

parts! {
    Meta: u8 = "meta",
    Shape: u32 = "shape",
    SectionOffsets: u64 = "section offsets",
    SectionRecords: u8 = "section records",
    ChunkNumbers: [u32; 6] = "chunk numbers",
    ChunkHashes: [u8; 16] = "chunk hashes",
    ChunkOffsets: u64 = "chunk offsets",
    ChunkRecords: u8 = "chunk records",
    Guide: u8 = "guide",
    GuideVectors: f32 = "guide vectors",
    Vectors: f32 = "vectors",
    TokenOffsets: u64 = "token offsets",
    TokenFrequencies: u32 = "token frequencies",
    TokenCodes: u8 = "token codes",
    SectionTerms: u8 = "section terms",
    SectionTermOffsets: u32 = "section term offsets",
    SectionPostingOffsets: u32 = "section posting offsets",
    SectionDocIds: u32 = "section doc ids",
    SectionFrequencies: f32 = "section frequencies",
    SectionDocLengths: f32 = "section doc lengths",
    ChunkTerms: u8 = "chunk terms",
    ChunkTermOffsets: u32 = "chunk term offsets",
    ChunkPostingOffsets: u32 = "chunk posting offsets",
    ChunkDocIds: u32 = "chunk doc ids",
    ChunkFrequencies: f32 = "chunk frequencies",
    ChunkDocLengths: f32 = "chunk doc lengths",
    VectorCodes: i8 = "vector codes",
    VectorScales: f32 = "vector scales",
    GraphLinks: u32 = "graph links",
    GraphUpperFirst: u32 = "graph upper first",
    GraphUpperLinks: u32 = "graph upper links",
    Vocabulary: u8 = "vocabulary",
    SequenceOffsets: u64 = "sequence offsets",
    SequenceTerms: u32 = "sequence terms",
    GuideTokenOffsets: u64 = "guide token offsets",
    GuideTokenCodes: u8 = "guide token codes",
    GuideTerms: u8 = "guide terms",
    GuideTermOffsets: u32 = "guide term offsets",
    GuidePostingOffsets: u32 = "guide posting offsets",
    GuideDocIds: u32 = "guide doc ids",
    GuideFrequencies: f32 = "guide frequencies",
    GuideDocLengths: f32 = "guide doc lengths",
}

impl Part {
    /// The part's number in the part table, from 1.
    pub fn kind(self) -> u32 {
        self as u32 + 1
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
