//! A picture of headroom: how far the oracle gets beyond static, and where each policy stands on
//! the way. A block for each bed and family, a line for each policy.

use super::{BedRow, Estimate};
use crate::beds::BedPolicy;
use std::fmt::Write;

/// Width of the picture, and of its part for numbers, in pixels.
const WIDTH: f64 = 720.0;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 90.0;
/// Height of a line, and of the heading of a block.
const LINE: f64 = 20.0;
const HEADING: f64 = 34.0;
/// Room for the title, and for the words at the end.
const TOP: f64 = 40.0;
const FOOT: f64 = 62.0;
/// Standard errors on either side of a mean in a 95 % interval.
const HALF_WIDTH: f64 = 1.96;
/// From one line of differences to the next: the least of these that makes at most eight of them.
const STEPS: [f64; 6] = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5];

const STYLE: &str = "\
<style>
  svg { background: #ffffff; }
  text { fill: #24292f; font: 12px system-ui, sans-serif; }
  .title { font-size: 14px; font-weight: 600; }
  .heading { font-weight: 600; }
  .bar { fill: #c9dcf2; }
  .grid { stroke: #8b949e; stroke-opacity: 0.3; }
  .static { stroke: #57606a; }
  .interval { stroke: #57606a; stroke-width: 1.5px; }
  .mark { fill: #57606a; }
  .better { fill: #1a7f37; }
  .worse { fill: #cf222e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; }
    .bar { fill: #1d3a5f; }
    .static, .interval { stroke: #9ea7b3; }
    .mark { fill: #9ea7b3; }
    .better { fill: #4ac26b; }
    .worse { fill: #ff7b72; }
  }
</style>
";

/// Which differences the picture shows, and where.
struct Scale {
    low: f64,
    high: f64,
    step: f64,
}

/// The picture of some rows, as SVG.
pub(super) fn draw(rows: &[BedRow]) -> String {
    let rows: Vec<&BedRow> = rows.iter().filter(|row| row.policy != BedPolicy::STATIC).collect();
    let blocks: Vec<&[&BedRow]> =
        rows.chunk_by(|a, b| a.bed == b.bed && a.population == b.population).collect();
    let height = TOP + blocks.len() as f64 * HEADING + rows.len() as f64 * LINE + FOOT;
    let scale = Scale::around(&rows);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" \
         width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Headroom: true score beyond static, by policy\">\n{STYLE}\
         <text class=\"title\" x=\"20\" y=\"24\">Headroom: true score at the test, beyond the \
         static path</text>\n"
    );
    scale.grid(&mut svg, TOP, height - FOOT);
    let mut top = TOP;
    for block in blocks {
        draw_block(&mut svg, &scale, block, top);
        top += HEADING + block.len() as f64 * LINE;
    }
    words(&mut svg, height - FOOT + 36.0);
    svg.push_str("</svg>\n");
    svg
}

impl Scale {
    fn around(rows: &[&BedRow]) -> Self {
        let (mut low, mut high) = (0.0_f64, 0.01_f64);
        for row in rows {
            let Estimate { mean, error } = row.difference;
            low = low.min(mean - HALF_WIDTH * error);
            high = high.max(mean + HALF_WIDTH * error);
        }
        let fits = |step: &f64| (high - low) / step <= 8.0;
        let step = STEPS.into_iter().find(fits).unwrap_or(0.5);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step }
    }

    fn x(&self, difference: f64) -> f64 {
        let share = (difference - self.low) / (self.high - self.low);
        LEFT + (WIDTH - LEFT - RIGHT) * share
    }

    fn grid(&self, svg: &mut String, top: f64, bottom: f64) {
        let lines = ((self.high - self.low) / self.step).round() as u32;
        for line in 0..=lines {
            let difference = self.low + f64::from(line) * self.step;
            let x = self.x(difference);
            let is_static = difference.abs() < self.step / 2.0;
            let class = if is_static { "static" } else { "grid" };
            let number = if is_static { "static".to_owned() } else { format!("{difference:+.2}") };
            // Writing to a string cannot fail.
            let _ = writeln!(
                svg,
                "<line class=\"{class}\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{number}</text>",
                bottom + 16.0
            );
        }
    }
}

fn draw_block(svg: &mut String, scale: &Scale, block: &[&BedRow], top: f64) {
    let Some(first) = block.first() else { return };
    let (bed, family, setting) = (first.bed, first.population.word(), first.setting.word());
    let _ = writeln!(
        svg,
        "<text class=\"heading\" x=\"20\" y=\"{}\">{bed}, {family}, {setting}</text>",
        top + 22.0
    );
    let oracle = block.iter().find(|row| row.policy == BedPolicy::Oracle);
    if let Some(oracle) = oracle {
        let (from, to) = (scale.x(0.0), scale.x(oracle.difference.mean));
        let _ = writeln!(
            svg,
            "<rect class=\"bar\" x=\"{:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>",
            from.min(to),
            top + HEADING - 4.0,
            (to - from).abs(),
            block.len() as f64 * LINE
        );
    }
    for (line, row) in block.iter().enumerate() {
        draw_policy(svg, scale, row, top + HEADING + line as f64 * LINE + 6.0);
    }
}

fn draw_policy(svg: &mut String, scale: &Scale, row: &BedRow, y: f64) {
    let Estimate { mean, error } = row.difference;
    let (low, high) = (mean - HALF_WIDTH * error, mean + HALF_WIDTH * error);
    let class = match (low > 0.0, high < 0.0) {
        (true, _) => "better",
        (_, true) => "worse",
        _ => "mark",
    };
    let word = row.policy.word();
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{word}</text>\
         <line class=\"interval\" x1=\"{:.1}\" y1=\"{y}\" x2=\"{:.1}\" y2=\"{y}\"/>\
         <circle class=\"{class}\" cx=\"{:.1}\" cy=\"{y}\" r=\"4.5\"/>\
         <text x=\"{}\" y=\"{}\">{mean:+.3}</text>",
        LEFT - 12.0,
        y + 4.0,
        scale.x(low),
        scale.x(high),
        scale.x(mean),
        WIDTH - RIGHT + 16.0,
        y + 4.0
    );
}

/// What the bars and the marks are.
fn words(svg: &mut String, y: f64) {
    let _ = writeln!(
        svg,
        "<text x=\"20\" y=\"{y}\">bar: from static to the oracle in the rules; mark: mean \
         difference to static with its 95 % interval,</text>\
         <text x=\"20\" y=\"{}\">green above 0 beyond doubt, red below</text>",
        y + 16.0
    );
}
