//! The graph search against the exact one.

use std::collections::HashSet;

use super::*;
use crate::index::flat;
use crate::index::graph::{Beam, EF_SEARCH, GraphQuery, build};
use crate::simd::Simd;

const OPTIONS: GraphOptions = GraphOptions {
    m: 16,
    ef_construction: 100,
};

fn simd() -> Simd {
    Simd::detect().unwrap()
}

/// The graph over `vectors`, verified: every vector can be reached.
fn built(vectors: MatrixRef<'_>, options: GraphOptions) -> Graph {
    let graph = build(vectors, options, simd()).unwrap().unwrap();
    graph.view().check_shape(vectors.num_rows()).unwrap();
    graph.view().verify().unwrap();
    graph
}

fn search(graph: &Graph, vectors: MatrixRef<'_>, vector: &[f32], k: usize) -> Vec<Neighbour> {
    let query = GraphQuery {
        vector,
        k,
        ef: EF_SEARCH,
        within: None,
    };
    let mut beam = Beam::default();
    let found = graph.view().search(vectors, simd(), query, &mut beam);
    found.unwrap()
}

/// Part of the exact 10 nearest that the graph search finds for `queries`.
fn recall_at_10(vectors: MatrixRef<'_>, queries: MatrixRef<'_>) -> f64 {
    let graph = built(vectors, OPTIONS);
    let mut found = 0;
    for query in queries.rows() {
        let exact: HashSet<u32> = flat::search(simd(), vectors, query, 10)
            .iter()
            .map(|exact| exact.id)
            .collect();
        let near = search(&graph, vectors, query, 10);
        assert_eq!(near.len(), 10);
        assert!(
            near.is_sorted_by(|a, b| a > b),
            "not best first, or twice the same"
        );
        for neighbour in &near {
            let row = vectors.row(neighbour.id as usize).unwrap();
            assert_eq!(neighbour.similarity, simd().dot(query, row));
        }
        found += near.iter().filter(|near| exact.contains(&near.id)).count();
    }
    found as f64 / (queries.num_rows() * 10) as f64
}

#[test]
fn graph_search_finds_what_flat_search_finds() {
    let mut rng = Rng(11);
    let all = clustered(4_200, 48, 120, &mut rng);
    let (vectors, queries) = all.data.split_at(4_000 * 48);
    let matrix = |data| MatrixRef { dim: 48, data };
    let recall = recall_at_10(matrix(vectors), matrix(queries));
    assert!(recall >= 0.95, "recall@10 is {recall}");
}

#[test]
fn a_graph_of_few_vectors_finds_all_of_them() {
    for n in [2, 3, 10, 40] {
        let vectors = clustered(n, 8, 5, &mut Rng(n as u64));
        let graph = built(vectors.view(), OPTIONS);
        let query = vectors.view().row(n - 1).unwrap();
        let near = search(&graph, vectors.view(), query, n);
        assert_eq!(near, flat::search(simd(), vectors.view(), query, n));
    }
}

#[test]
fn the_graph_is_the_same_for_any_number_of_threads_and_any_instruction_set() {
    let vectors = clustered(3_000, 32, 60, &mut Rng(5));
    let expected = built(vectors.view(), OPTIONS);
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        let graph = pool.unwrap().install(|| built(vectors.view(), OPTIONS));
        assert!(graph == expected, "{threads} threads");
    }
    for simd in Simd::available() {
        let graph = build(vectors.view(), OPTIONS, simd).unwrap().unwrap();
        assert!(graph == expected, "{}", simd.name());
    }
}

#[test]
fn a_corpus_of_one_passage_is_one_chain() {
    let row = clustered(1, 16, 1, &mut Rng(9)).data;
    for row in [row.to_vec(), vec![0.0; 16]] {
        let n = 20_000;
        let vectors = Matrix {
            dim: 16,
            data: row.repeat(n).into(),
        };
        let graph = built(vectors.view(), OPTIONS);
        assert_eq!(graph.num_links(), n - 1);
        let found = search(&graph, vectors.view(), &row, 10);
        let ids: Vec<u32> = found.iter().map(|near| near.id).collect();
        assert_eq!(ids, (0..10).collect::<Vec<u32>>());
    }
}

#[test]
fn fewer_than_two_vectors_have_no_graph() {
    for n in [0, 1] {
        let vectors = clustered(n, 8, 1, &mut Rng(1));
        assert!(build(vectors.view(), OPTIONS, simd()).unwrap().is_none());
    }
}

#[test]
fn a_graph_that_finds_too_little_is_refused() {
    // Directions without any order: M 2 cannot do it.
    let mut parts = parts_over(clustered(FLAT_LIMIT, 128, FLAT_LIMIT, &mut Rng(6)));
    parts.meta.graph = GraphOptions {
        m: 2,
        ef_construction: 4,
    };
    let error = add_graph(&mut parts).unwrap_err();
    assert!(matches!(error, IndexError::LowRecall { recall, .. } if recall < RECALL_FLOOR));
    let hint = "hint: raise --m (now 2) or --ef-construction (now 4)";
    assert!(error.to_string().ends_with(hint), "{error}");
}

