//! The life of an experiment from its beginning to its end, and which side a decision was made under.

use super::number::Number;
use super::{RecordFault, VERSION, from_json, id, to_json, versioned};
use nexus_engine::event::Event;
use nexus_engine::experiment::definition::{ExperimentDefinition, Variant};
use nexus_engine::experiment::life::{ExperimentChange, ExperimentChanged};
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
    /// Absent of experiments that analyse learners who moved between sides.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    leaves_out_moved: bool,
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
struct ChangeBody {
    v: u32,
    experiment: String,
    /// The word of the change.
    change: String,
    /// Only a change of the share has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    share: Option<Number>,
    /// Of `concluded` only, when one was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    variant: Option<String>,
    reason: String,
    by: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AssignmentBody {
    experiment: String,
    version: u32,
    variant: String,
}

versioned!(StartBody, StopBody, ChangeBody);

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
        leaves_out_moved: definition.leaves_out_moved,
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
        leaves_out_moved: body.leaves_out_moved,
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

pub(super) fn encode_change(changed: &ExperimentChanged) -> String {
    let ExperimentChanged { experiment, change, reason, by } = changed;
    let (share, variant) = match change {
        ExperimentChange::Share(share) => (Some(Number(*share)), None),
        ExperimentChange::Concluded { variant } => {
            (None, variant.as_ref().map(ToString::to_string))
        }
        ExperimentChange::Archived => (None, None),
    };
    to_json(&ChangeBody {
        v: VERSION,
        experiment: experiment.to_string(),
        change: change.word().to_owned(),
        share,
        variant,
        reason: reason.clone(),
        by: by.clone(),
    })
}

pub(super) fn decode_change(body: &str) -> Result<Event, RecordFault> {
    let ChangeBody { experiment, change, share, variant, reason, by, .. } = from_json(body)?;
    let variant = variant.map(|variant| id("variant", &variant)).transpose()?;
    let change = match (change.as_str(), share, variant) {
        ("share", Some(share), None) => ExperimentChange::Share(share.0),
        ("concluded", None, variant) => ExperimentChange::Concluded { variant },
        ("archived", None, None) => ExperimentChange::Archived,
        _ => return Err(RecordFault::Meaning { field: "change" }),
    };
    let experiment = id("experiment", &experiment)?;
    let changed = ExperimentChanged { experiment, change, reason, by };
    Ok(Event::ExperimentChanged(Box::new(changed)))
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
