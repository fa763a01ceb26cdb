//! Rewards: what a decision was worth, and the decisions that still wait to learn it.
//!
//! A course declares the components of its rewards, with their weights and windows
//! ([`RewardDeclaration`]). Where its author declares nothing, the value is the gain. The components:
//!
//! * `gain` is right (1) or not (0) on the next independent question of the activity's skills, minus
//!   the prediction for it that was made *before* the activity;
//! * `success` is the mean over the activity's own questions (first attempts) of right (1) or not
//!   (0) minus such a prediction, so easy activities earn nothing by being easy;
//! * `cost` is the minutes spent over the course's median minutes, at most 4;
//! * `abandonment` is 1 when the activity was skipped or left for another one.
//!
//! A declaration may also weigh `delayed_gain` and components that the site reports.
//!
//! The rules of who earns what are in `docs/rewards.md`; their tests are in `tests/rewards`.

use super::observed::Observed;
use super::{Assignment, Decision, DecisionOrigin};
use crate::catalog::{Course, RewardDeclaration};
use crate::ids::{ActivityKey, ComponentName, CourseId, DecisionId, LearnerId, PolicyId, SkillKey};
use crate::learner::influence::Influence;
use crate::learner::window::WindowCounter;
use crate::time::Timestamp;
use crate::words;
use std::collections::BTreeMap;
use std::sync::Arc;

static BEFORE: RewardDeclaration = RewardDeclaration::BEFORE;

/// Decisions that may wait for reward at once, for one learner in one course.
pub const OPEN_MAX: usize = 16;

/// The declarations of one course, by version. A decision is held to that of the course version it
/// was made under, whatever was published since.
#[derive(Clone, Copy, Debug)]
pub struct Declarations<'a> {
    versions: Option<&'a BTreeMap<u32, Arc<Course>>>,
}

impl<'a> Declarations<'a> {
    /// The declarations of a course among all that are published.
    #[must_use]
    pub fn of(
        courses: &'a BTreeMap<CourseId, BTreeMap<u32, Arc<Course>>>,
        course: &CourseId,
    ) -> Self {
        Self { versions: courses.get(course) }
    }

    /// The declaration of a version; that of old versions which declare nothing when there is none.
    #[must_use]
    pub fn version(&self, version: u32) -> &'a RewardDeclaration {
        let course = self.versions.and_then(|versions| versions.get(&version));
        course.map_or(&BEFORE, |course| &course.reward)
    }
}

/// The decisions that were made for one learner in one course, and what came of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LearnerDecisions {
    /// Those that wait for reward, oldest first.
    pub open: Vec<OpenDecision>,
    /// The latest that no longer wait, newest last, at most [`RECENT_MAX`](crate::learner::progress::RECENT_MAX).
    pub settled: Vec<DecisionId>,
    /// How many were made.
    pub made: u32,
    /// Sum of the rewards joined, in millionths.
    pub reward_sum_micros: i64,
    pub rewards: u32,
    /// Whether the latest was made for a learner who is held out of all policies.
    pub held_out: bool,
    /// Whether the latest of a policy left nothing to chance for want of consent.
    pub without_consent: bool,
    /// What the learner has taught policies lately.
    pub influence: Influence,
    /// The same for shadows and apprentices.
    pub shadow_influence: Influence,
    /// Decisions that were compared in the present batch of the course's apprentice.
    pub imitated: WindowCounter,
}

/// A decision that waits for its reward, inside the learner's state.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenDecision {
    pub origin: DecisionOrigin,
    pub activity: ActivityKey,
    /// The chosen activity's skills.
    pub skills: Vec<SkillKey>,
    /// Probability of the chosen activity.
    pub propensity: f64,
    /// Whether the policy chose, and not the static path in its place: only then it learns.
    pub policy_chose: bool,
    /// Whether a teacher's pin chose instead of the policy: then no policy learns from it.
    pub overridden: bool,
    /// Whether nothing was left to chance because its learner does not consent.
    pub without_consent: bool,
    /// The apprentice in whose place it was made.
    pub apprentice: Option<PolicyId>,
    pub run: ActivityRun,
    pub observed: RewardEvidence,
}

/// What became of the activity that a decision chose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ActivityRun {
    /// The learner's session number when it ended; before, when it was decided or started.
    pub session: u32,
    /// When it was shown, by the site's word or because it was started.
    pub exposed_at: Option<Timestamp>,
    pub started_at: Option<Timestamp>,
    pub ended: Option<Ending>,
    pub ended_at: Option<Timestamp>,
    /// Minutes spent in it.
    pub minutes: f64,
    /// What the learner did in its place, while it was not started.
    pub passed_over: Option<PassedOver>,
}

/// What was observed so far of what a decision is worth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RewardEvidence {
    /// First attempts at the activity's own questions.
    pub answers: u16,
    /// Right (1) or not (0) minus predictions, of those that count.
    pub success: Observed,
    /// Sum of their grades.
    pub grade_sum: f64,
    /// Questions answered elsewhere since the activity ended.
    pub intervening: u16,
    /// Measurements of the learning gain: right (1) or not (0), minus what was predicted.
    pub gain: Observed,
    /// What measured it first.
    pub gain_source: Option<GainSource>,
    /// Measurements of the delayed gain.
    pub delayed_gain: Observed,
    /// What the learning site reported, in the order of the declaration; empty before anything was.
    pub reported: Vec<Observed>,
}

