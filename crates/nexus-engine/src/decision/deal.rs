//! Dealing a strategy to a learner: a decision above the decisions about activities, and drawn,
//! journaled and rewarded like one.
//!
//! A learner is dealt a strategy before the first decision of a policy that has strategies, and
//! keeps it for a period: until enough probes measured it, or its window ends. Then its reward is
//! settled ([`super::payment`]) and the next decision deals again, from what was learned meanwhile.

use super::Assignment;
use super::choose::Decider;
use super::choose::DecisionRequest;
use crate::ids::{CourseId, DecisionId, LearnerId};
use crate::learner::LearnerState;
use crate::learner::belief::Belief;
use crate::learner::tracing::QuestionView;
use crate::policy::draw::choose;
use crate::policy::strategic;
use crate::seed::Seed;
use crate::strategy::{Strategy, StrategySet, bandit};
use crate::time::{DAY_MICROS, Timestamp};
use crate::workspace::{CourseStrategies, SharedState};

/// How long after a deal its probes count.
pub const WINDOW_DAYS: i64 = 14;
/// Probes after which a deal is settled at once.
pub const PROBES_ENOUGH: u32 = 6;
/// Fewer probes than this at the end of the window measure nothing.
pub const PROBES_LEAST: u32 = 2;

/// A strategy was dealt to a learner for a course.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyDealt {
    /// Its id: that of a decision, because it is one.
    pub id: DecisionId,
    /// To whom.
    pub learner: LearnerId,
    /// For which course.
    pub course: CourseId,
    /// Under which version.
    pub course_version: u32,
    /// When.
    pub dealt_at: Timestamp,
    /// Until when its probes count.
    pub window_ends_at: Timestamp,
    /// What its randomness came from.
    pub seed: Seed,
    /// The experiment it belongs to, if any.
    pub assignment: Option<Assignment>,
    /// Which deal of this learner in this course it is, from 1.
    pub period: u32,
    /// Which set of strategies positions belong to; see [`StrategySet::identity`].
    pub set: u64,
    /// How many gains the bandit had learned from.
    pub bandit_version: u64,
    /// Probability spread evenly over the strategies.
    pub floor: f64,
    /// Probability of each strategy, the floor included.
    pub probabilities: Vec<f64>,
    /// Position of the strategy that was drawn.
    pub dealt: usize,
    /// Its numbers.
    pub strategy: Strategy,
    /// Mean predicted success over the course's questions then, in [0, 1].
    pub expected_success: f64,
    /// What was believed of the course's skills then: what the probes are compared with.
    pub before: Belief,
}

/// The strategy a learner is taught by, inside their progress in a course.
#[derive(Clone, Debug, PartialEq)]
pub struct Teaching {
    /// The deal.
    pub deal: DecisionId,
    /// Which deal of this learner in this course it is, from 1.
    pub period: u32,
    /// Which set its position belongs to.
    pub set: u64,
    /// Its position in that set.
    pub position: u32,
    /// Its numbers.
    pub strategy: Strategy,
    /// Probability with which it was dealt.
    pub propensity: f64,
    /// When it was dealt.
    pub dealt_at: Timestamp,
    /// Until when its probes count.
    pub ends_at: Timestamp,
    /// What was believed of the course's skills then.
    pub before: Belief,
    /// Decisions made under it.
    pub decisions: u32,
    /// Decisions that something else made meanwhile: a teacher, the static path, another policy.
    pub others: u32,
    /// Probes answered since.
    pub probes: u32,
    /// Right ones among them.
    pub right: u32,
    /// Sum of what was predicted for them before the deal.
    pub predicted_sum: f64,
    /// Whether its reward is settled.
    pub settled: bool,
}

/// What a decision says of the strategy it was made under.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyUsed {
    /// The deal it came from.
    pub deal: DecisionId,
    /// Which deal of this learner in this course it is, from 1.
    pub period: u32,
    /// Its position in its set.
    pub position: u32,
    /// Probability with which it was dealt.
    pub propensity: f64,
    /// Its numbers.
    pub strategy: Strategy,
    /// How much it prefers each candidate, in reward, at most 0; see [`super::preference`].
    pub preferences: Vec<f64>,
}

