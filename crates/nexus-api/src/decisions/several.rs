//! Several learners' decisions in one call, and several rewards.

use super::{DecisionRequest, NextAnswer, RewardReport};
use crate::field::FieldProblem;
use crate::{examples, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The most decisions, or rewards, of one call.
pub const SEVERAL_MAX: usize = 100;

/// Asks what several learners should do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::decision_batch)]
pub struct DecisionBatch {
    /// The requests, each as it would be sent alone.
    #[schema(min_items = 1, max_items = 100, value_type = Vec<DecisionRequest>)]
    pub decisions: Vec<Value>,
}

/// The answers to several requests, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DecisionBatchAnswer {
    /// Requests that were answered.
    pub answered: u32,
    /// Requests that were refused.
    pub refused: u32,
    /// One answer a request.
    pub answers: Vec<BatchedAnswer>,
}

/// The answer to one request of several: one of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BatchedAnswer {
    /// What it would be answered with alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextAnswer>,
    /// Why it was refused, with the place inside the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<FieldProblem>,
    /// With a `problem`, when the disk is full: the next activity on the course's own path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub static_activity: Option<String>,
}

impl BatchedAnswer {
    /// A request that was answered.
    #[must_use]
    pub fn answered(next: NextAnswer) -> Self {
        Self { next: Some(next), problem: None, static_activity: None }
    }

    /// A request that was refused, and what to show meanwhile.
    #[must_use]
    pub fn refused(problem: FieldProblem, static_activity: Option<String>) -> Self {
        Self { next: None, problem: Some(problem), static_activity }
    }
}

impl FromIterator<BatchedAnswer> for DecisionBatchAnswer {
    fn from_iter<T: IntoIterator<Item = BatchedAnswer>>(all: T) -> Self {
        let answers: Vec<BatchedAnswer> = all.into_iter().collect();
        let answered = answers.iter().filter(|answer| answer.next.is_some()).count();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { answered: count(answered), refused: count(answers.len() - answered), answers }
    }
}

/// Reports what several decisions were worth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::reward_batch)]
pub struct RewardBatch {
    /// The reports.
    #[schema(min_items = 1, max_items = 100)]
    pub rewards: Vec<DecisionReward>,
}

/// A value of a component of a decision's reward, with the decision's id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionReward {
    /// The id of the decision.
    #[schema(value_type = text::DecisionId)]
    pub decision_id: String,
    /// Made by the client, so that it may be sent again; unique like the id of an event.
    #[schema(value_type = text::EventId)]
    pub id: String,
    /// Which component, as the course declares it.
    #[schema(value_type = text::CoursePartId)]
    pub component: String,
    /// How much, inside the range that the course declares.
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub value: f64,
    /// When it happened, as RFC 3339; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub occurred_at: Option<String>,
}

impl DecisionReward {
    /// The report as it would be sent alone.
    #[must_use]
    pub fn report(&self) -> RewardReport {
        let Self { id, component, value, occurred_at, .. } = self.clone();
        RewardReport { id, component, value, occurred_at }
    }
}
