//! The beginning and the end of an experiment, and which side a decision was made under.

use super::number::Number;
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::ids::{Assignment, ExperimentId};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StartBody {
    v: u32,
    experiment: String,
    experiment_version: u32,
    course: String,
    variants: Vec<VariantBody>,
    planned_learners: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VariantBody {
    name: String,
    policy: String,
    weight: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StopBody {
    v: u32,
    experiment: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentBody {
    experiment: String,
    version: u32,
    variant: String,
}

versioned!(StartBody, StopBody);

pub(super) fn encode_start(definition: &ExperimentDefinition) -> String {
    let variants = definition.variants.iter().map(|variant| VariantBody {
        name: variant.name.to_string(),
        policy: variant.policy.to_string(),
        weight: Number(variant.weight),
    });
    to_json(&StartBody {
        v: VERSION,
        experiment: definition.id.to_string(),
        experiment_version: definition.version,
        course: definition.course.to_string(),
        variants: variants.collect(),
        planned_learners: definition.planned_learners,
    })
}

pub(super) fn decode_start(body: &str) -> Result<Event, RecordFault> {
    let body: StartBody = from_json(body)?;
    let variants = body.variants.iter().map(|variant| {
        Ok(Variant {
            name: id("variant", &variant.name)?,
            policy: id("policy", &variant.policy)?,
            weight: variant.weight.0,
        })
    });
    Ok(Event::ExperimentStarted(ExperimentDefinition {
        id: id("experiment", &body.experiment)?,
        version: body.experiment_version,
        course: id("course", &body.course)?,
        variants: variants.collect::<Result<_, RecordFault>>()?,
        planned_learners: body.planned_learners,
    }))
}

pub(super) fn encode_stop(experiment: &ExperimentId, reason: &str) -> String {
    let experiment = experiment.to_string();
    to_json(&StopBody { v: VERSION, experiment, reason: reason.to_owned() })
}

pub(super) fn decode_stop(body: &str) -> Result<Event, RecordFault> {
    let body: StopBody = from_json(body)?;
    let experiment = id("experiment", &body.experiment)?;
    Ok(Event::ExperimentStopped { experiment, reason: body.reason })
}

impl From<&Assignment> for AssignmentBody {
    fn from(assignment: &Assignment) -> Self {
        Self {
            experiment: assignment.experiment.to_string(),
            version: assignment.version,
            variant: assignment.variant.to_string(),
        }
    }
}

impl TryFrom<AssignmentBody> for Assignment {
    type Error = RecordFault;

    fn try_from(body: AssignmentBody) -> Result<Self, RecordFault> {
        Ok(Self {
            experiment: id("experiment", &body.experiment)?,
            version: body.version,
            variant: id("variant", &body.variant)?,
        })
    }
}
