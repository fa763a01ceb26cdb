//! Mastery and recall of a skill, read from a belief: what a teacher sees.
//!
//! Everything is asked of one reference question a skill, the course's median question, as if the
//! learner met it for the first time: its linear predictor has mean `eta` and the learner's own
//! part of its variance is `V = v_ability + v_level`, both after forgetting. Then
//! `P(mastered) = Phi((eta - logit((c - g) / (1 - g - s))) / sqrt(V))` is the probability that the
//! learner answers such questions right at least `c = 0.85` of the time (`docs/science.md` 1.6).

use super::belief::{Belief, QuestionCount};
use super::tracing::{self, SLIP, TracingModel};
use crate::catalog::Skill;
use crate::ids::{QuestionKey, SkillKey};
use crate::time::Timestamp;
use nexus_stats::math::{logit, normal_cdf};

/// Success on the reference question that mastery means.
pub const MASTERY_SUCCESS: f64 = 0.85;
/// Probability of mastery from which on a skill counts as mastered.
pub const MASTERED_REACHED: f64 = 0.90;
/// Probability of mastery below which a mastered skill no longer counts as mastered.
pub const MASTERED_LOST: f64 = 0.60;
/// Answers that mastery takes at least.
pub const MASTERED_ATTEMPTS: u32 = 3;
/// Recall, and predicted success, below which a mastered skill is fragile.
pub const RECALL_MIN: f64 = 0.80;
/// Answers after which a skill can be stuck.
pub const STUCK_ATTEMPTS: u32 = 12;
/// Probability of mastery below which a skill with that many answers is stuck.
pub const STUCK_PROBABILITY: f64 = 0.2;

/// Standard normal quantile of 0.9: 80 % of the mass lies between minus and plus this.
const BAND: f64 = 1.281_551_565_544_600_4;

/// The question a skill is measured by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillReference {
    /// Which skill.
    pub skill: SkillKey,
    /// Difficulty of the skill's median question, in logits.
    pub difficulty: f64,
    /// Chance of guessing it, in [0, 0.5].
    pub guess: f64,
}

/// One skill of one learner at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillView {
    /// Predicted success on the reference question, in [0, 1].
    pub expected_success: f64,
    /// Lower end of the 80 % band of success on it, at most `expected_success`.
    pub low: f64,
    /// Upper end of that band, at least `expected_success`.
    pub high: f64,
    /// Mean of the linear predictor of the reference question, in logits.
    pub logit: f64,
    /// The learner's part of its variance, in squared logits; above 0.
    pub variance: f64,
    /// Probability that the learner masters the skill, in [0, 1].
    pub mastered_probability: f64,
    /// Probability that what was known is remembered now, in [0, 1]; see [`recall`].
    pub recall: f64,
    /// Mastered, but faded: a review is due.
    pub due_for_review: bool,
    /// All of this in one word.
    pub status: SkillStatus,
    /// Answers that exercised it.
    pub attempts: u32,
    /// The latest of them.
    pub last_at: Option<Timestamp>,
}

/// Where a learner stands in a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkillStatus {
    /// Never answered.
    NotStarted,
    /// On the way.
    Learning,
    /// Known.
    Mastered,
    /// Was known, and fades.
    Fragile,
    /// Much tried, not learned: time for a weaker prerequisite, or for a person.
    Stuck,
}

impl SkillStatus {
    /// All, in order of their declaration.
    pub const ALL: [Self; 5] =
        [Self::NotStarted, Self::Learning, Self::Mastered, Self::Fragile, Self::Stuck];

    /// The word for it on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Learning => "learning",
            Self::Mastered => "mastered",
            Self::Fragile => "fragile",
            Self::Stuck => "stuck",
        }
    }
}

impl Skill {
    /// The question this skill is measured by.
    #[must_use]
    pub fn reference(&self) -> SkillReference {
        SkillReference {
            skill: self.key,
            difficulty: self.reference_difficulty,
            guess: self.reference_guess,
        }
    }
}

