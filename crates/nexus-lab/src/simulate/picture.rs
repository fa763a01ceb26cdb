//! A picture of the trap: how often learners were right against what they truly know at the end,
//! one panel a family. Were success a measure of learning, the points would rise to the right.

use super::Row;
use crate::matrix::World;
use crate::matrix::run::{MatrixPolicy, teach_by};
use nexus_engine::strategy::{Strategy, StrategySet};
use std::fmt::Write;

/// Learners of each strategy, at most: its point is small.
const LEARNERS_MAX: u64 = 300;

/// One strategy in one family: share of right answers, and true score.
pub(super) struct Taught {
    pub(super) world: World,
    pub(super) success: f64,
    pub(super) score: f64,
}

/// Panels beside each other.
const COLUMNS: usize = 3;
/// Sides of a panel, in pixels.
const WIDTH: f64 = 210.0;
const HEIGHT: f64 = 180.0;
/// Room left of, above and below each panel.
const LEFT: f64 = 50.0;
const ABOVE: f64 = 30.0;
const BELOW: f64 = 34.0;
/// Room for the title, and for the words at the end.
const TOP: f64 = 34.0;
const FOOT: f64 = 58.0;
/// From one line of true scores to the next; a panel has four such steps, as small ones as will do.
const STEPS: [f64; 4] = [0.1, 0.15, 0.2, 0.25];

