//! The report as text.

use std::fmt::Write;

use crate::eval::measure::Measure;
use crate::eval::summary::{Ablation, Difference, Figures, Report, Summary};

/// What the tables of figures show.
const QUALITY: [Measure; 6] = [
    Measure::SuccessAt1,
    Measure::SuccessAt3,
    Measure::RecallAt4,
    Measure::Mrr,
    Measure::NdcgAt10,
    Measure::HeadingAccuracy,
];
const REFUSAL: [Measure; 6] = [
    Measure::CalibrationError,
    Measure::NoAnswerAuroc,
    Measure::RefusedAnswerable,
    Measure::RefusedNoAnswer,
    Measure::WithheldAuroc,
    Measure::RefusedWithheld,
];

/// The whole report as tables, for a terminal of 120 columns.
pub fn text(report: &Report) -> String {
    let all: Vec<&Summary> = report.targets.iter().chain(&report.averages).collect();
    let mut out = format!(
        "docent {} with {}; values with 95 % bootstrap intervals\n\n",
        report.version, report.model
    );
    out += &quality_table(&all);
    let _ = write!(out, "\n{}\n\n", report.refusal_rule());
    out += &refusal_table(&all);
    out += "\nLatency in milliseconds\n\n";
    out += &latency_table(&all);
    // Kinds are few and small: those of all question files together stand for all of the targets.
    let broadest: Vec<&Summary> = match report.averages.first() {
        Some(average) => vec![average],
        None => all.clone(),
    };
    for summary in broadest.iter().filter(|s| !s.by_kind.is_empty()) {
        let _ = write!(out, "\n{} by kind\n\n", summary.name);
        out += &kind_table(summary);
    }
    for summary in all.iter().filter(|s| !s.ablations.is_empty()) {
        let _ = write!(
            out,
            "\n{}: ablations (* differs from full, p < 0.05, paired randomization test)\n\n",
            summary.name
        );
        out += &ablation_table(summary);
    }
    for summary in &report.targets {
        for note in &summary.notes {
            let _ = write!(out, "\nnote: {}: {note}", summary.name);
        }
    }
    out.trim_end().to_owned() + "\n"
}

/// The misses of every target, a paragraph each.
pub fn misses(report: &Report) -> String {
    let mut out = String::new();
    for summary in &report.targets {
        let answerable = summary.answerable;
        let count = summary.misses.len();
        let _ = write!(out, "\n{}: {count} of {answerable} missed\n", summary.name);
        for miss in &summary.misses {
            let kind = miss
                .kind
                .as_deref()
                .map(|k| format!(" ({k})"))
                .unwrap_or_default();
            let rank = miss
                .rank
                .map_or("not found".to_owned(), |rank| format!("rank {rank}"));
            let got = miss.got.as_deref().unwrap_or("nothing");
            let _ = write!(
                out,
                "\n{}{kind} {}\n  expected {} ({rank}), got {got}\n  {}\n",
                miss.id,
                miss.question.replace('\n', " "),
                miss.expected.join(" or "),
                miss.reason,
            );
        }
    }
    out
}

fn quality_table(summaries: &[&Summary]) -> String {
    let mut rows = vec![header("", &["questions", "sections"], &QUALITY)];
    for summary in summaries {
        let sections = summary.index.map(|index| index.sections.to_string());
        let mut row = vec![
            summary.name.clone(),
            summary.answerable.to_string(),
            sections.unwrap_or_default(),
        ];
        row.extend(QUALITY.iter().map(|&m| with_interval(&summary.figures, m)));
        rows.push(row);
    }
    align(&rows)
}

fn refusal_table(summaries: &[&Summary]) -> String {
    let mut rows = vec![header("", &["with", "without"], &REFUSAL)];
    for summary in summaries {
        let mut row = vec![
            summary.name.clone(),
            summary.answerable.to_string(),
            summary.unanswerable.to_string(),
        ];
        row.extend(REFUSAL.iter().map(|&m| with_interval(&summary.figures, m)));
        rows.push(row);
    }
    align(&rows)
}

fn latency_table(summaries: &[&Summary]) -> String {
    let columns = [
        "",
        "p50",
        "p95",
        "p99",
        "embed p50",
        "candidates p50",
        "rank p50",
        "after embed p50",
    ];
    let mut rows = vec![columns.map(str::to_owned).to_vec()];
    for summary in summaries {
        let latency = &summary.latency;
        let times = [
            latency.total_ms.p50,
            latency.total_ms.p95,
            latency.total_ms.p99,
            latency.embed_ms.p50,
            latency.candidates_ms.p50,
            latency.rank_ms.p50,
            latency.after_embed_ms.p50,
        ];
        let mut row = vec![summary.name.clone()];
        row.extend(times.map(|ms| format!("{ms:.2}")));
        rows.push(row);
    }
    align(&rows)
}

fn kind_table(summary: &Summary) -> String {
    let mut rows = vec![header("", &["questions"], &QUALITY)];
    let with_quality = |figures: &Figures| figures.contains_key(&Measure::SuccessAt1);
    for (kind, group) in summary
        .by_kind
        .iter()
        .filter(|(_, g)| with_quality(&g.figures))
    {
        let mut row = vec![kind.clone(), group.questions.to_string()];
        row.extend(QUALITY.iter().map(|&m| with_interval(&group.figures, m)));
        rows.push(row);
    }
    align(&rows)
}

fn ablation_table(summary: &Summary) -> String {
    let mut rows = vec![header("", &[], &QUALITY)];
    let mut full = vec!["full".to_owned()];
    full.extend(QUALITY.iter().map(|m| value(&summary.figures, *m)));
    rows.push(full);
    for ablation in &summary.ablations {
        let mut row = vec![ablation.system.name().to_owned()];
        row.extend(QUALITY.iter().map(|&m| with_difference(ablation, m)));
        rows.push(row);
    }
    align(&rows)
}

fn header(first: &str, counts: &[&str], measures: &[Measure]) -> Vec<String> {
    let measures = measures.iter().map(|m| m.name());
    std::iter::once(first)
        .chain(counts.iter().copied())
        .chain(measures)
        .map(str::to_owned)
        .collect()
}

fn value(figures: &Figures, measure: Measure) -> String {
    figures
        .get(&measure)
        .map_or("-".to_owned(), |f| format!("{:.3}", f.value))
}

fn with_interval(figures: &Figures, measure: Measure) -> String {
    figures.get(&measure).map_or("-".to_owned(), |f| {
        format!("{:.3} {:.2}-{:.2}", f.value, f.low, f.high)
    })
}

fn with_difference(ablation: &Ablation, measure: Measure) -> String {
    let value = value(&ablation.figures, measure);
    match ablation.differences.get(&measure) {
        Some(difference) => format!("{value} {}", signed(difference)),
        None => value,
    }
}

fn signed(difference: &Difference) -> String {
    let mark = if difference.is_significant() {
        "*"
    } else {
        " "
    };
    format!("{:+.3}{mark}", difference.mean)
}

/// Rows of equal length as columns: the first to the left, the others to the right.
pub(in crate::eval) fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let cell_width = |row: &Vec<String>, i: usize| row.get(i).map_or(0, |c| c.chars().count());
    let widths: Vec<usize> = (0..columns)
        .map(|i| rows.iter().map(|row| cell_width(row, i)).max().unwrap_or(0))
        .collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (i, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            let _ = match i {
                0 => write!(line, "{cell:<width$}"),
                _ => write!(line, "  {cell:>width$}"),
            };
        }
        out += line.trim_end();
        out.push('\n');
    }
    out
}
