//! The kill switch: serving the course's own path instead of any policy, at once.

use crate::field::{self, FieldProblem};
use crate::{examples, text, time};
use nexus_engine::ids::CourseId;
use nexus_engine::lifecycle::kill_switch::{KillSwitch, KillSwitchTurned};
use nexus_engine::workspace::SharedState;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Throws the kill switch, or releases it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = examples::switch)]
pub struct SwitchRequest {
    /// For one course; for all courses when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<text::CourseId>)]
    pub course: Option<String>,
    /// `true` throws it: the course's own path is served. `false` releases it.
    pub thrown: bool,
    /// Why.
    #[schema(value_type = text::Reason)]
    pub reason: String,
}

impl SwitchRequest {
    /// What is to be journaled, done by `by`.
    ///
    /// # Errors
    /// The first field that is not possible.
    pub fn read(self, by: String) -> Result<KillSwitchTurned, FieldProblem> {
        let Self { course, thrown, reason } = self;
        let course = course.map(|course| field::course_id(&course, "/course")).transpose()?;
        Ok(KillSwitchTurned { course, thrown, reason: field::reason(reason)?, by })
    }
}

/// The kill switches that are thrown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchState {
    /// One of all courses and one of each course, as far as they are thrown; empty when policies
    /// decide everywhere.
    pub switches: Vec<ThrownSwitch>,
}

/// A kill switch that is thrown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ThrownSwitch {
    /// In this course; in all courses when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub course: Option<String>,
    /// Why.
    pub reason: String,
    /// Who threw it.
    #[schema(example = "key 3b9x2k1m")]
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Place in the journal of the event that threw it.
    pub seq: u64,
}

/// That the kill switch stands as asked, durably.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SwitchReceipt {
    /// Whether it stood so before; then nothing was journaled.
    pub duplicate: bool,
    /// Place in the journal; absent of what changed nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// All that are thrown now. A course whose own switch is released stays on its path while that
    /// of all courses is thrown.
    pub switches: Vec<ThrownSwitch>,
}

impl ThrownSwitch {
    /// One that is thrown, in one course or in all.
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

    /// All that are thrown, that of all courses first.
    #[must_use]
    pub fn all(shared: &SharedState) -> Vec<Self> {
        let thrown = shared.kill_switches.iter();
        thrown.map(|(course, thrown)| Self::new(course.as_ref(), thrown)).collect()
    }
}