/// One skill at a moment.
#[must_use]
pub fn view(
    belief: &Belief,
    model: &TracingModel,
    reference: &SkillReference,
    at: Timestamp,
) -> SkillView {
    let Measured { logit, variance, guess } = measure(belief, model, reference, at);
    let expected_success = tracing::success(logit, variance, guess);
    let band = BAND * variance.sqrt();
    let mastered_probability = mastered_probability(logit, variance, guess);
    let entry = belief.skill(reference.skill);
    let recall = entry.map_or(1.0, |entry| recall(entry.last_at, at));
    let mastered = entry.is_some_and(|entry| entry.mastered);
    let attempts = entry.map_or(0, |entry| entry.attempts);
    let due_for_review = mastered && recall < RECALL_MIN;
    let fragile = due_for_review || (mastered && expected_success < RECALL_MIN);
    let stuck = attempts >= STUCK_ATTEMPTS && mastered_probability < STUCK_PROBABILITY;
    let status = match (attempts, mastered) {
        (0, _) => SkillStatus::NotStarted,
        (_, true) if fragile => SkillStatus::Fragile,
        (_, true) => SkillStatus::Mastered,
        (_, false) if stuck => SkillStatus::Stuck,
        (_, false) => SkillStatus::Learning,
    };
    SkillView {
        expected_success,
        // Far from one half the mean can leave the band of quantiles by a hair; a teacher should
        // never see that.
        low: tracing::success(logit - band, 0.0, guess).min(expected_success),
        high: tracing::success(logit + band, 0.0, guess).max(expected_success),
        logit,
        variance,
        mastered_probability,
        recall,
        due_for_review,
        status,
        attempts,
        last_at: entry.map(|entry| entry.last_at),
    }
}

/// Probability that what was known at the last answer is remembered now, in (0, 1].
///
/// It is the share of the level that the filter itself retains (see [`tracing::retained`]), so
/// there is one curve of forgetting in the whole system: 0.80 after 7.5 days, one half after 30.
/// The ratio of predicted successes, the obvious other choice, hardly falls, because ability and
/// the slopes of practice stay: in a simulated class from 0.92 to 0.86 in a month and to 0.81 in
/// a year, a ratio of 0.88, so nothing would ever be due for review. The price: practice does not
/// yet stretch the curve.
#[must_use]
pub fn recall(last_at: Timestamp, at: Timestamp) -> f64 {
    tracing::retained(at.days_since(last_at))
}

/// Brings [`SkillBelief::mastered`](super::belief::SkillBelief) up to date after an answer.
///
/// Mastery is reached at a probability of 0.90 after at least three answers and lost below 0.60:
/// in between it stays what it was, so that one slip does not take it away. Returns whether the
/// skill is mastered now.
pub fn update_mastered(
    belief: &mut Belief,
    model: &TracingModel,
    reference: &SkillReference,
    at: Timestamp,
) -> bool {
    let Measured { logit, variance, guess } = measure(belief, model, reference, at);
    let probability = mastered_probability(logit, variance, guess);
    let found = belief.skills.binary_search_by_key(&reference.skill, |entry| entry.skill);
    let Ok(position) = found else { return false };
    let entry = &mut belief.skills[position];
    if probability >= MASTERED_REACHED && entry.attempts >= MASTERED_ATTEMPTS {
        entry.mastered = true;
    } else if probability < MASTERED_LOST {
        entry.mastered = false;
    }
    entry.mastered
}

/// The reference question's linear predictor.
struct Measured {
    logit: f64,
    variance: f64,
    guess: f64,
}

fn measure(
    belief: &Belief,
    model: &TracingModel,
    reference: &SkillReference,
    at: Timestamp,
) -> Measured {
    let never_met = QuestionCount { question: QuestionKey(u32::MAX), attempts: 0, wins: 0 };
    let predictor = model.predictor(belief, &[reference.skill], never_met, at);
    let difficulty = if reference.difficulty.is_finite() { reference.difficulty } else { 0.0 };
    Measured {
        logit: predictor.mean - difficulty,
        variance: predictor.learner_variance,
        guess: tracing::bounded_guess(reference.guess),
    }
}

fn mastered_probability(eta: f64, variance: f64, guess: f64) -> f64 {
    let needed = logit((MASTERY_SUCCESS - guess) / (1.0 - guess - SLIP));
    normal_cdf((eta - needed) / variance.sqrt())
}
