//! A picture of calibration: what was predicted against what happened, and how often.

use super::outcome::TracingOutcome;
use nexus_stats::classification::{BINS, Reliability};
use std::fmt::Write;

/// Side of the square plot, in pixels.
const SIDE: f64 = 360.0;
/// Room left of and above the plot.
const LEFT: f64 = 62.0;
const TOP: f64 = 44.0;
/// Height of the histogram, and room above it.
const BARS: f64 = 70.0;
const GAP: f64 = 16.0;
/// Room right of the plot, for names.
const RIGHT: f64 = 200.0;

/// Colours of models, legible on light and on dark; further models begin anew.
const COLOURS: [&str; 6] = ["#2f7ed8", "#e0662b", "#3a9e5c", "#a35bc4", "#b88a16", "#c9436b"];

const STYLE: &str = "\
<style>
  svg { background: #ffffff; }
  text { fill: #24292f; font: 12px system-ui, sans-serif; }
  .title { font-size: 14px; font-weight: 600; }
  .frame { stroke: #8b949e; fill: none; }
  .grid { stroke: #8b949e; stroke-opacity: 0.3; }
  .ideal { stroke: #57606a; stroke-dasharray: 5 4; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .ideal { stroke: #9ea7b3; }
  }
</style>
";

/// The picture of some models, as SVG.
pub(super) fn draw(outcomes: &[TracingOutcome]) -> String {
    let (width, height) = (LEFT + SIDE + RIGHT, TOP + SIDE + GAP + BARS + 46.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Calibration: predicted against observed share of right answers\">\n{STYLE}"
    );
    axes(&mut svg);
    // The first model is drawn last, so that its curve lies above the others.
    for (place, outcome) in outcomes.iter().enumerate().rev() {
        let colour = COLOURS[place % COLOURS.len()];
        curve(&mut svg, &outcome.evaluation.reliability, colour);
        legend(&mut svg, place, outcome, colour);
    }
    if let Some(first) = outcomes.first() {
        histogram(&mut svg, &first.evaluation.reliability, &first.model);
    }
    svg.push_str("</svg>\n");
    svg
}

fn x(value: f64) -> f64 {
    LEFT + SIDE * value
}

fn y(value: f64) -> f64 {
    TOP + SIDE * (1.0 - value)
}

fn axes(svg: &mut String) {
    let _ = writeln!(svg, "<text class=\"title\" x=\"{LEFT}\" y=\"24\">Calibration</text>");
    for step in 0..=5 {
        let value = f64::from(step) / 5.0;
        let (x, y) = (x(value), y(value));
        let (left, right, bottom) = (LEFT, LEFT + SIDE, TOP + SIDE);
        let _ = writeln!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
             <line class=\"grid\" x1=\"{left}\" y1=\"{y:.1}\" x2=\"{right}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value:.1}</text>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value:.1}</text>",
            left - 8.0,
            y + 4.0,
            bottom + GAP + BARS + 16.0,
        );
    }
    let (x0, y0, x1, y1) = (x(0.0), y(0.0), x(1.0), y(1.0));
    let middle = (LEFT + SIDE / 2.0, TOP + SIDE / 2.0);
    let _ = writeln!(
        svg,
        "<rect class=\"frame\" x=\"{LEFT}\" y=\"{TOP}\" width=\"{SIDE}\" height=\"{SIDE}\"/>\n\
         <line class=\"ideal\" x1=\"{x0}\" y1=\"{y0}\" x2=\"{x1}\" y2=\"{y1}\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\">predicted probability</text>\n\
         <text transform=\"translate(18 {}) rotate(-90)\" text-anchor=\"middle\">\
         share of right answers</text>",
        middle.0,
        TOP + SIDE + GAP + BARS + 36.0,
        middle.1,
    );
}

fn curve(svg: &mut String, table: &Reliability, colour: &str) {
    let points: Vec<(f64, f64, u64)> = table
        .bins
        .iter()
        .filter_map(|bin| Some((bin.mean_prediction()?, bin.success_rate()?, bin.n)))
        .collect();
    let line: Vec<String> =
        points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
    let _ = writeln!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
        line.join(" ")
    );
    for (predicted, right, rows) in points {
        let (x, y) = (x(predicted), y(right));
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\" fill=\"{colour}\"><title>\
             predicted {predicted:.3}, right {right:.3}, {rows} rows</title></circle>"
        );
    }
}

fn legend(svg: &mut String, place: usize, outcome: &TracingOutcome, colour: &str) {
    let (left, line) = (LEFT + SIDE + 14.0, TOP + 14.0 + 34.0 * place as f64);
    let found = &outcome.evaluation.all;
    let value = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.4}"));
    let _ = writeln!(
        svg,
        "<rect x=\"{left}\" y=\"{}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>\
         <text x=\"{}\" y=\"{line}\">{}</text>\
         <text x=\"{}\" y=\"{}\">ECE {}, AUC {}</text>",
        line - 10.0,
        left + 18.0,
        outcome.model,
        left + 18.0,
        line + 14.0,
        value(found.ece),
        value(found.auc),
    );
}

fn histogram(svg: &mut String, table: &Reliability, model: &str) {
    let most = table.bins.iter().map(|bin| bin.n).max().unwrap_or(0).max(1);
    let bottom = TOP + SIDE + GAP + BARS;
    let wide = SIDE / BINS as f64;
    for (place, bin) in table.bins.iter().enumerate() {
        let high = BARS * bin.n as f64 / most as f64;
        let _ = writeln!(
            svg,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{high:.1}\" fill=\"{}\" \
             fill-opacity=\"0.7\"><title>{} rows</title></rect>",
            LEFT + wide * place as f64 + 1.0,
            bottom - high,
            wide - 2.0,
            COLOURS[0],
            bin.n,
        );
    }
    let (left, line) = (LEFT + SIDE + 14.0, bottom - BARS + 12.0);
    let _ = writeln!(
        svg,
        "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{}\" y2=\"{bottom}\"/>\
         <text x=\"{left}\" y=\"{line}\">predictions of {model}</text>\
         <text x=\"{left}\" y=\"{}\">highest bar: {most} rows</text>",
        LEFT + SIDE,
        line + 16.0,
    );
}
