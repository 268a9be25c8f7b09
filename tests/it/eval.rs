//! `docent eval` from the command line, and its metrics against another implementation.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use docent::encoder::pack::BUNDLED_FOLDER;
use docent::eval::metrics;
use docent::eval::{Measure, Report, System};

use crate::support::{coffee, docent};

fn data(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(path)
}

fn docent_eval(target: &Path, cache: &Path) -> Command {
    let mut command = Command::cargo_bin("docent").unwrap();
    command.arg("eval").arg(target).arg("--cache").arg(cache);
    command
}

fn report(command: &mut Command) -> Report {
    let output = command.args(["--format", "json"]).assert().success();
    serde_json::from_slice(&output.get_output().stdout).unwrap()
}

/// The means of docent's metrics over a TREC run file.
fn means(folder: &Path, min_grade: u8) -> BTreeMap<&'static str, f64> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let mut qrels: BTreeMap<String, HashMap<String, u8>> = BTreeMap::new();
    for line in read("qrels.tsv").lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let grades = qrels.entry(fields[0].to_owned()).or_default();
        grades.insert(fields[1].to_owned(), fields[2].parse().unwrap());
    }
    let mut rankings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in read("run.trec").lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let ranking = rankings.entry(fields[0].to_owned()).or_default();
        ranking.push(fields[2].to_owned());
    }
    let mut sums: BTreeMap<&'static str, f64> = BTreeMap::new();
    for (query, grades) in &qrels {
        let ranked = &rankings[query];
        let ranked: Vec<u8> = ranked
            .iter()
            .map(|d| *grades.get(d).unwrap_or(&0))
            .collect();
        let judged: Vec<u8> = grades.values().copied().filter(|&g| g > 0).collect();
        let success = |k| f64::from(metrics::success_at(&ranked, min_grade, k));
        for (name, value) in [
            ("success@1", success(1)),
            ("success@3", success(3)),
            (
                "recall@4",
                metrics::recall_at(&ranked, &judged, min_grade, 4).unwrap(),
            ),
            ("mrr", metrics::reciprocal_rank(&ranked, min_grade)),
            ("ndcg@10", metrics::ndcg_at(&ranked, &judged, 10).unwrap()),
        ] {
            *sums.entry(name).or_default() += value / qrels.len() as f64;
        }
    }
    sums
}

/// `expected.json` was written by pytrec_eval; `.ci/check-metrics` checks that it still is so.
#[test]
fn metrics_agree_with_pytrec_eval() {
    let folder = data("eval/reference");
    let expected = std::fs::read(folder.join("expected.json")).unwrap();
    let expected: BTreeMap<String, f64> = serde_json::from_slice(&expected).unwrap();
    let found = means(&folder, 2);
    assert_eq!(found.len(), expected.len());
    for (name, value) in found {
        assert!((value - expected[name]).abs() < 1e-8, "{name}: {value}");
    }
}

#[test]
fn a_beir_folder_is_indexed_and_its_run_file_has_the_reported_figures() {
    let cache = tempfile::tempdir().unwrap();
    let run = cache.path().join("garden.run");
    let report = report(
        docent_eval(&data("eval/garden"), cache.path())
            .arg("--run")
            .arg(&run),
    );
    let garden = &report.targets[0];
    assert_eq!(
        (garden.name.as_str(), garden.answerable, garden.unanswerable),
        ("garden", 8, 0)
    );
    assert_eq!(garden.index.unwrap().sections, 10);
    assert_eq!(
        garden.notes,
        ["1 judged queries have no text or no relevant document: left out"]
    );
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(&run, folder.path().join("run.trec")).unwrap();
    let qrels = std::fs::read_to_string(data("eval/garden/qrels.tsv")).unwrap();
    let judged: Vec<&str> = qrels
        .lines()
        .filter(|line| !line.starts_with("g9"))
        .collect();
    std::fs::write(folder.path().join("qrels.tsv"), judged.join("\n")).unwrap();
    let expected = means(folder.path(), 1);
    for (measure, name) in [
        (Measure::SuccessAt1, "success@1"),
        (Measure::RecallAt4, "recall@4"),
        (Measure::Mrr, "mrr"),
        (Measure::NdcgAt10, "ndcg@10"),
    ] {
        let found = garden.figures[&measure].value;
        assert!((found - expected[name]).abs() < 1e-12, "{name}: {found}");
    }
    assert!(garden.figures[&Measure::SuccessAt3].value >= 0.75);
}

