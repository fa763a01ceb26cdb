//! Which side of an experiment a learner is on.

use crate::{text, words};
use nexus_engine::experiment::assignment::AssignmentOutlook;
use nexus_engine::ids::LearnerId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Which learner is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AssignmentQuery {
    /// The id of the learner, whether Nexus knows them or not.
    #[param(value_type = text::LearnerId)]
    pub learner: String,
}

/// How a learner stands towards an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AssignmentAnswer {
    /// The id of the experiment.
    pub experiment: String,
    /// Its version.
    pub version: u32,
    /// The id of the learner.
    pub learner: String,
    /// `shown`: they were shown something of their side and stay on it; `assigned`: their next decision
    /// will be of this side; `outside`: it takes in a share of learners and not this one; `held_out`: no
    /// experiment of the course has them; `not_running`: it was stopped, or another one runs, and they
    /// were shown nothing of it.
    pub standing: words::AssignmentStanding,
    /// Their side; absent when they have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Who decides on that side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
}

impl AssignmentAnswer {
    /// The answer about a learner.
    #[must_use]
    pub fn new(experiment: String, learner: &LearnerId, outlook: AssignmentOutlook) -> Self {
        let AssignmentOutlook { version, standing, side } = outlook;
        Self {
            experiment,
            version,
            learner: learner.to_string(),
            standing: standing.into(),
            variant: side.as_ref().map(|side| side.name.to_string()),
            policy: side.as_ref().map(|side| side.policy.to_string()),
        }
    }
}
