//! An index that is searched on its graph, with token vectors and a guide, asked end to end.

use std::collections::HashSet;
use std::fs;
use std::sync::OnceLock;

use docent::builder::{self, BuildOptions, LateInteraction};
use docent::corpus::Corpus;
use docent::index::{FLAT_LIMIT, Index, Neighbour, RECALL_FLOOR, SearchPath};
use docent::rank::hints::HintUse;
use docent::search::{Ranking, Scope, SearchOptions, Searcher};
use tempfile::TempDir;

use crate::support::{bundled, write_docs};

/// Generated documents, the first of them in `north`, the others in `south`.
const DOCUMENTS: usize = 60;
const NORTH: usize = 40;
/// Generated passages of a document.
const PASSAGES: usize = 90;

/// Passages differ by who does what with what: 18 x 15 x 20 are as many as there are.
const WHO: [&str; 18] = [
    "clerk",
    "porter",
    "baker",
    "tailor",
    "miller",
    "gardener",
    "printer",
    "carpenter",
    "librarian",
    "plumber",
    "painter",
    "driver",
    "nurse",
    "farmer",
    "weaver",
    "sculptor",
    "courier",
    "glazier",
];
const DOES: [&str; 15] = [
    "counts",
    "sorts",
    "labels",
    "weighs",
    "stacks",
    "polishes",
    "wraps",
    "inspects",
    "repairs",
    "measures",
    "borrows",
    "delivers",
    "photographs",
    "catalogues",
    "insures",
];
const WHAT: [&str; 20] = [
    "lamps",
    "chairs",
    "crates",
    "ladders",
    "barrels",
    "curtains",
    "envelopes",
    "mirrors",
    "carpets",
    "baskets",
    "bottles",
    "shelves",
    "maps",
    "drums",
    "clocks",
    "umbrellas",
    "candles",
    "buckets",
    "saddles",
    "blankets",
];

/// Section, heading and text of a passage like no other, and a question that it answers.
const NEEDLES: [[&str; 4]; 7] = [
    [
        "north/d03.md",
        "Descaling",
        "Descale the boiler with citric acid every two months.",
        "how often should the boiler be descaled?",
    ],
    [
        "north/d11.md",
        "Frost",
        "Drain the garden hose before the first frost, or it bursts.",
        "what do I do with the hose before it freezes?",
    ],
    [
        "north/d24.md",
        "Passports",
        "A passport application takes six weeks and needs two photographs.",
        "how long does a new passport take?",
    ],
    [
        "north/d37.md",
        "Sourdough",
        "Feed the sourdough starter with rye flour each morning.",
        "what is the sourdough starter fed with?",
    ],
    [
        "south/d42.md",
        "Violins",
        "Rosin the violin bow before every rehearsal.",
        "when is the bow of a violin rosined?",
    ],
    [
        "south/d51.md",
        "Bees",
        "Search the beehive for mites after the honey harvest.",
        "when are beehives checked for mites?",
    ],
    [
        "south/d59.md",
        "Lighthouse",
        "The lighthouse keeper winds the clockwork at dusk.",
        "who winds the clockwork of the lighthouse?",
    ],
];

/// A question that is answered best in `south` and less well in `north`.
const FERRY: &str = "how many ropes moor the ferry at the harbour jetty?";
const FERRIES: [[&str; 3]; 2] = [
    [
        "south/d45.md",
        "Mooring",
        "Four ropes moor the ferry at the harbour jetty.",
    ],
    [
        "north/d30.md",
        "Snow",
        "When it snows, the ferry stays at the jetty.",
    ],
];

/// The section that the guide names for [`HINTED_QUESTION`], whose words it does not have.
const HINTED: &str = "north/d17.md";
const HINTED_QUESTION: &str = "How do I renew the museum licence?";
const GUIDE: &str =
    "# Index\n\n**\"How do I...\"**\n- Renew the museum licence -> `north/d17.md`\n";

/// Who, does, what of a passage, by its number.
fn words_of(passage: usize) -> [&'static str; 3] {
    let (does, what) = (passage / WHO.len(), passage / WHO.len() / DOES.len());
    [
        WHO[passage % WHO.len()],
        DOES[does % DOES.len()],
        WHAT[what % WHAT.len()],
    ]
}

fn document_path(document: usize) -> String {
    let folder = if document < NORTH { "north" } else { "south" };
    format!("{folder}/d{document:02}.md")
}

