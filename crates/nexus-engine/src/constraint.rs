//! Teachers' constraints: a pin, a block or a cap on one activity, for a course or one learner.
//!
//! They decide who is a candidate, never how a policy weighs candidates. A constraint is in force
//! from the entry that set it until it is lifted or its time is over, judged by the time of each
//! decision, so that replay sees the same ones.

use crate::catalog::Course;
use crate::ids::{ActivityId, ConstraintId, CourseId, LearnerId};
use crate::time::Timestamp;
use crate::words;
use std::collections::BTreeMap;

/// Most constraints in force for everyone in a course, and most for one learner in it.
pub const SCOPE_MAX: usize = 100;
/// Most constraints in force in a course, all learners together.
pub const COURSE_MAX: usize = 10_000;

/// What a teacher wants of one activity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraint {
    /// Its id, made by the client.
    pub id: ConstraintId,
    pub course: CourseId,
    /// For whom; everyone in the course when `None`.
    pub learner: Option<LearnerId>,
    /// What of the activity.
    pub rule: Rule,
    pub activity: ActivityId,
    /// Why, in the teacher's words.
    pub reason: String,
    pub by: String,
    /// When it ends; only when it is lifted when `None`.
    pub expires_at: Option<Timestamp>,
}

/// What a constraint asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// It comes next, until it is completed.
    Pin,
    /// It is never shown.
    Block,
    /// It is shown until the learner has started it so often.
    Cap {
        /// Starts, at least 1.
        shown_max: u16,
    },
}

words!(Rule:
    Self::Pin => "pin",
    Self::Block => "block",
    Self::Cap { .. } => "cap",
);

impl Constraint {
    /// Whether it holds at a moment.
    #[must_use]
    pub fn in_force(&self, at: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| at < end)
    }
}

/// The constraints of one course, each list in the order in which they were set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CourseConstraints {
    pub everyone: Vec<Constraint>,
    /// For one learner each; no list is empty.
    pub own: BTreeMap<LearnerId, Vec<Constraint>>,
}

impl CourseConstraints {
    /// Adds a constraint, and forgets those that are over.
    pub fn set(&mut self, constraint: Constraint, at: Timestamp) {
        self.keep(|known| known.in_force(at) && known.id != constraint.id);
        match &constraint.learner {
            None => self.everyone.push(constraint),
            Some(learner) => self.own.entry(learner.clone()).or_default().push(constraint),
        }
    }

    /// Takes a constraint away.
    pub fn lift(&mut self, id: &ConstraintId) {
        self.keep(|known| known.id != *id);
    }

    fn keep(&mut self, keep: impl Fn(&Constraint) -> bool) {
        self.everyone.retain(&keep);
        self.own.retain(|_, known| {
            known.retain(&keep);
            !known.is_empty()
        });
    }

    /// All that hold at a moment: for everyone, then by learner.
    pub fn all(&self, at: Timestamp) -> impl Iterator<Item = &Constraint> {
        let all = self.everyone.iter().chain(self.own.values().flatten());
        all.filter(move |constraint| constraint.in_force(at))
    }

    /// Those that hold for a learner at a moment: the learner's own first.
    pub fn of(&self, learner: &LearnerId, at: Timestamp) -> impl Iterator<Item = &Constraint> {
        let own = self.own.get(learner).into_iter().flatten();
        own.chain(&self.everyone).filter(move |constraint| constraint.in_force(at))
    }
}

impl CourseConstraints {
    /// How many hold for exactly the scope of another one.
    pub(crate) fn beside(&self, constraint: &Constraint, at: Timestamp) -> usize {
        let list = match &constraint.learner {
            None => Some(&self.everyone),
            Some(learner) => self.own.get(learner),
        };
        list.into_iter().flatten().filter(|known| known.in_force(at)).count()
    }

    /// Whether one more block would leave a learner without any activity but placements, which
    /// are asked once only.
    pub(crate) fn leaves_nothing(&self, course: &Course, more: &Constraint, at: Timestamp) -> bool {
        let none = Vec::new();
        let own: Vec<&Vec<Constraint>> = match &more.learner {
            Some(learner) => vec![self.own.get(learner).unwrap_or(&none)],
            None => self.own.values().chain([&none]).collect(),
        };
        let left = |own: &Vec<Constraint>| {
            let blocks = |id: &ActivityId| {
                let all = own.iter().chain(&self.everyone).filter(|known| known.in_force(at));
                let mut all = all.chain([more]);
                all.any(|known| known.rule == Rule::Block && known.activity == *id)
            };
            let mut lasting = course.activities.iter();
            lasting.any(|it| !it.kind.measures() && !blocks(&it.id))
        };
        !own.into_iter().all(left)
    }
}
