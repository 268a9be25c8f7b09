//! From outcomes to figures: the report of an evaluation as data.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use super::bootstrap::{self, Interval};
use super::measure::Measure;
use super::metrics::{self, Bin};
use super::misses::{self, Miss};
use super::run::{CURVE, Outcome, System, TargetRun};
use super::targets::Question;
use crate::answer::Timings;

/// A value with its 95 % bootstrap interval over the questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The value.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// Figures by measure; one that is not defined on the questions is absent.
pub type Figures = BTreeMap<Measure, Figure>;

/// An evaluation in figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of docent.
    pub version: String,
    /// Name of the model.
    pub model: String,
    /// Confidence below which a question counts as refused; `None` if the model is not calibrated.
    pub threshold: Option<f32>,
    /// One summary a target.
    pub targets: Vec<Summary>,
    /// Macro-averages: means over several targets, each counting the same.
    pub averages: Vec<Summary>,
}

impl Report {
    /// When a question counts as refused, in words.
    pub fn refusal_rule(&self) -> String {
        match self.threshold {
            Some(threshold) => format!(
                "No answer, refused below confidence {threshold}; withheld: asked without the \
                 relevant sections"
            ),
            None => "No answer: the model is not calibrated, so nothing is refused".to_owned(),
        }
    }
}

/// Figures of a group of questions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Name of the target or average.
    pub name: String,
    /// What people should know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Size of the index; absent from an average.
    pub index: Option<IndexSize>,
    /// Questions with an answer.
    pub answerable: usize,
    /// Questions without one.
    pub unanswerable: usize,
    /// Hash of the questions and of what was judged of them, in any order: figures with another one
    /// cannot be compared.
    pub questions_hash: String,
    /// Quality of the full system. The calibration error of an average is that of its questions together.
    pub figures: Figures,
    /// success@k for k from 1.
    pub success_curve: Vec<f64>,
    /// How often the first section answers, by confidence; of an average: of its questions together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reliability: Vec<Bin>,
    /// Quality by kind of question; of an average: of its questions together.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by_kind: BTreeMap<String, KindSummary>,
    /// Duration of searches.
    pub latency: Latency,
    /// Other systems on the same questions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ablations: Vec<Ablation>,
    /// Questions whose first section does not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misses: Vec<Miss>,
}

/// Size of an index.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct IndexSize {
    /// Sections.
    pub sections: usize,
    /// Chunks.
    pub chunks: usize,
    /// Part of the 10 nearest chunks that the graph finds; absent without a graph.
    #[serde(rename = "ann_recall@10")]
    pub ann_recall_at_10: Option<f32>,
}

/// Figures of one kind of question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KindSummary {
    /// Number of questions.
    pub questions: usize,
    /// Quality of the full system.
    pub figures: Figures,
}

/// Another system's quality, and how it differs from the full system's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ablation {
    /// The system.
    pub system: System,
    /// Its quality.
    pub figures: Figures,
    /// Its difference from the full system, by measure.
    pub differences: BTreeMap<Measure, Difference>,
}

/// A difference of means over the same questions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The other system's mean less the full system's.
    pub mean: f64,
    /// Two-sided p-value of the paired randomization test, not corrected for the number of tests.
    pub p: f64,
}

/// Below this p-value a difference counts as significant.
pub const SIGNIFICANT: f64 = 0.05;

impl Difference {
    /// Whether chance is an unlikely reason.
    pub fn is_significant(&self) -> bool {
        self.p < SIGNIFICANT
    }
}

/// Percentiles of durations, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half of the searches take at most as long.
    pub p50: f64,
    /// 95 % do.
    pub p95: f64,
    /// 99 % do.
    pub p99: f64,
}

/// Durations of searches by stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Embedding the question.
    pub embed_ms: Percentiles,
    /// Finding candidates.
    pub candidates_ms: Percentiles,
    /// Scoring and ordering them.
    pub rank_ms: Percentiles,
    /// All but the embedding.
    pub after_embed_ms: Percentiles,
    /// All of it.
    pub total_ms: Percentiles,
}

