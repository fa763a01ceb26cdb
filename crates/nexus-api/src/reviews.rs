//! When what a learner has mastered falls due for review.

use crate::time;
use nexus_engine::catalog::Course;
use nexus_engine::decision::rest::ReviewDue;
use nexus_engine::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Answer to `GET /v1/learners/{id}/reviews`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewsBody {
    /// The id of the learner.
    pub learner: String,
    /// The id of the course.
    pub course: String,
    /// The version of the course.
    pub course_version: u32,
    /// The moment that `recall` and the order hold for.
    #[schema(format = DateTime)]
    pub as_of: String,
    /// The skills that the learner has mastered, by when they should be reviewed, the earliest
    /// first.
    pub reviews: Vec<ReviewSummary>,
}

/// When a skill should be reviewed, and by what.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReviewSummary {
    /// The id of the skill.
    pub skill: String,
    /// The title that people read.
    pub title: String,
    /// Probability that it is remembered now.
    #[schema(minimum = 0, maximum = 1)]
    pub recall: f64,
    /// When recall falls to 0.80. It has fallen already when this is in the past.
    #[schema(format = DateTime)]
    pub falls_at: String,
    /// When the review is due: at `falls_at`, or as soon as something may be served for it.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// The id of an activity that would review it; a decision may choose another one. Absent when
    /// nothing in the course may review it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
}

impl ReviewsBody {
    /// The list with the words of the course.
    #[must_use]
    pub fn new(learner: &str, course: &Course, reviews: &[ReviewDue], as_of: Timestamp) -> Self {
        Self {
            learner: learner.to_owned(),
            course: course.id.to_string(),
            course_version: course.version,
            as_of: time::print(as_of),
            reviews: reviews.iter().map(|review| ReviewSummary::new(review, course)).collect(),
        }
    }
}

impl ReviewSummary {
    pub(crate) fn new(review: &ReviewDue, course: &Course) -> Self {
        let skill = course.skills.iter().find(|skill| skill.id == review.skill);
        Self {
            skill: review.skill.to_string(),
            title: skill.map(|skill| skill.title.clone()).unwrap_or_default(),
            recall: review.recall,
            falls_at: time::print(review.falls_at),
            due_at: time::print(review.due_at),
            activity: review.activity.as_ref().map(ToString::to_string),
        }
    }
}
