//! Strategies: how a learner is taught over a course, how they came to it, and what came of it.

use crate::time;
use nexus_engine::decision::deal::{StrategyDealt, StrategyUsed, Teaching};
use nexus_engine::decision::explanation::strategy::in_words;
use nexus_engine::decision::payment::{StrategyOutcome, StrategyRewarded};
use nexus_engine::strategy::Strategy;
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
    /// The same in half a sentence.
    pub words: String,
}

/// The strategy a decision was made under.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyRecord {
    /// The deal it came from: the id of the journal's `strategy_dealt`.
    pub deal: String,
    /// Which deal of this learner in this course it is, from 1.
    pub period: u32,
    /// Its position among the strategies.
    pub position: u32,
    /// Probability with which it was dealt.
    pub propensity: f64,
    /// What it is.
    pub numbers: StrategyNumbers,
}

/// The strategy a learner is taught by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LearnerStrategy {
    /// Which one, and how they came to it.
    #[serde(flatten)]
    pub dealt: StrategyRecord,
    /// When it was dealt.
    #[schema(format = DateTime)]
    pub dealt_at: String,
    /// Until when its probes count.
    #[schema(format = DateTime)]
    pub window_ends_at: String,
    /// Decisions made under it.
    pub decisions: u32,
    /// Probes answered since.
    pub probes: u32,
    /// Right ones among them.
    pub probes_right: u32,
    /// Share of right ones that was predicted for them before the deal.
    pub predicted: Option<f64>,
    /// Whether its reward is settled: the next decision deals again.
    pub settled: bool,
}

/// A learner was dealt a strategy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyDealtData {
    /// The deal's id.
    pub deal: String,
    /// Under which version of the course.
    pub course_version: u32,
    /// When.
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
    /// The side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Which deal of this learner in this course it is, from 1.
    pub period: u32,
    /// How many gains the bandit had learned from.
    pub bandit_version: u64,
    /// Probability spread evenly over the strategies.
    pub floor: f64,
    /// Probability of each strategy, the floor included; they sum to 1.
    pub probabilities: Vec<f64>,
    /// Position of the strategy that was drawn.
    pub position: usize,
    /// Its probability.
    pub propensity: f64,
    /// What it is.
    pub numbers: StrategyNumbers,
    /// Mean predicted success over the course's questions then.
    pub expected_success: f64,
}

/// The reward of a dealt strategy was settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StrategyRewardedData {
    /// The deal's id.
    pub deal: String,
    /// When.
    #[schema(format = DateTime)]
    pub settled_at: String,
    /// Position of the strategy.
    pub position: u32,
    /// Probability with which it was dealt.
    pub propensity: f64,
    /// `measured`; or missing because of `too_few_probes` or because the learner was
    /// `taught_otherwise`.
    pub outcome: String,
    /// Probes answered, when it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probes: Option<u32>,
    /// Share of right ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// Share that was predicted for them before the deal.
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
            words: in_words(strategy),
        }
    }
}

impl From<&StrategyUsed> for StrategyRecord {
    fn from(used: &StrategyUsed) -> Self {
        Self {
            deal: used.deal.to_string(),
            period: used.period,
            position: used.position,
            propensity: used.propensity,
            numbers: StrategyNumbers::from(&used.strategy),
        }
    }
}

impl From<&Teaching> for LearnerStrategy {
    fn from(teaching: &Teaching) -> Self {
        let probes = f64::from(teaching.probes);
        Self {
            dealt: StrategyRecord::from(&teaching.used(Vec::new())),
            dealt_at: time::print(teaching.dealt_at),
            window_ends_at: time::print(teaching.ends_at),
            decisions: teaching.decisions,
            probes: teaching.probes,
            probes_right: teaching.right,
            predicted: (teaching.probes > 0).then(|| teaching.predicted_sum / probes),
            settled: teaching.settled,
        }
    }
}

impl StrategyDealtData {
    /// A deal as the journal tells it.
    #[must_use]
    pub fn new(dealt: &StrategyDealt) -> Self {
        let assignment = dealt.assignment.as_ref();
        Self {
            deal: dealt.id.to_string(),
            course_version: dealt.course_version,
            dealt_at: time::print(dealt.dealt_at),
            window_ends_at: time::print(dealt.window_ends_at),
            seed: dealt.seed.0.to_string(),
            experiment: assignment.map(|side| side.experiment.to_string()),
            variant: assignment.map(|side| side.variant.to_string()),
            period: dealt.period,
            bandit_version: dealt.bandit_version,
            floor: dealt.floor,
            probabilities: dealt.probabilities.clone(),
            position: dealt.dealt,
            propensity: dealt.propensity(),
            numbers: StrategyNumbers::from(&dealt.strategy),
            expected_success: dealt.expected_success,
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
            deal: rewarded.deal.to_string(),
            settled_at: time::print(rewarded.settled_at),
            position: rewarded.position,
            propensity: rewarded.propensity,
            outcome: rewarded.outcome.word().to_owned(),
            probes: gain.map(|gain| gain.probes),
            after: gain.map(nexus_engine::decision::payment::StrategyGain::after),
            before: gain.map(|gain| gain.before),
        }
    }
}
