//! What the guide says of sections is searched: through the library, on a toy encoder.

use docent::answer::{Answer, Hit};
use docent::calibration::{Calibration, Curves};
use docent::rank::hints::HintUse;
use docent::search::{Ranking, SearchOptions, Searcher};
use serde_json::json;

use crate::search_library::{all, library, notes, paths, with_guide};
use crate::toy::Toy;

/// Words that no note has.
const GUIDE: &str = "# Index\n\n\
    | Page | File | Covers |\n|---|---|---|\n| Samovars | `guides/n03.md` | Brass and charcoal |\n\n\
    **\"How do I...\"**\n- Polish the brass samovar until it shines -> `notes/n12.md`\n\
    - Buy charcoal briquettes -> `notes/n12.md`, `gone.md`\n";

fn ask(searcher: &Searcher, question: &str, hints: HintUse) -> Answer {
    let mut options = all(Ranking::Full);
    options.hints = hints;
    searcher.search(question, &options).unwrap()
}

fn hit<'a>(answer: &'a Answer, path: &str) -> &'a Hit {
    let mut hits = answer.hits.iter();
    hits.find(|hit| hit.section.path == path).unwrap()
}

#[test]
fn a_section_is_found_by_what_the_guide_says_of_it() {
    let mut calibration = Calibration::uncalibrated();
    let guide = json!({ "guide_dense": 0.5, "guide_bm25": 0.5, "guide_max_sim": 0.5 });
    calibration.fusion.with_max_sim = serde_json::from_value(guide).unwrap();
    let (_folder, searcher) = library(&with_guide(GUIDE), Toy::calibrated(calibration));
    // No hint repeats these words, and no note has one of them.
    for (question, expected) in [
        ("where is charcoal and brass covered", "guides/n03.md"),
        ("does polish make a samovar shine", "notes/n12.md"),
    ] {
        let answer = ask(&searcher, question, HintUse::All);
        assert_eq!(paths(&answer)[0], expected, "{question}");
        assert_eq!(answer.hits[0].hint, None);
    }
}

#[test]
fn a_section_has_the_best_of_its_passages_and_one_without_has_the_mean() {
    let (_folder, searcher) = library(&with_guide(GUIDE), Toy::new());
    let answer = ask(&searcher, "polish brass", HintUse::All);
    let [table, list] = ["guides/n03.md", "notes/n12.md"].map(|path| hit(&answer, path));
    // The list's first passage has both words, the table's row one.
    assert!(list.arms.guide_bm25 > table.arms.guide_bm25);
    assert!(table.arms.guide_bm25 > 0.0);
    assert_eq!(list.signals.guide, list.arms.guide_dense);
    let mean = |of: fn(&Hit) -> f32| (of(table) + of(list)) / 2.0;
    let unnamed = hit(&answer, "reference/n20.md");
    assert_eq!(unnamed.arms.guide_bm25, mean(|hit| hit.arms.guide_bm25));
    assert_eq!(unnamed.arms.guide_dense, mean(|hit| hit.arms.guide_dense));
    assert_eq!(
        unnamed.arms.guide_max_sim,
        mean(|hit| hit.arms.guide_max_sim)
    );
    assert_eq!(unnamed.signals.guide, 0.0);
}

#[test]
fn a_section_that_many_passages_name_is_not_favoured_for_that() {
    let phrases = ["Polish brass", "Polish brass trays", "Polish brass lids"];
    let many: String = phrases
        .iter()
        .map(|phrase| format!("- {phrase} -> `notes/n12.md`\n"))
        .collect();
    let guide = format!("**\"How do I...\"**\n{many}- Polish brass -> `guides/n03.md`\n");
    let (_folder, searcher) = library(&with_guide(&guide), Toy::new());
    let answer = ask(&searcher, "charcoal for polish", HintUse::All);
    let [many, one] = ["notes/n12.md", "guides/n03.md"].map(|path| hit(&answer, path).arms);
    assert_eq!(many.guide_dense, one.guide_dense);
    assert_eq!(many.guide_bm25, one.guide_bm25);
    assert_eq!(many.guide_max_sim, one.guide_max_sim);
}

