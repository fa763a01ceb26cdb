//! The strategies that the retired policy `strategic` taught by, as old journals tell of them.

use crate::time;
use nexus_engine::strategy::{
    Strategy, StrategyAssigned, StrategyGain, StrategyOutcome, StrategyRewarded, StrategyUsed,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The numbers of a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyNumbers {
    /// The order of skills: `frontier`, one at a time, or `turns`, all open ones in turn.
    pub path: String,
    /// Which belief says that a skill is mastered: `success`, expected on a usual question, or
    /// `known`, the probability of knowing the skill, traced from the latest results in it.
    pub mastered_by: String,
    /// From where on, from 0 to 1.
    pub mastered_from: f64,
    /// Answers on one skill after which others come first.
    pub attempt_cap: f64,
    /// The success that practice aims at, from 0 to 1.
    pub target_success: f64,
    /// Recall below which a mastered skill is reviewed, from 0 (never) to 1.
    pub review_below: f64,
}

/// The strategy a decision was made under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyRecord {
    /// The id of the journal's `strategy_dealt`.
    pub deal: String,
    /// Which strategy of this learner in this course it is, from 1.
    pub period: u32,
    /// Its position among the strategies.
    pub position: u32,
    /// Probability with which it was assigned.
    pub propensity: f64,
    /// The settings of the strategy.
    pub numbers: StrategyNumbers,
}

/// A learner was assigned a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyDealtData {
    /// The id of the `strategy_dealt`.
    pub deal: String,
    /// Under which version of the course.
    pub course_version: u32,
    /// When it was dealt, in RFC 3339.
    #[schema(format = DateTime)]
    pub dealt_at: String,
    /// Until when its probes count.
    #[schema(format = DateTime)]
    pub window_ends_at: String,
    /// What the draw's randomness came from; a text, because it needs 64 bits.
    pub seed: String,
    /// The experiment it belongs to, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub experiment: Option<String>,
    /// The name of the variant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which strategy of this learner in this course it is, from 1.
    pub period: u32,
    /// How many gains the bandit had learned from.
    pub bandit_version: u64,
    /// Probability spread evenly over the strategies.
    pub floor: f64,
    /// Probability of each strategy, the floor included; they sum to 1.
    pub probabilities: Vec<f64>,
    /// Position of the strategy that was drawn.
    pub position: usize,
    /// The probability of the choice that was made.
    pub propensity: f64,
    /// The settings of the strategy.
    pub numbers: StrategyNumbers,
    /// Mean predicted success over the course's questions then.
    pub expected_success: f64,
}

/// The reward of a strategy was settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyRewardedData {
    /// The id of the `strategy_dealt`.
    pub deal: String,
    /// When it was settled, in RFC 3339.
    #[schema(format = DateTime)]
    pub settled_at: String,
    /// Position of the strategy.
    pub position: u32,
    /// Probability with which it was assigned.
    pub propensity: f64,
    /// `measured`; or missing because of `too_few_probes` or because the learner was `taught_otherwise`.
    pub outcome: String,
    /// Probes answered, when it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<u32>,
    /// Share of right ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// Share that was predicted for them before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<f64>,
}

impl From<&Strategy> for StrategyNumbers {
    fn from(strategy: &Strategy) -> Self {
        let (mastered_by, mastered_from) = strategy.mastery.word();
        Self {
            path: strategy.path.word().to_owned(),
            mastered_by: mastered_by.to_owned(),
            mastered_from,
            attempt_cap: strategy.attempt_cap,
            target_success: strategy.target_success,
            review_below: strategy.review_below,
        }
    }
}

impl From<&StrategyUsed> for StrategyRecord {
    fn from(used: &StrategyUsed) -> Self {
        Self {
            deal: used.assigned.to_string(),
            period: used.period,
            position: used.position,
            propensity: used.propensity,
            numbers: StrategyNumbers::from(&used.strategy),
        }
    }
}

impl StrategyDealtData {
    /// An assignment as the journal tells it.
    #[must_use]
    pub fn new(assigned: &StrategyAssigned) -> Self {
        let assignment = assigned.assignment.as_ref();
        Self {
            deal: assigned.id.to_string(),
            course_version: assigned.course_version,
            dealt_at: time::print(assigned.assigned_at),
            window_ends_at: time::print(assigned.window_ends_at),
            seed: assigned.seed.0.to_string(),
            experiment: assignment.map(|side| side.experiment.to_string()),
            variant: assignment.map(|side| side.variant.to_string()),
            period: assigned.period,
            bandit_version: assigned.bandit_version,
            floor: assigned.floor,
            probabilities: assigned.probabilities.clone(),
            position: assigned.position,
            propensity: assigned.propensity(),
            numbers: StrategyNumbers::from(&assigned.strategy),
            expected_success: assigned.expected_success,
        }
    }
}

impl StrategyRewardedData {
    /// A settled deal as the journal tells it.
    #[must_use]
    pub fn new(rewarded: &StrategyRewarded) -> Self {
        let gain = match &rewarded.outcome {
            StrategyOutcome::Measured(gain) => Some(gain),
            StrategyOutcome::TooFewProbes | StrategyOutcome::TaughtOtherwise => None,
        };
        Self {
            deal: rewarded.assigned.to_string(),
            settled_at: time::print(rewarded.settled_at),
            position: rewarded.position,
            propensity: rewarded.propensity,
            outcome: rewarded.outcome.word().to_owned(),
            probes: gain.map(|gain| gain.probes),
            after: gain.map(StrategyGain::after),
            before: gain.map(|gain| gain.before),
        }
    }
}