#[test]
fn a_question_file_is_evaluated_over_a_folder() {
    let cache = tempfile::tempdir().unwrap();
    let page = cache.path().join("report.html");
    let report = report(
        docent_eval(&data("eval/coffee.jsonl"), cache.path())
            .arg("--docs")
            .arg(data("coffee"))
            .args(["--ablate", "--misses"])
            .arg("--report")
            .arg(&page),
    );
    let coffee = &report.targets[0];
    assert_eq!((coffee.answerable, coffee.unanswerable), (3, 1));
    assert!(coffee.notes.is_empty(), "{:?}", coffee.notes);
    assert_eq!(coffee.by_kind["howto"].questions, 2);
    assert_eq!(coffee.ablations.len(), 8);
    assert!(coffee.figures.contains_key(&Measure::NoAnswerAuroc));
    assert!(coffee.figures.contains_key(&Measure::HeadingAccuracy));
    let page = std::fs::read_to_string(page).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("<svg"));
    for external in ["http:", "https:", "src=", "<script", "@import", "url("] {
        assert!(
            !page.contains(external),
            "the page refers to something else: {external}"
        );
    }
}

#[test]
fn scores_of_all_candidates_give_the_reported_figures() {
    let cache = tempfile::tempdir().unwrap();
    let file = cache.path().join("scores.jsonl");
    let report = report(
        docent_eval(&data("eval/coffee.jsonl"), cache.path())
            .arg("--docs")
            .arg(data("coffee"))
            .arg("--ablate")
            .arg("--scores")
            .arg(&file),
    );
    let text = std::fs::read_to_string(file).unwrap();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0]["target"], "coffee");
    assert_eq!(lines[0]["question"], "c1");
    assert_eq!(lines[3]["relevant"], serde_json::json!({}));

    // nDCG of an order by a candidate's number, averaged over the questions with an answer.
    let ndcg = |score: &dyn Fn(&serde_json::Value) -> f64| {
        let mut sum = 0.0;
        for line in &lines[..3] {
            let mut candidates = line["candidates"].as_array().unwrap().clone();
            candidates.sort_by(|a, b| score(b).total_cmp(&score(a)));
            let relevant = line["relevant"].as_object().unwrap();
            let grade = |grade: &serde_json::Value| grade.as_u64().unwrap() as u8;
            let of = |c: &serde_json::Value| relevant.get(c["section"].as_str().unwrap());
            let grades: Vec<u8> = candidates.iter().map(|c| of(c).map_or(0, grade)).collect();
            let judged: Vec<u8> = relevant.values().map(grade).collect();
            sum += metrics::ndcg_at(&grades, &judged, 10).unwrap();
        }
        sum / 3.0
    };
    let coffee = &report.targets[0];
    let full = ndcg(&|candidate| candidate["score"].as_f64().unwrap());
    assert!((full - coffee.figures[&Measure::NdcgAt10].value).abs() < 1e-12);
    for (system, arm) in [
        (System::Dense, "dense"),
        (System::LateInteraction, "max_sim"),
    ] {
        let alone = coffee
            .ablations
            .iter()
            .find(|a| a.system == system)
            .unwrap();
        let expected = alone.figures[&Measure::NdcgAt10].value;
        let found = ndcg(&|candidate| candidate["arms"][arm].as_f64().unwrap());
        assert!(
            (found - expected).abs() < 1e-12,
            "{arm}: {found}, {expected}"
        );
    }
}

