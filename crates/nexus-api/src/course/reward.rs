//! What a decision is worth and how often a probe is asked, as a course declares it.

use crate::{text, words};
use nexus_engine::catalog::draft::{ComponentDraft, ProbesDraft, RewardDraft};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a decision in the course is worth. What is left out is filled in when the version is
/// published.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseReward {
    /// A reward lies between minus this and this; 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0, maximum = 1)]
    pub clip: Option<f64>,
    /// Surprise on the next independent question of the activity's skills; weight 1, the earliest,
    /// within 7 days when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gain: Option<CourseComponent>,
    /// The same on a question `after_days` (1 when absent) after the activity ended, or later;
    /// weight 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_gain: Option<CourseComponent>,
    /// Surprise on the activity's own questions; weight 0, their mean, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success: Option<CourseComponent>,
    /// Minutes spent divided by the course's median minutes; weight 0, subtracted, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CourseComponent>,
    /// 1 when the activity was abandoned; weight 0, subtracted, when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub abandonment: Option<CourseComponent>,
    /// What the learning site reports with `POST /v1/decisions/{id}/rewards`, at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    pub components: Vec<CourseComponent>,
}

/// One component of the reward.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseComponent {
    /// What reports call it; of `components` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CoursePartId>)]
    pub name: Option<String>,
    /// What one unit of it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -10, maximum = 10)]
    pub weight: Option<f64>,
    /// Days after the decision in which it may come; 7 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0, maximum = 90)]
    pub within_days: Option<f64>,
    /// Days after the end of the activity from which on it is measured; of `delayed_gain` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0, maximum = 90)]
    pub after_days: Option<f64>,
    /// What several values come to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<words::Aggregation>)]
    pub aggregate: Option<String>,
    /// What it counts as when nothing came and nothing can come any more, for advice that was
    /// followed; nothing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub missing: Option<f64>,
    /// The least value it may have; of `components` only, 0 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub min: Option<f64>,
    /// The greatest value it may have; of `components` only, 1 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -1_000_000, maximum = 1_000_000)]
    pub max: Option<f64>,
}

/// How often a probe is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CourseProbes {
    /// Share of decisions that ask one; 0.10 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.05, maximum = 0.10)]
    pub share: Option<f64>,
}

impl From<CourseReward> for RewardDraft {
    fn from(reward: CourseReward) -> Self {
        let component = |written: Option<CourseComponent>| written.map(ComponentDraft::from);
        Self {
            clip: reward.clip,
            gain: component(reward.gain),
            delayed_gain: component(reward.delayed_gain),
            success: component(reward.success),
            cost: component(reward.cost),
            abandonment: component(reward.abandonment),
            components: reward.components.into_iter().map(ComponentDraft::from).collect(),
        }
    }
}

impl From<RewardDraft> for CourseReward {
    fn from(draft: RewardDraft) -> Self {
        let component = |written: Option<ComponentDraft>| written.map(CourseComponent::from);
        Self {
            clip: draft.clip,
            gain: component(draft.gain),
            delayed_gain: component(draft.delayed_gain),
            success: component(draft.success),
            cost: component(draft.cost),
            abandonment: component(draft.abandonment),
            components: draft.components.into_iter().map(CourseComponent::from).collect(),
        }
    }
}

impl From<CourseComponent> for ComponentDraft {
    fn from(component: CourseComponent) -> Self {
        Self {
            name: component.name,
            weight: component.weight,
            within_days: component.within_days,
            after_days: component.after_days,
            aggregate: component.aggregate,
            missing: component.missing,
            min: component.min,
            max: component.max,
        }
    }
}

impl From<ComponentDraft> for CourseComponent {
    fn from(draft: ComponentDraft) -> Self {
        Self {
            name: draft.name,
            weight: draft.weight,
            within_days: draft.within_days,
            after_days: draft.after_days,
            aggregate: draft.aggregate,
            missing: draft.missing,
            min: draft.min,
            max: draft.max,
        }
    }
}

impl From<CourseProbes> for ProbesDraft {
    fn from(probes: CourseProbes) -> Self {
        Self { share: probes.share }
    }
}

impl From<ProbesDraft> for CourseProbes {
    fn from(draft: ProbesDraft) -> Self {
        Self { share: draft.share }
    }
}
