//! Admission of teachers' constraints, and those that hold.

use super::{Refusal, SharedState};
use crate::catalog::Course;
use crate::constraint::{COURSE_MAX, Constraint, CourseConstraints, Rule, SCOPE_MAX};
use crate::ids::{ConstraintId, LearnerId};
use crate::time::Timestamp;

impl SharedState {
    /// What teachers block for a learner at a moment, as positions in [`Course::activities`].
    #[must_use]
    pub fn blocked(&self, learner: &LearnerId, course: &Course, at: Timestamp) -> Vec<usize> {
        let known = self.constraints.get(&course.id);
        let all = known.into_iter().flat_map(|known| known.of(learner, at));
        let blocks = all.filter(|constraint| constraint.rule == Rule::Block);
        blocks.filter_map(|block| course.activity_position(block.activity.as_str())).collect()
    }

    /// The constraint of this id that holds at a moment, if there is one.
    #[must_use]
    pub fn constraint(&self, id: &ConstraintId, at: Timestamp) -> Option<&Constraint> {
        let mut all = self.constraints.values().flat_map(|known| known.all(at));
        all.find(|constraint| constraint.id == *id)
    }

    /// Says whether a constraint may be set now.
    ///
    /// Errors: a [`Refusal`]: unknown course or activity, an end in the past, too many constraints, or a
    /// block after which a lesson could have nothing to show.
    pub fn admit_constraint(&self, constraint: &Constraint, now: Timestamp) -> Result<(), Refusal> {
        let name = constraint.course.as_str();
        let unknown = || Refusal::UnknownCourse { course: name.to_owned() };
        let course = self.course(name).ok_or_else(unknown)?;
        if course.activity(constraint.activity.as_str()).is_none() {
            let activity = constraint.activity.to_string();
            return Err(Refusal::UnknownActivity { course: name.to_owned(), activity });
        }
        if let Some(expires_at) = constraint.expires_at.filter(|end| *end <= now) {
            return Err(Refusal::ConstraintExpired { expires_at });
        }
        let none = CourseConstraints::default();
        let known = self.constraints.get(&constraint.course).unwrap_or(&none);
        for (list, max) in
            [(known.all(now).count(), COURSE_MAX), (known.beside(constraint, now), SCOPE_MAX)]
        {
            if list >= max {
                return Err(Refusal::TooManyConstraints { max });
            }
        }
        if constraint.rule == Rule::Block && known.leaves_nothing(course, constraint, now) {
            return Err(Refusal::NothingLeft { course: name.to_owned() });
        }
        Ok(())
    }
}
