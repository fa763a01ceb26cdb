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
pub mod rebuilt;
pub mod rest;
pub mod reward;
pub mod rules;
pub mod settle;
pub mod situation;
pub mod slate;

use crate::ids::{ActivityId, Assignment, ConstraintId, CourseId, DecisionId, LearnerId};
use crate::ids::{PolicyId, QuestionId, SkillId};
use crate::learner::belief::Belief;
use crate::plan::PlanUsed;
use crate::policy::site_context::SiteContext;
use crate::seed::Seed;
use crate::strategy::StrategyUsed;
use crate::time::Timestamp;
use crate::words;
use beside::{Imitation, ShadowChoice};
use candidates::{Exclusion, Relaxation};
use exploration::Withheld;

/// One draw of a policy, with all that is needed to check it, explain it and learn from it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub learner: LearnerId,
    pub course: CourseId,
    /// What is kept of it while it waits for its reward, too.
    pub origin: DecisionOrigin,
    pub choice: ActivityChoice,
    pub rules: RulesApplied,
    pub request: RequestFacts,
    /// What the policy's model expected one unit of each feature to be worth, rounded to
    /// millionths: times the feature, its part in the estimate. Empty when no model decided.
    pub weights: Vec<f64>,
    /// What was believed of the chosen activity's skills before it, in a teacher's words.
    pub skills: Vec<SkillThen>,
    /// A question drawn at random to measure, not to teach.
    pub probe: Option<Probe>,
    /// The strategy that it was made under, when there was one.
    pub strategy: Option<Box<StrategyUsed>>,
    /// The whole plan that it was made by, when there was one.
    pub plan: Option<Box<PlanUsed>>,
    /// The apprentice in whose place the policy decided, and what it would have chosen.
    pub apprentice: Option<Imitation>,
}

/// Where a decision comes from, as far as its reward and what learns from it ask.
#[derive(Clone, Debug, PartialEq)]
pub struct DecisionOrigin {
    /// Its id, made by the client or the node.
    pub id: DecisionId,
    pub window: RewardWindow,
    pub decider: Decider,
    /// What the policy saw of the chosen activity.
    pub features: FeatureVector,
    /// What was believed of the chosen activity's skills before it.
    pub before: Belief,
    /// What the course's shadows decided beside it; empty where the policy had no choice.
    pub shadows: Vec<ShadowChoice>,
}

/// When a decision was made, and what its reward is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewardWindow {
    pub made_at: Timestamp,
    /// Until when its reward may come.
    pub ends_at: Timestamp,
    /// The course version it was made under, whose declaration says what it is worth.
    pub course_version: u32,
}

/// The policy that decides for a learner, and why it is that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decider {
    /// The policy that decided, or would have: see [`ActivityChoice::fallback`].
    pub policy: PolicyId,
    /// Whether the learner is held out of all policies and experiments, for ever.
    pub held_out: bool,
    /// The side of the experiment that it decides for, if one runs.
    pub assignment: Option<Assignment>,
}

/// The numbers that a policy looked at; see [`crate::policy::context`].
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureVector {
    /// Version of the feature schema under which the values are read.
    pub schema: u32,
    pub values: Vec<f64>,
}

/// How an activity was chosen among the candidates.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityChoice {
    /// What its randomness came from.
    pub seed: Seed,
    /// How many rewards the policy had learned from.
    pub policy_version: u64,
    /// The candidates in path order, with the probability of each.
    pub candidates: Vec<Considered>,
    /// Position in `candidates` of the activity that was drawn.
    pub chosen: usize,
    /// Probability spread evenly over the candidates.
    pub floor: f64,
    /// Why nothing was left to chance, if so: then the floor is 0, and the candidate that the
    /// policy expected most of was chosen with probability 1.
    pub withheld: Option<Withheld>,
    /// Why the static path was served instead of the policy, if it was.
    pub fallback: Option<Fallback>,
    /// The teacher's pin that chose instead of the policy, if one did. Then the probability of 1 is
    /// no propensity: nothing was drawn, and no policy learns from the reward.
    pub overridden_by: Option<ConstraintId>,
}

/// What the rules and the teachers' constraints said of the activities of a course.
#[derive(Clone, Debug, PartialEq)]
pub struct RulesApplied {
    /// Why each activity of the course was or was not a candidate, in file order.
    pub exclusions: Vec<Exclusion>,
    /// How far the rules were relaxed to find a candidate.
    pub relaxation: Relaxation,
    /// Whether the session had lasted as long as the course wants it to.
    pub session_over: bool,
    /// Teachers' constraints that had a say: the pin that chose, and what was blocked or capped.
    pub constraints: Vec<ConstraintId>,
}

/// What a site sends with a request for a decision, and the decision keeps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RequestFacts {
    /// What the site said of the moment, when it said anything.
    pub context: Option<Box<SiteContext>>,
    /// The software that asked, when it said so.
    pub client: Option<Box<ClientSoftware>>,
}

/// The software of a site that asks for a decision, in the site's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSoftware {
    pub name: String,
    pub version: String,
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
        self.choice.chosen()
    }
}

impl ActivityChoice {
    #[must_use]
    pub fn chosen(&self) -> &Considered {
        &self.candidates[self.chosen]
    }

    /// Whether the policy had its choice, and not the static path or a pin in its place.
    #[must_use]
    pub fn is_by_policy(&self) -> bool {
        self.fallback.is_none() && self.overridden_by.is_none()
    }

    /// Whether nothing was left to chance because the learner does not consent.
    #[must_use]
    pub fn without_consent(&self) -> bool {
        self.withheld == Some(Withheld::NoConsent)
    }

    /// How many candidates were more probable than the chosen one: above 0 it was exploration.
    #[must_use]
    pub fn more_probable(&self) -> usize {
        let own = self.chosen().probability;
        self.candidates.iter().filter(|other| other.probability > own).count()
    }
}
