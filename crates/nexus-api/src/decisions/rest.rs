//! What a request for the next activity is answered with when there is nothing to do.

use super::{DecisionAnswer, ExplanationText};
use crate::reviews::ReviewSummary;
use crate::{time, words};
use nexus_engine::catalog::Course;
use nexus_engine::decision::rest::Rest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a learner should do next. `status` says which of the two it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NextAnswer {
    /// An activity. A 200 means that the decision is durable.
    Activity(Box<DecisionAnswer>),
    /// Nothing, for now or for good.
    Rest(RestAnswer),
}

/// That there is an activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivityStatus {
    /// The site shows the activity that the answer names.
    #[default]
    Activity,
}

/// That there is nothing to do now. Nothing was drawn and nothing was recorded: asked again, also
/// with the same `decision_id`, Nexus looks again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RestAnswer {
    /// `complete` when the learner has done all that they can do in the course, `rest` when there
    /// will be something to do at `not_before`.
    pub status: words::RestStatus,
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The version of the course.
    pub course_version: u32,
    /// Asking earlier is no use; absent when no moment is known. After `complete` it is when the
    /// first review is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub not_before: Option<String>,
    /// The skills that the learner has mastered, by when they should be reviewed. Empty on the
    /// course's own path, which has no reviews; `GET /v1/learners/{id}/reviews` lists them.
    pub reviews: Vec<ReviewSummary>,
    /// The reasons, in words.
    pub explanation: ExplanationText,
}

impl RestAnswer {
    /// The answer with the words of the course.
    #[must_use]
    pub fn new(rest: &Rest, course: &Course, explanation: ExplanationText) -> Self {
        Self {
            status: rest.status.into(),
            learner: rest.learner.to_string(),
            course: rest.course.to_string(),
            course_version: rest.course_version,
            not_before: rest.not_before.map(time::print),
            reviews: rest.reviews.iter().map(|review| ReviewSummary::new(review, course)).collect(),
            explanation,
        }
    }
}
