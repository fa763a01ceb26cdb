//! A strategy on its way: the assignment, and what a learner's progress keeps of it.

use crate::ids::{Assignment, CourseId, DecisionId, LearnerId};
use crate::learner::belief::Belief;
use crate::seed::Seed;
use crate::strategy::set::Strategy;
use crate::time::Timestamp;

/// A strategy was assigned to a learner for a course.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyAssigned {
    /// Its id: that of a decision, because it is one.
    pub id: DecisionId,
    pub learner: LearnerId,
    pub course: CourseId,
    pub course_version: u32,
    pub assigned_at: Timestamp,
    /// Until when its probes count.
    pub window_ends_at: Timestamp,
    /// What its randomness came from.
    pub seed: Seed,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// Which strategy of this learner in this course it is, from 1.
    pub period: u32,
    /// Which set of strategies positions belong to; see [`StrategySet::identity`](super::StrategySet::identity).
    pub set: u64,
    /// How many gains the bandit had learned from.
    pub bandit_version: u64,
    /// Probability spread evenly over the strategies.
    pub floor: f64,
    /// Probability of each strategy, the floor included.
    pub probabilities: Vec<f64>,
    /// Position of the strategy that was drawn.
    pub position: usize,
    pub strategy: Strategy,
    /// Mean predicted success over the course's questions then, in [0, 1].
    pub expected_success: f64,
    /// What was believed of the course's skills then: what the probes are compared with.
    pub before: Belief,
}

/// The strategy that a learner was assigned last, inside their progress in a course.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnerStrategy {
    /// The id of its assignment.
    pub assigned: DecisionId,
    /// Which strategy of this learner in this course it is, from 1.
    pub period: u32,
    /// Which set its position belongs to.
    pub set: u64,
    /// Its position in that set.
    pub position: u32,
    pub strategy: Strategy,
    /// Probability with which it was assigned.
    pub propensity: f64,
    /// When it was assigned.
    pub assigned_at: Timestamp,
    /// Until when its probes count.
    pub ends_at: Timestamp,
    /// What was believed of the course's skills then.
    pub before: Belief,
    /// Decisions made under it.
    pub decisions: u32,
    /// Decisions that something else made meanwhile: a teacher, the static path, another policy.
    pub others: u32,
    pub probes: u32,
    /// Right ones among them.
    pub right: u32,
    /// Sum of what was predicted for them before the assignment.
    pub predicted_sum: f64,
    /// Whether its reward is settled.
    pub settled: bool,
}

/// The strategy that a decision was made under.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyUsed {
    /// The id of its assignment.
    pub assigned: DecisionId,
    /// Which strategy of this learner in this course it is, from 1.
    pub period: u32,
    /// Its position in its set.
    pub position: u32,
    /// Probability with which it was assigned.
    pub propensity: f64,
    pub strategy: Strategy,
    /// How much it preferred each candidate, in reward, at most 0.
    pub preferences: Vec<f64>,
}

impl StrategyAssigned {
    /// Probability of the strategy that was drawn.
    #[must_use]
    pub fn propensity(&self) -> f64 {
        self.probabilities.get(self.position).copied().unwrap_or(0.0)
    }
}

impl LearnerStrategy {
    /// The strategy at the moment of its assignment.
    #[must_use]
    pub fn begins(assigned: &StrategyAssigned) -> Self {
        Self {
            assigned: assigned.id.clone(),
            period: assigned.period,
            set: assigned.set,
            // A set has fewer strategies than there are small integers; it saturates.
            position: u32::try_from(assigned.position).unwrap_or(u32::MAX),
            strategy: assigned.strategy,
            propensity: assigned.propensity(),
            assigned_at: assigned.assigned_at,
            ends_at: assigned.window_ends_at,
            before: assigned.before.clone(),
            decisions: 0,
            others: 0,
            probes: 0,
            right: 0,
            predicted_sum: 0.0,
            settled: false,
        }
    }

    /// Counts a decision that was made for the learner.
    pub fn count_decision(&mut self, under_it: bool) {
        let count = if under_it { &mut self.decisions } else { &mut self.others };
        *count = count.saturating_add(1);
    }
}
