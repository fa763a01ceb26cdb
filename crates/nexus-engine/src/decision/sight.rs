//! What a decision sees of each skill of a course: computed once, used by every rule.

use super::rules::Rules;
use crate::catalog::Course;
use crate::learner::belief::Belief;
use crate::learner::mastery::{Looking, SkillView};
use crate::learner::progress::CourseProgress;
use crate::learner::results::Results;
use crate::learner::tracing::TracingModel;
use crate::time::Timestamp;

/// One skill of the course, for one learner, now.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillSight {
    /// Mastery, recall and their uncertainty.
    pub view: SkillView,
    /// The latest results in it, for strategies to judge by.
    pub results: Results,
    /// Whether it is mastered now.
    pub mastered: bool,
    /// Whether it was mastered and has faded.
    pub due: bool,
    /// Whether what builds on it may begin.
    pub ready: bool,
    /// Whether it is probably known already.
    pub known: bool,
}

/// All skills of a course under some rules, in the order of [`Course::skills`].
#[must_use]
pub fn sights(
    course: &Course,
    progress: &CourseProgress,
    belief: &Belief,
    tracing: &TracingModel,
    rules: &Rules,
    at: Timestamp,
) -> Vec<SkillSight> {
    let taught = taught_without_questions(course, progress);
    let skills = course.skills.iter().zip(taught);
    let looking = Looking::at(belief, tracing, at);
    skills
        .map(|(skill, taught)| {
            let view = looking.view(&skill.reference());
            let results = progress.skill_results(skill.key);
            let marked = belief.skill(skill.key).is_some_and(|entry| entry.mastered);
            SkillSight {
                mastered: rules.is_mastered(&view, results, marked),
                due: rules.is_due(&view, results, marked),
                ready: taught || rules.is_ready(&view),
                known: rules.is_known(&view),
                results,
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
