//! What a decision is worth: the weights its course declared when it was made.

use nexus_engine::catalog::RewardDeclaration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The weight of each component of a decision's reward, as the course version it was made under declares them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RewardWeights {
    /// Of the learning gain.
    pub gain: f64,
    /// Of the delayed learning gain; 0 when the course declares none.
    pub delayed_gain: f64,
    /// Of the centred success.
    pub success: f64,
    /// Of the cost, which is subtracted.
    pub cost: f64,
    /// Of abandoning the activity, which is subtracted once.
    pub abandonment: f64,
    /// Of what the learning site reports, by component.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reported: BTreeMap<String, f64>,
    /// The reward lies between minus this and this.
    pub clip: f64,
}

impl From<&RewardDeclaration> for RewardWeights {
    fn from(declared: &RewardDeclaration) -> Self {
        let reported = declared.explicit.iter();
        let reported =
            reported.map(|explicit| (explicit.name.to_string(), explicit.component.weight));
        Self {
            gain: declared.gain.weight,
            delayed_gain: declared.delayed_gain.weight,
            success: declared.success.weight,
            cost: declared.cost.weight,
            abandonment: declared.abandonment.weight,
            reported: reported.collect(),
            clip: declared.clip,
        }
    }
}
