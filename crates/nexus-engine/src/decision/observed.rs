//! The values that came for one component of a reward, folded as its declaration says.

use crate::catalog::reward::{Aggregation, Component};
use crate::time::Timestamp;

/// What came for one component so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Observed {
    pub count: u32,
    /// What they come to; of a mean, their sum.
    pub value: f64,
    /// When the value that counts happened, of the earliest or the latest.
    pub at: Timestamp,
}

impl Observed {
    /// Adds a value that happened at a moment. Of two at the same moment, the one that arrived
    /// first is the earlier.
    pub fn add(&mut self, aggregation: Aggregation, value: f64, at: Timestamp) {
        let first = self.count == 0;
        self.count = self.count.saturating_add(1);
        let replaces = match aggregation {
            Aggregation::Sum | Aggregation::Mean => {
                self.value += value;
                return;
            }
            Aggregation::Earliest => at < self.at,
            Aggregation::Latest => at >= self.at,
            Aggregation::Max => value > self.value,
            Aggregation::Min => value < self.value,
        };
        if first || replaces {
            (self.value, self.at) = (value, at);
        }
    }

    /// What the values come to; `None` when none came.
    #[must_use]
    pub fn total(&self, aggregation: Aggregation) -> Option<f64> {
        match (self.count, aggregation) {
            (0, _) => None,
            (count, Aggregation::Mean) => Some(self.value / f64::from(count)),
            _ => Some(self.value),
        }
    }

    /// Whether nothing that still happens can change what it comes to: it has no say, nothing can
    /// come any more (`over`), or the first value counts and is there.
    #[must_use]
    pub fn is_final(&self, component: &Component, over: bool) -> bool {
        let first_is_there = self.count > 0 && component.aggregation == Aggregation::Earliest;
        !component.counts() || first_is_there || over
    }

    /// What it counts as once nothing can come any more: what came, or else the declared default
    /// of a component that has a say. Says whether the default was used.
    #[must_use]
    pub fn or_missing(&self, component: &Component) -> (Option<f64>, bool) {
        let came = self.total(component.aggregation);
        let missing = component.missing.filter(|_| component.counts() && came.is_none());
        (came.or(missing), missing.is_some())
    }
}

/// Whether the window of a component of a decision is over.
#[must_use]
pub fn is_over(component: &Component, made_at: Timestamp, at: Timestamp) -> bool {
    at >= made_at.plus_micros(component.window_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three values, out of order in time, as each aggregation folds them: by hand.
    #[test]
    fn values_come_to_what_the_declaration_says() {
        let values = [(0.5, 20), (-0.25, 10), (0.125, 30)];
        let expected = [
            (Aggregation::Earliest, -0.25),
            (Aggregation::Latest, 0.125),
            (Aggregation::Sum, 0.375),
            (Aggregation::Mean, 0.125),
            (Aggregation::Max, 0.5),
            (Aggregation::Min, -0.25),
        ];
        for (aggregation, total) in expected {
            let mut observed = Observed::default();
            assert_eq!(observed.total(aggregation), None);
            for (value, at) in values {
                observed.add(aggregation, value, Timestamp(at));
            }
            assert_eq!(observed.total(aggregation), Some(total), "{}", aggregation.word());
        }
    }

    #[test]
    fn the_default_is_for_what_has_a_say_and_never_came() {
        let mut component = Component::usual(1.0, Aggregation::Latest);
        let mut observed = Observed::default();
        assert_eq!(observed.or_missing(&component), (None, false));
        component.missing = Some(-0.5);
        assert_eq!(observed.or_missing(&component), (Some(-0.5), true));
        let mute = Component { weight: 0.0, ..component };
        assert_eq!(observed.or_missing(&mute), (None, false));
        observed.add(component.aggregation, 0.25, Timestamp(5));
        assert_eq!(observed.or_missing(&component), (Some(0.25), false));
    }
}
