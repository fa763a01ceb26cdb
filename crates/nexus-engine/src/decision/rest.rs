//! When there is nothing to serve: the course is complete, or the learner rests until a moment.
//!
//! Nothing was drawn, so no propensity and no reward belong to it, and nothing is journaled: asked
//! again, Nexus looks again.

use super::candidates::Exclusion;
use super::eligibility::REVIEW_APART_MICROS;
use super::inputs::{Orders, SkillState};
use crate::catalog::{Activity, Course};
use crate::ids::{ActivityId, CourseId, LearnerId, SkillId};
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

/// When a skill should be reviewed, and by what.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewDue {
    pub skill: SkillId,
    /// Probability that it is remembered now, in [0, 1].
    pub recall: f64,
    /// When recall falls to [`RECALL_MIN`](crate::learner::mastery::RECALL_MIN); now or earlier when
    /// it has.
    pub falls_at: Timestamp,
    /// When a review is due, and an activity for it may be served.
    pub due_at: Timestamp,
    /// An activity that would review it. A decision may choose another one. `None` when nothing in
    /// the course may review it as things stand.
    pub activity: Option<ActivityId>,
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

/// When the mastered skills of a course fall due for review, the earliest first.
pub fn reviews(
    course: &Course,
    progress: &CourseProgress,
    skill_states: &[SkillState],
    orders: &Orders,
    at: Timestamp,
) -> Vec<ReviewDue> {
    let mut reviews = Vec::new();
    for (position, skill) in course.skills.iter().enumerate() {
        let view = &skill_states[position].view;
        let Some(falls_at) = view.due_at else { continue };
        let due_at = if falls_at > at {
            falls_at
        } else {
            served_from(course, progress, position).map_or(falls_at, |from| from.max(falls_at))
        };
        reviews.push(ReviewDue {
            skill: skill.id.clone(),
            recall: view.recall,
            falls_at,
            due_at,
            activity: reviewed_by(course, progress, orders, position),
        });
    }
    sort(&mut reviews);
    reviews
}

/// The same for a learner to whom nothing can be served now: what is due already waits until an
/// activity for it may be served again.
pub(super) fn later_reviews(
    course: &Course,
    progress: &CourseProgress,
    skill_states: &[SkillState],
    orders: &Orders,
    at: Timestamp,
) -> Vec<ReviewDue> {
    let mut reviews = reviews(course, progress, skill_states, orders, at);
    for review in reviews.iter_mut().filter(|review| review.due_at <= at) {
        let skill = course.skills.iter().position(|skill| skill.id == review.skill);
        let again = skill.and_then(|skill| served_again(course, progress, skill, at));
        review.due_at = again.unwrap_or_else(|| at.plus_micros(REVIEW_APART_MICROS));
    }
    sort(&mut reviews);
    reviews
}

fn sort(reviews: &mut [ReviewDue]) {
    reviews.sort_by(|one, other| (one.due_at, &one.skill).cmp(&(other.due_at, &other.skill)));
}

/// The activity that would review a skill: of those that are open to the learner and that no teacher
/// blocks, one that asks about it before one that does not, then the one that was touched the
/// longest ago, then the first on the path.
fn reviewed_by(
    course: &Course,
    progress: &CourseProgress,
    orders: &Orders,
    skill: usize,
) -> Option<ActivityId> {
    let mut best: Option<((bool, Timestamp, usize), &ActivityId)> = None;
    for (position, activity) in course.activities.iter().enumerate() {
        let open = activity
            .requires
            .iter()
            .all(|needed| progress.completed(course.activities[*needed].key));
        let teaches = !activity.kind.measures() && activity.skills.contains(&skill);
        if !open || !teaches || orders.blocks(position) {
            continue;
        }
        let entry = progress.activity(activity.key);
        let touched = entry.map_or(Timestamp(0), |entry| entry.last_at);
        let rank = (activity.questions.is_empty(), touched, activity.path_rank);
        if best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, &activity.id));
        }
    }
    best.map(|(_, id)| id.clone())
}

/// From when on an activity that the learner began may review a skill; `None` when none was begun.
fn served_from(course: &Course, progress: &CourseProgress, skill: usize) -> Option<Timestamp> {
    served_again(course, progress, skill, Timestamp(i64::MIN))
}

/// When the first activity on a skill that is due for review may be served again after a moment.
fn served_again(
    course: &Course,
    progress: &CourseProgress,
    skill: usize,
    at: Timestamp,
) -> Option<Timestamp> {
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
    earliest
}