const STYLE: &str = "\
<style>
  svg { background: #ffffff; }
  text { fill: #24292f; font: 12px system-ui, sans-serif; }
  text { paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
  .title { font-size: 14px; font-weight: 600; }
  .frame { stroke: #8b949e; fill: none; }
  .grid { stroke: #8b949e; stroke-opacity: 0.3; }
  .random { stroke: #57606a; stroke-dasharray: 5 4; }
  .strategy { fill: none; stroke: #8b949e; }
  .other { fill: #8b949e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; }
    text { fill: #e6edf3; stroke: #0d1117; }
    .random { stroke: #9ea7b3; }
  }
</style>
";

/// Colours of the policies that are named in the picture, legible on light and on dark.
fn colour(policy: MatrixPolicy) -> Option<&'static str> {
    match policy {
        MatrixPolicy::SuccessUcb => Some("#e0662b"),
        MatrixPolicy::Nexus => Some("#2f7ed8"),
        MatrixPolicy::Random => Some("#57606a"),
        MatrixPolicy::Oracle => Some("#3a9e5c"),
        _ => None,
    }
}

/// A panel: where it stands, and which true scores it shows.
struct Panel {
    left: f64,
    top: f64,
    low: f64,
    high: f64,
}

/// Every strategy the default may choose, taught to some learners of each world.
pub(super) fn strategies(worlds: &[World], seed: u64, learners: u64) -> Vec<Taught> {
    let learners = learners.min(LEARNERS_MAX);
    let set = StrategySet::default();
    let of = |(world, strategy): (World, Strategy)| {
        let (mut right, mut answers, mut score) = (0, 0, 0.0);
        for learner in 0..learners {
            let outcome = teach_by(world, seed, learner, strategy);
            (right, answers) = (right + outcome.right, answers + outcome.answers);
            score += outcome.score;
        }
        let success = right as f64 / answers.max(1) as f64;
        Taught { world, success, score: score / learners.max(1) as f64 }
    };
    let all = worlds.iter().flat_map(|world| set.strategies().iter().map(|it| (*world, *it)));
    all.map(of).collect()
}

/// The picture of some rows, and of strategies in the same worlds, as SVG.
pub(super) fn draw(rows: &[Row], strategies: &[Taught]) -> String {
    let mut worlds: Vec<World> = rows.iter().map(|row| row.world).collect();
    worlds.dedup();
    let columns = worlds.len().clamp(1, COLUMNS);
    let width = columns as f64 * (LEFT + WIDTH) + 20.0;
    let high = worlds.len().div_ceil(columns) as f64 * (ABOVE + HEIGHT + BELOW);
    let height = TOP + high + FOOT;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"The trap: share of right answers against what is truly known\">\n{STYLE}\
         <text class=\"title\" x=\"{LEFT}\" y=\"24\">The trap: who is right more often does not \
         know more</text>\n"
    );
    for (place, world) in worlds.iter().enumerate() {
        let here: Vec<&Row> = rows.iter().filter(|row| row.world == *world).collect();
        let taught: Vec<&Taught> = strategies.iter().filter(|it| it.world == *world).collect();
        let left = LEFT + (place % columns) as f64 * (LEFT + WIDTH);
        let top = TOP + ABOVE + (place / columns) as f64 * (ABOVE + HEIGHT + BELOW);
        let panel = Panel::around(&here, &taught, left, top);
        panel.axes(&mut svg, *world);
        panel.points(&mut svg, &here, &taught);
    }
    words(&mut svg, TOP + high + 18.0);
    svg.push_str("</svg>\n");
    svg
}

impl Panel {
    fn around(rows: &[&Row], strategies: &[&Taught], left: f64, top: f64) -> Self {
        let of_rows = rows.iter().map(|row| row.score.mean);
        let scores = of_rows.chain(strategies.iter().map(|it| it.score));
        let (low, high) =
            scores.fold((1.0_f64, 0.0_f64), |(low, high), it| (low.min(it), high.max(it)));
        let low = (10.0 * low).floor() / 10.0;
        let wide = STEPS.into_iter().find(|step| low + 4.0 * step >= high).unwrap_or(0.25);
        let low = low.min(1.0 - 4.0 * wide);
        Self { left, top, low, high: low + 4.0 * wide }
    }

    fn x(&self, success: f64) -> f64 {
        self.left + WIDTH * success
    }

    fn y(&self, score: f64) -> f64 {
        self.top + HEIGHT * (self.high - score) / (self.high - self.low)
    }

    fn axes(&self, svg: &mut String, world: World) {
        let (left, top, bottom) = (self.left, self.top, self.top + HEIGHT);
        let _ = writeln!(
            svg,
            "<rect class=\"frame\" x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" \
             height=\"{HEIGHT}\"/><text class=\"title\" x=\"{left}\" y=\"{}\">{}</text>",
            top - 8.0,
            world.word()
        );
        for step in 0..=4 {
            let success = f64::from(step) / 4.0;
            let score = self.low + (self.high - self.low) * f64::from(step) / 4.0;
            let (x, y) = (self.x(success), self.y(score));
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{top}\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
                 <line class=\"grid\" x1=\"{left}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\"/>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{success}</text>\
                 <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{score:.2}</text>",
                left + WIDTH,
                bottom + 16.0,
                left - 6.0,
                y + 4.0
            );
        }
    }

    /// Strategies below, then the other policies, then those that are named.
    fn points(&self, svg: &mut String, rows: &[&Row], strategies: &[&Taught]) {
        for taught in strategies {
            let (x, y) = (self.x(taught.success), self.y(taught.score));
            let _ =
                writeln!(svg, "<circle class=\"strategy\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.5\"/>");
        }
        if let Some(random) = rows.iter().find(|row| row.policy == MatrixPolicy::Random) {
            let y = self.y(random.score.mean);
            let _ = writeln!(
                svg,
                "<line class=\"random\" x1=\"{}\" y1=\"{y:.1}\" x2=\"{}\" y2=\"{y:.1}\"/>",
                self.left,
                self.left + WIDTH
            );
        }
        let (named, others): (Vec<&Row>, Vec<&Row>) =
            rows.iter().copied().partition(|row| colour(row.policy).is_some());
        for row in others.into_iter().chain(named) {
            self.policy(svg, row);
        }
    }

    fn policy(&self, svg: &mut String, row: &Row) {
        let (x, y) = (self.x(row.success), self.y(row.score.mean));
        let (word, score, success) = (row.policy.word(), row.score.mean, row.success);
        let title = format!("<title>{word}: right {success:.2}, knows {score:.3}</title>");
        let Some(colour) = colour(row.policy) else {
            let _ = writeln!(
                svg,
                "<circle class=\"other\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\">{title}</circle>"
            );
            return;
        };
        // Names stand on the side where there is room.
        let (shift, anchor) = if success > 0.55 { (-8.0, "end") } else { (8.0, "start") };
        let _ = writeln!(
            svg,
            "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"5\" fill=\"{colour}\">{title}</circle>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{word}</text>",
            x + shift,
            y + 4.0
        );
    }
}

/// What the axes and the marks are.
fn words(svg: &mut String, line: f64) {
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{line}\">across: share of right answers; up: what is truly known \
         at the test; dashed: what random teaches</text>\
         <circle class=\"other\" cx=\"{}\" cy=\"{}\" r=\"3.5\"/>\
         <text x=\"{}\" y=\"{}\">other policies</text>\
         <circle class=\"strategy\" cx=\"{}\" cy=\"{}\" r=\"2.5\"/>\
         <text x=\"{}\" y=\"{}\">each strategy that nexus may choose</text>",
        LEFT + 4.0,
        line + 18.0,
        LEFT + 16.0,
        line + 22.0,
        LEFT + 124.0,
        line + 18.0,
        LEFT + 136.0,
        line + 22.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::compare::measured;

    fn row(world: World, policy: MatrixPolicy, score: f64, success: f64) -> Row {
        let score = measured([score, score].into_iter()).unwrap();
        Row { world, policy, score, success, dropout: 0.0, answers: 1.0, start: 0.0, against: None }
    }

    #[test]
    fn a_panel_a_family_with_every_policy_in_it() {
        let rows = [
            row(World::F1, MatrixPolicy::Random, 0.5, 0.4),
            row(World::F1, MatrixPolicy::SuccessUcb, 0.35, 0.65),
            row(World::F1, MatrixPolicy::Zpdes, 0.55, 0.5),
            row(World::F2, MatrixPolicy::Random, 0.3, 0.2),
        ];
        let strategies = [Taught { world: World::F2, success: 0.3, score: 0.4 }];
        let svg = draw(&rows, &strategies);
        assert_eq!(svg.matches("class=\"frame\"").count(), 2);
        assert_eq!(svg.matches("class=\"random\"").count(), 2);
        // The key has one mark of each kind, too.
        assert_eq!(svg.matches("<circle").count(), 4 + 1 + 2);
        assert!(svg.contains("success-ucb: right 0.65, knows 0.350"));
        assert!(!svg.contains("NaN") && svg.ends_with("</svg>\n"));
    }

    #[test]
    fn nothing_leaves_its_panel() {
        for score in [0.0, 0.03, 0.5, 0.97, 1.0] {
            let row = row(World::F1, MatrixPolicy::Random, score, 0.5);
            let panel = Panel::around(&[&row], &[], 0.0, 0.0);
            assert!((0.0..=HEIGHT).contains(&panel.y(score)), "{score}: {}", panel.y(score));
            assert!(panel.high <= 1.0 + 1e-12 && panel.low >= 0.0, "{score}");
        }
    }
}