#[test]
fn each_target_can_have_a_model_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join(BUNDLED_FOLDER);
    for name in ["model.safetensors", "manifest.json"] {
        std::fs::copy(bundled.join(name), folder.path().join(name)).unwrap();
    }
    let manifest = folder.path().join("manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
    let own_name = value["model"].as_str().unwrap().to_owned();
    value["model"] = "renamed".into();
    std::fs::write(&manifest, value.to_string()).unwrap();

    let two = || {
        let mut command = docent_eval(&data("eval/coffee.jsonl"), folder.path());
        command.arg(data("eval/garden"));
        command.arg("--docs").arg(data("coffee"));
        command.arg("--model").arg(&bundled);
        command
    };
    let both = report(two().arg("--model").arg(folder.path()));
    assert_eq!(both.model, format!("{own_name}, renamed"));
    assert_eq!(report(&mut two()).model, own_name);
    let failed = two()
        .args(["--model", "b", "--model", "c"])
        .assert()
        .code(2);
    let stderr = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
    let expected = "error: 2 targets but 3 models\n\
                    hint: name one for all targets, or one for each in order\n";
    assert!(stderr.ends_with(expected), "{stderr}");
}

/// The best confidence of an answer to `question` from `sections` of the coffee docs.
fn confidence(question: &str, sections: &[&str]) -> f64 {
    let mut command = docent(coffee(), &["--format", "json", "--min-confidence", "0"]);
    for section in sections {
        command.args(["--in", section]);
    }
    let output = command.arg(question).assert().success();
    let answer: serde_json::Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    answer["confidence"].as_f64().unwrap()
}

#[test]
fn withheld_answers_are_those_of_the_other_sections() {
    let cache = tempfile::tempdir().unwrap();
    let report = report(
        docent_eval(&data("eval/coffee.jsonl"), cache.path())
            .arg("--docs")
            .arg(data("coffee")),
    );
    let (espresso, pour_over) = ("brewing/espresso.md", "brewing/pour-over.md");
    let (water, roasting) = ("brewing/water.txt", "roasting");
    let questions = [
        (
            "how many grams of coffee for a shot",
            vec![pour_over, water, roasting],
        ),
        (
            "in how many pours should the water go in",
            vec![espresso, roasting],
        ),
        ("rinse the paper filter", vec![espresso, water, roasting]),
    ];
    let with: Vec<f64> = questions.iter().map(|(q, _)| confidence(q, &[])).collect();
    let withheld: Vec<f64> = questions
        .iter()
        .map(|(q, others)| confidence(q, others))
        .collect();
    let figures = &report.targets[0].figures;
    let auroc = metrics::auroc(&with, &withheld).unwrap();
    assert_eq!(figures[&Measure::WithheldAuroc].value, auroc);
    let threshold = f64::from(report.threshold.unwrap());
    let refused = withheld
        .iter()
        .filter(|&&confidence| confidence < threshold)
        .count();
    assert_eq!(
        figures[&Measure::RefusedWithheld].value,
        refused as f64 / 3.0
    );
    assert!(auroc > 0.8 && refused > 0, "{with:?} {withheld:?}");
}

#[test]
fn the_gate_passes_on_itself_and_fails_on_a_better_baseline() {
    let cache = tempfile::tempdir().unwrap();
    let garden = data("eval/garden");
    let mut baseline = report(&mut docent_eval(&garden, cache.path()));
    let path = cache.path().join("baseline.json");
    let write = |report: &Report| {
        std::fs::write(&path, serde_json::to_vec(report).unwrap()).unwrap();
    };
    write(&baseline);
    let gate = || {
        let mut command = docent_eval(&garden, cache.path());
        command
            .arg("--baseline")
            .arg(&path)
            .args(["--max-drop", "0.01"]);
        command
    };
    gate().assert().success();

    let mrr = baseline.targets[0].figures.get_mut(&Measure::Mrr).unwrap();
    mrr.value += 0.02;
    write(&baseline);
    let failed = gate().assert().code(1);
    let stderr = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
    assert!(stderr.contains("garden: MRR was"), "{stderr}");
}

