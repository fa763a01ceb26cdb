//! What a course is meant to achieve, when it ends, and the check that says whether it did.

use super::course::{Activity, ActivityKind, Course, Question, QuestionKind};
use crate::time::Timestamp;

/// What learners should be able to do at the end.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// Positions in [`Course::skills`]; at least one.
    pub skills: Vec<usize>,
    /// The success wanted in each of them, in (0, 1).
    pub success: f64,
}

/// When a course ends for a learner who has not completed it before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ends {
    /// After so many minutes of learning, above 0.
    Minutes(f64),
    /// On a day, from its first moment in UTC.
    Date(Timestamp),
}

impl Ends {
    /// Whether the end has come for a learner with so many minutes of learning.
    #[must_use]
    pub fn reached(self, minutes: f64, at: Timestamp) -> bool {
        match self {
            Self::Minutes(most) => minutes >= most,
            Self::Date(day) => at >= day,
        }
    }
}

/// Questions of a closing check that says nothing else.
pub const CHECK_QUESTIONS: u32 = 12;

impl Course {
    /// The course's closing check, if it has one.
    #[must_use]
    pub fn closing_check(&self) -> Option<&Activity> {
        self.activities.iter().find(|activity| activity.kind == ActivityKind::Check)
    }

    /// Whether a placement or a closing check may ask a question: the course can grade it, and it
    /// exercises a skill that they ask about.
    #[must_use]
    pub fn in_pool(&self, asking: &Activity, question: &Question) -> bool {
        question.kind != QuestionKind::Ungraded
            && question.skills.iter().any(|skill| asking.skills.contains(skill))
    }
}