fn files() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for document in 0..DOCUMENTS {
        let path = document_path(document);
        let mut text = format!("# House {document}\n");
        for passage in document * PASSAGES..(document + 1) * PASSAGES {
            let [who, does, what] = words_of(passage);
            text += &format!("\n## {who}, {what}\n\nThe {who} {does} the {what}.\n");
        }
        let needles = NEEDLES
            .iter()
            .map(|[path, heading, text, _]| [path, heading, text]);
        let ferries = FERRIES
            .iter()
            .map(|[path, heading, text]| [path, heading, text]);
        for [_, heading, passage] in needles.chain(ferries).filter(|[at, ..]| **at == path) {
            text += &format!("\n## {heading}\n\n{passage}\n");
        }
        files.push((path, text));
    }
    files.push(("INDEX.md".to_owned(), GUIDE.to_owned()));
    files
}

/// A folder with the documents as `docs`, and a searcher over their index, `docent.idx` in it.
fn large() -> &'static (TempDir, Searcher) {
    static LARGE: OnceLock<(TempDir, Searcher)> = OnceLock::new();
    LARGE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        write_docs(&files(), &folder.path().join("docs"));
        build(&folder, "docent.idx");
        let index = Index::open(&folder.path().join("docent.idx")).unwrap();
        let searcher = Searcher::new(index.into(), bundled()).unwrap();
        (folder, searcher)
    })
}

/// Builds the index `name` of the documents in `folder`.
fn build(folder: &TempDir, name: &str) {
    let mut options = BuildOptions::default();
    options.late_interaction = LateInteraction::Always;
    let corpus = Corpus::read(&folder.path().join("docs")).unwrap();
    builder::build(corpus, &*bundled(), &options, &folder.path().join(name)).unwrap();
}

/// 40 questions about passages from everywhere.
fn questions() -> Vec<String> {
    let passages = DOCUMENTS * PASSAGES;
    let ask = |i: usize| {
        let [who, does, what] = words_of(i * 131 % passages);
        match i % 2 {
            0 => format!("which {what} are {does} by a {who}?"),
            _ => format!("does the {who} have to {does} {what}"),
        }
    };
    (0..40).map(ask).collect()
}

/// Paths of the hits, best first.
fn ask(searcher: &Searcher, question: &str, options: &SearchOptions) -> Vec<String> {
    let answer = searcher.search(question, options).unwrap();
    answer
        .hits
        .into_iter()
        .map(|hit| hit.section.path)
        .collect()
}

fn scoped(index: &Index, pattern: &str) -> SearchOptions {
    let mut options = SearchOptions::default();
    options.scope = Some(Scope::new(index, &[pattern.to_owned()], &[]).unwrap());
    options
}

#[test]
fn so_many_chunks_are_searched_on_the_graph_with_token_vectors() {
    let (_, searcher) = large();
    let index = searcher.index();
    // A chunk for each heading but the title, which goes with the first.
    let chunks = DOCUMENTS * PASSAGES + NEEDLES.len() + FERRIES.len();
    assert_eq!(index.num_chunks(), chunks);
    assert!(chunks > FLAT_LIMIT);
    assert_eq!(index.num_sections(), DOCUMENTS);
    assert_eq!(index.meta().search, SearchPath::Hnsw);
    assert!(index.meta().ann_recall_at_10.unwrap() >= RECALL_FLOOR);
    assert_eq!(index.guide().unwrap().guidelines.len(), 1);
    assert_eq!(index.token_dim(), Some(384));
    index.verify().unwrap();
}

#[test]
fn planted_needles_are_found_first_by_every_arm_together_and_on_the_graph_alone() {
    let (_, searcher) = large();
    for [path, heading, text, question] in NEEDLES {
        for ranking in [Ranking::Full, Ranking::Dense] {
            let mut options = SearchOptions::default();
            options.ranking = ranking;
            let answer = searcher.search(question, &options).unwrap();
            let first = &answer.hits[0];
            assert_eq!(first.section.path, path, "{question} {ranking:?}");
            let chunk = searcher.index().chunk(first.chunks[0].id).unwrap();
            assert_eq!(chunk.heading_path.last(), Some(&heading), "{question}");
            assert!(chunk.text.ends_with(text), "{}", chunk.text);
        }
    }
}

