//! Mastery and recall of a skill, read from a belief: what a teacher sees.
//!
//! Everything is asked of one reference question a skill, the course's median question, as if the
//! learner met it for the first time: its linear predictor has mean `eta` and the learner's own
//! part of its variance is `V = v_ability + v_level`, both after forgetting. Then
//! `P(mastered) = Phi((eta - logit((c - g) / (1 - g - s))) / sqrt(V))` is the probability that the
//! learner answers such questions right at least `c = 0.85` of the time (`docs/science.md` 1.6).
//!
//! An answer is read twice: [`report`] before it is absorbed and [`settle`] after it. Settling
//! keeps the promise that a right answer never lowers what is reported of its skills and a wrong
//! one never raises it, and then brings the marks of mastery and of standstill up to date.

use super::belief::{Belief, SkillBelief};
use super::tracing::{self, MEAN_MAX, SLIP, TracingModel, shrink};
use super::turn::{SkillStanding, SkillTurn};
use crate::catalog::Skill;
use crate::ids::SkillKey;
use crate::time::{DAY_MICROS, Timestamp};
use crate::words;
use nexus_stats::math::{logit, normal_cdf};

/// Success on the reference question that mastery means.
pub const MASTERY_SUCCESS: f64 = 0.85;
/// Probability of mastery from which on a skill counts as mastered.
pub const MASTERED_REACHED: f64 = 0.90;
/// Probability of mastery below which a mastered skill no longer counts as mastered.
pub const MASTERED_LOST: f64 = 0.60;
/// Answers that mastery takes at least.
pub const MASTERED_ATTEMPTS: u16 = 3;
/// Recall, and predicted success, below which a mastered skill is fragile.
pub const RECALL_MIN: f64 = 0.80;
/// Occasions that mastery takes at least: different questions, or different days.
pub const MASTERED_OCCASIONS: u8 = 2;
/// Answers without a gain after which a skill is stuck, while typical questions are too hard.
pub const STUCK_ATTEMPTS: u8 = 12;
/// What the probability of mastery must rise by, above its best so far, to count as a gain.
pub const GAIN_MIN: f64 = 0.1;
/// Expected success from which on a skill that stands still is not called stuck: a learner who
/// answers so many typical questions right needs practice, not another way in.
pub const STUCK_SUCCESS: f64 = 0.6;

/// Standard normal quantile of 0.95: 90 % of the mass lies between minus and plus this.
const BAND: f64 = 1.644_853_626_951_472_2;

/// The question a skill is measured by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillReference {
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
    /// Chance of guessing the reference question, in [0.001, 0.5].
    pub guess: f64,
    /// Mean of the linear predictor of the reference question, in logits.
    pub logit: f64,
    /// The learner's part of its variance, in squared logits; above 0.
    pub variance: f64,
    /// Probability that the learner masters the skill, in [0, 1].
    pub mastered_probability: f64,
    /// Probability that what was known is remembered now, in [0, 1]; 1 before the first answer. See [`Memory::recall`](super::memory::Memory::recall).
    pub recall: f64,
    /// Days after the last answer for which recall stays at 0.9 or above; 0 before the first.
    pub stability_days: f64,
    /// When recall falls to 0.80 and a review is due; only of what is mastered.
    pub due_at: Option<Timestamp>,
    /// Mastered, but faded: a review is due.
    pub due_for_review: bool,
    /// All of this in one word.
    pub status: SkillStatus,
    /// Answers that exercised it.
    pub attempts: u32,
    /// Right ones among them.
    pub wins: u32,
    /// Answers since the probability of mastery last rose by 0.1 above its best.
    pub attempts_since_gain: u32,
    /// The latest of them.
    pub last_at: Option<Timestamp>,
}

/// Where a learner stands in a skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkillStatus {
    NotStarted,
    Learning,
    Mastered,
    /// Was known, and fades.
    Fragile,
    /// Much tried, not learned: time for a weaker prerequisite, or for a person.
    Stuck,
}

words!(SkillStatus {
    NotStarted => "not_started",
    Learning => "learning",
    Mastered => "mastered",
    Fragile => "fragile",
    Stuck => "stuck",
});

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

impl SkillView {
    /// Predicted success on a question that is so many logits harder than the reference question,
    /// in [0, 1]; at 0 it is [`Self::expected_success`].
    #[must_use]
    pub fn success_on_harder(&self, logits: f64) -> f64 {
        tracing::success(self.logit - logits, self.variance, self.guess)
    }

    /// The same skill, with success and mastery as its logit and variance say.
    #[must_use]
    pub(super) fn measured(self) -> Self {
        let Self { logit, variance, guess, .. } = self;
        let measured = Measured { logit, variance, guess, loading: 1.0 };
        Self {
            expected_success: measured.expected_success(),
            mastered_probability: measured.mastered_probability(),
            ..self
        }
    }

