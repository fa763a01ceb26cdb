//! Decisions: which activities may be chosen, which one is, and what came of it.

pub mod attribution;
pub mod beside;
pub mod candidates;
pub mod choose;
mod eligibility;
pub mod exclusion;
pub mod explanation;
pub mod exploration;
pub mod inputs;
pub mod observed;
pub mod reward;
pub mod rules;
pub mod settle;
pub mod situation;

use crate::ids::{ActivityId, Assignment, ConstraintId, CourseId, DecisionId, LearnerId};
use crate::ids::{PolicyId, QuestionId, SkillId};
use crate::learner::belief::Belief;
use crate::plan::PlanUsed;
use crate::policy::site_context::SiteContext;
use crate::seed::Seed;
use crate::time::Timestamp;
use crate::words;
use beside::{Imitation, ShadowChoice};
use candidates::{Exclusion, Relaxation};
use exploration::Withheld;

/// One draw of a policy, with all that is needed to check it, explain it and learn from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Its id, made by the client or the node.
    pub id: DecisionId,
    pub learner: LearnerId,
    pub course: CourseId,
    pub course_version: u32,
    pub made_at: Timestamp,
    /// Until when its reward may come.
    pub window_ends_at: Timestamp,
    /// What its randomness came from.
    pub seed: Seed,
    /// The policy that decided, or would have: see `fallback`.
    pub policy: PolicyId,
    /// How many rewards that policy had learned from.
    pub policy_version: u64,
    /// Whether the learner is held out of all policies and experiments, for ever.
    pub held_out: bool,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// Why nothing was left to chance, if so: then the floor is 0, and the candidate that the
    /// policy expected most of was chosen with probability 1.
    pub withheld: Option<Withheld>,
    /// The candidates in path order, with the probability of each.
    pub candidates: Vec<Considered>,
    /// Position in `candidates` of the activity that was drawn.
    pub chosen: usize,
    /// Why each activity of the course was or was not a candidate, in file order.
    pub exclusions: Vec<Exclusion>,
    /// Whether the session had lasted as long as the course wants it to.
    pub session_over: bool,
    /// How far the rules were relaxed to find a candidate.
    pub relaxation: Relaxation,
    /// Version of the feature schema under which `features` are read; see `policy::context`.
    pub schema: u32,
    /// Feature vector of the chosen activity; see `policy::context`.
    pub features: Vec<f64>,
    /// What the site said of the moment, when it said anything.
    pub context: Option<Box<SiteContext>>,
    /// What the policy's model expected one unit of each feature to be worth, rounded to
    /// millionths: times the feature, its part in the estimate. Empty when no model decided.
    pub weights: Vec<f64>,
    /// What was believed of the chosen activity's skills before it.
    pub before: Belief,
    /// The same in a teacher's words, for the chosen activity's skills.
    pub skills: Vec<SkillThen>,
    /// A question drawn at random to measure, not to teach.
    pub probe: Option<Probe>,
    /// Why the static path was served instead of the policy, if it was.
    pub fallback: Option<Fallback>,
    /// The teacher's pin that chose instead of the policy, if one did. Then the probability of 1 is
    /// no propensity: nothing was drawn, and no policy learns from the reward.
    pub overridden_by: Option<ConstraintId>,
    /// Teachers' constraints that had a say: the pin that chose, and what was blocked or capped.
    pub constraints: Vec<ConstraintId>,
    /// The plan that it was made under, when there was one.
    pub plan: Option<Box<PlanUsed>>,
    /// What the course's shadows decided beside it; empty where the policy had no choice.
    pub shadows: Vec<ShadowChoice>,
    /// The apprentice in whose place `policy` decided, and what it would have chosen.
    pub apprentice: Option<Imitation>,
}

/// One candidate with its probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Considered {
    pub activity: ActivityId,
    /// Its probability, the floor included.
    pub probability: f64,
    /// The policy's expected reward, when it has one.
    pub estimate: Option<f64>,
}

/// A skill of the chosen activity as it was believed at the decision.
#[derive(Clone, Debug, PartialEq)]
pub struct SkillThen {
    pub skill: SkillId,
    /// Predicted success on the skill's median question, now.
    pub expected_success: f64,
    /// Probability that the skill is mastered.
    pub mastered_probability: f64,
    pub attempts: u32,
}

/// A question drawn uniformly from a pool: it measures what earlier activities taught.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    pub question: QuestionId,
    /// Probability with which it was asked: chance of a probe divided by the pool's size.
    pub propensity: f64,
}

/// Why the static path was served instead of the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// The policy gave numbers that are not a distribution.
    InvalidDistribution,
    /// The kill switch was on.
    KillSwitch,
}

words!(Fallback {
    InvalidDistribution => "invalid_distribution",
    KillSwitch => "kill_switch",
});

impl Decision {
    #[must_use]
    pub fn chosen(&self) -> &Considered {
        &self.candidates[self.chosen]
    }

    /// Whether nothing was left to chance because the learner does not consent.
    #[must_use]
    pub fn without_consent(&self) -> bool {
        self.withheld == Some(Withheld::NoConsent)
    }
}
