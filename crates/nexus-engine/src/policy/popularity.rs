//! What is completed often lately: a count a course activity that halves every week.

use crate::ids::ActivityKey;
use crate::time::Timestamp;
use nexus_stats::math::exp;
use std::collections::BTreeMap;

/// Days after which a completion counts half.
pub const HALF_LIFE_DAYS: f64 = 7.0;

/// Decayed completions by activity.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Popularity {
    /// By activity: the count as of a moment.
    pub counts: BTreeMap<ActivityKey, DecayedCount>,
    /// All of them together.
    pub total: DecayedCount,
}

/// A count that halves every [`HALF_LIFE_DAYS`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct DecayedCount {
    /// The count at `at`.
    pub count: f64,
    /// When it was last brought up to date.
    pub at: Timestamp,
}

impl Popularity {
    pub fn completed(&mut self, activity: ActivityKey, at: Timestamp) {
        let entry = self.counts.entry(activity).or_insert(DecayedCount { count: 0.0, at });
        entry.one_more(at);
        self.total.one_more(at);
    }

    /// The count of an activity at a moment, at least 0.
    #[must_use]
    pub fn count(&self, activity: ActivityKey, at: Timestamp) -> f64 {
        self.counts.get(&activity).map_or(0.0, |count| count.as_of(at))
    }

    /// The count of all activities together at a moment, at least 0.
    #[must_use]
    pub fn total(&self, at: Timestamp) -> f64 {
        self.total.as_of(at)
    }
}

impl DecayedCount {
    /// A late completion counts at the moment already reached: the past is not rewritten.
    fn one_more(&mut self, at: Timestamp) {
        let at = at.max(self.at);
        *self = Self { count: self.as_of(at) + 1.0, at };
    }

    fn as_of(self, at: Timestamp) -> f64 {
        let halvings = at.days_since(self.at) / HALF_LIFE_DAYS;
        self.count * exp(-halvings * std::f64::consts::LN_2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DAY_MICROS;

    #[test]
    fn a_completion_counts_half_after_a_week() {
        let mut popularity = Popularity::default();
        let key = ActivityKey(3);
        popularity.completed(key, Timestamp(0));
        popularity.completed(key, Timestamp(0));
        let later = popularity.count(key, Timestamp(7 * DAY_MICROS));
        assert!((later - 1.0).abs() < 1e-12, "{later}");
        assert_eq!(popularity.count(ActivityKey(4), Timestamp(0)), 0.0);
        popularity.completed(ActivityKey(4), Timestamp(7 * DAY_MICROS));
        let total = popularity.total(Timestamp(7 * DAY_MICROS));
        assert!((total - 2.0).abs() < 1e-12, "{total}");
    }
}