    /// The same skill, with a status that fits what is now said of it. `all_right` says whether none
    /// of the latest answers, at least three, was wrong: then what others do makes it no less sure.
    #[must_use]
    pub(super) fn restated(self, all_right: bool) -> Self {
        let unsure = self.expected_success < RECALL_MIN && !all_right;
        let status = match self.status {
            // The mark was set by the filter; beside less than one half it would contradict the page.
            SkillStatus::Mastered | SkillStatus::Fragile if self.mastered_probability < 0.5 => {
                SkillStatus::Learning
            }
            SkillStatus::Mastered | SkillStatus::Fragile if self.due_for_review || unsure => {
                SkillStatus::Fragile
            }
            SkillStatus::Mastered | SkillStatus::Fragile => SkillStatus::Mastered,
            status => status,
        };
        Self { status, ..self }
    }

    /// The 90 % interval of success on the reference question: `low` and `high`, with
    /// `low <= expected_success <= high`.
    #[must_use]
    pub fn interval(&self) -> (f64, f64) {
        let band = BAND * self.variance.sqrt();
        let end = |logit: f64| tracing::success(logit, 0.0, self.guess);
        // Far from one half the mean can leave the band of quantiles by a hair; a teacher should
        // never see that.
        let (low, high) = (end(self.logit - band), end(self.logit + band));
        (low.min(self.expected_success), high.max(self.expected_success))
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
    Looking::at(belief, model, at).view(reference)
}

/// A learner's skills at one moment; what all of them share is looked up once.
#[derive(Clone, Copy, Debug)]
pub struct Looking<'a> {
    belief: &'a Belief,
    model: &'a TracingModel,
    at: Timestamp,
    lasting: f64,
}

impl<'a> Looking<'a> {
    /// At a learner's belief, with the parameters of the moment.
    #[must_use]
    pub fn at(belief: &'a Belief, model: &'a TracingModel, at: Timestamp) -> Self {
        Self { belief, model, at, lasting: model.lasting(belief) }
    }

    #[must_use]
    pub fn view(&self, reference: &SkillReference) -> SkillView {
        let measured = self.measure(reference);
        let entry = self.belief.skill(reference.skill).copied();
        let entry = entry.unwrap_or_else(|| SkillBelief::new(reference.skill, self.at));
        seen(&entry, measured, self.at)
    }

    fn measure(&self, reference: &SkillReference) -> Measured {
        let predictor = self.model.reference(self.belief, self.lasting, reference.skill, self.at);
        let difficulty = if reference.difficulty.is_finite() { reference.difficulty } else { 0.0 };
        Measured {
            logit: predictor.mean - difficulty,
            variance: predictor.learner_variance,
            guess: tracing::bounded_guess(reference.guess),
            loading: predictor.loading,
        }
    }
}

fn seen(entry: &SkillBelief, measured: Measured, at: Timestamp) -> SkillView {
    let Measured { logit, variance, guess, .. } = measured;
    let expected_success = measured.expected_success();
    let mastered_probability = measured.mastered_probability();
    let recall = entry.recall_at(at);
    let due_at = entry.mastered.then(|| due_at(entry));
    let due_for_review = due_at.is_some_and(|due_at| due_at <= at);
    let fragile = due_for_review || expected_success < RECALL_MIN;
    let status = match (entry.attempts, entry.mastered) {
        (0, _) => SkillStatus::NotStarted,
        (_, true) if fragile => SkillStatus::Fragile,
        (_, true) => SkillStatus::Mastered,
        (_, false) if is_stuck(entry, expected_success) => SkillStatus::Stuck,
        (_, false) => SkillStatus::Learning,
    };
    SkillView {
        expected_success,
        guess,
        logit,
        variance,
        mastered_probability,
        recall,
        stability_days: f64::from(entry.memory.stability_days),
        due_at,
        due_for_review,
        status,
        attempts: entry.attempts.into(),
        wins: entry.wins.into(),
        attempts_since_gain: entry.attempts_since_gain.into(),
        last_at: (entry.attempts > 0).then_some(entry.last_at),
    }
}

/// When recall of a mastered skill falls to [`RECALL_MIN`].
fn due_at(entry: &SkillBelief) -> Timestamp {
    if entry.recall_at(entry.last_at) < RECALL_MIN {
        // It was failed when it was due, and is due until it is answered right.
        return entry.last_at;
    }
    let micros = entry.memory.days_until(RECALL_MIN) * DAY_MICROS as f64;
    entry.last_at.plus_micros(micros as i64)
}

/// Wheel-spinning (Beck and Gong 2013): many answers, none of which brought a gain, and typical
/// questions still too hard.
fn is_stuck(entry: &SkillBelief, expected_success: f64) -> bool {
    entry.attempts_since_gain >= STUCK_ATTEMPTS && expected_success < STUCK_SUCCESS
}

/// What is reported of a skill at a moment, to hold an answer against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SkillReport {
    measured: Measured,
    standing: SkillStanding,
}

