//! What a dealt strategy is paid: the probes that its learner answered since, against what was
//! predicted for the very same questions before the deal.
//!
//! Probes are drawn uniformly from the whole course, so a strategy has no say in what measures it;
//! each counts once, whichever attempt it is, because which questions were met before is a doing of
//! the strategy. `after` is the share of right ones, `before` the mean prediction; the bandit takes
//! off what `before` foretells and weighs by the number of probes (`docs/science.md` 2.6). Too few
//! probes are missing, not zero.

use super::attribution::AnswerSeen;
use super::deal::{PROBES_ENOUGH, PROBES_LEAST, Teaching};
use crate::event::{Event, is_right};
use crate::ids::{CourseId, DecisionId, LearnerId};
use crate::learner::tracing::TracingModel;
use crate::time::Timestamp;
use crate::words;

/// A dealt strategy's reward is settled.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRewarded {
    /// Whose strategy.
    pub learner: LearnerId,
    /// In which course.
    pub course: CourseId,
    /// Which deal.
    pub deal: DecisionId,
    /// When it was settled.
    pub settled_at: Timestamp,
    /// Which set of strategies the position belongs to.
    pub set: u64,
    /// The strategy's position in it.
    pub position: u32,
    /// Probability with which it was dealt.
    pub propensity: f64,
    /// What came of it.
    pub outcome: StrategyOutcome,
}

/// What came of a dealt strategy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum StrategyOutcome {
    /// Probes measured it.
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
    /// Mean of what was predicted for them before the deal, in [0, 1].
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

impl Teaching {
    /// Takes in the answer to a probe that was asked, while the window is open.
    pub fn credit_probe(&mut self, seen: &AnswerSeen<'_>, tracing: &TracingModel) {
        if self.settled || seen.at >= self.ends_at {
            return;
        }
        let predicted = tracing.predict(&self.before, &seen.view, seen.at).predicted;
        self.probes = self.probes.saturating_add(1);
        self.right = self.right.saturating_add(u32::from(is_right(seen.grade)));
        self.predicted_sum += predicted;
    }

    /// Counts a decision that was made for the learner.
    pub fn count_decision(&mut self, under_it: bool) {
        let count = if under_it { &mut self.decisions } else { &mut self.others };
        *count = count.saturating_add(1);
    }

    /// What came of it, once that is settled.
    fn outcome(&self, at: Timestamp) -> Option<StrategyOutcome> {
        let over = self.probes >= PROBES_ENOUGH || at >= self.ends_at;
        if self.settled || !over {
            return None;
        }
        // One decision in five may be somebody else's: a teacher's pin, an hour of the kill switch.
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

/// The event that settles a learner's strategy, when it can be settled at a moment.
#[must_use]
pub fn pay(
    learner: &LearnerId,
    course: &CourseId,
    teaching: Option<&Teaching>,
    at: Timestamp,
) -> Option<Event> {
    let teaching = teaching?;
    let outcome = teaching.outcome(at)?;
    Some(Event::StrategyRewarded(Box::new(StrategyRewarded {
        learner: learner.clone(),
        course: course.clone(),
        deal: teaching.deal.clone(),
        settled_at: at,
        set: teaching.set,
        position: teaching.position,
        propensity: teaching.propensity,
        outcome,
    })))
}
