//! What is written is what is read, and the same parts are the same bytes.

use super::*;
use crate::index::lexical::SECTION_PARTS;

fn open(parts: &IndexParts) -> (tempfile::TempDir, Index) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docent.idx");
    parts.write(&path).unwrap();
    let index = Index::open(&path).unwrap();
    index.verify().unwrap();
    (folder, index)
}

fn assert_same(index: &Index, parts: &IndexParts) {
    assert_eq!(index.meta(), &parts.meta);
    assert_eq!(index.num_sections(), parts.sections.len());
    assert_eq!(index.num_chunks(), parts.chunks.len());
    for (id, section) in index.sections().zip(&parts.sections) {
        assert_eq!(&index.section(id).unwrap(), section);
    }
    for (id, chunk) in ChunkId::all(0..u32::MAX).zip(&parts.chunks) {
        let read = index.chunk(id).unwrap();
        let read = ChunkRecord {
            section: read.section.0,
            line_start: read.line_start,
            line_end: read.line_end,
            file_lines: read.file_lines,
            tokens: read.tokens,
            anchor: read.anchor.map(str::to_owned),
            heading_path: read
                .heading_path
                .iter()
                .map(|&heading| heading.into())
                .collect(),
            text: read.text.into(),
            embed_text_hash: read.embed_text_hash,
        };
        assert_eq!(&read, chunk);
        assert_eq!(index.section_of(id).unwrap().0, chunk.section);
    }
    assert_eq!(index.guide().unwrap(), parts.guide);
    assert_eq!(index.guide_vectors(), parts.guide_vectors.view());
    assert_eq!(index.vectors(), parts.vectors.view());
}

#[test]
fn an_index_in_memory_is_the_one_of_the_file() {
    let parts = small_parts();
    let (_folder, file) = open(&parts);
    let bytes = parts.to_bytes().unwrap();
    assert_eq!(bytes, std::fs::read(file.path()).unwrap());
    let index = Index::from_bytes(&bytes, Path::new("memory")).unwrap();
    index.verify().unwrap();
    assert_same(&index, &parts);
    assert_eq!(index.content_id(), file.content_id());
    for cut in [0, 1, 100, bytes.len() - 1] {
        assert!(
            Index::from_bytes(&bytes[..cut], Path::new("memory")).is_err(),
            "{cut}"
        );
    }
}

#[test]
fn an_index_without_chunks_keeps_what_no_question_changes() {
    let (_folder, whole) = open(&small_parts());
    let parts = whole.without_chunks().unwrap();
    let bytes = parts.to_bytes().unwrap();
    let index = Index::from_bytes(&bytes, Path::new("memory")).unwrap();
    index.verify().unwrap();
    assert_eq!(index.num_chunks(), 0);
    assert_eq!(index.num_sections(), whole.num_sections());
    for id in whole.sections() {
        let expected = SectionRecord {
            chunks: 0..0,
            ..whole.section(id).unwrap()
        };
        assert_eq!(index.section(id).unwrap(), expected);
    }
    assert_eq!(index.meta().model, whole.meta().model);
    assert_eq!(index.guide().unwrap(), whole.guide().unwrap());
    assert_eq!(index.guide_vectors(), whole.guide_vectors());
    for row in 0..whole.guide().unwrap().num_passages() {
        let rows = |index: &Index| {
            let rows = index.guide_token_vectors(row).unwrap();
            rows.map(|rows| (rows.dim, rows.codes.to_vec()))
        };
        assert_eq!(rows(&index), rows(&whole), "{row}");
    }
    let terms = |index: &Index| -> Vec<String> {
        let terms = index.guide_lexical();
        let terms = terms.terms().map(|term| format!("{:?}", term.unwrap()));
        terms.collect()
    };
    assert_eq!(terms(&index), terms(&whole));
    assert_eq!(index.token_dim(), whole.token_dim());
    assert_eq!(index.token_frequencies(), whole.token_frequencies());
    let words = |index: &Index| -> Vec<String> {
        let words = index.vocabulary().unwrap();
        words.map(str::to_owned).collect()
    };
    assert_eq!(words(&index), words(&whole));
}

