//! What a published course declares of its rewards and probes.

use crate::record::number::Number;
use nexus_engine::catalog::draft::{ComponentDraft, ProbesDraft, RewardDraft};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RewardBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    clip: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gain: Option<ComponentBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delayed_gain: Option<ComponentBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success: Option<ComponentBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<ComponentBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    abandonment: Option<ComponentBody>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    components: Vec<ComponentBody>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ComponentBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weight: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    within_days: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after_days: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    aggregate: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    missing: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max: Option<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbesBody {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<Number>,
}

impl From<&RewardDraft> for RewardBody {
    fn from(draft: &RewardDraft) -> Self {
        let component =
            |written: &Option<ComponentDraft>| written.as_ref().map(ComponentBody::from);
        Self {
            clip: draft.clip.map(Number),
            gain: component(&draft.gain),
            delayed_gain: component(&draft.delayed_gain),
            success: component(&draft.success),
            cost: component(&draft.cost),
            abandonment: component(&draft.abandonment),
            components: draft.components.iter().map(ComponentBody::from).collect(),
        }
    }
}

impl From<RewardBody> for RewardDraft {
    fn from(body: RewardBody) -> Self {
        let component = |written: Option<ComponentBody>| written.map(ComponentDraft::from);
        Self {
            clip: body.clip.map(|number| number.0),
            gain: component(body.gain),
            delayed_gain: component(body.delayed_gain),
            success: component(body.success),
            cost: component(body.cost),
            abandonment: component(body.abandonment),
            components: body.components.into_iter().map(ComponentDraft::from).collect(),
        }
    }
}

impl From<&ComponentDraft> for ComponentBody {
    fn from(draft: &ComponentDraft) -> Self {
        Self {
            name: draft.name.clone(),
            weight: draft.weight.map(Number),
            within_days: draft.within_days.map(Number),
            after_days: draft.after_days.map(Number),
            aggregate: draft.aggregate.clone(),
            missing: draft.missing.map(Number),
            min: draft.min.map(Number),
            max: draft.max.map(Number),
        }
    }
}

impl From<ComponentBody> for ComponentDraft {
    fn from(body: ComponentBody) -> Self {
        let plain = |number: Option<Number>| number.map(|number| number.0);
        Self {
            name: body.name,
            weight: plain(body.weight),
            within_days: plain(body.within_days),
            after_days: plain(body.after_days),
            aggregate: body.aggregate,
            missing: plain(body.missing),
            min: plain(body.min),
            max: plain(body.max),
        }
    }
}

impl From<&ProbesDraft> for ProbesBody {
    fn from(draft: &ProbesDraft) -> Self {
        Self { share: draft.share.map(Number) }
    }
}

impl From<ProbesBody> for ProbesDraft {
    fn from(body: ProbesBody) -> Self {
        Self { share: body.share.map(|number| number.0) }
    }
}
