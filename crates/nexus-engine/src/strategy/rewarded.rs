//! The reward of a strategy: the probes that its learner answered since, against what was predicted
//! for the same questions before the assignment.
//!
//! Probes are drawn uniformly from the whole course, so a strategy has no say in what measures it. Each
//! probe counts once, whichever attempt it is: which questions were met before is an effect of the
//! strategy. `after` is the share of right ones, `before` the mean prediction; the bandit subtracts
//! what `before` predicts and weighs by the number of probes (`docs/science.md` 2.6). Too few probes
//! are missing, not zero.

use super::assigned::LearnerStrategy;
use crate::ids::{CourseId, DecisionId, LearnerId};
use crate::learner::tracing::{QuestionView, TracingModel};
use crate::time::Timestamp;
use crate::words;

/// Probes after which a strategy is rewarded at once.
pub const PROBES_ENOUGH: u32 = 6;
/// Fewer probes than this at the end of the window measure nothing.
pub const PROBES_LEAST: u32 = 2;

/// The reward of a strategy is settled.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRewarded {
    pub learner: LearnerId,
    pub course: CourseId,
    /// The id of its assignment.
    pub assigned: DecisionId,
    /// When it was settled.
    pub settled_at: Timestamp,
    /// Which set of strategies the position belongs to.
    pub set: u64,
    /// The strategy's position in it.
    pub position: u32,
    /// Probability with which it was assigned.
    pub propensity: f64,
    /// What came of it.
    pub outcome: StrategyOutcome,
}

/// What came of a strategy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StrategyOutcome {
    Measured(StrategyGain),
    /// Its window ended with too few probes: missing, not zero.
    TooFewProbes,
    /// Too many of the learner's decisions were made by something else meanwhile: missing.
    TaughtOtherwise,
}

/// What probes said of one learner under a strategy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StrategyGain {
    /// Probes answered, at least [`PROBES_LEAST`].
    pub probes: u32,
    /// Right ones among them.
    pub right: u32,
    /// Mean of what was predicted for them before the assignment, in [0, 1].
    pub before: f64,
}

impl StrategyGain {
    /// Share of right ones, in [0, 1].
    #[must_use]
    pub fn after(&self) -> f64 {
        f64::from(self.right) / f64::from(self.probes.max(1))
    }
}

words!(StrategyOutcome:
    Self::Measured(_) => "measured",
    Self::TooFewProbes => "too_few_probes",
    Self::TaughtOtherwise => "taught_otherwise",
);

impl LearnerStrategy {
    /// Takes in the answer to a probe that was asked, while the window is open.
    pub fn credit_probe(
        &mut self,
        question: &QuestionView<'_>,
        right: bool,
        tracing: &TracingModel,
        at: Timestamp,
    ) {
        if self.settled || at >= self.ends_at {
            return;
        }
        let predicted = tracing.predict(&self.before, question, at).predicted;
        self.probes = self.probes.saturating_add(1);
        self.right = self.right.saturating_add(u32::from(right));
        self.predicted_sum += predicted;
    }

    /// The reward, when it can be settled at a moment.
    #[must_use]
    pub fn settle(
        &self,
        learner: &LearnerId,
        course: &CourseId,
        at: Timestamp,
    ) -> Option<StrategyRewarded> {
        let outcome = self.outcome(at)?;
        Some(StrategyRewarded {
            learner: learner.clone(),
            course: course.clone(),
            assigned: self.assigned.clone(),
            settled_at: at,
            set: self.set,
            position: self.position,
            propensity: self.propensity,
            outcome,
        })
    }

    fn outcome(&self, at: Timestamp) -> Option<StrategyOutcome> {
        let over = self.probes >= PROBES_ENOUGH || at >= self.ends_at;
        if self.settled || !over {
            return None;
        }
        // One decision in five may come from elsewhere: a teacher's pin, an hour of the kill switch.
        Some(if 4 * u64::from(self.others) > u64::from(self.decisions) {
            StrategyOutcome::TaughtOtherwise
        } else if self.probes < PROBES_LEAST {
            StrategyOutcome::TooFewProbes
        } else {
            StrategyOutcome::Measured(StrategyGain {
                probes: self.probes,
                right: self.right,
                before: self.predicted_sum / f64::from(self.probes),
            })
        })
    }
}
