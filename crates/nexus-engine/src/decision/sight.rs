//! What a decision sees of each skill of a course: computed once, used by every rule.

use crate::catalog::Course;
use crate::learner::belief::Belief;
use crate::learner::mastery::{Looking, SkillView};
use crate::learner::progress::CourseProgress;
use crate::learner::tracing::TracingModel;
use crate::time::Timestamp;

/// A prerequisite counts as known from this probability of mastery on.
pub const READY_MASTERED: f64 = 0.6;
/// Or from this predicted success on, after [`READY_ATTEMPTS`] answers.
pub const READY_SUCCESS: f64 = 0.6;
/// Answers that it takes before predicted success counts.
pub const READY_ATTEMPTS: u32 = 2;
/// After so many answers on a prerequisite the way on opens all the same: more of what has not
/// helped so far is wheel-spinning (Beck and Gong 2013), and the teacher sees the skill as stuck.
pub const READY_ATTEMPTS_MAX: u32 = 8;

/// One skill of the course, for one learner, now.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillSight {
    /// Mastery, recall and their uncertainty.
    pub view: SkillView,
    /// Whether it is mastered now (with hysteresis).
    pub mastered: bool,
    /// Whether it was mastered and has faded.
    pub due: bool,
    /// Whether what builds on it may begin.
    pub ready: bool,
}

impl SkillSight {
    /// Whether the skill is probably known already.
    #[must_use]
    pub fn known(&self) -> bool {
        self.view.mastered_probability >= READY_MASTERED
    }
}

/// All skills of a course, in the order of [`Course::skills`].
#[must_use]
pub fn sights(
    course: &Course,
    progress: &CourseProgress,
    belief: &Belief,
    tracing: &TracingModel,
    at: Timestamp,
) -> Vec<SkillSight> {
    let taught = taught_without_questions(course, progress);
    let skills = course.skills.iter().zip(taught);
    let looking = Looking::at(belief, tracing, at);
    skills
        .map(|(skill, taught)| {
            let view = looking.view(&skill.reference());
            let entry = belief.skill(skill.key);
            let known = view.mastered_probability >= READY_MASTERED;
            let enough = view.attempts >= READY_ATTEMPTS;
            let capable = enough && view.expected_success >= READY_SUCCESS;
            SkillSight {
                mastered: entry.is_some_and(|entry| entry.mastered),
                due: view.due_for_review,
                ready: known || capable || taught || view.attempts >= READY_ATTEMPTS_MAX,
                view,
            }
        })
        .collect()
}

/// Skills that no question exercises are known once an activity that teaches them is completed.
fn taught_without_questions(course: &Course, progress: &CourseProgress) -> Vec<bool> {
    let mut taught = vec![false; course.skills.len()];
    if course.skills.iter().all(|skill| skill.asked) {
        return taught;
    }
    for activity in course.activities.iter().filter(|activity| progress.completed(activity.key)) {
        for skill in &activity.skills {
            taught[*skill] = !course.skills[*skill].asked;
        }
    }
    taught
}