impl StrategyDealt {
    /// Probability of the strategy that was drawn.
    #[must_use]
    pub fn propensity(&self) -> f64 {
        self.probabilities.get(self.dealt).copied().unwrap_or(0.0)
    }
}

impl Teaching {
    /// The teaching that begins with a deal.
    #[must_use]
    pub fn begins(dealt: &StrategyDealt) -> Self {
        Self {
            deal: dealt.id.clone(),
            period: dealt.period,
            set: dealt.set,
            // invariant: a set has fewer strategies than there are small integers; it saturates.
            position: u32::try_from(dealt.dealt).unwrap_or(u32::MAX),
            strategy: dealt.strategy,
            propensity: dealt.propensity(),
            dealt_at: dealt.dealt_at,
            ends_at: dealt.window_ends_at,
            before: dealt.before.clone(),
            decisions: 0,
            others: 0,
            probes: 0,
            right: 0,
            predicted_sum: 0.0,
            settled: false,
        }
    }

    /// What a decision under it says of it.
    #[must_use]
    pub fn used(&self, preferences: Vec<f64>) -> StrategyUsed {
        StrategyUsed {
            deal: self.deal.clone(),
            period: self.period,
            position: self.position,
            propensity: self.propensity,
            strategy: self.strategy,
            preferences,
        }
    }
}

impl SharedState {
    /// The deal that must be journaled, under `id`, before a learner's next decision is made.
    /// `None` when there is nothing to deal: another policy decides, the kill switch is thrown, or
    /// the learner has a strategy whose reward is still to come. Changes nothing.
    #[must_use]
    pub fn deal(
        &self,
        learner: &LearnerState,
        request: &DecisionRequest<'_>,
        id: DecisionId,
    ) -> Option<StrategyDealt> {
        let course = self.course(request.course.as_str())?;
        let Decider { policy, assignment, .. } = self.decider(learner, request);
        if policy.as_str() != strategic::WORD || self.kill_switch(&course.id).is_some() {
            return None;
        }
        // A deal is a draw that lasts for weeks: nobody is dealt one who withholds consent.
        if !learner.consents(request.consents_by_default) {
            return None;
        }
        let progress = learner.courses.get(&course.id);
        let before = progress.and_then(|progress| progress.teaching.as_deref());
        if before.is_some_and(|before| !before.settled) {
            return None;
        }
        let set = StrategySet::default();
        let bandit = self.strategy_bandit(&course.id)?;
        let unpaid = self.strategies.get(&course.id).map_or(0, CourseStrategies::unpaid);
        let mut stream = request.seed.stream("strategy");
        let probabilities = bandit.distribute_beside(unpaid, &mut stream);
        let dealt = choose(&probabilities, &mut request.seed.stream("strategy draw"));
        let keys: Vec<_> = course.skills.iter().map(|skill| skill.key).collect();
        Some(StrategyDealt {
            id,
            learner: learner.id.clone(),
            course: course.id.clone(),
            course_version: course.version,
            dealt_at: request.at,
            window_ends_at: request.at.plus_micros(WINDOW_DAYS * DAY_MICROS),
            seed: request.seed,
            assignment,
            period: before.map_or(0, |before| before.period).saturating_add(1),
            set: set.identity(),
            bandit_version: bandit.version(),
            floor: bandit::FLOOR,
            strategy: *set.strategies().get(dealt)?,
            dealt,
            probabilities,
            expected_success: self.expected_success(learner, request),
            before: learner.belief.about(&keys),
        })
    }

    /// Mean predicted success over all questions of a course; one half when it has none.
    fn expected_success(&self, learner: &LearnerState, request: &DecisionRequest<'_>) -> f64 {
        let Some(course) = self.course(request.course.as_str()) else { return 0.5 };
        let predicted = course.questions.iter().map(|question| {
            let skills: Vec<_> = course.skill_keys(&question.skills).collect();
            let view = QuestionView::of(question, &skills);
            self.tracing.predict(&learner.belief, &view, request.at).predicted
        });
        let sum: f64 = predicted.sum();
        if course.questions.is_empty() { 0.5 } else { sum / course.questions.len() as f64 }
    }
}
