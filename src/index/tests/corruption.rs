//! A damaged file is an error: never a panic, never a wrong answer.

use proptest::prelude::*;

use super::*;
use crate::index::format::{ALIGNMENT, HEADER_BYTES, Header, encode_record};
use crate::index::part::Part;

/// Uses everything that an index offers. Results may be errors; a panic fails the test.
fn exercise(index: &Index) {
    let past_the_end = 3;
    for i in 0..index.num_sections().min(100) + past_the_end {
        let _ = index.section(SectionId(i as u32));
    }
    for i in 0..index.num_chunks().min(100) + past_the_end {
        let id = ChunkId(i as u32);
        let _ = (index.chunk(id), index.section_of(id));
        let _ = (index.token_vectors(id), index.term_sequence(id));
    }
    let _ = index.vocabulary().map(Iterator::count);
    let _ = index.guide();
    for lexical in [index.sections_lexical(), index.chunks_lexical()] {
        for (_, (ids, freqs)) in lexical.terms().filter_map(Result::ok) {
            assert_eq!(ids.len(), freqs.len());
            assert!(ids.iter().all(|&id| (id as usize) < lexical.num_docs()));
        }
        for term in ["all", "first", "none"] {
            let _ = (lexical.postings(term), lexical.numbered(term));
        }
    }
    let query = Rng(77).unit(&vec![0.0; index.vectors().dim], 1.0);
    let _ = (
        index.nearest_exact(&query, 5),
        index.nearest_on_graph(&query, 5, 10),
        index.nearest(&query, 5, false, None),
        index.nearest(&query, 5, false, Some(&ChunkSet::new([2..4, 7..19]))),
    );
    let _ = index.verify();
}

/// Makes all checksums right again, as one who wants to do harm would.
fn reseal(bytes: &mut [u8], header: &Header) {
    let mut header = header.clone();
    for entry in &mut header.entries {
        let (start, end) = (entry.offset as usize, entry.padded_end().unwrap() as usize);
        entry.checksum = xxhash_rust::xxh3::xxh3_64(&bytes[start..end]);
    }
    bytes[..HEADER_BYTES].copy_from_slice(&header.encode());
}

/// Parts whose index is walked on the graph.
fn walked_parts() -> IndexParts {
    let mut parts = small_parts();
    parts.meta.search = SearchPath::Hnsw;
    parts
}

#[test]
fn every_flipped_byte_is_found() {
    let bytes = file_of(&small_parts());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    open_bytes(&path, &bytes).unwrap();
    for at in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let error = open_bytes(&path, &damaged).map(|_| at).unwrap_err();
        assert!(error.to_string().contains("\nhint: "), "{error}");
    }
}

#[test]
fn every_truncation_and_any_addition_is_found() {
    let bytes = file_of(&small_parts());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    for length in 0..bytes.len() {
        let error = open_bytes(&path, &bytes[..length])
            .map(|_| length)
            .unwrap_err();
        match length {
            0 => assert!(matches!(error, IndexError::NotAnIndex { .. }), "{error}"),
            _ => assert!(
                matches!(error, IndexError::Truncated { .. }),
                "{length}: {error}"
            ),
        }
    }
    let mut longer = bytes.clone();
    longer.extend([0; 64]);
    assert!(matches!(
        open_bytes(&path, &longer),
        Err(IndexError::Corrupt { .. })
    ));
}

