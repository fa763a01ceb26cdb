//! The table for people.

use super::figure::{Figure, median};
use std::fmt::Write;

const HEADINGS: [&str; 6] =
    ["figure", "median", "lowest to highest", "budget", "baseline", "ratio"];

/// All figures, one a line, and below them what they are compared with.
pub(super) fn of(figures: &[Figure]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(figures.iter().map(row));
    let widths: [usize; 6] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
        let [first, rest @ ..] = row;
        // Writing to a text cannot fail.
        let _ = write!(text, "{first:<width$}", width = widths[0]);
        for (cell, width) in rest.iter().zip(&widths[1..]) {
            let _ = write!(text, "  {cell:>width$}");
        }
        text.push('\n');
    }
    text.push_str("\nratio: ours divided by the baseline, the median of the rounds\n");
    // Figures that stand together often mean the same: then only the first says what.
    let mut said = (None, None);
    for figure in figures {
        let beside = figure.baseline.as_ref().map(|baseline| baseline.what);
        if said == (Some(figure.what), beside) {
            continue;
        }
        said = (Some(figure.what), beside);
        let beside = beside.map(|what| format!("; beside {what}")).unwrap_or_default();
        let (name, width) = (&figure.name, widths[0]);
        let _ = writeln!(text, "{name:<width$}  {}{beside}", figure.what);
    }
    text
}

fn row(figure: &Figure) -> [String; 6] {
    let (low, high) = figure.range();
    let show = |value: f64| figure.unit.show(value);
    let none = || "-".to_owned();
    let baseline = figure.baseline.as_ref();
    [
        figure.name.clone(),
        show(figure.median()),
        format!("{} to {}", show(low), show(high)),
        figure.budget.map_or_else(none, show),
        baseline.map_or_else(none, |baseline| show(median(&baseline.rounds))),
        figure.ratio().map_or_else(none, |ratio| match ratio {
            ratio if ratio >= 100.0 => format!("{ratio:.0}"),
            ratio => format!("{ratio:.2}"),
        }),
    ]
}