/// What an answer did to one of its skills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SkillUpdate {
    /// Whether the skill counts as mastered now.
    pub mastered: bool,
    /// What a teacher would want to hear of.
    pub turn: Option<SkillTurn>,
}

/// What is reported of a skill at `at`, before an answer of that moment is absorbed.
#[must_use]
pub fn report(
    belief: &Belief,
    model: &TracingModel,
    reference: &SkillReference,
    at: Timestamp,
) -> SkillReport {
    let measured = measure(belief, model, reference, at);
    let entry = belief.skill(reference.skill);
    let standing = entry.map_or_else(SkillStanding::default, |entry| standing(entry, &measured));
    SkillReport { measured, standing }
}

fn standing(entry: &SkillBelief, measured: &Measured) -> SkillStanding {
    // Success is only asked for where it decides: this runs at every answer.
    let stands_still = !entry.mastered && entry.attempts_since_gain >= STUCK_ATTEMPTS;
    let stuck = stands_still && is_stuck(entry, measured.expected_success());
    SkillStanding { mastered: entry.mastered, stuck }
}

/// Brings one skill of a question up to date after its answer was absorbed.
///
/// * A right answer never lowers expected success or the probability of mastery, a wrong one never
///   raises them: where what is shared would turn them against the answer (practice counts with a
///   negative weight, a variance that drifts), the level is moved just as far as it takes.
/// * Mastery is reached by a right answer at a probability of 0.90, after at least three answers
///   on two occasions, and lost by a wrong one below 0.60: in between it stays what it was, so
///   that one slip does not take it away, and no right answer ever does.
/// * A gain is counted when the probability rises 0.1 above its best so far.
///
/// Says whether the skill is mastered now, and what turned.
pub fn settle(
    belief: &mut Belief,
    model: &TracingModel,
    reference: &SkillReference,
    before: &SkillReport,
    right: bool,
    at: Timestamp,
) -> SkillUpdate {
    let mut now = measure(belief, model, reference, at);
    let found = belief.skills.binary_search_by_key(&reference.skill, |entry| entry.skill);
    let Ok(position) = found else { return SkillUpdate { mastered: false, turn: None } };
    let entry = &mut belief.skills[position];
    let least = unmoved_logit(&before.measured, &now, right);
    if (right && now.logit < least) || (!right && now.logit > least) {
        let moved = entry.level.mean + (least - now.logit) / now.loading;
        entry.level.mean = moved.clamp(-MEAN_MAX, MEAN_MAX);
        now.logit = least;
    }
    let probability = now.mastered_probability();
    let seen_enough = entry.attempts >= MASTERED_ATTEMPTS && entry.occasions >= MASTERED_OCCASIONS;
    if right && probability >= MASTERED_REACHED && seen_enough {
        entry.mastered = true;
    } else if !right && probability < MASTERED_LOST {
        entry.mastered = false;
    }
    entry.note_gain(probability);
    let turn = SkillTurn::between(before.standing, standing(entry, &now));
    SkillUpdate { mastered: entry.mastered, turn }
}

/// The logit at which neither expected success nor the probability of mastery would have moved
/// against the answer: for each there is one, and the answer decides which binds.
fn unmoved_logit(before: &Measured, now: &Measured, right: bool) -> f64 {
    let same_success = before.logit * shrink(before.variance) / shrink(now.variance);
    let needed = before.needed();
    let spread = (now.variance / before.variance).sqrt();
    let same_mastery = needed + (before.logit - needed) * spread;
    if right { same_success.max(same_mastery) } else { same_success.min(same_mastery) }
}

impl SkillBelief {
    fn note_gain(&mut self, probability: f64) {
        if self.attempts == 1 {
            // The first answer is where gains begin, not a gain.
            self.best_probability = probability as f32;
        } else if probability >= f64::from(self.best_probability) + GAIN_MIN {
            self.best_probability = probability as f32;
            self.attempts_since_gain = 0;
        } else {
            self.attempts_since_gain = self.attempts_since_gain.saturating_add(1);
        }
    }
}

/// The reference question's linear predictor.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Measured {
    logit: f64,
    variance: f64,
    guess: f64,
    /// What a logit of the level counts.
    loading: f64,
}

fn measure(
    belief: &Belief,
    model: &TracingModel,
    reference: &SkillReference,
    at: Timestamp,
) -> Measured {
    Looking::at(belief, model, at).measure(reference)
}

impl Measured {
    /// The logit that success of 0.85 takes.
    fn needed(&self) -> f64 {
        logit((MASTERY_SUCCESS - self.guess) / (1.0 - self.guess - SLIP))
    }

    fn expected_success(&self) -> f64 {
        tracing::success(self.logit, self.variance, self.guess)
    }

    fn mastered_probability(&self) -> f64 {
        normal_cdf((self.logit - self.needed()) / self.variance.sqrt())
    }
}
