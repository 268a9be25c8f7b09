//! The report as one page of HTML that needs no network: plots are inline SVG.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::plot::{self, Bar, Series};
use crate::eval::measure::Measure;
use crate::eval::run::TargetRun;
use crate::eval::summary::{Ablation, Figures, Percentiles, Report, Summary};

const STYLE: &str = "
:root { color-scheme: light; --ink: #1f2430; --soft: #667085; --line: #d9dee7; }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #fff;
  max-width: 84rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
p.lead, .note { color: var(--soft); margin: .2rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .9rem; }
th, td { text-align: right; padding: .3rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
th:first-child, td:first-child { white-space: nowrap; }
th:first-child, td:first-child, table.misses td, table.misses th { text-align: left; }
small { color: var(--soft); white-space: nowrap; }
.plots { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .3rem; }
svg { max-width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
svg .grid { stroke: var(--line); } svg .soft { fill: var(--soft); }
code { font-size: .85em; overflow-wrap: anywhere; }
";

/// The page: figures, curves of success@k, ablations with intervals, latency, misses.
///
/// `runs` are what `report` summarizes; they have the single durations.
pub fn html(report: &Report, runs: &[TargetRun]) -> String {
    let all: Vec<&Summary> = report.targets.iter().chain(&report.averages).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "docent: evaluation" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "docent: evaluation" }
                p.lead {
                    "docent " (report.version) ", model " (report.model)
                    ". Values with 95 % bootstrap intervals over the questions."
                }
                @for summary in &report.targets {
                    @for note in &summary.notes { p.note { (summary.name) ": " (note) } }
                }
                h2 { "Quality" }
                (quality_table(&all))
                p.note {
                    (report.refusal_rule())
                }
                div.plots { (success_curves(&all)) }
                @let broadest = if report.averages.is_empty() { &report.targets } else { &report.averages };
                @if broadest.iter().any(|summary| !summary.reliability.is_empty()) {
                    h2 { "Reliability" }
                    p.note {
                        "How often the first section answers, by confidence; a circle is larger for more "
                        "questions, and on the dashed line confidence is right."
                    }
                    div.plots { @for summary in broadest {
                        figure { figcaption { (summary.name) } (plot::reliability(&summary.reliability)) }
                    } }
                }
                @if all.iter().any(|summary| !summary.ablations.is_empty()) {
                    h2 { "Ablations" }
                    p.note { "* differs from the full system (p < 0.05, paired randomization test)." }
                    div.plots { @for summary in &all { (ablation_bars(summary)) } }
                }
                h2 { "Latency" }
                (latency_table(&all))
                div.plots { @for run in runs { (latency_histogram(run)) } }
                h2 { "Misses" }
                p.note { "Questions whose first section does not answer." }
                (misses_table(report))
            }
        }
    };
    page.into_string()
}

fn quality_table(summaries: &[&Summary]) -> Markup {
    html! {
        div.scroll { table {
            tr {
                th {} th { "questions" } th { "without answer" }
                @for measure in Measure::ALL { th { (measure.name()) } }
            }
            @for summary in summaries {
                tr {
                    td { (summary.name) }
                    td { (summary.answerable) }
                    td { (summary.unanswerable) }
                    @for measure in Measure::ALL { td { (figure(&summary.figures, measure)) } }
                }
            }
        } }
    }
}

fn figure(figures: &Figures, measure: Measure) -> Markup {
    html! {
        @if let Some(figure) = figures.get(&measure) {
            (format!("{:.3}", figure.value)) br;
            small { (format!("{:.2}–{:.2}", figure.low, figure.high)) }
        } @else { "–" }
    }
}

fn success_curves(summaries: &[&Summary]) -> Markup {
    let series: Vec<Series<'_>> = summaries
        .iter()
        .map(|summary| Series {
            name: &summary.name,
            values: &summary.success_curve,
        })
        .collect();
    html! { figure { figcaption { "success@k" } (plot::curves(&series)) } }
}

/// nDCG@10 of the full system and of the others, best first.
fn ablation_bars(summary: &Summary) -> Markup {
    if summary.ablations.is_empty() {
        return Markup::default();
    }
    let measure = Measure::NdcgAt10;
    let name = |ablation: &Ablation| {
        let difference = ablation.differences.get(&measure);
        let mark = if difference.is_some_and(|d| d.is_significant()) {
            " *"
        } else {
            ""
        };
        format!("{}{mark}", ablation.system.name())
    };
    let full = summary.figures.get(&measure).map(|&figure| Bar {
        name: "full".to_owned(),
        figure,
    });
    let others = summary.ablations.iter().filter_map(|ablation| {
        let figure = *ablation.figures.get(&measure)?;
        Some(Bar {
            name: name(ablation),
            figure,
        })
    });
    let bars: Vec<Bar> = full.into_iter().chain(others).collect();
    html! {
        figure {
            figcaption { (summary.name) ": " (measure.name()) }
            (plot::bars(&bars))
        }
    }
}

fn latency_table(summaries: &[&Summary]) -> Markup {
    let triple = |p: &Percentiles| format!("{:.2} / {:.2} / {:.2}", p.p50, p.p95, p.p99);
    html! {
        p.note { "p50 / p95 / p99 in milliseconds, default settings." }
        div.scroll { table {
            tr { th {} th { "total" } th { "embed" } th { "candidates" } th { "rank" } th { "after embed" } }
            @for summary in summaries {
                tr {
                    td { (summary.name) }
                    td { (triple(&summary.latency.total_ms)) }
                    td { (triple(&summary.latency.embed_ms)) }
                    td { (triple(&summary.latency.candidates_ms)) }
                    td { (triple(&summary.latency.rank_ms)) }
                    td { (triple(&summary.latency.after_embed_ms)) }
                }
            }
        } }
    }
}

fn latency_histogram(run: &TargetRun) -> Markup {
    let durations: Vec<f64> = run
        .timings
        .iter()
        .map(|timings| timings.total().as_secs_f64() * 1e3)
        .collect();
    html! {
        figure {
            figcaption { (run.name) ": searches by milliseconds" }
            (plot::histogram(&durations))
        }
    }
}

fn misses_table(report: &Report) -> Markup {
    html! {
        div.scroll { table.misses {
            tr {
                th { "target" } th { "question" } th { "kind" } th { "expected" } th { "rank" }
                th { "came first" } th { "why" }
            }
            @for summary in &report.targets { @for miss in &summary.misses {
                tr {
                    td { (summary.name) br; small { (miss.id) } }
                    td { (miss.question) }
                    td { (miss.kind.as_deref().unwrap_or("–")) }
                    td { @for path in &miss.expected { code { (path) } br; } }
                    td { @if let Some(rank) = miss.rank { (rank) } @else { "–" } }
                    td { @if let Some(path) = &miss.got { code { (path) } } @else { "–" } }
                    td { (miss.reason) }
                }
            } }
        } }
    }
}
