//! Reading when the skills of a learner fall due for review, also after the course is complete.

use super::{LearnerState, SharedState};
use crate::catalog::Course;
use crate::decision::candidates::CandidateFilter;
use crate::decision::inputs::{Orders, skill_states};
use crate::decision::rest::{self, ReviewDue};
use crate::decision::rules::Rules;
use crate::learner::progress::CourseProgress;
use crate::time::Timestamp;

impl SharedState {
    /// The skills of a course that a learner has mastered, by when their review is due, the earliest
    /// first; and the moment that it holds for, which is never before the learner's latest event.
    #[must_use]
    pub fn reviews(
        &self,
        course: &Course,
        learner: &LearnerState,
        at: Timestamp,
    ) -> (Vec<ReviewDue>, Timestamp) {
        let at = at.max(learner.last_at);
        let none = CourseProgress::default();
        let progress = learner.progress(course.id.as_str()).unwrap_or(&none);
        let (constraints, filter) = (self.constraints.get(&course.id), CandidateFilter::default());
        let orders = Orders::of(constraints, &learner.id, course, progress, &filter, at);
        let belief = &learner.belief;
        let states = skill_states(course, progress, belief, &self.tracing, &Rules::USUAL, at);
        (rest::reviews(course, progress, &states, &orders, at), at)
    }
}