#[test]
fn hits_are_scored_by_late_interaction_unless_it_is_left_out() {
    let (_, searcher) = large();
    for [.., question] in NEEDLES {
        let answer = searcher
            .search(question, &SearchOptions::default())
            .unwrap();
        assert_eq!(answer.hits.len(), 4);
        for hit in &answer.hits {
            assert_eq!(hit.signals.max_sim, Some(hit.arms.max_sim));
        }
        let [first, others @ ..] = &answer.hits[..] else {
            panic!("no hits");
        };
        assert!(first.arms.max_sim <= 1.0, "a mean of cosines");
        // A needle answers by its meaning: no other section comes near its late interaction.
        for other in others {
            assert!(first.arms.max_sim > other.arms.max_sim, "{question}");
        }
        let mut without = SearchOptions::default();
        without.ranking = Ranking::WithoutLateInteraction;
        let answer = searcher.search(question, &without).unwrap();
        for hit in &answer.hits {
            assert_eq!((hit.signals.max_sim, hit.arms.max_sim), (None, 0.0));
        }
    }
}

#[test]
fn a_hint_moves_its_section_first_and_no_other() {
    let (_, searcher) = large();
    let mut options = SearchOptions::default();
    options.k = DOCUMENTS;
    let with = searcher.search(HINTED_QUESTION, &options).unwrap();
    let first = &with.hits[0];
    assert_eq!(first.section.path, HINTED);
    let hint = first.hint.as_ref().unwrap();
    assert_eq!(hint.phrase, "How do I: Renew the museum licence");
    assert_eq!(hint.strength, 1.0);
    assert!(with.hits[1..].iter().all(|hit| hit.hint.is_none()));

    options.hints = HintUse::None;
    let without = ask(searcher, HINTED_QUESTION, &options);
    assert_ne!(without[0], HINTED, "the hint has nothing to do");
    assert_eq!(with.hits[1].section.path, without[0]);
}

#[test]
fn a_folder_is_searched_on_the_graph_and_nothing_outside_of_it_is_found() {
    let (_, searcher) = large();
    let index = searcher.index();
    let north = scoped(index, "north");
    let chunks = north.scope.as_ref().unwrap().chunks();
    // From this size of a scope on, the graph is walked: see `Index::nearest`.
    assert!(chunks.len().pow(2) > 16 * 100 * index.num_chunks());
    for ranking in [Ranking::Full, Ranking::Dense] {
        for (folder, first) in [("north", FERRIES[1][0]), ("south", FERRIES[0][0])] {
            let mut options = scoped(index, folder);
            options.ranking = ranking;
            options.k = DOCUMENTS;
            let found = ask(searcher, FERRY, &options);
            assert_eq!(found[0], first, "{ranking:?} in {folder}");
            assert!(found.iter().all(|path| path.starts_with(folder)));
        }
        let mut everywhere = SearchOptions::default();
        everywhere.ranking = ranking;
        assert_eq!(ask(searcher, FERRY, &everywhere)[0], FERRIES[0][0]);
    }
    // The guide's hint names a section of the other folder: it does not speak.
    let south = searcher.search(HINTED_QUESTION, &scoped(index, "south"));
    assert!(south.unwrap().hits.iter().all(|hit| hit.hint.is_none()));
}

#[test]
fn a_walk_within_a_folder_finds_what_is_nearest_there() {
    let (_, searcher) = large();
    let index = searcher.index();
    let north = scoped(index, "north").scope.unwrap();
    let ids =
        |found: Vec<Neighbour>| -> HashSet<u32> { found.iter().map(|near| near.id).collect() };
    let mut shared = 0;
    for question in questions() {
        let vector = searcher
            .encoder()
            .encode_query(&question, false)
            .unwrap()
            .sentence;
        let nearest = |exact| {
            ids(index
                .nearest(&vector, 10, exact, Some(north.chunks()))
                .unwrap())
        };
        let (walked, exact) = (nearest(false), nearest(true));
        assert_eq!((walked.len(), exact.len()), (10, 10));
        shared += walked.intersection(&exact).count();
    }
    let recall = shared as f32 / 400.0;
    println!("recall@10 of walks within a folder: {recall}");
    assert!(recall >= RECALL_FLOOR, "{recall}");
}

#[test]
fn the_graph_and_the_exact_search_agree_on_the_first_section() {
    let (_, searcher) = large();
    let mut exact = SearchOptions::default();
    exact.exact = true;
    let questions = questions();
    let agreed = questions.iter().filter(|question| {
        let first = |options: &SearchOptions| ask(searcher, question, options)[0].clone();
        first(&SearchOptions::default()) == first(&exact)
    });
    let agreed = agreed.count();
    println!("first sections that agree: {agreed} of {}", questions.len());
    assert!(agreed >= 38, "less than 95 %: {agreed} of 40");
}

/// Everything anew, and on three threads, however many the first build had.
#[test]
fn a_second_build_gives_the_same_bytes() {
    let (folder, _) = large();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3);
    pool.build().unwrap().install(|| build(folder, "again.idx"));
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(bytes("docent.idx") == bytes("again.idx"));
}
