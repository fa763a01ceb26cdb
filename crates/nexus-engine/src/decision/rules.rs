//! The numbers in the rules that choose candidates: [`Rules::USUAL`]. No policy has a say in them.

use crate::learner::mastery::{RECALL_MIN, SkillView};
use crate::learner::own_record::says_known;

/// From where on a skill is known, practised, due, too hard or too easy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// What was mastered is due for review while its recall lies below this, in [0, 1].
    pub review_below: f64,
    /// A prerequisite counts as known from this probability of mastery on, in [0, 1].
    pub ready_mastered: f64,
    /// Or from this predicted success on, in [0, 1], after `ready_attempts` answers.
    pub ready_success: f64,
    /// Answers that it takes before predicted success counts.
    pub ready_attempts: u32,
    /// After so many answers on a prerequisite the way on opens all the same: more of what has not
    /// helped so far is wheel-spinning (Beck and Gong 2013), and the teacher sees the skill as stuck.
    pub ready_attempts_max: u32,
    /// Predicted success below this is too hard, in [0, 1].
    pub success_min: f64,
    /// Predicted success above this is too easy, in [0, 1].
    pub success_max: f64,
    /// The success that practice aims at, in (0, 1).
    pub success_target: f64,
    /// A quiz waits until each of its skills is mastered or has been practised with so many answers,
    /// or with as many as the course has practice questions, if that is less.
    pub practised: u32,
    /// Practice on skills with so many answers pauses: what has not helped so far is
    /// wheel-spinning, and a teacher sees the skill as stuck.
    pub practised_max: u32,
    /// An exercise whose latest round went at least this well has nothing new to ask; a mean grade in [0, 1].
    pub done_well: f64,
    /// After so many rounds or looks an activity comes again only for review.
    pub rounds_max: u16,
    /// More candidates than this are cut, later ones on the path first; at least 1.
    pub candidates_max: usize,
}

/// The success that practice aims at: hard enough to teach, easy enough to encourage.
pub const TARGET_SUCCESS: f64 = 0.65;

impl Rules {
    pub const USUAL: Self = Self {
        review_below: RECALL_MIN,
        ready_mastered: 0.6,
        ready_success: 0.6,
        ready_attempts: 2,
        ready_attempts_max: 8,
        success_min: 0.30,
        success_max: 0.95,
        success_target: TARGET_SUCCESS,
        practised: 6,
        practised_max: 9,
        done_well: 0.85,
        rounds_max: 2,
        candidates_max: 64,
    };

    /// Whether a skill that teachers see marked as mastered has faded.
    #[must_use]
    pub fn is_due(&self, view: &SkillView, marked: bool) -> bool {
        marked && view.recall < self.review_below
    }

    /// Whether a skill is probably known already. `own` is whether the learner's own evidence may say
    /// so ([`Self::has_own_evidence`]).
    #[must_use]
    pub fn is_known(&self, view: &SkillView, own: impl Fn() -> bool) -> bool {
        view.mastered_probability >= self.ready_mastered && own()
    }

    /// Whether what builds on a skill may begin.
    #[must_use]
    pub fn is_ready(&self, view: &SkillView, own: impl Fn() -> bool) -> bool {
        let capable = view.attempts >= self.ready_attempts
            && view.expected_success >= self.ready_success
            && own();
        capable || view.attempts >= self.ready_attempts_max || self.is_known(view, own)
    }

    /// Whether the learner's own evidence may open a gate: a placement, answers on the skill that say
    /// so by themselves, or any answers on a skill that is `settled`. So one perfect test account opens
    /// no gate for a newcomer.
    #[must_use]
    pub fn has_own_evidence(
        &self,
        view: &SkillView,
        placed: bool,
        settled: impl Fn() -> bool,
    ) -> bool {
        placed || (view.attempts > 0 && (self.says_known(view) || settled()))
    }

    fn says_known(&self, view: &SkillView) -> bool {
        says_known(view, self.ready_attempts, self.ready_success)
    }
}