#[test]
fn everything_written_is_read_back() {
    let parts = small_parts();
    let (_folder, index) = open(&parts);
    assert_same(&index, &parts);

    let tokens = parts.token_vectors.as_ref().unwrap();
    for i in 0..parts.chunks.len() {
        let rows = tokens.offsets[i] as usize..tokens.offsets[i + 1] as usize;
        let id = ChunkId(i as u32);
        let read = index.token_vectors(id).unwrap().unwrap();
        assert_eq!(read.dim, 8);
        assert_eq!(read.codes, &tokens.codes[rows.start * 4..rows.end * 4]);
        assert_eq!(index.term_sequence(id).unwrap(), [i as u32 % 2; 2]);
    }

    for (passage, rows) in [0..2, 2..2, 2..5].into_iter().enumerate() {
        let read = index.guide_token_vectors(passage).unwrap().unwrap();
        let codes = &parts.guide_token_vectors.as_ref().unwrap().codes;
        assert_eq!(
            (read.dim, read.codes),
            (8, &codes[4 * rows.start..4 * rows.end])
        );
    }
    assert_eq!(index.guide_lexical().num_docs(), 3);
    let all = index.guide_lexical().postings("all").unwrap().unwrap();
    assert_eq!(all.0, [0, 1, 2]);

    let lexical = index.sections_lexical();
    assert_eq!(
        (lexical.num_docs(), lexical.num_terms(), lexical.parts),
        (7, 2, SECTION_PARTS)
    );
    assert_eq!(lexical.doc_lengths(), parts.sections_lexical.doc_lengths);
    assert_eq!(
        lexical.postings("first").unwrap(),
        Some((&[0][..], &[1.0][..]))
    );
    assert_eq!(lexical.postings("last").unwrap(), None);
    assert_eq!(lexical.numbered("first").unwrap(), Some((1, 1)));
    assert_eq!(lexical.numbered("last").unwrap(), None);
    assert_eq!(
        index
            .chunks_lexical()
            .postings("all")
            .unwrap()
            .unwrap()
            .0
            .len(),
        20
    );
}

#[test]
fn past_the_end_is_an_error() {
    let (_folder, index) = open(&small_parts());
    assert!(index.section(SectionId(7)).is_err());
    assert!(index.section(SectionId(u32::MAX)).is_err());
    for far in [20, u32::MAX - 1, u32::MAX] {
        let far = ChunkId(far);
        assert!(index.chunk(far).is_err());
        assert!(index.section_of(far).is_err());
        assert!(index.token_vectors(far).is_err());
        assert!(index.term_sequence(far).is_err());
    }
}

#[test]
fn an_index_without_optional_parts() {
    let mut parts = parts_over(clustered(20, 8, 4, &mut Rng(1)));
    parts.guide = Guide::default();
    parts.guide_vectors.data.to_mut().clear();
    parts.guide_token_vectors = None;
    parts.guide_lexical = InvertedIndex::without_terms(Vec::new());
    parts.token_vectors = None;
    parts.sections_lexical = InvertedIndex::without_terms(vec![0.0; 7]);
    parts.chunks_lexical = InvertedIndex::without_terms(vec![0.0; 20]);
    let (_folder, index) = open(&parts);
    assert_same(&index, &parts);
    assert_eq!(index.token_vectors(ChunkId(0)).unwrap(), None);
    assert_eq!(index.guide_token_vectors(0).unwrap(), None);
    assert_eq!(index.chunks_lexical().num_terms(), 0);
    assert_eq!(index.guide_vectors().num_rows(), 0);
}

#[test]
fn an_index_of_one_chunk_and_of_none() {
    for n in [1, 0] {
        let mut parts = parts_over(clustered(n, 8, 4, &mut Rng(1)));
        add_graph(&mut parts).unwrap();
        assert_eq!((&parts.graph, parts.meta.ann_recall_at_10), (&None, None));
        let (_folder, index) = open(&parts);
        assert_same(&index, &parts);
        let query = Rng(9).unit(&[0.0; 8], 1.0);
        assert_eq!(index.nearest(&query, 4, false, None).unwrap().len(), n);
        assert_eq!(index.nearest_on_graph(&query, 4, 10).unwrap().len(), n);
    }
}

#[test]
fn same_parts_same_bytes_on_any_number_of_threads() {
    let build = |threads| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let mut parts = parts_over(clustered(1_500, 16, 40, &mut Rng(5)));
            add_graph(&mut parts).unwrap();
            file_of(&parts)
        })
    };
    assert!(build(1) == build(2), "files differ");
}

