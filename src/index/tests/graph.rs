//! The graph search against the exact one.

use std::collections::HashSet;

use super::*;
use crate::index::flat;
use crate::index::graph::Visited;
use crate::index::hnsw::{EF_SEARCH, build};

const OPTIONS: GraphOptions = GraphOptions {
    m: 16,
    ef_construction: 100,
};

/// Part of the exact 10 nearest that the graph search finds for `queries`.
fn recall_at_10(vectors: MatrixRef<'_>, queries: MatrixRef<'_>) -> f64 {
    let graph = build(vectors, OPTIONS).unwrap().unwrap();
    graph.view().verify().unwrap();
    let mut visited = Visited::default();
    let mut found = 0;
    for query in queries.rows() {
        let exact: HashSet<u32> = flat::search(vectors, query, 10)
            .iter()
            .map(|exact| exact.id)
            .collect();
        let near = graph
            .view()
            .search(vectors, query, 10, EF_SEARCH, &mut visited)
            .unwrap();
        assert_eq!(near.len(), 10);
        assert!(
            near.is_sorted_by(|a, b| a > b),
            "not best first, or twice the same"
        );
        for neighbour in &near {
            let row = vectors.row(neighbour.id as usize).unwrap();
            assert_eq!(neighbour.similarity, dot(query, row));
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
        let graph = build(vectors.view(), OPTIONS).unwrap().unwrap();
        graph.view().verify().unwrap();
        let query = vectors.view().row(n - 1).unwrap();
        let mut visited = Visited::default();
        for _ in 0..3 {
            let near = graph
                .view()
                .search(vectors.view(), query, n, 100, &mut visited)
                .unwrap();
            assert_eq!(near, flat::search(vectors.view(), query, n));
        }
    }
}

#[test]
fn copies_of_one_passage_stay_reachable() {
    let mut vectors = clustered(400, 16, 20, &mut Rng(2));
    let copy = vectors.data[..16].to_vec();
    for row in vectors.data.chunks_exact_mut(16).skip(1).step_by(2) {
        row.copy_from_slice(&copy);
    }
    let graph = build(
        vectors.view(),
        GraphOptions {
            m: 4,
            ef_construction: 16,
        },
    );
    graph.unwrap().unwrap().view().verify().unwrap();
}

#[test]
fn the_build_chooses_the_path_and_measures_recall() {
    let mut parts = parts_over(clustered(FLAT_LIMIT - 1, 8, 50, &mut Rng(4)));
    parts.meta.graph = GraphOptions {
        m: 8,
        ef_construction: 32,
    };
    parts.add_graph().unwrap();
    assert_eq!(parts.meta.search, SearchPath::Flat);
    assert!(parts.meta.ann_recall_at_10.unwrap() > 0.9);

    let mut parts = parts_over(clustered(FLAT_LIMIT, 8, 50, &mut Rng(4)));
    parts.meta.graph = GraphOptions {
        m: 8,
        ef_construction: 32,
    };
    parts.add_graph().unwrap();
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
        let error = build(vectors.view(), GraphOptions { m, ef_construction }).unwrap_err();
        assert!(matches!(error, IndexError::InvalidParameter { name: found, .. } if found == name));
        assert!(
            error
                .to_string()
                .ends_with(&format!("hint: leave {name} at its default"))
        );
    }
    for (m, ef_construction) in [(2, 2), (256, 1_024)] {
        let graph = build(vectors.view(), GraphOptions { m, ef_construction })
            .unwrap()
            .unwrap();
        graph.view().verify().unwrap();
    }
}
