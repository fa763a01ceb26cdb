//! What came of a decision: that it was shown, and its reward or why there is none.

use super::experiment::AssignmentBody;
use super::number::{Number, floats, list};
use super::{RecordFault, VERSION, from_json, id, schema, to_json, versioned};
use nexus_engine::decision::reward::{
    ClosedReason, Gain, GainSource, RewardClosed, RewardJoined, RewardReported,
};
use nexus_engine::event::Event;
use nexus_engine::ids::{ComponentName, CourseId, DecisionId, LearnerId};
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExposureBody {
    v: u32,
    at: i64,
    learner: String,
    course: String,
    decision: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportedBody {
    v: u32,
    at: i64,
    learner: String,
    course: String,
    decision: String,
    component: String,
    value: Number,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinedBody {
    v: u32,
    at: i64,
    learner: String,
    course: String,
    decision: String,
    policy: String,
    /// Whose declaration it was computed under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    course_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    assignment: Option<AssignmentBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exposed_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gain: Option<GainBody>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    delayed_gain: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    success: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    raw_success: Option<Number>,
    cost: Number,
    abandoned: bool,
    /// What the site reported: a component and its value each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reported: Vec<(String, Number)>,
    /// Components that never came and counted as their declared default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    defaulted: Vec<String>,
    value: Number,
    /// Nothing was measured that counts. Bodies from before this was said do not say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unmeasured: bool,
    propensity: Number,
    /// A teacher's pin chose: no policy learned from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    overridden: bool,
    /// Version of the feature schema; bodies of before there were two say nothing.
    #[serde(default = "schema::first", skip_serializing_if = "schema::is_first")]
    schema: u32,
    features: Vec<Number>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GainBody {
    surprise: Number,
    source: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClosedBody {
    v: u32,
    learner: String,
    course: String,
    decision: String,
    reason: String,
}

versioned!(ExposureBody, ReportedBody, JoinedBody, ClosedBody);

pub(super) fn encode_exposure(
    learner: &LearnerId,
    course: &CourseId,
    decision: &DecisionId,
    at: Timestamp,
) -> String {
    to_json(&ExposureBody {
        v: VERSION,
        at: at.0,
        learner: learner.to_string(),
        course: course.to_string(),
        decision: decision.to_string(),
    })
}

pub(super) fn decode_exposure(body: &str) -> Result<Event, RecordFault> {
    let body: ExposureBody = from_json(body)?;
    Ok(Event::DecisionExposed {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        decision: id("decision", &body.decision)?,
        occurred_at: Timestamp(body.at),
    })
}

pub(super) fn encode_reported(reported: &RewardReported) -> String {
    to_json(&ReportedBody {
        v: VERSION,
        at: reported.occurred_at.0,
        learner: reported.learner.to_string(),
        course: reported.course.to_string(),
        decision: reported.decision.to_string(),
        component: reported.component.to_string(),
        value: Number(reported.value),
    })
}

pub(super) fn decode_reported(body: &str) -> Result<Event, RecordFault> {
    let body: ReportedBody = from_json(body)?;
    Ok(Event::RewardReported(Box::new(RewardReported {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        decision: id("decision", &body.decision)?,
        component: id("component", &body.component)?,
        value: body.value.0,
        occurred_at: Timestamp(body.at),
    })))
}

pub(super) fn encode_joined(joined: &RewardJoined) -> String {
    to_json(&JoinedBody {
        v: VERSION,
        at: joined.settled_at.0,
        learner: joined.learner.to_string(),
        course: joined.course.to_string(),
        decision: joined.decision.to_string(),
        policy: joined.policy.to_string(),
        course_version: joined.course_version,
        assignment: joined.assignment.as_ref().map(AssignmentBody::from),
        exposed_at: joined.exposed_at.map(|at| at.0),
        gain: joined.gain.map(GainBody::from),
        delayed_gain: joined.delayed_gain.map(Number),
        success: joined.success.map(Number),
        raw_success: joined.raw_success.map(Number),
        cost: Number(joined.cost),
        abandoned: joined.abandoned,
        reported: joined
            .reported
            .iter()
            .map(|(name, value)| (name.to_string(), Number(*value)))
            .collect(),
        defaulted: joined.defaulted.iter().map(ToString::to_string).collect(),
        value: Number(joined.value),
        unmeasured: joined.unmeasured,
        propensity: Number(joined.propensity),
        overridden: joined.overridden,
        schema: joined.schema,
        features: list(&joined.features),
    })
}

pub(super) fn decode_joined(body: &str) -> Result<Event, RecordFault> {
    let body: JoinedBody = from_json(body)?;
    Ok(Event::RewardJoined(Box::new(RewardJoined {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        decision: id("decision", &body.decision)?,
        policy: id("policy", &body.policy)?,
        course_version: body.course_version,
        assignment: body.assignment.map(TryInto::try_into).transpose()?,
        settled_at: Timestamp(body.at),
        exposed_at: body.exposed_at.map(Timestamp),
        gain: body.gain.map(Gain::try_from).transpose()?,
        delayed_gain: body.delayed_gain.map(|number| number.0),
        success: body.success.map(|number| number.0),
        raw_success: body.raw_success.map(|number| number.0),
        cost: body.cost.0,
        abandoned: body.abandoned,
        reported: body.reported.into_iter().map(named).collect::<Result<_, _>>()?,
        defaulted: names(&body.defaulted)?,
        value: body.value.0,
        unmeasured: body.unmeasured,
        propensity: body.propensity.0,
        overridden: body.overridden,
        schema: body.schema,
        features: floats(body.features),
    })))
}

fn named((name, value): (String, Number)) -> Result<(ComponentName, f64), RecordFault> {
    Ok((id("reported", &name)?, value.0))
}

fn names(texts: &[String]) -> Result<Vec<ComponentName>, RecordFault> {
    texts.iter().map(|name| id("defaulted", name)).collect()
}

pub(super) fn encode_closed(closed: &RewardClosed) -> String {
    to_json(&ClosedBody {
        v: VERSION,
        learner: closed.learner.to_string(),
        course: closed.course.to_string(),
        decision: closed.decision.to_string(),
        reason: closed.reason.word().to_owned(),
    })
}

pub(super) fn decode_closed(body: &str) -> Result<Event, RecordFault> {
    let body: ClosedBody = from_json(body)?;
    let reason = ClosedReason::ALL.into_iter().find(|reason| reason.word() == body.reason);
    Ok(Event::RewardClosed(RewardClosed {
        learner: id("learner", &body.learner)?,
        course: id("course", &body.course)?,
        decision: id("decision", &body.decision)?,
        reason: reason.ok_or(RecordFault::Meaning { field: "reason" })?,
    }))
}

impl From<Gain> for GainBody {
    fn from(gain: Gain) -> Self {
        Self { surprise: Number(gain.surprise), source: gain.source.word().to_owned() }
    }
}

impl TryFrom<GainBody> for Gain {
    type Error = RecordFault;

    fn try_from(body: GainBody) -> Result<Self, RecordFault> {
        let all = [GainSource::Probe, GainSource::NextQuestion, GainSource::LaterSession];
        let source = all.into_iter().find(|source| source.word() == body.source);
        let source = source.ok_or(RecordFault::Meaning { field: "gain.source" })?;
        Ok(Self { surprise: body.surprise.0, source })
    }
}