#[test]
fn a_hostile_byte_under_right_checksums_never_panics() {
    let bytes = file_of(&walked_parts());
    let header = Header::decode(&bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    for at in HEADER_BYTES..bytes.len() {
        for flip in [0xff, 0x01] {
            let mut damaged = bytes.clone();
            damaged[at] ^= flip;
            reseal(&mut damaged, &header);
            if let Ok(index) = open_bytes(&path, &damaged) {
                exercise(&index);
            }
        }
    }
}

#[test]
fn a_hostile_part_table_never_panics() {
    let bytes = file_of(&small_parts());
    let header = Header::decode(&bytes).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let file_length = bytes.len() as u64;
    let values = [
        0,
        1,
        3,
        63,
        64,
        1024,
        file_length,
        1 << 40,
        u64::MAX - 63,
        u64::MAX,
    ];
    for (i, part) in Part::ALL.into_iter().enumerate() {
        for value in values {
            let mut moved = header.clone();
            moved.entries[i].offset = value;
            let mut resized = header.clone();
            resized.entries[i].length = value;
            // Lengths that end in the same padding keep the layout whole.
            let mut shrunk = header.clone();
            shrunk.entries[i].length = header.entries[i].length.saturating_sub(value % ALIGNMENT);
            for hostile in [moved, resized, shrunk]
                .iter()
                .filter(|hostile| **hostile != header)
            {
                let mut damaged = bytes.clone();
                damaged[..HEADER_BYTES].copy_from_slice(&hostile.encode());
                match open_bytes(&path, &damaged) {
                    Ok(index) => exercise(&index),
                    Err(error) => assert!(error.to_string().contains("\nhint: "), "{part}"),
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn hostile_content_under_right_checksums_never_panics(
        part in 0..Part::ALL.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<[u8; 4]>()), 1..6),
    ) {
        static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut bytes = FILE.get_or_init(|| file_of(&walked_parts())).clone();
        let header = Header::decode(&bytes).unwrap();
        let start = header.entries[part].offset as usize;
        let length = header.entries[part].length as usize;
        for (at, value) in edits {
            // Whole small words: those are the offsets, ids and lengths.
            let at = at.index(length / 4) * 4;
            bytes[start + at..start + at + 4].copy_from_slice(&value);
        }
        reseal(&mut bytes, &header);
        let folder = tempfile::tempdir().unwrap();
        if let Ok(index) = open_bytes(&folder.path().join("x.idx"), &bytes) {
            exercise(&index);
        }
    }
}

#[test]
fn a_vocabulary_that_is_no_text_is_found() {
    let mut bytes = file_of(&small_parts());
    let header = Header::decode(&bytes).unwrap();
    bytes[header.entries[Part::Vocabulary as usize].offset as usize] = 0xff;
    reseal(&mut bytes, &header);
    let folder = tempfile::tempdir().unwrap();
    let index = open_bytes(&folder.path().join("x.idx"), &bytes).unwrap();
    let expected = Damage::Undecodable { record: 0 }.of(Part::Vocabulary);
    let asked = index.vocabulary().map(|_| ()).unwrap_err();
    for error in [index.verify().unwrap_err(), asked] {
        let IndexError::Corrupt { corruption, .. } = error else {
            panic!("{error}")
        };
        assert_eq!(corruption, expected);
    }
}

#[test]
fn terms_of_another_analyzer_ask_for_a_rebuild() {
    let mut parts = small_parts();
    parts.meta.analyzer = "english-0".to_owned();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let error = open_bytes(&path, &file_of(&parts)).unwrap_err();
    let expected = format!(
        "index file {} has terms of the analyzer english-0, this docent's is {ANALYZER}\n\
         hint: rebuild it with build-index",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_graph_that_is_to_be_walked_must_be_there() {
    let mut parts = small_parts();
    parts.graph = None;
    let flat = encode_record(&parts.meta).unwrap();
    let mut bytes = file_of(&parts);
    parts.meta.search = SearchPath::Hnsw;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    assert!(matches!(
        parts.write(&path),
        Err(IndexError::InvalidParts { .. })
    ));

    let walked = encode_record(&parts.meta).unwrap();
    let header = Header::decode(&bytes).unwrap();
    let start = header.entries[Part::Meta as usize].offset as usize;
    assert_eq!(bytes[start..start + flat.len()], flat);
    bytes[start..start + walked.len()].copy_from_slice(&walked);
    reseal(&mut bytes, &header);
    let error = open_bytes(&path, &bytes).unwrap_err();
    assert!(matches!(error, IndexError::Corrupt { .. }), "{error}");
}

#[test]
fn token_rows_must_be_as_many_as_the_chunks_have() {
    let mut parts = small_parts();
    parts.guide_token_vectors = None;
    let mut bytes = file_of(&parts);
    let header = Header::decode(&bytes).unwrap();
    // Dimension of the sentence vectors, then that of the token vectors: rows of 12 bytes instead of 4
    // divide the 120 bytes of codes, but are too few.
    let at = header.entries[Part::Shape as usize].offset as usize + 4;
    assert_eq!(bytes[at..at + 4], 8u32.to_le_bytes());
    bytes[at..at + 4].copy_from_slice(&40u32.to_le_bytes());
    reseal(&mut bytes, &header);
    let folder = tempfile::tempdir().unwrap();
    let error = open_bytes(&folder.path().join("x.idx"), &bytes).unwrap_err();
    let IndexError::Corrupt { corruption, .. } = error else {
        panic!("{error}")
    };
    let (expected, found) = (10, 30);
    assert_eq!(
        corruption,
        Damage::Mismatch { expected, found }.of(Part::TokenOffsets)
    );
}

#[test]
fn damage_in_a_large_file_is_found_by_verify() {
    let mut parts = small_parts();
    let tokens = parts.token_vectors.as_mut().unwrap();
    let rows = VERIFIED_WHOLE / 2;
    tokens.offsets[20] = rows;
    tokens.codes.to_mut().resize(rows as usize * 4, 0);
    let mut bytes = file_of(&parts);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    open_bytes(&path, &bytes).unwrap().verify().unwrap();

    let header = Header::decode(&bytes).unwrap();
    let codes = header.entries[Part::TokenCodes as usize];
    bytes[(codes.offset + codes.length / 2) as usize] ^= 1;
    let error = open_bytes(&path, &bytes).unwrap().verify().unwrap_err();
    let IndexError::Corrupt { corruption, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(corruption.part, "token codes");
    assert!(matches!(corruption.damage, Damage::Checksum { .. }));

    // A small part of a large file is verified when it is opened.
    let meta = header.entries[Part::Meta as usize];
    bytes[meta.offset as usize + 20] ^= 1;
    assert!(matches!(
        open_bytes(&path, &bytes),
        Err(IndexError::Corrupt { .. })
    ));
}

#[test]
fn each_kind_of_wrong_file_has_its_own_advice() {
    let bytes = file_of(&small_parts());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    let shown = path.display();
    let versioned = |version| {
        let mut bytes = bytes.clone();
        bytes[7] = version;
        bytes
    };
    for (file, message) in [
        (
            b"# Not an index\n".to_vec(),
            format!("{shown} is not a docent index file\nhint: name a file that build-index wrote"),
        ),
        (
            versioned(0),
            format!(
                "index file {shown} has format version 0, this docent reads version 7\n\
                 hint: rebuild it with build-index"
            ),
        ),
        (
            versioned(8),
            format!(
                "index file {shown} has format version 8, this docent reads version 7\n\
                 hint: update docent, or rebuild the index with this version's build-index"
            ),
        ),
        (
            bytes[..2_000].to_vec(),
            format!(
                "index file {shown} is cut off: 2000 of {} bytes\n\
                 hint: copy it again or rebuild it with build-index",
                bytes.len()
            ),
        ),
    ] {
        assert_eq!(open_bytes(&path, &file).unwrap_err().to_string(), message);
    }
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(
        Index::open(&path),
        Err(IndexError::NotFound { .. })
    ));
    assert!(matches!(
        Index::open(folder.path()),
        Err(IndexError::Read { .. })
    ));
}

#[test]
fn a_file_of_version_1_asks_for_a_rebuild() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/version-1.idx");
    let error = Index::open(&path).unwrap_err();
    let expected = format!(
        "index file {} has format version 1, this docent reads version 7\n\
         hint: rebuild it with build-index",
        path.display()
    );
    assert_eq!(error.to_string(), expected);
}
