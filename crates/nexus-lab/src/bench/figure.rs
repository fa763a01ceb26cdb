//! A figure: what was measured, round by round, and beside what.

use serde_json::{Value, json};

#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// Its name, like `decision.end_to_end`.
    pub name: String,
    /// What it is, for people.
    pub what: &'static str,
    /// In what it is counted.
    pub unit: Unit,
    /// One value a round.
    pub rounds: Vec<f64>,
    /// What the design allows, in the same unit.
    pub budget: Option<f64>,
    /// What was measured beside it in the same rounds.
    pub baseline: Option<Baseline>,
}

/// What a figure is compared with.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    /// What it is, for people.
    pub what: &'static str,
    /// One value a round, in the figure's unit.
    pub rounds: Vec<f64>,
}

/// In what a figure is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A duration: less is better.
    Seconds,
    /// A rate: more is better.
    PerSecond,
    /// A size: less is better.
    Bytes,
}

impl Figure {
    pub fn new(name: impl Into<String>, what: &'static str, unit: Unit, rounds: Vec<f64>) -> Self {
        Self { name: name.into(), what, unit, rounds, budget: None, baseline: None }
    }

    /// The same with what the design allows.
    pub fn within(self, budget: f64) -> Self {
        Self { budget: Some(budget), ..self }
    }

    /// The same beside a baseline.
    pub fn beside(self, what: &'static str, rounds: &[f64]) -> Self {
        Self { baseline: Some(Baseline { what, rounds: rounds.to_vec() }), ..self }
    }

    pub fn median(&self) -> f64 {
        median(&self.rounds)
    }

    /// The least and the greatest round.
    pub fn range(&self) -> (f64, f64) {
        let least = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        (least, self.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max))
    }

    /// Ours divided by the baseline: the median of the rounds' own ratios, because a round shares
    /// one state of the machine and two medians may come from different ones.
    pub fn ratio(&self) -> Option<f64> {
        let baseline = self.baseline.as_ref()?;
        let pairs = self.rounds.iter().zip(&baseline.rounds);
        let ratios: Vec<f64> = pairs.map(|(ours, theirs)| ours / theirs).collect();
        Some(median(&ratios))
    }

    pub fn to_json(&self) -> Value {
        let (low, high) = self.range();
        let baseline = self
            .baseline
            .as_ref()
            .map(|baseline| json!({"what": baseline.what, "median": median(&baseline.rounds)}));
        json!({
            "name": self.name,
            "what": self.what,
            "unit": self.unit.word(),
            "median": self.median(),
            "low": low,
            "high": high,
            "rounds": self.rounds,
            "budget": self.budget,
            "baseline": baseline,
            "ratio": self.ratio(),
        })
    }
}

impl Unit {
    pub fn word(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::PerSecond => "1/s",
            Self::Bytes => "B",
        }
    }

    /// A value as people read it.
    pub fn show(self, value: f64) -> String {
        match self {
            Self::PerSecond => format!("{} /s", grouped(value)),
            Self::Bytes => format!("{} B", grouped(value)),
            Self::Seconds if value < 1e-6 => format!("{:.1} ns", value * 1e9),
            Self::Seconds if value < 1e-3 => format!("{:.2} us", value * 1e6),
            Self::Seconds if value < 1.0 => format!("{:.2} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
        }
    }
}

/// The middle value; of an even number of values the mean of the two in the middle.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NAN,
        (length, middle) if length % 2 == 1 => sorted[middle],
        (_, middle) => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

/// A whole number with a comma after each three digits.
fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value <= -0.5 { "-" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_rounds_own_ratios() {
        let ours = vec![2.0, 20.0, 3.0];
        let figure = Figure::new("a", "", Unit::Seconds, ours).beside("b", &[1.0, 10.0, 1.0]);
        assert_eq!((figure.median(), figure.ratio()), (3.0, Some(2.0)));
        assert_eq!(figure.range(), (2.0, 20.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
    }

    #[test]
    fn values_are_shown_as_people_read_them() {
        for (unit, value, shown) in [
            (Unit::Seconds, 4.2e-9, "4.2 ns"),
            (Unit::Seconds, 0.0125, "12.50 ms"),
            (Unit::PerSecond, 1_234_567.8, "1,234,568 /s"),
            (Unit::Bytes, 999.4, "999 B"),
            (Unit::Bytes, -1_000.0, "-1,000 B"),
        ] {
            assert_eq!(unit.show(value), shown);
        }
    }
}
