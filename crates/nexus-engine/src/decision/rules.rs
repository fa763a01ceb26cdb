//! The numbers in the rules that choose candidates. Policies decide under [`Rules::USUAL`], and a
//! learner who was dealt a strategy is taught under [`Rules::under`] it: it may say when a skill is
//! mastered, due, practised enough, too hard or too easy, and never what must come first.

use crate::learner::mastery::{MASTERED_ATTEMPTS, RECALL_MIN, SkillView};
use crate::learner::results::Results;
use crate::strategy::{MasteryRule, Strategy, trace};

/// From where on a skill is known, practised, due, too hard or too easy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// When a skill counts as mastered, after the usual least number of answers; with `None` by the
    /// mark that teachers see, which has hysteresis.
    pub mastered_from: Option<MasteryRule>,
    /// What was mastered is due for review while its recall lies below this, in [0, 1].
    pub review_below: f64,
    /// A prerequisite counts as known from this probability of mastery on, in [0, 1].
    pub ready_mastered: f64,
    /// Or from this predicted success on, in [0, 1], after `ready_attempts` answers.
    pub ready_success: f64,
    /// Answers that it takes before predicted success counts.
    pub ready_attempts: u32,
    /// After so many answers on a prerequisite the way on opens all the same: more of what has not
    /// helped so far is wheel-spinning (Beck and Gong 2013), and the teacher sees the skill as
    /// stuck.
    pub ready_attempts_max: u32,
    /// Predicted success below this is too hard, in [0, 1].
    pub success_min: f64,
    /// Predicted success above this is too easy, in [0, 1].
    pub success_max: f64,
    /// The success that practice aims at, in (0, 1).
    pub success_target: f64,
    /// A quiz waits until each of its skills is mastered or has been practised with so many
    /// answers.
    pub practised: u32,
    /// Practice on skills with so many answers pauses: what has not helped so far is
    /// wheel-spinning, and a teacher sees the skill as stuck.
    pub practised_max: u32,
    /// An exercise whose latest round went at least this well has nothing new to ask; a mean grade
    /// in [0, 1].
    pub done_well: f64,
    /// After so many rounds an activity comes again only for review.
    pub rounds_max: u16,
    /// More candidates than this are cut, later ones on the path first; at least 1.
    pub candidates_max: usize,
}

/// The success that practice aims at where no strategy says otherwise: hard enough to teach, easy
/// enough to encourage.
pub const TARGET_SUCCESS: f64 = 0.65;
/// How far below its target a strategy lets predicted success fall.
const BELOW_TARGET: f64 = 0.35;
/// How far above it.
const ABOVE_TARGET: f64 = 0.30;
/// No strategy asks what fails more often than this share is answered right.
const SUCCESS_LEAST: f64 = 0.05;

impl Rules {
    /// The usual rules.
    pub const USUAL: Self = Self {
        mastered_from: None,
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

    /// The usual rules with the numbers of a strategy. What must come first, and after how many
    /// answers the way on opens all the same, is no matter of taste and stays.
    #[must_use]
    pub fn under(strategy: &Strategy) -> Self {
        let target = strategy.target_success;
        // An attempt cap is checked when a strategy is made; the cast saturates whatever comes.
        let cap = strategy.attempt_cap as u32;
        Self {
            mastered_from: Some(strategy.mastery),
            review_below: strategy.review_below,
            success_min: (target - BELOW_TARGET).max(SUCCESS_LEAST),
            success_max: (target + ABOVE_TARGET).min(Self::USUAL.success_max),
            success_target: target,
            practised: Self::USUAL.practised.min(cap),
            practised_max: cap,
            ..Self::USUAL
        }
    }

    /// Whether a skill is mastered now, given its latest results and the mark that teachers see.
    #[must_use]
    pub fn is_mastered(&self, view: &SkillView, results: Results, marked: bool) -> bool {
        let answered = view.attempts >= u32::from(MASTERED_ATTEMPTS);
        match self.mastered_from {
            None => marked,
            Some(MasteryRule::Known(least)) => answered && trace::known(results) >= least,
            Some(MasteryRule::Success(least)) => answered && view.expected_success >= least,
        }
    }

    /// Whether a skill that is mastered, or was marked so, has faded.
    #[must_use]
    pub fn is_due(&self, view: &SkillView, results: Results, marked: bool) -> bool {
        (marked || self.is_mastered(view, results, marked)) && view.recall < self.review_below
    }

    /// Whether a skill is probably known already.
    #[must_use]
    pub fn is_known(&self, view: &SkillView) -> bool {
        view.mastered_probability >= self.ready_mastered
    }

    /// Whether what builds on a skill may begin.
    #[must_use]
    pub fn is_ready(&self, view: &SkillView) -> bool {
        let enough = view.attempts >= self.ready_attempts;
        let capable = enough && view.expected_success >= self.ready_success;
        self.is_known(view) || capable || view.attempts >= self.ready_attempts_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SkillKey;
    use crate::learner::belief::Belief;
    use crate::learner::mastery::{SkillReference, view};
    use crate::learner::tracing::TracingModel;
    use crate::strategy::StrategySet;
    use crate::time::Timestamp;

    /// Four right answers in a row after two wrong ones: the report still doubts, the trace says
    /// 0.98, three answers ago it said 0.44 (by the formula at the head of `strategy::trace`).
    #[test]
    fn a_strategy_that_asks_for_knowing_looks_at_the_latest_results() {
        let reference = SkillReference { skill: SkillKey(0), difficulty: 0.0, guess: 0.25 };
        let seen = view(&Belief::default(), &TracingModel::default(), &reference, Timestamp(0));
        let seen = SkillView { attempts: 6, ..seen };
        let mut results = Results::NONE;
        [false, false, true].iter().for_each(|right| results.push(*right));
        let earlier = results;
        [true, true, true].iter().for_each(|right| results.push(*right));
        let by = |mastery| {
            let strategy = Strategy { mastery, ..StrategySet::default().strategies()[0] };
            Rules::under(&strategy)
        };
        let known = by(MasteryRule::Known(0.9));
        assert!(seen.mastered_probability < 0.5);
        assert!(known.is_mastered(&seen, results, false));
        assert!(!known.is_mastered(&seen, earlier, false));
        assert!(!known.is_mastered(&SkillView { attempts: 2, ..seen }, results, false));
        assert!(!by(MasteryRule::Success(0.9)).is_mastered(&seen, results, false));
        assert!(!Rules::USUAL.is_mastered(&seen, results, false));
    }
}
