//! The closing checks of a group of learners: what they came to, in how many minutes, and from where.

use nexus_stats::covariate::ExactPairs;
use nexus_stats::moments::ExactMoments;
use std::collections::BTreeMap;

/// A closing check that a learner completed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompletedCheck {
    /// Mean grade over all its questions, in [0, 1].
    pub mean_grade: f64,
    /// Minutes of learning before it, since the learner joined the group.
    pub minutes: f64,
    /// What was expected of the learner after the placement, when there was one.
    pub placed_success: Option<f64>,
}

/// Sums over the closing checks of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckTally {
    pub mean_grades: ExactMoments,
    pub minutes: ExactMoments,
    /// The grades of those who were placed, beside what was expected of them then.
    pub placed: ExactPairs,
    /// How many had each grade, in thousandths.
    pub counts: BTreeMap<u16, u64>,
}

impl CheckTally {
    /// Adds one more check.
    pub fn add(&mut self, check: &CompletedCheck) {
        self.mean_grades.add(check.mean_grade);
        self.minutes.add(check.minutes);
        if let Some(placed) = check.placed_success {
            self.placed.add(placed, check.mean_grade);
        }
        let thousandths = (check.mean_grade.clamp(0.0, 1.0) * 1e3).round() as u16;
        *self.counts.entry(thousandths).or_default() += 1;
    }

    /// Whether no learner has completed one.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mean_grades.n == 0
    }
}