#[test]
fn copies_of_one_passage_stay_reachable() {
    let mut vectors = clustered(400, 16, 20, &mut Rng(2));
    let copy = vectors.data[..16].to_vec();
    for row in vectors
        .data
        .to_mut()
        .chunks_exact_mut(16)
        .skip(1)
        .step_by(2)
    {
        row.copy_from_slice(&copy);
    }
    built(
        vectors.view(),
        GraphOptions {
            m: 4,
            ef_construction: 16,
        },
    );
}

#[test]
fn the_build_chooses_the_path_and_measures_recall() {
    let mut parts = parts_over(clustered(FLAT_LIMIT - 1, 8, 50, &mut Rng(4)));
    parts.meta.graph = GraphOptions {
        m: 8,
        ef_construction: 32,
    };
    add_graph(&mut parts).unwrap();
    assert_eq!(parts.meta.search, SearchPath::Flat);
    assert!(parts.meta.ann_recall_at_10.unwrap() > 0.9);

    let mut parts = parts_over(clustered(FLAT_LIMIT, 8, 50, &mut Rng(4)));
    parts.meta.graph = GraphOptions {
        m: 8,
        ef_construction: 32,
    };
    add_graph(&mut parts).unwrap();
    assert_eq!(parts.meta.search, SearchPath::Hnsw);
}

#[test]
fn parameters_out_of_range_are_errors() {
    let vectors = clustered(20, 8, 4, &mut Rng(1));
    for (m, ef_construction, name) in [
        (1, 100, "M"),
        (257, 100, "M"),
        (16, 1, "ef_construction"),
        (16, 1_025, "ef_construction"),
    ] {
        let error = build(vectors.view(), GraphOptions { m, ef_construction }, simd()).unwrap_err();
        assert!(matches!(error, IndexError::InvalidParameter { name: found, .. } if found == name));
        assert!(
            error
                .to_string()
                .ends_with(&format!("hint: leave {name} at its default"))
        );
    }
    for (m, ef_construction) in [(2, 2), (256, 1_024)] {
        built(vectors.view(), GraphOptions { m, ef_construction });
    }
}

#[test]
fn a_filtered_search_finds_what_the_filtered_flat_search_finds() {
    let all = clustered(8_040, 32, 200, &mut Rng(12));
    let (data, queries) = all.data.split_at(8_000 * 32);
    let mut parts = parts_over(Matrix {
        dim: 32,
        data: data.to_vec().into(),
    });
    add_graph(&mut parts).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.idx");
    parts.write(&path).unwrap();
    let index = Index::open(&path).unwrap();
    assert_eq!(index.meta().search, SearchPath::Hnsw);
    let recall = |within: Option<&ChunkSet>| {
        let mut found = 0;
        for query in queries.chunks_exact(32) {
            let near = |exact| index.nearest(query, 10, exact, within).unwrap();
            let (exact, near) = (near(true), near(false));
            assert_eq!((exact.len(), near.len()), (10, 10));
            let is_allowed =
                |near: &Neighbour| within.is_none_or(|set| set.contains(ChunkId(near.id)));
            assert!(exact.iter().chain(&near).all(is_allowed));
            found += near.iter().filter(|near| exact.contains(near)).count();
        }
        found
    };
    let unfiltered = recall(None);
    // Sections are three chunks long: in every so many sections, one is allowed.
    for every in [2, 10, 100] {
        let sections = (0..8_000).step_by(3).step_by(every);
        let set = ChunkSet::new(sections.map(|start| start..(start + 3).min(8_000)));
        assert!(recall(Some(&set)) >= unfiltered, "one in {every}");
    }
    let nothing = ChunkSet::default();
    let query = &queries[..32];
    assert_eq!(index.nearest(query, 10, false, Some(&nothing)).unwrap(), []);
    let few = ChunkSet::new([10..12, 7_999..9_000]);
    let found = index.nearest(query, 10, false, Some(&few)).unwrap();
    assert_eq!(found.len(), 3);
}

#[test]
fn a_walk_that_passes_through_finds_all_that_is_allowed() {
    let vectors = clustered(2_000, 16, 40, &mut Rng(8));
    let graph = built(vectors.view(), OPTIONS);
    let within = ChunkSet::new((0..2_000).step_by(200).map(|start| start..start + 4));
    let vector = vectors.view().row(77).unwrap();
    let query = GraphQuery {
        vector,
        k: 40,
        ef: EF_SEARCH,
        within: Some(&within),
    };
    let mut beam = Beam::default();
    let found = graph
        .view()
        .search(vectors.view(), simd(), query, &mut beam);
    // All vectors can be reached, so nothing that is allowed is missed.
    assert_eq!(
        found.unwrap(),
        flat::search_within(simd(), vectors.view(), &within, vector, 40)
    );
}