#[test]
fn another_model_or_dimension_is_refused() {
    let parts = small_parts();
    let (_folder, index) = open(&parts);
    index.check_model(&parts.meta.model).unwrap();
    let other = ModelId {
        digest: "11ee11ee11ee11ee".into(),
        ..parts.meta.model.clone()
    };
    assert_eq!(
        index.check_model(&other).unwrap_err().to_string(),
        "the index was built with model toy (00ff00ff00ff), the encoder is toy (11ee11ee11ee)\n\
         hint: query with the index's model (--model), or rebuild the index with this one"
    );
    for search in [Index::nearest_exact, |i: &Index, q: &[f32], k| {
        i.nearest_on_graph(q, k, 9)
    }] {
        let error = search(&index, &[1.0; 7], 3).unwrap_err();
        assert!(matches!(
            error,
            IndexError::WrongDimension {
                expected: 8,
                found: 7
            }
        ));
    }
}

#[test]
fn contradicting_parts_are_refused_before_the_old_file_is_touched() {
    type Break = fn(&mut IndexParts);
    let breaks: [(&str, Break); 15] = [
        ("section count", |p| p.meta.counts.sections += 1),
        ("chunk count", |p| p.meta.counts.chunks -= 1),
        ("a vector too few", |p| {
            p.vectors.data.to_mut().truncate(19 * 8)
        }),
        ("another dimension", |p| p.meta.model.dim = 9),
        ("a zero vector", |p| {
            p.vectors.data.to_mut()[8..16].fill(0.0)
        }),
        ("not a number", |p| p.vectors.data.to_mut()[3] = f32::NAN),
        ("a guide row too few", |p| {
            p.guide_vectors.data.to_mut().truncate(8)
        }),
        ("token rows of another width", |p| {
            p.token_vectors.as_mut().unwrap().dim = 17
        }),
        ("guide tokens of another width", |p| {
            p.guide_token_vectors.as_mut().unwrap().dim = 7
        }),
        ("guide tokens too few", |p| {
            p.guide_token_vectors.as_mut().unwrap().offsets.truncate(3)
        }),
        ("a word of no guide passage", |p| {
            p.guide_lexical.doc_ids[0] = 3
        }),
        ("overlapping sections", |p| p.sections[1].chunks.start = 2),
        ("chunk of another section", |p| p.chunks[4].section = 0),
        ("doc id", |p| p.chunks_lexical.doc_ids[19] = 20),
        ("a graph of other vectors", |p| {
            p.graph.as_mut().unwrap().upper_first.push(0)
        }),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docent.idx");
    for (name, damage) in breaks {
        std::fs::write(&path, b"\x89docent old").unwrap();
        let mut parts = small_parts();
        damage(&mut parts);
        let error = parts.write(&path).expect_err(name);
        assert!(
            matches!(error, IndexError::InvalidParts { .. }),
            "{name}: {error}"
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"\x89docent old", "{name}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_with_path_and_hint() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing").join("docent.idx");
    let error = small_parts().write(&missing).unwrap_err().to_string();
    assert!(error.contains(missing.to_str().unwrap()), "{error}");
    assert!(error.ends_with("hint: create the folder first, or name another place with -o"));

    let target = folder.path().join("target");
    std::fs::create_dir(&target).unwrap();
    let error = small_parts().write(&target).unwrap_err();
    assert!(matches!(error, IndexError::Write { .. }), "{error}");
    std::fs::remove_dir(&target).unwrap();

    // The rename fails after everything was written: the target is a folder by then.
    let slot = IndexSlot::claim(&target).unwrap();
    std::fs::create_dir(&target).unwrap();
    let error = small_parts()
        .write_to(slot, std::time::SystemTime::now())
        .unwrap_err();
    assert!(matches!(error, IndexError::Write { .. }), "{error}");
    assert!(target.is_dir());
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "a temporary file is left"
    );
}

#[test]
fn an_open_index_outlives_its_replacement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docent.idx");
    let parts = small_parts();
    parts.write(&path).unwrap();
    let old = Index::open(&path).unwrap();
    let mut newer = parts.clone();
    newer.chunks[0].text = "changed".into();
    newer.write(&path).unwrap();
    assert_eq!(old.chunk(ChunkId(0)).unwrap().text, "Text of chunk 0.\n");
    assert_eq!(
        Index::open(&path).unwrap().chunk(ChunkId(0)).unwrap().text,
        "changed"
    );
}