/// The report of all runs. Two question files or more are averaged, each counting the same; with a BEIR
/// folder too, so are all targets.
pub fn summarize(runs: &[TargetRun], model: &str) -> Report {
    let question_files: Vec<&TargetRun> = runs.iter().filter(|run| run.is_question_file).collect();
    let mut averages = Vec::new();
    if question_files.len() > 1 {
        averages.push(summary("macro-average of question files", &question_files));
    }
    if runs.len() > 1 && question_files.len() < runs.len() {
        let all: Vec<&TargetRun> = runs.iter().collect();
        averages.push(summary("macro-average of all targets", &all));
    }
    Report {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        model: model.to_owned(),
        threshold: runs.iter().find_map(|run| run.threshold),
        targets: runs.iter().map(target_summary).collect(),
        averages,
    }
}

fn target_summary(run: &TargetRun) -> Summary {
    Summary {
        notes: run.notes.clone(),
        index: Some(IndexSize {
            sections: run.sections,
            chunks: run.chunks,
            ann_recall_at_10: run.ann_recall_at_10,
        }),
        misses: misses::of(run),
        ..summary(&run.name, &[run])
    }
}

/// Outcomes of a target's questions.
type Group<'a> = Vec<&'a Outcome>;

/// Means over `runs`, each counting the same.
fn summary(name: &str, runs: &[&TargetRun]) -> Summary {
    let questions = || runs.iter().flat_map(|run| &run.questions);
    let groups = runs.iter().map(|run| run.questions.iter());
    let groups: Vec<Group<'_>> = groups
        .map(|own| own.map(|q| &q.outcome).collect())
        .collect();
    let outcomes: Group<'_> = groups.concat();
    let timings: Vec<Timings> = runs.iter().flat_map(|run| run.timings.clone()).collect();
    let count = |answerable| {
        let group = outcomes.iter().filter(|o| o.answerable == Some(answerable));
        group.count()
    };
    Summary {
        name: name.to_owned(),
        notes: Vec::new(),
        index: None,
        answerable: count(true),
        unanswerable: count(false),
        questions_hash: questions_hash(questions().map(|run| &run.question)),
        figures: figures(&groups),
        success_curve: success_curve(&groups),
        reliability: metrics::reliability(&judged_confidences(&outcomes)),
        by_kind: by_kind(&outcomes),
        latency: latency(&timings),
        ablations: ablations(&groups, runs),
        misses: Vec::new(),
    }
}

/// See [`Summary::questions_hash`]. The kind is left out: no figure that is compared depends on it.
fn questions_hash<'a>(questions: impl Iterator<Item = &'a Question>) -> String {
    let line = |question: &Question| {
        let heading = question.heading.as_ref();
        let heading = heading.map(|heading| (&heading.section, &heading.text));
        let (id, text, relevant) = (&question.id, &question.text, &question.relevant);
        serde_json::json!([id, text, relevant, heading]).to_string()
    };
    let mut lines: Vec<String> = questions.map(line).collect();
    lines.sort_unstable();
    format!("{:032x}", xxh3_128(lines.join("\n").as_bytes()))
}