#[test]
fn the_guide_can_be_left_out_or_where_the_question_repeats_it() {
    let (_folder, searcher) = library(&with_guide(GUIDE), Toy::new());
    let question = "How do I buy charcoal briquettes?";
    let with = ask(&searcher, question, HintUse::All);
    assert_eq!(
        with.hits[0].hint.as_ref().unwrap().phrase,
        "How do I: Buy charcoal briquettes"
    );
    let without = ask(&searcher, question, HintUse::None);
    for hit in &without.hits {
        let arms = hit.arms;
        let guide = [arms.guide_dense, arms.guide_bm25, arms.guide_max_sim];
        assert_eq!(guide, [0.0; 3], "{}", hit.section.path);
    }
    // The table's row has charcoal, too; the phrase is left out, and n12's other one has no word of it.
    let unrepeated = ask(&searcher, question, HintUse::Unrepeated);
    assert!(hit(&unrepeated, "guides/n03.md").arms.guide_bm25 > 0.0);
    assert_eq!(hit(&unrepeated, "notes/n12.md").arms.guide_bm25, 0.0);
    assert!(hit(&with, "notes/n12.md").arms.guide_bm25 > 0.0);
}

/// Late interaction turned upside down, where a guide names candidates.
fn upside_down() -> Calibration {
    let mut calibration = Calibration::uncalibrated();
    let upwards = json!({ "max_sim": 1.0 });
    let curve = json!({ "max_sim": [[-1.0, 1.0], [0.0, 0.0], [1.0, -1.0]] });
    calibration.fusion.with_max_sim = serde_json::from_value(upwards).unwrap();
    calibration.fusion.with_guide = Some(serde_json::from_value::<Curves>(curve).unwrap());
    calibration
}

#[test]
fn curves_for_a_guide_count_where_it_names_a_candidate() {
    let best = |files: &[(String, String)], hints| {
        let (_folder, searcher) = library(files, Toy::calibrated(upside_down()));
        let answer = ask(&searcher, "steam valve brush", hints);
        let max_sims = answer.hits.iter().map(|hit| hit.arms.max_sim);
        let max_sims: Vec<f32> = max_sims.collect();
        (max_sims.is_sorted(), max_sims.is_sorted_by(|a, b| a >= b))
    };
    assert_eq!(best(&with_guide(GUIDE), HintUse::All), (true, false));
    assert_eq!(best(&with_guide(GUIDE), HintUse::None), (false, true));
    assert_eq!(best(&notes(), HintUse::All), (false, true));
    let nowhere = "**\"How do I...\"**\n- Buy charcoal -> `gone.md`\n";
    assert_eq!(best(&with_guide(nowhere), HintUse::All), (false, true));
}

#[test]
fn words_that_the_docs_have_nowhere_are_named() {
    let (_folder, searcher) = library(&with_guide(GUIDE), Toy::new());
    for (question, expected) in [
        ("steam for GraphQL", &["GraphQL"][..]),
        ("samovar and briquette", &[]),
        (
            "isn't there a zeppelin, or a Zeppelin's zeppelin",
            &["zeppelin"],
        ),
        ("who should do it", &[]),
    ] {
        let answer = searcher.search(question, &SearchOptions::default());
        assert_eq!(answer.unwrap().absent, expected, "{question}");
    }
}

#[test]
fn the_guide_file_of_a_folder_stands_for_the_sections_in_it() {
    let routes = "| Domain | Path |\n|---|---|\n| Samovars | `guides/INDEX.md` |\n| Urns | `notes/INDEX.md` |\n";
    let mut files = with_guide(routes);
    for folder in ["guides", "notes"] {
        files.push((
            format!("{folder}/INDEX.md"),
            "- Boil it -> `n00.md`\n".to_owned(),
        ));
    }
    let (_folder, searcher) = library(&files, Toy::new());
    let answer = ask(&searcher, "samovars", HintUse::All);
    let said = |path: &str| hit(&answer, path).arms.guide_bm25;
    let samovars = said("guides/n03.md");
    assert!(samovars > 0.0);
    for hit in &answer.hits {
        let expected = match hit.section.path.split('/').next() {
            Some("guides") => samovars,
            Some("notes") => 0.0,
            // Of no route: the mean.
            _ => samovars / 2.0,
        };
        assert_eq!(hit.arms.guide_bm25, expected, "{}", hit.section.path);
    }
}
