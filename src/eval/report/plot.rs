//! Plots as inline SVG.

use maud::{Markup, html};

use crate::eval::metrics::Bin;
use crate::eval::summary::Figure;

const COLOURS: [&str; 8] = [
    "#3366cc", "#d9480f", "#2b8a3e", "#862e9c", "#0b7285", "#c2255c", "#5f3dc4", "#495057",
];
/// Columns of a histogram.
const BINS: usize = 24;

/// A line of a plot.
pub(super) struct Series<'a> {
    pub name: &'a str,
    /// Heights, 0 to 1, at 1, 2, 3, ...
    pub values: &'a [f64],
}

/// A bar with its interval, 0 to 1.
pub(super) struct Bar {
    pub name: String,
    pub figure: Figure,
}

/// Lines over 1, 2, 3, ... with a legend; dashed once the colours have all been used.
pub(super) fn curves(series: &[Series<'_>]) -> Markup {
    let (left, top, width, height) = (40.0, 10.0, 420.0, 240.0);
    let count = series.iter().map(|s| s.values.len()).max().unwrap_or(0);
    let x = |i: usize| left + width * i as f64 / count.saturating_sub(1).max(1) as f64;
    let y = |value: f64| top + height * (1.0 - value);
    let legend = left + width + 20.0;
    html! {
        svg viewBox=(format!("0 0 720 {}", top + height + 30.0)) width="720" role="img" {
            @for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
                line.grid x1=(left) x2=(left + width) y1=(y(tick)) y2=(y(tick)) {}
                text.soft x=(left - 8.0) y=(y(tick) + 4.0) text-anchor="end" { (format!("{tick:.1}")) }
            }
            @for i in 0..count {
                text.soft x=(x(i)) y=(top + height + 20.0) text-anchor="middle" { (i + 1) }
            }
            @for (i, line) in series.iter().enumerate() {
                @let colour = COLOURS[i % COLOURS.len()];
                @let dash = if i < COLOURS.len() { "none" } else { "5 4" };
                polyline fill="none" stroke=(colour) stroke-width="2" stroke-dasharray=(dash)
                    points=(points(line.values, x, y)) {}
                @for (k, &value) in line.values.iter().enumerate() {
                    circle cx=(px(x(k))) cy=(px(y(value))) r="3" fill=(colour) {
                        title { (line.name) " @" (k + 1) ": " (format!("{value:.3}")) }
                    }
                }
                @let at = top + 10.0 + 20.0 * i as f64;
                line x1=(legend) x2=(legend + 18.0) y1=(at) y2=(at) stroke=(colour)
                    stroke-width="3" stroke-dasharray=(dash) {}
                text x=(legend + 26.0) y=(at + 4.0) { (line.name) }
            }
        }
    }
}

fn points(values: &[f64], x: impl Fn(usize) -> f64, y: impl Fn(f64) -> f64) -> String {
    let point = |(i, &value): (usize, &f64)| format!("{},{}", px(x(i)), px(y(value)));
    values
        .iter()
        .enumerate()
        .map(point)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Horizontal bars with intervals; the first is set off.
pub(super) fn bars(bars: &[Bar]) -> Markup {
    let (left, width, step) = (150.0, 260.0, 26.0);
    let x = |value: f64| px(left + width * value);
    html! {
        svg viewBox=(format!("0 0 480 {}", step * bars.len() as f64 + 8.0)) width="480" role="img" {
            @for (i, Bar { name, figure }) in bars.iter().enumerate() {
                @let y = step * i as f64 + 4.0;
                @let middle = y + 9.0;
                text x=(left - 8.0) y=(y + 13.0) text-anchor="end" { (name) }
                rect x=(left) y=(y) height="18" width=(px(width * figure.value))
                    fill=(if i == 0 { COLOURS[0] } else { "#a9bbe0" }) {}
                line x1=(x(figure.low)) x2=(x(figure.high)) y1=(middle) y2=(middle) stroke="#1f2430" {}
                @for end in [figure.low, figure.high] {
                    line x1=(x(end)) x2=(x(end)) y1=(middle - 4.0) y2=(middle + 4.0) stroke="#1f2430" {}
                }
                text x=(left + width + 12.0) y=(y + 13.0) { (format!("{:.3}", figure.value)) }
            }
        }
    }
}

/// How often the first section answers over confidence, a circle for each bin, larger for more questions;
/// on the diagonal confidence is right.
pub(super) fn reliability(bins: &[Bin]) -> Markup {
    let (left, top, side) = (40.0, 10.0, 240.0);
    let x = |value: f64| px(left + side * value);
    let y = |value: f64| px(top + side * (1.0 - value));
    let most = bins.iter().map(|bin| bin.questions).max().unwrap_or(1);
    let radius = |bin: &Bin| px(3.0 + 9.0 * (bin.questions as f64 / most as f64).sqrt());
    html! {
        svg viewBox=(format!("0 0 {} {}", left + side + 20.0, top + side + 44.0)) width=(left + side + 20.0) role="img" {
            @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                line.grid x1=(x(0.0)) x2=(x(1.0)) y1=(y(tick)) y2=(y(tick)) {}
                text.soft x=(left - 8.0) y=(px(top + side * (1.0 - tick) + 4.0)) text-anchor="end" {
                    (format!("{tick:.2}"))
                }
                text.soft x=(x(tick)) y=(top + side + 20.0) text-anchor="middle" { (format!("{tick:.2}")) }
            }
            line x1=(x(0.0)) x2=(x(1.0)) y1=(y(0.0)) y2=(y(1.0)) stroke="#667085" stroke-dasharray="5 4" {}
            @for bin in bins {
                circle cx=(x(bin.confidence)) cy=(y(bin.answered)) r=(radius(bin)) fill=(COLOURS[0]) fill-opacity="0.7" {
                    title {
                        (bin.questions) " questions, confidence " (format!("{:.2}", bin.confidence))
                        ", answered " (format!("{:.2}", bin.answered))
                    }
                }
            }
            text.soft x=(x(0.5)) y=(top + side + 38.0) text-anchor="middle" { "confidence" }
        }
    }
}

/// Counts of `values` from 0 up to their 99th percentile; larger ones are in the last column.
pub(super) fn histogram(values: &[f64]) -> Markup {
    let (top, height, width) = (14.0, 120.0, 336.0);
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let limit = sorted
        .get(sorted.len() * 99 / 100)
        .copied()
        .unwrap_or(0.0)
        .max(f64::MIN_POSITIVE);
    let mut counts = [0usize; BINS];
    for value in &sorted {
        counts[((value / limit * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = width / BINS as f64;
    html! {
        svg viewBox=(format!("0 0 {} {}", width + 24.0, top + height + 24.0)) width=(width + 24.0) role="img" {
            @for (i, &count) in counts.iter().enumerate() {
                @let tall = height * count as f64 / most;
                rect x=(px(12.0 + step * i as f64)) y=(px(top + height - tall)) width=(px(step - 2.0))
                    height=(px(tall)) fill=(COLOURS[0]) {
                    title { (count) }
                }
            }
            line.grid x1="12" x2=(12.0 + width) y1=(top + height) y2=(top + height) {}
            @for share in [0.0, 0.5, 1.0] {
                text.soft x=(12.0 + width * share) y=(top + height + 18.0) text-anchor="middle" {
                    (format!("{:.1}", limit * share))
                }
            }
        }
    }
}

/// A coordinate, to a tenth of a pixel.
fn px(value: f64) -> String {
    format!("{value:.1}")
}
