//! Plans: which way through a course a learner takes, as a whole.
//!
//! The policy `plans` draws one plan a learner and course, when the placement is over, and serves
//! by it until the closing check. What the check comes to is the reward of the plan
//! ([`bandit`]). A course without a closing check cannot pay a plan, so there every learner is
//! taught by [`Plan::Pace`]; `docs/decisions/0014-plans.md` says what was measured.

pub mod bandit;
pub mod path;

use crate::ids::DecisionId;
use crate::words;

/// A way through a course that any course has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plan {
    /// The path of the course's author.
    Path,
    /// The same, and what is named as another activity's `advanced` comes last.
    CoreFirst,
    /// Films and readings of all skills, then practice, then what is advanced, then quizzes.
    Breadth,
    /// What teaches most a minute, decided step by step.
    Pace,
}

words!(Plan {
    Path => "path",
    CoreFirst => "core_first",
    Breadth => "breadth",
    Pace => "pace",
});

/// The plan of a learner in a course.
#[derive(Clone, Debug, PartialEq)]
pub struct LearnerPlan {
    pub plan: Plan,
    /// The decision that drew it.
    pub drawn_by: DecisionId,
    /// Probability with which it was drawn.
    pub propensity: f64,
    /// Whether chance drew it; without consent to exploration the best is taken.
    pub by_chance: bool,
    /// Decisions made by it.
    pub decisions: u32,
    /// Decisions that something else made meanwhile: a teacher, the kill switch, another policy.
    pub others: u32,
    /// Whether a closing check has paid it.
    pub paid: bool,
}

/// What a decision says of the plan that it was made by.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanUsed {
    pub plan: Plan,
    /// The decision that drew it; this one, when `shares` are given.
    pub drawn_by: DecisionId,
    /// Probability with which it was drawn.
    pub propensity: f64,
    /// Whether chance drew it.
    pub by_chance: bool,
    /// The distribution that it was drawn from, when it was drawn with this decision: one
    /// probability each of [`Plan::ALL`], in that order. Empty otherwise.
    pub shares: Vec<f64>,
}

impl LearnerPlan {
    /// The plan at the moment of its draw.
    #[must_use]
    pub fn begins(used: &PlanUsed) -> Self {
        Self {
            plan: used.plan,
            drawn_by: used.drawn_by.clone(),
            propensity: used.propensity,
            by_chance: used.by_chance,
            decisions: 0,
            others: 0,
            paid: false,
        }
    }

    /// What a later decision by this plan says of it.
    #[must_use]
    pub fn used(&self) -> PlanUsed {
        PlanUsed {
            plan: self.plan,
            drawn_by: self.drawn_by.clone(),
            propensity: self.propensity,
            by_chance: self.by_chance,
            shares: Vec::new(),
        }
    }

    /// Counts a decision that was made for the learner.
    pub fn count_decision(&mut self, by_it: bool) {
        let count = if by_it { &mut self.decisions } else { &mut self.others };
        *count = count.saturating_add(1);
    }

    /// Whether a closing check now says what the plan is worth: chance drew it, it was not paid
    /// before, and at most one decision in five came from elsewhere.
    #[must_use]
    pub fn is_payable(&self) -> bool {
        let taught_by_it = 4 * u64::from(self.others) <= u64::from(self.decisions);
        self.by_chance && !self.paid && self.decisions > 0 && taught_by_it
    }
}
