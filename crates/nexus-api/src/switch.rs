//! The kill switch: serving the course's own path instead of any policy, at once.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time};
use nexus_engine::ids::CourseId;
use nexus_engine::lifecycle::kill_switch::{KillSwitch, KillSwitchTurned};
use nexus_engine::workspace::SharedState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Turns the kill switch on or off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::switch)]
pub struct SwitchRequest {
    /// For one course; for all courses when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CourseId>)]
    pub course: Option<String>,
    /// `true` turns it on: the course's own path is served. `false` turns it off.
    pub thrown: bool,
    /// The reason that the caller gave.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

impl SwitchRequest {
    /// What is to be journaled, done by `by`.
    ///
    /// Errors: the first field that is not possible.
    pub fn read(self, by: String) -> Result<KillSwitchTurned, FieldProblem> {
        let Self { course, thrown, reason } = self;
        let course = course.map(|course| field::course_id(&course, "/course")).transpose()?;
        Ok(KillSwitchTurned { course, thrown, reason: field::reason(reason)?, by })
    }
}

/// The kill switches that are on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchState {
    /// One of all courses and one of each course, if they are on; empty when policies decide everywhere.
    pub switches: Vec<ThrownSwitch>,
}

/// A kill switch that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThrownSwitch {
    /// In this course; in all courses when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<String>,
    /// The reason that the caller gave.
    pub reason: String,
    /// The caller: a key, an issuer or Nexus itself.
    #[schema(example = "key 3b9x2k1m")]
    pub by: String,
    /// When it happened, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// Place in the journal of the event that turned it on.
    pub seq: u64,
}

/// That the kill switch stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchReceipt {
    /// Whether nothing changed; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal; absent of what changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// All that are on now. A course whose own switch is off stays on its path while that
    /// of all courses is on.
    pub switches: Vec<ThrownSwitch>,
}

impl ThrownSwitch {
    /// One that is on, in one course or in all.
    #[must_use]
    pub fn new(course: Option<&CourseId>, thrown: &KillSwitch) -> Self {
        Self {
            course: course.map(ToString::to_string),
            reason: thrown.reason.clone(),
            by: thrown.by.clone(),
            at: time::print(thrown.at),
            seq: thrown.seq,
        }
    }

    /// All that are on, that of all courses first.
    #[must_use]
    pub fn all(shared: &SharedState) -> Vec<Self> {
        let thrown = shared.kill_switches.iter();
        thrown.map(|(course, thrown)| Self::new(course.as_ref(), thrown)).collect()
    }
}
