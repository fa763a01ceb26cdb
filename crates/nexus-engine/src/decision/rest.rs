//! When there is nothing to serve: the course is complete, or the learner rests until a moment.
//!
//! Nothing was drawn, so no propensity and no reward belong to it, and nothing is journaled: asked
//! again, Nexus looks again.

use super::candidates::Exclusion;
use super::eligibility::REVIEW_APART_MICROS;
use super::inputs::{Orders, SkillState};
use crate::catalog::{Activity, Course};
use crate::ids::{CourseId, LearnerId, SkillId};
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;
use crate::words;

/// Whether a learner for whom there is nothing to do waits or is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestStatus {
    /// A moment is known from which on there is something to do.
    Rest,
    /// All that the learner can do in the course is done. A review may fall due later.
    Complete,
}

words!(RestStatus {
    Rest => "rest",
    Complete => "complete",
});

/// That there is nothing to serve now, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Rest {
    pub learner: LearnerId,
    pub course: CourseId,
    pub course_version: u32,
    /// When it was asked.
    pub at: Timestamp,
    pub status: RestStatus,
    /// Before this moment the answer stays the same, as long as the learner does nothing in the
    /// course and its teachers change nothing; `None` when no moment changes it.
    pub not_before: Option<Timestamp>,
    /// The mastered skills, by when their review falls due, the earliest first. Empty on the
    /// course's own path, which has no reviews.
    pub reviews: Vec<ReviewDue>,
    /// Why each activity of the course is not served, in file order.
    pub exclusions: Vec<Exclusion>,
}

/// When a skill should be reviewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewDue {
    pub skill: SkillId,
    /// When a review is due, and an activity for it may be served.
    pub due_at: Timestamp,
}

impl Rest {
    /// What holds for a learner for whom the rules leave nothing.
    pub(super) fn of(
        (learner, course): (&LearnerId, &Course),
        exclusions: Vec<Exclusion>,
        reviews: Vec<ReviewDue>,
        orders: &Orders,
        at: Timestamp,
    ) -> Self {
        let status = match orders.opens_at {
            Some(_) => RestStatus::Rest,
            None => RestStatus::Complete,
        };
        let review = reviews.first().map(|review| review.due_at);
        Self {
            learner: learner.clone(),
            course: course.id.clone(),
            course_version: course.version,
            at,
            status,
            not_before: orders.opens_at.into_iter().chain(review).min(),
            reviews,
            exclusions,
        }
    }

    /// How many activities of the course the learner will not be shown as things stand: neither
    /// done nor mastered.
    #[must_use]
    pub fn never_served(&self) -> usize {
        let kept_back = |reason: &&Exclusion| {
            matches!(
                reason,
                Exclusion::ActivityPrerequisite | Exclusion::Blocked | Exclusion::Capped
            )
        };
        self.exclusions.iter().filter(kept_back).count()
    }
}

/// When the mastered skills of a course fall due for review, the earliest first: for those that are
/// due already, when an activity for them may be served again.
pub(super) fn reviews(
    course: &Course,
    progress: &CourseProgress,
    skill_states: &[SkillState],
    at: Timestamp,
) -> Vec<ReviewDue> {
    let mut reviews = Vec::new();
    for (position, skill) in course.skills.iter().enumerate() {
        let Some(due_at) = skill_states[position].view.due_at else { continue };
        let due_at =
            if due_at > at { due_at } else { served_again(course, progress, position, at) };
        reviews.push(ReviewDue { skill: skill.id.clone(), due_at });
    }
    reviews.sort_by(|one, other| (one.due_at, &one.skill).cmp(&(other.due_at, &other.skill)));
    reviews
}

/// When the first activity on a skill that is due for review may be served again.
fn served_again(
    course: &Course,
    progress: &CourseProgress,
    skill: usize,
    at: Timestamp,
) -> Timestamp {
    let mut earliest: Option<Timestamp> = None;
    let teaches =
        |activity: &&Activity| !activity.kind.measures() && activity.skills.contains(&skill);
    for activity in course.activities.iter().filter(teaches) {
        let Some(entry) = progress.activity(activity.key) else { continue };
        let again = entry.last_at.plus_micros(REVIEW_APART_MICROS);
        if again > at {
            earliest = earliest.into_iter().chain([again]).min();
        }
    }
    earliest.unwrap_or_else(|| at.plus_micros(REVIEW_APART_MICROS))
}
