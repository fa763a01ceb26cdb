//! The history of an experiment: its tallies at moments in the past, kept by the fold.
//!
//! A point is what the tallies were at a boundary of a grid that begins with the experiment. It is
//! kept when the first later entry arrives, so it holds all that came before the boundary and
//! nothing after it. When there are [`POINTS_MAX`], every second one goes and the grid is twice as
//! coarse: so the size is bounded, and the whole course stays visible.

use super::tally::VariantTally;
use crate::time::{HOUR_MICROS, Timestamp};
use std::collections::BTreeMap;

/// Length of the first steps.
pub const STEP_MICROS_MIN: i64 = HOUR_MICROS;
/// Fewest learners of an experiment before points are kept: fewer say nothing, and could be known.
pub const LEARNERS_MIN: u64 = 10;
/// Most points; with so many, every second one goes.
pub const POINTS_MAX: usize = 64;

/// The tallies of an experiment at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPoint {
    pub at: Timestamp,
    /// One tally a variant, without the counts of single grades.
    pub tallies: Vec<VariantTally>,
}

/// What an experiment looked like over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExperimentHistory {
    /// Distance of the boundaries, in microseconds: [`STEP_MICROS_MIN`] doubled so many times.
    pub step_micros: i64,
    /// The next boundary; `None` before there are enough learners.
    pub next_at: Option<Timestamp>,
    /// The oldest first, at most [`POINTS_MAX`].
    pub points: Vec<HistoryPoint>,
}

impl Default for ExperimentHistory {
    fn default() -> Self {
        Self { step_micros: STEP_MICROS_MIN, next_at: None, points: Vec::new() }
    }
}

impl ExperimentHistory {
    /// Keeps a point when `now`, the time of an entry that is not counted yet, lies behind the next
    /// boundary. `tallies` is what was counted until then.
    pub fn keep(&mut self, started_at: Timestamp, tallies: &[VariantTally], now: Timestamp) {
        if self.next_at.is_some_and(|next| now < next) {
            return;
        }
        let learners: u64 = tallies.iter().map(|tally| tally.learners).sum();
        if learners < LEARNERS_MIN {
            return;
        }
        if let Some(at) = self.next_at {
            self.push(at, tallies);
        }
        let passed = now.0.saturating_sub(started_at.0).max(0) / self.step_micros;
        let micros = self.step_micros.saturating_mul(passed.saturating_add(1));
        self.next_at = Some(started_at.plus_micros(micros));
    }

    fn push(&mut self, at: Timestamp, tallies: &[VariantTally]) {
        let slim = |tally: &VariantTally| {
            let mut tally = tally.clone();
            tally.checks.counts = BTreeMap::new();
            tally
        };
        let tallies: Vec<_> = tallies.iter().map(slim).collect();
        if self.points.last().is_some_and(|last| last.tallies == tallies) {
            return;
        }
        self.points.push(HistoryPoint { at, tallies });
        if self.points.len() >= POINTS_MAX {
            // Of each pair the later one stays, so the latest always does.
            let mut position = 0;
            self.points.retain(|_| {
                position += 1;
                position % 2 == 0
            });
            self.step_micros = self.step_micros.saturating_mul(2);
        }
    }

    /// Whether nothing is kept yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.next_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tallies(learners: u64) -> Vec<VariantTally> {
        let side = |learners| VariantTally { learners, ..VariantTally::default() };
        vec![side(learners / 2), side(learners - learners / 2)]
    }

    fn hour(number: i64) -> Timestamp {
        Timestamp(number * HOUR_MICROS)
    }

    fn learners(point: &HistoryPoint) -> u64 {
        point.tallies.iter().map(|tally| tally.learners).sum()
    }

    #[test]
    fn a_point_holds_what_came_before_its_hour_and_nothing_after() {
        let mut history = ExperimentHistory::default();
        // The twelfth learner comes in the third hour, the next entry in the sixth.
        history.keep(hour(0), &tallies(12), hour(2).plus_micros(1));
        assert!(history.points.is_empty(), "when they came is not known to the hour");
        history.keep(hour(0), &tallies(12), hour(5).plus_micros(7));
        history.keep(hour(0), &tallies(13), hour(5).plus_micros(8));
        history.keep(hour(0), &tallies(20), hour(6));
        let seen: Vec<_> = history.points.iter().map(|it| (it.at, learners(it))).collect();
        assert_eq!(seen, [(hour(3), 12), (hour(6), 20)]);
    }

    #[test]
    fn a_handful_of_learners_leaves_no_history() {
        let mut history = ExperimentHistory::default();
        for number in 0..100 {
            history.keep(hour(0), &tallies(LEARNERS_MIN - 1), hour(number));
        }
        assert!(history.is_empty());
    }

    #[test]
    fn however_long_it_runs_the_points_are_few_and_reach_from_the_beginning_to_the_end() {
        let mut history = ExperimentHistory::default();
        for number in 0..10_000_u32 {
            let counted = u64::from(number) + LEARNERS_MIN;
            history.keep(hour(0), &tallies(counted), hour(i64::from(number)));
        }
        let points = &history.points;
        assert!(
            points.len() < POINTS_MAX && points.len() >= POINTS_MAX / 2 - 1,
            "{}",
            points.len()
        );
        assert!(points[0].at <= Timestamp(history.step_micros), "from the beginning");
        let last = points.last().unwrap().at;
        assert!(hour(9_999).0 - last.0 <= 2 * history.step_micros, "to the end");
        for point in points {
            assert_eq!(learners(point) as i64, point.at.0 / HOUR_MICROS + LEARNERS_MIN as i64);
            assert_eq!(point.at.0 % HOUR_MICROS, 0);
        }
    }
}