/// What a learner did in place of what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// They started something else, against the advice.
    Declined,
    /// They followed newer advice, the same activity was decided anew, or a new version of the
    /// course has taken it away.
    Superseded,
}

/// How an activity ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Completed,
    /// The learner skipped it, or left it for another activity.
    Abandoned,
    /// The learner left it after a new version of the course had taken it away.
    Withdrawn,
}

/// A measured learning gain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Right (1) or not (0), minus what was predicted before the activity; in [-1, 1] unless the
    /// course declares a sum.
    pub surprise: f64,
    /// What measured it first.
    pub source: GainSource,
}

/// What measured a learning gain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GainSource {
    /// A probe: drawn at random, chosen by no policy.
    Probe,
    /// The next independent question in the same session.
    NextQuestion,
    /// The first question on the skill in a later session.
    LaterSession,
}

words!(GainSource {
    Probe => "probe",
    NextQuestion => "next_question",
    LaterSession => "later_session",
});

/// A reward that found its decision.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardJoined {
    pub learner: LearnerId,
    pub course: CourseId,
    pub decision: DecisionId,
    /// The policy that decided, and learns unless the static path was served in its place.
    pub policy: PolicyId,
    /// The course version whose declaration it was computed under; `None` in rewards from before courses declared any.
    pub course_version: Option<u32>,
    /// The experiment, if any.
    pub assignment: Option<Assignment>,
    /// When the reward was complete.
    pub settled_at: Timestamp,
    /// When its activity was shown, by the site's word or because it was started.
    pub exposed_at: Option<Timestamp>,
    /// Learning gain; `None` when nothing measured it inside the window (then it counts as 0,
    /// its expectation when nothing was learned beyond what was predicted).
    pub gain: Option<Gain>,
    /// Delayed learning gain, when the course declares one and it was measured.
    pub delayed_gain: Option<f64>,
    /// Centred success; `None` when the activity asked nothing.
    pub success: Option<f64>,
    /// Raw mean grade of the activity's own questions: reported, never rewarded.
    pub raw_success: Option<f64>,
    /// Minutes spent divided by the course's median, in [0, 4].
    pub cost: f64,
    /// Whether the activity was abandoned.
    pub abandoned: bool,
    /// What the learning site reported, by component.
    pub reported: Vec<(ComponentName, f64)>,
    /// Components that never came and counted as their declared default.
    pub defaulted: Vec<ComponentName>,
    /// The reward, in [-1, 1].
    pub value: f64,
    /// Whether nothing was measured that counts: then `value` is 0 and says nothing, and no policy
    /// learns from it. Never in rewards from before this was said.
    pub unmeasured: bool,
    /// Probability with which the activity was chosen.
    pub propensity: f64,
    /// Whether a teacher's pin chose it: then the policy does not learn, and `propensity` is none.
    pub overridden: bool,
    /// Version of the feature schema under which `features` are read.
    pub schema: u32,
    /// Feature vector of the chosen activity.
    pub features: Vec<f64>,
}

impl RewardJoined {
    /// A reward of a decision of which only the value is known, and nothing that it is made of.
    #[must_use]
    pub fn bare(decision: &Decision, value: f64, settled_at: Timestamp) -> Self {
        Self {
            learner: decision.learner.clone(),
            course: decision.course.clone(),
            decision: decision.origin.id.clone(),
            policy: decision.origin.decider.policy.clone(),
            course_version: Some(decision.origin.window.course_version),
            assignment: decision.origin.decider.assignment.clone(),
            settled_at,
            exposed_at: None,
            gain: None,
            delayed_gain: None,
            success: None,
            raw_success: None,
            cost: 0.0,
            abandoned: false,
            reported: Vec::new(),
            defaulted: Vec::new(),
            value,
            unmeasured: false,
            propensity: decision.chosen().probability,
            overridden: decision.choice.overridden_by.is_some(),
            schema: decision.origin.features.schema,
            features: decision.origin.features.values.clone(),
        }
    }
}

/// A value that the learning site reported of a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardReported {
    pub learner: LearnerId,
    pub course: CourseId,
    pub decision: DecisionId,
    /// Of which component, one that the decision's course version declares.
    pub component: ComponentName,
    /// How much, inside the declared range.
    pub value: f64,
    /// When it happened; not before the decision.
    pub occurred_at: Timestamp,
}

/// A decision that will get no reward: missing, not zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RewardClosed {
    pub learner: LearnerId,
    pub course: CourseId,
    pub decision: DecisionId,
    pub reason: ClosedReason,
}

/// Why a decision gets no reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClosedReason {
    /// Its activity was never started.
    NeverStarted,
    /// Its activity was started, but nothing was observed inside the window.
    NothingObserved,
    /// The learner started something else instead, against the advice.
    Declined,
    /// A newer decision took its place.
    Superseded,
    /// Its learner was erased. The journal says that once, for all their decisions.
    Erased,
}

words!(ClosedReason {
    NeverStarted => "never_started",
    NothingObserved => "nothing_observed",
    Declined => "declined",
    Superseded => "superseded",
    Erased => "erased",
});