fn figures(groups: &[Group<'_>]) -> Figures {
    let figure = |measure: Measure| {
        let (value, interval) = match measure {
            Measure::NoAnswerAuroc => auroc(groups, |group| {
                (confidences(group, true), confidences(group, false))
            })?,
            Measure::WithheldAuroc => auroc(groups, |group| {
                let withheld = group.iter().filter_map(|o| o.withheld);
                let withheld = withheld.map(|s| f64::from(s.confidence));
                (confidences(group, true), withheld.collect())
            })?,
            // Bins of a few questions are far from anything by chance: of all groups together.
            Measure::CalibrationError => {
                let pairs = judged_confidences(&groups.concat());
                (
                    metrics::calibration_error(&pairs)?,
                    bootstrap::calibration_interval(&pairs)?,
                )
            }
            _ => {
                let values: Vec<Vec<f64>> =
                    groups.iter().map(|group| values(group, measure)).collect();
                (mean_of_means(&values)?, bootstrap::mean_interval(&values)?)
            }
        };
        let Interval { low, high } = interval;
        Some((measure, Figure { value, low, high }))
    };
    Measure::ALL.into_iter().filter_map(figure).collect()
}

/// The questions' shares in a mean.
fn values(group: &Group<'_>, measure: Measure) -> Vec<f64> {
    group.iter().filter_map(|o| measure.of(o)).collect()
}

fn mean_of_means(groups: &[Vec<f64>]) -> Option<f64> {
    let means = groups.iter().filter_map(|values| metrics::mean(values));
    metrics::mean(&means.collect::<Vec<_>>())
}

fn confidences(group: &Group<'_>, answerable: bool) -> Vec<f64> {
    let group = group.iter().filter(|o| o.answerable == Some(answerable));
    let sure = group.filter_map(|o| o.sureness);
    sure.map(|s| f64::from(s.confidence)).collect()
}

/// Confidence and whether the first section answers, of the questions of which that is known.
fn judged_confidences(group: &Group<'_>) -> Vec<(f64, bool)> {
    let pair = |o: &&Outcome| {
        let answers = match o.answerable? {
            true => o.success_at?[0],
            false => false,
        };
        Some((f64::from(o.sureness?.confidence), answers))
    };
    group.iter().filter_map(pair).collect()
}

/// The mean of the groups' AUROC of what `split` makes of them.
fn auroc(
    groups: &[Group<'_>],
    split: impl Fn(&Group<'_>) -> (Vec<f64>, Vec<f64>),
) -> Option<(f64, Interval)> {
    let split: Vec<(Vec<f64>, Vec<f64>)> = groups.iter().map(split).collect();
    let values = split
        .iter()
        .filter_map(|(with, without)| metrics::auroc(with, without));
    let value = metrics::mean(&values.collect::<Vec<_>>())?;
    Some((value, bootstrap::auroc_interval(&split)?))
}

fn success_curve(groups: &[Group<'_>]) -> Vec<f64> {
    let at = |k: usize| {
        let share = |group: &Group<'_>| {
            let curves = group.iter().filter_map(|o| o.success_at);
            curves.map(|curve| f64::from(curve[k])).collect()
        };
        mean_of_means(&groups.iter().map(share).collect::<Vec<_>>())
    };
    (0..CURVE).filter_map(at).collect()
}

fn by_kind(outcomes: &[&Outcome]) -> BTreeMap<String, KindSummary> {
    let kinds: BTreeSet<&String> = outcomes.iter().filter_map(|o| o.kind.as_ref()).collect();
    kinds
        .into_iter()
        .map(|kind| {
            let group = outcomes.iter().copied();
            let group: Group<'_> = group.filter(|o| o.kind.as_ref() == Some(kind)).collect();
            let summary = KindSummary {
                questions: group.len(),
                figures: figures(&[group]),
            };
            (kind.clone(), summary)
        })
        .collect()
}

fn ablations(full: &[Group<'_>], runs: &[&TargetRun]) -> Vec<Ablation> {
    let Some(first) = runs.first() else {
        return Vec::new();
    };
    let ablation = |(i, (system, _)): (usize, &(System, Vec<Outcome>))| {
        let own = runs.iter().map(|run| run.ablations[i].1.iter().collect());
        let groups: Vec<Group<'_>> = own.collect();
        Ablation {
            system: *system,
            figures: figures(&groups),
            differences: differences(full, &groups),
        }
    };
    first.ablations.iter().enumerate().map(ablation).collect()
}

/// Differences of the means over questions, so not of AUROC and calibration error.
fn differences(full: &[Group<'_>], other: &[Group<'_>]) -> BTreeMap<Measure, Difference> {
    let difference = |measure: Measure| {
        let pairs = full.iter().zip(other);
        let groups: Vec<Vec<f64>> = pairs
            .map(|(full, other)| {
                let pairs = full.iter().zip(other);
                let pair = pairs.filter_map(|(a, b)| Some(measure.of(b)? - measure.of(a)?));
                pair.collect()
            })
            .collect();
        let mean = mean_of_means(&groups)?;
        // A question counts by its part of its group, so that the sum is that of the means.
        let parts = groups.iter().flat_map(|own| {
            let part = 1.0 / own.len().max(1) as f64;
            own.iter().map(move |difference| difference * part)
        });
        let p = bootstrap::randomization_test(&parts.collect::<Vec<_>>());
        Some((measure, Difference { mean, p }))
    };
    Measure::ALL.into_iter().filter_map(difference).collect()
}

fn latency(timings: &[Timings]) -> Latency {
    let of = |stage: fn(&Timings) -> Duration| percentiles(timings.iter().map(stage));
    Latency {
        embed_ms: of(|t| t.embed),
        candidates_ms: of(|t| t.candidates),
        rank_ms: of(|t| t.rank),
        after_embed_ms: of(|t| t.candidates + t.rank),
        total_ms: of(Timings::total),
    }
}

/// Percentiles by nearest rank; 0 without durations.
fn percentiles(durations: impl Iterator<Item = Duration>) -> Percentiles {
    let mut sorted: Vec<f64> = durations.map(|d| d.as_secs_f64() * 1e3).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| {
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
    };
    Percentiles {
        p50: at(0.50),
        p95: at(0.95),
        p99: at(0.99),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Signals;
    use crate::eval::run::Sureness;

    fn sureness(confidence: f32) -> Sureness {
        Sureness {
            confidence,
            signals: Signals::default(),
            is_refused: confidence < 0.2,
        }
    }

    fn outcome(kind: &str, rank: Option<usize>, confidence: f32) -> Outcome {
        let answerable = kind != "noanswer";
        Outcome {
            kind: Some(kind.to_owned()),
            answerable: Some(answerable),
            success_at: answerable
                .then(|| std::array::from_fn(|k| rank.is_some_and(|rank| rank <= k + 1))),
            recall_at_4: answerable.then_some(0.5),
            reciprocal_rank: answerable.then(|| rank.map_or(0.0, |rank| 1.0 / rank as f64)),
            ndcg_at_10: answerable.then_some(0.25),
            heading_found: None,
            sureness: Some(sureness(confidence)),
            withheld: answerable.then_some(sureness(confidence / 2.0)),
        }
    }

    fn value(figures: &Figures, measure: Measure) -> Option<f64> {
        figures.get(&measure).map(|figure| figure.value)
    }

    #[test]
    fn figures_are_means_over_the_questions_that_they_are_defined_for() {
        let outcomes = [
            outcome("howto", Some(1), 0.9),
            outcome("howto", Some(3), 0.1),
            outcome("typo", None, 0.8),
            outcome("typo", Some(2), 0.7),
            outcome("noanswer", None, 0.15),
            outcome("noanswer", None, 0.5),
        ];
        let all: Vec<&Outcome> = outcomes.iter().collect();
        let figures = figures(std::slice::from_ref(&all));
        assert_eq!(value(&figures, Measure::SuccessAt1), Some(0.25));
        assert_eq!(value(&figures, Measure::SuccessAt3), Some(0.75));
        let mrr = (1.0 + 1.0 / 3.0 + 0.5) / 4.0;
        assert_eq!(value(&figures, Measure::Mrr), Some(mrr));
        assert_eq!(value(&figures, Measure::NdcgAt10), Some(0.25));
        assert_eq!(value(&figures, Measure::HeadingAccuracy), None);
        // Of 8 pairs, 0.1 loses both.
        assert_eq!(value(&figures, Measure::NoAnswerAuroc), Some(0.75));
        assert_eq!(value(&figures, Measure::RefusedAnswerable), Some(0.25));
        assert_eq!(value(&figures, Measure::RefusedNoAnswer), Some(0.5));
        // Withheld: .45, .05, .4, .35; .1 loses to three.
        assert_eq!(value(&figures, Measure::WithheldAuroc), Some(13.0 / 16.0));
        assert_eq!(value(&figures, Measure::RefusedWithheld), Some(0.25));
        // As f32, .9 is below .9: it answers and .8 does not, in one bin; .15 and .1 are in one, too.
        let error = (2.0 * (0.85 - 0.5) + 0.7 + 0.5 + 2.0 * 0.125) / 6.0;
        let found = value(&figures, Measure::CalibrationError).unwrap();
        assert!((found - error).abs() < 1e-6);
        assert_eq!(
            success_curve(std::slice::from_ref(&all))[..3],
            [0.25, 0.5, 0.75]
        );
        let kinds = by_kind(&all);
        assert_eq!(kinds["typo"].questions, 2);
        assert_eq!(value(&kinds["typo"].figures, Measure::Mrr), Some(0.25));
        assert_eq!(value(&kinds["noanswer"].figures, Measure::Mrr), None);
    }

    #[test]
    fn targets_count_the_same_whatever_their_questions() {
        let right = outcome("howto", Some(1), 0.9);
        let wrong = outcome("howto", Some(4), 0.3);
        let nothing = outcome("noanswer", None, 0.5);
        let groups = [vec![&right, &right, &right, &wrong], vec![&wrong, &nothing]];
        let figures = figures(&groups);
        assert_eq!(value(&figures, Measure::SuccessAt1), Some(0.375));
        // The first has no question without an answer; in the second, .3 is below .5.
        assert_eq!(value(&figures, Measure::NoAnswerAuroc), Some(0.0));
        assert_eq!(value(&figures, Measure::RefusedNoAnswer), Some(0.0));
        assert_eq!(success_curve(&groups)[..4], [0.375, 0.375, 0.375, 1.0]);
        let other = [vec![&wrong, &right, &right, &wrong], vec![&right, &nothing]];
        let differences = differences(&groups, &other);
        assert_eq!(differences[&Measure::SuccessAt1].mean, (-0.25 + 1.0) / 2.0);
        // Of the four patterns of signs of -1/4 and 1, two are as far from 0 as 3/4, and two further.
        assert_eq!(differences[&Measure::SuccessAt1].p, 1.0);
    }

    #[test]
    fn a_question_that_is_only_helped_says_nothing_of_confidence() {
        let mut outcomes = vec![
            outcome("howto", Some(1), 0.9),
            outcome("noanswer", None, 0.1),
        ];
        let confidence = |outcomes: &[Outcome]| {
            let figures = figures(&[outcomes.iter().collect()]);
            [
                Measure::NoAnswerAuroc,
                Measure::RefusedAnswerable,
                Measure::RefusedNoAnswer,
            ]
            .map(|measure| value(&figures, measure))
        };
        let expected = [Some(1.0), Some(0.0), Some(1.0)];
        assert_eq!(confidence(&outcomes), expected);
        for confidence in [0.0, 1.0] {
            outcomes.push(Outcome {
                answerable: None,
                ..outcome("noanswer", None, confidence)
            });
        }
        assert_eq!(confidence(&outcomes), expected);
    }

    #[test]
    fn differences_pair_the_same_questions() {
        let full = [
            outcome("howto", Some(1), 0.9),
            outcome("howto", Some(2), 0.9),
        ];
        let other = [
            outcome("howto", Some(2), 0.9),
            outcome("howto", Some(2), 0.9),
        ];
        let differences = differences(&[full.iter().collect()], &[other.iter().collect()]);
        assert_eq!(differences[&Measure::SuccessAt1].mean, -0.5);
        assert_eq!(differences[&Measure::SuccessAt1].p, 1.0);
        assert_eq!(differences[&Measure::Mrr].mean, -0.25);
        assert!(!differences.contains_key(&Measure::NoAnswerAuroc));
    }

    #[test]
    fn the_hash_of_questions_is_of_their_content_in_any_order() {
        use crate::eval::targets::GoldHeading;

        let question = |id: &str| Question {
            id: id.to_owned(),
            text: "who flies?".to_owned(),
            kind: Some("howto".to_owned()),
            relevant: [("b.md".to_owned(), 2)].into(),
            heading: None,
        };
        let (a, b) = (question("a"), question("b"));
        let hash = |questions: &[&Question]| questions_hash(questions.iter().copied());
        assert_eq!(hash(&[&a, &b]), hash(&[&b, &a]));
        assert_ne!(hash(&[&a, &b]), hash(&[&a]));
        let mut others = vec![a.clone(); 5];
        others[0].id = "b".to_owned();
        others[1].text = "who walks?".to_owned();
        others[2].relevant.insert("b.md".to_owned(), 1);
        others[3].relevant.clear();
        others[4].heading = Some(GoldHeading {
            section: "b.md".to_owned(),
            text: "Wings".to_owned(),
        });
        for other in &others {
            assert_ne!(hash(&[other]), hash(&[&a]), "{other:?}");
        }
        let other_kind = Question {
            kind: None,
            ..a.clone()
        };
        assert_eq!(hash(&[&other_kind]), hash(&[&a]));
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let durations = (1..=200).map(Duration::from_millis);
        let found = percentiles(durations);
        assert_eq!((found.p50, found.p95, found.p99), (100.0, 190.0, 198.0));
        assert_eq!(percentiles(std::iter::empty()).p99, 0.0);
    }
}
