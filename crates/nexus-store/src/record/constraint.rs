//! A teacher's constraint, and that it was lifted.

use super::{RecordFault, VERSION, from_json, id, needed, to_json, versioned};
use nexus_engine::constraint::{Constraint, Rule};
use nexus_engine::event::Event;
use nexus_engine::ids::{ConstraintId, CourseId};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetBody {
    v: u32,
    constraint: String,
    course: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    learner: Option<String>,
    rule: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown_max: Option<u16>,
    activity: String,
    reason: String,
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LiftedBody {
    v: u32,
    constraint: String,
    course: String,
    reason: String,
    by: String,
}

versioned!(SetBody, LiftedBody);

pub(super) fn encode_set(constraint: &Constraint) -> String {
    let shown_max = match constraint.rule {
        Rule::Cap { shown_max } => Some(shown_max),
        Rule::Pin | Rule::Block => None,
    };
    to_json(&SetBody {
        v: VERSION,
        constraint: constraint.id.to_string(),
        course: constraint.course.to_string(),
        learner: constraint.learner.as_ref().map(ToString::to_string),
        rule: constraint.rule.word().to_owned(),
        shown_max,
        activity: constraint.activity.to_string(),
        reason: constraint.reason.clone(),
        by: constraint.by.clone(),
        expires_at: constraint.expires_at.map(|at| at.0),
    })
}

pub(super) fn decode_set(body: &str) -> Result<Event, RecordFault> {
    let body: SetBody = from_json(body)?;
    let rule = match (body.rule.as_str(), body.shown_max) {
        ("pin", None) => Rule::Pin,
        ("block", None) => Rule::Block,
        ("cap", shown_max) => Rule::Cap { shown_max: needed("shown_max", shown_max)? },
        ("pin" | "block", Some(_)) => return Err(RecordFault::Meaning { field: "shown_max" }),
        _ => return Err(RecordFault::Meaning { field: "rule" }),
    };
    Ok(Event::ConstraintSet(Box::new(Constraint {
        id: id("constraint", &body.constraint)?,
        course: id("course", &body.course)?,
        learner: body.learner.map(|learner| id("learner", &learner)).transpose()?,
        rule,
        activity: id("activity", &body.activity)?,
        reason: body.reason,
        by: body.by,
        expires_at: body.expires_at.map(Timestamp),
    })))
}

pub(super) fn encode_lifted(
    course: &CourseId,
    constraint: &ConstraintId,
    reason: &str,
    by: &str,
) -> String {
    to_json(&LiftedBody {
        v: VERSION,
        constraint: constraint.to_string(),
        course: course.to_string(),
        reason: reason.to_owned(),
        by: by.to_owned(),
    })
}

pub(super) fn decode_lifted(body: &str) -> Result<Event, RecordFault> {
    let body: LiftedBody = from_json(body)?;
    Ok(Event::ConstraintLifted {
        course: id("course", &body.course)?,
        constraint: id("constraint", &body.constraint)?,
        reason: body.reason,
        by: body.by,
    })
}