#[test]
fn the_gate_refuses_a_baseline_of_as_many_other_questions() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("coffee.jsonl");
    let questions = std::fs::read_to_string(data("eval/coffee.jsonl")).unwrap();
    std::fs::write(&target, &questions).unwrap();
    let eval = || {
        let mut command = docent_eval(&target, folder.path());
        command.arg("--docs").arg(data("coffee"));
        command
    };
    let baseline = folder.path().join("baseline.json");
    let before = report(&mut eval());
    std::fs::write(&baseline, serde_json::to_vec(&before).unwrap()).unwrap();

    let reworded = questions.replace("rinse the paper filter", "rinse the filter");
    assert_ne!(reworded, questions);
    std::fs::write(&target, reworded).unwrap();
    let failed = eval().arg("--baseline").arg(&baseline).assert().code(2);
    let stderr = String::from_utf8_lossy(&failed.get_output().stderr).into_owned();
    let expected = "error: the baseline's `coffee` has other questions, or other judgements of them\n\
                    hint: write a new baseline: figures of other questions cannot be compared\n";
    assert!(stderr.ends_with(expected), "{stderr}");
}

#[test]
fn wrong_use_ends_in_advice() {
    let cache = tempfile::tempdir().unwrap();
    let fails = |command: &mut Command| {
        let failed = command.assert().code(2);
        String::from_utf8_lossy(&failed.get_output().stderr).into_owned()
    };
    let questions = data("eval/coffee.jsonl");
    let without_docs = fails(&mut docent_eval(&questions, cache.path()));
    assert!(
        without_docs.contains("hint: name it with --docs"),
        "{without_docs}"
    );
    let other_docs = fails(
        docent_eval(&questions, cache.path())
            .arg("--docs")
            .arg(data("coffee/roasting")),
    );
    assert!(
        other_docs.contains("hint: name the documentation"),
        "{other_docs}"
    );
    let no_target = fails(&mut docent_eval(&data("eval/nothing"), cache.path()));
    assert!(no_target.contains("hint: a target is"), "{no_target}");
}

/// The questions over the project's own documentation: every label can be met.
#[test]
fn own_questions_name_sections_and_headings_that_exist() {
    let cache = tempfile::tempdir().unwrap();
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (half, answerable) in [("docs-dev", 46), ("docs-test", 46)] {
        let target = data(&format!("questions/{half}.jsonl"));
        let report = report(docent_eval(&target, cache.path()).arg("--docs").arg(&docs));
        let summary = &report.targets[0];
        assert!(summary.notes.is_empty(), "{:?}", summary.notes);
        assert_eq!((summary.answerable, summary.unanswerable), (answerable, 5));
    }
}

#[test]
fn figures_are_printed_though_a_file_cannot_be_written() {
    let cache = tempfile::tempdir().unwrap();
    for option in ["--run", "--report", "--scores"] {
        let nowhere = cache.path().join("nowhere/file");
        let mut command = docent_eval(&data("eval/garden"), cache.path());
        let failed = command
            .arg(option)
            .arg(nowhere)
            .args(["--format", "json"])
            .assert()
            .code(2);
        let output = failed.get_output();
        let report: Report = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report.targets[0].answerable, 8);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(stderr.contains("error: cannot write "), "{stderr}");
    }
}

#[test]
fn a_question_that_sections_only_help_with_counts_for_their_order_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("q.jsonl");
    let line = |id: &str, relevant: &str| {
        format!("{{\"id\": \"{id}\", \"question\": \"pour\", \"relevant\": {{{relevant}}}}}\n")
    };
    let lines = [
        line("a", "\"brewing/pour-over.md\": 2"),
        line("b", "\"brewing/pour-over.md\": 1"),
    ];
    std::fs::write(&file, lines.concat()).unwrap();
    let report = report(
        docent_eval(&file, folder.path())
            .arg("--docs")
            .arg(data("coffee")),
    );
    let summary = &report.targets[0];
    assert_eq!((summary.answerable, summary.unanswerable), (1, 0));
    assert_eq!(
        summary.notes,
        ["no section of grade 2 or more, so left out of all but nDCG@10: b"]
    );
    assert!(!summary.figures.contains_key(&Measure::RefusedNoAnswer));
}
